"""Who may use a study: users are added, linked to the participant they are, and removed; each is logged first."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from consent.publish import KEYS_NAME, log_vkeys
from consent.recorders import RecorderCheck, read_recorders, write_recorders
from consent.storage.leaf import decode
from consent.tlog.checkpoint import log_keys
from flows.roles import refuse_service
from flows.study import Study
from schemas.errors import BadInput, MissingKey, UsageError
from schemas.identifiers import is_participant_id
from schemas.ledger import EventKind, LedgerEvent
from vault.keys import FIRST_USER_ROLES, Keyring, NewUser, UserInfo, check_new_user, keys_lock, link_user, reopened
from vault.keys import list_users as listed
from vault.keys import public_keys as keys_of_users
from vault.leaving import forget_user, require_may_remove, shut_out
from vault.roles import ROLES
from vault.staging import install

CANNOT = (
    "What they copied or remember while they had access stays with them: files, names, keys of sessions they opened.",
    "Sessions taken in from now on, the roster and new entries of the register do not open to them.",
)
"""What removing somebody cannot do, and what it does; said wherever somebody is removed."""
SERVICE_ROLES = ("assistant", "investigator")


def introduction(
    keyring: Keyring, roles: Iterable[str] = FIRST_USER_ROLES, participant: str | None = None
) -> LedgerEvent:
    """The entry that begins the right of a study's first user to record; it is the first of the register."""
    public = keyring.signer.public_key
    user = UserInfo(keyring.user, frozenset(roles), keyring.signer.key_id, public, participant)
    return user_event("added", user, keyring.user, turns=True)


def list_users(study: Study) -> list[UserInfo]:
    """Everybody who may use the study, by name."""
    return listed(_keys(study))


def people_of(study: Study) -> list[UserInfo]:
    """The users who are persons, by name: no service user, and not the printed recovery key."""
    return [user for user in list_users(study) if user.person]


def add_user(
    study: Study,
    name: str,
    *,
    role: str | None,
    participant: str | None,
    passphrase: Callable[[], str],
    service: bool = False,
) -> UserInfo:
    """Add a user, or say of one who is there already which participant they are.

    The recorder's key is kept first, then the register lets them in, then they get their keys. Stopped in between,
    nothing is there that opens anything, and it can be done again.

    Args:
        role: ``intake``, ``assistant``, ``investigator`` or ``ethics``; may be left out for a user who is there.
        participant: Who of the participants the user is.
        passphrase: Asked once everything else is right.
        service: No person acts as the new user, but a machine that works unattended.
    Raises:
        UsageError, BadInput: what was typed cannot be. MissingKey: the acting user may not.
    """
    _check_typed(role, participant, service=service)
    refuse_service(study, "adds users")
    with study.lock("users"):
        known = {user.name: user for user in list_users(study)}.get(name)
        if known is not None and participant is not None:
            return _link(study, known, role, participant)
        if role is None:
            raise UsageError("a new user needs a role", hint=f"Add --role and one of: {', '.join(ROLES)}.")
        check_new_user(_keys(study), study.keyring, name, role)
        new = NewUser(_keys(study), study.keyring, name, passphrase(), role, participant, service=service)
        return admit(study, new)


def admit(study: Study, new: NewUser) -> UserInfo:
    """Let a new user in: the register first, then their keys. With the lock ``users`` held."""
    study.ledger.head()  # a register that nothing can be recorded in is told before anything is written
    keep_recorders(study, {new.info.key_id: new.info.public_key})
    study.append([user_event("added", new.info, study.keyring.user, turns=True)])
    with keys_lock(_keys(study)):
        install(_keys(study))
        admitted = new.admit()
    study.go_on_with(reopened(study.keyring))
    return admitted


def remove_user(study: Study, name: str) -> UserInfo:
    """End a user's access: the register first, then new keys for what they could open, then their file.

    Stopped anywhere, nobody else has lost anything, and the same command ends it.

    Raises:
        MissingKey: there is no such user, or the acting user may not remove them.
    """
    refuse_service(study, "removes users")
    with study.lock("users"):
        return dismiss(study, name)


def dismiss(study: Study, name: str) -> UserInfo:
    """``remove_user`` for who holds the lock ``users``."""
    leaver = require_may_remove(_keys(study), study.keyring, name)
    keep_recorders(study)
    if events := _endings(study, leaver):
        study.append(events)
    shut_out(_keys(study), study.keyring, name, lambda seed: new_log_keys(study.consent, seed))
    study.go_on_with(reopened(study.keyring))
    record_log_keys(study)
    forget_user(_keys(study), name)
    return leaver


