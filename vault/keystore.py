"""The keystore: one key per session, one each for roster, contacts and the list of ids, sealed to roles.

A key is renewed in three steps: ``begin_renewal`` lays the next one beside it, everything is sealed to that one, and
``finish_renewal`` puts it in the place of the old one. A study whose process ended in between goes on with both.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from schemas.errors import BadInput, MissingKey
from vault.age import Identity, Recipient, open_sealed
from vault.files import make_folder, remove, sweep, sync_folder, write_file, write_sealed
from vault.roles import public_half
from vault.staging import finish, install, keys_lock

_NAME = re.compile(r"[a-z0-9-]{1,64}")
_NEXT = ".next"
T = TypeVar("T")


def key_id(recipient: Recipient) -> str:
    """How a certificate names a key: the first 16 hexadecimal digits of SHA-256 over its public half."""
    return hashlib.sha256(recipient.key).hexdigest()[:16]


def without_next(half: str) -> str:
    """The name of the key that a file of the keystore belongs to; the next one's is the same as the present one's."""
    return half.removesuffix(_NEXT)


class Keystore:
    """``keys/keystore``: ``<name>.pub``, to which anyone seals, and ``<name>.age``, which some roles open.

    Args:
        keys: The study's ``keys`` folder.
        identities: Role to its key, for the roles that the user holds.
        now: The same as it stands on the disk, asked where a key does not open: an epoch may have begun meanwhile.
    """

    def __init__(
        self, keys: Path, identities: Mapping[str, Identity], now: Callable[[], Mapping[str, Identity]] | None = None
    ) -> None:
        self._keys = keys
        self._folder = keys / "keystore"
        self._identities = dict(identities)
        self._now = now or (lambda: identities)

    def new_key(self, name: str, roles: Sequence[str]) -> Recipient:
        """Draw a key that ``roles`` may open, and forget its secret half.

        Raises:
            BadInput: There is a key of this name.
            MissingKey: A role has no public half yet.
        """
        self._path(name, "age")  # a name that cannot be is told before the lock is taken
        # Under the lock, because a key sealed to roles whose own keys are being replaced would open to nobody.
        with keys_lock(self._keys):
            install(self._keys)
            if self.has(name):
                raise BadInput("there is already a key of this name", hint="Destroy the old key first.")
            return self._draw(name, roles)

    def has(self, name: str) -> bool:
        """Whether a key of this name can be sealed to."""
        return self._path(name, "pub").is_file()

    def recipient(self, name: str) -> Recipient:
        """The public half, of the next key where there is one; raises MissingKey where there is none."""
        finish(self._keys)
        return _recipient(self._path(name, "pub", _NEXT)) or self._present(name)

    def roles(self, name: str) -> tuple[str, ...]:
        """The roles that may open the key; raises MissingKey where there is none."""
        return _roles(self._path(name, "pub"))

    def identity(self, name: str) -> Identity:
        """The secret half, of the next key where there is one; raises as ``identities``."""
        return self.identities(name)[0]

    def identities(self, name: str) -> list[Identity]:
        """The secret halves that what lies there may be sealed to: one, and while a key is renewed the next before it.

        Raises:
            MissingKey: The key was destroyed, or the user's roles may not open it; the message names those that may.
        """
        allowed = self.roles(name)
        # The next one first: where it takes the other's place meanwhile, it is found there.
        halves = [self._path(name, "age", _NEXT), self._path(name, "age")]
        opened = [identity for path in halves if (identity := self._opened(path, allowed))]
        if not opened:
            raise _destroyed()
        return list(dict.fromkeys(opened))

    def reading(self, name: str, read: Callable[[list[Identity]], T]) -> T:
        """What ``read`` gives with the keys of ``identities``, tried once more where they were renewed meanwhile.

        Raises:
            MissingKey: As ``identities``; or none of them opens it.
        """
        identities = self.identities(name)
        try:
            return read(identities)
        except MissingKey:
            now = self.identities(name)
            if now == identities:
                raise
        return read(now)

    def destroy(self, name: str) -> None:
        """Remove both halves durably; what was sealed to them cannot be opened again. Twice is no error."""
        for half in ("age", "pub"):
            for extra in (_NEXT, ""):
                remove(self._path(name, half, extra))

    def begin_renewal(self, name: str) -> Recipient:
        """Lay the next key beside the present one, for the same roles; from now on things are sealed to it.

        Where one lies there already, of a renewal that was stopped, it is that one.

        Raises:
            MissingKey: There is no such key, or one of its roles has no public half.
        """
        with keys_lock(self._keys):
            install(self._keys)
            self._put_in_place(name)
            return _recipient(self._path(name, "pub", _NEXT)) or self._draw(name, self.roles(name), _NEXT)

    def renewing(self, name: str) -> bool:
        """Whether a next key lies beside the present one."""
        return self._path(name, "pub", _NEXT).is_file()

    def finish_renewal(self, name: str) -> str:
        """Put the next key in the place of the present one, which is destroyed; everything must be sealed to it before.

        Returns:
            The ``key_id`` of the key that was destroyed; empty where no renewal was under way.
        """
        with keys_lock(self._keys):
            install(self._keys)
            if not self.renewing(name):
                return ""
            sweep(self._folder)
            old = key_id(self._present(name))
            self._replace(name, "age")
            self._put_in_place(name)
        return old

    def present_id(self, name: str) -> str:
        """The ``key_id`` of the key that a renewal will destroy; raises MissingKey where there is none."""
        return key_id(self._present(name))

    def halves(self) -> dict[str, tuple[Identity, tuple[str, ...]]]:
        """Every key by the name of its files (a next one by its own), and the roles that may open it.

        Raises:
            MissingKey: One of them may not be opened by this user.
        """
        found = {}
        for stem in sorted(path.stem for path in self._folder.glob("*.pub")):
            roles = _roles(self._folder / f"{stem}.pub")
            if identity := self._opened(self._folder / f"{stem}.age", roles):
                found[stem] = (identity, roles)
        return found

    def names(self) -> list[str]:
        """All keys, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.pub") if not path.stem.endswith(_NEXT))

    def _draw(self, name: str, roles: Sequence[str], extra: str = "") -> Recipient:
        identity = Identity.generate()
        make_folder(self._folder)
        sweep(self._folder)
        sealed_to = [public_half(self._keys, role) for role in roles]
        write_sealed(self._path(name, "age", extra), str(identity).encode(), sealed_to)
        # Last, so that nothing is ever sealed to a key whose secret half did not reach the disk.
        write_file(self._path(name, "pub", extra), public_file(identity, roles))
        return identity.recipient

    def _put_in_place(self, name: str) -> None:
        """End a renewal of which only the public half is left to do."""
        if self.renewing(name) and not self._path(name, "age", _NEXT).is_file():
            self._replace(name, "pub")

    def _replace(self, name: str, half: str) -> None:
        source = self._path(name, half, _NEXT)
        if source.is_file():
            source.replace(self._path(name, half))
            sync_folder(self._folder)

    def _opened(self, path: Path, allowed: Sequence[str]) -> Identity | None:
        if not path.is_file():
            return None
        opened = self._secret_half(path)
        if opened is None:
            self._identities = dict(self._now())
            opened = self._secret_half(path)
        if opened is None and path.is_file():
            raise MissingKey(
                f"this may be opened by {' or '.join(allowed)} only", hint="Ask a user of that role to do it."
            )
        return opened

    def _secret_half(self, path: Path) -> Identity | None:
        try:
            sealed = path.read_bytes()
            return Identity.parse(open_sealed(sealed, list(self._identities.values())).decode("ascii"))
        except (FileNotFoundError, MissingKey):
            return None

    def _present(self, name: str) -> Recipient:
        recipient = _recipient(self._path(name, "pub"))
        if recipient is None:
            raise _destroyed()
        return recipient

    def _path(self, name: str, half: str, extra: str = "") -> Path:
        if _NAME.fullmatch(name) is None:
            raise BadInput("a key's name has lower-case letters, digits and -", hint="Use the opaque name.")
        return self._folder / f"{name}{extra}.{half}"


def public_file(identity: Identity, roles: Sequence[str]) -> bytes:
    """What stands in a key's ``.pub`` file: the roles that may open it, and the public half."""
    return f"# roles: {' '.join(roles)}\n{identity.recipient}\n".encode()


def _recipient(path: Path) -> Recipient | None:
    lines = _lines(path)
    return Recipient.parse(lines[-1]) if lines else None


def _roles(path: Path) -> tuple[str, ...]:
    lines = _lines(path)
    if not lines:
        raise _destroyed()
    return tuple(lines[0].removeprefix("# roles:").split())


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").strip().splitlines()
    except FileNotFoundError:
        return []


def _destroyed() -> MissingKey:
    return MissingKey("this key does not exist or was destroyed", hint="What was sealed to it cannot be opened.")
