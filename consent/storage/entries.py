"""Events to signed and sealed lines, and lines back to entries with their payloads checked."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag

from consent.storage import leaf as leaves
from consent.storage.lines import Line, damaged, encode_line
from consent.storage.openings import Opening
from schemas.errors import BadInput, ChathamError, MissingKey
from schemas.ledger import LedgerEntry, LedgerEvent, Opener, Sealer, Signer


def write(events: Sequence[LedgerEvent], now: datetime, signer: Signer, seal: Sealer) -> list[Line]:
    """The lines of one batch, in order.

    Args:
        now: Aware. Every entry of a batch has the same minute.
    Raises:
        BadInput: where an event does not fit an entry's form.
    """
    minute = leaves.minute_of(now)
    return [
        _write_one(event, minute, len(events) - 1 - position, signer, seal) for position, event in enumerate(events)
    ]


def check_refs(events: Sequence[LedgerEvent], first: int) -> None:
    """Raise BadInput unless every event refers to earlier entries only.

    Args:
        first: The index that the first of ``events`` will have.
    """
    for index, event in enumerate(events, first):
        if any(not 0 <= ref < index for ref in event.refs):
            raise BadInput(
                f"an entry of kind {event.kind} refers to an entry that is not there yet",
                hint="This is a fault of the program, not of your files. Nothing was recorded.",
            )


class PayloadReader:
    """Turns lines into entries, with payloads where this reader may open them.

    Args:
        open_payload: None: no payload is opened.
    """

    def __init__(self, open_payload: Opener | None) -> None:
        self._open_payload = open_payload
        self._may_open: bool | None = None

    def entry(self, index: int, line: Line) -> LedgerEntry:
        """The entry at ``index``.

        Raises:
            LedgerDamaged: where the payload does not open or is not what the leaf commits to.
        """
        leaf = _leaf(index, line)
        payload = self._payload(index, line.sealed, leaf.commitment)
        return LedgerEntry(
            index=index, kind=leaf.kind, minute=leaf.minute, form=leaf.form, refs=leaf.refs, payload=payload
        )

    def opening(self, index: int, line: Line) -> Opening | None:
        """The entry at ``index`` opened, or None where this reader may not open it or it was disposed of.

        Raises:
            LedgerDamaged: where the payload does not open or is not what the leaf commits to.
        """
        opened = self._opened(index, line.sealed, _leaf(index, line).commitment)
        return None if opened is None else Opening(index, line.leaf, opened[1], opened[0])

    def _opened(self, index: int, sealed: bytes | None, commitment: str) -> tuple[bytes, bytes] | None:
        """``k_event`` and payload, checked against the commitment."""
        envelope = None if sealed is None else self._open(index, sealed)
        if envelope is None:
            return None
        k_event, payload = leaves.unpack(envelope)
        if leaves.commit(k_event, payload) != commitment:
            raise damaged(index + 1, "holds another content than the one it commits to")
        return k_event, payload

    def _payload(self, index: int, sealed: bytes | None, commitment: str) -> dict[str, Any] | None:
        opened = self._opened(index, sealed, commitment)
        if opened is None:
            return None
        content = _parse(opened[1])
        if content is None:
            raise damaged(index + 1, "holds a content that is no record")
        return content

    def _open(self, index: int, sealed: bytes) -> bytes | None:
        if self._open_payload is None:
            return None
        try:
            envelope: bytes | None = self._open_payload(sealed)
        except MissingKey:
            envelope = None
        except (ChathamError, InvalidTag, ValueError) as error:
            raise damaged(index + 1, "holds a content that does not open") from error
        # One entry that stays shut among others that open would leave a withdrawal unread.
        if self._may_open is False and envelope is not None:
            raise damaged(index + 1, "opens to another key than the entries before it")
        if self._may_open and envelope is None:
            # Sealed after somebody left, to keys that are newer than those in hand; or a fault. Either way it is read
            # by nobody here, and nothing may be decided without it.
            raise MissingKey(
                f"entry {index} of the consent register is sealed to newer keys than yours",
                hint="Start the command again; if that does not help, ask the study's investigator.",
            )
        self._may_open = envelope is not None
        return envelope


def _leaf(index: int, line: Line) -> leaves.Leaf:
    leaf = leaves.decode(line.leaf)
    if leaf is None or any(ref >= index for ref in leaf.refs):
        raise damaged(index + 1, "refers to an entry that comes after it")
    return leaf


def _parse(payload: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _write_one(event: LedgerEvent, minute: str, left: int, signer: Signer, seal: Sealer) -> Line:
    k_event, payload = secrets.token_bytes(leaves.KEY_BYTES), leaves.payload_bytes(event)
    leaf = leaves.Leaf(
        kind=event.kind,
        minute=minute,
        commitment=leaves.commit(k_event, payload),
        key=signer.key_id,
        left=left,
        form=event.form,
        refs=event.refs,
    )
    return encode_line(leaves.encode(leaves.sign(leaf, signer)), seal(leaves.pack(k_event, payload)), left)
