"""What outsiders see grows with the register, names no more than it holds, and is never signed over another history."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consent.ledger import Ledger
from consent.publish import log_vkeys, origin_of, publish
from consent.storage import files
from consent.tlog.checkpoint import check_checkpoint, log_keys
from consent.tlog.note import ED25519, ML_DSA_44
from consent.tlog.tiles import expected_tiles
from schemas.errors import BadInput, DiskFull, LedgerDamaged, MissingKey
from tests.consent.ledger_fakes import event, flip
from tests.consent.published import AT, SEED, appended, begun, checkpoint, cosigned, opened, sealed


def tiles(folder: Path) -> dict[str, bytes]:
    log = folder / "log"
    return {path.relative_to(log).as_posix(): path.read_bytes() for path in (log / "tile").rglob("*") if path.is_file()}


def wanted(ledger: Ledger) -> dict[str, bytes]:
    return dict(expected_tiles(ledger.leaf_hashes(), ledger.leaves, ledger.size))


def written(folder: Path) -> set[tuple[str, int]]:
    """Which files there are, each with its inode: a new one means that it was written again."""
    return {(path.as_posix(), path.stat().st_ino) for path in folder.rglob("*") if path.is_file()}


def test_a_register_gets_a_random_name_two_keys_and_a_checkpoint_of_all_it_holds(tmp_path: Path) -> None:
    ledger = begun(tmp_path)
    assert (origin_of(tmp_path), log_vkeys(tmp_path)) == (None, ())
    made = publish(tmp_path, ledger, SEED, AT)
    keys = log_vkeys(tmp_path)
    signed = check_checkpoint((tmp_path / "log" / "checkpoint").read_bytes(), keys)
    assert signed.checkpoint == made
    assert (made.size, made.root, made.origin) == (ledger.size, ledger.root, origin_of(tmp_path))
    assert [key.kind for key in keys] == [ED25519, ML_DSA_44]
    assert [(one.name, one.id) for one in signed.note.signatures] == [(key.name, key.id) for key in keys]
    assert made.origin.startswith("chatham/")
    assert len(made.origin) == len("chatham/") + 16


def test_no_two_registers_share_a_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sealed(tmp_path / name, 1)
    assert origin_of(tmp_path / "one") != origin_of(tmp_path / "two")


@pytest.mark.parametrize("sizes", [(1, 2, 3), (200, 255, 256, 257), (1, 300, 513), (256, 512, 700), (5, 600)])
def test_however_it_grew_the_tiles_are_those_of_the_whole(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    ledger = sealed(tmp_path, sizes[0])
    for size in sizes[1:]:
        ledger = appended(tmp_path, [event(number) for number in range(size - ledger.size)])
    now = tiles(tmp_path)
    assert {name: now[name] for name in wanted(ledger)} == wanted(ledger)
    assert not any(".p/" in name and name.split(".p/")[0] in now for name in now)


def test_growing_from_a_saved_frontier_reads_nothing_old_and_writes_the_same(tmp_path: Path) -> None:
    sealed(tmp_path, 300)

    def resumed(folder: Path) -> Ledger:
        plain = opened(folder)
        return Ledger.open(folder, signer=plain._signer, seal=plain._seal, log_keys=log_vkeys(folder))

    ledger = appended(tmp_path, [event(1), event(2)], resumed)
    assert ledger._journal._known.start == 300
    assert {name: tiles(tmp_path)[name] for name in wanted(ledger)} == wanted(ledger)


def test_where_nothing_is_new_nothing_is_written(tmp_path: Path) -> None:
    ledger = sealed(tmp_path, 3)
    before = written(tmp_path)
    assert publish(tmp_path, ledger, SEED, AT + timedelta(days=1)) == checkpoint(tmp_path)
    assert written(tmp_path) == before


def test_an_empty_register_has_a_checkpoint_and_no_tiles(tmp_path: Path) -> None:
    made = begun(tmp_path / "other")
    (tmp_path / "other" / "journal.jsonl").write_bytes(b"")
    made = opened(tmp_path / "other")
    assert publish(tmp_path / "other", made, SEED, AT).size == 0
    assert tiles(tmp_path / "other") == {}


@pytest.mark.parametrize("damage", ["missing", "short", "altered", "bundle altered"])
def test_tiles_that_are_missing_or_damaged_are_made_again_from_the_journal(tmp_path: Path, damage: str) -> None:
    sealed(tmp_path, 300)
    full = tmp_path / "log" / "tile" / ("entries" if damage.startswith("bundle") else "0") / "000"
    partial = tmp_path / "log" / "tile" / "0" / "001.p" / "44"
    if damage == "missing":
        full.unlink()
    elif damage == "short":
        full.write_bytes(full.read_bytes()[:-1])
    elif damage == "altered":
        flip(partial, 77)
    else:
        flip(full, 77)
    ledger = opened(tmp_path)
    ledger.record(event())
    publish(tmp_path, ledger, SEED, AT, whole=damage == "bundle altered")
    now = tiles(tmp_path)
    assert {name: now[name] for name in wanted(ledger)} == wanted(ledger)
    assert now.get("tile/0/001.p/44", b"")[:64] in {b"", wanted(ledger)["tile/0/001.p/45"][:64]}


def test_the_view_is_made_whole_where_that_is_asked_although_nothing_is_new(tmp_path: Path) -> None:
    ledger = sealed(tmp_path, 3)
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    flip(tmp_path / "log" / "tile" / "entries" / "000.p" / "3", 99)
    publish(tmp_path, ledger, SEED, AT, whole=True)
    assert tiles(tmp_path) == wanted(ledger)
    assert (tmp_path / "log" / "checkpoint").read_bytes() == before


def test_a_register_set_back_is_not_signed(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    old = (tmp_path / "journal.jsonl").read_bytes()
    appended(tmp_path, [event(7)])
    (tmp_path / "journal.jsonl").write_bytes(old)
    with pytest.raises(LedgerDamaged, match="holds 5 entries, and a checkpoint of 6 was signed before"):
        publish(tmp_path, opened(tmp_path), SEED, AT)


def test_a_second_history_is_not_signed(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    old = (tmp_path / "journal.jsonl").read_bytes()
    appended(tmp_path, [event(7)])
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    (tmp_path / "journal.jsonl").write_bytes(old)
    ledger = opened(tmp_path)
    ledger.append([event(8), event(9)])
    with pytest.raises(LedgerDamaged, match="the first 6 entries of the register are not those that were signed"):
        publish(tmp_path, ledger, SEED, AT)
    assert (tmp_path / "log" / "checkpoint").read_bytes() == before


def test_taking_the_checkpoint_away_does_not_hide_that_entries_were_lost(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    old = (tmp_path / "journal.jsonl").read_bytes()
    appended(tmp_path, [event(7)])
    (tmp_path / "journal.jsonl").write_bytes(old)
    (tmp_path / "log" / "checkpoint").unlink()
    with pytest.raises(LedgerDamaged, match=r"log/checkpoint is missing, and tiles .* more than the register's 5"):
        publish(tmp_path, opened(tmp_path), SEED, AT)


def test_what_others_have_seen_is_not_signed_away_although_all_of_the_view_is_gone(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    old = (tmp_path / "journal.jsonl").read_bytes()
    appended(tmp_path, [event(7)])
    cosigned(tmp_path)
    (tmp_path / "journal.jsonl").write_bytes(old)
    shutil.rmtree(tmp_path / "log")
    with pytest.raises(LedgerDamaged, match="holds 5 entries, and others have seen 6 of it"):
        publish(tmp_path, opened(tmp_path), SEED, AT)


def test_after_the_keys_changed_the_newest_sign_and_older_checkpoints_are_still_known(tmp_path: Path) -> None:
    sealed(tmp_path, 2)
    new = [key.verify_key for key in log_keys(origin_of(tmp_path) or "", bytes(64))]
    old = (tmp_path / "ledger.vkey").read_text()
    (tmp_path / "ledger.vkey").write_text("".join(f"{key}\n" for key in new) + old)
    ledger = opened(tmp_path)
    ledger.record(event())
    made = publish(tmp_path, ledger, bytes(64), AT)
    assert check_checkpoint((tmp_path / "log" / "checkpoint").read_bytes(), new).checkpoint == made
    ledger.record(event())
    with pytest.raises(MissingKey, match=r"is not the one named in ledger\.vkey"):
        publish(tmp_path, ledger, SEED, AT)


def test_a_register_that_was_shown_a_newer_checkpoint_is_not_signed(tmp_path: Path) -> None:
    ledger = sealed(tmp_path, 5)
    (tmp_path / "log" / "seen").write_bytes((tmp_path / "log" / "checkpoint").read_bytes())

    with pytest.raises(LedgerDamaged, match="behind a checkpoint that it was shown"):
        publish(tmp_path, ledger, SEED, AT, whole=True)


def test_a_damaged_checkpoint_is_not_replaced(tmp_path: Path) -> None:
    ledger = sealed(tmp_path, 5)
    flip(tmp_path / "log" / "checkpoint", 300)
    with pytest.raises(LedgerDamaged, match=r"log/checkpoint does not fit ledger\.vkey"):
        publish(tmp_path, ledger, SEED, AT)


def test_the_key_of_another_register_signs_nothing(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    ledger = opened(tmp_path)
    ledger.record(event())
    with pytest.raises(MissingKey, match=r"is not the one named in ledger\.vkey"):
        publish(tmp_path, ledger, bytes(64), AT)


def test_keys_of_two_names_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        sealed(tmp_path / name, 1)
    both = b"".join((tmp_path / name / "ledger.vkey").read_bytes() for name in ("one", "two"))
    (tmp_path / "one" / "ledger.vkey").write_bytes(both)
    with pytest.raises(BadInput, match="does not hold the keys of one register"):
        log_vkeys(tmp_path / "one")


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names under which files come to stand, in order."""
    seen: list[str] = []
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        seen.append(Path(target).as_posix())
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    yield seen


