"""What the pages say of coded projects is so."""

import re
from pathlib import Path

import pytest

from schemas.consent import Level
from tests.conftest import ROOT
from tests.warehouse.exchange.projects import example
from tests.warehouse.samples import gap, said, session, speaker
from warehouse.exchange import refi_qda, tables, taguette
from warehouse.exchange.archive import MOST_BYTES
from warehouse.exchange.carrying import RUN
from warehouse.exchange.fitting import NO_HEADINGS, NO_TEXT, NO_TURN, NO_WORDS, OTHER_WORDS
from warehouse.exchange.layout import VARIABLES, lay_out, project_of
from warehouse.exchange.wording import WHY
from warehouse.formats import GUARDED

PAGE = (ROOT / "docs" / "explanation" / "how-coded-projects-travel.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())


def test_the_example_is_what_is_written(tmp_path: Path) -> None:
    from tests.warehouse.exchange.projects import made

    turns = (
        said(1, "We asked about the ferries."),
        gap(2),
        said(370, "Nobody reads the timetable.", speaker=speaker("P03", Level.UNNAMED)),
    )
    [text] = project_of(made(tmp_path, [session("S1", *turns)], ())).texts
    [shown] = re.findall(r"```\n(.*?)\n```", PAGE, re.DOTALL)
    assert shown == text.text


REASONS = (NO_TEXT, NO_WORDS, OTHER_WORDS, NO_HEADINGS, NO_TURN, tables.NO_UTTERANCE, tables.NOT_WITHIN)


@pytest.mark.parametrize("words", [*WHY.values(), *(one.removeprefix("its ") for one in REASONS)])
def test_every_reason_is_told(words: str) -> None:
    assert words in FLAT or words.removeprefix("it ") in FLAT


def test_columns_attributes_and_limits_are_told() -> None:
    told = re.findall(r"`([a-z_]+)`", PAGE)
    assert {*tables.CODINGS, *tables.CODEBOOK, GUARDED} <= set(told)
    assert f"({', '.join(VARIABLES)})" in FLAT
    assert f"beyond {MOST_BYTES // 1024**2} MB" in FLAT
    assert RUN == 3 and "at least three in a row" in FLAT


def test_the_table_says_what_each_kind_of_file_holds(tmp_path: Path) -> None:
    """Of the example, which has something of everything."""
    project = lay_out(example(tmp_path)).project
    rows = {cells[0]: cells[1:] for cells in _table()}
    refi_qda.write_project(project, tmp_path / "x.qdpx")
    back = refi_qda.read_project(tmp_path / "x.qdpx").project
    assert (back.texts, back.cases, len(back.codebook.memos)) == (project.texts, project.cases, 5)
    left = taguette.write_project(project, tmp_path / "x.sqlite3")
    told = {"colours": "colours of codes", "notes": "notes", "cases and attributes": "cases"}
    for row, what in told.items():
        assert (rows[row][0], rows[row][2]) == ("yes", "no") and what in left
    assert rows["who coded, and on which day"][2] == "no" and "coders" in left


def _table() -> list[list[str]]:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
