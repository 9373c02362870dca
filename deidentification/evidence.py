"""Whether a single word that is somebody's name part, and an ordinary word too, stands there as a name."""

from deidentification.context import is_spoken_of
from deidentification.text import ORDINARY_ZIPF, View
from deidentification.words import GIVEN_NAMES, MONTHS, NOT_AFTER_NAMES, PROPER_WORDS, SHORT_MONTHS, TELLING

_MONTHS = MONTHS | SHORT_MONTHS


def stands_in_date(view: View, index: int) -> bool:
    """Whether token ``index`` is a month beside a day or year: May is no person in "3 May"."""
    if view.tokens[index].folded not in _MONTHS:
        return False
    beside = [i for i in (index - 1, index + 1) if 0 <= i < len(view.tokens)]
    return any(view.tokens[i].folded[0].isdigit() for i in beside)


def counts_for_gate(view: View, index: int) -> bool:
    """The leak gate's rule for single parts: no ordinary word, or a capital inside a sentence."""
    if view.commons[index] < ORDINARY_ZIPF:
        return True
    return view.capital_inside(index) and not stands_in_date(view, index)


def is_name_here(view: View, index: int, *, first: bool = False) -> bool:
    """Whether token ``index``, some participant's name part, stands there as a name.

    All that ``counts_for_gate`` counts, and more: frequent given names in any case; at the start of a sentence a name
    that is called or spoken of; and, whatever the case, what the words around show to be a name (``context``).

    Args:
        first: Whether it is a first name: at the start of a sentence those are names unless what follows tells
            otherwise ("Will you"), last names only if what follows tells so ("Brown said", but "Young people").
    """
    if counts_for_gate(view, index):
        return True
    word = view.tokens[index].folded
    if word in GIVEN_NAMES or (view.caseless and word in PROPER_WORDS):
        return True
    if stands_in_date(view, index):
        return False
    if view.starts[index] and view.capital(index) and _called_or_told_of(view, index, first):
        return True
    return is_spoken_of(view, index)


def _called_or_told_of(view: View, index: int, first: bool) -> bool:
    after = view.text[view.tokens[index].end : view.tokens[index].end + 2]
    following = view.tokens[index + 1].folded if index + 1 < len(view.tokens) else ""
    if after[:1] != " " or not following:
        return after[:1] != "-"
    return following in TELLING or (first and following not in NOT_AFTER_NAMES)
