"""``chatham evaluate``: draws a sample of what the data set shows, keeps what readers answer, records what it comes to.

A reader sees what stands in ``research.duckdb`` anyway, so nothing is opened for them that was shut. The answers lie
sealed, without words, and go with every destruction; what a finished sample comes to, counts alone, stands in the
register, where the board can read it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from deidentification.evaluation import Answer, Passage, Sample, Speaker, Whole, carried, draw, measure
from flows.evaluated import evaluation_event, evaluations
from flows.evaluation_words import Stamp, marked, passages_of, printable, stamp_of, taken_away, todays, whole_of
from flows.facts import Published
from flows.published import PURPOSE
from flows.roles import refuse_service, require
from flows.run import is_current
from flows.settings import utc_now
from flows.study import Study
from schemas.consent import Level
from schemas.errors import UsageError
from warehouse.shown import ShownUtterance

SIZE = 400
"""Passages drawn where nobody says how many: if none of them names anybody, the rate is at most 0.75 %."""
LARGEST = 100_000
_NAME = "evaluation"


@dataclass(frozen=True)
class Reading:
    """A sample, and the words of its passages as the data set has them now.

    Attributes:
        words: By passage; none for a sample that is finished.
        named: Labels of the people whom the data set shows by name.
        whole: What is counted over the data set; None for a sample that is finished.
        present: Whether the sample is of the data set that stands now.
        dropped: Answers that fell away, since their passages are not shown any more as they were.
        stamp: Of the data set's file.
    """

    study: Study
    sample: Sample
    words: Mapping[str, ShownUtterance]
    named: tuple[str, ...] = ()
    whole: Whole | None = None
    present: bool = True
    dropped: int = 0
    stamp: Stamp | None = None

    def text(self, passage: Passage) -> str:
        """A passage's words on one line, with what stands in place of something else in braces."""
        one = self.words[passage.passage]
        return printable(marked(one.text, one.masks))

    def label(self, passage: Passage) -> str:
        """Under which label a passage is shown."""
        return printable(self.words[passage.passage].label)

    def answer(self, passage: Passage, *, identifiable: bool, speaker: Speaker | None, needless: int) -> Answer:
        """An answer by the acting user, now.

        Args:
            speaker: None where it was not asked.
            needless: From 0 to the number of the passage's masks.
        """
        return Answer(
            identifiable=identifiable,
            speaker=speaker if speaker and asks_speaker(passage) else Speaker.NOT_ASKED,
            needless=needless,
            by=self.study.keyring.user,
            at=utc_now(),
        )


def asks_speaker(passage: Passage) -> bool:
    """Whether a reader can know who says a passage: an unnamed speaker stands there as anybody."""
    return passage.level is not Level.UNNAMED


def begin(study: Study, size: int | None = None, *, new: bool = False) -> Reading:
    """The sample that is being read, or the finished one; a new one where there is none or ``new`` asks for it.

    A sample that is not finished goes on in a data set that was built anew: in the place of what fell away comes what
    the draw gives next.

    Args:
        size: How many passages to draw; None: as many as are drawn already, else `SIZE`.
    Raises:
        MissingKey: this user's role may not, or the user is a machine. LedgerDamaged.
        UsageError: there is no data set, or not the one that a run would make today; a sample of another size is being
            read; what was found in the sample has been changed since.
    """
    require(study, "evaluate")
    refuse_service(study, "reads a sample and judges it")
    _check_size(size)
    with study.lock(_NAME):
        sample = _load(study)
        if sample is None or new:
            return _settled(_drawn(study, size or SIZE, sample))
        _refuse_other_size(sample, size)
        if sample.measured:
            return _finished(study, sample)
        reading = _gone_on(study, sample)
        return reading if reading.sample == sample and sample.waiting else _settled(reading)


def resume(study: Study) -> Reading:
    """The sample that is being read, for answers that come from elsewhere; none is drawn.

    Raises:
        As for ``begin``. UsageError: also where no sample is being read.
    """
    require(study, "evaluate")
    sample = _load(study)
    if sample is None or sample.measured:
        raise UsageError(
            "no sample is being read, so these answers are of none",
            hint="Draw one and write it out: chatham evaluate --out FILE.csv.",
        )
    return begin(study)


