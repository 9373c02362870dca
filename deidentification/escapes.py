"""What other programs write for a line break or a tab, told from the folders of a path."""

import re
from collections.abc import Iterator

_CHUNK = re.compile(r"\S*\\\S*")
_ESCAPED = re.compile(r"\\[nrt]")
_PATH = re.compile(r"(?:^|[\"'(\[<])(?:[A-Za-z]:\\|\\\\[^\W_]{2})|\\(?![nrtbfu\\/\"'])[^\W_]")
_MAY_BE_EITHER = re.compile(r"\\(?=[nrt][^\W\d_])")


def unescaped(text: str) -> str:
    """``text`` with line breaks and tabs in place of what another program wrote for them, no longer and no shorter.

    The folders of a path ("C:\\Users\\nadia") stay as they are.
    """
    return _CHUNK.sub(lambda chunk: _without(chunk.group()), text) if "\\" in text else text


def _without(chunk: str) -> str:
    return chunk if _PATH.search(chunk) else _replaced(chunk)


def _replaced(text: str) -> str:
    return _ESCAPED.sub(lambda match: " \t" if match.group() == "\\t" else " \n", text)


def either_way(text: str) -> Iterator[str]:
    """``text`` with every ``\\n`` and its like a line break, and with none: for searches that must miss nothing."""
    if _MAY_BE_EITHER.search(text):
        yield text
        yield _replaced(text)
