"""Keys of a study: begin them, add and remove users, unlock them with a passphrase. Enter this room's keys here."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from schemas.errors import BadInput, MissingKey
from vault.age import Identity, Recipient, open_sealed, seal
from vault.files import make_folder, sweep, write_file, write_sealed
from vault.keystore import Keystore
from vault.recovery import as_written, recovery_halves, way_back
from vault.roles import (
    HOLDS,
    ROLES,
    RoleSecret,
    new_epoch_secret,
    open_role,
    public_half,
    public_halves,
    read_epoch_secret,
    role_identity,
    save_public_half,
)
from vault.staging import finish, install, keys_lock
from vault.users import (
    RECOVERY,
    PrivateHalves,
    UserFile,
    UserInfo,
    UserSigner,
    check_name,
    new_user,
    open_user,
    pick_user,
    read_users,
    save_user,
    user_recipient,
)

__all__ = [
    "Keyring",
    "NewUser",
    "UserInfo",
    "add_user",
    "check_new_user",
    "create_keys",
    "keys_lock",
    "link_user",
    "list_users",
    "public_keys",
    "remove_user",
    "reopened",
    "unlock",
]

FIRST_USER_ROLES = ("intake", "assistant", "investigator")
EVIDENCE_ROLES = ("assistant", "investigator", "ethics")
NAMES_ROLES = ("intake", "assistant", "investigator", "ethics")
LOG_ROLES = ("assistant", "investigator")
COSIGN_ROLES = ("investigator", "ethics")
LOG_SEED_BYTES = 64


@dataclass(frozen=True, repr=False)
class Keyring:
    """One user's unlocked keys. It says nothing of itself and cannot be pickled into anybody's database."""

    keys: Path
    user: str
    roles: frozenset[str]
    signer: UserSigner
    holder: Identity
    """The user's own key, to which role secrets are sealed."""
    identities: Mapping[str, Identity]
    """Role to its key in this epoch, for every role secret the user holds."""

    @cached_property
    def keystore(self) -> Keystore:
        """The study's keystore, opened as far as this user may."""
        return Keystore(self.keys, self.identities, self._identities_now)

    @cached_property
    def names_key(self) -> bytes:
        """32 bytes, the HMAC key of opaque names: with it a session can be laid down, and none opened."""
        return self._open(self.keys / "roles" / "names.age", NAMES_ROLES)

    @property
    def log_seed(self) -> bytes:
        """64 bytes from which the keys that sign checkpoints come; raises MissingKey for intake and ethics.

        The first investigator who needs it draws it.
        """
        path = self.keys / "roles" / "log.age"
        if not path.is_file() and "investigator" in self.roles:
            with keys_lock(self.keys):
                if not path.is_file():
                    write_sealed(path, secrets.token_bytes(LOG_SEED_BYTES), public_halves(self.keys, LOG_ROLES))
        return self._open(path, LOG_ROLES)

    @property
    def cosign_seed(self) -> bytes:
        """32 bytes, the Ed25519 seed with which this user cosigns; raises MissingKey for intake and assistant."""
        return self._cosigner(b"cosign ed25519")

    @property
    def cosign_seed_pq(self) -> bytes:
        """32 bytes, the ML-DSA-44 seed with which this user cosigns; raises MissingKey as ``cosign_seed``."""
        return self._cosigner(b"cosign ml-dsa-44")

    def evidence_seal(self, plaintext: bytes) -> bytes:
        """Seal a consent payload to the evidence recipient; every user can."""
        # Read each time: in a long-running process the key of somebody who left since must not be sealed to.
        return seal(plaintext, [public_half(self.keys, "evidence")])

    def evidence_open(self, sealed: bytes) -> bytes:
        """Open a consent payload; raises MissingKey for a user who is intake only."""
        return open_sealed(sealed, self.evidence_identities)

    @cached_property
    def evidence_identities(self) -> list[Identity]:
        """The keys of consent payloads, newest first: one, and one more for every time somebody left who had it."""
        held = self._open(self.keys / "roles" / "evidence.age", EVIDENCE_ROLES)
        return [Identity.from_secret(held[at : at + 32]) for at in range(0, len(held), 32)]

    def _cosigner(self, purpose: bytes) -> bytes:
        if not self.roles & set(COSIGN_ROLES):
            raise _only(COSIGN_ROLES)
        return self.signer.derive(purpose)

    def _open(self, path: Path, roles: tuple[str, ...]) -> bytes:
        held = _held(path, self.identities)
        if held is None and path.is_file():
            held = _held(path, self._identities_now())
        if held is None:
            raise _only(roles)
        return held

    def _identities_now(self) -> Mapping[str, Identity]:
        """Role to its key as they stand on the disk: in a long-running process, an epoch may have begun meanwhile."""
        return {role: key for role, key in _role_identities(self.keys, self.holder).items() if role in self.roles}

    def __repr__(self) -> str:
        return "Keyring(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring is never pickled")


