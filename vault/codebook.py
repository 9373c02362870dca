"""The codebook of a study: codes, coders and memos, sealed with the roster's key."""

from collections.abc import Callable, Sequence
from pathlib import Path

from schemas.coding import StudyCodebook, TextPlace, texts_of, with_texts
from vault.erasure import EVERYTHING, Erased, Scope
from vault.files import digest_files
from vault.keys import Keyring
from vault.names_known import blocked, scrubbed
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
    """

    name = "codebook"

    def __init__(self, folder: Path, keyring: Keyring, *, known: Callable[[str], Sequence[str]]) -> None:
        self._path = folder / "codebook.age"
        self._keyring = keyring
        self._known = known

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
        """Block the person's names, and words of theirs that go; words that stay de-identified stay here too."""
        before = self._digest()
        book = self.get()
        names = self._known(participant) if scope.whole and self._path.is_file() else ()
        cleaned = book if scope.voice_only else without(book, participant, scope, names)
        if cleaned != book:
            self.put(cleaned)
        changed = texts_of(cleaned.codebook).items() - texts_of(book.codebook).items()
        return Erased(store=self.name, items=len(changed), before=before, after=self._digest())

    def _digest(self) -> str:
        return digest_files([self._path] if self._path.is_file() else [])


def without(book: StudyCodebook, participant: str, scope: Scope, names: Sequence[str]) -> StudyCodebook:
    """The codebook with the person's names, and what of their words goes, as so many ``█``. Pure."""
    goes = {
        one for one in book.quoted if one.participant == participant and scope.covers(one.session) and not scope.keep
    }
    spans: dict[TextPlace, list[tuple[int, int]]] = {}
    for one in goes:
        spans.setdefault((one.of, one.part), []).append((one.start_char, one.end_char))
    left = {
        place: scrubbed(names, blocked(text, spans.get(place, ()))) for place, text in texts_of(book.codebook).items()
    }
    staying = tuple(one for one in book.quoted if one not in goes)
    return book.model_copy(update={"codebook": with_texts(book.codebook, left), "quoted": staying})
