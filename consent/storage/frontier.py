"""The saved frontier `log/frontier`: where an earlier check of the journal stopped, so that the next can go on there.

It is a cache. It is believed only where a checkpoint that the log signed has the same root, and the journal has the
same last line in the same place; anywhere else the journal is read from its beginning.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from consent.storage.files import write_durably
from consent.storage.leaf import canonical
from consent.tlog.merkle import Frontier
from schemas.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consent.ledger import Ledger
    from consent.tlog.checkpoint import Checkpoint
    from consent.tlog.note import VerifyKey

NAME = "frontier"
_SPELLING = re.compile(
    rb'\{"last":"(?P<last>[0-9a-f]{64})","offset":(?P<offset>[1-9][0-9]{0,17}),"size":(?P<size>[1-9][0-9]{0,14}),'
    rb'"subtrees":\[(?P<subtrees>"[0-9a-f]{64}"(?:,"[0-9a-f]{64}"){0,63})\]\}\n'
)
_HINT = "It is only a help: delete it, and the register is read from its beginning."


@dataclass(frozen=True)
class SavedFrontier:
    """How far the journal had been read and checked, and the tree's right edge there."""

    size: int
    """Number of entries."""
    offset: int
    """Where the last of them ends in the journal, in bytes."""
    subtrees: tuple[bytes, ...]
    """As ``Frontier.subtrees``."""
    last: bytes
    """Leaf hash of the last entry, 32 bytes."""

    @property
    def frontier(self) -> Frontier:
        """The right edge, to go on from."""
        return Frontier.of(self.size, self.subtrees)


def format_frontier(saved: SavedFrontier) -> bytes:
    """The file's one spelling: canonical JSON and a line feed."""
    members = {
        "size": saved.size,
        "offset": saved.offset,
        "subtrees": [node.hex() for node in saved.subtrees],
        "last": saved.last.hex(),
    }
    return canonical(members) + b"\n"


def parse_frontier(data: bytes) -> SavedFrontier:
    """What ``format_frontier`` wrote.

    Raises:
        BadInput: where ``data`` is anything else.
    """
    found = _SPELLING.fullmatch(data)
    if found is None:
        raise BadInput(f"log/{NAME} is not written as a saved frontier is", hint=_HINT)
    nodes = json.loads(b"[%b]" % found["subtrees"])
    saved = SavedFrontier(
        size=int(found["size"]),
        offset=int(found["offset"]),
        subtrees=tuple(bytes.fromhex(node) for node in nodes),
        last=bytes.fromhex(found["last"].decode("ascii")),
    )
    Frontier.of(saved.size, saved.subtrees)
    return saved


def write_frontier(folder: Path, ledger: "Ledger") -> None:
    """Save in ``folder``/log how far ``ledger`` has been read, durably; nothing where it is empty.

    Args:
        folder: The register's folder ``consent/``.
        ledger: As it was when the checkpoint was made; the caller holds its lock.
    Raises:
        DiskFull, ChathamError: where it could not be written.
    """
    if ledger.size:
        write_durably(folder / "log" / NAME, format_frontier(ledger.saved()))


def standing_checkpoint(folder: Path, log_keys: "Sequence[VerifyKey]") -> "Checkpoint | None":
    """What log/checkpoint says, where one of ``log_keys`` signed it; None where there is none, or it is not right.

    Whoever needs to know what is wrong with it asks ``consent.verify``.
    """
    if not log_keys:
        return None
    # Not at the top: whoever brings no keys need not wait until the cryptography is loaded.
    from consent.tlog.checkpoint import check_checkpoint

    try:
        return check_checkpoint((folder / "log" / "checkpoint").read_bytes(), log_keys).checkpoint
    except (OSError, BadInput):
        return None


def matching_frontier(folder: Path, standing: "Checkpoint") -> SavedFrontier | None:
    """The saved frontier where it has the size and root of ``standing``; otherwise None."""
    try:
        saved = parse_frontier((folder / "log" / NAME).read_bytes())
    except (OSError, BadInput):
        return None
    return saved if (saved.size, saved.frontier.root()) == (standing.size, standing.root) else None
