"""What rooms hand to the ledger, and what they get back."""

from enum import StrEnum
from typing import Any, Protocol

from pydantic import Field

from schemas.identifiers import Digest
from schemas.records import Record


class EventKind(StrEnum):
    """Every kind of entry the consent register may hold."""

    FORM = "form"
    ENROL = "enrol"
    CONSENT = "consent"
    CHANGE = "change"
    REAFFIRM = "reaffirm"
    WITHDRAW = "withdraw"
    UNDO = "undo"
    INGEST = "ingest"
    DERIVE = "derive"
    RELEASE = "release"
    SENT = "sent"
    OUTPUT = "output"
    QUOTE_APPROVAL = "quote_approval"
    ACCESS = "access"
    ERASE = "erase"
    ERASE_ATTEST = "erase_attest"
    ROTATE_KEY = "rotate_key"
    BACKUP = "backup"
    ANCHOR = "anchor"
    POLICY = "policy"
    INCIDENT = "incident"


class LedgerEvent(Record):
    """One event to be recorded. ``payload`` is sealed; only ``kind``, ``form`` and ``refs`` stand in the open leaf."""

    kind: EventKind
    payload: dict[str, Any] = Field(repr=False)
    """Plain JSON, with a member ``type`` naming the record it holds."""
    form: Digest | None = None
    refs: tuple[int, ...] = ()
    """Earlier entries, on withdraw → erase chains only; at most 3."""


class LedgerEntry(Record):
    """One recorded event as read back. ``payload`` is None where it was not opened or was disposed of."""

    index: int
    kind: EventKind
    minute: str
    """``2026-11-21T20:51Z``."""
    form: Digest | None = None
    refs: tuple[int, ...] = ()
    payload: dict[str, Any] | None = Field(default=None, repr=False)


class RecordEvent(Protocol):
    """Records one event; if it raises, the thing it speaks of is not done."""

    def __call__(self, event: LedgerEvent) -> int:
        """Record ``event`` durably and give its index."""
        ...


class Sealer(Protocol):
    """Seals bytes to a recipient: anyone who holds the public half can."""

    def __call__(self, plaintext: bytes) -> bytes:
        """Seal ``plaintext``."""
        ...


class Opener(Protocol):
    """Opens what was sealed to a recipient."""

    def __call__(self, sealed: bytes) -> bytes:
        """Open ``sealed``; raises MissingKey where this reader may not."""
        ...


class Signer(Protocol):
    """An Ed25519 key that signs as one user."""

    @property
    def key_id(self) -> str:
        """First 16 hexadecimal digits of SHA-256 over the raw public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        ...
