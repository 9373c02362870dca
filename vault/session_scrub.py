"""Each record of a session without what an erasure takes out of it; all offsets stay right. Pure functions."""

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from schemas.deidentified import NamesFound, UtteranceFinds
from schemas.identifiers import is_participant_id
from schemas.recording import Cue, Intake
from schemas.speech import (
    Attributed,
    KeptTurn,
    KeptWords,
    TrackWords,
    Transcript,
    Utterance,
    UtteranceWord,
    Word,
    offsets,
)
from vault.names_known import BLOCK, blocked, name_spans, scrubbed
from vault.session_plan import ErasurePlan, Span, inside


def without_in_attributed(plan: ErasurePlan, attributed: Attributed) -> Attributed:
    """Their turns empty, their labels gone, their name in others' words as many ``█``; of a part, its words only."""
    voices = attributed.voices
    if plan.whole:
        voices = tuple(
            voice.model_copy(
                update={"label": "" if voice.participant == plan.participant else _label(plan, voice.label)}
            )
            for voice in voices
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
        if plan.whole and track.track in plan.tracks:
            continue
        words = [_unnamed(plan, left) for word in track.words if (left := _left(plan, track, word, kept, others))]
        tracks.append(track.model_copy(update={"words": tuple(words)}))
    return transcript.model_copy(update={"tracks": tuple(tracks)})


def without_in_names(plan: ErasurePlan, names: NamesFound) -> NamesFound:
    """No finds in their words, no rows of the name table; finds in others' words stay, over ``█``."""
    gone = plan.participant if plan.whole and plan.participant is not None else None
    return names.model_copy(
        update={
            "utterances": tuple(_finds(plan, u) for u in names.utterances if u.utterance not in plan.utterances),
            "surfaces": tuple(row for row in names.surfaces if gone is None or row[1] != gone),
        }
    )


def without_in_intake(plan: ErasurePlan, intake: Intake, there: set[str]) -> Intake:
    """Their tracks, labels, words and hot words gone; other people's cues keep their length.

    Args:
        there: Tracks whose recordings lie in the vault afterwards.
    """
    changes: dict[str, object] = {"tracks": tuple(track for track in intake.tracks if track.track in there)}
    if intake.cues is not None and not plan.voice_only:
        cues = tuple(_cue(plan, cue) for cue in intake.cues.cues)
        changes["cues"] = intake.cues.model_copy(update={"cues": cues})
    if plan.whole:
        changes["voice_map"] = {v: whose for v, whose in intake.voice_map.items() if whose != plan.participant}
        if intake.hotwords is not None:
            changes["hotwords"] = tuple(word for word in intake.hotwords if scrubbed(plan.names, word) == word)
    return intake.model_copy(update=changes)


def without_in_kept(plan: ErasurePlan, kept: KeptWords) -> KeptWords:
    """What is kept of others with this person's placeholder as ``█``; their own goes, unless it is kept just now."""
    if plan.voice_only or plan.participant is None:
        return kept
    turns = (_kept_turn(plan, turn) for turn in kept.turns)
    return kept.model_copy(update={"turns": tuple(turn for turn in turns if turn is not None)})


def without_in_json(plan: ErasurePlan, value: Any) -> Any:
    """Plain JSON of an entry without the person; None where the entry is about them.

    An object that names the participant, one of their utterances, or a time at which they speak is about them and goes
    whole; from a list or a map to participants only the item goes, and from a map by participant, voice or utterance
    theirs; their name in any text, a map's keys too, becomes as many ``█``. Of a part of a session, only what lies in
    that part is about them.
    """
    if plan.voice_only:
        return value
    return _plain(plan, value, (*plan.names, *plan.parts) if plan.within is None else ())


def _plain(plan: ErasurePlan, value: Any, names: Sequence[str]) -> Any:
    if isinstance(value, str):
        return scrubbed(names, value)
    if isinstance(value, list):
        return [_plain(plan, item, names) for item in value if not _about(plan, item)]
    if not isinstance(value, dict):
        return value
    if _about(plan, value):
        return None
    named = {m.utterance for m in plan.mentions} & {*value, *(item for item in value.values() if isinstance(item, str))}
    names = (*plan.names, *plan.parts) if named else names
    left = ((key, item) for key, item in value.items() if not _about(plan, item) and not _under_them(plan, key, item))
    return _numbered((scrubbed(names, key), _plain(plan, item, names)) for key, item in left)


def _under_them(plan: ErasurePlan, key: str, item: Any) -> bool:
    """Whether a map holds ``item`` under the person, a voice of theirs, or words of theirs that go."""
    theirs = plan.whole and key in (plan.participant, *plan.labels)
    return theirs or key in plan.utterances or _in_cut(plan, item if isinstance(item, dict) else {}, key)


def _numbered(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A map in which keys that have become equal are told apart by numbers, so that no value is lost."""
    found: dict[str, Any] = {}
    for key, item in items:
        tried = (key if number == 1 else f"{key} ({number})" for number in count(1))
        found[next(one for one in tried if one not in found)] = item
    return found


def _about(plan: ErasurePlan, value: Any) -> bool:
    if not isinstance(value, dict):
        names_them = plan.within is None and value == plan.participant
        return isinstance(value, str) and (names_them or value in plan.utterances)
    if value and all(item is None or (isinstance(item, str) and is_participant_id(item)) for item in value.values()):
        return False  # voices to participants: only the person's own item goes
    times = [time for time in (value.get("start_s"), value.get("end_s")) if isinstance(time, int | float)]
    spoken = len(times) == 2 and _in_any(sum(times) / 2, plan.spoken)
    texts = [item for item in value.values() if isinstance(item, str)]
    return spoken or any(_about(plan, text) or _in_cut(plan, value, text) for text in texts)


def _in_cut(plan: ErasurePlan, value: dict[str, Any], utterance: str) -> bool:
    """Whether an object is about words that go of a turn whose rest stays; one without a range is about all of it."""
    cut = [(one.start_char, one.end_char) for one in plan.cut if one.utterance == utterance]
    start, end = value.get("start_char"), value.get("end_char")
    if not isinstance(start, int) or not isinstance(end, int):
        return bool(cut)
    return any(start < last and first < end for first, last in cut)


def _turn(plan: ErasurePlan, utterance: Utterance) -> Utterance:
    if utterance.utterance in plan.utterances:
        return utterance.model_copy(update={"words": ()})
    spans = _spans(plan, utterance.utterance)
    return utterance.model_copy(update={"words": _block(utterance.words, spans)}) if spans else utterance


def _spans(plan: ErasurePlan, utterance: str) -> list[tuple[int, int]]:
    return [(one.start_char, one.end_char) for one in (*plan.mentions, *plan.cut) if one.utterance == utterance]


def _block(words: Iterable[UtteranceWord], spans: Sequence[tuple[int, int]]) -> tuple[UtteranceWord, ...]:
    return tuple(word.model_copy(update={"text": blocked(word.text, spans, start)}) for start, word in offsets(words))


def _finds(plan: ErasurePlan, found: UtteranceFinds) -> UtteranceFinds:
    cut = [(one.start_char, one.end_char) for one in plan.cut if one.utterance == found.utterance]
    if not cut:
        return found
    left = [f for f in found.finds if not any(f.start_char < end and start < f.end_char for start, end in cut)]
    return found.model_copy(update={"finds": tuple(left)})


def _left(
    plan: ErasurePlan, track: TrackWords, word: Word, kept: set[tuple[float, float, str]], others: set[str]
) -> Word | None:
    """A word of a transcript, as many ``█`` where it is of a turn whose rest stays, or None where it goes."""
    if track.track in plan.tracks:
        goes = plan.within is None or inside(word.start_s, word.end_s, plan.within)
    else:
        goes = track.track not in others and _key(word) not in kept and _inside(word, plan.spoken)
    if not goes:
        return word
    return _blank(word) if _inside(word, plan.cut_at) else None


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


def _inside(word: Word, intervals: Iterable[Span]) -> bool:
    return _in_any((word.start_s + word.end_s) / 2, intervals)


def _in_any(time_s: float, intervals: Iterable[Span]) -> bool:
    return any(start_s <= time_s <= end_s for start_s, end_s in intervals)


def _unnamed(plan: ErasurePlan, word: Word) -> Word:
    return _blank(word) if _inside(word, plan.named) else word


def _blank(word: Word) -> Word:
    return word.model_copy(update={"text": BLOCK * len(word.text)})


def _cue(plan: ErasurePlan, cue: Cue) -> Cue:
    within = plan.within
    if within is not None and not inside(cue.start_s, cue.end_s, within):
        return cue
    own = _is_own(plan, cue)
    if within is None:
        return _gone(cue) if own else _scrubbed_cue(plan, cue)
    if not own:
        return cue.model_copy(update={"text": None if cue.text is None else scrubbed(plan.names, cue.text)})
    covered = any(start <= cue.start_s and cue.end_s <= end for start, end in within)
    # Nobody knows when in a cue a word is said: all of one that reaches into the part is covered.
    text = "" if covered else blocked(cue.text or "", [(0, len(cue.text or ""))])
    return cue.model_copy(update={"text": None if cue.text is None else text})


def _is_own(plan: ErasurePlan, cue: Cue) -> bool:
    if cue.speaker is not None:
        return cue.speaker in plan.labels
    return plan.participant is None or (plan.cues_aside and _in_any((cue.start_s + cue.end_s) / 2, plan.spoken))


def _gone(cue: Cue) -> Cue:
    return cue.model_copy(update={"speaker": None, "text": None if cue.text is None else ""})


def _scrubbed_cue(plan: ErasurePlan, cue: Cue) -> Cue:
    speaker = None if cue.speaker is None else _label(plan, cue.speaker)
    text = None if cue.text is None else scrubbed(plan.names, cue.text)
    return cue.model_copy(update={"speaker": speaker, "text": text})


def _label(plan: ErasurePlan, label: str) -> str:
    return label if label in plan.labels_of_others else scrubbed(plan.names, label)


def _kept_turn(plan: ErasurePlan, turn: KeptTurn) -> KeptTurn | None:
    within = plan.within
    if turn.participant == plan.participant:
        if plan.keep:
            return turn
        spans = [(at, at + len(w.text)) for at, w in offsets(turn.words) if within and _word_in(w, within)]
        gone = within is None or len(spans) == len(turn.words)
        return None if gone else turn.model_copy(update={"words": _block(turn.words, spans)})
    text = " ".join(word.text for word in turn.words)
    words = _block(turn.words, name_spans(plan.names, text))
    if within is not None:
        pairs = zip(turn.words, words, strict=True)
        words = tuple(after if _word_in(before, within) else before for before, after in pairs)
    return turn.model_copy(update={"words": words})


def _word_in(word: UtteranceWord, within: Sequence[Span]) -> bool:
    return inside(word.start_s, word.end_s, within)
