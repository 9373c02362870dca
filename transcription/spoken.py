"""Where somebody speaks, and which of several languages it most likely is."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from transcription.audio import WHISPER_HZ

WINDOW_S = 30.0
"""What Whisper hears at once: less costs it the same time."""
OPENING = 4
"""How many windows of speech a language is told by."""
STEP_S = 120.0


def voice_activity(audio: NDArray[np.float32]) -> list[tuple[float, float]]:
    """(start, end) in seconds of the stretches in which somebody speaks, at most 30 s each."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(max_speech_duration_s=WINDOW_S, min_silence_duration_ms=160)
    return [(span["start"] / WHISPER_HZ, span["end"] / WHISPER_HZ) for span in get_speech_timestamps(audio, options)]


def speech_of(audio: NDArray[np.float32], speech: Iterable[tuple[float, float]]) -> NDArray[np.float32]:
    """The stretches of ``speech`` (start, end; s), one after the other."""
    parts = [audio[int(start * WHISPER_HZ) : int(end * WHISPER_HZ)] for start, end in speech]
    return np.concatenate([np.zeros(0, dtype=np.float32), *parts])


def opening(audio: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The first two minutes of speech, without its silences, in windows of at most 30 s; none where nobody speaks.

    Args:
        audio: Shape (samples,), mono, 16 kHz.
    """
    window, step = int(WINDOW_S * WHISPER_HZ), int(STEP_S * WHISPER_HZ)
    spoken = np.zeros(0, dtype=np.float32)
    for start in range(0, len(audio), step):
        part = audio[start : start + step]
        spoken = np.concatenate([spoken, speech_of(part, voice_activity(part))])
        if len(spoken) >= window * OPENING:
            break
    return [spoken[at : at + window] for at in range(0, min(len(spoken), window * OPENING), window)]


def likeliest(chances: Sequence[Mapping[str, float]], among: Sequence[str]) -> str | None:
    """The language of ``among`` with the greatest sum of chances; of equal ones the first; None without either."""
    if not chances or not among:
        return None
    return max(among, key=lambda code: sum(chance.get(code, 0.0) for chance in chances))
