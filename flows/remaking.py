"""A study in the making, from a backup and a register that is newer: users and keys anew, destructions once more."""

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.publish import log_vkeys
from consent.recorders import read_recorders
from consent.tlog.checkpoint import log_keys
from flows.destroying import apply_erasure
from flows.progress import Progress
from flows.roles import refuse_service
from flows.saved_register import SavedRegister, recorder_check
from flows.settings import utc_now
from flows.study import Study
from flows.users import new_log_keys, record_log_keys, user_event
from schemas.errors import MissingKey
from schemas.ledger import EventKind, LedgerEvent
from vault.age import Identity
from vault.archive import ArchivedSecrets, Manifest
from vault.files import write_file
from vault.keys import LOG_ROLES, LOG_SEED_BYTES, Keyring, UserInfo, list_users, unlock
from vault.recovery import RECOVERY
from vault.refounding import refound
from vault.roles import HOLDS
from vault.users import read_users, save_user, user_recipient


@dataclass(frozen=True)
class Acting:
    """Who restores: a user and their passphrase, or, with no user named, the recovery key itself."""

    keys: Sequence[Identity]
    user: str | None
    passphrase: Callable[[], str]


@dataclass(frozen=True)
class Remade:
    """A study that is ready to take its place.

    Attributes:
        study: Opened by who restored it.
        applied: Indexes of the register's entries about destructions that were carried out once more.
        dropped: Sessions that were left out, because what was to be destroyed in them could not be told apart.
        missing: Sessions that were taken in after the backup was made.
        removed: Users who are in the backup and were removed since.
        again: Users who are to be added again: their keys are not in the backup, or went with somebody who left.
        lost: Study-wide files that are not in the backup, such as contacts where an assistant made it.
        new_log_keys: Whether the register is signed with new keys from now on.
    """

    study: Study
    applied: tuple[int, ...]
    dropped: tuple[str, ...]
    missing: tuple[str, ...]
    removed: tuple[str, ...]
    again: tuple[str, ...]
    lost: tuple[str, ...]
    new_log_keys: bool


def remake(
    folder: Path,
    saved: SavedRegister,
    archived: ArchivedSecrets,
    manifest: Manifest,
    acting: Acting,
    progress: Progress,
) -> Remade:
    """Make an unpacked backup a study again, and record it in its copy of the register.

    Args:
        folder: Holds what was unpacked, and the register.
        saved: That register, opened.
        archived: The secrets that were in the backup.
        manifest: The backup's.
        acting: Who does this; an investigator.
    Raises:
        MissingKey: the recovery key, or the user, may not do this.
    """
    keys = folder / "keys"
    gone, came = _gone(folder), _came_since(folder, saved)
    seed, renewed = _log_seed(folder, archived, gone)
    progress.step("new keys for everything")
    founded = refound(folder, archived, acting.keys, saved.keys, seed, [user.name for user in gone])
    _link(keys, saved)
    study = Study(folder, _unlock(keys, acting))
    refuse_service(study, "restores a study")
    applied, dropped = _erase_again(study, saved, manifest.size, progress)
    again = [*came, *founded.again]
    if renewed:
        record_log_keys(study)
    study.append([*_endings(folder, again, study.keyring.user), _restored(study, manifest, applied)])
    present = set(study.vault.session_ids())
    return Remade(
        study=study,
        applied=applied,
        dropped=dropped,
        missing=tuple(one for one in _sessions_since(saved, manifest.size) if one not in present),
        removed=tuple(sorted(user.name for user in gone)),
        again=tuple(sorted(user.name for user in again)),
        lost=founded.lost,
        new_log_keys=renewed,
    )


def _gone(folder: Path) -> list[UserInfo]:
    """Users in the backup whose right to record has ended since."""
    check = recorder_check(folder / "consent")
    return [user for user in list_users(folder / "keys") if not check.holds(user.key_id)]


def _came_since(folder: Path, saved: SavedRegister) -> list[UserInfo]:
    """Users who are not in the backup and may record: nobody has their keys any more."""
    check, public = recorder_check(folder / "consent"), read_recorders(folder / "consent")
    here = {user.key_id for user in list_users(folder / "keys")}
    return [
        UserInfo(str(said["name"]), frozenset(said["roles"]), key, public[key], said.get("participant"))
        for key, said in {str(said["key"]): said for said in _about_users(saved)}.items()
        if key in public and key not in here and check.holds(key)
    ]


