"""Codebooks and codings as plain tables, out and in."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.coding import (
    Code,
    Codebook,
    CodedProject,
    Coder,
    ExchangedCoding,
    ExchangedText,
    Memo,
    Stretch,
)
from schemas.errors import BadInput
from tests.warehouse.exchange.projects import BOOK, CODER, FEAR, WORDS, placed
from tests.warehouse.exchange.projects import example as data_set
from warehouse.coded import memo_rows
from warehouse.exchange.fitting import NO_TEXT
from warehouse.exchange.guids import guid
from warehouse.exchange.layout import LaidOut, Words, lay_out
from warehouse.exchange.searching import Searched
from warehouse.exchange.tables import (
    CODINGS,
    NO_UTTERANCE,
    NOT_WITHIN,
    codebook_table,
    codings_table,
    fit_codings,
    read_codebook,
)
from warehouse.formats import FORMULA, GUARDED


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return data_set(tmp_path_factory.mktemp("data"))


@pytest.fixture
def laid(path: Path) -> LaidOut:
    return lay_out(path)


def rows(table: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table as they are read from a file: trimmed."""
    read = csv.DictReader(io.StringIO(table, newline=""))
    return [(line, {name: value.strip() for name, value in row.items()}) for line, row in enumerate(read, start=2)]


def places(fitted) -> list[list[tuple[str, int, int]]]:
    return sorted(
        sorted((at.utterance_id, at.start_char, at.end_char) for at in one.stretches) for one in fitted.codings
    )


def test_codings_come_back_as_they_went(path, laid):
    fitted = fit_codings(rows(codings_table(laid)), laid)
    assert fitted.unfit == ()
    assert places(fitted) == sorted(placed(path).values())
    assert {one.code for one in fitted.codings} <= {code.code for code in BOOK.codes}
    assert {one.at.date().isoformat() for one in fitted.codings} == {"2026-03-04"}
    names = {one.coder: one.name for one in fitted.codebook.coders}
    assert {names[one.coder] for one in fitted.codings} == {"ra1", "Zoë"}


def test_a_row_that_stands_twice_counts_once(path, laid):
    once = rows(codings_table(laid))
    fitted = fit_codings([*once, *((line + len(once), row) for line, row in once)], laid)
    assert places(fitted) == sorted(placed(path).values())


def test_words_in_a_table_are_those_at_the_place(laid):
    for _, row in rows(codings_table(laid)):
        assert tuple(row) == (*CODINGS, GUARDED)
        assert row["words"] in WORDS + "First line. Second line."


def only(laid: LaidOut, **cells: str):
    return fit_codings([(2, {"code": "New", **cells})], laid)


def utterance(laid: LaidOut, number: int = 0) -> str:
    return laid.words[laid.project.texts[0].guid][number].utterance


def test_a_place_without_words_or_session_is_enough(laid):
    fitted = only(laid, utterance_id=utterance(laid), start_char="3", end_char="8")
    assert places(fitted) == [[(utterance(laid), 3, 8)]]


def test_words_are_enough_where_they_stand_once(laid):
    assert places(only(laid, words="First  line.")) == [[(utterance(laid, 1), 0, 11)]]
    assert places(only(laid, words="about", session_id="S1")) == [[(utterance(laid), 9, 14)]]
    assert only(laid, words="about").unfit[0].why == "its words occur 2 times, and the table does not say which"


def test_words_that_stand_elsewhere_in_their_utterance_count_more_than_a_place(laid):
    fitted = only(laid, utterance_id=utterance(laid), start_char="0", end_char="5", words="ferries")
    assert [WORDS[start:end] for one in places(fitted) for _, start, end in one] == ["ferries"]


def test_words_of_an_utterance_that_is_not_there_are_not_put_on_the_same_words_of_somebody_else(laid):
    """As where a table was made of an older data set, and who said them is withheld by now."""
    gone = {"utterance_id": "0123456789abcdef", "start_char": "13", "end_char": "19", "words": "Second"}
    for session_id in ("S1", ""):
        fitted = only(laid, **gone, session_id=session_id)
        assert fitted.codings == ()
        assert [one.why for one in fitted.unfit] == [NO_UTTERANCE]


def test_words_that_only_another_utterance_has_do_not_fit(laid):
    for place in ({}, {"start_char": "13", "end_char": "19"}):
        fitted = only(laid, utterance_id=utterance(laid), words="Second", session_id="S1", **place)
        assert fitted.codings == ()
        assert [one.why for one in fitted.unfit] == [NOT_WITHIN]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({}, NO_TEXT),
        ({"words": "We asked", "session_id": "S9"}, NO_TEXT),
        ({"words": "never said"}, "its words are not in this data set"),
        ({"words": "e", "session_id": "S1"}, "its words occur"),
        ({"utterance_id": "0123456789abcdef", "start_char": "0", "end_char": "5"}, NO_UTTERANCE),
    ],
)
def test_what_does_not_fit_says_why(laid, cells, why):
    [unfit] = only(laid, **cells).unfit
    assert unfit.why.startswith(why)


