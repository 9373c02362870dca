"""Turns that stand again where somebody withdrew and let their words stay, and numbers that turns keep. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import count

from schemas.speech import KEPT, Attributed, KeptTurn, KeptWords, Utterance, Voice
from vault.sessions import SessionStore


def kept_in(store: SessionStore) -> KeptWords | None:
    """What people who withdrew let stay in a session; None where nobody did."""
    return store.get_stage("kept", "", KeptWords)


def with_kept(turns: Attributed, kept: KeptWords) -> Attributed:
    """``turns`` with kept words under a voice of their own; done twice, it gives the same.

    A kept turn stands in the place that the erasure left empty, under its own number. Where the turns were laid out
    anew and that number is another's, it has the next free one.
    """
    taken = _Taken(turns)
    for turn in kept.turns:
        taken.put(turn)
    return turns.model_copy(update={"voices": tuple(taken.voices), "utterances": taken.in_order()})


def same_numbers(turns: Attributed, before: Attributed | None) -> Attributed:
    """``turns`` under the numbers they had before; a new turn has a number that none had.

    Codings name a turn by its number, so a turn laid out anew keeps it: it is known by its times and its length.
    """
    if before is None:
        return turns
    earlier: dict[tuple[float, float, int], list[str]] = defaultdict(list)
    for turn in reversed(before.utterances):
        earlier[_place(turn)].append(turn.utterance)
    free = count(_free(turn.utterance for turn in before.utterances))
    renumbered = []
    for turn in turns.utterances:
        known = earlier[_place(turn)]
        renumbered.append(turn.model_copy(update={"utterance": known.pop() if known else f"u{next(free)}"}))
    return turns.model_copy(update={"utterances": tuple(renumbered)})


class _Taken:
    """The turns of a session while kept ones are put among them."""

    def __init__(self, turns: Attributed) -> None:
        self.voices = list(turns.voices)
        self._turns = {turn.utterance: turn for turn in turns.utterances}

    def put(self, kept: KeptTurn) -> None:
        """Put one kept turn in its place."""
        near = [self._voice_of(other) for other in kept.beside]
        voice = self._kept_voice(kept.participant)
        words = tuple(w.model_copy(update={"near": tuple(near[index] for index in w.near)}) for w in kept.words)
        number = self._number(kept, voice)
        self._turns[number] = Utterance(
            utterance=number,
            voice=voice,
            start_s=kept.start_s,
            end_s=kept.end_s,
            words=words,
            language=kept.language,
            timed=kept.timed,
        )

    def in_order(self) -> tuple[Utterance, ...]:
        """All turns by time; of the same time, by number."""
        return tuple(sorted(self._turns.values(), key=lambda turn: (turn.start_s, turn.end_s, int(turn.utterance[1:]))))

    def _number(self, kept: KeptTurn, voice: int) -> str:
        here = self._turns.get(kept.utterance)
        if here is None or not here.words or here.voice == voice:
            return kept.utterance
        again = (t for t in self._turns.values() if (t.voice, t.start_s, t.end_s) == (voice, kept.start_s, kept.end_s))
        return next((turn.utterance for turn in again), f"u{_free(self._turns)}")

    def _kept_voice(self, participant: str) -> int:
        found = (i for i, one in enumerate(self.voices) if (one.participant, one.method) == (participant, KEPT))
        return self._first(found, participant)

    def _voice_of(self, participant: str) -> int:
        return self._first((i for i, one in enumerate(self.voices) if one.participant == participant), participant)

    def _first(self, found: Iterator[int], participant: str) -> int:
        """The first voice that fits, else a new one without a label."""
        index = next(found, len(self.voices))
        if index == len(self.voices):
            self.voices.append(Voice(label="", participant=participant, confidence=1.0, method=KEPT))
        return index


def _place(turn: Utterance) -> tuple[float, float, int]:
    # Names that became blocks have the length they had.
    return turn.start_s, turn.end_s, len(turn.text)


def _free(numbers: Iterable[str]) -> int:
    return 1 + max((int(number[1:]) for number in numbers), default=0)
