"""A study put back from a backup: the register is newer and is believed, and what it says is gone stays gone."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from consent.verify import verify
from flows.backups import backups, make_backup, study_digest
from flows.consenting import Said, record_one
from flows.intake import NewSession, add_session
from flows.progress import Progress
from flows.recovery import make_recovery
from flows.register_keys import register_keys
from flows.restoring import Restored, Wanted, restore
from flows.settings import utc_now
from flows.study import Study
from flows.users import add_user, list_users, remove_user
from schemas.errors import BadInput, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent
from tests.flows.backing import unattested
from tests.flows.conftest import NAMES, PASSPHRASE, VTT, Chatham, contents, make_keys_cheap, open_as
from tests.vault.killing import Killed, killed_after
from vault.age import Identity
from vault.archive import Manifest, pack
from vault.keys import unlock
from vault.recovery import RECOVERY, recovery_identity

QUIET = Progress(quiet=True)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)


@dataclass
class Disaster:
    """A study with a backup, before its disk is lost.

    Attributes:
        keys: Printed recovery keys, the newest first.
    """

    study: Study
    backup: Path
    place: Path
    keys: list[Identity]

    def lose(self) -> Path:
        """The disk is lost; what is left is a copy of the register."""
        self.study.publish()
        saved = self.place / "saved" / "consent"
        shutil.copytree(self.study.consent, saved)
        shutil.rmtree(self.study.folder)
        return saved

    def wanted(self, consent: Path | None, **more: object) -> Wanted:
        made = Wanted(
            file=self.backup, folder=self.place / "back", keys=self.keys, passphrase=lambda: PASSPHRASE, consent=consent
        )
        return replace(made, **more)  # type: ignore[arg-type]

    def restored(self, consent: Path | None = None, **more: object) -> Restored:
        return restore(self.wanted(consent or self.lose(), **more), QUIET)


def new_key(study: Study) -> Identity:
    made = recovery_identity(make_recovery(study, None).text)
    study.go_on_with(unlock(study.folder / "keys", study.keyring.user, PASSPHRASE))
    study.publish()
    return made


@pytest.fixture
def disaster(study: Study, tmp_path: Path) -> Disaster:
    key = new_key(study)
    (tmp_path / "disk").mkdir()
    make_backup(study, tmp_path / "disk" / "one.age")
    study.publish()
    return Disaster(study, tmp_path / "disk" / "one.age", tmp_path, [key])


def words_of(study: Study, session: str = "S1") -> list[str]:
    cues = study.vault.session(session).intake().cues
    return [cue.text for cue in cues.cues] if cues else []


def test_a_lost_study_is_back_with_everything_that_was_in_the_backup(disaster: Disaster) -> None:
    before = (words_of(disaster.study), disaster.study.table(), disaster.study.vault.roster.contacts())
    users = {user.name for user in list_users(disaster.study)}
    size = disaster.study.ledger.head()[0]
    done = disaster.restored()
    again = open_as(disaster.place / "back", "pi")
    assert (words_of(again), again.table(), again.vault.roster.contacts()) == before
    assert {user.name for user in list_users(again)} == users
    assert again.vault.roster.study_key() == done.study.vault.roster.study_key()
    assert (done.sessions, done.applied, done.missing, done.removed, done.again) == (1, (), (), (), ())
    newest = again.ledger.entries()[-1]
    assert newest.index == size
    assert newest.kind is EventKind.BACKUP
    assert newest.payload is not None
    assert {**newest.payload, "at": ""} == {
        "type": "restored",
        "id": done.backup.id,
        "size": done.backup.size,
        "applied": [],
        "by": RECOVERY,
        "at": "",
    }


def test_everybody_works_on_in_a_restored_study(disaster: Disaster, tmp_path: Path) -> None:
    disaster.restored()
    folder = disaster.place / "back"
    for user in ("pi", "ra", "desk", "board"):
        said = Said(participant="P02", event="change", level="withheld", at="2026-03-05T10:00+13:00")
        assert record_one(open_as(folder, user), said).recorded == 1
    (tmp_path / "s2.vtt").write_text(VTT)
    desk = open_as(folder, "desk")
    add_session(desk, NewSession("S2", "2026-03-05T09:00+13:00", transcript=tmp_path / "s2.vtt"), QUIET)
    again = open_as(folder, "ra")
    again.publish()
    assert [store.intake().session.session for store in again.sessions()] == ["S1", "S2"] or len(again.sessions()) == 2
    report = verify(again.consent, again.log_keys, now=utc_now())
    assert not report.problems


def test_the_register_is_still_signed_with_the_keys_that_others_know(disaster: Disaster) -> None:
    keys = disaster.study.log_keys
    done = disaster.restored()
    assert done.new_log_keys is False
    assert open_as(disaster.place / "back", "pi").log_keys == keys


def test_old_keys_open_nothing_of_the_restored_study(disaster: Disaster) -> None:
    old = {name: disaster.study.keyring.keystore.identity(name) for name in ("roster", "contacts", "participants")}
    epoch = (disaster.study.folder / "keys" / "epoch.secret").read_bytes()
    pubs = {path.name: path.read_bytes() for path in (disaster.study.folder / "keys" / "roles").glob("*.pub")}
    done = disaster.restored()
    assert (done.study.folder / "keys" / "epoch.secret").read_bytes() != epoch
    for name, identity in old.items():
        assert done.study.keyring.keystore.identity(name) != identity
    now = {path.name: path.read_bytes() for path in (done.study.folder / "keys" / "roles").glob("*.pub")}
    assert {name for name in pubs if now[name] == pubs[name]} == {"ethics.pub"}


def test_the_register_may_lie_in_the_folder_already(disaster: Disaster) -> None:
    saved = disaster.lose()
    (disaster.place / "back").mkdir()
    shutil.copytree(saved, disaster.place / "back" / "consent")
    restore(disaster.wanted(None), QUIET)
    assert words_of(open_as(disaster.place / "back", "pi"))
    assert sorted(path.name for path in disaster.place.iterdir() if "back" in path.name) == ["back"]


def test_a_folder_that_is_no_new_one_is_left_alone(disaster: Disaster) -> None:
    saved = disaster.lose()
    back = disaster.place / "back"
    back.mkdir()
    (back / "letter").write_text("Dear all")
    with pytest.raises(UsageError, match="is not empty"):
        restore(disaster.wanted(saved), QUIET)
    shutil.copytree(saved, back / "consent")
    with pytest.raises(UsageError, match="is not empty"):
        restore(disaster.wanted(None), QUIET)
    (back / "letter").unlink()
    with pytest.raises(UsageError, match="named twice"):
        restore(disaster.wanted(saved), QUIET)
    shutil.rmtree(back)
    with pytest.raises(UsageError, match="no consent register to restore with"):
        restore(disaster.wanted(None), QUIET)
    with pytest.raises(UsageError, match="no consent register in that folder"):
        restore(disaster.wanted(disaster.place / "saved" / "nothing"), QUIET)
    (disaster.place / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        restore(disaster.wanted(saved, folder=disaster.place / "file" / "back"), QUIET)


def refused(disaster: Disaster, saved: Path, error: type[Exception], match: str, **more: object) -> None:
    """Nothing is written anywhere, not even into the register that was handed in."""
    register, around = contents(saved), sorted(path.name for path in disaster.place.iterdir())
    with pytest.raises(error, match=match):
        restore(disaster.wanted(saved, **more), QUIET)
    assert contents(saved) == register
    assert sorted(path.name for path in disaster.place.iterdir()) == around


def test_another_key_restores_nothing(disaster: Disaster) -> None:
    refused(disaster, disaster.lose(), MissingKey, "does not open this backup", keys=[Identity.generate()])


@pytest.mark.parametrize("part", [0.0, 0.2, 0.5, 0.9, 0.999])
def test_a_cut_backup_restores_nothing(part: float, disaster: Disaster) -> None:
    data = disaster.backup.read_bytes()
    disaster.backup.write_bytes(data[: int(len(data) * part)])
    refused(disaster, disaster.lose(), BadInput, "the backup cannot be read")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.999])
def test_an_edited_backup_restores_nothing(part: float, disaster: Disaster) -> None:
    data = bytearray(disaster.backup.read_bytes())
    data[int(len(data) * part)] ^= 1
    disaster.backup.write_bytes(data)
    refused(disaster, disaster.lose(), BadInput, "the backup cannot be read")


def test_a_backup_that_somebody_else_made_for_the_same_key_restores_nothing(disaster: Disaster) -> None:
    """The key's public half is no secret: anybody can seal to it. The register says which file it was."""
    made, forged = backups(disaster.study.ledger.entries())[0], disaster.place / "disk" / "forged.age"
    title = study_digest(disaster.study.config.title)
    manifest = Manifest(id=made.id, study=title, size=made.size, root=made.root, at=made.at)
    with forged.open("wb") as sink:
        pack(sink, disaster.keys[0].recipient, disaster.study.folder, disaster.study.keyring, manifest)
    refused(disaster, disaster.lose(), BadInput, "not the backup that the register records", file=forged)