def create_keys(keys: Path, user: str, passphrase: str) -> Keyring:
    """Begin a study's keys with one user, who is intake, assistant and investigator.

    Args:
        keys: The folder to make, ``<study>/keys``.
        user: Name of the first user.
        passphrase: Not empty.
    Raises:
        BadInput: There are users already, or the name or passphrase cannot be used.
    """
    if read_users(keys):
        raise BadInput("this study has keys already", hint="Add a user with chatham user add.")
    check_name(user)
    first = new_user(user, passphrase, FIRST_USER_ROLES)
    make_folder(keys / "roles")
    epoch = new_epoch_secret(keys)
    identities = {}
    for role in FIRST_USER_ROLES:
        identities[role] = _new_role(keys, role, epoch, {user: user_recipient(first)})
    evidence = Identity.generate()
    write_sealed(keys / "roles" / "evidence.age", evidence.secret, public_halves(keys, EVIDENCE_ROLES))
    write_file(keys / "roles" / "evidence.pub", f"{evidence.recipient}\n".encode())
    write_sealed(keys / "roles" / "names.age", secrets.token_bytes(32), public_halves(keys, NAMES_ROLES))
    write_sealed(keys / "roles" / "log.age", secrets.token_bytes(LOG_SEED_BYTES), public_halves(keys, LOG_ROLES))
    # Last: without a user there are no keys, and a killed init can be run again.
    save_user(keys, first)
    return _keyring(keys, first, open_user(first, passphrase), identities)


def unlock(keys: Path, user: str | None, passphrase: str) -> Keyring:
    """Unlock one user's keys (0.1 to 0.6 s, all of it Argon2id).

    Args:
        keys: ``<study>/keys``.
        user: Name; None where there is only one user.
        passphrase: As it was typed.
    Raises:
        MissingKey: No such user, a wrong passphrase, or role keys that do not fit the epoch.
        UsageError: Several users and none named.
    """
    chosen = pick_user(keys, user)
    typed = as_written(chosen.name, passphrase)
    try:
        halves = open_user(chosen, typed)
    except MissingKey as wrong:
        raise MissingKey(wrong.message, hint=way_back(UserInfo.of(chosen), list_users(keys))) from None
    return _keyring(keys, chosen, halves, _role_identities(keys, halves.identity))


def reopened(keyring: Keyring) -> Keyring:
    """The same user's keys as they stand on the disk now, after roles got other ones; raises as ``unlock``."""
    identities = _role_identities(keyring.keys, keyring.holder)
    roles = frozenset(role for role in keyring.roles if role in identities)
    return replace(keyring, roles=roles, identities=identities)


def list_users(keys: Path) -> list[UserInfo]:
    """Everybody with keys to this study, by name."""
    return [UserInfo.of(user) for user in read_users(keys).values()]


def public_keys(keys: Path) -> dict[str, bytes]:
    """Key id to raw Ed25519 public key (32 bytes), of every user."""
    return {user.key_id: user.public_key for user in list_users(keys)}


class NewUser:
    """A user whose keys are drawn and of whom nothing is written yet; admit them with ``keys_lock`` held.

    Args:
        keys: ``<study>/keys``.
        keyring: Of an investigator; a second ethics officer is added by the first.
        name: New; names that differ only in capitals are the same.
        passphrase: The new user's, not empty.
        role: ``intake``, ``assistant``, ``investigator`` or ``ethics``.
        participant: The participant who the new user is, where they are one.
        service: Whether no person but a machine acts as the new user.
        recovery: The recovery key, where that is the new user; its halves are this key's.
    Raises:
        BadInput: Unknown role, name taken, empty passphrase.
        MissingKey: ``keyring`` does not hold what the new user is to have.
    """

    def __init__(
        self,
        keys: Path,
        keyring: Keyring,
        name: str,
        passphrase: str,
        role: str,
        participant: str | None = None,
        *,
        service: bool = False,
        recovery: Identity | None = None,
    ) -> None:
        users = check_new_user(keys, keyring, name, role, recovery=recovery is not None)
        self._keys, self._keyring, self._role = keys, keyring, role
        self._first = role == "ethics" and not _has_role(users, "ethics")
        halves = recovery_halves(recovery) if recovery else None
        self._user = new_user(name, passphrase, (role,), participant, service=service, halves=halves)
        self.info = UserInfo.of(self._user)

    def admit(self) -> UserInfo:
        """Give the user their role's secrets and write their file; from then on they can open what the role may."""
        sweep(self._keys / "roles")
        sweep(self._keys / "users")
        for held in HOLDS[self._role]:
            _give(self._keys, self._keyring, held, self._user, first=self._first)
        # Last: a killed add leaves a holder that nobody is, never a user who can open nothing.
        save_user(self._keys, self._user)
        return self.info


def add_user(
    keys: Path, keyring: Keyring, name: str, passphrase: str, role: str, participant: str | None = None
) -> UserInfo:
    """Add a user with one role; arguments and errors as ``NewUser``. It is logged by who calls this, before it."""
    with keys_lock(keys):
        install(keys)
        return NewUser(keys, keyring, name, passphrase, role, participant).admit()


