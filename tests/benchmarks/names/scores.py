"""What is measured: tokens as presidio-evaluator counts them, whole names, false alarms, the right person.

A system gives masks per text; a mask is what it would hide, whatever it calls it. A name counts as fully covered where
every character of it but spaces is hidden under any label, because hidden is hidden; precision, recall and F2 count
only what is called a person.
"""

import math
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

from deidentification.text import words_set
from tests.benchmarks.names.gold import Gold, Passage

BETA = 2.0
SKIPPED = words_set("""
    's street st. st de rue via and a the or do as of day address country state city zip po apt unit corner p.o. box
    suite mr. mrs. miss year years y/o month months old morning noon afternoon night evening this first last week weeks
    weekend days age ago inc inc. ltd >> >>> >>>> >>>>> >>>>>>
    """) | frozenset(string.punctuation)
"""Tokens that presidio-evaluator 0.3.2 leaves out where gold and mask differ, beside spaCy's English stop words."""


@dataclass(frozen=True)
class Mask:
    """What a system would hide at ``[start, end)``.

    Args:
        person: Whether it is taken for a person's name.
        people: Whom of the roster it may name; () for nobody.
        sure: Whether those people are named, not only masked as doubtful.
    """

    start: int
    end: int
    person: bool
    people: tuple[str, ...] = ()
    sure: bool = False


