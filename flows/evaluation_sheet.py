"""The passages of a sample as a table to be answered elsewhere, and the answered table read back: all of it or none."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deidentification.evaluation import ID_DIGITS, Answer, Passage, Speaker
from flows.evaluating import Reading, asks_speaker, keep, note_seen, require_standing
from flows.own_files import own_file
from flows.progress import clock
from flows.sheets import read_sheet
from schemas.errors import BadInput

QUESTIONS = ("identifiable", "speaker_right", "needless_masks")
COLUMNS = ("passage", "session", "at", "level", "speaker", "text", "masks", *QUESTIONS)
FORMATS = ("csv",)
NOT_ASKED = "not asked"
_PASSAGE = re.compile(rf"p[0-9a-f]{{{ID_DIGITS}}}")
_YES_NO = {"yes": True, "y": True, "no": False, "n": False}
_SPEAKER = {
    "yes": Speaker.YES,
    "y": Speaker.YES,
    "no": Speaker.NO,
    "n": Speaker.NO,
    "cannot tell": Speaker.CANNOT_TELL,
    "?": Speaker.CANNOT_TELL,
}
_FORMULA = tuple("=+-@\t")
"""What a spreadsheet would take for a calculation at the beginning of a cell."""


@dataclass(frozen=True)
class Imported:
    """What a table brought.

    Attributes:
        answered: Passages that it answers.
        blank: Rows without any answer.
        gone: Rows of passages that are not in the sample any more as they were written out.
    """

    reading: Reading
    answered: int
    blank: int
    gone: int


def write_sheet(reading: Reading, path: Path) -> int:
    """Write every passage that still waits into a new file that only this person can read; gives how many.

    Args:
        path: Past ``flows.own_files.check_file``.
    """
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    waiting = reading.sample.waiting
    table.writerows(_row(reading, one) for one in waiting)
    require_standing(note_seen(reading))
    with own_file(path) as sink:
        sink.write(text.getvalue().encode("utf-8-sig"))  # with a BOM, by which spreadsheets know UTF-8
    return len(waiting)


def read_answers(reading: Reading, path: Path) -> Imported:
    """Keep the answers of a table, all or none.

    Raises:
        BadInput: every bad row by line and column, and never what stands there; nothing was kept.
        UsageError: as for ``flows.evaluating.keep``.
    """
    rows = read_sheet(path, required=("passage", *QUESTIONS), known=COLUMNS)
    known = {f"p{one.passage}": one for one in reading.sample.passages}
    problems = [problem for line, row in rows for problem in _problems(line, row, known)]
    problems += _doubled([(line, row["passage"]) for line, row in rows])
    if problems:
        raise BadInput(
            "\n".join(["the answers are not right; none was kept:", *problems]),
            hint="Correct what is listed, then read the whole file in again.",
        )
    said = [row for _, row in rows if not _is_blank(row)]
    answers = {
        known[row["passage"]].passage: _answer(reading, known[row["passage"]], row)
        for row in said
        if row["passage"] in known
    }
    kept = keep(reading, answers) if answers else reading
    return Imported(kept, len(answers), len(rows) - len(said), len(said) - len(answers))


def _row(reading: Reading, passage: Passage) -> dict[str, str]:
    return {
        "passage": f"p{passage.passage}",  # a letter first, or a spreadsheet would take some ids for numbers
        "session": _harmless(passage.session),
        "at": clock(passage.start_s),
        "level": passage.level.value,
        "speaker": _harmless(reading.label(passage)),
        "text": _harmless(reading.text(passage)),
        "masks": str(passage.masks),
        "identifiable": "",
        "speaker_right": "" if asks_speaker(passage) else NOT_ASKED,
        "needless_masks": "" if passage.masks else "0",
    }


def _harmless(text: str) -> str:
    return f" {text}" if text.startswith(_FORMULA) else text


def _is_blank(row: Mapping[str, str]) -> bool:
    """Whether nobody has answered a row yet; what was filled in beforehand is no answer."""
    return not row["identifiable"] and row["speaker_right"] in ("", NOT_ASKED) and row["needless_masks"] in ("", "0")


def _problems(line: int, row: Mapping[str, str], known: Mapping[str, Passage]) -> Iterator[str]:
    if _PASSAGE.fullmatch(row["passage"]) is None:
        yield f"line {line}, column passage: is no passage's id"
        return
    passage = known.get(row["passage"])
    if passage is None or _is_blank(row):
        return
    if row["identifiable"].casefold() not in _YES_NO:
        yield f"line {line}, column identifiable: must be yes or no"
    if asks_speaker(passage) and row["speaker_right"].casefold() not in _SPEAKER:
        yield f"line {line}, column speaker_right: must be yes, no or cannot tell"
    if not asks_speaker(passage) and row["speaker_right"].casefold() not in ("", NOT_ASKED):
        yield f"line {line}, column speaker_right: is not asked of an unnamed speaker, so it must be empty"
    if (passage.masks or row["needless_masks"]) and not _is_number(row["needless_masks"], passage.masks):
        yield f"line {line}, column needless_masks: must be a number from 0 to {passage.masks}"


def _is_number(cell: str, most: int) -> bool:
    return re.fullmatch(r"[0-9]{1,6}", cell) is not None and int(cell) <= most


def _doubled(ids: list[tuple[int, str]]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for line, passage in ids:
        first = seen.setdefault(passage, line)
        if first != line:
            yield f"line {line}, column passage: the same passage stands in line {first}"


def _answer(reading: Reading, passage: Passage, row: Mapping[str, str]) -> Answer:
    return reading.answer(
        passage,
        identifiable=_YES_NO[row["identifiable"].casefold()],
        speaker=_SPEAKER.get(row["speaker_right"].casefold()),
        needless=int(row["needless_masks"] or 0),
    )
