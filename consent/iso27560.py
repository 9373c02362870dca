"""Consent records as ISO/IEC TS 27560:2023 structures them, for programs of other makers.

A record has a header, what is processed under which notice, the parties, and the events (its clauses 6.3.3 to 6.3.7).
Where the technical specification leaves a value to the keeper, the consent form's table ``iso27560`` fills it.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from consent.choosing.choices import asked
from consent.register import Register, is_community
from schemas.consent import ConsentEvent, ConsentKind, Form, Permission
from schemas.identifiers import ParticipantId

SCHEMA = "ISO/IEC TS 27560:2023"
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://www.iso.org/standard/80392.html")
_STATES = {
    ConsentKind.CONSENT: ("explicit", "consent_given"),
    ConsentKind.CHANGE: ("explicit", "consent_modified"),
    ConsentKind.REAFFIRM: ("explicit", "consent_renewed"),
    ConsentKind.DECLINE: ("explicit", "consent_refused"),
    ConsentKind.WITHDRAW: ("explicit", "consent_withdrawn"),
    ConsentKind.UNDO: ("explicit", "withdrawal_undone"),
}
_PII = {
    Permission.RECORD_AUDIO: "voice recording",
    Permission.PUBLISH_RECORDING: "voice recording",
    Permission.RECORD_VIDEO: "video recording",
    Permission.CHAT: "chat messages",
    Permission.RECONTACT: "contact details",
}
_PARTY_FIELDS = ("controller", "controller_address", "controller_email", "controller_phone", "controller_url")


def consent_records(
    register: Register,
    *,
    title: str,
    approvals: Sequence[str],
    made_at: datetime,
    participants: Iterable[ParticipantId] | None = None,
) -> dict[str, Any]:
    """Every participant's consent record.

    Args:
        register: What is recorded.
        title: The study's.
        approvals: Approval numbers of its ethics boards.
        made_at: Aware.
        participants: Whose; None: everybody who was ever asked.
    Returns:
        Plain JSON: ``schema``, ``made_at``, ``study`` and ``records``, one for each participant, by id.
    """
    people = sorted(register.by_participant if participants is None else set(participants))
    return {
        "schema": SCHEMA,
        "made_at": made_at.isoformat(timespec="seconds"),
        "study": {"title": title, "ethics_approvals": list(approvals)},
        "records": [_record(register, person, title) for person in people if person in register.by_participant],
    }


def _record(register: Register, person: ParticipantId, title: str) -> dict[str, Any]:
    events = register.by_participant[person]
    forms = {form.sha256: form for _, event in events if (form := register.form_of(event)) is not None}
    return {
        "record_header": {
            "schema_version": SCHEMA,
            "record_id": str(uuid.uuid5(_SPACE, f"{title}\n{person}")),
            "pii_principal_id": person,
        },
        "pii_processing": [_processing(form) for form in forms.values()],
        "party_identification": [party for form in forms.values() for party in _parties(form)],
        "events": [_event(index, event, register) for index, event in events],
        "events_by_community": [
            _event(index, event, register) for index, event in register.by_community if event.participant == person
        ],
    }


def _processing(form: Form) -> dict[str, Any]:
    kept = form.iso27560
    return {
        "privacy_notice": f"sha256:{form.sha256}",
        "notice_version": form.version,
        "language": form.language,
        "lawful_basis": kept.get("lawful_basis", "consent"),
        "ethics_approvals": [
            {"number": number, "valid_until": until}
            for number, until in zip(form.approvals, form.approval_expires, strict=True)
        ],
        "purposes": [_purpose(form, permission) for permission in Permission if asked(form, permission)],
        "retention_period": form.retention or kept.get("retention_period"),
        "withdrawal_method": kept.get("withdrawal_method"),
        "withdrawal_until": form.withdraw_until,
        "after_withdrawal_until": form.after_that,
        **{name: value for name, value in kept.items() if name not in _PARTY_FIELDS},
    }


def _purpose(form: Form, permission: Permission) -> dict[str, Any]:
    how = form.permissions[permission]
    return {
        "purpose": permission.value,
        "purpose_type": "condition of taking part" if how.asked == "condition" else "choice",
        "default": None if how.default is None else how.default.value,
        "pii_information": [
            {"pii_type": _PII.get(permission, "words spoken or written"), "pii_optional": how.asked != "condition"}
        ],
    }


def _parties(form: Form) -> list[dict[str, Any]]:
    if "controller" not in form.iso27560:
        return []
    facts = {name.removeprefix("controller_"): form.iso27560.get(name) for name in _PARTY_FIELDS[1:]}
    return [
        {
            "party_id": f"controller-of-{form.version}",
            "party_name": form.iso27560["controller"],
            "party_role": "pii_controller",
            **{f"party_{name}": value for name, value in facts.items() if value},
        }
    ]


def _event(index: int, event: ConsentEvent, register: Register) -> dict[str, Any]:
    form = register.form_of(event)
    kind, state = _STATES[event.event]
    carried_out = register.erased.get(index)
    return {
        "event_id": index,
        "event_time": event.at.isoformat(),
        "event_type": kind,
        "event_state": state,
        "validity_duration": form.retention if form else None,
        "entity_id": "community" if is_community(event) else event.given_by,
        "recorded_by": event.recorded_by,
        "collection_method": event.method,
        "evidence": None if event.evidence_sha256 is None else f"sha256:{event.evidence_sha256}",
        "privacy_notice": None if event.form_sha256 is None else f"sha256:{event.form_sha256}",
        "language": form.language if form else None,
        "scope": str(event.reach),
        "applies": event.applies,
        "choices": [
            {
                "purpose": choice.dimension,
                "value": choice.value,
                "use": None if choice.use is None else choice.use.value,
            }
            for choice in event.choices
        ],
        "data_after_withdrawal": event.data,
        "destroyed_at": None if carried_out is None else carried_out[1].isoformat(),
    }
