"""The consent register: what the ledger says of choices, passages, forms and sessions, ready to be decided on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from pydantic import ValidationError

from consent.choosing.choices import Said, said_by
from schemas.consent import ConsentEvent, ConsentKind, Form, Passage
from schemas.errors import LedgerDamaged
from schemas.identifiers import Digest, ParticipantId, SessionId
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from schemas.recording import Session
from schemas.records import Record

R = TypeVar("R", bound=Record)

TYPE_NAMES: dict[type[Record], str] = {ConsentEvent: "consent", Passage: "passage", Form: "form", Session: "session"}
"""The ``type`` member of a payload, by the record it holds."""

COMMUNITY = "community"
"""``given_by`` of a community's own answer: this word, or ``community:NAME``."""
MAY_HOLD_CHOICES = frozenset(EventKind(kind) for kind in ConsentKind if kind is not ConsentKind.DECLINE)


@dataclass(frozen=True)
class Register:
    """What the ledger holds for decisions, in ledger order. Immutable; nothing in it is read from a clock or a disk."""

    events: tuple[tuple[int, ConsentEvent], ...] = ()
    passages: tuple[tuple[int, Passage], ...] = ()
    forms: Mapping[str, Form] = field(default_factory=dict)
    """By version; a version names one text."""
    sessions: Mapping[SessionId, Session] = field(default_factory=dict)
    recorded: frozenset[SessionId] = frozenset()
    """Sessions with at least one sound recording."""
    erased: Mapping[int, tuple[int, datetime]] = field(default_factory=dict)
    """Index of a `withdraw` to the index and minute of the `erase` that carried it out."""
    unread: int = 0
    """Entries that may hold choices and were not opened (another's key, or disposed of)."""

    @cached_property
    def by_participant(self) -> dict[ParticipantId, tuple[tuple[int, ConsentEvent], ...]]:
        """Each person's own entries, in ledger order; a community's answers are not among them."""
        grouped: dict[ParticipantId, list[tuple[int, ConsentEvent]]] = {}
        for index, event in self.events:
            if not is_community(event):
                grouped.setdefault(event.participant, []).append((index, event))
        return {participant: tuple(events) for participant, events in grouped.items()}

    @cached_property
    def by_community(self) -> tuple[tuple[int, ConsentEvent], ...]:
        """The entries in which a community answered, whoever they are filed under."""
        return tuple((index, event) for index, event in self.events if is_community(event))

    @cached_property
    def said(self) -> dict[int, tuple[Said, ...]]:
        """What each event says, blanks filled from its form."""
        return {index: said_by(event, self.form_of(event)) for index, event in self.events}

    @cached_property
    def passages_of(self) -> dict[SessionId, tuple[tuple[int, Passage], ...]]:
        """Marked passages by session, in ledger order."""
        grouped: dict[SessionId, list[tuple[int, Passage]]] = {}
        for index, passage in self.passages:
            grouped.setdefault(passage.session, []).append((index, passage))
        return {session: tuple(passages) for session, passages in grouped.items()}

    def form_of(self, event: ConsentEvent) -> Form | None:
        """The registered form an event was made on; None where it names none, or a text that was never registered."""
        form = self.forms.get(event.form or "")
        if form is None or event.form_sha256 not in (None, form.sha256):
            return None
        return form

    def as_of(self, at: datetime | None) -> "Register":
        """The register with only what had been asked (and destroyed) up to ``at``; None: everything."""
        if at is None:
            return self
        return replace(
            self,
            events=tuple((index, event) for index, event in self.events if event.at <= at),
            passages=tuple((index, passage) for index, passage in self.passages if passage.at <= at),
            erased={index: done for index, done in self.erased.items() if done[1] <= at},
        )

    def with_events(self, events: Iterable[ConsentEvent]) -> "Register":
        """The register as it would be with more events at the end, for previews."""
        return replace(self, events=(*self.events, *enumerate(events, start=self._next)))

    def with_passage(self, passage: Passage) -> "Register":
        """The register as it would be with one more passage marked."""
        return replace(self, passages=(*self.passages, (self._next, passage)))

    @property
    def _next(self) -> int:
        """An index behind all that count for decisions."""
        return max((index for index, _ in (*self.events, *self.passages)), default=-1) + 1


def is_community(event: ConsentEvent) -> bool:
    """Whether a community, not the person, gave this answer."""
    return event.given_by.split(":", 1)[0] == COMMUNITY