def test_tiles_come_before_the_checkpoint_and_the_frontier_after_it(tmp_path: Path, order: list[str]) -> None:
    ledger = begun(tmp_path)
    order.clear()
    publish(tmp_path, ledger, SEED, AT)
    names = [Path(name).relative_to(tmp_path).as_posix() for name in order]
    assert names[0] == "ledger.vkey"
    assert names[-2:] == ["log/checkpoint", "log/frontier"]
    assert set(names[1:-2]) == {"log/tile/0/000.p/1", "log/tile/entries/000.p/1"}


def test_after_a_full_disk_at_any_file_the_old_view_stands_and_the_next_time_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(tmp_path / "first", 255)
    for fails_at in range(6):
        folder = tmp_path / str(fails_at)
        shutil.copytree(tmp_path / "first", folder)
        ledger = opened(folder)
        ledger.append([event(1), event(2)])
        count = 0

        def write(path: Path, data: bytes, at: int = fails_at) -> None:
            nonlocal count
            count += 1
            if count > at:
                raise OSError(28, "no room")
            path.write_bytes(data)

        before = checkpoint(folder)
        with monkeypatch.context() as patched, pytest.raises(DiskFull, match="the disk is full"):
            patched.setattr(files, "_write", write)
            publish(folder, ledger, SEED, AT)
        assert checkpoint(folder) == before
        assert not list(folder.rglob(".tmp-*"))
        publish(folder, ledger, SEED, datetime.now(UTC))
        assert {name: tiles(folder)[name] for name in wanted(ledger)} == wanted(ledger)


def test_what_killed_writes_left_beside_a_file_is_swept_once_it_is_old(tmp_path: Path) -> None:
    old, new = tmp_path / ".tmp-1-old", tmp_path / ".tmp-2-new"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (1, 1))
    files.write_durably(tmp_path / "file", b"y")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tmp-2-new", "file"]
