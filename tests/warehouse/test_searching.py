"""`search` finds words whatever their endings, accents and capitals, and its index holds nothing but released words."""

import shutil

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.consent import Level
from schemas.errors import CheckFailed
from schemas.written import Sieve
from tests.warehouse.samples import IDS, PROVENANCE, gap, said, session, speaker
from warehouse import searching
from warehouse.load import build, create_schema
from warehouse.searching import check_index, fill_index
from warehouse.written import written

UNNAMED = speaker("P02", Level.UNNAMED)
NAME = Sieve(lowered=r"quist", cased=r"x\Ay", plain=r"[\x00-\x7f]*")
ENGLISH = session(
    "S1",
    said(1, "The ferries were late. Budgets don't grow."),
    gap(2),
    said(3, "We waited, and waited, for the ferry of Zoë."),
    said(400, "Nobody waits for a ferry; the ferry is late, and we are."),
)
FRENCH = session(
    "S2",
    said(1, "Les décisions nationales, l'œuvre des municipalités.", speaker=UNNAMED),
    said(2, "Décider d'un budget national.", speaker=UNNAMED),
    language="fr",
)
MAORI = session("S3", said(1, "Ngā kōrero o te hui, ngā hui katoa."), language="mi")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("search") / "research.duckdb"
    build(path, [ENGLISH, FRENCH, MAORI], IDS, PROVENANCE)
    return path


@pytest.fixture(scope="module")
def reader(made):
    with duckdb.connect(str(made), read_only=True) as connection:
        yield connection


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copyfile(made, tmp_path / "research.duckdb")


def found(reader, query):
    """Session and start of what is found, the best first."""
    return [(row[1], row[3]) for row in reader.execute("FROM search(?)", [query]).fetchall()]


LATE, ZOE, FERRY = ("S1", "00:10"), ("S1", "00:30"), ("S1", "1:06:40")
DECISIONS, BUDGET, HUI = ("S2", "00:10"), ("S2", "00:20"), ("S3", "00:10")


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("late", {LATE, FERRY}),
        ("FERRIES", {LATE, ZOE, FERRY}),
        ("waiting for the ferries", {ZOE, FERRY}),
        ("zoe", {ZOE}),
        ("ZOÉ", {ZOE}),
        ("decision", {DECISIONS}),
        ("decider", {BUDGET}),
        ("oeuvre", {DECISIONS}),
        ("l'œuvre", {DECISIONS}),
        ("municipalité", {DECISIONS}),
        ("budget", {LATE, BUDGET}),
        ("don't", {LATE}),
        ("nga hui", {HUI}),
        ("korero", {HUI}),
        ("kore", {HUI}),
        ("budgetary", {LATE, BUDGET}),
        ("ferri", {LATE, ZOE, FERRY}),
        ("ferry budget", {LATE}),
        ("ferry decision", set()),
        ("quincewort", set()),
        ("fer quincewort", set()),
        ("", set()),
        ("?!", set()),
        ('"the ferry"', {ZOE, FERRY}),
        ('"ferry the"', {FERRY}),
        ('"ferry for"', set()),
        ('"the ferries"', {LATE}),
        ("« budget national »", {BUDGET}),
        ("“waited for”", {ZOE}),
        ('"for the ferry" wait', {ZOE}),
        ('"for the" "of zoe"', {ZOE}),
        ('"for the" "is late"', set()),
        ('"late', {LATE, FERRY}),
        ("%", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_a_query_finds_these_turns(reader, query, places):
    assert set(found(reader, query)) == places


def test_what_is_found_stands_with_its_speaker_and_place(reader):
    ((utterance, *rest, text),) = reader.execute("FROM search('œuvre')").fetchall()
    assert rest[:3] == ["S2", "Participant", "00:10"] and rest[3] > 0
    assert text.startswith("Les décisions")
    assert reader.execute("SELECT text FROM utterances WHERE utterance_id = ?", [utterance]).fetchall() == [(text,)]


def test_the_columns_have_names_to_join_and_to_read_by(reader):
    names = [column[0] for column in reader.execute("FROM search('ferry')").description]
    assert names == ["utterance_id", "session_id", "label", "start", "score", "text"]


def test_most_gives_the_best_alone(reader):
    everything = reader.execute("FROM search('ferry')").fetchall()
    assert reader.execute("FROM search('ferry', most := 2)").fetchall() == everything[:2]
    assert len(everything) == 3


def test_no_query_finds_nothing(reader):
    assert reader.execute("FROM search(NULL)").fetchall() == []


def test_a_long_query_is_one_too(reader):
    assert found(reader, " ".join(["ferry late", *(f"w{number}" for number in range(100))])) == []
    assert set(found(reader, "ferry " * 100)) == {LATE, ZOE, FERRY}


def test_withheld_words_are_never_found(made):
    with duckdb.connect(str(made), read_only=True) as connection:
        gaps = "SELECT position FROM utterances WHERE withheld"
        assert connection.execute(gaps).fetchall() != []
        assert connection.execute(f"FROM search_places WHERE position IN ({gaps})").fetchall() == []


def test_a_data_set_without_words_is_searched_too(tmp_path):
    build(tmp_path / "a.duckdb", [], IDS, PROVENANCE)
    with duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True) as connection:
        assert connection.execute("FROM search('ferry')").fetchall() == []
        check_index(connection)


