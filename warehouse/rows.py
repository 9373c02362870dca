"""Turns de-identified sessions into the rows of the released tables, as Arrow tables."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pyarrow as pa

from schemas.coding import ReleasedCodings
from schemas.deidentified import DeidentifiedUtterance, RedactedSession, SpeakerShown, WithheldUtterance
from schemas.errors import CheckFailed
from schemas.identifiers import SessionId
from schemas.provenance import Provenance
from schemas.recording import Session
from warehouse.coded import case_rows, code_rows, coder_rows, coding_rows, memo_rows
from warehouse.ids import ReleaseIds
from warehouse.speakers import Speakers, same_id_twice

Row = tuple[Any, ...]
Utterance = DeidentifiedUtterance | WithheldUtterance

TEXT, NUMBER = pa.string(), pa.float64()
COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "sessions": {"session_id": TEXT, "held_on": pa.date32(), "cycle": TEXT, "language": TEXT, "duration_s": NUMBER},
    "speakers": dict.fromkeys(
        ("speaker_id", "label", "level", "tier", "role_as", "organisation_as", "place_as", "language"), TEXT
    ),
    "utterances": {
        "utterance_id": TEXT,
        "session_id": TEXT,
        "position": pa.int32(),
        "speaker_id": TEXT,
        "start_s": NUMBER,
        "end_s": NUMBER,
        "text": TEXT,
        "withheld": pa.bool_(),
        "withheld_reason": TEXT,
        "quote_state": TEXT,
        "decision_id": TEXT,
    },
    "redactions": {
        "utterance_id": TEXT,
        "start_char": pa.int32(),
        "end_char": pa.int32(),
        "label": TEXT,
        "action": TEXT,
    },
    "codes": {
        "code_id": TEXT,
        "parent_id": TEXT,
        "position": pa.int32(),
        "name": TEXT,
        "description": TEXT,
        "colour": TEXT,
        "codable": pa.bool_(),
    },
    "coders": {"coder_id": TEXT, "name": TEXT},
    "codings": {
        "coding_id": TEXT,
        "utterance_id": TEXT,
        "start_char": pa.int32(),
        "end_char": pa.int32(),
        "code_id": TEXT,
        "coder_id": TEXT,
        "coded_on": pa.date32(),
    },
    "memos": {
        "memo_id": TEXT,
        "about": TEXT,
        "about_id": TEXT,
        "coder_id": TEXT,
        "written_on": pa.date32(),
        "title": TEXT,
        "text": TEXT,
    },
    "cases": {"case_id": TEXT, "name": TEXT, "speaker_id": TEXT},
    "provenance": {"key": TEXT, "value": TEXT},
}
"""Table to column to Arrow type, in the order of schema.sql; a test holds the two together."""


class ReleasedSession(NamedTuple):
    """One session as it goes into a data set."""

    session: Session
    duration_s: float
    redacted: RedactedSession

    def __repr__(self) -> str:
        return f"ReleasedSession({self.session.session})"


class Rows(NamedTuple):
    """The rows of every table, and which planned utterance and speakers each released id stands for."""

    tables: dict[str, pa.Table]
    placed: dict[str, tuple[SessionId, DeidentifiedUtterance]]
    speakers: dict[str, set[SpeakerShown]]

    def __repr__(self) -> str:
        return f"Rows({len(self.tables)} tables)"


NO_CODINGS = ReleasedCodings()


def tables(
    sessions: Sequence[ReleasedSession],
    ids: ReleaseIds,
    provenance: Provenance,
    coded: ReleasedCodings = NO_CODINGS,
) -> dict[str, pa.Table]:
    """The tables of ``rows_of`` alone: table name to Arrow table, with the columns of schema.sql."""
    return rows_of(sessions, ids, provenance, coded).tables


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Let the garbage collector rest: it finds nothing in rows, and looking through a million doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_no_search_for_cycles()
def rows_of(
    sessions: Sequence[ReleasedSession],
    ids: ReleaseIds,
    provenance: Provenance,
    coded: ReleasedCodings = NO_CODINGS,
) -> Rows:
    """The rows of every table of one data set.

    Sessions stand by day, utterances by time, speakers by id: the order of the rows says no more than the rows.

    Args:
        sessions: In any order; each at most once.
        ids: Mints the released ids.
        provenance: What the data set was made from.
        coded: Codebook, codings and memos, as far as these sessions show them.

    Raises:
        CheckFailed: A session stands twice or holds another session's words, a speaker whose level is `withheld` has
            words, or two ids are equal.
        MissingKey: Somebody's words are shown for whom the roster holds no secret.
    """
    ordered = sorted(
        (ReleasedSession(*one) for one in sessions), key=lambda one: (one.session.day, one.session.session)
    )
    _check_sessions(ordered)
    speakers = Speakers(((one.session, speaker) for one in ordered for speaker in _shown_in(one)), ids)
    utterances: list[Row] = []
    redactions: list[Row] = []
    placed: dict[str, tuple[SessionId, DeidentifiedUtterance]] = {}
    where: dict[tuple[str, str, int], str] = {}
    for one in ordered:
        decided = _Decisions(one.session.session, ids)
        for identifier, utterance in _in_time_order(one, ids):
            place = (identifier, one.session.session, len(utterances))
            utterances.append(_utterance_row(place, utterance, one.session, speakers, decided))
            redactions.extend(_redaction_rows(identifier, utterance))
            if isinstance(utterance, DeidentifiedUtterance):
                placed[identifier] = (one.session.session, utterance)
                where[one.session.session, utterance.utterance, utterance.piece] = identifier
    _check_no_two_equal([row[0] for row in utterances])
    codings, minted = coding_rows(coded.codings, where, ids)
    named = [one.session.session for one in ordered]
    made = {
        "sessions": _table("sessions", [_session_row(one) for one in ordered]),
        "speakers": _table("speakers", speakers.rows()),
        "utterances": _table("utterances", utterances),
        "redactions": _table("redactions", redactions),
        "codes": _table("codes", code_rows(coded.codebook)),
        "coders": _table("coders", coder_rows(coded.codebook)),
        "codings": _table("codings", codings),
        "memos": _table("memos", memo_rows(coded.codebook, minted, named)),
        "cases": _table("cases", case_rows(speakers.rows(), ids)),
        "provenance": _table("provenance", _provenance_rows(provenance)),
    }
    return Rows(made, placed, speakers.ways())


class _Decisions:
    """Gives the utterances of one session their decision ids; each shown one is minted once."""

    def __init__(self, session: SessionId, ids: ReleaseIds) -> None:
        self._session = session
        self._ids = ids
        self._known: dict[tuple[str, str], str | None] = {}

    def id_of(self, utterance: Utterance, speaker_id: str | None) -> str | None:
        """The decision id of ``utterance``, shown as said by ``speaker_id`` (None for a gap)."""
        if speaker_id is None or utterance.decision is None:
            return self._ids.decision_id(utterance, self._session)
        key = (speaker_id, utterance.decision)
        if key not in self._known:
            self._known[key] = self._ids.decision_id(utterance, self._session)
        return self._known[key]


def _shown_in(one: ReleasedSession) -> set[SpeakerShown]:
    return {utterance.speaker for utterance in one.redacted.utterances if isinstance(utterance, DeidentifiedUtterance)}


def _in_time_order(one: ReleasedSession, ids: ReleaseIds) -> list[tuple[str, Utterance]]:
    """Ids and utterances by time; equal times by id, because the vault's own order could tell who interrupts whom."""
    minted = [(ids.utterance_id(utterance, one.session.session), utterance) for utterance in one.redacted.utterances]
    return sorted(minted, key=lambda pair: (pair[1].start_s, pair[1].end_s, pair[0]))


