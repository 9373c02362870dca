"""Results about the whole study (the name table and the like), sealed with the roster's key."""

import hashlib
import hmac
from pathlib import Path

from schemas.records import Record
from vault.erasure import EVERYTHING, Erased, Scope
from vault.files import digest_files, make_folder, remove, sweep
from vault.keys import Keyring
from vault.records import R, read_record, write_record
from vault.sessions import SESSION_ROLES, checked_stage

_KEY = "roster"


class StudyRecords:
    """Study-wide results by name and by what they depend on; erasing anybody drops them all.

    They can be made again, or hold what readers answered about words, whoever's they were.

    Args:
        folder: ``<study>/vault/study``.
        keyring: Of the acting user.
    """

    name = "study results"

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self._folder = folder
        self._keyring = keyring

    def put(self, name: str, record: Record, key: str = "") -> None:
        """Store a result; older ones of the same name go once it is durable."""
        make_folder(self._folder)
        sweep(self._folder)
        keystore = self._keyring.keystore
        recipient = keystore.recipient(_KEY) if keystore.has(_KEY) else keystore.new_key(_KEY, SESSION_ROLES)
        path = self._path(name, key)
        write_record(path, {"what": f"study {name}"}, record, recipient)
        for older in self._folder.glob(f"{name}.*.age"):
            if older != path:
                remove(older)

    def get(self, name: str, kind: type[R], key: str = "") -> R | None:
        """The result under ``key``, or None."""
        path = self._path(name, key)
        if not path.is_file():
            return None
        head = {"what": f"study {name}"}
        return self._keyring.keystore.reading(_KEY, lambda keys: read_record(path, head, kind, keys))

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:  # noqa: ARG002  # asked as every store is
        """Drop all results; the next build makes them from sessions that no longer hold the person."""
        sweep(self._folder)
        paths = sorted(self._folder.glob("*.age"))
        before = digest_files(paths)
        for path in paths:
            remove(path)
        return Erased(store=self.name, items=len(paths), before=before, after=digest_files(paths))

    def _path(self, name: str, key: str) -> Path:
        text = "\0".join(["study", checked_stage(name), key]).encode()
        blind = hmac.new(self._keyring.names_key, text, hashlib.sha256).hexdigest()[:32]
        return self._folder / f"{name}.{blind}.age"
