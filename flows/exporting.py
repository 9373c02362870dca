"""Consent records for other programs: ``chatham consent export``."""

import json
from pathlib import Path

from consent.iso27560 import consent_records
from flows.consenting import known
from flows.roles import require
from flows.settings import utc_now
from flows.study import Study
from schemas.errors import BadInput, UsageError

FORMATS = ("iso27560",)


def export_consents(study: Study, participant: str | None, form: str, out: Path | None) -> str:
    """The consent records of one participant, or of everybody, as JSON.

    Args:
        form: The structure; ``iso27560`` is the one there is.
        out: Also written there; None: only given back.
    Raises:
        UsageError: an unknown structure. BadInput: an unknown participant, or ``out`` cannot be written.
        MissingKey: this user may not read what people chose.
    """
    require(study, "consent export")
    if form not in FORMATS:
        raise UsageError("--as is none of the known structures", hint=f"Use one of: {', '.join(FORMATS)}.")
    if participant is not None:
        known(study, participant)
    records = consent_records(
        study.register(),
        title=study.config.title,
        approvals=study.config.approvals,
        made_at=utc_now(),
        participants=None if participant is None else [participant],
    )
    text = json.dumps(records, ensure_ascii=False, indent=2) + "\n"
    if out is not None:
        _write(out, text)
    return text


def _write(out: Path, text: str) -> None:
    try:
        out.write_text(text, encoding="utf-8")
    except OSError:
        raise BadInput("the file cannot be written there", hint="Name a file in a folder that is there.") from None
