"""What a store said of an erasure, kept sealed until all of it is done: a killed erasure tells it again, unchanged."""

from collections.abc import Sequence
from pathlib import Path

from schemas.records import Record, digest_of
from vault.age import Identity, Recipient
from vault.erasure import Erased, Scope
from vault.records import read_record, write_record

_HEAD = {"what": "erased"}


class Outcome(Record):
    """What was said, and whether all of it was done by then."""

    erased: Erased
    done: bool = True


def erasure_tag(participant: str | None, scope: Scope) -> str:
    """What tells one erasure from another, 64 hexadecimal digits; to be blinded before it stands in a file name."""
    return digest_of([participant or "", scope.model_dump(mode="json")])


def read_outcome(path: Path, identities: Sequence[Identity]) -> Outcome | None:
    """What lies there, or None."""
    return read_record(path, _HEAD, Outcome, identities) if path.is_file() else None


def write_outcome(path: Path, outcome: Outcome, recipient: Recipient) -> None:
    """Keep ``outcome``, durably, in place of the one before."""
    write_record(path, _HEAD, outcome, recipient)
