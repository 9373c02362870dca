"""What stands in the files of a data set, as the last check reads it: each text with its place."""

from typing import NamedTuple

from pydantic import Field

from schemas.records import Record


class Sieve(Record):
    """What a text must match to be looked at closely: expressions for RE2, over text without accents.

    A text that holds a name matches; most that match hold none.
    """

    lowered: str = Field(repr=False)
    """Over the text in small letters."""
    cased: str = Field(repr=False)
    """Over the text with its capitals."""
    plain: str
    """Matches the whole of a text in small letters that has no signs but those the other two are made for."""


class Written(NamedTuple):
    """One text of a data set.

    Attributes:
        file: Name of the file inside the folder, or of the one file; members of an archive after a colon.
        table: The table it stands in; None where it stands in none.
        column: The column; None where it is no cell.
        key: What the row is known by: its ``utterance_id`` or ``speaker_id``; None in other tables.
        text: As it stands there.
        rows: How many rows hold it.
        name: Whether it is the name of a file or a member.
    """

    file: str
    table: str | None
    column: str | None
    key: str | None
    text: str
    rows: int = 1
    name: bool = False

    def __repr__(self) -> str:
        return "Written()"
