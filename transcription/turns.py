"""Words of voices to turns: cut where the voice changes, at pauses, at doubt, and before they grow long."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.speech import Utterance, UtteranceWord

PAUSE_S = 2.0
LONGEST_S = 60.0
MOST_WORDS = 120
"""A turn is withheld whole where it is in doubt: long ones are cut so that little is lost."""
STEP_S = 0.001
SENTENCE_ENDS = (".", "?", "!", "…", ".”", "?”", "!”", '."', '?"', '!"', ".»", "?»", "!»")


@dataclass(frozen=True)
class Said:
    """One word and the index of the voice that said it."""

    word: UtteranceWord
    voice: int


@dataclass(frozen=True)
class Turn:
    """Words of one voice without a long pause."""

    voice: int
    words: tuple[UtteranceWord, ...]
    language: str
    timed: bool = True

    @property
    def start_s(self) -> float:
        """When its first word begins."""
        return min(word.start_s for word in self.words)

    @property
    def end_s(self) -> float:
        """When its last word ends."""
        return max(word.end_s for word in self.words)


def group(said: Iterable[Said], language: str, *, timed: bool = True) -> list[Turn]:
    """Turns of a run of words.

    Args:
        said: In the order they were said.
        language: ISO 639-1.
        timed: False where the times are only guessed from the length of the text.
    Returns:
        Turns of at most 60 s and 120 words, cut after a sentence where one ends in the second half, else at the
        longest pause there. Words that the recogniser may have made up (confidence 0) stand in turns of their own.
        Words that share their times (those of one cue) are kept together while they are no more than 120: where in
        those times each was said is not known, so their turn may last longer than 60 s.
    """
    pieces = (piece for run in _runs(said) for piece in _cut(run))
    return [Turn(piece[0].voice, tuple(one.word for one in piece), language, timed) for piece in pieces]


def numbered(turns: Iterable[Turn]) -> tuple[Utterance, ...]:
    """Utterances ``u1``, ``u2``, ... in time order; the same turns always get the same numbers.

    Turns of one voice with the same times are pieces of one long cue: each begins a millisecond after the one before,
    so that whoever sorts by time reads them in order. Their words keep the cue's own times.
    """
    ordered = sorted(turns, key=lambda turn: (turn.start_s, turn.end_s))
    earlier: Counter[tuple[int, float, float]] = Counter()
    made: list[Utterance] = []
    for number, turn in enumerate(ordered, 1):
        same = (turn.voice, turn.start_s, turn.end_s)
        start_s = min(turn.end_s, round(turn.start_s + earlier[same] * STEP_S, 6))
        made.append(_utterance(f"u{number}", turn, start_s))
        earlier[same] += 1
    return tuple(made)


def _utterance(name: str, turn: Turn, start_s: float) -> Utterance:
    return Utterance(
        utterance=name,
        voice=turn.voice,
        start_s=start_s,
        end_s=turn.end_s,
        words=turn.words,
        language=turn.language,
        timed=turn.timed,
    )


def _runs(said: Iterable[Said]) -> Iterator[list[Said]]:
    run: list[Said] = []
    for one in said:
        if run and _parted(run[-1], one):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _parted(before: Said, after: Said) -> bool:
    doubt_changes = (before.word.confidence == 0) != (after.word.confidence == 0)
    return before.voice != after.voice or doubt_changes or after.word.start_s - before.word.end_s >= PAUSE_S


def _cut(run: Sequence[Said]) -> Iterator[Sequence[Said]]:
    begin = 0
    while (stop := _fitting(run, begin)) < len(run):
        at = _best_cut(run, begin, stop)
        yield run[begin:at]
        begin = at
    yield run[begin:]


def _fitting(run: Sequence[Said], begin: int) -> int:
    """Where the words from ``begin`` on no longer stay within the limits, at least one further."""
    start_s, most = run[begin].word.start_s, min(len(run), begin + MOST_WORDS)
    stop = begin + 1
    while stop < most and (run[stop].word.end_s - start_s <= LONGEST_S or _together(run[begin], run[stop])):
        stop += 1
    return stop


def _best_cut(run: Sequence[Said], begin: int, stop: int) -> int:
    """Where to cut in the second half: between cues if it can be, after a sentence, else at the longest pause."""
    places = range(stop, max(begin + 1, begin + (stop - begin) // 2) - 1, -1)
    apart = [at for at in places if not _together(run[at - 1], run[at])] or list(places)
    ended = (at for at in apart if run[at - 1].word.text.endswith(SENTENCE_ENDS))
    longest = max(apart, key=lambda at: (run[at].word.start_s - run[at - 1].word.end_s, at))
    return next(ended, longest)


def _together(one: Said, other: Said) -> bool:
    """Whether two words share their times, as those of one cue do."""
    return (one.word.start_s, one.word.end_s) == (other.word.start_s, other.word.end_s)
