"""Which choices end a data set: those that hide more of what it shows, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import decide_session
from flows.tightening import Comparison, hides_more
from schemas.consent import LEVEL_ORDER
from schemas.purposes import PURPOSES
from tests.consent.making import Entry, change, consent, form, passage, register_of, session, undo, withdraw

MARCH, APRIL = session("march", "2026-03-20T10:00-07:00"), session("april", "2026-04-20T10:00-07:00")
JOINED: list[Entry] = [
    form(),
    MARCH,
    APRIL,
    consent("P01", "2026-03-01T10:00-08:00", "first_name", organisation="named"),
    consent("P02", "2026-03-01T10:00-08:00", "role"),
    consent("P03", "2026-03-01T10:00-08:00", "role"),
]
EVERYBODY = ("P01", "P02", "P03")
LATER = "2026-05-01T10:00-07:00"


def ends(said: Entry, *people: str, purpose: str = "analyse", of: str = "march", held: tuple[str, ...] = EVERYBODY,
         before: list[Entry] = JOINED, alike: bool = False) -> bool:  # fmt: skip
    was, now = register_of(before), register_of([*before, said])
    return Comparison(was, now, people).hides_more(of, purpose, held, lambda _one, _other: alike)


@pytest.mark.parametrize("level", ["role", "pseudonym", "unnamed", "withheld"])
def test_a_more_protective_level_ends_what_shows_the_person(level: str) -> None:
    assert ends(change("P01", LATER, level=level), "P01")
    assert not ends(change("P01", LATER, level=level), "P01", held=("P02", "P03"))


@pytest.mark.parametrize("level", ["first_name", "named"])
def test_a_level_that_is_as_open_or_more_open_ends_nothing(level: str) -> None:
    assert not ends(change("P01", LATER, level=level, applies="all"), "P01")


def test_an_employer_that_is_no_longer_to_be_named_ends_it() -> None:
    assert ends(change("P01", LATER, organisation="generalised"), "P01")
    assert not ends(change("P02", LATER, organisation="generalised"), "P02")


def test_only_the_permission_that_the_purpose_rests_on_counts() -> None:
    quoted = [*JOINED, change("P01", "2026-03-02T10:00-08:00", quote_research="yes")]
    said = change("P01", LATER, quote_research="ask")
    assert ends(said, "P01", purpose="quote_research", before=quoted)
    assert not ends(said, "P01", purpose="analyse", before=quoted)


def test_a_level_for_another_use_ends_nothing() -> None:
    said = change("P01", LATER, level_practice="unnamed")
    assert ends(said, "P01", purpose="quote_practice")
    assert not ends(said, "P01", purpose="analyse")


@pytest.mark.parametrize("data", ["erase", "keep_deidentified"])
def test_a_withdrawal_ends_it(data: str) -> None:
    assert ends(withdraw("P01", LATER, data), "P01")


def test_stopping_from_now_on_ends_only_what_holds_later_sessions() -> None:
    said = withdraw("P01", "2026-04-01T10:00-07:00", "stop")
    assert not ends(said, "P01", of="march")
    assert ends(said, "P01", of="april")


def test_a_reach_that_leaves_the_session_out_ends_nothing() -> None:
    said = withdraw("P01", LATER, "erase", reach="session:april")
    assert not ends(said, "P01", of="march")
    assert ends(said, "P01", of="april")


def test_taking_a_withdrawal_back_ends_nothing() -> None:
    stopped = [*JOINED, withdraw("P01", LATER, "erase")]
    assert not ends(undo("P01", LATER), "P01", before=stopped)


@pytest.mark.parametrize("mark", ["off_the_record", "community"])
def test_a_mark_that_withholds_a_passage_ends_it_whoever_speaks_there(mark: str) -> None:
    assert ends(passage("aaaaaaaaaaa1", "march", mark, community="ours" if mark == "community" else None))
    assert not ends(passage("aaaaaaaaaaa1", "april", mark, community="ours" if mark == "community" else None))


def test_not_mine_to_tell_ends_what_quotes() -> None:
    assert ends(passage("aaaaaaaaaaa1", "march", "not_mine"), purpose="quote_research")


def test_whoever_is_reported_hides_what_the_speaker_said_of_them() -> None:
    told = [*JOINED, passage("aaaaaaaaaaa1", "march", "reports", "P03")]
    assert ends(withdraw("P03", LATER, "erase"), "P03", before=told, held=("P01",))


def test_a_choice_about_a_passage_ends_what_holds_it() -> None:
    marked = [*JOINED, passage("aaaaaaaaaaa1", "march", "for_organisation")]
    said = change("P01", LATER, level="withheld", reach="passage:aaaaaaaaaaa1")
    assert ends(said, "P01", before=marked)


def test_a_role_that_one_person_alone_has_left_is_not_shown_any_longer() -> None:
    said = withdraw("P03", LATER, "erase")
    assert ends(said, "P03", held=("P02",), alike=True)
    assert not ends(said, "P03", held=("P02",), alike=False)
    assert not ends(said, "P03", held=("P01",), alike=True)


def test_a_session_that_is_not_known_is_taken_to_hide_more() -> None:
    assert ends(change("P01", LATER, level="named"), "P01", of="august")


SAID = st.one_of(
    st.builds(lambda level: change("P01", LATER, level=level, applies="all"), st.sampled_from(list(LEVEL_ORDER))),
    st.builds(lambda word: change("P01", LATER, analyse=word), st.sampled_from(["yes", "no"])),
    st.builds(lambda word: change("P01", LATER, quote_research=word), st.sampled_from(["yes", "ask", "no"])),
    st.builds(lambda word: change("P01", LATER, organisation=word), st.sampled_from(["named", "generalised"])),
    st.builds(lambda data: withdraw("P01", LATER, data), st.sampled_from(["erase", "keep_deidentified", "stop"])),
)


@given(first=SAID, then=SAID, purpose=st.sampled_from(sorted(PURPOSES)))
def test_the_same_choices_hide_nothing_and_a_session_hides_more_where_its_decision_does(
    first: Entry, then: Entry, purpose: str
) -> None:
    was = [*JOINED, first]
    old, new = register_of(was), register_of([*was, then])
    before, after = (decide_session(one, "march", ["P01"], purpose).decisions["P01"] for one in (old, new))
    assert not hides_more(before, before, purpose)
    assert ends(then, "P01", before=was, purpose=purpose) == hides_more(before, after, purpose)
