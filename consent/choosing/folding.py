"""Folds the values of one dimension, in ledger order, into the one that holds.

A choice is set aside by any later choice of the same or a narrower reach and use. Of those that remain, the most
protective holds. This is the whole rule: of two choices the narrower wins, whichever came first, unless the wider one
is later and more protective; among equals the latest; where neither is narrower, the more protective.
"""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.consent import LEVEL_ORDER, Level


class Held(NamedTuple):
    """One choice that no later one has set aside.

    Attributes:
        reach: 0 study, 1 cycle, 2 session or writing, 3 passage.
        use: 0 for all uses, 1 for this use alone.
        value: How protective it is, larger is more.
        entry: The ledger entry it came from.
    """

    reach: int
    use: int
    value: int
    entry: int


def narrower_or_same(one: Held, other: Held) -> bool:
    """Whether ``one`` is nowhere wider than ``other``, in reach and in use."""
    return one.reach >= other.reach and one.use >= other.use


def fold(standing: Sequence[Held], new: Held) -> tuple[Held, ...]:
    """Add the newest choice: it sets aside every earlier one that is not narrower somewhere."""
    return (*(old for old in standing if not narrower_or_same(new, old)), new)


def protections_left(standing: Sequence[Held], new: Held) -> tuple[Held, ...]:
    """The narrower, more protective choices that a newer, wider one does not lift: these are to be asked about."""
    return tuple(
        old
        for old in standing
        if narrower_or_same(old, new) and (old.reach, old.use) != (new.reach, new.use) and old.value > new.value
    )


Steps = tuple[tuple[int, Level], ...]
"""A level as it changed, (ledger index from which it held, level), in ledger order; the first has index -1."""


def constant(level: Level) -> Steps:
    """A level that never changed."""
    return ((-1, level),)


def since(index: int, steps: Steps) -> Steps:
    """``steps`` as a floor that was laid at ledger entry ``index``: nothing before it."""
    held = [level for start, level in steps if start <= index]
    return ((-1, Level.NAMED), (index, held[-1]), *((start, level) for start, level in steps if start > index))


def most_protective(*histories: Steps) -> Steps:
    """The most protective of several levels at every moment."""
    if len(histories) == 1:
        return histories[0]
    moments = sorted({start for steps in histories for start, _ in steps})
    now = [steps[0][1] for steps in histories]
    dated = [dict(steps) for steps in histories]
    joined = []
    for moment in moments:
        now = [changes.get(moment, level) for changes, level in zip(dated, now, strict=True)]
        joined.append((moment, max(now, key=LEVEL_ORDER.index)))
    return tuple(joined)


def last_tightening(steps: Steps) -> int:
    """Ledger index at which the level last became more protective; -1 if it never did."""
    last, before = -1, steps[0][1]
    for index, level in steps:
        if LEVEL_ORDER.index(level) > LEVEL_ORDER.index(before):
            last = index
        before = level
    return last
