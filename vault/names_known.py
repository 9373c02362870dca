"""How a person is named anywhere in the study, kept sealed while they are being erased, and finding it in text."""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from pydantic import Field

from schemas.records import Record
from vault.files import make_folder, remove
from vault.keys import Keyring
from vault.records import read_record, write_record

BLOCK = "█"
_TOKEN = re.compile(r"\w+")
_PLACEHOLDER = re.compile(r"\[P[0-9]+\]")


class NamesKnown(Record):
    """Every name of one person: as the roster has it, and as sessions were found to have it."""

    names: tuple[str, ...] = Field(repr=False)


class ErasureNames:
    """The names an erasure goes by. The first store that asks has them gathered; they stay until the last is done,
    since by then the sessions and the roster, from which they come, no longer hold them.

    Args:
        folder: ``<study>/vault``.
        keyring: Of the acting user.
        gather: Participant to names, from roster and sessions.
    """

    def __init__(self, folder: Path, keyring: Keyring, gather: Callable[[str], Iterable[str]]) -> None:
        self._folder = folder
        self._keyring = keyring
        self._gather = gather

    def of(self, participant: str) -> tuple[str, ...]:
        """All names of ``participant``, sorted; gathered once per erasure."""
        path, keystore = self._path(participant), self._keyring.keystore
        if path.is_file():
            return read_record(path, {"what": "names known"}, NamesKnown, keystore.identities("roster")).names
        names = tuple(sorted({name for name in self._gather(participant) if len(name) > 1}))
        if names:
            make_folder(self._folder)
            write_record(path, {"what": "names known"}, NamesKnown(names=names), keystore.recipient("roster"))
        return names

    def forget(self, participant: str) -> None:
        """Remove what was gathered; the roster does this when its own entry is gone."""
        remove(self._path(participant))

    def _path(self, participant: str) -> Path:
        text = f"erasing\0{participant}".encode()
        return self._folder / f"erasing.{hmac.new(self._keyring.names_key, text, hashlib.sha256).hexdigest()[:32]}.age"


def placeholder(participant: str) -> str:
    """How a participant is named in words that were kept de-identified."""
    return f"[{participant}]"


def name_spans(names: Sequence[str], text: str) -> list[tuple[int, int]]:
    """Where ``text`` names the person, whatever capitals and accents, in codepoints, half-open, in order.

    A name of one plain word counts only with a capital, because ``will`` and ``rose`` are words as well. A placeholder
    (``[P07]``) counts as it is written and with its brackets.
    """
    placeholders = [name for name in names if _PLACEHOLDER.fullmatch(name)]
    found = {match.span() for name in placeholders for match in re.finditer(re.escape(name), text)}
    whole = _folded(text)
    # Most turns name nobody: only where the letters of a name stand is the text taken apart.
    likely = [name for name in names if name not in placeholders and all(word in whole for word in _words(name))]
    if not likely:
        return sorted(found)
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    folded = [_folded(text[start:end]) for start, end in tokens]
    for name in likely:
        wanted = list(_words(name))
        for at in range(len(tokens) - len(wanted) + 1) if wanted else ():
            start, end = tokens[at][0], tokens[at + len(wanted) - 1][1]
            plain = len(wanted) == 1 and name.isalpha()
            if folded[at : at + len(wanted)] == wanted and not (plain and text[start].islower()):
                found.add((start, end))
    return sorted(found)


def blocked(text: str, spans: Sequence[tuple[int, int]], offset: int = 0) -> str:
    """``text`` with every codepoint inside ``spans`` replaced by ``█``; white space stays, so that words stay words.

    Args:
        offset: Where in the spans' own text ``text`` begins.
    """
    return "".join(
        BLOCK if not char.isspace() and any(start <= place < end for start, end in spans) else char
        for place, char in enumerate(text, start=offset)
    )


def scrubbed(names: Sequence[str], text: str) -> str:
    """``text`` with every way the person is named replaced by as many ``█``."""
    spans = name_spans(names, text)
    return blocked(text, spans) if spans else text


@lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(_folded(match.group()) for match in _TOKEN.finditer(name))


def _folded(text: str) -> str:
    if text.isascii():
        return text.casefold()
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)).casefold()
