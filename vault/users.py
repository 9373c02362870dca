"""Users: a public recipient, a signing key and roles in the open, the private halves under a passphrase."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from schemas.errors import BadInput, MissingKey, UsageError
from schemas.records import Record
from vault.age import Identity, Recipient
from vault.age_header import derive
from vault.files import make_folder, write_file
from vault.passphrases import Locked, lock, open_locked

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
RECOVERY = "recovery"
"""The user that the printed recovery key is; no person has this name."""


class UserFile(Record):
    """``keys/users/<name>`` as it lies on disk."""

    name: str
    roles: tuple[str, ...]
    """What the user is listed as; what they can open is what was sealed to them."""
    recipient: str
    verify: str
    """Raw Ed25519 public key, 64 hexadecimal digits."""
    private: Locked
    participant: str | None = None
    """The participant who this user is, where they are one. The consent register has it too, sealed."""
    service: bool | None = None
    """Whether nobody but a machine acts as this user. The consent register has it too, sealed."""


@dataclass(frozen=True)
class UserInfo:
    """A user as listed.

    Attributes:
        key_id: Of the key they sign with, 16 hexadecimal digits.
        public_key: That key, raw Ed25519, 32 bytes.
        participant: Who of the participants they are, where they are one.
        service: Whether it is no person but a machine that works unattended.
    """

    name: str
    roles: frozenset[str]
    key_id: str
    public_key: bytes
    participant: str | None = None
    service: bool = False

    @property
    def person(self) -> bool:
        """Whether somebody acts as this user who can answer for it: no service user, and not the recovery key."""
        return not self.service and self.name != RECOVERY

    @classmethod
    def of(cls, user: UserFile) -> "UserInfo":
        """What is listed of a user's file."""
        public = bytes.fromhex(user.verify)
        return cls(user.name, frozenset(user.roles), key_id(public), public, user.participant, bool(user.service))


class UserSigner:
    """An Ed25519 key that signs as one user (``schemas.ledger.Signer``).

    Args:
        seed: 32 bytes.
    """

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over the raw public key."""
        return key_id(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes (RFC 8032)."""
        return self._key.sign(message)

    def derive(self, purpose: bytes) -> bytes:
        """32 secret bytes for one purpose, from HKDF of this key's seed; of two purposes, neither tells the other."""
        return derive(self._key.private_bytes_raw(), b"", b"chatham user key 1 " + purpose)


@dataclass(frozen=True, repr=False)
class PrivateHalves:
    """What a passphrase opens: the key that opens role secrets, and the key that signs."""

    identity: Identity
    seed: bytes


def key_id(public_key: bytes) -> str:
    """First 16 hexadecimal digits of SHA-256 over a raw Ed25519 public key (32 bytes)."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def new_user(
    name: str,
    passphrase: str,
    roles: tuple[str, ...],
    participant: str | None = None,
    *,
    service: bool = False,
    halves: PrivateHalves | None = None,
) -> UserFile:
    """A user's file; nothing is written.

    Args:
        halves: The user's keys; None: they are drawn.
    Raises:
        BadInput: The passphrase is empty.
    """
    halves = halves or PrivateHalves(Identity.generate(), secrets.token_bytes(32))
    recipient, verify = str(halves.identity.recipient), UserSigner(halves.seed).public_key.hex()
    return UserFile(
        name=name,
        roles=roles,
        recipient=recipient,
        verify=verify,
        private=lock(halves.identity.secret + halves.seed, passphrase, _bound(name, recipient, verify)),
        participant=participant,
        service=service or None,
    )


def check_name(name: str) -> None:
    """Raise BadInput where a user's name is no plain file name, or is the recovery key's."""
    if _NAME.fullmatch(name) is None:
        raise BadInput("a user name has 1 to 32 letters, digits, - or _", hint="Choose a short name such as pi or ra.")
    if name.casefold() == RECOVERY:
        raise BadInput(
            "that name is kept for the printed recovery key",
            hint="Choose another name; the recovery key is made with chatham keys recovery.",
        )


def save_user(keys: Path, user: UserFile) -> None:
    """Write ``keys/users/<name>`` durably; this is what makes the user exist."""
    make_folder(keys / "users")
    write_file(keys / "users" / user.name, (user.model_dump_json(indent=1, exclude_none=True) + "\n").encode())


def read_users(keys: Path) -> dict[str, UserFile]:
    """All users by name; raises BadInput where a file is damaged."""
    folder = keys / "users"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    users = [_read(path) for path in files if not path.name.startswith(".")]
    return {user.name: user for user in users}


def pick_user(keys: Path, name: str | None) -> UserFile:
    """The named user, or the only one.

    Raises:
        MissingKey: There are no users, or none of this name.
        UsageError: There are several and none was named.
    """
    users = read_users(keys)
    if not users:
        raise MissingKey("this study has no users", hint="Make one with chatham init, or name the study folder.")
    if name is None and len(users) > 1:
        raise UsageError(f"this study has {len(users)} users", hint="Say which one acts: --user NAME or CHATHAM_USER.")
    if name is not None and name not in users:
        raise MissingKey("there is no such user in this study", hint="Check the name after --user or in CHATHAM_USER.")
    return users[name] if name is not None else next(iter(users.values()))


def open_user(user: UserFile, passphrase: str) -> PrivateHalves:
    """The user's private halves; raises MissingKey where the passphrase is wrong."""
    private = open_locked(user.private, passphrase, _bound(user.name, user.recipient, user.verify))
    return PrivateHalves(Identity.from_secret(private[:32]), private[32:])


def user_recipient(user: UserFile) -> Recipient:
    """Whom to seal to so that this user can open it."""
    return Recipient.parse(user.recipient)


def _bound(name: str, recipient: str, verify: str) -> bytes:
    return json.dumps(["chatham user 1", name, recipient, verify]).encode()


def _read(path: Path) -> UserFile:
    try:
        user = UserFile.model_validate_json(path.read_bytes())
        Recipient.parse(user.recipient)
        valid = user.name == path.name and len(bytes.fromhex(user.verify)) == 32
    except (ValidationError, ValueError, BadInput):
        valid = False
    if not valid:
        raise BadInput("a file in keys/users is damaged", hint="Put keys/users back from a backup.") from None
    return user