def _about_users(saved: SavedRegister) -> Iterator[dict[str, Any]]:
    for entry in saved.entries:
        if entry.payload and entry.kind is EventKind.ROTATE_KEY and entry.payload.get("type") == "user":
            yield entry.payload


def _log_seed(folder: Path, archived: ArchivedSecrets, gone: Iterable[UserInfo]) -> tuple[bytes, bool]:
    """What the register is signed with from now on, and whether that is new: it may be known to who has left."""
    consent, held = folder / "consent", bytes.fromhex(archived.log_seed)
    known = log_vkeys(consent)
    mine = tuple(key.verify_key for key in log_keys(known[0].name, held))
    left = {role for user in gone for listed in user.roles for role in HOLDS[listed]}
    if known[: len(mine)] == mine and not left & set(LOG_ROLES):
        return held, False
    seed = secrets.token_bytes(LOG_SEED_BYTES)
    for path, data in new_log_keys(consent, seed).items():
        write_file(path, data)
    return seed, True


def _link(keys: Path, saved: SavedRegister) -> None:
    """Who of the participants a user is, and which user is a machine, as the register has it by now."""
    said = {str(one["key"]): one for one in _about_users(saved) if one.get("participant") or one.get("service")}
    for user in read_users(keys).values():
        known = said.get(UserInfo.of(user).key_id, {})
        changed = user.model_copy(
            update={
                "participant": known.get("participant") or user.participant,
                "service": bool(known.get("service")) or user.service,
            }
        )
        if changed != user:
            save_user(keys, changed)


def _unlock(keys: Path, acting: Acting) -> Keyring:
    users = read_users(keys)
    name = acting.user or RECOVERY
    if acting.user:
        keyring = unlock(keys, name, acting.passphrase())
    elif RECOVERY not in users:
        raise MissingKey(
            "the recovery key of this backup was replaced since, so it may not act",
            hint="Name an investigator who is in the backup, and give their passphrase: --user NAME.",
        )
    else:
        own = [key for key in acting.keys if key.recipient == user_recipient(users[RECOVERY])]
        if not own:
            raise MissingKey(
                "the recovery key of this study is not among the keys given",
                hint="Give it as well, each key on a line of its own; or name a user: --user NAME.",
            )
        keyring = unlock(keys, RECOVERY, str(own[0]))
    if "investigator" not in keyring.roles:
        raise MissingKey("only an investigator may restore a study", hint="Name another user: --user NAME.")
    return keyring


def _erase_again(
    study: Study, saved: SavedRegister, size: int, progress: Progress
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Carry out every destruction that the register has and the backup has not; in order."""
    applied: list[int] = []
    dropped: list[str] = []
    for entry in saved.entries[size:]:
        if entry.kind is EventKind.ERASE and entry.payload is not None:
            progress.step(f"destroying once more what entry {entry.index} of the register says is destroyed")
            dropped += apply_erasure(study, entry.payload, progress)[1]
            applied.append(entry.index)
    return tuple(applied), tuple(dropped)


def _endings(folder: Path, users: Iterable[UserInfo], by: str) -> list[LedgerEvent]:
    check = recorder_check(folder / "consent")
    return [user_event("removed", user, by, turns=True) for user in users if check.holds(user.key_id)]


def _restored(study: Study, manifest: Manifest, applied: Collection[int]) -> LedgerEvent:
    payload = {
        "type": "restored",
        "id": manifest.id,
        "size": manifest.size,
        "applied": list(applied),
        "by": study.keyring.user,
        "at": utc_now().isoformat(timespec="seconds"),
    }
    return LedgerEvent(kind=EventKind.BACKUP, payload=payload)


def _sessions_since(saved: SavedRegister, size: int) -> list[str]:
    """Sessions taken in after the backup was made, but for those of which nothing was to be kept."""
    payloads = (entry.payload or {} for entry in saved.entries[size:] if entry.kind is EventKind.INGEST)
    return [
        str(one["session"]) for one in payloads if one.get("type") == "session" and one.get("rule") != "off_the_record"
    ]
