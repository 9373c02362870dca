"""A user leaves: new secrets for what they could open, and everything study-wide sealed again, in one step.

What a session already holds stays under the session's own key; whoever unwrapped that key while they might, has it.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from schemas.errors import MissingKey
from vault.age import Identity, Recipient, SealedFileDamaged, open_sealed
from vault.epoch import WITH_EPOCH, Secrets, lay_epoch, open_secrets, save_role, seal_shared, standing_publics
from vault.files import make_folder, remove, write_file, write_sealed
from vault.keys import EVIDENCE_ROLES, LOG_ROLES, LOG_SEED_BYTES, Keyring, UserInfo, reopened
from vault.keystore import without_next
from vault.roles import RoleSecret, open_role, role_identity
from vault.staging import Staged, finish, install, keys_lock
from vault.study_files import STUDY_WIDE, study_files
from vault.users import UserFile, pick_user, read_users

Beside = Callable[[bytes], Mapping[Path, bytes]]


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
            install(keys)
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
        standing = {role: open_role(keys, role, keyring.holder) for role in WITH_EPOCH}
        self._secrets = {role: secret for role, secret in standing.items() if secret}
        self._lost = {role for role, secret in self._secrets.items() if user.name in secret.holders}
        self._ethics = "ethics" in user.roles and self._holds_ethics(user)

    def carry_out(self) -> None:
        """Lay everything ready, then let it count; nothing where the user holds nothing any more."""
        if not self._lost and not self._ethics:
            return
        self._staged = Staged(self._keys)
        gone = self._renew_ethics() if self._ethics else []
        if self._lost:
            self._renew_epoch()
        self._staged.commit(gone)

    def _holds_ethics(self, user: UserFile) -> bool:
        """Whether the ethics secret is still the leaver's; who is no ethics officer removes only the last one."""
        secret = open_role(self._keys, "ethics", self._keyring.holder)
        return user.name in secret.holders if secret else (self._keys / "roles" / "ethics.age").exists()

    def _renew_ethics(self) -> list[Path]:
        """A new ethics secret for the colleagues, or none where there are none; gives the files that go."""
        publics = standing_publics(self._keys, WITH_EPOCH)
        secret = open_role(self._keys, "ethics", self._keyring.holder)
        if secret is not None:
            new = secret.renewed_without(self._name)
            publics["ethics"] = role_identity("ethics", new.secret, b"").recipient
            save_role(self._keys, "ethics", new, publics["ethics"], self._staged.path)
        if not self._lost:  # else it is sealed with all the rest
            seal_shared(self._keys, self._keyring.names_key, self._evidence(), publics, self._staged.path)
        roles = self._keys / "roles"
        return [] if secret else [roles / "ethics.age", roles / "ethics.pub"]

    def _renew_epoch(self) -> None:
        standing = open_secrets(self._keyring)
        anew = self._wide_keys_anew(standing)
        kept_log = standing.log_seed is not None and not self._lost & set(LOG_ROLES)
        seed = standing.log_seed if kept_log and standing.log_seed else secrets.token_bytes(LOG_SEED_BYTES)
        new = replace(
            standing,
            roles={role: self._without_leaver(role, secret) for role, secret in standing.roles.items()},
            evidence=self._evidence(),
            log_seed=seed,
            keystore={name: (anew.get(name, held[0]), held[1]) for name, held in standing.keystore.items()},
        )
        lay_epoch(self._keys, new, self._staged.path, dropped={"ethics"} if self._ethics else ())
        for path, data in self._beside(seed).items():
            write_file(self._staged.path(path), data)
        held = {standing.keystore[name][0]: identity.recipient for name, identity in anew.items()}
        for path in study_files(_vault(self._keys)):
            self._seal_file(path, held)

    def _without_leaver(self, role: str, secret: RoleSecret) -> RoleSecret:
        return secret.renewed_without(self._name) if role in self._lost else secret

    def _wide_keys_anew(self, standing: Secrets) -> dict[str, Identity]:
        """New keys for what the study has once, where the leaver could open the old ones."""
        return {
            name: Identity.generate()
            for name, (_, roles) in standing.keystore.items()
            if without_next(name) in STUDY_WIDE and self._lost & set(roles)
        }

    def _evidence(self) -> bytes:
        """The keys of consent payloads, with a new one in front where the leaver had them."""
        held = [identity.secret for identity in self._keyring.evidence_identities]
        if self._ethics or self._lost & set(EVIDENCE_ROLES):
            held.insert(0, Identity.generate().secret)
        return b"".join(held)

    def _seal_file(self, path: Path, anew: Mapping[Identity, Recipient]) -> None:
        """Seal a study-wide file under the key that takes the place of its own."""
        for identity, recipient in anew.items():
            try:
                plain = open_sealed(path.read_bytes(), [identity])
            except (MissingKey, SealedFileDamaged):
                continue
            write_sealed(self._staged.path(path), plain, [recipient])
            return


def _vault(keys: Path) -> Path:
    return keys.parent / "vault"
