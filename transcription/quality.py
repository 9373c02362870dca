"""What a recogniser may have made up: repeated phrases, words in silence, speech without words.

Such words get the confidence 0.0, which nothing else has (a heard word has at least 0.001): whoever releases words
withholds them. Flags say where, never what.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from schemas.errors import BadInput
from schemas.speech import TrackWords, Word

DOUBTED = 0.0
LEAST = 0.001
"""Confidence of a heard word is never below this, so that DOUBTED means one thing."""
QUIET_RMS = 0.001
"""-60 dB below full scale: a word quieter than this was not spoken."""
GAP_S = 5.0
REACH_S = 1.0
LONGEST_PHRASE = 32
"""Words; in a language without spaces each piece of a sentence counts as one."""


def check(
    words: Sequence[Word], speech: Sequence[tuple[float, float]], audio: NDArray[np.float32], rate_hz: int
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """Find what should not be passed on.

    Args:
        words: As heard, in time order, seconds from the start of ``audio``.
        speech: (start, end) of voice activity, seconds.
        audio: Shape (samples,), -1 to 1.
        rate_hz: Samples per second.
    Returns:
        The words, doubted ones at confidence 0.0, and flags (``loop@``, ``silence_text@``, ``gap@`` with the
        second, ``silent``).
    """
    loops = find_loops([_plain(word.text) for word in words])
    quiet = [index for index, word in enumerate(words) if _is_quiet(word, audio, rate_hz)]
    doubted = {index for start, end in loops for index in range(start, end)} | set(quiet)
    flags = [(words[start].start_s, "loop") for start, _ in loops]
    flags += [(words[index].start_s, "silence_text") for index in _firsts(quiet)]
    flags += [(start, "gap") for start, _ in find_gaps(words, speech)]
    named = tuple(f"{kind}@{at_s:.1f}" for at_s, kind in sorted(flags))
    return _marked(words, doubted), named if words else (*named, "silent")


def find_loops(words: Sequence[str]) -> list[tuple[int, int]]:
    """Half-open index ranges in which one phrase of 1-32 words is repeated more often than people do."""
    ends = list(range(len(words)))
    for length in range(1, min(LONGEST_PHRASE, len(words)) + 1):
        _reach(ends, words, length)
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(words):
        if ends[at] > at:
            found.append((at, ends[at]))
        at = max(ends[at], at + 1)
    return found


def find_gaps(words: Sequence[Word], speech: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stretches (start, end; s) between two words in which people speak for 6 s and more and no word was heard.

    Pauses for breath cut voice activity into pieces: what counts is how much of it adds up between the words.
    """
    gaps: list[tuple[float, float]] = []
    at = 0.0
    last = max((end for _, end in speech), default=0.0)
    for start, end in [*((word.start_s, word.end_s) for word in words), (last, last)]:
        voiced = [(max(a, at), min(b, start)) for a, b in speech if min(b, start) > max(a, at)]
        if sum(b - a for a, b in voiced) >= GAP_S + REACH_S:
            gaps.append((voiced[0][0], voiced[-1][1]))
        at = max(at, end)
    return gaps


def fill_gaps(
    words: Sequence[Word],
    speech: Sequence[tuple[float, float]],
    hear: Callable[[float, float], Sequence[Word]],
) -> tuple[list[Word], tuple[str, ...]]:
    """Hear each gap once more: a list of names given beforehand can make a recogniser skip what was said.

    Args:
        words: As heard, in time order.
        speech: (start, end) of voice activity, seconds.
        hear: Gives the words of a stretch, heard by itself.
    Returns:
        All words in time order, and a flag ``reheard@`` (with the second) for each gap that had words after all.
    """
    found: list[Word] = []
    flags = []
    for start, end in find_gaps(words, speech):
        again = [word for word in hear(start, end) if word.start_s >= start - REACH_S and word.end_s <= end + REACH_S]
        if again:
            found += again
            flags.append(f"reheard@{start:.1f}")
    return sorted([*words, *found], key=lambda word: word.start_s), tuple(flags)


def check_session(tracks: Sequence[TrackWords]) -> tuple[str, ...]:
    """Look at all tracks of a session together.

    Returns:
        The ids of tracks in which nobody spoke (a muted observer is no error).
    Raises:
        BadInput: no word was heard in any of them.
    """
    silent = tuple(track.track for track in tracks if not track.words)
    if tracks and len(silent) == len(tracks):
        raise BadInput(
            "no speech was heard in any recording of this session",
            hint="Listen to the recording: a muted or wrong file is the usual cause.",
        )
    return silent


def _reach(ends: list[int], words: Sequence[str], length: int) -> None:
    """Move each place's end to where a loop of phrases of ``length`` words that begins there is over."""
    needed = 6 if length == 1 else 4 if length <= 3 else 3
    alike = 0
    # Going back, the words in a row that come again ``length`` words later are counted once for all beginnings.
    for at in range(len(words) - length - 1, -1, -1):
        alike = alike + 1 if words[at] == words[at + length] else 0
        times = alike // length + 1
        if times >= needed:
            ends[at] = max(ends[at], at + times * length)


def _firsts(indexes: Sequence[int]) -> list[int]:
    """The first index of each run of consecutive ones."""
    known = set(indexes)
    return [index for index in indexes if index - 1 not in known]


def _is_quiet(word: Word, audio: NDArray[np.float32], rate_hz: int) -> bool:
    part = audio[max(0, int((word.start_s - 0.1) * rate_hz)) : int((word.end_s + 0.1) * rate_hz)]
    return len(part) == 0 or float(np.sqrt(np.mean(np.square(part)))) < QUIET_RMS


def _marked(words: Sequence[Word], doubted: set[int]) -> tuple[Word, ...]:
    return tuple(
        word.model_copy(update={"confidence": DOUBTED if index in doubted else max(LEAST, word.confidence)})
        for index, word in enumerate(words)
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum()) or text
