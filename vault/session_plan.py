"""What erasing a participant touches in one session, and each record without them. Pure functions."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from pydantic import Field

from schemas.deidentified import Label, NamesFound
from schemas.identifiers import ParticipantId, TrackId, UtteranceId, is_participant_id
from schemas.recording import Cue, Intake, Track
from schemas.records import Record
from schemas.speech import Attributed, Transcript, Utterance, UtteranceWord, Word
from vault.erasure import Intervals
from vault.names_known import BLOCK, blocked, name_spans, scrubbed

_NAMES = frozenset({Label.PERSON, Label.CONTACT, Label.LINK})
"""In other people's words only names, handles and contacts are replaced."""
_MARGIN_S = 0.1
"""Word times are this rough; silence reaches so much further."""
_ALIKE = 0.8


class Mention(Record):
    """Codepoints ``[start_char, end_char)`` of somebody else's utterance that name the person."""

    utterance: UtteranceId
    start_char: int
    end_char: int


class ErasurePlan(Record):
    """Everything of one participant in one session. Kept sealed until each step is done, so that a killed erasure
    goes on with what it knew at its start."""

    participant: ParticipantId
    tracks: tuple[TrackId, ...]
    """The person's own recordings."""
    labels: tuple[str, ...] = Field(repr=False)
    """Display names and voice labels that were theirs."""
    labels_of_others: tuple[str, ...] = Field(repr=False)
    """These stay as they are, even where two people share a name: turns are told apart by them."""
    utterances: tuple[UtteranceId, ...]
    spoken: tuple[tuple[float, float], ...]
    untimed: bool
    """They spoke, and the source gives no times."""
    mentions: tuple[Mention, ...]
    named: tuple[tuple[float, float], ...]
    """When others say their name."""
    names: tuple[str, ...] = Field(repr=False)
    """How they are named anywhere in the study."""

    @property
    def empty(self) -> bool:
        """Whether neither their voice nor their name was found."""
        return not (self.tracks or self.utterances or self.mentions)


def plan_erasure(
    participant: str, known: Sequence[str], intake: Intake, attributed: Attributed, names: NamesFound | None
) -> ErasurePlan:
    """Find everything of ``participant`` in one session.

    Args:
        known: How they are named anywhere in the study. After the erasure nobody knows these names any more, so that
            what stays of them in others' words would be shown.
        names: What was found in ``attributed``; None where nothing was searched yet.
    """
    mine = {i for i, voice in enumerate(attributed.voices) if voice.participant == participant}
    spoken = [u for u in attributed.utterances if u.voice in mine and u.words]
    others = {u.utterance: u for u in attributed.utterances if u.voice not in mine}
    mentions = _mentions(participant, others, names, known)
    labels = {attributed.voices[i].label for i in mine} | {v for v, p in intake.voice_map.items() if p == participant}
    said = {others[m.utterance].text[m.start_char : m.end_char] for m in mentions}
    return ErasurePlan(
        participant=participant,
        tracks=tuple(_own_tracks(participant, labels, known, intake, attributed)),
        labels=tuple(sorted(labels - {""})),
        labels_of_others=tuple(sorted(_labels_of_others(participant, intake, attributed))),
        utterances=tuple(u.utterance for u in spoken),
        spoken=tuple((u.start_s, u.end_s) for u in spoken if u.timed),
        untimed=any(not u.timed for u in spoken),
        mentions=tuple(mentions),
        named=tuple(_said_at(mentions, others)),
        names=tuple(sorted({name for name in {*known, *said} if len(name) > 1})),
    )


def silent_at(plan: ErasurePlan, *, mix: bool) -> Intervals:
    """When a remaining recording must be silent: a mix wherever the person speaks, every one where they are named."""
    wanted = [*plan.named, *(plan.spoken if mix else ())]
    merged: Intervals = []
    for start_s, end_s in sorted((max(0.0, start - _MARGIN_S), end + _MARGIN_S) for start, end in wanted):
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end_s, merged[-1][1]))
        else:
            merged.append((start_s, end_s))
    return merged


def tracks_of_others(participant: str, intake: Intake, attributed: Attributed) -> set[str]:
    """Recordings known to be one other person's own; what is nobody's own is a mix."""
    labels = _labels_of_others(participant, intake, attributed)
    return {track.track for track in intake.tracks if _labelled(track, labels, intake)}