def test_a_register_from_before_the_backup_is_refused(study: Study, tmp_path: Path) -> None:
    key = new_key(study)
    older = tmp_path / "older"
    shutil.copytree(study.consent, older)
    (tmp_path / "disk").mkdir()
    study.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})])
    make_backup(study, tmp_path / "disk" / "one.age")
    disaster = Disaster(study, tmp_path / "disk" / "one.age", tmp_path, [key])
    refused(disaster, older, LedgerDamaged, "when the backup was made there were")


def test_a_register_that_does_not_know_the_backup_is_refused(study: Study, tmp_path: Path) -> None:
    key = new_key(study)
    older = tmp_path / "older"
    shutil.copytree(study.consent, older)
    (tmp_path / "disk").mkdir()
    make_backup(study, tmp_path / "disk" / "one.age")
    disaster = Disaster(study, tmp_path / "disk" / "one.age", tmp_path, [key])
    refused(disaster, older, LedgerDamaged, "does not know this backup, so newer entries of it existed")


def test_the_register_of_another_study_is_refused(disaster: Disaster, template: Path, tmp_path: Path) -> None:
    other = Study.create(
        tmp_path / "other", title="Other", approval="H1", language="en", user="pi", passphrase=PASSPHRASE
    )
    for _ in range(disaster.study.ledger.head()[0]):
        other.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})])
    other.publish()
    refused(disaster, other.consent, LedgerDamaged, "not of one study")


