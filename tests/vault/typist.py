"""Sits at a terminal of its own and types one passphrase as often as a program asks: ``python -m … PROGRAM …``.

The passphrase comes on standard input. A process of its own, because only one without threads may be forked.
"""

import os
import pty
import select
import sys
import time

PATIENCE_S = 60


def type_for(command: list[str], passphrase: str) -> int:
    """The exit code of ``command``, whose every question was answered with ``passphrase``."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)  # noqa: S606 - the program that the test names
    answer(terminal, passphrase)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def answer(terminal: int, passphrase: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and select.select([terminal], [], [], PATIENCE_S)[0]:
        try:
            said = os.read(terminal, 4096)
        except OSError:  # how a terminal says on Linux that nobody is left at it
            return
        if not said:
            return
        if said.rstrip().endswith(b":"):
            os.write(terminal, passphrase.encode() + b"\n")
    raise TimeoutError("the program neither asked nor ended")


if __name__ == "__main__":
    sys.exit(type_for(sys.argv[1:], sys.stdin.readline().rstrip("\n")))