def without_in_attributed(plan: ErasurePlan, attributed: Attributed) -> Attributed:
    """Their turns empty, their labels gone, their name in others' words as many ``█``; every offset stays."""
    voices = tuple(
        voice.model_copy(update={"label": "" if voice.participant == plan.participant else _label(plan, voice.label)})
        for voice in attributed.voices
    )
    turns = tuple(_turn(plan, utterance) for utterance in attributed.utterances)
    return attributed.model_copy(update={"voices": voices, "utterances": turns})


def without_in_transcript(
    plan: ErasurePlan, transcript: Transcript, attributed: Attributed, others: set[str]
) -> Transcript:
    """Their own tracks gone, their words gone from mixes, their name in others' words as many ``█``.

    Args:
        attributed: As it was before the erasure, or after.
        others: Tracks that are one other person's own, where the times of their turns mean nothing.
    """
    kept = _others_words(plan, attributed)
    tracks = []
    for track in transcript.tracks:
        if track.track in plan.tracks:
            continue
        spoken = () if track.track in others else plan.spoken
        words = [word for word in track.words if _key(word) in kept or not _inside(word, spoken)]
        tracks.append(track.model_copy(update={"words": tuple(_unnamed(plan, word) for word in words)}))
    return transcript.model_copy(update={"tracks": tuple(tracks)})


def without_in_names(plan: ErasurePlan, names: NamesFound) -> NamesFound:
    """No finds in their turns, no rows of the name table; finds in others' words stay, over ``█``."""
    return names.model_copy(
        update={
            "utterances": tuple(u for u in names.utterances if u.utterance not in plan.utterances),
            "surfaces": tuple(row for row in names.surfaces if row[1] != plan.participant),
        }
    )


def without_in_intake(plan: ErasurePlan, intake: Intake, there: set[str]) -> Intake:
    """Their tracks, labels, words and hot words gone; other people's cues keep their length.

    Args:
        there: Tracks whose recordings still lie in the vault.
    """
    cues = intake.cues
    if cues is not None:
        cues = cues.model_copy(update={"cues": tuple(_cue(plan, cue) for cue in cues.cues)})
    hotwords = intake.hotwords
    if hotwords is not None:
        hotwords = tuple(word for word in hotwords if scrubbed(plan.names, word) == word)
    return intake.model_copy(
        update={
            "tracks": tuple(track for track in intake.tracks if track.track in there),
            "cues": cues,
            "voice_map": {voice: whose for voice, whose in intake.voice_map.items() if whose != plan.participant},
            "hotwords": hotwords,
        }
    )


def without_in_json(plan: ErasurePlan, value: Any) -> Any:
    """Plain JSON of an entry without the person; None where the entry is about them.

    An object that names the participant, one of their utterances, or a time at which they speak is about them and goes
    whole; from a list or a map to participants only the item goes; their name in any text becomes as many ``█``.
    """
    if isinstance(value, str):
        return scrubbed(plan.names, value)
    if isinstance(value, list):
        return [without_in_json(plan, item) for item in value if not _about(plan, item)]
    if not isinstance(value, dict):
        return value
    if _about(plan, value):
        return None
    return {
        key: without_in_json(plan, item)
        for key, item in value.items()
        if not _about(plan, item) and key not in (plan.participant, *plan.labels)
    }


def _mentions(
    participant: str, others: dict[str, Utterance], names: NamesFound | None, known: Sequence[str]
) -> list[Mention]:
    found = {
        (turn.utterance, find.start_char, find.end_char)
        for turn in (names.utterances if names else ())
        for find in turn.finds
        if participant in (find.participant, *find.others) and find.label in _NAMES and turn.utterance in others
    }
    found |= {(u.utterance, *span) for u in others.values() for span in name_spans(known, u.text)}
    return [
        Mention(utterance=utterance, start_char=start, end_char=end)
        for utterance, start, end in sorted(found)
        # What an earlier run replaced is no mention any more.
        if others[utterance].text[start:end].strip(BLOCK + " ")
    ]


def _own_tracks(
    participant: str, labels: set[str], known: Sequence[str], intake: Intake, attributed: Attributed
) -> list[str]:
    taken = tracks_of_others(participant, intake, attributed)
    return [
        track.track
        for track in intake.tracks
        if track.track not in taken and (_labelled(track, labels, intake) or _named_like(track, known, intake))
    ]


