"""Where and when a choice counts: reach against a session or passage, and its time against the session's."""

from dataclasses import dataclass

from schemas.consent import ConsentEvent, ConsentKind, Reach
from schemas.identifiers import ParticipantId
from schemas.recording import Session, Standing, local_day

STUDY, CYCLE, SESSION, PASSAGE = range(4)
"""Reaches, widest to narrowest. A writing is as narrow as a session."""

_PARTICIPANT_STANDINGS = frozenset({Standing.PARTICIPANT, Standing.GUEST})


@dataclass(frozen=True)
class Target:
    """What is decided on: the study as of now (``session`` None), a session or writing, or a passage of one.

    Attributes:
        timeless: A choice counts however it lies to the session in time (a community's answer on its own passage).
    """

    session: Session | None = None
    passage: str | None = None
    timeless: bool = False

    @property
    def reach(self) -> Reach:
        """The target as a reach."""
        if self.session is None:
            return Reach()
        if self.passage is not None:
            return Reach(kind="passage", id=self.passage)
        return Reach(kind="writing" if self.session.kind == "writing" else "session", id=self.session.session)

    def narrowness(self, reach: Reach) -> int | None:
        """How narrow a choice of ``reach`` is that covers this target; None if it does not cover it."""
        if reach.kind == "study":
            return STUDY
        if self.session is None:
            return None
        if reach.kind == "cycle":
            return CYCLE if reach.id is not None and reach.id == self.session.cycle else None
        if reach.kind == "passage":
            return PASSAGE if reach.id is not None and reach.id == self.passage else None
        return SESSION if reach.id == self.session.session else None


def form_kind(session: Session | None, participant: ParticipantId) -> str | None:
    """Which kind of form counts for somebody in a session; None (no session): either."""
    if session is None:
        return None
    standing = session.standings.get(participant, Standing.PARTICIPANT)
    return "participant" if standing in _PARTICIPANT_STANDINGS else "team"


def starts_from(event: ConsentEvent, session: Session | None, *, tightens: bool) -> bool:
    """Whether ``session`` starts at or after ``event``.

    A `consent` covers its whole local day, before and after. Anything else compares instants; where the session's
    start is not known, the same day counts for what tightens and not for what loosens.
    """
    if session is None:
        return True
    day = local_day(event.at, session.zone)
    if event.event is ConsentKind.CONSENT and day == session.day:
        return True
    if session.start is not None:
        return session.start >= event.at
    return session.day > day or (session.day == day and tightens)


def starts_after(event: ConsentEvent, session: Session | None) -> bool:
    """Whether ``session`` starts after a withdrawal; on its day, where the start is not known, it does."""
    if session is None:
        return True
    if session.start is not None:
        return session.start > event.at
    return session.day >= local_day(event.at, session.zone)


def counts(event: ConsentEvent, target: Target, *, tightens: bool) -> bool:
    """Whether a choice of ``event`` counts for ``target``: `applies`, or unsaid, tightening → all, loosening → from."""
    if target.timeless or event.applies == "all" or (event.applies is None and tightens):
        return True
    return starts_from(event, target.session, tightens=tightens)
