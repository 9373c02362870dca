"""Registers consent forms: the text is kept under its own hash, and the ledger pins it before its first use."""

import re
from pathlib import Path

from consent.forms import parse_form
from consent.register import to_ledger_event
from flows.settings import language_code
from flows.sheets import read_bytes
from flows.study import Study
from schemas.consent import Form
from schemas.errors import BadInput, UsageError
from vault.files import write_file


def add_form(study: Study, path: Path, *, version: str, language: str, approvals: tuple[str, ...]) -> Form:
    """Register a form's text.

    Returns:
        What the form asks, as read from its head; the same text under the same version is registered once.
    Raises:
        UsageError: a version or language of another form than they have. MissingKey: this user may not read the forms.
        BadInput: the file cannot be read, or the version already names another text.
    """
    study.require_consent()
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
    folder = study.folder / "consent" / "forms"
    folder.mkdir(mode=0o700, exist_ok=True)
    write_file(folder / f"{form.sha256}.md", text)
    study.record(to_ledger_event(form))
    return form
