"""Turn a session's words into words that may leave the vault, or into gaps, for one purpose and its decisions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from deidentification.clues import KEPT, Clues, ClueShown, Sentence, tag
from deidentification.company import Company
from deidentification.discretion import WHY, asks_for_discretion
from deidentification.generalised import Generalised, Spoken, inside
from deidentification.governing import Governor, Piece, refused
from deidentification.leaks import find_leaks, withhold
from deidentification.listed import Listed, lift
from deidentification.names import MASKED, Names, NameShown
from deidentification.recognizers.placeholders import BLOCK, PLACED
from deidentification.recognizers.roster_index import name_tokens
from deidentification.render import Edit, render
from deidentification.spans import is_named, people_of, unite_finds
from deidentification.study_names import Rows, find_known, index_names
from deidentification.text import View
from deidentification.third_parties import ThirdParties
from schemas.consent import LEVEL_ORDER, SessionDecisions
from schemas.deidentified import (
    Action,
    Certainty,
    DeidentifiedUtterance,
    Doubt,
    DoubtfulFind,
    Find,
    Label,
    NamesFound,
    NameTable,
    RedactedSession,
    SpeakerShown,
    WithheldReason,
    WithheldUtterance,
)  # fmt: skip
from schemas.errors import CheckFailed
from schemas.identifiers import ParticipantId
from schemas.policy import Policy
from schemas.purposes import quotable
from schemas.recording import Session
from schemas.roster import MatchingTable
from schemas.speech import Attributed, Utterance

Released = DeidentifiedUtterance | WithheldUtterance
_BLOCKED = f"{BLOCK} '’.-"


@dataclass
class Turn:
    """One utterance with everything found in it; ``finds`` None where what was found does not fit its text."""

    utterance: Utterance
    view: View
    finds: list[Find] | None
    standing: list[tuple[int, int]] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    """Start of a third party's name to its number."""
    phrases: list[Spoken] = field(default_factory=list)
    """Phrases that the policy says in more general words."""


def redact(
    attributed: Attributed,
    found: NamesFound,
    names: NameTable,
    decisions: SessionDecisions,
    session: Session,
    table: MatchingTable,
    policy: Policy,
    kept: Collection[ParticipantId] = (),
) -> RedactedSession:
    """De-identify one session for one purpose, past the leak gate.

    Args:
        attributed: The session's turns.
        found: What was found in them, before any decision.
        names: The study name table (all of it, or the rows that touch this session: the result is the same).
        decisions: What everybody allows, in this session and in its marked passages.
        kept: People of whom nothing is known any more but that some of their words stay.
    Returns:
        Every turn, shown in one or more pieces or withheld with a reason; what a person should look at.
    Raises:
        CheckFailed: where names still stand after the gate withheld what it found, or what was handed in does not
            belong together. Nothing may be released then.
    """
    if not session.session == found.session == decisions.session:
        raise CheckFailed(
            "names and decisions of different sessions were put together", hint="Run this session again from the start."
        )
    maker = Maker(attributed, decisions, session, table, policy, kept)
    turns = maker.turns(attributed, found, index_names(names))
    released = [piece for turn in turns for piece in maker.turn(turn)]
    return _gate(released, turns, maker, decisions)


def _gate(
    released: list[Released], turns: Sequence[Turn], maker: "Maker", decisions: SessionDecisions
) -> RedactedSession:
    leaking = {leak.utterance for leak in find_leaks(released, maker.terms, decisions)}
    passed = [withhold(piece) if piece.utterance in leaking else piece for piece in released]
    if leaking and any(find_leaks(passed, maker.terms, decisions)):
        raise CheckFailed(
            f"session {decisions.session}: names still stand after the leak gate; nothing was released",
            hint="Review the names of this session and run again.",
        )
    caught = [
        DoubtfulFind(
            utterance=t.utterance.utterance, start_char=0, end_char=len(t.view.text), label=Label.PERSON,
            why="the leak gate found a name that should have been hidden",
        )
        for t in turns
        if t.utterance.utterance in leaking
    ]  # fmt: skip
    return RedactedSession(
        session=decisions.session,
        purpose=decisions.purpose,
        utterances=tuple(passed),
        review=(*maker.review, *caught),
        gate_hits=len(leaking),
    )