@dataclass
class Scores:
    """Counts over many texts, and what they come to."""

    words: int = 0
    true_tokens: int = 0
    gold_tokens: int = 0
    masked_tokens: int = 0
    names: int = 0
    covered: int = 0
    touched: int = 0
    false_words: int = 0
    other_masks: int = 0
    roster_masks: int = 0
    of_roster: int = 0
    named: int = 0
    right: int = 0
    wrong: int = 0
    classes: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Of the tokens masked as a person, those that are."""
        return _share(self.true_tokens, self.masked_tokens)

    @property
    def recall(self) -> float:
        """Of the tokens of persons, those masked as one."""
        return _share(self.true_tokens, self.gold_tokens)

    @property
    def f2(self) -> float:
        """Precision and recall together, recall weighing twice as much."""
        below = BETA**2 * self.precision + self.recall
        return (1 + BETA**2) * self.precision * self.recall / below if below > 0 else math.nan

    def figures(self) -> dict[str, float | int | None]:
        """All figures; None where there was nothing to count."""
        made = {
            "precision": self.precision, "recall": self.recall, "f2": self.f2,
            "covered": _share(self.covered, self.names), "touched": _share(self.touched, self.names),
            "false_words_per_1000": _share(1000 * self.false_words, self.words),
            "other_masks_per_1000": _share(1000 * self.other_masks, self.words),
            "roster_masks_per_1000": _share(1000 * self.roster_masks, self.words),
            "right_person": _share(self.right, self.of_roster if self.named else 0),
            "wrong_person": _share(self.wrong, self.of_roster if self.named else 0),
        }  # fmt: skip
        return {"words": self.words, "names": self.names} | {
            name: None if math.isnan(value) else round(value, 4) for name, value in made.items()
        }


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def score(passages: Sequence[Passage], masks: Sequence[Sequence[Mask]]) -> Scores:
    """Everything counted over ``passages`` and the masks of each."""
    total = Scores()
    for passage, found in zip(passages, masks, strict=True):
        total.words += passage.words
        _count_tokens(total, passage, found)
        _count_names(total, passage, found)
        _count_alarms(total, passage, found)
    return total


@cache
def tokens(text: str) -> tuple[tuple[int, int], ...]:
    """spaCy's English tokens, as presidio-evaluator's models have them."""
    return tuple((token.idx, token.idx + len(token.text)) for token in _tokenizer()(text))


@lru_cache(maxsize=1)
def _tokenizer():
    import spacy

    return spacy.blank("en")


@lru_cache(maxsize=1)
def _skipped() -> frozenset[str]:
    from spacy.lang.en.stop_words import STOP_WORDS

    return SKIPPED | frozenset(STOP_WORDS) | {""}


def _count_tokens(total: Scores, passage: Passage, masks: Sequence[Mask]) -> None:
    gold = [(g.start, g.end) for g in passage.gold if g.label == "PERSON"]
    said = [(m.start, m.end) for m in masks if m.person]
    for start, end in tokens(passage.text):
        is_gold, is_masked = _tagged(start, end, gold), _tagged(start, end, said)
        if is_gold != is_masked and passage.text[start:end].lower().strip() in _skipped():
            continue
        total.gold_tokens += is_gold
        total.masked_tokens += is_masked
        total.true_tokens += is_gold and is_masked


def _tagged(start: int, end: int, spans: Iterable[tuple[int, int]]) -> bool:
    """Whether a span has the token: its beginning lies in the span, or the span lies in the token."""
    return any(s <= start < e or (start <= s <= end and start <= e <= end) for s, e in spans)


def _count_names(total: Scores, passage: Passage, masks: Sequence[Mask]) -> None:
    hidden = {place for mask in masks for place in range(mask.start, mask.end)}
    for gold in passage.gold:
        if gold.label in ("PERSON", "HANDLE"):
            letters = [p for p in range(gold.start, gold.end) if not passage.text[p].isspace()]
            covered, touched = all(p in hidden for p in letters), any(p in hidden for p in letters)
            right, wrong = _whose(gold, masks)
            if gold.label == "PERSON":
                _add(total, gold, covered, touched, right, wrong)
            for tag in ("all", *gold.tags):
                counts = {"names": 1, "covered": covered, "touched": touched, "right": right, "wrong": wrong}
                total.classes.setdefault(tag, Counter()).update({**counts, "of_roster": gold.participant is not None})


def _add(total: Scores, gold: Gold, covered: bool, touched: bool, right: bool, wrong: bool) -> None:
    total.names += 1
    total.covered += covered
    total.touched += touched
    total.of_roster += gold.participant is not None
    total.right += right
    total.wrong += wrong


def _whose(gold: Gold, masks: Sequence[Mask]) -> tuple[bool, bool]:
    """Whether a mask on the name names the right person, and whether one names only others."""
    if gold.participant is None:
        return False, False
    named = [m for m in masks if m.people and m.sure and m.start < gold.end and gold.start < m.end]
    right = any(gold.participant in mask.people for mask in named)
    return right, bool(named) and not right


def _count_alarms(total: Scores, passage: Passage, masks: Sequence[Mask]) -> None:
    persons = [g for g in passage.gold if g.label in ("PERSON", "HANDLE")]
    for mask in masks:
        total.named += bool(mask.people)
        if not mask.person:
            continue
        total.false_words += sum(
            1 for start, end in _words(passage.text, mask) if not any(_meet(start, end, g) for g in passage.gold)
        )
        total.other_masks += not any(_meet(mask.start, mask.end, g) for g in persons)
        known = [g for g in persons if g.participant is not None]
        total.roster_masks += bool(mask.people) and not any(_meet(mask.start, mask.end, g) for g in known)


def _meet(start: int, end: int, gold: Gold) -> bool:
    return start < gold.end and gold.start < end


def _words(text: str, mask: Mask) -> list[tuple[int, int]]:
    """The words of ``text``, parted by spaces, that a mask hides letters of."""
    words, start = [], mask.start
    for place in range(mask.start, mask.end + 1):
        if place == mask.end or text[place].isspace():
            if any(c.isalnum() for c in text[start:place]):
                words.append((start, place))
            start = place + 1
    return words


def hidden_text(text: str, masks: Iterable[Mask]) -> str:
    """``text`` with each mask replaced by a tag, as it would be released."""
    shown, position = [], 0
    for mask in sorted(masks, key=lambda m: (m.start, -m.end)):
        if mask.start >= position:
            shown.append(text[position : mask.start] + ("[PERSON]" if mask.person else "[OTHER]"))
        position = max(position, mask.end)
    return "".join([*shown, text[position:]])
