"""Records the study's settings about protection and retention in the register, each time they have changed."""

import hashlib
import json
from typing import Any

from flows.settings import StudyConfig
from flows.study import Study
from schemas.ledger import EventKind, LedgerEvent


def policy_settings(config: StudyConfig) -> dict[str, Any]:
    """The settings that decide what is protected and how long, as plain values.

    Names that may stay (public figures, works, host organisations) are counted and not repeated: the register outlasts
    a mistaken entry among them.
    """
    policy = config.policy.model_dump(mode="json")
    counted = {name: len(value) if isinstance(value, dict | list) else value for name, value in policy.items()}
    return {**counted, **_days(config)}


def policy_digest(config: StudyConfig) -> str:
    """SHA-256 over the settings in full, names included, 64 hexadecimal digits."""
    whole = {"policy": config.policy.model_dump(mode="json"), **_days(config)}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def record_policy(study: Study) -> bool:
    """Record the settings where they are other than those recorded last, or none were; gives whether it did.

    A user who may not open the register's entries cannot tell, and records nothing: the next run does.
    """
    if not study.may_open_consent:
        return False
    digest = policy_digest(study.config)
    if _recorded(study) == digest:
        return False
    payload = {"type": "policy", "digest": digest, "settings": policy_settings(study.config)}
    study.record(LedgerEvent(kind=EventKind.POLICY, payload=payload))
    return True


def _days(config: StudyConfig) -> dict[str, int]:
    return {
        "destroy_after_days": config.destroy_after_days,
        "never_asked_days": config.never_asked_days,
        "take_down_days": config.take_down_days,
    }


def _recorded(study: Study) -> str | None:
    newest = None
    for entry in study.ledger.entries():
        if entry.kind is EventKind.POLICY and entry.payload and "settings" in entry.payload:
            newest = entry.payload.get("digest")
    return newest
