"""Checks a file that was named on the command line before it is read: what is wrong with it is one plain error."""

from pathlib import Path

from schemas.named import reading_named, require_content


def check_file(path: Path) -> None:
    """Nothing, for a file that can be read and holds something.

    Raises:
        BadInput: It is not there, is no file, is empty or may not be read.
    """
    with reading_named(), path.open("rb") as file:
        start = file.read(1)
    require_content(start)
