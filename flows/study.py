"""Opens a study folder and wires the rooms together: keys, ledger and vault, with the study's settings."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from consent.ledger import Ledger
from consent.register import Register, read_register
from flows.settings import StudyConfig, language_code, read_config, write_config
from schemas.errors import Busy, MissingKey, UsageError
from schemas.ledger import LedgerEvent
from schemas.roster import MatchingTable
from vault.keys import Keyring, create_keys, public_keys, unlock
from vault.sessions import SessionStore
from vault.store import Vault


def require_new(folder: Path) -> None:
    """Refuse a folder in which something lies already.

    Raises:
        UsageError: it is a file, lies in one, or is a folder that is not empty.
    """
    if any(parent.is_file() for parent in folder.parents):
        raise UsageError("a part of that path is a file, not a folder", hint="Give another path for the new folder.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "that folder is already there and is not empty", hint="Give a new folder's name; nothing was changed."
        )


class Study:
    """One open study, as one user may use it.

    Args:
        folder: The study folder.
        keyring: What this user's passphrase opened.
    """

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self.folder = folder
        self.keyring = keyring
        self.config: StudyConfig = read_config(folder)
        self.vault = Vault(folder, keyring)
        self._register: tuple[tuple[int, str], Register] | None = None

    @classmethod
    def open(cls, folder: Path, *, user: str | None, passphrase: str) -> "Study":
        """Open an existing study.

        Raises:
            UsageError: no study there. MissingKey: wrong passphrase or unknown user. LedgerDamaged.
        """
        read_config(folder)
        return cls(folder, unlock(folder / "keys", user, passphrase))

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        title: str,
        approval: str,
        language: str,
        user: str,
        passphrase: str,
        timezone: str | None = None,
        host_organisations: tuple[str, ...] = (),
    ) -> "Study":
        """Make a new study: settings, keys with the first user, an empty ledger and an empty vault.

        It is made aside and moved into place, so that an interrupted one leaves nothing half-made.
        """
        require_new(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = folder.with_name(f".{folder.name}.making")
        shutil.rmtree(aside, ignore_errors=True)  # what a killed one left
        try:
            aside.mkdir(mode=0o700)
            write_config(
                aside,
                title=title,
                approvals=(approval,),
                languages=(language_code(language),),
                timezone=timezone,
                host_organisations=host_organisations,
            )
            for room in ("consent", "keys", "vault", "releases", "warehouse"):
                (aside / room).mkdir(mode=0o700)
            keyring = create_keys(aside / "keys", user, passphrase)
            Ledger.create(aside / "consent", keyring.signer, keyring.evidence_seal)
            if folder.exists():
                folder.rmdir()
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return cls.open(folder, user=user, passphrase=passphrase)

    @cached_property
    def ledger(self) -> Ledger:
        """The consent register's journal, opened with this user's keys; intake cannot open payloads."""
        return Ledger.open(
            self.folder / "consent",
            signer=self.keyring.signer,
            seal=self.keyring.evidence_seal,
            open_payload=self.keyring.evidence_open if self.may_open_consent else None,
            public_keys=public_keys(self.folder / "keys"),
        )

    @property
    def may_open_consent(self) -> bool:
        """Whether this user's role opens consent payloads."""
        return bool(self.keyring.roles & {"assistant", "investigator", "ethics"})

    @property
    def may_see_ids(self) -> bool:
        """Whether this user's role reads the list of participant ids."""
        return bool(self.keyring.roles & {"intake", "assistant", "investigator"})

    @property
    def may_run(self) -> bool:
        """Whether this user's role runs sessions and reads the matching table."""
        return bool(self.keyring.roles & {"assistant", "investigator"})

    def require_consent(self) -> None:
        """Refuse, in plain words, a user whose role may not read what people chose."""
        if not self.may_open_consent:
            raise MissingKey(
                "your role may record choices and not read them",
                hint="Ask an assistant, investigator or ethics officer of this study.",
            )

    def require_run(self) -> None:
        """Refuse, in plain words, a user whose role may not open session keys."""
        if not self.may_run:
            raise MissingKey(
                "your role may not open sessions or names", hint="Ask an assistant or investigator of this study."
            )

    def register(self) -> Register:
        """Everything recorded up to now, decoded; read again only when the ledger has grown."""
        head = self.ledger.head()
        if self._register is None or self._register[0] != head:
            self._register = (head, read_register(self.ledger.entries()))
        return self._register[1]

    def record(self, event: LedgerEvent) -> int:
        """Record one event; the rooms are handed this."""
        return self.ledger.record(event)

    def table(self) -> MatchingTable:
        """The matching table: names, aliases, employers, roles, places."""
        return self.vault.roster.matching()

    def participants(self) -> list[str]:
        """All participant ids; every role but the ethics officer's may read these."""
        return self.vault.roster.participant_ids()

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock file ``.locks/<name>.lock``, waiting for it; ``name`` is opaque."""
        from filelock import FileLock

        with FileLock(self._lock_path(name)):
            yield

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the build lock; it is the run's, and no recording of choices ever waits for it.

        Raises:
            Busy: another build of this study is running.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self._lock_path("build"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise Busy("another build of this study is running", hint="Wait until it ends, then run again.") from None
        try:
            yield
        finally:
            lock.release()

    def _lock_path(self, name: str) -> Path:
        folder = self.folder / ".locks"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{name}.lock"

    def sessions(self) -> list[SessionStore]:
        """The stores of every session that is wholly taken in: in the ledger and in the vault; sorted by id."""
        recorded = self.register().sessions
        return [self.vault.session(name) for name in self.vault.session_ids() if name in recorded]

    @property
    def research(self) -> Path:
        """The data set that ``run`` builds."""
        return self.folder / "warehouse" / "research.duckdb"
