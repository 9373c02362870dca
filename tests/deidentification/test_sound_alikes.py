"""Words that sound like somebody's name are pointed at, and everyday words are left in peace."""

import pytest

from deidentification.api import sound_alikes
from schemas.speech import Attributed, Utterance, UtteranceWord, Voice


def said(text: str) -> Attributed:
    """One turn, a word a second."""
    words = tuple(UtteranceWord(text=word, start_s=at, end_s=at + 0.9) for at, word in enumerate(text.split()))
    turn = Utterance(utterance="u1", voice=0, start_s=0, end_s=len(words), words=words)
    return Attributed(voices=(Voice(label=""),), utterances=(turn,))


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("Maribel Quist", "so marabelle said the ferry", [1]),
        ("Maribel Quist", "so Marybell, said Kwist", [1, 3]),
        ("Aurélie Fontanel", "then orelly fontenel came", [1, 2]),
        ("Maribel Quist", "the marble table is a quest for others", []),
        ("Maribel Quist", "nobody here", []),
        ("Bo Li", "bow lee", []),
    ],
)
def test_what_sounds_like_a_name_is_pointed_at(name: str, text: str, where: list[int]) -> None:
    assert sound_alikes(said(text), [name]) == where


def test_the_names_themselves_are_not_what_is_looked_for() -> None:
    assert sound_alikes(said("Maribel Quist"), ["Maribel Quist"]) == []