def check_new_user(
    keys: Path, keyring: Keyring, name: str, role: str, *, recovery: bool = False
) -> Mapping[str, UserFile]:
    """The users there are, where ``name`` may be added to them; raises as ``NewUser``, but for the passphrase."""
    if role not in ROLES:
        raise BadInput(f"there is no such role; roles are {', '.join(ROLES)}", hint="Name one of them.")
    users = read_users(keys)
    if name.casefold() in {known.casefold() for known in users}:
        raise BadInput("there is already a user of this name", hint="Choose another name.")
    if not (recovery and name == RECOVERY):
        check_name(name)
    _require_investigator(keyring, role, users)
    return users


def link_user(keys: Path, keyring: Keyring, name: str, participant: str) -> UserInfo:
    """Write down which participant a user is.

    Raises:
        MissingKey: ``keyring`` is no investigator's, or there is no such user.
    """
    if "investigator" not in keyring.roles:
        raise _only(("investigator",))
    with keys_lock(keys):
        user = pick_user(keys, name).model_copy(update={"participant": participant})
        save_user(keys, user)
    return UserInfo.of(user)


def remove_user(keys: Path, keyring: Keyring, name: str) -> UserInfo:
    """Take everything from a user that they can open from now on; see ``vault.leaving``."""
    from vault.leaving import remove_user as leave

    return leave(keys, keyring, name)


def _require_investigator(keyring: Keyring, role: str, users: Mapping[str, UserFile]) -> None:
    needed = "ethics" if role == "ethics" and _has_role(users, "ethics") else "investigator"
    if needed not in keyring.roles:
        raise MissingKey(f"only {needed} may add a user with this role", hint="Ask a user of that role to do it.")


def _give(keys: Path, keyring: Keyring, role: str, user: UserFile, *, first: bool) -> None:
    """Make ``user`` a holder of a role's secret; the first ethics officer gets a new one."""
    if first:
        _new_role(keys, role, read_epoch_secret(keys), {user.name: user_recipient(user)})
        evidence = b"".join(identity.secret for identity in keyring.evidence_identities)
        write_sealed(keys / "roles" / "evidence.age", evidence, public_halves(keys, EVIDENCE_ROLES))
        write_sealed(keys / "roles" / "names.age", keyring.names_key, public_halves(keys, NAMES_ROLES))
        return
    held = open_role(keys, role, keyring.holder)
    if held is None:
        raise MissingKey(f"the {role} role's secret is not yours to give", hint=f"Ask a user who is {role}.")
    held.with_holder(user.name, user_recipient(user)).save(keys, role)


def _new_role(keys: Path, role: str, epoch: bytes, holders: Mapping[str, Recipient]) -> Identity:
    secret = RoleSecret.generate(holders)
    secret.save(keys, role)
    identity = role_identity(role, secret.secret, epoch)
    save_public_half(keys, role, identity.recipient)
    return identity


def _role_identities(keys: Path, holder: Identity) -> dict[str, Identity]:
    """Role to key, for what ``holder`` holds; looked at twice where the keys are being replaced just now."""
    with suppress(PermissionError):  # a study that may only be read is opened as it stands
        finish(keys)
    try:
        return _read_identities(keys, holder)
    except MissingKey:
        if not os.access(keys, os.W_OK):
            raise
    with keys_lock(keys):
        install(keys)
        return _read_identities(keys, holder)


def _read_identities(keys: Path, holder: Identity) -> dict[str, Identity]:
    epoch = read_epoch_secret(keys)
    held = {role: open_role(keys, role, holder) for role in ROLES}
    return {
        role: _checked(keys, role, role_identity(role, secret.secret, epoch)) for role, secret in held.items() if secret
    }


def _checked(keys: Path, role: str, identity: Identity) -> Identity:
    if public_half(keys, role) != identity.recipient:
        raise MissingKey(
            f"keys/roles/{role}.pub does not belong to keys/epoch.secret",
            hint="A part of keys/ is older than the rest; put the whole folder back as it was.",
        )
    return identity


def _keyring(keys: Path, user: UserFile, halves: PrivateHalves, identities: Mapping[str, Identity]) -> Keyring:
    # What opened is what counts: a role that was only written into the file is not had.
    roles = frozenset(role for role in user.roles if role in identities)
    return Keyring(keys, user.name, roles, UserSigner(halves.seed), halves.identity, dict(identities))


def _held(path: Path, identities: Mapping[str, Identity]) -> bytes | None:
    try:
        return open_sealed(path.read_bytes(), list(identities.values()))
    except (MissingKey, FileNotFoundError):
        return None


def _only(roles: tuple[str, ...]) -> MissingKey:
    return MissingKey(
        f"this may be opened by {', '.join(roles)} only", hint="Ask a user of one of these roles to do it."
    )


def _has_role(users: Mapping[str, UserFile], role: str) -> bool:
    return any(role in user.roles for user in users.values())
