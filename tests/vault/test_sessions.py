"""One session's files: written whole or not at all, opened by whom they may, and gone when discarded."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schemas.errors import BadInput, CheckFailed, DiskFull, MissingKey
from schemas.recording import Intake, Session, Track
from schemas.roster import Contact, MatchingTable
from schemas.speech import Attributed, Voice
from tests.vault.conftest import PASSPHRASE, everything_on_disk
from vault.keys import Keyring
from vault.sessions import SessionStore
from vault.store import Vault

Unlock = Callable[[str], Keyring]
ROOT = Path(__file__).resolve().parents[2]
TRACK = Track(track="t1", sha256="0" * 64, duration_s=1.0, sample_rate_hz=16_000, channels=1, name_hint="CanaryAna")


def intake(session: str = "autumn-1", *tracks: Track) -> Intake:
    facts = Session(session=session, day=date(2026, 3, 4), zone="Europe/Paris", language="fr")
    return Intake(session=facts, tracks=tracks, voice_map={"Canary Ana": "P01"})


def turns(label: str) -> Attributed:
    return Attributed(voices=(Voice(label=label, participant="P01"),), utterances=())


@pytest.fixture
def store(vault: Vault) -> SessionStore:
    made = vault.session("autumn-1")
    with made.add_audio("t1") as sink:
        sink.write(b"canary voice " * 20_000)
    made.create(intake("autumn-1", TRACK))
    return made


def test_a_session_gives_back_what_was_put_in(store: SessionStore, vault: Vault) -> None:
    assert store.exists()
    assert store.intake() == intake("autumn-1", TRACK)
    assert store.language == "fr"
    assert vault.session_ids() == ["autumn-1"]
    with store.open_audio("t1") as stream:
        assert stream.seekable()
        stream.seek(-13, io.SEEK_END)
        assert stream.read() == b"canary voice "


def test_a_session_may_be_begun_before_its_recordings(vault: Vault) -> None:
    store = vault.session("autumn-1")
    store.create(intake())
    with store.add_audio("t1") as sink:
        sink.write(b"voice")
    store.save_intake(intake("autumn-1", TRACK))
    assert store.audio_tracks() == ["t1"]
    assert store.intake().tracks == (TRACK,)


def test_a_session_that_nobody_took_in_is_not_there(vault: Vault) -> None:
    store = vault.session("winter")
    assert not store.exists()
    assert vault.session_ids() == []
    with pytest.raises(BadInput, match="not in the vault"):
        store.intake()
    with pytest.raises(BadInput, match="no recording t1"), store.open_audio("t1"):
        raise AssertionError("it opened")


def test_a_session_is_created_once_and_only_with_its_recordings(store: SessionStore, vault: Vault) -> None:
    with pytest.raises(BadInput, match="already in the vault"):
        store.create(intake())
    with pytest.raises(BadInput, match="did not reach the vault"):
        vault.session("winter").create(intake("winter", TRACK))
    assert vault.session_ids() == ["autumn-1"]


def test_a_folder_name_tells_nothing_and_is_another_in_every_study(vault: Vault) -> None:
    store = vault.session("autumn-1")
    assert len(bytes.fromhex(store.opaque)) == 16
    assert vault.session("autumn-1").opaque == store.opaque != vault.session("autumn-2").opaque


def test_nothing_of_a_session_is_readable_on_disk(store: SessionStore, study: Path) -> None:
    store.put_stage("attributed", "canary key", turns("Canary Ana"))
    store.append_entry("correction", Contact(participant="P01", email="canary@example.org"))
    disk = everything_on_disk(study)
    for word in (b"canary", b"Canary", b"participant", b"autumn-1"):
        assert word not in disk


def test_intake_adds_a_session_and_cannot_open_it_again(study: Path, as_user: Unlock) -> None:
    store = Vault(study, as_user("desk")).session("autumn-1")
    with store.add_audio("t1") as sink:
        sink.write(b"voice")
    store.create(intake("autumn-1", TRACK))
    assert store.exists()
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        store.intake()
    with pytest.raises(MissingKey, match="assistant or investigator only"), store.open_audio("t1"):
        raise AssertionError("it opened")
    assistant = Vault(study, as_user("ra"))
    assert assistant.session_ids() == ["autumn-1"]
    with assistant.session("autumn-1").open_audio("t1") as stream:
        assert stream.read() == b"voice"


def test_an_ethics_officer_adds_a_session_and_opens_none(store: SessionStore, study: Path, as_user: Unlock) -> None:
    found = Vault(study, as_user("board")).session("autumn-1")
    assert found.folder == store.folder
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        found.identity()


# ---------------------------------------------------------------- stages


def test_a_stage_is_found_under_its_key_and_replaces_the_one_before(store: SessionStore) -> None:
    store.put_stage("attributed", "one", turns("a"))
    store.put_stage("redacted-analyse", "one", turns("other stage"))
    assert store.has_stage("attributed", "one")
    store.put_stage("attributed", "two", turns("b"))
    assert not store.has_stage("attributed", "one")
    assert store.get_stage("attributed", "one", Attributed) is None
    assert store.get_stage("attributed", "two", Attributed) == store.latest("attributed", Attributed) == turns("b")
    assert store.stage("redacted-analyse", "one", Attributed) == turns("other stage")
    assert store.stages() == ["attributed", "redacted-analyse"]
    store.put_stage("attributed", "two", turns("c"))
    assert store.stage("attributed", "two", Attributed) == turns("c")


def test_a_stage_that_must_be_there_and_is_not_is_said(store: SessionStore) -> None:
    assert store.latest("names", Attributed) is None
    with pytest.raises(CheckFailed, match="result of step names is not there"):
        store.stage("names", "one", Attributed)


def test_a_stage_of_another_shape_is_refused_without_repeating_it(store: SessionStore) -> None:
    store.put_stage("attributed", "one", turns("Canary Ana"))
    with pytest.raises(BadInput, match="no MatchingTable") as refused:
        store.get_stage("attributed", "one", MatchingTable)
    assert "Canary" not in str(refused.value)


def test_a_file_moved_under_another_name_is_noticed(store: SessionStore, vault: Vault) -> None:
    store.put_stage("attributed", "one", turns("a"))
    store.put_stage("names", "one", turns("b"))
    first, second = sorted(store.folder.glob("stage.*.age"))
    second.write_bytes(first.read_bytes())
    with pytest.raises(CheckFailed, match="another file's name"):
        store.get_stage("names", "one", Attributed)


@pytest.mark.parametrize("stage", ["", "Ana", "a.b", "../x", "a" * 65])
def test_a_stage_name_that_could_not_be_a_file_name_is_refused(store: SessionStore, stage: str) -> None:
    with pytest.raises(BadInput, match="stage's name"):
        store.put_stage(stage, "one", turns("a"))


@pytest.mark.parametrize("track", ["", "Ana", "t1/../x", "t12345"])
def test_a_track_name_that_is_none_is_refused(store: SessionStore, track: str) -> None:
    with pytest.raises(BadInput, match="a track is t1"), store.add_audio(track):
        raise AssertionError("it opened")


# ---------------------------------------------------------------- human work


def test_human_work_is_kept_in_order_with_author_and_time(store: SessionStore, study: Path, as_user: Unlock) -> None:
    start = datetime.now(UTC)
    store.append_entry("correction", Contact(participant="P01", email="1"))
    Vault(study, as_user("ra")).session("autumn-1").append_entry("correction", Contact(participant="P01", email="2"))
    store.append_entry("who", Contact(participant="P01", email="3"))
    found = store.entries("correction", Contact)
    assert [(entry.author, entry.record.email) for entry in found] == [("pi", "1"), ("ra", "2")]
    assert start <= found[0].at <= found[1].at <= datetime.now(UTC)
    assert [entry.record.email for entry in store.entries("who", Contact)] == ["3"]
    assert store.entries("nothing", Contact) == []


# ---------------------------------------------------------------- crashes and ends


def test_a_recording_whose_taking_in_failed_is_not_there(vault: Vault) -> None:
    store = vault.session("autumn-1")
    with pytest.raises(RuntimeError, match="bad file"), store.add_audio("t1") as sink:
        sink.write(b"canary" * 100_000)
        raise RuntimeError("bad file")
    assert store.audio_tracks() == []
    assert store.files(hidden=True) == []


def test_a_full_disk_while_taking_in_leaves_no_recording(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    store = vault.session("autumn-1")
    store.create(intake())

    def full(handle: int) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="disk is full"), store.add_audio("t1") as sink:
        sink.write(b"voice" * 100_000)
    assert store.audio_tracks() == []


def test_leftovers_of_a_killed_intake_are_gone_once_the_session_is_created(vault: Vault) -> None:
    store = vault.session("autumn-1")
    for track in ("t1", "t2"):
        with store.add_audio(track) as sink:
            sink.write(b"voice")
    store.put_stage("attributed", "one", turns("a"))
    store.create(intake("autumn-1", TRACK))
    assert store.audio_tracks() == ["t1"]
    assert store.stages() == []


def test_a_discarded_session_is_gone_with_its_key(store: SessionStore, vault: Vault) -> None:
    sealed = (store.folder / "audio.t1.age").read_bytes()
    store.discard()
    store.discard()
    assert not store.folder.exists()
    assert vault.session_ids() == []
    assert store.opaque not in vault.keyring.keystore.names()
    store.create(intake())
    (store.folder / "audio.t1.age").write_bytes(sealed)
    with pytest.raises(MissingKey, match="not for this key"), store.open_audio("t1"):
        raise AssertionError("it opened")


WORKER = f"""
import sys, time
from datetime import date
from pathlib import Path
from schemas.recording import Intake, Session
from vault.keys import unlock
from vault.store import Vault
study, name, hang = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "hang"
vault = Vault(study, unlock(study / "keys", "desk", {PASSPHRASE!r}))
for number in range(1 if hang else 4):
    session = f"{{name}}-{{number}}"
    store = vault.session(session)
    with store.add_audio("t1") as sink:
        sink.write(b"canary" * 50_000)
        if hang:
            print("writing", flush=True)
            time.sleep(60)
    store.create(Intake(session=Session(session=session, day=date(2026, 3, 4), zone="Europe/Paris")))
"""


def start(study: Path, name: str, how: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WORKER, str(study), name, how]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def test_two_processes_take_in_different_sessions_at_the_same_time(study: Path, vault: Vault) -> None:
    with start(study, "left", "run") as left, start(study, "right", "run") as right:
        assert left.wait(60) == right.wait(60) == 0
    assert vault.session_ids() == sorted(f"{side}-{number}" for side in ("left", "right") for number in range(4))


def test_a_process_killed_while_taking_in_leaves_no_session_and_nothing_readable(study: Path, vault: Vault) -> None:
    with start(study, "autumn", "hang") as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        worker.send_signal(signal.SIGKILL)
    store = vault.session("autumn-0")
    assert not store.exists()
    assert b"canary" not in everything_on_disk(study)
    assert len(store.files(hidden=True)) == 1
    store.create(intake("autumn-0"))
    assert [path.name for path in store.files(hidden=True)] == ["intake.age"]
    assert vault.session_ids() == ["autumn-0"]
