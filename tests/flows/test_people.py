"""The roster comes in whole or not at all, and marks on passages say what was meant."""

import json
import re
from pathlib import Path

import pytest

from flows.people import (
    evidence_digest,
    import_roster,
    is_known,
    mark_passage,
    participant_ids,
    people_of,
    read_rows,
    told_turned,
)
from flows.study import Study
from schemas.errors import BadInput, DiskFull, UsageError
from schemas.ledger import EventKind
from schemas.recording import Standing
from tests.flows.conftest import NAMES, open_as
from vault.erasure import Scope

HEAD = "participant,full_name,aliases,former_names,pseudonym,email,standing,from\n"


def roster(folder: Path, *rows: str) -> Path:
    path = folder / "people.csv"
    path.write_text(HEAD + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def enrolments(study: Study) -> list[dict[str, object]]:
    return [entry.payload or {} for entry in study.ledger.entries() if entry.kind is EventKind.ENROL]


def test_a_row_becomes_a_person_with_every_name_they_go_by(tmp_path: Path) -> None:
    path = roster(tmp_path, "P09,  Ondine   Larkspur ,Ondi; O.L. ;,Ondine Marsh,Reed,o@example.org,host,2026-02-20")
    ((person, contact),) = people_of(read_rows(path))
    assert (person.full_name, person.aliases, person.former_names) == (
        "Ondine Larkspur",
        ("Ondi", "O.L."),
        ("Ondine Marsh",),
    )
    assert (person.pseudonym, person.standing, person.member_from) == ("Reed", Standing.HOST, "2026-02-20")
    assert contact.email == "o@example.org"
    assert len(person.secret) == 64


def test_people_are_added_once_and_kept_when_the_file_is_imported_again(study: Study, tmp_path: Path) -> None:
    path = roster(tmp_path, "P09,Ondine Larkspur,,,,,,", "P10,Basil Thornbury,,,,,,")
    first = import_roster(study, path)
    before = study.table().by_id()
    again = import_roster(study, path)
    assert (first.added, first.changed, first.unchanged) == (2, 0, 0)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    assert study.table().by_id() == before
    assert len(enrolments(study)) == 2


def test_everybody_gets_a_made_up_name_that_is_nobodys(study: Study, tmp_path: Path) -> None:
    import_roster(study, roster(tmp_path, "P09,Ondine Larkspur,,,,,,", "P10,Basil Thornbury,,,Reed,,,"))
    people = study.table().by_id()
    made_up = [person.pseudonym for person in people.values()]
    assert None not in made_up
    assert len(set(made_up)) == len(made_up)
    assert people["P10"].pseudonym == "Reed"
    assert not {name for name in made_up if name} & {person.full_name for person in people.values()}


def test_a_name_chosen_later_replaces_the_one_that_was_drawn(study: Study, tmp_path: Path) -> None:
    import_roster(study, roster(tmp_path, "P09,Ondine Larkspur,,,,,,"))
    import_roster(study, roster(tmp_path, "P09,Ondine Larkspur,,,Reed,,,"))
    assert study.table().by_id()["P09"].pseudonym == "Reed"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["P09,Ondine Larkspur,,,Renwick,,,"], "line 2, column pseudonym: is a name of somebody in this study"),
        (["P09,Ondine Larkspur,,,Ondine,,,"], "line 2, column pseudonym: is a name of somebody in this study"),
        (
            ["P09,Ondine Larkspur,,Marsh,,,,", "P10,Basil Thornbury,,,Marsh,,,"],
            "line 3, column pseudonym: is a name of",
        ),
        (["P09,Ondine Larkspur,,,Made-up P01,,,"], "line 2, column pseudonym: is the made-up name of somebody else"),
        (
            ["P09,Ondine Larkspur,,,Reed,,,", "P10,Basil Thornbury,,,REED,,,"],
            "line 3, column pseudonym: is the made-up",
        ),
    ],
)
def test_a_made_up_name_that_somebody_bears_is_refused_by_line_and_column(
    rows: list[str], told: str, study: Study, tmp_path: Path
) -> None:
    before = study.participants()
    with pytest.raises(BadInput, match=told) as refused:
        import_roster(study, roster(tmp_path, *rows))
    assert not any(name in refused.value.message for name in ("Renwick", "Ondine", "Marsh", "Reed", "Made-up"))
    assert study.participants() == before


