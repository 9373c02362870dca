"""Opens a study folder and wires the rooms together: keys, ledger and vault, with the study's settings."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from consent.ledger import Ledger
from consent.publish import log_vkeys, publish
from consent.recorders import read_recorders, write_recorders
from consent.register import Register, read_register
from consent.storage.lines import NAME as JOURNAL
from consent.tlog.checkpoint import Checkpoint, parse_checkpoint
from consent.tlog.note import VerifyKey
from flows.settings import StudyConfig, language_code, read_config, write_config
from schemas.errors import BadInput, Busy, MissingKey, UsageError
from schemas.ledger import LedgerEvent
from schemas.roster import MatchingTable
from vault.keys import Keyring, create_keys, public_keys, unlock
from vault.sessions import SessionStore
from vault.store import Vault

LONG_BYTES = 64 * 2**20
"""Of a journal; some 18,000 entries, hashed again in a tenth of a second."""
STOPPING = ".stopping"
"""File of a study that says a stop of use is under way; see ``flows.stopping``."""


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
        study = cls(folder, unlock(folder / "keys", user, passphrase))
        if (folder / STOPPING).is_file():
            from flows.stopping import settle

            settle(study)
        return study

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
        """Make a new study: settings, keys with the first user, a ledger that lets this user in, and an empty vault.

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
            cls._begin_ledger(aside / "consent", keyring)
            if folder.exists():
                folder.rmdir()
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        study = cls.open(folder, user=user, passphrase=passphrase)
        study.publish()
        return study

    @staticmethod
    def _begin_ledger(folder: Path, keyring: Keyring) -> None:
        from flows.users import introduction

        write_recorders(folder, {keyring.signer.key_id: keyring.signer.public_key})
        Ledger.create(folder, keyring.signer, keyring.evidence_seal).record(introduction(keyring))

    @cached_property
    def ledger(self) -> Ledger:
        """The consent register's journal, opened with this user's keys; intake cannot open payloads.

        All of it is hashed again, so that no command works on a register that was damaged; where it is so long that
        this would be felt, what was published before is gone on from.
        """
        journal = self.consent / JOURNAL
        long = journal.is_file() and journal.stat().st_size > LONG_BYTES
        return self.open_ledger(whole=not long)

    def open_ledger(self, *, whole: bool = True, mind_seal: bool = True) -> Ledger:
        """Open the journal again.

        Args:
            whole: Every line of it is read, whatever was published.
            mind_seal: A register that does not hold what its own checkpoint names cannot be written to.
        """
        return Ledger.open(
            self.consent,
            signer=self.keyring.signer,
            seal=self.keyring.evidence_seal,
            open_payload=self.keyring.evidence_open if self.may_open_consent else None,
            # Studies made before recorders stood beside the journal have their users' keys alone.
            public_keys=read_recorders(self.consent) or public_keys(self.folder / "keys"),
            log_keys=self.log_keys if mind_seal else (),
            whole=whole,
        )

    def go_on_with(self, keyring: Keyring) -> None:
        """Use ``keyring`` from here on: the same user's, after keys were changed."""
        self.keyring = keyring
        self.vault = Vault(self.folder, keyring)
        self.ledger = self.open_ledger()
        self._register = None

    @property
    def consent(self) -> Path:
        """The register's folder: all that somebody outside needs to check it."""
        return self.folder / "consent"

    @property
    def log_keys(self) -> tuple[VerifyKey, ...]:
        """The public keys under which the register's checkpoints are signed; none before the first."""
        return log_vkeys(self.consent)

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

    def require_whole_register(self) -> None:
        """Refuse what rests on everybody's newest choice while entries are known to be missing, or stay shut.

        Raises:
            LedgerDamaged: entries are missing. MissingKey: an entry that may hold a choice stays shut.
        """
        self.ledger.require_not_behind()
        self.require_readable()

    def require_readable(self) -> None:
        """Refuse to say what people chose while an entry that may hold a choice stays shut; raises MissingKey."""
        if unread := self.register().unread:
            raise MissingKey(
                f"{unread} entries of the consent register that may hold choices cannot be opened with your keys",
                hint="One may be a withdrawal, so nothing is done without them. Ask the study's investigator.",
            )

    def register(self) -> Register:
        """Everything recorded up to now, decoded; read again only when the ledger has grown."""
        head = self.ledger.head()
        if self._register is None or self._register[0] != head:
            self._register = (head, read_register(self.ledger.entries()))
        return self._register[1]

    def record(self, event: LedgerEvent) -> int:
        """Record one event; the rooms are handed this."""
        return self.append([event])[0]

    def append(self, events: Sequence[LedgerEvent]) -> list[int]:
        """Record ``events`` as one batch, all or none, and give their indexes."""
        return self.ledger.append(events)

    def publish(self) -> Checkpoint | None:
        """Bring what outsiders see up to what is recorded, and sign it; None where this user's role may not sign.

        Raises:
            LedgerDamaged: the register does not hold what was signed before. DiskFull, ChathamError, Busy.
        """
        try:
            seed = self.keyring.log_seed
        except MissingKey:
            return None
        self._end_policy()
        self._keep_register_keys()
        return publish(self.consent, self.ledger, seed, datetime.now(UTC))

    def _keep_register_keys(self) -> None:
        from flows.register_keys import keep_register_keys

        keep_register_keys(self)

    def _end_policy(self) -> None:
        """Where a command was killed while it changed whose confirmations count, end that."""
        if (self.consent / "policy.next").is_file():
            from flows.policies import settle

            settle(self)

    @property
    def behind(self) -> str | None:
        """What shows that entries of the register are missing, where the register was read here; None: nothing."""
        return self.ledger.behind if "ledger" in self.__dict__ else None

    @property
    def unpublished(self) -> bool:
        """Whether the register was read here and holds other than the newest signed checkpoint says."""
        if "ledger" not in self.__dict__:
            return False
        try:
            newest = parse_checkpoint((self.consent / "log" / "checkpoint").read_bytes()).checkpoint
        except (FileNotFoundError, BadInput):
            return True
        return (newest.size, newest.root.hex()) != self.ledger.head()

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

    @property
    def releases(self) -> Path:
        """The folder of the data sets that were made to hand on."""
        return self.folder / "releases"
