"""Who may record: the recorders' public keys, and a check that each entry was signed by one who had the right then.

A leaf of kind `rotate_key` whose ``form`` is the SHA-256 of a recorder's raw public key begins that recorder's right; a
second one ends it for good. A register's first entry is such a leaf, signed by the very key it introduces. Registers
begun before there were such leaves have none: there a recorder counts from the start until a leaf speaks of them.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from enum import Enum, auto
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consent.storage.files import write_durably
from consent.storage.leaf import Leaf, signed_bytes
from consent.tlog.note import ED25519, VerifyKey, read_vkeys
from schemas.errors import BadInput
from schemas.ledger import EventKind

NAME = "recorders.vkey"
_HINT = "Restore the file from your newest backup: without it nobody can tell who recorded what."


def recorder_id(public: bytes) -> str:
    """Key id of a raw Ed25519 public key (32 bytes): the first 16 hexadecimal digits of its SHA-256."""
    return recorder_form(public)[:16]


def recorder_form(public: bytes) -> str:
    """What stands as ``form`` in the leaves that begin and end a recorder's right: SHA-256 of the raw public key."""
    return hashlib.sha256(public).hexdigest()


def format_recorders(keys: Mapping[str, bytes]) -> bytes:
    """The file's one spelling: a vkey per line, sorted; the name of each key is its key id."""
    return "".join(f"{VerifyKey(name, ED25519, keys[name])}\n" for name in sorted(keys)).encode("ascii")


def parse_recorders(data: bytes) -> dict[str, bytes]:
    """Key id to raw Ed25519 public key (32 bytes).

    Raises:
        BadInput: where ``data`` is anything but the one spelling ``format_recorders`` gives.
    """
    found = read_vkeys(data) if data else ()
    keys = {key.name: key.public for key in found if key.kind == ED25519 and key.name == recorder_id(key.public)}
    if len(keys) != len(found) or format_recorders(keys) != data:
        raise BadInput(f"{NAME} is not a sorted list of recorders' keys under their own key ids", hint=_HINT)
    return keys


def read_recorders(folder: Path) -> dict[str, bytes]:
    """Every recorder's key ever, from ``recorders.vkey`` in ``folder``; empty where there is no such file.

    Returns:
        Key id to raw Ed25519 public key (32 bytes).
    Raises:
        BadInput: where the file is not as ``format_recorders`` writes it.
    """
    try:
        return parse_recorders((folder / NAME).read_bytes())
    except FileNotFoundError:
        return {}


def write_recorders(folder: Path, keys: Mapping[str, bytes]) -> None:
    """Write ``recorders.vkey`` durably. A key once there stays: the entries it signed need it.

    Args:
        folder: The study's ``consent/``.
        keys: Key id to raw Ed25519 public key (32 bytes); those already in the file need not be among them.
    Raises:
        BadInput: where a key does not belong to its id, or the file there is damaged.
        DiskFull, ChathamError: where it could not be written.
    """
    if any(len(public) != 32 or recorder_id(public) != name for name, public in keys.items()):
        raise BadInput(
            "a recorder's key does not belong to its key id",
            hint="This is a fault of the program, not of your files. Nothing was recorded.",
        )
    before = read_recorders(folder)
    if not before or not keys.items() <= before.items():
        write_durably(folder / NAME, format_recorders({**before, **keys}))


class _Right(Enum):
    WAITING = auto()
    HELD = auto()
    ENDED = auto()


