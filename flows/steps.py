"""What each step of a recording's story does, as plain functions over an open study. No Prefect here."""

from functools import cache
from typing import TYPE_CHECKING

from consent.decision import decide
from flows.coding.anchored import put_turns
from flows.facts import StageFacts, attributed_key, current, names_key, transcript_key
from flows.kept import kept_in, same_numbers, with_kept
from flows.name_models import Chosen
from flows.worker import Worker
from schemas.consent import Answer, ConsentDecision, Permission, State, Use
from schemas.deidentified import Find, Label, NamesFound
from schemas.errors import MissingTool
from schemas.identifiers import Digest
from schemas.recording import Intake, Session, Track
from schemas.roster import MatchingTable
from schemas.speech import Attributed, Transcript
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from deidentification.api import Recognisers
    from transcription.whisper import Recogniser


_NOBODY = Attributed(voices=(), utterances=())
SEVERAL = "mul"
"""Language code of a session in several languages (ISO 639-2)."""


# ---------------------------------------------------------------- recording → words


def transcribe(worker: Worker, store: SessionStore) -> str:
    """The words of a session's tracks; heard once, stored, and heard again only on request.

    A track whose owner has not allowed recording and transcription is not listened to; it is, once they allow it.

    Returns:
        The transcript's key; empty where the session has no recording: then its transcript's own text is the words.
    """
    from transcription.quality import check_session

    intake = store.intake()
    if not intake.tracks:
        return ""
    intake = _with_recogniser_fixed(worker, store, intake)
    key = transcript_key(intake)
    # Names taken out of the hot words by an erasure change the key, not what was heard: nothing is heard twice.
    transcript = store.get_stage("transcript", key, Transcript) or store.latest("transcript", Transcript)
    done = {heard.track for heard in transcript.tracks} if transcript else set()
    missing = [t for t in intake.tracks if t.track not in done and may_listen(worker, intake, t)]
    for number, track in enumerate(missing, start=1):
        worker.progress.step(f"{intake.session.session}: listening to recording {number} of {len(missing)}")
        transcript = _listen(worker, store, intake, track, transcript)
        store.put_stage("transcript", key, transcript)  # after each track: a crash loses at most the one in hand
        worker.did(intake.session.session, "transcribe")
    if not store.has_stage("transcript", key):
        nothing_yet = Transcript(model="", model_sha256="0" * 64, settings={}, tracks=())
        store.put_stage("transcript", key, transcript or nothing_yet)
    # A session that was told before has words, or had: those who spoke may have been erased from it.
    told = "attributed" in store.stages()
    if transcript and not told and {one.track for one in transcript.tracks} == {one.track for one in intake.tracks}:
        check_session(transcript.tracks)
    return key


def _listen(worker: Worker, store: SessionStore, intake: Intake, track: Track, before: Transcript | None) -> Transcript:
    from transcription.audio import load_16k_mono

    recogniser = _recogniser(intake.model or "")
    with store.open_audio(track.track) as stream:
        audio = load_16k_mono(stream)
    heard = recogniser.transcribe(
        audio,
        language=_language(intake),
        among=worker.study.config.languages,
        hotwords=intake.hotwords or (),
        progress=lambda done_s: worker.progress.seconds(done_s, track.duration_s),
    )
    return Transcript(
        model=recogniser.model,
        model_sha256=recogniser.model_sha256,
        settings=recogniser.settings,
        tracks=(*(before.tracks if before else ()), heard.as_track(track.track)),
    )


def _language(intake: Intake) -> str | None:
    """The language told at ``session add``; told by ``mul``, it is detected among those of the study."""
    return None if intake.session.language == SEVERAL else intake.session.language


@cache
def _recogniser(model: str) -> "Recogniser":
    """The loaded recogniser for ``model`` (its name, a space, its hash), once per process.

    Raises:
        MissingTool: the model is not here, or its weights are no longer those the session was begun with.
    """
    from transcription.whisper import recogniser

    name, _, wanted = model.rpartition(" ")
    loaded = recogniser(name)
    if loaded.model_sha256 != wanted:
        raise MissingTool(
            f"the speech model '{name}' has other weights than when this session was first heard",
            hint="Bring back the model's earlier files, or add the session again to hear it with the new ones.",
        )
    return loaded