def test_the_register_says_of_each_person_that_they_were_enrolled_and_never_their_names(
    study: Study, tmp_path: Path
) -> None:
    import_roster(study, roster(tmp_path, "P10,Basil Thornbury,,,,,,", "P09,Ondine Larkspur,,,,,host,"))
    payloads = sorted(enrolments(study), key=lambda payload: str(payload["participant"]))
    assert payloads == [
        {"type": "enrol", "action": "added", "participant": "P09", "standing": "host"},
        {"type": "enrol", "action": "added", "participant": "P10", "standing": "participant"},
    ]
    assert "Larkspur" not in json.dumps(payloads)


def test_the_order_of_a_roster_cannot_be_read_off_the_register(study: Study, tmp_path: Path) -> None:
    rows = [f"P{number},Nobody Number{number},,,,,," for number in range(20, 60)]
    import_roster(study, roster(tmp_path, *rows))
    recorded = [str(payload["participant"]) for payload in enrolments(study)]
    assert sorted(recorded) == [row[:3] for row in rows]
    assert recorded != sorted(recorded)


def test_a_person_whose_facts_changed_is_recorded_once_more_and_nobody_else(study: Study, tmp_path: Path) -> None:
    import_roster(study, roster(tmp_path, "P09,Ondine Larkspur,,,,,,", "P10,Basil Thornbury,,,,,,"))
    import_roster(study, roster(tmp_path, "P09,Ondine Larkspur,Ondi,,,,,", "P10,Basil Thornbury,,,,,,"))
    assert [payload for payload in enrolments(study) if payload["action"] == "changed"] == [
        {"type": "enrol", "action": "changed", "participant": "P09", "standing": "participant"}
    ]


def test_somebody_whose_words_are_kept_without_the_name_is_still_known_at_the_desk(
    study: Study, tmp_path: Path
) -> None:
    study.vault.roster.erase("P03", Scope(keep=True))  # of whom the register says nothing either
    for user in ("pi", "ra", "desk"):
        opened = open_as(study.folder, user)
        assert is_known(opened, "P03"), user
        assert participant_ids(opened) == ["P01", "P02", "P03"], user
    found = import_roster(study, roster(tmp_path, f"P02,{NAMES['P02']},,,,,,", "P04,Ondine Larkspur,,,,,,"))
    assert (found.added, found.changed + found.unchanged) == (1, 1)
    assert [one.participant for one in study.table().people] == ["P01", "P02", "P04"]
    study.vault.roster.erase("P03")
    assert not is_known(open_as(study.folder, "desk"), "P03")


def test_who_cannot_be_recorded_is_not_taken_in(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, before = roster(tmp_path, "P09,Ondine Larkspur,,,,,,"), study.participants()

    def full(_: object) -> list[int]:
        raise DiskFull("the disk is full", hint="Make room.")

    with monkeypatch.context() as patch, pytest.raises(DiskFull, match="disk is full"):
        patch.setattr(study, "append", full)
        import_roster(study, path)
    assert (enrolments(study), study.participants()) == ([], before)
    import_roster(study, path)
    assert [payload["participant"] for payload in enrolments(study)] == ["P09"]


@pytest.mark.parametrize(
    ("begin", "end", "seconds"),
    [("34:10", "36:00", (2050.0, 2160.0)), ("0:00", "0:00.5", (0.0, 0.5)), ("1:02:03", "90:00", (3723.0, 5400.0))],
)
def test_a_passage_is_marked_from_minutes_and_seconds(
    begin: str, end: str, seconds: tuple[float, float], study: Study
) -> None:
    marked = mark_passage(study, "S1", begin, end, "not_mine")
    assert (marked.start_s, marked.end_s) == seconds
    ((_, recorded),) = study.register().passages
    assert recorded == marked


@pytest.mark.parametrize(
    ("mark", "people", "community"),
    [
        ("joint:P01,P02", ("P01", "P02"), None),
        ("joint: P01 , P02 ,", ("P01", "P02"), None),
        ("reports:P03", ("P03",), None),
        ("community:river_people", (), "river_people"),
        ("off_the_record", (), None),
    ],
)
def test_a_mark_names_the_people_it_is_about(
    mark: str, people: tuple[str, ...], community: str | None, study: Study
) -> None:
    marked = mark_passage(study, "S1", "0:01", "0:02", mark)
    assert (marked.participants, marked.community, marked.recorded_by) == (people, community, "pi")


def test_the_id_of_a_passage_is_drawn_at_random(study: Study) -> None:
    ids = {mark_passage(study, "S1", "0:01", "0:02", "role_play").passage for _ in range(5)}
    assert len(ids) == 5


def test_a_message_never_repeats_a_session_id_that_was_typed(study: Study) -> None:
    with pytest.raises(UsageError, match="no session of that id") as caught:
        mark_passage(study, NAMES["P01"], "0:01", "0:02", "role_play")
    assert NAMES["P01"] not in caught.value.message + caught.value.hint


def test_evidence_is_known_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "signed.pdf").write_bytes(b"abc")
    assert evidence_digest(tmp_path / "signed.pdf").startswith("ba7816bf")
    with pytest.raises(BadInput, match="evidence file cannot be read"):
        evidence_digest(tmp_path / "absent.pdf")


