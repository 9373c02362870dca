"""Participants' names as people and recognisers write them: exact, misspelt, split, joined, without capitals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from deidentification.context import is_spoken_of
from deidentification.evidence import is_name_here, stands_in_date
from deidentification.given_names import is_given_name
from deidentification.recognizers.nearness import SPELLING, Form, Near
from deidentification.recognizers.roster_index import RosterIndex
from deidentification.text import EVERYDAY, ORDINARY_ZIPF, View
from deidentification.words import FILLERS, GIVEN_NAMES, GREETINGS, LETTERED, MONTHS, PARTICLES, ROLE_WORDS, undrawn
from schemas.deidentified import Certainty, Find, Label

CAPITAL_ZIPF = 4.7
"""With a capital inside a sentence a word up to this common may be a misspelt name."""
KNOWN_ZIPF = 3.0
"""A word this common is hardly a misspelling: what comes near a name is masked, but names nobody."""
NEAR_SPELLING = 0.85
PART_LETTERS = 3
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
    for number, hit in _across_borders(views, index):
        found[number][0].append(hit)
    near = index.near(window.joined for _hits, windows in found for window in windows)
    return [_finds(view, hits, windows, near, index) for view, (hits, windows) in zip(views, found, strict=True)]


def _finds(
    view: View, hits: list[Hit], windows: list[Window], near: dict[str, tuple[Near, ...]], index: RosterIndex
) -> tuple[list[Find], list[Find]]:
    fuzzy = [hit for w in windows if w.joined in near for hit in _fuzzy_hit(view, w, near[w.joined], index)]
    sure = _select([hit for hit in hits if not hit.gated] + fuzzy)
    return [as_find(view, hit) for hit in sure], [as_find(view, hit) for hit in hits if hit.gated]


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
    uncommon = [_uncommon(view, i) for i in range(len(view.tokens))]
    for window in _windows(view, min(max(FUZZY_WINDOW, index.widest + 1), EXACT_WINDOW)):
        forms = index.exact.get(window.joined) or _possessive(view, window, index) or _drawn_out(window, index)
        if forms:
            hits.extend(exact_hit(view, window, forms))
        elif window.stop - window.first <= FUZZY_WINDOW and _open_to_fuzzy(view, window, uncommon):
            windows.append(window)
    return _ungate_beside(view, hits), windows


def _across_borders(views: Sequence[View], index: RosterIndex) -> Iterable[tuple[int, Hit]]:
    """Whole names that begin at the end of one text and end at the beginning of the next, as captions cut them."""
    for number in range(len(views) - 1):
        before, after = views[number], views[number + 1]
        if not before.tokens or before.text[before.tokens[-1].end :].strip():
            continue
        for ending in _endings(before):
            for beginning in _beginnings(after):
                forms = [f for f in index.exact.get(ending.joined + beginning.joined, ()) if f.whole and not f.nick]
                if forms:
                    people = tuple(dict.fromkeys(form.participant for form in forms))
                    yield number, Hit(ending, people, "other", Certainty.EXACT, 1.0)
                    yield number + 1, Hit(beginning, people, "other", Certainty.EXACT, 1.0)


def _endings(view: View) -> Iterable[Window]:
    count = len(view.tokens)
    for first in range(count - 1, max(count - FUZZY_WINDOW, 0) - 1, -1):
        yield Window(first, count, "".join(token.folded for token in view.tokens[first:]))
        if not view.joins[first]:
            return


def _beginnings(view: View) -> Iterable[Window]:
    for stop in range(1, min(len(view.tokens), FUZZY_WINDOW) + 1):
        if stop > 1 and not view.joins[stop - 1]:
            return
        yield Window(0, stop, "".join(token.folded for token in view.tokens[:stop]))


def _ungate_beside(view: View, hits: list[Hit]) -> list[Hit]:
    """Two parts of one person's name beside each other, in their order, are no ordinary words, whatever their case."""
    ending: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        ending[hit.window.stop].append(hit)
    beside: set[int] = set()
    for hit in hits:
        for other in ending[hit.window.first] if view.joins[hit.window.first] else ():
            turned = (other.part, hit.part) == ("last", "first")
            if hit.window.joined != other.window.joined and set(hit.people) & set(other.people) and not turned:
                beside |= {id(hit), id(other)}
    return [replace(hit, gated=False) if id(hit) in beside else hit for hit in hits]


