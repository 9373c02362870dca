"""Copies of data sets and outputs: who has what, asking for it back, and letters that name nobody."""

import json
import shutil
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from consent.register import to_ledger_event
from flows.doctor import examine
from flows.handing_on import (
    NewOutput,
    add_output,
    answer,
    end_output,
    handed_on,
    list_outputs,
    open_tasks,
    present,
    recall,
    send,
)
from flows.releases import WHYS, affected
from flows.reports.html import to_html
from flows.reports.letters import PURPOSES as IN_WORDS
from flows.reports.letters import Recall, recall_letter
from flows.reports.pdf import to_pdf
from flows.settings import StudyContact, utc_now
from flows.stopping import record_and_stop
from flows.study import Study
from flows.users import add_user
from schemas.errors import BadInput, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent
from schemas.purposes import PURPOSES
from tests.consent.making import withdraw
from tests.flows.conftest import NAMES, PASSPHRASE, Chatham, open_as
from tests.flows.handing import copy_run, made, next_run

PARTNER = "The Okonjo Institute"


@pytest.fixture(scope="module")
def ran(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study with its session run."""
    return copy_run(template, tmp_path_factory.mktemp("ran") / "study")


@pytest.fixture
def study(ran: Path, tmp_path: Path) -> Study:
    """A copy of it that a test may change, opened as its investigator."""
    shutil.copytree(ran, tmp_path / "study")
    return open_as(tmp_path / "study", "pi")


@pytest.fixture
def given(study: Study) -> str:
    """A data set of which a partner was given a copy; gives the copy's id."""
    made(study)
    return send(study, "paper-1", PARTNER, "data@okonjo.example")


def stop(study: Study) -> None:
    event = withdraw("P01", utc_now().isoformat(timespec="seconds"), "erase")
    before = study.register()
    names = affected(study, before, before.with_events([event]), {"P01"})
    record_and_stop(study, [to_ledger_event(event)], "withdrawal", releases=names)


# ---------------------------------------------------------------- copies


def test_whoever_was_given_a_copy_stands_in_the_register_before_they_have_it(study: Study, given: str) -> None:
    (copy,) = handed_on(study)[1]
    assert (copy.id, copy.release, copy.to, copy.contact, copy.by) == (
        given, "paper-1", PARTNER, "data@okonjo.example", "pi",
    )  # fmt: skip


def test_an_ended_data_set_is_not_handed_on(study: Study, given: str) -> None:
    stop(study)
    with pytest.raises(UsageError, match="has ended and may not be handed on"):
        send(study, "paper-1", PARTNER)
    assert len(handed_on(study)[1]) == 1


@pytest.mark.parametrize("who", ["", "  \t", "x" * 201, "a\x00b"])
def test_a_copy_is_somebodys(study: Study, given: str, who: str) -> None:
    with pytest.raises(UsageError, match="--to is empty, longer than 200 characters, or no plain text"):
        send(study, "paper-1", who)


def test_what_the_register_does_not_hold_is_not_handed_on(
    study: Study, given: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> list[int]:
        raise OSError(28, "no space left")

    monkeypatch.setattr(Study, "append", fail)
    with pytest.raises(OSError, match="no space"):
        recall(study, "paper-1", tmp_path / "letters")
    assert list((tmp_path / "letters").iterdir()) == []


# ---------------------------------------------------------------- recalls


def test_a_recall_writes_a_letter_for_each_copy_and_names_no_participant(
    study: Study, given: str, tmp_path: Path
) -> None:
    other = send(study, "paper-1", "An archive")
    stop(study)
    done = recall(study, "paper-1", tmp_path / "letters")
    names = {f"recall-{copy}.{kind}" for copy in (given, other) for kind in ("html", "pdf")}
    assert {path.name for path in done.files} == {path.name for path in (tmp_path / "letters").iterdir()} == names
    page = (tmp_path / "letters" / f"recall-{given}.html").read_text(encoding="utf-8")
    assert PARTNER in page
    assert "nobody may use it any longer" in page
    assert handed_on(study)[0][0].sha256 in page
    assert not any(said in page for said in (*NAMES.values(), *NAMES, "Maribel", "withdr"))
    assert (tmp_path / "letters" / f"recall-{given}.pdf").read_bytes().startswith(b"%PDF")


def test_a_recall_names_the_data_set_that_stands_in_its_place(study: Study, given: str, tmp_path: Path) -> None:
    stop(study)
    page = tmp_path / f"recall-{given}.html"
    recall(study, "paper-1", tmp_path)
    assert "A new data set takes its place as soon as it is made" in page.read_text(encoding="utf-8")
    next_run(study)
    recall(study, "paper-1", tmp_path)
    assert "The data set <strong>paper-1.2</strong> takes its place" in page.read_text(encoding="utf-8")


def test_a_recall_is_recorded_and_keeps_its_first_day(study: Study, given: str, tmp_path: Path) -> None:
    recall(study, "paper-1", tmp_path)
    first = handed_on(study)[1][0].recalled_at
    recall(study, "paper-1", tmp_path)
    assert first is not None
    assert handed_on(study)[1][0].recalled_at == first


def test_whoever_has_answered_gets_no_letter_and_whoever_was_silent_gets_another(
    study: Study, given: str, tmp_path: Path
) -> None:
    other = send(study, "paper-1", "An archive")
    answer(study, given, "destroyed")
    answer(study, other, "no_answer", "three letters, no word")
    assert [copy.id for copy in recall(study, "paper-1", tmp_path / "letters").copies] == [other]
    answer(study, other, "refused")
    assert recall(study, "paper-1", tmp_path / "more").copies == ()
    assert not (tmp_path / "more").exists()


def test_a_letter_that_cannot_be_written_is_told(study: Study, given: str, tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("a file")
    size = study.ledger.head()
    with pytest.raises(BadInput, match="cannot be made there"):
        recall(study, "paper-1", tmp_path / "letters")
    assert study.ledger.head() == size


def facts(**more: object) -> Recall:
    said = {
        "title": "Ferries", "to": "A partner", "id": "0a1b2c3d", "release": "paper-1", "purpose": "analyse",
        "files": {"release.duckdb": "9f" * 32}, "sent_on": date(2026, 5, 4), "made_on": date(2026, 5, 2),
        "why": "withdrawal", "successor": None, "today": date(2026, 11, 22), "answer_by": date(2026, 12, 6),
        "contact": StudyContact(),
    }  # fmt: skip
    return Recall(**(said | more))  # type: ignore[arg-type]


def test_a_letter_says_what_by_when_and_how_to_answer() -> None:
    page = to_html(recall_letter(facts(contact=StudyContact("Research office", "", "ferries@example.org"))))
    for said in ("6 December 2026", "9f" * 32, "0a1b2c3d", "4 May 2026", "Research office, ferries@example.org"):
        assert said in page
    assert "Answer to whoever sent you this letter" in to_html(recall_letter(facts()))


def test_a_letter_names_every_file_by_its_digest() -> None:
    files = {"csv/utterances.csv": "ab" * 32, "csv/speakers.csv": "cd" * 32}
    page = to_html(recall_letter(facts(files=files)))
    for said in [part for pair in files.items() for part in pair]:
        assert said in page


def test_a_letter_for_a_data_set_that_stands_does_not_say_that_anybody_changed_their_mind() -> None:
    page = to_html(recall_letter(facts(why=None)))
    assert "nobody may use it any longer" not in page
    assert "Nothing takes its place." in page


@pytest.mark.parametrize("why", WHYS)
def test_a_letter_says_why_in_words_that_point_at_nobody(why: str) -> None:
    page = to_html(recall_letter(facts(why=why)))
    assert ("nobody may use it any longer" in page) == (why != "lost")
    assert ("decide otherwise at any time" in page) == (why in ("withdrawal", "change", "mark"))
    assert "A new data set takes its place as soon as it is made" in page


def test_a_letter_shows_whatever_the_partner_is_called_and_no_more() -> None:
    page = to_html(recall_letter(facts(to="**Bold** & [Sons](https://x.example) <script>")))
    assert "<strong>**Bold** &amp; [Sons](https://x.example) &lt;script&gt;</strong>" in page
    assert to_pdf(recall_letter(facts(to="Ōtākou ☃ Institute"))).startswith(b"%PDF")


def test_every_purpose_is_said_in_words() -> None:
    assert set(IN_WORDS) == set(PURPOSES)


# ---------------------------------------------------------------- outputs and what is to be done


def test_an_output_is_kept_with_its_owner_and_what_became_of_it(study: Study) -> None:
    one = add_output(study, NewOutput("Ferries at work", "paper", owner="The PI", participants=["P01"]))
    assert end_output(study, one, "edited", "one quotation taken out").take_down is not None
    (kept,) = list_outputs(study)
    assert (kept.title, kept.owner, kept.participants) == ("Ferries at work", "The PI", ("P01",))
    assert kept.take_down is not None
    assert (kept.take_down.result, kept.take_down.note) == ("edited", "one quotation taken out")


def test_the_owner_is_whoever_records_it_and_the_day_is_today_where_nothing_is_said(study: Study) -> None:
    add_output(study, NewOutput("Ferries", "post"))
    (kept,) = list_outputs(study)
    assert kept.owner == "pi"
    assert abs(kept.published_on - utc_now().date()) <= timedelta(days=1)


def test_after_a_withdrawal_the_doctor_says_what_is_to_be_taken_back_and_by_when(study: Study, given: str) -> None:
    one = add_output(study, NewOutput("Ferries", "paper", releases=["paper-1"]))
    assert open_tasks(study) == []
    stop(study)
    day = f"{utc_now() + timedelta(days=study.config.take_down_days):%Y-%m-%d}"
    found = [one.state for one in examine(study.folder, lambda: study) if one.what == "to be taken back"]
    assert found == [
        f"have copy {given} of data set paper-1 destroyed, for P01; pi does it, by {day}",
        f"take down or edit the paper {one}, for P01; pi does it, by {day}",
    ]
    answer(study, given, "destroyed")
    end_output(study, one, "removed")
    assert [one for one in examine(study.folder, lambda: study) if one.what == "to be taken back"] == []


def test_somebody_is_in_a_session_who_speaks_or_is_named_there_and_who_was_until_erased(study: Study) -> None:
    made(study)
    there = present(study, [])
    assert there is not None
    assert (there("P01", "S1"), there("P02", "S1"), there("P03", "S1")) == (True, True, False)
    assert there("P03", "S404"), "of a session that was not run nobody can tell"
    name = study.vault.session("S1").name
    erased = {"type": "erasure", "participant": "P03", "stores": [{"store": name, "items": 2}]}
    study.record(LedgerEvent(kind=EventKind.ERASE, payload=erased))
    again = present(study, study.ledger.entries())
    assert again is not None
    assert again("P03", "S1")
    assert present(open_as(study.folder, "board"), []) is None


# ---------------------------------------------------------------- who may, and the commands


@pytest.mark.parametrize("doing", ["send", "recall", "answer", "add", "end"])
def test_a_machine_hands_nothing_on(study: Study, given: str, doing: str, tmp_path: Path) -> None:
    add_user(study, "cron", role="assistant", participant=None, service=True, passphrase=lambda: PASSPHRASE)
    cron, size = open_as(study.folder, "cron"), study.ledger.head()
    doings: dict[str, Callable[[], object]] = {
        "send": lambda: send(cron, "paper-1", "x"),
        "recall": lambda: recall(cron, "paper-1", tmp_path),
        "answer": lambda: answer(cron, given, "destroyed"),
        "add": lambda: add_output(cron, NewOutput("Ferries", "talk")),
        "end": lambda: end_output(cron, "x", "removed"),
    }
    with pytest.raises(MissingKey, match="a service user never"):
        doings[doing]()
    assert study.ledger.head() == size


def test_from_the_copy_to_the_answer_by_commands(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    made(study)
    folder = study.folder
    said = chatham("release", "sent", "paper-1", "--to", PARTNER, "--json", study=folder)
    copy = json.loads(said.out)["copy"]
    said = chatham("release", "recall", "paper-1", "--out", tmp_path / "letters", study=folder)
    assert f"Copy {copy}: {PARTNER}" in said.out
    assert "asked back on" in chatham("release", "list", study=folder).out
    said = chatham("release", "answer", copy, "--answer", "destroyed", "--note", "shredded", study=folder)
    assert said.out == f"Copy {copy} of paper-1: destroyed. Recorded.\n"
    (listed,) = json.loads(chatham("release", "list", "--json", study=folder).out)
    assert (listed["name"], listed["stands"], listed["copies"][0]["answer"]) == ("paper-1", True, "destroyed")
    said = chatham("release", "recall", "paper-1", study=folder)
    assert "no letter to write" in said.out


def test_outputs_by_commands(study: Study, chatham: Chatham) -> None:
    folder = study.folder
    words = ("--title", "Ferries at work", "--medium", "paper", "--participant", "P01", "--published", "2026-05-01")
    said = chatham("output", "add", *words, "--json", study=folder)
    assert said.code == 0, said.err
    output = json.loads(said.out)["output"]
    stop(study)
    listed = chatham("output", "list", study=folder).out
    assert f"{output}  paper: Ferries at work (2026-05-01); owner: pi; stands" in listed
    assert "open  take down or edit the paper" in listed
    said = chatham("output", "done", output, "--result", "cannot", "--note", "printed", study=folder)
    assert f"Output {output}: cannot be taken down on {datetime.now():%Y}" in said.out
    assert json.loads(chatham("output", "list", "--json", study=folder).out)["tasks"] == []
