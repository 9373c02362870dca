"""Takes codes, memos and codings into the vault: what is there already is not doubled, and no name comes in."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from flows.coding.anchored import codings_of, save_codings
from flows.coding.merging import Merged, merged
from flows.coding.quoting import with_quotes
from flows.coding.released import as_it_comes_back
from flows.worker import Worker
from schemas.coding import (
    Codebook,
    Coding,
    Guid,
    Place,
    SessionCodings,
    StudyCodebook,
    texts_of,
    with_texts,
)
from schemas.deidentified import DeidentifiedUtterance
from schemas.errors import UsageError
from schemas.identifiers import UtteranceId
from schemas.speech import Attributed
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from deidentification.api import Names

Key = tuple[Guid, Guid, tuple[Place, ...]]
"""What makes two codings one: code, coder, and places."""


@dataclass(frozen=True)
class Taken:
    """What came in.

    Attributes:
        codes, coders, memos, codings: How many new ones.
        known: Codings that were there already.
        masked: Texts in which a name was masked.
        changed: Texts that are now as they are outside.
        left_alone: Texts that differ outside and stay as they are here, because something in them is masked.
    """

    codes: int
    coders: int
    memos: int
    codings: int
    known: int
    masked: int
    changed: int = 0
    left_alone: int = 0


class Arriving(NamedTuple):
    """Codings on the words of one session, as its turns are told.

    Attributes:
        upon: Digest of those turns.
        parts: Ids of those that were made on more words than are shown now: what they lie in is what they were.
        unsigned: Ids of those of which nobody says whose they are: whoever made the same, it is that.
        shown: The turns as they are shown where these were made.
    """

    store: SessionStore
    upon: str
    codings: Sequence[Coding]
    parts: Collection[Guid] = ()
    unsigned: Collection[Guid] = ()
    shown: Mapping[UtteranceId, Sequence[DeidentifiedUtterance]] = {}


@dataclass(frozen=True)
class SortedOut:
    """What would be stored: the codebook, and of each session the codings on the turns they lie on; and what is new."""

    book: StudyCodebook
    sessions: Sequence[tuple[SessionStore, SessionCodings]]
    taken: Taken


def sorted_out(worker: Worker, new: Codebook, arriving: Sequence[Arriving]) -> SortedOut:
    """What a codebook and codings would change; nothing is stored."""
    from deidentification.api import Names

    names, before = Names(worker.table), worker.study.vault.codebook.get()
    given = texts_of(new)
    clean = {place: names.without(text) for place, text in given.items()}
    found = merged(before.codebook, _without_names(with_texts(new, clean), names), names.without)
    changes = [_changed(one, found) for one in arriving]
    known_as = {new_id: here for change in changes for new_id, here in change.known_as.items()}
    book = _with_memos_on(found.codebook, known_as)
    book = _without_idle(book, before.codebook, [coding for change in changes for coding in change.after.codings])
    same = book == before.codebook and not any(change.counts.new for change in changes)
    held = StudyCodebook(codebook=book, quoted=before.quoted, searched=before.searched, made=before.made)
    return SortedOut(
        book=before if same else _held_against_all(worker, held, before, names),
        sessions=[(one.store, change.after) for one, change in zip(arriving, changes, strict=True)],
        taken=Taken(
            codes=len(book.codes) - len(before.codebook.codes),
            coders=len(book.coders) - len(before.codebook.coders),
            memos=len(book.memos) - len(before.codebook.memos),
            codings=sum(change.counts.new for change in changes),
            known=sum(change.counts.known for change in changes),
            masked=sum(clean[place] != given[place] for place in given),
            changed=found.changed,
            left_alone=found.left_alone,
        ),
    )


def record(worker: Worker, new: Codebook, arriving: Sequence[Arriving]) -> SortedOut:
    """Take a codebook and codings in; given again, nothing is doubled. The caller holds the build lock.

    The codebook comes first, so that no coding is ever without its code; killed on the way, the same call goes on.

    Raises:
        UsageError: a session was told anew meanwhile; what of the others came in stays in, once.
    """
    found = sorted_out(worker, new, arriving)
    if found.book.made is not None:
        worker.study.vault.codebook.put(found.book)
    for store, codings in found.sessions:
        with worker.alone_with(store.opaque):
            turns = store.latest("attributed", Attributed)
            if turns is None or turns.digest() != codings.upon:
                raise UsageError("a session was told anew while it was coded", hint="Give the command again.")
            save_codings(store, codings)
    return found


def _without_names(new: Codebook, names: "Names") -> Codebook:
    """The codebook with nobody's name for a coder; who is called like somebody in the study has none."""
    coders = (
        coder if names.without(coder.name) == coder.name else coder.model_copy(update={"name": ""})
        for coder in new.coders
    )
    return new.model_copy(update={"coders": tuple(coders)})


