"""Where passphrases come from: a private file, the environment (for trials), or a person at a terminal."""

import os
import stat
import sys
from getpass import getpass
from pathlib import Path

from schemas.errors import MissingKey

FILE_VARIABLE = "CHATHAM_PASSPHRASE_FILE"
VARIABLE = "CHATHAM_PASSPHRASE"
NEW_FILE_VARIABLE = "CHATHAM_NEW_PASSPHRASE_FILE"
NEW_VARIABLE = "CHATHAM_NEW_PASSPHRASE"
"""The passphrase of a user who is being added, beside the one of the user who adds them."""
SHORTEST = 8

_remembered: dict[str, str] = {}


def take_passphrase(prompt: str = "Passphrase: ") -> str:
    """The acting user's passphrase; it is taken out of the environment at once.

    Looked for in ``CHATHAM_PASSPHRASE_FILE`` (a file only its owner can read), in ``CHATHAM_PASSPHRASE``, then asked
    for on a terminal.

    Raises:
        MissingKey: there is none, or the file may be read by others.
    """
    _take_out_of_environment()
    if path := os.environ.get(FILE_VARIABLE):
        return _from_file(Path(path), FILE_VARIABLE)
    if VARIABLE in _remembered:
        return _remembered[VARIABLE]
    _require_terminal("no passphrase was given", FILE_VARIABLE)
    return _asked(prompt)


def new_passphrase() -> str:
    """A passphrase for a new user: as ``take_passphrase``, asked for twice on a terminal."""
    asked = FILE_VARIABLE not in os.environ and VARIABLE not in os.environ and VARIABLE not in _remembered
    first = take_passphrase("Choose a passphrase (it cannot be recovered): ")
    if asked:
        _asked_again(first)
    return _long_enough(first)


def passphrase_of_new_user() -> str:
    """The passphrase of somebody whom the acting user adds; never a part of a command.

    Looked for in ``CHATHAM_NEW_PASSPHRASE_FILE`` and ``CHATHAM_NEW_PASSPHRASE``, both taken out of the environment at
    once, then asked for twice on a terminal.

    Raises:
        MissingKey: there is none, the two differ, it is too short, or the file may be read by others.
    """
    _take_out_of_environment()
    path, given = _remembered.pop(NEW_FILE_VARIABLE, None), _remembered.pop(NEW_VARIABLE, None)
    if path:
        return _long_enough(_from_file(Path(path), NEW_FILE_VARIABLE))
    if given is not None:
        return _long_enough(given)
    _require_terminal("no passphrase was given for the new user", NEW_FILE_VARIABLE)
    first = _asked("The new user's passphrase (it cannot be recovered): ")
    _asked_again(first)
    return _long_enough(first)


def remember_passphrase(passphrase: str) -> None:
    """Use ``passphrase`` for the rest of this process (the demo prints its own)."""
    _remembered[VARIABLE] = passphrase


def _take_out_of_environment() -> None:
    # Children, crash reports and /proc would show what stands there.
    for name in (VARIABLE, NEW_VARIABLE, NEW_FILE_VARIABLE):
        given = os.environ.pop(name, None)
        if given is not None:
            _remembered[name] = given


def _require_terminal(what: str, variable: str) -> None:
    if not sys.stdin.isatty():
        raise MissingKey(
            f"{what} and there is no terminal to ask for one",
            hint=f"Set {variable} to a file that only you can read (chmod 600), or run in a terminal.",
        )


def _asked_again(first: str) -> None:
    if _asked("Once more: ") != first:
        raise MissingKey("the two passphrases differ", hint="Run the command again and type the same one twice.")


def _long_enough(passphrase: str) -> str:
    if len(passphrase) < SHORTEST:
        raise MissingKey(
            f"the passphrase is shorter than {SHORTEST} characters", hint="Choose a longer one; four words are good."
        )
    return passphrase


def _asked(prompt: str) -> str:
    try:
        return getpass(prompt)
    except EOFError:
        raise MissingKey("no passphrase was typed", hint="Run the command again and type it.") from None


def _from_file(path: Path, variable: str) -> str:
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise MissingKey(
                "the passphrase file may be read by others", hint="Make it private first: chmod 600 on that file."
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise MissingKey(
            "the passphrase file cannot be read", hint=f"Check the path in {variable} and who may read it."
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
