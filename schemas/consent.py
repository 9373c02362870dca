"""Choices people made, as the ledger holds them, and the decision computed from them."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.identifiers import Digest, ParticipantId, PassageId, SessionId
from schemas.records import Record


class Level(StrEnum):
    """Anonymity levels, least to most protective."""

    NAMED = "named"
    FIRST_NAME = "first_name"
    ROLE = "role"
    PSEUDONYM = "pseudonym"
    UNNAMED = "unnamed"
    WITHHELD = "withheld"


LEVEL_ORDER: tuple[Level, ...] = tuple(Level)
"""Least to most protective."""


class Use(StrEnum):
    """What material is used for. ``level`` holds for all of them unless ``level_<use>`` says otherwise."""

    ANALYSIS = "analysis"
    RESEARCH = "research"
    PRACTICE = "practice"
    RECORDING = "recording"


class Permission(StrEnum):
    """One thing a participant may allow."""

    RECORD_AUDIO = "record_audio"
    RECORD_VIDEO = "record_video"
    TRANSCRIBE = "transcribe"
    CHAT = "chat"
    ANALYSE = "analyse"
    QUOTE_RESEARCH = "quote_research"
    QUOTE_PRACTICE = "quote_practice"
    PUBLISH_RECORDING = "publish_recording"
    SHARE_BACK = "share_back"
    ARCHIVE = "archive"
    TRANSLATE = "translate"
    PARTNERS = "partners"
    AI_SERVICES = "ai_services"
    TEACHING = "teaching"
    RECONTACT = "recontact"


class Answer(StrEnum):
    """Value of a permission, least to most protective."""

    YES = "yes"
    ASK = "ask"
    NO = "no"


ASKABLE = frozenset({Permission.QUOTE_RESEARCH, Permission.QUOTE_PRACTICE, Permission.PUBLISH_RECORDING})
"""The permissions that may be ``ask``."""


class Organisation(StrEnum):
    """How a participant's employer is shown, least to most protective."""

    NAMED = "named"
    GENERALISED = "generalised"


class Reach(Record):
    """How much a choice covers: study, one cycle, one session or writing, one passage."""

    kind: Literal["study", "cycle", "session", "writing", "passage"] = "study"
    id: str | None = None

    def __str__(self) -> str:
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


class Choice(Record):
    """One value of one dimension: ``level``, ``organisation``, ``credit`` or a permission."""

    dimension: str
    value: str = Field(repr=False)
    use: Use | None = None
    """None: all uses."""


class ConsentKind(StrEnum):
    """What a person did."""

    CONSENT = "consent"
    CHANGE = "change"
    REAFFIRM = "reaffirm"
    WITHDRAW = "withdraw"
    DECLINE = "decline"
    UNDO = "undo"


class ConsentEvent(Record):
    """One thing one participant asked, as recorded. The payload of a ledger entry.

    Fields follow ISO/IEC TS 27560 where it has one (collection method, given by, evidence, notice = form).
    """

    participant: ParticipantId
    event: ConsentKind
    at: AwareDatetime
    """When the person asked. It dates ``from`` and measures delay; it never reorders."""
    reach: Reach = Reach()
    choices: tuple[Choice, ...] = ()
    applies: Literal["all", "from"] | None = None
    """None: tightening → all, loosening → from, per dimension."""
    form: str | None = None
    """Version of the form in force for this event."""
    form_sha256: Digest | None = None
    data: Literal["erase", "keep_deidentified", "stop"] | None = None
    """For ``withdraw``."""
    destroy_on: datetime | None = None
    """For ``withdraw``: the date printed to the person."""
    use: Use | None = None
    """For ``withdraw``: of this use only; ``recording`` is the voice alone. None: of every use."""
    withdrawal: int | None = None
    """For ``undo``: index of the withdrawal that it takes back. None: the latest of its reach."""
    method: str | None = Field(default=None, repr=False)
    evidence_sha256: Digest | None = None
    given_by: str = "self"
    """``self``, ``guardian``, ``authorised``, ``community``."""
    recorded_by: str | None = Field(default=None, repr=False)
    row: Digest | None = None
    """Digest of the imported row, so that the same row is recorded once."""


