"""What of a session a person of the team may be shown, and when a recording must be silent. Pure functions."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from deidentification.api import Governor
from schemas.consent import SessionDecisions, State
from schemas.deidentified import NamesFound, WithheldReason
from schemas.policy import Policy
from schemas.roster import MatchingTable
from schemas.speech import Attributed, Utterance, UtteranceWord, offsets

EXCERPT_WORDS = 15
"""Of a voice that nobody was asked about: enough to tell who it is."""
NOT_SHOWN = "[not shown]"
MASKED = "[PERSON]"
UNCLEAR = "[unclear]"
KEPT_LABEL = "Participant"
GONE = frozenset({State.STOPPED, State.ERASED, State.DECLINED})
"""Who withdrew or declined: neither their words nor their names in others' words are shown."""
_PLACEHOLDER = re.compile(r"\[P\d+\]")
_DOUBTED = (WithheldReason.SPEAKER_UNKNOWN, WithheldReason.NO_CONSENT)
Stretches = list[tuple[float, float]]


class Openness(Enum):
    """How far a word may be shown: as it is, as part of the excerpt that tells who speaks, or not at all."""

    OPEN = "open"
    EXCERPT = "excerpt"
    CLOSED = "closed"


@dataclass(frozen=True)
class ShownTurn:
    """A turn as a person of the team may read it; one that may not be shown is a gap that tells how long it lasted.

    Attributes:
        speaker: Name from the roster, else how the source calls the voice; empty for a gap.
        participant: None for a gap, and for a voice that is nobody's.
        timed: False where the source gave no times.
    """

    start_s: float
    end_s: float
    speaker: str
    participant: str | None
    text: str
    timed: bool = True


class Showing:
    """One session as it may be shown today.

    Args:
        attributed: Its turns.
        decisions: What everybody in it allows, for each purpose there is.
        policy: Thresholds and margins.
        unheard: Participants whose words may be read and whose voice may not be heard.
    """

    def __init__(
        self,
        attributed: Attributed,
        decisions: Sequence[SessionDecisions],
        policy: Policy,
        *,
        unheard: AbstractSet[str] = frozenset(),
    ) -> None:
        self._turns = attributed.utterances
        self._voices = attributed.voices
        self._governors = [Governor(one, attributed.voices, policy) for one in decisions]
        self._states = {person: one.state for person, one in decisions[0].decisions.items()}
        self._margin_s = policy.boundary_s
        self._unheard = unheard
        self._openness = dict(self._all())

    @property
    def gone(self) -> frozenset[str]:
        """Everybody here who withdrew or declined."""
        return frozenset(person for person, state in self._states.items() if state in GONE)

    @property
    def some_open(self) -> bool:
        """Whether anybody speaks here whose words may be shown as they are."""
        return any(Openness.OPEN in openness for openness in self._openness.values())

    def turns(self, table: MatchingTable, names: NamesFound) -> list[ShownTurn]:
        """Every turn, with names as the roster has them, and names of people who withdrew masked."""
        masks = _masks(names, self.gone)
        return [self._turn(turn, table, masks.get(turn.utterance, ())) for turn in self._turns if turn.words]

    def silent(self, names: NamesFound) -> Stretches | None:
        """When a recording must be silent: wherever somebody speaks, or is named, who may not be heard.

        Returns:
            Merged stretches in seconds; None where that cannot be told, since the source gave no times.
        """
        masks = _masks(names, self.gone)
        found: Stretches = []
        for turn in self._turns:
            quiet = self._quiet(turn, masks.get(turn.utterance, ()))
            if any(quiet) and not turn.timed:
                return None
            found += _stretches(turn, quiet)
        return merged(found, self._margin_s)

    def excerpts(self) -> Stretches:
        """When the excerpts are said that tell who an unknown voice is."""
        found: Stretches = []
        for turn in self._turns:
            if turn.timed:
                found += _stretches(turn, [one is Openness.EXCERPT for one in self._openness[turn.utterance]])
        return merged(found, 0.0)

    def _turn(self, turn: Utterance, table: MatchingTable, masks: Sequence[tuple[int, int]]) -> ShownTurn:
        openness = self._openness[turn.utterance]
        if all(one is Openness.CLOSED for one in openness):
            return ShownTurn(turn.start_s, turn.end_s, "", None, NOT_SHOWN, turn.timed)
        speaker, participant, known = self._speaker(turn.voice, table)
        said = _said(turn, openness, masks)
        text = said if known else _PLACEHOLDER.sub(MASKED, said)
        return ShownTurn(turn.start_s, turn.end_s, speaker, participant, text, turn.timed)

    def _speaker(self, voice: int, table: MatchingTable) -> tuple[str, str | None, bool]:
        """Name and participant of a voice, and whether its words are as they were said.

        Somebody who is not in the roster any more let their words stay without a name: none is shown.
        """
        participant = self._governors[0].speaker(voice)
        if participant is None:
            return self._voices[voice].label or f"voice {voice + 1}", None, True
        person = table.by_id().get(participant)
        return (person.full_name, participant, True) if person else (KEPT_LABEL, None, False)

    def _all(self) -> Iterator[tuple[str, list[Openness]]]:
        """Each turn's words; of a voice nobody was asked about, only the first few."""
        shown: Counter[object] = Counter()
        for turn in self._turns:
            found = []
            for word in turn.words:
                openness = self._word(turn, word)
                if openness is Openness.EXCERPT:
                    whose = self._voices[turn.voice].participant or turn.voice
                    shown[whose] += 1
                    openness = openness if shown[whose] <= EXCERPT_WORDS else Openness.CLOSED
                found.append(openness)
            yield turn.utterance, found

    def _word(self, turn: Utterance, word: UtteranceWord) -> Openness:
        reasons = {governor.word(turn, word)[0].reason for governor in self._governors}
        if reasons & {None, WithheldReason.FAILED}:
            return Openness.OPEN
        inside = any(governor.covering(word, turn.timed) for governor in self._governors)
        doubted = bool(reasons & set(_DOUBTED)) and not inside
        voices = {turn.voice, *word.near}
        return Openness.EXCERPT if doubted and all(map(self._to_be_found_out, voices)) else Openness.CLOSED

    def _to_be_found_out(self, voice: int) -> bool:
        """Whether a voice is nobody's, or of somebody who may at least be recognised: who withdrew may not."""
        person = self._voices[voice].participant if 0 <= voice < len(self._voices) else None
        return person is None or self._states.get(person, State.NOT_ASKED) in (State.NOT_ASKED, State.CONSENTED)

    def _quiet(self, turn: Utterance, masks: Sequence[tuple[int, int]]) -> list[bool]:
        """Of each word, whether it may not be heard."""
        words = zip(offsets(turn.words), self._openness[turn.utterance], strict=True)
        return [
            how is Openness.CLOSED or self._has_unheard(turn.voice, word) or _masked(start, word, masks)
            for (start, word), how in words
        ]

    def _has_unheard(self, voice: int, word: UtteranceWord) -> bool:
        voices = {voice, *word.near}
        people = {self._voices[one].participant for one in voices if 0 <= one < len(self._voices)}
        return bool(people & self._unheard)


