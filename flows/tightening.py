"""Which choices hide more than before, and whether a data set holds something of it. Pure."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import zip_longest

from consent.decision import decide_session, permitted
from consent.register import Register
from schemas.consent import (
    LEVEL_ORDER,
    ConsentDecision,
    Level,
    Mark,
    Organisation,
    Passage,
    PassageDecisions,
    SessionDecisions,
    State,
)
from schemas.identifiers import ParticipantId, SessionId

Shares = Callable[[ParticipantId, ParticipantId], bool]
"""Whether the roles of two people are said in the same words."""


def hides_more(before: ConsentDecision, after: ConsentDecision, purpose: str) -> bool:
    """Whether a data set made for ``purpose`` shows something under ``before`` that ``after`` hides."""
    if LEVEL_ORDER.index(after.level) > LEVEL_ORDER.index(before.level):
        return True
    if before.organisation is Organisation.NAMED and after.organisation is not Organisation.NAMED:
        return True
    return (permitted(before, purpose) and not permitted(after, purpose)) or (before.verbatim and not after.verbatim)


@dataclass(frozen=True)
class _Hidden:
    """What is to be hidden in one session: of whom something that was shown, and who takes part no longer."""

    people: frozenset[ParticipantId]
    left: frozenset[ParticipantId]


class Comparison:
    """Two registers, one with something more in it, compared session by session; each is looked at once.

    Args:
        before, after: The register without and with what was recorded now.
        people: Who said something that only ``after`` holds.
    """

    def __init__(self, before: Register, after: Register, people: Collection[ParticipantId]) -> None:
        self.before, self.after, self.people = before, after, frozenset(people)
        self._hidden: dict[tuple[SessionId, str], _Hidden] = {}

    def hides_more(self, session: SessionId, purpose: str, held: Collection[ParticipantId], shares: Shares) -> bool:
        """Whether what a data set shows of one session is more than the choices of ``after`` allow.

        A session that one of the registers does not know hides everything.

        Args:
            held: Who speaks or is named in the data set.
            shares: A role that fits one person only is not shown, so one person's leaving hides another's.
        """
        if session not in self.before.sessions or session not in self.after.sessions:
            return True
        if (session, purpose) not in self._hidden:
            self._hidden[session, purpose] = self._compared(session, purpose)
        hidden = self._hidden[session, purpose]
        if hidden.people & set(held):
            return True
        return bool(hidden.left) and self._role_is_alone(session, purpose, set(held) - hidden.left, hidden.left, shares)

    def _compared(self, session: SessionId, purpose: str) -> _Hidden:
        asked = self._concerned(session)
        old, new = (decide_session(register, session, asked, purpose) for register in (self.before, self.after))
        hiding = {one for one in asked if hides_more(old.decisions[one], new.decisions[one], purpose)}
        hiding |= {one for one in asked - hiding if _passage_hides_more(old, new, one, purpose)}
        states = {one: (old.decisions[one].state, new.decisions[one].state) for one in asked}
        left = {one for one, (was, now) in states.items() if was is State.CONSENTED and now is not State.CONSENTED}
        return _Hidden(frozenset(hiding), frozenset(left))

    def _concerned(self, session: SessionId) -> frozenset[ParticipantId]:
        """Whose decisions may differ: who said something, and everybody where that limits what others said."""
        old, new = _marks(self.before, session), _marks(self.after, session)
        answered = self.before.by_community != self.after.by_community
        of_others = any(
            bool(self.people & set(mark.participants)) or (answered and mark.mark is Mark.COMMUNITY) for mark in new
        )
        return self.people | frozenset(self.after.by_participant) if of_others or old != new else self.people

    def _role_is_alone(
        self, session: SessionId, purpose: str, held: set[ParticipantId], left: Iterable[ParticipantId], shares: Shares
    ) -> bool:
        """Whether somebody shown by their role shared it with somebody who left."""
        decisions = decide_session(self.after, session, held, purpose).decisions
        by_role = [one for one in held if decisions[one].level is Level.ROLE]
        return any(shares(one, gone) for one in by_role for gone in left)


def _marks(register: Register, session: SessionId) -> list[Passage]:
    return [mark for _, mark in register.passages_of.get(session, ())]


def _passage_hides_more(old: SessionDecisions, new: SessionDecisions, person: ParticipantId, purpose: str) -> bool:
    """Whether some marked passage hides more; a passage that is new is held against the session as it was."""
    passages = zip_longest(old.passages, new.passages)
    return any(hides_more(_inside(was, old, person), _inside(now, new, person), purpose) for was, now in passages)


def _inside(passage: PassageDecisions | None, whole: SessionDecisions, person: ParticipantId) -> ConsentDecision:
    return whole.decisions[person] if passage is None else passage.decisions.get(person, whole.decisions[person])
