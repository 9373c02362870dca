"""What the vault has once for the whole study: which files, under which keys, and sealing them under new ones."""

from pathlib import Path

from schemas.errors import MissingKey
from vault.age import AgeReader, Identity
from vault.files import reseal
from vault.keystore import Keystore

STUDY_WIDE = ("contacts", "participants", "roster")
"""Keys of the keystore that are no session's."""
_FOLDERS = (".", "study", "erasures")


def study_files(vault: Path) -> list[Path]:
    """The sealed files of ``<study>/vault`` that belong to no session, sorted."""
    return sorted(path for folder in _FOLDERS for path in (vault / folder).glob("*.age"))


def begin_study_renewal(keystore: Keystore) -> list[str]:
    """Lay the next ones beside all study-wide keys; gives the ids of those that will be destroyed."""
    names = [name for name in STUDY_WIDE if keystore.has(name)]
    for name in names:
        keystore.begin_renewal(name)
    return [keystore.present_id(name) for name in names]


def study_renewing(keystore: Keystore) -> bool:
    """Whether a renewal of the study-wide keys was begun and not finished."""
    return any(keystore.renewing(name) for name in STUDY_WIDE)


def seal_study_again(vault: Path, keystore: Keystore) -> None:
    """Seal every study-wide file that is still under a present key under the next one."""
    for name in STUDY_WIDE:
        if keystore.renewing(name):
            seal_again(study_files(vault), keystore, name)


def finish_study_renewal(keystore: Keystore) -> None:
    """Destroy the present study-wide keys, whose place the next ones take."""
    for name in STUDY_WIDE:
        keystore.finish_renewal(name)


def seal_again(paths: list[Path], keystore: Keystore, name: str) -> None:
    """Seal those of ``paths`` that are under the present key ``name`` under its next one."""
    new, *old = keystore.identities(name)
    for path in paths:
        if opens(path, old) and not opens(path, [new]):
            reseal(path, old, new.recipient)


def opens(path: Path, identities: list[Identity]) -> bool:
    """Whether one of ``identities`` opens a file; only its beginning is read."""
    try:
        with path.open("rb") as source:
            AgeReader(source, identities)
    except MissingKey:
        return False
    return True
