"""The codebook of a study: codes, coders and memos, sealed with the roster's key."""

from collections.abc import Callable, Sequence
from pathlib import Path

from schemas.coding import StudyCodebook, texts_of, with_texts
from vault.erasure import EVERYTHING, Clean, Erased, Scope
from vault.files import digest_files
from vault.keys import Keyring
from vault.names_known import scrubbed
from vault.records import read_record, write_record
from vault.sessions import SESSION_ROLES

_KEY = "roster"
_HEAD = {"what": "codebook"}


class CodebookStore:
    """What coders wrote of the whole study; their codings lie with the sessions.

    An erasure takes out of its texts the person's names and the words of theirs that are quoted there.

    Args:
        folder: ``<study>/vault``.
        keyring: Of the acting user.
        known: Participant to every name they go by in the study.
    Attributes:
        clean: Takes names, and words that are said no longer, out of the codebook, for ``erase``; None: names alone.
    """

    name = "codebook"

    def __init__(self, folder: Path, keyring: Keyring, *, known: Callable[[str], Sequence[str]]) -> None:
        self._path = folder / "codebook.age"
        self._keyring = keyring
        self._known = known
        self.clean: Clean | None = None

    def get(self) -> StudyCodebook:
        """The codebook; an empty one where nobody has coded."""
        if not self._path.is_file():
            return StudyCodebook()
        keystore = self._keyring.keystore
        return keystore.reading(_KEY, lambda keys: read_record(self._path, _HEAD, StudyCodebook, keys))

    def put(self, codebook: StudyCodebook) -> None:
        """Store the codebook in place of the one before."""
        keystore = self._keyring.keystore
        recipient = keystore.recipient(_KEY) if keystore.has(_KEY) else keystore.new_key(_KEY, SESSION_ROLES)
        write_record(self._path, _HEAD, codebook, recipient)

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        """Block the person's names, and words that are said no longer; the sessions were erased before."""
        before = self._digest()
        book = self.get()
        cleaned = book if scope.voice_only or not self._path.is_file() else self._cleaned(book, participant, scope)
        if cleaned != book:
            self.put(cleaned)
        changed = texts_of(cleaned.codebook).items() - texts_of(book.codebook).items()
        return Erased(store=self.name, items=len(changed), before=before, after=self._digest())

    def _cleaned(self, book: StudyCodebook, participant: str, scope: Scope) -> StudyCodebook:
        cleaned = self.clean(book) if self.clean is not None else book
        names = self._known(participant) if scope.whole else ()
        left = {place: scrubbed(names, text) for place, text in texts_of(cleaned.codebook).items()}
        return cleaned.model_copy(update={"codebook": with_texts(cleaned.codebook, left)})

    def _digest(self) -> str:
        return digest_files([self._path] if self._path.is_file() else [])
