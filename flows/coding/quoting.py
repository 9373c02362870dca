"""Words of participants in what coders write: found, shown only where they are shown, destroyed with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from flows.kept import kept_in
from flows.study import Study
from schemas.coding import Coder, Quoted, StudyCodebook, TextPlace, texts_of, with_texts
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.identifiers import Digest
from schemas.speech import Attributed
from vault.names_known import BLOCK, blocked
from vault.session_codings import as_turn
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from deidentification.api import Names, Quote, Told

Span = tuple[int, int]


def with_quotes(book: StudyCodebook, stores: Mapping[Digest, SessionStore], names: "Names") -> StudyCodebook:
    """The codebook with every quotation of the sessions that it was not held against yet.

    Args:
        stores: The sessions, each under the digest of its turns.
    """
    new = [store for digest, store in stores.items() if digest not in book.searched]
    if not new:
        return book
    found = quotes_in(texts_of(book.codebook), new, names)
    searched = tuple(sorted({*stores, *book.searched}))
    return book.model_copy(update={"quoted": tuple(dict.fromkeys((*book.quoted, *found))), "searched": searched})


def quotes_in(texts: Mapping[TextPlace, str], stores: Iterable[SessionStore], names: "Names") -> list[Quoted]:
    """What of the turns of some sessions stands in texts: as it was said, without names, or as a data set shows it."""
    from deidentification.api import find_quotes, some_words_in

    likely = some_words_in(texts.values())
    return [
        _as_quoted(quote)
        for store in stores
        for quote in find_quotes(texts, _told(store, likely, names) if any(texts.values()) else ())
    ]


def _told(store: SessionStore, likely: Callable[[str], bool], names: "Names") -> Iterator["Told"]:
    from deidentification.api import Told

    turns = store.latest("attributed", Attributed)
    near = [turn for turn in (turns.utterances if turns else ()) if likely(turn.text)]
    shown = _shown(store) if near else {}
    session = store.intake().session.session
    for turn in near:
        ways = [turn.text, *shown.get(turn.utterance, ())]
        yield Told(session, turn.utterance, tuple(dict.fromkeys([*ways, *map(names.without, ways)])))


def _shown(store: SessionStore) -> dict[str, list[str]]:
    """Number of a turn to its words as any data set shows them."""
    found: dict[str, list[str]] = {}
    for stage in store.stages():
        redacted = store.latest(stage, RedactedSession) if stage.startswith("redacted-") else None
        for piece in redacted.utterances if redacted else ():
            if isinstance(piece, DeidentifiedUtterance):
                found.setdefault(piece.utterance, []).append(piece.text)
    return found


def _as_quoted(quote: "Quote[TextPlace]") -> Quoted:
    of, part = quote.place
    return Quoted(
        of=of,
        part=part,
        start_char=quote.start_char,
        end_char=quote.end_char,
        session=quote.said.session,
        utterance=quote.said.utterance,
    )


# ---------------------------------------------------------------- when somebody is erased


def cleaner(study: Study) -> Callable[[StudyCodebook], StudyCodebook]:
    """Takes out of the codebook, for good, every name in the roster, and quotations that are said no longer."""

    def clean(book: StudyCodebook) -> StudyCodebook:
        from deidentification.api import Names

        names = Names(study.table())
        texts = texts_of(book.codebook)
        gone: dict[TextPlace, list[Span]] = {}
        left: list[Quoted] = []
        for quote in book.quoted:
            spans = list(_said_no_longer(quote, texts[quote.of, quote.part], study, names))
            gone.setdefault((quote.of, quote.part), []).extend(spans)
            left += [] if spans else [quote]
        others = {place: _spans_of(left, place) for place in gone}
        # What somebody else says as well stays; names go after it, because they change the places.
        texts |= {place: blocked(texts[place], _beyond(spans, others[place])) for place, spans in gone.items()}
        cleaned = {place: names.without(text) for place, text in texts.items()}
        kept = tuple(quote for quote in left if cleaned[quote.of, quote.part] == texts[quote.of, quote.part])
        moved = quotes_anew(left, kept, cleaned, study, names)
        inside = with_texts(book.codebook, cleaned)
        inside = inside.model_copy(update={"coders": nameless(inside.coders, names)})
        return book.model_copy(update={"codebook": inside, "quoted": (*kept, *moved)})

    return clean


def quotes_anew(
    left: Sequence[Quoted], kept: Sequence[Quoted], texts: Mapping[TextPlace, str], study: Study, names: "Names"
) -> list[Quoted]:
    """The quotations in texts of which a name was taken out just now, in their new places."""
    moved = set(left) - set(kept)
    changed = {(quote.of, quote.part): texts[quote.of, quote.part] for quote in moved}
    stores = [study.vault.session(session) for session in sorted({quote.session for quote in moved})]
    return quotes_in(changed, stores, names)


def _said_no_longer(quote: Quoted, text: str, study: Study, names: "Names") -> Iterator[Span]:
    """The places of a quotation of which the turn has lost words, as far as these stand in it no more."""
    from deidentification.api import Told, find_quotes

    store = study.vault.session(quote.session)
    turns = store.latest("attributed", Attributed) if store.exists() else None
    turn = next((one for one in (turns.utterances if turns else ()) if one.utterance == quote.utterance), None)
    if turn is not None and turn.words and BLOCK not in turn.text:
        return
    kept = kept_in(store) if turn is not None else None
    ways = [turn.text] if turn is not None else []
    ways += [as_turn(one).text for one in (kept.turns if kept else ()) if one.utterance == quote.utterance]
    told = Told(quote.session, quote.utterance, tuple(dict.fromkeys([*ways, *map(names.without, ways)])))
    words = text[quote.start_char : quote.end_char]
    still = [(one.start_char, one.end_char) for one in find_quotes({"": words}, [told])]
    for start, end in _beyond([(0, len(words))], still):
        yield start + quote.start_char, end + quote.start_char


def nameless(coders: Iterable[Coder], names: "Names") -> tuple[Coder, ...]:
    """The coders, those who are called like somebody in the study by a number."""
    return tuple(
        coder if names.without(coder.name) == coder.name else coder.model_copy(update={"name": f"Coder {number}"})
        for number, coder in enumerate(coders, start=1)
    )


# ---------------------------------------------------------------- places


def hidden_in(book: StudyCodebook, is_shown: Callable[[Quoted, str], bool]) -> dict[TextPlace, list[Span]]:
    """Where each text quotes words that are not shown, anywhere where they are said.

    Args:
        is_shown: Of a quotation and its text, whether a data set shows its words where they are said.
    """
    texts = texts_of(book.codebook)
    shown: dict[TextPlace, list[Span]] = {}
    not_shown: dict[TextPlace, list[Span]] = {}
    for quote in book.quoted:
        place = (quote.of, quote.part)
        into = shown if is_shown(quote, texts[place]) else not_shown
        into.setdefault(place, []).append((quote.start_char, quote.end_char))
    return {place: _beyond(spans, shown.get(place, ())) for place, spans in not_shown.items()}


def _spans_of(quotes: Iterable[Quoted], place: TextPlace) -> list[Span]:
    return [(one.start_char, one.end_char) for one in quotes if (one.of, one.part) == place]


def _beyond(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The parts of ``spans`` that lie in none of ``others``."""
    left = list(spans)
    for first, last in others:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, first)), (max(start, last), end))
            if piece[0] < piece[1]
        ]
    return left
