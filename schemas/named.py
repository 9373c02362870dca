"""What is wrong with a file that was named on the command line, told as one plain error."""

from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import BadInput


@contextmanager
def reading_named() -> Iterator[None]:
    """Around reading a file that somebody named.

    Raises:
        BadInput: It is not there, is no file, or may not be read.
    """
    try:
        yield
    except FileNotFoundError:
        raise BadInput("there is no such file", hint="Check the path as you typed it.") from None
    except IsADirectoryError:
        raise BadInput("that is a folder, not a file", hint="Name the file inside it.") from None
    except PermissionError:
        raise BadInput("the file may not be read by you", hint="Change its permissions, or copy it.") from None
    except (OSError, ValueError):
        raise BadInput("the file cannot be read", hint="Check the path as you typed it, and the disk.") from None


def require_content(something: object) -> None:
    """Refuse a named file of which nothing can be read, because it is empty; raises BadInput."""
    if not something:
        raise BadInput("the file is empty", hint="Check that it was saved or downloaded whole.")