def _with_recogniser_fixed(worker: Worker, store: SessionStore, intake: Intake) -> Intake:
    """Fix model and hot words at the first hearing, so that neither a roster edit nor a new default remakes words."""
    if intake.model is not None and intake.hotwords is not None:
        return intake
    from transcription.models import find_model

    model = find_model(worker.study.config.whisper)
    name = f"{worker.study.config.whisper} {model.sha256}"
    names, cut = _recogniser(name).fit_hotwords(_expected_names(worker, intake))
    fixed = intake.model_copy(update={"model": name, "hotwords": names, "hotwords_cut": cut})
    store.save_intake(fixed)
    return fixed


def _expected_names(worker: Worker, intake: Intake) -> list[str]:
    """Names of the people expected in the session, else of everybody in the roster; a name once."""
    from transcription.attribution import track_owners

    table = worker.table
    owners = track_owners(intake, table, worker.study.config.policy)
    expected = set(owners.values()) | set(intake.voice_map.values())
    if intake.cues:
        expected |= set(_cue_owners(intake, table))
    expected |= set(intake.session.standings)
    chosen = [person for person in table.people if person.participant in expected] or list(table.people)
    return list(dict.fromkeys(person.full_name for person in chosen))


def _cue_owners(intake: Intake, table: MatchingTable) -> set[str]:
    from transcription.attribution import match_name

    names = {cue.speaker for cue in intake.cues.cues if cue.speaker} if intake.cues else set()
    matched = (match_name(name, table)[0] for name in sorted(names))
    return {participant for participant in matched if participant}


def may_listen(worker: Worker, intake: Intake, track: Track) -> bool:
    """Whether a track may be heard: its owner allows it, or nobody knows yet whose it is."""
    from transcription.attribution import track_owners

    owner = track_owners(intake, worker.table, worker.study.config.policy).get(track.track)
    if owner is None:
        return True
    return allows_listening(decide(worker.study.register(), owner, session=intake.session, use=Use.ANALYSIS))


def allows_listening(decision: ConsentDecision) -> bool:
    """Whether a decision lets a person's own track be recorded and transcribed."""
    needed = (Permission.RECORD_AUDIO, Permission.TRANSCRIBE)
    return decision.state is State.CONSENTED and all(decision.permissions[p] == Answer.YES for p in needed)


# ---------------------------------------------------------------- words → whose words


def attribute(worker: Worker, store: SessionStore, words: str) -> str:
    """The session's turns and whose they are; what nobody can tell is nobody's, and so withheld.

    Args:
        words: Key of the transcript, empty where there is no recording.
    Returns:
        Key of the attributed turns.
    """
    from transcription.attribution import attribute as lay_out

    intake = store.intake()
    transcript = store.get_stage("transcript", words, Transcript) if words else None
    policy, kept = worker.study.config.policy, kept_in(store)
    key = attributed_key(intake, heard_tracks(transcript), worker.table, policy, kept)
    if not store.has_stage("attributed", key):
        worker.progress.step(f"{intake.session.session}: telling who said what")
        turns = _NOBODY if _nothing_left(intake) else lay_out(intake, transcript, worker.table, policy)
        turns = same_numbers(turns, store.latest("attributed", Attributed))
        put_turns(store, key, with_kept(turns, kept) if kept else turns, kept)
        worker.did(intake.session.session, "attribute")
    return key


def _nothing_left(intake: Intake) -> bool:
    """Whether everybody who could be heard or read in a session has been erased from it."""
    texts = [cue.text for cue in intake.cues.cues if cue.text is not None] if intake.cues else []
    return not intake.tracks and not any(texts) and (bool(texts) or intake.cues is None)


def heard_tracks(transcript: Transcript | None) -> tuple[str, ...]:
    """Ids of the tracks whose words are in a transcript, sorted."""
    return tuple(sorted(track.track for track in transcript.tracks)) if transcript else ()


# ---------------------------------------------------------------- names found