@pytest.mark.parametrize(
    ("head", "row", "problem"),
    [
        ("pseudonym", "[PERSON]", "line 2, column pseudonym: would be taken for a tag"),
        ("pseudonym", "Participant", "line 2, column pseudonym: would be taken for a tag"),
        ("organisation,organisation_as", "Harbour Trust,harbour trust", "line 2, column organisation_as: names the"),
        (
            "organisation,role_as",
            "City of Quarr,a director at the City of Quarr",
            "line 2, column role_as: names the emp",
        ),
        (
            "organisation,role_as",
            "Calder University of Wharves,adviser at CUW",
            "line 2, column role_as: names the emp",
        ),
        ("organisation,role_as", "Université Quarr (UQV),cadre à l'uqv", "line 2, column role_as: names the employer"),
        ("place,place_as", "Quarr,the Quarr", "line 2, column place_as: names the place; say it in general"),
        ("place,place_as", "Reading,near Reading", "line 2, column place_as: names the place"),
        (
            "place,organisation_as",
            '"Quarr, France",une mairie à Quarr',
            "line 2, column organisation_as: names the place",
        ),
    ],
)
def test_what_would_not_protect_is_refused_at_import(tmp_path: Path, head: str, row: str, problem: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"participant,full_name,{head}\nP01,Aroha Ngata,{row}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=re.escape(problem)):
        people_of(read_rows(path))


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("organisation,organisation_as", "University,a university"),
        ("organisation,organisation_as,place,place_as", "Calder University,a university,Calder,a university town"),
        ("role,role_as", "policy adviser,policy adviser"),
        ("place,place_as", '"Quarr, France",a French town'),
        ("place,place_as", '"Quarr, Ontario",Ontario'),
        ("place,place_as", "Quarr,the Quarr region"),
        ("place,place_as", "Reading,a town where reading is loved"),
    ],
)
def test_general_words_that_name_nothing_are_taken(tmp_path: Path, head: str, row: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(f"participant,full_name,{head}\nP01,Aroha Ngata,{row}\n", encoding="utf-8")
    assert len(people_of(read_rows(path))) == 1


def test_what_is_refused_in_a_roster_never_stands_in_the_error(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "participant,full_name,organisation,role_as,place,place_as\n"
        "P08,LI Larkspur,City of Quarr,head at the City of Quarr,Thorn,near Thorn\n"
        "P09,Ondine Larkspur (née Marsh),,,,\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match="nobody was imported") as refused:
        import_roster(study, path)
    lines = refused.value.message.splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == [
        "line 2, column full_name", "line 2, column place_as", "line 2, column role_as", "line 3, column full_name",
    ]  # fmt: skip
    told = f"{refused.value.message} {refused.value.hint}"
    assert not any(word in told for word in ("Larkspur", "Quarr", "Thorn", "Marsh", "Ondine", "LI"))
    assert refused.value.exit_code == 3


def test_names_written_last_name_first_are_turned_round_and_counted(study: Study, tmp_path: Path) -> None:
    rows = ['P09,"Larkspur, Ondine (she/her)",Ondi,,,,,', "P10,THORNBURY Basil,,,,,,", 'P11,"Jane Elgersma, PhD",,,,,,',
            "P12,Wei (William) Zhang,,,,,,"]  # fmt: skip
    result = import_roster(study, roster(tmp_path, *rows))
    people = study.table().by_id()
    assert [people[f"P{number:02}"].full_name for number in range(9, 13)] == [
        "Ondine Larkspur", "Basil THORNBURY", "Jane Elgersma", "Wei Zhang",
    ]  # fmt: skip
    assert people["P12"].aliases == ("William",)
    assert (result.added, result.turned) == (4, 2)
    assert told_turned(result.turned) == ["2 names written last name first were turned round."]
    assert told_turned(1) == ["1 name written last name first was turned round."]
    assert told_turned(0) == []
