"""The demo study agrees with itself: people, consents, forms, transcripts, recordings and reference."""

import csv
import json
import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import av
import pytest

from consent.choosing.forms import parse_form
from consent.choosing.rows import read_consent_rows
from consent.decision import decide
from consent.register import Register
from schemas.consent import LEVEL_ORDER, Answer, Permission, Use
from schemas.identifiers import is_participant_id, is_session_id
from schemas.recording import Session, Standing

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo"

Rows = list[dict[str, str]]


def read_rows(name: str) -> Rows:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((DEMO / name).read_text(encoding="utf-8"))


def seconds(clock: str) -> float:
    return sum(float(part) * 60**power for power, part in enumerate(reversed(clock.split(":"))))


def duration_s(path: Path) -> float:
    with av.open(str(path)) as file:
        return sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))


@pytest.fixture(scope="module")
def roster() -> Rows:
    return read_rows("roster.csv")


@pytest.fixture(scope="module")
def consents() -> Rows:
    return read_rows("consents.csv")


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return read_toml("study.toml")


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return json.loads((DEMO / "reference.json").read_text(encoding="utf-8"))


def names_in(transcript: str) -> set[str]:
    """Display names of a Zoom or Teams transcript."""
    text = (DEMO / transcript).read_text(encoding="utf-8")
    return set(re.findall(r"^<v ([^>]+)>", text, re.M)) or set(re.findall(r"^([^:\n]+): ", text, re.M))


def test_every_person_has_an_id_of_their_own_and_an_address_nobody_can_have(roster: Rows) -> None:
    ids = [person["participant"] for person in roster]
    assert len(ids) == len(set(ids)) >= 8
    assert all(is_participant_id(one) for one in ids)
    assert all(person["email"].endswith("@example.org") for person in roster)


def test_everybody_who_asked_for_something_is_in_the_roster(roster: Rows, consents: Rows) -> None:
    known = {person["participant"] for person in roster}
    assert {row["participant"] for row in consents} <= known
    assert {row["participant"] for row in read_rows("later.csv")} <= known


def test_all_six_levels_are_chosen_when_first_asked(consents: Rows) -> None:
    assert {row["level"] for row in consents if row["event"] == "consent"} == set(LEVEL_ORDER)


def test_somebody_changes_level_somebody_differs_by_use_and_somebody_withdraws_later(consents: Rows) -> None:
    assert any(row["event"] == "change" and row["level"] for row in consents)
    assert any(row["level_practice"] and row["level_practice"] != row["level"] for row in consents)
    assert [row["data"] for row in read_rows("later.csv") if row["event"] == "withdraw"] == ["erase"]


def test_a_persons_rows_run_forward_in_time(consents: Rows) -> None:
    last: dict[str, datetime] = {}
    for row in [*consents, *read_rows("later.csv")]:
        at = datetime.fromisoformat(row["at"])
        assert at.tzinfo is not None
        assert last.get(row["participant"], at) <= at
        last[row["participant"]] = at


def test_two_people_at_role_share_role_and_kind_of_employer(roster: Rows, consents: Rows) -> None:
    at_role = {row["participant"] for row in consents if row["level"] == "role"}
    shown = {(one["role_as"], one["organisation_as"]) for one in roster if one["participant"] in at_role}
    assert len(at_role) >= 2
    assert len(shown) == 1


def test_every_form_is_read_and_asks_what_the_rows_answer(consents: Rows, study: dict[str, Any]) -> None:
    forms = {
        form["version"]: parse_form(
            (DEMO / form["file"]).read_bytes(), form["version"], form["language"], (form["approval"],)
        )
        for form in study["forms"]
    }
    for row in consents:
        if row["event"] != "consent":
            continue
        form = forms[row["form"]]
        given = {name: row[name] for name in Permission if row.get(name)}
        assert all(form.permissions[Permission(name)].asked != "not_asked" for name in given)
        assert set(given.values()) <= set(Answer)


def test_only_the_host_signs_the_team_agreement(roster: Rows, consents: Rows) -> None:
    hosts = {person["participant"] for person in roster if person["standing"] == "host"}
    assert {row["participant"] for row in consents if row["form"] == "team-v1"} == hosts


def test_the_plan_names_files_that_are_there(study: dict[str, Any]) -> None:
    named = [study["roster"], study["consents"], study["later"], *(form["file"] for form in study["forms"])]
    for session in study["sessions"]:
        assert is_session_id(session["id"])
        assert datetime.fromisoformat(session["start"]).tzinfo is not None
        named += [
            *session.get("recording", []),
            *(session[key] for key in ("transcript", "speakers") if key in session),
        ]
    assert [name for name in named if not (DEMO / name).is_file()] == []


def test_every_name_in_a_transcript_is_in_the_roster_the_map_or_the_guests(roster: Rows, study: dict[str, Any]) -> None:
    people = {person["full_name"]: person["participant"] for person in roster}
    for session in study["sessions"]:
        if "transcript" not in session:
            continue
        told = {row["voice"]: row["participant"] for row in read_rows(session["speakers"])}
        guest = study["expected"]["guest_voice"].get(session["id"])
        found = names_in(session["transcript"])
        assert set(told) <= found
        assert {name for name in found if name not in told and name not in people} == ({guest} if guest else set())
        speaking = {told.get(name) or people[name] for name in found - {guest}}
        assert sorted(speaking) == study["expected"]["speakers"][session["id"]]


