"""Where passphrases come from: a private file, a file descriptor, the environment, a keyring, or a person."""

import os
import re
import stat
import sys
from collections.abc import Callable
from getpass import getpass
from pathlib import Path

from schemas.errors import MissingKey

FILE_VARIABLE = "CHATHAM_PASSPHRASE_FILE"
FD_VARIABLE = "CHATHAM_PASSPHRASE_FD"
"""Number of an open file descriptor, of a pipe for instance, that is read once and closed."""
VARIABLE = "CHATHAM_PASSPHRASE"
NEW_FILE_VARIABLE = "CHATHAM_NEW_PASSPHRASE_FILE"
NEW_VARIABLE = "CHATHAM_NEW_PASSPHRASE"
"""The passphrase of a user who is being added, beside the one of the user who adds them."""
RECOVERY_FILE_VARIABLE = "CHATHAM_RECOVERY_KEY_FILE"
SHORTEST = 8
_LONGEST_BYTES = 4096
_DESCRIPTOR = re.compile(r"[3-9]|[1-9][0-9]{1,5}")
"""Never standard input, output or error."""

_remembered: dict[str, str] = {}


def take_passphrase(prompt: str = "Passphrase: ", recall: Callable[[], str | None] = lambda: None) -> str:
    """The acting user's passphrase; what names it or is it is taken out of the environment at once.

    Looked for in ``CHATHAM_PASSPHRASE_FILE`` (a file only its owner can read), behind ``CHATHAM_PASSPHRASE_FD`` (an
    open file descriptor), in ``CHATHAM_PASSPHRASE``, in ``recall``, then asked for on a terminal.

    Args:
        recall: What a keyring of this machine has, or None; called only where nothing above gives a passphrase.
    Raises:
        MissingKey: there is none, the file may be read by others, or the descriptor gives nothing.
    """
    given = _given()
    if given is None:
        given = recall()
    if given is not None:
        return given
    _require_terminal("no passphrase was given", FILE_VARIABLE)
    return _asked(prompt)


def new_passphrase() -> str:
    """A passphrase for a new user: as ``take_passphrase``, asked for twice on a terminal."""
    given = _given()
    if given is not None:
        return _long_enough(given)
    first = take_passphrase("Choose a passphrase (it cannot be recovered): ")
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


def take_recovery_keys() -> list[str]:
    """Printed recovery keys as typed: the one that a backup is sealed to, and newer ones where there are any.

    Looked for in the file that ``CHATHAM_RECOVERY_KEY_FILE`` names (only its owner can read it; one key a line), then
    one is asked for on a terminal. The variable is taken out of the environment at once.

    Raises:
        MissingKey: there is none, or the file may be read by others.
    """
    _take_out_of_environment()
    if path := _remembered.pop(RECOVERY_FILE_VARIABLE, None):
        return [line for line in _from_file(Path(path), RECOVERY_FILE_VARIABLE).splitlines() if line.strip()]
    _require_terminal("no recovery key was given", RECOVERY_FILE_VARIABLE)
    return [_asked("The recovery key, as it is printed (spaces do not matter): ")]


def remember_passphrase(passphrase: str) -> None:
    """Use ``passphrase`` for the rest of this process (the demo prints its own)."""
    _remembered[VARIABLE] = passphrase


def _given() -> str | None:
    """The passphrase that this process was started with; None where it was started with none."""
    _take_out_of_environment()
    if path := _remembered.get(FILE_VARIABLE):
        return _from_file(Path(path), FILE_VARIABLE)
    if number := _remembered.pop(FD_VARIABLE, None):
        _remembered[VARIABLE] = _from_descriptor(number)
    return _remembered.get(VARIABLE)


def _take_out_of_environment() -> None:
    # Children, crash reports and /proc would show what stands there.
    for name in (VARIABLE, FILE_VARIABLE, FD_VARIABLE, NEW_VARIABLE, NEW_FILE_VARIABLE, RECOVERY_FILE_VARIABLE):
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
    return _line(text)


def _from_descriptor(number: str) -> str:
    try:
        if _DESCRIPTOR.fullmatch(number) is None:
            raise ValueError
        with os.fdopen(int(number), "rb") as source:
            text = source.read(_LONGEST_BYTES + 1).decode("utf-8")
        if not text or len(text) > _LONGEST_BYTES:
            raise ValueError
    except (OSError, ValueError):
        raise MissingKey(
            f"no passphrase can be read from the file descriptor in {FD_VARIABLE}",
            hint="Give the number of one that is open, from 3 on, and write the passphrase and a line end into it.",
        ) from None
    return _line(text)


def _line(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
