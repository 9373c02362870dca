"""Which choices hide more than before, and whether a data set holds something of it. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
from schemas.deidentified import QuoteState
from schemas.identifiers import ParticipantId, SessionId
from schemas.purposes import quotable
from schemas.speech import UtteranceState

Shares = Callable[[ParticipantId, ParticipantId], bool]
"""Whether the roles of two people are said in the same words."""


Quotes = Mapping[ParticipantId, QuoteState]
"""The freest state in which any words of somebody stand in a data set; of whoever is not in it none may be quoted."""
_FREE = list(QuoteState)


def hides_more(before: ConsentDecision, after: ConsentDecision, purpose: str) -> bool:
    """Whether a data set made for ``purpose`` shows something under ``before`` that ``after`` hides."""
    if LEVEL_ORDER.index(after.level) > LEVEL_ORDER.index(before.level):
        return True
    if before.organisation is Organisation.NAMED and after.organisation is not Organisation.NAMED:
        return True
    return (permitted(before, purpose) and not permitted(after, purpose)) or (before.verbatim and not after.verbatim)


def quoting_falls(before: ConsentDecision, after: ConsentDecision, purpose: str) -> QuoteState | None:
    """The state to which quoting somebody falls, in words that are checked by ear; None: it does not fall."""
    was, now = (quotable(decision, purpose, UtteranceState.CHECKED) for decision in (before, after))
    return now if _FREE.index(now) > _FREE.index(was) else None


@dataclass(frozen=True)
class _Hidden:
    """What is to be hidden in one session.

    Attributes:
        people: Of whom something that was shown.
        quotes: Whose words may be quoted less than before, and how from now on.
        left: Who takes part no longer.
    """

    people: frozenset[ParticipantId]
    quotes: frozenset[tuple[ParticipantId, QuoteState]]
    left: frozenset[ParticipantId]

    def concerns(self, held: Collection[ParticipantId], quotes: Quotes | None) -> bool:
        """Whether somebody in a data set is to be shown less, or quoted less than their words in it say."""
        freest = dict.fromkeys(held, QuoteState.MAY) if quotes is None else quotes
        return bool(self.people & set(held)) or any(
            _FREE.index(now) > _FREE.index(freest.get(person, QuoteState.NOT)) for person, now in self.quotes
        )


class Comparison:
    """Two registers, one with something more in it, compared session by session; each is looked at once.

    Args:
        before, after: The register without and with what was recorded now.
        people: Who said something that only ``after`` holds.
    """

    def __init__(self, before: Register, after: Register, people: Collection[ParticipantId]) -> None:
        self.before, self.after, self.people = before, after, frozenset(people)
        self._hidden: dict[tuple[SessionId, str], _Hidden] = {}

    def hides_more(
        self,
        session: SessionId,
        purpose: str,
        held: Collection[ParticipantId],
        shares: Shares,
        quotes: Quotes | None = None,
    ) -> bool:
        """Whether what a data set shows of one session is more than the choices of ``after`` allow.

        A session that one of the registers does not know hides everything.

        Args:
            held: Who speaks or is named in the data set.
            quotes: Who may be quoted in it, and how; None: nobody knows, and everybody is taken to be.
            shares: A role that fits one person only is not shown, so one person's leaving hides another's.
        """
        if session not in self.before.sessions or session not in self.after.sessions:
            return True
        if (session, purpose) not in self._hidden:
            self._hidden[session, purpose] = self._compared(session, purpose)
        hidden = self._hidden[session, purpose]
        if hidden.concerns(held, quotes):
            return True
        return bool(hidden.left) and self._role_is_alone(session, purpose, set(held) - hidden.left, hidden.left, shares)

    def _compared(self, session: SessionId, purpose: str) -> _Hidden:
        asked = self._concerned(session)
        old, new = (decide_session(register, session, asked, purpose) for register in (self.before, self.after))
        pairs = [(one, *pair) for one in asked for pair in _pairs(old, new, one)]
        hiding = {one for one, was, now in pairs if hides_more(was, now, purpose)}
        falling = {(one, fell) for one, was, now in pairs if (fell := quoting_falls(was, now, purpose)) is not None}
        states = {one: (old.decisions[one].state, new.decisions[one].state) for one in asked}
        left = {one for one, (was, now) in states.items() if was is State.CONSENTED and now is not State.CONSENTED}
        return _Hidden(frozenset(hiding), frozenset(falling), frozenset(left))

    def _concerned(self, session: SessionId) -> frozenset[ParticipantId]:
        """Whose decisions may differ: who said something, and everybody where that limits what others said."""
        old, new = _marks(self.before, session), _marks(self.after, session)
        answered = self.before.by_community != self.after.by_community
        of_others = any(
            bool(self.people & set(mark.participants)) or (answered and mark.mark is Mark.COMMUNITY) for mark in new
        )
        # Another rule of the session limits everybody's choices.
        of_all = old != new or self.before.sessions[session] != self.after.sessions[session]
        return self.people | frozenset(self.after.by_participant) if of_others or of_all else self.people

    def _role_is_alone(
        self, session: SessionId, purpose: str, held: set[ParticipantId], left: Iterable[ParticipantId], shares: Shares
    ) -> bool:
        """Whether somebody shown by their role shared it with somebody who left."""
        decisions = decide_session(self.after, session, held, purpose).decisions
        by_role = [one for one in held if decisions[one].level is Level.ROLE]
        return any(shares(one, gone) for one in by_role for gone in left)


def _marks(register: Register, session: SessionId) -> list[Passage]:
    return [mark for _, mark in register.passages_of.get(session, ())]


def _pairs(
    old: SessionDecisions, new: SessionDecisions, person: ParticipantId
) -> Iterator[tuple[ConsentDecision, ConsentDecision]]:
    """Somebody's decision before and after: of the session, and of each passage that is marked in it.

    A passage that is new is held against the session as it was.
    """
    yield old.decisions[person], new.decisions[person]
    for was, now in zip_longest(old.passages, new.passages):
        yield _inside(was, old, person), _inside(now, new, person)


def _inside(passage: PassageDecisions | None, whole: SessionDecisions, person: ParticipantId) -> ConsentDecision:
    return whole.decisions[person] if passage is None else passage.decisions.get(person, whole.decisions[person])
