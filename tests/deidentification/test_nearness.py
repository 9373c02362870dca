"""The search for names that come near a word finds what comparing it with every name finds."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from deidentification.recognizers.nearness import Form, Near, NearIndex, judge

LETTERS = "abcdefghiklmnoprstuvyz"
NAMES = st.lists(st.text(alphabet=LETTERS, min_size=3, max_size=9), min_size=1, max_size=3)


def form(number: int, tokens: list[str]) -> Form:
    return Form("".join(tokens), f"P{number}", "full" if len(tokens) > 1 else "last", tuple(tokens))


def slowly(words: list[str], forms: list[Form]) -> dict[str, set[Near]]:
    """What the index must find: every word judged against every form."""
    found: dict[str, set[Near]] = {}
    for word in words:
        for one in forms:
            near = judge(word, one, DamerauLevenshtein.normalized_similarity(word, one.joined))
            if near is not None:
                found.setdefault(word, set()).add(near)
    return found


def misspelt(name: str, seed: int) -> str:
    """``name`` with up to four letters wrong: others, missing, doubled or swapped."""
    rng = random.Random(seed)  # noqa: S311 - made-up words, the same each time
    letters = list(name)
    for _ in range(rng.randrange(5)):
        at = rng.randrange(len(letters))
        kind = rng.randrange(4)
        if kind == 0:
            letters[at] = rng.choice(LETTERS)
        elif kind == 1 and len(letters) > 3:
            del letters[at]
        elif kind == 2:
            letters.insert(at, rng.choice(LETTERS))
        elif at:
            letters[at - 1], letters[at] = letters[at], letters[at - 1]
    return "".join(letters)


@given(
    st.lists(NAMES, min_size=1, max_size=12),
    st.integers(0, 10_000),
    st.lists(st.text(string.ascii_lowercase + "éłあ", min_size=3, max_size=20), max_size=5),
)
def test_nothing_is_missed_that_comparing_with_every_name_finds(
    names: list[list[str]], seed: int, further: list[str]
) -> None:
    forms = [form(number, tokens) for number, tokens in enumerate(names)]
    words = sorted({*(misspelt(one.joined, seed + i) for i, one in enumerate(forms)), *further})
    found = NearIndex.of(forms).near(words)
    assert {word: set(near) for word, near in found.items()} == slowly(words, forms)


def test_an_index_of_nobody_finds_nothing() -> None:
    assert NearIndex.of([]).near(["aroha"]) == {}
    assert NearIndex.of([form(1, ["aroha"])]).near([]) == {}


@pytest.mark.parametrize(("word", "only_by_sound"), [("phillipps", False), ("filips", True)])
def test_a_word_that_only_sounds_like_a_name_is_said_to(word: str, only_by_sound: bool) -> None:
    (near,) = NearIndex.of([form(1, ["phillips"])]).near([word])[word]
    assert near.sound_only is only_by_sound
