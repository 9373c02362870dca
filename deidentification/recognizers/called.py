"""Names that no model knows: given names, and words of no dictionary that are used as names are used.

Models learn from names that are written about. A name they never met is still said as names are said ("thanks Wairoa",
"over to you Nokomis", "Esjar: what a day"), so a word that is in no dictionary is taken for a name there.
"""

import re
from collections.abc import Iterator

from deidentification.context import is_addressed, is_spoken_of
from deidentification.given_names import given_names
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.text import ORDINARY_ZIPF, View
from deidentification.words import COURTESY, GIVEN_NAMES, NOBODYS, PARTICLES, ROLE_WORDS, TITLES, is_sound, undrawn
from schemas.deidentified import Label

SOURCE = "called"
LEAST_LETTERS = 3
FRENCH_WORDS = frozenset({"ben"})
"""Given names that are words of every French sentence."""
CAPITAL_ZIPF = 4.3
"""With a capital inside a sentence a given name up to this common is one."""
_LABELLED = re.compile(r" ?:(?=\s)")


def find_called(view: View) -> list[ModelSpan]:
    """Given names in ``view``, uncommon words that stand where a person's name stands, and names with an initial."""
    tokens = view.tokens
    found = [
        ModelSpan(token.start, tokens[_with_particles(view, i)].end, Label.PERSON, SOURCE)
        for i, token in enumerate(tokens)
        if (view.careless or view.capital(i)) and (_is_given(view, i) or _is_used_as_name(view, i))
    ]
    found.extend(_titled(view))
    initialled = (i for i in range(1, len(tokens) - 1) if _is_initial(view, i))
    return found + [ModelSpan(tokens[i - 1].start, tokens[i + 1].end, Label.PERSON, SOURCE) for i in initialled]


def _with_particles(view: View, index: int) -> int:
    """The last token of a name that goes on from token ``index`` with particles and a word of no dictionary."""
    last = index + 1
    while last < len(view.tokens) and view.joins[last] and view.tokens[last].folded in PARTICLES:
        last += 1
    goes_on = index + 1 < last < len(view.tokens) and view.joins[last] and view.commons[last] < ORDINARY_ZIPF
    return last if goes_on else index


def _titled(view: View) -> Iterator[ModelSpan]:
    """Names after a form of address or a title: the words with a capital, and what stands between them in names."""
    for index in range(len(view.tokens) - 1):
        if not _is_title(view, index) or not _may_follow_title(view, index):
            continue
        stop = index + 2
        while stop < len(view.tokens) and view.joins[stop] and (view.capital(stop) or _is_particle(view, stop)):
            stop += 1
        while not view.capital(stop - 1):
            stop -= 1
        yield ModelSpan(view.tokens[index + 1].start, view.tokens[stop - 1].end, Label.PERSON, SOURCE)


def _is_title(view: View, index: int) -> bool:
    """Whether a token is a title or form of address; "M." and "Me" only as they are written in French."""
    word = view.tokens[index].folded
    if word in ("m", "mm"):
        return view.word(index).isupper() and view.gap(index + 1).startswith(".")
    return view.word(index) == "Me" and not view.starts[index] if word == "me" else word in TITLES


def _may_follow_title(view: View, index: int) -> bool:
    following = view.tokens[index + 1].folded
    if not (view.joins[index + 1] or view.gap(index + 1) == ". ") or not view.capital(index + 1) or len(following) < 2:
        return False
    if following in NOBODYS or following in ROLE_WORDS:
        return False
    return view.tokens[index].folded in COURTESY or view.commons[index + 1] < ORDINARY_ZIPF


def _is_particle(view: View, index: int) -> bool:
    """Whether a token is a particle inside a name: one that a word with a capital follows."""
    following = index + 1
    return (
        view.tokens[index].folded in PARTICLES
        and following < len(view.tokens)
        and view.joins[following]
        and (view.capital(following) or _is_particle(view, following))
    )


def _is_initial(view: View, index: int) -> bool:
    """Whether a letter stands between two names ("Oyelaran F. Adisa"): capitals, one of them of no dictionary."""
    letter = view.tokens[index]
    if letter.end - letter.start != 1 or letter.folded == "i" or not (view.joins[index] and view.joins[index + 1]):
        return False
    beside = (index - 1, index + 1)
    words = all(len(view.tokens[i].folded) > 1 and view.tokens[i].folded.isalpha() for i in beside)
    uncommon = any(view.commons[i] < ORDINARY_ZIPF for i in beside)
    return words and uncommon and all(view.capital(i) for i in (*beside, index))


def _is_given(view: View, index: int) -> bool:
    word = view.tokens[index].folded
    word = undrawn(word)
    if word in GIVEN_NAMES:
        return word not in FRENCH_WORDS or view.language != "fr" or view.capital(index)
    if len(word) < LEAST_LETTERS or word not in given_names() or word in NOBODYS:
        return False
    limit = CAPITAL_ZIPF if view.capital_inside(index) and not view.caseless else ORDINARY_ZIPF
    return view.commons[index] < limit


def _is_used_as_name(view: View, index: int) -> bool:
    word = view.tokens[index].folded
    if len(word) < LEAST_LETTERS or not word.isalpha() or word in NOBODYS or is_sound(word):
        return False
    if view.commons[index] >= ORDINARY_ZIPF:
        return word in given_names() and is_spoken_of(view, index)
    return is_spoken_of(view, index) or is_addressed(view, index) or _labels(view, index)


def _labels(view: View, index: int) -> bool:
    """Whether a word with a capital labels what somebody says, as in a script: it begins a line before a colon."""
    begins = index == 0 or "\n" in view.gap(index)
    return begins and view.capital(index) and _LABELLED.match(view.text, view.tokens[index].end) is not None
