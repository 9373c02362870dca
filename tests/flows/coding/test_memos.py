"""What coders write keeps neither names nor words that are destroyed, and shows neither that are not shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.coding.exporting import export_codings
from flows.coding.importing import import_codings
from flows.intake import NewSession, add_session
from flows.study import Study
from schemas.consent import Level
from schemas.roster import Contact, Person
from tests.flows import cascade
from tests.flows.cascade import PEOPLE, QUIET, destroy, make, run, vtt, withdraw
from tests.flows.coding.coded import Said, again, book, change, code, coded, memo, texts
from vault.register import Scope

SESSIONS = {
    "S1": (
        ("P01", "As the Ferry Commissioner of Quellmere I have to answer letters every day."),
        ("P02", "We should all stop the work on the pier now."),
        ("P03", "We should all stop the work on the pier now."),
        ("P04", "The gulls took every single sandwich from the deck, Maribel."),
    ),
    "S2": (("P02", "The council never answered our letter."), ("P03", "Tobias asked them twice about it.")),
}
GULLS = Said("S1", "The gulls took every single sandwich", "Gulls")
TAKEN = "They wrote: the gulls took every single sandwich!"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cascade.cheaply():
        made = make(tmp_path_factory.mktemp("memos"), SESSIONS)
        run(made)
        yield made.folder


def write(study: Study, text: str) -> None:
    code(study, GULLS, codebook=book("Gulls", memos=[memo(text)]))
    run(again(study))


def held(study: Study) -> str:
    """The one memo, as the vault has it."""
    [one] = again(study).vault.codebook.get().codebook.memos
    return one.text


def shown(study: Study) -> str:
    [text] = texts(study, "SELECT text FROM memos")
    return text


def erase(study: Study, participant: str, *, keep: bool = False) -> None:
    desk = again(study)
    index = withdraw(desk, participant, "keep_deidentified" if keep else "erase")
    run(again(study))
    destroy(again(study), participant, index, Scope(keep=keep))
    run(again(study))


def test_a_file_from_before_brings_back_no_destroyed_words(study: Study, tmp_path: Path) -> None:
    write(study, TAKEN)
    export_codings(again(study), tmp_path / "june.qdpx")
    erase(study, "P04")
    gone = "They wrote: ███ █████ ████ █████ ██████ ████████!"
    assert held(study) == shown(study) == gone
    found = import_codings(again(study), tmp_path / "june.qdpx", QUIET)
    assert (found.taken.memos, found.taken.changed) == (0, 0)
    run(again(study))
    assert held(study) == shown(study) == gone


def test_the_same_file_again_brings_back_no_name(study: Study) -> None:
    note = "Tobias Renwick was annoyed that day."
    write(study, note)
    assert held(study) == "[PERSON] was annoyed that day."
    erase(study, "P02")
    write(study, note)
    assert held(study) == shown(study) == "[PERSON] was annoyed that day."


def test_a_coder_who_takes_part_is_never_named(study: Study) -> None:
    by = book("Gulls", coders=["Tobias Renwick"])
    code(study, GULLS._replace(coder="Tobias Renwick"), codebook=by)
    run(again(study))
    assert texts(study, "SELECT name FROM coders") == ["Coder 1"]
    erase(study, "P02")
    assert texts(study, "SELECT name FROM coders") == ["Coder 1"]
    assert [one.name for one in again(study).vault.codebook.get().codebook.coders] == ["Coder 1"]


def test_words_are_quoted_as_a_data_set_shows_them(study: Study) -> None:
    change(study, "P01", Level.PSEUDONYM)
    run(again(study))
    [said] = texts(study, "SELECT text FROM utterances WHERE session_id = 'S1' ORDER BY position LIMIT 1")
    assert "Quellmere" not in said
    write(study, f"“{said}” is telling.")
    assert said in shown(study)
    erase(study, "P01")
    assert "answer letters every day" not in held(study) + shown(study)


def test_whose_words_they_are_is_asked_when_they_are_destroyed(study: Study) -> None:
    """A quotation lies on a turn; who says that may be known better later."""
    write(study, TAKEN)
    quotes = again(study).vault.codebook.get().quoted
    assert {(one.session, one.utterance) for one in quotes} == {("S1", "u4")}
    assert "participant" not in type(quotes[0]).model_fields
    erase(study, "P04")
    assert "gulls" not in held(study)


def test_words_that_two_people_say_stand_until_both_are_gone(study: Study) -> None:
    note = "Twice: we should all stop the work on the pier now"
    write(study, note)
    erase(study, "P02")
    assert held(study) == shown(study) == note
    erase(study, "P03")
    assert held(study) == shown(study) == "Twice: ██ ██████ ███ ████ ███ ████ ██ ███ ████ ███"


def test_words_that_are_heard_after_they_were_written_down_are_known_too(study: Study, tmp_path: Path) -> None:
    note = "From my notes: nobody ever asked the lighthouse keeper about it."
    write(study, note)
    turns = [("P04", "Well, nobody ever asked the lighthouse keeper about it.")]
    (tmp_path / "s3.vtt").write_text(vtt(turns, PEOPLE))
    add_session(again(study), NewSession("S3", "2026-03-04T09:00+13:00", transcript=tmp_path / "s3.vtt"), QUIET)
    run(again(study))
    assert shown(study) == note
    withdraw(again(study), "P04", "erase")
    run(again(study))
    assert shown(study) == "From my notes: [withheld]."


def test_somebody_who_joined_later_leaves_no_part_of_their_name(study: Study) -> None:
    notes = [memo("Petronella says no; petronella vasquez repeats it. Ms Vasquez left.")]
    code(study, GULLS, codebook=book("Gulls", "Petronella's view", memos=notes))
    desk = again(study)
    people = [Person(participant="P05", full_name="Petronella Vasquez", secret="")]
    desk.vault.roster.import_people(people, [Contact(participant="P05")])
    run(again(study))
    erase(study, "P05")
    assert held(study) == shown(study) == "[PERSON] says no; [PERSON] repeats it. Ms [PERSON] left."
    assert "[PERSON]'s view" in texts(study, "SELECT name FROM codes")


def test_of_words_that_stay_de_identified_no_verbatim_quotation_stays(study: Study) -> None:
    write(study, "“As the Ferry Commissioner of Quellmere I have to answer letters every day.”")
    erase(study, "P01", keep=True)
    assert "Quellmere" not in held(study) + shown(study)
    assert "Commissioner" not in held(study) + shown(study)


def test_other_peoples_words_stay_where_somebody_they_name_is_erased(study: Study) -> None:
    note = "“The gulls took every single sandwich from the deck, Maribel.”"
    write(study, note)
    erase(study, "P01")
    assert "gulls took every single sandwich" in held(study)


# ---------------------------------------------------------------- codes and codings that come back


def test_what_is_shown_in_part_is_not_doubled(study: Study, tmp_path: Path) -> None:
    over = Said("S1", "on the pier now. | We should all", "Stop")
    code(study, over, Said("S1", "took every single", "Gulls"), GULLS._replace(words="deck, Maribel."))
    withdraw(again(study), "P03", "erase")
    run(again(study))
    export_codings(again(study), tmp_path / "out.qdpx")
    before = coded(again(study), "S1")
    found = import_codings(again(study), tmp_path / "out.qdpx", QUIET)
    assert (found.taken.codings, found.taken.known) == (0, 3)
    assert coded(again(study), "S1") == before


def test_codes_whose_names_are_masked_are_not_one_code(study: Study) -> None:
    code(study, GULLS._replace(code="Maribel Quist"))
    code(again(study), GULLS._replace(code="Tobias Renwick"))
    names = [one.name for one in again(study).vault.codebook.get().codebook.codes]
    assert names == ["[PERSON]", "[PERSON]"]


def test_what_is_called_otherwise_outside_is_told(study: Study) -> None:
    code(study, GULLS)
    renamed = book("Gulls")
    renamed = renamed.model_copy(update={"codes": (renamed.codes[0].model_copy(update={"name": "Birds"}),)})
    assert code(again(study), codebook=renamed).changed == 1
    assert [one.name for one in again(study).vault.codebook.get().codebook.codes] == ["Birds"]


def test_what_is_masked_here_stays_as_it_is_and_that_is_told(study: Study) -> None:
    code(study, GULLS, codebook=book("Gulls", memos=[memo("Ask Maribel about it.")]))
    other = book("Gulls", memos=[memo("Do not ask her about it.")])
    taken = code(again(study), codebook=other)
    assert (taken.changed, taken.left_alone) == (0, 1)
    assert held(study) == "Ask [PERSON] about it."
