"""Backups: written aside, read back, recorded, and only then there; and what the register says of them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import flows.backups
from flows.backups import attest_destroyed, backups, check_file, make_backup
from flows.recovery import make_recovery
from flows.study import Study
from flows.users import add_user
from schemas.errors import BadInput, Busy, CheckFailed, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEntry
from tests.flows.backing import unattested
from tests.flows.conftest import NAMES, PASSPHRASE, Chatham, contents, make_keys_cheap, open_as
from tests.vault.killing import Killed, killed_after
from vault.age import Identity
from vault.erasure import Scope
from vault.erasures import Job
from vault.recovery import recovery_identity


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)


@pytest.fixture
def key(study: Study) -> Identity:
    """The printed recovery key of the study."""
    made = recovery_identity(make_recovery(study, None).text)
    study.publish()
    return made


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Another disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    yield folder


def test_a_backup_is_recorded_with_what_it_is_of(study: Study, key: Identity, disk: Path) -> None:
    size, root = study.ledger.head()
    new = make_backup(study, disk / "one.age", [key])
    payload = study.ledger.entries()[-1].payload
    assert payload is not None
    assert payload == {
        "type": "backup",
        "id": new.made.id,
        "sha256": flows.backups.hashlib.sha256((disk / "one.age").read_bytes()).hexdigest(),
        "bytes": (disk / "one.age").stat().st_size,
        "size": size,
        "root": root,
        "by": "pi",
        "at": new.made.at.isoformat(),
    }
    assert study.ledger.entries()[-1].kind is EventKind.BACKUP
    assert new.made.index == size
    assert [path.name for path in disk.iterdir()] == ["one.age"]


def test_nothing_in_a_backup_is_readable_without_the_key(study: Study, key: Identity, disk: Path) -> None:
    make_backup(study, disk / "one.age")
    data = (disk / "one.age").read_bytes()
    for word in (*NAMES.values(), "manifest.json", "keys/users", study.config.title):
        assert word.encode() not in data


def test_the_other_program_for_age_files_opens_a_backup_and_tar_lists_it(
    study: Study, key: Identity, disk: Path, tmp_path: Path
) -> None:
    if not shutil.which("age"):
        pytest.skip("Debian's age is not installed")
    make_backup(study, disk / "one.age")
    (tmp_path / "key.txt").write_text(f"{key}\n")
    opened = subprocess.run(
        ["age", "-d", "-i", str(tmp_path / "key.txt"), str(disk / "one.age")], capture_output=True, check=True
    )
    listed = subprocess.run(["tar", "t"], input=opened.stdout, capture_output=True, check=True).stdout.decode()
    names = listed.splitlines()
    assert names[0] == "manifest.json"
    assert {"chatham.toml", "keys/users/pi", "keys/users/recovery", "vault/roster.age"} <= set(names)
    assert not [name for name in names if name.startswith("consent") or "epoch" in name]


def test_without_a_recovery_key_there_is_no_backup(study: Study, disk: Path) -> None:
    with pytest.raises(MissingKey, match="has no recovery key") as refused:
        make_backup(study, disk / "one.age")
    assert "chatham keys recovery" in refused.value.hint
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize("user", ["desk", "board"])
def test_who_opens_no_sessions_backs_nothing_up(user: str, study: Study, key: Identity, disk: Path) -> None:
    before = contents(study.folder)
    with pytest.raises(MissingKey, match="may not make backups"):
        make_backup(open_as(study.folder, user), disk / "one.age")
    with pytest.raises(MissingKey, match="may not make backups"):
        attest_destroyed(open_as(study.folder, user), "0" * 16)
    assert (contents(study.folder), list(disk.iterdir())) == (before, [])


def test_an_assistants_backup_says_what_it_lacks(study: Study, key: Identity, disk: Path) -> None:
    new = make_backup(open_as(study.folder, "ra"), disk / "one.age", [key])
    assert new.left_out == ("contacts",)


def test_a_machine_backs_up(study: Study, key: Identity, disk: Path) -> None:
    add_user(study, "night", role="investigator", participant=None, passphrase=lambda: PASSPHRASE, service=True)
    new = make_backup(open_as(study.folder, "night"), disk / "one.age", [key])
    assert new.left_out == ()


def test_nothing_is_ever_overwritten(study: Study, key: Identity, disk: Path) -> None:
    (disk / "one.age").write_text("a letter")
    with pytest.raises(UsageError, match="such a file already"):
        make_backup(study, disk / "one.age")
    (disk / "link").symlink_to(disk / "nowhere")
    with pytest.raises(UsageError, match="such a file already"):
        make_backup(study, disk / "link")
    assert (disk / "one.age").read_text() == "a letter"
    assert backups(study.ledger.entries()) == []


@pytest.mark.parametrize("place", ["backup.age", "vault/backup.age", "consent/backup.age"])
def test_a_backup_does_not_lie_in_the_folder_that_it_is_of(place: str, study: Study, key: Identity) -> None:
    with pytest.raises(UsageError, match="inside the study's own folder"):
        make_backup(study, study.folder / place)


def test_a_folder_that_is_not_there_is_told(study: Study, key: Identity, disk: Path) -> None:
    with pytest.raises(UsageError, match="folder for the backup is not there"):
        make_backup(study, disk / "deeper" / "one.age")


def test_while_a_run_is_under_way_there_is_no_backup(study: Study, key: Identity, disk: Path) -> None:
    with study.building(), pytest.raises(Busy, match="a run, an erasure or another backup"):
        make_backup(open_as(study.folder, "pi"), disk / "one.age")
    assert list(disk.iterdir()) == []


def test_while_an_erasure_is_not_finished_there_is_no_backup(study: Study, key: Identity, disk: Path) -> None:
    job = Job(
        id="0" * 16,
        participant="P01",
        scope=Scope(),
        data="erase",
        reason="withdrawal",
        by="pi",
        begun_at=datetime(2026, 3, 4, tzinfo=UTC),
    )
    study.vault.erasures.begin(job)
    with pytest.raises(Busy, match="an erasure was begun and is not finished"):
        make_backup(study, disk / "one.age")
    assert list(disk.iterdir()) == []
    study.vault.erasures.end(job)
    assert make_backup(study, disk / "one.age", [key]).read_back


def test_a_backup_holds_up_no_withdrawal(
    study: Study, key: Identity, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While files are copied, choices are recorded as ever; the backup is of the register from before."""
    real, during = flows.backups.pack, []

    def busy(*arguments: object) -> object:
        other = open_as(study.folder, "desk")
        during.append(other.ledger.append([flows.backups.LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "x"})]))
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(flows.backups, "pack", busy)
    size = study.ledger.head()[0]
    made = make_backup(study, disk / "one.age").made
    assert (made.size, during, made.index) == (size, [[size]], size + 1)


