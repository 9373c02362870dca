"""What one participant allows, for one use, in one session or passage: the one decision function. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from consent.choosing.choices import ANSWER_ORDER
from consent.choosing.folding import last_tightening
from consent.choosing.limits import (
    MARKS,
    NOTHING_ALLOWED,
    RULES,
    Limits,
    organisation_shown,
    own_limits,
    together,
    unrecorded_voice,
)
from consent.choosing.reach import Target, form_kind
from consent.choosing.replay import Folded, replay
from consent.register import Register
from schemas.consent import (
    Answer,
    ConsentDecision,
    ConsentEvent,
    Mark,
    Passage,
    PassageDecisions,
    Permission,
    SessionDecisions,
    State,
    Use,
)
from schemas.errors import BadInput
from schemas.identifiers import ParticipantId, SessionId
from schemas.purposes import PURPOSES, permitted
from schemas.recording import Session

__all__ = ["decide", "decide_session", "permitted", "refuses_recording"]


Marks = Sequence[tuple[int, Passage]]
"""What was recorded of one passage, each with its ledger index; empty: the whole session."""


def decide(
    register: Register,
    participant: ParticipantId,
    *,
    session: Session | None,
    use: Use,
    passage: str | None = None,
    at: datetime | None = None,
) -> ConsentDecision:
    """What ``participant`` allows.

    Args:
        register: Everything recorded, up to the checkpoint that counts.
        session: The session or writing; None: the study as a whole, for a session that would start now.
        use: What the material is used for.
        passage: Id of a marked passage of ``session``.
        at: Only what had been asked up to this instant counts; None: everything recorded.
    Returns:
        The decision after all floors. Nothing said, nobody known, a form nobody registered: `not_asked`, `withheld`.
    Raises:
        BadInput: ``passage`` is not a passage of ``session``.
    """
    decider = _Decider(register.as_of(at), session, use)
    return decider.decision(participant, decider.marked(passage) if passage is not None else ())


def decide_session(
    register: Register,
    session_id: SessionId,
    participants: Iterable[ParticipantId],
    purpose: str,
    *,
    joint: Iterable[ParticipantId] = (),
    at: datetime | None = None,
) -> SessionDecisions:
    """Everything consent says about one session for one purpose.

    Args:
        register: Everything recorded, up to the checkpoint that counts.
        session_id: A session or writing in the register.
        participants: Everybody in the roster.
        purpose: `analyse`, `quote_research`, `quote_practice` or `archive`; the use follows from it.
        joint: Authors who wrote or said the whole of it together: the most protective of them holds for each.
        at: As for `decide`.
    Raises:
        BadInput: an unknown session or purpose.
    """
    if purpose not in PURPOSES:
        raise BadInput("this purpose is not known", hint=f"Use one of: {', '.join(PURPOSES)}.")
    if session_id not in register.sessions:
        raise BadInput(
            f"session {session_id} is not in the consent register", hint="Add it first: chatham session add."
        )
    register, uses, people = register.as_of(at), PURPOSES[purpose].uses, sorted(set(participants))
    session = register.sessions[session_id]
    deciders = [_Decider(register, session, use, frozenset(joint)) for use in uses]
    whole = {person: _strictest(deciders, person, ()) for person in people}
    passages = [_inside(deciders, marked, whole) for marked in register.passages_of.get(session_id, ())]
    return SessionDecisions(session=session_id, use=uses[0], purpose=purpose, decisions=whole, passages=tuple(passages))


def refuses_recording(decision: ConsentDecision) -> bool:
    """Whether a track that is this person's voice alone is not to be taken in.

    Somebody not yet asked is not refused: their speech is heard to find out who it is, and withheld until they are.
    """
    if decision.state is State.NOT_ASKED:
        return False
    return decision.state is not State.CONSENTED or decision.permissions[Permission.RECORD_AUDIO] is not Answer.YES


class _Decider:
    """Decides for many people in one session and use; a person's entries are replayed once for each target."""

    def __init__(
        self, register: Register, session: Session | None, use: Use, joint: frozenset[ParticipantId] = frozenset()
    ) -> None:
        self.register, self.session, self.use, self.joint = register, session, use, joint
        self._folded: dict[tuple[ParticipantId, str | None], Folded] = {}

    def marked(self, passage: str) -> Marks:
        """The marks recorded for a passage, with their ledger indexes."""
        own = self.session.session if self.session is not None else ""
        marks = [(index, mark) for index, mark in self.register.passages_of.get(own, ()) if mark.passage == passage]
        if marks:
            return marks
        raise BadInput(
            "this passage is not in the consent register for this session",
            hint="Use the id that `chatham passage mark` printed, with its own session.",
        )

    def decision(self, participant: ParticipantId, marks: Marks) -> ConsentDecision:
        """One person's decision, inside a marked passage or (no marks) in the whole session."""
        limits, folded = self.limits(participant, marks)
        level = limits.steps[-1][1]
        return ConsentDecision(
            participant=participant,
            use=self.use,
            reach=Target(self.session, _passage(marks)).reach,
            state=folded.state,
            level=level,
            organisation=organisation_shown(limits, level),
            permissions={one: ANSWER_ORDER[limits.permissions[one]] for one in Permission},
            credit=folded.credit,
            tightened=last_tightening(limits.steps),
            verbatim=limits.verbatim,
            events=limits.events,
        )

    def limits(self, participant: ParticipantId, marks: Marks) -> tuple[Limits, Folded]:
        """All floors under one person's words, their own choices among them."""
        passage = _passage(marks)
        folded = self.folded(participant, passage)
        own = own_limits(folded)
        floors = [own]
        if self.session is not None:
            floors.append(RULES[self.session.rule])
            if self.session.session in self.register.recorded:
                floors.append(unrecorded_voice(own))
        if participant in self.joint:
            floors += [own_limits(self.folded(author, passage)) for author in sorted(self.joint - {participant})]
        for index, mark in marks:
            floors += self._mark_floors(participant, index, mark)
        return together(*floors), folded

    def folded(self, participant: ParticipantId, passage: str | None) -> Folded:
        """One person's own entries, folded for the session or a passage of it."""
        entries = self.register.by_participant.get(participant, ())
        if passage is not None and not any(event.reach.id == passage for _, event in entries):
            passage = None  # nothing said of the passage itself: the session's fold is the same
        key = (participant, passage)
        if key not in self._folded:
            kind = form_kind(self.session, participant)
            self._folded[key] = replay(self.register, entries, Target(self.session, passage), self.use, kind)
        return self._folded[key]

    def _mark_floors(self, participant: ParticipantId, index: int, mark: Passage) -> list[Limits]:
        by_itself = MARKS[mark.mark].from_entry(index)
        floors = [Limits(by_itself.steps, by_itself.organisation, by_itself.permissions, by_itself.verbatim, (index,))]
        if mark.mark is Mark.COMMUNITY:
            floors.append(self._community(mark).from_entry(index))
        for other in self._others(participant, mark):
            floors.append(own_limits(self.folded(other, mark.passage)).from_entry(index))
        if mark.mark in (Mark.JOINT, Mark.REPORTS) and not mark.participants:
            floors.append(NOTHING_ALLOWED.from_entry(index))  # nobody knows whose say is missing
        return floors

    def _others(self, participant: ParticipantId, mark: Passage) -> Sequence[ParticipantId]:
        """Whose choices hold here too: every author for the authors; those reported, for whoever speaks."""
        if mark.mark is Mark.REPORTS or (mark.mark is Mark.JOINT and participant in mark.participants):
            return [other for other in mark.participants if other != participant]
        return []

    def _community(self, mark: Passage) -> Limits:
        target = Target(self.session, mark.passage, timeless=True)
        answers = [(i, event) for i, event in self.register.by_community if self._answers(event, mark)]
        return own_limits(replay(self.register, answers, target, self.use, None))

    def _answers(self, event: ConsentEvent, mark: Passage) -> bool:
        """Whether a community event is the answer on this passage: right reach, and right name where it has one."""
        name = event.given_by.partition(":")[2]
        if name:
            return name == mark.community and event.reach.id in (mark.passage, mark.session)
        if event.reach.id == mark.passage:
            return True
        return event.reach.id == mark.session and self._one_community()

    def _one_community(self) -> bool:
        """An answer that names no community speaks for a whole session only if just one is marked there."""
        marks = self.register.passages_of.get(self.session.session, ()) if self.session else ()
        return len({mark.community for _, mark in marks if mark.mark is Mark.COMMUNITY}) == 1


