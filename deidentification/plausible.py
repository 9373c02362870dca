"""Which of the models' finds are worth hiding: what they take for names in every other sentence, and is none.

Models are run so that they miss little, and so take much for a name. How much one needs to be believed depends on how
the word stands there: a capital inside a sentence says much, at its beginning nothing; a word without one is no name in
a text that has capitals where names and sentences have them. The figures were set on the dialogue of a television show
and on short messages with people's own spelling, neither of which names anybody a study would.
"""

from collections.abc import Sequence

from deidentification.context import is_spoken_of
from deidentification.recognizers.called import SOURCE as CALLED
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.text import ORDINARY_ZIPF, View, is_ordinary, is_word_of_one_language
from deidentification.words import (
    GIVEN_NAMES,
    GREETING_PHRASES,
    GREETINGS,
    NOBODYS,
    ROLE_WORDS,
    STREETS,
    TELLING,
    TITLES,
    is_sound,
    is_wide_place,
)
from schemas.deidentified import Label

_TRIMMED = NOBODYS | GREETINGS | ROLE_WORDS
SURE = 0.9
LIKELY = 0.5
EVERYDAY_ZIPF = 4.7
INSIDE = ("in", "near")


def plausible(view: View, spans: Sequence[ModelSpan]) -> list[ModelSpan]:
    """Those of ``spans`` that are worth hiding, all patterns among them, and places called so that models misjudged."""
    kept = (span for span in spans if span.source == "pattern" or _is_something(view, span, spans))
    return [_inside(view, _street(view, span)) for span in kept]


def _is_something(view: View, span: ModelSpan, spans: Sequence[ModelSpan]) -> bool:
    covered = view.touching(span.start_char, span.end_char)
    if all(is_sound(view.tokens[i].folded) or view.tokens[i].folded in NOBODYS for i in covered) or _greets(
        view, covered
    ):
        return False
    if span.label is Label.PERSON:
        left = [i for i in covered if view.tokens[i].folded not in _TRIMMED]
        return len(left) != 1 or _is_name(view, left[0], spans)
    if span.label not in (Label.PLACE, Label.ORGANISATION):
        return True
    return not (_wide(view.text, span) or _uncapitalised(view, covered) or _just_begins(view, span, covered, spans))


def _is_name(view: View, index: int, spans: Sequence[ModelSpan]) -> bool:
    """Whether a single word that models take for a person is believed to be one."""
    token = view.tokens[index]
    over = [s for s in spans if s.label is Label.PERSON and s.meets(token.start, token.end)]
    score = max((s.score for s in over if s.source == "rampart"), default=0.0)
    agreed = len({s.source for s in over}) > 1
    if view.capital_inside(index) and not view.caseless:
        return True
    zipf = view.commons[index]
    everyday = zipf >= EVERYDAY_ZIPF and not view.capital(index) and token.folded not in GIVEN_NAMES
    if not everyday and (is_spoken_of(view, index) or (index > 0 and view.tokens[index - 1].folded in TITLES)):
        return True
    if view.capital(index) and not view.caseless:
        return agreed or zipf < ORDINARY_ZIPF or score >= SURE or token.folded in GIVEN_NAMES or _told_of(view, index)
    if not view.careless or everyday:
        return score >= SURE if view.careless else agreed and score >= LIKELY
    return agreed or zipf < ORDINARY_ZIPF or token.folded in GIVEN_NAMES or score >= LIKELY


def _told_of(view: View, index: int) -> bool:
    """Whether what follows token ``index`` tells what somebody does: "Pierre dit oui"."""
    following = index + 1
    return following < len(view.tokens) and view.joins[following] and view.tokens[following].folded in TELLING


def _uncapitalised(view: View, covered: range) -> bool:
    """Whether ordinary words without a capital are taken for a place or employer where names have capitals."""
    return not view.caseless and all(view.word(i).islower() and is_ordinary(view.word(i)) for i in covered)


def _just_begins(view: View, span: ModelSpan, covered: range, spans: Sequence[ModelSpan]) -> bool:
    """Whether one model took a word for a name only because it begins a sentence, as far as that can be told."""
    if len(covered) != 1 or not (view.caseless or (span.source == "spacy" and view.starts[covered[0]])):
        return False
    overlapping = [s for s in spans if s.meets(*span[:2])]
    agreed = any(other.source != span.source for other in overlapping)
    return not agreed and is_word_of_one_language(view.word(covered[0]))


def _greets(view: View, covered: range) -> bool:
    for phrase in GREETING_PHRASES:
        for first in range(max(covered.stop - len(phrase), 0), covered.start + 1):
            if tuple(token.folded for token in view.tokens[first : first + len(phrase)]) == phrase:
                return True
    return False


def _wide(text: str, span: ModelSpan) -> bool:
    return span.label is Label.PLACE and is_wide_place(text[span.start_char : span.end_char])


def _street(view: View, span: ModelSpan) -> ModelSpan:
    """A street that a model takes for an address is a place, unless the number of a house stands before it."""
    covered = view.touching(span.start_char, span.end_char)
    if span.label is not Label.CONTACT or span.source == "pattern" or not covered:
        return span
    beside = {view.tokens[i].folded for i in (covered.start - 1, *covered) if i >= 0}
    street = view.tokens[covered[0]].folded in STREETS or view.tokens[covered[-1]].folded in STREETS
    return span._replace(label=Label.PLACE) if street and not any(map(str.isdigit, beside)) else span


def _inside(view: View, span: ModelSpan) -> ModelSpan:
    """What a model takes for a person and somebody is in is a place ("in Kamloops"), but not "in Kim's words"."""
    covered = view.touching(span.start_char, span.end_char)
    if span.label is not Label.PERSON or not covered or covered.start == 0 or span.source == CALLED:
        return span
    before = view.tokens[covered.start - 1].folded
    owns = view.text[span.end_char : span.end_char + 2].lower() in ("'s", "’s", "s'", "s’")
    return span._replace(label=Label.PLACE) if before in INSIDE and view.joins[covered.start] and not owns else span
