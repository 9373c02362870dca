"""Lays a study's keys anew from what a backup holds: every secret that can be another is another.

Whoever had keys before, and is not among those who stay, opens nothing of the study that is put back but sessions whose
own key they unwrapped while they might.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import MissingKey
from vault.age import Identity
from vault.archive import ArchivedSecrets
from vault.epoch import WITH_EPOCH, Secrets, lay_epoch
from vault.files import remove, reseal
from vault.roles import RoleSecret, open_role
from vault.study_files import STUDY_WIDE, opens, study_files
from vault.users import UserInfo, read_users


@dataclass(frozen=True)
class Refounded:
    """What laying keys anew came to.

    Attributes:
        again: Users who stay and have lost their role with somebody who left; they are to be added again.
        lost: Keys of study-wide files that are not in the backup; those files were removed.
    """

    again: tuple[UserInfo, ...]
    lost: tuple[str, ...]


def refound(
    study: Path,
    archived: ArchivedSecrets,
    holders: Sequence[Identity],
    evidence: Sequence[Identity],
    log_seed: bytes,
    gone: Collection[str],
) -> Refounded:
    """Make keys for a study that was unpacked from a backup; nobody may be using it yet.

    Args:
        study: The unpacked folder.
        archived: The secrets that were in the backup.
        holders: Keys of users, one of which holds every role but ethics: the recovery key's.
        evidence: Keys of consent payloads that are known, newest first; one more is drawn and goes before them.
        log_seed: What the keys that sign the register come from, 64 bytes.
        gone: Names of users who are not to come back.
    Raises:
        MissingKey: None of ``holders`` holds the roles.
    """
    keys = study / "keys"
    roles = {role: _renewed(keys, role, holders, gone) for role in WITH_EPOCH}
    again = _without_ethics(keys, gone)
    for name in (*gone, *(user.name for user in again)):
        remove(keys / "users" / name)
    secrets = Secrets(
        roles=roles,
        names_key=bytes.fromhex(archived.names_key),
        evidence=b"".join(identity.secret for identity in (Identity.generate(), *evidence)),
        log_seed=log_seed,
        keystore={name: (Identity.parse(key.secret), key.roles) for name, key in archived.keystore.items()},
    )
    secrets, lost = _renew_study_wide(study / "vault", secrets)
    lay_epoch(keys, secrets, lambda path: path)
    return Refounded(again, lost)


def _renewed(keys: Path, role: str, holders: Sequence[Identity], gone: Collection[str]) -> RoleSecret:
    """Another secret for a role, for those of its holders who stay."""
    for holder in holders:
        if secret := open_role(keys, role, holder):
            stay = {name: key for name, key in secret.holders.items() if name not in gone}
            return RoleSecret.generate(stay)
    raise MissingKey(
        f"the recovery key does not open the {role} role of this backup",
        hint="Give the key from the page that was printed before the backup was made.",
    )


def _without_ethics(keys: Path, gone: Collection[str]) -> tuple[UserInfo, ...]:
    """Drop the ethics officers' secret where one of them is gone: nobody here holds it, so nobody can renew it.

    Returns:
        Ethics officers who stay, and whose role is dropped with it.
    """
    officers = [UserInfo.of(user) for user in read_users(keys).values() if "ethics" in user.roles]
    stay = tuple(user for user in officers if user.name not in gone)
    if len(stay) == len(officers):
        return ()
    for half in ("age", "pub"):
        remove(keys / "roles" / f"ethics.{half}")
    return stay


def _renew_study_wide(vault: Path, secrets: Secrets) -> tuple[Secrets, tuple[str, ...]]:
    """Seal roster, contacts and the like under new keys; what no key in the backup opens is removed."""
    old = {name: secrets.keystore[name] for name in STUDY_WIDE if name in secrets.keystore}
    new = {name: (Identity.generate(), roles) for name, (_, roles) in old.items()}
    lost = []
    for path in study_files(vault):
        name = next((name for name, (identity, _) in old.items() if opens(path, [identity])), None)
        if name is None:
            remove(path)
            lost.append(path.stem)
        else:
            reseal(path, [old[name][0]], new[name][0].recipient)
    keystore = {**secrets.keystore, **new}
    return Secrets(secrets.roles, secrets.names_key, secrets.evidence, secrets.log_seed, keystore), tuple(lost)
