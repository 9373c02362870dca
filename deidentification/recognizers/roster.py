"""Participants' names as people and recognisers write them: exact, misspelt, split, joined, without capitals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from deidentification.evidence import common, is_name_here
from deidentification.recognizers.roster_index import PARTICLES, SPELLING, Form, Near, RosterIndex
from deidentification.text import ORDINARY_ZIPF, View
from deidentification.words import FILLERS, GIVEN_NAMES, GREETINGS, MONTHS, ROLE_WORDS
from schemas.deidentified import Certainty, Find, Label

CAPITAL_ZIPF = 4.7
"""With a capital inside a sentence a word up to this common may be a misspelt name."""
KNOWN_ZIPF = 3.0
"""A word this common is hardly a misspelling: what comes near a name is masked, but names nobody."""
NEAR_SPELLING = 0.85
FUZZY_WINDOW = 4
EXACT_WINDOW = 7
FULL_BONUS = 0.3
"""A full name a little misspelt beats an exact first name inside it."""
NEVER_FUZZY = FILLERS | GREETINGS | ROLE_WORDS | MONTHS


class Window(NamedTuple):
    """Tokens ``[first, stop)`` of one text, folded and joined."""

    first: int
    stop: int
    joined: str


@dataclass(frozen=True)
class Hit:
    """A window that is, or may be, some participants' name."""

    window: Window
    people: tuple[str, ...]
    part: str
    certainty: Certainty
    score: float
    gated: bool = False
    """An exact name that is also an ordinary word, with nothing to show that it is a name here: counts only where a
    model takes it for a person."""


def find_roster(views: Sequence[View], index: RosterIndex) -> list[tuple[list[Find], list[Find]]]:
    """All participants' names in ``views``.

    Returns:
        Per text: finds that count, in order and not overlapping; and exact finds that count only where a model
        agrees that they are a person.
    """
    found = [_exact_and_open(view, index) for view in views]
    near = index.near(window.joined for _hits, windows in found for window in windows)
    return [_finds(view, hits, windows, near, index) for view, (hits, windows) in zip(views, found, strict=True)]


def _finds(
    view: View, hits: list[Hit], windows: list[Window], near: dict[str, tuple[Near, ...]], index: RosterIndex
) -> tuple[list[Find], list[Find]]:
    fuzzy = [hit for w in windows if w.joined in near for hit in _fuzzy_hit(view, w, near[w.joined], index)]
    sure = _select([hit for hit in hits if not hit.gated] + fuzzy)
    return [_find(view, hit) for hit in sure], [_find(view, hit) for hit in hits if hit.gated]


def _windows(view: View, longest: int) -> Iterable[Window]:
    count = len(view.tokens)
    for first in range(count):
        joined = ""
        for stop in range(first + 1, min(first + longest, count) + 1):
            if stop - 1 > first and not view.joins[stop - 1]:
                break
            joined += view.tokens[stop - 1].folded
            yield Window(first, stop, joined)


def _exact_and_open(view: View, index: RosterIndex) -> tuple[list[Hit], list[Window]]:
    hits: list[Hit] = []
    windows: list[Window] = []
    for window in _windows(view, min(max(FUZZY_WINDOW, index.widest + 1), EXACT_WINDOW)):
        forms = index.exact.get(window.joined) or _possessive(view, window, index)
        if forms:
            hits.extend(_exact_hit(view, window, forms))
        elif window.stop - window.first <= FUZZY_WINDOW and _open_to_fuzzy(view, window):
            windows.append(window)
    return _ungate_beside(view, hits), windows


def _ungate_beside(view: View, hits: list[Hit]) -> list[Hit]:
    """Two parts of one person's name beside each other are no ordinary words, whatever their case."""
    ending: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        ending[hit.window.stop].append(hit)
    beside: set[int] = set()
    for hit in hits:
        for other in ending[hit.window.first] if view.joins[hit.window.first] else ():
            if hit.window.joined != other.window.joined and set(hit.people) & set(other.people):
                beside |= {id(hit), id(other)}
    return [replace(hit, gated=False) if id(hit) in beside else hit for hit in hits]


def _possessive(view: View, window: Window, index: RosterIndex) -> tuple[Form, ...]:
    # Recognisers write "arohas" for "Aroha's".
    if not window.joined.endswith("s") or len(window.joined) < 4 or common(view, window.stop - 1) >= ORDINARY_ZIPF:
        return ()
    if _is_possessive_s(view, window.stop - 1):
        return ()
    return index.exact.get(window.joined[:-1], ())


def _is_possessive_s(view: View, token: int) -> bool:
    return token > 0 and view.tokens[token].folded == "s" and view.gap(token) not in ("", " ")


def _exact_hit(view: View, window: Window, forms: tuple[Form, ...]) -> list[Hit]:
    owned = tuple(form for form in forms if not form.nick)
    chosen = owned or forms
    people = tuple(dict.fromkeys(form.participant for form in chosen))
    many = window.stop - window.first > 1
    full = chosen[0].part == "handle" or (chosen[0].part in ("full", "former") and len(chosen[0].tokens) > 1 and many)
    certainty = Certainty.EXACT if owned else Certainty.WEAK
    score = 1.0 + (FULL_BONUS if full else 0.0) - (0.0 if owned else 1.0)
    gated = not _stands_as_name(view, window, chosen[0], many)
    return [Hit(window, people, chosen[0].part, certainty, score, gated)]


