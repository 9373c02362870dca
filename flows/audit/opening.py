"""Which entries the offline page may open: those whose content is ids, dates and known words, and so names nobody."""

from collections.abc import Collection, Mapping
from typing import Any

from flows.audit.facts import Facts
from flows.audit.team import TITLES
from flows.audit.words import METHODS
from schemas.ledger import EventKind

_ACTS = frozenset(
    {
        "confirmation",
        "erasure",
        "certificate",
        "release",
        "release_manifest",
        "release_ended",
        "recall",
        "recall_answer",
        "take_down",
        "backup",
        "backup_destroyed",
        "restored",
        "originals",
        "evaluation",
    }
)
"""Types of records that hold ids, counts, digests and accounts, and no free text but a ``note``."""


def accounts(facts: Facts) -> frozenset[str]:
    """Names of accounts of the team that may be shown: those of nobody who is known to be a participant.

    The words for the roles are among them, since sheets have these in place of an account.
    """
    found, linked = set(TITLES), set()
    for entry in facts.of(EventKind.ROTATE_KEY):
        payload = entry.payload or {}
        if payload.get("type") == "user" and isinstance(payload.get("name"), str):
            found.add(payload["name"])
            linked |= {payload["name"]} if payload.get("participant") else set()
    return frozenset(found - linked)


def may_be_shown(payload: Mapping[str, Any], known: Collection[str]) -> bool:
    """Whether an entry's content can be opened to the letter before readers who are to learn nobody's name.

    Args:
        payload: As it was recorded.
        known: Accounts that may be shown.
    Returns:
        False for free text (an acknowledgement, an incident, a reason, a title, a way in words of its own), for
        addresses and folders, for who was given a copy, and for every type of record that is not known here.
    """
    kind = payload.get("type")
    if kind == "consent":
        return _by(payload, known) and _way(payload) and not _credited(payload)
    if kind == "passage":
        return _by(payload, known)
    if kind == "session":
        return not payload.get("public_urls")
    if kind == "derive":
        return not set("/\\") & set(str(payload.get("model") or ""))
    if kind in _ACTS:
        people = (payload.get("by"), payload.get("confirmed_by"))
        return set(people) <= {*known, None} and not payload.get("note")
    if kind == "user":
        return not payload.get("participant") and {payload.get("name"), payload.get("by")} <= {*known, None}
    return kind in ("form", "enrol")


def _by(payload: Mapping[str, Any], known: Collection[str]) -> bool:
    return payload.get("recorded_by") in (None, *known)


def _way(payload: Mapping[str, Any]) -> bool:
    said = payload.get("method")
    return said is None or str(said).strip().lower() in METHODS


def _credited(payload: Mapping[str, Any]) -> bool:
    choices = payload.get("choices") or ()
    return any(one.get("dimension") == "credit" and one.get("value") != "no" for one in choices)