def read_register(entries: Iterable[LedgerEntry]) -> Register:
    """Read the entries that decisions depend on; every other kind of entry is passed over.

    Args:
        entries: Ledger entries in ledger order. A row that was imported twice counts once, the first time.
    Raises:
        LedgerDamaged: an entry does not hold the record its type names.
    """
    reader = _Reader()
    for entry in entries:
        reader.read(entry)
    return Register(
        events=tuple(reader.events),
        passages=tuple(reader.passages),
        forms=reader.forms,
        sessions=reader.sessions,
        recorded=frozenset(reader.recorded),
        erased=reader.erased,
        unread=reader.unread,
    )


def to_ledger_event(record: ConsentEvent | Passage | Form | Session, **extra: Any) -> LedgerEvent:
    """The ledger event that records ``record``.

    Args:
        record: What is to be recorded.
        extra: Further members of the payload, plain JSON (``tracks=[digests]`` for a session).
    """
    payload = {"type": TYPE_NAMES[type(record)], **record.model_dump(mode="json"), **extra}
    undone = record.withdrawal if isinstance(record, ConsentEvent) else None
    refs = () if undone is None else (undone,)
    return LedgerEvent(kind=_kind_of(record), payload=payload, form=_form_digest(record), refs=refs)


def _kind_of(record: ConsentEvent | Passage | Form | Session) -> EventKind:
    if isinstance(record, ConsentEvent):
        return EventKind.CONSENT if record.event is ConsentKind.DECLINE else EventKind(record.event)
    if isinstance(record, Passage):
        return EventKind.CHANGE
    return EventKind.FORM if isinstance(record, Form) else EventKind.INGEST


def _form_digest(record: ConsentEvent | Passage | Form | Session) -> Digest | None:
    if isinstance(record, ConsentEvent):
        return record.form_sha256
    return record.sha256 if isinstance(record, Form) else None


class _Reader:
    """Gathers a register entry by entry."""

    def __init__(self) -> None:
        self.events: list[tuple[int, ConsentEvent]] = []
        self.passages: list[tuple[int, Passage]] = []
        self.forms: dict[str, Form] = {}
        self.sessions: dict[SessionId, Session] = {}
        self.recorded: set[SessionId] = set()
        self.erased: dict[int, tuple[int, datetime]] = {}
        self.unread = 0
        self._rows: set[tuple[ParticipantId, Digest]] = set()

    def read(self, entry: LedgerEntry) -> None:
        """Take in one entry."""
        if entry.kind is EventKind.ERASE:
            done = datetime.fromisoformat(entry.minute)
            self.erased.update(dict.fromkeys(entry.refs, (entry.index, done)))
        if entry.payload is None:
            self.unread += entry.kind in MAY_HOLD_CHOICES
            return
        take = {"consent": self._event, "passage": self._passage, "form": self._form, "session": self._session}
        name = entry.payload.get("type")
        if isinstance(name, str) and name in take:
            take[name](entry.index, entry.payload)

    def _event(self, index: int, payload: dict[str, Any]) -> None:
        event = _parsed(index, payload, ConsentEvent)
        # Intake cannot see what is recorded, so it may record a file twice. An old row must not become the newest.
        if event.row is not None:
            if (event.participant, event.row) in self._rows:
                return
            self._rows.add((event.participant, event.row))
        self.events.append((index, event))

    def _passage(self, index: int, payload: dict[str, Any]) -> None:
        self.passages.append((index, _parsed(index, payload, Passage)))

    def _form(self, index: int, payload: dict[str, Any]) -> None:
        form = _parsed(index, payload, Form)
        # The first text under a version keeps it: nobody is to look as if they had signed a later one.
        self.forms.setdefault(form.version, form)

    def _session(self, index: int, payload: dict[str, Any]) -> None:
        session = _parsed(index, payload, Session)
        self.sessions[session.session] = session
        if payload.get("tracks"):
            self.recorded.add(session.session)


def _parsed(index: int, payload: dict[str, Any], kind: type[R]) -> R:
    members = {name: value for name, value in payload.items() if name in kind.model_fields}
    try:
        return kind.model_validate(members)
    except ValidationError:
        error = LedgerDamaged(
            f"entry {index} of the consent register does not hold a readable {TYPE_NAMES[kind]}",
            hint="It may have been written by a newer version: update, then try again.",
        )
    raise error  # outside the except, so that the refused values do not travel along as its context