def test_words_of_a_place_that_is_outside_do_not_fit_and_others_are_not_taken(laid):
    for start, end in (("5", "5"), ("7", "3"), ("0", "9999"), ("-1", "4")):
        fitted = only(laid, utterance_id=utterance(laid), start_char=start, end_char=end)
        assert fitted.codings == ()
        assert [one.why for one in fitted.unfit] == [NOT_WITHIN]


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ({"code": " "}, "line 2: column code is blank"),
        ({"start_char": "three"}, "line 2: column start_char is no whole number"),
        ({"words": "First line.", "coded_on": "yesterday"}, "line 2: column coded_on is no day"),
        *(
            ({"words": "First line.", "coded_on": day}, "line 2: column coded_on lies before 1900 or after 2200")
            for day in (
                *("0001-01-01", "0001-01-01T00:00+05:00", "1899-12-31", "1899-12-31T12:00"),
                *("1900-01-01T00:00+14:00", "2200-12-31T23:59-12:00"),
                *("2201-01-01", "2201-01-02T00:00+23:59", "9999-12-31T23:00-05:00"),
            )
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(laid, cells, match):
    with pytest.raises(BadInput, match=match):
        only(laid, **cells)


@pytest.mark.parametrize("day", ["1900-01-01", "1900-01-01T00:00-12:00", "2200-12-31", "2200-12-31T23:59+14:00"])
def test_the_first_and_last_days_that_may_be_are_taken_and_come_back_as_they_went_out(laid, day):
    [one] = only(laid, words="First line.", coded_on=day).codings
    [again] = only(laid, words="First line.", coded_on=one.at.date().isoformat()).codings
    assert again.at.date() == one.at.date() == datetime.fromisoformat(day).date()


@given(st.datetimes(timezones=st.timezones() | st.sampled_from((timezone(timedelta(hours=14)), UTC))))
@example(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))))
@example(datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))))
def test_a_day_stands_in_a_data_set_whatever_the_time_and_its_zone(at):
    memo = Memo(memo=FEAR, text="x", coder=CODER, at=at)
    [row] = memo_rows(Codebook(memos=(memo,)), {}, [])
    assert abs((row[4] - at.date()).days) <= 1


def test_a_coder_who_is_not_said_is_there_only_where_a_row_says_none(laid):
    signed = {"code": "New", "coder": "ra1", "words": "First line."}
    unsigned = {"code": "New", "words": "First line."}
    assert [one.name for one in fit_codings([(2, signed)], laid).codebook.coders] == ["ra1"]
    assert [one.name for one in fit_codings([(2, unsigned)], laid).codebook.coders] == ["Coder not said"]


def test_codes_and_coders_are_known_by_name_and_others_are_new(laid):
    fitted = only(laid, code='Fear & "hope" <1>', coder="RA1", words="First line.")
    [one] = fitted.codings
    assert (one.code, one.coder) == (FEAR, CODER)
    assert only(laid, words="First line.").codings[0].code not in {code.code for code in BOOK.codes}


def test_rows_of_one_coding_are_one_coding(laid):
    both = [
        (line, {"code": "New", "words": words, "coding_id": "7"})
        for line, words in ((2, "First line."), (3, "Second line."))
    ]
    [one] = fit_codings(both, laid).codings
    assert len(one.stretches) == 2


def test_a_codebook_comes_back_as_it_went():
    found = {code.code: code for code in read_codebook(rows(codebook_table(BOOK))).codes}
    assert {identifier: (code.parent, code.colour, code.codable) for identifier, code in found.items()} == {
        code.code: (code.parent, code.colour, code.codable) for code in BOOK.codes
    }
    assert found[FEAR] == next(code for code in BOOK.codes if code.code == FEAR)


def test_a_codebook_of_names_alone_is_enough():
    book = read_codebook([(2, {"code": "A"}), (3, {"code": "B", "parent": "A"})])
    one, two = book.codes
    assert (one.name, two.name, two.parent, two.codable) == ("A", "B", one.code, True)
    assert book == read_codebook([(2, {"code": "A"}), (3, {"code": "B", "parent": "A"})])


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ([{"code": ""}], "line 2: column code is blank"),
        ([{"code": "A"}, {"code": "A"}], "line 3: this code stands in the table already"),
        ([{"code": "A", "parent": "B"}], "line 2: the code in column parent has no row"),
        ([{"code": "A", "colour": "red"}], "line 2: column colour is no colour"),
    ],
)
def test_a_codebook_that_is_wrong_is_refused_with_its_line(table, match):
    with pytest.raises(BadInput, match=match):
        read_codebook(enumerate(table, start=2))


