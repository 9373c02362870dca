"""How much a withdrawal takes, and which other withdrawals are carried out with it."""

from consent.choosing.reach import Target
from consent.decision import decide
from flows.study import Study
from flows.withdrawn import Withdrawal, withdrawals
from schemas.consent import ConsentKind, Passage, Reach, State, Use
from vault.erasure import Part, Scope


def marked(study: Study, reach: Reach) -> list[Passage]:
    """The marked passage that a reach is of; none where it is of something else."""
    return [one for _, one in study.register().passages if reach.kind == "passage" and one.passage == reach.id]


def scope_of(study: Study, withdrawal: Withdrawal) -> Scope:
    """How much a withdrawal takes.

    Somebody who signed again since keeps what lies from that day on, and stays in the roster.
    """
    event = withdrawal.event
    more = {"voice_only": event.use is not None, "keep": event.data == "keep_deidentified"}
    if event.reach.kind == "passage":
        marks = marked(study, event.reach)
        parts = tuple(Part(session=one.session, start_s=one.start_s, end_s=one.end_s) for one in marks)
        return Scope(sessions=(), parts=parts, **more)
    if event.reach.kind == "study" and not _came_back(study, withdrawal):
        return Scope(**more)
    return Scope(sessions=tuple(sorted(_closed_sessions(study, withdrawal))), **more)


def _came_back(study: Study, withdrawal: Withdrawal) -> bool:
    events = study.register().by_participant.get(withdrawal.event.participant, ())
    return any(index > withdrawal.index and event.event is ConsentKind.CONSENT for index, event in events)


def _closed_sessions(study: Study, withdrawal: Withdrawal) -> list[str]:
    """Sessions within the reach of a withdrawal that no later consent has opened again."""
    register, event = study.register(), withdrawal.event
    within = [one for one in register.sessions.values() if Target(one).narrowness(event.reach) is not None]
    use = event.use or Use.ANALYSIS
    states = {one.session: decide(register, event.participant, session=one, use=use).state for one in within}
    return [session for session, state in states.items() if state in (State.STOPPED, State.ERASED)]


def covered_by(study: Study, withdrawal: Withdrawal, scope: Scope | None = None) -> list[Withdrawal]:
    """Other withdrawals that are carried out with this one: nothing is left to destroy for them.

    They wait, are of the same person, use and kind (``data``), and take nothing that it does not.

    Args:
        withdrawal: Being carried out, or carried out: what was recorded after that is left out.
        scope: What was destroyed for it; None: what is to be destroyed as things stand.
    """
    wide, same = scope or scope_of(study, withdrawal), withdrawal.event
    return [
        one
        for one in withdrawals(study, same.participant)
        if one.index != withdrawal.index
        and one.waits
        and (one.event.use, one.event.data) == (same.use, same.data)
        and (withdrawal.erased is None or one.index < withdrawal.erased)
        and _lies_within(scope_of(study, one), wide)
    ]


def _lies_within(narrow: Scope, wide: Scope) -> bool:
    """Whether a scope takes nothing that another does not; one that takes nothing at all lies in none."""
    if narrow.sessions == () and not narrow.parts:
        return False
    if wide.sessions is None:
        return True
    sessions = narrow.sessions is not None and set(narrow.sessions) <= set(wide.sessions)
    return sessions and all(_part_within(part, wide) for part in narrow.parts)


def _part_within(part: Part, wide: Scope) -> bool:
    return part.session in (wide.sessions or ()) or any(
        one.session == part.session and one.start_s <= part.start_s and part.end_s <= one.end_s for one in wide.parts
    )
