"""The one union rule over what all recognisers found, and the arithmetic of replaced spans.

The union rule, in this order:

0. What stands where a name was taken out for good (a tag in kept words, a block) takes everything inside it.
1. Contacts (e-mail, telephone, handles, meeting links), then other links, take everything inside them; a link keeps
   note of the participants whose names it holds.
2. Names of roster people, then names from the study name table. A model's person that goes beyond such a name widens
   it where the further words resemble the same person's other names; names another person who shares the part, so
   that it is masked and nobody is named; or falls apart into a name and a third party's name.
3. Identity numbers, dates and ages by pattern; then employers, roles and places of the roster; then models' persons,
   organisations and places. Within one rank the longest wins.
4. What is left of a losing find beside a winner stays a find of its own: nothing found goes uncovered.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from rapidfuzz.distance import DamerauLevenshtein

from deidentification.given_names import is_given_name
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.placeholders import PLACED
from deidentification.recognizers.sounds import sound_key
from deidentification.text import View, is_ordinary, is_word_of_one_language
from deidentification.words import FILLERS, FUNCTION_WORDS, GIVEN_NAMES, GREETINGS, NAMES_TOO, PARTICLES, ROLE_WORDS
from schemas.deidentified import Certainty, Find, Label

RESEMBLING, SOUNDING = 0.6, 0.4
_PARTICLES = PARTICLES - GIVEN_NAMES
_SURE = {Certainty.EXACT, Certainty.STRONG}
_TRIMMED = FILLERS | ROLE_WORDS | GREETINGS | FUNCTION_WORDS | {"s"}


def people_of(find: Find) -> tuple[str, ...]:
    """Everybody whom ``find`` may mean."""
    return () if find.participant is None else (find.participant, *find.others)


def is_named(find: Find) -> bool:
    """Whether ``find`` is a name of somebody in the roster."""
    return find.label is Label.PERSON and find.participant is not None


def is_one_persons(find: Find) -> bool:
    """Whether a name is told as one participant's, perhaps in doubt: nobody else's, and with no words of a stranger."""
    return not find.others and (find.part != "other" or find.certainty in _SURE)


def rank(find: Find) -> int:
    """Place in the order of the union rule, 0 wins."""
    if find.label is Label.CONTACT:
        return 0
    if find.label is Label.LINK:
        return 1
    if is_named(find):
        return 2 if find.certainty in _SURE else 3
    if find.source == "pattern":
        return 4
    if find.source == "roster":
        return 5
    return {Label.PERSON: 6, Label.OTHER: 7}.get(find.label, 8)


class Line:
    """Finds that do not overlap, in order, quick to look up by place."""

    def __init__(self, finds: Iterable[Find] = ()) -> None:
        self.finds = sorted(finds, key=lambda f: f.start_char)
        self._starts = [find.start_char for find in self.finds]

    def near(self, find: Find, slack: int = 0) -> list[Find]:
        """Those that overlap ``find``, or stand at most ``slack`` codepoints from it."""
        start, end = find.start_char - slack, find.end_char + slack
        first = max(bisect_right(self._starts, start) - 1, 0)
        stop = bisect_left(self._starts, end)
        return [f for f in self.finds[first:stop] if f.start_char < end and start < f.end_char]

    def add(self, find: Find) -> None:
        """Put ``find`` in its place; it overlaps none that is there."""
        at = bisect_right(self._starts, find.start_char)
        self.finds.insert(at, find)
        self._starts.insert(at, find.start_char)

    def replace(self, old: Find, new: Find) -> None:
        """Put ``new`` where ``old`` was."""
        at = bisect_left(self._starts, old.start_char)
        self.finds[at] = new
        self._starts[at] = new.start_char


def unite_finds(view: View, finds: Iterable[Find], name_parts: dict[str, frozenset[str]]) -> tuple[Find, ...]:
    """One list of finds, in order and not overlapping, by the union rule of this module.

    Args:
        view: The text they were found in.
        finds: What all recognisers found.
        name_parts: Each participant's folded name parts.
    """
    given = [find for find in finds if find.start_char < find.end_char]
    placed = [find for find in given if find.source == PLACED]
    if placed:
        others = [find for find in given if find.source != PLACED]
        return around(view, unite_finds(view, others, name_parts), placed)
    persons = [find for find in given if find.label is Label.PERSON and find.participant is None]
    named = _join_parts(view, _apart([f for f in given if is_named(f)]))
    strangers = [cut for person in persons for cut in _trim(view, person)]
    resolved = _resolve(view, named, _merge_adjacent(view, strangers), name_parts)
    rest = [find for find in given if find.label is not Label.PERSON]
    return _cover(view, _links_with_people([*resolved, *rest]))


def confirmed(view: View, gated: Sequence[Find], spans: Iterable[ModelSpan]) -> list[Find]:
    """Roster names that are ordinary words too (``gated``), where a model takes them for a person all the same."""
    told = [g for g in gated if view.caseless or view.text[g.start_char].isupper()]
    persons = [span for span in spans if span.label is Label.PERSON] if told else []
    return [g for g in told if any(person.meets(g.start_char, g.end_char) for person in persons)]


def around(view: View, finds: Iterable[Find], winners: Sequence[Find]) -> tuple[Find, ...]:
    """``winners``, which do not overlap, and what they leave of ``finds``."""
    line = Line(winners)
    left = [snug for find in finds for piece in _remainders(find, line.near(find)) for snug in _snug(view, piece, find)]
    return tuple(sorted([*winners, *left], key=lambda f: f.start_char))


def _overlap(first: Find, second: Find) -> bool:
    return first.start_char < second.end_char and second.start_char < first.end_char


def _apart(finds: Iterable[Find]) -> list[Find]:
    """Names of roster people, not overlapping: sure before doubtful, long before short."""
    chosen = Line()
    for find in sorted(finds, key=lambda f: (rank(f), f.start_char - f.end_char, f.start_char, f.participant or "")):
        if not chosen.near(find):
            chosen.add(find)
    return chosen.finds


def _join_parts(view: View, named: list[Find]) -> list[Find]:
    """A first name before a last name is one name: of whoever has both, or of somebody who is nobody's match."""
    result: list[Find] = []
    for find in named:
        before = result[-1] if result else None
        if before is None or (before.part, find.part) != ("first", "last") or not _side_by_side(view, before, find):
            result.append(find)
            continue
        both = tuple(p for p in people_of(before) if p in people_of(find))
        people = both or tuple(dict.fromkeys((*people_of(before), *people_of(find))))
        sure = bool(both) and before.certainty in _SURE and find.certainty in _SURE
        kind = {"part": "full" if both else "other", "certainty": Certainty.STRONG if sure else Certainty.WEAK}
        whole = _moved(before, before.start_char, find.end_char)
        result[-1] = whole.model_copy(update={**kind, "participant": people[0], "others": people[1:]})
    return result


