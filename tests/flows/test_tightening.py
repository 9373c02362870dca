"""Which choices end a data set: those that hide more of what it shows, and no others."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import decide_session
from flows.tightening import Comparison, Quotes, hides_more, quoting_falls
from schemas.consent import LEVEL_ORDER
from schemas.deidentified import QuoteState
from schemas.purposes import PURPOSES, quotable
from schemas.recording import Rule
from schemas.speech import UtteranceState
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
NOBODY: Quotes = {}
"""Nobody's words may be quoted: none were checked by ear."""
LATER = "2026-05-01T10:00-07:00"


def ends(said: Entry, *people: str, purpose: str = "analyse", of: str = "march", held: tuple[str, ...] = EVERYBODY,
         before: list[Entry] = JOINED, alike: bool = False, quotes: Quotes | None = NOBODY) -> bool:  # fmt: skip
    was, now = register_of(before), register_of([*before, said])
    return Comparison(was, now, people).hides_more(of, purpose, held, lambda _one, _other: alike, quotes)


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


ANSWERS = ("yes", "ask", "no")
"""Freest first, as ``QuoteState`` has its states."""
EITHER = ["quote_research", "quote_practice"]
QUOTING = {"quote_research": EITHER[:1], "quote_practice": EITHER[1:], "analyse": EITHER, "archive": EITHER}
BOTH = {"quote_research": "yes", "quote_practice": "yes"}


@pytest.mark.parametrize("purpose", sorted(QUOTING))
@pytest.mark.parametrize("permission", ["quote_research", "quote_practice"])
@pytest.mark.parametrize("was", ANSWERS)
@pytest.mark.parametrize("now", ANSWERS)
@pytest.mark.parametrize("shown", list(QuoteState))
def test_a_data_set_whose_words_say_they_may_be_quoted_more_freely_ends(
    purpose: str, permission: str, was: str, now: str, shown: QuoteState
) -> None:
    """The whole table: each permission, from each answer to each, against each state that words may stand in."""
    before = [*JOINED, change("P01", "2026-03-02T10:00-08:00", **(BOTH | {permission: was}), applies="all")]
    said = change("P01", LATER, **{permission: now})
    concerns = permission in QUOTING[purpose]
    falls = ANSWERS.index(now) > ANSWERS.index(was)
    looser = list(QuoteState).index(shown) < ANSWERS.index(now)
    gone = purpose == permission and was == "yes" and now != "yes"  # the words themselves may stand there no longer
    quotes = {} if shown is QuoteState.NOT else {"P01": shown}
    assert ends(said, "P01", before=before, purpose=purpose, quotes=quotes) == (gone or (concerns and falls and looser))


def test_an_older_data_set_that_does_not_say_who_may_be_quoted_ends_as_if_everybody_might() -> None:
    before = [*JOINED, change("P01", "2026-03-02T10:00-08:00", **BOTH, applies="all")]
    said = change("P01", LATER, quote_practice="ask")
    assert ends(said, "P01", before=before, quotes=None)
    assert not ends(said, "P01", before=before, quotes=None, held=("P02",))
    assert not ends(change("P01", LATER, quote_practice="yes"), "P01", before=before, quotes=None)


def test_what_somebody_says_of_being_quoted_ends_no_data_set_in_which_others_may_be_quoted() -> None:
    before = [*JOINED, change("P01", "2026-03-02T10:00-08:00", **BOTH, applies="all")]
    assert not ends(change("P01", LATER, quote_research="no"), "P01", before=before, quotes={"P02": QuoteState.MAY})


def test_a_marked_passage_that_may_not_be_quoted_ends_what_says_that_it_may() -> None:
    before = [*JOINED, change("P01", "2026-03-02T10:00-08:00", **BOTH, applies="all"),
              passage("aaaaaaaaaaa1", "march", "for_organisation")]  # fmt: skip
    said = change("P01", LATER, quote_research="no", reach="passage:aaaaaaaaaaa1")
    assert ends(said, "P01", before=before, quotes={"P01": QuoteState.MAY})
    assert not ends(said, "P01", before=before, quotes=NOBODY)


def test_another_rule_of_the_session_ends_what_shows_more_than_it_allows() -> None:
    """Nobody said anything; the rule limits everybody."""
    was = register_of([*JOINED, change("P02", "2026-03-02T10:00-08:00", **BOTH, applies="all")])
    stricter = was.sessions["march"].model_copy(update={"rule": Rule.CHATHAM_HOUSE})
    now = replace(was, sessions={**was.sessions, "march": stricter})
    compared = Comparison(was, now, ())
    assert compared.hides_more("march", "analyse", ("P02",), lambda *_: False, NOBODY), "their role"
    assert not compared.hides_more("april", "analyse", ("P02",), lambda *_: False, NOBODY)
    unnamed = register_of([form(), MARCH, consent("P05", "2026-03-01T10:00-08:00", "unnamed", **BOTH)])
    ruled = replace(unnamed, sessions={"march": stricter})
    falls = Comparison(unnamed, ruled, ())
    assert falls.hides_more("march", "analyse", ("P05",), lambda *_: False, {"P05": QuoteState.MAY})
    assert not falls.hides_more("march", "analyse", ("P05",), lambda *_: False, NOBODY)


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
    st.builds(lambda word: change("P01", LATER, quote_practice=word), st.sampled_from(["yes", "ask", "no"])),
    st.builds(lambda word: change("P01", LATER, organisation=word), st.sampled_from(["named", "generalised"])),
    st.builds(lambda data: withdraw("P01", LATER, data), st.sampled_from(["erase", "keep_deidentified", "stop"])),
)


@given(first=SAID, then=SAID, purpose=st.sampled_from(sorted(PURPOSES)), shown=st.sampled_from(list(QuoteState)))
def test_no_data_set_stands_whose_words_say_they_may_be_quoted_more_freely_than_they_may(
    first: Entry, then: Entry, purpose: str, shown: QuoteState
) -> None:
    """Whatever was said before and then: of two states that were right when it was made, the freer one is not kept."""
    was = [*JOINED, change("P01", "2026-03-02T10:00-08:00", **BOTH, applies="all"), first]
    registers = register_of(was), register_of([*was, then])
    before, after = (decide_session(one, "march", ["P01"], purpose).decisions["P01"] for one in registers)
    right, now = (quotable(one, purpose, UtteranceState.CHECKED) for one in (before, after))
    order = list(QuoteState).index
    assert (quoting_falls(before, after, purpose) is None) == (order(now) <= order(right))
    if order(shown) >= order(right) and not ends(then, "P01", before=was, purpose=purpose, quotes={"P01": shown}):
        assert order(shown) >= order(now)


@given(first=SAID, then=SAID, purpose=st.sampled_from(sorted(PURPOSES)))
def test_the_same_choices_hide_nothing_and_a_session_hides_more_where_its_decision_does(
    first: Entry, then: Entry, purpose: str
) -> None:
    was = [*JOINED, first]
    old, new = register_of(was), register_of([*was, then])
    before, after = (decide_session(one, "march", ["P01"], purpose).decisions["P01"] for one in (old, new))
    assert not hides_more(before, before, purpose)
    assert ends(then, "P01", before=was, purpose=purpose) == hides_more(before, after, purpose)
