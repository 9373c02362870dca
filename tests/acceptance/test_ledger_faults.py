"""Whatever happens to the register's files, nothing acknowledged is lost, nothing forks, and every change is found.

A short sample by default; all of it with CHATHAM_LONG=1. CHATHAM_SEED chooses the sample.
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from consent.choosing.form_notes import form_note
from consent.choosing.forms import parse_form
from consent.ledger import Ledger
from consent.outside.anchors import add_cosignatures, with_witnesses
from consent.publish import log_vkeys
from consent.register import to_ledger_event
from consent.storage import entries
from consent.storage.lines import Line
from consent.tlog.checkpoint import parse_checkpoint
from consent.tlog.note import COSIGNATURE, SigningKey, VerifyKey, format_note
from consent.tlog.witness_policy import Witness, format_policy
from consent.verify import verify
from schemas.errors import ChathamError, DiskFull, LedgerDamaged
from schemas.ledger import EventKind, LedgerEvent
from tests.acceptance.ledger_study import (
    BOX,
    NOW,
    SIGNER,
    begun,
    events,
    go_on,
    published,
    reopened,
    require_sound,
)
from tests.acceptance.power_cuts import Cut, Op, recorded, unsynced
from tests.conftest import ROOT
from tests.consent.ledger_fakes import flip

LONG = os.environ.get("CHATHAM_LONG") == "1"
SEED = int(os.environ.get("CHATHAM_SEED", "1"))
KILLS = 1_000 if LONG else 60
RACES = 100 if LONG else 5
CUTS = 10_000 if LONG else 200
CONTROL_CUTS = 200
FLIPS_OF_A_FILE = 25
CUTS_OF_A_FILE = 8

linux_only = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to tell which file is synced")


def drawn(what: str) -> random.Random:
    return random.Random(f"{SEED} {what}")  # noqa: S311 - which faults are tried, no secret


def in_a_process_of_its_own(what: str, folder: Path, count: int) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.acceptance.ledger_kills", what, str(folder), str(count), str(SEED)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {str(name): int(number) for name, number in json.loads(done.stdout).items()}


@pytest.fixture(scope="module")
def quick() -> Iterator[Path]:
    """A folder in memory where the system has one: what is built there is thrown away thousands of times."""
    memory = Path("/dev/shm")  # noqa: S108 - nothing secret, and gone at the end
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


# Kills and races


def test_a_kill_while_recording_importing_or_publishing_loses_and_forks_nothing(tmp_path: Path) -> None:
    found = in_a_process_of_its_own("kills", tmp_path, KILLS)
    assert found["kills"] == KILLS
    # A publishing that is met half way is rare: only the long run is sure to have some.
    rare = ("files left half written",) if LONG else ()
    for met in ("appended", "imported", "published", "torn writes cut", *rare):
        assert found.get(met, 0) > 0, f"no kill met this, so nothing was shown: {met} {found}"


def test_of_two_writers_at_once_every_acknowledged_entry_is_there_once(tmp_path: Path) -> None:
    assert in_a_process_of_its_own("races", tmp_path, RACES)["races"] == RACES


# Power cuts


def lived(root: Path, *, sync: bool) -> tuple[list[Op], list[bytes]]:
    """Some hours of a register's life: every operation on its disk, and its leaf hashes in the end."""
    with recorded(root, sync=sync) as recorder:
        ledger, done = begun(root), 0
        recorder.told(ledger.size, done)
        for count in (1, 3, 0, 250, 1, 0, 1, 5, 0, 1):
            if count:
                ledger.append(events(count, count))
            else:
                done = published(root, ledger)
            recorder.told(ledger.size, done)
    return recorder.ops, ledger.leaf_hashes()


@linux_only
def test_a_power_cut_at_any_moment_loses_and_forks_nothing(quick: Path) -> None:
    root = quick / "synced"
    ops, history = lived(root, sync=True)
    draw = drawn("power cuts")
    for number in range(CUTS):
        folder = quick / "found"
        cut = Cut(ops, draw.randrange(first_told(ops), len(ops) + 1), draw)
        cut.build(root, folder)
        with unsynced():
            ledger, hashes = require_sound(folder, history[: cut.entries], cut.published)
            assert hashes == history[: len(hashes)], number
            if number % 5 == 0:
                go_on(folder, ledger, hashes)
        shutil.rmtree(folder)


@linux_only
def test_with_syncing_off_power_cuts_do_lose_entries_so_the_test_above_shows_something(quick: Path) -> None:
    root = quick / "control"
    ops, history = lived(root, sync=False)
    draw, lost = drawn("control"), 0
    for number in range(CONTROL_CUTS):
        cut = Cut(ops, draw.randrange(first_told(ops), len(ops) + 1), draw)
        cut.build(root, quick / str(number))
        try:
            require_sound(quick / str(number), history[: cut.entries], cut.published)
        except (AssertionError, ChathamError):
            lost += 1
    assert lost > CONTROL_CUTS // 2


