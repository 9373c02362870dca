"""Whatever stands anywhere in a file of a data set is read, and a file that cannot be read is refused."""

import io
import json
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import CheckFailed
from schemas.written import Sieve, Written
from tests.warehouse.samples import IDS, PROVENANCE, said, session
from warehouse.load import build
from warehouse.written import own_texts, written

ALL = Sieve(lowered="", cased="", plain="")
"""Lets everything through."""
NAME = Sieve(lowered=r"quist", cased=r"x\Ay", plain=r"[\x00-\x7f]*")


def texts(path: Path, sieve: Sieve = ALL) -> list[str]:
    return [one.text for one in written(path, sieve)]


def file(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def table(folder: Path, *statements: str) -> Path:
    path = folder / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE a (b VARCHAR); INSERT INTO a VALUES ('by Quist')",
        'CREATE TABLE a (b JSON); INSERT INTO a VALUES (\'{"c": "Quist"}\')',
        "CREATE TABLE a (b STRUCT(c VARCHAR[])); INSERT INTO a VALUES ({'c': ['x', 'Quist']})",
        "CREATE TABLE a (b MAP(VARCHAR, INT)); INSERT INTO a VALUES (MAP {'Quist': 1})",
        "CREATE TYPE m AS ENUM ('Quist', 'b'); CREATE TABLE a (b m)",
        "CREATE TABLE a (b ENUM ('Quist', 'b'))",
        "CREATE TABLE Quist (b INT)",
        "CREATE TABLE a (quist INT)",
        "CREATE TABLE a (b INT); COMMENT ON TABLE a IS 'by Quist'",
        "CREATE TABLE a (b INT); COMMENT ON COLUMN a.b IS 'by Quist'",
        "CREATE TABLE a (b VARCHAR DEFAULT 'Quist')",
        "CREATE TABLE a (b VARCHAR CHECK (b <> 'Quist'))",
        "CREATE VIEW a AS SELECT 'Quist' AS b",
        "CREATE VIEW a AS SELECT 1 AS b; COMMENT ON VIEW a IS 'by Quist'",
        "CREATE MACRO a(b) AS b || 'Quist'",
        "CREATE MACRO a(quist) AS quist + 1",
        "CREATE TABLE a (b INT); CREATE INDEX quist ON a (b)",
        "CREATE SEQUENCE quist",
        "CREATE SCHEMA quist",
        "CREATE SCHEMA other; CREATE TABLE other.a (b VARCHAR); INSERT INTO other.a VALUES ('Quist')",
    ],
)
def test_a_word_in_any_place_of_a_duckdb_file_is_read(statement: str, tmp_path: Path) -> None:
    assert any("quist" in text.lower() for text in texts(table(tmp_path, *statement.split("; ")), NAME))


def test_a_sieve_lets_through_what_it_matches_and_what_it_is_not_made_for(tmp_path: Path) -> None:
    path = table(tmp_path, "CREATE TABLE a (b VARCHAR)", "INSERT INTO a VALUES ('Quíst'), ('plain'), ('cœur'), (NULL)")
    cells = [one.text for one in written(path, NAME) if one.column == "b"]
    assert sorted(cells) == ["Quíst", "cœur"]


def test_equal_cells_are_read_once_with_how_many_rows_they_fill(tmp_path: Path) -> None:
    path = table(tmp_path, "CREATE TABLE a (b VARCHAR)", "INSERT INTO a SELECT 'Quist' FROM range(3)")
    assert [(one.column, one.rows) for one in written(path, NAME) if one.column] == [("b", 3)]


def test_words_and_labels_are_known_by_their_rows_id(tmp_path: Path) -> None:
    path = tmp_path / "research.duckdb"
    report = build(path, [session("S1", said(1, "I am Quist."))], IDS, PROVENANCE)
    ((identifier, (where, planned)),) = report.placed.items()
    found = [one for one in written(path, NAME) if one.column == "text"]
    assert [(one.table, one.key, one.text) for one in found] == [("utterances", identifier, "I am Quist.")]
    assert (where, planned.text) == ("S1", "I am Quist.")
    ((speaker, ways),) = report.speakers.items()
    assert {one.key for one in written(path, ALL) if one.column == "label"} == {speaker}
    assert [way.label for way in ways] == ["Rowan Ashdown"]


@pytest.mark.parametrize("kind", ["BLOB", "BIT", "STRUCT(x BLOB)"])
def test_a_column_that_is_no_text_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="column that cannot be read as text"):
        texts(table(tmp_path, f"CREATE TABLE a (b {kind})"))


