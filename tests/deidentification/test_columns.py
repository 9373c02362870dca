"""The generalised columns beside a speaker's label: never such a combination as one person alone has."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.company import Company
from deidentification.names import Names
from schemas.consent import Level, State
from schemas.deidentified import SpeakerShown
from schemas.roster import MatchingTable, Person
from tests.deidentification.support import SESSION, decision, decisions, person

COLUMNS = ("tier", "role_as", "organisation_as", "place_as", "language")
LIKE = {
    "tier": "core",
    "role_as": "a planner",
    "organisation_as": "a council",
    "place_as": "a river town",
    "language": "en",
}


def columns(people: list[Person], level: Level, *, stopped: str = "") -> dict[str, str | None]:
    """What the first of ``people`` shows at ``level``."""
    table = MatchingTable(people=tuple(people))
    state = {stopped: decision(stopped, level, state=State.STOPPED)} if stopped else {}
    names = Names(Company.of(table), decisions(rest=level, table=table, **state), SESSION)
    shown = names.speaker(people[0], decision(people[0].participant, level))
    return {column: getattr(shown, column) for column in COLUMNS}


def people(**second: str) -> list[Person]:
    return [person(1, "Aroha Ngata", pseudonym="Orvane", **LIKE), person(2, "Kael Dorin", **{**LIKE, **second})]


@pytest.mark.parametrize("level", [Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM])
def test_a_combination_that_two_share_is_shown(level: Level) -> None:
    assert columns(people(), level) == LIKE


@pytest.mark.parametrize(
    ("other", "gone"),
    [
        ("place_as", {"place_as"}), ("organisation_as", {"place_as", "organisation_as"}),
        ("role_as", {"place_as", "organisation_as", "role_as"}),
        ("language", {"place_as", "organisation_as", "role_as", "language"}), ("tier", set(COLUMNS)),
    ],
)  # fmt: skip
def test_columns_go_one_by_one_until_what_is_left_is_shared(other: str, gone: set[str]) -> None:
    shown = columns(people(**{other: "else"}), Level.PSEUDONYM)
    assert shown == {column: None if column in gone else LIKE[column] for column in COLUMNS}


def test_whoever_stopped_shares_nothing() -> None:
    assert set(columns(people(), Level.FIRST_NAME, stopped="P02").values()) == {None}


def test_a_role_keeps_what_its_label_says_anyway() -> None:
    three = [*people(tier="else"), person(3, "Miro Tand", role_as="a planner", organisation_as="a council")]
    shown = columns(three, Level.ROLE)
    assert (shown["role_as"], shown["organisation_as"]) == ("a planner", "a council")
    assert (shown["tier"], shown["place_as"], shown["language"]) == (None, None, None)


def test_a_named_speaker_keeps_all_columns() -> None:
    assert columns(people(role_as="else"), Level.NAMED) == LIKE


@given(
    st.lists(st.tuples(*[st.sampled_from(["a", "b", None])] * 5), min_size=1, max_size=8),
    st.sampled_from([Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM]),
)
def test_no_columns_below_named_ever_fit_one_person_alone(rows: list[tuple[str | None, ...]], level: Level) -> None:
    table = MatchingTable(
        people=tuple(
            person(
                i, f"Zq{chr(97 + i)}x Vr{chr(97 + i)}t", pseudonym=f"Made{i}", **dict(zip(COLUMNS, row, strict=True))
            )
            for i, row in enumerate(rows)
        )
    )
    names = Names(Company.of(table), decisions(rest=level, table=table), SESSION)
    for row in table.people:
        shown = names.speaker(row, decision(row.participant, level))
        held = {c: getattr(shown, c) for c in COLUMNS if getattr(shown, c) is not None}
        fitting = sum(all(getattr(p, c) == value for c, value in held.items()) for p in table.people)
        assert not held or fitting >= 2
        assert isinstance(shown, SpeakerShown) and Counter(held)["participant"] == 0
