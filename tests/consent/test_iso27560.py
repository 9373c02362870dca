"""The export says everything that was recorded, under the technical specification's names, and is plain JSON."""

import json
from datetime import UTC, datetime

from consent.iso27560 import SCHEMA, consent_records
from schemas.consent import ConsentKind, Permission
from tests.consent.making import Destroyed, Entry, change, consent, form, register_of, session, withdraw

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEPT = {
    "controller": "Calder University",
    "controller_email": "ethics@calder.example",
    "jurisdiction": "CA-BC",
    "withdrawal_method": "Tell any member of the team.",
}
FORM = form(iso27560=KEPT, retention="until 2032-12-31", withdraw_until="2027-06-30", approval_expires=("2027-01-31",))
ENTRIES: list[Entry] = [
    FORM,
    session("march", "2026-03-04T09:00-08:00"),
    consent("P01", "2026-03-01T09:00-08:00", "pseudonym", quote_research="yes"),
    consent("P02", "2026-03-02T09:00-08:00"),
    change("P01", "2026-03-05T09:00-08:00", level_practice="named"),
    withdraw("P01", "2026-03-06T09:00-08:00", "erase"),
    consent("P02", "2026-03-07T09:00-08:00", given_by="community:Elders"),
    Destroyed(5),
]


def exported() -> dict[str, object]:
    made = consent_records(register_of(ENTRIES), title="A study", approvals=["H26-1"], made_at=NOW)
    return json.loads(json.dumps(made))


def test_everybody_who_was_asked_has_one_record_with_the_three_sections():
    made = exported()
    assert made["schema"] == SCHEMA
    assert [one["record_header"]["pii_principal_id"] for one in made["records"]] == ["P01", "P02"]
    for record in made["records"]:
        assert set(record) >= {"record_header", "pii_processing", "party_identification", "events"}
    ids = {one["record_header"]["record_id"] for one in made["records"]}
    assert len(ids) == 2
    assert exported() == made


def test_what_is_processed_names_notice_language_purposes_and_retention():
    processing = exported()["records"][0]["pii_processing"][0]
    assert processing["privacy_notice"] == f"sha256:{FORM.sha256}"
    assert (processing["language"], processing["retention_period"]) == ("en", "until 2032-12-31")
    assert processing["ethics_approvals"] == [{"number": "H26-00001", "valid_until": "2027-01-31"}]
    assert (processing["jurisdiction"], processing["withdrawal_method"]) == ("CA-BC", KEPT["withdrawal_method"])
    purposes = {one["purpose"]: one for one in processing["purposes"]}
    assert set(purposes) == {p.value for p in Permission if FORM.permissions[p].asked != "not_asked"}
    assert purposes["transcribe"]["purpose_type"] == "condition of taking part"
    assert exported()["records"][0]["party_identification"] == [
        {
            "party_id": "controller-of-2026-1",
            "party_name": "Calder University",
            "party_role": "pii_controller",
            "party_email": "ethics@calder.example",
        }
    ]


def test_every_event_stands_with_its_time_state_giver_and_choices():
    first, second = exported()["records"]
    assert [one["event_state"] for one in first["events"]] == ["consent_given", "consent_modified", "consent_withdrawn"]
    assert first["events"][1]["choices"] == [{"purpose": "level", "value": "named", "use": "practice"}]
    assert first["events"][2]["destroyed_at"] == "2026-06-30T12:00:00+00:00"
    assert second["events"][0]["event_time"] == "2026-03-02T09:00:00-08:00"
    assert [one["entity_id"] for one in second["events_by_community"]] == ["community"]


def test_every_kind_of_event_has_a_state():
    from consent.iso27560 import _STATES

    assert set(_STATES) == set(ConsentKind)
