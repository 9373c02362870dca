"""The views count what their comments say: against small examples, and against a slow model over made-up codings."""

from collections import Counter
from itertools import combinations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.load import create_schema

CODES = [("a", None), ("b", "a"), ("c", "b"), ("d", None)]
"""c stands under b, b under a; d alone."""
CODERS = ("k", "l", "m")
UNDER = {"a": "abc", "b": "bc", "c": "c", "d": "d"}
SESSIONS = ("S1", "S2", "S3")
TURNS = [(number, SESSIONS[number // 4], number % 4 == 2) for number in range(12)]
"""Position, session, withheld."""
SAID = "one  two\nthree four"
"""Four words, eighteen codepoints; two spaces and a line end between them."""


def data_set(codings, said=SAID, turns=TURNS):
    """Each coding: code, coder, and the positions of its turns."""
    connection = duckdb.connect()
    create_schema(connection)
    connection.executemany("INSERT INTO sessions VALUES (?, '2026-03-04', NULL, 'en', 60)", [[s] for s in SESSIONS])
    speakers = [(f"{session}p", "Participant", "unnamed") for session in SESSIONS] + [("r", "Rowan", "pseudonym")]
    connection.executemany("INSERT INTO speakers (speaker_id, label, level) VALUES (?, ?, ?)", speakers)
    for number, session, withheld in turns:
        who = None if withheld else "r" if number % 2 else f"{session}p"
        given_words = (None, True, "level", None) if withheld else (said, False, None, "ask_first")
        row = [f"u{number}", session, number, who, number * 400.0, number * 400.0 + 10, *given_words, None]
        connection.execute("INSERT INTO utterances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    rows = [(code, parent, place, code.upper(), None, None, True) for place, (code, parent) in enumerate(CODES)]
    connection.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO coders VALUES (?, ?)", [(coder, coder.upper()) for coder in CODERS])
    for number, (code, coder, places) in enumerate(codings):
        for place in places:
            connection.execute(
                "INSERT INTO codings VALUES (?, ?, 0, 8, ?, ?, NULL)", [f"x{number}", f"u{place}", code, coder]
            )
    return connection


def rows(connection, query):
    found = connection.execute(query)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


SHOWN = [number for number, _, withheld in TURNS if not withheld]
SESSION = {number: session for number, session, _ in TURNS}
CODINGS = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(CODERS),
        st.lists(st.sampled_from(SHOWN), min_size=1, max_size=3, unique=True),
    ),
    max_size=8,
)
SOME = [("a", "k", [0, 1]), ("b", "l", [1]), ("c", "k", [4]), ("b", "k", [3]), ("b", "l", [0])]


def speaker(place):
    return "r" if place % 2 else f"{SESSION[place]}p"


def counts(of):
    """What code_frequency counts of codings."""
    places = [place for _, _, turns in of for place in turns]
    return {
        "codings": len(of),
        "words": 2 * len(places),
        "characters": 8 * len(places),
        "utterances": len(set(places)),
        "sessions": len({SESSION[place] for place in places}),
        "speakers": len({speaker(place) for place in places}),
        "coders": len({coder for _, coder, _ in of}),
    }


@settings(max_examples=15, deadline=None)
@given(CODINGS)
def test_code_frequency_counts_each_code_alone_and_with_those_under_it(codings):
    with data_set(codings) as connection:
        found = {row["code_id"]: row for row in rows(connection, "FROM code_frequency")}
    assert sorted(found) == list("abcd")
    for code, row in found.items():
        alone = counts([one for one in codings if one[0] == code])
        total = counts([one for one in codings if one[0] in UNDER[code]])
        assert {name: row[name] for name in alone} == alone
        assert {name: row[f"total_{name}"] for name in total} == total


def test_an_unnamed_speaker_counts_once_for_each_session_and_others_once():
    with data_set([("a", "k", [0, 4, 8]), ("b", "k", [1, 3, 5])]) as connection:
        found = {row["code_id"]: row["speakers"] for row in rows(connection, "FROM code_frequency")}
    assert found == {"a": 3, "b": 1, "c": 0, "d": 0}


def met(codings, n):
    """Pairs of codings of two codes at most n turns apart in one session: pairs and sessions."""
    pairs, sessions = Counter(), {}
    for one, other in combinations(codings, 2):
        one, other = sorted((one, other), key=lambda coding: coding[0])
        near = {
            SESSION[p] for p in one[2] for q in other[2] if SESSION[p] == SESSION[q] and abs(p - q) <= n
        }  # fmt: skip
        if near and one[0] != other[0]:
            pairs[one[0], other[0]] += 1
            sessions.setdefault((one[0], other[0]), set()).update(near)
    return {key: (pairs[key], len(sessions[key])) for key in pairs}


@settings(max_examples=15, deadline=None)
@given(CODINGS, st.integers(0, 4))
def test_codes_cooccur_where_two_codings_are_near_in_one_session(codings, n):
    with data_set(codings) as connection:
        near = rows(connection, f"FROM cooccurring({n})")
        same = rows(connection, "FROM code_cooccurrence")
    assert {(row["code_id"], row["other_id"]): row["pairs"] for row in near} == {
        key: pairs for key, (pairs, _) in met(codings, n).items()
    }
    here = met(codings, 0)
    assert {(row["code_id"], row["other_id"]): (row["pairs"], row["sessions"]) for row in same} == here
    for row in same:
        both = [
            {p for code, _, turns in codings for p in turns if code == row[side]} for side in ("code_id", "other_id")
        ]
        assert row["utterances"] == len(both[0] & both[1])


def test_cooccurring_counts_sessions_and_sees_none_before_itself():
    with data_set([("a", "k", [0]), ("b", "l", [3]), ("a", "l", [4]), ("b", "k", [5])]) as connection:
        assert [(row["pairs"], row["sessions"]) for row in rows(connection, "FROM cooccurring(3)")] == [(2, 2)]
        assert [(row["pairs"], row["sessions"]) for row in rows(connection, "FROM cooccurring(2)")] == [(1, 1)]
        assert rows(connection, "FROM cooccurring(-1)") == []


@settings(max_examples=15, deadline=None)
@given(CODINGS)
def test_themes_are_counted_in_every_session_with_zeros(codings):
    with data_set(codings) as connection:
        found = {(row["code_id"], row["session_id"]): row for row in rows(connection, "FROM theme_by_session")}
    assert set(found) == {(code, session) for code, _ in CODES for session in SESSIONS}
    for (code, session), row in found.items():
        of = [(n, p) for n, one in enumerate(codings) if one[0] in UNDER[code] for p in one[2] if SESSION[p] == session]
        places = {place for _, place in of}
        assert (row["codings"], row["utterances"]) == (len({n for n, _ in of}), len(places))
        assert row["share"] == pytest.approx(len(places) / 3)


def test_a_session_that_shows_nothing_has_no_share():
    with data_set([], turns=[(0, "S1", True)]) as connection:
        found = rows(connection, "FROM theme_by_session WHERE code_id = 'a'")
    assert [(row["codings"], row["share"]) for row in found] == [(0, None)] * 3


def kappa(table):
    """Cohen's kappa of both, one, other and neither by its definition; None where chance alone explains all."""
    both, one, other, neither = table
    n = sum(table)
    chance = ((both + one) * (both + other) + (neither + one) * (neither + other)) / n**2
    return None if chance == 1 else ((both + neither) / n - chance) / (1 - chance)


@settings(max_examples=25, deadline=None)
@given(CODINGS)
def test_agreement_is_cohens_kappa_over_what_both_could_code(codings):
    with data_set(codings) as connection:
        found = {(r["coder_id"], r["other_id"], r["code_id"]): r for r in rows(connection, "FROM agreement")}
    expected = {}
    for one, other in combinations(CODERS, 2):
        coded = [{SESSION[p] for _, c, turns in codings if c == coder for p in turns} for coder in (one, other)]
        units = {place for place in SHOWN if SESSION[place] in coded[0] & coded[1]}
        for code, _ in CODES if units else ():
            first, second = (
                {p for c, by, turns in codings if (c, by) == (code, coder) for p in turns} & units
                for coder in (one, other)
            )
            both, either = len(first & second), len(first | second)
            expected[one, other, code] = (both, len(first - second), len(second - first), len(units) - either)
    names = ("both_coders", "only_coder", "only_other", "neither")
    assert {key: tuple(row[name] for name in names) for key, row in found.items()} == expected
    for key, row in found.items():
        assert row["kappa"] == (pytest.approx(kappa(expected[key])) if kappa(expected[key]) is not None else None)
        assert row["utterances"] == sum(expected[key])


def test_kappa_is_that_of_the_textbook():
    """Twenty, five, ten and fifteen of fifty: .7 seen, .5 by chance, so .4."""
    turns = [(number, "S1", False) for number in range(50)]
    codings = [*(("a", "k", [n]) for n in range(25)), *(("a", "l", [n]) for n in (*range(20), *range(25, 35)))]
    with data_set(codings, turns=turns) as connection:
        (row,) = rows(connection, "FROM agreement WHERE code_id = 'a'")
    assert (row["both_coders"], row["only_coder"], row["only_other"], row["neither"]) == (20, 5, 10, 15)
    assert (row["agreed_share"], row["kappa"]) == (pytest.approx(0.7), pytest.approx(0.4))


def test_kappa_is_left_out_where_there_is_nothing_to_tell_apart():
    with data_set([("a", "k", [0, 1, 3]), ("a", "l", [0, 1, 3])]) as connection:
        found = {row["code_id"]: row for row in rows(connection, "FROM agreement")}
    assert (found["a"]["both_coders"], found["a"]["neither"], found["a"]["kappa"]) == (3, 0, None)
    assert (found["b"]["both_coders"], found["b"]["neither"], found["b"]["kappa"]) == (0, 3, None)
    assert found["a"]["agreed_share"] == found["b"]["agreed_share"] == 1


def test_quotes_stand_with_where_they_come_from():
    with data_set(SOME) as connection:
        found = rows(connection, "FROM quotes WHERE coding_id = 'x0' ORDER BY start")
        (late,) = rows(connection, "FROM quotes WHERE utterance_id = 'u4'")
    assert [(row["words"], row["code"], row["coder"], row["label"], row["start"]) for row in found] == [
        ("one  two", "A", "K", "Participant", "00:00"),
        ("one  two", "A", "K", "Rowan", "06:40"),
    ]
    assert {(row["session_id"], str(row["held_on"]), row["quote_state"]) for row in found} == {
        ("S1", "2026-03-04", "ask_first")
    }
    assert late["start"] == "26:40"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "00:00"), (59.99, "00:59"), (61, "01:01"), (3599.9, "59:59"), (3600, "1:00:00"), (40271.5, "11:11:11")],
)
def test_times_are_told_as_on_a_clock(seconds, shown):
    with data_set([]) as connection:
        assert connection.execute("SELECT clock(?::DOUBLE)", [seconds]).fetchone() == (shown,)