def cut(saved: Path, lines: int) -> None:
    """Set the journal back, as whoever wants a withdrawal forgotten would."""
    journal = saved / "journal.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-lines]))


def test_a_register_behind_its_own_seal_is_refused(disaster: Disaster) -> None:
    disaster.study.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})])
    saved = disaster.lose()
    cut(saved, 1)
    refused(disaster, saved, LedgerDamaged, "is not whole: .* the journal does not have")


def test_a_register_without_a_seal_is_refused(disaster: Disaster) -> None:
    saved = disaster.lose()
    (saved / "log" / "checkpoint").unlink()
    refused(disaster, saved, LedgerDamaged, "log/checkpoint is missing")


def test_a_register_with_a_damaged_line_is_refused(disaster: Disaster) -> None:
    saved = disaster.lose()
    journal = saved / "journal.jsonl"
    data = bytearray(journal.read_bytes())
    data[100] ^= 1
    journal.write_bytes(data)
    refused(disaster, saved, LedgerDamaged, "is not whole: line 1 of journal.jsonl")


def set_back(disaster: Disaster) -> tuple[Path, Path]:
    """A whole copy of the register from before the newest entries, and the newest seal, which somebody kept."""
    disaster.study.publish()
    older = disaster.place / "older"
    shutil.copytree(disaster.study.consent, older)
    disaster.study.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})])
    disaster.study.publish()
    seal = disaster.place / "seal"
    seal.write_bytes((disaster.study.consent / "log" / "checkpoint").read_bytes())
    return older, seal


