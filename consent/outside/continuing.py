"""Begins a register's published view anew, under a new name, after entries were lost: never a second history.

The journal stays. What was published under the old name moves to `before/<n>/`, and the next entry says how many
entries are missing, so that no later reader takes the gap for a whole register.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from consent.ledger import Ledger
from consent.log_keys import given_up, last_sizes
from consent.publish import KEYS_NAME, log_vkeys, origin_of, publish
from consent.storage.disk import file_not_written
from consent.storage.files import sync_folder, write_durably
from consent.tlog.checkpoint import Checkpoint, SignedCheckpoint, check_checkpoint, log_keys, parse_checkpoint
from consent.tlog.merkle import root_of
from consent.tlog.note import VerifyKey, verified
from schemas.errors import BadInput, LedgerDamaged, UsageError
from schemas.ledger import EventKind, LedgerEvent

SEEN = "seen"
TYPE = "continued"
"""Type of the entry that says what was lost."""
_FOLDER = "before"
_KEPT = {KEYS_NAME: KEYS_NAME, "checkpoint": "log/checkpoint", "policy": "policy"}


@dataclass(frozen=True)
class Continued:
    """How a register went on."""

    number: int
    """Of the folder in `before/`."""
    old: Checkpoint
    """The checkpoint that the register does not reach."""
    kept: int
    """Entries that are still there; the next one says what was lost."""
    lost: int
    """Entries that the checkpoint names and the register lacks."""
    new: Checkpoint
    """What stands under the new name."""


def remember_shown(folder: Path, shown: bytes) -> None:
    """Keep a checkpoint of this log that the register does not reach or match: nothing is recorded until it is settled.

    Args:
        folder: The study's ``consent/``.
        shown: Checked by the caller to be signed by this log. The larger of two is kept.
    Raises:
        DiskFull, ChathamError: where it could not be written.
    """
    path = folder / "log" / SEEN
    if (
        path.is_file()
        and parse_checkpoint(path.read_bytes()).checkpoint.size >= parse_checkpoint(shown).checkpoint.size
    ):
        return
    write_durably(path, shown)


def continue_register(
    folder: Path, open_ledger: Callable[[], Ledger], seed: bytes, shown: bytes, *, by: str, at: datetime
) -> Continued:
    """Go on with a register that is behind a checkpoint it once signed. Run it again where it was interrupted.

    Args:
        folder: The study's ``consent/``.
        open_ledger: Opens the register for recording, by re-reading the whole journal.
        seed: The log's secret, 64 bytes.
        shown: The checkpoint, as whoever kept it has it.
        by: Who does this.
        at: Aware.
    Returns:
        What was lost, and the checkpoint under the new name.
    Raises:
        BadInput: where ``shown`` is not signed by this log.
        UsageError: where nothing was lost.
        LedgerDamaged: where the register holds as many entries, and others: no new name can mend two histories.
        DiskFull, ChathamError: where it could not be written.
    """
    keys = _keys_of(folder, parse_checkpoint(shown).checkpoint.origin, seed)
    old = check_checkpoint(shown, keys)
    ledger = open_ledger()
    _require_in_force(folder, ledger, old, keys)
    number, said = _interrupted(folder, ledger, shown)
    if number is None:
        _require_standing(folder, old.checkpoint)
        _require_behind(folder, ledger, old.checkpoint)
        number = _archive(folder, shown)
    if said is None:
        _clear(folder)
        said = _record(folder, ledger, old, number, by)
    new = publish(folder, ledger, seed, at)
    return Continued(number, old.checkpoint, said, old.checkpoint.size - said, new)


def _keys_of(folder: Path, origin: str, seed: bytes) -> list[VerifyKey]:
    """Keys that this log has under that name, or had: the secret changes when somebody leaves who knew it."""
    own = [key.verify_key for key in log_keys(origin, seed)]
    known = [*log_vkeys(folder), *log_vkeys(folder / _FOLDER / str(_newest(folder)))]
    return own + [key for key in dict.fromkeys(known) if key not in own]


def _require_in_force(folder: Path, ledger: Ledger, old: SignedCheckpoint, keys: list[VerifyKey]) -> None:
    """Refuse what somebody who has left made with a key that they still have: it would invent a loss."""
    known = [key for key in log_vkeys(folder) if key.name == old.checkpoint.origin]
    changes = [one.index for one in ledger.entries() if one.kind is EventKind.ROTATE_KEY and one.form is None]
    signers = [one.key for one in verified(old.note, keys)]
    if given_up(signers, old.checkpoint.size, last_sizes(known, changes)):
        raise BadInput(
            "the checkpoint names more entries than there were when the key under it was given up",
            hint="Somebody who had left made it. Delete consent/log/seen if it was kept; tell the ethics office.",
        )


def _interrupted(folder: Path, ledger: Ledger, shown: bytes) -> tuple[int | None, int | None]:
    """The number under which this very thing was begun before, and the index of its entry, where they are there."""
    number = _newest(folder)
    if not number or (folder / _FOLDER / str(number) / SEEN).read_bytes() != shown:
        return None, None
    for entry in reversed(ledger.entries()):
        payload = entry.payload or {}
        if entry.kind is EventKind.INCIDENT and (payload.get("type"), payload.get("before")) == (TYPE, number):
            return number, entry.index
    return number, None


def _newest(folder: Path) -> int:
    names = [path.name for path in (folder / _FOLDER).glob("*")]
    return max((int(name) for name in names if name.isascii() and name.isdigit()), default=0)


def _require_standing(folder: Path, old: Checkpoint) -> None:
    name = origin_of(folder)
    if name not in (None, old.origin):
        raise BadInput(
            "the checkpoint bears another name than this register has now",
            hint="Give the newest checkpoint that anybody has of this register.",
        )


def _require_behind(folder: Path, ledger: Ledger, old: Checkpoint) -> None:
    if ledger.size < old.size:
        return
    if root_of(ledger.leaf_hashes()[: old.size]) == old.root:
        _settle(folder, ledger)
        raise UsageError(
            f"nothing is missing: the checkpoint's {old.size} entries are all here",
            hint="Go on as usual; chatham ledger verify says how the register stands.",
        )
    raise LedgerDamaged(
        f"the register holds {ledger.size} entries, and its first {old.size} are not those that were signed: "
        "there are two histories of it",
        hint="Change nothing; keep both copies and the checkpoint, and tell the ethics office.",
    )


def _settle(folder: Path, ledger: Ledger) -> None:
    """Where a newer copy was put back, the register holds what it was shown: then it may be written to again."""
    seen = folder / "log" / SEEN
    if not seen.is_file():
        return
    held = parse_checkpoint(seen.read_bytes()).checkpoint
    if held.size <= ledger.size and root_of(ledger.leaf_hashes()[: held.size]) == held.root:
        seen.unlink()
        sync_folder(seen.parent)


def _archive(folder: Path, shown: bytes) -> int:
    """Copy what was published under the old name to `before/<n>/`, whole or not at all; gives n."""
    remember_shown(folder, shown)  # from here on nothing else is recorded
    number = _newest(folder) + 1
    aside = folder / _FOLDER / f".{number}.making"
    files = {name: folder / place for name, place in _KEPT.items()}
    files |= {f"anchors/{path.name}": path for path in (folder / "anchors").glob("*")}
    try:
        shutil.rmtree(aside, ignore_errors=True)
        for name, path in files.items():
            if path.is_file():
                write_durably(aside / name, path.read_bytes())
        write_durably(aside / SEEN, shown)
        aside.rename(folder / _FOLDER / str(number))
        sync_folder(folder / _FOLDER)
    except OSError as error:
        raise file_not_written(error) from error
    return number


def _clear(folder: Path) -> None:
    """Remove what was published under the old name; it stands in `before/<n>/`. The key last: it names the rest."""
    try:
        for path in (*(folder / "log").glob("*"), *(folder / "anchors").glob("*")):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != SEEN:
                path.unlink()
        (folder / KEYS_NAME).unlink(missing_ok=True)
        sync_folder(folder)
    except OSError as error:
        raise file_not_written(error) from error


def _record(folder: Path, ledger: Ledger, old: SignedCheckpoint, number: int, by: str) -> int:
    """Record what was lost, and open the register for others again."""
    seen = folder / "log" / SEEN
    event = LedgerEvent(
        kind=EventKind.INCIDENT,
        payload={
            "type": TYPE,
            "old_checkpoint": old.note.text,
            "size": old.checkpoint.size,
            "lost": old.checkpoint.size - ledger.size,
            "before": number,
            "by": by,
        },
    )
    with ledger.lock():
        seen.unlink(missing_ok=True)
        try:
            return ledger.record(event)
        except BaseException:
            write_durably(seen, old.data)
            raise
