"""A new epoch: another epoch secret, so other role keys, and everything that is sealed to roles sealed again.

An old copy of the keystore then opens nothing without the old epoch secret, which is in no backup.
"""

import secrets as random
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from schemas.errors import MissingKey
from vault.age import Identity, Recipient
from vault.files import make_folder, write_file, write_sealed
from vault.keys import EVIDENCE_ROLES, LOG_ROLES, NAMES_ROLES, Keyring, reopened
from vault.keystore import public_file
from vault.roles import EPOCH_BYTES, HOLDS, ROLES, RoleSecret, open_role, public_half, role_identity
from vault.staging import Staged, finish, install, keys_lock

WITH_EPOCH = HOLDS["investigator"]
"""Roles whose keys change with the epoch; ethics keeps its own."""
Where = Callable[[Path], Path]
"""A file of the study to the place where it is to be written."""


@dataclass(frozen=True, repr=False)
class Secrets:
    """All that a study's keys hold for an investigator, opened. It says nothing of itself."""

    roles: Mapping[str, RoleSecret]
    names_key: bytes
    """32 bytes."""
    evidence: bytes
    """The keys of consent payloads, 32 bytes each, newest first."""
    log_seed: bytes | None
    """64 bytes; None where no key that signs checkpoints was drawn yet."""
    keystore: Mapping[str, tuple[Identity, tuple[str, ...]]]
    """Every key of the keystore by the name of its files, and the roles that may open it."""

    def __repr__(self) -> str:
        return "Secrets(…)"


def open_secrets(keyring: Keyring) -> Secrets:
    """Everything that a new epoch seals again.

    Raises:
        MissingKey: The user is no investigator.
    """
    held = {role: open_role(keyring.keys, role, keyring.holder) for role in WITH_EPOCH}
    roles = {role: secret for role, secret in held.items() if secret}
    if roles.keys() != held.keys():
        raise MissingKey("only an investigator may begin an epoch", hint="Ask an investigator to do it.")
    return Secrets(
        roles=roles,
        names_key=keyring.names_key,
        evidence=b"".join(identity.secret for identity in keyring.evidence_identities),
        # Asked for only where it lies: an investigator who asks for one that is not there has it drawn.
        log_seed=keyring.log_seed if (keyring.keys / "roles" / "log.age").is_file() else None,
        keystore=keyring.keystore.halves(),
    )


def lay_epoch(keys: Path, secrets: Secrets, path: Where, *, dropped: Collection[str] = ()) -> None:
    """Draw an epoch secret and write all keys anew for it: role secrets, public halves, shared keys, keystore.

    Args:
        keys: ``<study>/keys``; of the roles that are not in ``secrets`` (ethics) the public half is read there.
        secrets: What the keys shall hold.
        path: A file of the study to where it is written; its folder is made.
        dropped: Roles to which nothing is sealed any more.
    """
    epoch = random.token_bytes(EPOCH_BYTES)
    write_file(_made(path(keys / "epoch.secret")), epoch)
    publics = standing_publics(keys, [role for role in ROLES if role not in {*secrets.roles, *dropped}])
    for role, secret in secrets.roles.items():
        publics[role] = role_identity(role, secret.secret, epoch).recipient
        save_role(keys, role, secret, publics[role], path)
    seal_shared(keys, secrets.names_key, secrets.evidence, publics, path)
    if secrets.log_seed is not None:
        _seal(path(keys / "roles" / "log.age"), secrets.log_seed, publics, LOG_ROLES)
    for name, (identity, roles) in secrets.keystore.items():
        _seal(path(keys / "keystore" / f"{name}.age"), str(identity).encode(), publics, roles)
        _write_new(keys / "keystore" / f"{name}.pub", public_file(identity, roles), path)


def begin_epoch(keys: Path, keyring: Keyring) -> Keyring:
    """Replace the epoch secret in one step. Killed anywhere, the old epoch or the new one stands whole.

    Args:
        keys: ``<study>/keys``.
        keyring: Of an investigator.
    Returns:
        The same user's keyring in the new epoch. One that was unlocked before looks for its keys again by itself.
    Raises:
        MissingKey: ``keyring`` is no investigator's.
    """
    vault = keys.parent / "vault"
    make_folder(vault)
    # In the order in which an import takes them: whoever writes the roster may need a new key for it.
    with FileLock(vault / ".roster.lock"):
        finish(keys)
        current = reopened(keyring)
        with keys_lock(keys):
            install(keys)
            secrets = open_secrets(current)
            staged = Staged(keys)
            lay_epoch(keys, secrets, staged.path)
            staged.commit()
    return reopened(keyring)


def standing_publics(keys: Path, roles: Iterable[str]) -> dict[str, Recipient]:
    """Role to its public half, of those that have one."""
    return {role: public_half(keys, role) for role in roles if (keys / "roles" / f"{role}.pub").exists()}


def save_role(keys: Path, role: str, secret: RoleSecret, public: Recipient, path: Where) -> None:
    """Write a role's secret and its public half."""
    secret.write(_made(path(keys / "roles" / f"{role}.age")))
    write_file(_made(path(keys / "roles" / f"{role}.pub")), f"{public}\n".encode())


def seal_shared(keys: Path, names_key: bytes, evidence: bytes, publics: Mapping[str, Recipient], path: Where) -> None:
    """Seal the key of opaque names and the keys of consent payloads to the roles that share them."""
    roles = keys / "roles"
    _seal(path(roles / "names.age"), names_key, publics, NAMES_ROLES)
    _seal(path(roles / "evidence.age"), evidence, publics, EVIDENCE_ROLES)
    newest = Identity.from_secret(evidence[:32])
    _write_new(roles / "evidence.pub", f"{newest.recipient}\n".encode(), path)


def _seal(target: Path, secret: bytes, publics: Mapping[str, Recipient], roles: Iterable[str]) -> None:
    write_sealed(_made(target), secret, [publics[role] for role in roles if role in publics])


def _write_new(target: Path, data: bytes, path: Where) -> None:
    """Write a public file, unless just that stands there already and stays where it is."""
    if not target.is_file() or target.read_bytes() != data:
        write_file(_made(path(target)), data)


def _made(target: Path) -> Path:
    make_folder(target.parent)
    return target