def test_a_register_behind_a_seal_that_somebody_kept_is_refused(disaster: Disaster) -> None:
    older, seal = set_back(disaster)
    refused(disaster, older, LedgerDamaged, "behind a checkpoint of its log that it was shown", against=[seal])


def test_a_register_that_was_shown_a_newer_seal_before_is_refused(disaster: Disaster) -> None:
    older, seal = set_back(disaster)
    shutil.copy(seal, older / "log" / "seen")
    refused(disaster, older, LedgerDamaged, "behind a checkpoint of its log that it was shown")


def test_a_seal_that_the_register_has_reached_stands_in_nobodys_way(disaster: Disaster) -> None:
    _, seal = set_back(disaster)
    saved = disaster.lose()
    shutil.copy(seal, saved / "log" / "seen")
    done = disaster.restored(saved, against=[seal])
    assert done.anchored == done.entries
    assert not (done.study.consent / "log" / "seen").exists()


def test_a_seal_under_keys_that_the_register_does_not_know_yet_is_newer_than_it(disaster: Disaster) -> None:
    older, seal = set_back(disaster)
    remove_user(disaster.study, "ra")
    disaster.study.publish()
    seal.write_bytes((disaster.study.consent / "log" / "checkpoint").read_bytes())
    refused(disaster, older, LedgerDamaged, "under none of its keys", against=[seal])


def test_a_seal_with_a_wrong_signature_is_no_seal(disaster: Disaster) -> None:
    _, seal = set_back(disaster)
    origin, size, rest = seal.read_bytes().split(b"\n", 2)
    seal.write_bytes(b"\n".join([origin, str(int(size) + 1).encode(), rest]))
    refused(disaster, disaster.lose(), BadInput, "signature", against=[seal])


def test_the_proof_of_a_receipt_shows_how_far_the_register_had_got(disaster: Disaster) -> None:
    from flows.ledger import prove

    older, seal = set_back(disaster)
    seal.write_bytes(prove(disaster.study, 0))
    refused(disaster, older, LedgerDamaged, "behind a checkpoint", against=[seal])


def test_a_seal_of_another_register_is_no_witness(disaster: Disaster, tmp_path: Path) -> None:
    other = Study.create(
        tmp_path / "other", title="Other", approval="H1", language="en", user="pi", passphrase=PASSPHRASE
    )
    refused(disaster, disaster.lose(), BadInput, "of another log", against=[other.consent / "log" / "checkpoint"])


def test_a_paper_that_cannot_be_read_is_told(disaster: Disaster, tmp_path: Path) -> None:
    saved = disaster.lose()
    refused(disaster, saved, BadInput, "no such file", against=[tmp_path / "nowhere"])
    (tmp_path / "certificate.json").write_text("{}")
    refused(disaster, saved, BadInput, "no certificate", against=[tmp_path / "certificate.json"])


def test_who_was_removed_since_does_not_come_back(disaster: Disaster) -> None:
    ra = open_as(disaster.study.folder, "ra")
    old_role, old_roster = ra.keyring.identities["assistant"], ra.keyring.keystore.identity("roster")
    remove_user(disaster.study, "ra")
    disaster.study.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})])
    done = disaster.restored()
    assert done.removed == ("ra",)
    assert done.new_log_keys is True
    folder = disaster.place / "back"
    assert {user.name for user in list_users(done.study)} == {"pi", "desk", "board", RECOVERY}
    with pytest.raises(MissingKey, match="no such user"):
        unlock(folder / "keys", "ra", PASSPHRASE)
    for path in (*folder.rglob("*.age"),):
        if "sessions" not in path.parts:
            with pytest.raises(MissingKey, match="not for this key"):
                vault_open(path, [ra.keyring.holder, old_role, old_roster])


def vault_open(path: Path, identities: Sequence[Identity]) -> bytes:
    from vault.age import open_sealed

    return open_sealed(path.read_bytes(), identities)


