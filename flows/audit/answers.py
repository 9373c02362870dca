"""The form of one answer of the report: a verdict, a line, a sentence or two, its evidence, and what is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flows.reports.document import Block


class Verdict(StrEnum):
    """What a question comes to."""

    YES = "yes"
    NO = "no, see below"
    UNKNOWN = "not yet known"


@dataclass(frozen=True)
class Answer:
    """One question answered.

    Attributes:
        question: As a board member would put it; it can be answered with yes.
        answer: One line that begins with what the verdict says.
        explanation: A sentence or two.
        evidence: Plain JSON, a dictionary each: everything that the blocks show, and no hash.
        blocks: Tables and pictures, after the explanation.
        annex: What is technical, hashes among it.
    """

    question: str
    verdict: Verdict
    answer: str
    explanation: str = ""
    evidence: Sequence[Mapping[str, Any]] = ()
    blocks: Sequence[Block] = ()
    annex: Sequence[Block] = field(default_factory=tuple)

    @property
    def failed(self) -> bool:
        """Whether this is a check that found something."""
        return self.verdict is Verdict.NO

    def facts(self) -> dict[str, Any]:
        """The answer as it stands in ``audit.json``."""
        return {
            "question": self.question,
            "answer": self.answer,
            "verdict": str(self.verdict),
            "evidence": [dict(row) for row in self.evidence],
        }


def verdict(*, wrong: bool = False, unknown: bool = False) -> Verdict:
    """No where something is wrong, not yet known where something is missing, otherwise yes."""
    if wrong:
        return Verdict.NO
    return Verdict.UNKNOWN if unknown else Verdict.YES
