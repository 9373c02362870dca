"""Made-up people and sessions for the warehouse's tests."""

from datetime import date
from typing import Any

from schemas.consent import Level
from schemas.deidentified import (
    Action,
    DeidentifiedUtterance,
    Label,
    RedactedSession,
    Redaction,
    SpeakerShown,
    WithheldReason,
    WithheldUtterance,
)
from schemas.provenance import Provenance
from schemas.recording import Session
from warehouse.ids import ReleaseIds
from warehouse.load import ReleasedSession

STUDY_KEY = bytes(range(32))
SECRETS = {f"P{n:02d}": f"{n:02x}" * 32 for n in range(1, 20)}
IDS = ReleaseIds(STUDY_KEY, SECRETS)

PROVENANCE = Provenance(
    purpose="analyse",
    ledger_size=12,
    ledger_root="a" * 64,
    made_at="2026-11-21T20:51:00Z",
    code_version="0.1.0",
    models={"whisper-base": "b" * 64, "en-core-web-sm": "3.8.0"},
    policy_sha256="c" * 64,
    decisions_sha256="d" * 64,
)


def speaker(participant: str = "P01", level: Level = Level.PSEUDONYM, **changes: Any) -> SpeakerShown:
    """A speaker with every attribute filled in, at ``level``."""
    shown: dict[str, Any] = {
        "label": "Rowan Ashdown",
        "tightened": 3,
        "tier": "core",
        "role_as": "policy adviser",
        "organisation_as": "a municipal government in Canada",
        "place_as": "western Canada",
        "language": "en",
    }
    return SpeakerShown(participant=participant, level=level, **{**shown, **changes})


def said(number: int, text: str = "We named the pain points.", **changes: Any) -> DeidentifiedUtterance:
    """The ``number``-th utterance of a session, ten seconds after the one before."""
    fields: dict[str, Any] = {
        "utterance": f"u{number}",
        "piece": 0,
        "start_s": number * 10.0,
        "end_s": number * 10.0 + 8,
        "speaker": speaker(),
        "text": text,
        "redactions": (),
        "spans": (),
        "decision": "e" * 64,
    }
    return DeidentifiedUtterance(**{**fields, **changes})


def gap(number: int, reason: WithheldReason = WithheldReason.LEVEL, **changes: Any) -> WithheldUtterance:
    """The ``number``-th utterance of a session, withheld."""
    fields: dict[str, Any] = {
        "utterance": f"u{number}",
        "piece": 0,
        "start_s": number * 10.0,
        "end_s": number * 10.0 + 8,
        "reason": reason,
        "participant": "P01",
        "decision": "e" * 64,
    }
    return WithheldUtterance(**{**fields, **changes})


def session(name: str, *utterances: DeidentifiedUtterance | WithheldUtterance, **changes: Any) -> ReleasedSession:
    """A session of an hour that holds ``utterances``."""
    facts = Session(session=name, **{"day": date(2026, 3, 4), "zone": "UTC", "cycle": "1", **changes})
    return ReleasedSession(facts, 3600.0, RedactedSession(session=name, purpose="analyse", utterances=utterances))


def masked(start_char: int, end_char: int) -> Redaction:
    """One masked person."""
    return Redaction(start_char=start_char, end_char=end_char, label=Label.PERSON, action=Action.MASKED)
