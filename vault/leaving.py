"""A user leaves: new secrets for what they could open, and everything study-wide sealed again, in one step.

What a session already holds stays under the session's own key; whoever unwrapped that key while they might, has it.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from filelock import FileLock

from schemas.errors import MissingKey
from vault.age import Identity, Recipient, SealedFileDamaged, open_sealed
from vault.files import make_folder, remove, write_file, write_sealed
from vault.keys import (
    EVIDENCE_ROLES,
    LOG_ROLES,
    LOG_SEED_BYTES,
    NAMES_ROLES,
    Keyring,
    UserInfo,
    reopened,
)
from vault.roles import (
    HOLDS,
    RoleSecret,
    new_epoch_secret,
    open_role,
    public_half,
    public_halves,
    role_identity,
    save_public_half,
)
from vault.staging import Staged, finish, keys_lock
from vault.users import UserFile, pick_user, read_users

STUDY_WIDE = ("contacts", "participants", "roster")
"""Keys of the keystore that are no session's: their files are few and are sealed again under new ones."""
Beside = Callable[[bytes], Mapping[Path, bytes]]
_WITH_EPOCH = HOLDS["investigator"]


def remove_user(keys: Path, keyring: Keyring, name: str) -> UserInfo:
    """Take everything from a user that they could open from now on, then their file. Killed anywhere, do it again.

    Args:
        keys: ``<study>/keys``.
        keyring: Of another investigator; an ethics officer who has a colleague is removed by that one.
        name: The user's.
    Returns:
        Who was removed. The caller's keyring is the old one afterwards: see ``vault.keys.reopened``.
    Raises:
        MissingKey: There is no such user, or ``keyring`` may not remove them.
    """
    leaver = shut_out(keys, keyring, name)
    forget_user(keys, name)
    return leaver


def shut_out(keys: Path, keyring: Keyring, name: str, beside: Beside = lambda _: {}) -> UserInfo:
    """``remove_user`` but for the user's file, so that what must be done in between can be done again as well.

    Args:
        beside: The log's new seed (64 bytes) to further files of the study, which change in the same step.
    """
    require_may_remove(keys, keyring, name)
    make_folder(_vault(keys))
    # In the order in which an import takes them: whoever writes the roster may need a new key for it.
    with FileLock(_vault(keys) / ".roster.lock"):
        finish(keys)
        current = reopened(keyring)
        with keys_lock(keys):
            user = pick_user(keys, name)
            _Leaving(keys, current, user, beside).carry_out()
    return UserInfo.of(user)


def forget_user(keys: Path, name: str) -> None:
    """Remove a user's file; what they held must be taken from them before."""
    remove(keys / "users" / name)


def require_may_remove(keys: Path, keyring: Keyring, name: str) -> UserInfo:
    """The user who is to be removed; raises MissingKey where ``keyring`` may not do it."""
    users = read_users(keys)
    leaver = pick_user(keys, name)
    if leaver.name == keyring.user:
        alone = sum("investigator" in user.roles for user in users.values()) == 1
        last = "investigator" in keyring.roles and alone
        raise MissingKey(
            "the last investigator of a study cannot be removed" if last else "nobody removes themselves",
            hint="Add another investigator, who can then do it." if last else "Ask another investigator to do it.",
        )
    colleague = any("ethics" in user.roles and user.name != name for user in users.values())
    needed = "ethics" if "ethics" in leaver.roles and colleague else "investigator"
    if needed not in keyring.roles:
        raise MissingKey(f"only {needed} may remove a user with this role", hint="Ask a user of that role to do it.")
    return UserInfo.of(leaver)


