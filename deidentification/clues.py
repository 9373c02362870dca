"""Employers, roles, places, dates and ages: which of them must go, by whose they are and who is named beside them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from deidentification.coarser import coarser_age, coarser_date
from deidentification.governing import Governor, Piece
from deidentification.levels import Show, Whose, mention_level, organisation_shown, shown
from deidentification.names import Names
from deidentification.recognizers.placeholders import PLACED
from deidentification.recognizers.titles import is_joining
from deidentification.spans import is_named, people_of
from deidentification.text import View, base_language, joined
from deidentification.words import TITLES
from schemas.consent import Level
from schemas.deidentified import Action, Find, Label
from schemas.policy import Policy
from schemas.roster import Person

_EN_WORK = (
    "work works worked working employed job role lead led manage managed head run ran joined left team office "
    "department ministry agency organi[sz]ation employer council colleagues boss manager director based"
)
_FR_WORK = r"travail\w* bosse dirige équipe bureau ministère organisation employeur poste collègues chez ville agence"
WORK = re.compile(
    rf"\b(?:I|we|I['’]m|I['’]ve|my|our) (?:\w+ ){{0,3}}(?:{'|'.join(_EN_WORK.split())})\b"
    r"|\b(?:here at|back at|from|at my|in my) (?:the |my )?(?-i:(?=[A-Z]))"
    rf"|\b(?:je|nous|j['’]|mon|ma|mes|notre|nos) ?(?:\w+ ){{0,3}}(?:{'|'.join(_FR_WORK.split())})\b|\bchez\b",
    re.IGNORECASE,
)
"""Signs that somebody speaks of their own work."""


class ClueShown(NamedTuple):
    """What stands in place of a clue. ``text`` None: kept."""

    text: str | None
    action: Action | None


KEPT = ClueShown(None, None)


def tag(label: Label) -> ClueShown:
    """The typed tag of a label."""
    return ClueShown(f"[{label.value}]", Action.MASKED)


@dataclass
class Sentence:
    """What a sentence holds besides its words."""

    people: tuple[str, ...]
    """Participants who may be named in it; ``""`` where a name was taken out and nobody knows any more whose."""
    clue: bool
    """A title, employer, role, link or date: with it a made-up name would say too much."""
    work: bool
    """Speaks of the speaker's own work."""
    posts: frozenset[str] = frozenset()
    """Participants whose role and employer stand side by side in it: as good as a name."""


def _posts(view: View, finds: Sequence[Find]) -> frozenset[str]:
    """Whose role stands beside their employer, with nothing between them but such words as "at the"."""
    found: set[str] = set()
    for first, second in pairwise(sorted(finds, key=lambda f: f.start_char)):
        if {first.label, second.label} == {Label.ROLE, Label.ORGANISATION}:
            between = view.words(first.end_char, second.start_char) if first.end_char < second.start_char else []
            found |= {*people_of(first)} & {*people_of(second)} if is_joining(between) else set()
    return frozenset(found)


def _named(find: Find) -> tuple[str, ...]:
    if find.label is Label.PERSON and find.participant is None and find.source == PLACED:
        return ("",)
    return people_of(find) if is_named(find) else ()