def _trim(view: View, person: Find) -> list[Find]:
    """A model's person without titles, greetings and ordinary small words at its ends; none where nothing is left."""
    inside = list(view.touching(person.start_char, person.end_char))
    if any(view.capital(i) for i in inside) and not view.shouted:
        inside = _strip(inside, lambda i: not view.capital(i) and is_ordinary(view.word(i)))
    inside = _strip(inside, lambda i: view.tokens[i].folded in _TRIMMED and not _part_of_name(view, i, inside))
    runs: list[list[int]] = []
    for i in inside:
        if runs and view.joins[i]:
            runs[-1].append(i)
        else:
            runs.append([i])
    return [_moved(person, view.tokens[r[0]].start, view.tokens[r[-1]].end) for r in runs if _name_like(view, r)]


def _part_of_name(view: View, index: int, inside: Sequence[int]) -> bool:
    """Whether a word that is mostly no name is one here: with a capital inside a sentence, beside another word with a
    capital ("and Noel Fielding")."""
    if view.tokens[index].folded not in NAMES_TOO or not view.capital_inside(index) or view.shouted:
        return False
    beside = [i for i in (index - 1, index + 1) if i in inside and view.joins[max(i, index)]]
    return any(view.capital(i) and view.tokens[i].folded not in _TRIMMED for i in beside)


