"""Making a data set says what in it may still lead to somebody: passages that stand in public, and small groups."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.register import to_ledger_event
from flows import doctor, risks
from flows.audit.report import make as make_report
from flows.intake import NewSession, add_session
from flows.releases import releases
from flows.releasing import make_release
from flows.risks import groups_in, groups_told, passages_told
from flows.study import Study
from flows.users import add_user
from schemas.roster import Person
from tests.consent.making import change
from tests.flows.cascade import QUIET, cheaply, copy_of, find_few_names, make, run, vtt
from tests.flows.conftest import PASSPHRASE, Chatham, open_as
from tests.flows.handing import rows

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PEOPLE = {
    "P02": Person(participant="P02", full_name="Tobias Renwick", secret="", pseudonym="Sorrel"),
    "P03": Person(participant="P03", full_name="Aurélie Fontanel", secret="", pseudonym="Mirla"),
}
BOATS = "We counted eleven boats in the old harbour that winter."
SESSIONS = {
    "S1": (("P03", BOATS), ("P03", "Nothing of this was said anywhere else before.")),
    "S2": (("P02", "The ferry was late and nobody told the passengers."),),
}
PUBLIC = (
    ("P03", "As for us, we counted eleven boats in the old harbour."),
    ("P02", "The ferry was late and nobody told the passengers."),
)
"""P03 has a made-up name; P02 is named."""


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


def study_in(folder: Path, sessions: dict[str, tuple[tuple[str, str], ...]]) -> Study:
    study = make(folder, sessions, PEOPLE)
    (folder / "public.vtt").write_text(vtt(PUBLIC, PEOPLE))
    new = NewSession(
        "S9", "2026-03-05T09:00+13:00", transcript=folder / "public.vtt", public=("https://video.example/9",)
    )
    add_session(study, new, QUIET)
    run(study)
    return study


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with cheaply():
        yield study_in(tmp_path_factory.mktemp("risks"), SESSIONS)


@pytest.fixture
def study(made: Study, tmp_path: Path) -> Study:
    return copy_of(made, tmp_path)


def test_passages_that_stand_in_public_are_told_with_their_ids_in_the_data_set(study: Study) -> None:
    done = make_release(study, "paper-1", "analyse", QUIET)
    told = {one.utterance: (one.session, one.public) for one in done.passages}
    texts = dict(rows(done.folder / "release.duckdb", "SELECT utterance_id, text FROM utterances"))  # type: ignore[arg-type]
    assert {texts[utterance]: where for utterance, where in told.items()} == {  # type: ignore[index]
        BOATS: ("S1", ("S9",)),
        PUBLIC[0][1]: ("S9", ("S9",)),
    }, "the public session's own words too; nothing of P02, who is named"


def test_the_register_keeps_the_counts(study: Study) -> None:
    make_release(study, "paper-1", "analyse", QUIET)
    (entry,) = [e for e in study.ledger.entries() if (e.payload or {}).get("type") == "release"]
    assert entry.payload is not None
    assert entry.payload["risk"] == {"groups": {}, "public_passages": 2}
    assert releases([entry])[0].name == "paper-1"


def test_whoever_is_given_a_copy_is_not_told_where_to_look(study: Study) -> None:
    done = make_release(study, "paper-1", "analyse", QUIET)
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert not {"risk", "passages", "groups"} & set(manifest)


def test_the_command_says_it_in_words_and_lists_it_for_programs(study: Study, chatham: Chatham) -> None:
    said = chatham("release", "paper-1", "--purpose", "analyse", study=study.folder)
    assert "2 passages of people who are not named stand word for word in public recordings: quote them and" in said.out
    assert "Of people who are not named, nobody stands in a group of fewer than 5." in said.out
    listed = json.loads(chatham("release", "paper-2", "--purpose", "analyse", "--json").out)
    assert {(one["session"], *one["public"]) for one in listed["public_passages"]} == {("S1", "S9"), ("S9", "S9")}
    assert listed["small_groups"] == {}


def test_a_study_without_public_sessions_has_no_such_passages(study: Study, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make(tmp_path / "other", SESSIONS, PEOPLE)
    run(other)
    assert make_release(other, "paper-1", "analyse", QUIET).passages == ()


def test_small_groups_of_a_file_are_told(study: Study) -> None:
    assert groups_in(study.research) == {}
    assert groups_told({2: 1, 3: 2}) == "2 people stand in a group of 2; 6 people stand in groups of 3"
    assert passages_told(1).startswith("1 passage of somebody who is not named stands word for word")


# ---------------------------------------------------------------- the board's report


def leading(study: Study) -> list[dict[str, object]]:
    """What question 11 says of the data sets."""
    evidence = make_report(study, NOW).answers["q11"].evidence
    return [dict(row) for row in evidence if "data_set" in row]


def test_the_boards_report_tells_it_of_every_data_set_that_stands(study: Study) -> None:
    make_release(study, "paper-1", "analyse", QUIET)
    research, paper = leading(study)
    assert (research["data_set"], paper["data_set"]) == ("research.duckdb", "paper-1")
    for row in (research, paper):
        assert str(row["public_passages"]).startswith("2 passages of people who are not named stand word for word")
        assert row["small_groups"] == "nobody stands in a group of fewer than 5"
        assert row["two_labels"] == "nothing is left that nobody has looked at"


def test_an_ethics_officer_is_told_what_the_register_and_the_file_say(study: Study) -> None:
    make_release(study, "paper-1", "analyse", QUIET)
    add_user(study, "board", role="ethics", participant=None, passphrase=lambda: PASSPHRASE)
    research, paper = leading(open_as(study.folder, "board"))
    assert "only the team can see this" in str(research["public_passages"])
    assert research["small_groups"] == paper["small_groups"] == "nobody stands in a group of fewer than 5"
    assert str(paper["public_passages"]).startswith("2 passages")


def test_a_data_set_that_is_older_than_a_choice_is_not_counted(study: Study) -> None:
    make_release(study, "paper-1", "analyse", QUIET)
    study.record(to_ledger_event(change("P03", "2026-05-01T10:00+12:00", level="unnamed")))
    assert leading(study)[0]["public_passages"] == "older than today's choices: run first, then report again"


def test_the_doctor_tells_small_groups(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {one.what: one for one in doctor._sessions(study)}
    assert found["small groups"].state == "of people who are not named, nobody stands in a group of fewer than 5"
    monkeypatch.setattr(risks, "groups_in", lambda _: {1: 2})
    found = {one.what: one for one in doctor._sessions(study)}
    assert (found["small groups"].state, found["small groups"].ok) == (
        "of people who are not named, 2 people stand alone",
        False,
    )
