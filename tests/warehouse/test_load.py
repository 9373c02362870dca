import hashlib
import struct
import subprocess
import sys

import duckdb
import pytest

from schemas.consent import Level
from schemas.deidentified import WithheldReason
from schemas.errors import CheckFailed, DiskFull
from tests.warehouse.samples import IDS, PROVENANCE, SECRETS, gap, masked, said, session, speaker
from warehouse.load import BuildReport, build, create_schema
from warehouse.rows import COLUMNS
from warehouse.searching import DERIVED

TWO_SESSIONS = (
    session("S1", said(1, "Kept words."), gap(2), said(3, "Thanks [PERSON].", redactions=(masked(7, 15),))),
    session("S2", said(1, speaker=speaker("P02", Level.UNNAMED)), gap(2, WithheldReason.SPEAKER_UNKNOWN)),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "warehouse" / "research.duckdb"


def read(path, query):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_build_reports_what_stands_in_the_file(path):
    report = build(path, TWO_SESSIONS, IDS, PROVENANCE)
    in_file = {name: len(read(path, f"FROM {name}")) for name in COLUMNS}
    assert report.counts == {**in_file, "withheld": 2}
    filled = {"sessions": 2, "speakers": 2, "utterances": 5, "redactions": 1, "cases": 2, "provenance": 9}
    assert {name: count for name, count in in_file.items() if count} == filled
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_utterance_finds_its_speaker_and_its_session(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    found = read(
        path, "SELECT text, label FROM utterances JOIN speakers USING (speaker_id) ORDER BY session_id, start_s"
    )
    assert found == [
        ("Kept words.", "Rowan Ashdown"),
        ("Thanks [PERSON].", "Rowan Ashdown"),
        ("We named the pain points.", "Participant"),
    ]
    assert read(path, "SELECT count(*) FROM utterances JOIN sessions USING (session_id)") == [(5,)]


def test_a_study_without_sessions_gives_a_file_with_empty_tables(path):
    report = build(path, [], IDS, PROVENANCE)
    assert report.counts["utterances"] == 0
    assert read(path, "SELECT count(*) FROM sessions") == [(0,)]


def test_older_clients_can_read_the_file(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    magic, version = struct.unpack_from("<4sQ", path.read_bytes(), 8)
    assert (magic, version) == (b"DUCK", 65), "65 is the storage version of DuckDB 1.2"


def test_the_file_works_under_any_name(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    moved = path.with_name("what a colleague calls it.duckdb")
    path.rename(moved)
    assert read(moved, "SELECT count(*) FROM utterances") == [(5,)]


def test_the_rows_are_in_the_order_of_the_tables_columns():
    with duckdb.connect() as connection:
        create_schema(connection)
        described = connection.execute(
            "SELECT table_name, list(column_name ORDER BY column_index)"
            " FROM duckdb_columns() SEMI JOIN duckdb_tables() USING (table_name) WHERE NOT internal GROUP BY 1"
        ).fetchall()
    assert {name: columns for name, columns in described if name not in DERIVED} == {
        name: list(columns) for name, columns in COLUMNS.items()
    }


def test_every_table_view_macro_and_column_carries_a_comment(path):
    build(path, [], IDS, PROVENANCE)
    of_tables = read(path, "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal")
    of_views = read(path, "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal")
    of_columns = read(path, "SELECT table_name || column_name, comment FROM duckdb_columns() WHERE NOT internal")
    of_macros = read(path, "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal")
    assert {name for name, _ in of_tables} == set(COLUMNS) | DERIVED
    assert {"quotes", "agreement", "small_cells"} < {name for name, _ in of_views}
    assert {"search", "cooccurring", "clock"} < {name for name, _ in of_macros}
    of_all = of_tables + of_views + of_columns + of_macros
    assert [name for name, comment in of_all if not comment or not comment.endswith(".")] == []


@pytest.mark.parametrize(
    "row",
    [
        ("a", "S1", 0, None, 0, 1, "words", True, "level", None, None),
        ("a", "S1", 0, "x", 0, 1, None, True, "level", None, None),
        ("a", "S1", 0, None, 0, 1, None, True, None, None, None),
        ("a", "S1", 0, None, 0, 1, None, True, "any other", None, None),
        ("a", "S1", 0, "x", 0, 1, None, False, None, None, None),
    ],
)
def test_the_file_itself_refuses_a_withheld_row_that_says_more(row):
    with duckdb.connect() as connection:
        create_schema(connection)
        with pytest.raises(duckdb.ConstraintException, match="CHECK constraint failed on table utterances"):
            connection.execute("INSERT INTO utterances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def test_the_file_itself_refuses_an_unnamed_speaker_with_an_attribute():
    with duckdb.connect() as connection:
        create_schema(connection)
        with pytest.raises(duckdb.ConstraintException, match="CHECK constraint failed on table speakers"):
            connection.execute(
                "INSERT INTO speakers (speaker_id, label, level, tier) VALUES ('a', 'b', 'unnamed', 'core')"
            )


def test_a_reader_keeps_the_file_it_opened_while_a_new_one_takes_its_name(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    with duckdb.connect(str(path), read_only=True) as reader:
        build(path, [session("S3", said(1, "New words."))], IDS, PROVENANCE)
        assert reader.execute("SELECT count(*) FROM utterances").fetchall() == [(5,)]
    assert read(path, "SELECT text FROM utterances") == [("New words.",)]


def test_what_a_later_decision_withholds_is_in_no_byte_of_the_new_file(path):
    """Compression hides live words from such a search, so the file is written plainly and other words must be found."""
    before = session("S1", said(1, "quincewort spoke here"), said(2, "mallowmint stays here"))
    after = session("S1", gap(1), said(2, "mallowmint stays here"))
    build(path, [before], IDS, PROVENANCE, uncompressed=True)
    assert b"quincewort" in path.read_bytes(), "the control: words that stand in the file are seen by the search"
    build(path, [after], IDS, PROVENANCE, uncompressed=True)
    assert b"mallowmint" in path.read_bytes()
    assert b"quincewort" not in path.read_bytes()


def test_no_byte_of_the_file_holds_what_ids_are_made_of(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE, uncompressed=True)
    content = path.read_bytes()
    assert b"Kept words." in content
    for told in ("P01", "P02", SECRETS["P01"], "e" * 64, *(f"u{number}\0" for number in range(4))):
        assert told.encode() not in content
    assert bytes.fromhex(SECRETS["P01"]) not in content


def test_nothing_but_the_file_stays_in_the_folder(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    assert [file.name for file in path.parent.iterdir()] == ["research.duckdb"]


def test_a_refused_build_leaves_the_old_file_and_nothing_else(path):
    build(path, TWO_SESSIONS, IDS, PROVENANCE)
    old = path.read_bytes()
    with pytest.raises(CheckFailed, match="the same released id"):
        build(path, [session("S1", said(1), said(1))], IDS, PROVENANCE)
    assert path.read_bytes() == old
    assert len(list(path.parent.iterdir())) == 1


def test_a_row_that_the_file_refuses_leaves_no_file_and_is_not_quoted(path):
    impossible = said(1, "private words", redactions=(masked(9, 3),))
    with pytest.raises(CheckFailed, match=r"research\.duckdb could not be built \(ConstraintException\)") as caught:
        build(path, [session("S1", impossible)], IDS, PROVENANCE)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert list(path.parent.iterdir()) == []


FULL_DISK = """
import sys
from pathlib import Path
from tests.warehouse.samples import IDS, PROVENANCE, said, session
from schemas.errors import DiskFull
from warehouse.load import build
disk = Path(sys.argv[1])
path = disk / "research.duckdb"
build(path, [session("S1", said(1))], IDS, PROVENANCE)
old = path.read_bytes()
(disk / "filler").write_bytes(b"x" * 2_000_000)
try:
    long = session("S1", *(said(number, f"{number} words " * 400) for number in range(1, 3000)))
    build(path, [long], IDS, PROVENANCE, uncompressed=True)
except DiskFull as error:
    assert path.read_bytes() == old
    assert sorted(file.name for file in disk.iterdir()) == ["filler", "research.duckdb"]
    print(error, error.__context__)
"""


def test_a_full_disk_stops_the_build_and_spares_the_old_file(tmp_path):
    """In a mount namespace of its own, on a disk of 6 MB."""
    command = f"mount -t tmpfs -o size=6m none {tmp_path} && exec {sys.executable} -c '{FULL_DISK}' {tmp_path}"
    try:
        run = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("there is no `unshare` here to make a small disk with")
    if "mount" in run.stderr or "unshare" in run.stderr:
        pytest.skip("this machine lets nobody mount a small disk")
    assert run.stdout.startswith("the disk is full: research.duckdb could not be written"), run.stderr
    assert run.stdout.strip().endswith("None")


def test_the_report_cannot_be_changed():
    report = BuildReport({}, "")
    with pytest.raises(AttributeError, match="cannot assign"):
        report.sha256 = "other"


def test_disk_full_has_its_own_exit_code():
    assert DiskFull.exit_code == 9
