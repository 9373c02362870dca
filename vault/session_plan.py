"""What erasing a participant touches in one session. Pure functions; ``session_scrub`` takes it out of each record."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from pydantic import Field

from schemas.deidentified import Label, NamesFound
from schemas.identifiers import ParticipantId, TrackId, UtteranceId
from schemas.recording import Intake, Track
from schemas.records import Record
from schemas.speech import Attributed, Utterance, UtteranceWord, offsets
from vault.erasure import Erased, Intervals
from vault.names_known import BLOCK, name_spans, placeholder

_NAMES = frozenset({Label.PERSON, Label.CONTACT, Label.LINK})
"""In other people's words only names, handles and contacts are replaced."""
_MARGIN_S = 0.1
"""Word times are this rough; silence reaches so much further."""
_ALIKE = 0.8
_LONGEST_WORD_S = 10.0
_LONGEST_TAIL_S = 1.0
"""A recogniser ends a word before its sound does; silence goes on to the next word that stays, but no further."""
_FOREVER_S = 1e6
"""Longer than any recording."""

Span = tuple[float, float]


class Stretch(Record):
    """Codepoints ``[start_char, end_char)`` of an utterance."""

    utterance: UtteranceId
    start_char: int
    end_char: int


class ErasurePlan(Record):
    """Everything of one participant in one session that is to go. Kept sealed until each step is done, so that a
    killed erasure goes on with what it knew at its start."""

    participant: ParticipantId | None
    """None: the voices that are nobody's."""
    within: tuple[Span, ...] | None = None
    """Only what lies in these seconds; None: the whole session."""
    voice_only: bool = False
    """Sound only: words stay as they are."""
    keep: bool = False
    """What was kept of their words, de-identified, stays."""
    tracks: tuple[TrackId, ...]
    """The person's own recordings."""
    labels: tuple[str, ...] = Field(repr=False)
    """Display names and voice labels that are theirs."""
    labels_of_others: tuple[str, ...] = Field(repr=False)
    """These stay as they are, even where two people share a name: turns are told apart by them."""
    utterances: tuple[UtteranceId, ...]
    """Their turns of which no word stays."""
    cut: tuple[Stretch, ...] = ()
    """Their words in turns of which the rest stays."""
    cut_at: tuple[Span, ...] = ()
    """When those words are said."""
    spoken: tuple[Span, ...]
    """When they say what goes."""
    tails: tuple[Span, ...] = ()
    """What sounds on after it, until somebody says something that stays."""
    untimed: bool
    """They say something that goes, and the source gives no times."""
    mentions: tuple[Stretch, ...]
    """Where others' utterances name them."""
    named: tuple[Span, ...]
    """When others say their name."""
    names: tuple[str, ...] = Field(repr=False)
    """How they are named anywhere in the study."""
    parts: tuple[str, ...] = Field(default=(), repr=False)
    """Single parts of those names. In notes, in which nobody looks for names, they count as names."""
    cues_aside: bool = False
    """The cues told nobody's turns apart, so that their speakers are no voices of the session."""
    kept: bool = False
    """What stays of their words, where some is to, was stored."""
    said: Erased | None = None
    """What this erasure will say that it did, but for how the files lie afterwards."""

    @property
    def whole(self) -> bool:
        """Whether everything of theirs in the session goes."""
        return self.within is None and not self.voice_only

    @property
    def empty(self) -> bool:
        """Whether neither their voice nor their name was found."""
        return not (self.tracks or self.utterances or self.cut or self.mentions or self.spoken or self.untimed)


def plan_erasure(
    participant: str | None,
    known: Sequence[str],
    intake: Intake,
    attributed: Attributed,
    names: NamesFound | None,
    *,
    within: tuple[Span, ...] | None = None,
    voice_only: bool = False,
    keep: bool = False,
) -> ErasurePlan:
    """Find everything of ``participant`` in one session.

    Args:
        participant: None: the voices that are nobody's.
        known: How they are named anywhere in the study. After the erasure nobody knows these names any more, so that
            what stays of them in others' words would be shown.
        names: What was found in ``attributed``; None where nothing was searched yet.
        within: Only these seconds; a word that reaches into them counts.
        voice_only: Plan for the sound of their voice, and for no word.
        keep: Noted in the plan.
    """
    mine = {i for i, voice in enumerate(attributed.voices) if voice.participant == participant}
    own = [(u, words) for u in attributed.utterances if u.voice in mine and (words := _going(u, within))]
    others = {u.utterance: u for u in attributed.utterances if u.voice not in mine}
    searched = participant is not None and not voice_only
    called = [*known, placeholder(participant)] if participant is not None else []
    mentions = _mentions(str(participant), others, names, called, within) if searched else []
    labels = {attributed.voices[i].label for i in mine}
    labels |= {voice for voice, whose in intake.voice_map.items() if whose == participant}
    tracks = _own_tracks(participant, labels, known, intake, attributed)
    spoken = tuple(span for u, words in own if u.timed for span in _said_in(u, words))
    aside = _cues_aside(intake, attributed)
    labels |= _labels_aside(intake, called, spoken, within) if aside and participant is not None else set()
    said = {others[m.utterance].text[m.start_char : m.end_char] for m in mentions}
    emptied = [u for u, words in own if len(words) == len(u.words) and not voice_only]
    cut = [(u, words) for u, words in own if len(words) < len(u.words) and not voice_only]
    return ErasurePlan(
        participant=participant,
        within=within,
        voice_only=voice_only,
        keep=keep,
        tracks=tuple(tracks),
        labels=tuple(sorted(labels - {""})),
        labels_of_others=tuple(sorted(_labels_of_others(participant, intake, attributed))),
        utterances=tuple(u.utterance for u in emptied),
        cut=tuple(_stretch(u, start, word) for u, words in cut for start, word in words),
        cut_at=tuple((word.start_s, word.end_s) for _, words in cut for _, word in words),
        spoken=spoken,
        tails=tuple(_tails(spoken, _staying_words(attributed, own))),
        untimed=any(not u.timed for u, _ in own),
        mentions=tuple(mentions),
        named=tuple(_said_at(mentions, others)),
        names=tuple(sorted({name for name in {*called, *said} if len(name) > 1})) if searched else (),
        parts=tuple(sorted(_parts(known))) if searched else (),
        cues_aside=aside,
    )


