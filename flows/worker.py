"""What a run works with: an open study in one process, and how far each of its sessions has come."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flows.facts import BuildFacts, StageFacts
from flows.progress import Progress
from flows.study import Study
from schemas.consent import SessionDecisions
from schemas.deidentified import NameTable
from schemas.errors import UsageError
from schemas.identifiers import Digest, ParticipantId
from schemas.recording import Intake
from schemas.roster import MatchingTable
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from deidentification.api import Company
    from flows.contents import Contents


@dataclass(frozen=True)
class SessionState:
    """One session as a run finds it; ``facts`` is None where a stage before "names found" must be (re)made."""

    store: SessionStore
    intake: Intake
    facts: StageFacts | None


@dataclass(frozen=True)
class Ready:
    """A session that is redacted for a purpose: its state, decisions, and facts."""

    state: SessionState
    stage: StageFacts
    decisions: SessionDecisions
    facts: BuildFacts
    company: Digest
    """What of the choices of people who are not in the session bears on it; see ``flows.deciding.company_of``."""


class Worker:
    """One process's hands on one open study: the study, its progress, and what this run did and failed to do.

    Attributes:
        remade: Session id to the steps that this process did again for it.
        failures: Opaque session id to why the session was left out.
        names: The study name table of the build in hand.
        ready: The sessions of the data set that stands after the run.
        contents: The words of the data set in hand, by what they were made under.
        consenting: Head of the register, and who was found to consent under it, by session and purpose.
    """

    def __init__(self, study: Study, progress: Progress) -> None:
        self.study = study
        self.progress = progress
        self.remade: dict[str, list[str]] = {}
        self.failures: dict[str, Exception] = {}
        self.names = NameTable(names=())
        self.ready: list[Ready] = []
        self.consenting: tuple[tuple[int, str], dict[tuple[str, str, ParticipantId], bool]] = ((-1, ""), {})
        self.contents: Contents | None = None
        self._table: MatchingTable | None = None
        self._shown: MatchingTable | None = None
        self._company: Company | None = None
        self._lost: tuple[ParticipantId, ...] = ()

    def recording(self, opaque: str) -> SessionStore:
        """The session that Prefect knows by ``opaque``.

        Raises:
            UsageError: this study has no such session.
        """
        for store in self.study.vault.sessions():
            if store.opaque == opaque and store.exists():
                return store
        raise UsageError("this study has no such session", hint="Give the opaque id that chatham doctor lists.")

    @property
    def company(self) -> "Company":
        """Everybody's attributes as words are shown by, made once for a study name table."""
        from deidentification.api import Company

        if self._company is None:
            self._company = Company.of(self.shown_table)
        return self._company

    @cached_property
    def kept(self) -> dict[ParticipantId, str]:
        """People of whom only de-identified words stay, with the secret of their released ids."""
        return self.study.vault.roster.kept()

    @property
    def secrets(self) -> dict[ParticipantId, str]:
        """The secret of everybody's released ids."""
        return {**self.kept, **{person.participant: person.secret for person in self.table.people}}

    @property
    def table(self) -> MatchingTable:
        """The matching table, read once per process."""
        if self._table is None:
            self._table = self.study.table()
        return self._table

    def know(self, names: NameTable) -> None:
        """Take ``names`` for the study name table from now on."""
        if names is not self.names:
            self.names, self._shown, self._company = names, None, None

    @property
    def shown_table(self) -> MatchingTable:
        """The matching table that words are shown by: without made-up names that somebody else bears."""
        from deidentification.api import without_borne

        if self._shown is None:
            self._shown, self._lost = without_borne(self.table, self.names)
        return self._shown

    @property
    def without_pseudonym(self) -> tuple[ParticipantId, ...]:
        """Participants whose made-up name cannot be used, because somebody bears it."""
        return self._lost if self.shown_table else ()

    def did(self, session: str, step: str) -> None:
        """Note that ``step`` was really done for ``session``."""
        steps = self.remade.setdefault(session, [])
        if step not in steps:
            steps.append(step)

    def failed(self, opaque: str, failure: Exception) -> None:
        """Leave a session out of this run, and remember why."""
        self.failures.setdefault(opaque, failure)

    @contextmanager
    def alone_with(self, opaque: str) -> Iterator[None]:
        """Hold one session's lock (named by its opaque id), so that two workers never do one session at once."""
        with self.study.lock(opaque):
            yield