def keep_recorders(study: Study, more: Mapping[str, bytes] | None = None) -> None:
    """Keep every user's public signing key with the register, durably: entries outlast users."""
    write_recorders(study.consent, {**keys_of_users(_keys(study)), **(more or {})})


def _check_typed(role: str | None, participant: str | None, *, service: bool) -> None:
    if role is not None and role not in ROLES:
        raise UsageError("--role is none of the known ones", hint=f"Use one of: {', '.join(ROLES)}.")
    if participant is not None and not is_participant_id(participant):
        raise UsageError("--participant is no participant's id", hint="Write P and digits, such as P07.")
    if service and role not in SERVICE_ROLES:
        raise UsageError(
            "a service user needs a role that runs the study", hint=f"Add --role {' or --role '.join(SERVICE_ROLES)}."
        )
    if service and participant is not None:
        raise UsageError("a service user is no participant", hint="Leave out --participant, or --service.")


def _link(study: Study, user: UserInfo, role: str | None, participant: str) -> UserInfo:
    if not user.person:
        raise BadInput(
            "that user is nobody: a machine, or the printed recovery key", hint="Say it of a user who is a person."
        )
    if role is not None and role not in user.roles:
        raise BadInput(
            "there is already a user of this name, in another role",
            hint="Leave out --role to say who they are, or choose another name for a new user.",
        )
    if user.participant == participant:
        return user
    if user.participant is not None:
        raise BadInput(
            "that user is another participant already, and a link that stands is never changed",
            hint="If it is wrong, remove the user and add them again under the right participant.",
        )
    if "investigator" not in study.keyring.roles:
        raise MissingKey("only investigator may say which participant a user is", hint="Ask a user of that role.")
    if participant not in study.participants():
        raise BadInput("that participant is not in the roster", hint="Check the id: P and digits, such as P07.")
    linked = UserInfo(user.name, user.roles, user.key_id, user.public_key, participant)
    study.append([user_event("linked", linked, study.keyring.user, turns=False)])
    return link_user(_keys(study), study.keyring, user.name, participant)


def _endings(study: Study, leaver: UserInfo) -> list[LedgerEvent]:
    """The entries that end a recorder's right; none where the register has ended it already."""
    check = RecorderCheck(read_recorders(study.consent))
    for index, data in enumerate(study.ledger.leaves(0, study.ledger.head()[0])):
        if leaf := decode(data):
            check.right_of(index, leaf)
    removed = user_event("removed", leaver, study.keyring.user, turns=True)
    if leaver.key_id in check.introduced | check.from_start:
        return [removed] if check.holds(leaver.key_id) else []
    # Never let in and never recorded anything, as in studies from before there were such entries.
    return [user_event("added", leaver, study.keyring.user, turns=True), removed]


def new_log_keys(consent: Path, seed: bytes) -> dict[Path, bytes]:
    """``ledger.vkey`` with the keys of ``seed`` before the older ones, by which earlier checkpoints are still known."""
    known = log_vkeys(consent)
    if not known:
        return {}
    new = [key.verify_key for key in log_keys(known[0].name, seed)]
    lines = [str(key) for key in (*new, *(key for key in known if key not in new))]
    return {consent / KEYS_NAME: "".join(f"{line}\n" for line in lines).encode("ascii")}


def record_log_keys(study: Study) -> None:
    """Let the register itself say which keys sign it from here on, where it does not yet."""
    keys = [str(key) for key in log_vkeys(study.consent)]
    if len(keys) <= 2:
        return
    said = (entry.payload or {} for entry in study.ledger.entries() if entry.kind is EventKind.ROTATE_KEY)
    if keys[:2] not in [payload.get("vkeys") for payload in said]:
        payload = {"type": "log_key", "vkeys": keys[:2], "before": keys[2:4], "by": study.keyring.user}
        study.append([LedgerEvent(kind=EventKind.ROTATE_KEY, payload=payload)])


def user_event(action: str, user: UserInfo, by: str, *, turns: bool) -> LedgerEvent:
    """The entry about a user; one that ``turns`` begins or ends their right to record."""
    return LedgerEvent(
        kind=EventKind.ROTATE_KEY,
        form=hashlib.sha256(user.public_key).hexdigest() if turns else None,
        payload={
            "type": "user",
            "action": action,
            "name": user.name,
            "roles": sorted(user.roles),
            "key": user.key_id,
            "participant": user.participant,
            **({"service": True} if user.service else {}),
            "by": by,
        },
    )


def _keys(study: Study) -> Path:
    return study.folder / "keys"
