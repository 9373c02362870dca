"""Makes the index that `search` reads, and checks that it holds nothing but words of the released texts.

DuckDB splits and counts; only the distinct words are stemmed here, because its own `stem` needs an extension.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise

import duckdb
import pyarrow as pa
import Stemmer

from schemas.errors import CheckFailed

STEMMERS = {"en": "english", "fr": "french"}
"""Languages whose endings do not count; in sessions of any other, only equal words are found."""
DERIVED = frozenset({"search_words", "search_places", "search_size"})
"""Tables that are made of the texts of utterances, and say nothing more."""
INDEXED = ("search_words", "word")
"""The one table and column of them with words."""

LETTERS_AT_ONCE = 2_000_000
"""Letters of the texts that are looked at together, so that what is held at once hardly grows with the data set."""

_BATCHES = """
    SELECT max(position) FROM (
        SELECT position, sum(length(text)) OVER (ORDER BY position) // $letters AS batch
        FROM utterances WHERE NOT withheld
    ) GROUP BY batch ORDER BY ALL
"""
# What stands between spaces is told apart first: a million turns have few different pieces, and only those are looked
# at letter by letter. Texts are split twice, because their pieces, kept, would be the largest thing of a whole build.
_PIECES = r"""
    CREATE TEMP VIEW spoken AS
    SELECT CASE WHEN s.language IN ('en', 'fr') THEN s.language ELSE '' END AS language, position,
        unnest(string_split(text, ' ')) AS piece
    FROM utterances JOIN sessions s USING (session_id) WHERE NOT withheld;
    CREATE TEMP TABLE pieces AS
    SELECT language, piece, unnest(regexp_extract_all(lower(nfc_normalize(piece)), '[\pL\pN\pM]+')) AS spelling
    FROM (SELECT DISTINCT language, piece FROM spoken);
    CREATE TEMP TABLE placed (place BIGINT, times INTEGER, words BIGINT);
"""
_TERMS = """
    CREATE TEMP TABLE stems AS
    SELECT spelling, language, folded(spelling) AS word, folded(stem) AS stem FROM stemmed;
    CREATE TEMP TABLE terms AS
    SELECT language, stem, (row_number() OVER (ORDER BY language, stem))::INTEGER AS term
    FROM (SELECT DISTINCT language, stem FROM stems SEMI JOIN pieces USING (language, spelling));
    CREATE TEMP TABLE counted AS
    SELECT language, piece, term, count(*) AS times
    FROM pieces JOIN stems USING (language, spelling) JOIN terms USING (language, stem) GROUP BY ALL;
"""
# Term and position are one number, which sorts in half the time.
_PLACED = """
    INSERT INTO placed
    WITH here AS (
        SELECT (term::BIGINT << 32) | position AS place, sum(times)::INTEGER AS times
        FROM spoken JOIN counted USING (language, piece)
        WHERE position > $after AND position <= $last GROUP BY place
    )
    SELECT place, times, sum(times) OVER (PARTITION BY place & 4294967295) FROM here
"""
_PLACES = """
    INSERT INTO search_places
    SELECT place >> 32, place & 4294967295, least(times, 65535), least(words, 65535) FROM placed ORDER BY place;
    INSERT INTO search_size
    SELECT count(*), coalesce(avg(words), 0) FROM (SELECT DISTINCT place & 4294967295, words FROM placed);
"""
_WORDS = """
    INSERT INTO search_words
    SELECT word, term, turns, max(CASE
        WHEN starts_with(word, stem) THEN length(stem)
        WHEN starts_with(word, left(stem, -1)) THEN length(stem) - 1
        WHEN starts_with(word, left(stem, -2)) THEN length(stem) - 2
        ELSE length(word) END)
    FROM stems JOIN terms USING (language, stem)
        JOIN (SELECT term, count(*) AS turns FROM search_places GROUP BY term) USING (term)
    GROUP BY ALL ORDER BY word, term
