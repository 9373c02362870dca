"""A study's archive: what goes in, that it comes out whole or not at all, and that it needs little memory."""

import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from schemas.errors import BadInput, MissingKey
from schemas.recording import Intake, Session, Track
from tests.vault.conftest import Unlock, contact, person
from vault.age import AgeReader, Identity, open_sealed, seal
from vault.archive import FILES, MANIFEST, SECRETS, Archive, ArchiveDamaged, Manifest, Packed, pack
from vault.keys import Keyring
from vault.store import Vault

AT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
KEY = Identity.generate()
ABOUT = Manifest(id="0123456789abcdef", study="1" * 64, size=7, root="2" * 64, at=AT)


@pytest.fixture
def full(vault: Vault, study: Path) -> Path:
    """The study with a roster, a session with a recording, and settings."""
    (study / "chatham.toml").write_text('title = "Ferries"\napprovals = []\n')
    vault.roster.import_people([person(1, "Canary Ana")], [contact(1, "ana@canary.example")])
    session = vault.session("autumn-1")
    with session.add_audio("t1") as sink:
        sink.write(b"canary voice" * 20_000)
    facts = Session(session="autumn-1", day=date(2026, 3, 4), zone="Europe/Paris")
    track = Track(track="t1", sha256="3" * 64, duration_s=1.0, sample_rate_hz=16_000, channels=1)
    session.create(Intake(session=facts, tracks=(track,)))
    return study


def packed(study: Path, keyring: Keyring) -> tuple[bytes, Packed]:
    sink = io.BytesIO()
    done = pack(sink, KEY.recipient, study, keyring, ABOUT)
    return sink.getvalue(), done


def unpacked(data: bytes, into: Path | None = None) -> Archive:
    archive = Archive(io.BytesIO(data), [KEY])
    archive.unpack(into)
    return archive


def names_in(inside: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(inside)) as tar:
        return tar.getnames()


def test_every_file_of_the_vault_comes_out_as_it_went_in(full: Path, keyring: Keyring, tmp_path: Path) -> None:
    data, done = packed(full, keyring)
    into = tmp_path / "out"
    into.mkdir()
    archive = Archive(io.BytesIO(data), [KEY])
    archive.unpack(into)
    assert archive.manifest == ABOUT
    out = {path.relative_to(into).as_posix(): path.read_bytes() for path in into.rglob("*") if path.is_file()}
    sealed = [path for path in (full / "vault").rglob("*") if path.is_file() and not path.name.startswith(".")]
    expected = [full / "chatham.toml", *sealed, *(full / "keys" / "users").iterdir()]
    assert {name for name in out if not name.startswith("keys/roles")} == {
        path.relative_to(full).as_posix() for path in expected
    }
    assert all((full / name).read_bytes() == content for name, content in out.items())
    assert (done.files, done.bytes) == (len(out), sum(map(len, out.values())))