def _strip(indexes: list[int], drop: Callable[[int], bool]) -> list[int]:
    start, stop = 0, len(indexes)
    while start < stop and drop(indexes[start]):
        start += 1
    while stop > start and drop(indexes[stop - 1]):
        stop -= 1
    return indexes[start:stop]


def _name_like(view: View, run: list[int]) -> bool:
    if all(view.tokens[i].folded in _TRIMMED or view.tokens[i].folded.isdigit() or _particle(view, i) for i in run):
        return False
    # In a text with capitals, an ordinary word without one is no name, whatever an uncased model says.
    return view.careless or any(view.capital(i) or not is_ordinary(view.tokens[i].folded) for i in run)


def _particle(view: View, index: int) -> bool:
    """Whether a word is but a particle of a name ("van", "al"), and not a name that is one too ("Ben")."""
    return view.tokens[index].folded in _PARTICLES and not view.capital_inside(index)


def _moved(find: Find, start: int, end: int) -> Find:
    return find.model_copy(update={"start_char": start, "end_char": end})


def _merge_adjacent(view: View, strangers: Iterable[Find]) -> list[Find]:
    """Models' persons, overlapping or beside each other, as one: first and last names widen to the full name."""
    merged: list[Find] = []
    for person in sorted(strangers, key=lambda f: (f.start_char, f.end_char, f.source)):
        if merged and person.start_char - merged[-1].end_char <= 2 and _beside(view, merged[-1], person):
            last = merged[-1]
            source = last.source if person.source in last.source.split("+") else f"{last.source}+{person.source}"
            merged[-1] = _moved(last, last.start_char, max(last.end_char, person.end_char)).model_copy(
                update={"source": source}
            )
        else:
            merged.append(person)
    return merged


def _beside(view: View, first: Find, second: Find) -> bool:
    if second.start_char <= first.end_char:
        return second.start_char < first.end_char
    following = view.touching(second.start_char, second.end_char)
    return bool(following) and view.tokens[following[0]].start == second.start_char and view.joins[following[0]]


def _resolve(view: View, named: list[Find], strangers: list[Find], parts: dict[str, frozenset[str]]) -> list[Find]:
    known = Line(named)
    others: list[Find] = []
    for person in strangers:
        touching = [n for n in known.near(person, 3) if _overlap(n, person) or _adjoins(view, n, person)]
        if not touching:
            others.append(person)
            continue
        for piece in _remainders(person, touching):
            others.extend(_place(view, known, touching, piece, parts))
    return [*known.finds, *others]


def _adjoins(view: View, named: Find, person: Find) -> bool:
    """Whether a model's person goes on where a roster first name ends, or stands before a roster last name."""
    if _overlap(named, person) or not _side_by_side(view, named, person):
        return False
    return named.part == ("first" if person.start_char > named.start_char else "last")


def _remainders(find: Find, winners: Sequence[Find]) -> list[Find]:
    pieces = [find]
    for winner in winners:
        pieces = [part for piece in pieces for part in _minus(piece, winner)]
    return pieces


def _minus(find: Find, other: Find) -> list[Find]:
    if not _overlap(find, other):
        return [find]
    before = _moved(find, find.start_char, min(find.end_char, other.start_char))
    after = _moved(find, max(find.start_char, other.end_char), find.end_char)
    return [part for part in (before, after) if part.start_char < part.end_char]


def _place(
    view: View, known: "Line", touching: list[Find], piece: Find, parts: dict[str, frozenset[str]]
) -> list[Find]:
    """Give what a model's person has beyond a roster name its place: part of that name, another's name, or nothing."""
    beside = [n for n in touching if n in known.near(n)]
    pieces = [p for p in _trim(view, piece) if not any(_only_stands_beside(view, p, n) for n in beside)]
    if not pieces:
        return []
    extra = pieces[0]
    neighbour = next((n for n in beside if _side_by_side(view, n, extra)), None)
    if neighbour is None or neighbour.part == "full":
        return pieces
    start, end = min(neighbour.start_char, extra.start_char), max(neighbour.end_char, extra.end_char)
    if len(known.near(_moved(neighbour, start, end))) > 1:
        return pieces
    kind = {"part": "full", "certainty": Certainty.STRONG}
    if not _resembles(view, extra, neighbour, parts):
        part = "other" if _is_strangers(view, extra, neighbour) else neighbour.part
        kind = {"part": part, "certainty": Certainty.WEAK}
    known.replace(neighbour, _moved(neighbour, start, end).model_copy(update=kind))
    return pieces[1:]


