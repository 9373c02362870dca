"""WhisperX's JSON, and RTTM: who spoke when, with words or without."""

import json
import math
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from schemas.recording import Cue, CueSheet
from transcription.formats.text import bad_line, no_cues


def looks_rttm(text: str) -> bool:
    """Whether the first line that is no comment is an RTTM record."""
    first = next((line for line in text.split("\n") if line.strip() and not line.startswith(";;")), "")
    return first.split()[0:1] in (["SPEAKER"], ["SPKR-INFO"])


def parse_rttm(text: str) -> CueSheet:
    """Speaker times (NIST RTTM); cues without text.

    Raises:
        BadInput: a broken line, with its number, times of several recordings, or no times.
    """
    cues: list[Cue] = []
    recordings: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        cues.append(_speaker_time(fields, number))
        recordings.add(fields[1])
    if len(recordings) > 1:
        raise no_cues(f"the file holds the speaker times of {len(recordings)} recordings; give one file for each")
    if not cues:
        raise no_cues("the file holds no speaker times")
    return CueSheet(source="rttm", cues=tuple(cues))


def parse_whisperx(text: str) -> CueSheet:
    """Segments of WhisperX's JSON, cut where its words change speaker.

    Raises:
        BadInput: not JSON (with the line), no segments, or a segment without times.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise bad_line(error.lineno, "this is not valid JSON") from None
    except RecursionError:
        raise no_cues("the transcript's JSON is nested too deeply") from None
    segments = found.get("segments") if isinstance(found, dict) else None
    if not isinstance(segments, list):
        raise no_cues("the transcript is JSON, but has no list of segments as WhisperX writes it")
    cues = [cue for index, segment in enumerate(segments, 1) for cue in _segment(segment, index)]
    if not cues:
        raise no_cues()
    return CueSheet(source="whisperx", cues=tuple(cues))


def _speaker_time(fields: list[str], number: int) -> Cue:
    try:
        start_s, length_s, speaker = float(fields[3]), float(fields[4]), fields[7]
    except (IndexError, ValueError):
        raise bad_line(number, "expected SPEAKER file channel start duration <NA> <NA> name") from None
    if not (math.isfinite(start_s) and math.isfinite(length_s)) or start_s < 0 or length_s < 0:
        raise bad_line(number, "a time is negative or not a number")
    return Cue(start_s=start_s, end_s=start_s + length_s, speaker=None if speaker == "<NA>" else speaker)


def _segment(segment: Any, index: int) -> Iterator[Cue]:
    if not isinstance(segment, dict) or not _is_time(segment.get("start")) or not _is_time(segment.get("end")):
        raise no_cues(f"segment {index} of the transcript has no start and end")
    text = " ".join(str(segment.get("text") or "").split())
    words = [word for word in segment.get("words") or () if isinstance(word, dict) and word.get("word")]
    speakers = list(dict.fromkeys(_speaker(word, segment) for word in words))
    whole = "".join(text.split()) == "".join(str(word["word"]) for word in words).replace(" ", "")
    if len(speakers) > 1 and whole:
        yield from _by_speaker(words, segment)
    elif text:
        # Several speakers and words missing: nobody can say which is whose.
        speaker = speakers[0] if len(speakers) == 1 else None if speakers else _name(segment.get("speaker"))
        yield _cue(segment, speaker, text)


def _by_speaker(words: list[dict[str, Any]], segment: dict[str, Any]) -> Iterator[Cue]:
    for speaker, run in groupby(words, key=lambda word: _speaker(word, segment)):
        group = list(run)
        # A word without times may lie anywhere in the segment.
        start_s, end_s = (
            word[edge] if _is_time(word.get(edge)) else segment[edge]
            for word, edge in ((group[0], "start"), (group[-1], "end"))
        )
        times = {"start": start_s, "end": end_s}
        yield _cue(times, speaker, " ".join(str(word["word"]).strip() for word in group))


def _cue(times: dict[str, Any], speaker: str | None, text: str) -> Cue:
    start_s = float(times["start"])
    return Cue(start_s=start_s, end_s=max(start_s, float(times["end"])), speaker=speaker, text=text)


def _speaker(word: dict[str, Any], segment: dict[str, Any]) -> str | None:
    return _name(word.get("speaker") or segment.get("speaker"))


def _name(value: Any) -> str | None:
    return str(value).strip() or None if value else None


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
