"""A session's codings without what an erasure takes out of the words that they lie on. Pure functions."""

from collections.abc import Collection, Iterable, Iterator

from schemas.coding import Coding, Lost, Place, SessionCodings
from schemas.identifiers import Digest
from schemas.speech import Attributed, KeptTurn, KeptWords, Utterance
from vault.erasure import Carried, Carry
from vault.session_plan import ErasurePlan


def codings_after(
    plan: ErasurePlan,
    codings: SessionCodings,
    before: Attributed,
    after: Digest,
    kept: KeptWords | None,
    carry: Carry | None,
) -> SessionCodings:
    """The session's codings once the turns are those with the digest ``after``; they fit the turns before as well.

    Codings that lie on neither, which no writing of ours leaves behind, are lost: nobody knows which words they mean.
    """
    here = codings.on(before.digest())
    if here is None:
        lost = tuple(lost_of(one, whole=True) for one in (*codings.codings, *codings.held))
        return SessionCodings(upon=after, lost=(*codings.lost, *lost))
    left = without_in_codings(plan, here, before.utterances, kept, carry)
    return left.model_copy(update={"upon": after, "before": left if after != left.upon else None})


def without_in_codings(
    plan: ErasurePlan,
    codings: SessionCodings,
    turns: Iterable[Utterance],
    kept: KeptWords | None = None,
    carry: Carry | None = None,
) -> SessionCodings:
    """The codings on what stays: shortened where some of their words go, lost where all do; done twice, the same.

    Codings on words that stay de-identified are held on those words, until the session's turns have them again. Names
    that became ``█`` in others' words are as long as before, so codings on them stay where they are.

    Args:
        turns: The session's turns as they were before.
        kept: What stays of people's words, with those of this erasure.
        carry: None: such codings are lost.
    """
    if plan.voice_only:
        return codings
    there = {turn.utterance: turn for turn in turns}
    staying = {turn.utterance: as_turn(turn) for turn in (kept.turns if kept else ())}
    left: list[Coding] = []
    held = [one for coding in codings.held if (one := _on(coding, staying.keys()))]
    lost = [*codings.lost, *(lost_of(one, whole=True) for one in codings.held if not _on(one, staying.keys()))]
    for coding in codings.codings:
        here = tuple(piece for place in coding.places for piece in _left(plan, place, there))
        moved, whole = _moved(plan, coding, there, staying if plan.keep else {}, carry)
        if here:
            left.append(coding.model_copy(update={"places": here}))
        if moved:
            held.append(coding.model_copy(update={"places": moved}))
        if not whole or here != tuple(place for place in coding.places if place.utterance not in plan.utterances):
            lost.append(lost_of(coding, whole=not here and not moved))
    return codings.model_copy(update={"codings": tuple(left), "held": tuple(held), "lost": tuple(lost)})


def lost_of(coding: Coding, *, whole: bool) -> Lost:
    """What is kept of a coding of which words are gone."""
    return Lost(coding=coding.coding, code=coding.code, coder=coding.coder, whole=whole)


def as_turn(kept: KeptTurn) -> Utterance:
    """A turn that stays de-identified, as a turn of nobody in particular."""
    return Utterance(
        utterance=kept.utterance,
        voice=0,
        start_s=kept.start_s,
        end_s=kept.end_s,
        words=kept.words,
        language=kept.language,
        timed=kept.timed,
    )


def _moved(
    plan: ErasurePlan, coding: Coding, there: dict[str, Utterance], staying: dict[str, Utterance], carry: Carry | None
) -> Carried:
    """The coding's places in turns that go, on the words that stay of them de-identified."""
    moved: list[Place] = []
    whole = True
    for place in coding.places:
        if place.utterance in plan.utterances:
            stays = staying.get(place.utterance)
            now, all_there = carry(there[place.utterance], stays, (place,)) if stays and carry else ((), False)
            moved += now
            whole = whole and all_there
    return tuple(moved), whole


def _on(coding: Coding, turns: Collection[str]) -> Coding | None:
    places = tuple(place for place in coding.places if place.utterance in turns)
    return coding.model_copy(update={"places": places}) if places else None


def _left(plan: ErasurePlan, place: Place, turns: dict[str, Utterance]) -> Iterator[Place]:
    """What stays of a place once the words that go are taken out of it; without the spaces beside them."""
    if place.utterance in plan.utterances:
        return
    cuts = sorted((cut.start_char, cut.end_char) for cut in plan.cut if cut.utterance == place.utterance)
    if not any(first < place.end_char and place.start_char < last for first, last in cuts):
        yield place
        return
    text, start = turns[place.utterance].text, place.start_char
    for first, last in [*cuts, (place.end_char, place.end_char)]:
        piece = text[start : max(start, min(first, place.end_char))]
        begin = start + len(piece) - len(piece.lstrip())
        if piece.strip():
            yield place.model_copy(update={"start_char": begin, "end_char": begin + len(piece.strip())})
        start = max(start, last)
