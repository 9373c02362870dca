import duckdb
import pytest

from schemas.consent import Level
from schemas.errors import UsageError
from tests.warehouse.samples import IDS, PROVENANCE, said, session, speaker
from warehouse.load import build
from warehouse.scan import Found, release_text_scan
from warehouse.searching import DERIVED


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "release.duckdb"
    words = said(1, "We met Zoë Thornbury there."), said(2, "Nobody was there."), said(3, "ask ZOE again")
    build(path, [session("S1", *words)], IDS, PROVENANCE)
    return path


def scanned(path, terms):
    """What is found outside of the index for `search`, whose words are those of the texts."""
    return [found for found in release_text_scan(path, terms) if found.table not in DERIVED]


def test_the_index_for_search_is_scanned_too(path):
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE utterances SET text = 'Nothing.'")
    assert [(found.table, found.column) for found in release_text_scan(path, ["zoé"])] == [("search_words", "word")]


def test_a_term_is_found_whatever_its_case_and_accents(path):
    assert scanned(path, ["zoé"]) == [Found("utterances", "text", 0), Found("utterances", "text", 2)]


def test_a_decomposed_letter_is_the_same_letter(path):
    assert len(scanned(path, ["Zoe\u0308"])) == 2


def test_a_term_is_found_inside_a_word(path):
    assert scanned(path, ["ornbur"]) == [Found("utterances", "text", 0)]


def test_a_value_with_two_terms_is_listed_once(path):
    assert scanned(path, ["zoë", "thornbury"])[0] == Found("utterances", "text", 0)
    assert len(scanned(path, ["zoë", "thornbury"])) == 2


def test_every_table_is_searched(path):
    build(
        path,
        [session("S1", said(1, speaker=speaker(level=Level.NAMED, place_as="Elmsford"), text="At Elmsford."))],
        IDS,
        PROVENANCE,
    )
    assert scanned(path, ["elmsford"]) == [Found("speakers", "place_as", 0), Found("utterances", "text", 0)]


def test_lists_and_later_tables_are_searched_too(path):
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE later AS SELECT ['about', 'Thornbury'] AS tags")
    assert Found("later", "tags", 0) in release_text_scan(path, ["thornbury"])


def test_signs_of_the_query_language_are_plain_characters(path):
    assert release_text_scan(path, ["%", "_", "' OR 1=1 --", "."])[0].table in {"provenance", "utterances"}
    assert release_text_scan(path, ["Z_ë", "' OR 1=1 --"]) == []


def test_what_is_absent_is_not_found(path):
    assert release_text_scan(path, ["Quincewort"]) == []


@pytest.mark.parametrize("terms", [[], [""], ["Zoë", "  "]])
def test_a_search_for_nothing_is_refused_because_it_proves_nothing(path, terms):
    with pytest.raises(UsageError, match="a search for nothing proves nothing"):
        release_text_scan(path, terms)
