"""What each purpose needs: every permission a yes, and words that may be quoted where it quotes."""

import pytest

from schemas.consent import Answer, ConsentDecision, Level, Organisation, Permission, Reach, State, Use
from schemas.deidentified import QuoteState
from schemas.purposes import PURPOSES, lacking, permitted, quotable
from schemas.speech import UtteranceState

EVERYTHING = dict.fromkeys(Permission, Answer.YES)


def decision(**changes: object) -> ConsentDecision:
    return ConsentDecision(
        participant="P01",
        use=Use.ANALYSIS,
        reach=Reach(),
        state=State.CONSENTED,
        level=Level.UNNAMED,
        organisation=Organisation.GENERALISED,
        permissions=EVERYTHING,
        tightened=-1,
    ).model_copy(update=changes)


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_each_purpose_needs_all_its_permissions_and_ask_is_no_yes(purpose: str) -> None:
    assert permitted(decision(), purpose)
    for permission in PURPOSES[purpose].permissions:
        for answer in (Answer.ASK, Answer.NO):
            assert lacking(decision(permissions={**EVERYTHING, permission: answer}), purpose)
        missing = {p: a for p, a in EVERYTHING.items() if p is not permission}
        assert lacking(decision(permissions=missing), purpose)


def test_words_that_may_never_be_quoted_are_not_quoted() -> None:
    assert not permitted(decision(verbatim=False), "quote_research")
    assert permitted(decision(verbatim=False), "analyse")


def test_an_unknown_purpose_lacks_everything() -> None:
    assert not permitted(decision(), "sell")


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONSENTED])
def test_nobody_but_the_consenting_is_used(state: State) -> None:
    assert not permitted(decision(state=state), "analyse")


def test_the_withheld_level_is_never_used() -> None:
    assert not permitted(decision(level=Level.WITHHELD), "analyse")


QUOTES = (Permission.QUOTE_RESEARCH, Permission.QUOTE_PRACTICE)


@pytest.mark.parametrize(
    ("purpose", "research", "practice", "state"),
    [
        ("quote_research", "yes", "no", QuoteState.MAY),
        ("quote_research", "ask", "yes", QuoteState.ASK),
        ("quote_practice", "yes", "no", QuoteState.NOT),
        ("quote_practice", "no", "ask", QuoteState.ASK),
        ("analyse", "yes", "yes", QuoteState.MAY),
        ("analyse", "yes", "ask", QuoteState.ASK),
        ("archive", "no", "yes", QuoteState.NOT),
        ("other", "yes", "yes", QuoteState.NOT),
    ],
)
def test_words_are_quoted_as_far_as_the_permission_for_it_goes(
    purpose: str, research: str, practice: str, state: QuoteState
) -> None:
    asked = decision(permissions=dict(zip(QUOTES, (Answer(research), Answer(practice)), strict=True)))
    assert quotable(asked, purpose, UtteranceState.CHECKED) is state
    assert quotable(asked, purpose, UtteranceState.CORRECTED) is QuoteState.NOT
    assert quotable(asked, purpose, UtteranceState.MACHINE) is QuoteState.NOT
    kept = decision(permissions=asked.permissions, verbatim=False)
    assert quotable(kept, purpose, UtteranceState.CHECKED) is QuoteState.NOT


def test_a_permission_that_was_never_asked_is_a_no() -> None:
    assert quotable(decision(permissions={}), "quote_research", UtteranceState.CHECKED) is QuoteState.NOT
