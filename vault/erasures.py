"""Erasures under way: what was asked and how far it got, sealed, so that a killed one goes on where it stopped."""

import re
from collections.abc import Callable
from pathlib import Path

from pydantic import AwareDatetime

from schemas.errors import BadInput
from schemas.identifiers import ParticipantId, SessionId
from schemas.records import Record
from vault.erasure import Erased, Scope
from vault.files import make_folder, remove, sweep
from vault.keys import Keyring
from vault.records import read_record, write_record
from vault.sessions import SESSION_ROLES

_KEY = "roster"
_ID = re.compile(r"[0-9a-f]{8,64}")


class Job(Record):
    """One erasure: what was asked by whom, and which of its steps are done."""

    id: str
    """8 to 64 hexadecimal digits, drawn; tells nothing."""
    participant: ParticipantId | None = None
    """None: voices that are nobody's."""
    withdrawal: int | None = None
    """Index of the withdrawal in the consent register; None where a date ran out."""
    scope: Scope
    data: str
    reason: str
    by: str
    confirmed_by: str | None = None
    written_request: bool = False
    begun_at: AwareDatetime
    fresh: tuple[str, ...] = ()
    """Opaque names of the sessions whose results were those of today when it began."""
    done: tuple[Erased, ...] = ()
    """What each store said that is done, in the order of the register."""
    sound_alikes: tuple[tuple[SessionId, float], ...] | None = None
    """Where something still sounds like one of their names, session and second; None: nobody looked yet."""
    epoch_done: bool = False


class Erasures:
    """``vault/erasures``: a sealed file for each erasure under way.

    Args:
        folder: ``<study>/vault/erasures``.
        keyring: Of the acting user.
        forget: Removes what the stores remembered of an erasure, for telling it again after a crash.
    """

    def __init__(self, folder: Path, keyring: Keyring, *, forget: Callable[[Job], None] = lambda _: None) -> None:
        self._folder = folder
        self._keyring = keyring
        self._forget = forget

    def begin(self, job: Job) -> None:
        """Write a new job down, durably; raises BadInput where there is one of this id."""
        if self._path(job.id).is_file():
            raise BadInput("this erasure is already under way", hint="Go on with it; nothing was changed.")
        self.save(job)

    def save(self, job: Job) -> None:
        """Write how far a job got in place of what stood there."""
        make_folder(self._folder)
        sweep(self._folder)
        keystore = self._keyring.keystore
        recipient = keystore.recipient(_KEY) if keystore.has(_KEY) else keystore.new_key(_KEY, SESSION_ROLES)
        write_record(self._path(job.id), self._head(job.id), job, recipient)

    def all(self) -> list[Job]:
        """All jobs under way, the one that began first in front; raises MissingKey for intake and ethics."""
        paths = sorted(self._folder.glob("*.age"))
        if not paths:
            return []
        identities = self._keyring.keystore.identities(_KEY)
        jobs = [read_record(path, self._head(path.stem), Job, identities) for path in paths]
        return sorted(jobs, key=lambda job: (job.begun_at, job.id))

    def end(self, job: Job) -> None:
        """Take a job that is done off the list; twice is no error."""
        self._forget(job)
        sweep(self._folder)
        remove(self._path(job.id))

    def _head(self, identifier: str) -> dict[str, str]:
        return {"what": f"erasure {identifier}"}

    def _path(self, identifier: str) -> Path:
        if _ID.fullmatch(identifier) is None:
            raise BadInput("an erasure's id has hexadecimal digits", hint="Draw one with secrets.token_hex.")
        return self._folder / f"{identifier}.age"
