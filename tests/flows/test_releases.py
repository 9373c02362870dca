"""Data sets to hand on: never changed, ended when somebody in them hides more, and built again without it."""

import csv
import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from consent.checks.data_set import ENDED_UNKNOWN
from consent.checks.report import Report
from consent.manifest import digest_of
from consent.publish import log_vkeys
from consent.register import read_register, to_ledger_event
from consent.verify import verify
from flows import build, releasing
from flows.build import TRIES, load_aside
from flows.release_folder import DICTIONARY, settle_releases, wanted_formats
from flows.releases import (
    DATA,
    MANIFEST,
    affected,
    analysis_affected,
    base_name,
    ended_event,
    leave_manifest,
    next_name,
    read_manifest,
    releases,
    standing,
    unfinished,
)
from flows.releasing import make_release
from flows.stopping import record_and_stop
from flows.study import Study
from flows.worker import Worker
from schemas.consent import ConsentDecision, ConsentEvent, ConsentKind
from schemas.deidentified import QuoteState
from schemas.errors import Busy, CheckFailed, DiskFull, MissingKey, RefusedByConsent, UsageError
from schemas.ledger import EventKind, LedgerEvent
from schemas.purposes import quotable
from schemas.roster import Person
from schemas.speech import UtteranceState
from tests.consent.making import change, undo, withdraw
from tests.flows import cascade
from tests.flows.conftest import NAMES, Chatham, open_as
from tests.flows.handing import QUIET, add_second_session, copy_run, made, next_run, rows, run_sessions
from warehouse.logical import logical_hash
from warehouse.scan import release_text_scan

GONE = withdraw("P01", "2026-05-01T10:00+12:00", "erase")