def _passage(marks: Marks) -> str | None:
    return marks[0][1].passage if marks else None


def _strictest(deciders: Sequence[_Decider], participant: ParticipantId, marks: Marks) -> ConsentDecision:
    """The most protective decision over several uses, under the first of them."""
    decisions = [decider.decision(participant, marks) for decider in deciders]
    if len(decisions) == 1:
        return decisions[0]
    limits = together(*(decider.limits(participant, marks)[0] for decider in deciders))
    level = limits.steps[-1][1]
    return decisions[0].model_copy(
        update={
            "level": level,
            "organisation": organisation_shown(limits, level),
            "permissions": {one: ANSWER_ORDER[limits.permissions[one]] for one in Permission},
            "tightened": last_tightening(limits.steps),
            "verbatim": limits.verbatim,
            "events": limits.events,
        }
    )


def _inside(
    deciders: Sequence[_Decider], marked: tuple[int, Passage], whole: dict[ParticipantId, ConsentDecision]
) -> PassageDecisions:
    """The decisions inside one passage, for everybody for whom they differ from the session's."""
    differing = {}
    for person, outside in whole.items():
        inside = _strictest(deciders, person, [marked])
        if inside.model_copy(update={"reach": outside.reach, "events": outside.events}) != outside:
            differing[person] = inside
    mark = marked[1]
    return PassageDecisions(start_s=mark.start_s, end_s=mark.end_s, mark=mark.mark, decisions=differing)