def test_what_an_empty_data_set_holds_is_the_programs_own() -> None:
    own = own_texts("One line\nand one more.\n\nAnother.")
    assert {"utterances", "text", "The de-identified words. NULL where withheld."} <= own
    assert {"One line and one more.", "Another."} <= own


def test_every_text_of_a_file_outside_of_its_rows_is_the_programs_own(tmp_path: Path) -> None:
    """Views and macros too, as DuckDB tells them once they were stored."""
    path = tmp_path / "research.duckdb"
    build(path, [session("S1", said(1, "I am Quist."))], IDS, PROVENANCE)
    foreign = {one.text for one in written(path, ALL) if one.column is None and not one.name} - own_texts()
    assert foreign == set()
    assert any("search_places" in text for text in own_texts())


def parquet(**fields: str) -> bytes:
    made = pa.table({"b": [fields.get("cell", "x")]}).replace_schema_metadata({"k": fields.get("meta", "v")})
    out = io.BytesIO()
    pq.write_table(made, out)
    return out.getvalue()


def archive(name: str = "a.txt", data: str | bytes = "x", comment: str = "", of_member: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        info = zipfile.ZipInfo(name)
        info.comment = of_member.encode()
        made.writestr(info, data)
        made.comment = comment.encode()
    return out.getvalue()


QDE = '<?xml version="1.0"?><!-- {c} --><Project name="{a}"><Note>x {t} y</Note><?pi {i}?></Project>'


def qde(**given: str) -> str:
    return QDE.format(**{"c": "", "a": "", "t": "", "i": "z", **given})


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", json.dumps({"x": [1, {"y": "Quist"}]})),
        ("a.json", json.dumps({"Quist": 1})),
        ("a.json", '"Qu\\u0069st"'),
        ("a.md", "# Head\n\nby\nQuist"),
        ("a.txt", "\ufeffby Quist"),
        ("a.csv", "a,b\n1,by Quist\n"),
        ("a.csv", "a,Quist\n"),
        ("a.csv", "a\n" + "word " * 50_000 + "Quist\n"),
        ("a.parquet", parquet(cell="Quist")),
        ("a.parquet", parquet(meta="Quist")),
        ("a.qde", qde(c="Quist")),
        ("a.qde", qde(a="Qu&#105;st")),
        ("a.qde", qde(t="Quist")),
        ("a.qde", qde(i="Quist")),
        ("a.qdpx", archive("project.qde", qde(t="Quist"))),
        ("a.qdpx", archive("sources/Quist.txt")),
        ("a.zip", archive(comment="Quist")),
        ("a.zip", archive(of_member="Quist")),
        ("a.zip", archive("b.zip", archive(data="Quist"))),
        ("Quist.txt", "x"),
    ],
)
def test_a_word_in_any_place_of_any_kind_of_file_is_read(name: str, data: str | bytes, tmp_path: Path) -> None:
    file(tmp_path, name, data)
    assert any("Quist" in text for text in texts(tmp_path))


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.docx", "x", "kind that cannot be checked"),
        ("a", "x", "kind that cannot be checked"),
        ("a.txt", b"\xff\xfe\x00", "cannot be read"),
        ("a.json", "{", "cannot be read"),
        ("a.csv", 'a,b\n"1', "cannot be read"),
        ("a.csv", "a,b\n1\n", "cannot be read"),
        ("a.csv", "a,a\n1,2\n", "cannot be read"),
        ("a.qde", "<a>", "cannot be read"),
        ("a.zip", "PK", "cannot be read"),
        ("a.parquet", "PAR1", "cannot be read"),
        ("a.zip", archive("b.docx"), "kind that cannot be checked"),
        ("a.zip", archive("b.zip", archive("c.zip", archive("d.zip", archive()))), "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_refused_without_its_name(
    name: str, data: str | bytes, why: str, tmp_path: Path
) -> None:
    file(tmp_path, name, data)
    with pytest.raises(CheckFailed, match=why) as refused:
        texts(tmp_path)
    assert "a." not in refused.value.message


def test_a_link_is_no_file_of_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(file(tmp_path, "b.txt", "x"))
    with pytest.raises(CheckFailed, match="is no plain file"):
        texts(tmp_path)


def test_files_in_folders_are_read_under_their_path(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    file(tmp_path, "sources/a.txt", "one\n\ntwo")
    found = list(written(tmp_path, ALL))
    assert sorted((one.file, one.text, one.name) for one in found) == [
        ("sources", "sources", True),
        ("sources/a.txt", "one", False),
        ("sources/a.txt", "sources/a.txt", True),
        ("sources/a.txt", "two", False),
    ]


def test_what_was_read_does_not_show_where_it_is_printed() -> None:
    assert repr(Written("f", "t", "c", "k", "by Quist")) == "Written()"
