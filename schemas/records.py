"""The base of every record that holds or may hold something personal, and its digest."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """An immutable record. Its values never stand in a ``repr`` or in a validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []

    def digest(self) -> str:
        """SHA-256 over the record's canonical JSON, 64 hexadecimal digits."""
        return digest_of(self.model_dump(mode="json"))


def digest_of(value: Any) -> str:
    """SHA-256 over the JSON of ``value`` with sorted keys and no spaces, 64 hexadecimal digits.

    Args:
        value: Plain JSON values; floats are written as Python's shortest repr.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