def test_two_builds_make_the_same_index(tmp_path):
    rows = []
    for name in ("a", "b"):
        build(tmp_path / f"{name}.duckdb", [FRENCH, ENGLISH, MAORI], IDS, PROVENANCE)
        with duckdb.connect(str(tmp_path / f"{name}.duckdb"), read_only=True) as connection:
            rows.append([connection.execute(f"FROM {table}").fetchall() for table in ("search_words", "search_places")])
    assert rows[0] == rows[1]


# ---------------------------------------------------------------- against a small slow model


def in_memory(*texts):
    connection = duckdb.connect()
    create_schema(connection)
    connection.execute("INSERT INTO sessions VALUES ('S1', '2026-03-04', NULL, 'mi', 60)")
    connection.execute("INSERT INTO speakers (speaker_id, label, level) VALUES ('p', 'Rowan', 'pseudonym')")
    for number, text in enumerate(texts):
        values = [f"u{number}", "S1", number, "p", number, number + 1, text, False, None, "not", None]
        connection.execute("INSERT INTO utterances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    fill_index(connection)
    return connection


def bm25(texts, words):
    """The score of each text that has all the words, by the formula; texts are lists of words."""
    from math import log

    mean = sum(map(len, texts)) / len(texts)
    scores = {}
    for number, text in enumerate(texts):
        if words and all(word in text for word in words):
            scores[number] = 0.0
            for word in set(words):
                held, times = sum(word in one for one in texts), text.count(word)
                rarity = log(1 + (len(texts) - held + 0.5) / (held + 0.5))
                scores[number] += rarity * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(text) / mean))
    return scores


WORDS = st.sampled_from(["zeb", "yak", "xer", "wim", "vug"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=8), st.lists(WORDS, min_size=1, max_size=3)
)
def test_scores_are_those_of_bm25(texts, asked):
    texts = [["zeb", "yak", "xer", "wim", "vug"], *texts]  # each word is there, so that none stands for others
    with in_memory(*map(" ".join, texts)) as connection:
        rows = connection.execute("FROM search(?)", [" ".join(asked)]).fetchall()
    expected = bm25(texts, asked)
    assert {int(row[0][1:]): row[4] for row in rows} == {key: pytest.approx(s, abs=6e-4) for key, s in expected.items()}
    assert [row[4] for row in rows] == sorted((row[4] for row in rows), reverse=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=4))
def test_the_index_of_any_text_is_found_to_be_derived(texts):
    with in_memory(*texts) as connection:
        check_index(connection)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(WORDS, min_size=1, max_size=6), min_size=1, max_size=8), st.integers(1, 60))
