"""The keystore: one key per session, one each for roster, contacts and the list of ids, sealed to roles."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from schemas.errors import BadInput, MissingKey
from vault.age import Identity, Recipient, open_sealed
from vault.files import make_folder, remove, sweep, write_file, write_sealed
from vault.roles import public_half, public_halves
from vault.staging import Staged, finish, install, keys_lock

_NAME = re.compile(r"[a-z0-9-]{1,64}")


class Keystore:
    """``keys/keystore``: ``<name>.pub``, to which anyone seals, and ``<name>.age``, which some roles open.

    Args:
        keys: The study's ``keys`` folder.
        identities: Role to its key, for the roles that the user holds.
    """

    def __init__(self, keys: Path, identities: Mapping[str, Identity]) -> None:
        self._keys = keys
        self._folder = keys / "keystore"
        self._identities = dict(identities)

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
            identity = Identity.generate()
            make_folder(self._folder)
            sweep(self._folder)
            sealed_to = [public_half(self._keys, role) for role in roles]
            write_sealed(self._path(name, "age"), str(identity).encode(), sealed_to)
            # Last, so that nothing is ever sealed to a key whose secret half did not reach the disk.
            write_file(self._path(name, "pub"), _public_file(identity, roles))
            return identity.recipient

    def has(self, name: str) -> bool:
        """Whether a key of this name can be sealed to."""
        return self._path(name, "pub").is_file()

    def recipient(self, name: str) -> Recipient:
        """The public half; raises MissingKey where there is none."""
        finish(self._keys)
        return Recipient.parse(self._public_lines(name)[-1])

    def roles(self, name: str) -> tuple[str, ...]:
        """The roles that may open the key; raises MissingKey where there is none."""
        return tuple(self._public_lines(name)[0].removeprefix("# roles:").split())

    def identity(self, name: str) -> Identity:
        """The secret half.

        Raises:
            MissingKey: The key was destroyed, or the user's roles may not open it; the message names those that may.
        """
        allowed = self.roles(name)
        try:
            sealed = self._path(name, "age").read_bytes()
            return Identity.parse(open_sealed(sealed, list(self._identities.values())).decode("ascii"))
        except FileNotFoundError:
            raise _destroyed() from None
        except MissingKey:
            raise MissingKey(
                f"this may be opened by {' or '.join(allowed)} only", hint="Ask a user of that role to do it."
            ) from None

    def destroy(self, name: str) -> None:
        """Remove both halves durably; what was sealed to them cannot be opened again. Twice is no error."""
        remove(self._path(name, "age"))
        remove(self._path(name, "pub"))

    def rekey(self, staged: Staged, new_keys: Path, anew: Mapping[str, Identity]) -> None:
        """Seal every key to the roles' new keys, laid ready in ``staged``; only who opens them all can.

        Args:
            new_keys: A ``keys`` folder with the roles' new public halves.
            anew: Keys that another takes the place of, by name.
        """
        for name in self.names():
            roles, identity = self.roles(name), anew.get(name) or self.identity(name)
            sealed_to = public_halves(new_keys, roles)
            write_sealed(staged.path(self._path(name, "age")), str(identity).encode(), sealed_to)
            if name in anew:
                write_file(staged.path(self._path(name, "pub")), _public_file(identity, roles))

    def names(self) -> list[str]:
        """All keys, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.pub"))

    def _public_lines(self, name: str) -> list[str]:
        path = self._path(name, "pub")
        if not path.is_file():
            raise _destroyed()
        return path.read_text("ascii").strip().splitlines()

    def _path(self, name: str, half: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise BadInput("a key's name has lower-case letters, digits and -", hint="Use the opaque name.")
        return self._folder / f"{name}.{half}"


def _public_file(identity: Identity, roles: Sequence[str]) -> bytes:
    return f"# roles: {' '.join(roles)}\n{identity.recipient}\n".encode()


def _destroyed() -> MissingKey:
    return MissingKey("this key does not exist or was destroyed", hint="What was sealed to it cannot be opened.")
