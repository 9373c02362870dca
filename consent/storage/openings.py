"""Entries opened with all that shows them to be true: leaf, payload and the key of the commitment between the two."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Opening:
    """One entry, opened: whoever holds it can check that ``leaf`` commits to ``payload``."""

    index: int
    """Position in the register, from 0."""
    leaf: bytes
    """The leaf as it stands in the journal, 512 bytes."""
    payload: bytes = field(repr=False)
    """The content as it is committed to: canonical JSON."""
    k_event: bytes = field(repr=False)
    """Key of the commitment, 32 bytes."""
