"""Every format holds the very rows of the DuckDB file, and says which files it made."""

import csv
import io
import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import CheckFailed, DiskFull
from schemas.written import Sieve
from tests.warehouse.samples import IDS, PROVENANCE, gap, masked, said, session, speaker
from warehouse import formats
from warehouse.formats import FORMATS, described, lay_out
from warehouse.load import build
from warehouse.opened import opened
from warehouse.written import written

TABLES = (
    "sessions", "speakers", "utterances", "redactions", "codes", "coders", "codings", "memos", "cases", "provenance",
)  # fmt: skip
COMPUTED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ALL = Sieve(lowered="", cased="", plain="")
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def made(folder: Path, *texts: str) -> Path:
    """A data set of these texts and one gap."""
    turns = [said(number, text, redactions=(masked(0, 1),)) for number, text in enumerate(texts or ("Hello é",))]
    path = folder / "release.duckdb"
    build(path, [session("S1", *turns, gap(len(turns)))], IDS, PROVENANCE)
    return path


def table_of(path: Path, table: str) -> list[tuple[object, ...]]:
    with opened(path) as connection:
        return connection.execute(f"FROM {table}").fetchall()


def cells(folder: Path, table: str) -> list[dict[str, str]]:
    """A CSV file as any program reads it."""
    text = (folder / "csv" / f"{table}.csv").read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_files_are_those_that_were_asked_for_and_the_database_stays_only_if_it_was(tmp_path: Path) -> None:
    names = lay_out(made(tmp_path), ["csv", "parquet"])
    assert set(names) == {f"{kind}/{table}.{kind}" for kind in ("csv", "parquet") for table in TABLES}
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()} == set(names)


def test_the_database_is_the_one_file_of_its_own_format(tmp_path: Path) -> None:
    path = made(tmp_path)
    before = path.read_bytes()
    assert lay_out(path, ["duckdb"]) == ("release.duckdb",)
    assert path.read_bytes() == before


@pytest.mark.parametrize("table", TABLES)
def test_parquet_holds_the_very_rows_in_their_order_and_types(tmp_path: Path, table: str) -> None:
    path = made(tmp_path, "=1", "", "a", "b")
    rows = table_of(path, table)
    lay_out(path, ["duckdb", "parquet"])
    file = tmp_path / "parquet" / f"{table}.parquet"
    assert duckdb.execute(f"FROM '{file}'").fetchall() == rows
    groups = pq.ParquetFile(file).metadata
    kinds = {groups.row_group(g).column(c).compression for g in range(groups.num_row_groups) for c in range(1)}
    assert kinds <= {"ZSTD"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.one_of(WORDS, st.tuples(st.sampled_from([*COMPUTED, "'", "'="]), WORDS).map("".join)),
                      min_size=1, max_size=5))  # fmt: skip
def test_csv_gives_every_word_back_and_no_cell_of_it_begins_as_a_formula(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    path = made(folder, *texts)
    lay_out(path, ["duckdb", "csv"])
    found = []
    for row in cells(folder, "utterances"):
        assert not row["text"].startswith(COMPUTED)
        guarded = row["guarded"].split()
        assert set(guarded) <= {"text"}
        assert not guarded or row["text"].startswith("'")
        found.append(row["text"][1:] if guarded else row["text"])
    assert sorted(found) == sorted([*texts, ""]), "the gap has no words"


def test_every_column_of_text_is_guarded_and_numbers_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "release.duckdb"
    strange = speaker(label="=cmd", role_as="+1", place_as="@here", tier="core", organisation_as=None)
    build(path, [session("-S1", said(1, "fine", speaker=strange, start_s=0.0, end_s=1.5))], IDS, PROVENANCE)
    lay_out(path, ["csv"])
    (row,) = cells(tmp_path, "speakers")
    assert (row["label"], row["guarded"].split()[0]) == ("'=cmd", "label")
    (turn,) = cells(tmp_path, "utterances")
    assert (turn["session_id"], turn["guarded"]) == ("'-S1", "session_id")
    assert (turn["start_s"], turn["end_s"], turn["withheld"]) == ("0.0", "1.5", "false")


def test_lines_end_as_rfc_4180_has_them_and_nothing_differs_from_an_empty_text(tmp_path: Path) -> None:
    lay_out(made(tmp_path, ""), ["csv"])
    data = (tmp_path / "csv" / "utterances.csv").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == 3
    shown, withheld = data.split(b"\r\n")[1:3]
    assert b',"",false,,' in shown
    assert b",,true," in withheld


@pytest.mark.parametrize("kind", [name for name in FORMATS if name not in ("duckdb", "qdpx")])
def test_the_last_check_reads_in_every_format_the_words_by_their_place(tmp_path: Path, kind: str) -> None:
    """The same texts under the same table, column and key, guarded ones included."""
    path = made(tmp_path, "=1 Quist", "plain Quist", "'x Quist")
    places = {
        (one.table, one.column, one.key, one.text) for one in written(path, ALL) if one.column in ("text", "label")
    }
    names = lay_out(path, [kind])
    found = {
        (one.table, one.column, one.key, one.text)
        for one in written(tmp_path, ALL)
        if one.column in ("text", "label") and one.file in names
    }
    assert {place for place in found if place[3]} == places


@pytest.mark.parametrize("cell", ['"S1","nowhere"', '"S1","guarded session"'])
def test_a_csv_file_that_tells_of_a_column_which_is_not_there_is_refused(tmp_path: Path, cell: str) -> None:
    (tmp_path / "t.csv").write_text(f"session_id,guarded\r\n{cell}\r\n")
    with pytest.raises(CheckFailed, match="cannot be read"):
        list(written(tmp_path, ALL))


def test_the_dictionary_tells_of_the_files_that_are_there_and_of_no_others() -> None:
    page = described(["csv"], "release.duckdb")
    assert "`csv/TABLE.csv`" in page
    assert "`guarded`" in page
    assert "parquet" not in page and "release.duckdb" not in page
    assert "`release.duckdb`" in described(FORMATS, "release.duckdb")


def test_what_the_disk_refuses_is_told_without_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(formats, "_sync", full)
    with pytest.raises(DiskFull, match=re.escape("release.duckdb could not be written")):
        lay_out(made(tmp_path), ["parquet"])
