"""What each participant is called in one data set of one session: as a speaker, and where others name them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from deidentification.company import Columns, Company
from deidentification.full_names import read_name
from deidentification.levels import Show, Whose, mention_level, shown
from deidentification.recognizers.roster_index import first_name, last_name
from deidentification.terms import Terms
from schemas.consent import ConsentDecision, Level, SessionDecisions, more_protective, permits_name
from schemas.deidentified import Action, Certainty, Find, Label, SpeakerShown
from schemas.identifiers import ParticipantId
from schemas.recording import Session
from schemas.roster import MatchingTable, Person

PARTICIPANT = "Participant"


class NameShown(NamedTuple):
    """What stands in place of a name. ``text`` None: as it was said. ``level`` is the level it shows."""

    text: str | None
    action: Action | None
    level: Level


MASKED = NameShown("[PERSON]", Action.MASKED, Level.WITHHELD)


@dataclass
class Names:
    """Labels and mentions of everybody in the matching table, under one session's decisions."""

    company: Company
    decisions: SessionDecisions
    session: Session
    kept: frozenset[ParticipantId] = frozenset()
    """People of whom nothing is known any more but that some of their words stay: always unnamed at least."""
    _people: dict[str, Person] = field(init=False)
    _kinds: Counter[tuple[str | None, str | None]] = field(init=False)

    def __post_init__(self) -> None:
        self._people = {**{p: Person(participant=p, full_name="", secret="") for p in self.kept}, **self.table.by_id()}
        consenting = [p for p in self.table.people if self._consents(p.participant)]
        self._kinds = Counter((p.role_as, p.organisation_as) for p in consenting)

    @property
    def table(self) -> MatchingTable:
        """Everybody in the study."""
        return self.company.table

    @property
    def terms(self) -> Terms:
        """What counts as somebody's name."""
        return self.company.terms

    def _consents(self, participant: str) -> bool:
        decision = self.decisions.decisions.get(participant)
        return decision is not None and permits_name(decision)

    def person(self, participant: str) -> Person | None:
        """Their row of the matching table; an empty one for people of whom only words are kept."""
        return self._people.get(participant)

    def level(self, person: Person, level: Level) -> Level:
        """The level that can be shown: what there is no name, made-up name or shared role for, is unnamed."""
        if not person.full_name:
            return more_protective(level, Level.UNNAMED)
        if level is Level.ROLE and self._role_label(person) is None:
            return Level.UNNAMED
        if level is Level.PSEUDONYM and self._pseudonym(person) is None:
            return Level.UNNAMED
        return level

    def _role_label(self, person: Person) -> str | None:
        parts = [part for part in (person.role_as, person.organisation_as) if part]
        if not parts or self._kinds[person.role_as, person.organisation_as] < 2:
            return None
        label = f"[{', '.join(parts)}]"
        return None if self.terms.holds_name(label) else label

    def _pseudonym(self, person: Person) -> str | None:
        # Where the words stand in public, no label of other sessions may be used.
        name = person.public_pseudonym if self.session.in_public else person.pseudonym
        # A made-up name that somebody in the study bears would point at that person.
        return None if not name or self.terms.holds_name(name, strict=True) else name

    def generalised(self, text: str | None) -> str | None:
        """A generalisation of the roster's, or None where there is none or it holds somebody's name."""
        return self.company.generalised(text)

    def speaker(self, person: Person, decision: ConsentDecision) -> SpeakerShown:
        """How somebody is shown as the speaker under ``decision``.

        ``named`` carries all attributes, ``unnamed`` none, and what lies between only such as others share.
        """
        level = self.level(person, decision.level)
        base = SpeakerShown(
            participant=person.participant, level=level, label=self.label(person, level), tightened=decision.tightened
        )
        if level in (Level.UNNAMED, Level.WITHHELD):
            return base
        return base.model_copy(update=self.columns(person, level))

    def columns(self, person: Person, level: Level) -> Columns:
        """Somebody's columns; below ``named`` without those by which they stand alone among all who consented.

        A combination that one person has joins the rows of that person, whatever they are called in them.
        """
        return self.company.kept(person, level, self._consents)

    def label(self, person: Person, level: Level) -> str:
        """What stands for somebody as the speaker at ``level``."""
        match level:
            case Level.NAMED:
                return read_name(person.full_name).name
            case Level.FIRST_NAME:
                return first_name(person)
            case Level.ROLE:
                return self._role_label(person) or PARTICIPANT
            case Level.PSEUDONYM:
                return self._pseudonym(person) or PARTICIPANT
            case _:
                return PARTICIPANT

    def mention(
        self, participant: str, decision: ConsentDecision | None, find: Find, said: str, clue_beside: bool
    ) -> NameShown:
        """What stands where others name somebody.

        Args:
            decision: The mentioned person's, None where there is none.
            find: The name that was found, and which part it is.
            said: The words as they were said.
            clue_beside: Whether the sentence holds a title, employer, role, link or date.
        """
        person = self.person(participant)
        if person is None:
            return MASKED
        level = self.level(person, mention_level(decision))
        match shown(level, Label.PERSON, Whose.MENTION):
            case Show.KEEP:
                return _named(person, find, said, level)
            case Show.FIRST_NAME:
                name = first_name(person)
                return NameShown(None, None, level) if said == name else NameShown(name, Action.REPLACED, level)
            case Show.ROLE:
                return NameShown(self._role_label(person), Action.GENERALISED, level)
            case Show.PSEUDONYM if not clue_beside:
                return NameShown(self._pseudonym(person), Action.REPLACED, level)
            case _:
                return MASKED


def _named(person: Person, find: Find, said: str, level: Level) -> NameShown:
    """A named person's name: as said where it was found exactly, else the right spelling of the same part."""
    if find.certainty is Certainty.EXACT and find.part not in ("former", "handle"):
        return NameShown(None, None, level)
    right = {"first": first_name(person), "last": last_name(person)}.get(find.part, read_name(person.full_name).name)
    return NameShown(None, None, level) if said == right else NameShown(right, Action.REPLACED, level)