def test_the_index_is_found_to_be_derived_however_few_texts_are_read_at_once(texts, letters):
    with in_memory(*map(" ".join, texts)) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(searching, "LETTERS_AT_ONCE", letters)
        check_index(connection)


# ---------------------------------------------------------------- nothing but released words


PLANTED = [
    "INSERT INTO search_words VALUES ('quist', 1, 1, 5)",
    "UPDATE search_words SET word = 'quist' WHERE word = 'late'",
    "INSERT INTO search_words SELECT 'quist', term, turns, root FROM search_words WHERE word = 'late'",
    "INSERT INTO search_words SELECT 'Late', term, turns, root FROM search_words WHERE word = 'late'",
    "INSERT INTO search_places SELECT term, 1, 1, 1 FROM search_words WHERE word = 'late'",
    "INSERT INTO search_places SELECT term, 2, 1, 1 FROM search_words WHERE word = 'budgets'",
    "INSERT INTO search_places VALUES (99999, 0, 1, 1)",
    "INSERT INTO search_places VALUES (1, 99999, 1, 1)",
    "INSERT INTO search_places SELECT term, -1, 1, 1 FROM search_words WHERE word = 'late'",
    "ALTER TABLE search_places ALTER position DROP NOT NULL; UPDATE search_places SET position = NULL",
    "ALTER TABLE search_words ALTER word DROP NOT NULL; UPDATE search_words SET word = NULL WHERE word = 'late'",
    "UPDATE search_places SET position = 3 - position",
    "UPDATE utterances SET text = 'Other.' WHERE starts_with(text, 'Nobody')",
    "UPDATE utterances SET withheld_reason = 'level', text = NULL, speaker_id = NULL, quote_state = NULL,"
    " withheld = true WHERE starts_with(text, 'Nobody')",
    "DROP TABLE search_places",
    "DROP TABLE search_words",
    "DROP TABLE utterances CASCADE",
    "ALTER TABLE search_words RENAME COLUMN word TO name",
]


@pytest.mark.parametrize("letters", [1, 60, searching.LETTERS_AT_ONCE])
@pytest.mark.parametrize("statement", PLANTED)
def test_what_no_released_text_has_is_refused_in_the_index(copy, statement, letters, monkeypatch):
    monkeypatch.setattr(searching, "LETTERS_AT_ONCE", letters)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(statement)
    with pytest.raises(CheckFailed, match="words or places that no released text has") as refused:
        list(written(copy, NAME))
    assert "quist" not in str(refused.value).lower()
    assert refused.value.__context__ is None


def test_a_macro_that_was_changed_hides_no_planted_word(copy):
    with duckdb.connect(str(copy)) as connection:
        connection.execute("CREATE OR REPLACE MACRO folded(words) AS 'quist'")
        connection.execute("INSERT INTO search_words VALUES ('quist', 1, 1, 5)")
    with pytest.raises(CheckFailed, match="words or places that no released text has"):
        list(written(copy, NAME))


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("ALTER TABLE search_places ADD COLUMN note VARCHAR DEFAULT 'by Quist'", "search_places"),
        ("ALTER TABLE search_words ADD COLUMN note VARCHAR DEFAULT 'by Quist'", "search_words"),
        ("CREATE SCHEMA other; CREATE TABLE other.search_words AS SELECT 'Quist' AS word", "search_words"),
        ("UPDATE utterances SET text = text || ' by Quist' WHERE starts_with(text, 'Nobody')", "utterances"),
    ],
)
def test_only_the_words_that_were_checked_go_unread(copy, statement, table):
    with duckdb.connect(str(copy)) as connection:
        for one in statement.split("; "):
            connection.execute(one)
    assert table in {one.table for one in written(copy, NAME) if one.column and "quist" in one.text.lower()}


def test_the_words_of_the_index_are_not_read_one_by_one(copy):
    everything = Sieve(lowered="", cased="", plain="")
    columns = {(one.table, one.column) for one in written(copy, everything) if one.text != one.column}
    assert ("utterances", "text") in columns
    assert ("search_words", "word") not in columns
