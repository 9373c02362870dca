"""What is remembered of each session's stages, so that a run can tell what must be remade without reading them."""

import hashlib
import os
from collections.abc import Collection
from functools import cache
from pathlib import Path

from schemas.coding import Guid
from schemas.consent import ConsentDecision, Level, PassageDecisions, SessionDecisions, State
from schemas.deidentified import QuoteState
from schemas.identifiers import Digest, ParticipantId, TrackId
from schemas.policy import Policy
from schemas.recording import Intake
from schemas.records import Record, digest_of
from schemas.roster import MatchingTable
from schemas.speech import KeptWords


class StageFacts(Record):
    """The small facts of one session up to "names found"."""

    heard: tuple[TrackId, ...]
    """Tracks whose words are in the transcript."""
    attributed_key: str
    attributed: Digest
    people: tuple[ParticipantId, ...]
    """Everybody who speaks, or may be the one who speaks."""
    unknown: int
    """How many voices that speak are nobody's."""
    names_key: str
    names: Digest
    mentioned: tuple[ParticipantId, ...]
    surfaces: tuple[tuple[str, str], ...]
    """This session's rows of the study name table."""
    duration_s: float
    notes: tuple[str, ...] = ()


class BuildFacts(Record):
    """The small facts of one session's last redaction for one purpose."""

    names_table: Digest
    attributed: Digest
    touching: Digest
    touched: tuple[ParticipantId, ...]
    """Everybody named by the rows of the study name table that occur in the session."""
    redacted_key: str
    redacted: Digest
    speakers: int
    utterances: int
    withheld: int
    redactions: int
    doubtful: int
    """Names that were masked because nobody knows whose they are."""
    discretion: tuple[float, ...]
    """Where, in seconds, turns begin in which somebody asks for discretion."""
    gate_hits: int
    standing: Digest
    """How everybody concerned is shown here, under the roster of that day."""


class Published(Record):
    """The data set that stands, and what it was made from."""

    build_key: str
    size_bytes: int
    mtime_ns: int
    bridges: int = 0
    """Places that may join two labels of one person, hidden until somebody has looked at them."""
    coded: Guid | None = None
    """Which state of the study's coding it shows."""
    quotes: dict[ParticipantId, QuoteState] | None = None
    """Who may be quoted from it, and how at most; None: it was made before this was noted."""

    def is_file(self, stat: os.stat_result) -> bool:
        """Whether it speaks of the file that stands."""
        return (self.size_bytes, self.mtime_ns) == (stat.st_size, stat.st_mtime_ns)


@cache
def current(kind: type[Record]) -> str:
    """The key under which a session's facts of a kind lie: facts of another form are made again, not read."""
    return digest_of(kind.model_json_schema())


def transcript_key(intake: Intake) -> str:
    """What a transcript depends on: recording bytes, language, and the model and hot words fixed at first hearing."""
    return digest_of(
        ["transcript", [t.sha256 for t in intake.tracks], intake.session.language, intake.model, intake.hotwords]
    )


def attributed_key(
    intake: Intake, heard: tuple[str, ...], table: MatchingTable, policy: Policy, kept: KeptWords | None = None
) -> str:
    """What "who said what" depends on.

    Args:
        heard: Track ids whose words are in the transcript.
        kept: Words that people who withdrew let stay; None: nobody did.
    """
    names = [(p.participant, p.full_name, p.aliases, p.former_names) for p in table.people]
    return digest_of(
        [
            "attributed",
            transcript_key(intake),
            heard,
            intake.cues.digest() if intake.cues else None,
            intake.voice_map,
            [(t.track, t.name_hint) for t in intake.tracks],
            names,
            [policy.attribution_threshold, policy.boundary_s],
            kept.digest() if kept else None,
            code_digest("transcription"),
        ]
    )


def names_key(attributed: str, intake: Intake, table: MatchingTable, policy: Policy, versions: dict[str, str]) -> str:
    """What the names found in a session depend on."""
    return digest_of(
        [
            "names",
            attributed,
            intake.session.language,
            table.digest(),
            policy.digest(),
            versions,
            code_digest("deidentification"),
        ]
    )


def redacted_key(
    facts: StageFacts,
    touching: str,
    decisions: SessionDecisions,
    company: Digest,
    involved: set[str],
    table: MatchingTable,
    policy: Policy,
    intake: Intake,
    bare: Collection[ParticipantId] = (),
) -> str:
    """What a session's released words depend on: the decisions and name-table rows that touch it, not the head.

    Args:
        company: What of the choices of people who are not in the session bears on it.
        bare: People of whom only de-identified words stay.
    """
    return digest_of(
        [
            "redacted",
            facts.attributed,
            facts.names,
            touching,
            decisions_digest(decisions, involved, table),
            company,
            table.digest(),
            policy.digest(),
            intake.session.digest(),
            sorted(involved.intersection(bare)),
            code_digest("deidentification"),
        ]
    )


def decisions_digest(decisions: SessionDecisions, involved: set[str], table: MatchingTable) -> str:
    """Digest of the decisions of everybody who speaks or is mentioned, and of who else shares their role."""
    mine = {p: d for p, d in decisions.decisions.items() if p in involved}
    return digest_of(
        [
            decisions.purpose,
            decisions.use,
            {p: d.digest() for p, d in mine.items()},
            [_passage(passage, involved) for passage in decisions.passages],
            {p: _sharers(p, decisions.decisions, table) for p, d in mine.items() if d.level == Level.ROLE},
        ]
    )


def _passage(passage: PassageDecisions, involved: set[str]) -> list[object]:
    inside = {p: d.digest() for p, d in passage.decisions.items() if p in involved}
    return [passage.start_s, passage.end_s, passage.mark, inside]


def with_sharers(involved: set[str], table: MatchingTable) -> set[str]:
    """``involved``, and everybody whose role is said in the same words as one of theirs."""
    people = table.by_id()
    roles = {(people[p].role_as, people[p].organisation_as) for p in involved if p in people}
    return involved | {p for p, person in people.items() if (person.role_as, person.organisation_as) in roles}


def _sharers(participant: str, decisions: dict[str, ConsentDecision], table: MatchingTable) -> list[str]:
    """Consenting participants with the same generalised role and organisation, the person included."""
    people = table.by_id()
    mine = people.get(participant)
    if mine is None:
        return []
    return sorted(
        other
        for other, person in people.items()
        if (person.role_as, person.organisation_as) == (mine.role_as, mine.organisation_as)
        and other in decisions
        and decisions[other].state is State.CONSENTED
    )


@cache
def code_digest(room: str) -> str:
    """SHA-256 over the source files of a room and of the records: other code may find or hide other words."""
    root = Path(__file__).resolve().parent.parent
    seal = hashlib.sha256()
    for path in sorted([*(root / room).rglob("*"), *(root / "schemas").rglob("*")]):
        if path.suffix in {".py", ".sql", ".txt", ".json"}:
            seal.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return seal.hexdigest()
