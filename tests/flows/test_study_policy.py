"""Settings about protection are recorded when they change, and an incident when it is reported."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from flows.incidents import add_incident, list_incidents
from flows.settings import read_config
from flows.study import Study
from flows.study_policy import policy_digest, record_policy
from schemas.errors import MissingKey, UsageError
from schemas.ledger import EventKind
from tests.flows.conftest import Chatham, open_as

LONG_AGO = datetime(2026, 3, 5, 9, tzinfo=UTC)


def policies(study: Study) -> list[dict[str, object]]:
    return [entry.payload or {} for entry in study.ledger.entries() if entry.kind is EventKind.POLICY]


def with_setting(study: Study, before: str, after: str) -> Study:
    path = study.folder / "chatham.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    return open_as(study.folder, "pi")


def test_settings_are_recorded_once_and_again_when_they_change(study: Study) -> None:
    assert record_policy(study)
    assert not record_policy(study)
    changed = with_setting(study, "destroy_after_days = 7", "destroy_after_days = 14")
    assert record_policy(changed)
    first, second = policies(changed)
    assert first["digest"] != second["digest"] == policy_digest(read_config(study.folder))
    assert second["settings"]["destroy_after_days"] == 14  # type: ignore[index]
    assert [entry.form for entry in changed.ledger.entries() if entry.kind is EventKind.POLICY] == [None, None]


def test_a_name_that_may_stay_changes_the_digest_and_is_not_repeated(study: Study) -> None:
    record_policy(study)
    changed = with_setting(study, "[policy.public_figures]", '[policy.public_figures]\n"Ada Quill" = "a poet"\n')
    assert record_policy(changed)
    assert "Quill" not in json.dumps(policies(changed))
    assert policies(changed)[-1]["settings"]["public_figures"] == 1  # type: ignore[index]


def test_how_exactly_dates_are_said_is_recorded_and_phrases_are_counted(study: Study) -> None:
    record_policy(study)
    changed = with_setting(study, 'dates = "tag"', 'dates = "month"')
    assert record_policy(changed)
    changed = with_setting(study, "[policy.generalise]", '[policy.generalise]\n"the Larkhill fire" = "a blaze"\n')
    assert record_policy(changed)
    settings = policies(changed)[-1]["settings"]
    assert isinstance(settings, dict)
    assert (settings["dates"], settings["ages"], settings["generalise"]) == ("month", "tag", 1)
    assert "Larkhill" not in json.dumps(policies(changed))


def test_who_cannot_read_the_register_leaves_the_settings_to_the_next_run(study: Study) -> None:
    assert not record_policy(open_as(study.folder, "desk"))
    assert policies(study) == []


def test_an_incident_is_recorded_by_anybody_and_read_by_those_who_must_act(study: Study) -> None:
    desk = open_as(study.folder, "desk")
    index = add_incident(desk, " A laptop\nwas lost. ", at=LONG_AGO, participants=("P02", "P01"), session="S1")
    for user in ("pi", "ra", "board"):
        (one,) = list_incidents(open_as(study.folder, user))
        assert (one.entry, one.what, one.participants) == (index, "A laptop was lost.", ("P01", "P02"))
        assert (one.session, one.recorded_by, one.at) == ("S1", "desk", "2026-03-05T09:00:00+00:00")
    with pytest.raises(MissingKey, match=r"your role \(intake\) may not read"):
        list_incidents(desk)


@pytest.mark.parametrize("user", ["pi", "desk", "board"])
@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"what": " "}, "--what is empty"),
        ({"what": "x" * 2001}, "longer than 2000"),
        ({"at": datetime.now(UTC) + timedelta(days=1)}, "--at lies in the future"),
        ({"participants": ("P77",)}, "not in the roster"),
        ({"session": "S9"}, "a session that this study does not have"),
        ({"session": "../S1"}, "a session that this study does not have"),
    ],
)
def test_an_incident_that_cannot_be_is_refused(said: dict[str, object], message: str, user: str, study: Study) -> None:
    before = study.ledger.head()
    with pytest.raises(UsageError, match=message):
        add_incident(open_as(study.folder, user), **{"what": "Lost.", "at": LONG_AGO, **said})  # type: ignore[arg-type]
    assert study.ledger.head() == before


def test_incidents_are_reported_and_listed_at_the_command_line(study: Study, chatham: Chatham) -> None:
    assert "No incident" in chatham("incident", "list", study=study.folder).out
    words = (
        "incident",
        "add",
        "--what",
        "A laptop was lost.",
        "--at",
        "2026-03-05T09:00+13:00",
        "--participant",
        "P02",
    )
    assert "Recorded as entry" in chatham(*words, study=study.folder, user="desk").out
    assert "A laptop was lost. (P02); reported by desk" in chatham("incident", "list", study=study.folder).out
    (row,) = json.loads(chatham("incident", "list", "--json", study=study.folder).out)
    assert row["participants"] == ["P02"]
    said = chatham(*words[:4], "--at", "yesterday", study=study.folder)
    assert (said.code, "--at is no time with its zone" in said.err) == (2, True)