@pytest.fixture(scope="module")
def ran(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study with its session run."""
    return copy_run(template, tmp_path_factory.mktemp("ran") / "study")


@pytest.fixture
def study(ran: Path, tmp_path: Path) -> Study:
    """A copy of it that a test may change, opened as its investigator."""
    shutil.copytree(ran, tmp_path / "study")
    return open_as(tmp_path / "study", "pi")


def stop(study: Study, event: ConsentEvent = GONE) -> tuple[str, ...]:
    """What recording a choice does to the data sets."""
    before = study.register()
    names = affected(study, before, before.with_events([event]), {event.participant})
    why = "withdrawal" if event.event is ConsentKind.WITHDRAW else "change"
    return record_and_stop(study, [to_ledger_event(event)], why, releases=names)[1].releases


def told(study: Study, name: str) -> dict[str, object]:
    return next(vars(one) for one in releases(study.ledger.entries()) if one.name == name)


# ---------------------------------------------------------------- making one


def test_a_data_set_holds_what_is_allowed_today_and_says_what_it_was_made_from(study: Study) -> None:
    done = made(study)
    manifest = read_manifest(done.folder) or {}
    assert rows(done.folder / DATA, "SELECT label FROM speakers ORDER BY 1") == [("Maribel Quist",), ("Participant",)]
    assert manifest["sha256"] == done.sha256
    assert manifest["logical"] == logical_hash(done.folder / DATA)
    assert (manifest["purpose"], manifest["sessions"], manifest["follows"]) == ("analyse", ["S1"], None)
    assert "participants" not in json.dumps(manifest)
    assert "Maribel" not in (done.folder / MANIFEST).read_text(encoding="utf-8")
    assert "## utterances" in (done.folder / "data-dictionary.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in done.folder.iterdir()) == ["data-dictionary.md", MANIFEST, DATA]


def test_the_register_says_what_was_made_and_who_is_in_it(study: Study) -> None:
    done = made(study)
    entry = told(study, "paper-1")
    assert (entry["people"], entry["sessions"], entry["sha256"]) == (("P01", "P02"), ("S1",), done.sha256)
    assert standing(study) == ["paper-1"]


def test_each_purpose_has_its_own_decisions(study: Study) -> None:
    done = made(study, "quotes", "quote_practice")
    assert done.counts["withheld"] == done.counts["utterances"], "nobody said yes to being quoted"
    assert told(study, "quotes")["people"] == ("P01",), "only whose name may be said where others name them"


def test_a_data_set_that_was_made_is_never_changed_nor_its_name_used_again(study: Study) -> None:
    made(study)
    for name in ("paper-1", "PAPER-1"):
        with pytest.raises(UsageError, match="there is, or was, a data set called"):
            make_release(study, name, "analyse", QUIET)
    stop(study)
    with pytest.raises(UsageError, match="there is, or was, a data set called"):
        make_release(study, "paper-1", "analyse", QUIET)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "paper.2", "x" * 41, "make", "sent", "list", "é"])
def test_a_name_that_is_none_is_refused(study: Study, name: str) -> None:
    with pytest.raises(UsageError, match="name cannot be used"):
        make_release(study, name, "analyse", QUIET)
    assert list(study.releases.iterdir()) == []


def test_a_name_that_says_who_somebody_is_is_refused(study: Study) -> None:
    with pytest.raises(UsageError, match="holds a participant's name"):
        make_release(study, "for-Maribel-Quist", "analyse", QUIET)


def test_an_unknown_purpose_is_refused(study: Study) -> None:
    with pytest.raises(UsageError, match="--purpose is none of the known ones"):
        make_release(study, "paper-1", "selling", QUIET)


def test_a_session_that_was_not_run_is_not_left_out_silently(study: Study, tmp_path: Path) -> None:
    add_second_session(study, tmp_path)
    with pytest.raises(UsageError, match="1 of 2 sessions have not been run") as refused:
        make_release(study, "paper-1", "analyse", QUIET)
    assert "chatham run" in refused.value.hint
    assert list(study.releases.iterdir()) == []


def test_another_build_is_not_disturbed(study: Study) -> None:
    with open_as(study.folder, "ra").building(), pytest.raises(Busy, match="another build"):
        make_release(study, "paper-1", "analyse", QUIET)


@pytest.mark.parametrize("user", ["desk", "board"])
def test_whoever_may_not_open_names_makes_none(study: Study, user: str) -> None:
    with pytest.raises(MissingKey, match="your role"):
        make_release(open_as(study.folder, user), "paper-1", "analyse", QUIET)


@pytest.mark.parametrize("failure", [CheckFailed("names still stand", hint="Review."), DiskFull("full", hint="Room.")])
def test_a_leak_or_a_full_disk_leaves_nothing_behind(
    study: Study, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    run_sessions(study)
    size = study.ledger.head()

    def fail(*_args: object) -> None:
        raise failure

    monkeypatch.setattr(releasing, "load_aside", fail)
    with pytest.raises(type(failure), match=str(failure)):
        make_release(study, "paper-1", "analyse", QUIET)
    assert list(study.releases.iterdir()) == []
    assert study.ledger.head() == size


def test_a_leak_found_while_redacting_leaves_nothing_behind(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    run_sessions(study)
    monkeypatch.setattr("deidentification.redact.find_leaks", lambda *_: iter([_Leak()]))
    with pytest.raises(CheckFailed, match="names still stand"):
        make_release(study, "paper-1", "analyse", QUIET)
    assert list(study.releases.iterdir()) == []


class _Leak:
    utterance = "u1"


# ---------------------------------------------------------------- formats


def lying(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("formats", [("parquet",), ("csv",), ("qdpx",), ("duckdb", "parquet", "csv", "qdpx")])
def test_the_folder_holds_what_was_asked_for_and_the_manifest_names_every_file(
    study: Study, formats: tuple[str, ...]
) -> None:
    run_sessions(study)
    done = make_release(study, "paper-1", "analyse", QUIET, formats)
    manifest = read_manifest(done.folder) or {}
    assert lying(done.folder) == {*manifest["files"], MANIFEST} == {*done.files, MANIFEST}
    assert (DATA in manifest["files"]) == ("duckdb" in formats)
    for name, told_of in manifest["files"].items():
        data = (done.folder / name).read_bytes()
        assert (told_of["bytes"], told_of["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    entry = told(study, "paper-1")
    assert entry["formats"] == formats == tuple(manifest["formats"])
    assert entry["files"] == {name: one["sha256"] for name, one in manifest["files"].items() if name != DICTIONARY}
    page = (done.folder / DICTIONARY).read_text()
    assert [f"{kind}/TABLE.{kind}" in page for kind in ("parquet", "csv")] == [
        kind in formats for kind in ("parquet", "csv")
    ]


def test_without_the_database_the_digest_is_that_of_what_sha256sum_says_of_the_files(study: Study) -> None:
    run_sessions(study)
    done = make_release(study, "paper-1", "analyse", QUIET, ("csv",))
    names = sorted(path.relative_to(done.folder).as_posix() for path in (done.folder / "csv").iterdir())
    lines = [f"{hashlib.sha256((done.folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    assert done.sha256 == told(study, "paper-1")["sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_formats_say_the_same_words(study: Study) -> None:
    run_sessions(study)
    folder = make_release(study, "paper-1", "analyse", QUIET, ("duckdb", "parquet", "csv")).folder
    words = sorted(text for (text,) in rows(folder / DATA, "SELECT text FROM utterances"))
    parquet = duckdb.read_parquet(f"{folder}/parquet/utterances.parquet").project("text").fetchall()
    with (folder / "csv" / "utterances.csv").open(newline="", encoding="utf-8") as file:
        read_back = [row["text"] for row in csv.DictReader(file)]
    assert sorted(text for (text,) in parquet) == sorted(read_back) == words


def test_a_successor_has_the_formats_of_what_it_follows(study: Study) -> None:
    run_sessions(study)
    make_release(study, "paper-1", "analyse", QUIET, ("parquet", "csv"))
    assert stop(study) == ("paper-1",)
    assert lying(study.releases / "paper-1") == {MANIFEST}
    assert next_run(study)[0] == ["paper-1.2"]
    assert told(study, "paper-1.2")["formats"] == ("parquet", "csv")
    assert {"csv/utterances.csv", "parquet/utterances.parquet"} < lying(study.releases / "paper-1.2")
    assert not (study.releases / "paper-1.2" / DATA).exists()
    assert standing(study) == ["paper-1.2"] == standing(open_as(study.folder, "desk"))


def test_a_data_set_of_which_one_file_is_gone_has_ended(study: Study) -> None:
    run_sessions(study)
    folder = make_release(study, "paper-1", "analyse", QUIET, ("csv",)).folder
    (folder / "csv" / "speakers.csv").unlink()
    assert next_run(study)[0] == ["paper-1.2"]
    assert (told(study, "paper-1")["why"], lying(folder)) == ("lost", {MANIFEST})


def test_a_data_set_recorded_before_there_were_formats_is_one_duckdb_file(study: Study) -> None:
    """Its entry says nothing of formats or files; it stands, and its successor is a DuckDB file again."""
    done = made(study)
    old = {"type": "release", "name": "old-1", "purpose": "analyse", "sessions": ["S1"], "sha256": done.sha256,
           "logical": "0" * 64, "counts": dict(done.counts), "decisions": "0" * 64, "follows": None,
           "people": ["P01", "P02"], "risk": {}}  # fmt: skip
    study.record(LedgerEvent(kind=EventKind.RELEASE, payload=old))
    shutil.copytree(done.folder, study.releases / "old-1")
    assert (told(study, "old-1")["formats"], told(study, "old-1")["files"]) == (("duckdb",), {DATA: done.sha256})
    with study.building():
        settle_releases(study)
    assert standing(study) == ["old-1", "paper-1"]


@pytest.mark.parametrize("text", ["", "xml", "duckdb,", "csv;parquet", "CSV", "qdpx2"])
def test_a_format_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--format names a format in which no data set can be made"):
        wanted_formats(text)


def test_formats_are_read_as_typed_in_any_order_and_never_twice() -> None:
    assert wanted_formats("csv, duckdb,csv") == ("duckdb", "csv")


# ---------------------------------------------------------------- who may be quoted


QUOTED = {"quote_research": "yes", "quote_practice": "yes"}
ASKED = "2026-03-05T10:00+13:00"
STATES = "SELECT s.label, u.quote_state FROM utterances u JOIN speakers s USING (speaker_id) ORDER BY ALL"


@pytest.fixture
def by_ear(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody had checked every word by ear."""

    def checked(decision: ConsentDecision, purpose: str, _state: UtteranceState) -> QuoteState:
        return quotable(decision, purpose, UtteranceState.CHECKED)

    monkeypatch.setattr("deidentification.redact.quotable", checked)


def says(study: Study, participant: str, at: str, **choices: str) -> None:
    study.record(to_ledger_event(change(participant, at, applies="all", **choices)))


def test_the_register_says_whose_words_may_be_quoted_from_it(study: Study, by_ear: None) -> None:
    says(study, "P01", ASKED, **QUOTED)
    says(study, "P02", ASKED, **(QUOTED | {"quote_practice": "ask"}))
    done = made(study)
    assert rows(done.folder / DATA, STATES) == [("Maribel Quist", "may_be_quoted"), ("Participant", "ask_first")]
    assert told(study, "paper-1")["quotes"] == {"P01": QuoteState.MAY, "P02": QuoteState.ASK}


def test_of_words_that_nobody_checked_by_ear_none_may_be_quoted_and_nothing_ends(study: Study) -> None:
    says(study, "P01", ASKED, **QUOTED)
    done = made(study)
    assert {state for _, state in rows(done.folder / DATA, STATES)} == {"not"}
    assert told(study, "paper-1")["quotes"] == {}
    assert stop(study, change("P01", "2026-05-01T10:00+12:00", quote_research="no")) == ()


def test_a_permission_to_quote_that_falls_ends_the_data_set_and_the_next_says_so(study: Study, by_ear: None) -> None:
    says(study, "P01", ASKED, **QUOTED)
    made(study)
    for number, answer, state in ((2, "ask", "ask_first"), (3, "no", "not")):
        assert len(stop(study, change("P01", f"2026-05-0{number}T10:00+12:00", quote_practice=answer))) == 1
        assert next_run(study)[0] == [f"paper-1.{number}"]
        found = dict(rows(study.releases / f"paper-1.{number}" / DATA, STATES))
        assert found["Maribel Quist"] == state
    assert stop(study, change("P01", "2026-05-09T10:00+12:00", quote_practice="yes")) == (), "freer words end nothing"


def test_it_ends_the_data_set_for_analysis_too_and_the_next_run_says_what_is_allowed(
    study: Study, by_ear: None
) -> None:
    says(study, "P01", ASKED, **QUOTED)
    cascade.run(study)
    assert dict(rows(study.research, STATES))["Maribel Quist"] == "may_be_quoted"
    before = study.register()
    asks = change("P01", "2026-05-01T10:00+12:00", quote_research="ask")
    after = before.with_events([asks])
    assert analysis_affected(study, before, after, {"P01"})
    assert analysis_affected(open_as(study.folder, "board"), before, after, {"P01"}), "who cannot tell takes it away"
    record_and_stop(study, [to_ledger_event(asks)], "change")
    cascade.run(study)
    assert dict(rows(study.research, STATES))["Maribel Quist"] == "ask_first"


def test_a_file_that_is_not_the_one_that_was_noted_is_taken_to_say_that_everybody_may_be_quoted(
    study: Study, by_ear: None
) -> None:
    """P02 is to be asked in it; that they said yes in between stands in no file yet, and ends nothing when it falls."""
    cascade.run(study)
    assert dict(rows(study.research, STATES))["Participant"] == "ask_first"
    says(study, "P02", ASKED, **QUOTED)
    before = study.register()
    after = before.with_events([change("P02", "2026-05-01T10:00+12:00", quote_research="ask")])
    assert not analysis_affected(study, before, after, {"P02"})
    os.utime(study.research)
    assert analysis_affected(study, before, after, {"P02"})


# ---------------------------------------------------------------- the manifest and the register


def verified(study: Study, folder: Path) -> Report:
    """What somebody finds who has the public register and was given the folder."""
    study.publish()
    return verify(study.consent, log_vkeys(study.consent)[:1], manifest=folder / MANIFEST, now=datetime.now(UTC))


@pytest.mark.parametrize("formats", [("duckdb",), ("parquet", "csv")])
def test_whoever_is_given_a_data_set_can_check_it_against_the_register_without_a_key(
    study: Study, tmp_path: Path, formats: tuple[str, ...]
) -> None:
    run_sessions(study)
    given = shutil.copytree(make_release(study, "paper-1", "analyse", QUIET, formats).folder, tmp_path / "given")
    report = verified(study, given)
    assert (report.altered, report.problems) == ((), ())
    assert any("member by member" in one for one in report.checked)
    assert any("the same bytes as when it was made" in one for one in report.checked)
    name = sorted(path.relative_to(given) for path in given.rglob("utterances.*"))
    with (given / (name[0] if name else DATA)).open("ab") as file:
        file.write(b"x")
    assert "was changed" in verified(study, given).altered[0]


def test_the_manifest_opens_nothing_but_its_own_digest(study: Study) -> None:
    """Who is in it stands in an entry beside, which stays sealed."""
    manifest = read_manifest(made(study).folder) or {}
    opened = next(one for one in study.ledger.entries() if one.index == manifest["entry"]["index"])
    assert opened.payload == {"type": "release_manifest", "name": "paper-1", "manifest": digest_of(manifest)}


def test_a_data_set_that_was_named_after_a_kill_can_be_checked_too(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sessions(study)
    killed_before_it_is_named(study, monkeypatch)
    next_run(study)
    assert any("member by member" in one for one in verified(study, study.releases / "paper-1").checked)


def test_with_keys_it_is_told_whether_the_data_set_has_ended(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    given = shutil.copytree(made(study).folder, tmp_path / "given") / MANIFEST
    study.publish()
    said = chatham("ledger", "verify", "--contents", "--manifest", given, study=study.folder, user="board")
    assert "Checked: Data set paper-1 stands: no entry says that it has ended." in said.out
    stop(study)
    study.publish()
    said = chatham("ledger", "verify", "--contents", "--manifest", given, study=study.folder, user="board")
    assert (said.code, "WRONG: Data set paper-1 ended on" in said.out) == (1, True)
    said = chatham("ledger", "verify", "--manifest", given, study=study.folder, passphrase=None)
    assert f"Not checked: {ENDED_UNKNOWN}" in said.out
    said = chatham("ledger", "verify", "--contents", "--json", "--manifest", study.releases / "paper-1" / MANIFEST,
                   study=study.folder)  # fmt: skip
    assert len(json.loads(said.out)["altered"]) == 1, "what is left of it says that it ended, and no more"


def test_a_manifest_that_is_not_there_is_unreadable(study: Study, chatham: Chatham) -> None:
    study.publish()
    assert chatham("ledger", "verify", "--manifest", "nowhere.json", study=study.folder).code == 3


# ---------------------------------------------------------------- mortal


def test_a_withdrawal_takes_the_files_and_leaves_counts_and_digests(study: Study) -> None:
    done = made(study)
    assert stop(study) == ("paper-1",)
    assert [path.name for path in done.folder.iterdir()] == [MANIFEST]
    left = read_manifest(done.folder) or {}
    assert set(left) == {"name", "sha256", "logical", "decisions", "counts", "ended", "why"}
    assert (left["sha256"], left["why"]) == (done.sha256, "withdrawal")
    assert standing(study) == []
    assert told(study, "paper-1")["why"] == "withdrawal"


def test_a_choice_that_opens_more_ends_nothing(study: Study) -> None:
    made(study)
    assert stop(study, change("P02", "2026-05-01T10:00+12:00", level="named", applies="all")) == ()
    assert standing(study) == ["paper-1"]


def test_a_choice_of_somebody_who_is_not_in_it_ends_nothing(study: Study) -> None:
    made(study)
    assert stop(study, withdraw("P03", "2026-05-01T10:00+12:00", "erase")) == ()


def test_the_desk_which_cannot_read_the_register_ends_every_data_set(study: Study) -> None:
    done = made(study)
    desk = open_as(study.folder, "desk")
    assert standing(desk) == ["paper-1"]
    nobody_asked = desk.register()
    assert affected(desk, nobody_asked, nobody_asked, []) == ["paper-1"]
    payload = ended_event(desk, "paper-1", "withdrawal").payload
    assert (payload["sha256"], payload["counts"]) == (done.sha256, dict(done.counts))


def test_a_data_set_does_not_end_for_a_reason_nobody_knows(study: Study) -> None:
    with pytest.raises(ValueError, match="does not end for a whim"):
        ended_event(study, "paper-1", "a whim")


def test_where_the_manifest_cannot_be_read_what_is_left_says_at_least_that_it_ended(study: Study) -> None:
    aside = study.folder / "aside"
    aside.mkdir()
    (aside / MANIFEST).write_text("{torn")
    leave_manifest(study, "paper-1", aside, "mark")
    left = read_manifest(study.releases / "paper-1") or {}
    assert (left["name"], left["why"], "ended" in left) == ("paper-1", "mark", True)


def test_leaving_the_manifest_twice_keeps_the_first_day(study: Study) -> None:
    done = made(study)
    leave_manifest(study, "paper-1", done.folder, "change")
    first = (done.folder / MANIFEST).read_bytes()
    leave_manifest(study, "paper-1", study.folder / "nowhere", "withdrawal")
    assert (done.folder / MANIFEST).read_bytes() == first


# ---------------------------------------------------------------- the successor


def test_the_next_run_builds_the_successor_without_the_person(study: Study) -> None:
    made(study)
    stop(study)
    names, _ = next_run(study)
    assert names == ["paper-1.2"]
    successor = study.releases / "paper-1.2" / DATA
    assert release_text_scan(successor, NAMES.values()) == []
    assert rows(successor, "SELECT label FROM speakers") == [("Participant",)]
    assert told(study, "paper-1.2")["follows"] == "paper-1"
    assert standing(study) == ["paper-1.2"]


def test_a_withdrawal_that_is_taken_back_leaves_a_successor_that_says_the_same(study: Study) -> None:
    before = logical_hash(made(study).folder / DATA)
    stop(study)
    study.record(to_ledger_event(undo("P01", "2026-05-02T10:00+12:00")))
    assert next_run(study)[0] == ["paper-1.2"]
    assert logical_hash(study.releases / "paper-1.2" / DATA) == before


def test_a_run_after_that_builds_nothing_more(study: Study) -> None:
    made(study)
    stop(study)
    next_run(study)
    size = study.ledger.head()
    assert next_run(study)[0] == []
    assert study.ledger.head() == size


def test_a_run_where_nothing_has_ended_builds_nothing_and_looks_at_no_session(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(study)
    worker = run_sessions(study)
    monkeypatch.setattr(releasing, "states_of", lambda _: pytest.fail("the sessions were looked at"))
    with study.building():
        assert releasing.rebuild_ended(worker) == []


def test_successors_are_numbered_on_from_one_another(study: Study) -> None:
    made(study)
    stop(study, change("P01", "2026-05-01T10:00+12:00", level="unnamed"))
    assert next_run(study)[0] == ["paper-1.2"]
    stop(study)
    assert next_run(study)[0] == ["paper-1.3"]
    assert told(study, "paper-1.3")["follows"] == "paper-1.2"


def test_a_successor_has_the_sessions_of_what_it_follows_and_no_others(study: Study, tmp_path: Path) -> None:
    made(study)
    add_second_session(study, tmp_path)
    stop(study)
    next_run(study)
    assert told(study, "paper-1.2")["sessions"] == ("S1",)


def test_a_session_that_waits_for_a_run_holds_its_successor_back(study: Study) -> None:
    made(study)
    stop(study)
    person = Person(participant="P01", full_name="Maribel Anewname", pseudonym="Made-up P01", secret="")
    study.vault.roster.import_people([person], [])
    with study.building():
        worker = Worker(study, QUIET)
        assert releasing.rebuild_ended(worker) == []
    assert next_run(study)[0] == ["paper-1.2"]


def test_a_successor_that_cannot_be_built_is_told_and_the_others_are_built(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(study, "paper-1")
    make_release(study, "paper-2", "analyse", QUIET)
    stop(study)

    def fail(worker: Worker, ready: object, purpose: str, head: object, aside: Path) -> object:
        if "paper-1.2" in str(aside):
            raise CheckFailed("names still stand", hint="Review.")
        return load_aside(worker, ready, purpose, head, aside)  # type: ignore[arg-type]

    monkeypatch.setattr(releasing, "load_aside", fail)
    names, worker = next_run(study)
    assert names == ["paper-2.2"]
    assert [str(failure) for failure in worker.failures.values()] == ["names still stand"]


@pytest.mark.parametrize(
    ("name", "taken", "after"),
    [
        ("paper", ["paper"], "paper.2"),
        ("paper.2", ["paper", "paper.2"], "paper.3"),
        ("paper", ["paper", "paper.2", "paper.7", "papers.9"], "paper.8"),
        ("2026", ["2026"], "2026.2"),
    ],
)
def test_names_of_successors(name: str, taken: list[str], after: str) -> None:
    assert next_name(name, taken) == after
    assert base_name(after) == base_name(name)


# ---------------------------------------------------------------- races and kills


def test_a_stop_that_took_the_half_built_files_and_is_about_to_be_recorded_is_waited_for(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes them first and records then; a build that fails in between is made again, and is no defect."""
    run_sessions(study)
    other, taken, stopping = open_as(study.folder, "pi"), threading.Event(), list[threading.Thread]()

    def take_and_record() -> None:
        with other.ledger.lock():
            for folder in unfinished(other):
                shutil.rmtree(folder)
            taken.set()
            time.sleep(0.3)
            other.record(to_ledger_event(GONE))

    def load(worker: Worker, ready: object, purpose: str, head: object, aside: Path) -> object:
        if not stopping:
            stopping.append(threading.Thread(target=take_and_record))
            stopping[0].start()
            assert taken.wait(30)
        return load_aside(worker, ready, purpose, head, aside)  # type: ignore[arg-type]

    monkeypatch.setattr(releasing, "load_aside", load)
    done = make_release(study, "paper-1", "analyse", QUIET)
    stopping[0].join()
    assert release_text_scan(done.folder / DATA, [NAMES["P01"]]) == []


def test_a_withdrawal_may_take_the_data_set_away_the_moment_it_has_its_name(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sessions(study)
    real = build.remember

    def taken_before(*known: object) -> None:
        study.research.unlink()
        real(*known)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(build, "remember", taken_before)
        assert cascade.run(study).failures == {}
    assert not study.research.exists()
    cascade.run(study)
    assert study.research.exists()


def during(monkeypatch: pytest.MonkeyPatch, do: Callable[[], object], times: int = 1) -> list[int]:
    """Do something each time a data set has been written aside and not yet been recorded, at most ``times``."""
    done = [0]

    def loaded(*args: object) -> object:
        made = load_aside(*args)  # type: ignore[arg-type]
        if done[0] < times:
            done[0] += 1
            do()
        return made

    monkeypatch.setattr(releasing, "load_aside", loaded)
    return done


def test_a_withdrawal_while_it_is_made_throws_it_away_and_it_is_made_without(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sessions(study)
    during(monkeypatch, lambda: stop(open_as(study.folder, "ra")))
    done = make_release(study, "paper-1", "analyse", QUIET)
    assert rows(done.folder / DATA, "SELECT label FROM speakers") == [("Participant",)]
    recorded = [one.payload or {} for one in study.ledger.entries() if one.kind is EventKind.RELEASE]
    assert [one["type"] for one in recorded] == ["release", "release_manifest"]


def test_somebody_elses_withdrawal_while_it_is_made_costs_another_try_and_no_more(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sessions(study)
    other = withdraw("P03", "2026-05-01T10:00+12:00", "erase")
    during(monkeypatch, lambda: stop(open_as(study.folder, "ra"), other))
    done = make_release(study, "paper-1", "analyse", QUIET)
    assert done.counts["speakers"] == 2


def test_choices_that_never_come_to_rest_end_the_trying(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    run_sessions(study)
    levels = iter(["unnamed", "named", "role", "first_name"] * 2)

    def again() -> None:
        event = change("P01", datetime.now(UTC).isoformat(), level=next(levels), applies="all")
        open_as(study.folder, "ra").record(to_ledger_event(event))

    tries = during(monkeypatch, again, times=99)
    with pytest.raises(RefusedByConsent, match="choices changed during each of 4 builds"):
        make_release(study, "paper-1", "analyse", QUIET)
    assert tries == [TRIES + 1]
    assert list(study.releases.iterdir()) == []


def test_what_a_killed_build_left_is_swept_away(study: Study) -> None:
    run_sessions(study)
    left = study.releases / ".paper-1.0a1b2c3d.tmp"
    left.mkdir()
    (left / DATA).write_bytes(b"x")
    assert unfinished(study) == [left]
    make_release(study, "paper-2", "analyse", QUIET)
    assert unfinished(study) == []


def killed_before_it_is_named(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded, and then the power goes: the files lie aside under no name."""

    def dies(*_where: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(releasing, "place", dies)
        patch.setattr(shutil, "rmtree", lambda *_args, **_more: None)
        with pytest.raises(KeyboardInterrupt):
            make_release(study, "paper-1", "analyse", QUIET)
    assert standing(study) == ["paper-1"]
    assert not (study.releases / "paper-1").exists()


def test_killed_between_the_entry_and_the_name_it_is_named_by_the_next_run(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sessions(study)
    killed_before_it_is_named(study, monkeypatch)
    next_run(study)
    assert (study.releases / "paper-1" / DATA).is_file()
    assert standing(study) == ["paper-1"]
    assert unfinished(study) == []


def test_killed_there_and_withdrawn_before_the_next_run_it_ends_and_nothing_of_the_person_is_left(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_sessions(study)
    killed_before_it_is_named(study, monkeypatch)
    assert stop(study) == ("paper-1",)
    assert unfinished(study) == []
    assert next_run(study)[0] == ["paper-1.2"]
    assert rows(study.releases / "paper-1.2" / DATA, "SELECT label FROM speakers") == [("Participant",)]


def test_a_data_set_whose_files_are_gone_has_ended_and_is_made_again(study: Study) -> None:
    done = made(study)
    shutil.rmtree(done.folder)
    assert next_run(study)[0] == ["paper-1.2"]
    assert told(study, "paper-1")["why"] == "lost"


def test_files_copied_back_into_an_ended_data_set_go_again(study: Study, tmp_path: Path) -> None:
    done = made(study)
    shutil.copytree(done.folder, tmp_path / "kept")
    stop(study)
    shutil.rmtree(done.folder)
    shutil.copytree(tmp_path / "kept", done.folder)
    with study.building():
        settle_releases(study)
    assert [path.name for path in done.folder.iterdir()] == [MANIFEST]
    assert "ended" in (read_manifest(done.folder) or {})


def test_an_entry_that_speaks_of_a_data_set_nobody_made_is_passed_over(study: Study) -> None:
    study.record(LedgerEvent(kind=EventKind.RELEASE, payload={"type": "release_ended", "name": "none"}))
    assert releases(study.ledger.entries()) == []
    assert read_register(study.ledger.entries()).sessions


def test_the_command_makes_one_under_both_ways_of_writing_it(study: Study, chatham: Chatham) -> None:
    run_sessions(study)
    said = chatham("release", "paper-1", "--purpose", "analyse", study=study.folder)
    assert said.code == 0, said.err
    assert "Data set paper-1 is made: 1 session, 2 turns, 0 of them withheld." in said.out
    said = chatham("release", "--json", "--purpose", "archive", "for-the-archive", study=study.folder)
    assert said.code == 0, said.err
    assert json.loads(said.out)["purpose"] == "archive"
    said = chatham("release", "tables", "--purpose", "analyse", "--format", "parquet,csv", study=study.folder)
    assert said.code == 0, said.err
    assert "(parquet, csv)" in said.out
    said = chatham("release", "tables-2", "--purpose", "analyse", "--format", "qdpxx", study=study.folder)
    assert (said.code, "Use one or more of these, with commas between: duckdb, parquet, csv" in said.err) == (2, True)
    said = chatham("release", "make", "paper-3", "--purpose", "analyse", study=study.folder)
    assert said.code == 0, said.err
    listed = chatham("release", "list", study=study.folder).out
    assert [line.split()[0] for line in listed.splitlines()] == ["paper-1", "for-the-archive", "tables", "paper-3"]