class _Leaving:
    """One user's leaving, laid ready beside the standing keys. Made with the keys' lock held."""

    def __init__(self, keys: Path, keyring: Keyring, user: UserFile, beside: Beside) -> None:
        self._keys, self._keyring, self._name, self._beside = keys, keyring, user.name, beside
        standing = {role: open_role(keys, role, keyring.holder) for role in _WITH_EPOCH}
        self._secrets = {role: secret for role, secret in standing.items() if secret}
        self._lost = {role for role, secret in self._secrets.items() if user.name in secret.holders}
        self._ethics = "ethics" in user.roles and self._holds_ethics(user)

    def carry_out(self) -> None:
        """Lay everything ready, then let it count; nothing where the user holds nothing any more."""
        if not self._lost and not self._ethics:
            return
        self._staged = Staged(self._keys)
        self._new = self._staged.path(self._keys / "epoch.secret").parent
        gone = self._renew_ethics() if self._ethics else []
        if self._lost:
            self._renew_roles()
        self._seal_again()
        self._staged.commit(gone)

    def _holds_ethics(self, user: UserFile) -> bool:
        """Whether the ethics secret is still the leaver's; who is no ethics officer removes only the last one."""
        secret = open_role(self._keys, "ethics", self._keyring.holder)
        return user.name in secret.holders if secret else (self._keys / "roles" / "ethics.age").exists()

    def _renew_ethics(self) -> list[Path]:
        roles = self._keys / "roles"
        secret = open_role(self._keys, "ethics", self._keyring.holder)
        if secret is None:
            return [roles / "ethics.age", roles / "ethics.pub"]
        self._save_role("ethics", secret.renewed_without(self._name), b"")
        return []

    def _renew_roles(self) -> None:
        epoch = new_epoch_secret(self._new)
        for role, secret in self._secrets.items():
            self._save_role(role, secret.renewed_without(self._name) if role in self._lost else secret, epoch)

    def _save_role(self, role: str, secret: RoleSecret, epoch: bytes) -> None:
        self._path(f"roles/{role}.age")
        secret.save(self._new, role)
        save_public_half(self._new, role, role_identity(role, secret.secret, epoch).recipient)

    def _seal_again(self) -> None:
        ring = self._keyring
        self._write("names.age", ring.names_key, NAMES_ROLES)
        evidence = [identity.secret for identity in ring.evidence_identities]
        if self._ethics or self._lost & set(EVIDENCE_ROLES):
            newest = Identity.generate()
            evidence.insert(0, newest.secret)
            write_file(self._path("roles/evidence.pub"), f"{newest.recipient}\n".encode())
        self._write("evidence.age", b"".join(evidence), EVIDENCE_ROLES)
        if self._lost:
            self._renew_log()
            self._renew_keystore()

    def _renew_log(self) -> None:
        kept = (self._keys / "roles" / "log.age").is_file() and not self._lost & set(LOG_ROLES)
        seed = self._keyring.log_seed if kept else secrets.token_bytes(LOG_SEED_BYTES)
        self._write("log.age", seed, LOG_ROLES)
        for path, data in self._beside(seed).items():
            write_file(self._staged.path(path), data)

    def _renew_keystore(self) -> None:
        keystore = self._keyring.keystore
        wide = [name for name in STUDY_WIDE if keystore.has(name)]
        old = {name: keystore.identity(name) for name in wide}
        anew = {name: Identity.generate() for name in wide if self._lost & set(keystore.roles(name))}
        keystore.rekey(self._staged, self._publics(), anew)
        vault = _vault(self._keys)
        for path in sorted([*vault.glob("*.age"), *vault.glob("study/*.age")]):
            self._seal_file(path, {old[name]: identity.recipient for name, identity in anew.items()})

    def _seal_file(self, path: Path, anew: Mapping[Identity, Recipient]) -> None:
        """Seal a study-wide file under the key that takes the place of its own."""
        for identity, recipient in anew.items():
            try:
                plain = open_sealed(path.read_bytes(), [identity])
            except (MissingKey, SealedFileDamaged):
                continue
            write_sealed(self._staged.path(path), plain, [recipient])
            return

    def _write(self, file: str, secret: bytes, roles: Iterable[str]) -> None:
        write_sealed(self._path(f"roles/{file}"), secret, public_halves(self._publics(), roles))

    def _publics(self) -> Path:
        """The folder of new keys, with the public halves of the roles that keep theirs."""
        for role in ("ethics", *_WITH_EPOCH):
            new, old = self._new / "roles" / f"{role}.pub", self._keys / "roles" / f"{role}.pub"
            dropped = role == "ethics" and self._ethics
            if old.exists() and not new.exists() and not dropped:
                self._path(f"roles/{role}.pub")
                save_public_half(self._new, role, public_half(self._keys, role))
        return self._new

    def _path(self, inside: str) -> Path:
        return self._staged.path(self._keys / inside)


def _vault(keys: Path) -> Path:
    return keys.parent / "vault"
