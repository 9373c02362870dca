"""Checks a file that was named on the command line before it is read: what is wrong with it is one plain error."""

from pathlib import Path

from schemas.errors import BadInput


def check_file(path: Path) -> None:
    """Nothing, for a file that can be read and holds something.

    Raises:
        BadInput: It is not there, is no file, is empty or may not be read.
    """
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except FileNotFoundError:
        raise BadInput("there is no such file", hint="Check the path as you typed it.") from None
    except IsADirectoryError:
        raise BadInput("that is a folder, not a file", hint="Name the file inside it.") from None
    except PermissionError:
        raise BadInput("the file may not be read by you", hint="Change its permissions, or copy it.") from None
    except (OSError, ValueError):
        raise BadInput("the file cannot be read", hint="Check the path as you typed it, and the disk.") from None
    if empty:
        raise BadInput("the file is empty", hint="Check that it was saved or downloaded whole.")
