"""The worked situations come out as they are told, and the reference page tells the same."""

from pathlib import Path

import pytest

from consent.choosing.asking import to_be_asked
from consent.decision import decide, permitted
from consent.register import Register
from schemas.consent import ConsentDecision, Organisation, Permission, Use
from tests.consent.making import register_of
from tests.spec.render import render
from tests.spec.situations import SITUATIONS, Holds, Situation

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "consent-situations.md"


def decision_for(register: Register, holds: Holds) -> ConsentDecision:
    if holds.where is None:
        return decide(register, holds.who, session=None, use=Use(holds.use))
    marks = {passage.passage: passage.session for _, passage in register.passages}
    inside = holds.where if holds.where in marks else None
    session = register.sessions[marks.get(holds.where, holds.where)]
    return decide(register, holds.who, session=session, use=Use(holds.use), passage=inside)


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.title for situation in SITUATIONS])
def test_a_situation_comes_out_as_it_is_told(situation: Situation) -> None:
    register = register_of(situation.entries)
    for holds in situation.holds:
        decision = decision_for(register, holds)
        told = f"{holds.who} in {holds.where}, {holds.use}"
        assert decision.state == holds.state, told
        assert decision.level == holds.level, told
        assert holds.organisation is None or decision.organisation is Organisation(holds.organisation), told
        assert {name: decision.permissions[Permission(name)] for name in holds.allows} == holds.allows, told
        assert holds.quoted is None or decision.verbatim is holds.quoted, told
        assert holds.analysed is None or permitted(decision, "analyse") is holds.analysed, told
        assert holds.credit is None or decision.credit == holds.credit, told


@pytest.mark.parametrize("situation", SITUATIONS, ids=[situation.title for situation in SITUATIONS])
def test_questions_stay_open_only_where_the_story_says_so(situation: Situation) -> None:
    register = register_of(situation.entries)
    questions = [question for person in register.by_participant for question in to_be_asked(register, person)]
    assert len(questions) == situation.to_ask


def test_the_reference_page_is_the_one_made_from_the_situations() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run: python docs/generate_reference.py"


def test_every_title_is_used_once() -> None:
    titles = [situation.title for situation in SITUATIONS]
    assert len(set(titles)) == len(titles) >= 25
