"""Keys of a study: begin them, add users, unlock them with a passphrase. Enter this room's keys here."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from filelock import FileLock

from schemas.errors import BadInput, MissingKey
from vault.age import Identity, Recipient, open_sealed, seal
from vault.files import make_folder, sweep, write_file, write_sealed
from vault.keystore import Keystore
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
from vault.users import (
    PrivateHalves,
    UserFile,
    UserInfo,
    UserSigner,
    key_id,
    new_user,
    open_user,
    pick_user,
    read_users,
    save_user,
    user_recipient,
)

__all__ = ["Keyring", "UserInfo", "add_user", "create_keys", "list_users", "public_keys", "unlock"]

_FIRST_USER = ("intake", "assistant", "investigator")
EVIDENCE_ROLES = ("assistant", "investigator", "ethics")
NAMES_ROLES = ("intake", "assistant", "investigator")


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
        return Keystore(self.keys, self.identities)

    @cached_property
    def names_key(self) -> bytes:
        """32 bytes, the HMAC key of opaque names; raises MissingKey for an ethics officer."""
        return self._open(self.keys / "roles" / "names.age", NAMES_ROLES)

    def evidence_seal(self, plaintext: bytes) -> bytes:
        """Seal a consent payload to the evidence recipient; every user can."""
        return seal(plaintext, [self._evidence_recipient])

    def evidence_open(self, sealed: bytes) -> bytes:
        """Open a consent payload; raises MissingKey for a user who is intake only."""
        return open_sealed(sealed, [self._evidence_identity])

    @cached_property
    def _evidence_recipient(self) -> Recipient:
        return public_half(self.keys, "evidence")

    @cached_property
    def _evidence_identity(self) -> Identity:
        return Identity.from_secret(self._open(self.keys / "roles" / "evidence.age", EVIDENCE_ROLES))

    def _open(self, path: Path, roles: tuple[str, ...]) -> bytes:
        try:
            return open_sealed(path.read_bytes(), list(self.identities.values()))
        except (MissingKey, FileNotFoundError):
            raise MissingKey(
                f"this may be opened by {', '.join(roles)} only", hint="Ask a user of one of these roles to do it."
            ) from None

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
    first = new_user(user, passphrase, _FIRST_USER)
    make_folder(keys / "roles")
    epoch = new_epoch_secret(keys)
    identities = {}
    for role in _FIRST_USER:
        identities[role] = _new_role(keys, role, epoch, {user: user_recipient(first)})
    evidence = Identity.generate()
    write_sealed(keys / "roles" / "evidence.age", evidence.secret, public_halves(keys, EVIDENCE_ROLES))
    write_file(keys / "roles" / "evidence.pub", f"{evidence.recipient}\n".encode())
    write_sealed(keys / "roles" / "names.age", secrets.token_bytes(32), public_halves(keys, NAMES_ROLES))
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
    halves = open_user(chosen, passphrase)
    epoch = read_epoch_secret(keys)
    identities = {}
    for role in ROLES:
        held = open_role(keys, role, halves.identity)
        if held is not None:
            identities[role] = _checked(keys, role, role_identity(role, held.secret, epoch))
    return _keyring(keys, chosen, halves, identities)


def list_users(keys: Path) -> list[UserInfo]:
    """Everybody with keys to this study, by name."""
    return [
        UserInfo(user.name, frozenset(user.roles), key_id(bytes.fromhex(user.verify)))
        for user in read_users(keys).values()
    ]


def public_keys(keys: Path) -> dict[str, bytes]:
    """Key id to raw Ed25519 public key (32 bytes), of every user."""
    raw = [bytes.fromhex(user.verify) for user in read_users(keys).values()]
    return {key_id(public): public for public in raw}


def add_user(keys: Path, keyring: Keyring, name: str, passphrase: str, role: str) -> UserInfo:
    """Add a user with one role.

    Args:
        keys: ``<study>/keys``.
        keyring: Of an investigator; a second ethics officer is added by the first.
        name: New; names that differ only in capitals are the same.
        passphrase: The new user's, not empty.
        role: ``intake``, ``assistant``, ``investigator`` or ``ethics``.
    Raises:
        BadInput: Unknown role, name taken, empty passphrase.
        MissingKey: ``keyring`` does not hold what the new user is to have.
    """
    if role not in ROLES:
        raise BadInput(f"there is no such role; roles are {', '.join(ROLES)}", hint="Name one of them.")
    with FileLock(keys / ".lock"):
        users = read_users(keys)
        if name.casefold() in {known.casefold() for known in users}:
            raise BadInput("there is already a user of this name", hint="Choose another name.")
        sweep(keys / "roles")
        sweep(keys / "users")
        _require_investigator(keyring, role, users)
        user = new_user(name, passphrase, (role,))
        for held in HOLDS[role]:
            _give(keys, keyring, held, user, first=role == "ethics" and not _has_role(users, "ethics"))
        # Last: a killed add leaves a holder that nobody is, never a user who can open nothing.
        save_user(keys, user)
    return UserInfo(name, frozenset({role}), key_id(bytes.fromhex(user.verify)))


def _require_investigator(keyring: Keyring, role: str, users: Mapping[str, UserFile]) -> None:
    needed = "ethics" if role == "ethics" and _has_role(users, "ethics") else "investigator"
    if needed not in keyring.roles:
        raise MissingKey(f"only {needed} may add a user with this role", hint="Ask a user of that role to do it.")


def _give(keys: Path, keyring: Keyring, role: str, user: UserFile, *, first: bool) -> None:
    """Make ``user`` a holder of a role's secret; the first ethics officer gets a new one."""
    if first:
        _new_role(keys, role, read_epoch_secret(keys), {user.name: user_recipient(user)})
        evidence = keyring._evidence_identity
        write_sealed(keys / "roles" / "evidence.age", evidence.secret, public_halves(keys, EVIDENCE_ROLES))
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


def _has_role(users: Mapping[str, UserFile], role: str) -> bool:
    return any(role in user.roles for user in users.values())
