"""What a check of the register found, and how it is said in plain words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent.days import day_words
from schemas.errors import ChathamError

SHOWN = 20
"""How many problems of one kind are told apart before the rest is only counted."""
_LINE = re.compile(r"line ([1-9][0-9]*) of ")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the register itself, and where."""

    message: str
    """A sentence without its full stop; never anybody's words."""
    file: str
    """Path below ``consent/``."""
    line: int | None = None
    """From 1."""
    index: int | None = None
    """Index of the entry, from 0."""


@dataclass(frozen=True)
class Report:
    """The outcome of one check."""

    checked: tuple[str, ...]
    """What was checked and holds, a sentence each."""
    remarks: tuple[str, ...]
    """What a reader should know and is no fault."""
    failed: tuple[str, ...]
    """Why the register, though sound, does not pass: no anchor, an old one, behind what it was shown."""
    problems: tuple[Problem, ...]
    """Damage, or a second history."""
    not_checked: tuple[str, ...]
    """What could not be checked, and why."""
    size: int
    """Entries in the journal."""
    root: bytes
    """RFC 6962 root over them, 32 bytes."""
    anchored: int = 0
    """Entries that the newest anchor is over."""
    inside_only: bool = False
    """Whoever vouched for the register belongs to the team that keeps it."""
    altered: tuple[str, ...] = ()
    """What is wrong with a data set that was given beside the register, a sentence each."""

    @property
    def exit_code(self) -> int:
        """6 for damage or a second history, 1 for a sound register or a data set that does not pass, otherwise 0."""
        return 6 if self.problems else 1 if self.failed or self.altered else 0


@dataclass
class Findings:
    """A report in the making."""

    checked: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    anchored: int = 0
    inside_only: bool = False
    altered: list[str] = field(default_factory=list)

    def wrong(self, message: str, file: str, line: int | None = None, index: int | None = None) -> None:
        """Note a problem; after ``SHOWN`` of one file and kind the rest is dropped, and ``report`` says how many."""
        self.problems.append(Problem(message, file, line, index))

    def entry(self, index: int, what: str) -> None:
        """Note a problem with the journal's entry at ``index``; ``what`` is the rest of a sentence about its line."""
        self.wrong(f"line {index + 1} of journal.jsonl {what}", "journal.jsonl", index + 1, index)

    def error(self, error: ChathamError, file: str) -> None:
        """Note what an error of ours says about ``file``."""
        found = _LINE.search(error.message) if file == "journal.jsonl" else None
        line = int(found[1]) if found else None
        self.wrong(error.message, file, line, None if line is None else line - 1)

    def report(self, size: int, root: bytes) -> Report:
        """The finished report."""
        return Report(
            tuple(self.checked),
            tuple(self.remarks),
            tuple(self.failed),
            tuple(self.problems),
            tuple(self.not_checked),
            size,
            root,
            self.anchored,
            self.inside_only,
            tuple(self.altered),
        )


def lines(report: Report) -> list[str]:
    """The report as it is read: what holds, what to know, what is wrong, what was not checked, and the outcome."""
    said = [f"Checked: {one}" for one in report.checked]
    said += [f"To know: {one}" for one in report.remarks]
    said += [f"WRONG: {_where(one)}" for one in report.problems[:SHOWN]]
    if len(report.problems) > SHOWN:
        said.append(f"WRONG: and {len(report.problems) - SHOWN} more.")
    said += [f"WRONG: {one}" for one in report.altered]
    said += [f"Falls short: {one}" for one in report.failed]
    said += [f"Not checked: {one}" for one in report.not_checked]
    return [*said, _outcome(report)]


def as_json(report: Report) -> dict[str, Any]:
    """The report for programs: plain JSON."""
    return {
        "size": report.size,
        "root": report.root.hex(),
        "exit_code": report.exit_code,
        "checked": list(report.checked),
        "remarks": list(report.remarks),
        "failed": list(report.failed),
        "altered": list(report.altered),
        "problems": [vars(one) for one in report.problems],
        "not_checked": list(report.not_checked),
    }


def day(moment: datetime) -> str:
    """A date as people write it, UTC: `21 November 2026`."""
    return day_words(moment)


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 entry`, `2 entries`: ``noun``, and its plural where an `s` does not make it."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listing(names: Iterable[str], most: int = 5) -> str:
    """Names in a row, the rest counted: `a, b and 3 more`."""
    some: Sequence[str] = sorted(names)
    more = len(some) - most
    return ", ".join(some[:most]) + (f" and {more} more" if more > 0 else "")


def _where(problem: Problem) -> str:
    place = "" if problem.index is None else f" (entry {problem.index})"
    name = "" if problem.file in problem.message else f"{problem.file}: "
    return f"{name}{problem.message}{place}."


def _outcome(report: Report) -> str:
    if report.problems:
        return (
            "Outcome: THE REGISTER IS DAMAGED OR WAS CHANGED. Keep this copy as it is and show these lines to whoever "
            "keeps the register and to the ethics office."
        )
    if report.altered:
        return (
            "Outcome: nothing is wrong with the register, but the data set is not one to be used, as said above. Ask "
            "whoever gave it to you."
        )
    if report.failed:
        return "Outcome: nothing is wrong with what is here, but it falls short as said above."
    if report.anchored < report.size:
        return f"Outcome: the register is sound, and others saw its first {count(report.anchored, 'entry', 'entries')}."
    return "Outcome: the register is sound, and others saw it as it is here."
