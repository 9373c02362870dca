"""Erases one participant from one session: recordings, words, mentions, hot words, derived results, human work.

In order: what will go is written down, sealed; the session's next key is laid; everything is rewritten without the
person, then everything else sealed again; what was done is written down; the old key is destroyed. Killed between any
two writes, the same call goes on from there and says the same.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.coding import SessionCodings
from schemas.deidentified import NamesFound
from schemas.errors import CheckFailed
from schemas.recording import Intake
from schemas.speech import Attributed, KeptWords, Transcript
from vault.erasure import Erased, Intervals, Scope
from vault.files import digest_files, remove, sweep
from vault.outcomes import Outcome, erasure_tag, read_outcome, write_outcome
from vault.records import read_body, read_record, write_body, write_record
from vault.session_codings import codings_after
from vault.session_plan import (
    ErasurePlan,
    Span,
    own_recording_goes,
    plan_erasure,
    silent_at,
    tracks_of_others,
)
from vault.session_scrub import (
    without_in_attributed,
    without_in_intake,
    without_in_json,
    without_in_kept,
    without_in_names,
    without_in_transcript,
)
from vault.study_files import seal_again

if TYPE_CHECKING:
    from vault.sessions import SessionStore

KEPT = "kept"
"""The stage that holds what stays, de-identified, of people whose words and identity are destroyed."""
CODINGS = "codings"
"""The stage that holds what coders put on the words, in places of the turns."""
_STAY = ("transcript", "attributed", "names", KEPT, CODINGS)
"""Results that stay, without the person; all others are derived from them, and go."""
_EMPTY = Attributed(voices=(), utterances=())
_NOTES = ("erasing", "erased")
"""Files that an erasure keeps while it is under way."""


@dataclass(frozen=True)
class _Fate:
    """What an erasure does to one recording."""

    track: str
    removed: bool
    silent: Intervals
    whole: bool
    """Of several voices, and none of them can be told apart."""


def erase_from_session(store: "SessionStore", participant: str | None, scope: Scope) -> Erased:
    """Do the per-store job of an erasure.

    Own recordings are removed; mixes are silent where the person speaks and every recording where they are named; their
    turns are empty; their name in others' words is as many ``█``; derived results go. Of a part of a session only what
    lies in it, and nothing is removed: their words are ``█`` and their own recording silent there. Of the voice alone,
    only sound. The caller holds the session's lock.

    What an interrupted intake left is discarded. Nobody knows whose it is, so it counts as nothing of theirs.

    Args:
        store: The session.
        participant: None: the voices that are nobody's.
        scope: How far it reaches; a session that it does not cover is left alone.
    Raises:
        CheckFailed: The session was never run, so that nobody knows which words are the person's.
    """
    covered, within = _covered(store, scope)
    if not covered or (within is not None and not store.exists()):
        return _nothing(store)
    return _erase(store, participant, scope, within) if store.exists() else _discard(store)


def forget_outcome(store: "SessionStore", participant: str | None, scope: Scope) -> None:
    """Remove what was remembered of an erasure that is done."""
    path = store.private_path("erased", erasure_tag(participant, scope))
    if path.is_file():
        remove(path)


def _covered(store: "SessionStore", scope: Scope) -> tuple[bool, tuple[Span, ...] | None]:
    """Whether ``scope`` covers the session, and which seconds of it; None: all."""
    if scope.sessions is None or store.is_one_of(scope.sessions):
        return True, None
    parts = [part for part in scope.parts if store.is_one_of([part.session])]
    return bool(parts), tuple(sorted((part.start_s, part.end_s) for part in parts))


def _discard(store: "SessionStore") -> Erased:
    store.discard()
    return _nothing(store)


def _erase(store: "SessionStore", participant: str | None, scope: Scope, within: tuple[Span, ...] | None) -> Erased:
    sweep(store.folder)
    tag = erasure_tag(participant, scope)
    path, noted = store.private_path("erasing", tag), store.private_path("erased", tag)
    said = read_outcome(noted, store.identities())
    renewing = store.keystore.renewing(store.opaque)
    if said is not None and not path.is_file() and (renewing or said.erased.after == _digest(store)):
        _renew(store)
        return said.erased
    plan = _plan(store, path, participant, scope, within)
    if plan is None or plan.said is None:
        return _nothing(store)
    if participant is not None and plan.keep and not plan.kept:
        _keep(store, plan, participant)
        _write_plan(store, path, plan.model_copy(update={"kept": True}))
    store.keystore.begin_renewal(store.opaque)
    _scrub(store, plan)
    left = _new_plan(store, participant, scope, within)
    if left.utterances or left.cut or left.mentions:  # the session was laid out anew after a killed run planned this
        _scrub(store, left)
    seal_again(store.files(), store.keystore, store.opaque)
    erased = plan.said.model_copy(update={"after": _digest(store)})
    write_outcome(noted, Outcome(erased=erased), store.keystore.recipient(store.opaque))
    remove(path)
    _renew(store)
    return erased


def _renew(store: "SessionStore") -> None:
    """End the renewal of the session's key, if one is under way."""
    # Once more, for what another process began to write before it.
    seal_again(store.files(), store.keystore, store.opaque)
    store.keystore.finish_renewal(store.opaque)


