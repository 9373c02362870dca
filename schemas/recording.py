"""Sessions and writings as they were added: when, under which rule, from which files."""

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from schemas.identifiers import Digest, ParticipantId, SessionId, TrackId
from schemas.records import Record


class Rule(StrEnum):
    """What was agreed for everybody in a session."""

    OPEN = "open"
    CHATHAM_HOUSE = "chatham_house"
    OFF_THE_RECORD = "off_the_record"


class Standing(StrEnum):
    """In what capacity somebody was there. It decides which kind of form counts; it permits nothing."""

    PARTICIPANT = "participant"
    HOST = "host"
    TEAM = "team"
    GUEST = "guest"
    INTERPRETER = "interpreter"
    TECHNICIAN = "technician"


class Session(Record):
    """The facts of one session (or writing) that decisions depend on. Stands in the ledger's ``ingest`` event."""

    session: SessionId
    kind: str = "session"  # or "writing"
    start: AwareDatetime | None = None
    day: date
    """The local day. Where only a date is known, ``start`` is None."""
    zone: str
    """IANA name or fixed offset of the session's local day (``Pacific/Auckland``, ``+13:00``)."""
    cycle: str | None = None
    language: str = "en"
    rule: Rule = Rule.OPEN
    standings: dict[ParticipantId, Standing] = Field(default_factory=dict)
    public_urls: tuple[str, ...] = ()
    public_unaltered: bool = False

    @property
    def in_public(self) -> bool:
        """Whether what was said or written there can be found by whoever looks for it."""
        return self.public_unaltered or bool(self.public_urls)


class Track(Record):
    """One audio file of a session as it lies in the vault (FLAC inside an age file)."""

    track: TrackId
    sha256: Digest
    """Of the original file's bytes."""
    duration_s: float
    sample_rate_hz: int
    channels: int
    name_hint: str | None = Field(default=None, repr=False)
    """What the file name says about whose track it is ("JohnSmith"); only in the vault."""


class Cue(Record):
    """One entry of a transcript with names, or of a speaker-time file."""

    start_s: float
    end_s: float
    speaker: str | None = Field(default=None, repr=False)
    """As the file has it; None where it names nobody."""
    text: str | None = Field(default=None, repr=False)
    """None in files that hold times only (RTTM)."""


class CueSheet(Record):
    """The cues of one transcript or speaker-time file, in file order, times in seconds from the start."""

    source: str
    """``zoom_vtt``, ``teams_vtt``, ``vtt``, ``rttm``, ``whisperx``, ``otter``, ``meet`` ..."""
    cues: tuple[Cue, ...]


class Intake(Record):
    """Everything that was handed in for a session. Lies in the vault under the session's key."""

    session: Session
    tracks: tuple[Track, ...] = ()
    cues: CueSheet | None = None
    voice_map: dict[str, ParticipantId] = Field(default_factory=dict, repr=False)
    """From ``--speakers``: voice or display name to participant, as a person decided."""
    hotwords: tuple[str, ...] | None = Field(default=None, repr=False)
    """Names given to the recogniser; None until the first transcription fixes them."""
    hotwords_cut: int = 0
    """How many names did not fit the recogniser's limit."""
    model: str | None = None
    """Recogniser model, fixed at the first transcription."""


def zone_of(name: str) -> ZoneInfo | None:
    """The IANA zone called ``name``, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of an aware ``moment`` in ``zone`` (IANA name or ``+HH:MM``)."""
    named = zone_of(zone)
    if named is not None:
        return moment.astimezone(named).date()
    return moment.astimezone(datetime.strptime(zone, "%z").tzinfo).date()