def test_a_copy_of_the_leavers_file_does_not_bring_them_back(disaster: Disaster) -> None:
    """They kept their old file and passphrase: their keys are true, and nothing is sealed to them."""
    kept = (disaster.study.folder / "keys" / "users" / "ra").read_bytes()
    remove_user(disaster.study, "ra")
    disaster.restored()
    (disaster.place / "back" / "keys" / "users" / "ra").write_bytes(kept)
    back = open_as(disaster.place / "back", "ra")
    assert back.keyring.roles == frozenset()
    with pytest.raises(MissingKey, match="may be opened by"):
        back.table()


def test_an_ethics_officer_who_left_takes_the_role_with_them(disaster: Disaster) -> None:
    """Nobody who restores holds the ethics officers' secret, so it cannot be renewed; it is given up."""
    add_user(
        open_as(disaster.study.folder, "board"),
        "board2",
        role="ethics",
        participant=None,
        passphrase=lambda: PASSPHRASE,
    )
    make_backup(disaster.study, disaster.place / "disk" / "two.age")
    held = open_as(disaster.study.folder, "board").keyring.identities["ethics"]
    remove_user(open_as(disaster.study.folder, "board2"), "board")
    disaster.study.go_on_with(unlock(disaster.study.folder / "keys", "pi", PASSPHRASE))
    done = disaster.restored(file=disaster.place / "disk" / "two.age")
    assert (done.removed, done.again) == (("board",), ("board2",))
    assert not (done.study.folder / "keys" / "roles" / "ethics.pub").exists()
    with pytest.raises(MissingKey, match="not for this key"):
        vault_open(done.study.folder / "keys" / "roles" / "evidence.age", [held])
    added = add_user(done.study, "board2", role="ethics", participant=None, passphrase=lambda: PASSPHRASE)
    assert added.roles == {"ethics"}


def test_who_was_added_since_is_told_and_can_be_added_again(disaster: Disaster) -> None:
    add_user(disaster.study, "late", role="assistant", participant=None, passphrase=lambda: PASSPHRASE)
    done = disaster.restored()
    assert done.again == ("late",)
    add_user(done.study, "late", role="assistant", participant=None, passphrase=lambda: PASSPHRASE)
    assert words_of(open_as(disaster.place / "back", "late"))


def test_a_user_is_who_the_register_says_they_are_by_now(disaster: Disaster) -> None:
    add_user(disaster.study, "ra", role=None, participant="P01", passphrase=lambda: PASSPHRASE)
    done = disaster.restored()
    assert {user.participant for user in list_users(done.study) if user.name == "ra"} == {"P01"}


def test_sessions_that_came_later_are_named(disaster: Disaster, tmp_path: Path) -> None:
    (tmp_path / "s2.vtt").write_text(VTT)
    new = NewSession("S2", "2026-03-05T09:00+13:00", transcript=tmp_path / "s2.vtt")
    add_session(disaster.study, new, QUIET)
    add_session(disaster.study, NewSession("S3", "2026-03-05T09:00+13:00", rule="off_the_record"), QUIET)
    done = disaster.restored()
    assert done.missing == ("S2",)
    add_session(done.study, new, QUIET)
    assert words_of(done.study, "S2")


def test_a_recovery_key_that_was_replaced_needs_somebody_to_act(disaster: Disaster) -> None:
    newer = new_key(disaster.study)
    saved = disaster.lose()
    refused(disaster, saved, MissingKey, "entries of the consent register were sealed after this backup")
    disaster.keys = [newer, *disaster.keys]
    refused(disaster, saved, MissingKey, "was replaced since, so it may not act")
    done = disaster.restored(saved, user="pi")
    assert done.removed == (RECOVERY,)
    assert done.again == (RECOVERY,)
    assert done.study.keyring.user == "pi"
    assert words_of(done.study)
    make_recovery(done.study, None)


def test_an_assistant_does_not_restore(disaster: Disaster) -> None:
    refused(disaster, disaster.lose(), MissingKey, "only an investigator may restore", user="ra")


