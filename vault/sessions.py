"""One session in the vault: recordings, intake, stage results and human work, all under the session's own key."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Generic, cast

from schemas.errors import BadInput, CheckFailed
from schemas.recording import Intake
from schemas.records import Record
from vault.age import AgeReader, Identity, Recipient
from vault.erasure import EVERYTHING, Carry, Erased, Keep, Scope, Silence
from vault.files import make_folder, remove, sealing, sweep, sync_folder
from vault.keys import Keyring
from vault.keystore import Keystore
from vault.records import R, parse, read_body, read_record, write_body, write_record

SESSION_ROLES = ("assistant", "investigator")
"""Who may open a session's key."""

_STAGE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_TRACK = re.compile(r"t[0-9]{1,4}")


@dataclass(frozen=True)
class Entry(Generic[R]):
    """Something a person decided: who and when. ``author`` is a user's name, ``at`` is UTC."""

    author: str
    at: datetime
    record: R


class SessionStore:
    """One session's files. Different sessions may be worked on by different processes at once.

    Args:
        folder: ``<study>/vault/sessions/<opaque>``.
        keyring: Of the acting user; intake can add, and opens nothing.
        known: Participant to every name they go by in the study, for ``erase``.
        silence: Silences parts of a recording, for ``erase``; None removes such recordings whole.
        keep: Gives the words that may stay de-identified, for ``erase``.
        carry: Carries codings to those words; None: they are lost.
    """

    def __init__(
        self,
        folder: Path,
        keyring: Keyring,
        *,
        known: Callable[[str], Sequence[str]] = lambda _: (),
        silence: Silence | None = None,
        keep: Keep | None = None,
        carry: Carry | None = None,
    ) -> None:
        self.folder = folder
        self.opaque = folder.name
        self.known = known
        self.silence = silence
        self.keep = keep
        self.carry = carry
        self._keyring = keyring

    @property
    def name(self) -> str:
        """What a certificate calls this store: nothing personal."""
        return f"session {self.opaque}"

    def exists(self) -> bool:
        """Whether the session was taken in: its intake file is on the disk."""
        return self._intake_path.is_file()

    def create(self, intake: Intake) -> None:
        """Begin the session; files that lie here and are not in ``intake`` are removed.

        Raises:
            BadInput: It exists already, or a recording that it names is not there.
            DiskFull: There was no room; the session does not exist.
        """
        if self.exists():
            raise BadInput("this session is already in the vault", hint="Give another id; nothing was changed.")
        if any(not self._audio_path(track.track).is_file() for track in intake.tracks):
            raise BadInput("a recording of this session did not reach the vault", hint="Add the session again.")
        named = {self._audio_path(track.track) for track in intake.tracks}
        for path in self.files():
            if path not in named:
                remove(path)  # left by a killed intake, perhaps under a key that is gone
        self.save_intake(intake)

    def intake(self) -> Intake:
        """What was handed in; raises MissingKey for a user who is intake only, BadInput where there is no session."""
        if not self.exists():
            raise BadInput("this session is not in the vault", hint="See the sessions with chatham run.")
        return self._read(self._intake_path, "intake", Intake)

    def save_intake(self, intake: Intake) -> None:
        """Write the intake in place of the one before; every role can."""
        write_record(self._intake_path, self._head("intake"), intake, self._ready(), read_back=True)

    @property
    def language(self) -> str:
        """The session's language, as told at intake."""
        return self.intake().session.language

    @contextmanager
    def add_audio(self, track: str) -> Iterator[BinaryIO]:
        """A stream that is encrypted on the way; the recording is there once the block ends without an exception.

        Args:
            track: ``t1``, ``t2``, …
        Raises:
            DiskFull: There was no room; nothing of the recording stays.
            CheckFailed: The disk does not give back what was written; nothing of the recording stays.
        """
        with sealing(self._audio_path(track), [self._ready()], read_back=True) as sink:
            yield sink

    @contextmanager
    def open_audio(self, track: str) -> Iterator[BinaryIO]:
        """A seekable stream of a recording, decrypted on the way; raises BadInput where there is no such track."""
        path = self._audio_path(track)
        if not path.is_file():
            raise BadInput(f"this session has no recording {track}", hint="It was erased, or never added.")
        source, reader = self.keystore.reading(self.opaque, lambda keys: _opened(path, keys))
        with source, reader:
            yield cast(BinaryIO, reader)

    def audio_tracks(self) -> list[str]:
        """Tracks whose recordings lie here, sorted."""
        return sorted(path.name.split(".")[1] for path in self.folder.glob("audio.*.age"))

    def remove_audio(self, track: str) -> None:
        """Remove a recording durably; one that is not there is no error."""
        remove(self._audio_path(track))

    def put_stage(self, stage: str, key: str, record: Record) -> None:
        """Store a stage's result; older results of the stage go once the new one is durable.

        Args:
            stage: ``transcript``, ``attributed``, ``names``, ``redacted-<purpose>``, …
            key: What the result depends on, as a digest or any text.
        """
        older = self._results(stage)
        write_record(self._stage_path(stage, key), self._stage_head(stage, record), record, self._ready())
        for path in older:
            if path != self._stage_path(stage, key):
                remove(path)

    def get_stage(self, stage: str, key: str, kind: type[R]) -> R | None:
        """The stage's result under ``key``, or None where there is none."""
        path = self._stage_path(stage, key)
        return self._read(path, stage, kind) if path.is_file() else None

    def stage(self, stage: str, key: str, kind: type[R]) -> R:
        """``get_stage`` of a result that must be there; raises CheckFailed where it is not."""
        found = self.get_stage(stage, key, kind)
        if found is None:
            raise CheckFailed(f"the result of step {stage} is not there", hint="Run the session again.")
        return found

    def latest(self, stage: str, kind: type[R]) -> R | None:
        """The stage's result under whatever key, or None."""
        results = self._results(stage)
        return self._read(results[-1], stage, kind) if results else None

    def replace_latest(self, stage: str, record: Record) -> None:
        """Write ``record`` in place of the stage's result, under the same key."""
        write_record(self._results(stage)[-1], self._stage_head(stage, record), record, self._ready())

    def refile_stage(self, stage: str, key: str) -> None:
        """Let the stage's newest result lie under another key, unchanged; older results of the stage go."""
        *older, newest = self._results(stage)
        newest.replace(self._stage_path(stage, key))
        sync_folder(self.folder)
        for path in older:
            remove(path)

    def names_fit(self) -> bool:
        """Whether the names found are of the turns as they now are, and so their offsets."""
        return self._kept_head("names").get("upon") == self._kept_head("attributed").get("digest")

    def was_run(self) -> bool:
        """Whether it was run as far as the names, so that it is known which words in it are whose."""
        return {"attributed", "names"} <= set(self.stages()) and self.names_fit()

    def has_stage(self, stage: str, key: str) -> bool:
        """Whether there is a result under ``key``; nothing is opened."""
        return self._stage_path(stage, key).is_file()

    def stages(self) -> list[str]:
        """Stages that have results, sorted."""
        return sorted({path.name.split(".")[1] for path in self.folder.glob("stage.*.age")})

    def drop_stage(self, stage: str) -> int:
        """Remove a stage's results; gives how many."""
        results = self._results(stage)
        for path in results:
            remove(path)
        return len(results)

    def append_entry(self, kind: str, record: Record) -> None:
        """Add a piece of human work, with the acting user and the time; entries are never overwritten."""
        recipient = self._ready()
        number = 1 + max((int(path.name.split(".")[2]) for path in self.entry_files()), default=0)
        head = {**self._head(f"entry {checked_stage(kind)}"), "author": self._keyring.user, "at": _now()}
        path = self.folder / f"entry.{kind}.{number:08d}.{secrets.token_hex(4)}.age"
        write_body(path, head, record.model_dump_json().encode(), recipient)

    def entries(self, kind: str, record: type[R]) -> list[Entry[R]]:
        """All entries of a kind, oldest first."""
        found = []
        for path in self.entry_files(checked_stage(kind)):
            head, body = self._read_body(path)
            at = datetime.fromisoformat(str(head["at"]))
            found.append(Entry(author=str(head["author"]), at=at, record=parse(body, record)))
        return found

    def entry_files(self, kind: str = "*") -> list[Path]:
        """The sealed files of all entries (of a kind), in the order they were added."""
        return sorted(self.folder.glob(f"entry.{kind}.*.age"), key=lambda path: path.name.split(".")[2:])

    def discard(self) -> None:
        """Remove the whole session and destroy its key; twice is no error."""
        # The intake first: without it there is no session, whatever a crash leaves behind.
        remove(self._intake_path)
        self._keyring.keystore.destroy(self.opaque)
        for path in self.files(hidden=True):
            remove(path)
        if self.folder.is_dir():
            self.folder.rmdir()

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        """Remove what ``scope`` covers of ``participant`` from the session; see ``vault.session_erasure``."""
        from vault.session_erasure import erase_from_session

        return erase_from_session(self, participant, scope)

    def erase_unknown(self, scope: Scope = EVERYTHING) -> Erased:
        """Remove what ``scope`` covers of the voices that are nobody's; see ``vault.session_erasure``."""
        from vault.session_erasure import erase_from_session

        return erase_from_session(self, None, scope)

    def is_one_of(self, sessions: Sequence[str]) -> bool:
        """Whether this session is among ``sessions``; nothing is opened."""
        return any(opaque_name(self._keyring.names_key, session) == self.opaque for session in sessions)

    def files(self, *, hidden: bool = False) -> list[Path]:
        """All files of the session; with ``hidden`` also those of a write in hand."""
        paths = self.folder.iterdir() if self.folder.is_dir() else []
        return sorted(path for path in paths if hidden or not path.name.startswith("."))

    def identity(self) -> Identity:
        """The session's key; raises MissingKey naming the roles that may open it."""
        return self.identities()[0]

    def identities(self) -> list[Identity]:
        """The keys that its files may be sealed to: two while the key is being renewed; raises as ``identity``."""
        return self._keyring.keystore.identities(self.opaque)

    @property
    def keystore(self) -> Keystore:
        """Where the session's key lies, under its opaque name."""
        return self._keyring.keystore

    def private_path(self, what: str, detail: str) -> Path:
        """A file whose name tells nobody anything of ``detail``."""
        return self.folder / f"{what}.{self._blind(what, detail)}.age"

    def _read(self, path: Path, what: str, kind: type[R]) -> R:
        return self.keystore.reading(self.opaque, lambda keys: read_record(path, self._head(what), kind, keys))

    def _read_body(self, path: Path) -> tuple[dict[str, Any], bytes]:
        return self.keystore.reading(self.opaque, lambda keys: read_body(path, keys))

    def _ready(self) -> Recipient:
        """The key to seal to, with the folder there and free of what killed processes left."""
        make_folder(self.folder)
        sweep(self.folder)
        keystore = self._keyring.keystore
        return keystore.recipient(self.opaque) if keystore.has(self.opaque) else self._new_key()

    def _new_key(self) -> Recipient:
        return self._keyring.keystore.new_key(self.opaque, SESSION_ROLES)

    def _head(self, what: str) -> dict[str, str]:
        return {"session": self.opaque, "what": what}

    def _stage_head(self, stage: str, record: Record) -> dict[str, str]:
        head = self._head(stage)
        if stage == "attributed":
            head["digest"] = record.digest()
        if stage == "names":
            head["upon"] = self._kept_head("attributed").get("digest", "")
        return head

    def _kept_head(self, stage: str) -> dict[str, str]:
        results = self._results(stage)
        return self._read_body(results[-1])[0] if results else {}

    @property
    def _intake_path(self) -> Path:
        return self.folder / "intake.age"

    def _audio_path(self, track: str) -> Path:
        if _TRACK.fullmatch(track) is None:
            raise BadInput("a track is t1, t2, …", hint="Number the recordings in the order they were added.")
        return self.folder / f"audio.{track}.age"

    def _stage_path(self, stage: str, key: str) -> Path:
        return self.folder / f"stage.{checked_stage(stage)}.{self._blind(stage, key)}.age"

    def _results(self, stage: str) -> list[Path]:
        """The stage's result files, newest last; more than one only after a crash."""
        return sorted(self.folder.glob(f"stage.{checked_stage(stage)}.*.age"), key=lambda path: path.stat().st_mtime_ns)

    def _blind(self, what: str, detail: str) -> str:
        # Keyed, because a digest of choices or names could be recognised by whoever guesses them.
        text = "\0".join([self.opaque, what, detail]).encode()
        return hmac.new(self._keyring.names_key, text, hashlib.sha256).hexdigest()[:32]


def _opened(path: Path, keys: Sequence[Identity]) -> tuple[BinaryIO, AgeReader]:
    """A sealed file and the stream of its plaintext, both to be closed."""
    source = path.open("rb")
    try:
        return source, AgeReader(source, keys)
    except BaseException:
        source.close()
        raise


def opaque_name(names_key: bytes, session_id: str) -> str:
    """The folder name of a session: the first 32 hexadecimal digits of HMAC-SHA256(names key, ``session`` ‖ id)."""
    return hmac.new(names_key, b"session" + session_id.encode(), hashlib.sha256).hexdigest()[:32]


def checked_stage(stage: str) -> str:
    """``stage``, if it may stand in a file name; raises BadInput."""
    if _STAGE.fullmatch(stage) is None:
        raise BadInput("a stage's name has lower-case letters, digits, _ and -", hint="Use a name such as transcript.")
    return stage


def _now() -> str:
    return datetime.now(UTC).isoformat()
