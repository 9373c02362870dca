"""Codings stay on the words that they were put on, whatever becomes of these, or are told to be lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import steps
from flows.coding import anchored
from flows.study import Study
from schemas.consent import Level
from schemas.speech import Attributed
from tests.flows import cascade
from tests.flows.cascade import destroy, make, run, withdraw
from tests.flows.coding.coded import PI, Said, again, book, change, code, coded, guid, in_data_set, lost, memo, texts
from vault.register import Scope

FERRY = Said("S1", "the ferry is late every winter morning", "Ferry/Late")
BOATS = Said("S1", "We counted eleven boats", "Counting")
OVER = Said("S1", "with me. | We counted", "Together")
TIMETABLE = Said("S1", "the ferry timetable", "Ferry", PI)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cascade.cheaply():
        made = make(tmp_path_factory.mktemp("coded"))
        run(made)
        yield made.folder


def test_codings_stand_in_the_data_set_on_the_words_that_were_coded(study: Study) -> None:
    taken = code(study, FERRY, BOATS, OVER, TIMETABLE, codebook=book("Ferry", "Ferry/Late", "Counting", "Together"))
    assert (taken.codes, taken.coders, taken.codings, taken.known) == (4, 2, 4, 0)
    run(again(study))
    assert in_data_set(study, "S1") == [
        ("Ferry", "the ferry timetable"),
        ("Late", "the ferry is late every winter morning"),
        ("Together", "with me."),
        ("Counting", "We counted eleven boats"),
        ("Together", "We counted"),
    ]
    assert texts(study, "SELECT count(DISTINCT coding_id) FROM codings") == [4]


def test_given_again_nothing_is_doubled(study: Study) -> None:
    code(study, FERRY, BOATS)
    taken = code(again(study), FERRY, BOATS)
    assert (taken.codes, taken.coders, taken.codings, taken.known) == (0, 0, 0, 2)
    assert len(coded(study, "S1")) == 2


def test_what_does_not_come_again_stays(study: Study) -> None:
    code(study, FERRY, BOATS, TIMETABLE)
    before = coded(study, "S1")
    code(again(study), FERRY)
    assert coded(study, "S1") == before


def test_a_data_set_is_built_anew_once_something_was_coded(study: Study) -> None:
    before = study.research.stat().st_mtime_ns
    run(again(study))
    assert study.research.stat().st_mtime_ns == before
    code(study, FERRY)
    run(again(study))
    assert study.research.stat().st_mtime_ns != before


def test_a_coding_on_a_name_is_on_what_stands_for_it_at_any_level(study: Study) -> None:
    code(study, Said("S1", "I told Aurélie about", "Telling"), Said("S1", "Tobias Renwick", "Who"))
    run(again(study))
    assert in_data_set(study, "S1") == [("Telling", "I told Mirla about"), ("Who", "Tobias Renwick")]
    change(study, "P02", Level.UNNAMED)
    run(again(study))
    assert in_data_set(study, "S1") == [("Telling", "I told Mirla about"), ("Who", "[PERSON]")]


def test_turns_told_anew_keep_their_codings(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    code(study, FERRY, BOATS, OVER)
    before = coded(study, "S1")
    renumber(monkeypatch)
    run(again(study))
    assert coded(study, "S1") == before
    assert lost(study, "S1") == []
    assert [words for _, words in in_data_set(study, "S1")] == [FERRY.words, "with me.", BOATS.words, "We counted"]


def renumber(patch: pytest.MonkeyPatch) -> None:
    """From now on turns are laid out under other numbers, and without what somebody says of boats."""
    patch.setattr(steps, "same_numbers", lambda turns, _before: shifted(turns))
    patch.setattr("flows.facts.code_digest", lambda room: f"another {room}")


def shifted(turns: Attributed) -> Attributed:
    moved = (turn.model_copy(update={"utterance": f"u{int(turn.utterance[1:]) + 7}"}) for turn in turns.utterances)
    return turns.model_copy(update={"utterances": tuple(moved)})


def test_a_crash_before_the_turns_are_stored_loses_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    code(study, FERRY, OVER)
    before = coded(study, "S1")
    real = anchored.SessionStore.put_stage

    def crash(self: object, stage: str, *rest: object) -> None:
        if stage == "attributed":
            raise KeyboardInterrupt
        real(self, stage, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        renumber(patch)
        patch.setattr(anchored.SessionStore, "put_stage", crash)
        with pytest.raises(KeyboardInterrupt):
            run(again(study))
    assert coded(study, "S1") == before, "on the turns as they were"
    renumber(monkeypatch)
    run(again(study))
    assert coded(study, "S1") == before


def test_with_somebodys_words_go_the_codings_on_them(study: Study) -> None:
    code(study, FERRY, BOATS, OVER, TIMETABLE)
    destroy(study, "P03", withdraw(study, "P03", "erase"))
    run(again(study))
    assert coded(study, "S1") == [("Late", FERRY.words), ("Together", "with me."), ("Ferry", TIMETABLE.words)]
    assert lost(study, "S1") == [True, False]
    assert ("Counting", BOATS.words) not in in_data_set(study, "S1")


def test_a_name_that_became_blocks_in_others_words_moves_no_coding(study: Study) -> None:
    code(study, Said("S1", "Thanks Maribel, the ferry", "Thanks"), FERRY)
    destroy(study, "P01", withdraw(study, "P01", "erase"))
    run(again(study))
    assert coded(study, "S1") == [("Thanks", "Thanks ███████, the ferry"), ("Late", FERRY.words)]
    assert lost(study, "S1") == []


def test_codings_stay_on_words_that_stay_de_identified(study: Study) -> None:
    code(study, TIMETABLE, Said("S1", "told Aurélie about the", "Telling"), FERRY)
    destroy(study, "P01", withdraw(study, "P01", "keep_deidentified"), Scope(keep=True))
    run(again(study))
    assert dict(coded(study, "S1"))["Ferry"] == TIMETABLE.words
    assert ("Ferry", "the ferry timetable") in in_data_set(study, "S1")
    assert ("Late", FERRY.words) in in_data_set(study, "S1")


def test_an_erasure_of_what_was_kept_takes_its_codings(study: Study) -> None:
    code(study, TIMETABLE, FERRY)
    destroy(study, "P01", withdraw(study, "P01", "keep_deidentified"), Scope(keep=True))
    run(again(study))
    desk = again(study)
    destroy(desk, "P01", withdraw(desk, "P01", "erase"))
    run(again(study))
    assert coded(study, "S1") == [("Late", FERRY.words)]


def test_erasing_twice_is_erasing_once(study: Study) -> None:
    code(study, BOATS, OVER)
    withdrawal = withdraw(study, "P03", "erase")
    destroy(study, "P03", withdrawal)
    once = (coded(study, "S1"), lost(study, "S1"))
    destroy(again(study), "P03", withdrawal)
    assert (coded(study, "S1"), lost(study, "S1")) == once


# ---------------------------------------------------------------- what coders write


def test_no_name_comes_in_with_what_coders_write(study: Study) -> None:
    written = book("Maribel's idea", memos=[memo("Ask tobias.renwick@example.org, or Aurélie Fontanel herself.")])
    taken = code(study, Said("S1", "the ferry timetable", "Maribel's idea"), codebook=written)
    assert taken.masked == 2
    held = study.vault.codebook.get()
    assert held.codebook.codes[0].name == "[PERSON]'s idea"
    assert held.codebook.memos[0].text == "Ask [CONTACT], or [PERSON] herself."
    run(again(study))
    assert texts(study, "SELECT name FROM codes") == ["[PERSON]'s idea"]


def test_words_quoted_in_a_memo_are_shown_as_long_as_they_are_shown_where_they_were_said(study: Study) -> None:
    note = memo("Compare “the ferry is late every winter morning”, as in May.")
    code(study, FERRY, codebook=book("Ferry/Late", memos=[note]))
    run(again(study))
    assert texts(study, "SELECT text FROM memos") == [note.text]
    withdraw(study, "P02", "erase")
    run(again(study))
    assert texts(study, "SELECT text FROM memos") == ["Compare “[withheld]”, as in May."]
    assert study.vault.codebook.get().codebook.memos[0].text == note.text


def test_words_quoted_in_a_memo_go_with_the_words(study: Study) -> None:
    note = memo("Compare “the ferry is late every winter morning”, as in May.")
    code(study, FERRY, codebook=book("Ferry/Late", memos=[note]))
    destroy(study, "P02", withdraw(study, "P02", "erase"))
    held = study.vault.codebook.get()
    assert held.codebook.memos[0].text == "Compare “███ █████ ██ ████ █████ ██████ ███████”, as in May."
    assert held.quoted == ()


def test_a_codebook_that_comes_back_with_less_shown_loses_nothing(study: Study) -> None:
    note = memo("Compare “the ferry is late every winter morning”, as in May.")
    code(study, FERRY, codebook=book("Ferry/Late", memos=[note]))
    back = book("Ferry/Late", memos=[memo("Compare “[withheld]”, as in May.")])
    code(again(study), FERRY, codebook=back)
    assert study.vault.codebook.get().codebook.memos[0].text == note.text
    code(again(study), FERRY, codebook=book("Ferry/Late", memos=[memo("Not as in May.")]))
    assert study.vault.codebook.get().codebook.memos[0].text == "Not as in May."


def test_a_coder_who_is_somebody_in_the_study_has_a_number_in_the_data_set(study: Study) -> None:
    code(study, FERRY._replace(coder="Maribel Quist"), codebook=book("Ferry/Late", coders=["Maribel Quist"]))
    run(again(study))
    assert texts(study, "SELECT name FROM coders") == ["Coder 1"]


def test_codes_are_known_again_by_name_under_their_parent(study: Study) -> None:
    code(study, FERRY, codebook=book("Ferry", "Ferry/Late"))
    other = book("Ferry", "Ferry/Late", "Late")
    codes = tuple(
        one.model_copy(update={"code": guid(f"x{one.code}"), "parent": one.parent and guid(f"x{one.parent}")})
        for one in other.codes
    )
    taken = code(again(study), codebook=other.model_copy(update={"codes": codes}))
    assert taken.codes == 1, "Late at the top is another code than Late under Ferry"
