"""Spreadsheets as people have them are read; what is not a table is told by its line, never by its words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from flows.sheets import decode, read_bytes, read_sheet
from schemas.errors import BadInput, ChathamError

NEEDED = ("participant", "full_name")
ROWS = [(2, {"participant": "P01", "full_name": "Zoë Brève, the elder"}), (3, {"participant": "P02", "full_name": "x"})]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_kind_of_csv_that_a_spreadsheet_saves_reads_the_same(
    encoding: str, separator: str, ending: str, tmp_path: Path
) -> None:
    lines = ["participant,full_name", 'P01,"Zoë Brève, the elder"', "P02,x", ""]
    text = ending.join(lines).replace(",", separator).replace(f"Brève{separator}", "Brève,")
    (tmp_path / "s.csv").write_bytes(text.encode(encoding))
    assert read_sheet(tmp_path / "s.csv", required=NEEDED) == ROWS


def test_a_cell_may_hold_a_whole_writing(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("participant,full_name\nP01," + "word " * 100_000 + "\n")
    ((_, row),) = read_sheet(tmp_path / "s.csv", required=NEEDED)
    assert len(row["full_name"]) == 499_999


def test_a_workbook_reads_as_its_csv_would(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for cells in [("Participant", " Full_Name "), ("P01", "Zoë Brève, the elder"), ("P02", "x")]:
        sheet.append(cells)
    book.save(tmp_path / "s.xlsx")
    assert read_sheet(tmp_path / "s.xlsx", required=NEEDED) == ROWS


def test_the_cells_of_a_workbook_read_as_people_see_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["a", "b", "c", "d", "e"])
    sheet.append([7.0, True, None, datetime(2026, 3, 4), datetime(2026, 3, 4, 9, 30)])
    book.save(tmp_path / "s.xlsx")
    ((_, row),) = read_sheet(tmp_path / "s.xlsx", required=("a",))
    assert row == {"a": "7", "b": "yes", "c": "", "d": "2026-03-04", "e": "2026-03-04T09:30:00"}


def test_blank_lines_are_passed_over_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text('participant,full_name\n\nP01,"two\nlines"\n,\nP02,x\n')
    rows = read_sheet(tmp_path / "s.csv", required=NEEDED)
    assert [line for line, _ in rows] == [3, 6]


def test_missing_cells_at_a_lines_end_are_blank(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("participant,full_name,email\nP01,x\n")
    assert read_sheet(tmp_path / "s.csv", required=NEEDED)[0][1]["email"] == ""


def test_empty_columns_at_the_right_are_no_columns(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("participant,full_name,,\nP01,x,,\n")
    ((_, row),) = read_sheet(tmp_path / "s.csv", required=NEEDED, known=NEEDED)
    assert row == {"participant": "P01", "full_name": "x"}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.sheets._LIMIT_BYTES", 10)
    (tmp_path / "s.csv").write_text("participant,full_name\n")
    with pytest.raises(BadInput, match="larger than 50 MB"):
        read_bytes(tmp_path / "s.csv")


def test_a_column_that_is_not_known_is_told_by_its_place_alone(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("participant,full_name,Ada Nobody\nP01,x,y\n")
    with pytest.raises(BadInput, match="column 3 has a name") as caught:
        read_sheet(tmp_path / "s.csv", required=NEEDED, known=NEEDED)
    assert "Nobody" not in caught.value.message + caught.value.hint


@given(st.binary(max_size=200))
def test_no_bytes_whatever_raise_anything_but_a_plain_error(data: bytes) -> None:
    try:
        decode(data)
    except ChathamError as error:
        assert error.exit_code == 3


@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda tail: b"PK\x03\x04" + tail)))
def test_a_file_of_any_bytes_is_a_table_or_a_bad_input(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"\w"):
        read_sheet(path, required=("no file holds this column",))


def test_a_workbook_that_was_cut_short_anywhere_is_a_bad_input(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["participant", "full_name"])
    book.save(tmp_path / "s.xlsx")
    whole = (tmp_path / "s.xlsx").read_bytes()
    for cut in range(2, len(whole), len(whole) // 40):
        (tmp_path / "cut.xlsx").write_bytes(whole[:cut])
        with pytest.raises(BadInput, match="workbook"):
            read_sheet(tmp_path / "cut.xlsx", required=NEEDED)


@pytest.mark.parametrize("place", range(0, 4_000, 97))
def test_a_workbook_with_one_byte_changed_is_read_or_refused(place: int, tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["participant", "full_name"])
    book.active.append(["P01", datetime(2026, 3, 4, tzinfo=UTC).isoformat()])
    book.save(tmp_path / "s.xlsx")
    data = bytearray((tmp_path / "s.xlsx").read_bytes())
    data[place % len(data)] ^= 0x15
    (tmp_path / "s.xlsx").write_bytes(data)
    try:
        read_sheet(tmp_path / "s.xlsx", required=NEEDED)
    except ChathamError as error:
        assert error.exit_code == 3


def test_an_archive_of_a_kind_that_is_too_new_is_no_workbook(tmp_path: Path) -> None:
    book = Workbook()
    book.save(tmp_path / "s.xlsx")
    data = bytearray((tmp_path / "s.xlsx").read_bytes())
    at = data.index(b"PK\x01\x02") + 6  # the version that is needed to unpack the first part
    data[at] = 194
    (tmp_path / "s.xlsx").write_bytes(data)
    with pytest.raises(BadInput, match="the workbook cannot be opened"):
        read_sheet(tmp_path / "s.xlsx", required=NEEDED)