def test_speaking_time_has_what_is_withheld_as_a_row_of_its_own():
    with data_set([]) as connection:
        found = rows(connection, "FROM speaking_time WHERE session_id = 'S1' ORDER BY withheld, label")
    assert [(r["label"], r["withheld"], r["turns"], r["seconds"], r["words"]) for r in found] == [
        ("Participant", False, 1, 10, 4),
        ("Rowan", False, 2, 20, 8),
        (None, True, 1, 10, None),
    ]
    assert [row["share"] for row in found] == [0.25, 0.5, 0.25]


def test_small_cells_are_the_combinations_of_fewer_than_five_people():
    said = "INSERT INTO speakers VALUES (?, ?, ?, ?, NULL, NULL, NULL, ?)"
    with data_set([]) as connection:
        connection.executemany(said, [(f"c{n}", f"Core {n}", "pseudonym", "core", "en") for n in range(4)])
        connection.executemany(said, [(f"d{n}", f"Far {n}", "pseudonym", "constellation", "en") for n in range(5)])
        connection.execute(said, ["n", "Ana Named", "named", "core", "mi"])
        found = rows(connection, "FROM small_cells ORDER BY unnamed")
        everything = rows(connection, "FROM combinations")
    assert [(row["unnamed"], row["tier"], row["language"], row["levels"], row["people"]) for row in found] == [
        (False, "core", "en", ["pseudonym"], 4),
        (True, None, None, ["unnamed"], 1),
    ]
    assert sorted(row["people"] for row in everything) == [1, 4, 5]


def test_codes_that_stand_under_one_another_in_a_circle_end():
    with data_set(SOME) as connection:
        connection.execute("UPDATE codes SET parent_id = 'c' WHERE code_id = 'a'")
        found = rows(connection, "FROM code_frequency WHERE code_id = 'a'")
    assert [row["total_codings"] for row in found] == [5]
