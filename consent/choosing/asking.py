"""What is still to be asked: later, wider loosenings that an earlier, narrower protection outlived."""

from collections.abc import Iterator
from dataclasses import dataclass

from consent.choosing.reach import CYCLE, Target, form_kind
from consent.choosing.replay import ToAsk, replay
from consent.register import Register
from schemas.consent import ConsentEvent, Reach, Use
from schemas.identifiers import ParticipantId


@dataclass(frozen=True)
class Question:
    """One protection that still holds although the person later loosened more widely.

    Attributes:
        loosened_by: Ledger index of the later, wider choice.
        kept_by: Ledger index of the narrower protection.
        kept_reach: What the protection covers.
    """

    dimension: str
    loosened_by: int
    kept_by: int
    kept_reach: Reach


def to_be_asked(register: Register, participant: ParticipantId) -> list[Question]:
    """The questions open with one person, in ledger order of the protections; each is listed once."""
    entries = register.by_participant.get(participant, ())
    found: set[ToAsk] = set()
    for target in _targets(register, [event for _, event in entries]):
        for use in Use:
            found |= set(replay(register, entries, target, use, form_kind(target.session, participant)).to_ask)
    reaches = {index: event.reach for index, event in entries}
    questions = [Question(one.dimension, one.loosened_by, one.kept_by, reaches[one.kept_by]) for one in found]
    return sorted(questions, key=lambda one: (one.kept_by, one.loosened_by, one.dimension))


def _targets(register: Register, events: list[ConsentEvent]) -> Iterator[Target]:
    """The study, and every session and passage that one of these events names; a cycle by each of its sessions."""
    yield Target()
    reaches = {event.reach for event in events if event.reach.kind != "study"}
    for session in register.sessions.values():
        target = Target(session)
        if any((target.narrowness(reach) or 0) >= CYCLE for reach in reaches):
            yield target
    for _, passage in register.passages:
        if passage.session in register.sessions and any(reach.id == passage.passage for reach in reaches):
            yield Target(register.sessions[passage.session], passage.passage)
