"""Display names of a session's voices as names to search for: of guests, and further ones of participants."""

import re
from collections.abc import Iterable, Sequence

from deidentification.recognizers.roster_index import RosterIndex, name_words
from deidentification.text import tokens_of
from deidentification.words import COMPANY_WORDS, PLACEHOLDERS, ROLE_WORDS
from schemas.roster import MatchingTable, Person
from schemas.speech import Voice

_ASIDE = re.compile(r"[(\[{<|].*| [-–—] .*|,.*")
_SEVERAL = re.compile(r" (?:and|et|&|\+) |[&/;+]")
LONGEST = 4
"""Words of a display name; more are rather a sentence or the name of a room."""


def with_voices(table: MatchingTable, voices: Sequence[Voice]) -> tuple[MatchingTable, MatchingTable]:
    """Names that only the voices' labels tell.

    Words of a label that are names in the roster stay the roster's: a label "Mark B" makes nobody else of Mark.

    Returns:
        ``table`` with labels that a person mapped to participants as further names of theirs; and guests: a person for
        each label that is nobody's, whose id means nothing outside this table.
    """
    index = RosterIndex.of(table)
    further: dict[str, list[str]] = {}
    guests: dict[str, None] = {}
    for voice in voices:
        for name in _names(voice.label, index):
            if voice.participant is None:
                guests[name] = None
            elif voice.method == "map":
                further.setdefault(voice.participant, []).append(name)
    people = tuple(_with_names(person, further.get(person.participant, ())) for person in table.people)
    strangers = (
        Person(participant=f"P{number}", full_name=name, secret="") for number, name in enumerate(guests, start=1)
    )
    return MatchingTable(people=people), MatchingTable(people=tuple(strangers))


def _with_names(person: Person, names: Sequence[str]) -> Person:
    if not names:
        return person
    return person.model_copy(update={"aliases": tuple(dict.fromkeys((*person.aliases, *names)))})


def _names(label: str, index: RosterIndex) -> Iterable[str]:
    """Names of people in a label, without what stands beside a name there (pronouns, employers, devices)."""
    label = label.split("@")[0].replace(".", " ") if "@" in label.strip("@ ") else label
    parts = _SEVERAL.split(_ASIDE.sub("", label)) if _ASIDE.sub("", label).strip() else []
    if not any(_kept(part) for part in parts):
        parts = re.split(r"[-–—|()\[\]]", label)
    for part in parts:
        words = _kept(part)
        strange = [word for word in words if not _in_roster(word, index)]
        if not strange or len(words) > LONGEST:
            continue
        yield from [" ".join(words)] if strange == words else strange


def _kept(part: str) -> list[str]:
    words = (re.sub(r"['’]s$", "", word) for word in name_words(part))
    return [word for word in words if _is_name(word)]


def _is_name(word: str) -> bool:
    folded = [token.folded for token in tokens_of(word)]
    letters = "".join(folded)
    return sum(c.isalpha() for c in letters) > 1 and not all(
        piece in PLACEHOLDERS or piece in ROLE_WORDS or piece in COMPANY_WORDS or piece.isdigit() for piece in folded
    )


def _in_roster(word: str, index: RosterIndex) -> bool:
    folded = [token.folded for token in tokens_of(word)]
    return "".join(folded) in index.exact or all(piece in index.exact for piece in folded)
