"""Clues: participants' employers, roles and places from their own roster rows, wherever they are said."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deidentification.recognizers.titles import Post, titles_beside
from deidentification.text import ORDINARY_ZIPF, Token, View, commonness, tokens_of
from deidentification.words import is_wide_place
from schemas.deidentified import Certainty, Find, Label
from schemas.roster import MatchingTable, Person

_ARTICLES = {
    "the",
    "a",
    "an",
    "le",
    "la",
    "les",
    "l",
    "un",
    "une",
    "des",
    "du",
    "de",
    "d",
    "of",
    "and",
    "et",
    "for",
    "pour",
}
_SUFFIXES = {"inc", "ltd", "llc", "limited", "incorporated", "sarl", "sa", "corp", "corporation", "co"}
LONGEST = 14


@dataclass(frozen=True)
class ClueIndex:
    """Clue phrases as folded token sequences, by their first token, each with label and owners."""

    phrases: dict[str, tuple[tuple[tuple[str, ...], Label, tuple[str, ...]], ...]]
    acronyms: dict[str, tuple[str, ...]]
    """Initials of employers, which count in capitals only, to owners."""
    posts: dict[str, Post]
    """Participant to what their role is made of: beside the employer it is found in other words too."""

    @classmethod
    def of(cls, table: MatchingTable) -> "ClueIndex":
        """Index the employers, roles and places of everybody in ``table``."""
        owners: dict[tuple[tuple[str, ...], Label], list[str]] = defaultdict(list)
        acronyms: dict[str, list[str]] = defaultdict(list)
        for person in sorted(table.people, key=lambda p: p.participant):
            for phrase, label in _phrases(person):
                if person.participant not in owners[phrase, label]:
                    owners[phrase, label].append(person.participant)
            for letters in acronyms_of(person.organisation or ""):
                acronyms[letters].append(person.participant)
        by_first: dict[str, list[tuple[tuple[str, ...], Label, tuple[str, ...]]]] = defaultdict(list)
        for (phrase, label), people in sorted(owners.items()):
            by_first[phrase[0]].append((phrase, label, tuple(people)))
        ordered = {first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in by_first.items()}
        posts = {person.participant: post for person in table.people if (post := Post.of(person))}
        return cls(ordered, {letters: tuple(people) for letters, people in sorted(acronyms.items())}, posts)


def find_clues(views: Sequence[View], index: ClueIndex) -> list[list[Find]]:
    """Employers, roles and places of participants in each text; ``participant`` and ``others`` are whose they are."""
    return [_with_titles(view, list(_clues(view, index)), index) for view in views]


def _with_titles(view: View, clues: list[Find], index: ClueIndex) -> list[Find]:
    """``clues`` and the titles that stand beside the employers among them, in other words than the roster's."""
    titles = []
    for clue in clues:
        if clue.label is Label.ORGANISATION and clue.participant:
            covered = view.touching(clue.start_char, clue.end_char)
            owners = (clue.participant, *clue.others)
            for title in titles_beside(view, covered.start, covered.stop, owners, index.posts):
                titles.append(_find(view.tokens[title.first], view.tokens[title.stop - 1], Label.ROLE, title.people))
    return [*clues, *titles]


def _clues(view: View, index: ClueIndex) -> Iterable[Find]:
    for position, token in enumerate(view.tokens):
        for phrase, label, people in index.phrases.get(token.folded, ()):
            stop = position + len(phrase)
            if tuple(t.folded for t in view.tokens[position:stop]) == phrase and all(view.joins[position + 1 : stop]):
                yield _find(token, view.tokens[stop - 1], label, people)
        people = index.acronyms.get(view.word(position), ())
        if people and not view.shouted:
            yield _find(token, token, Label.ORGANISATION, people)


def _find(first: Token, last: Token, label: Label, people: tuple[str, ...]) -> Find:
    return Find(
        start_char=first.start, end_char=last.end, label=label, participant=people[0], others=people[1:],
        certainty=Certainty.EXACT, source="roster",
    )  # fmt: skip


def _phrases(person: Person) -> Iterable[tuple[tuple[str, ...], Label]]:
    for text, label in (
        (person.organisation, Label.ORGANISATION),
        (person.role, Label.ROLE),
        (person.place, Label.PLACE),
    ):
        for phrase in _variants(text or "", label):
            yield phrase, label


def _variants(text: str, label: Label) -> Iterable[tuple[str, ...]]:
    parts = [text] if label is not Label.PLACE else [text, *text.split(",")]
    for part in parts:
        tokens = [token.folded for token in tokens_of(part)]
        if not tokens or (label is Label.PLACE and is_wide_place(part)):
            continue
        yield tuple(tokens)
        bare = tokens[1:] if tokens[0] in _ARTICLES else tokens
        bare = bare[:-1] if len(bare) > 1 and bare[-1] in _SUFFIXES else bare
        if _tells(bare):
            yield tuple(bare)


def without_article(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """A folded phrase without the article that it begins with; nothing where none does, or too little is left."""
    bare = phrase[1:] if phrase[0] in _ARTICLES else ()
    return bare if _tells(bare) else ()


def _tells(phrase: Sequence[str]) -> bool:
    """Whether a phrase is more than one common word ("Health"), which would be found in everybody's mouth."""
    return len(phrase) > 1 or (len(phrase) == 1 and commonness(phrase[0]) < ORDINARY_ZIPF)


def acronyms_of(organisation: str) -> list[str]:
    """Initials by which an organisation may be called, in capitals, three letters or more."""
    words = [word for word in organisation.replace("-", " ").split() if word[:1].isalpha()]
    every = "".join(word[0] for word in words).upper()
    content = "".join(word[0] for word in words if word.lower() not in _ARTICLES).upper()
    return sorted({letters for letters in (every, content) if len(letters) >= 3})
