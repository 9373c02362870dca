"""Goes through one person's entries in ledger order and finds what they allow for one target and one use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.choosing.choices import (
    BY_LEVEL,
    DIMENSIONS,
    LEVEL,
    MOST_PROTECTIVE,
    ORGANISATION,
    PERMISSIONS,
    Said,
    asked,
    credit_of,
    for_use,
)
from consent.choosing.closures import Closure, Entries, undone_by
from consent.choosing.folding import Held, Steps, fold, protections_left
from consent.choosing.reach import Target, counts, starts_after
from consent.register import Register
from schemas.consent import LEVEL_ORDER, ConsentEvent, ConsentKind, Form, Level, State, Use

_NAMED = LEVEL_ORDER.index(Level.NAMED)
_UNNAMED = LEVEL_ORDER.index(Level.UNNAMED)


@dataclass(frozen=True)
class ToAsk:
    """A later, wider loosening that a narrower protection outlived: the person is to be asked which they meant."""

    dimension: str
    loosened_by: int
    kept_by: int


@dataclass(frozen=True)
class Folded:
    """What one person's own entries come to, before floors. Values are ranks, larger is more protective.

    Attributes:
        steps: The level as it changed (withheld while nothing is permitted).
        organisation: 0 named, 1 generalised, -1 by the level.
        kept: The words were kept after a withdrawal, at `unnamed` and never quoted.
        used: Ledger indexes of the entries that count here.
    """

    state: State
    steps: Steps
    organisation: int
    permissions: Mapping[str, int]
    kept: bool
    credit: str | None
    used: tuple[int, ...]
    to_ask: tuple[ToAsk, ...]


def replay(register: Register, entries: Entries, target: Target, use: Use, kind: str | None) -> Folded:
    """Fold ``entries`` for ``target`` and ``use``.

    Args:
        register: Where forms, and withdrawals that were carried out, are looked up.
        entries: One person's (or a community's) events with their ledger indexes, in ledger order.
        kind: The kind of form that counts; None: either.
    """
    state = _Replay(register, target, use, kind)
    for index, event, withdrawal in _moments(register, entries):
        if withdrawal is None:
            state.take(index, event)
        else:
            state.carry_out(withdrawal, event)
        state.mark_level(index)
    return state.folded()


def _moments(register: Register, entries: Entries) -> list[tuple[int, ConsentEvent, int | None]]:
    """What happened, in ledger order: entry, event, and for a withdrawal carried out there, the withdrawal's own entry.

    A withdrawal that was taken back leaves no trace: what is made afterwards is what was there before it.
    """
    back = undone_by(register, entries)
    gone = {*back, *back.values()}
    moments: list[tuple[int, ConsentEvent, int | None]] = [
        (index, event, None) for index, event in entries if index not in gone and event.event is not ConsentKind.UNDO
    ]
    moments += [(register.erased[index][0], event, index) for index, event in entries if index in register.erased]
    return sorted(moments, key=lambda moment: moment[0])


@dataclass
class _Replay:
    register: Register
    target: Target
    use: Use
    kind: str | None
    held: dict[str, tuple[Held, ...]] = field(default_factory=lambda: dict.fromkeys(DIMENSIONS, ()))
    form: Form | None = None
    opened: bool = False
    declined: bool = False
    closures: list[Closure] = field(default_factory=list)
    credit: str | None = None
    used: list[int] = field(default_factory=list)
    steps: list[tuple[int, Level]] = field(default_factory=lambda: [(-1, Level.WITHHELD)])
    to_ask: list[ToAsk] = field(default_factory=list)

    def take(self, index: int, event: ConsentEvent) -> None:
        """Take in one event."""
        narrowness = self.target.narrowness(event.reach)
        if narrowness is None:
            return
        if event.event is ConsentKind.WITHDRAW:
            if event.use in (None, self.use):
                self._close(index, event, narrowness)
        elif event.event is ConsentKind.DECLINE:
            self._decline(index, event)
        elif event.event is ConsentKind.CHANGE:
            self._fold(index, event, narrowness)
        else:
            self._sign(index, event, narrowness)

    def carry_out(self, withdrawal: int, event: ConsentEvent) -> None:
        """The words a withdrawal spoke of were destroyed; from here on no consent brings them back."""
        narrowness = self.target.narrowness(event.reach)
        found = [closure for closure in self.closures if closure.index == withdrawal]
        after = starts_after(event, self.target.session)
        if narrowness is not None and event.use in (None, self.use) and not found and not after:
            found = [Closure(withdrawal, event, narrowness, after)]
            self.closures += found
        for closure in found:
            closure.done = True

    def mark_level(self, index: int) -> None:
        """Remember the level as it is after ledger entry ``index``."""
        level = self._level()
        if level is not self.steps[-1][1]:
            self.steps.append((index, level))

    def folded(self) -> Folded:
        """The outcome."""
        state, kept = self._state(), any(closure.keeps for closure in self.closures)
        return Folded(
            state=state,
            steps=tuple(self.steps),
            organisation=self._organisation(),
            permissions={permission: self._value(permission) for permission in PERMISSIONS},
            kept=kept,
            credit=self.credit if state is State.CONSENTED and not kept else None,
            used=tuple(self.used),
            to_ask=self._still_to_ask(),
        )

    def _sign(self, index: int, event: ConsentEvent, narrowness: int) -> None:
        form = self.register.form_of(event)
        if form is None or self.kind not in (None, form.kind):
            return
        self.form = form
        if event.event is ConsentKind.CONSENT and counts(event, self.target, tightens=False):
            self._open(event, narrowness)
            self.used.append(index)
        if event.event is ConsentKind.REAFFIRM:
            self.used.append(index)
        self._fold(index, event, narrowness)

    def _open(self, event: ConsentEvent, narrowness: int) -> None:
        self.opened, self.declined = True, False
        self.closures = [
            closure
            for closure in self.closures
            # A form dated before the withdrawal and found later reopens nothing.
            if closure.gone or narrowness > closure.narrowness or event.at < closure.event.at
        ]

    def _close(self, index: int, event: ConsentEvent, narrowness: int) -> None:
        after = starts_after(event, self.target.session)
        if event.data != "stop" or after or self.target.timeless:
            self.closures.append(Closure(index, event, narrowness, after))
            self.used.append(index)

    def _decline(self, index: int, event: ConsentEvent) -> None:
        if counts(event, self.target, tightens=True):
            self.declined = True
            self.used.append(index)

    def _fold(self, index: int, event: ConsentEvent, narrowness: int) -> None:
        organisation_before = self._shown(ORGANISATION)
        for said in for_use(self.register.said[index], self.use):
            if not self._was_asked(event, said):
                continue
            before = organisation_before if said.dimension == ORGANISATION else self._value(said.dimension)
            self._fold_one(
                Held(narrowness, int(said.use is not None), said.value, index), said.dimension, event, before
            )
        says, text = credit_of(event)
        if says and event.reach.kind == "study":
            self.credit = text

    def _fold_one(self, new: Held, dimension: str, event: ConsentEvent, before: int) -> None:
        # `>=`: saying again what holds is a protection too, and a later, wider loosening must not lift it.
        tightens = self._resolved(new.value) >= before
        if not tightens:
            left = protections_left(self.held[dimension], new)
            self.to_ask += [ToAsk(dimension, new.entry, old.entry) for old in left]
        if counts(event, self.target, tightens=tightens):
            self.held[dimension] = fold(self.held[dimension], new)
            if new.entry not in self.used:
                self.used.append(new.entry)

    def _was_asked(self, event: ConsentEvent, said: Said) -> bool:
        """A permission counts only if the person's form asked for it; a `no` always does."""
        if said.dimension not in PERMISSIONS or said.value == MOST_PROTECTIVE[said.dimension]:
            return True
        named = self.register.form_of(event)
        if event.form is not None and named is None:
            return False
        own = named is not None and self.kind in (None, named.kind)
        return asked(named if own else self.form, said.dimension)

    def _value(self, dimension: str) -> int:
        return max((held.value for held in self.held[dimension]), default=MOST_PROTECTIVE[dimension])

    def _resolved(self, value: int) -> int:
        return int(self._value(LEVEL) > _NAMED) if value == BY_LEVEL else value

    def _shown(self, dimension: str) -> int:
        held = [self._resolved(one.value) for one in self.held[dimension]]
        return max(held, default=MOST_PROTECTIVE[dimension])

    def _organisation(self) -> int:
        values = {held.value for held in self.held[ORGANISATION]} or {MOST_PROTECTIVE[ORGANISATION]}
        if MOST_PROTECTIVE[ORGANISATION] in values:
            return MOST_PROTECTIVE[ORGANISATION]
        return BY_LEVEL if BY_LEVEL in values else 0

    def _state(self) -> State:
        closing = [closure for closure in self.closures if not closure.keeps]
        if closing:
            now = self.target.session is None
            return State.ERASED if any(one.gone or (one.done and now) for one in closing) else State.STOPPED
        if self.declined:
            return State.DECLINED
        return State.CONSENTED if self.opened else State.NOT_ASKED

    def _level(self) -> Level:
        if self._state() is not State.CONSENTED:
            return Level.WITHHELD
        kept = any(closure.keeps for closure in self.closures)
        return LEVEL_ORDER[max(self._value(LEVEL), _UNNAMED if kept else 0)]

    def _still_to_ask(self) -> tuple[ToAsk, ...]:
        return tuple(ask for ask in self.to_ask if any(held.entry == ask.kept_by for held in self.held[ask.dimension]))