@dataclass
class Clues:
    """Decides every find that is no person's name, for one session."""

    names: Names
    governor: Governor
    policy: Policy
    _employers: Counter[str] = field(init=False)
    _hosts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._employers = Counter(joined(p.organisation) for p in self.names.table.people if p.organisation)
        self._hosts = frozenset(joined(name) for name in self.policy.host_organisations)

    def sentences(self, view: View, finds: Sequence[Find]) -> list[Sentence]:
        """For each sentence of a text, what it holds."""
        inside: list[list[Find]] = [[] for _ in view.sentences]
        for find in finds:
            for number in range(view.sentence_at(find.start_char), view.sentence_at(find.end_char - 1) + 1):
                inside[number].append(find)
        return [
            self._sentence(view, start, end, held) for (start, end), held in zip(view.sentences, inside, strict=True)
        ]

    def _sentence(self, view: View, start: int, end: int, inside: Sequence[Find]) -> Sentence:
        people = tuple(dict.fromkeys(p for f in inside for p in _named(f)))
        telling = (Label.ROLE, Label.LINK, Label.DATE)
        clue = any(f.label in telling or (f.label is Label.ORGANISATION and not self.nobodys(view, f)) for f in inside)
        titled = any(word in TITLES for word in view.words(start, end))
        return Sentence(people, clue or titled, WORK.search(view.text, start, end) is not None, _posts(view, inside))

    def nobodys(self, view: View, find: Find) -> bool:
        """Whether an organisation identifies nobody: a host, or the employer of many participants."""
        name = joined(view.text[find.start_char : find.end_char])
        bare = name[3:] if name.startswith("the") else name
        if name in self._hosts or bare in self._hosts:
            return True
        counts = [self._employers[joined(p.organisation)] for p in self._owners(find) if p.organisation]
        return bool(counts) and min(counts) >= self.policy.shared_employer

    def _owners(self, find: Find) -> list[Person]:
        return [person for p in people_of(find) if (person := self.names.person(p)) is not None]

    def shown(self, view: View, find: Find, sentence: Sentence, piece: Piece, language: str) -> ClueShown:
        """What stands in place of ``find``, the most protective of all whom it may identify.

        Args:
            language: Of the utterance: a date or an age is said less exactly in it.
        """
        match find.label:
            case Label.ORGANISATION:
                return self._organisation(view, find, sentence, piece)
            case Label.LINK:
                return self._link(find, sentence, piece)
            case Label.ROLE | Label.PLACE | Label.DATE | Label.AGE:
                return self._clue(view, find, sentence, piece, language)
            case _:
                return tag(find.label)

    def _speaker_level(self, piece: Piece) -> Level:
        decision = piece.governed.decision
        return self.effective(piece.governed.participant, decision.level) if decision else Level.WITHHELD

    def effective(self, participant: str | None, level: Level) -> Level:
        """The level after what cannot be shown (a role that fits one person)."""
        person = self.names.person(participant) if participant else None
        return self.names.level(person, level) if person else Level.WITHHELD

    def mention_level(self, participant: str, piece: Piece) -> Level:
        """The level at which ``participant`` is shown where others name them, in this piece."""
        decision = self.governor.decision(participant, piece.governed.covering)
        return self.effective(participant, mention_level(decision))

    def _link(self, find: Find, sentence: Sentence, piece: Piece) -> ClueShown:
        near = {*sentence.people, *people_of(find)} - {piece.governed.participant}
        levels = [(self._speaker_level(piece), Whose.SPEAKER)]
        levels += [(self.mention_level(p, piece), Whose.MENTION) for p in sorted(p for p in near if p)]
        keep = all(shown(level, Label.LINK, whose) is Show.KEEP for level, whose in levels) and not find.others
        return KEPT if keep else tag(Label.LINK)

    def _clue(self, view: View, find: Find, sentence: Sentence, piece: Piece, language: str) -> ClueShown:
        owners = set(people_of(find))
        speakers = {p for p in (piece.governed.participant, *piece.governed.also) if p}
        hidden = self._hidden(find.label, owners, sentence, piece)
        speaker_hides = shown(self._speaker_level(piece), find.label, Whose.SPEAKER) is not Show.KEEP
        # Somebody else's role is nobody's clue until that person is named beside it; any place or date of one's own is.
        anyway = speaker_hides and (find.label is not Label.ROLE or bool(owners & speakers))
        if not hidden and not anyway:
            return KEPT
        if any(shown(self.mention_level(p, piece), find.label, Whose.MENTION) is Show.MASK for p in hidden):
            return tag(find.label)
        if find.label in (Label.DATE, Label.AGE):
            return self._less_exact(view, find, piece, language)
        return self._generalised(find.label, hidden or sorted(owners & speakers))

    def _less_exact(self, view: View, find: Find, piece: Piece, language: str) -> ClueShown:
        """A date or an age as exactly as the policy allows, in brackets, or the tag."""
        if find.start_char < piece.start_char or find.end_char > piece.end_char:
            return tag(find.label)  # the rest of it is under another decision
        said = view.text[find.start_char : find.end_char].strip("[]")
        if find.label is Label.DATE:
            text = coarser_date(said, self.policy.dates, base_language(language))
        else:
            text = coarser_age(said, self.policy.ages, base_language(language))
        return self.wording(find.label, text)

    def wording(self, label: Label, text: str | None) -> ClueShown:
        """A wording in brackets; the tag where there is none, or it holds somebody's name."""
        text = self.names.generalised(text)
        return ClueShown(f"[{text}]", Action.GENERALISED) if text else tag(label)

    def protects(self, sentence: Sentence, piece: Piece) -> bool:
        """Whether the words of a piece are under a level that hides clues, or somebody named beside them is."""
        if shown(self._speaker_level(piece), Label.PLACE, Whose.SPEAKER) is not Show.KEEP:
            return True
        near = {*sentence.people, *piece.governed.also}
        return any(shown(self.mention_level(p, piece), Label.PLACE, Whose.MENTION) is not Show.KEEP for p in near)

    def _hidden(self, label: Label, owners: set[str], sentence: Sentence, piece: Piece) -> list[str]:
        """Those whom the clue would give away: beside their name, or a role beside their employer.

        A date and an age are anybody's who is named beside them.
        """
        near = {*sentence.people, *piece.governed.also, *(sentence.posts if label is Label.ROLE else ())}
        if label in (Label.DATE, Label.AGE) and not owners:
            concerned = list(sentence.people)
        else:
            concerned = [p for p in sorted(owners) if p in near]
        return [p for p in concerned if shown(self.mention_level(p, piece), label, Whose.MENTION) is not Show.KEEP]

    def _organisation(self, view: View, find: Find, sentence: Sentence, piece: Piece) -> ClueShown:
        if self.nobodys(view, find):
            return KEPT
        owners = set(people_of(find))
        decision, speaker = piece.governed.decision, piece.governed.participant
        hidden = [p for p in sorted({*sentence.people, *piece.governed.also}) if self._hides_employer(p, piece)]
        if organisation_shown(decision, Whose.SPEAKER) is not Show.KEEP and (speaker in owners or sentence.work):
            hidden.append(speaker or "")
        if not hidden:
            return KEPT
        return self._generalised(Label.ORGANISATION, [p for p in hidden if p in owners])

    def _hides_employer(self, participant: str, piece: Piece) -> bool:
        decision = self.governor.decision(participant, piece.governed.covering)
        return organisation_shown(decision, Whose.MENTION) is not Show.KEEP

    def _generalised(self, label: Label, people: Sequence[str]) -> ClueShown:
        """The one generalisation that all of ``people`` share, in brackets, or the tag."""
        persons = [person for p in people if (person := self.names.person(p)) is not None]
        column = {Label.ORGANISATION: "organisation_as", Label.ROLE: "role_as", Label.PLACE: "place_as"}.get(label)
        texts = {self.names.generalised(getattr(person, column)) for person in persons} if column else set()
        return self.wording(label, texts.pop() if len(texts) == 1 else None)
