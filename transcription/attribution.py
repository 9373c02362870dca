"""Who said what: tracks, transcripts with names, or speaker times, to turns of voices. In doubt, nobody's."""

from collections.abc import Iterable, Sequence

from schemas.errors import BadInput
from schemas.policy import Policy
from schemas.recording import CueSheet, Intake, Track
from schemas.roster import MatchingTable
from schemas.speech import Attributed, TrackWords, Transcript, Utterance, UtteranceWord, Voice
from transcription.cue_words import ROUGH, said_in
from transcription.laying import lay
from transcription.names import INSIDE, fold, is_placeholder, joined, match_name, name_hint
from transcription.turns import Said, Turn, group, numbered

__all__ = ["attribute", "match_name", "track_owners"]

UNKNOWN = Voice(label="unknown")


def attribute(intake: Intake, transcript: Transcript | None, table: MatchingTable, policy: Policy) -> Attributed:
    """Turn what was handed in and heard into turns of voices.

    Args:
        intake: Tracks, cues and the speakers file of the session.
        transcript: What the recogniser heard; None where there is no recording.
        table: Everybody in the study.
        policy: ``attribution_threshold`` and ``boundary_s``.
    Returns:
        Voices (nobody's below the threshold) and utterances ``u1`` ... in time order, the same for the same input.
        Several tracks: one voice each. One track with cues: words laid under the cues. One track alone: one voice,
        somebody's only if the speakers file says so. Cues alone: their text.
    Raises:
        BadInput: there are neither words nor a transcript with text.
    """
    several = transcript is not None and max(len(transcript.tracks), len(intake.tracks)) > 1
    if transcript is not None and (several or intake.cues is None):
        return _from_tracks(intake, transcript, table, policy)
    if intake.cues is None:
        raise BadInput("the session has neither a recording nor a transcript", hint="Add one with chatham session add.")
    voices, indexes = _voices_of(intake.cues, intake.voice_map, table, policy)
    if transcript is not None and transcript.tracks:
        return _from_mix(intake, transcript.tracks[0], intake.cues, voices, indexes, policy)
    return _from_text(intake, intake.cues, voices, indexes)


def track_owners(intake: Intake, table: MatchingTable, policy: Policy) -> dict[str, str]:
    """Track id to participant, for the tracks whose owner is known before anything is heard."""
    voices = _track_voices(intake, table, policy)
    return {track: voice.participant for track, voice in voices.items() if voice.participant}


def _track_voices(intake: Intake, table: MatchingTable, policy: Policy) -> dict[str, Voice]:
    """The voice of each track. A single recording is often a mix, whatever its name: only the speakers file can say."""
    roster = table if len(intake.tracks) > 1 else MatchingTable(people=())
    claims = [
        _voice(track.name_hint or track.track, _track_labels(track), intake.voice_map, roster)
        for track in intake.tracks
    ]
    return {track.track: voice for track, voice in zip(intake.tracks, _undisputed(claims, policy), strict=True)}


def _from_tracks(intake: Intake, transcript: Transcript, table: MatchingTable, policy: Policy) -> Attributed:
    known = _track_voices(intake, table, policy)
    # A run that was taken up again may have heard the tracks in another order.
    tracks = sorted(transcript.tracks, key=lambda track: int(track.track[1:]))
    turns = [
        turn
        for index, track in enumerate(tracks)
        for turn in group((Said(UtteranceWord(**dict(word)), index) for word in track.words), track.language)
    ]
    notes = [note for track in tracks for note in _track_notes(track)]
    labels = [label for track in intake.tracks for label in _track_labels(track)]
    voices = [known.get(track.track, Voice(label=track.track)) for track in tracks]
    return _attributed(voices, turns, [*notes, *_unused(intake.voice_map, labels)])


def _from_mix(
    intake: Intake, track: TrackWords, sheet: CueSheet, voices: list[Voice], indexes: list[int], policy: Policy
) -> Attributed:
    unknown = voices.index(UNKNOWN) if UNKNOWN in voices else len(voices)
    laid = lay(track.words, sheet, indexes, unknown, policy.boundary_s)
    everybody = voices if unknown < len(voices) else [*voices, UNKNOWN]
    said = [Said(_without_self(one, everybody), one.voice) for one in laid.said]
    turns = group(said, track.language)
    notes = [*_track_notes(track), *laid.notes, *_unused(intake.voice_map, _labels(sheet))]
    return _attributed(everybody, turns, notes)


