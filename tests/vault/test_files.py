"""Durable writes: whole or not at all, whatever happens to the process or the disk."""

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from schemas.errors import CheckFailed, DiskFull, MissingKey
from vault.age import Identity, PayloadDamaged, open_sealed
from vault.files import digest_files, make_folder, remove, replacing, reseal, sealing, sweep, write_file, write_sealed

KEY = Identity.generate()
ROOT = Path(__file__).resolve().parents[2]


def test_a_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with replacing(path) as sink:
        sink.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_file(path, b"old")
    with pytest.raises(RuntimeError, match="stop"), replacing(path) as sink:
        sink.write(b"half")
        raise RuntimeError("stop")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_plain_words_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(handle: int) -> None:
        raise OSError(code, "no room")

    path = tmp_path / "a"
    write_file(path, b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull, match="disk is full") as refused:
        write_sealed(path, b"words", [KEY.recipient])
    assert refused.value.exit_code == 9
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_other_failures_of_the_disk_are_not_called_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="broken"):
        write_file(tmp_path / "a", b"words")
    assert list(tmp_path.iterdir()) == []


def test_the_order_is_write_sync_rename_sync_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, sync, rename = [], os.fsync, Path.replace

    def noted_sync(handle: int) -> None:
        seen.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")  # noqa: PTH112
        sync(handle)

    def noted_rename(self: Path, target: Path) -> Path:
        seen.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_rename)
    write_file(tmp_path / "a", b"words")
    if Path("/proc/self/fd").exists():
        assert seen == ["file", "rename", "folder"]


def test_nothing_readable_is_on_the_disk_while_writing(tmp_path: Path) -> None:
    with sealing(tmp_path / "a", [KEY.recipient]) as sink:
        sink.write(b"canary " * 40_000)
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert written
        assert b"canary" not in written
    assert open_sealed((tmp_path / "a").read_bytes(), [KEY]) == b"canary " * 40_000


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_001])
def test_a_resealed_file_opens_with_the_new_key_and_no_longer_with_the_old_one(tmp_path: Path, size: int) -> None:
    old, new, plain = Identity.generate(), Identity.generate(), b"w" * size
    path = tmp_path / "a"
    write_sealed(path, plain, [old.recipient, KEY.recipient])
    reseal(path, [new, old], new.recipient)
    assert open_sealed(path.read_bytes(), [new]) == plain
    for gone in (old, KEY):
        with pytest.raises(MissingKey, match="not for this key"):
            open_sealed(path.read_bytes(), [gone])
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("fault", ["key", "cut", "full"])
def test_a_file_that_could_not_be_resealed_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    path = tmp_path / "a"
    write_sealed(path, b"w" * 200_000, [KEY.recipient])
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    if fault == "full":
        monkeypatch.setattr(os, "fsync", full)
    before = path.read_bytes()
    with pytest.raises((MissingKey, PayloadDamaged, DiskFull), match=r"sealed file|disk is full"):
        reseal(path, [Identity.generate() if fault == "key" else KEY], Identity.generate().recipient)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


HALF_WRITTEN = """
import sys, time
from pathlib import Path
from vault.age import Recipient
from vault.files import sealing
with sealing(Path(sys.argv[1]), [Recipient.parse(sys.argv[2])]) as sink:
    sink.write(b"canary" * 100_000)
    print("writing", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_swept_and_a_living_ones_file_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HALF_WRITTEN, str(tmp_path / "a"), str(KEY.recipient)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        sweep(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        writer.send_signal(signal.SIGKILL)
    assert b"canary" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_another_machine_go_after_a_day(tmp_path: Path) -> None:
    stray = tmp_path / ".tmp-00000000-1-aa"
    stray.write_bytes(b"")
    sweep(tmp_path)
    assert stray.exists()
    os.utime(stray, (time.time() - 100_000,) * 2)
    sweep(tmp_path)
    assert not stray.exists()


def test_folders_are_made_and_files_removed_twice_without_complaint(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    write_file(tmp_path / "a" / "b" / "c", b"")
    remove(tmp_path / "a" / "b" / "c")
    remove(tmp_path / "a" / "b" / "c")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_digest_tells_any_change_of_name_or_contents(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"1")
    first = digest_files([tmp_path / "a"])
    write_file(tmp_path / "a", b"2")
    second = digest_files([tmp_path / "a"])
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({first, second, digest_files([tmp_path / "b"]), digest_files([])}) == 4
    assert digest_files([tmp_path / "missing"]) == digest_files([])


@pytest.mark.parametrize("read_back", [True, False])
def test_a_disk_that_changes_what_is_written_is_noticed_where_it_is_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read_back: bool
) -> None:
    sync = os.fsync

    def changing(handle: int) -> None:
        sync(handle)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            os.pwrite(handle, b"x", 300)

    monkeypatch.setattr(os, "fsync", changing)
    (tmp_path / "a").write_bytes(b"what was there")
    if not read_back:  # the control: nobody notices
        write_sealed(tmp_path / "a", b"words" * 100, [KEY.recipient])
        return
    with pytest.raises(CheckFailed, match="does not give back what was written"):
        write_sealed(tmp_path / "a", b"words" * 100, [KEY.recipient], read_back=True)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"what was there")]


def test_what_is_read_back_is_read_from_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped = []
    monkeypatch.setattr(os, "posix_fadvise", lambda *given: dropped.append(given[3]), raising=False)
    monkeypatch.setattr(os, "POSIX_FADV_DONTNEED", 4, raising=False)
    write_sealed(tmp_path / "a", b"words", [KEY.recipient], read_back=True)
    assert dropped == [4]
    assert open_sealed((tmp_path / "a").read_bytes(), [KEY]) == b"words"
