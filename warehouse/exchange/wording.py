"""How sessions are written as plain text: headings, gaps, times, and signs that every program can read."""

import re
from collections.abc import Iterable

from schemas.deidentified import WithheldReason

_UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""Control characters, marks of byte order and codepoints that are no characters: XML or HTML cannot hold them."""
_BLANK = re.compile(r"\A\s*\n|\n\s*\n")
_HEADING = re.compile(r"\S.* (\d+:[0-5]\d:[0-5]\d|[0-5]\d:[0-5]\d)")
_GAP = re.compile(r"\[Not shown, [\dhmins ]+: [a-z ]+\]")
WHY = {
    WithheldReason.NO_CONSENT: "nobody has allowed the use of these words",
    WithheldReason.LEVEL: "the speaker chose that these words are not used",
    WithheldReason.PERMISSION: "the speaker does not allow this use",
    WithheldReason.SPEAKER_UNKNOWN: "nobody has said who speaks",
    WithheldReason.NEAR_OTHER_VOICE: "another voice may be heard",
    WithheldReason.LEAK: "a name was still visible",
    WithheldReason.FAILED: "a step did not finish",
}
"""Why words are withheld, as a reader of the text is told."""


def plain(text: str) -> str:
    """``text`` with LF alone as line end and without signs that some program cannot hold: as many codepoints."""
    return _UNREADABLE.sub(" ", text.replace("\r\n", " \n").replace("\r", "\n"))


def said(text: str) -> str:
    """The words of a turn, plain and without blank lines: as many codepoints.

    A blank line stands between turns alone, so that no line that somebody says is taken for a heading.
    """
    return _BLANK.sub(lambda run: run[0][:-1].replace("\n", " ") + ("\n" if run.start() else " "), plain(text))


def heading(name: str, start_s: float) -> str:
    """The line before a turn: who speaks, and when."""
    return f"{' '.join(plain(name).split())} {clock(start_s)}"


def gap(reason: str, start_s: float, end_s: float) -> str:
    """The line that stands for words that are withheld: how long they last, and why."""
    return f"[Not shown, {_lasting(max(0, round(end_s - start_s)))}: {WHY[WithheldReason(reason)]}]"


def clock(seconds: float) -> str:
    """Minutes and seconds since the start, mm:ss; h:mm:ss from the first hour on."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def is_ours(line: str) -> bool:
    """Whether a line has the form of a heading or of a gap."""
    return bool(_HEADING.fullmatch(line) or _GAP.fullmatch(line))


def clock_of(line: str) -> str | None:
    """When the turn begins that a line stands before, as the line has it; None where the line has no heading's form."""
    found = _HEADING.fullmatch(line)
    return found[1] if found else None


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """The names in their order, with a number after each that had stood before."""
    used, found = set(taken), []
    for name in names:
        number, new = 1, name
        while new in used:
            number += 1
            new = f"{name} ({number})"
        used.add(new)
        found.append(new)
    return found


def _lasting(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
