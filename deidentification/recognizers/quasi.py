"""Clues: participants' employers, roles and places from their own roster rows, wherever they are said."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from deidentification.recognizers.clue_phrases import ARTICLES, Steps, acronyms_of, phrases_of, tells
from deidentification.recognizers.clue_trie import Node
from deidentification.recognizers.titles import Post, titles_beside
from deidentification.text import ORDINARY_ZIPF, Token, View
from schemas.deidentified import Certainty, Find, Label
from schemas.roster import MatchingTable, Person


@dataclass(frozen=True)
class ClueIndex:
    """Clue phrases as a tree of folded words, each with label and owners."""

    phrases: Node
    acronyms: dict[str, tuple[str, ...]]
    """Folded letters by which employers are called, to owners."""
    longest: int
    """Letters of the longest of them."""
    posts: dict[str, Post]
    """Participant to what their role is made of: beside the employer it is found in other words too."""

    @classmethod
    def of(cls, table: MatchingTable) -> "ClueIndex":
        """Index the employers, roles and places of everybody in ``table``."""
        owners: dict[tuple[Steps, Label], dict[str, None]] = defaultdict(dict)
        acronyms: dict[str, list[str]] = defaultdict(list)
        for person in sorted(table.people, key=lambda p: p.participant):
            for phrase in _phrases(person):
                owners[phrase][person.participant] = None
            for letters in acronyms_of(person.organisation or ""):
                acronyms[letters].append(person.participant)
        phrases = Node()
        for (steps, label), people in owners.items():
            phrases.add(steps, label, people)
        posts = {person.participant: post for person in table.people if (post := Post.of(person))}
        called = {letters: tuple(people) for letters, people in sorted(acronyms.items())}
        return cls(phrases, called, max(map(len, called), default=0), posts)


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
                titles.append(
                    _find(view, view.tokens[title.first], view.tokens[title.stop - 1], Label.ROLE, title.people)
                )
    return [*clues, *titles]


def _clues(view: View, index: ClueIndex) -> Iterable[Find]:
    for position, token in enumerate(view.tokens):
        if token.folded in index.phrases.following:
            for said in index.phrases.said_at(view, position):
                yield _find(view, token, view.tokens[said.stop - 1], said.label, said.people)
        if stop := _acronym(view, position, index):
            letters = "".join(t.folded for t in view.tokens[position:stop])
            yield _find(view, token, view.tokens[stop - 1], Label.ORGANISATION, index.acronyms[letters])


def _acronym(view: View, first: int, index: ClueIndex) -> int:
    """Where an employer's acronym ends that begins with token ``first``; 0 where none does.

    In capitals; in a text whose capitals say nothing where it is no ordinary word; or letter by letter ("U.B.C.").
    """
    token = view.tokens[first]
    if len(token.folded) > 1:
        if token.folded not in index.acronyms:
            return 0
        told = view.word(first).isupper() and not view.shouted
        return first + 1 if told or (view.careless and view.commons[first] < ORDINARY_ZIPF) else 0
    found, letters = 0, ""
    for stop in range(first + 1, min(first + index.longest, len(view.tokens)) + 1):
        if len(view.tokens[stop - 1].folded) > 1 or (letters and not view.joins[stop - 1]):
            break
        letters += view.tokens[stop - 1].folded
        if letters in index.acronyms and (len(letters) > 2 or _dotted(view, first)):
            found = stop
    return found


def _dotted(view: View, first: int) -> bool:
    """Whether two letters are initials with a full stop between ("B.T."), and no words ("I a")."""
    return view.gap(first + 1).startswith(".") and view.word(first).isupper() and view.word(first + 1).isupper()


def _find(view: View, first: Token, last: Token, label: Label, people: tuple[str, ...]) -> Find:
    said, following = view.text[first.start : last.end], view.text[last.end : last.end + 1]
    closed = following == ")" and said.count("(") > said.count(")")
    return Find(
        start_char=first.start, end_char=last.end + closed, label=label, participant=people[0], others=people[1:],
        certainty=Certainty.EXACT, source="roster",
    )  # fmt: skip


def _phrases(person: Person) -> Iterable[tuple[Steps, Label]]:
    for text, label in (
        (person.organisation, Label.ORGANISATION),
        (person.role, Label.ROLE),
        (person.place, Label.PLACE),
    ):
        for phrase in phrases_of(text or "", label):
            yield phrase, label


def without_article(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """A folded phrase without the article that it begins with; nothing where none does, or too little is left."""
    bare = phrase[1:] if phrase[0] in ARTICLES else ()
    return bare if tells(bare) else ()
