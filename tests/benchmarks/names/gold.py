"""Texts with gold spans: who is named where, and how a text looks once a speech recogniser has written it."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

SLOT = re.compile(r"\{(\w+)\}")
ELISION = re.compile(r"\b(de|que|le) $", re.IGNORECASE)
VOWELS = "aeiouyàâäéèêëîïôöûüœh"
SPOKEN_AS_SPACE = "-–—"
KEPT_IN_WORDS = "'’ʻ"
HESITATIONS = {
    "en": ("um", "uh", "er", "you know", "I mean", "like", "sort of", "hmm"),
    "fr": ("euh", "ben", "bah", "enfin", "tu vois", "genre", "hein", "mmh"),
}


@dataclass(frozen=True)
class Gold:
    """What identifies somebody, at ``[start, end)`` codepoints.

    Args:
        label: ``PERSON``; ``HANDLE`` for the name of an account; otherwise what else it is, so that a mask there is
            not counted as one on bare words.
        participant: Whom of the roster it names; None for third parties and for what is no person.
        tags: Classes it is counted in, as ``form:first``.
    """

    start: int
    end: int
    label: str = "PERSON"
    participant: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Passage:
    """One text in one language with everything in it that is gold, in order."""

    text: str
    language: str = "en"
    gold: tuple[Gold, ...] = ()

    @property
    def words(self) -> int:
        """How many words it has, parted by spaces."""
        return len(self.text.split())


@dataclass(frozen=True)
class Said:
    """What is put in a slot of a template; without a label it is no gold."""

    text: str
    label: str | None = None
    participant: str | None = None
    tags: tuple[str, ...] = ()


def chance(seed: int) -> random.Random:
    """A source of chance that gives the same each time."""
    return random.Random(seed)  # noqa: S311 - made-up text, not keys


def fill(template: str, language: str, say: Callable[[str], Said]) -> Passage:
    """A template with each ``{slot}`` replaced by what ``say(slot)`` gives; French ``de {who}`` is elided."""
    text, gold = "", []
    for number, piece in enumerate(SLOT.split(template)):
        if number % 2 == 0:
            text += piece
            continue
        said = say(piece)
        if language == "fr" and said.text[:1].lower() in VOWELS:
            text = ELISION.sub(lambda found: found[1][:-1] + "'", text)
        if said.label:
            gold.append(Gold(len(text), len(text) + len(said.text), said.label, said.participant, said.tags))
        text += said.text
    return Passage(text, language, tuple(gold))


def joined(passages: list[Passage]) -> Passage:
    """Several sentences as one text, a space between them."""
    text, gold = "", []
    for passage in passages:
        at = len(text) + (1 if text else 0)
        text += (" " if text else "") + passage.text
        gold.extend(replace(one, start=one.start + at, end=one.end + at) for one in passage.gold)
    return Passage(text, passages[0].language, tuple(gold))


def capitalised(passage: Passage) -> Passage:
    """The text with a capital at its beginning, as a writer would put it."""
    return replace(passage, text=passage.text[:1].upper() + passage.text[1:])


def as_heard(passage: Passage) -> Passage:
    """As a recogniser without capitals and punctuation writes it: lower case, words parted by one space."""
    return _rewritten(passage, _heard_character, "case:lower")


def shouted(passage: Passage) -> Passage:
    """The text all in capitals, as captions often are."""
    return _rewritten(passage, lambda c: c.upper() if len(c.upper()) == 1 else c, "case:capitals")


def _heard_character(character: str) -> str:
    if character.isalnum() or character in KEPT_IN_WORDS:
        low = character.lower()
        return low if len(low) == 1 else character
    return " " if character.isspace() or character in SPOKEN_AS_SPACE else ""


def _rewritten(passage: Passage, rewrite: Callable[[str], str], tag: str) -> Passage:
    text, places = "", []
    for character in passage.text:
        places.append(len(text))
        new = rewrite(character)
        text += "" if new == " " and (not text or text[-1] == " ") else new
    places.append(len(text))
    moved = [replace(g, start=places[g.start], end=places[g.end], tags=(*g.tags, tag)) for g in passage.gold]
    return Passage(text, passage.language, tuple(_trimmed(text, g) for g in moved if g.start < g.end))


def _trimmed(text: str, gold: Gold) -> Gold:
    start, end = gold.start, gold.end
    while end > start and text[end - 1] == " ":
        end -= 1
    while start < end and text[start] == " ":
        start += 1
    return replace(gold, start=start, end=end)


def hesitant(passage: Passage, rng: random.Random, share: float = 0.15) -> Passage:
    """The text as it is said without a script: filled pauses and words begun twice, never inside a name."""
    text, gold, position = "", [], 0
    starts = {g.start: g for g in passage.gold}
    inside = [range(g.start + 1, g.end) for g in passage.gold]
    for match in re.finditer(r"\S+\s*", passage.text):
        piece, begin = match.group(), match.start()
        if position and rng.random() < share and not any(begin in span for span in inside):
            again = piece.strip() if piece.strip().isalpha() and len(piece) < 6 and begin not in starts else ""
            pause = again if again and rng.random() < 0.4 else rng.choice(HESITATIONS[passage.language])
            text += f"{pause} " if again == pause else f"{pause}, "
        shift = len(text) - begin
        gold.extend(replace(g, start=g.start + shift) for at, g in starts.items() if begin <= at < match.end())
        text += piece
        position = match.end()
    ends = [one.start + (old.end - old.start) for one, old in zip(gold, passage.gold, strict=True)]
    return Passage(text, passage.language, tuple(replace(g, end=e) for g, e in zip(gold, ends, strict=True)))
