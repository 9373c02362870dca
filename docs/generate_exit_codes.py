"""Writes docs/reference/exit-codes.md from schemas/errors.py. Run: python docs/generate_exit_codes.py"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from any folder, installed or not

from schemas.errors import ChathamError  # noqa: E402 - needs the line above

PAGE = ROOT / "docs" / "reference" / "exit-codes.md"
INTERRUPTED = 130

HEAD = """\
# Exit codes

Every command ends with a number that other programs can read (`echo $?` shows it). This page is written by
`docs/generate_exit_codes.py` from the program's own list of errors.

When something is wrong you see two lines: the first says what is wrong and where, the second what to do about it.
Neither holds a participant's name or words. (For a sheet, every bad row has a line of its own.)

```
chatham: session S9 is already there
  Give another id; nothing was changed.
```

| code | in short | what it means |
|---|---|---|
"""

SHORT = {
    "ChathamError": "check failed",
    "CheckFailed": "check failed",
    "UsageError": "usage",
    "BadInput": "bad input",
    "MissingKey": "missing key",
    "RefusedByConsent": "refused by consent",
    "LedgerDamaged": "register damaged",
    "MissingTool": "missing model or tool",
    "Busy": "busy",
    "DiskFull": "disk full",
}

SAID_AT_LENGTH = {
    "CheckFailed": "A check found something: a name was still visible, or a stored result was not what it should be. "
    "Nothing of it was published.",
}
"""Where the class speaks to programmers only."""

TAIL = """\

A session that fails does not stop the others: `chatham run` publishes what went well, names the first failure and ends
with its code. A fault inside Chatham itself also ends with 1; its first line names the place in the program, for the
people who maintain it.
"""


def render() -> str:
    """The whole page, in Markdown."""
    rows = [(0, "done", "Everything that was asked for was done.")]
    rows += [(kind.exit_code, SHORT[kind.__name__], _meaning(kind)) for kind in ChathamError.__subclasses__()]
    rows.append((INTERRUPTED, "interrupted", "You stopped it. What was finished is kept; the same command goes on."))
    return HEAD + "".join(f"| {code} | {short} | {meaning} |\n" for code, short, meaning in sorted(rows)) + TAIL


def _meaning(kind: type[ChathamError]) -> str:
    return SAID_AT_LENGTH.get(kind.__name__) or " ".join((kind.__doc__ or "").split())


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8", newline="\n")
    print(f"docs/reference/{PAGE.name}")
