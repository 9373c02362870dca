"""Registers consent forms: the text is kept under its own hash, and the ledger pins it before its first use."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from consent.choosing.form_notes import ENDING, form_note, read_form_note
from consent.choosing.forms import parse_form
from consent.recorders import read_recorders
from consent.register import to_ledger_event
from flows.roles import refuse_service
from flows.settings import language_code
from flows.sheets import read_bytes
from flows.study import Study
from schemas.consent import Form
from schemas.errors import BadInput, UsageError
from schemas.ledger import EventKind
from vault.files import remove, write_file
from vault.keys import public_keys


def add_form(study: Study, path: Path, *, version: str, language: str, approvals: tuple[str, ...]) -> Form:
    """Register a form's text.

    Returns:
        What the form asks, as read from its head; the same text under the same version is registered once.
    Raises:
        UsageError: a version or language of another form than they have. MissingKey: this user may not read the forms.
        BadInput: the file cannot be read, or the version already names another text.
    """
    study.require_consent()
    refuse_service(study, "registers forms")
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", version) is None:
        raise UsageError(
            "--version has a form that cannot be used",
            hint="Use 1 to 32 letters, digits, dots and hyphens, such as v1.",
        )
    text = read_bytes(path)
    form = parse_form(text, version, language_code(language), approvals)
    known = study.register().forms.get(version)
    if known is not None:
        if (known.sha256, known.language, known.approvals) == (form.sha256, form.language, form.approvals):
            return known
        raise BadInput(
            f"version {version} is already registered with another text, language or approval",
            hint="Give the amended form a version of its own; people who signed the old one are kept on it.",
        )
    if other := next((one.version for one in study.register().forms.values() if one.sha256 == form.sha256), None):
        raise BadInput(f"this very text is already registered as version {other}", hint="Use that version's name.")
    folder = study.folder / "consent" / "forms"
    folder.mkdir(mode=0o700, exist_ok=True)
    signer = study.keyring.signer
    files = {".md": text, ENDING: form_note(form, signer, signer.public_key)}
    try:
        for ending, data in files.items():
            write_file(folder / f"{form.sha256}{ending}", data)
        study.record(to_ledger_event(form))
    except BaseException:
        for ending in files:
            remove(folder / f"{form.sha256}{ending}")
        raise
    return form


def registered_forms(study: Study) -> dict[str, Form]:
    """The registered forms by version, oldest first, for a user who may not open the register's entries.

    What a form asks stands readable beside its text, signed by who registered it; which forms are registered, and in
    what order, the ledger's open leaves say. A form whose files do not match the ledger is left out, and a row that
    names it is refused.
    """
    registered = [entry.form for entry in study.ledger.entries() if entry.kind is EventKind.FORM and entry.form]
    recorders = read_recorders(study.folder / "consent") or public_keys(study.folder / "keys")
    forms: dict[str, Form] = {}
    for digest in registered:
        form = _read(study.folder / "consent" / "forms", digest, recorders)
        if form is not None:
            forms.setdefault(form.version, form)
    return forms


def _read(folder: Path, digest: str, recorders: Mapping[str, bytes]) -> Form | None:
    text, note = folder / f"{digest}.md", folder / f"{digest}{ENDING}"
    if not (text.is_file() and note.is_file()) or hashlib.sha256(text.read_bytes()).hexdigest() != digest:
        return None
    try:
        form = read_form_note(note.read_bytes(), recorders)
    except BadInput:
        return None
    return form if form.sha256 == digest else None