def _possessive(view: View, window: Window, index: RosterIndex) -> tuple[Form, ...]:
    # Recognisers write "arohas" for "Aroha's".
    if not window.joined.endswith("s") or len(window.joined) < 4 or view.commons[window.stop - 1] >= ORDINARY_ZIPF:
        return ()
    if _is_possessive_s(view, window.stop - 1):
        return ()
    return index.exact.get(window.joined[:-1], ())


def _drawn_out(window: Window, index: RosterIndex) -> tuple[Form, ...]:
    """Names as people draw them out in messages: "Arohaaaa"."""
    short = undrawn(window.joined) if window.stop - window.first == 1 else window.joined
    return index.exact.get(short, ()) if short != window.joined else ()


def _is_possessive_s(view: View, token: int) -> bool:
    return token > 0 and view.tokens[token].folded == "s" and view.gap(token) not in ("", " ")


def exact_hit(view: View, window: Window, forms: tuple[Form, ...]) -> list[Hit]:
    """What it says that a window is spelt as ``forms`` are, and whether that alone makes it a name here."""
    owned = tuple(form for form in forms if not form.nick)
    chosen = owned or forms
    people = tuple(dict.fromkeys(form.participant for form in chosen))
    many = window.stop - window.first > 1
    full = chosen[0].part == "handle" or (chosen[0].part in ("full", "former") and len(chosen[0].tokens) > 1 and many)
    sure = bool(owned) and chosen[0].part != "other"
    certainty = Certainty.EXACT if sure else Certainty.WEAK
    score = 1.0 + (FULL_BONUS if full else 0.0) - (0.0 if sure else 1.0)
    gated = not _stands_as_name(view, window, chosen[0], many) or (
        not owned and not _stands_as_short_form(view, window)
    )
    return [Hit(window, people, chosen[0].part, certainty, score, gated)]


def _stands_as_name(view: View, window: Window, form: Form, many: bool) -> bool:
    indexes = range(window.first, window.stop)
    if form.part == "handle":
        return True
    if form.part == "other":
        return _stands_as_initials(view, window)
    if not many:
        return is_name_here(view, window.first, first=form.part in ("first", "alias"))
    if len(form.tokens) > 1 and len(form.tokens[0]) > 1:
        # "Joy Small" is a name in any case, "a small joy" is none.
        return not form.turned or any(view.commons[i] < ORDINARY_ZIPF or view.capital(i) for i in indexes)
    if len(form.tokens) > 1:  # "A. Brown" is a name, "a brown" is a colour
        return view.capital(window.first) and view.capital(window.stop - 1)
    return any(view.commons[i] < ORDINARY_ZIPF or view.capital_inside(i) for i in indexes)


def _stands_as_short_form(view: View, window: Window) -> bool:
    """Whether a word that only custom makes somebody's name is no ordinary word, or is used as a name here."""
    word = view.tokens[window.first].folded
    return view.commons[window.first] < ORDINARY_ZIPF or word in GIVEN_NAMES or is_spoken_of(view, window.first)


def _stands_as_initials(view: View, window: Window) -> bool:
    """Whether letters that are somebody's initials stand for that person: in capitals, and parted by dots or asked."""
    letters = [view.word(i) for i in range(window.first, window.stop)]
    if view.shouted or window.joined in LETTERED or not all(letter.isupper() for letter in letters):
        return False
    return len(letters) == len(window.joined) or (len(letters) == 1 and is_spoken_of(view, window.first))


def _open_to_fuzzy(view: View, window: Window, uncommon: Sequence[bool]) -> bool:
    if not any(uncommon[window.first : window.stop]) or not window.joined.isalpha():
        return False
    if _is_possessive_s(view, window.stop - 1):
        return False
    edges = (view.tokens[window.first].folded, view.tokens[window.stop - 1].folded)
    return not any(edge in NEVER_FUZZY for edge in edges)


