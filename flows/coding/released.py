"""The coding of a study as one data set shows it: on shown words only, in texts without anybody's name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from flows.coding.anchored import codings_of
from flows.coding.quoting import hidden_in, nameless, with_quotes
from flows.worker import Ready, Worker
from schemas.coding import (
    Codebook,
    Coding,
    Place,
    Quoted,
    ReleasedCoding,
    ReleasedCodings,
    ReleasedStretch,
    StudyCodebook,
    texts_of,
    with_texts,
)
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.identifiers import SessionId, UtteranceId

if TYPE_CHECKING:
    from deidentification.api import Names

Shown = Mapping[tuple[SessionId, UtteranceId], Sequence[DeidentifiedUtterance]]
"""Session and turn to what is shown of it."""


def released_codings(worker: Worker, ready: Sequence[Ready], shown: Sequence[RedactedSession]) -> ReleasedCodings:
    """The codebook, and every coding as far as its words are shown.

    Args:
        shown: The words of ``ready`` as they stand in the data set.
    """
    from deidentification.api import Names

    store = worker.study.vault.codebook
    book, names = store.get(), Names(worker.table)
    if book.made is None:
        return ReleasedCodings()
    held = with_quotes(book, {one.stage.attributed: one.state.store for one in ready}, names)
    if held != book:  # of words that were not there when the texts came in
        store.put(held)
    pieces = _pieces(shown)
    return ReleasedCodings(codebook=shown_codebook(held, pieces, names), codings=tuple(_codings(ready, pieces)))


def shown_codings(ready: Sequence[Ready], shown: Sequence[RedactedSession]) -> Iterator[ReleasedCoding]:
    """Every coding as far as its words are shown; arguments as in ``released_codings``."""
    return _codings(ready, _pieces(shown))


def shown_codebook(book: StudyCodebook, shown: Shown, names: "Names") -> Codebook:
    """The codebook without words that are not shown, and without names of anybody in the study. Pure."""
    from deidentification.api import says, withheld

    def is_shown(quote: Quoted, text: str) -> bool:
        words = text[quote.start_char : quote.end_char]
        said = (piece.text for piece in shown.get((quote.session, quote.utterance), ()))
        return any(says(one, words) or says(names.without(one), words) for one in said)

    hidden = hidden_in(book, is_shown)
    texts = {
        place: names.without(withheld(text, hidden.get(place, ()))) for place, text in texts_of(book.codebook).items()
    }
    return with_texts(book.codebook, texts).model_copy(update={"coders": nameless(book.codebook.coders, names)})


def as_it_comes_back(coding: Coding, shown: Mapping[UtteranceId, Sequence[DeidentifiedUtterance]]) -> tuple[Place, ...]:
    """The places of a coding as a data set that shows these pieces of its session gives them back."""
    from deidentification.api import to_released, to_source

    return tuple(
        Place(utterance=place.utterance, start_char=source[0], end_char=source[1])
        for place in coding.places
        for piece in shown.get(place.utterance, ())
        if (out := to_released(piece.spans, place.start_char, place.end_char))
        and out[0] < out[1]
        and (source := to_source(piece.spans, *out))
    )


def _codings(ready: Sequence[Ready], pieces: Shown) -> Iterator[ReleasedCoding]:
    for one in ready:
        for coding in codings_of(one.state.store, one.stage.attributed).codings:
            if released := _released(coding, one.state.intake.session.session, pieces):
                yield released


def _pieces(shown: Iterable[RedactedSession]) -> Shown:
    found: dict[tuple[SessionId, UtteranceId], list[DeidentifiedUtterance]] = defaultdict(list)
    for session in shown:
        for piece in session.utterances:
            if isinstance(piece, DeidentifiedUtterance):
                found[session.session, piece.utterance].append(piece)
    return found


def _released(coding: Coding, session: SessionId, shown: Shown) -> ReleasedCoding | None:
    """The coding on what is shown of its words; None: nothing is."""
    from deidentification.api import to_released

    stretches = []
    for place in coding.places:
        for piece in shown.get((session, place.utterance), ()):
            stretch = to_released(piece.spans, place.start_char, place.end_char)
            if stretch is not None and stretch[0] < stretch[1]:
                stretches.append(_stretch(session, piece, *stretch))
    if not stretches:
        return None
    return ReleasedCoding(
        coding=coding.coding, code=coding.code, coder=coding.coder, stretches=tuple(stretches), at=coding.at
    )


def _stretch(session: SessionId, piece: DeidentifiedUtterance, start: int, end: int) -> ReleasedStretch:
    return ReleasedStretch(
        session=session, utterance=piece.utterance, piece=piece.piece, start_char=start, end_char=end
    )
