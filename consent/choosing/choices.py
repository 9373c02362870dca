"""What one event says: its choices as numbers, with the blanks of a `consent` filled from the form."""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from schemas.consent import (
    ASKABLE,
    LEVEL_ORDER,
    Answer,
    Choice,
    ConsentEvent,
    ConsentKind,
    Form,
    Organisation,
    Permission,
    Use,
)

ANSWER_ORDER: tuple[Answer, ...] = tuple(Answer)
"""Least to most protective."""
ORGANISATION_ORDER: tuple[Organisation, ...] = tuple(Organisation)
"""Least to most protective."""
BY_LEVEL = -1
"""``organisation`` left to its default: named at `named`, generalised elsewhere, whatever the level becomes."""
LEVEL = "level"
ORGANISATION = "organisation"
CREDIT = "credit"
PERMISSIONS: frozenset[str] = frozenset(Permission)

_ORDERS: dict[str, tuple[StrEnum, ...]] = {
    LEVEL: LEVEL_ORDER,
    ORGANISATION: ORGANISATION_ORDER,
    **dict.fromkeys(Permission, ANSWER_ORDER),
}
_RANKS: dict[str, dict[str, int]] = {
    dimension: {str(value): rank for rank, value in enumerate(order)} for dimension, order in _ORDERS.items()
}
DIMENSIONS: tuple[str, ...] = tuple(_ORDERS)
"""Every dimension that folds; ``credit`` does not: the latest wins."""
MOST_PROTECTIVE: dict[str, int] = {dimension: len(order) - 1 for dimension, order in _ORDERS.items()}
"""Where nothing has been said."""


class Said(NamedTuple):
    """One value of one dimension; a larger ``value`` is more protective."""

    dimension: str
    use: Use | None
    value: int


def rank_of(choice: Choice) -> int:
    """How protective a choice's value is; a value nobody knows counts as the most protective."""
    most = MOST_PROTECTIVE[choice.dimension]
    if choice.value == Answer.ASK and choice.dimension not in ASKABLE:
        return most
    return _RANKS[choice.dimension].get(choice.value, most)


def asked(form: Form | None, permission: str) -> bool:
    """Whether ``form`` asked for ``permission`` at all."""
    if form is None:
        return False
    how = form.permissions.get(Permission(permission))
    return how is not None and how.asked != "not_asked"


def said_by(event: ConsentEvent, form: Form | None) -> tuple[Said, ...]:
    """What an event says in every dimension it touches, ``credit`` apart.

    Args:
        event: Any event; `withdraw`, `decline` and `undo` say nothing here.
        form: The form the event was made on, if it names a registered one.
    Returns:
        For a `consent` every dimension; for a `reaffirm` a `no` for each permission the new form never asked;
        for a `change` what was written, in which permissions have still to be held against the signed form.
    """
    if event.event is ConsentKind.CONSENT and form is not None:
        return _whole_consent(event, form)
    if event.event is ConsentKind.REAFFIRM and form is not None:
        no = ANSWER_ORDER.index(Answer.NO)
        return tuple(Said(permission, None, no) for permission in Permission if not asked(form, permission))
    if event.event is ConsentKind.CHANGE:
        return _written(event)
    return ()


def for_use(said: Collection[Said], use: Use) -> list[Said]:
    """What an event says for one use: where it speaks of that use by name, what it says of all uses is not for it."""
    own = {one.dimension for one in said if one.use is use}
    return [one for one in said if one.use is use or (one.use is None and one.dimension not in own)]


def credit_of(event: ConsentEvent) -> tuple[bool, str | None]:
    """Whether an event says something about ``credit``, and the text (None: no acknowledgement)."""
    if event.event not in (ConsentKind.CONSENT, ConsentKind.CHANGE):
        return False, None
    for choice in event.choices:
        if choice.dimension == CREDIT:
            return True, None if choice.value == Answer.NO else choice.value
    return event.event is ConsentKind.CONSENT, None


def _written(event: ConsentEvent) -> tuple[Said, ...]:
    # Level first: the default of `organisation` is judged by the level that the same event leaves behind.
    known = [choice for choice in event.choices if choice.dimension in _ORDERS]
    known.sort(key=lambda choice: choice.dimension != LEVEL)
    return tuple(Said(choice.dimension, choice.use, rank_of(choice)) for choice in known)


def _whole_consent(event: ConsentEvent, form: Form) -> tuple[Said, ...]:
    written = _written(event)
    answers = {said.dimension: said.value for said in written if said.use is None}
    levels = [said for said in written if said.dimension == LEVEL]
    if LEVEL not in answers:
        levels.insert(0, Said(LEVEL, None, LEVEL_ORDER.index(form.level_default)))
    organisations = [said for said in written if said.dimension == ORGANISATION]
    if ORGANISATION not in answers:
        organisations.insert(0, Said(ORGANISATION, None, _organisation_default(form)))
    permissions = [Said(p, None, _answer(form, p, answers.get(p))) for p in Permission]
    return (*levels, *organisations, *permissions)


def _organisation_default(form: Form) -> int:
    default = form.organisation_default
    return BY_LEVEL if default is None else ORGANISATION_ORDER.index(default)


def _answer(form: Form, permission: Permission, written: int | None) -> int:
    if not asked(form, permission):
        return ANSWER_ORDER.index(Answer.NO)
    if written is not None:
        return written
    how = form.permissions[permission]
    blank = Answer.YES if how.asked == "condition" else how.default or Answer.NO
    return rank_of(Choice(dimension=permission, value=blank))
