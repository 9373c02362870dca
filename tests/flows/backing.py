"""Which backups still count against a certificate."""

from collections.abc import Iterable

from flows.backups import BackupMade, backups
from schemas.ledger import LedgerEntry


def unattested(entries: Iterable[LedgerEntry], erase_index: int) -> list[BackupMade]:
    """Backups made before a destruction of which nobody has said that they are destroyed."""
    return [one for one in backups(entries) if one.index < erase_index and one.destroyed_at is None]
