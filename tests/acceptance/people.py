"""Who is in the demo study and by which names each of them could be known, told from its sheets alone."""

import csv
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from wordfreq import zipf_frequency

from tests.acceptance.laboratory import DEMO

RARE = 3.5
"""Zipf frequency below which a single name part is no English or French word."""


@dataclass(frozen=True)
class Someone:
    """One participant of the demo, as the roster writes them."""

    participant: str
    full_name: str
    first_name: str
    aliases: tuple[str, ...]
    former_names: tuple[str, ...]
    email: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Single parts of the full and former names that are no common word."""
        parts = [part for name in (self.full_name, *self.former_names) for part in name.split()]
        return tuple(dict.fromkeys(part for part in parts if is_rare(part)))

    def forbidden(self, level: str) -> set[str]:
        """Names that must not stand where this person is shown at ``level`` or spoken of."""
        always = {self.email, *self.former_names, *self._former_parts()}
        if level == "named":
            return always
        below = always | {self.full_name, *self.aliases, *self.parts}
        return below - {self.first_name} if level == "first_name" else below | {self.first_name}

    def _former_parts(self) -> set[str]:
        current = set(self.full_name.split())
        return {part for name in self.former_names for part in name.split() if part not in current}


def is_rare(word: str) -> bool:
    """Whether a name part can be nothing but a name."""
    return max(zipf_frequency(word, "en"), zipf_frequency(word, "fr")) < RARE


def plain(text: str) -> str:
    """Lower case, without accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def stands_in(name: str, text: str) -> bool:
    """Whether ``name`` stands in ``text``: a rare one inside words too; one that is also a word, with its capital."""
    if is_rare(name) and len(name) >= 5:
        return plain(name) in plain(text)
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def everybody() -> dict[str, Someone]:
    """The demo's roster."""
    with (DEMO / "roster.csv").open(encoding="utf-8", newline="") as file:
        return {row["participant"]: _someone(row) for row in csv.DictReader(file)}


def levels_in(plan: dict[str, Any], session: str, *, later: bool) -> dict[str, str]:
    """Participant to expected level in a session, before or after the withdrawal."""
    levels = {participant: by_session[session] for participant, by_session in plan["expected"]["levels"].items()}
    return levels | plan["expected"]["after_later"]["levels"] if later else levels


def _someone(row: dict[str, str]) -> Someone:
    return Someone(
        participant=row["participant"],
        full_name=row["full_name"],
        first_name=row["full_name"].split()[0],
        aliases=tuple(filter(None, row["aliases"].split(";"))),
        former_names=tuple(filter(None, row["former_names"].split(";"))),
        email=row["email"],
    )
