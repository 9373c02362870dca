"""Where the codings of a session lie: always on the turns as they are told now, or reported as lost."""

from collections.abc import Iterable

from schemas.coding import Coding, Lost, Place, SessionCodings
from schemas.errors import CheckFailed
from schemas.identifiers import Digest
from schemas.speech import Attributed, KeptWords, Utterance
from vault.erasure import Carried
from vault.session_codings import as_turn, lost_of
from vault.session_erasure import CODINGS
from vault.sessions import SessionStore


def codings_of(store: SessionStore, upon: Digest) -> SessionCodings:
    """The codings of a session on its turns.

    Args:
        upon: Digest of the turns as they are.
    Raises:
        CheckFailed: they lie on turns that are not there any more.
    """
    stored = store.latest(CODINGS, SessionCodings)
    found = stored.on(upon) if stored is not None else SessionCodings(upon=upon)
    if found is None:
        raise CheckFailed(
            "the codings of a session do not fit its words", hint="Nothing was shown of them. Report it as a defect."
        )
    return found


def codings_standing(store: SessionStore) -> SessionCodings | None:
    """The codings of a session on its turns as they are told now; None: it has none yet, or is gone."""
    turns = store.latest("attributed", Attributed) if store.exists() else None
    return codings_of(store, turns.digest()) if turns is not None else None


def save_codings(store: SessionStore, codings: SessionCodings) -> None:
    """Store the codings of a session in place of those before."""
    store.put_stage(CODINGS, "", codings)


def put_turns(store: SessionStore, key: str, turns: Attributed, kept: KeptWords | None) -> None:
    """Store a session's turns as they are told now; its codings are carried over to them.

    Args:
        key: What the turns depend on.
        kept: Words of people who withdrew that stay de-identified.
    """
    before = store.latest("attributed", Attributed)
    if before is not None:
        _carry(store, before, turns, kept)
    store.put_stage("attributed", key, turns)


def _carry(store: SessionStore, before: Attributed, after: Attributed, kept: KeptWords | None) -> None:
    """Carry the codings over; until the turns are stored they fit those before as well, in case of a crash."""
    stored = store.latest(CODINGS, SessionCodings)
    if stored is None:
        return
    upon, now = before.digest(), after.digest()
    here = stored.on(upon) or codings_of(store, now)
    if here.upon != now or here.held:
        carried = carried_over(here, before, after, kept)
        save_codings(store, carried.model_copy(update={"upon": now, "before": here if now != here.upon else None}))


def carried_over(
    codings: SessionCodings, before: Attributed, after: Attributed, kept: KeptWords | None
) -> SessionCodings:
    """Codings on the same words of other turns: shortened, or lost, where some or all of these are not there. Pure."""
    from transcription.reanchoring import Carrier

    carrier = Carrier(before.utterances, after.utterances)
    numbers = _numbers(kept, after)
    found: dict[str, Coding] = {}
    lost: list[Lost] = []
    for coding in codings.codings:
        carried = carrier.carry(coding.places)
        if carried.places:
            found[coding.coding] = coding.model_copy(update={"places": carried.places})
        if not carried.whole:
            lost.append(lost_of(coding, whole=not carried.places))
    for coding in codings.held:
        places = tuple(_renumbered(coding.places, numbers))
        if places:
            beside = found[coding.coding].places if coding.coding in found else ()
            found[coding.coding] = coding.model_copy(update={"places": (*beside, *places)})
        if len(places) < len(coding.places):
            lost.append(lost_of(coding, whole=not places))
    return SessionCodings(upon=codings.upon, codings=tuple(found.values()), lost=(*codings.lost, *lost))


def carry_kept(turn: Utterance, kept: Utterance, places: tuple[Place, ...]) -> Carried:
    """Where places in a turn are in the words that stay of it de-identified; and whether all of their words are."""
    from transcription.reanchoring import Carrier

    carried = Carrier([turn], [kept]).carry(places)
    return carried.places, carried.whole


def _numbers(kept: KeptWords | None, turns: Attributed) -> dict[str, str]:
    """Number of a turn that stays de-identified to its number among ``turns``."""
    known = {(turn.start_s, turn.end_s, turn.text): turn.utterance for turn in reversed(turns.utterances)}
    wanted = {one.utterance: as_turn(one) for one in (kept.turns if kept else ())}
    same = {turn.utterance: turn.text for turn in turns.utterances}
    return {
        number: number if same.get(number) == turn.text else known[turn.start_s, turn.end_s, turn.text]
        for number, turn in wanted.items()
        if same.get(number) == turn.text or (turn.start_s, turn.end_s, turn.text) in known
    }


def _renumbered(places: Iterable[Place], numbers: dict[str, str]) -> Iterable[Place]:
    for place in places:
        if place.utterance in numbers:
            yield place.model_copy(update={"utterance": numbers[place.utterance]})
