"""Names that a recogniser was told to expect are heard once more without telling it: it may have put them in.

Told names make a recogniser hear them where they are said, and now and then where they are not. A name that is not
heard again in the same place stays in the words, and is marked: whose it is stays open until somebody has listened.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from metaphone import doublemetaphone
from rapidfuzz.distance import DamerauLevenshtein

from schemas.speech import Word
from transcription.names import fold, joined

AROUND_S = 5.0
"""Heard again on both sides of a name, so that the recogniser has a sentence to go by."""
SHIFT_S = 1.5
"""How far the times of two hearings lie apart at most."""
SPELT_ALIKE = 0.5
"""Spelling this near is the same name heard twice ("Aroha", "a row ha"), the words run together."""
SOUND_ALIKE = 0.75
"""So are consonants this near ("Conceição", "can see so")."""
SHORT, SHORT_ALIKE = 3, 0.75
"""Names of up to three letters must be spelt this near, whatever their sound: "in" is no "Ian"."""
PARTICLE = 2
"""Letters of the longest word inside a name ("La", "Te") that is not listened for."""
PIECES = 3
"""Words into which a name may fall that the recogniser does not know."""

_ELIDED = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)['’ʼ]", re.IGNORECASE)
"""What French puts before a name that begins with a vowel: "d'Amélie"."""

Hear = Callable[[float, float], Sequence[Word]]


def mark_prompted(
    words: Sequence[Word], names: Iterable[str], end_s: float, hear: Hear
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Mark the told names that are not heard without telling.

    Args:
        words: As heard, in time order.
        names: What the recogniser was told to expect.
        end_s: Where the recording ends.
        hear: Gives the words of a stretch, heard by itself without names.
    Returns:
        The words, and a flag ``prompted@`` (with the second) for each that is marked.
    """
    parts = {part for name in names for part in _parts(fold(name).split())}
    told = [number for number, word in enumerate(words) if _is_told(word, parts)]
    again = _hear_again([words[number] for number in told], end_s, hear)
    doubted = {number for number in told if not _is_heard(words[number], again)}
    marked = tuple(
        word.model_copy(update={"prompted": True}) if number in doubted else word for number, word in enumerate(words)
    )
    return marked, tuple(f"prompted@{words[number].start_s:.1f}" for number in sorted(doubted))


def _parts(words: Sequence[str]) -> list[str]:
    return [word for word in words if len(word) > PARTICLE or (len(word) > 1 and word in (words[0], words[-1]))]


def _is_told(word: Word, parts: set[str]) -> bool:
    """Whether a word is one of the told names: with a capital, as recognisers write names."""
    return any(text[:1].isupper() and any(part in parts for part in fold(text).split()) for text in _readings(word))


def _hear_again(words: Sequence[Word], end_s: float, hear: Hear) -> list[Word]:
    """What is heard around ``words``: each second once, and by itself where nothing was (a recogniser skips now and
    then what it was given with much else)."""
    again = [word for start, end in _stretches(words, end_s) for word in hear(start, end)]
    lost = [word for word in words if not _near(word, again)]
    return again + [heard for word in lost for start, end in _stretches([word], end_s) for heard in hear(start, end)]


def _stretches(words: Sequence[Word], end_s: float) -> list[tuple[float, float]]:
    """Where to listen again, in order, each second once."""
    stretches: list[tuple[float, float]] = []
    for word in words:
        start, end = max(0.0, word.start_s - AROUND_S), min(end_s, word.end_s + AROUND_S)
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(end, stretches[-1][1]))
        else:
            stretches.append((start, end))
    return stretches


def _near(word: Word, again: Sequence[Word]) -> list[Word]:
    """The words of the second hearing in the place of ``word``."""
    return [w for w in again if w.end_s >= word.start_s - SHIFT_S and w.start_s <= word.end_s + SHIFT_S]


def _is_heard(word: Word, again: Sequence[Word]) -> bool:
    """Whether the second hearing has something like a name in the same place, in one word or in pieces."""
    near = [joined(_unended(w.text)) for w in _near(word, again)]
    return any(
        _is_alike(joined(name), "".join(near[first : first + count]))
        for name in _readings(word)
        for first in range(len(near))
        for count in range(1, PIECES + 1)
    )


def _is_alike(name: str, heard: str) -> bool:
    if len(name) <= SHORT:
        return DamerauLevenshtein.normalized_similarity(name, heard) >= SHORT_ALIKE
    pairs = [(a, b) for a in doublemetaphone(name) for b in doublemetaphone(heard) if a and b]
    return DamerauLevenshtein.normalized_similarity(name, heard) >= SPELT_ALIKE or any(
        DamerauLevenshtein.normalized_similarity(a, b) >= SOUND_ALIKE for a, b in pairs
    )


def _readings(word: Word) -> tuple[str, str]:
    """A word without what its sentence puts around it, and also without a French elision before it."""
    bare = _unended(word.text.lstrip("\"'‘“«(¿¡"))
    return bare, _ELIDED.sub("", bare)


def _unended(text: str) -> str:
    """A word without what its sentence puts after it."""
    return text.rstrip(".,!?;:…\"'’”»)").removesuffix("'s").removesuffix("’s")
