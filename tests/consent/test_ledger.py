"""The register keeps every acknowledged entry, through crashes, full disks and other processes, and shows changes."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent import ledger as ledger_module
from consent.ledger import Ledger
from consent.recorders import write_recorders
from consent.storage.journal import Journal
from consent.tlog.merkle import root_of
from schemas.errors import BadInput, Busy, ChathamError, DiskFull, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent, RecordEvent
from tests.conftest import ROOT
from tests.consent.ledger_fakes import FailingDisk, TinyBox, TinySigner, event, flip

SIGNER, BOX = TinySigner(), TinyBox()
KEYS = {SIGNER.key_id: SIGNER.public_key}


def new(folder: Path) -> Ledger:
    return Ledger.create(folder, SIGNER, BOX.seal, open_payload=BOX.open)


def opened(folder: Path) -> Ledger:
    return Ledger.open(folder, signer=SIGNER, seal=BOX.seal, open_payload=BOX.open)


def writer(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.consent.ledger_writer", str(folder), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def notes(folder: Path) -> list[dict[str, object]]:
    """The payloads of what the writers recorded (they seal nothing)."""
    entries = Ledger.open(folder, open_payload=lambda sealed: sealed).entries()
    return [entry.payload or {} for entry in entries]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setattr(FailingDisk, "done", 0)
    yield monkeypatch


def test_what_was_recorded_is_read_back_in_order_by_everyone_who_may(tmp_path: Path) -> None:
    made = new(tmp_path)
    assert made.record(event(0)) == 0
    assert made.append([event(1), event(2)], datetime(2026, 11, 21, 20, 51, 59, tzinfo=UTC)) == [1, 2]
    read = opened(tmp_path).entries()
    assert [entry.index for entry in read] == [0, 1, 2]
    assert [(entry.payload or {})["number"] for entry in read] == [0, 1, 2]
    assert (read[2].kind, read[2].minute, read[2].form) == (EventKind.CONSENT, "2026-11-21T20:51Z", "ab" * 32)
    assert read == made.entries()


def test_nothing_in_the_file_tells_who_or_what_it_is_about(tmp_path: Path) -> None:
    new(tmp_path).append([event(7), event(7)])
    data = (tmp_path / "journal.jsonl").read_bytes()
    assert not any(word in data for word in (b"participant", b"agrees", b"number"))
    first, second = (json.loads(line[45:557]) for line in data.splitlines())
    for leaf in (first, second):
        # Without the signature, in whose digits any two letters turn up now and then.
        assert not any(word in json.dumps(leaf | {"sig": ""}) for word in ("P07", "Zo"))
    same = {name for name in first if first[name] == second[name]}
    assert same == {"form", "key", "kind", "minute", "pad", "refs", "v"}


def test_size_and_root_are_those_of_the_tree_over_its_leaves(tmp_path: Path) -> None:
    made = new(tmp_path)
    assert made.head() == (0, root_of([]).hex())
    made.append([event(number) for number in range(5)])
    assert made.head() == (made.size, made.root.hex()) == (5, root_of(made.leaf_hashes()).hex())


def test_the_recording_function_fits_what_other_rooms_are_handed(tmp_path: Path) -> None:
    record: RecordEvent = new(tmp_path).record
    assert record(event()) == 0


def test_nothing_is_recorded_for_no_events(tmp_path: Path) -> None:
    made = new(tmp_path)
    assert made.append([]) == []
    assert made.size == 0


def test_one_who_may_not_open_contents_sees_all_entries_without_them(tmp_path: Path) -> None:
    new(tmp_path).append([event(0), event(1)])
    for reader in (Ledger.open(tmp_path), Ledger.open(tmp_path, open_payload=TinyBox(2).open)):
        assert [entry.payload for entry in reader.entries()] == [None, None]


def test_one_entry_that_stays_shut_among_others_that_open_is_never_passed_over(tmp_path: Path) -> None:
    new(tmp_path).record(event(0))
    Ledger.open(tmp_path, signer=SIGNER, seal=TinyBox(2).seal).record(event(1))
    with pytest.raises(MissingKey, match="entry 1 of the consent register is sealed to newer keys than yours"):
        opened(tmp_path).entries()


def test_a_content_exchanged_for_another_is_found_although_it_opens(tmp_path: Path) -> None:
    new(tmp_path).append([event(0), event(1)])
    path = tmp_path / "journal.jsonl"
    first, second = path.read_bytes().splitlines()
    path.write_bytes(first[:558] + second[558:] + b"\n" + second + b"\n")
    with pytest.raises(LedgerDamaged, match=r"line 1 .* another content than the one it commits to"):
        opened(tmp_path).entries()


def test_a_content_that_was_altered_is_found(tmp_path: Path) -> None:
    new(tmp_path).record(event(0))
    path = tmp_path / "journal.jsonl"
    flip(path, 8 * 900)
    with pytest.raises(LedgerDamaged, match="line 1 "):
        opened(tmp_path).entries()


def test_an_entry_disposed_of_is_shown_without_content_and_not_from_memory(tmp_path: Path) -> None:
    made = new(tmp_path)
    made.append([event(0), event(1)])
    assert all(entry.payload for entry in made.entries())
    path = tmp_path / "journal.jsonl"
    first, second = path.read_bytes().splitlines()
    path.write_bytes(first[:558] + b"-\n" + second + b"\n")
    assert [entry.payload is None for entry in made.entries()] == [True, False]
    assert made.record(event(2)) == 2


def test_signatures_are_checked_where_the_public_keys_are_given(tmp_path: Path) -> None:
    new(tmp_path).record(event(0))
    assert Ledger.open(tmp_path, public_keys=KEYS).size == 1
    with pytest.raises(LedgerDamaged, match=r"line 1 .* a recorder whose key is not in"):
        Ledger.open(tmp_path, public_keys={})
    with pytest.raises(LedgerDamaged, match=r"line 1 .* signature of its recorder"):
        Ledger.open(tmp_path, public_keys={SIGNER.key_id: TinySigner(2).public_key})


def test_an_entry_signed_by_a_stranger_is_found_after_opening_too(tmp_path: Path) -> None:
    reader = Ledger.create(tmp_path, SIGNER, BOX.seal, open_payload=BOX.open, public_keys=KEYS)
    reader.record(event(0))
    Ledger.open(tmp_path, signer=TinySigner(2), seal=BOX.seal).record(event(1))
    for _ in range(2):
        with pytest.raises(LedgerDamaged, match=r"line 2 .* a recorder whose key is not in"):
            reader.entries()


def test_a_register_is_not_made_twice_and_a_missing_one_is_not_invented(tmp_path: Path) -> None:
    with pytest.raises(LedgerDamaged, match="is missing"):
        Ledger.open(tmp_path, signer=SIGNER, seal=BOX.seal)
    new(tmp_path)
    with pytest.raises(UsageError, match="already"):
        new(tmp_path)


def test_a_register_opened_for_reading_records_nothing(tmp_path: Path) -> None:
    new(tmp_path)
    for keys in ({}, {"signer": SIGNER}, {"seal": BOX.seal}):
        with pytest.raises(MissingKey, match="reading only"):
            Ledger.open(tmp_path, **keys).record(event())  # type: ignore[arg-type]


def test_entries_refer_backwards_only_and_the_whole_batch_is_refused_otherwise(tmp_path: Path) -> None:
    made = new(tmp_path)
    made.record(event(0))
    erase = LedgerEvent(kind=EventKind.ERASE, payload={"type": "erase"}, refs=(0, 1))
    assert made.append([event(1), erase]) == [1, 2]
    assert made.entries()[2].refs == (0, 1)
    for refs in ((3,), (9,), (-1,)):
        with pytest.raises(BadInput, match=r"not there yet|cannot be recorded"):
            made.append([LedgerEvent(kind=EventKind.ERASE, payload={}, refs=refs), event(2)])
    assert made.head()[0] == 3


def test_a_batch_nobody_was_told_of_is_removed_by_a_writer_and_left_alone_by_a_reader(tmp_path: Path) -> None:
    new(tmp_path).append([event(0), event(1)])
    path = tmp_path / "journal.jsonl"
    whole = path.read_bytes()
    torn = whole + whole.splitlines(keepends=True)[0]
    path.write_bytes(torn)
    reader = Ledger.open(tmp_path, open_payload=BOX.open)
    assert (reader.size, len(reader.entries()), reader.removed_bytes, path.read_bytes()) == (2, 2, 0, torn)
    fixed = opened(tmp_path)
    assert (fixed.size, fixed.removed_bytes, path.read_bytes()) == (2, len(torn) - len(whole), whole)


def test_what_another_process_left_unfinished_is_removed_before_the_next_entry(tmp_path: Path) -> None:
    made = new(tmp_path)
    made.append([event(0), event(1)])
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[0])
    assert made.record(event(2)) == 2
    assert made.removed_bytes > 0
    assert opened(tmp_path).size == 3


def test_nothing_is_recorded_after_an_acknowledged_entry_was_lost(tmp_path: Path) -> None:
    made = new(tmp_path)
    made.append([event(0)])
    path = tmp_path / "journal.jsonl"
    one = path.read_bytes()
    made.append([event(1)])
    path.write_bytes(one)
    with pytest.raises(LedgerDamaged, match="holds 1 of the 2 entries recorded before"):
        made.record(event(2))
    assert path.read_bytes() == one


def test_two_open_registers_see_each_others_entries(tmp_path: Path) -> None:
    first, second = new(tmp_path), opened(tmp_path)
    assert [first.record(event(0)), second.record(event(1)), first.record(event(2))] == [0, 1, 2]
    assert first.entries() == second.entries()
    assert first.head() == second.head() == opened(tmp_path).head()


def test_the_lock_keeps_others_out_and_lets_its_holder_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = new(tmp_path)
    monkeypatch.setattr(ledger_module, "LOCK_WAIT_S", 0.05)
    second = opened(tmp_path)
    with first.lock(), first.lock():
        before = first.head()
        with pytest.raises(Busy, match="another process has held"):
            second.record(event(0))
        assert first.head() == before
        assert first.record(event(1)) == 0
    assert second.record(event(2)) == 1


def test_threads_may_share_a_register(tmp_path: Path) -> None:
    made, indexes = new(tmp_path), []
    threads = [
        threading.Thread(target=lambda: indexes.extend([made.record(event()) + 0 * made.head()[0] for _ in range(8)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(indexes) == list(range(32)) == [entry.index for entry in opened(tmp_path).entries()]


def test_processes_may_write_at_once_while_another_reads(tmp_path: Path) -> None:
    new(tmp_path)
    writers = [writer(tmp_path, name, 20, 6, "slowly") for name in "abc"]
    reader, sizes = Ledger.open(tmp_path), [0]
    while any(one.poll() is None for one in writers):
        sizes.append(len(reader.entries()))
    told = [line.split() for one in writers for line in one.communicate()[0].splitlines()]
    assert sizes == sorted(sizes)
    assert len(told) == 60
    found = notes(tmp_path)
    assert len(found) == sum(int(count) for _, _, count in told) == reader.head()[0]
    for batch, first, count in told:
        assert [note["batch"] for note in found[int(first) : int(first) + int(count)]] == [batch] * int(count)


def test_a_kill_at_any_moment_loses_nothing_acknowledged_and_halves_nothing(tmp_path: Path) -> None:
    new(tmp_path)
    told: list[list[str]] = []
    removed = 0
    for attempt in range(10):
        one = writer(tmp_path, f"w{attempt}", 10_000, 400, "slowly" if attempt % 2 else "quickly")
        assert one.stdout is not None
        told.append(one.stdout.readline().split())
        time.sleep(random.uniform(0, 0.08))  # noqa: S311 - any moment will do
        one.send_signal(signal.SIGKILL)
        told += [line.split() for line in one.communicate()[0].splitlines(keepends=True) if line.endswith("\n")]
        after = opened(tmp_path)
        assert after.size >= int(told[-1][1]) + int(told[-1][2])
        removed += after.removed_bytes
    assert removed > 0, "no kill met a write half way, so nothing was shown"
    found = notes(tmp_path)
    for batch, first, count in told:
        assert [note["batch"] for note in found[int(first) : int(first) + int(count)]] == [batch] * int(count)
    at = 0
    while at < len(found):
        size = found[at]["of"]
        assert isinstance(size, int)
        assert [note["at"] for note in found[at : at + size]] == list(range(size))
        at += size


@pytest.mark.parametrize("step", [0, 1])
def test_a_full_disk_records_nothing_and_says_so_and_it_works_again_afterwards(
    tmp_path: Path, failing: pytest.MonkeyPatch, step: int
) -> None:
    new(tmp_path).record(event(0))
    path = tmp_path / "journal.jsonl"
    before = path.read_bytes()
    made = Ledger(tmp_path, Journal(path, FailingDisk), signer=SIGNER, seal=BOX.seal, open_payload=BOX.open)
    failing.setattr(FailingDisk, "fails", frozenset({step}))
    with pytest.raises(DiskFull, match="nothing was recorded"):
        made.append([event(1), event(2)])
    assert path.read_bytes() == before
    assert len(made.entries()) == 1
    assert made.append([event(3)]) == [1]
    assert [(entry.payload or {})["number"] for entry in opened(tmp_path).entries()] == [0, 3]


def test_a_disk_failing_at_any_two_steps_keeps_what_was_acknowledged_and_halves_nothing(
    tmp_path: Path, failing: pytest.MonkeyPatch
) -> None:
    for number, fails in enumerate({frozenset({first, second}) for first in range(6) for second in range(6)}):
        folder = tmp_path / str(number)
        new(folder)
        made = Ledger(folder, Journal(folder / "journal.jsonl", FailingDisk), signer=SIGNER, seal=BOX.seal)
        failing.setattr(FailingDisk, "done", 0)
        failing.setattr(FailingDisk, "fails", fails)
        acknowledged: list[int] = []
        for batch in range(4):
            try:
                acknowledged += made.append([event(batch), event(batch)])
            except ChathamError:
                continue  # a person was told that it is not done
        read = [(entry.payload or {})["number"] for entry in opened(folder).entries()]
        assert set(acknowledged) <= set(range(len(read)))
        assert read[::2] == read[1::2]


def test_a_long_register_opens_with_the_same_root(tmp_path: Path) -> None:
    made = new(tmp_path)
    for size in (1, 200, 1, 57):
        made.append([event(number) for number in range(size)])
    assert opened(tmp_path).head() == made.head()
    assert made.size == 259


def test_a_recorder_whose_right_ended_before_the_saved_frontier_cannot_record(tmp_path: Path) -> None:
    from consent.publish import log_vkeys, publish
    from tests.consent import published

    ledger = published.begun(tmp_path)
    write_recorders(tmp_path, {one.key_id: one.public_key for one in (published.SIGNER, published.OTHER)})
    ledger = published.opened(tmp_path)
    ledger.append([published.let_in(published.OTHER), published.let_in(published.OTHER)])
    publish(tmp_path, ledger, published.SEED, published.AT)
    keys = {one.key_id: one.public_key for one in (published.SIGNER, published.OTHER)}
    gone = Ledger.open(
        tmp_path, signer=published.OTHER, seal=published.BOX.seal, public_keys=keys, log_keys=log_vkeys(tmp_path)
    )
    with pytest.raises(MissingKey, match="your right to do so has ended"):
        gone.append([event(1)])