def _held_against_all(worker: Worker, book: StudyCodebook, before: StudyCodebook, names: "Names") -> StudyCodebook:
    """The codebook with the quotations of the whole study in its texts; those in texts that are as before stay."""
    old, texts = texts_of(before.codebook), texts_of(book.codebook)
    stay = tuple(one for one in book.quoted if old.get((one.of, one.part)) == texts[one.of, one.part])
    stores = {}
    for store in worker.study.vault.sessions():
        turns = store.latest("attributed", Attributed) if store.exists() else None
        if turns is not None:
            stores[turns.digest()] = store
    fresh = book.model_copy(update={"quoted": stay, "searched": (), "made": str(uuid4())})
    return with_quotes(fresh, stores, names)


class Counts(NamedTuple):
    """How many codings of a session are new, and how many were known."""

    new: int
    known: int


class _Change(NamedTuple):
    """A session's codings with others taken in, and the id by which each of the others is known here."""

    after: SessionCodings
    counts: Counts
    known_as: dict[Guid, Guid]


def _changed(arriving: Arriving, found: Merged) -> _Change:
    renamed = [
        coding.model_copy(update={"code": found.codes[coding.code], "coder": found.coders[coding.coder]})
        for coding in arriving.codings
    ]
    here = codings_of(arriving.store, arriving.upon)
    meant = _meant(here.codings, renamed, arriving)
    after, counts = with_codings(here, meant)
    ids = {_key(coding): coding.coding for coding in after.codings}
    return _Change(after, counts, {was.coding: ids[_key(one)] for was, one in zip(renamed, meant, strict=True)})


def _meant(here: Sequence[Coding], new: Sequence[Coding], arriving: Arriving) -> list[Coding]:
    """The new codings, each that is a known one as it was shown, in part, or without its coder, as the known one."""
    on: dict[tuple[Guid, tuple[Place, ...]], list[Coding]] = defaultdict(list)
    under: dict[Guid, list[Coding]] = defaultdict(list)
    for coding in here:
        under[coding.code].append(coding)
        for places in {_in_order(coding.places), _in_order(as_it_comes_back(coding, arriving.shown))}:
            on[coding.code, places].append(coding)

    def known(one: Coding) -> Coding:
        same = on[one.code, _in_order(one.places)]
        if one.coding in arriving.parts:
            same = [*same, *(coding for coding in under[one.code] if _lies_in(one, coding))]
        signed = (coding for coding in same if coding.coder == one.coder or one.coding in arriving.unsigned)
        return next(signed, one)

    return [known(one) for one in new]


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


def with_codings(here: SessionCodings, new: Iterable[Coding]) -> tuple[SessionCodings, Counts]:
    """A session's codings with others taken in. Pure."""
    known = {_key(coding) for coding in here.codings}
    arriving = {_key(coding): coding for coding in new}
    ids = {coding.coding for coding in here.codings}
    fresh = [coding for key, coding in arriving.items() if key not in known]
    fresh = [_with_new_id(coding) if coding.coding in ids else coding for coding in fresh]
    after = here.model_copy(update={"codings": (*here.codings, *fresh)})
    return after, Counts(len(fresh), len(arriving) - len(fresh))


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
    return coding.code, coding.coder, _in_order(coding.places)


def _in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    """Places in an order of their own: one coding may name them in any."""
    return tuple(sorted(places, key=lambda place: (place.utterance, place.start_char, place.end_char)))