def first_told(ops: list[Op]) -> int:
    """Where the making of the register ends; before that nobody was told of anything."""
    return next(at for at, op in enumerate(ops) if op.kind == "told")


@linux_only
def test_a_disk_that_is_full_at_any_step_loses_nothing_and_all_goes_on_once_there_is_room(quick: Path) -> None:
    root = quick / "full"
    begun(root / "before")
    ledger = reopened(root / "before")
    ledger.append(events(3))
    published(root / "before", ledger)
    step, refused, finished = 0, 0, False
    while not finished:
        folder = root / str(step)
        shutil.copytree(root / "before", folder)
        kept = reopened(folder).leaf_hashes()
        done = 4
        with recorded(folder, fails_at=frozenset({step})) as recorder:
            ledger = reopened(folder)
            try:
                for count in (1, 260):
                    ledger.append(events(count))
                    kept = ledger.leaf_hashes()
                    done = published(folder, ledger)
            except ChathamError as error:
                assert isinstance(error, DiskFull), error
                refused += 1
            finished = recorder.steps <= step
        after, hashes = require_sound(folder, kept, done)
        assert len(hashes) in (4, 5, 265)
        with unsynced():
            go_on(folder, after, hashes)
        shutil.rmtree(folder)
        step += 1
    assert refused > 30


# Torn blocks


@pytest.mark.parametrize("block", [512, 4096])
@pytest.mark.parametrize("was", ["zeros", "an earlier write"])
def test_a_block_of_a_batch_that_never_reached_the_disk_takes_no_acknowledged_entry_with_it(
    tmp_path: Path, block: int, was: str
) -> None:
    ledger = begun(tmp_path)
    ledger.append(events(2))
    kept, path = ledger.leaf_hashes(), tmp_path / "journal.jsonl"
    whole = path.read_bytes()
    earlier = b"".join(line.raw for line in lines_of(6, "earlier"))
    batch = b"".join(line.raw for line in lines_of(6, "batch"))
    for start in range(len(whole) - len(whole) % block, len(whole) + len(batch), block):
        torn = bytearray(whole + batch)
        lost = slice(max(start, len(whole)), min(start + block, len(torn)))
        torn[lost] = (bytes(len(whole)) + (earlier if was != "zeros" else bytes(len(earlier))))[lost]
        path.write_bytes(torn)
        try:
            ledger, hashes = require_sound(tmp_path, kept, 0)
        except LedgerDamaged as error:
            # Nobody can tell it from an acknowledged batch that was damaged later: it is left for a person to judge.
            assert was == "an earlier write"
            assert any(f"line {number} of journal.jsonl" in error.message for number in range(4, 10))
            assert path.read_bytes() == torn
            continue
        assert len(hashes) in (3, 9)
        if len(hashes) == 9 and torn != whole + batch:
            # The block lies within a sealed content, which only those can judge who may open it.
            with pytest.raises(LedgerDamaged, match=r"line [4-9] of journal\.jsonl holds a content that does not open"):
                ledger.entries()


def lines_of(count: int, tag: str) -> list[Line]:
    return entries.write(events(count, tag), NOW, SIGNER, BOX.seal)


# Every bit, every length

FILES = (
    *("journal.jsonl", "recorders.vkey", "forms/*.md", "forms/*.form", "policy", "ledger.vkey", "log/checkpoint"),
    *("log/frontier", "log/tile/0/000.p/*", "log/tile/entries/000.p/*", "anchors/*.checkpoint"),
)
every_file = pytest.mark.parametrize("name", FILES)

FORM = b"---\nlevel: role\npermissions: {}\n---\nYou may stop at any time.\n"
WITNESS = SigningKey("board.example/witness", COSIGNATURE, bytes([7]) * 32)


@pytest.fixture(scope="module")
def small(quick: Path) -> tuple[Path, bytes]:
    """A register with a file of every kind, and the checkpoint that somebody outside kept."""
    folder = quick / "small/consent"
    ledger = begun(folder)
    form = parse_form(FORM, "v1", "en", ["board-7"])
    (folder / "forms").mkdir()
    (folder / f"forms/{form.sha256}.md").write_bytes(FORM)
    (folder / f"forms/{form.sha256}.form").write_bytes(form_note(form, SIGNER, SIGNER.public_key))
    ledger.record(to_ledger_event(form))
    policy = format_policy(
        with_witnesses(None, log_vkeys(folder), [Witness("board", WITNESS.verify_key, "https://board.example/")])
    )
    (folder / "policy").write_bytes(policy)
    pinned = hashlib.sha256(policy).hexdigest()
    ledger.record(LedgerEvent(kind=EventKind.POLICY, payload={"type": "policy"}, form=pinned))
    ledger.append(events(2))
    published(folder, ledger)
    shown = (folder / "log/checkpoint").read_bytes()
    note = parse_checkpoint(shown).note
    cosigned = format_note(note.text, [*note.signatures, WITNESS.sign(note.text, NOW)])
    add_cosignatures(folder, cosigned, log_vkeys(folder), [WITNESS.verify_key])
    return folder, shown


