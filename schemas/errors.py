"""The errors a person may see: what is wrong and where, and what to do. This module imports nothing."""


class ChathamError(Exception):
    """A failure with one line for what is wrong, one for what to do, and an exit code.

    Args:
        message: What is wrong and where (file, line, column, session, time). Never a participant's words or names.
        hint: What to do about it, one sentence.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class CheckFailed(ChathamError):
    """A check that was asked for found something: verify, leaks, audit."""

    exit_code = 1


class UsageError(ChathamError):
    """The command was called in a way that cannot be carried out."""

    exit_code = 2


class BadInput(ChathamError):
    """A file or value that was handed in is not what it should be. Nothing of it was recorded."""

    exit_code = 3


class MissingKey(ChathamError):
    """A key or passphrase is missing or wrong, or this user's role may not open the thing."""

    exit_code = 4


class RefusedByConsent(ChathamError):
    """What was asked is not allowed by the participants' choices."""

    exit_code = 5


class LedgerDamaged(ChathamError):
    """The consent register does not match its own hashes."""

    exit_code = 6


class MissingTool(ChathamError):
    """A model or program that this step needs is not there."""

    exit_code = 7


class Busy(ChathamError):
    """Another build of this study is running."""

    exit_code = 8


class DiskFull(ChathamError):
    """The disk had no room; what was being written was taken back."""

    exit_code = 9
