"""The recovery key: a user whose age key is printed on paper, and whose passphrase is that same text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from schemas.errors import BadInput, MissingKey
from vault.age import Identity, Recipient
from vault.age_header import derive
from vault.users import RECOVERY, PrivateHalves, UserFile, UserInfo, UserSigner, read_users, user_recipient

__all__ = [
    "RECOVERY",
    "RecoveryKey",
    "as_written",
    "recovery_halves",
    "recovery_identity",
    "recovery_recipient",
    "recovery_user",
    "way_back",
]

_SIGNING = b"chatham recovery signer 1"


@dataclass(frozen=True)
class RecoveryKey:
    """A recovery key with what is printed of it."""

    identity: Identity = field(repr=False)

    @classmethod
    def draw(cls) -> "RecoveryKey":
        """A new one."""
        return cls(Identity.generate())

    @property
    def text(self) -> str:
        """``AGE-SECRET-KEY-1…``, the passphrase of the user ``recovery``."""
        return str(self.identity)

    @property
    def recipient(self) -> str:
        """Its public half, ``age1…``."""
        return str(self.identity.recipient)

    @property
    def key_id(self) -> str:
        """Of the key with which the user ``recovery`` signs, 16 hexadecimal digits."""
        return UserSigner(recovery_halves(self.identity).seed).key_id


def recovery_identity(text: str) -> Identity:
    """The key that a recovery page shows, however it was typed.

    Args:
        text: ``AGE-SECRET-KEY-1…``; spaces, line breaks and small letters do not matter.
    Raises:
        BadInput: a character is wrong or missing. The text is not repeated.
    """
    try:
        return Identity.parse(re.sub(r"\s", "", text).upper())
    except BadInput:
        raise BadInput(
            "this is no recovery key: a character is wrong or missing",
            hint="Compare it with the printed page, group by group; it begins with AGE-SECRET-KEY-1.",
        ) from None


def as_written(user: str, passphrase: str) -> str:
    """What unlocks ``user``: the passphrase as it was typed, and of the recovery key its one spelling.

    Raises:
        MissingKey: it should be the recovery key and is none.
    """
    if user != RECOVERY:
        return passphrase
    try:
        return str(recovery_identity(passphrase))
    except BadInput as error:
        raise MissingKey(error.message, hint=error.hint) from None


def recovery_halves(identity: Identity) -> PrivateHalves:
    """The private halves of the user that a recovery key is: the key itself, and the signing seed that it gives."""
    return PrivateHalves(identity, derive(identity.secret, b"", _SIGNING))


def recovery_user(keys: Path) -> UserFile:
    """The user ``recovery`` as it lies in ``<study>/keys``; raises MissingKey where no recovery key was made."""
    users = read_users(keys)
    if RECOVERY not in users:
        raise MissingKey(
            "this study has no recovery key", hint="An investigator makes and prints one: chatham keys recovery."
        )
    return users[RECOVERY]


def recovery_recipient(keys: Path) -> Recipient:
    """Whom to seal to so that the printed recovery key opens it; raises MissingKey where there is none."""
    return user_recipient(recovery_user(keys))


def way_back(user: UserInfo, users: Sequence[UserInfo]) -> str:
    """What somebody is told whose passphrase is wrong: who can let them in again, if anybody can.

    Args:
        user: Whose passphrase was typed.
        users: All of this study.
    """
    if user.name == RECOVERY:
        return "Look for the newest page: a recovery key that was made later takes the place of earlier ones."
    others = [other for other in users if other.person and other.name != user.name]
    colleague = "ethics" in user.roles and any("ethics" in other.roles for other in others)
    role, word = ("ethics", "ethics officer") if colleague else ("investigator", "investigator")
    helper = any(role in other.roles for other in others)
    key = any(other.name == RECOVERY for other in users)
    helping = f"{'another' if role in user.roles else 'an'} {word}"
    again = "can let you in again (chatham user remove, then chatham user add)"
    lost = {
        (True, True): f"{helping} or the printed recovery key {again}; this study has both",
        (True, False): f"{helping} {again}; this study has no printed recovery key",
        (False, True): f"the printed recovery key {again}; this study has no other {word}",
        (False, False): f"it is lost for good: this study has no other {word} and no printed recovery key",
    }
    return f"Try again. If it is lost, {lost[helper, key]}."
