"""Keeps the register readable for the recovery key: the keys of its contents lie sealed beside it.

Keys of contents change when somebody leaves, and the study's keys are lost with its disk. Without this, a register that
was saved could not say what a backup from before may no longer hold.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from flows.study import Study
from schemas.errors import MissingKey
from vault.age import Identity, Recipient, open_sealed
from vault.files import make_folder, remove, write_sealed
from vault.recovery import recovery_recipient
from vault.roles import public_half

FOLDER = "recovery"
"""In the register's folder; holds one file, whose name says nothing but whether it is the newest."""


def keep_register_keys(study: Study) -> bool:
    """Seal the keys of the register's contents to the recovery key, where that was not done since either changed.

    Args:
        study: Of a user who may open the register.
    Returns:
        Whether anything was written; never where the study has no recovery key.
    """
    keys = study.folder / "keys"
    try:
        recipient = recovery_recipient(keys)
    except MissingKey:
        return False
    newest, *_ = study.keyring.evidence_identities
    standing = public_half(keys, "evidence")
    if newest.recipient != standing:
        return False  # somebody left just now; whoever opens the study next has the newer key
    path = study.consent / FOLDER / f"{_mark(standing, recipient)}.age"
    if path.is_file():
        return False
    make_folder(path.parent)
    write_sealed(path, b"".join(one.secret for one in study.keyring.evidence_identities), [recipient])
    for older in path.parent.glob("*.age"):
        if older != path:
            remove(older)
    return True


def register_keys(consent: Path, identities: Sequence[Identity]) -> list[Identity]:
    """The keys of the register's contents, newest first, as far as a recovery key opens them.

    Args:
        consent: The register's folder.
        identities: Recovery keys.
    """
    for path in sorted((consent / FOLDER).glob("*.age")):
        try:
            held = open_sealed(path.read_bytes(), identities)
        except MissingKey:
            continue
        return [Identity.from_secret(held[at : at + 32]) for at in range(0, len(held), 32)]
    return []


def _mark(evidence: Recipient, recovery: Recipient) -> str:
    return hashlib.sha256(f"{evidence}\n{recovery}\n".encode()).hexdigest()[:16]