def _session_row(one: ReleasedSession) -> Row:
    session = one.session
    return (session.session, session.day, session.cycle, session.language, one.duration_s)


def _utterance_row(
    place: tuple[str, SessionId, int], utterance: Utterance, session: Session, speakers: Speakers, decided: _Decisions
) -> Row:
    times = (utterance.start_s, utterance.end_s)
    if isinstance(utterance, WithheldUtterance):
        reason, decision = utterance.reason.value, decided.id_of(utterance, None)
        return (*place, None, *times, None, True, reason, None, decision)
    speaker = speakers.id_of(utterance.speaker, session)
    decision = decided.id_of(utterance, speaker)
    return (*place, speaker, *times, utterance.text, False, None, utterance.quote.value, decision)


def _redaction_rows(identifier: str, utterance: Utterance) -> Iterator[Row]:
    if isinstance(utterance, DeidentifiedUtterance):
        for redaction in utterance.redactions:
            place = (redaction.start_char, redaction.end_char)
            yield (identifier, *place, redaction.label.value, redaction.action.value)


def _provenance_rows(provenance: Provenance) -> list[Row]:
    plain = provenance.model_dump(mode="json", exclude={"models"})
    models = {f"model:{name}": version for name, version in sorted(provenance.models.items())}
    return [(key, str(value)) for key, value in (plain | models).items()]


def _table(name: str, rows: Sequence[Row]) -> pa.Table:
    schema = pa.schema(list(COLUMNS[name].items()))
    columns = list(zip(*rows, strict=True)) or [() for _ in schema]
    arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _check_sessions(sessions: Sequence[ReleasedSession]) -> None:
    seen: set[SessionId] = set()
    for session, _, redacted in sessions:
        if session.session in seen or redacted.session != session.session:
            raise CheckFailed(
                f"session {session.session} stands twice in one data set, or holds the words of another session",
                hint="Nothing was written. Report it as a defect.",
            )
        seen.add(session.session)


def _check_no_two_equal(identifiers: Sequence[str]) -> None:
    if len(set(identifiers)) != len(identifiers):
        raise same_id_twice()
