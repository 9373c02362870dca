"""What a whole session is told, and the cases that the worked situations leave out."""

import time

import pytest

from consent.choosing.asking import to_be_asked
from consent.decision import decide, decide_session, permitted, refuses_recording
from schemas.consent import Answer, Level, Mark, Organisation, Permission, Reach, State, Use
from schemas.errors import BadInput
from schemas.purposes import PURPOSES, lacking
from schemas.recording import Rule
from tests.consent.making import (
    Destroyed,
    Entry,
    change,
    consent,
    decline,
    form,
    passage,
    reaffirm,
    register_of,
    session,
    undo,
    withdraw,
)

FORM = form()
MARCH = session("march", "2026-03-04T09:00-08:00", cycle="1")
EARLY, LATE = "2026-02-20T10:00-08:00", "2026-03-25T10:00-07:00"


def level_of(entries: list[Entry], person: str = "P01", use: Use = Use.ANALYSIS, passage: str | None = None) -> Level:
    register = register_of(entries)
    return decide(register, person, session=register.sessions["march"], use=use, passage=passage).level


def test_everybody_asked_about_gets_a_decision_and_strangers_are_not_asked() -> None:
    register = register_of([FORM, MARCH, consent("P01", EARLY)])
    decided = decide_session(register, "march", ["P02", "P01", "P01"], "analyse")
    assert list(decided.decisions) == ["P01", "P02"]
    assert decided.use is Use.ANALYSIS
    assert decided.decisions["P02"].state is State.NOT_ASKED
    assert decided.decisions["P02"].level is Level.WITHHELD
    assert set(decided.decisions["P02"].permissions.values()) == {Answer.NO}


def test_a_session_or_purpose_nobody_knows_is_refused() -> None:
    register = register_of([FORM, MARCH])
    with pytest.raises(BadInput, match="session april is not in the consent register"):
        decide_session(register, "april", ["P01"], "analyse")
    with pytest.raises(BadInput, match="purpose is not known"):
        decide_session(register, "march", ["P01"], "advertise")
    with pytest.raises(BadInput, match="passage is not in the consent register"):
        decide(register, "P01", session=MARCH, use=Use.ANALYSIS, passage="aaaaaaaaaaa1")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_purpose_needs_each_of_its_permissions(purpose: str) -> None:
    asked = form(not_asked=())
    everything = {str(permission): "yes" for permission in Permission if permission is not Permission.AI_SERVICES}
    use = PURPOSES[purpose].uses[0]
    allowed = decide(register_of([asked, MARCH, consent("P01", EARLY, **everything)]), "P01", session=MARCH, use=use)
    assert permitted(allowed, purpose)
    for needed in PURPOSES[purpose].permissions:
        said = {**everything, str(needed): "no"}
        refused = decide(register_of([asked, MARCH, consent("P01", EARLY, **said)]), "P01", session=MARCH, use=use)
        assert refused.level is Level.NAMED
        assert lacking(refused, purpose)
        assert not permitted(refused, purpose)


def test_to_be_asked_first_is_not_yet_a_yes() -> None:
    register = register_of([FORM, MARCH, consent("P01", EARLY, quote_research="ask")])
    assert not permitted(decide(register, "P01", session=MARCH, use=Use.RESEARCH), "quote_research")


def test_a_purpose_nobody_knows_permits_nothing() -> None:
    register = register_of([FORM, MARCH, consent("P01", EARLY)])
    assert not permitted(decide(register, "P01", session=MARCH, use=Use.ANALYSIS), "advertise")


def test_the_archive_takes_the_more_protective_of_analysis_and_research() -> None:
    entries = [FORM, MARCH, consent("P01", EARLY, "named", level_research="unnamed")]
    entries += [consent("P02", EARLY, "named", level_analysis="pseudonym", level_research="first_name")]
    decided = decide_session(register_of(entries), "march", ["P01", "P02"], "archive")
    assert {person: one.level for person, one in decided.decisions.items()} == {
        "P01": Level.UNNAMED,
        "P02": Level.PSEUDONYM,
    }
    assert decided.decisions["P01"].organisation is Organisation.GENERALISED


