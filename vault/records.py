"""Records as sealed files: one line that says what the file is, then the record's JSON, all inside an age file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from schemas.errors import BadInput, CheckFailed
from schemas.records import Record
from vault.age import Identity, Recipient, open_sealed
from vault.files import write_sealed

R = TypeVar("R", bound=Record)
Head = Mapping[str, str]
"""What a file says it is; compared on reading, so that a renamed file is never taken for another."""


def write_record(path: Path, head: Head, record: Record, recipient: Recipient, *, read_back: bool = False) -> None:
    """Seal ``record`` durably in place of ``path``; raises DiskFull. ``read_back``: see ``vault.files.replacing``."""
    write_body(path, head, record.model_dump_json().encode(), recipient, read_back=read_back)


def write_body(path: Path, head: Head, body: bytes, recipient: Recipient, *, read_back: bool = False) -> None:
    """``write_record`` for JSON bytes."""
    write_sealed(path, json.dumps(dict(head)).encode() + b"\n" + body, [recipient], read_back=read_back)


def read_record(path: Path, head: Head, kind: type[R], identities: Sequence[Identity]) -> R:
    """Open a sealed record with one of ``identities``.

    Raises:
        CheckFailed: The file is another one under this name.
        BadInput: It holds no ``kind``, or is damaged.
        FileNotFoundError: There is no such file.
    """
    found, body = read_body(path, identities)
    if any(found.get(key) != value for key, value in head.items()):
        raise CheckFailed(
            "a file in the vault lies under another file's name", hint="Put the vault back from a backup."
        )
    return parse(body, kind)


def read_body(path: Path, identities: Sequence[Identity]) -> tuple[dict[str, Any], bytes]:
    """The head and the JSON bytes of a sealed record, of whatever kind."""
    first, _, body = open_sealed(path.read_bytes(), identities).partition(b"\n")
    return dict(json.loads(first)), body


def parse(body: bytes, kind: type[R]) -> R:
    """Read a record's JSON; raises BadInput, which repeats none of it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        raise BadInput(
            f"a stored record is no {kind.__name__}", hint="It was made by another version; run the step again."
        ) from None
