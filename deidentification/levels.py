"""The one table: what is shown of each kind of thing at each level, for speakers and for people others name."""

from enum import StrEnum

from schemas.consent import LEVEL_ORDER, ConsentDecision, Level, Organisation, permits_name
from schemas.deidentified import Label


class Whose(StrEnum):
    """Whose level is asked for."""

    SPEAKER = "speaker"
    """Of the speaker, in the speaker's own words."""
    MENTION = "mention"
    """Of somebody whom others name."""


class Show(StrEnum):
    """What is shown in place of something."""

    KEEP = "keep"
    """As said; a name misspelt or former is put right."""
    FIRST_NAME = "first_name"
    ROLE = "role"
    PSEUDONYM = "pseudonym"
    MASK = "mask"
    """The tag of its label."""
    GENERALISE = "generalise"
    """The roster's own generalisation, or the tag."""
    CUT = "cut"
    """Nothing: the words are not shown at all."""


def _clues(show: Show, link: Show) -> dict[Label, Show]:
    clues = dict.fromkeys((Label.ROLE, Label.PLACE, Label.DATE, Label.AGE, Label.ORGANISATION), show)
    return {**clues, Label.LINK: link, Label.CONTACT: Show.MASK, Label.OTHER: Show.MASK}


_NAMES = {
    Level.NAMED: Show.KEEP,
    Level.FIRST_NAME: Show.FIRST_NAME,
    Level.ROLE: Show.ROLE,
    Level.PSEUDONYM: Show.PSEUDONYM,
    Level.UNNAMED: Show.MASK,
    Level.WITHHELD: Show.MASK,
}
_CLUES = {
    Level.NAMED: _clues(Show.KEEP, Show.KEEP),
    # A link leads to more than a first name.
    Level.FIRST_NAME: _clues(Show.KEEP, Show.MASK),
    Level.ROLE: _clues(Show.GENERALISE, Show.MASK),
    Level.PSEUDONYM: _clues(Show.GENERALISE, Show.MASK),
    Level.UNNAMED: _clues(Show.GENERALISE, Show.MASK),
}

TABLE: dict[tuple[Level, Label, Whose], Show] = {}
for _level in LEVEL_ORDER:
    for _label in Label:
        _name = _label is Label.PERSON
        _mention = _NAMES[_level] if _name else _CLUES.get(_level, _clues(Show.MASK, Show.MASK))[_label]
        TABLE[_level, _label, Whose.MENTION] = _mention
        TABLE[_level, _label, Whose.SPEAKER] = Show.CUT if _level is Level.WITHHELD else _mention
# ``organisation`` alone governs the employer: the level's row for it is read through organisation_shown only.


def shown(level: Level, label: Label, whose: Whose) -> Show:
    """What the table says for ``label`` at ``level``."""
    return TABLE[level, label, whose]


def organisation_shown(decision: ConsentDecision | None, whose: Whose) -> Show:
    """What is shown of an employer in connection with one person: ``organisation`` decides, not the level.

    Somebody without a decision that permits anything is protected.
    """
    if decision is None or not permits_name(decision):
        return shown(Level.UNNAMED, Label.ORGANISATION, whose)
    if decision.organisation is Organisation.NAMED:
        return Show.KEEP
    return shown(Level.UNNAMED, Label.ORGANISATION, whose)


def mention_level(decision: ConsentDecision | None) -> Level:
    """The level at which somebody whom others name is shown; without a decision as if withheld."""
    return decision.level if decision is not None and permits_name(decision) else Level.WITHHELD