def _is_strangers(view: View, extra: Find, named: Find) -> bool:
    """Whether the words beside a participant's name make it somebody else's: no words of the language ("Pardon
    Aroha"), nor what may be a first name misspelt ("Keeva Doyle" of Caoimhe Doyle)."""
    inside = view.touching(extra.start_char, extra.end_char)
    if any(is_given_name(view.tokens[i].folded) for i in inside):
        return True
    said = [i for i in inside if not is_ordinary(view.word(i)) and (view.careless or view.capital(i))]
    return named.part != "last" and bool(said)


def _only_stands_beside(view: View, piece: Find, named: Find) -> bool:
    """Whether a model ran on from a roster name into words that are no names, in a text without capitals to stop at."""
    if not view.careless or not _side_by_side(view, named, piece):
        return False
    words = [view.word(i) for i in view.touching(piece.start_char, piece.end_char)]
    nobodys = is_ordinary if named.part == "full" else is_word_of_one_language
    return all(word.islower() and nobodys(word) for word in words)


def _side_by_side(view: View, named: Find, extra: Find) -> bool:
    first, second = sorted((named, extra), key=lambda f: f.start_char)
    return second.start_char - first.end_char <= 3 and _beside(view, first, second)


def _resembles(view: View, extra: Find, named: Find, parts: dict[str, frozenset[str]]) -> bool:
    words = view.words(extra.start_char, extra.end_char)
    known = parts.get(named.participant or "", frozenset())
    return bool(words) and all(any(_alike(word, part) for part in known) for word in words)


def _alike(word: str, part: str) -> bool:
    """Whether a word beside a name may be another part of it: near in spelling, or less near and the same in sound."""
    similarity = DamerauLevenshtein.normalized_similarity(word, part)
    key = sound_key(word)
    return similarity >= RESEMBLING or (similarity >= SOUNDING and len(key) > 1 and key == sound_key(part))


def _links_with_people(finds: list[Find]) -> list[Find]:
    links = [f for f in finds if f.label is Label.LINK]
    return [f for f in finds if f.label is not Label.LINK] + [_with_people(link, finds) for link in links]


def _with_people(link: Find, finds: list[Find]) -> Find:
    inside = [p for f in finds if is_named(f) and _overlap(f, link) for p in people_of(f)]
    people = tuple(dict.fromkeys((*people_of(link), *inside)))
    return link.model_copy(update={"participant": people[0], "others": people[1:]}) if people else link


def _cover(view: View, finds: list[Find]) -> tuple[Find, ...]:
    taken = Line()
    for find in sorted(finds, key=lambda f: (rank(f), f.start_char - f.end_char, f.start_char, f.label, f.source)):
        for piece in _remainders(find, taken.near(find)):
            for snug in _snug(view, piece, find):
                taken.add(snug)
    return tuple(taken.finds)


def _snug(view: View, piece: Find, whole: Find) -> list[Find]:
    """``piece`` as it is where nothing was cut off, else shrunk to the words in it, so that tags never split a word."""
    if piece is whole:
        return [piece]
    tokens = [view.tokens[i] for i in view.touching(piece.start_char, piece.end_char)]
    inside = [t for t in tokens if t.start >= piece.start_char and t.end <= piece.end_char]
    ordinary = all(is_ordinary(t.folded) and not view.text[t.start].isupper() for t in inside)
    left_over = whole.certainty is Certainty.MODEL and all(t.folded in _TRIMMED for t in inside)
    return [] if not inside or ordinary or left_over else [_moved(piece, inside[0].start, inside[-1].end)]
