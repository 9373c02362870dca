"""A data set as texts with codings: what stands in the texts, and that places are carried both ways."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.coding import Stretch
from schemas.deidentified import WithheldReason
from schemas.errors import BadInput
from tests.warehouse.exchange.projects import (
    BOOK,
    TEXTS,
    WORDS,
    data,
    example,
    made,
    placed,
    rows,
)
from tests.warehouse.samples import gap, said, session
from warehouse.exchange.carrying import words_of
from warehouse.exchange.layout import lay_out, project_of
from warehouse.exchange.wording import WHY, clock, distinct, heading, is_ours, plain
from warehouse.exchange.wording import gap as gap_line
from warehouse.exchange.wording import said as as_written


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example(tmp_path_factory.mktemp("data"))


def test_each_session_is_a_text_of_headings_words_and_gaps(path):
    first, second = project_of(path).texts
    assert (first.name, second.name) == ("S1", "S2")
    assert first.text.split("\n\n") == [
        f"Rowan Ashdown 00:10\n{WORDS}",
        "[Not shown, 8 s: the speaker chose that these words are not used]",
        "Ann Ray 00:30\nFirst line. \nSecond line.",
    ]
    assert second.text.startswith("Participant 00:10\nWe asked again.\n\nAnn Ray 1:01:40\n")


def test_codes_coders_and_notes_come_as_they_stand(path):
    book = project_of(path).codebook
    assert (set(book.codes), set(book.coders)) == (set(BOOK.codes), set(BOOK.coders))
    assert {(one.about, one.title) for one in book.memos} == {
        ("study", "Plan"), ("session", ""), ("code", ""), ("coding", "Why")
    }  # fmt: skip
    on = next(one.on for one in book.memos if one.about == "coding")
    assert on in {one.guid for one in project_of(path).codings}


def test_cases_have_what_their_level_allows_and_the_turns_they_say(path):
    project = project_of(path)
    cases = {case.name: case for case in project.cases}
    texts = {text.guid: text.text for text in project.texts}
    assert cases["Participant"].variables == {"level": "unnamed"}
    assert cases["Ann Ray"].variables["tier"] == "core"
    assert [texts[one.text][one.start : one.end] for one in cases["Ann Ray"].stretches] == [
        "First line. \nSecond line.",
        WORDS,
    ]


def test_a_coding_that_goes_over_turns_is_one_stretch_and_one_with_words_between_is_two(path):
    project = project_of(path)
    texts = {text.guid: text.text for text in project.texts}
    words = [texts[one.stretch.text][one.stretch.start : one.stretch.end] for one in project.codings]
    assert sum("[Not shown" in one for one in words) == 1
    assert {"We asked", "Second"} <= set(words)
    assert len(words) == 6


def test_the_same_data_set_gives_the_same_guids_and_another_others(path, tmp_path):
    once, again = project_of(path), project_of(example(tmp_path))
    assert once == again
    other = project_of(made(tmp_path, [session("S1", said(1, "Other words."))], ()))
    assert {text.guid for text in once.texts}.isdisjoint(text.guid for text in other.texts)


@given(data())
def test_every_place_of_an_utterance_is_found_again_in_its_text(given_data):
    sessions, codings = given_data
    with tempfile.TemporaryDirectory() as folder:
        path = made(Path(folder), sessions, codings)
        laid = lay_out(path)
        texts = {text.guid: text.text for text in laid.project.texts}
        stored = dict(rows(path, "SELECT utterance_id, text FROM utterances WHERE text <> ''"))
        for text, words in laid.words.items():
            for one in words:
                shown = texts[text][one.start : one.end]
                assert shown == as_written(stored.pop(one.utterance))
                [back] = laid.utterances(Stretch(text=text, start=one.start, end=one.end))
                assert (back.utterance_id, back.start_char, back.end_char) == (one.utterance, 0, len(shown))
        assert stored == {}
        found = {}
        for one in laid.project.codings:
            stretches = laid.utterances(one.stretch)
            found.setdefault(laid.parts[one.guid], []).extend(
                (part.utterance_id, part.start_char, part.end_char) for part in stretches
            )
        assert {known_by: sorted(places) for known_by, places in found.items()} == placed(path)


@given(TEXTS)
def test_a_plain_text_has_as_many_codepoints_and_nothing_that_a_program_cannot_hold(text):
    found = plain(text)
    assert len(found) == len(text)
    assert not set(found) & set("\r\x00\x85\ufeff\uffff")
    found.encode()


@given(st.lists(st.sampled_from(("\n", " ", "\r\n", "\x00", "No 00:09", "yes")), max_size=9).map("".join))
def test_what_somebody_says_is_never_taken_for_a_heading(text):
    shown = as_written(text)
    assert len(shown) == len(text)
    assert shown.split() == plain(text).split()
    first = heading("Ann", 3)
    listed = words_of(f"{first}\n{shown}\n\n{heading('Ben', 9)}\nYes.")
    assert [word.text for word in listed if word.ours] == ["Ann", "00:03", "Ben", "00:09"]


def test_a_stretch_of_headings_and_gaps_lies_on_no_words(path):
    laid = lay_out(path)
    text = laid.project.texts[0]
    assert laid.utterances(Stretch(text=text.guid, start=0, end=20)) == ()
    gap_at = text.text.index("[Not shown")
    assert laid.utterances(Stretch(text=text.guid, start=gap_at, end=gap_at + 60)) == ()


@pytest.mark.parametrize("reason", WithheldReason)
def test_every_reason_is_told_in_words(reason):
    assert is_ours(gap_line(reason, 0, 125))
    assert gap_line(reason, 0, 125) == f"[Not shown, 2 min 5 s: {WHY[reason]}]"


def test_times_are_minutes_and_seconds_and_hours_where_there_are_any():
    assert [clock(at) for at in (0, 59.9, 60, 3599, 3600, 36061)] == [
        "00:00", "00:59", "01:00", "59:59", "1:00:00", "10:01:01"
    ]  # fmt: skip
    assert is_ours(heading("Ann\nRay", 3600)) and not is_ours("We meet at 12:30 then.")


def test_equal_names_are_numbered_and_none_is_used_twice():
    assert distinct(["a", "a", "a (2)", "b"], ["b"]) == ["a", "a (2)", "a (2) (2)", "b (2)"]


def test_a_session_in_which_nothing_is_shown_is_a_text_of_gaps(tmp_path):
    [text] = project_of(made(tmp_path, [session("S1", gap(1), gap(2))], ())).texts
    assert text.text.count("[Not shown") == 2


def test_a_data_set_that_is_not_there_is_told(tmp_path):
    with pytest.raises(BadInput, match=r"nothing\.duckdb is not there"):
        project_of(tmp_path / "nothing.duckdb")