def own_recording_goes(plan: ErasurePlan, track: str) -> bool:
    """Whether a recording is theirs and is to be removed, not only silenced."""
    return plan.whole and track in plan.tracks


def silent_at(plan: ErasurePlan, track: str, others: set[str]) -> Intervals:
    """When a recording that stays must be silent: a mix where the person speaks, every one where they are named.

    Their own one, where it stays, is silent all through what is to go. What a source without times says is somewhere
    in the recording; one that cannot be removed for it is silent from end to end.

    Args:
        others: Recordings that are one other person's own.
    """
    wanted = list(plan.named)
    if track in plan.tracks:
        wanted += [*plan.spoken, *(plan.within or [(0.0, _FOREVER_S)])]
    elif track not in others:
        wanted += [(0.0, _FOREVER_S)] if plan.untimed and not plan.whole else [*plan.spoken, *plan.tails]
    return _merged(wanted)


def tracks_of_others(participant: str | None, intake: Intake, attributed: Attributed) -> set[str]:
    """Recordings known to be one other person's own; what is nobody's own is a mix."""
    labels = _labels_of_others(participant, intake, attributed)
    return {track.track for track in intake.tracks if _labelled(track, labels, intake)}


def inside(start_s: float, end_s: float, spans: Iterable[Span]) -> bool:
    """Whether something that lasts from ``start_s`` to ``end_s`` reaches into one of ``spans``, half-open."""
    return any(start_s < end and start < max(end_s, start_s + 1e-9) for start, end in spans)


def _merged(wanted: Iterable[Span]) -> Intervals:
    merged: Intervals = []
    for start_s, end_s in sorted((max(0.0, start - _MARGIN_S), end + _MARGIN_S) for start, end in wanted):
        if merged and start_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end_s, merged[-1][1]))
        else:
            merged.append((start_s, end_s))
    return merged


def _going(utterance: Utterance, within: tuple[Span, ...] | None) -> list[tuple[int, UtteranceWord]]:
    """The words of one of their turns that go, with their offsets; none where an earlier erasure took them all."""
    words = [(at, word) for at, word in offsets(utterance.words) if _reaches(word, within)]
    blocked = within is not None and all(not word.text.strip(BLOCK) for _, word in words)
    return [] if blocked else words


def _reaches(word: UtteranceWord, within: tuple[Span, ...] | None) -> bool:
    return within is None or inside(word.start_s, word.end_s, within)


def _staying_words(
    attributed: Attributed, own: Sequence[tuple[Utterance, list[tuple[int, UtteranceWord]]]]
) -> list[Span]:
    """When words are said that do not go, in order."""
    going = {(utterance.utterance, at) for utterance, words in own for at, _ in words}
    timed = (utterance for utterance in attributed.utterances if utterance.timed)
    return sorted(
        (word.start_s, word.end_s)
        for utterance in timed
        for at, word in offsets(utterance.words)
        if (utterance.utterance, at) not in going
    )


def _tails(spoken: Sequence[Span], staying: Sequence[Span]) -> Iterator[Span]:
    """From the end of what goes to the next word that stays, whose own beginning is left alone."""
    starts = [start_s for start_s, _ in staying]
    for _, end_s in spoken:
        near = staying[bisect_left(starts, end_s - _LONGEST_WORD_S) :]
        next_s = next((start_s for start_s, until_s in near if until_s > end_s), end_s + _FOREVER_S)
        tail_s = min(end_s + _LONGEST_TAIL_S, next_s - _MARGIN_S)
        if tail_s > end_s:
            yield (end_s, tail_s)


