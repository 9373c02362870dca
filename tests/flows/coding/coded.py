"""Codings put on a made-up study's words, and where they are found again."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from consent.register import to_ledger_event
from flows.coding.anchored import codings_of
from flows.coding.recording import Arriving, Taken, record
from flows.settings import utc_now
from flows.study import Study
from flows.worker import Worker
from schemas.coding import Code, Codebook, Coder, Coding, Memo, Place
from schemas.consent import ConsentEvent, ConsentKind, Level, Reach
from schemas.speech import Attributed
from tests.flows.cascade import QUIET
from tests.flows.conftest import open_as
from vault.sessions import SessionStore
from warehouse.opened import opened

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
RA, PI = "ra", "pi"


def guid(name: str) -> str:
    """The same made-up id for the same name."""
    return str(UUID(bytes=name.encode().ljust(16, b".")[:16], version=4))


class Said(NamedTuple):
    """Words of a session under a code."""

    session: str
    words: str
    code: str = "Ferry"
    coder: str = RA


def book(*codes: str, memos: Sequence[Memo] = (), coders: Sequence[str] = (RA, PI)) -> Codebook:
    """A codebook; ``Parent/Child`` stands under its parent."""
    made = []
    for code in codes:
        *above, name = code.split("/")
        made.append(Code(code=guid(code), name=name, parent=guid("/".join(above)) if above else None))
    people = tuple(Coder(coder=guid(name), name=name) for name in coders)
    return Codebook(codes=tuple(made), coders=people, memos=tuple(memos))


def again(study: Study) -> Study:
    """The study as the next command opens it."""
    return open_as(study.folder, "pi")


def change(study: Study, participant: str, level: Level) -> None:
    """Record another level for what somebody said anywhere."""
    event = ConsentEvent.model_validate(
        {"participant": participant, "event": ConsentKind.CHANGE, "at": utc_now(), "reach": Reach(), "applies": "all",
         "choices": [{"dimension": "level", "value": level}], "recorded_by": "pi"}
    )  # fmt: skip
    study.record(to_ledger_event(event))


def memo(text: str, about: str = "study", on: str = "") -> Memo:
    return Memo(memo=guid(f"m{about}{on[:4]}"), title="Note", text=text, about=about, on=on, coder=guid(RA), at=AT)


def code(study: Study, *said: Said, codebook: Codebook | None = None) -> Taken:
    """Put codes on words as they stand in the vault."""
    worker = Worker(study, QUIET)
    sessions = list(dict.fromkeys(one.session for one in said))
    arriving = [_arriving(study, session, [one for one in said if one.session == session]) for session in sessions]
    given = codebook or book(*dict.fromkeys(one.code for one in said))
    return record(worker, given, arriving).taken


def coded(study: Study, session: str) -> list[tuple[str, str]]:
    """Name of the code and the words that it is on, in the vault; the words of several places with `` | ``."""
    store = study.vault.session(session)
    turns = _turns(store)
    names = {one.code: one.name for one in study.vault.codebook.get().codebook.codes}
    texts = {turn.utterance: turn.text for turn in turns.utterances}
    return [
        (names[one.code], " | ".join(texts[p.utterance][p.start_char : p.end_char] for p in one.places))
        for one in codings_of(store, turns.digest()).codings
    ]


def lost(study: Study, session: str) -> list[bool]:
    """Of each coding of which words are gone, whether all of them are."""
    store = study.vault.session(session)
    return [one.whole for one in codings_of(store, _turns(store).digest()).lost]


def in_data_set(study: Study, session: str) -> list[tuple[str, str]]:
    """The same as the data set for analysis has it, each stretch by itself."""
    with opened(study.research) as connection:
        return connection.execute(
            "SELECT c.name, substring(u.text, start_char + 1, end_char - start_char) FROM codings"
            " JOIN codes c USING (code_id) JOIN utterances u USING (utterance_id) WHERE session_id = ?"
            " ORDER BY u.start_s, start_char, c.name",
            [session],
        ).fetchall()


def texts(study: Study, query: str) -> list[str]:
    """The first column of a query on the data set for analysis."""
    with opened(study.research) as connection:
        return [row[0] for row in connection.execute(query).fetchall()]


def _turns(store: SessionStore) -> Attributed:
    turns = store.latest("attributed", Attributed)
    assert turns is not None
    return turns


def _arriving(study: Study, session: str, said: Iterable[Said]) -> Arriving:
    store = study.vault.session(session)
    turns = _turns(store)
    codings = [
        Coding(
            coding=guid(f"{one.coder}{number}{one.words}"),
            code=guid(one.code),
            coder=guid(one.coder),
            places=_places(turns, one.words),
            at=AT,
        )
        for number, one in enumerate(said)
    ]
    return Arriving(store, turns.digest(), codings)


def _places(turns: Attributed, words: str) -> tuple[Place, ...]:
    return tuple(_place(turns, part) for part in words.split(" | "))


def _place(turns: Attributed, words: str) -> Place:
    for turn in turns.utterances:
        at = turn.text.find(words)
        if at >= 0:
            return Place(utterance=turn.utterance, start_char=at, end_char=at + len(words))
    raise AssertionError(words)
