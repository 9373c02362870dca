"""Passphrases in the keyring of a person's own login: macOS Keychain, Windows Credential Manager, Secret Service."""

from pathlib import Path
from types import ModuleType

from schemas.errors import MissingKey, MissingTool
from vault.users import RECOVERY, pick_user

SERVICE = "chatham"
_IN_PLAIN_FILES = "keyrings.alt"


def recall(keys: Path, user: str | None) -> str | None:
    """A user's remembered passphrase; None where there is none, or no keyring that works on this machine.

    Args:
        keys: ``<study>/keys``.
        user: Name; None where there is only one user.
    """
    keyring = _keyring()
    if keyring is None:
        return None
    try:
        found: str | None = keyring.get_password(SERVICE, _account(keys, user))
    except keyring.errors.KeyringError:
        # A locked or missing keyring: the person is asked, as without one.
        return None
    return found


def remember(keys: Path, user: str, passphrase: str) -> str:
    """Keep a passphrase that opens, and read it back.

    Returns:
        What keeps it, in the keyring's own words.
    Raises:
        MissingTool: there is no keyring, or it keeps nothing. MissingKey: the recovery key stays on paper.
    """
    if user == RECOVERY:
        raise MissingKey(
            "the recovery key is kept on paper and by no machine", hint="Remember a person's own passphrase instead."
        )
    keyring, account = _needed(), _account(keys, user)
    try:
        keyring.set_password(SERVICE, account, passphrase)
        kept = keyring.get_password(SERVICE, account) == passphrase
    except keyring.errors.KeyringError:
        kept = False
    if not kept:
        raise MissingTool(
            "the keyring of this machine kept nothing",
            hint="Unlock it, or log in at a desktop; or use CHATHAM_PASSPHRASE_FILE.",
        )
    return str(keyring.get_keyring().name)


def forget(keys: Path, user: str) -> bool:
    """Take a passphrase out of the keyring; gives whether one was there.

    Raises:
        MissingTool: there is no keyring, or it did not let go of it.
    """
    keyring, account = _needed(), _account(keys, user)
    try:
        if keyring.get_password(SERVICE, account) is None:
            return False
        keyring.delete_password(SERVICE, account)
    except keyring.errors.KeyringError:
        raise MissingTool(
            "the keyring of this machine did not answer", hint="Unlock it, or log in at a desktop, and try again."
        ) from None
    return True


def _account(keys: Path, user: str | None) -> str:
    """The name it is kept under: the user's public key, which is nobody's name and another one in every study."""
    return pick_user(keys, user).recipient


def _keyring() -> ModuleType | None:
    """The library ``keyring`` over a keyring that may be trusted, where both are there."""
    try:
        import keyring
        import keyring.errors
    except ImportError:
        return None
    backend = type(keyring.get_keyring())
    return None if backend.__module__.startswith(_IN_PLAIN_FILES) or backend.priority <= 0 else keyring


def _needed() -> ModuleType:
    if keyring := _keyring():
        return keyring
    raise MissingTool(
        "there is no keyring on this machine that keeps a passphrase safe",
        hint="Install the extra chatham[keyring] and log in at a desktop; or use CHATHAM_PASSPHRASE_FILE.",
    )