def _stands_as_name(view: View, window: Window, form: Form, many: bool) -> bool:
    indexes = range(window.first, window.stop)
    if form.part == "handle":
        return True
    if not many:
        return is_name_here(view, window.first, first=form.part in ("first", "alias"))
    if len(form.tokens) > 1 and len(form.tokens[0]) > 1:
        return True
    if len(form.tokens) > 1:  # "A. Brown" is a name, "a brown" is a colour
        return view.capital(window.first) and view.capital(window.stop - 1)
    return any(common(view, i) < ORDINARY_ZIPF or view.capital_inside(i) for i in indexes)


def _open_to_fuzzy(view: View, window: Window) -> bool:
    if not window.joined.isalpha() or _is_possessive_s(view, window.stop - 1):
        return False
    edges = (view.tokens[window.first].folded, view.tokens[window.stop - 1].folded)
    if any(edge in NEVER_FUZZY for edge in edges):
        return False
    return any(_uncommon(view, i) for i in range(window.first, window.stop))


def _uncommon(view: View, index: int) -> bool:
    zipf = common(view, index)
    return zipf < ORDINARY_ZIPF or (zipf < CAPITAL_ZIPF and view.capital_inside(index))


def _fuzzy_hit(view: View, window: Window, near: tuple[Near, ...], index: RosterIndex) -> list[Hit]:
    fitting = [n for n in near if _fits(view, window, n)]
    if not fitting:
        return []
    best = fitting[0]
    rivals = [n for n in fitting if n.sound_only == best.sound_only and n.similarity >= best.similarity - 0.02]
    people = tuple(dict.fromkeys([*(n.form.participant for n in rivals), *_namesakes(view, window, best, index)]))
    certainty = _certainty(view, window, best)
    full = len(best.form.tokens) > 1
    score = best.similarity + (FULL_BONUS if full else 0.0) - (1.0 if certainty is Certainty.WEAK else 0.0)
    return [Hit(window, people, best.form.part, certainty, score)]


def _namesakes(view: View, window: Window, near: Near, index: RosterIndex) -> list[str]:
    """Others who share the part of a name that was said right, where the part beside it is far from anybody's.

    "Jane Dalr" may be Jane Doe or Jane Dalrymple: it is shown as the more protected of both.
    """
    if window.stop - window.first == 1 or len(near.form.tokens) == 1:
        return []
    said = [view.tokens[i].folded for i in range(window.first, window.stop)]
    right = [word for word in said if word in near.form.tokens]
    apart = [token for token in near.form.tokens if token not in right]
    wrong = "".join(word for word in said if word not in right)
    if not right or DamerauLevenshtein.normalized_similarity(wrong, "".join(apart)) >= SPELLING:
        return []
    return [form.participant for word in right for form in index.exact.get(word, ())]


def _fits(view: View, window: Window, near: Near) -> bool:
    count = window.stop - window.first
    if count == 1:
        return not near.sound_only or view.lowered or view.capital(window.first) or common(view, window.first) < 1.5
    if len(near.form.tokens) == 1:
        return not near.sound_only or (count <= 3 and near.similarity >= 0.7)
    strangers = [i for i in range(window.first, window.stop) if not _of_a_name(view.tokens[i].folded, near)]
    if near.similarity >= NEAR_SPELLING and view.caseless:
        # Without capitals a misspelt name may be a word ("aroha nata"), but none that is in every sentence ("does").
        return all(common(view, i) < CAPITAL_ZIPF for i in strangers)
    return all(_uncommon(view, i) for i in strangers)


def _of_a_name(word: str, near: Near) -> bool:
    if word in near.form.tokens or word in GIVEN_NAMES:
        return True
    # "van", "den", "de" vary where the name has one; elsewhere they are words ("Jane do", "la").
    return word in PARTICLES and not PARTICLES.isdisjoint(near.form.tokens)


def _certainty(view: View, window: Window, near: Near) -> Certainty:
    if near.sound_only:
        return Certainty.WEAK
    if window.stop - window.first == 1:
        known = common(view, window.first) >= KNOWN_ZIPF
        return Certainty.WEAK if known else Certainty.STRONG
    if len(near.form.tokens) == 1 and near.similarity < 0.86:
        return Certainty.WEAK
    return Certainty.STRONG


def _select(hits: list[Hit]) -> list[Hit]:
    taken: set[int] = set()
    chosen = []
    for hit in sorted(hits, key=lambda h: (-h.score, h.window.first - h.window.stop, h.window.first)):
        tokens = range(hit.window.first, hit.window.stop)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            chosen.append(hit)
    return sorted(chosen, key=lambda h: h.window.first)


def _find(view: View, hit: Hit) -> Find:
    return Find(
        start_char=view.tokens[hit.window.first].start,
        end_char=view.tokens[hit.window.stop - 1].end,
        label=Label.PERSON,
        participant=hit.people[0],
        others=hit.people[1:],
        certainty=hit.certainty,
        source="roster",
        part=hit.part,
    )
