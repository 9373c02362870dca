"""The coding of a study as one data set shows it: on shown words only, in texts without anybody's name."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from flows.coding.anchored import codings_of
from flows.worker import Ready, Worker
from schemas.coding import (
    Codebook,
    Coder,
    Coding,
    Quoted,
    ReleasedCoding,
    ReleasedCodings,
    ReleasedStretch,
    StudyCodebook,
    TextPlace,
    texts_of,
    with_texts,
)
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.identifiers import SessionId, UtteranceId
from schemas.roster import MatchingTable

Shown = Mapping[tuple[SessionId, UtteranceId], Sequence[DeidentifiedUtterance]]
"""Session and turn to what is shown of it."""


def released_codings(worker: Worker, ready: Sequence[Ready], shown: Sequence[RedactedSession]) -> ReleasedCodings:
    """The codebook, and every coding as far as its words are shown.

    Args:
        shown: The words of ``ready`` as they stand in the data set.
    """
    book = worker.study.vault.codebook.get()
    if book.made is None:
        return ReleasedCodings()
    pieces = _pieces(shown)
    codings = [
        released
        for one in ready
        for coding in codings_of(one.state.store, one.stage.attributed).codings
        if (released := _released(coding, one.state.intake.session.session, pieces))
    ]
    return ReleasedCodings(codebook=shown_codebook(book, pieces, worker.table), codings=tuple(codings))


def shown_codebook(book: StudyCodebook, shown: Shown, table: MatchingTable) -> Codebook:
    """The codebook without words that are not shown, and without names of anybody in the study. Pure."""
    from deidentification.api import Names, withheld

    names, texts = Names(table), texts_of(book.codebook)
    hidden: dict[TextPlace, list[tuple[int, int]]] = defaultdict(list)
    for quote in book.quoted:
        if not _is_shown(quote, texts[quote.of, quote.part], shown):
            hidden[quote.of, quote.part].append((quote.start_char, quote.end_char))
    texts = {place: names.without(withheld(text, hidden.get(place, ()))) for place, text in texts.items()}
    coders = (_coder(coder, number, names.without(coder.name)) for number, coder in enumerate(book.codebook.coders, 1))
    return with_texts(book.codebook, texts).model_copy(update={"coders": tuple(coders)})


def _coder(coder: Coder, number: int, name: str) -> Coder:
    return coder if name == coder.name else coder.model_copy(update={"name": f"Coder {number}"})


def _is_shown(quote: Quoted, text: str, shown: Shown) -> bool:
    """Whether the words that a text quotes stand in the data set, where they were said."""
    from deidentification.api import says

    words = text[quote.start_char : quote.end_char]
    return any(says(piece.text, words) for piece in shown.get((quote.session, quote.utterance), ()))


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
