"""Reads when something was coded, however another program writes it."""

from datetime import UTC, datetime

YEARS = range(1900, 2201)
"""When something may have been coded: at the ends of the calendar no time zone can be reckoned."""


def read_time(text: str) -> datetime | None:
    """A day or time as ISO 8601 has it, one without a zone as UTC; None where it is not in ``YEARS`` of UTC.

    Raises:
        ValueError: It is no day or time.
    """
    found = datetime.fromisoformat(text.strip())
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    try:
        return found if found.astimezone(UTC).year in YEARS else None
    except OverflowError:
        return None