def merged(stretches: Iterable[tuple[float, float]], margin_s: float) -> Stretches:
    """Stretches in time order, each reaching ``margin_s`` further, those that touch as one."""
    found: Stretches = []
    for start_s, end_s in sorted((max(0.0, start - margin_s), end + margin_s) for start, end in stretches):
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(end_s, found[-1][1]))
        else:
            found.append((start_s, end_s))
    return found


def outside(stretches: Stretches, duration_s: float) -> Stretches:
    """Everything up to ``duration_s`` that lies in none of ``stretches`` (merged, in time order)."""
    edges = [0.0, *(edge for stretch in stretches for edge in stretch), max(duration_s, 0.0)]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]


def _masks(names: NamesFound, gone: AbstractSet[str]) -> dict[str, list[tuple[int, int]]]:
    """Where the words of others tell of people who withdrew, by utterance, in codepoints."""
    return {
        turn.utterance: [(f.start_char, f.end_char) for f in turn.finds if gone & {f.participant or "", *f.others}]
        for turn in names.utterances
    }


def _said(turn: Utterance, openness: Sequence[Openness], masks: Sequence[tuple[int, int]]) -> str:
    """The turn's words; a run of them that is not shown, or names somebody who withdrew, is one mark."""
    parts = []
    for (start, word), how in zip(offsets(turn.words), openness, strict=True):
        if how is Openness.CLOSED:
            parts.append(NOT_SHOWN)
        elif _masked(start, word, masks):
            parts.append(MASKED)
        else:
            parts.append(word.text if word.confidence > 0 else UNCLEAR)
    marks = (NOT_SHOWN, MASKED, UNCLEAR)
    runs = ((part, list(run)) for part, run in groupby(parts))
    return " ".join(part if part in marks else " ".join(run) for part, run in runs)


def _masked(start: int, word: UtteranceWord, masks: Sequence[tuple[int, int]]) -> bool:
    return any(begin < start + len(word.text) and start < end for begin, end in masks)


def _stretches(turn: Utterance, wanted: Sequence[bool]) -> Stretches:
    """From the first to the last word of each run of wanted ones; a turn that is wanted whole, from end to end."""
    if wanted and all(wanted):
        return [(turn.start_s, turn.end_s)]
    runs = groupby(zip(turn.words, wanted, strict=True), key=lambda pair: pair[1])
    words = [[word for word, _ in run] for want, run in runs if want]
    return [(run[0].start_s, max(word.end_s for word in run)) for run in words]