OPENED = {"journal.jsonl", "recorders.vkey", "ledger.vkey", "log/checkpoint"}
"""What opening reads; every other file is left to verifying, and trying it takes half the time."""


def is_found(small: tuple[Path, bytes], keys: Sequence[VerifyKey], changed: str = "") -> bool:
    """Whether opening the register, or verifying it, tells that something is wrong."""
    folder, shown = small
    try:
        Ledger.open(folder, open_payload=BOX.open).entries()  # tells most, and takes a tenth of the time
        if not changed or changed in OPENED:
            reopened(folder, recorders=True).entries()
        report = verify(folder, keys, against=shown, now=NOW + timedelta(days=1))
    except ChathamError:
        return True
    finally:
        # What verify keeps where the register falls short of what it was shown must not stand in the next trial.
        (folder / "log/seen").unlink(missing_ok=True)
    return report.exit_code in (1, 6)


@pytest.fixture
def tried(small: tuple[Path, bytes]) -> Iterator[tuple[Path, tuple[VerifyKey, ...]]]:
    """The small register and its log's keys, for trials that leave it as it was."""
    folder = small[0]
    before, keys = {path: path.read_bytes() for path in files_of(folder)}, log_vkeys(folder)
    with unsynced():
        yield folder, keys
    assert {path: path.read_bytes() for path in files_of(folder)} == before
    assert not is_found(small, keys)


def test_the_small_register_is_sound_before_anything_is_done_to_it(small: tuple[Path, bytes]) -> None:
    folder, shown = small
    report = verify(folder, log_vkeys(folder), against=shown, now=NOW + timedelta(days=1))
    assert (report.exit_code, *report.problems, *report.failed) == (0,)
    assert all(any(path.match(name) for name in FILES) for path in files_of(folder)), files_of(folder)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")


@every_file
def test_every_flipped_bit_of_a_file_is_found(
    small: tuple[Path, bytes], tried: tuple[Path, tuple[VerifyKey, ...]], name: str
) -> None:
    (path,) = tried[0].glob(name)
    whole, missed = path.read_bytes(), []
    every = range(8 * len(whole))
    for bit in every if LONG else drawn(name).sample(every, min(len(every), FLIPS_OF_A_FILE)):
        flip(path, bit)
        if not is_found(small, tried[1], name):
            missed.append(bit)
        path.write_bytes(whole)
    assert not missed, "flipped bits that nobody noticed"


@every_file
def test_every_truncation_of_a_file_is_found(
    small: tuple[Path, bytes], tried: tuple[Path, tuple[VerifyKey, ...]], name: str
) -> None:
    (path,) = tried[0].glob(name)
    whole, missed = path.read_bytes(), []
    every = range(len(whole))
    drew = drawn(name).sample(every, min(len(every), CUTS_OF_A_FILE))
    for length in every if LONG else {0, len(whole) - 1, *drew}:
        path.write_bytes(whole[:length])
        if not is_found(small, tried[1], name):
            missed.append(length)
        path.write_bytes(whole)
    assert not missed, "lengths at which nobody noticed that the file was cut short"


@pytest.mark.parametrize(
    "name",
    ["journal.jsonl", "ledger.vkey", "recorders.vkey", "policy", "log/checkpoint", "log/tile/0/000.p/5"],
)
def test_a_missing_file_is_found(
    small: tuple[Path, bytes], tried: tuple[Path, tuple[VerifyKey, ...]], name: str
) -> None:
    path = tried[0] / name
    whole = path.read_bytes()
    path.unlink()
    assert is_found(small, tried[1], name)
    path.write_bytes(whole)


# Rollback


def test_an_old_copy_of_the_whole_folder_is_found_by_whoever_kept_a_newer_checkpoint(tmp_path: Path) -> None:
    ledger = begun(tmp_path / "now")
    ledger.append(events(3))
    published(tmp_path / "now", ledger)
    shutil.copytree(tmp_path / "now", tmp_path / "old")
    ledger.append(events(2))
    published(tmp_path / "now", ledger)
    newer = (tmp_path / "now/log/checkpoint").read_bytes()
    keys = log_vkeys(tmp_path / "now")
    # From inside it looks perfect: only the checkpoint from outside tells.
    old = reopened(tmp_path / "old")
    assert len(old.entries()) == 4
    report = verify(tmp_path / "old", keys, against=newer, now=NOW)
    assert report.exit_code == 1
    assert any("4" in sentence and "6" in sentence for sentence in report.failed), report.failed
    for rolled_back in (old, reopened(tmp_path / "old")):
        with pytest.raises(LedgerDamaged, match="behind a checkpoint of its log that it was shown") as caught:
            rolled_back.append(events(1))
        assert "chatham ledger continue" in caught.value.hint
        assert len(rolled_back.entries()) == 4
    assert published(tmp_path / "old", old) == 4
    assert verify(tmp_path / "now", keys, against=newer, now=NOW).exit_code == 0