def _uncommon(view: View, index: int) -> bool:
    zipf = EVERYDAY if stands_in_date(view, index) else view.commons[index]
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
        return not near.sound_only or view.lowered or view.capital(window.first) or view.commons[window.first] < 1.5
    if len(near.form.tokens) == 1:
        return not near.sound_only or (count <= 3 and near.similarity >= 0.7)
    strangers = [i for i in range(window.first, window.stop) if not _of_a_name(view.tokens[i].folded, near)]
    if near.similarity >= NEAR_SPELLING and view.caseless:
        # Without capitals a misspelt name may be a word ("aroha nata"), but none that is in every sentence ("does").
        return all(view.commons[i] < CAPITAL_ZIPF for i in strangers)
    return all(_uncommon(view, i) for i in strangers)


def _of_a_name(word: str, near: Near) -> bool:
    if word in near.form.tokens or word in GIVEN_NAMES:
        return True
    # "van", "den", "de" vary where the name has one; elsewhere they are words ("Jane do", "la").
    return word in PARTICLES and not PARTICLES.isdisjoint(near.form.tokens)


def _certainty(view: View, window: Window, near: Near) -> Certainty:
    if near.sound_only:
        return Certainty.STRONG if _half_exact(view, window, near) else Certainty.WEAK
    if window.stop - window.first == 1:
        known = view.commons[window.first] >= KNOWN_ZIPF
        return Certainty.WEAK if known else Certainty.STRONG
    if len(near.form.tokens) == 1 and near.similarity < 0.86:
        return Certainty.WEAK
    return Certainty.STRONG


def _half_exact(view: View, window: Window, near: Near) -> bool:
    """Whether a whole name of which the rest sounds right has one part that is written right, and is no word."""
    said = {view.tokens[i].folded for i in range(window.first, window.stop) if view.commons[i] < ORDINARY_ZIPF}
    return near.form.whole and any(len(token) > PART_LETTERS and token in said for token in near.form.tokens)


def _select(hits: list[Hit]) -> list[Hit]:
    taken: set[int] = set()
    chosen = []
    for hit in sorted(hits, key=lambda h: (-h.score, h.window.first - h.window.stop, h.window.first)):
        tokens = range(hit.window.first, hit.window.stop)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            chosen.append(hit)
    return sorted(chosen, key=lambda h: h.window.first)


def as_find(view: View, hit: Hit) -> Find:
    """A hit at its place in the text."""
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


def find_likeliest(
    views: Sequence[View], persons: Sequence[Sequence[tuple[int, int]]], index: RosterIndex
) -> list[list[Find]]:
    """Whom of the roster a person may be whom only models found: never certain, so that it is masked and looked at.

    What is a name anyway may be further from a participant's name than an ordinary word may.

    Args:
        persons: Places of persons in each text, in codepoints, that are no participant's name so far.
    """
    windows = [
        [w for place in places if (w := _window_at(view, *place))] for view, places in zip(views, persons, strict=True)
    ]
    near = index.likeliest(window.joined for found in windows for window in found)
    return [
        [as_find(view, _likely_hit(window, near[window.joined])) for window in found if window.joined in near]
        for view, found in zip(views, windows, strict=True)
    ]


def _window_at(view: View, start: int, end: int) -> Window | None:
    covered = view.touching(start, end)
    words = [view.tokens[i].folded for i in covered]
    if len(words) == 1 and is_given_name(words[0]):
        return None  # spelt as many people's name is: hardly somebody else's misspelt
    joined = "".join(words)
    return Window(covered.start, covered.stop, joined) if joined and len(covered) <= FUZZY_WINDOW else None


def _likely_hit(window: Window, near: tuple[Near, ...]) -> Hit:
    best = max(near, key=lambda n: n.similarity)
    rivals = [n for n in near if n.similarity >= best.similarity - 0.02]
    people = tuple(dict.fromkeys(n.form.participant for n in rivals))
    return Hit(window, people, best.form.part, Certainty.WEAK, best.similarity)
