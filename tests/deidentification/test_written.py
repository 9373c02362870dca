"""The last check: a name stands only where the plan shows it, and an ordinary word is no name."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.api import Planned, WrittenGate
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, SourceSpan, SpeakerShown
from schemas.roster import MatchingTable
from schemas.written import Sieve, Written
from tests.deidentification.support import TABLE, decisions, person, redacted

GRACE = person(8, "Grace Hopkins")
MAY = person(9, "May Field", aliases=("root",))
PEOPLE = MatchingTable(people=(*TABLE.people, GRACE, MAY))
GATE = WrittenGate(PEOPLE, own=("Whether Grace may stand here.",), files={"manifest.json", "mark.json"})


def comment(text: str) -> Written:
    return Written("release.duckdb", None, None, None, text)


def cell(text: str, key: str = "u1", table: str = "utterances", column: str = "text") -> Written:
    return Written("release.duckdb", table, column, key, text)


def planned_of(text: str, levels: dict[str, Level], voice: int = 0) -> tuple[Planned, str]:
    """The plan for one turn, and its words as they are released."""
    (piece,) = redacted(text, levels=levels, voice=voice).utterances
    assert isinstance(piece, DeidentifiedUtterance)
    return Planned({"u1": (piece, decisions(levels))}, {"s1": {piece.speaker}}), piece.text


@pytest.mark.parametrize(
    "text",
    ["by Aroha Ngata", "ngata", "ARohaNgáta", "Whitey", "mwhite_7", "Bellweather", "mark white", "for Will", "x@y.org",
     "jean luc de la fontaine", "Hopkins, Grace", "aroha_ngata", "so O’Brien"],
)  # fmt: skip
def test_a_name_is_found_wherever_none_may_stand(text: str) -> None:
    assert GATE.names_in(comment(text))
    assert GATE.names_in(cell(text, table="provenance", column="value"))
    assert GATE.names_in(cell(text, table="utterances", column="quote_state"))


@pytest.mark.parametrize(
    "text",
    ["Will it? Mark it.", "the white paper may take root", "a brown field", "made on 3 May 2026", "A grace period",
     "a3f0c19be2d4f6071122334455667788", "0.1.0+abc123def456", "en-core-web-sm 3.8.0", "Whether Grace may stand here.",
     "2026-11-21T20:51:00Z", "no_consent", "PERSON"],
)  # fmt: skip
def test_ordinary_words_numbers_and_our_own_pages_are_no_names(text: str) -> None:
    assert GATE.names_in(comment(text)) == 0


def test_our_own_words_are_ours_only_word_for_word() -> None:
    assert GATE.names_in(comment("Whether Grace may stand here, and Aroha too."))


@pytest.mark.parametrize(
    "name", ["aroha.json", "sources/Mark White.txt", "Grace.csv", "arohangata2026.csv", "MWhite.txt"]
)
def test_a_name_in_the_name_of_a_file_is_found(name: str) -> None:
    table = MatchingTable(people=(*PEOPLE.people, person(10, "M White")))
    assert WrittenGate(table, files={"manifest.json"}).names_in(Written(name, None, None, None, name, name=True))


@pytest.mark.parametrize("name", ["manifest.json", "mark.json", "sources/3f2a.txt", "project.qde"])
def test_our_own_files_have_their_names(name: str) -> None:
    assert GATE.names_in(Written(name, None, None, None, name, name=True)) == 0


def test_words_stand_as_they_were_planned_for_whom_they_were_planned() -> None:
    planned, text = planned_of("so Mark White left", {"P02": Level.NAMED})
    assert text == "so Mark White left"
    assert GATE.names_in(cell(text), planned) == 0
    assert GATE.names_in(cell(text, key="u2"), planned) > 0
    assert GATE.names_in(cell(text + " "), planned) > 0
    assert GATE.names_in(cell(text, column="quote_state"), planned) > 0
    assert GATE.names_in(cell(text, table="memos"), planned) > 0
    tightened = Planned({"u1": (planned.utterances["u1"][0], decisions({}))}, {})
    assert GATE.names_in(cell(text), tightened) > 0


def test_of_two_who_share_a_name_it_stands_for_the_one_who_allows_it() -> None:
    planned, text = planned_of("so Will Brown met Christina Brown", {"P05": Level.NAMED})
    assert text == "so Will Brown met [PERSON]"
    assert GATE.names_in(cell(text), planned) == 0
    piece, decided = planned.utterances["u1"]
    other = piece.model_copy(update={"spans": tuple(_for(span, "P07") for span in piece.spans)})
    assert GATE.names_in(cell(text), Planned({"u1": (other, decided)}, {})) > 0


def test_of_two_turns_with_the_same_words_each_must_be_allowed_to_stand() -> None:
    kept, text = planned_of("so Mark White left", {"P02": Level.NAMED})
    piece, decided = kept.utterances["u1"]
    said = Written("project.qdpx:sources/3f2a.txt", None, None, None, f"Mark White 00:12 {text}")
    shown = {"s1": {SpeakerShown(participant="P02", level=Level.NAMED, label="Mark White", tightened=-1)}}
    assert GATE.names_in(said, Planned({"u1": (piece, decided)}, shown)) == 0
    both = {"u1": (piece, decided), "u2": (piece, decisions({}))}
    assert GATE.names_in(said, Planned(both, shown)) > 0


def _for(span: SourceSpan, participant: str) -> SourceSpan:
    return span.model_copy(update={"kept_for": participant}) if span.kept_for else span


@pytest.mark.parametrize(
    ("level", "label", "right"),
    [(Level.NAMED, "Mark White", True), (Level.FIRST_NAME, "Mark", True), (Level.FIRST_NAME, "Mark White", False),
     (Level.PSEUDONYM, "Sorrel", True), (Level.PSEUDONYM, "Grace", False), (Level.UNNAMED, "Participant", True)],
)  # fmt: skip
def test_labels_say_what_the_level_allows(level: Level, label: str, right: bool) -> None:
    shown = SpeakerShown(participant="P02", level=level, label=label, tightened=-1)
    planned = Planned({}, {"s1": {shown}})
    assert (GATE.names_in(cell(label, "s1", "speakers", "label"), planned) == 0) is right
    assert GATE.names_in(cell("Aroha Ngata", "s1", "speakers", "label"), planned) > 0
    assert GATE.names_in(cell("a friend of Ngata", "s1", "speakers", "role_as"), planned) > 0


WORDS = st.sampled_from(
    [
        "Aroha",
        "ngata",
        "Mark",
        "mark",
        "White",
        "white",
        "Will",
        "brown",
        "the",
        "Grace",
        "so",
        "may",
        "May",
        "Field",
        "Jean",
        "Luc",
        "luc",
        "Siobhán",
        "O'Brien",
        "O’Brien",
        "cœur",
        "été",
        "3",
        "mwhite_7",
        "arohangata",
        "de",
        "la",
        "fontaine",
        "x@y.org",
        "Whitey",
        "Ngata3",
        "arohav2",
        "ThanksAroha",
        "n-g-a-t-a",
        "a r o h a",
        "Li",
        "Na",
        "/home/mark/",
        "\\naroha",
    ]
)
GAPS = st.sampled_from(
    [" ", ", ", "-", "'", ". ", "\u00a0", "_", "/", "\n", " (", "", "\u200b", " « ", "\r\n", "-\n", "– ", " \n ", "3"]
)


@st.composite
def mixtures(draw: st.DrawFn) -> str:
    return "".join(draw(WORDS) + draw(GAPS) for _ in range(draw(st.integers(1, 6))))


def passes(sieve: Sieve, texts: list[str]) -> list[bool]:
    """As the warehouse asks it."""
    with duckdb.connect() as connection:
        query = (
            "WITH folded AS (SELECT $text AS text, strip_accents($text) AS cased) SELECT"
            " regexp_matches(lower(cased), $lowered) OR regexp_matches(cased, $cased)"
            " OR NOT regexp_full_match(lower(cased), $plain) FROM folded"
        )
        values = {"lowered": sieve.lowered, "cased": sieve.cased, "plain": sieve.plain}
        return [bool(connection.execute(query, {**values, "text": text}).fetchall()[0][0]) for text in texts]


@given(st.lists(mixtures(), max_size=8))
def test_whatever_holds_a_name_passes_the_sieve(texts: list[str]) -> None:
    holding = [text for text in texts if GATE.names_in(comment(text))]
    assert all(passes(GATE.sieve, holding))


def test_most_texts_do_not_pass_the_sieve() -> None:
    texts = ["we mark what may be white", "on a grace period", "what will they say", "très bien, merci « oui »"]
    assert not any(passes(GATE.sieve, texts))
    assert not any(passes(WrittenGate(MatchingTable(people=())).sieve, [*texts, "Aroha"]))


@given(
    st.text("abcdefgh ", max_size=30), st.sampled_from(["Ngata", "aroha ngata", "Bellweather", "Siobhán"]), st.data()
)
def test_a_name_planted_anywhere_in_words_is_found(text: str, name: str, data: st.DataObject) -> None:
    planned, shown = planned_of("so Mark White left", {"P02": Level.NAMED})
    at = data.draw(st.sampled_from([i for i in range(len(shown) + 1) if f" {shown} "[i].isspace() or i == len(shown)]))
    planted = f"{shown[:at]} {name} {shown[at:]}"
    assert GATE.names_in(cell(planted), planned) > 0
    assert GATE.names_in(comment(f"{text} {name} {text}")) > 0