def test_what_the_disk_does_not_give_back_is_no_backup(
    study: Study, key: Identity, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = flows.backups.os.fsync

    def rotten(handle: int) -> None:
        real(handle)
        for path in disk.glob(".tmp-*"):
            data = path.read_bytes()
            path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    monkeypatch.setattr(flows.backups.os, "fsync", rotten)
    with pytest.raises(CheckFailed, match="cannot be read back"):
        make_backup(study, disk / "one.age")
    assert list(disk.iterdir()) == []
    assert backups(study.ledger.entries()) == []


def test_a_backup_that_cannot_be_recorded_is_not_there(
    study: Study, key: Identity, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> int:
        raise LedgerDamaged("the register cannot be written to", hint="Look for a newer copy.")

    monkeypatch.setattr(Study, "record", refuses)
    with pytest.raises(LedgerDamaged, match="cannot be written to"):
        make_backup(study, disk / "one.age")
    assert list(disk.iterdir()) == []


def test_a_register_that_lacks_entries_is_backed_up_by_nobody(study: Study, key: Identity, disk: Path) -> None:
    (study.consent / "log" / "seen").write_bytes((study.consent / "log" / "checkpoint").read_bytes())
    with pytest.raises(LedgerDamaged, match="behind a checkpoint"):
        make_backup(open_as(study.folder, "pi"), disk / "one.age")
    assert list(disk.iterdir()) == []


def test_the_wrong_recovery_key_does_not_verify(study: Study, key: Identity, disk: Path) -> None:
    with pytest.raises(MissingKey, match="does not open this backup"):
        make_backup(study, disk / "one.age", [Identity.generate()])
    assert list(disk.iterdir()) == []
    assert backups(study.ledger.entries()) == []


def test_a_killed_backup_leaves_no_file_of_its_name_that_is_not_recorded(
    study: Study, key: Identity, disk: Path
) -> None:
    for step in range(60):
        try:
            with killed_after(step):
                make_backup(open_as(study.folder, "pi"), disk / f"{step}.age")
            ended = True
        except Killed:
            ended = False
        recorded = {one.sha256 for one in backups(open_as(study.folder, "pi").ledger.entries())}
        for path in disk.glob("*.age"):
            assert flows.backups.hashlib.sha256(path.read_bytes()).hexdigest() in recorded
            with path.open("rb") as source:
                check_file(source, [key])
        if ended:
            return
    raise AssertionError("it never ended")


def entry(index: int, kind: EventKind, **payload: object) -> LedgerEntry:
    return LedgerEntry(index=index, kind=kind, minute="2026-03-04T09:00Z", payload=payload)


def backup_entry(index: int, name: str) -> LedgerEntry:
    more = {"sha256": "1" * 64, "bytes": 10, "size": index, "root": "2" * 64, "by": "pi"}
    return entry(index, EventKind.BACKUP, type="backup", id=name, at=f"2026-03-{index + 1:02}T09:00:00+00:00", **more)


def said(index: int, what: str, name: str) -> LedgerEntry:
    return entry(index, EventKind.BACKUP, type=what, id=name, at=f"2026-03-{index + 1:02}T09:00:00+00:00", by="pi")


def test_only_backups_from_before_a_destruction_and_not_destroyed_stand_against_it() -> None:
    entries = [
        backup_entry(0, "a"),
        backup_entry(1, "b"),
        entry(2, EventKind.ERASE, type="erasure"),
        backup_entry(3, "c"),
        said(4, "backup_destroyed", "a"),
        said(5, "backup_destroyed", "nobody's"),
    ]
    assert [one.id for one in unattested(entries, 2)] == ["b"]
    assert [one.id for one in unattested(entries[:4], 2)] == ["a", "b"]
    assert {one.id: one.destroyed_at for one in backups(entries)} == {
        "a": datetime(2026, 3, 5, 9, tzinfo=UTC),
        "b": None,
        "c": None,
    }


def test_a_backup_that_was_restored_was_not_destroyed() -> None:
    entries = [
        backup_entry(0, "a"),
        said(1, "backup_destroyed", "a"),
        entry(2, EventKind.ERASE, type="erasure"),
        said(3, "restored", "a"),
    ]
    assert unattested(entries[:3], 2) == []
    assert [one.id for one in unattested(entries, 2)] == ["a"]


def test_entries_that_stay_shut_are_passed_over() -> None:
    assert backups([LedgerEntry(index=0, kind=EventKind.BACKUP, minute="2026-03-04T09:00Z")]) == []


def test_the_end_of_a_backup_is_recorded_once(study: Study, key: Identity, disk: Path) -> None:
    made = make_backup(study, disk / "one.age").made
    first, new = attest_destroyed(study, made.id)
    assert new
    assert first.destroyed_at is not None
    size = study.ledger.head()[0]
    again, new = attest_destroyed(study, made.id)
    assert (again.destroyed_at, new) == (first.destroyed_at, False)
    assert study.ledger.head()[0] == size
    with pytest.raises(UsageError, match="knows no backup of this id"):
        attest_destroyed(study, "f" * 16)


def test_a_file_that_is_no_backup_is_told(tmp_path: Path, key: Identity) -> None:
    (tmp_path / "letter").write_text("Dear all")
    with (tmp_path / "letter").open("rb") as source, pytest.raises(BadInput, match="is no backup at all"):
        check_file(source, [key])


def test_the_command_makes_lists_and_ends_backups(
    study: Study, key: Identity, disk: Path, chatham: Chatham, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert chatham("backup", "--list", study=study.folder).out == "No backup was made.\n"
    (tmp_path / "key").write_text(f"{str(key).lower()}\n")
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("CHATHAM_RECOVERY_KEY_FILE", str(tmp_path / "key"))
    made = chatham("backup", disk / "one.age", "--verify", "--json", study=study.folder)
    assert (made.code, made.err) == (0, "")
    assert (disk / "one.age").stat().st_mode & 0o077 == 0
    facts = json.loads(made.out)
    assert facts["opened"] is True
    assert chatham("backup", disk / "two.age", study=study.folder, user="ra").code == 0
    listed = json.loads(chatham("backup", "--list", "--json", study=study.folder).out)
    assert [one["destroyed_at"] for one in listed] == [None, None]
    assert listed[0]["id"] == facts["id"]
    ended = chatham("backup", "--destroyed", facts["id"], study=study.folder)
    assert ended.out == f"Recorded: no copy of backup {facts['id']} is left.\n"
    again = chatham("backup", "--destroyed", facts["id"], study=study.folder)
    assert again.out == f"That was recorded of {facts['id']} already.\n"
    lines = chatham("backup", "--list", study=study.folder).out.splitlines()
    assert len(lines) == 3
    assert [line.split()[-1] == "-" for line in lines[1:]] == [False, True]


@pytest.mark.parametrize(
    "words", [[], ["one.age", "--list"], ["--list", "--destroyed", "0" * 16], ["one.age", "--destroyed", "0" * 16]]
)
def test_the_command_does_one_thing(words: list[str], study: Study, chatham: Chatham) -> None:
    refused = chatham("backup", *words, study=study.folder)
    assert (refused.code, refused.out) == (2, "")
    assert "a backup needs one thing to do" in refused.err