class Mark(StrEnum):
    """What a person said of a passage."""

    OFF_THE_RECORD = "off_the_record"
    NOT_MINE = "not_mine"
    ROLE_PLAY = "role_play"
    FOR_ORGANISATION = "for_organisation"
    JOINT = "joint"
    REPORTS = "reports"
    COMMUNITY = "community"


class Passage(Record):
    """A marked part of a session. The payload of a ledger entry."""

    passage: PassageId
    session: SessionId
    start_s: float
    end_s: float
    mark: Mark
    participants: tuple[ParticipantId, ...] = ()
    """For ``joint`` and ``reports``."""
    community: str | None = None
    at: AwareDatetime
    recorded_by: str | None = Field(default=None, repr=False)


class FormPermission(Record):
    """How a form asks for a permission."""

    asked: Literal["condition", "choice", "not_asked"]
    default: Answer | None = None
    """For ``choice``; a condition of joining is ``yes``."""


class Form(Record):
    """A consent form's machine-readable part (its text is pinned by hash). The payload of a ledger entry."""

    version: str
    sha256: Digest
    language: str
    kind: Literal["participant", "team"] = "participant"
    permissions: dict[Permission, FormPermission]
    level_default: Level = Level.UNNAMED
    organisation_default: Organisation | None = None
    approvals: tuple[str, ...]
    """Ethics board approval numbers."""
    approval_expires: tuple[str | None, ...] = ()
    retention: str | None = None
    withdraw_until: str | None = None
    after_that: str | None = None
    replaces: str | None = None
    """Version of the form that this one amends."""
    re_ask: bool = False
    """Whether people on the version it replaces are to be asked again; else they stay on theirs."""
    iso27560: dict[str, str] = Field(default_factory=dict)


class State(StrEnum):
    """States a participant can be in for a session; only CONSENTED permits anything."""

    NOT_ASKED = "not_asked"
    DECLINED = "declined"
    CONSENTED = "consented"
    STOPPED = "stopped"
    ERASED = "erased"


class ConsentDecision(Record):
    """What one participant allows, for one use, in one session (or one passage of it), after all floors."""

    participant: ParticipantId
    use: Use
    reach: Reach
    state: State
    level: Level
    organisation: Organisation
    permissions: dict[Permission, Answer]
    credit: str | None = Field(default=None, repr=False)
    tightened: int
    """Index of the ledger entry that last made this level more protective, -1 if none: part of released ids."""
    verbatim: bool = True
    """False where words may be analysed but never quoted (not mine to tell, role-play, kept after withdrawal)."""
    events: tuple[int, ...] = ()
    """Indexes of the ledger entries behind it. Not part of ``digest``."""

    def digest(self) -> str:
        """SHA-256 over everything but ``events``: two decisions with one digest release the same words."""
        from schemas.records import digest_of

        return digest_of(self.model_dump(mode="json", exclude={"events"}))


def permits_name(decision: ConsentDecision) -> bool:
    """Whether the person's own level holds at all: consented, and not withheld."""
    return decision.state is State.CONSENTED and decision.level is not Level.WITHHELD


class PassageDecisions(Record):
    """Decisions inside one marked or separately chosen part of a session."""

    start_s: float
    end_s: float
    mark: Mark | None = None
    decisions: dict[ParticipantId, ConsentDecision]
    """For everybody whose decision differs inside; the most protective of all passages that cover a word holds."""


class SessionDecisions(Record):
    """Everything consent says about one session for one purpose; all that de-identification is told."""

    session: SessionId
    use: Use
    purpose: str
    decisions: dict[ParticipantId, ConsentDecision]
    """For every participant in the roster, speakers and possibly mentioned alike."""
    passages: tuple[PassageDecisions, ...] = ()


def more_protective(first: Level, second: Level) -> Level:
    """The more protective of two levels."""
    return max(first, second, key=LEVEL_ORDER.index)