def test_the_epoch_secret_and_the_keystore_files_are_in_no_archive(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    inside = open_sealed(data, [KEY])
    assert (full / "keys" / "epoch.secret").read_bytes() not in inside
    assert not any(path.read_bytes() in inside for path in (full / "keys" / "keystore").glob("*.age"))
    names = names_in(inside)
    assert not [name for name in names if "keystore" in name or "epoch" in name or "evidence" in name]


def test_the_keys_of_the_archive_open_what_lies_in_it(full: Path, keyring: Keyring, vault: Vault) -> None:
    data, _ = packed(full, keyring)
    secrets = Archive(io.BytesIO(data), [KEY]).unpack(None)
    session = vault.session("autumn-1")
    opener = Identity.parse(secrets.keystore[session.opaque].secret)
    with (session.folder / "audio.t1.age").open("rb") as source:
        assert AgeReader(source, [opener]).read(12) == b"canary voice"
    assert set(secrets.keystore) == {session.opaque, "roster", "contacts", "participants"}


def test_an_archive_of_an_assistant_lacks_what_they_may_not_open_and_says_so(full: Path, as_user: Unlock) -> None:
    data, done = packed(full, as_user("ra"))
    assert done.left_out == ("contacts",)
    assert "contacts" not in Archive(io.BytesIO(data), [KEY]).unpack(None).keystore


@pytest.mark.parametrize("user", ["desk", "board"])
def test_who_may_not_open_sessions_makes_no_archive(user: str, full: Path, as_user: Unlock) -> None:
    with pytest.raises(MissingKey, match="may be opened by"):
        packed(full, as_user(user))


def test_another_key_opens_nothing(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    with pytest.raises(MissingKey, match="does not open this backup"):
        Archive(io.BytesIO(data), [Identity.generate()])
    with pytest.raises(MissingKey, match="does not open this backup"):
        Archive(io.BytesIO(data), [])


def test_an_archive_that_was_cut_anywhere_is_refused(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    steps = [*range(0, 400, 40), *range(400, len(data), len(data) // 40), len(data) - 1]
    for length in steps:
        with pytest.raises(ArchiveDamaged, match="cannot be read"):
            unpacked(data[:length])


def test_an_archive_that_was_changed_anywhere_is_refused(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    for at in range(30, len(data), len(data) // 50):
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        with pytest.raises((ArchiveDamaged, MissingKey), match=r"cannot be read|does not open"):
            unpacked(changed)


def test_an_archive_with_something_behind_its_end_is_refused(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        unpacked(data + b"more")


Members = list[tuple[str, bytes]]


def rewritten(data: bytes, change: Callable[[Members], Members]) -> bytes:
    """The archive with other members, sealed to the same key: what whoever has its public half could make."""
    with tarfile.open(fileobj=io.BytesIO(open_sealed(data, [KEY]))) as tar:
        members = [(one.name, tar.extractfile(one).read()) for one in tar]  # type: ignore[union-attr]
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        for name, content in change(members):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return seal(sink.getvalue(), [KEY.recipient])


def renamed(new: str) -> Callable[[Members], Members]:
    return lambda members: [(new if name.endswith("intake.age") else name, content) for name, content in members]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(renamed("../outside"), id="a file above the study"),
        pytest.param(renamed("/etc/outside"), id="a file from the root"),
        pytest.param(renamed("vault/../../outside"), id="a file above the study, by a detour"),
        pytest.param(renamed("vault/.hidden"), id="a hidden file"),
        pytest.param(renamed("keys/epoch.secret"), id="an epoch secret"),
        pytest.param(renamed("consent/journal.jsonl"), id="a register"),
        pytest.param(lambda members: members[1:], id="no manifest"),
        pytest.param(lambda members: members[:-1], id="no list of files"),
        pytest.param(lambda members: members[:-2], id="no secrets"),
        pytest.param(lambda members: [*members[:2], *members[3:]], id="a file less than listed"),
        pytest.param(lambda members: [*members[:2], members[1], *members[2:]], id="a file twice"),
        pytest.param(lambda members: [*members, members[1]], id="a file after the list"),
        pytest.param(
            lambda members: [(name, content + b"!" * (name == "chatham.toml")) for name, content in members],
            id="other contents than listed",
        ),
        pytest.param(
            lambda members: [(name, b"{" if name == FILES else content) for name, content in members],
            id="a list that is none",
        ),
    ],
)
def test_an_archive_of_other_members_is_refused(
    change: Callable[[Members], Members], full: Path, keyring: Keyring, tmp_path: Path
) -> None:
    data, _ = packed(full, keyring)
    (tmp_path / "around" / "out").mkdir(parents=True)
    assert unpacked(rewritten(data, lambda members: members)).manifest == ABOUT
    with pytest.raises(ArchiveDamaged, match="cannot be read"):
        unpacked(rewritten(data, change), tmp_path / "around" / "out")
    assert [path.name for path in (tmp_path / "around").iterdir()] == ["out"]


def test_an_archive_of_a_newer_version_is_told_as_such(full: Path, keyring: Keyring) -> None:
    def newer(members: Members) -> Members:
        manifest = json.dumps({**json.loads(members[0][1]), "version": 2}).encode()
        return [(MANIFEST, manifest), *members[1:]]

    data, _ = packed(full, keyring)
    with pytest.raises(BadInput, match="of version 2, which is not known here"):
        unpacked(rewritten(data, newer))


def test_secrets_never_show_in_a_representation(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    secrets = Archive(io.BytesIO(data), [KEY]).unpack(None)
    assert "AGE-SECRET-KEY" not in repr(secrets) + str(secrets)
    assert secrets.names_key not in repr(secrets)


def test_a_link_out_of_the_study_is_no_part_of_an_archive() -> None:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as tar:
        for name, content in (("manifest.json", ABOUT.model_dump_json().encode()),):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("vault/roster.age")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(ArchiveDamaged, match="belongs to no study"):
        unpacked(seal(sink.getvalue(), [KEY.recipient]))


MEASURED = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from vault.age import Identity
from vault.archive import Archive, Manifest, pack
from vault.keys import unlock
study, passphrase = Path(sys.argv[1]), sys.argv[2]
keyring = unlock(study / "keys", "pi", passphrase)
key = Identity.generate()
about = Manifest(id="0" * 16, study="1" * 64, size=1, root="2" * 64, at=datetime.now(UTC))
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
Path("/proc/self/clear_refs").write_text("5")  # unlocking has taken its 64 MiB
before = peak()
with open(sys.argv[3], "wb") as sink:
    pack(sink, key.recipient, study, keyring, about)
with open(sys.argv[3], "rb") as source:
    Archive(source, [key]).unpack(None)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the highest memory of a process as Linux tells it")
def test_memory_does_not_grow_with_the_recordings(full: Path, vault: Vault, tmp_path: Path) -> None:
    from tests.vault.conftest import PASSPHRASE

    with vault.session("autumn-2").add_audio("t1") as sink:
        for _ in range(160):
            sink.write(bytes(1 << 20))
    said = subprocess.run(
        [sys.executable, "-c", MEASURED, str(full), PASSPHRASE, str(tmp_path / "archive")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert (tmp_path / "archive").stat().st_size > 160 << 20
    assert int(said.stdout) < 32, "MiB more than before, for 160 MiB of recordings"


def test_the_last_records_are_where_a_reader_looks_for_them(full: Path, keyring: Keyring) -> None:
    data, _ = packed(full, keyring)
    names = names_in(open_sealed(data, [KEY]))
    assert (names[0], *names[-2:]) == (MANIFEST, SECRETS, FILES)