def _nothing(store: "SessionStore") -> Erased:
    lying = _digest(store)
    return Erased(store=store.name, items=0, before=lying, after=lying)


def _digest(store: "SessionStore") -> str:
    return digest_files([path for path in store.files() if path.name.split(".")[0] not in _NOTES])


def _plan(
    store: "SessionStore", path: Path, participant: str | None, scope: Scope, within: tuple[Span, ...] | None
) -> ErasurePlan | None:
    """The plan that an earlier, killed run kept, else a new one; None where there is nothing to do."""
    if path.is_file():
        return read_record(path, _plan_head(store), ErasurePlan, store.identities())
    plan = _new_plan(store, participant, scope, within)
    items = _items(store, plan)
    if not items:
        return None
    before = _digest(store)
    said = Erased(
        store=store.name,
        items=items,
        before=before,
        after=before,
        whole_recordings=sum(fate.whole for fate in _fates(store, plan)),
        others_scrubbed=len({mention.utterance for mention in plan.mentions}),
        keys=(store.keystore.present_id(store.opaque),),
    )
    if plan.keep and store.keep is None:
        raise CheckFailed(
            "words were to be kept de-identified, and nothing here can do that", hint="Nothing was removed."
        )
    plan = plan.model_copy(update={"said": said})
    _write_plan(store, path, plan)
    return plan


def _write_plan(store: "SessionStore", path: Path, plan: ErasurePlan) -> None:
    write_record(path, _plan_head(store), plan, store.keystore.recipient(store.opaque))


def _plan_head(store: "SessionStore") -> dict[str, str]:
    return {"session": store.opaque, "what": "erasing"}


def _new_plan(
    store: "SessionStore", participant: str | None, scope: Scope, within: tuple[Span, ...] | None
) -> ErasurePlan:
    intake = store.intake()
    names = store.latest("names", NamesFound)
    if names is not None and not scope.voice_only and not store.names_fit():
        raise CheckFailed(
            f"session {intake.session.session}: its last run did not reach the names in its words",
            hint="Run it again with chatham run; then go on.",
        )
    known = store.known(participant) if participant is not None else ()
    keep = scope.keep and not scope.voice_only
    turns = _attributed(store, intake)
    return plan_erasure(participant, known, intake, turns, names, within=within, voice_only=scope.voice_only, keep=keep)


def _attributed(store: "SessionStore", intake: Intake) -> Attributed:
    attributed = store.latest("attributed", Attributed)
    if attributed is None and (intake.tracks or intake.cues):
        raise CheckFailed(
            f"session {intake.session.session} was never run, so nobody knows which words in it are whose",
            hint="Run it with chatham run, or remove the session; then go on.",
        )
    return attributed or _EMPTY


def _keep(store: "SessionStore", plan: ErasurePlan, participant: str) -> None:
    """Store what stays of the person's words, beside what was kept before; of one turn, the newer."""
    new = store.keep(store, participant).turns if store.keep is not None else ()
    if plan.within is not None:  # a turn of which only some words go is not kept: what stays of it stands as it was
        new = tuple(turn for turn in new if turn.utterance in plan.utterances)
    if not new:
        return
    earlier = store.latest(KEPT, KeptWords) or KeptWords()
    turns = {(turn.participant, turn.utterance): turn for turn in (*earlier.turns, *new)}
    in_order = sorted(turns.values(), key=lambda turn: (turn.start_s, turn.end_s, turn.utterance))
    store.put_stage(KEPT, "", KeptWords(turns=tuple(in_order)))


def _items(store: "SessionStore", plan: ErasurePlan) -> int:
    """How many things the plan removes, blanks or replaces."""
    fates, intake = _fates(store, plan), store.intake()
    kept = store.latest(KEPT, KeptWords) or KeptWords()
    turns = 0 if plan.voice_only else len({*plan.utterances, *(one.utterance for one in plan.cut)})
    return (
        len(fates)
        + turns
        + len(plan.mentions)
        + (without_in_intake(plan, intake, _staying(store, fates)) != intake)
        + sum(1 for _ in _changed_entries(store, plan))
        + len(set(kept.turns) - set(without_in_kept(plan, kept).turns))
    )