def keep(reading: Reading, answers: Mapping[str, Answer | None], *, seen: bool = False) -> Reading:
    """Keep answers, durably; with the last one, the evaluation is finished and recorded.

    Args:
        answers: By passage; None takes an answer back.
        seen: Whether passages were shown or written out.
    Returns:
        The reading with everybody's answers up to now.
    Raises:
        UsageError: the data set was taken away or built anew meanwhile, or another sample was drawn. Nothing was kept.
    """
    study = reading.study
    with study.lock(_NAME):
        require_standing(reading)
        now = _load(study)
        if now is None or now.measured or (now.id, now.data_set) != (reading.sample.id, reading.sample.data_set):
            raise UsageError(
                "another sample was drawn meanwhile, or this one was finished",
                hint="See how it stands: chatham evaluate.",
            )
        marked = now.model_copy(update={"seen": now.seen or seen})
        return _settled(replace(reading, sample=marked.answered(answers)))


def note_seen(reading: Reading) -> Reading:
    """Note, before anybody sees its words, that the sample is begun; raises UsageError as ``keep`` does."""
    return reading if reading.sample.seen else keep(reading, {}, seen=True)


def require_standing(reading: Reading) -> None:
    """Refuse to go on with words of a data set that is not the one under its name any more; raises UsageError."""
    if reading.stamp != stamp_of(reading.study):
        raise taken_away()


def _load(study: Study) -> Sample | None:
    """The sample as it lies in the locked store; finished, where the register says so."""
    sample = study.vault.get_study(_NAME, Sample)
    if sample is None or sample.measured or sample.waiting:
        return sample
    # A command may have been killed after it told the register, and before it could store that.
    told = [one for _, one in evaluations(study.ledger.entries()) if one.sample == sample.id]
    return sample.model_copy(update={"measured": told[0]}) if told else sample


def _check_size(size: int | None) -> None:
    if size is not None and not 1 <= size <= LARGEST:
        raise UsageError(f"--sample is no number from 1 to {LARGEST:,}", hint=f"Leave it out to draw {SIZE}.")


def _refuse_other_size(sample: Sample, size: int | None) -> None:
    if size in (None, sample.size):
        return
    state = "was read" if sample.measured else "is being read"
    # Whoever reads on until the figure pleases does not measure.
    raise UsageError(
        f"a sample of {sample.size} {state}, and it cannot be made larger or smaller",
        hint="Give the command without --sample, or draw another with --new.",
    )


def _drawn(study: Study, size: int, before: Sample | None) -> Reading:
    """A new sample under a new seed."""
    stamp, data_set, contents = todays(study)
    seed = secrets.token_hex(32)
    passages, words = passages_of(seed, contents)
    sample = Sample(
        seed=seed,
        size=size,
        drawn_at=utc_now(),
        data_set=data_set,
        passages=draw(seed, passages, size),
        given_up=_given_up(before),
    )
    return Reading(study, sample, words, contents.named, whole_of(contents), stamp=stamp)


def _given_up(before: Sample | None) -> int:
    """How many samples were begun and not finished since the last that was."""
    if before is None or before.measured:
        return 0
    return before.given_up + (before.seen or any(one.answer for one in before.passages))


def _gone_on(study: Study, sample: Sample) -> Reading:
    """The sample in the data set that stands now."""
    stamp, data_set, contents = todays(study)
    passages, words = passages_of(sample.seed, contents)
    goes_on = carried(sample, data_set, passages)
    if goes_on is None:
        raise UsageError(
            "what was found in this sample has been changed since, so it would tell too good a rate",
            hint="Draw another, which tells the rate of the data set as it is now: chatham evaluate --new.",
        )
    dropped = sample.read - goes_on.read
    return Reading(study, goes_on, words, contents.named, whole_of(contents), dropped=dropped, stamp=stamp)


def _finished(study: Study, sample: Sample) -> Reading:
    """A finished sample, held against the data set that stands now."""
    published = study.vault.get_study(f"published-{PURPOSE}", Published)
    same = published is not None and published.build_key == sample.data_set.build
    return Reading(study, sample, {}, present=same and is_current(study))


def _settled(reading: Reading) -> Reading:
    """Store the sample; where every passage is answered, tell the register what it comes to."""
    study, sample = reading.study, reading.sample
    study.vault.put_study(_NAME, sample)
    if not sample.waiting and reading.whole is not None:
        measured = measure(sample, reading.whole)
        study.record(evaluation_event(measured, study.keyring.user, utc_now()))
        sample = sample.model_copy(update={"measured": measured})
        study.vault.put_study(_NAME, sample)
    return replace(reading, sample=sample)
