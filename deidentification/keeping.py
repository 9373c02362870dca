"""The words that somebody who withdraws lets stay: as they stand at ``unnamed``, with no name left in them.

Other participants become placeholders (``[P03]``), so that each of them is shown as they allow on any later day;
everybody else becomes ``[PERSON]``, and every clue is as general as at ``unnamed``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from deidentification.clues import Sentence
from deidentification.governing import Governor, Piece
from deidentification.leaks import find_leaks
from deidentification.offsets import source_stretches
from deidentification.redact import Maker, Turn
from deidentification.render import Edit, Rendered, render
from deidentification.spans import people_of
from deidentification.study_names import Rows, index_names
from deidentification.text import View
from schemas.consent import ConsentDecision, Level, Organisation, SessionDecisions, more_protective
from schemas.deidentified import (
    Action,
    Certainty,
    DeidentifiedUtterance,
    Find,
    Label,
    NamesFound,
    NameTable,
    SpeakerShown,
)
from schemas.identifiers import ParticipantId
from schemas.policy import Policy
from schemas.recording import Session
from schemas.roster import MatchingTable
from schemas.speech import Attributed, KeptTurn, KeptWords, UtteranceWord, offsets

Spans = Callable[[str], Iterable[tuple[int, int]]]
"""Where a text names somebody, in codepoints, half-open."""
_WORD = re.compile(r"\S+")


def keep(
    attributed: Attributed,
    found: NamesFound,
    names: NameTable,
    decisions: SessionDecisions,
    session: Session,
    table: MatchingTable,
    policy: Policy,
    participant: ParticipantId,
    own_names: Spans,
) -> KeptWords:
    """De-identify one participant's words for good.

    Args:
        attributed: The session's turns, before anything is removed from them.
        found: What was found in them.
        names: The study name table.
        decisions: What everybody allowed just before the person withdrew. Words withheld then are not kept.
        own_names: Where a text names the person, by every name known of them.
    Returns:
        Their turns as they may stay; a turn of which nothing may stay is not among them.
    """
    maker = _Keeper(attributed, _unnamed(decisions), session, table, policy, participant, own_names)
    before = Governor(decisions, attributed.voices, policy)
    mine = [u for u in attributed.utterances if before.speaker(u.voice) == participant]
    turns = maker.turns(attributed.model_copy(update={"utterances": tuple(mine)}), found, index_names(names))
    kept = (_kept_turn(maker, before, turn) for turn in turns if turn.finds is not None)
    return KeptWords(turns=tuple(turn for turn in kept if turn))


class _Keeper(Maker):
    """Redacts with a placeholder for each participant who is named."""

    def __init__(
        self,
        attributed: Attributed,
        decisions: SessionDecisions,
        session: Session,
        table: MatchingTable,
        policy: Policy,
        participant: ParticipantId,
        own_names: Spans,
    ) -> None:
        super().__init__(attributed, decisions, session, table, policy)
        self.decisions = decisions
        self.participant = participant
        self._own_names = own_names

    def further(self, view: View, rows: Rows) -> list[Find]:
        """Also every name that the study knows of the person: afterwards nobody can look for them again."""
        own = [
            Find(
                start_char=start,
                end_char=end,
                label=Label.PERSON,
                participant=self.participant,
                certainty=Certainty.EXACT,
                source="study",
                part="full",
            )
            for start, end in self._own_names(view.text)
        ]
        return [*own, *super().further(view, rows)]

    def mentioned(self, find: Find, said: str) -> str:
        """The placeholder of the one other participant whom a name surely means, else ``[PERSON]``."""
        people = people_of(find)
        sure = len(people) == 1 and find.certainty is not Certainty.WEAK and any(map(str.isalnum, said))
        return f"[{people[0]}]" if sure and people[0] != self.participant else "[PERSON]"

    def edit(self, turn: Turn, find: Find, piece: Piece, sentence: Sentence) -> Edit | None:
        """What becomes of one find."""
        if find.label is not Label.PERSON:
            return super().edit(turn, find, piece, sentence)
        start, end = max(find.start_char, piece.start_char), min(find.end_char, piece.end_char)
        said = turn.view.text[find.start_char : find.end_char]
        return Edit(start, end, self.mentioned(find, said), Label.PERSON, Action.MASKED)


def _kept_turn(maker: _Keeper, before: Governor, turn: Turn) -> KeptTurn | None:
    spoken = turn.utterance
    pieces = [_strict(piece, turn, before) for piece in before.pieces(spoken) if piece.governed.reason is None]
    beside: list[ParticipantId] = []
    words = [word for piece in pieces for word in _words(maker, before, turn, piece, beside)]
    if not words:
        return None
    return KeptTurn(
        participant=maker.participant,
        start_s=spoken.start_s,
        end_s=spoken.end_s,
        words=tuple(words),
        language=spoken.language,
        timed=spoken.timed,
        utterance=spoken.utterance,
        beside=tuple(beside),
    )


def _strict(piece: Piece, turn: Turn, before: Governor) -> Piece:
    """The piece under ``unnamed``, with everybody who may have said any of it: their clues are looked for as well."""
    words = turn.utterance.words[piece.first : piece.stop]
    near = {before.speaker(index) or "" for word in words for index in word.near}
    also = tuple(sorted({*near, *piece.governed.also} - {"", piece.governed.participant}))
    decision = piece.governed.decision
    governed = replace(piece.governed, decision=decision and _one_unnamed(decision), also=also)
    return replace(piece, governed=governed)


def _words(
    maker: _Keeper, before: Governor, turn: Turn, piece: Piece, beside: list[ParticipantId]
) -> list[UtteranceWord]:
    """The words of one piece as they may stay; none where a name would still stand in them."""
    sentences = maker.clues.sentences(turn.view, turn.finds or ())
    rendered = render(turn.view.text, piece.start_char, piece.end_char, maker.edits(turn, piece, sentences))
    if any(find_leaks([_released(maker, turn, piece, rendered)], maker.terms, maker.decisions)):
        return []
    return [_word(match, rendered, turn, before, beside) for match in _WORD.finditer(rendered.text)]


def _released(maker: _Keeper, turn: Turn, piece: Piece, rendered: Rendered) -> DeidentifiedUtterance:
    """The piece as the leak gate reads it."""
    decision = piece.governed.decision
    speaker = SpeakerShown(participant=maker.participant, level=Level.UNNAMED, label="Participant", tightened=-1)
    return DeidentifiedUtterance(
        utterance=turn.utterance.utterance,
        piece=0,
        start_s=turn.utterance.start_s,
        end_s=turn.utterance.end_s,
        speaker=speaker,
        text=rendered.text,
        redactions=rendered.redactions,
        spans=rendered.spans,
        decision=decision.digest() if decision else "0" * 64,
    )


def _word(
    match: re.Match[str], rendered: Rendered, turn: Turn, before: Governor, beside: list[ParticipantId]
) -> UtteranceWord:
    """A word of the de-identified text, with the times and doubts of everything that it stands for."""
    stands_for = list(source_stretches(rendered.spans, match.start(), match.end()))
    source = [
        word
        for at, word in offsets(turn.utterance.words)
        if any(at < end and start < at + len(word.text) for start, end in stands_for)
    ]
    near = {before.speaker(index) for word in source for index in word.near}
    for other in sorted(one for one in near if one and one not in beside):
        beside.append(other)
    return UtteranceWord(
        text=match.group(),
        start_s=min(word.start_s for word in source),
        end_s=max(word.end_s for word in source),
        confidence=min(word.confidence for word in source),
        near=tuple(sorted(beside.index(one) for one in near if one)),
    )


def _unnamed(decisions: SessionDecisions) -> SessionDecisions:
    """Everybody at ``unnamed`` at least, so that no later choice can ask for more than was done."""
    passages = (
        passage.model_copy(update={"decisions": {p: _one_unnamed(d) for p, d in passage.decisions.items()}})
        for passage in decisions.passages
    )
    whole = {p: _one_unnamed(d) for p, d in decisions.decisions.items()}
    return decisions.model_copy(update={"decisions": whole, "passages": tuple(passages)})


def _one_unnamed(decision: ConsentDecision) -> ConsentDecision:
    level = more_protective(decision.level, Level.UNNAMED)
    return decision.model_copy(update={"level": level, "organisation": Organisation.GENERALISED})