def _parts(known: Iterable[str]) -> set[str]:
    """The parts of full names that are written with a capital, or in letters that have none."""
    parts = (part for name in known if len(name.split()) > 1 for part in name.split())
    return {part for part in parts if len(part) > 1 and part[0].isalpha() and not part[0].islower()}


def _cues_aside(intake: Intake, attributed: Attributed) -> bool:
    """Whether the cues lie beside recordings of single voices, by which the turns were told apart."""
    speakers = {cue.speaker for cue in intake.cues.cues if cue.speaker} if intake.cues else set()
    return intake.cues is not None and not speakers & {voice.label for voice in attributed.voices}


def _labels_aside(
    intake: Intake, called: Sequence[str], spoken: Sequence[Span], within: tuple[Span, ...] | None
) -> set[str]:
    """Speakers of such cues who are the person: by their name, or since they mostly speak when the person does."""
    at: dict[str, list[bool]] = {}
    for cue in intake.cues.cues if intake.cues else ():
        middle_s = (cue.start_s + cue.end_s) / 2
        if cue.speaker and (within is None or inside(middle_s, middle_s, within)):
            at.setdefault(cue.speaker, []).append(inside(middle_s, middle_s, spoken))
    return {speaker for speaker, during in at.items() if name_spans(called, speaker) or 2 * sum(during) > len(during)}


def _stretch(utterance: Utterance, start: int, word: UtteranceWord) -> Stretch:
    return Stretch(utterance=utterance.utterance, start_char=start, end_char=start + len(word.text))


def _said_in(utterance: Utterance, words: Sequence[tuple[int, UtteranceWord]]) -> list[Span]:
    if len(words) == len(utterance.words):
        return [(utterance.start_s, utterance.end_s)]
    return [(word.start_s, word.end_s) for _, word in words]


def _mentions(
    participant: str,
    others: dict[str, Utterance],
    names: NamesFound | None,
    known: Sequence[str],
    within: tuple[Span, ...] | None,
) -> list[Stretch]:
    found = {
        (turn.utterance, find.start_char, find.end_char)
        for turn in (names.utterances if names else ())
        for find in turn.finds
        if participant in (find.participant, *find.others) and find.label in _NAMES and turn.utterance in others
    }
    found |= {(u.utterance, *span) for u in others.values() for span in name_spans(known, u.text)}
    stretches = [Stretch(utterance=u, start_char=start, end_char=end) for u, start, end in sorted(found)]
    return [
        one
        for one in stretches
        # What an earlier run replaced is no mention any more.
        if others[one.utterance].text[one.start_char : one.end_char].strip(BLOCK + " ")
        and any(_reaches(word, within) for word in _words_of(one, others))
    ]


def _words_of(stretch: Stretch, turns: dict[str, Utterance]) -> list[UtteranceWord]:
    return [
        word
        for start, word in offsets(turns[stretch.utterance].words)
        if start < stretch.end_char and stretch.start_char < start + len(word.text)
    ]


def _own_tracks(
    participant: str | None, labels: set[str], known: Sequence[str], intake: Intake, attributed: Attributed
) -> list[str]:
    if participant is None and len(intake.tracks) == 1 and _somebody_speaks(attributed):
        return []  # a lone file in which somebody known speaks too
    taken = tracks_of_others(participant, intake, attributed)
    return [
        track.track
        for track in intake.tracks
        if track.track not in taken and (_labelled(track, labels, intake) or _named_like(track, known, intake))
    ]


def _somebody_speaks(attributed: Attributed) -> bool:
    known = {i for i, voice in enumerate(attributed.voices) if voice.participant is not None}
    return any(utterance.voice in known for utterance in attributed.utterances)


def _labels_of_others(participant: str | None, intake: Intake, attributed: Attributed) -> set[str]:
    labels = {voice.label for voice in attributed.voices if voice.participant not in (None, participant)}
    return labels | {voice for voice, whose in intake.voice_map.items() if whose != participant}


def _labelled(track: Track, labels: set[str], intake: Intake) -> bool:
    # A lone file is a mix of voices, whatever its name says; only a person's own word makes it one voice's.
    hint = track.name_hint if len(intake.tracks) > 1 or track.name_hint in intake.voice_map else None
    return track.track in labels or (hint is not None and hint in labels)


def _named_like(track: Track, known: Sequence[str], intake: Intake) -> bool:
    """Whether the file's name is nearly the person's: a track that was never listened to has no voice label."""
    if len(intake.tracks) < 2 or not track.name_hint:
        return False
    hint = _squeezed(track.name_hint)
    return any(SequenceMatcher(None, hint, _squeezed(name)).ratio() >= _ALIKE for name in known)


def _squeezed(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _said_at(mentions: Iterable[Stretch], others: dict[str, Utterance]) -> list[Span]:
    return [
        (word.start_s, word.end_s)
        for mention in mentions
        if others[mention.utterance].timed
        for word in _words_of(mention, others)
    ]
