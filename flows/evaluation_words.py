"""The data set that is read for an evaluation: whether it is today's, what it shows, and whether it still stands."""

from collections.abc import Sequence

from deidentification.evaluation import DataSet, Passage, Whole, passage_id
from flows.facts import Published
from flows.published import PURPOSE
from flows.run import is_current
from flows.study import Study
from schemas.consent import Level
from schemas.deidentified import WithheldReason
from schemas.errors import UsageError
from warehouse.shown import Contents, ShownUtterance, read_contents

DOUBT = (
    WithheldReason.SPEAKER_UNKNOWN,
    WithheldReason.NEAR_OTHER_VOICE,
    WithheldReason.LEAK,
    WithheldReason.FAILED,
)
"""Why an utterance is withheld where nobody chose so."""
Stamp = tuple[int, int, int]
"""By which a file is known to be the same one: its number on the disk, bytes, and time of change."""


def todays(study: Study) -> tuple[Stamp, DataSet, Contents]:
    """The data set that stands, if it is the one that a run would make today.

    Raises:
        UsageError: there is none, it is another one, or it shows no words. LedgerDamaged, MissingKey.
    """
    if not study.research.is_file():
        raise UsageError(
            "there is no data set to read", hint="Build it first: chatham run. A withdrawal takes it away at once."
        )
    if not is_current(study):
        raise UsageError(
            "the data set is not the one that today's choices, sessions and settings make",
            hint="Build it first: chatham run.",
        )
    published = study.vault.get_study(f"published-{PURPOSE}", Published)
    stamp, contents = stamp_of(study), read_contents(study.research)
    if published is None or stamp is None or stamp != stamp_of(study):
        raise taken_away()
    if not contents.shown:
        raise UsageError("the data set shows no words, so there is nothing to read", hint="See chatham run.")
    data_set = DataSet(
        build=published.build_key,
        ledger_size=int(contents.provenance["ledger_size"]),
        ledger_root=contents.provenance["ledger_root"],
        shown=len(contents.shown),
    )
    return stamp, data_set, contents


def stamp_of(study: Study) -> Stamp | None:
    """The stamp of the data set's file; None where it is gone."""
    try:
        stat = study.research.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def passages_of(seed: str, contents: Contents) -> tuple[list[Passage], dict[str, ShownUtterance]]:
    """All that a data set shows, as passages, and their words."""
    words = {passage_id(seed, one.utterance, one.label, one.text): one for one in contents.shown}
    passages = [
        Passage(
            passage=key,
            utterance=one.utterance,
            session=one.session,
            start_s=one.start_s,
            language=one.language,
            level=Level(one.level),
            masks=len(one.masks),
        )
        for key, one in words.items()
    ]
    return passages, words


def whole_of(contents: Contents) -> Whole:
    """What is counted over the whole data set."""
    return Whole(
        utterances=len(contents.shown) + sum(contents.withheld.values()),
        words=contents.words,
        masks=contents.masks,
        doubt={reason.value: contents.withheld.get(reason.value, 0) for reason in DOUBT},
    )


def marked(text: str, masks: Sequence[tuple[int, int]]) -> str:
    """``text`` with braces around every place that stands for something else."""
    for start, end in sorted(masks, reverse=True):  # from the right, so that the places still to come stay valid
        text = f"{text[:start]}{{{text[start:end]}}}{text[end:]}"
    return text


def printable(text: str) -> str:
    """``text`` on one line, without what would steer a terminal."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def taken_away() -> UsageError:
    """The error for a data set that is not the one any more whose words are being read."""
    return UsageError(
        "the data set was taken away or built anew meanwhile; what you answered before is kept",
        hint="chatham run, then chatham evaluate goes on with what still stands.",
    )