def _fates(store: "SessionStore", plan: ErasurePlan) -> list[_Fate]:
    """The recordings that the plan touches."""
    intake = store.intake()
    listed = {track.track for track in intake.tracks}
    others = tracks_of_others(plan.participant, intake, _attributed(store, intake))
    fates = []
    for track in store.audio_tracks():
        mix = track not in others and track not in plan.tracks
        unlisted = track not in listed
        silent = silent_at(plan, track, others)
        blind = mix and plan.untimed
        gone = own_recording_goes(plan, track) or unlisted or (blind and plan.whole)
        gone = gone or bool(silent and store.silence is None)
        if gone or silent:
            fates.append(_Fate(track, gone, silent, mix and not unlisted and (gone or blind)))
    return fates


def _staying(store: "SessionStore", fates: list[_Fate]) -> set[str]:
    return set(store.audio_tracks()) - {fate.track for fate in fates if fate.removed}


def _scrub(store: "SessionStore", plan: ErasurePlan) -> None:
    """Recordings first, then words; each step may be done again."""
    intake = store.intake()
    attributed = _attributed(store, intake)
    others = tracks_of_others(plan.participant, intake, attributed)
    for fate in _fates(store, plan):
        _change_recording(store, fate)
    cleaned = without_in_intake(plan, intake, set(store.audio_tracks()))
    if not plan.voice_only:
        _scrub_words(store, plan, attributed, others)
        for path, head, body in _changed_entries(store, plan):
            _rewrite_entry(store, path, head, body)
    if cleaned != intake:
        store.save_intake(cleaned)


def _change_recording(store: "SessionStore", fate: _Fate) -> None:
    if fate.removed or store.silence is None:
        store.remove_audio(fate.track)
        return
    # The source is closed before the new file takes its place, which Windows asks for.
    with store.add_audio(fate.track) as sink, store.open_audio(fate.track) as source:
        store.silence(source, sink, fate.silent)


def _scrub_words(store: "SessionStore", plan: ErasurePlan, attributed: Attributed, others: set[str]) -> None:
    """Drop the derived results, and rewrite without the person the ones that stay."""
    transcript = store.latest("transcript", Transcript)
    names = store.latest("names", NamesFound)
    kept = store.latest(KEPT, KeptWords)
    # Where only the hot words held the name, nothing that was made of the words does.
    touched = not plan.empty or names is None or without_in_names(plan, names) != names
    for stage in store.stages() if touched else ():
        if stage not in _STAY:
            store.drop_stage(stage)
    if transcript is not None:
        _put(store, "transcript", transcript, without_in_transcript(plan, transcript, attributed, others))
    if attributed is not _EMPTY:
        left = without_in_attributed(plan, attributed)
        _scrub_codings(store, plan, attributed, left)  # first: until the turns are written, codings fit both
        _put(store, "attributed", attributed, left)
    if names is not None:
        store.replace_latest("names", without_in_names(plan, names))  # also says anew of which turns they are
    if kept is not None:
        _put(store, KEPT, kept, without_in_kept(plan, kept))


def _scrub_codings(store: "SessionStore", plan: ErasurePlan, before: Attributed, after: Attributed) -> None:
    codings = store.latest(CODINGS, SessionCodings)
    if codings is not None:
        kept = store.latest(KEPT, KeptWords)
        kept = without_in_kept(plan, kept) if kept is not None else None
        store.replace_latest(CODINGS, codings_after(plan, codings, before, after.digest(), kept, store.carry))


def _put(
    store: "SessionStore",
    stage: str,
    before: Transcript | Attributed | KeptWords,
    after: Transcript | Attributed | KeptWords,
) -> None:
    if after != before:
        store.replace_latest(stage, after)


def _changed_entries(store: "SessionStore", plan: ErasurePlan) -> Iterator[tuple[Path, dict[str, Any], Any]]:
    """Files of human work that the erasure changes, with their heads and what stays; None: nothing."""
    for path in store.entry_files():
        head, body = read_body(path, store.identities())
        value = json.loads(body)
        cleaned = without_in_json(plan, value)
        if cleaned != value:
            yield path, head, cleaned


def _rewrite_entry(store: "SessionStore", path: Path, head: dict[str, Any], body: Any) -> None:
    if body is None:
        remove(path)
    else:
        write_body(path, head, json.dumps(body).encode(), store.keystore.recipient(store.opaque))
