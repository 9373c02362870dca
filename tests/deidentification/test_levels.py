"""The table of levels is complete, and gets more protective from level to level."""

import pytest

from deidentification.levels import TABLE, Show, Whose, mention_level, organisation_shown, shown
from schemas.consent import LEVEL_ORDER, Level, Organisation, State
from schemas.deidentified import Label
from tests.deidentification.support import decision

STRENGTH = [Show.KEEP, Show.FIRST_NAME, Show.ROLE, Show.PSEUDONYM, Show.GENERALISE, Show.MASK, Show.CUT]


def test_every_level_label_and_person_has_exactly_one_row() -> None:
    assert set(TABLE) == {(level, label, whose) for level in Level for label in Label for whose in Whose}


@pytest.mark.parametrize("whose", Whose)
@pytest.mark.parametrize("label", Label)
def test_no_level_shows_more_than_a_less_protective_one(label: Label, whose: Whose) -> None:
    strengths = [STRENGTH.index(shown(level, label, whose)) for level in LEVEL_ORDER]
    assert strengths == sorted(strengths)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("whose", Whose)
def test_contacts_and_identity_numbers_go_at_every_level(level: Level, whose: Whose) -> None:
    assert shown(level, Label.CONTACT, whose) in (Show.MASK, Show.CUT)
    assert shown(level, Label.OTHER, whose) in (Show.MASK, Show.CUT)


def test_names_of_others_are_shown_as_the_mission_says() -> None:
    names = [shown(level, Label.PERSON, Whose.MENTION) for level in LEVEL_ORDER]
    assert names == [Show.KEEP, Show.FIRST_NAME, Show.ROLE, Show.PSEUDONYM, Show.MASK, Show.MASK]


def test_clues_are_kept_above_role_and_generalised_from_there() -> None:
    for label in (Label.ROLE, Label.PLACE, Label.DATE, Label.AGE):
        rows = [shown(level, label, Whose.SPEAKER) for level in LEVEL_ORDER]
        assert rows == [Show.KEEP, Show.KEEP, Show.GENERALISE, Show.GENERALISE, Show.GENERALISE, Show.CUT]


def test_the_employer_follows_organisation_and_not_the_level() -> None:
    named = decision("P01", Level.NAMED, organisation=Organisation.GENERALISED)
    unnamed = decision("P01", Level.UNNAMED, organisation=Organisation.NAMED)
    assert organisation_shown(named, Whose.MENTION) is Show.GENERALISE
    assert organisation_shown(unnamed, Whose.MENTION) is Show.KEEP
    assert organisation_shown(None, Whose.MENTION) is Show.GENERALISE


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONSENTED])
def test_somebody_who_has_not_consented_is_mentioned_as_if_withheld(state: State) -> None:
    assert mention_level(decision("P01", Level.NAMED, state=state)) is Level.WITHHELD
    assert mention_level(None) is Level.WITHHELD
