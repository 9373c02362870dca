"""Words of a cue sheet: times inside each cue by the length of the words."""

from collections.abc import Iterator, Sequence

from schemas.recording import Cue, CueSheet
from schemas.speech import UtteranceWord
from transcription.turns import Said

PER_CHARACTER_S = 1 / 14
OPEN_ENDED = frozenset({"otter", "teams_docx"})
"""Sources without ends: a cue lasts until the next, which may be long after its words."""
ROUGH = frozenset({"meet"})
"""Sources whose times hold for minutes of talk, not for a turn."""


def said_in(sheet: CueSheet, voices: Sequence[int]) -> list[Said]:
    """Words of all cues in time order.

    Args:
        sheet: Cues with text.
        voices: Voice index of each cue.
    """
    order = sorted(range(len(sheet.cues)), key=lambda index: sheet.cues[index].start_s)
    open_ended = sheet.source in OPEN_ENDED
    return [Said(word, voices[index]) for index in order for word in cue_words(sheet.cues[index], open_ended)]


def cue_words(cue: Cue, open_ended: bool = False) -> Iterator[UtteranceWord]:
    """The words of one cue, its time shared out by characters; with ``open_ended``, no longer than they take to say."""
    words = (cue.text or "").split()
    length = sum(len(word) + 1 for word in words)
    lasts_s = cue.end_s - cue.start_s
    if open_ended:
        lasts_s = min(lasts_s, length * PER_CHARACTER_S)
    at = 0
    for word in words:
        begin, at = at, at + len(word) + 1
        yield UtteranceWord(
            text=word,
            start_s=round(cue.start_s + lasts_s * begin / length, 3),
            end_s=round(cue.start_s + lasts_s * at / length, 3),
        )


def resolution_s(sheet: CueSheet) -> float:
    """How coarse the sheet's times are: 1 s where all are whole seconds (rounded down), else 0."""
    whole = all(cue.start_s == int(cue.start_s) for cue in sheet.cues)
    return 1.0 if whole and len(sheet.cues) > 1 else 0.0
