"""A made-up name is one person's alone: where somebody else bears it, its owner is shown as unnamed, and it is told."""

from pathlib import Path

import pytest

from flows.people import import_roster, mark_passage
from flows.published import PURPOSE
from flows.study import Study
from flows.worker import Worker
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.errors import BadInput
from schemas.roster import Contact, Person
from tests.flows import cascade
from tests.flows.conftest import open_as


class Heard:
    """What a run said, in place of a terminal."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def step(self, text: str) -> None:
        pass


@pytest.fixture
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    cascade.find_few_names(monkeypatch)


def run(study: Study, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard = Heard()
    monkeypatch.setattr(cascade, "Worker", lambda study, _quiet: Worker(study, heard))  # type: ignore[arg-type]
    cascade.run(study)
    return heard.said


def labels(study: Study, session: str, participant: str) -> set[str]:
    redacted = study.vault.session(session).latest(f"redacted-{PURPOSE}", RedactedSession)
    assert redacted is not None
    shown = [u.speaker for u in redacted.utterances if isinstance(u, DeidentifiedUtterance)]
    return {speaker.label for speaker in shown if speaker.participant == participant}


def called(made_up: str) -> dict[str, Person]:
    """The people of the study, the one who is shown by a made-up name among them."""
    return {**cascade.PEOPLE, "P03": cascade.PEOPLE["P03"].model_copy(update={"pseudonym": made_up})}


def test_the_name_of_a_third_party_is_no_made_up_name_in_any_session(
    few_names: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = cascade.make(tmp_path, people=called("Petronella"))
    said = run(study, monkeypatch)
    assert [line for line in said if "made-up name" in line] == [
        "P03: somebody else bears the made-up name; shown as unnamed until the roster has another"
    ]
    assert "Petronella" not in " ".join(said)
    # Petronella Vasquez is named in S1 alone.
    assert (labels(study, "S1", "P03"), labels(study, "S2", "P03")) == ({"Participant"}, {"Participant"})


def test_a_name_that_is_nobodys_stays(few_names: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = cascade.make(tmp_path)
    assert not [line for line in run(study, monkeypatch) if "made-up name" in line]
    assert labels(study, "S2", "P03") == {"Mirla"}


def test_a_later_row_of_the_roster_takes_the_name_away_and_a_new_one_gives_it_back(
    few_names: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = cascade.make(tmp_path)
    run(study, monkeypatch)
    later = Person(participant="P09", full_name="Mirla Oakes", pseudonym="Brundel", secret="")
    roster = study.vault.roster
    roster.import_people([*study.table().people, later], [Contact(participant=p) for p in (*cascade.PEOPLE, "P09")])
    study = open_as(study.folder, "pi")
    assert "P03: somebody else bears the made-up name" in " ".join(run(study, monkeypatch))
    assert labels(study, "S2", "P03") == {"Participant"}
    roster.import_people(
        [study.table().by_id()["P03"].model_copy(update={"pseudonym": "Zelvan"})], [Contact(participant="P03")],
        chosen={"P03"},
    )  # fmt: skip
    study = open_as(study.folder, "pi")
    assert not [line for line in run(study, monkeypatch) if "made-up name" in line]
    assert labels(study, "S2", "P03") == {"Zelvan"}


def test_nobody_may_choose_the_name_of_somebody_who_was_named_in_a_session(
    few_names: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = cascade.make(tmp_path)
    run(study, monkeypatch)
    sheet = tmp_path / "people.csv"
    sheet.write_text("participant,full_name,pseudonym\nP20,Ondine Larkspur,Petronella\n")
    with pytest.raises(BadInput, match="line 2, column pseudonym: is a name of somebody in this study") as refused:
        import_roster(study, sheet)
    assert "Petronella" not in refused.value.message


def test_joint_words_are_shown_as_the_most_protective_of_their_authors_allows(
    few_names: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = cascade.make(tmp_path)
    run(study, monkeypatch)
    assert labels(study, "S1", "P01") == {"Maribel Quist"}
    mark_passage(study, "S1", "0:00", "0:09", "joint:P01,P03")
    run(study, monkeypatch)
    first, _thanks, third, fourth = cascade.shown(study, "S1")
    # P03 is shown by a made-up name, and P01 by the full one elsewhere in the session: joint words join neither.
    assert labels(study, "S1", "P01") == {"Participant", "Maribel Quist"}
    assert "Maribel" not in first and "Quellmere" not in first
    assert (third, fourth) == (
        "Tobias Renwick and [PERSON 1] wrote the harbour report with me.",
        "We counted eleven boats that week.",
    )


def test_joint_words_of_somebody_who_is_not_used_are_withheld(
    few_names: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = cascade.make(tmp_path)
    cascade.withdraw(study, "P04", "erase")
    mark_passage(study, "S1", "0:00", "0:09", "joint:P01,P04")
    run(study, monkeypatch)
    first, thanks, *_rest = cascade.shown(study, "S1")
    assert first != thanks and first in ("no_consent", "level")
    assert labels(study, "S1", "P01") == {"Maribel Quist"}
