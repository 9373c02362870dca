"""Takes codes, memos and codings into the vault: what is there already is not doubled, and no name comes in."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from flows.coding.anchored import codings_of, save_codings
from flows.coding.merging import Merged, merged
from flows.worker import Worker
from schemas.coding import (
    Codebook,
    Coding,
    Guid,
    Place,
    Quoted,
    SessionCodings,
    StudyCodebook,
    TextPlace,
    texts_of,
    with_texts,
)
from schemas.errors import UsageError
from schemas.speech import Attributed
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from deidentification.api import Quote, Told

Key = tuple[Guid, Guid, tuple[Place, ...]]
"""What makes two codings one: code, coder, and places."""


@dataclass(frozen=True)
class Taken:
    """What came in.

    Attributes:
        codes, coders, memos, codings: How many new ones.
        known: Codings that were there already.
        removed: Codings that did not come again.
        masked: Texts in which a name was masked.
    """

    codes: int
    coders: int
    memos: int
    codings: int
    known: int
    removed: int
    masked: int


class Arriving(NamedTuple):
    """Codings on the words of one session, as its turns are told.

    Attributes:
        upon: Digest of those turns.
    """

    store: SessionStore
    upon: str
    codings: Sequence[Coding]


def record(worker: Worker, new: Codebook, arriving: Sequence[Arriving], *, replace: bool = False) -> Taken:
    """Take a codebook and codings in; given again, nothing is doubled.

    The codebook comes first, so that no coding is ever without its code. The caller holds the build lock.

    Args:
        replace: What the same coders put on these sessions before, and does not come again, goes.
    Raises:
        UsageError: a session was told anew meanwhile; what of the others came in stays in, once.
    """
    from deidentification.api import Names

    store = worker.study.vault.codebook
    names, before = Names(worker.table), store.get()
    given = texts_of(new)
    clean = {place: names.without(text) for place, text in given.items()}
    taken = merged(before.codebook, with_texts(new, clean), names.without)
    quoted = _quoted(worker, taken.codebook, before)
    store.put(StudyCodebook(codebook=taken.codebook, quoted=quoted, made=str(uuid4())))
    counts = [_record_in(worker, one, taken, replace=replace) for one in arriving]
    new_codings, known, removed = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    book, old = taken.codebook, before.codebook
    return Taken(
        codes=len(book.codes) - len(old.codes),
        coders=len(book.coders) - len(old.coders),
        memos=len(book.memos) - len(old.memos),
        codings=new_codings,
        known=known,
        removed=removed,
        masked=sum(clean[place] != given[place] for place in given),
    )


def _record_in(worker: Worker, arriving: Arriving, taken: Merged, *, replace: bool) -> tuple[int, int, int]:
    """Take codings into one session; gives how many are new, were known, and are removed."""
    with worker.alone_with(arriving.store.opaque):
        turns = arriving.store.latest("attributed", Attributed)
        if turns is None or turns.digest() != arriving.upon:
            raise UsageError("a session was told anew while it was coded", hint="Give the command again.")
        here = codings_of(arriving.store, arriving.upon)
        after, counts = with_codings(here, _renamed(arriving.codings, taken), taken.coders.values(), replace=replace)
        if after != here:
            save_codings(arriving.store, after)
    return counts


def with_codings(
    here: SessionCodings, new: Iterable[Coding], coders: Collection[Guid], *, replace: bool
) -> tuple[SessionCodings, tuple[int, int, int]]:
    """A session's codings with others taken in; and how many are new, were known, and are removed. Pure.

    Args:
        coders: Whose codings ``new`` has, or would have.
        replace: Their other codings go.
    """
    known = {_key(coding): coding for coding in here.codings}
    arriving = {_key(coding): coding for coding in new}
    gone = {key for key in known if replace and key[1] in coders and key not in arriving}
    left = [coding for key, coding in known.items() if key not in gone]
    ids = {coding.coding for coding in left}
    fresh = [coding for key, coding in arriving.items() if key not in known]
    fresh = [_with_new_id(coding) if coding.coding in ids else coding for coding in fresh]
    after = here.model_copy(update={"codings": (*left, *fresh)})
    return after, (len(fresh), len(arriving) - len(fresh), len(gone))


def _renamed(codings: Iterable[Coding], taken: Merged) -> Iterator[Coding]:
    """The codings under the ids that their codes and coders have here."""
    for coding in codings:
        yield coding.model_copy(update={"code": taken.codes[coding.code], "coder": taken.coders[coding.coder]})


def _with_new_id(coding: Coding) -> Coding:
    return coding.model_copy(update={"coding": str(uuid4())})


def _key(coding: Coding) -> Key:
    return coding.code, coding.coder, coding.places


def _quoted(worker: Worker, book: Codebook, before: StudyCodebook) -> tuple[Quoted, ...]:
    """What of participants' words stands in the codebook's texts; only texts that are new are searched."""
    from deidentification.api import find_quotes

    old, texts = texts_of(before.codebook), texts_of(book)
    new = {place: text for place, text in texts.items() if old.get(place) != text}
    stays = [one for one in before.quoted if (one.of, one.part) not in new]
    found = find_quotes(new, _told(worker)) if any(new.values()) else []
    return (*stays, *map(_as_quoted, found))


def _as_quoted(quote: "Quote[TextPlace]") -> Quoted:
    of, part = quote.place
    return Quoted(
        of=of,
        part=part,
        start_char=quote.start_char,
        end_char=quote.end_char,
        session=quote.said.session,
        utterance=quote.said.utterance,
        participant=quote.said.participant,
    )


def _told(worker: Worker) -> Iterator["Told"]:
    """Every turn of the study, as the vault has it."""
    from deidentification.api import Told

    for store in worker.study.vault.sessions():
        turns = store.latest("attributed", Attributed) if store.exists() else None
        session = store.intake().session.session if turns else ""
        for turn in turns.utterances if turns else ():
            yield Told(session, turn.utterance, turns.voices[turn.voice].participant if turns else None, turn.text)
