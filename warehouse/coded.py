"""Turns a codebook, codings and memos into the rows of their tables; and the speakers into cases."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from schemas.coding import Codebook, ReleasedCoding, children
from warehouse.ids import ReleaseIds

Row = tuple[Any, ...]
Placed = Mapping[tuple[str, str, int], str]
"""Session, the vault's number of a turn, and piece, to the released id of what is shown of it."""


def code_rows(codebook: Codebook) -> list[Row]:
    """The codes in their order, each before those that stand under it."""
    listed = list(children(codebook.codes))
    here = {code.code for code, _ in listed}
    return [
        (
            code.code,
            code.parent if depth and code.parent in here else None,
            position,
            code.name,
            code.description or None,
            code.colour,
            code.codable,
        )
        for position, (code, depth) in enumerate(listed)
    ]


def coder_rows(codebook: Codebook) -> list[Row]:
    """The coders, by id."""
    return sorted((coder.coder, coder.name) for coder in codebook.coders)


def coding_rows(codings: Iterable[ReleasedCoding], placed: Placed, ids: ReleaseIds) -> tuple[list[Row], dict[str, str]]:
    """A row for each stretch, in the order of the codings; and each coding's own id to its released id.

    Args:
        placed: What is shown; a stretch on anything else is a defect of the caller.
    """
    rows: list[Row] = []
    minted: dict[str, str] = {}
    for coding in codings:
        on = [(placed[one.session, one.utterance, one.piece], one) for one in coding.stretches]
        identifier = ids.coding_id(coding.coding, sorted({utterance for utterance, _ in on}))
        minted[coding.coding] = identifier
        rows += [
            (identifier, utterance, one.start_char, one.end_char, coding.code, coding.coder, _day(coding.at))
            for utterance, one in on
        ]
    return rows, minted


def memo_rows(codebook: Codebook, minted: Mapping[str, str], sessions: Iterable[str]) -> list[Row]:
    """The memos on what stands in the data set, by day.

    Args:
        minted: As ``coding_rows`` gives it.
        sessions: Ids of the sessions in the data set.
    """
    about = {"coding": dict(minted), "session": {one: one for one in sessions}}
    about["code"] = {code.code: code.code for code in codebook.codes}
    rows: list[Row] = []
    for memo in codebook.memos:
        on = None if memo.about == "study" else about[memo.about].get(memo.on)
        if memo.about == "study" or on is not None:
            rows.append((memo.memo, memo.about, on, memo.coder, _day(memo.at), memo.title or None, memo.text))
    return sorted(rows, key=lambda row: (row[4], row[0]))


def case_rows(speakers: Sequence[Row], ids: ReleaseIds) -> list[Row]:
    """A case for each row of ``speakers`` (id and label first), by name; those of one label are numbered by id."""
    several = Counter(label for _, label, *_ in speakers)
    numbers: Counter[str] = Counter()
    taken = {label for label, count in several.items() if count == 1}
    rows = []
    for speaker, label, *_ in sorted(speakers):
        name = label
        while several[label] > 1 and (name == label or name in taken):
            numbers[label] += 1
            name = f"{label} {numbers[label]}"
        rows.append((ids.case_id(speaker), name, speaker))
    return sorted(rows, key=lambda row: row[1])


def _day(at: datetime | None) -> date | None:
    if at is None:
        return None
    try:
        return at.astimezone(UTC).date()
    except OverflowError:  # at the ends of the calendar: the day as it was written
        return at.date()