def test_a_passage_tells_only_of_those_whose_decision_differs_there() -> None:
    register = register_of(
        [
            *(FORM, MARCH, consent("P01", EARLY, "named"), consent("P02", EARLY, "unnamed")),
            passage("aaaaaaaaaaa1", "march", "reports", "P02", start_s=60, end_s=90),
            passage("aaaaaaaaaaa2", "march", "for_organisation"),
            passage("aaaaaaaaaaa3", "march", "off_the_record"),
        ]
    )
    reported, for_organisation, off = decide_session(register, "march", ["P01", "P02", "P03"], "analyse").passages
    assert (reported.start_s, reported.end_s, reported.mark) == (60, 90, Mark.REPORTS)
    assert set(reported.decisions) == {"P01"}
    assert for_organisation.decisions == {}
    assert set(off.decisions) == {"P01", "P02"}  # P03's words are withheld in the whole session
    assert off.decisions["P01"].reach == Reach(kind="passage", id="aaaaaaaaaaa3")


def test_a_choice_for_a_passage_holds_inside_it_alone() -> None:
    entries = [
        *(FORM, MARCH, consent("P01", EARLY, "unnamed"), passage("aaaaaaaaaaa1", "march", "for_organisation")),
        change("P01", LATE, reach="passage:aaaaaaaaaaa1", applies="all", level="named"),
    ]
    assert level_of(entries) is Level.UNNAMED
    assert level_of(entries, passage="aaaaaaaaaaa1") is Level.NAMED
    inside = decide_session(register_of(entries), "march", ["P01"], "analyse").passages[0]
    assert inside.decisions["P01"].level is Level.NAMED


def test_two_marks_on_one_passage_both_hold() -> None:
    entries = [
        *(FORM, MARCH, consent("P01", EARLY, "named")),
        passage("aaaaaaaaaaa1", "march", "for_organisation"),
        passage("aaaaaaaaaaa1", "march", "off_the_record"),
    ]
    assert level_of(entries, passage="aaaaaaaaaaa1") is Level.WITHHELD


@pytest.mark.parametrize("mark", ["joint", "reports"])
def test_joint_or_reported_words_of_nobody_named_are_withheld(mark: str) -> None:
    entries = [FORM, MARCH, consent("P01", EARLY, "named"), passage("aaaaaaaaaaa1", "march", mark)]
    assert level_of(entries, passage="aaaaaaaaaaa1") is Level.WITHHELD


def test_words_that_report_somebody_not_asked_are_withheld() -> None:
    entries = [FORM, MARCH, consent("P01", EARLY, "named"), passage("aaaaaaaaaaa1", "march", "reports", "P02")]
    assert level_of(entries, passage="aaaaaaaaaaa1") is Level.WITHHELD


def test_authors_of_a_joint_writing_share_the_most_protective_choice() -> None:
    register = register_of(
        [FORM, session("blog", "2026-03-04", kind="writing"), consent("P01", EARLY), consent("P02", EARLY, "unnamed")]
    )
    decided = decide_session(register, "blog", ["P01", "P02"], "analyse", joint=["P01", "P02"])
    assert decided.decisions["P01"].level is Level.UNNAMED
    assert decided.decisions["P01"].reach == Reach(kind="writing", id="blog")


def test_a_community_answer_for_a_session_with_two_communities_must_say_which() -> None:
    def inside(given_by: str, *marked: str) -> Level:
        marks = [
            passage(f"aaaaaaaaaaa{number}", "march", "community", community=name)
            for number, name in enumerate(marked, start=1)
        ]
        yes = consent("P01", LATE, "named", reach="session:march", given_by=given_by)
        return level_of([FORM, MARCH, consent("P01", EARLY), *marks, yes], passage="aaaaaaaaaaa1")

    assert inside("community", "one") is Level.NAMED
    assert inside("community", "one", "two") is Level.WITHHELD
    assert inside("community:one", "one", "two") is Level.NAMED
    assert inside("community:two", "one", "two") is Level.WITHHELD


def test_a_community_may_take_its_yes_back_and_never_speaks_for_the_person() -> None:
    mark = passage("aaaaaaaaaaa1", "march", "community", community="one")
    yes = consent("P01", LATE, "named", reach="passage:aaaaaaaaaaa1", given_by="community")
    no = withdraw("P01", LATE, "stop", reach="passage:aaaaaaaaaaa1").model_copy(update={"given_by": "community"})
    assert level_of([FORM, MARCH, consent("P01", EARLY), mark, yes, no], passage="aaaaaaaaaaa1") is Level.WITHHELD
    assert level_of([FORM, MARCH, consent("P01", EARLY), mark, yes, no]) is Level.NAMED
    assert level_of([FORM, MARCH, mark, yes], passage="aaaaaaaaaaa1") is Level.WITHHELD


