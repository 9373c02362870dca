import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput
from tests.warehouse.samples import IDS, PROVENANCE, gap, masked, said, session, speaker
from warehouse.load import build
from warehouse.logical import _line, logical_hash

OTHER = speaker("P02", label="Juniper")
S1 = session(
    "S1", said(1, "First."), gap(2), said(3, "[PERSON] left.", redactions=(masked(0, 8),)), said(4, speaker=OTHER)
)
S2 = session("S2", said(1, "Second."))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.duckdb"


def hashed(path, *sessions, **options):
    build(path, sessions, IDS, PROVENANCE, **options)
    return logical_hash(path)


def test_two_builds_of_the_same_rows_have_one_logical_hash(path):
    assert hashed(path, S1, S2) == hashed(path, S2, S1)


def test_compression_does_not_change_it(path):
    assert hashed(path, S1) == hashed(path, S1, uncompressed=True)


def test_the_order_of_the_rows_in_the_file_does_not_change_it(path):
    before = hashed(path, S1, S2)
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE again AS FROM utterances ORDER BY utterance_id DESC")
        connection.execute("DELETE FROM utterances")
        connection.execute("INSERT INTO utterances FROM again")
        connection.execute("DROP TABLE again")
    assert logical_hash(path) == before


def test_provenance_does_not_change_it(path):
    before = hashed(path, S1)
    build(path, [S1], IDS, PROVENANCE.model_copy(update={"made_at": "2027-01-01T00:00:00Z"}))
    assert logical_hash(path) == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE utterances SET text = text || ' ' WHERE text = 'First.'",
        "UPDATE utterances SET quote_state = 'ask_first' WHERE text = 'First.'",
        "UPDATE redactions SET end_char = 9",
        "UPDATE speakers SET place_as = NULL",
        "UPDATE sessions SET held_on = '2026-03-05'",
        "DELETE FROM utterances WHERE withheld",
        "INSERT INTO redactions FROM redactions",
        "CREATE TABLE more (code_id VARCHAR)",
        "ALTER TABLE sessions RENAME cycle TO round",
    ],
)
def test_any_change_of_what_the_data_set_says_changes_it(path, change):
    before = hashed(path, S1)
    with duckdb.connect(str(path)) as connection:
        connection.execute(change)
    assert logical_hash(path) != before


def test_many_rows_are_hashed_whole(path):
    many = [said(number, f"Words {number}.") for number in range(1, 12_000)]
    before = hashed(path, session("S1", *many))
    assert hashed(path, session("S1", *reversed(many))) == before
    assert hashed(path, session("S1", *many[:-1])) != before


@given(*[st.lists(st.none() | st.text() | st.integers() | st.booleans())] * 2)
def test_two_rows_never_give_the_same_line(first, second):
    same = [(type(value), value) for value in first] == [(type(value), value) for value in second]
    assert (_line(tuple(first)) == _line(tuple(second))) == same


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_a_file_that_is_no_data_set_is_refused(path, content):
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"a\.duckdb is not there, or DuckDB cannot read it"):
        logical_hash(path)