class Maker:
    """Everything that stays the same while one session is redacted."""

    def __init__(
        self,
        attributed: Attributed,
        decisions: SessionDecisions,
        session: Session,
        table: MatchingTable,
        policy: Policy,
        kept: Collection[ParticipantId] = (),
    ) -> None:
        company = Company.of(table)
        self.terms = company.terms
        self.names = Names(company, decisions, session, frozenset(kept))
        self.governor = Governor(decisions, attributed.voices, policy)
        self.clues = Clues(self.names, self.governor, policy)
        self.listed = Listed.of(policy)
        self.generalised = Generalised.of(policy)
        self._purpose = decisions.purpose
        self.review: list[DoubtfulFind] = []
        self._parts = {person.participant: frozenset(name_tokens(person.full_name)) for person in table.people}
        self._speakers: dict[tuple[str, str], SpeakerShown] = {}

    def turns(self, attributed: Attributed, found: NamesFound, rows: Rows) -> list[Turn]:
        """Every utterance with its finds, those of the study name table united with them, third parties numbered."""
        by_id = {entry.utterance: entry.finds for entry in found.utterances}
        third_parties = ThirdParties()
        turns = []
        for utterance in attributed.utterances:
            turn = self._turn(utterance, by_id.get(utterance.utterance), rows)
            self._number(turn, third_parties)
            turns.append(turn)
        return turns

    def _turn(self, utterance: Utterance, finds: tuple[Find, ...] | None, rows: Rows) -> Turn:
        view = View(utterance.text)
        if finds is None or any(not 0 <= f.start_char < f.end_char <= len(view.text) for f in finds):
            return Turn(utterance, view, None)
        known = self.further(view, rows)
        united = unite_finds(view, [*finds, *known], self._parts) if known else finds
        kept, standing = lift(united, self.listed.ranges(view))
        return Turn(utterance, view, kept, standing, phrases=self.generalised.said(view, kept))

    def further(self, view: View, rows: Rows) -> list[Find]:
        """Finds beyond those of the session's own search: rows of the study name table that are said here."""
        return find_known(view, rows)

    def _number(self, turn: Turn, third_parties: ThirdParties) -> None:
        for find in turn.finds or ():
            if find.label is Label.PERSON and find.participant is None and find.source != PLACED:
                words = turn.view.words(find.start_char, find.end_char)
                turn.numbers[find.start_char] = third_parties.number(words or ["?"])

    def turn(self, turn: Turn) -> list[Released]:
        """One utterance, in pieces."""
        pieces = self.governor.pieces(turn.utterance)
        if not pieces:
            return [self._emptied(turn.utterance)]
        if turn.finds is None:
            return [self._failed(turn.utterance)]
        self._queue(turn, pieces)
        sentences = self.clues.sentences(turn.view, turn.finds)
        return [self._piece(turn, number, piece, sentences, len(pieces)) for number, piece in enumerate(pieces)]

    def _emptied(self, utterance: Utterance) -> WithheldUtterance:
        """The gap where an erasure left no word: nobody's, so that gaps of one person are not joined."""
        gap = self._failed(utterance)
        speaker = self.governor.speaker(utterance.voice)
        reason = refused(self.governor.decision(speaker), self._purpose) if speaker else WithheldReason.SPEAKER_UNKNOWN
        return gap.model_copy(update={"reason": reason or WithheldReason.NO_CONSENT})

    def _failed(self, utterance: Utterance) -> WithheldUtterance:
        return WithheldUtterance(
            utterance=utterance.utterance, piece=0, start_s=utterance.start_s, end_s=utterance.end_s,
            reason=WithheldReason.FAILED,
        )  # fmt: skip

    def _piece(self, turn: Turn, number: int, piece: Piece, sentences: list[Sentence], count: int) -> Released:
        words, governed = turn.utterance.words, piece.governed
        start_s = turn.utterance.start_s if count == 1 else words[piece.first].start_s
        end_s = turn.utterance.end_s if count == 1 else words[piece.stop - 1].end_s
        person = self.names.person(governed.participant) if governed.participant else None
        reason = governed.reason
        if reason is None and (person is None or governed.decision is None):
            reason = WithheldReason.SPEAKER_UNKNOWN
        if reason is not None or person is None or governed.decision is None:
            return WithheldUtterance(
                utterance=turn.utterance.utterance, piece=number, start_s=start_s, end_s=end_s,
                reason=reason or WithheldReason.SPEAKER_UNKNOWN, participant=governed.participant,
                decision=governed.digest or None,
            )  # fmt: skip
        digest = governed.digest
        if (person.participant, digest) not in self._speakers:
            self._speakers[person.participant, digest] = self.names.speaker(person, governed.decision)
        rendered = render(turn.view.text, piece.start_char, piece.end_char, self.edits(turn, piece, sentences))
        return DeidentifiedUtterance(
            utterance=turn.utterance.utterance, piece=number, start_s=start_s, end_s=end_s,
            speaker=self._speakers[person.participant, digest], text=rendered.text, redactions=rendered.redactions,
            spans=rendered.spans, decision=digest, verbatim=governed.decision.verbatim,
            quote=quotable(governed.decision, self._purpose, turn.utterance.state),
        )  # fmt: skip

    def edits(self, turn: Turn, piece: Piece, sentences: list[Sentence]) -> list[Edit]:
        """What becomes of everything found in one piece, in order."""
        phrases = [phrase for phrase in turn.phrases if self._goes(turn, phrase, piece, sentences)]
        edits = [self._phrase_edit(phrase, piece) for phrase in phrases]
        edits += [
            Edit(max(start, piece.start_char), min(end, piece.end_char), None, Label.OTHER, None, listed=True)
            for start, end in turn.standing
            if start < piece.end_char and end > piece.start_char
            if not any(phrase.start < end and start < phrase.end for phrase in phrases)
        ]
        for find in turn.finds or ():
            if find.start_char < piece.end_char and find.end_char > piece.start_char and not inside(phrases, find):
                edit = self.edit(turn, find, piece, sentences[turn.view.sentence_at(find.start_char)])
                edits.extend([edit] if edit else [])
        return sorted(edits, key=lambda e: e.start)

    def _goes(self, turn: Turn, phrase: Spoken, piece: Piece, sentences: list[Sentence]) -> bool:
        """Whether a phrase of the policy lies in a piece and is said in general words there."""
        if phrase.start >= piece.end_char or phrase.end <= piece.start_char:
            return False
        first, last = turn.view.sentence_at(phrase.start), turn.view.sentence_at(phrase.end - 1)
        return any(self.clues.protects(sentence, piece) for sentence in sentences[first : last + 1])

    def _phrase_edit(self, phrase: Spoken, piece: Piece) -> Edit:
        start, end = max(phrase.start, piece.start_char), min(phrase.end, piece.end_char)
        label = phrase.wording.label
        whole = (start, end) == (phrase.start, phrase.end)
        clue = self.clues.wording(label, phrase.wording.say) if whole else tag(label)
        return Edit(start, end, clue.text, label, clue.action)

    def edit(self, turn: Turn, find: Find, piece: Piece, sentence: Sentence) -> Edit | None:
        """What becomes of one find in a piece; None: it stays as it was said."""
        start, end = max(find.start_char, piece.start_char), min(find.end_char, piece.end_char)
        if find.label is not Label.PERSON:
            clue = self.clues.shown(turn.view, find, sentence, piece, turn.utterance.language)
            return self._clue_edit(find, clue, start, end)
        if find.participant is None and find.source == PLACED:
            return Edit(start, end, MASKED.text, Label.PERSON, Action.MASKED)
        if find.participant is None:
            return Edit(start, end, f"[PERSON {turn.numbers[find.start_char]}]", Label.PERSON, Action.MASKED)
        said = turn.view.text[find.start_char : find.end_char]
        person, name = self._mentioned(find, said, sentence, piece)
        kept_for = None if name == MASKED else person
        return Edit(start, end, name.text, Label.PERSON, name.action, kept_for)

    def _clue_edit(self, find: Find, clue: ClueShown, start: int, end: int) -> Edit | None:
        if clue != KEPT:
            return Edit(start, end, clue.text, find.label, clue.action)
        if find.label is Label.LINK and find.participant is not None:
            return Edit(start, end, None, Label.LINK, None, find.participant)
        return None

    def _mentioned(self, find: Find, said: str, sentence: Sentence, piece: Piece) -> tuple[str, NameShown]:
        """Whom a name is shown as, and how; several people who would be shown differently are shown as none."""
        people = people_of(find)
        if find.certainty is Certainty.WEAK or not said.strip(_BLOCKED):
            return people[0], MASKED
        shown = [
            (p, self.names.mention(p, self.governor.decision(p, piece.governed.covering), find, said, sentence.clue))
            for p in people
        ]
        if len({(name.text, name.action) for _person, name in shown}) > 1:
            return people[0], MASKED
        return max(shown, key=lambda row: (LEVEL_ORDER.index(row[1].level), row[0]))

    def _queue(self, turn: Turn, pieces: Sequence[Piece]) -> None:
        """Queue for review what was masked without knowing whom it names, where it is not withheld anyway.

        Phrases that ask for discretion are queued too; nothing is masked for them.
        """
        shown = [(p.start_char, p.end_char) for p in pieces if p.governed.reason is None]
        for start, end in asks_for_discretion(turn.view) if shown else ():
            if _touches(start, end, shown):
                self.review.append(
                    DoubtfulFind(
                        utterance=turn.utterance.utterance, start_char=start, end_char=end, label=Label.OTHER,
                        why=WHY, doubt=Doubt.DISCRETION,
                    )
                )  # fmt: skip
        for find in turn.finds or ():
            seen = _touches(find.start_char, find.end_char, shown)
            told = find.source == PLACED or (is_named(find) and find.certainty is not Certainty.WEAK)
            if seen and find.label is Label.PERSON and not told:
                why = "near the name of a participant" if is_named(find) else "a person who is not in the roster"
                self.review.append(
                    DoubtfulFind(
                        utterance=turn.utterance.utterance, start_char=find.start_char, end_char=find.end_char,
                        label=find.label, why=why,
                    )
                )  # fmt: skip


def _touches(start: int, end: int, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(start < stop and end > begin for begin, stop in stretches)
