"""Words that only sound like a name: where a person listens, after somebody's names were removed."""

from collections.abc import Iterable

from deidentification.recognizers.sounds import first_consonant, metaphones, sound_key
from deidentification.text import is_ordinary, tokens_of
from schemas.speech import Attributed

_SHORTEST = 4


def sound_alikes(attributed: Attributed, names: Iterable[str]) -> list[float]:
    """Where something sounds like one of ``names`` and is none of them.

    Args:
        attributed: A session's turns, the names themselves already removed.
        names: As the roster has them.
    Returns:
        Seconds from the session's start, one for each such word, in order. An ordinary word is none.
    """
    parts = {token.folded for name in names for token in tokens_of(name) if len(token.folded) >= _SHORTEST}
    sounds = [(metaphones(part), sound_key(part), first_consonant(part)) for part in parts]
    return [
        word.start_s
        for utterance in attributed.utterances
        for word in utterance.words
        if any(_sounds(token.folded, sounds) for token in tokens_of(word.text) if token.folded not in parts)
    ]


def _sounds(word: str, sounds: Iterable[tuple[frozenset[str], str, str]]) -> bool:
    if len(word) < _SHORTEST or is_ordinary(word):
        return False
    mine = (metaphones(word), sound_key(word), first_consonant(word))
    return any(
        mine[2] == first and (mine[1] == key or bool(mine[0] & codes)) and len(key) > 1 for codes, key, first in sounds
    )
