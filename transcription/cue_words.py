"""Words of a cue sheet: each with the times of its whole cue, because nobody knows where in it a word was said."""

from collections.abc import Iterator, Sequence

from schemas.recording import Cue, CueSheet
from schemas.speech import UtteranceWord
from transcription.turns import Said

SLOW_S = 1 / 5
"""How long a written character takes somebody who speaks slowly and pauses: 60 words a minute."""
OPEN_ENDED = frozenset({"otter", "teams_docx"})
"""Sources without ends: a cue lasts until the next, and nothing says when the last one ends."""
ROUGH = frozenset({"meet"})
"""Sources whose times hold for minutes of talk, not for a turn."""


def said_in(sheet: CueSheet, voices: Sequence[int]) -> list[Said]:
    """Words of all cues in time order.

    Args:
        sheet: Cues with text.
        voices: Voice index of each cue.
    Returns:
        Each word with its cue's beginning and end. Where the source has no ends, a cue lasts to the end of the second
        in which the next begins, and the last for as long as slow speech takes.
    """
    order = sorted(range(len(sheet.cues)), key=lambda index: sheet.cues[index].start_s)
    open_ended = sheet.source in OPEN_ENDED
    late_s = resolution_s(sheet) if open_ended else 0.0
    last_s = sheet.cues[order[-1]].start_s if order and open_ended else None
    said: list[Said] = []
    for index in order:
        cue = sheet.cues[index]
        end_s = max(cue.end_s + late_s, _slow_end_s(cue) if cue.start_s == last_s else 0.0)
        said += [Said(word, voices[index]) for word in cue_words(cue.model_copy(update={"end_s": end_s}))]
    return said


def cue_words(cue: Cue) -> Iterator[UtteranceWord]:
    """The words of one cue, each from the cue's beginning to its end.

    A time shared out among the words would be a guess, and a passage that is off the record would miss those that
    were guessed to lie outside it.
    """
    for word in (cue.text or "").split():
        yield UtteranceWord(text=word, start_s=cue.start_s, end_s=cue.end_s)


def _slow_end_s(cue: Cue) -> float:
    return cue.start_s + len(cue.text or "") * SLOW_S


def resolution_s(sheet: CueSheet) -> float:
    """How coarse the sheet's times are: 1 s where all are whole seconds (rounded down), else 0."""
    whole = all(cue.start_s == int(cue.start_s) for cue in sheet.cues)
    return 1.0 if whole and len(sheet.cues) > 1 else 0.0