def _from_text(intake: Intake, sheet: CueSheet, voices: list[Voice], indexes: list[int]) -> Attributed:
    if not any(cue.text for cue in sheet.cues):
        raise BadInput(
            "the session has speaker times but no words", hint="Add the recording, or a transcript with its text."
        )
    turns = group(said_in(sheet, indexes), intake.session.language, timed=sheet.source not in ROUGH)
    return _attributed(voices, turns, _unused(intake.voice_map, _labels(sheet)))


def _attributed(voices: Sequence[Voice], turns: Sequence[Turn], notes: Iterable[str]) -> Attributed:
    utterances = numbered(turns)
    spoken = _spoken(utterances)
    kept = [voice for index, voice in enumerate(voices) if index in spoken or voice is not UNKNOWN]
    lost = [f"voice {index + 1} is nobody's" for index, voice in enumerate(kept) if voice.participant is None]
    return Attributed(voices=tuple(kept), utterances=utterances, notes=(*notes, *lost))


def _spoken(utterances: Iterable[Utterance]) -> set[int]:
    """Indexes of voices that an utterance or a doubt refers to."""
    found: set[int] = set()
    for utterance in utterances:
        found.add(utterance.voice)
        found.update(index for word in utterance.words for index in word.near)
    return found


def _voices_of(
    sheet: CueSheet, voice_map: dict[str, str], table: MatchingTable, policy: Policy
) -> tuple[list[Voice], list[int]]:
    """The voices of a cue sheet in order of appearance, and each cue's."""
    labels = _labels(sheet)
    voices = _undisputed([_voice(label, [label], voice_map, table) for label in labels], policy)
    places = {label: index for index, label in enumerate(labels)}
    if any(not cue.speaker for cue in sheet.cues):
        voices.append(UNKNOWN)
    return voices, [places.get(cue.speaker or "", len(labels)) for cue in sheet.cues]


def _labels(sheet: CueSheet) -> list[str]:
    return list(dict.fromkeys(cue.speaker for cue in sheet.cues if cue.speaker))


def _voice(label: str, spellings: Sequence[str], voice_map: dict[str, str], table: MatchingTable) -> Voice:
    """Whose a label is: as the speakers file says, else by the roster."""
    for key, decided in voice_map.items():
        if any(_same_label(key, spelling) for spelling in spellings):
            return Voice(label=label, participant=decided, confidence=1.0, method="map")
    participant, confidence, method = match_name(label, table)
    return Voice(label=label, participant=participant, confidence=confidence, method=method)


def _track_labels(track: Track) -> list[str]:
    return [track.track, *([track.name_hint] if track.name_hint else [])]


def _same_label(key: str, label: str) -> bool:
    if fold(key) == fold(label) or key.strip() == label.strip():
        return True
    readings = {joined(key), joined(name_hint(key) or "")} - {""}
    return not is_placeholder(label) and joined(label) in readings


def _undisputed(claims: Sequence[Voice], policy: Policy) -> list[Voice]:
    """Claims that hold: above the threshold, and not a weak one on somebody who is already there by a better one.

    Two labels in one session are two devices or two people: "Jane" beside "Jane Doe" is likely another Jane.
    """
    return [
        claim if _holds(claim, claims, policy.attribution_threshold) else claim.model_copy(update={"participant": None})
        for claim in claims
    ]


def _holds(claim: Voice, claims: Sequence[Voice], threshold: float) -> bool:
    if claim.participant is None or claim.confidence < threshold:
        return False
    strong = claim.method == "map" or (claim.confidence >= INSIDE and claim.method != "fuzzy")
    rivals = (other for other in claims if other is not claim and other.participant == claim.participant)
    return strong or all(other.confidence < claim.confidence for other in rivals)


def _without_self(one: Said, voices: Sequence[Voice]) -> UtteranceWord:
    """The word without doubts between two voices of one person."""
    if not one.word.near:
        return one.word
    own = voices[one.voice].participant
    near = tuple(index for index in one.word.near if own is None or voices[index].participant != own)
    return one.word.model_copy(update={"near": near})


def _track_notes(track: TrackWords) -> list[str]:
    if not track.words:
        return [f"track {track.track} is silent"]
    return [f"track {track.track}: {flag}" for flag in track.flags]


def _unused(voice_map: dict[str, str], labels: Sequence[str]) -> list[str]:
    count = sum(1 for key in voice_map if not any(_same_label(key, label) for label in labels))
    return [f"{count} rows of the speakers file name no voice of this session"] if count else []
