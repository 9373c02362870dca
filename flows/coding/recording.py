"""Takes codes, memos and codings into the vault: what is there already is not doubled, and no name comes in."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
        parts: Ids of those that were made on more words than are shown now: what they lie in is what they were.
        unsigned: Ids of those of which nobody says whose they are: whoever made the same, it is that.
    """

    store: SessionStore
    upon: str
    codings: Sequence[Coding]
    parts: Collection[Guid] = ()
    unsigned: Collection[Guid] = ()


@dataclass(frozen=True)
class SortedOut:
    """What would be stored: the codebook, and of each session the codings on the turns they lie on; and what is new."""

    book: StudyCodebook
    sessions: Sequence[tuple[SessionStore, SessionCodings]]
    taken: Taken


def sorted_out(worker: Worker, new: Codebook, arriving: Sequence[Arriving], *, replace: bool = False) -> SortedOut:
    """What a codebook and codings would change; nothing is stored.

    Args:
        replace: What the same coders put on these sessions before, and does not come again, goes.
    """
    from deidentification.api import Names

    names, before = Names(worker.table), worker.study.vault.codebook.get()
    given = texts_of(new)
    clean = {place: names.without(text) for place, text in given.items()}
    found = merged(before.codebook, with_texts(new, clean), names.without)
    changes = [_changed(one, found, replace=replace) for one in arriving]
    known_as = {new_id: here for change in changes for new_id, here in change.known_as.items()}
    book = _with_memos_on(found.codebook, known_as)
    book = _without_idle(book, before.codebook, [coding for change in changes for coding in change.after.codings])
    same = book == before.codebook and not any(change.counts.new or change.counts.removed for change in changes)
    return SortedOut(
        book=StudyCodebook(
            codebook=book, quoted=_quoted(worker, book, before), made=before.made if same else str(uuid4())
        ),
        sessions=[(one.store, change.after) for one, change in zip(arriving, changes, strict=True)],
        taken=Taken(
            codes=len(book.codes) - len(before.codebook.codes),
            coders=len(book.coders) - len(before.codebook.coders),
            memos=len(book.memos) - len(before.codebook.memos),
            codings=sum(change.counts.new for change in changes),
            known=sum(change.counts.known for change in changes),
            removed=sum(change.counts.removed for change in changes),
            masked=sum(clean[place] != given[place] for place in given),
        ),
    )


def record(worker: Worker, new: Codebook, arriving: Sequence[Arriving], *, replace: bool = False) -> SortedOut:
    """Take a codebook and codings in; given again, nothing is doubled. The caller holds the build lock.

    The codebook comes first, so that no coding is ever without its code; killed on the way, the same call goes on.

    Raises:
        UsageError: a session was told anew meanwhile; what of the others came in stays in, once.
    """
    found = sorted_out(worker, new, arriving, replace=replace)
    worker.study.vault.codebook.put(found.book)
    for store, codings in found.sessions:
        with worker.alone_with(store.opaque):
            turns = store.latest("attributed", Attributed)
            if turns is None or turns.digest() != codings.upon:
                raise UsageError("a session was told anew while it was coded", hint="Give the command again.")
            save_codings(store, codings)
    return found


class Counts(NamedTuple):
    """How many codings of a session are new, were known, and are removed."""

    new: int
    known: int
    removed: int


class _Change(NamedTuple):
    """A session's codings with others taken in, and the id by which each of the others is known here."""

    after: SessionCodings
    counts: Counts
    known_as: dict[Guid, Guid]


def _changed(arriving: Arriving, found: Merged, *, replace: bool) -> _Change:
    renamed = [
        coding.model_copy(update={"code": found.codes[coding.code], "coder": found.coders[coding.coder]})
        for coding in arriving.codings
    ]
    here = codings_of(arriving.store, arriving.upon)
    meant = _meant(here.codings, renamed, arriving)
    after, counts = with_codings(here, meant, found.coders.values(), replace=replace)
    ids = {_key(coding): coding.coding for coding in after.codings}
    return _Change(after, counts, {was.coding: ids[_key(one)] for was, one in zip(renamed, meant, strict=True)})


def _meant(here: Sequence[Coding], new: Sequence[Coding], arriving: Arriving) -> list[Coding]:
    """The new codings, each that is a known one without some words, or without its coder, as the known one."""
    known: dict[Guid, list[Coding]] = {}
    for coding in here:
        known.setdefault(coding.code, []).append(coding)

    def is_known(one: Coding, coding: Coding) -> bool:
        signed = coding.coder == one.coder or one.coding in arriving.unsigned
        within = coding.places == one.places or (one.coding in arriving.parts and _lies_in(one, coding))
        return signed and within

    return [next((coding for coding in known.get(one.code, ()) if is_known(one, coding)), one) for one in new]


def _lies_in(one: Coding, other: Coding) -> bool:
    """Whether every place of a coding is inside a place of the other."""
    return all(
        any(
            (place.utterance, around.start_char <= place.start_char, place.end_char <= around.end_char)
            == (around.utterance, True, True)
            for around in other.places
        )
        for place in one.places
    )


def with_codings(
    here: SessionCodings, new: Iterable[Coding], coders: Collection[Guid], *, replace: bool
) -> tuple[SessionCodings, Counts]:
    """A session's codings with others taken in. Pure.

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
    return after, Counts(len(fresh), len(arriving) - len(fresh), len(gone))


def _with_memos_on(book: Codebook, known_as: Mapping[Guid, Guid]) -> Codebook:
    """The codebook with every memo on a coding that came in on that coding as it is known here."""
    memos = (
        memo.model_copy(update={"on": known_as[memo.on]}) if memo.about == "coding" and memo.on in known_as else memo
        for memo in book.memos
    )
    return book.model_copy(update={"memos": tuple(memos)})


def _without_idle(book: Codebook, before: Codebook, codings: Iterable[Coding]) -> Codebook:
    """The codebook without new coders who did nothing."""
    busy = {coder.coder for coder in before.coders} | {memo.coder for memo in book.memos} | {c.coder for c in codings}
    return book.model_copy(update={"coders": tuple(coder for coder in book.coders if coder.coder in busy)})


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
