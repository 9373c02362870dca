"""The body of a checkpoint: which log, how many entries, which root (C2SP tlog-checkpoint, "Note text")."""

from dataclasses import dataclass

from consent.tlog.spelling import from_decimal, hash_from_base64, malformed, to_base64

_BODY_LINES = 3


@dataclass(frozen=True)
class Checkpoint:
    """One state of a log, before anybody signed it."""

    origin: str
    """Name of the log: the first line."""
    size: int
    """How many entries the tree has."""
    root: bytes
    """RFC 6962 root at that size, 32 bytes."""
    extensions: tuple[str, ...] = ()
    """Further lines, not empty. We write none."""

    def body(self) -> str:
        """The text that is signed, each line ending in a line feed."""
        return "\n".join((self.origin, str(self.size), to_base64(self.root), *self.extensions)) + "\n"


def parse_body(text: str) -> Checkpoint:
    """Read the body of a checkpoint.

    Args:
        text: A note's text, the last line feed included.
    Raises:
        BadInput: where it is anything but what ``Checkpoint.body`` gives.
    """
    *lines, end = text.split("\n")
    if end or len(lines) < _BODY_LINES or not all(lines):
        raise malformed("a checkpoint is not three or more lines of text, none empty, each ended by a line feed")
    if any(char < " " for line in lines for char in line):
        raise malformed("a checkpoint holds a control character")
    size, root = from_decimal(lines[1], "a checkpoint's size"), hash_from_base64(lines[2], "a checkpoint's root")
    return Checkpoint(lines[0], size, root, tuple(lines[_BODY_LINES:]))