def find_names(worker: Worker, store: SessionStore, words: str, turns: str) -> str:
    """Everything in a session's words that may identify, before any decision; and the facts later steps go by.

    Args:
        words: Key of the transcript. turns: Key of the attributed turns.
    Returns:
        Key of the names found.
    """
    from deidentification.api import find_names as search
    from deidentification.api import remembered

    intake, policy = store.intake(), worker.study.config.policy
    session = intake.session
    attributed = store.stage("attributed", turns, Attributed)
    languages = languages_of(worker, session)
    upon = attributed.digest()
    chosen = worker.study.config.names
    key = names_key(upon, intake, worker.table, policy, recogniser_versions(languages, chosen))
    found = store.get_stage("names", key, NamesFound)
    if found is None:
        worker.progress.step(f"{session.session}: finding names in {len(attributed.utterances)} turns")
        found = search(attributed, session, worker.table, policy, recognisers(languages, chosen))
        before = store.latest("names", NamesFound)
        found = remembered(found, before, attributed, worker.table) if before else found
        store.put_stage("names", key, found)
        worker.did(session.session, "names")
    transcript = store.get_stage("transcript", words, Transcript) if words else None
    facts = facts_of(intake, transcript, turns, attributed, upon, key, found)
    store.put_stage("facts", current(StageFacts), facts)
    return key


def languages_of(worker: Worker, session: Session) -> tuple[str, ...]:
    """The languages whose name models a session needs: its own and the study's, sorted."""
    return tuple(sorted({session.language, *worker.study.config.languages} - {SEVERAL}))


@cache
def recogniser_versions(languages: tuple[str, ...], chosen: Chosen) -> dict[str, str]:
    """Versions of the name recognisers for some languages, without loading them.

    Args:
        chosen: The study's own name models, ``[models.names]`` of its settings.
    """
    from deidentification.api import recogniser_versions as versions

    return versions(languages, chosen)


@cache
def recognisers(languages: tuple[str, ...], chosen: Chosen) -> "Recognisers":
    """The loaded name recognisers for some languages, once per process."""
    from deidentification.api import load_recognisers

    return load_recognisers(languages, chosen)


def facts_of(
    intake: Intake,
    transcript: Transcript | None,
    turns: str,
    attributed: Attributed,
    upon: Digest,
    key: str,
    found: NamesFound,
) -> StageFacts:
    """The small facts of a session's stages.

    Args:
        turns: Key of the attributed turns.
        upon: Their digest.
        key: Key of the names found.
    """
    ends = [track.duration_s for track in intake.tracks] + [u.end_s for u in attributed.utterances]
    return StageFacts(
        heard=heard_tracks(transcript),
        attributed_key=turns,
        attributed=upon,
        people=tuple(sorted({voice.participant for voice in attributed.voices if voice.participant})),
        unknown=len(unknown_voices(attributed)),
        names_key=key,
        names=found.digest(),
        mentioned=tuple(sorted({who for u in found.utterances for f in u.finds for who in _meant(f)})),
        surfaces=found.surfaces,
        duration_s=max(ends, default=0.0),
        notes=(*doubtful_sound(transcript), *unknown_voices(attributed)),
    )


def _meant(find: Find) -> list[str]:
    """Whose choices a find is shown by: everybody whom a name or role may mean, and the first whose employer it is."""
    others = find.others if find.label in (Label.PERSON, Label.ROLE) else ()
    return [who for who in (find.participant, *others) if who]


_SOUND = {
    "loop": "a phrase was repeated by the recogniser and is withheld",
    "silence_text": "words were put into silence by the recogniser and are withheld",
    "gap": "somebody speaks, and no words were recognised",
    "prompted": "a name may not have been said: it was heard only because it was expected; check it by ear",
    "reheard": "words that were missed at first were heard again; check them by ear",
}


def doubtful_sound(transcript: Transcript | None) -> list[str]:
    """Where a recogniser went wrong, and which recordings are silent."""
    notes = []
    for track in transcript.tracks if transcript else ():
        for flag in track.flags:
            kind, _, second = flag.partition("@")
            place = f"recording {track.track[1:]}"
            if second:
                at = int(float(second))
                notes.append(f"{place}, {at // 60}:{at % 60:02}: {_SOUND.get(kind, kind)}")
            else:
                notes.append(f"{place} holds no speech (a muted observer, or a wrong file)")
    return notes


def unknown_voices(attributed: Attributed) -> list[str]:
    """Where to listen for each voice that is nobody's yet and has words; never what it is called."""
    notes = []
    for number, voice in enumerate(attributed.voices):
        turns = [utterance for utterance in attributed.utterances if utterance.voice == number and utterance.words]
        if voice.participant is None and turns:
            first = int(turns[0].start_s)
            notes.append(
                f"voice {number + 1} is nobody's yet: {len(turns)} turns, first at {first // 60}:{first % 60:02}"
            )
    return notes