def test_two_codes_of_one_name_are_told_apart_in_a_table():
    twins = Codebook(codes=(Code(code=FEAR, name="A"), Code(code=CODER, name="A")))
    assert [row["code"] for _, row in rows(codebook_table(twins))] == ["A", "A (2)"]


# What spreadsheets compute.

BEGUN = st.sampled_from(("=", "+", "-", "@", "\t", "\r", "＝", "＠", "'", "'=", "a"))
CELLS = st.tuples(st.lists(BEGUN, max_size=3).map("".join), st.sampled_from(("x", "1+1", "é '=y"))).map("".join)
NAMES = st.lists(CELLS.map(str.strip), min_size=2, max_size=4, unique=True)


def outside_of(row: dict[str, str], how: str) -> dict[str, str]:
    """A row as another program gives it back."""
    return {name: cell for name, cell in row.items() if how == "whole" or name != GUARDED}


@given(NAMES, st.lists(CELLS.map(str.strip), min_size=4, max_size=4))
def test_a_codebook_comes_back_as_it_went_whatever_its_texts_begin_with(names, described):
    above = guid("code", "0")
    codes = tuple(
        Code(code=guid("code", str(at)), name=name, description=text, parent=above if at else None)
        for at, (name, text) in enumerate(zip(names, described, strict=False))
    )
    table = rows(codebook_table(Codebook(codes=codes)))
    assert not [cell for _, row in table for cell in row.values() if re.match(FORMULA, cell)]
    assert {code.code: code for code in read_codebook(table).codes} == {code.code: code for code in codes}


@given(NAMES, CELLS, st.sampled_from(("whole", "without the column")))
def test_codings_come_back_as_they_went_whatever_they_begin_with(names, words, how):
    if how != "whole":
        names, words = [name.lstrip("'").strip() for name in names], words.lstrip("'")
    code, coder = Code(code=FEAR, name=names[0]), Coder(coder=CODER, name=names[1])
    text = ExchangedText(guid=guid("text", "1"), name="S1", text=f"Ann 00:01\n{words} and more")
    stretch = Stretch(text=text.guid, start=10, end=10 + len(words))
    one = ExchangedCoding(guid=guid("coding", "1"), code=code.code, coder=coder.coder, stretch=stretch)
    project = CodedProject(title="P", texts=(text,), codebook=Codebook(codes=(code,), coders=(coder,)), codings=(one,))
    ours = LaidOut(project, {text.guid: (Words("u1", 10, len(text.text)),)}, {one.guid: "c1"})
    table = rows(codings_table(ours))
    assert not [cell for _, row in table for cell in row.values() if re.match(FORMULA, cell)]
    fitted = fit_codings([(line, outside_of(row, how)) for line, row in table], ours)
    assert places(fitted) == [[("u1", 0, len(words))]]
    assert [(found.code, found.coder) for found in fitted.codings] == [(FEAR, CODER)]


def test_cells_that_a_spreadsheet_would_compute_are_named_as_in_every_table_of_a_data_set():
    book = Codebook(codes=(Code(code=FEAR, name='=HYPERLINK("http://x")', description="-1", colour="#aa0000"),))
    [(_, row)] = rows(codebook_table(book))
    assert (row["code"], row["description"]) == ('\'=HYPERLINK("http://x")', "'-1")
    assert row[GUARDED] == "code description"


def test_an_apostrophe_of_ones_own_stays(laid):
    for name in ("'tis", "'"):
        assert only(laid, code=name, words="First line.").codebook.codes[0].name == name
    assert only(laid, code="'=x", words="First line.", guarded="").codebook.codes[0].name == "'=x"


@settings(max_examples=200)
@given(st.lists(st.sampled_from(("a", "b", "ab", "é", "😀")), min_size=1, max_size=8), st.data())
def test_words_are_found_wherever_they_stand(words, draw):
    text = "".join(word + draw.draw(st.sampled_from((" ", "  ", "\n"))) for word in words)
    first = draw.draw(st.integers(0, len(words) - 1))
    last = draw.draw(st.integers(first, len(words) - 1))
    sought = words[first : last + 1]
    found = Searched(text).found(" ".join(sought))
    assert found and all(text[start:end].split()[0].endswith(sought[0]) for start, end in found)
    assert sum(words[at : at + len(sought)] == sought for at in range(len(words))) <= len(found)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("the ferry is late", ["The ferry, is LATE"]),
        ("l'été", ["L’Été"]),
        ("ferry is", ["ferry, is"]),
        ("late!", ["LATE"]),
        ("erry is", []),
        ("...", []),
        ("ferry", ["ferry", "ferry"]),
    ],
)
def test_words_that_stand_nowhere_as_written_are_found_by_their_letters(sought, found):
    text = "The ferry, is LATE. L’Été : ferry"
    assert [text[start:end] for start, end in Searched(text).found(sought)] == found