@pytest.mark.parametrize(
    ("said", "rule", "expected"),
    [
        ("named", Rule.OPEN, Level.NAMED),
        ("named", Rule.CHATHAM_HOUSE, Level.UNNAMED),
        ("withheld", Rule.CHATHAM_HOUSE, Level.WITHHELD),
        ("named", Rule.OFF_THE_RECORD, Level.WITHHELD),
    ],
)
def test_the_session_rule_is_a_floor_and_never_a_loosening(said: str, rule: Rule, expected: Level) -> None:
    place = session("march", "2026-03-04T09:00-08:00", rule=rule)
    assert level_of([FORM, place, consent("P01", EARLY, said)]) is expected


def test_only_what_was_asked_by_an_instant_counts_for_it() -> None:
    register = register_of([FORM, MARCH, consent("P01", EARLY, "named"), withdraw("P01", LATE, "erase")])
    before = decide(register, "P01", session=MARCH, use=Use.ANALYSIS, at=MARCH.start)
    assert before.state is State.CONSENTED
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS).state is State.STOPPED


def test_destruction_shows_from_its_own_minute_on() -> None:
    entries = [FORM, MARCH, consent("P01", EARLY), withdraw("P01", LATE, "erase"), Destroyed(3, "2026-04-01T10:00Z")]
    register = register_of(entries)
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS).state is State.ERASED
    between = session("x", "2026-03-30T09:00-07:00").start
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS, at=between).state is State.STOPPED
    assert decide(register, "P01", session=None, use=Use.ANALYSIS).state is State.ERASED


def test_a_form_nobody_registered_allows_nothing() -> None:
    assert level_of([FORM, MARCH, consent("P01", EARLY, form="2019-9")]) is Level.WITHHELD
    other_text = consent("P01", EARLY).model_copy(update={"form_sha256": "1" * 64})
    assert level_of([FORM, MARCH, other_text]) is Level.WITHHELD


def test_a_value_nobody_knows_protects() -> None:
    register = register_of([FORM, MARCH, consent("P01", EARLY, "loud", organisation="loud", analyse="ask")])
    decision = decide(register, "P01", session=MARCH, use=Use.ANALYSIS)
    assert decision.level is Level.WITHHELD
    assert decision.permissions[Permission.ANALYSE] is Answer.NO


def test_a_form_dated_before_a_withdrawal_and_found_later_reopens_nothing() -> None:
    entries = [FORM, MARCH, consent("P01", EARLY), withdraw("P01", LATE, "erase"), consent("P01", EARLY, "named")]
    assert level_of(entries) is Level.WITHHELD


def test_a_consent_for_one_session_does_not_reopen_a_withdrawal_from_the_study() -> None:
    back = consent("P01", LATE, "named", reach="session:march", applies="all")
    assert level_of([FORM, MARCH, consent("P01", EARLY), withdraw("P01", LATE, "erase"), back]) is Level.WITHHELD
    narrow = withdraw("P01", LATE, "erase", reach="session:march")
    assert level_of([FORM, MARCH, consent("P01", EARLY), narrow, back]) is Level.NAMED


def test_going_over_to_another_form_reopens_nothing_and_gives_nothing_new() -> None:
    newer = form("2026-2", not_asked=("teaching",))
    entries: list[Entry] = [FORM, newer, MARCH, consent("P01", EARLY, "first_name", teaching="yes", partners="yes")]
    decision = decide(register_of([*entries, reaffirm("P01", LATE, "2026-2")]), "P01", session=MARCH, use=Use.ANALYSIS)
    assert decision.level is Level.FIRST_NAME
    assert decision.permissions[Permission.PARTNERS] is Answer.YES
    assert decision.permissions[Permission.ARCHIVE] is Answer.NO
    assert decision.permissions[Permission.TEACHING] is Answer.NO  # the form now signed never asked
    closed = [*entries, withdraw("P01", LATE, "erase"), reaffirm("P01", LATE, "2026-2")]
    assert level_of(closed) is Level.WITHHELD


