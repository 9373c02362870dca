"""Withdrawals in force, and which of them were taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.register import Register
from schemas.consent import ConsentEvent, ConsentKind

Entries = Sequence[tuple[int, ConsentEvent]]
"""One person's events with their ledger indexes, in ledger order."""


def undone_by(register: Register, entries: Entries) -> dict[int, int]:
    """Index of each `undo` to the index of the withdrawal it takes back.

    It takes back the one it names. One that names none takes back the latest not yet taken back; of a narrower reach,
    the latest of just that reach. What was carried out cannot be undone.
    """
    open_ones: list[tuple[int, ConsentEvent]] = []
    undone = {}
    for index, event in entries:
        if event.event is ConsentKind.WITHDRAW and index not in register.erased:
            open_ones.append((index, event))
        if event.event is ConsentKind.UNDO:
            fits = [one for one in open_ones if _fits(event, *one)]
            if fits:
                undone[index] = fits[-1][0]
                open_ones.remove(fits[-1])
    return undone


def taken_back(register: Register) -> set[int]:
    """Indexes of the withdrawals that were taken back, whoever's."""
    return {index for events in register.by_participant.values() for index in undone_by(register, events).values()}


def _fits(undo: ConsentEvent, index: int, withdrawal: ConsentEvent) -> bool:
    if undo.withdrawal is not None:
        return undo.withdrawal == index
    return undo.reach.kind == "study" or withdrawal.reach == undo.reach


@dataclass
class Closure:
    """A withdrawal in force. ``after``: the target lies after it, so that none of the words are among those erased."""

    index: int
    event: ConsentEvent
    narrowness: int
    after: bool
    done: bool = False

    @property
    def gone(self) -> bool:
        """Whether the words themselves were destroyed or stripped: no later consent brings them back."""
        return self.done and not self.after

    @property
    def keeps(self) -> bool:
        """Whether de-identified words were kept."""
        return self.gone and self.event.data == "keep_deidentified"
