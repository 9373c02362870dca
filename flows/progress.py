"""Tells a person what is happening: a bar on a terminal, plain lines elsewhere. Never a name, a word or a file name."""

import sys
import time
from typing import TextIO


class Progress:
    """Writes steps and progress to ``stream`` (standard error, so that ``--json`` output stays clean).

    Args:
        stream: Where to write.
        quiet: Write nothing.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._bar = not quiet and self._stream.isatty()
        self._last = 0.0
        self._open = False

    def say(self, text: str) -> None:
        """One line in plain words."""
        self._end_bar()
        if not self._quiet:
            self._write(text + "\n")

    def step(self, label: str) -> None:
        """Begin a step; its name stands before the progress that follows."""
        self.say(label)
        self._last = time.monotonic()

    def seconds(self, done_s: float, total_s: float | None = None) -> None:
        """How much audio of the step in hand is done, in seconds; elsewhere than on a terminal, a line each 30 s.

        Args:
            total_s: None where it is not known before the end.
        """
        end = "" if total_s is None else f" of {clock(total_s)}"
        self._advance(done_s / total_s if total_s else None, f"{clock(done_s)}{end} of audio")

    def texts(self, done: int, share: float) -> None:
        """How many texts of the step in hand are done, and which share of all, 0 to 1; told as often as ``seconds``."""
        self._advance(share, f"{done:,} texts, {share:.0%}")

    def _advance(self, share: float | None, text: str) -> None:
        now = time.monotonic()
        if self._quiet or now - self._last < (0.2 if self._bar else 30):
            return
        self._last = now
        if self._bar:
            bar = "" if share is None else f"  [{'#' * int(30 * min(1.0, share)):<30}]"
            self._write(f"\r{bar}  {text}")
            self._open = True
        else:
            self._write(f"  {text}\n")

    def _end_bar(self) -> None:
        if self._open:
            self._write("\r" + " " * 70 + "\r")
            self._open = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def clock(seconds: float) -> str:
    """A time in a recording as people read it: ``12:40``, ``1:02:03``."""
    whole = max(0, int(seconds))
    return (
        f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}" if whole >= 3600 else f"{whole // 60}:{whole % 60:02}"
    )