def _labels_of_others(participant: str, intake: Intake, attributed: Attributed) -> set[str]:
    labels = {voice.label for voice in attributed.voices if voice.participant not in (None, participant)}
    return labels | {voice for voice, whose in intake.voice_map.items() if whose != participant}


def _labelled(track: Track, labels: set[str], intake: Intake) -> bool:
    # A lone file is a mix of voices, whatever its name says; only a person's own word makes it one voice's.
    hint = track.name_hint if len(intake.tracks) > 1 or track.name_hint in intake.voice_map else None
    return track.track in labels or (hint is not None and hint in labels)


def _named_like(track: Track, known: Sequence[str], intake: Intake) -> bool:
    """Whether the file's name is nearly the person's: a track that was never listened to has no voice label."""
    if len(intake.tracks) < 2 or not track.name_hint:
        return False
    hint = _squeezed(track.name_hint)
    return any(SequenceMatcher(None, hint, _squeezed(name)).ratio() >= _ALIKE for name in known)


def _squeezed(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _said_at(mentions: Iterable[Mention], others: dict[str, Utterance]) -> list[tuple[float, float]]:
    return [
        (word.start_s, word.end_s)
        for mention in mentions
        if others[mention.utterance].timed
        for start, word in _offsets(others[mention.utterance])
        if start < mention.end_char and mention.start_char < start + len(word.text)
    ]


def _offsets(utterance: Utterance) -> list[tuple[int, UtteranceWord]]:
    """Each word and the codepoint of the utterance's text at which it starts."""
    out, at = [], 0
    for word in utterance.words:
        out.append((at, word))
        at += len(word.text) + 1
    return out


def _turn(plan: ErasurePlan, utterance: Utterance) -> Utterance:
    if utterance.utterance in plan.utterances:
        return utterance.model_copy(update={"words": ()})
    spans = [(m.start_char, m.end_char) for m in plan.mentions if m.utterance == utterance.utterance]
    if not spans:
        return utterance
    words = tuple(
        word.model_copy(update={"text": blocked(word.text, spans, start)}) for start, word in _offsets(utterance)
    )
    return utterance.model_copy(update={"words": words})


def _key(word: Word) -> tuple[float, float, str]:
    return (word.start_s, word.end_s, word.text)


def _others_words(plan: ErasurePlan, attributed: Attributed) -> set[tuple[float, float, str]]:
    """Words known to be somebody else's, even where two talk at once."""
    return {
        _key(word)
        for utterance in attributed.utterances
        if attributed.voices[utterance.voice].participant not in (None, plan.participant)
        for word in utterance.words
    }


def _inside(word: Word, intervals: Iterable[tuple[float, float]]) -> bool:
    return _in_any((word.start_s + word.end_s) / 2, intervals)


def _in_any(time_s: float, intervals: Iterable[tuple[float, float]]) -> bool:
    return any(start_s <= time_s <= end_s for start_s, end_s in intervals)


def _unnamed(plan: ErasurePlan, word: Word) -> Word:
    return word.model_copy(update={"text": BLOCK * len(word.text)}) if _inside(word, plan.named) else word


def _cue(plan: ErasurePlan, cue: Cue) -> Cue:
    if cue.speaker is not None and cue.speaker in plan.labels:
        return cue.model_copy(update={"speaker": None, "text": None if cue.text is None else ""})
    speaker = None if cue.speaker is None else _label(plan, cue.speaker)
    return cue.model_copy(
        update={"speaker": speaker, "text": None if cue.text is None else scrubbed(plan.names, cue.text)}
    )


def _label(plan: ErasurePlan, label: str) -> str:
    return label if label in plan.labels_of_others else scrubbed(plan.names, label)


def _about(plan: ErasurePlan, value: Any) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, str) and (value == plan.participant or value in plan.utterances)
    if value and all(item is None or (isinstance(item, str) and is_participant_id(item)) for item in value.values()):
        return False  # voices to participants: only the person's own item goes
    times = [time for time in (value.get("start_s"), value.get("end_s")) if isinstance(time, int | float)]
    spoken = len(times) == 2 and _in_any(sum(times) / 2, plan.spoken)
    return spoken or any(_about(plan, item) for item in value.values() if isinstance(item, str))
