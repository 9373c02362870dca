"""What the report rests on: the register's entries and, for who may open sessions, who speaks in them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from consent.decision import decide
from consent.register import Register, is_community
from deidentification.evaluation import Measured
from flows.audit.team import Member, members
from flows.audit.words import minute
from flows.backups import BackupMade, backups
from flows.evaluated import evaluations
from flows.originals import Unconfirmed, unconfirmed
from flows.releases import Release, releases
from flows.sending import Copy, Output, Task, copies, outputs
from schemas.consent import ConsentDecision, ConsentEvent, ConsentKind, Form, Use
from schemas.identifiers import by_number
from schemas.ledger import EventKind, LedgerEntry
from schemas.recording import Session

RESEARCH = "research.duckdb"
"""The data set for analysis."""
SIGNINGS = (ConsentKind.CONSENT, ConsentKind.REAFFIRM)


@dataclass(frozen=True)
class Voices:
    """Who speaks in one session, as far as it is known; only who may open sessions can tell.

    Attributes:
        people: Participants who speak, or may be who speaks; None: nobody has listened yet.
        unknown: Voices that are nobody's yet.
    """

    people: frozenset[str] | None
    unknown: int = 0


@dataclass(frozen=True)
class Risk:
    """What may still lead from one data set to somebody in it; None: this reader cannot tell, or nobody counted.

    Attributes:
        groups: Size of a group of people below `named` who share what is said of them, to how many there are.
        passages: Passages of people who are not named that stand in public as they were said.
        bridges: Places that may join two labels of one person, hidden because nobody has looked at them yet.
    """

    data_set: str
    groups: Mapping[int, int] | None = None
    passages: int | None = None
    bridges: int | None = None


@dataclass(frozen=True)
class Facts:
    """What the sixteen answers are made from. Immutable; no clock, key or disk behind it.

    Attributes:
        signed_by: Key id of the recorder of every entry, in order.
        voices: By session; None for a reader who may not open sessions (an ethics officer).
        places: Folder of the study to whether it is there.
    """

    now: datetime
    title: str
    zone: str
    entries: Sequence[LedgerEntry]
    register: Register
    approvals: tuple[str, ...] = ()
    destroy_after_days: int = 7
    never_asked_days: int = 30
    signed_by: Sequence[str] = ()
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Key id of every present user, to their roles."""
    voices: Mapping[str, Voices] | None = None
    places: Mapping[str, bool] = field(default_factory=dict)
    rechecked: Mapping[int, bool] = field(default_factory=dict)
    """Last `derive` entry of each session to whether the register before it gives the very choices it pins."""

    tasks: Sequence[Task] = ()
    """What went out and is still to be taken back."""
    by_form: Sequence[tuple[str, str, datetime]] = ()
    """What a form's own date ends: participant, where, from when on it is due; only who may open sessions can tell."""

    risks: Sequence[Risk] = ()
    """Of every data set that stands."""

    # ------------------------------------------------------------ entries

    def of(self, *kinds: EventKind) -> list[LedgerEntry]:
        """Opened entries of these kinds, in order."""
        return [entry for entry in self.entries if entry.kind in kinds and entry.payload is not None]

    def recorded(self, index: int) -> datetime:
        """When an entry was recorded, to the minute."""
        return minute(self.entries[index].minute)

    @cached_property
    def taken_in(self) -> dict[str, tuple[int, datetime]]:
        """Session to the index and minute of the entry that took it in."""
        found = {}
        for entry in self.of(EventKind.INGEST):
            payload = entry.payload or {}
            session = payload.get("session")
            if payload.get("type") == "session" and isinstance(session, str):
                found[session] = (entry.index, minute(entry.minute))
        return found

    @cached_property
    def derived(self) -> list[tuple[LedgerEntry, dict[str, Any]]]:
        """Entries that say words were prepared, with their content."""
        return [(entry, entry.payload or {}) for entry in self.of(EventKind.DERIVE)]

    @cached_property
    def form_entries(self) -> dict[str, int]:
        """Form's hash to the index of the entry that registered it first."""
        found: dict[str, int] = {}
        for entry in self.entries:
            if entry.kind is EventKind.FORM and entry.form is not None:
                found.setdefault(entry.form, entry.index)
        return found

    # ------------------------------------------------------------ what lies elsewhere

    @cached_property
    def copies(self) -> list[Copy]:
        """Copies of data sets that were handed over."""
        return copies(self.entries)

    @cached_property
    def outputs(self) -> list[Output]:
        """What was published or shown."""
        return outputs(self.entries)

    @cached_property
    def releases(self) -> list[Release]:
        """Data sets that were made to hand on, those that ended included."""
        return releases(self.entries)

    @cached_property
    def backups(self) -> list[BackupMade]:
        """Backups, oldest first."""
        return backups(self.entries)

    @cached_property
    def originals(self) -> list[Unconfirmed]:
        """Sessions of which an original may still lie somewhere."""
        return unconfirmed(self.entries)

    @cached_property
    def evaluations(self) -> list[tuple[LedgerEntry, Measured]]:
        """How much was missed, as often as it was measured, oldest first."""
        return evaluations(self.entries)

    # ------------------------------------------------------------ people

    @cached_property
    def enrolled(self) -> dict[str, datetime]:
        """Participant to the minute when they first stood in a list of participants or in an entry of their own."""
        found: dict[str, datetime] = {}
        for entry in self.of(EventKind.ENROL):
            payload = entry.payload or {}
            people = {*payload.get("participants", ()), payload.get("participant")} - {None}  # older ones name several
            for person in people:
                found.setdefault(str(person), minute(entry.minute))
        for index, event in self.register.events:
            if not is_community(event):
                moment = self.recorded(index)
                found[event.participant] = min(moment, found.get(event.participant, moment))
        return found

    @cached_property
    def people(self) -> list[str]:
        """Every participant the register knows, as people count: P2 before P10."""
        return by_number(self.enrolled)

    def events(self, person: str) -> tuple[tuple[int, ConsentEvent], ...]:
        """One person's own entries, in ledger order."""
        return self.register.by_participant.get(person, ())

    def signings(self, person: str) -> list[tuple[int, ConsentEvent]]:
        """The entries in which a person signed a form or went over to one."""
        return [(index, event) for index, event in self.events(person) if event.event in SIGNINGS]

    @cached_property
    def consents(self) -> list[tuple[int, ConsentEvent]]:
        """Everybody's signings, by person, each person's in ledger order."""
        return [one for person in self.people for one in self.signings(person)]

    @cached_property
    def withdrawals(self) -> list[tuple[int, ConsentEvent]]:
        """Every withdrawal, in ledger order, taken back ones included."""
        return [(index, event) for index, event in self.register.events if event.event is ConsentKind.WITHDRAW]

    def form_now(self, person: str) -> Form | None:
        """The form a person signed last."""
        signed = self.signings(person)
        return self.register.form_of(signed[-1][1]) if signed else None

    # ------------------------------------------------------------ decisions

    @cached_property
    def _decided(self) -> dict[tuple[object, ...], ConsentDecision]:
        return {}

    def decision(
        self,
        person: str,
        session: Session | None = None,
        use: Use = Use.ANALYSIS,
        *,
        before: int | None = None,
        at: datetime | None = None,
    ) -> ConsentDecision:
        """What a person allows.

        Args:
            before: Only entries before this index count: what a run knew that wrote this entry.
            at: Only what was asked up to this instant counts.
        """
        own = [one for one in self.events(person) if before is None or one[0] < before]
        own = [one for one in own if at is None or one[1].at <= at]
        kept = {index for index, _ in own}
        gone = {
            index: done
            for index, done in self.register.erased.items()
            if index in kept and (before is None or done[0] < before) and (at is None or done[1] <= at)
        }
        key = (person, session.session if session else None, use, tuple(kept), tuple(gone))
        if key not in self._decided:
            # Only the person's own entries: marks and others' say do not reach beyond a marked passage.
            small = replace(self.register, events=tuple(own), passages=(), erased=gone)
            self._decided[key] = decide(small, person, session=session, use=use)
        return self._decided[key]

    @cached_property
    def states(self) -> dict[str, ConsentDecision]:
        """What each person allows today, for analysis, in the study as a whole."""
        return {person: self.decision(person) for person in self.people}

    def timeline(self, person: str) -> list[tuple[datetime, ConsentDecision]]:
        """What a person allowed for analysis, by the instants at which they asked or their words were destroyed.

        Only instants at which the state or the level became another one.
        """
        own = self.events(person)
        moments = {event.at for _, event in own}
        moments |= {self.register.erased[index][1] for index, _ in own if index in self.register.erased}
        steps: list[tuple[datetime, ConsentDecision]] = []
        for moment in sorted(moments):
            decision = self.decision(person, at=moment)
            if not steps or (decision.state, decision.level) != (steps[-1][1].state, steps[-1][1].level):
                steps.append((moment, decision))
        return steps

    @cached_property
    def timelines(self) -> dict[str, list[tuple[datetime, ConsentDecision]]]:
        """Everybody's timeline."""
        return {person: self.timeline(person) for person in self.people}

    # ------------------------------------------------------------ the team

    @cached_property
    def members(self) -> dict[str, Member]:
        """Key id to whoever signs with it, those who left included; labels are numbered in the order of the entries."""
        return members(self.of(EventKind.ROTATE_KEY), self.users)

    def recorder(self, index: int) -> str:
        """Who signed an entry, by label."""
        key = self.signed_by[index] if index < len(self.signed_by) else ""
        member = self.members.get(key)
        return member.label if member else "somebody whose role is not recorded"

    @cached_property
    def sessions(self) -> list[Session]:
        """Sessions and writings by day, then id."""
        return sorted(self.register.sessions.values(), key=lambda one: (one.day, one.session))
