"""What stands beside a label rests on who else consented, also where they never speak: then a session is done again."""

from collections.abc import Iterator

import pytest

from flows import deciding
from flows.build import decisions_hold
from flows.published import PURPOSE
from flows.study import Study
from flows.worker import Worker
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.roster import Person
from tests.flows.cascade import QUIET, cheaply, copy_of, find_few_names, make, run, withdraw

ALIKE = {"tier": "core", "role_as": "a planner", "organisation_as": "a council"}
PEOPLE = {
    "P02": Person(participant="P02", full_name="Tobias Renwick", secret="", pseudonym="Sorrel", **ALIKE),
    "P03": Person(participant="P03", full_name="Aurélie Fontanel", secret="", pseudonym="Mirla", **ALIKE),
    "P04": Person(participant="P04", full_name="Ottoline Bracegirdle", secret="", pseudonym="Orvane", tier="else"),
}
SESSIONS = {
    "S1": (("P03", "We counted eleven boats that week."), ("P04", "The buses were full.")),
    "S2": (("P02", "The council never answered our letter."),),
    "S3": (("P04", "The buses were empty."),),
}
"""P02 and P03 are alike, and are in no session together; P04 is like nobody."""


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with cheaply():
        study = make(tmp_path_factory.mktemp("company"), SESSIONS, PEOPLE)
        run(study)
        yield study


@pytest.fixture
def study(made: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return copy_of(made, tmp_path_factory.mktemp("copy"))


def beside(study: Study, session: str, participant: str) -> list[str]:
    """What the session's own result says beside the label of somebody who speaks in it."""
    redacted = study.vault.session(session).latest(f"redacted-{PURPOSE}", RedactedSession)
    assert redacted is not None
    shown = [u.speaker for u in redacted.utterances if isinstance(u, DeidentifiedUtterance)]
    (mine,) = {one for one in shown if one.participant == participant}
    return [name for name in ALIKE if getattr(mine, name) is not None]


def test_attributes_that_nobody_shares_any_more_go_from_sessions_in_which_the_other_never_was(study: Study) -> None:
    assert beside(study, "S1", "P03") == list(ALIKE)
    withdraw(study, "P02", "erase")
    run(study)
    assert beside(study, "S1", "P03") == []


def test_sessions_in_which_nothing_is_shown_otherwise_are_not_redacted_again(study: Study) -> None:
    withdraw(study, "P02", "erase")
    assert set(run(study).remade) == {"S1", "S2"}
    withdraw(study, "P04", "erase")
    assert set(run(study).remade) == {"S1", "S3"}


def test_a_data_set_is_not_published_where_somebody_alike_left_meanwhile(study: Study) -> None:
    ready = run(study).ready
    worker = Worker(study, QUIET)
    assert decisions_hold(worker, ready, PURPOSE)
    withdraw(study, "P02", "erase")
    alone = [one for one in ready if one.state.intake.session.session == "S1"]
    assert not decisions_hold(worker, alone, PURPOSE)


def test_only_a_few_of_many_are_asked_for_what_they_allow(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    decide = deciding.decide_session

    def counted(register, session, people, purpose, **more):  # type: ignore[no-untyped-def]
        asked.extend(people)
        return decide(register, session, people, purpose, **more)

    monkeypatch.setattr(deciding, "decide_session", counted)
    worker = Worker(study, QUIET)
    for _ in range(2):
        deciding.company_of(worker, "S2", PURPOSE, {"P02"})
    assert sorted(asked) == ["P03"], "asked once, and nobody who is unlike"