def test_a_restored_study_is_backed_up_and_restored_again(disaster: Disaster) -> None:
    done = disaster.restored()
    make_backup(done.study, disaster.place / "disk" / "two.age")
    again = Disaster(done.study, disaster.place / "disk" / "two.age", disaster.place / "again", disaster.keys)
    again.place.mkdir()
    assert words_of(again.restored().study)


def test_what_an_assistants_backup_lacks_is_told(disaster: Disaster) -> None:
    make_backup(open_as(disaster.study.folder, "ra"), disaster.place / "disk" / "two.age")
    done = disaster.restored(file=disaster.place / "disk" / "two.age")
    assert done.lost == ("contacts",)
    again = open_as(disaster.place / "back", "pi")
    assert again.vault.roster.contacts() == []
    assert len(again.table().people) == len(NAMES)


def test_a_backup_that_was_said_to_be_destroyed_counts_again(disaster: Disaster) -> None:
    from flows.backups import attest_destroyed

    made = backups(disaster.study.ledger.entries())[0]
    attest_destroyed(disaster.study, made.id)
    size = disaster.study.ledger.head()[0]
    assert unattested(disaster.study.ledger.entries(), size) == []
    done = disaster.restored()
    assert done.said_destroyed is True
    assert [one.id for one in unattested(done.study.ledger.entries(), size)] == [made.id]


def test_killed_anywhere_a_restore_is_done_again(disaster: Disaster) -> None:
    saved = disaster.lose()
    register = contents(saved)
    back = disaster.place / "back"
    back.mkdir()
    shutil.copytree(saved, back / "consent")
    for step in range(0, 4000, 7):
        try:
            with killed_after(step):
                restore(disaster.wanted(None), QUIET)
            break
        except Killed:
            whole = (back / "chatham.toml").is_file()
            before = disaster.place / ".back.before" / "consent"
            held = back / "consent" if (back / "consent").is_dir() else before
            assert whole or {name: data for name, data in contents(held).items() if name in register} == register
            if whole:
                break
    assert words_of(open_as(back, "pi"))
    with pytest.raises(UsageError, match="is not empty"):
        restore(disaster.wanted(None), QUIET)
    assert [path.name for path in disaster.place.glob(".back*")] == []


