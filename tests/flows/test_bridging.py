"""Bridges between two labels of one person: hidden for analysis, and refused in data sets to hand on until reviewed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent.register import to_ledger_event
from flows.bridging import ENTRY, bridge_id
from flows.releasing import COMMANDS, make_release
from flows.reviewing import list_bridges, review_bridge
from flows.run import unreviewed
from flows.study import Study
from schemas.deidentified import BridgeReview
from schemas.errors import CheckFailed, UsageError
from schemas.roster import Person
from tests.consent.making import change
from tests.flows.cascade import QUIET, cheaply, copy_of, destroy, find_few_names, make, run, withdraw
from tests.flows.conftest import Chatham
from tests.flows.handing import rows
from vault.sessions import Entry

PEOPLE = {
    "P02": Person(participant="P02", full_name="Tobias Renwick", secret="", pseudonym="Sorrel"),
    "P03": Person(participant="P03", full_name="Aurélie Fontanel", secret="", pseudonym="Mirla"),
}
SESSIONS = {
    "S1": (("P03", "We counted eleven boats that week."), ("P02", "I agree with Aurélie.")),
    "S2": (
        ("P02", "As Aurélie said last time, nobody counts the boats."),
        ("P03", "I told you in the first session that nobody counts."),
        ("P02", "Aurélie is right."),
    ),
}
"""P03 stands under a made-up name, and in S1 under her own."""
TEXTS = "SELECT text FROM utterances WHERE session_id = 'S2' ORDER BY start_s"
HIDDEN = [
    ("As [PERSON] said last time, nobody counts the boats.",),
    ("I told you in the [OTHER] that nobody counts.",),
    ("Mirla is right.",),
]


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with cheaply():
        study = make(tmp_path_factory.mktemp("bridging"), SESSIONS, PEOPLE)
        study.record(
            to_ledger_event(change("P03", "2026-03-20T10:00+13:00", reach="session:S1", level="named", applies="all"))
        )
        run(study)
        yield study


@pytest.fixture
def study(made: Study, tmp_path: Path) -> Study:
    return copy_of(made, tmp_path)


def texts(study: Study) -> list[tuple[object, ...]]:
    return rows(study.research, TEXTS)


def review_all(study: Study, *, accepted: bool) -> None:
    for one in list_bridges(study, QUIET):
        review_bridge(study, QUIET, one.id, accepted=accepted, reason="read with the session's host")


def test_what_joins_two_labels_is_hidden_for_analysis_until_somebody_has_looked(study: Study) -> None:
    assert texts(study) == HIDDEN
    assert unreviewed(study) == 2


def test_redactions_of_the_data_set_tell_what_was_hidden(study: Study) -> None:
    found = rows(
        study.research,
        "SELECT substring(text, start_char + 1, end_char - start_char), label, action"
        " FROM redactions JOIN utterances USING (utterance_id) WHERE session_id = 'S2' ORDER BY start_s",
    )
    assert found == [("[PERSON]", "PERSON", "masked"), ("[OTHER]", "OTHER", "masked"), ("Mirla", "PERSON", "replaced")]


def test_a_data_set_to_hand_on_is_refused_with_places_and_no_words(study: Study) -> None:
    with pytest.raises(CheckFailed, match=r"2 places join two labels of one person.*: S2 at 0:00, S2 at 0:10$") as no:
        make_release(study, "paper-1", "analyse", QUIET)
    assert "chatham release bridges --purpose analyse" in no.value.hint
    assert list(study.releases.iterdir()) == []
    assert not any(word in f"{no.value.message}{no.value.hint}" for word in ("Mirla", "Aurélie", "P03", "last time"))


def test_what_was_accepted_stands_and_what_was_hidden_stays_so(study: Study) -> None:
    mention, own = list_bridges(study, QUIET)
    review_bridge(study, QUIET, mention.id, accepted=True, reason="an idiom")
    review_bridge(study, QUIET, own.id, accepted=False, reason="leads to S1")
    made = make_release(study, "paper-1", "analyse", QUIET)
    wanted = [("As Mirla said last time, nobody counts the boats.",), *HIDDEN[1:]]
    assert rows(made.folder / "release.duckdb", TEXTS) == wanted
    run(study)
    assert texts(study) == wanted, "research.duckdb is built again"
    assert unreviewed(study) == 0


def test_without_a_new_decision_nothing_is_built_again(study: Study) -> None:
    before = study.research.stat().st_mtime_ns
    run(study)
    assert study.research.stat().st_mtime_ns == before


def test_a_decision_says_who_when_and_why_and_the_ones_before_it_stay(study: Study) -> None:
    (one, _) = list_bridges(study, QUIET)
    review_bridge(study, QUIET, one.id, accepted=True, reason="an idiom")
    now = review_bridge(study, QUIET, one.id, accepted=False, reason="no idiom after all")
    entries: list[Entry[BridgeReview]] = study.vault.session("S2").entries(ENTRY, BridgeReview)
    assert [(e.author, e.record.accepted, e.record.reason) for e in entries] == [
        ("pi", True, "an idiom"),
        ("pi", False, "no idiom after all"),
    ]
    assert now.review == entries[-1] and not now.stands


def test_ids_stay_over_builds_and_change_with_what_is_joined(study: Study) -> None:
    before = list_bridges(study, QUIET)
    run(study)
    assert [one.id for one in list_bridges(study, QUIET)] == [one.id for one in before]
    bridge, key = before[0].bridge, study.keyring.names_key
    assert bridge_id(key, bridge) == before[0].id
    for other in (bridge._replace(labels=("Mirla", "Participant")), bridge._replace(says="in march")):
        assert bridge_id(key, other) != before[0].id
    assert bridge_id(bytes(32), bridge) != before[0].id, "nobody without the study's key can tell what an id says"


def test_the_decisions_go_with_the_person(study: Study) -> None:
    review_all(study, accepted=True)
    destroy(study, "P03", withdraw(study, "P03", "erase"))
    assert study.vault.session("S2").entries(ENTRY, BridgeReview) == []


def test_decisions_on_words_that_are_gone_go_with_them(study: Study) -> None:
    review_all(study, accepted=True)
    destroy(study, "P02", withdraw(study, "P02", "erase"))
    (left,) = study.vault.session("S2").entries(ENTRY, BridgeReview)
    assert left.record.utterance == "u2", "of P03's own words"


@pytest.mark.parametrize(("bridge", "reason", "wrong"), [("0" * 12, "why", "no bridge"), (None, " \n", "--reason")])
def test_a_decision_on_nothing_or_without_a_reason_is_refused(
    study: Study, bridge: str | None, reason: str, wrong: str
) -> None:
    known = list_bridges(study, QUIET)[0].id
    with pytest.raises(UsageError, match=wrong):
        review_bridge(study, QUIET, bridge or known, accepted=True, reason=reason)
    assert study.vault.session("S2").entries(ENTRY, BridgeReview) == []


def test_a_purpose_that_is_none_is_refused(study: Study) -> None:
    with pytest.raises(UsageError, match="--purpose"):
        list_bridges(study, QUIET, "selling")


def test_another_purpose_has_its_own_bridges(study: Study) -> None:
    assert list_bridges(study, QUIET, "quote_practice") == [], "nobody said yes to being quoted"


def test_the_command_line_lists_accepts_and_hides(study: Study, chatham: Chatham) -> None:
    listed = chatham("release", "bridges", study=study.folder)
    assert listed.code == 0
    assert "S2 at 0:00, where others name them: nobody has looked at it" in listed.out
    assert "S2 at 0:10, their own words" in listed.out
    first, second = json.loads(chatham("release", "bridges", "--json").out)
    assert set(first) == {"id", "session", "start_s", "own_words", "decision", "by", "at", "reason"}
    done = chatham("release", "accept-bridge", first["id"], "--reason", "an idiom")
    assert (done.code, "stands, said pi on" in done.out) == (0, True)
    done = chatham("release", "hide-bridge", second["id"], "--reason", "leads to S1", "--json")
    assert json.loads(done.out)["decision"] == "hidden"
    assert chatham("release", "paper-1", "--purpose", "analyse").code == 0


def test_an_unreviewed_bridge_ends_the_command_with_one(study: Study, chatham: Chatham) -> None:
    said = chatham("release", "paper-1", "--purpose", "analyse", study=study.folder)
    assert said.code == 1
    assert "S2 at 0:00" in said.err


def test_the_commands_names_are_no_names_of_data_sets() -> None:
    assert {"bridges", "accept-bridge", "hide-bridge"} <= COMMANDS
