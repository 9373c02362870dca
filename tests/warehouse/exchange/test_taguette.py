"""Taguette's project file out and in, and its table of highlights in."""

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.coding import CodedProject
from schemas.errors import BadInput
from tests.warehouse.exchange.projects import TEXTS, example, placed
from warehouse.exchange.fitting import NO_TEXT, OTHER_WORDS, fit
from warehouse.exchange.highlights import fit_highlights
from warehouse.exchange.hypertext import as_html, counted, read_html
from warehouse.exchange.layout import LaidOut, lay_out
from warehouse.exchange.taguette import read_project, write_project
from warehouse.exchange.wording import plain

GAP = "[Not shown, 8 s: the speaker chose that these words are not used]"


@pytest.fixture
def laid(tmp_path: Path) -> LaidOut:
    return lay_out(example(tmp_path))


def written(project: CodedProject, folder: Path) -> Path:
    path = folder / "taguette.sqlite3"
    write_project(project, path)
    return path


def sql(path: Path, query: str) -> list[tuple]:
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


def test_what_taguette_cannot_hold_is_told(laid, tmp_path):
    assert write_project(laid.project, tmp_path / "x.sqlite3") == {
        "colours of codes": 2,
        "coders": 2,
        "notes": 5,
        "cases": 3,
        "codings of one code on the same words by several coders": 1,
    }


def test_places_count_bytes_of_utf_8_and_no_tags(laid, tmp_path):
    path = written(laid.project, tmp_path)
    for contents, start, end, snippet in sql(
        path,
        "SELECT contents, start_offset, end_offset, snippet FROM highlights h JOIN documents d ON d.id = document_id",
    ):
        shown = read_html(contents).text.replace("\n", "").encode()[start:end].decode()
        assert shown == read_html(snippet).text.replace("\n", "")


def test_tags_are_called_after_their_codes_from_the_top_down(laid, tmp_path):
    assert {path for (path,) in sql(written(laid.project, tmp_path), "SELECT path FROM tags")} == {
        'Fear & "hope" <1>',
        'Fear & "hope" <1>.Timetables',
        "Ferries",
        "Ferries.Timetables",
    }


def test_the_same_project_gives_the_same_file(laid, tmp_path):
    (tmp_path / "again").mkdir()
    once, again = written(laid.project, tmp_path), written(laid.project, tmp_path / "again")
    assert once.read_bytes() == again.read_bytes()


def test_a_project_comes_back_to_the_same_utterances_and_codepoints(tmp_path):
    path = example(tmp_path)
    laid = lay_out(path)
    back = read_project(written(laid.project, tmp_path))
    assert back.left == {}
    fitted = fit(back.project, path)
    assert fitted.unfit == () and all(one.whole for one in fitted.codings)
    found = {
        tuple(sorted((at.utterance_id, at.start_char, at.end_char) for at in one.stretches)) for one in fitted.codings
    }
    together = {place for one in found for place in one}
    assert together == {place for places in placed(path).values() for place in places}
    assert {code.code for code in fitted.codebook.codes} == {code.code for code in laid.project.codebook.codes}


@given(TEXTS.map(plain), st.data())
def test_every_place_is_the_same_in_html_and_back(text, draw):
    read = read_html(as_html(text))
    assert read.text == text
    if text:
        start = draw.draw(st.integers(0, len(text) - 1))
        end = draw.draw(st.integers(start + 1, len(text)))
        first, last = counted(text).bytes(start, end)
        back = read.codepoints(first, last)
        if text[start:end].strip("\n"):
            assert text[slice(*back)].strip("\n") == text[start:end].strip("\n")
        else:
            assert back is None


def test_a_document_of_taguettes_own_is_counted_with_its_line_ends():
    html = "<h1>Été</h1>\n<p>One <b>two</b><br>three</p>\n<ul><li>four &amp; five</li></ul>"
    read = read_html(html)
    assert read.text.split() == ["Été", "One", "two", "three", "four", "&", "five"]
    start = len("Été\nOne ".encode())
    assert read.text[slice(*read.codepoints(start, start + 8))] == "two\nthree"
    assert read.codepoints(0, 500) is None


@pytest.mark.parametrize("data", [b"no database", b"SQLite format 3\x00" + b"\xff" * 2000])
def test_what_is_no_project_is_refused(tmp_path, data):
    path = tmp_path / "x.sqlite3"
    path.write_bytes(data)
    with pytest.raises(BadInput, match="no project of Taguette, or is damaged"):
        read_project(path)


def test_another_database_or_an_empty_one_is_refused(tmp_path):
    path = tmp_path / "x.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE projects (id INTEGER, name TEXT)")
    with pytest.raises(BadInput, match="no project of Taguette"):
        read_project(path)
    with pytest.raises(BadInput, match="there is no such file"):
        read_project(tmp_path / "none.sqlite3")
    assert not (tmp_path / "none.sqlite3").exists()


def test_highlights_that_cannot_be_taken_are_counted(laid, tmp_path):
    path = written(laid.project, tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO highlights VALUES (900, 1, 0, 99999999, '')")
        connection.execute("INSERT INTO highlight_tags VALUES (900, 1)")
        connection.execute("INSERT INTO highlights VALUES (901, 1, 0, 4, '')")
        connection.execute("INSERT INTO projects VALUES (2, 'Other', '', '')")
    assert read_project(path).left == {
        "highlights without a tag, or outside of their text": 2,
        "other projects in the file": 1,
    }


def highlight(tag: str, content: str, document: str = "S1") -> dict[str, str]:
    return {"id": "1", "document": document, "tag": tag, "content": content}


def test_highlights_are_found_by_their_words_where_these_stand_once(laid):
    rows = [
        highlight("Ferries.Timetables", "asked about 😀 the e\u0301tat"),
        highlight("New", f"des ferries. שלום עולם — naïve? {GAP} Ann Ray 00:30 First line."),
        highlight("New", "line."),
        highlight("New", "never said"),
        highlight("New", "We asked", document="Interview with Kim"),
        highlight("", "We asked"),
        highlight("New", " "),
    ]  # fmt: skip
    fitted = fit_highlights(enumerate(rows, start=2), laid)
    starts = {one.utterance: one for listed in laid.words.values() for one in listed}
    text = laid.project.texts[0].text
    shown = [
        [text[starts[at.utterance_id].start :][at.start_char : at.end_char] for at in one.stretches]
        for one in fitted.codings
    ]
    assert sorted(shown) == [["asked about 😀 the e\u0301tat"], ["des ferries. שלום עולם — naïve?", "First line."]]
    assert sorted(one.why for one in fitted.unfit) == sorted(
        ["its words occur 2 times, and the table does not say which", OTHER_WORDS, OTHER_WORDS, NO_TEXT]
    )
    assert {code.name for code in fitted.codebook.codes} == {"Timetables", "New"}


def test_a_project_of_nothing_can_be_written(tmp_path):
    path = tmp_path / "x.sqlite3"
    assert write_project(CodedProject(title="Nothing"), path) == {}
    assert read_project(path).project.texts == ()


def test_writing_and_reading_leaves_no_other_file(laid):
    with tempfile.TemporaryDirectory() as folder:
        read_project(written(laid.project, Path(folder)))
        assert [one.name for one in Path(folder).iterdir()] == ["taguette.sqlite3"]
