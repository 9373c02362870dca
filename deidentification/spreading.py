"""Names that are surely names in some sentences are looked for in all others of the same texts.

"Pheebs" alone in a sentence tells a model nothing; where she is asked, thanked and quoted, it finds her. A single word
spreads where two sentences at least hold it as a name beyond doubt, and no less than a third of those in which its
capital says anything.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from deidentification.context import is_spoken_of
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.text import ORDINARY_ZIPF, View
from deidentification.words import NOBODYS, ROLE_WORDS, is_sound
from schemas.deidentified import Label

SOURCE = "again"
OFTEN = 2
SHARE = 1 / 3
LEAST_LETTERS = 3
NOT_SPREAD = NOBODYS | ROLE_WORDS
OTHERWISE = (Label.PLACE, Label.ORGANISATION)
"""What is a place or an employer in more sentences is no person's name."""


def spread(views: Sequence[View], spans: Sequence[Sequence[ModelSpan]]) -> list[list[ModelSpan]]:
    """Further persons of each text: single words that are names elsewhere in ``views``.

    Args:
        spans: What was found in each text and is plausible.
    """
    known = _known(views, spans)
    return [list(_again(view, known)) if known else [] for view in views]


def _known(views: Sequence[View], spans: Sequence[Sequence[ModelSpan]]) -> frozenset[str]:
    surely: Counter[str] = Counter()
    otherwise: Counter[str] = Counter()
    for view, found in zip(views, spans, strict=True):
        surely.update({view.tokens[i].folded for i in _sure(view, found)})
        otherwise.update({word for span in found if span.label in OTHERWISE for word in view.words(*span[:2])})
    often = {word for word, count in surely.items() if count >= OFTEN and count > otherwise[word]}
    seen = Counter(word for view in views for word in _capitals(view, often)) if often else Counter()
    return frozenset(word for word in often if surely[word] >= SHARE * seen[word])


def _capitals(view: View, words: set[str]) -> set[str]:
    """Those of ``words`` that stand in a text with a capital that says something, or where none would."""
    return {
        t.folded for i, t in enumerate(view.tokens) if t.folded in words and (view.careless or view.capital_inside(i))
    }


def _sure(view: View, found: Iterable[ModelSpan]) -> Iterable[int]:
    """Tokens that are a name beyond doubt: two recognisers say so, or one where a capital or the sentence does too."""
    persons = [span for span in found if span.label is Label.PERSON]
    for span in persons:
        covered = view.touching(span.start_char, span.end_char)
        others = [s for s in persons if s.source != span.source and s.meets(*span[:2])]
        for i in covered:
            if _may_spread(view.tokens[i].folded) and (others or view.capital_inside(i) or is_spoken_of(view, i)):
                yield i


def _may_spread(word: str) -> bool:
    return len(word) >= LEAST_LETTERS and word.isalpha() and word not in NOT_SPREAD and not is_sound(word)


def _again(view: View, known: frozenset[str]) -> Iterable[ModelSpan]:
    for i, token in enumerate(view.tokens):
        if token.folded in known and _stands(view, i):
            yield ModelSpan(token.start, token.end, Label.PERSON, SOURCE)


def _stands(view: View, index: int) -> bool:
    """Whether a known name stands at a token: with a capital that says so, or as a word that is nothing else."""
    if view.capital_inside(index) and not view.caseless:
        return True
    uncommon = view.commons[index] < ORDINARY_ZIPF
    return (uncommon and (view.careless or view.capital(index))) or is_spoken_of(view, index)
