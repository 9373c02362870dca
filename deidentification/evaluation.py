"""The measured rate of what was missed: a sample of passages, what a reader answers, and what that comes to. Pure.

Passages are drawn by rank: each has a keyed hash under the sample's seed, and the lowest are read. So a sample is a
simple random one, the same again from the same seed, and one that goes on in a changed data set shares with the first
whatever still stands.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from pydantic import AwareDatetime, Field

from schemas.consent import LEVEL_ORDER, Level
from schemas.identifiers import Digest, SessionId
from schemas.records import Record

ID_DIGITS = 16
Key = TypeVar("Key", bound=str)


class Speaker(StrEnum):
    """Whether a passage is shown under who said it."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot tell"
    NOT_ASKED = "not asked"
    """The speaker stands there as anybody (unnamed), so that no reader could know."""


class Answer(Record):
    """What a person answered of one passage."""

    identifiable: bool
    """Somebody can be told who should not be."""
    speaker: Speaker
    needless: int = Field(ge=0)
    """How many of its masks hide nobody and nothing."""
    by: str
    """User who read it."""
    at: AwareDatetime

    @property
    def found(self) -> bool:
        """Whether the reader found something that has to be mended."""
        return self.identifiable or self.speaker is Speaker.NO


class Passage(Record):
    """One shown utterance of a data set, without its words."""

    passage: str
    """Keyed hash of the utterance's id, label and words (`passage_id`): other words are another passage."""
    utterance: str
    """Released id."""
    session: SessionId
    start_s: float
    language: str
    level: Level
    masks: int
    answer: Answer | None = None


class DataSet(Record):
    """Which data set a sample is of: what it was built from, and the register's checkpoint then."""

    build: Digest
    ledger_size: int
    ledger_root: Digest
    shown: int
    """How many utterances it shows."""


class Tally(Record):
    """Answers counted."""

    read: int = 0
    identifiable: int = 0
    right: int = 0
    wrong: int = 0
    cannot_tell: int = 0
    not_asked: int = 0
    masks: int = 0
    needless: int = 0


class Whole(Record):
    """What is counted over the whole data set, not the sample."""

    utterances: int
    """Shown and withheld ones."""
    words: int
    """Of the shown ones, as they stand there."""
    masks: int
    doubt: dict[str, int]
    """Why something was withheld for doubt, to how many utterances were."""


class Measured(Record):
    """A finished evaluation: counts only, no id of anybody's words. This is what the register keeps."""

    sample: str
    drawn_at: AwareDatetime
    data_set: DataSet
    readers: int
    given_up: int
    """Samples before this one of which something was read and which nobody finished."""
    tally: Tally
    languages: dict[str, Tally]
    levels: dict[Level, Tally]
    whole: Whole


class Sample(Record):
    """A sample that is being read, or was."""

    seed: str = Field(repr=False)
    """32 random bytes in hexadecimal, made when the sample was drawn."""
    size: int
    """How many were asked for; where the data set shows fewer, all of them are drawn."""
    drawn_at: AwareDatetime
    data_set: DataSet
    passages: tuple[Passage, ...]
    """In the order in which they are read."""
    given_up: int = 0
    seen: bool = False
    """Whether passages of it were shown or written out, so that it counts as begun."""
    measured: Measured | None = None
    """None until every passage is answered."""

    @property
    def id(self) -> str:
        """What the sample is called in the register; tells nothing of the seed."""
        return hashlib.sha256(b"sample" + bytes.fromhex(self.seed)).hexdigest()[:ID_DIGITS]

    @property
    def waiting(self) -> list[Passage]:
        """Passages that nobody has answered yet."""
        return [one for one in self.passages if one.answer is None]

    @property
    def read(self) -> int:
        """How many passages are answered."""
        return len(self.passages) - len(self.waiting)

    def answered(self, answers: Mapping[str, Answer | None]) -> "Sample":
        """The sample with these answers, by passage; None takes one back."""
        done = tuple(
            one.model_copy(update={"answer": answers[one.passage]}) if one.passage in answers else one
            for one in self.passages
        )
        return self.model_copy(update={"passages": done})


def passage_id(seed: str, utterance: str, label: str, text: str) -> str:
    """16 hexadecimal digits that stand for an utterance as it is shown; without the seed nobody can try words out."""
    parts = [part.encode() for part in (utterance, label, text)]
    framed = b"".join(b"%d:%b" % (len(part), part) for part in parts)
    return hmac.digest(bytes.fromhex(seed), b"passage" + framed, "sha256").hex()[:ID_DIGITS]


def draw(seed: str, passages: Iterable[Passage], size: int) -> tuple[Passage, ...]:
    """A simple random sample: the ``size`` passages (all, where there are fewer) whose utterances rank lowest."""
    key = bytes.fromhex(seed)
    ranked = sorted(passages, key=lambda one: hmac.digest(key, b"rank" + one.utterance.encode(), "sha256"))
    return tuple(ranked[:size])


def carried(sample: Sample, data_set: DataSet, passages: Sequence[Passage]) -> Sample | None:
    """The sample as it goes on in a data set that was built anew: drawn by the same seed, with every answer that holds.

    Args:
        passages: All that the data set shows now.
    Returns:
        None where something that a reader had found was changed since: a sample that has led to its own mending would
        tell too good a rate.
    """
    now = {one.passage for one in passages}
    if any(one.answer and one.answer.found and one.passage not in now for one in sample.passages):
        return None
    known = {one.passage: one.answer for one in sample.passages}
    drawn = draw(sample.seed, passages, sample.size)
    return sample.model_copy(update={"data_set": data_set, "passages": drawn}).answered(
        {one.passage: known[one.passage] for one in drawn if one.passage in known}
    )


def count(passages: Iterable[Passage]) -> Tally:
    """The answers of these passages, counted; those without an answer are passed over."""
    answered = [(one, one.answer) for one in passages if one.answer]
    said = [answer.speaker for _, answer in answered]
    return Tally(
        read=len(answered),
        identifiable=sum(answer.identifiable for _, answer in answered),
        right=said.count(Speaker.YES),
        wrong=said.count(Speaker.NO),
        cannot_tell=said.count(Speaker.CANNOT_TELL),
        not_asked=said.count(Speaker.NOT_ASKED),
        masks=sum(one.masks for one, _ in answered),
        needless=sum(answer.needless for _, answer in answered),
    )


def measure(sample: Sample, whole: Whole) -> Measured:
    """What a sample comes to of which every passage is answered.

    Raises:
        ValueError: one is not.
    """
    if sample.waiting:
        raise ValueError("not every passage is answered")
    levels = _strata(sample.passages, lambda one: one.level)
    return Measured(
        sample=sample.id,
        drawn_at=sample.drawn_at,
        data_set=sample.data_set,
        readers=len({one.answer.by for one in sample.passages if one.answer}),
        given_up=sample.given_up,
        tally=count(sample.passages),
        languages=_strata(sample.passages, lambda one: one.language),
        levels={level: levels[level] for level in LEVEL_ORDER if level in levels},
        whole=whole,
    )


def _strata(passages: Sequence[Passage], key: Callable[[Passage], Key]) -> dict[Key, Tally]:
    """Each stratum by itself: no weights, nothing pooled."""
    return {
        name: count([one for one in passages if key(one) == name]) for name in sorted({key(one) for one in passages})
    }