"""
_TEMPORARY = ("pieces", "stems", "terms", "counted", "placed")

# Every row of the index has to be proved: what no batch speaks of, whatever stands in it, is foreign.
# `folded` is written out here: a file that is checked is not believed about its own macros.
_SAID = r"""
    CREATE OR REPLACE TEMP TABLE said AS
    WITH heard AS MATERIALIZED (
        SELECT position, unnest(string_split(text, ' ')) AS piece
        FROM utterances WHERE NOT withheld AND position > $after AND position <= $last
    ), spelt AS MATERIALIZED (
        SELECT piece, unnest(regexp_extract_all(lower(nfc_normalize(piece)), '[\pL\pN\pM]+')) AS spelling
        FROM (SELECT DISTINCT piece FROM heard)
    ), folded AS MATERIALIZED (
        SELECT DISTINCT piece, replace(replace(strip_accents(spelling), 'œ', 'oe'), 'æ', 'ae') AS word FROM spelt
    )
    SELECT DISTINCT position, word FROM heard JOIN folded USING (piece)
"""
_PROVED = """
    SELECT count(*) FROM search_places p
    WHERE position > $after AND position <= $last AND EXISTS (
        SELECT 1 FROM temp.said JOIN search_words w USING (word) WHERE said.position = p.position AND w.term = p.term)
"""


def fill_index(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the tables of search.sql from the texts that stand in `utterances`."""
    connection.execute(_PIECES)
    spellings = [word for (word,) in connection.execute("SELECT DISTINCT spelling FROM pieces").fetchall()]
    connection.register("stemmed", _stemmed(sorted(spellings)))
    connection.execute(_TERMS)
    for batch in _batches(connection):
        connection.execute(_PLACED, batch)
    connection.execute(_PLACES)
    connection.execute(_WORDS)
    connection.unregister("stemmed")
    for name in _TEMPORARY:
        connection.execute(f"DROP TABLE {name}")
    connection.execute("DROP VIEW spoken")


def has_index(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a file has any of the tables that `search` reads."""
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
    return not DERIVED.isdisjoint(name for (name,) in connection.execute(query).fetchall())


def check_index(connection: duckdb.DuckDBPyConnection) -> None:
    """Hold the index against the released texts, all of it.

    Raises:
        CheckFailed: A word or a place in it is none of a released text, or it cannot be read.
    """
    foreign = True
    with suppress(duckdb.Error):
        foreign = _has_foreign(connection)
    if foreign:
        raise CheckFailed(
            "Not made: what search reads holds words or places that no released text has",
            hint="Nothing was published. Report it as a defect.",
        )


def _has_foreign(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a word or a place of the index is left that no text proves."""
    connection.execute("CREATE OR REPLACE TEMP TABLE unproved AS SELECT DISTINCT word FROM search_words")
    places = _count(connection, "SELECT count(*) FROM search_places")
    for batch in _batches(connection):
        connection.execute(_SAID, batch)
        connection.execute("DELETE FROM temp.unproved WHERE word IN (SELECT word FROM temp.said)")
        places -= _count(connection, _PROVED, batch)
    words = _count(connection, "SELECT count(*) FROM temp.unproved")
    connection.execute("DROP TABLE IF EXISTS temp.said; DROP TABLE temp.unproved")
    return (words, places) != (0, 0)


def _batches(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, int]]:
    """Texts that are looked at together: those at positions after one, up to another."""
    lasts = [last for (last,) in connection.execute(_BATCHES, {"letters": LETTERS_AT_ONCE}).fetchall()]
    for after, last in pairwise([-1, *lasts]):
        yield {"after": after, "last": last}


def _count(connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object] | None = None) -> int:
    """The one number that ``query`` gives."""
    ((number,),) = connection.execute(query, values).fetchall()
    return int(number)


def _stemmed(spellings: list[str]) -> pa.Table:
    """Every spelling with its stem in each language, and with itself for the languages that have no stems here."""
    stems = {language: Stemmer.Stemmer(name).stemWords(spellings) for language, name in STEMMERS.items()}
    stems[""] = spellings
    rows = [
        (spelling, language, stem)
        for language, listed in stems.items()
        for spelling, stem in zip(spellings, listed, strict=True)
    ]
    columns = list(zip(*rows, strict=True)) or [()] * 3
    return pa.table([pa.array(column, pa.string()) for column in columns], names=["spelling", "language", "stem"])
