"""Erases one participant from one session: recordings, words, mentions, hot words, derived results, human work."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.deidentified import NamesFound
from schemas.errors import CheckFailed
from schemas.recording import Intake
from schemas.speech import Attributed, Transcript
from vault.erasure import Erased
from vault.files import digest_files, remove
from vault.records import read_body, read_record, write_body, write_record
from vault.session_plan import (
    ErasurePlan,
    plan_erasure,
    silent_at,
    tracks_of_others,
    without_in_attributed,
    without_in_intake,
    without_in_json,
    without_in_names,
    without_in_transcript,
)

if TYPE_CHECKING:
    from vault.sessions import SessionStore

_KEPT = ("transcript", "attributed", "names")
"""Results that are kept without the person; all others are derived from them, and go."""
_EMPTY = Attributed(voices=(), utterances=())


def erase_from_session(store: "SessionStore", participant: str) -> Erased:
    """Do the per-store job of an erasure.

    Own recordings are removed; mixes are silent where the person speaks and every recording where they are named; their
    turns are empty; their name in others' words is as many ``█``; derived results go. A session that was never taken in
    whole is discarded. Killed at any point, it goes on when called again.

    Raises:
        CheckFailed: The session was never run, so that nobody knows which words are the person's.
    """
    before = digest_files(store.files())
    items, whole = _erase(store, participant) if store.exists() else (len(store.files()), 0)
    if not store.exists():
        store.discard()
    return Erased(
        store=store.name, items=items, before=before, after=digest_files(store.files()), whole_recordings=whole
    )


def _erase(store: "SessionStore", participant: str) -> tuple[int, int]:
    intake = store.intake()
    attributed = store.latest("attributed", Attributed) or _nobody_yet(intake)
    path = store.private_path("erasing", participant)
    plan = _plan(store, path, participant, intake, attributed)
    others = tracks_of_others(participant, intake, attributed)
    done, whole = _recordings(store, plan, others)
    done += _words(store, plan, intake, attributed, others) + _entries(store, plan)
    remove(path)
    return done, whole


def _plan(store: "SessionStore", path: Path, participant: str, intake: Intake, attributed: Attributed) -> ErasurePlan:
    """The plan that an earlier, killed run kept, else a new one."""
    head = {"session": store.opaque, "what": "erasing"}
    if path.is_file():
        return read_record(path, head, ErasurePlan, store.identity())
    names = store.latest("names", NamesFound)
    if names is not None and not store.names_fit():
        raise CheckFailed(
            f"session {intake.session.session}: its last run did not reach the names in its words",
            hint="Run it again with chatham run; then go on.",
        )
    plan = plan_erasure(participant, store.known(participant), intake, attributed, names)
    if not plan.empty:
        write_record(path, head, plan, store.identity().recipient)
    return plan


def _nobody_yet(intake: Intake) -> Attributed:
    if intake.tracks or intake.cues:
        raise CheckFailed(
            f"session {intake.session.session} was never run, so nobody knows which words in it are whose",
            hint="Run it with chatham run, or remove the session; then go on.",
        )
    return _EMPTY


def _recordings(store: "SessionStore", plan: ErasurePlan, others: set[str]) -> tuple[int, int]:
    """Remove own recordings, silence the rest; gives how many were touched, and how many of them went whole."""
    listed = {track.track for track in store.intake().tracks}
    done = whole = 0
    for track in store.audio_tracks():
        mix = track not in others
        if track in plan.tracks or track not in listed:
            store.remove_audio(track)
            done += 1
        elif intervals := silent_at(plan, mix=mix):
            whole += _silence(store, track, intervals, blind=mix and plan.untimed)
            done += 1
        elif mix and plan.untimed:
            store.remove_audio(track)
            done, whole = done + 1, whole + 1
    return done, whole


def _silence(store: "SessionStore", track: str, intervals: list[tuple[float, float]], *, blind: bool) -> int:
    """Silence a recording, or remove it where that cannot be done (``blind``: times unknown); gives 1 if removed."""
    if store.silence is None or blind:
        store.remove_audio(track)
        return 1
    # The source is closed before the new file takes its place, which Windows asks for.
    with store.add_audio(track) as sink, store.open_audio(track) as source:
        store.silence(source, sink, intervals)
    return 0


def _words(store: "SessionStore", plan: ErasurePlan, intake: Intake, attributed: Attributed, others: set[str]) -> int:
    """Rewrite intake and kept results without the person, drop the derived ones; gives how many things changed."""
    transcript = store.latest("transcript", Transcript)
    names = store.latest("names", NamesFound)
    if transcript is not None:
        _put(store, "transcript", transcript, without_in_transcript(plan, transcript, attributed, others))
    if attributed is not _EMPTY:
        _put(store, "attributed", attributed, without_in_attributed(plan, attributed))
    if names is not None and not plan.empty:
        store.replace_latest("names", without_in_names(plan, names))  # also says anew of which turns they are
    cleaned = without_in_intake(plan, intake, set(store.audio_tracks()))
    if cleaned != intake:
        store.save_intake(cleaned)
    if not plan.empty or cleaned != intake:
        for stage in store.stages():
            if stage not in _KEPT:
                store.drop_stage(stage)
    return len(plan.utterances) + len(plan.mentions) + (cleaned != intake)


def _put(store: "SessionStore", stage: str, before: Transcript | Attributed, after: Transcript | Attributed) -> None:
    if after != before:
        store.replace_latest(stage, after)


def _entries(store: "SessionStore", plan: ErasurePlan) -> int:
    identity, changed = store.identity(), 0
    for path in store.entry_files():
        head, body = read_body(path, identity)
        value = json.loads(body)
        cleaned = without_in_json(plan, value)
        if cleaned == value:
            continue
        changed += 1
        if cleaned is None:
            remove(path)
        else:
            write_body(path, head, json.dumps(cleaned).encode(), identity.recipient)
    return changed