@pytest.fixture
def key_file(disaster: Disaster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The printed keys, as somebody typed them into a file of their own."""
    path = tmp_path / "keys.txt"
    path.write_text("\n".join(f"{str(key)[:30].lower()} {str(key)[30:]}" for key in disaster.keys) + "\n")
    path.chmod(0o600)
    monkeypatch.setenv("CHATHAM_RECOVERY_KEY_FILE", str(path))
    return path


def test_the_command_says_what_came_back_and_what_to_see_to(
    disaster: Disaster, key_file: Path, chatham: Chatham, tmp_path: Path
) -> None:
    remove_user(disaster.study, "ra")
    add_user(disaster.study, "late", role="assistant", participant=None, passphrase=lambda: PASSPHRASE)
    (tmp_path / "s2.vtt").write_text(VTT)
    add_session(disaster.study, NewSession("S2", "2026-03-05T09:00+13:00", transcript=tmp_path / "s2.vtt"), QUIET)
    saved = disaster.lose()
    back = tmp_path / "back"
    said = chatham("restore", disaster.backup, "--consent", saved, "--study", back)
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].startswith("The study is back, with 1 session, as of ")
    assert "  Taken in after this backup, so not in it: S2. Add them again." in lines
    assert "  Removed since, and so not back: ra." in lines
    assert "  Keys lost: late. Add them again: chatham user add." in lines
    assert any("new keys: give consent/ledger.vkey" in line for line in lines)
    assert lines[-1] == "Make its data sets again: chatham run"
    assert not [name for name in NAMES.values() if name in said.out + said.err]
    assert [path for path in back.rglob("*") if path.stat().st_mode & 0o077] == []
    again = open_as(back, "pi")
    assert again.log_keys
    sealed = (back / "consent" / "log" / "checkpoint").read_bytes()
    assert f"\n{again.ledger.head()[0]}\n".encode() in sealed, "it is sealed when the command ends"
    assert not verify(again.consent, again.log_keys, now=utc_now()).problems


def test_the_command_gives_facts(disaster: Disaster, key_file: Path, chatham: Chatham, tmp_path: Path) -> None:
    made = backups(disaster.study.ledger.entries())[0]
    saved = disaster.lose()
    said = chatham("restore", disaster.backup, "--consent", saved, "--study", tmp_path / "back", "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out) == {
        "id": made.id,
        "sessions": 1,
        "entries": made.size + 1,
        "anchored": 0,
        "applied": [],
        "dropped": [],
        "missing": [],
        "removed": [],
        "again": [],
        "lost": [],
        "new_log_keys": False,
        "said_destroyed": False,
    }


@pytest.mark.parametrize(
    ("what", "code", "wrong"),
    [
        ("key", 4, "does not open this backup"),
        ("key that is none", 3, "this is no recovery key"),
        ("empty key file", 4, "does not open this backup"),
        ("key file for all to read", 4, "may be read by others"),
        ("register", 6, "does not match its hash|is not whole"),
        ("backup", 3, "the backup cannot be read"),
        ("no backup", 3, "there is no such file"),
        ("folder", 2, "is not empty"),
    ],
)
def test_the_command_refuses_in_two_lines_and_leaves_nothing(
    what: str, code: int, wrong: str, disaster: Disaster, key_file: Path, chatham: Chatham, tmp_path: Path
) -> None:
    saved, back = disaster.lose(), tmp_path / "back"
    if what.startswith("key"):
        key_file.write_text("AGE-SECRET-KEY-1QQQ\n" if "none" in what else f"{Identity.generate()}\n")
    if "all to read" in what:
        key_file.chmod(0o644)
    if what == "empty key file":
        key_file.write_text("\n")
    if what == "register":
        journal = saved / "journal.jsonl"
        journal.write_bytes(journal.read_bytes().replace(b"0", b"1", 1))
    if what == "backup":
        disaster.backup.write_bytes(disaster.backup.read_bytes()[:-1])
    if what == "no backup":
        disaster.backup.unlink()
    if what == "folder":
        back.mkdir()
        (back / "letter").write_text("Dear all")
    around = sorted(path.name for path in tmp_path.iterdir())
    said = chatham("restore", disaster.backup, "--consent", saved, "--study", back)
    assert (said.code, said.out) == (code, ""), said.err
    *steps, message, hint = said.err.splitlines()
    assert re.search(f"^chatham: .*(?:{wrong})", message), said.err
    assert hint.startswith("  ")
    assert all("chatham:" not in step for step in steps)
    assert sorted(path.name for path in tmp_path.iterdir()) == around


def test_the_keys_of_the_registers_contents_are_renewed_beside_it(study: Study) -> None:
    """After every change of either key, for the newest recovery key and no older one."""

    def beside() -> list[str]:
        return sorted(path.name for path in (study.consent / "recovery").glob("*"))

    study.publish()
    assert beside() == []
    first = new_key(study)
    (only,) = beside()
    assert [one.secret for one in register_keys(study.consent, [first])] == evidence(study)
    study.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})])
    study.publish()
    assert beside() == [only]
    remove_user(study, "ra")
    study.publish()
    (renewed,) = beside()
    assert renewed != only
    assert [one.secret for one in register_keys(study.consent, [first])] == evidence(study)
    second = new_key(study)
    assert register_keys(study.consent, [first]) == []
    assert [one.secret for one in register_keys(study.consent, [first, second])] == evidence(study)
    assert not verify(study.consent, study.log_keys, now=utc_now()).problems


def evidence(study: Study) -> list[bytes]:
    return [one.secret for one in open_as(study.folder, "pi").keyring.evidence_identities]


def test_a_check_of_the_register_knows_what_lies_in_that_folder(disaster: Disaster) -> None:
    disaster.study.publish()
    report = verify(disaster.study.consent, disaster.study.log_keys, now=utc_now())
    assert not [line for line in report.not_checked if "recovery" in line]
