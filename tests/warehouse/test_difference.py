"""What differs between two data sets is told as a slow comparison in Python tells it, in whatever formats they lie."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.coding import ReleasedCodings
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, QuoteState, WithheldReason, WithheldUtterance
from schemas.errors import BadInput
from tests.warehouse.samples import IDS, PROVENANCE, gap, masked, said, session, speaker
from warehouse.difference import Difference, TableDifference, Words, compared
from warehouse.formats import lay_out
from warehouse.load import build
from warehouse.rows import NO_CODINGS
from warehouse.sides import can_be_read, side_by_side, tables

DATA = "release.duckdb"
Turn = DeidentifiedUtterance | WithheldUtterance
KINDS = ("duckdb", "parquet", "csv")


def data_set(folder: Path, turns: Sequence[Turn], kind: str = "duckdb", coded: ReleasedCodings = NO_CODINGS) -> Path:
    folder.mkdir()
    build(folder / DATA, [session("S1", *turns)], IDS, PROVENANCE, coded)
    lay_out(folder / DATA, [kind])
    return folder


def told(folder: Path, before: Sequence[Turn], after: Sequence[Turn], *kinds: str) -> tuple[Difference, list[Words]]:
    one, other = kinds or ("duckdb", "duckdb")
    with compared(data_set(folder / "a", before, one), data_set(folder / "b", after, other), DATA) as sides:
        return sides.counts, list(sides.words())


def test_turns_are_the_same_changed_gone_and_added_with_both_words_beside_each_other(tmp_path: Path) -> None:
    before = [said(1, "first"), said(2, "second"), said(3, "third"), gap(4)]
    after = [said(1, "first"), said(2, "another"), said(5, "fifth"), gap(4)]
    counts, words = told(tmp_path, before, after)
    assert (counts.same, counts.changed, counts.gone, counts.added) == (2, 1, 1, 1)
    label = speaker().label
    assert [tuple(one) for one in words] == [
        ("S1", 20.0, "changed", label, label, "second", "another"),
        ("S1", 30.0, "gone", label, None, "third", None),
        ("S1", 50.0, "added", None, label, None, "fifth"),
    ]
    assert counts.tables["utterances"] == TableDifference(4, 4, 2, 2)
    assert "second" not in repr(words)


def test_whoever_has_new_ids_is_found_by_session_and_time_and_the_level_is_told(tmp_path: Path) -> None:
    before = [said(1, "mine", speaker=speaker(level=Level.NAMED)), said(2, "theirs", speaker=speaker("P02"))]
    mine = speaker(level=Level.UNNAMED, tightened=9)
    after = [said(1, "mine", speaker=mine), said(2, "theirs", speaker=speaker("P02"))]
    counts, words = told(tmp_path, before, after)
    assert (counts.same, counts.gone, counts.added, words) == (2, 0, 0, [])
    assert counts.levels == {("named", "unnamed"): 1}


def test_what_is_withheld_and_why_and_who_may_be_quoted_is_told_by_turns(tmp_path: Path) -> None:
    before = [said(1), gap(2), gap(3), said(4, quote=QuoteState.MAY), said(5, quote=QuoteState.ASK)]
    after = [gap(1, WithheldReason.PERMISSION), said(2), gap(3, WithheldReason.LEAK), said(4, quote=QuoteState.ASK),
             said(5, quote=QuoteState.ASK)]  # fmt: skip
    counts, words = told(tmp_path, before, after)
    assert counts.withheld == {("shown", "permission"): 1, ("level", "shown"): 1, ("level", "leak"): 1}
    assert counts.quotes == {("may_be_quoted", "ask_first"): 1}
    assert [(one.start_s, one.text_a is None, one.text_b is None) for one in words] == [
        (10.0, False, True),
        (20.0, True, False),
    ]


def test_codings_that_moved_are_gone_and_added_and_those_of_turns_that_went_are_not_told_twice(tmp_path: Path) -> None:
    first, second = (data_set(tmp_path / name, [said(1), said(2)]) for name in ("a", "b"))
    for folder, places in ((first, [(0, 3), (4, 6)]), (second, [(0, 3), (4, 7), (8, 9)])):
        with duckdb.connect(str(folder / DATA)) as connection:
            (turn,) = connection.execute("SELECT utterance_id FROM utterances WHERE start_s = 10").fetchone() or ("",)
            connection.execute("INSERT INTO codes VALUES ('c', NULL, 0, 'Ferry', NULL, NULL, true)")
            connection.execute("INSERT INTO coders VALUES ('r', 'R1')")
            for number, (start, end) in enumerate(places):
                connection.execute(
                    "INSERT INTO codings VALUES (?, ?, ?, ?, 'c', 'r', '2026-01-01')", [f"k{number}", turn, start, end]
                )
    with compared(first, second, DATA) as sides:
        assert (sides.counts.codings_gone, sides.counts.codings_added) == (1, 2)


SAID = st.lists(
    st.tuples(st.integers(1, 6), st.sampled_from(["", "=a", "b", "'c", "d\r\ne", 'f"', "gap"])), max_size=6,
    unique_by=lambda pair: pair[0],
)  # fmt: skip


def turns_of(pairs: Sequence[tuple[int, str]]) -> list[Turn]:
    return [gap(at) if text == "gap" else said(at, text, redactions=(masked(0, 0),)) for at, text in sorted(pairs)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=SAID, after=SAID, kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)))
def test_the_counts_are_those_of_a_slow_comparison(
    tmp_path_factory: pytest.TempPathFactory, before: list[tuple[int, str]], after: list[tuple[int, str]],
    kinds: tuple[str, str],
) -> None:  # fmt: skip
    was, now = dict(before), dict(after)
    both = was.keys() & now.keys()
    counts, words = told(tmp_path_factory.mktemp("two"), turns_of(before), turns_of(after), *kinds)
    changed = {at for at in both if was[at] != now[at]}
    assert (counts.same, counts.changed) == (len(both) - len(changed), len(changed))
    assert (counts.gone, counts.added) == (len(was.keys() - both), len(now.keys() - both))
    assert sum(counts.withheld.values()) == sum((was[at] == "gap") != (now[at] == "gap") for at in both)
    found = Counter((one.start_s / 10, one.text_a, one.text_b) for one in words)
    wanted = [
        (at, None if was.get(at, "gap") == "gap" else was[at], None if now.get(at, "gap") == "gap" else now[at])
        for at in was.keys() | now.keys()
        if was.get(at, "gap") != now.get(at, "gap")
    ]
    assert found == Counter(wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_a_data_set_says_the_same_as_itself_in_another_format(tmp_path: Path, kind: str) -> None:
    turns = [said(1, "=1+1"), said(2, "", quote=QuoteState.MAY), gap(3), said(4, "é\r\n'x", redactions=(masked(0, 1),))]
    counts, words = told(tmp_path, turns, turns, "duckdb", kind)
    assert words == []
    assert all((one.only_a, one.only_b) == (0, 0) for one in counts.tables.values())
    assert counts.tables["utterances"].rows_b == 4


def test_an_older_data_set_without_a_table_or_column_is_compared_in_what_it_has(tmp_path: Path) -> None:
    first, second = (data_set(tmp_path / name, [said(1)]) for name in ("a", "b"))
    with duckdb.connect(str(first / DATA)) as connection:
        connection.execute("DROP TABLE cases")
        connection.execute("CREATE TABLE older AS SELECT * EXCLUDE (quote_state) FROM utterances")
        connection.execute("DROP TABLE utterances")
        connection.execute("ALTER TABLE older RENAME TO utterances")
    with compared(first, second, DATA) as sides:
        assert sides.counts.tables["cases"] == TableDifference(0, 1, 0, 1)
        assert (sides.counts.same, sides.counts.quotes) == (1, {})


def test_a_file_that_cannot_be_read_is_said_without_its_path(tmp_path: Path) -> None:
    first, second = (data_set(tmp_path / name, [said(1)]) for name in ("a", "b"))
    (second / DATA).write_bytes(b"x" * 5000)
    with pytest.raises(BadInput, match=r"^a data set cannot be read$"), compared(first, second, DATA):
        pass


def test_a_folder_without_tables_cannot_be_compared(tmp_path: Path) -> None:
    assert not can_be_read(tmp_path, DATA)
    assert can_be_read(data_set(tmp_path / "a", [said(1)], "csv"), DATA)


def test_every_table_of_the_schema_is_laid_beside_the_other(tmp_path: Path) -> None:
    folders = [data_set(tmp_path / name, [said(1)], kind) for name, kind in (("a", "csv"), ("b", "parquet"))]
    with side_by_side(*folders, DATA) as connection:
        for table, kinds in tables(connection).items():
            for side in ("a", "b"):
                found = connection.execute(f"DESCRIBE FROM {side}.{table}").fetchall()
                assert {row[0]: row[1] for row in found} == kinds
