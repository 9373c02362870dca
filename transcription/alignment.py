"""Which recognised word is which word of a transcript: the text's own say in who said what."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from rapidfuzz.distance import Indel, Levenshtein

from schemas.recording import Cue
from schemas.speech import Word
from transcription.names import joined

ALIKE = 0.7
LONGEST_STRAY_S = 1.5
"""A platform's cue may lie this far from its words."""
STEADY_S = 1.5
FEWEST_STARTS = 3
LONG_RUN = 3


@dataclass(frozen=True)
class Pair:
    """A recognised word (by index) that stands in cue ``cue`` as its word number ``place``."""

    word: int
    cue: int
    place: int
    run: int
    """How many neighbouring words of the same speaker match together with it, itself included."""


@dataclass(frozen=True)
class Alignment:
    """All pairs by recognised word, and what each side has that the other has not."""

    pairs: dict[int, Pair]
    surplus: frozenset[int]
    """Recognised words in stretches of three and more for which the transcript has nothing."""
    unheard: dict[int, frozenset[str]]
    """Per cue, its words that were not recognised."""


def align(words: Sequence[Word], cues: Sequence[Cue], voices: Sequence[int]) -> Alignment:
    """Align recognised words with the words of cues, both in time order, by the fewest edits.

    Args:
        words: As recognised.
        cues: In time order, with text.
        voices: Voice index of each cue.
    """
    heard = [joined(word.text) for word in words]
    written = [(cue, place, joined(text)) for cue, one in enumerate(cues) for place, text in _tokens(one)]
    steps = Levenshtein.opcodes(heard, [token for _, _, token in written])
    matched: list[tuple[int, int]] = []
    surplus: set[int] = set()
    for step in steps:
        span, onto = range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)
        if step.tag == "delete" and len(span) >= LONG_RUN:
            surplus |= set(span)
        elif step.tag in ("equal", "replace"):
            matched += [(a, b) for a, b in zip(span, onto, strict=False) if _alike(heard[a], written[b][2])]
    return _alignment(matched, surplus, written, voices)


def clock_ahead_s(words: Sequence[Word], cues: Sequence[Cue], alignment: Alignment) -> float:
    """How far the recording's clock is ahead of the cues' (s), where enough beginnings of cues agree on it; else 0."""
    starts = [
        words[pair.word].start_s - cues[pair.cue].start_s
        for pair in alignment.pairs.values()
        if pair.place == 0 and pair.run >= LONG_RUN
    ]
    if len(starts) < FEWEST_STARTS:
        return 0.0
    middle = statistics.median(starts)
    spread = statistics.median(abs(start - middle) for start in starts)
    return round(middle, 3) if abs(middle) > 1.0 and spread <= STEADY_S else 0.0


def near_in_time(words: Sequence[Word], cues: Sequence[Cue], alignment: Alignment, slack_s: float) -> Alignment:
    """The same without pairs whose word lies further from its cue than a platform's times are wrong."""
    kept = {
        index: pair
        for index, pair in alignment.pairs.items()
        if _distance_s(words[index], cues[pair.cue]) <= LONGEST_STRAY_S + slack_s
    }
    return Alignment(kept, alignment.surplus, alignment.unheard)


def agreement(words: Sequence[Word], cues: Sequence[Cue], alignment: Alignment) -> float:
    """Share (0-1) of the shorter side that was matched; 1 where either side has fewer than 20 words."""
    written = sum(len((cue.text or "").split()) for cue in cues)
    shorter = min(len(words), written)
    return len(alignment.pairs) / shorter if shorter >= 20 else 1.0


def retimed(words: Sequence[Word], cues: Sequence[Cue], alignment: Alignment) -> list[Cue]:
    """Cues with times taken from the words they match, for sheets whose own times are rough.

    Where a cue's first or last word was not recognised, the cue reaches to its neighbour's words, so that what lies
    between counts as either's.
    """
    end_s = max((word.end_s for word in words), default=0.0)
    own: list[list[Pair]] = [[] for _ in cues]
    for pair in alignment.pairs.values():
        if pair.run >= 2:
            own[pair.cue].append(pair)
    starts = [min((words[pair.word].start_s for pair in pairs), default=math.inf) for pairs in own]
    ends = [max((words[pair.word].end_s for pair in pairs), default=0.0) for pairs in own]
    before = [0.0, *accumulate(ends, max)]
    after = [*accumulate(reversed([*starts, end_s]), min)][::-1]
    made: list[Cue] = []
    for index, cue in enumerate(cues):
        places = {pair.place for pair in own[index]}
        start = starts[index] if 0 in places else min(before[index], starts[index])
        stop = ends[index] if len((cue.text or "").split()) - 1 in places else max(after[index + 1], ends[index])
        made.append(cue.model_copy(update={"start_s": start, "end_s": max(start, stop)}))
    return made


def _tokens(cue: Cue) -> list[tuple[int, str]]:
    return [(place, text) for place, text in enumerate((cue.text or "").split()) if joined(text)]


def _alike(heard: str, written: str) -> bool:
    if heard == written:
        return bool(heard)
    return min(len(heard), len(written)) >= 4 and Indel.normalized_similarity(heard, written) >= ALIKE


def _alignment(
    matched: list[tuple[int, int]], surplus: set[int], written: list[tuple[int, int, str]], voices: Sequence[int]
) -> Alignment:
    pairs: dict[int, Pair] = {}
    for run in _runs(matched, [voices[cue] for cue, _, _ in written]):
        for word, token in run:
            cue, place, _ = written[token]
            pairs[word] = Pair(word, cue, place, len(run))
    found = {token for _, token in matched}
    unheard: dict[int, set[str]] = {}
    for token, (cue, _, text) in enumerate(written):
        if token not in found:
            unheard.setdefault(cue, set()).add(text)
    return Alignment(pairs, frozenset(surplus), {cue: frozenset(texts) for cue, texts in unheard.items()})


def _runs(matched: list[tuple[int, int]], voices: list[int]) -> list[list[tuple[int, int]]]:
    """Pairs that follow each other on both sides and belong to one voice."""
    runs: list[list[tuple[int, int]]] = []
    for word, token in matched:
        last = runs[-1][-1] if runs else (-2, -2)
        if (word, token) == (last[0] + 1, last[1] + 1) and voices[token] == voices[last[1]]:
            runs[-1].append((word, token))
        else:
            runs.append([(word, token)])
    return runs


def _distance_s(word: Word, cue: Cue) -> float:
    return max(0.0, cue.start_s - word.end_s, word.start_s - cue.end_s)
