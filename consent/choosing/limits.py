"""Floors: what caps a decision whatever the person chose (session rule, passage marks, other people's say)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from consent.choosing.choices import ANSWER_ORDER, BY_LEVEL, MOST_PROTECTIVE, ORGANISATION
from consent.choosing.folding import Steps, constant, most_protective, since
from consent.choosing.replay import Folded
from schemas.consent import Answer, Level, Mark, Organisation, Permission, State
from schemas.recording import Rule

_NO = ANSWER_ORDER.index(Answer.NO)
_GENERALISED = MOST_PROTECTIVE[ORGANISATION]
_NEVER_LIMITED = constant(Level.NAMED)
_EVERYTHING: Mapping[str, int] = MappingProxyType(dict.fromkeys(Permission, _NO))
_QUOTES = (Permission.QUOTE_RESEARCH, Permission.QUOTE_PRACTICE, Permission.PUBLISH_RECORDING)


@dataclass(frozen=True)
class Limits:
    """The least protective outcome that is still allowed. Values are ranks; what is absent is not limited.

    Attributes:
        steps: The level, as it changed over the ledger.
        organisation: 0 named, 1 generalised, -1 by the level.
        events: Ledger entries that laid the floor.
    """

    steps: Steps = _NEVER_LIMITED
    organisation: int = 0
    permissions: Mapping[str, int] = field(default_factory=dict)
    verbatim: bool = True
    events: tuple[int, ...] = ()

    def from_entry(self, index: int) -> "Limits":
        """The same floor, laid at ledger entry ``index``."""
        return Limits(since(index, self.steps), self.organisation, self.permissions, self.verbatim, self.events)


NOTHING_ALLOWED = Limits(constant(Level.WITHHELD), _GENERALISED, _EVERYTHING, verbatim=False)
_NEVER_QUOTED = Limits(permissions=dict.fromkeys(_QUOTES, _NO), verbatim=False)
_CHATHAM_HOUSE = Limits(
    constant(Level.UNNAMED),
    _GENERALISED,
    dict.fromkeys((Permission.PUBLISH_RECORDING, Permission.QUOTE_PRACTICE, Permission.ARCHIVE), _NO),
)
RULES: dict[Rule, Limits] = {
    Rule.OPEN: Limits(),
    Rule.CHATHAM_HOUSE: _CHATHAM_HOUSE,
    Rule.OFF_THE_RECORD: NOTHING_ALLOWED,
}
"""What each session rule leaves."""
MARKS: dict[Mark, Limits] = {
    Mark.OFF_THE_RECORD: NOTHING_ALLOWED,
    Mark.NOT_MINE: _NEVER_QUOTED,
    Mark.ROLE_PLAY: _NEVER_QUOTED,
    Mark.FOR_ORGANISATION: Limits(),
    Mark.JOINT: Limits(),
    Mark.REPORTS: Limits(),
    Mark.COMMUNITY: Limits(),
}
"""What a mark leaves by itself; `joint`, `reports` and `community` bring in what others say."""


def own_limits(folded: Folded) -> Limits:
    """What one person's own entries leave, as a floor under their own or another's words."""
    if folded.state is not State.CONSENTED:
        return Limits(folded.steps, _GENERALISED, _EVERYTHING, verbatim=False, events=folded.used)
    if not folded.kept:
        return Limits(folded.steps, folded.organisation, folded.permissions, events=folded.used)
    permissions = dict(folded.permissions) | {str(quote): _NO for quote in _QUOTES}
    return Limits(folded.steps, _GENERALISED, permissions, verbatim=False, events=folded.used)


def unrecorded_voice(own: Limits) -> Limits:
    """The floor under somebody in a recorded session: without `record_audio` their voice is not heard out."""
    if own.permissions.get(Permission.RECORD_AUDIO) != _NO:
        return Limits()
    return Limits(permissions={Permission.TRANSCRIBE: _NO, Permission.PUBLISH_RECORDING: _NO})


def together(*limits: Limits) -> Limits:
    """The most protective of several floors, in every respect."""
    permissions: dict[str, int] = {}
    for one in limits:
        for permission, value in one.permissions.items():
            permissions[permission] = max(value, permissions.get(permission, 0))
    return Limits(
        most_protective(*(one.steps for one in limits)),
        _joined_organisation({one.organisation for one in limits}),
        permissions,
        all(one.verbatim for one in limits),
        tuple(sorted({index for one in limits for index in one.events})),
    )


def organisation_shown(limits: Limits, level: Level) -> Organisation:
    """How the employer is shown at the level that holds."""
    if level is Level.WITHHELD:
        return Organisation.GENERALISED
    if limits.organisation == BY_LEVEL:
        return Organisation.NAMED if level is Level.NAMED else Organisation.GENERALISED
    return tuple(Organisation)[limits.organisation]


def _joined_organisation(values: set[int]) -> int:
    if _GENERALISED in values:
        return _GENERALISED
    return BY_LEVEL if BY_LEVEL in values else 0
