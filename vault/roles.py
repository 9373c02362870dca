"""Roles: a secret each, sealed to its users, and per epoch a key pair that anyone may seal to."""

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from schemas.errors import BadInput, MissingKey
from vault.age import Identity, Recipient, open_sealed
from vault.age_header import derive
from vault.files import make_folder, write_file, write_sealed

ROLES = ("intake", "assistant", "investigator", "ethics")
HOLDS: Mapping[str, tuple[str, ...]] = {
    "intake": ("intake",),
    "assistant": ("assistant",),
    # One investigator alone must be able to begin an epoch, so holds what stands below.
    "investigator": ("investigator", "assistant", "intake"),
    "ethics": ("ethics",),
}
"""Role to the role secrets its users hold."""

EPOCH_BYTES = 32


class RoleSecret:
    """A role's secret (32 bytes) and the recipients it is sealed to, by user name.

    The list stands inside the sealed file: nobody becomes a holder by editing ``keys/users``.
    """

    def __init__(self, secret: bytes, holders: Mapping[str, Recipient]) -> None:
        self.secret = secret
        self.holders = dict(holders)

    @classmethod
    def generate(cls, holders: Mapping[str, Recipient]) -> "RoleSecret":
        """A new secret for these holders."""
        return cls(secrets.token_bytes(32), holders)

    def with_holder(self, name: str, recipient: Recipient) -> "RoleSecret":
        """The same secret, with one more holder."""
        return RoleSecret(self.secret, {**self.holders, name: recipient})

    def renewed_without(self, name: str) -> "RoleSecret":
        """Another secret, for the same holders but one."""
        return RoleSecret.generate({holder: key for holder, key in self.holders.items() if holder != name})

    def save(self, keys: Path, role: str) -> None:
        """Write ``keys/roles/<role>.age`` durably."""
        self.write(keys / "roles" / f"{role}.age")

    def write(self, path: Path) -> None:
        """Write the sealed secret durably under ``path``."""
        holders = {name: str(recipient) for name, recipient in self.holders.items()}
        plain = json.dumps({"secret": self.secret.hex(), "holders": holders}).encode()
        write_sealed(path, plain, list(self.holders.values()))


def open_role(keys: Path, role: str, identity: Identity) -> RoleSecret | None:
    """The role's secret, or None where there is no such role yet or ``identity`` does not hold it."""
    path = keys / "roles" / f"{role}.age"
    try:
        plain = json.loads(open_sealed(path.read_bytes(), [identity]))
    except (FileNotFoundError, MissingKey):
        return None
    holders = {name: Recipient.parse(text) for name, text in plain["holders"].items()}
    return RoleSecret(bytes.fromhex(plain["secret"]), holders)


def new_epoch_secret(keys: Path) -> bytes:
    """Draw ``keys/epoch.secret`` (32 bytes) and write it durably."""
    make_folder(keys)
    epoch = secrets.token_bytes(EPOCH_BYTES)
    write_file(keys / "epoch.secret", epoch)
    return epoch


def read_epoch_secret(keys: Path) -> bytes:
    """32 bytes; raises MissingKey where the file is gone or cut short."""
    path = keys / "epoch.secret"
    epoch = path.read_bytes() if path.is_file() else b""
    if len(epoch) != EPOCH_BYTES:
        raise MissingKey(
            "keys/epoch.secret is missing or cut short",
            hint="It is in no backup by design; copy the study folder whole, keys included.",
        )
    return epoch


def role_identity(role: str, secret: bytes, epoch: bytes) -> Identity:
    """A role's key pair, from HKDF(role secret ‖ epoch secret).

    The ethics role's does not change with the epoch: it opens consent payloads only, which no erasure rests on, and an
    investigator who begins an epoch could not know its next public half.
    """
    seed = secret if role == "ethics" else secret + epoch
    return Identity.from_secret(derive(seed, b"", b"chatham role key 1 " + role.encode()))


def save_public_half(keys: Path, role: str, recipient: Recipient) -> None:
    """Write ``keys/roles/<role>.pub`` durably."""
    write_file(keys / "roles" / f"{role}.pub", f"{recipient}\n".encode())


def public_half(keys: Path, role: str) -> Recipient:
    """The role's recipient in this epoch (also ``evidence``); raises MissingKey where the role has no users yet."""
    path = keys / "roles" / f"{role}.pub"
    try:
        return Recipient.parse(path.read_text("ascii"))
    except (FileNotFoundError, BadInput, UnicodeDecodeError):
        raise MissingKey(
            f"keys/roles/{role}.pub is missing or damaged", hint="Put keys/roles back from a backup."
        ) from None


def public_halves(keys: Path, roles: Iterable[str]) -> Sequence[Recipient]:
    """``public_half`` of each; a role that nobody has yet is left out."""
    return [public_half(keys, role) for role in roles if (keys / "roles" / f"{role}.pub").exists()]
