"""Registers consent forms: the text is kept under its own hash, and the ledger pins it before its first use."""

from pathlib import Path

from consent.forms import parse_form
from consent.register import to_ledger_event
from flows.sheets import read_bytes
from flows.study import Study
from schemas.consent import Form
from schemas.errors import BadInput


def add_form(study: Study, path: Path, *, version: str, language: str, approvals: tuple[str, ...]) -> Form:
    """Register a form's text.

    Returns:
        What the form asks, as read from its head; the same text under the same version is registered once.
    Raises:
        BadInput: the file cannot be read, or the version already names another text.
    """
    text = read_bytes(path)
    form = parse_form(text, version, language, approvals)
    known = study.register().forms.get(version)
    if known is not None:
        if known.sha256 == form.sha256:
            return known
        raise BadInput(
            f"version {version} is already registered with another text",
            hint="Give the amended form a version of its own; people who signed the old one are kept on it.",
        )
    folder = study.folder / "consent" / "forms"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / f"{form.sha256}.md").write_bytes(text)
    study.record(to_ledger_event(form))
    return form