def test_an_undo_takes_back_the_latest_withdrawal_and_none_that_was_carried_out() -> None:
    entries: list[Entry] = [FORM, MARCH, consent("P01", EARLY)]
    session_only = withdraw("P01", LATE, "erase", reach="session:march")
    both = [*entries, session_only, withdraw("P01", LATE, "erase")]
    assert level_of([*both, undo("P01", LATE)]) is Level.WITHHELD
    assert level_of([*both, undo("P01", LATE), undo("P01", LATE)]) is Level.NAMED
    assert level_of([*both, undo("P01", LATE, reach="session:march")]) is Level.WITHHELD
    assert level_of([*entries, withdraw("P01", LATE, "erase"), Destroyed(3), undo("P01", LATE)]) is Level.WITHHELD


def test_a_refusal_is_lifted_by_signing_later() -> None:
    entries = [FORM, MARCH, decline("P01", EARLY), consent("P01", EARLY, "role")]
    assert level_of(entries) is Level.ROLE


def test_an_acknowledgement_is_for_the_study_and_the_latest_counts() -> None:
    def credit(*more: Entry) -> str | None:
        register = register_of([FORM, MARCH, consent("P01", EARLY, credit="as a founder"), *more])
        return decide(register, "P01", session=MARCH, use=Use.ANALYSIS).credit

    assert credit() == "as a founder"
    assert credit(change("P01", LATE, credit="as a member")) == "as a member"
    assert credit(change("P01", LATE, credit="no")) is None
    assert credit(change("P01", LATE, reach="session:march", credit="here only")) == "as a founder"
    assert credit(withdraw("P01", LATE, "erase")) is None


def test_a_track_is_refused_for_no_to_recording_and_taken_from_somebody_not_yet_asked() -> None:
    entries = [FORM, MARCH, consent("P01", EARLY, record_audio="no"), consent("P02", EARLY), decline("P03", EARLY)]
    register = register_of(entries)
    refused = {
        person: refuses_recording(decide(register, person, session=MARCH, use=Use.ANALYSIS))
        for person in ("P01", "P02", "P03", "P04")
    }
    assert refused == {"P01": True, "P02": False, "P03": True, "P04": False}


def test_a_withdrawal_that_was_taken_back_leaves_the_decision_exactly_as_it_was() -> None:
    entries: list[Entry] = [FORM, MARCH, consent("P01", EARLY, "named"), change("P01", EARLY, level="role")]
    for reach in ("study", "session:march"):
        withdrawn = [*entries, withdraw("P01", LATE, "erase", reach=reach)]
        stopped = decide(register_of(withdrawn), "P01", session=MARCH, use=Use.ANALYSIS)
        assert (stopped.state, stopped.tightened) == (State.STOPPED, 4)
        before = decide(register_of(entries), "P01", session=MARCH, use=Use.ANALYSIS)
        after = decide(register_of([*withdrawn, undo("P01", LATE)]), "P01", session=MARCH, use=Use.ANALYSIS)
        assert after == before, "released ids, too, rest on it"


@pytest.mark.parametrize("carried_out", [False, True])
def test_somebody_may_withdraw_the_voice_alone(carried_out: bool) -> None:
    entries: list[Entry] = [FORM, MARCH, consent("P01", EARLY, "named", publish_recording="yes")]
    voice = withdraw("P01", LATE, "erase").model_copy(update={"use": Use.RECORDING})
    register = register_of([*entries, voice, *([Destroyed(3)] if carried_out else [])])
    decided = {use: decide(register, "P01", session=MARCH, use=use) for use in Use}
    gone = decided.pop(Use.RECORDING)
    assert (gone.state, gone.level) == (State.ERASED if carried_out else State.STOPPED, Level.WITHHELD)
    assert all(one.state is State.CONSENTED and one.tightened == -1 for one in decided.values())


def test_a_mark_is_the_last_tightening_only_inside_the_passage() -> None:
    entries: list[Entry] = [FORM, MARCH, consent("P01", EARLY, "named")]
    register = register_of([*entries, passage("aaaaaaaaaaa1", "march", "off_the_record")])
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS).tightened == -1
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS, passage="aaaaaaaaaaa1").tightened == 3


def test_the_choices_behind_a_decision_are_listed_and_no_others() -> None:
    register = register_of(
        [
            *(FORM, MARCH, consent("P01", EARLY), consent("P02", EARLY)),
            change("P01", LATE, reach="session:april", level="unnamed"),
            change("P01", LATE, reach="session:march", level="unnamed"),
        ]
    )
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS).events == (2, 5)