class RecorderCheck:
    """Checks entries in ledger order: that each was signed by a recorder who had the right to record just then.

    Args:
        keys: Every recorder's raw Ed25519 key by key id, as in ``recorders.vkey``.
        resumed: The entries before the first one taken were not read, so begun and ended rights among them are not
            known: then every key counts until a leaf ends it, and only signatures are sure.
    Attributes:
        from_start: Key ids of those who recorded without a leaf that let them in.
        introduced: Key ids that a leaf let in.
    """

    def __init__(self, keys: Mapping[str, bytes], *, resumed: bool = False) -> None:
        self._keys = {name: Ed25519PublicKey.from_public_bytes(public) for name, public in keys.items()}
        self._names = {recorder_form(public): name for name, public in keys.items()}
        self._rights = dict.fromkeys(keys, _Right.WAITING)
        self._resumed = resumed
        self._older = resumed
        self.from_start: set[str] = set()
        self.introduced: set[str] = set()

    def is_strange(self, leaf: Leaf) -> bool:
        """Whether the leaf is of, or speaks of, a recorder whose key is not among those that were given."""
        speaks = leaf.kind is EventKind.ROTATE_KEY and leaf.form is not None
        return leaf.key not in self._keys or (speaks and leaf.form not in self._names)

    def learn(self, keys: Mapping[str, bytes]) -> None:
        """Take in keys of recorders who were added while the register was open."""
        new = {name: public for name, public in keys.items() if name not in self._keys}
        self._keys |= {name: Ed25519PublicKey.from_public_bytes(public) for name, public in new.items()}
        self._names |= {recorder_form(public): name for name, public in new.items()}
        self._rights |= dict.fromkeys(new, _Right.WAITING)

    @property
    def older(self) -> bool:
        """Whether the register was begun without a leaf that lets its first recorder in."""
        return self._older and not self._resumed

    def knows(self, key_id: str) -> bool:
        """Whether the recorder's key is there, whatever their right."""
        return key_id in self._keys

    def holds(self, key_id: str) -> bool:
        """Whether an entry that this recorder signed next would be right."""
        right = self._rights.get(key_id)
        return right is _Right.HELD or (right is _Right.WAITING and self._older)

    def take(self, index: int, leaf: Leaf) -> str | None:
        """Take the next entry.

        Args:
            index: Its index, from 0.
            leaf: Its open part.
        Returns:
            What is wrong with it, as the rest of a sentence about its line, or None.
        """
        wrong = self.right_of(index, leaf)
        return wrong if wrong is not None or self.is_signed(leaf) else "does not bear the signature of its recorder"

    def right_of(self, index: int, leaf: Leaf) -> str | None:
        """``take`` without the look at the signature, for callers who check those elsewhere."""
        spoken_of = leaf.form if leaf.kind is EventKind.ROTATE_KEY else None
        named = self._names.get(spoken_of or "")
        if index == 0 and not self._resumed:
            self._begin(named, leaf)
        wrong = self._no_right(leaf.key)
        if wrong is None and spoken_of is not None:
            wrong = self._turn(named)
        return wrong

    def is_signed(self, leaf: Leaf) -> bool:
        """Whether the leaf's signature is that of the recorder it names."""
        try:
            self._keys[leaf.key].verify(base64.b64decode(leaf.sig), signed_bytes(leaf))
        except (KeyError, InvalidSignature, ValueError, binascii.Error):
            return False
        return True

    def _begin(self, named: str | None, leaf: Leaf) -> None:
        self._older = named is None or named != leaf.key
        if not self._older:
            self._rights[leaf.key] = _Right.HELD

    def _no_right(self, key_id: str) -> str | None:
        right = self._rights.get(key_id)
        if right is None:
            return f"names a recorder whose key is not in {NAME}"
        if right is _Right.ENDED:
            return "was recorded by somebody whose right to record had ended"
        if right is _Right.WAITING:
            if not self._older:
                return "was recorded by somebody whom no entry before it had let in"
            self._rights[key_id] = _Right.HELD
            self.from_start.add(key_id)
        return None

    def _turn(self, named: str | None) -> str | None:
        if named is None:
            return f"speaks of a recorder whose key is not in {NAME}"
        right = self._rights[named]
        if right is _Right.ENDED:
            return "lets in again somebody whose right to record had ended"
        first = named not in self.introduced and named not in self.from_start
        if first or right is _Right.WAITING:
            self.introduced.add(named)
            self._rights[named] = _Right.HELD
        else:
            self._rights[named] = _Right.ENDED
        return None
