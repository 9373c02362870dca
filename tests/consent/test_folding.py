"""Every dimension, reach, order of protectiveness, `applies` and time: one complete table of what holds."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.choosing.choices import DIMENSIONS
from consent.choosing.folding import Held, constant, fold, last_tightening, most_protective, since
from consent.decision import decide
from schemas.consent import ASKABLE, LEVEL_ORDER, ConsentDecision, FormPermission, Level, Permission, Use
from tests.consent.making import change, consent, form, register_of, session

ASKED = form(
    not_asked=(), asks={str(one): FormPermission(asked="choice", default="no") for one in Permission}
)  # every permission is a choice, so that every one may take every value
BEFORE = session("held", "2026-03-04T09:00-08:00")
AFTER = session("held", "2026-05-06T09:00-07:00")
SIGNED, LATER = "2026-02-20T10:00-08:00", "2026-04-01T10:00-07:00"
VALUES = {
    "level": list(LEVEL_ORDER),
    "organisation": ["named", "generalised"],
    **{one: ["yes", "ask", "no"] if one in ASKABLE else ["yes", "no"] for one in Permission},
}
RELATIONS = ("same", "narrower", "wider")
TABLE = [
    (dimension, first, second, relation, applies, when)
    for dimension in VALUES
    for first, second in itertools.product(VALUES[dimension], repeat=2)
    for relation in RELATIONS
    for applies in (None, "all", "from")
    for when in ("before", "after")
]


def shown(decision: ConsentDecision, dimension: str) -> str:
    if dimension in list(Permission):
        return decision.permissions[Permission(dimension)]
    return decision.level if dimension == "level" else decision.organisation


def held(dimension: str, first: str, second: str, relation: str, applies: str | None, when: str) -> str:
    """What is shown after ``first`` was chosen before the session and ``second`` on 1 April."""
    reach = {"same": ("study", "study"), "narrower": ("study", "session:held"), "wider": ("session:held", "study")}
    one, two = reach[relation]
    place = BEFORE if when == "before" else AFTER
    said = {dimension: first} if dimension == "level" else {"level": "named", dimension: first}
    register = register_of(
        [
            ASKED,
            place,
            consent("P01", SIGNED, **said),
            change("P01", SIGNED, reach=one, applies="all", **{dimension: first}),
            change("P01", LATER, reach=two, applies=applies, **{dimension: second}),
        ]
    )
    return shown(decide(register, "P01", session=place, use=Use.ANALYSIS), dimension)


def test_the_table_covers_every_dimension() -> None:
    assert set(VALUES) == set(DIMENSIONS)


@pytest.mark.parametrize("dimension", VALUES)
def test_what_holds_of_two_choices(dimension: str) -> None:
    order = VALUES[dimension]
    for _, first, second, relation, applies, when in (row for row in TABLE if row[0] == dimension):
        tightens = order.index(second) >= order.index(first)
        reaches_the_session = {
            None: tightens or when == "after",
            "all": True,
            "from": when == "after",
        }[applies]
        if not reaches_the_session:
            expected = first
        elif relation == "wider":
            expected = max(first, second, key=order.index)
        else:
            expected = second
        assert held(dimension, first, second, relation, applies, when) == expected, (first, second, relation, applies)


@pytest.mark.parametrize("first", LEVEL_ORDER)
@pytest.mark.parametrize("second", LEVEL_ORDER)
@pytest.mark.parametrize("session_first", [True, False])
def test_of_a_use_everywhere_and_all_uses_in_one_session_the_more_protective_holds(
    first: Level, second: Level, session_first: bool
) -> None:
    practice = change("P01", SIGNED, applies="all", level_practice=first)
    here = change("P01", SIGNED, applies="all", reach="session:held", level=second)
    both = [here, practice] if session_first else [practice, here]
    register = register_of([ASKED, AFTER, consent("P01", SIGNED, "named"), *both])
    decision = decide(register, "P01", session=AFTER, use=Use.PRACTICE)
    assert decision.level == max(first, second, key=LEVEL_ORDER.index)


@pytest.mark.parametrize("named_first", LEVEL_ORDER)
@pytest.mark.parametrize("later", LEVEL_ORDER)
def test_a_later_level_for_all_uses_beats_one_for_a_use_only_where_it_protects_more(
    named_first: Level, later: Level
) -> None:
    register = register_of(
        [ASKED, AFTER, consent("P01", SIGNED, "named", level_practice=named_first), change("P01", LATER, level=later)]
    )
    decision = decide(register, "P01", session=AFTER, use=Use.PRACTICE)
    assert decision.level == max(named_first, later, key=LEVEL_ORDER.index)


def test_a_narrower_protection_survives_a_wider_tightening_that_is_lifted_again() -> None:
    register = register_of(
        [
            *(ASKED, AFTER, consent("P01", SIGNED, "named")),
            change("P01", SIGNED, reach="session:held", level="unnamed"),
            change("P01", LATER, level="withheld"),
            change("P01", LATER, applies="all", level="named"),
        ]
    )
    assert decide(register, "P01", session=AFTER, use=Use.ANALYSIS).level is Level.UNNAMED


choices = st.builds(
    Held, reach=st.integers(0, 3), use=st.integers(0, 1), value=st.integers(0, 5), entry=st.integers(0, 99)
)


@given(st.lists(choices, min_size=1, max_size=12))
def test_what_holds_is_never_looser_than_the_newest_choice(history: list[Held]) -> None:
    standing: tuple[Held, ...] = ()
    for new in history:
        standing = fold(standing, new)
        assert standing[-1] == new
        assert max(one.value for one in standing) >= new.value
        assert len(standing) <= 8


steps = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(LEVEL_ORDER)), max_size=5, unique_by=lambda step: step[0]
)


@given(st.lists(steps, min_size=1, max_size=4))
def test_several_histories_together_are_the_most_protective_at_every_moment(
    parts: list[list[tuple[int, Level]]],
) -> None:
    histories = [((-1, Level.NAMED), *sorted(part)) for part in parts]
    joined = most_protective(*histories)
    for moment in range(-1, 31):
        levels = [max(step for step in one if step[0] <= moment)[1] for one in histories]
        assert [step for step in joined if step[0] <= moment][-1][1] == max(levels, key=LEVEL_ORDER.index)


def test_a_floor_counts_as_a_tightening_when_it_was_laid() -> None:
    person = ((-1, Level.WITHHELD), (3, Level.NAMED))
    assert last_tightening(most_protective(person, since(7, constant(Level.UNNAMED)))) == 7
    assert last_tightening(most_protective(person, since(2, constant(Level.UNNAMED)))) == -1
