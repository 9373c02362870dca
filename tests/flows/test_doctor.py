"""The doctor says what is here, what is missing and what is due, and breaks at nothing."""

import json
import os
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import duckdb
import pytest

from flows import doctor
from flows.doctor import Finding, examine
from flows.recovery import make_recovery
from flows.settings import utc_now
from flows.still_open import still_open
from flows.study import Study
from flows.withdrawal import stop_use, withdrawal_event
from schemas.consent import Reach
from schemas.errors import MissingTool
from tests.flows.conftest import NAMES, PASSPHRASE, Chatham
from tests.flows.test_errors import damage
from tests.warehouse.readers import contents, put
from transcription.models import Model


@pytest.fixture(autouse=True)
def small_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights of a few bytes: hashing 145 MB is the models' own test."""
    monkeypatch.setattr(
        "transcription.models.find_model", lambda name="base": Model(name, doctor.Path("models"), "ab" * 32)
    )


def findings(study: Study) -> dict[str, Finding]:
    return {finding.what: finding for finding in examine(study.folder, lambda: study)}


def test_a_healthy_study_is_told_in_counts_and_never_in_names(study: Study) -> None:
    found = findings(study)
    assert found["study"].state == "Ferries"
    assert found["acting user"].state == "pi (assistant, intake, investigator)"
    assert found["people"].state == "3"
    assert found["sessions"].state == "1"
    assert found["consent register"].state.startswith(f"{study.ledger.size} entries, every hash right, root ")
    assert found["research.duckdb"] == Finding("research.duckdb", "not built: chatham run", ok=False)
    told = json.dumps([finding.__dict__ for finding in found.values()])
    assert not any(name in told for name in NAMES.values())


def test_the_opaque_id_of_each_session_is_told_for_whoever_keeps_the_workers(study: Study) -> None:
    assert findings(study)["session S1"].state == study.vault.session("S1").opaque


def test_a_withdrawal_is_told_until_it_is_carried_out(study: Study) -> None:
    for participant, days in (("P01", 5), ("P02", 0)):
        stop_use(
            study,
            withdrawal_event(study, participant, data="erase", reach=Reach(), days=days, at=None, method=None),
        )
    found = findings(study)
    assert found["withdrawal of P01 (study)"].ok
    assert found["withdrawal of P02 (study)"].state.endswith("which is due now")
    assert not found["withdrawal of P02 (study)"].ok
    assert f"{utc_now():%Y-%m-%d}" in found["withdrawal of P02 (study)"].state


def test_a_session_that_was_not_wholly_taken_in_is_told(study: Study) -> None:
    intake = study.vault.session("S1").intake()
    other = intake.model_copy(update={"session": intake.session.model_copy(update={"session": "S2"})})
    study.vault.session("S2").create(other)
    assert findings(study)["session S2"] == Finding("session S2", "was not wholly taken in: add it again", ok=False)
    assert findings(study)["sessions"].state == "1"


def test_what_is_not_installed_is_told(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    def nowhere(name: str = "base") -> Model:
        raise MissingTool(f"the speech model '{name}' is not on this machine", hint="Install it.")

    monkeypatch.setattr(doctor, "version", absent)
    monkeypatch.setattr("transcription.models.find_model", nowhere)
    found = findings(study)
    assert found["duckdb"] == Finding("duckdb", "not installed", ok=False)
    assert not found["speech model"].ok


def test_a_damaged_register_is_a_finding_and_no_crash(study: Study, chatham: Chatham) -> None:
    damage(study)
    said = chatham("doctor", study=study.folder)
    assert said.code == 0
    assert "look  study" in said.out
    assert "line 2 of journal.jsonl" in said.out


@pytest.mark.parametrize(
    ("passphrase", "user", "state"),
    [("wrong", "pi", "passphrase is wrong"), (None, "pi", "no passphrase"), (PASSPHRASE, "nobody", "no such user")],
)
def test_a_study_that_cannot_be_opened_is_a_finding_and_the_rest_is_told(
    passphrase: str | None, user: str, state: str, study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHATHAM_PASSPHRASE", raising=False)
    said = chatham("doctor", "--json", study=study.folder, user=user, passphrase=passphrase)
    told = {finding["what"]: finding for finding in json.loads(said.out)}
    assert said.code == 0
    assert state in told["study"]["state"]
    assert told["study"]["ok"] is False
    assert "disk" in told


def test_where_there_is_no_study_the_machine_is_told_all_the_same(chatham: Chatham) -> None:
    said = chatham("doctor", passphrase=None)
    assert said.code == 0
    assert "none in this folder" in said.out
    assert "speech model" in said.out


def test_each_role_is_told_what_it_may_see(study: Study, chatham: Chatham) -> None:
    desk = chatham("doctor", study=study.folder, user="desk").out
    board = chatham("doctor", study=study.folder, user="board").out
    assert "session S1" not in desk + board
    assert "consent register" in desk and "consent register" in board


def test_whether_there_is_a_recovery_key_is_told(study: Study) -> None:
    assert findings(study)["recovery key"] == Finding("recovery key", "none: chatham keys recovery", ok=False)
    made = make_recovery(study, None)
    assert findings(study)["recovery key"] == Finding("recovery key", f"on paper, {made.key_id}")


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells what is open")
def test_a_program_that_reads_on_in_a_data_set_that_was_taken_away_or_replaced_is_told(study: Study) -> None:
    paper = study.releases / "paper" / "release.duckdb"
    for path in (study.research, paper):
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, 0, contents(turns=2))
    assert still_open(study) == []
    here = f"(process {os.getpid()})"
    with duckdb.connect(str(study.research), read_only=True), duckdb.connect(str(paper), read_only=True):
        assert still_open(study) == [], "what stands is no old data set"
        stop_use(study, withdrawal_event(study, "P01", data="erase", reach=Reach(), days=5, at=None, method=None))
        put(paper, 1, contents(turns=2))
        taken, replaced = (line.partition(", open in ") for line in reversed(still_open(study)))
        assert (taken[0], taken[2].endswith(here)) == ("research.duckdb", True)
        assert (replaced[0], replaced[2].endswith(here)) == ("paper/release.duckdb", True)
        lines = [one for one in examine(study.folder, lambda: study) if one.what == "reads an old data set"]
        assert [one.ok for one in lines] == [False, False]
        assert lines[0].state.endswith(f"{here}: close it there")
    assert still_open(study) == []