def test_a_question_is_closed_by_a_narrower_answer() -> None:
    entries = [
        *(FORM, MARCH, consent("P01", EARLY, "named")),
        change("P01", EARLY, reach="session:march", level="unnamed"),
        change("P01", LATE, level="first_name"),
    ]
    assert to_be_asked(register_of(entries), "P01") != []
    entries.append(change("P01", LATE, reach="session:march", applies="all", level="first_name"))
    assert to_be_asked(register_of(entries), "P01") == []


def test_saying_again_what_holds_is_a_protection_that_a_wider_loosening_does_not_lift() -> None:
    entries = [
        *(FORM, MARCH, consent("P01", EARLY, "unnamed")),
        change("P01", LATE, reach="session:march", level="unnamed"),
        change("P01", LATE, applies="all", level="named"),
    ]
    assert level_of(entries) is Level.UNNAMED


def test_what_is_asked_at_the_very_start_of_a_session_counts_for_it_and_a_stop_does_not_reach_it() -> None:
    start = "2026-03-04T09:00-08:00"
    assert level_of([FORM, MARCH, consent("P01", EARLY, "role"), change("P01", start, level="named")]) is Level.NAMED
    assert level_of([FORM, MARCH, consent("P01", EARLY, "role"), withdraw("P01", start, "stop")]) is Level.ROLE


def test_a_stop_on_the_day_of_a_session_of_unknown_hour_stops_it() -> None:
    dated = session("march", "2026-03-04")
    same_day = withdraw("P01", "2026-03-04T23:00-08:00", "stop")
    next_day = withdraw("P01", "2026-03-05T01:00-08:00", "stop")
    assert level_of([FORM, dated, consent("P01", EARLY, "role"), same_day]) is Level.WITHHELD
    assert level_of([FORM, dated, consent("P01", EARLY, "role"), next_day]) is Level.ROLE


def test_a_level_for_one_use_stands_for_that_use_when_both_are_said_at_once() -> None:
    both = change("P01", LATE, level="withheld", level_practice="first_name")
    entries = [FORM, MARCH, consent("P01", EARLY, "unnamed"), both]
    assert level_of(entries) is Level.WITHHELD
    assert level_of(entries, use=Use.PRACTICE) is Level.UNNAMED  # looser than before, so from then on only


def test_no_employer_is_named_under_the_chatham_house_rule_or_where_nothing_is_used() -> None:
    house = session("march", "2026-03-04T09:00-08:00", rule=Rule.CHATHAM_HOUSE)
    for place, level in ((house, "named"), (MARCH, "withheld")):
        register = register_of([FORM, place, consent("P01", EARLY, level, organisation="named")])
        decision = decide(register, "P01", session=place, use=Use.ANALYSIS)
        assert decision.organisation is Organisation.GENERALISED


def test_a_host_is_not_taken_to_have_allowed_what_only_the_participants_form_asks() -> None:
    place = session("march", "2026-03-04T09:00-08:00", P01="host")
    asks, team = form("2026-2", not_asked=()), form("team-1", kind="team")
    register = register_of(
        [
            *(asks, team, place),
            consent("P01", EARLY, form="2026-2"),
            consent("P01", EARLY, form="team-1"),
            change("P01", EARLY, form="2026-2", archive="yes"),
        ]
    )
    assert decide(register, "P01", session=place, use=Use.ANALYSIS).permissions[Permission.ARCHIVE] is Answer.NO
    assert decide(register, "P01", session=MARCH, use=Use.ANALYSIS).permissions[Permission.ARCHIVE] is Answer.YES


def test_an_undo_of_another_reach_takes_nothing_back() -> None:
    entries = [FORM, MARCH, consent("P01", EARLY), withdraw("P01", LATE, "erase")]
    assert level_of([*entries, undo("P01", LATE, reach="session:march")]) is Level.WITHHELD


def test_three_hundred_people_and_two_thousand_entries_are_decided_well_within_a_second() -> None:
    people = [f"P{number}" for number in range(300)]
    marks = [passage(f"aaaaaaaaaa{number:02}", "march", "not_mine") for number in range(10)]
    signed = [consent(person, EARLY) for person in people]
    levels = ("unnamed", "named", "role")
    changed = [
        change(people[number % 300], LATE, applies="all", level=levels[number % 3], quote_research="yes")
        for number in range(1700)
    ]
    register = register_of([FORM, MARCH, *marks, *signed, *changed])
    begin = time.process_time()
    decide_session(register, "march", people, "analyse")
    assert time.process_time() - begin < 1.0
