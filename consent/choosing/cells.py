"""Reads one row of a consent sheet into an event, and says of each bad cell what is wrong, never what it held."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from consent.choosing.choices import PERMISSIONS, asked
from schemas.consent import (
    ASKABLE,
    Choice,
    ConsentEvent,
    ConsentKind,
    Form,
    Level,
    Organisation,
    Permission,
    Reach,
    Use,
)
from schemas.identifiers import COMMUNITY_PATTERN, SESSION_PATTERN, ParticipantId, is_participant_id
from schemas.records import digest_of

T = TypeVar("T")

REQUIRED = ("participant", "at", "event")
"""Columns every sheet must have; ``level`` too, where a row is a `consent`."""
LEVELS = tuple(f"level_{use}" for use in Use)
COLUMNS: tuple[str, ...] = (
    *REQUIRED,
    "level",
    *LEVELS,
    *("form", "organisation", "credit", "reach", "applies", "data", "method", "evidence", "given_by", "recorded_by"),
    *Permission,
)
"""Every column a sheet may have."""
CHOICES = ("level", *LEVELS, "organisation", "credit", *Permission)
SHEET_EVENTS = tuple(kind for kind in ConsentKind if kind is not ConsentKind.UNDO)
_SPOKEN = {"role_only": "role", "made_up_name": "pseudonym", "not_used": "withheld", "generalized": "generalised"}
_TIME_HINT = "write it like 2026-03-05T14:00+13:00"


class CellFault(ValueError):
    """What is wrong with one cell; its text never repeats the cell."""


@dataclass
class Rules:
    """What rows are checked against.

    Attributes:
        known: Participant ids of the roster.
        forms: Registered forms by version, oldest first.
        signed: The form each person signed last; kept up to date row by row.
        team: Participants who sign the team agreement where a row names no form.
        passages: Known passage ids; None where the register cannot be opened.
        evidence: Gives the SHA-256 of a file that a cell names, or raises `CellFault`; None: cells hold the SHA-256.
        now: No row may lie after it.
    """

    known: AbstractSet[ParticipantId]
    forms: Mapping[str, Form]
    signed: dict[ParticipantId, Form] = field(default_factory=dict)
    team: AbstractSet[ParticipantId] = frozenset()
    passages: AbstractSet[str] | None = None
    evidence: Callable[[str], str] | None = None
    recorded_by: str | None = None
    now: datetime | None = None


@dataclass
class RowRead:
    """One row: the event, or what is wrong with it as (column, words)."""

    event: ConsentEvent | None
    at: datetime | None
    problems: list[tuple[str, str]]


def read_row(cells: Mapping[str, str], rules: Rules, events: tuple[ConsentKind, ...] = SHEET_EVENTS) -> RowRead:
    """Read one row.

    Args:
        cells: Column name to text; blank and absent are the same.
        events: The kinds of event that may stand here.
    """
    return _Row({column: text.strip() for column, text in cells.items() if text.strip()}, rules, events).read()


def row_digest(cells: Mapping[str, str]) -> str:
    """A digest by which the same row is known again: every filled cell, trimmed."""
    return digest_of({column: text.strip() for column, text in cells.items() if text.strip()})


def parse_at(text: str) -> datetime:
    """A time with its zone, ISO 8601.

    Raises:
        CellFault: it is not, and what to write instead.
    """
    if re.match(r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", text) or re.match(r"\d{1,2}-\d{1,2}-\d{4}", text):
        raise CellFault(f"is a date in another order; {_TIME_HINT}")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CellFault(f"is no date and time; {_TIME_HINT}")
    if moment.tzinfo is None:
        raise CellFault(f"has no time zone; {_TIME_HINT}")
    return moment


def parse_reach(text: str) -> Reach:
    """`study`, `cycle:N`, `session:ID`, `writing:ID` or `passage:ID`.

    Raises:
        CellFault: it is none of these.
    """
    kind, _, name = text.partition(":")
    kind, name = kind.strip().lower(), name.strip()
    if kind == "study" and not name:
        return Reach()
    forms = {
        "cycle": SESSION_PATTERN,
        "session": SESSION_PATTERN,
        "writing": SESSION_PATTERN,
        "passage": "[a-z0-9]{12}",
    }
    if kind not in forms or not re.fullmatch(forms[kind], name):
        raise CellFault("is not study, cycle:N, session:ID, writing:ID or passage:ID")
    return Reach.model_validate({"kind": kind, "id": name})


class _Row:
    """One row being read; every bad cell is noted and reading goes on."""

    def __init__(self, cells: dict[str, str], rules: Rules, events: tuple[ConsentKind, ...]) -> None:
        self.cells, self.rules, self.events = cells, rules, events
        self.problems: list[tuple[str, str]] = []

    def read(self) -> RowRead:
        participant = self._take("participant", self._participant)
        at = self._take("at", self._at)
        kind = self._take("event", lambda text: ConsentKind(_one_of(text, self.events)))
        fields = self._fields()
        fields["choices"] = self._choices()
        for column in REQUIRED:
            if column not in self.cells:
                self.problems.append((column, "is needed"))
        if kind is not None:
            self._check_kind(kind, fields)
            fields |= self._form(kind, participant, fields["choices"])
        if self.problems or participant is None or at is None or kind is None:
            return RowRead(None, at, self.problems)
        return RowRead(ConsentEvent(participant=participant, at=at, event=kind, **fields), at, [])

    def _take(self, column: str, reader: Callable[[str], T]) -> T | None:
        if column not in self.cells:
            return None
        try:
            return reader(self.cells[column])
        except CellFault as fault:
            self.problems.append((column, str(fault)))
            return None

    def _fields(self) -> dict[str, Any]:
        return {
            "reach": self._take("reach", self._reach) or Reach(),
            "applies": self._take("applies", lambda text: _one_of(text, ("all", "from"))),
            "data": self._take("data", lambda text: _one_of(text, ("erase", "keep_deidentified", "stop"))),
            "method": self._take("method", lambda text: _short(text, 60)),
            "evidence_sha256": self._take("evidence", self._evidence),
            "given_by": self._take("given_by", _given_by) or "self",
            "recorded_by": self._take("recorded_by", lambda text: _short(text, 60)) or self.rules.recorded_by,
        }

    def _choices(self) -> tuple[Choice, ...]:
        read: list[Choice] = []
        for column in CHOICES:
            dimension, _, use = column.partition("_") if column in LEVELS else (column, "", "")
            value = self._take(column, lambda text, dimension=dimension: _value(dimension, text))  # type: ignore[misc]
            if value is not None:
                read.append(Choice(dimension=dimension, value=value, use=Use(use) if use else None))
        return tuple(read)

    def _check_kind(self, kind: ConsentKind, fields: dict[str, Any]) -> None:
        chooses = kind in (ConsentKind.CONSENT, ConsentKind.CHANGE)
        if kind is ConsentKind.CONSENT and "level" not in self.cells:
            self._wrong("level", "is needed for a consent")
        if kind is ConsentKind.CHANGE and not any(column in self.cells for column in CHOICES):
            self._wrong("event", "is a change, and the row changes nothing")
        if kind is ConsentKind.WITHDRAW and "data" not in self.cells:
            self._wrong("data", "is needed for a withdrawal: erase, keep_deidentified or stop")
        for column in () if chooses else (*CHOICES, "applies"):
            if column in self.cells:
                self._wrong(column, f"must be blank for a {kind}")
        if kind is not ConsentKind.WITHDRAW and "data" in self.cells:
            self._wrong("data", f"must be blank for a {kind}")
        if "credit" in self.cells and fields["reach"].kind != "study":
            self._wrong("credit", "goes with the whole study: leave reach blank, or give credit a row of its own")
        if fields["given_by"].startswith("community") and fields["reach"].kind not in ("session", "writing", "passage"):
            self._wrong("reach", "must be a session, writing or passage where a community answers")

    def _form(
        self, kind: ConsentKind, participant: ParticipantId | None, choices: tuple[Choice, ...]
    ) -> dict[str, str | None]:
        signs = kind in (ConsentKind.CONSENT, ConsentKind.REAFFIRM)
        form = self._take("form", self._named_form)
        if form is None and "form" not in self.cells:
            form = self._default_form(participant) if signs else self.rules.signed.get(participant or "")
        if form is None and signs and "form" not in self.cells:
            self._wrong("form", "is blank and no form is registered: run `chatham form add` first")
        if "form" not in self.cells or form is not None:
            self._check_asked(form, signs, choices)
        return {"form": form.version, "form_sha256": form.sha256} if form is not None else {}

    def _check_asked(self, form: Form | None, signs: bool, choices: tuple[Choice, ...]) -> None:
        """What a person's signed form never asked is `no`; a row that says otherwise is refused."""
        forms = [form] if form is not None else [] if signs else list(self.rules.forms.values())
        for choice in choices:
            if choice.dimension not in PERMISSIONS or choice.value == "no" or not forms:
                continue
            if not any(asked(one, choice.dimension) for one in forms):
                name = f"form {form.version}" if form is not None else "the signed form"
                self._wrong(choice.dimension, f"was never asked by {name}: leave it blank, or write no")

    def _wrong(self, column: str, words: str) -> None:
        self.problems.append((column, words))

    def _participant(self, text: str) -> ParticipantId:
        if not is_participant_id(text):
            raise CellFault("is not P and digits, as the roster gives it")
        if text not in self.rules.known:
            raise CellFault(f"{text} is not in the roster")
        return text

    def _at(self, text: str) -> datetime:
        moment = parse_at(text)
        if self.rules.now is not None and moment > self.rules.now:
            raise CellFault("lies in the future")
        return moment

    def _reach(self, text: str) -> Reach:
        reach = parse_reach(text)
        if reach.kind == "passage" and self.rules.passages is not None and reach.id not in self.rules.passages:
            raise CellFault("names a passage that was never marked")
        return reach

    def _evidence(self, text: str) -> str:
        if re.fullmatch(r"[0-9a-fA-F]{64}", text):
            return text.lower()
        if self.rules.evidence is None:
            raise CellFault("is not the SHA-256 of the evidence, 64 hexadecimal digits")
        return self.rules.evidence(text)

    def _named_form(self, text: str) -> Form:
        if text not in self.rules.forms:
            raise CellFault("is no registered version of a form")
        return self.rules.forms[text]

    def _default_form(self, participant: ParticipantId | None) -> Form | None:
        kind = "team" if participant in self.rules.team else "participant"
        return next((form for form in reversed(list(self.rules.forms.values())) if form.kind == kind), None)


def _one_of(text: str, allowed: tuple[str, ...]) -> str:
    word = text.lower().replace(" ", "_").replace("-", "_")
    word = _SPOKEN.get(word, word)
    if word not in allowed:
        raise CellFault(f"is not one of: {', '.join(allowed)}")
    return word


def _value(dimension: str, text: str) -> str:
    if dimension == "level":
        return _one_of(text, tuple(Level))
    if dimension == "organisation":
        return _one_of(text, tuple(Organisation))
    if dimension == "credit":
        return "no" if text.lower() == "no" else _short(text, 200)
    return _one_of(text, ("yes", "ask", "no") if dimension in ASKABLE else ("yes", "no"))


def _short(text: str, most: int) -> str:
    if len(text) > most:
        raise CellFault(f"is longer than {most} characters")
    return text


def _given_by(text: str) -> str:
    if re.fullmatch(f"community:{COMMUNITY_PATTERN}", text):
        return text
    return _one_of(text, ("self", "guardian", "authorised", "community"))