def test_a_track_is_named_after_the_person_in_it(roster: Rows, study: dict[str, Any]) -> None:
    tracks = read_toml("dialogue.toml")["sessions"]["S1"]["tracks"]
    people = {person["participant"]: person["full_name"] for person in roster}
    for participant, name in tracks.items():
        assert re.sub(r"^audio|\d+\.m4a$", "", name) == people[participant].replace(" ", "")
    first = next(session for session in study["sessions"] if session["id"] == "S1")
    assert {Path(name).name for name in first["recording"]} == set(tracks.values())


def test_the_reference_lies_within_the_recordings_and_tracks_are_equally_long(reference: dict[str, Any]) -> None:
    lengths = {
        (turn["session"], turn["file"]): duration_s(DEMO / "sessions" / turn["session"] / turn["file"])
        for turn in reference["turns"]
    }
    for turn in reference["turns"]:
        assert 0 <= turn["start_s"] < turn["end_s"] <= lengths[turn["session"], turn["file"]]
    tracks = [length for (session, _), length in lengths.items() if session == "S1"]
    assert max(tracks) - min(tracks) < 0.1
    assert sum(lengths.values()) < 360


def test_the_reference_says_what_the_dialogue_says(reference: dict[str, Any]) -> None:
    dialogue = read_toml("dialogue.toml")
    for session in dialogue["sessions"]:
        said = [(turn["who"], turn["text"]) for turn in dialogue[session]]
        assert [(one["speaker"], one["text"]) for one in reference["turns"] if one["session"] == session] == said


def test_marks_in_the_plan_cover_exactly_the_turns_that_were_marked(
    study: dict[str, Any], reference: dict[str, Any]
) -> None:
    planned = [
        {"session": mark["session"], "from_s": seconds(mark["from"]), "to_s": seconds(mark["to"]), "as": mark["as"]}
        for mark in study["marks"]
    ]
    assert planned == reference["marks"]
    for mark in planned:
        turns = [turn for turn in reference["turns"] if turn["session"] == mark["session"]]
        touched = [turn for turn in turns if turn["start_s"] < mark["to_s"] and turn["end_s"] > mark["from_s"]]
        assert len(touched) == 1
        assert mark["from_s"] < touched[0]["start_s"] < touched[0]["end_s"] < mark["to_s"]


def test_expected_levels_are_given_for_everybody_in_every_session(roster: Rows, study: dict[str, Any]) -> None:
    expected = study["expected"]
    assert expected["participants"] == len(roster)
    assert expected["level_names"] == list(LEVEL_ORDER)
    assert set(expected["levels"]) == {person["participant"] for person in roster}
    for levels in expected["levels"].values():
        assert set(levels) == {session["id"] for session in study["sessions"]}
        assert set(levels.values()) <= set(LEVEL_ORDER)


def test_names_that_must_not_appear_are_said_somewhere_so_that_the_check_can_fail(
    roster: Rows, study: dict[str, Any], reference: dict[str, Any]
) -> None:
    said = " ".join(turn["text"] for turn in reference["turns"])
    heard = "".join((DEMO / one["transcript"]).read_text(encoding="utf-8") for one in study["sessions"][1:])
    surnames = {person["full_name"].split()[-1] for person in roster}
    absent = [name for name in study["expected"]["first_run"]["must_not_appear"] if name not in said + heard]
    as_whisper_writes = {"555", "whole program", "Inland waters", "Emil"}
    assert set(absent) <= surnames | as_whisper_writes


def test_the_whole_demo_is_small() -> None:
    assert sum(path.stat().st_size for path in DEMO.rglob("*") if path.is_file()) < 4_000_000


def decided(study: dict[str, Any], roster: Rows, sheets: list[str], use: Use) -> dict[str, dict[str, str]]:
    """Everybody's level in every session after importing ``sheets`` in turn."""
    register = Register(
        forms={
            form["version"]: parse_form(
                (DEMO / form["file"]).read_bytes(), form["version"], form["language"], (form["approval"],)
            )
            for form in study["forms"]
        },
        sessions={session["id"]: as_session(session) for session in study["sessions"]},
    )
    known = {person["participant"] for person in roster}
    for sheet in sheets:
        rows = list(enumerate(read_rows(sheet), start=2))
        register = register.with_events(read_consent_rows(rows, register, known).events)
    return {
        one: {
            name: str(decide(register, one, session=session, use=use).level)
            for name, session in register.sessions.items()
        }
        for one in sorted(known)
    }


def as_session(planned: dict[str, Any]) -> Session:
    start = datetime.fromisoformat(planned["start"])
    return Session(
        session=planned["id"],
        start=start,
        day=start.date(),
        zone=planned["start"][-6:],
        cycle=planned["cycle"],
        language=planned["language"],
        standings={one.split("=")[0]: Standing(one.split("=")[1]) for one in planned["standings"]},
    )


@pytest.mark.parametrize(
    ("use", "part"),
    [(Use.ANALYSIS, "levels"), (Use.PRACTICE, "levels_practice"), (Use.RESEARCH, "levels_research")],
)
def test_the_expected_levels_are_what_the_people_chose(
    study: dict[str, Any], roster: Rows, use: Use, part: str
) -> None:
    found = decided(study, roster, ["consents.csv"], use)
    expected = study["expected"][part]
    assert {one: found[one] for one in expected} == expected


def test_after_the_withdrawal_only_the_person_who_withdrew_has_another_level(
    study: dict[str, Any], roster: Rows
) -> None:
    before = decided(study, roster, ["consents.csv"], Use.ANALYSIS)
    after = decided(study, roster, ["consents.csv", "later.csv"], Use.ANALYSIS)
    changed = {one: set(after[one].values()) for one in after if after[one] != before[one]}
    assert changed == {one: {level} for one, level in study["expected"]["after_later"]["levels"].items()}
