"""What a data set was made from."""

from schemas.identifiers import Digest
from schemas.records import Record


class Provenance(Record):
    """Everything a data set depends on, by version and digest."""

    purpose: str
    ledger_size: int
    ledger_root: Digest
    made_at: str
    """UTC, ISO 8601, whole seconds."""
    code_version: str
    models: dict[str, str]
    """Model name to digest or version."""
    policy_sha256: Digest
    decisions_sha256: Digest
