"""Words of voices to turns: cut where the voice changes, at pauses, at doubt, and before they grow long."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from schemas.speech import Utterance, UtteranceWord

PAUSE_S = 2.0
LONGEST_S = 60.0
MOST_WORDS = 120
"""A turn is withheld whole where it is in doubt: long ones are cut so that little is lost."""
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
    """
    pieces = (piece for run in _runs(said) for piece in _cut(run))
    return [Turn(piece[0].voice, tuple(one.word for one in piece), language, timed) for piece in pieces]


def numbered(turns: Iterable[Turn]) -> tuple[Utterance, ...]:
    """Utterances ``u1``, ``u2``, ... in time order; the same turns always get the same numbers."""
    ordered = sorted(turns, key=lambda turn: (turn.start_s, turn.end_s, turn.voice))
    return tuple(
        Utterance(
            utterance=f"u{number}",
            voice=turn.voice,
            start_s=turn.start_s,
            end_s=turn.end_s,
            words=turn.words,
            language=turn.language,
            timed=turn.timed,
        )
        for number, turn in enumerate(ordered, 1)
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


def _cut(run: list[Said]) -> Iterator[list[Said]]:
    while (fitting := _fitting(run)) < len(run):
        at = _best_cut(run, fitting)
        yield run[:at]
        run = run[at:]
    yield run


def _fitting(run: Sequence[Said]) -> int:
    """How many words from the front stay within the limits, at least one."""
    start_s = run[0].word.start_s
    count = 1
    while count < min(len(run), MOST_WORDS) and run[count].word.end_s - start_s <= LONGEST_S:
        count += 1
    return count


def _best_cut(run: Sequence[Said], fitting: int) -> int:
    first = max(1, fitting // 2)
    for at in range(fitting, first, -1):
        if run[at - 1].word.text.endswith(SENTENCE_ENDS):
            return at
    return max(range(first, fitting + 1), key=lambda at: (run[at].word.start_s - run[at - 1].word.end_s, at))
