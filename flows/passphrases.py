"""Where a passphrase comes from: a private file, the environment (for trials), or a person at a terminal."""

import os
import stat
import sys
from getpass import getpass
from pathlib import Path

from schemas.errors import MissingKey

FILE_VARIABLE = "CHATHAM_PASSPHRASE_FILE"
VARIABLE = "CHATHAM_PASSPHRASE"

_remembered: dict[str, str] = {}


def take_passphrase(prompt: str = "Passphrase: ") -> str:
    """The acting user's passphrase; it is taken out of the environment at once.

    Looked for in ``CHATHAM_PASSPHRASE_FILE`` (a file only its owner can read), in ``CHATHAM_PASSPHRASE``, then asked
    for on a terminal.

    Raises:
        MissingKey: there is none, or the file may be read by others.
    """
    given = os.environ.pop(VARIABLE, None)
    if given is not None:
        _remembered[VARIABLE] = given
    if path := os.environ.get(FILE_VARIABLE):
        return _from_file(Path(path))
    if VARIABLE in _remembered:
        return _remembered[VARIABLE]
    if not sys.stdin.isatty():
        raise MissingKey(
            "no passphrase was given and there is no terminal to ask for one",
            hint=f"Set {FILE_VARIABLE} to a file that only you can read (chmod 600), or run in a terminal.",
        )
    return _asked(prompt)


def new_passphrase() -> str:
    """A passphrase for a new user: as ``take_passphrase``, asked for twice on a terminal."""
    asked = FILE_VARIABLE not in os.environ and VARIABLE not in os.environ and VARIABLE not in _remembered
    first = take_passphrase("Choose a passphrase (it cannot be recovered): ")
    if asked and _asked("Once more: ") != first:
        raise MissingKey("the two passphrases differ", hint="Run the command again and type the same one twice.")
    if len(first) < 8:
        raise MissingKey(
            "the passphrase is shorter than 8 characters", hint="Choose a longer one; four words are good."
        )
    return first


def remember_passphrase(passphrase: str) -> None:
    """Use ``passphrase`` for the rest of this process (the demo prints its own)."""
    _remembered[VARIABLE] = passphrase


def _asked(prompt: str) -> str:
    try:
        return getpass(prompt)
    except EOFError:
        raise MissingKey("no passphrase was typed", hint="Run the command again and type it.") from None


def _from_file(path: Path) -> str:
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise MissingKey(
                "the passphrase file may be read by others", hint="Make it private first: chmod 600 on that file."
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise MissingKey(
            "the passphrase file cannot be read", hint=f"Check the path in {FILE_VARIABLE} and who may read it."
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
