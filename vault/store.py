"""The vault of a study: roster, sessions and study-wide results. Enter this room here."""

from pathlib import Path

from schemas.deidentified import NamesFound
from schemas.records import Record
from vault.codebook import CodebookStore
from vault.erasure import Carry, Keep, Silence
from vault.erasures import Erasures, Job
from vault.keys import Keyring
from vault.names_known import ErasureNames
from vault.records import R
from vault.roster import RosterStore
from vault.session_erasure import forget_outcome
from vault.sessions import SessionStore, opaque_name
from vault.study_records import StudyRecords


class Vault:
    """What people said and who they are, encrypted.

    Args:
        study: The study folder; the vault lies in ``<study>/vault``.
        keyring: Of the acting user; each thing opens only as far as their roles allow.
    """

    def __init__(self, study: Path, keyring: Keyring) -> None:
        self.folder = study / "vault"
        self.keyring = keyring
        self._names = ErasureNames(self.folder, keyring, self._gather_names)
        self.roster = RosterStore(self.folder, keyring, forget=self._names.forget)
        self.study_records = StudyRecords(self.folder / "study", keyring)
        self.codebook = CodebookStore(self.folder, keyring, known=self._names.of)
        self.erasures = Erasures(self.folder / "erasures", keyring, forget=self._forget)

    def session(self, session_id: str) -> SessionStore:
        """The store of one session, which need not exist yet.

        Args:
            session_id: As given at ``session add``; the folder is named by HMAC(names key, ``session`` ‖ id).
        """
        return self._store(opaque_name(self.keyring.names_key, session_id))

    def session_ids(self) -> list[str]:
        """Ids of all sessions, sorted, read from their intakes; raises MissingKey for intake."""
        return sorted(store.intake().session.session for store in self.sessions() if store.exists())

    def sessions(
        self, silence: Silence | None = None, keep: Keep | None = None, carry: Carry | None = None
    ) -> list[SessionStore]:
        """The stores of all session folders, also of sessions that were never taken in whole.

        Args:
            silence: Silences parts of a recording, for an erasure.
            keep: Gives the words that may stay de-identified, for an erasure.
            carry: Carries codings to those words.
        """
        root = self.folder / "sessions"
        folders = sorted(root.iterdir()) if root.is_dir() else []
        return [self._store(folder.name, silence, keep, carry) for folder in folders if folder.is_dir()]

    def put_study(self, name: str, record: Record, key: str = "") -> None:
        """Store a result about the whole study in place of the one before.

        Args:
            name: ``names``, ``published-<purpose>``, ``evaluation``, …
            record: Something that can be made again, or is not to outlive anybody's words: erasing anybody drops it.
            key: What it depends on, where ``get_study`` is to ask for that.
        """
        self.study_records.put(name, record, key)

    def get_study(self, name: str, kind: type[R], key: str = "") -> R | None:
        """The result about the whole study under ``key``, or None."""
        return self.study_records.get(name, kind, key)

    def _gather_names(self, participant: str) -> set[str]:
        """How roster and sessions name a participant."""
        person = self.roster.person(participant)
        names = {person.full_name, *person.aliases, *person.former_names} if person else set()
        names |= {one.email for one in self.roster.contacts() if one.participant == participant and one.email}
        for store in self.sessions():
            found = store.latest("names", NamesFound) if store.exists() else None
            names |= {name for name, whose in (found.surfaces if found else ()) if whose == participant}
        return names

    def _forget(self, job: Job) -> None:
        """Remove what the stores remembered of an erasure that is done."""
        for store in self.sessions():
            forget_outcome(store, job.participant, job.scope)
        self.roster.forget_outcome(job.participant, job.scope)

    def _store(
        self, opaque: str, silence: Silence | None = None, keep: Keep | None = None, carry: Carry | None = None
    ) -> SessionStore:
        folder = self.folder / "sessions" / opaque
        return SessionStore(folder, self.keyring, known=self._names.of, silence=silence, keep=keep, carry=carry)
