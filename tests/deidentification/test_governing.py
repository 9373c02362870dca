"""Which decision holds for each word, and how a turn is cut."""

import pytest

from deidentification.api import find_names, redact, unite
from deidentification.governing import most_protective
from schemas.consent import (
    Answer,
    ConsentDecision,
    Level,
    Organisation,
    PassageDecisions,
    Permission,
    SessionDecisions,
    State,
)
from schemas.deidentified import (
    DeidentifiedUtterance,
    QuoteState,
    RedactedSession,
    WithheldReason,
    WithheldUtterance,
)
from schemas.speech import Attributed, Utterance, UtteranceState, Voice
from tests.deidentification.support import (
    NOBODY,
    POLICY,
    SESSION,
    TABLE,
    decision,
    decisions,
    recognisers,
    said,
    session_of,
    turn,
)  # fmt: skip

QUOTING = (Permission.QUOTE_RESEARCH, Permission.QUOTE_PRACTICE)


def through(attributed: Attributed, given: SessionDecisions) -> RedactedSession:
    found = find_names(attributed, SESSION, TABLE, POLICY, recognisers())
    return redact(attributed, found, unite([found]), given, SESSION, TABLE, POLICY)


def only(utterance: Utterance, given: SessionDecisions) -> RedactedSession:
    return through(session_of(utterance), given)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (decision("P01", state=State.NOT_ASKED), "no_consent"),
        (decision("P01", state=State.STOPPED), "no_consent"),
        (decision("P01", Level.WITHHELD), "level"),
        (
            decision("P01", permissions={Permission.TRANSCRIBE: Answer.YES, Permission.ANALYSE: Answer.ASK}),
            "permission",
        ),
        (decision("P01", permissions={Permission.ANALYSE: Answer.YES}), "permission"),
    ],
)
def test_words_are_withheld_with_the_reason_of_the_speakers_decision(given: ConsentDecision, reason: str) -> None:
    session = only(turn(1, 0, "Good morning all"), decisions(P01=given))
    assert said(session) == [reason]
    (gap,) = session.utterances
    assert isinstance(gap, WithheldUtterance) and gap.participant == "P01" and gap.decision == given.digest()
    assert (gap.start_s, gap.end_s) == (1000.0, 1002.9)


def test_a_participant_without_a_decision_is_withheld() -> None:
    given = decisions()
    missing = given.model_copy(update={"decisions": {k: v for k, v in given.decisions.items() if k != "P01"}})
    assert said(only(turn(1, 0, "Good morning"), missing)) == ["no_consent"]


def test_nobodys_voice_is_withheld() -> None:
    assert said(only(turn(1, NOBODY, "Good morning"), decisions())) == ["speaker_unknown"]


def test_a_voice_matched_with_doubt_is_nobodys() -> None:
    doubtful = Voice(label="x", participant="P01", confidence=0.6, method="fuzzy")
    attributed = Attributed(voices=(doubtful,), utterances=(turn(1, 0, "Good morning"),))
    assert said(through(attributed, decisions())) == ["speaker_unknown"]


def test_flagged_words_are_cut_out_as_failed() -> None:
    session = only(turn(1, 0, "so this this this went", confidence={2: 0.0, 3: 0.0}), decisions())
    assert said(session) == ["so this", "failed", "went"]
    assert [u.piece for u in session.utterances] == [0, 1, 2]


def test_a_withheld_voice_inside_a_named_persons_turn_is_cut_out() -> None:
    session = only(
        turn(1, 0, "I think no never", near={2: (1,), 3: (1,)}), decisions({"P02": Level.WITHHELD}, rest=Level.NAMED)
    )
    assert said(session) == ["I think", "near_other_voice"]


def test_an_unknown_voice_near_by_withholds_the_words_it_may_have_said() -> None:
    session = only(turn(1, 0, "I think no", near={2: (NOBODY,)}), decisions(rest=Level.NAMED))
    assert said(session) == ["I think", "near_other_voice"]


def test_a_less_protective_voice_near_by_changes_nothing() -> None:
    session = only(turn(1, 0, "I think no", near={2: (1,)}), decisions({"P01": Level.UNNAMED}, rest=Level.NAMED))
    assert said(session) == ["I think no"]


def test_words_that_may_be_a_more_protected_persons_are_shown_as_nobodys() -> None:
    session = only(
        turn(1, 0, "I think Vancouver", near={2: (1,)}), decisions({"P01": Level.NAMED, "P02": Level.PSEUDONYM})
    )
    first, second = session.utterances
    assert isinstance(first, DeidentifiedUtterance) and isinstance(second, DeidentifiedUtterance)
    assert (first.speaker.label, second.speaker.label) == ("Aroha Ngata", "Participant")
    assert (first.text, second.text) == ("I think", "[a Canadian city]")


def test_words_that_another_may_have_said_are_quoted_as_far_as_both_allow() -> None:
    words = turn(1, 0, "I think no", near={2: (1,)}).model_copy(update={"state": UtteranceState.CHECKED})
    asked = decisions({"P01": Level.UNNAMED, "P02": Level.UNNAMED})
    given = asked.model_copy(
        update={
            "decisions": {
                who: asked.decisions[who].model_copy(
                    update={"permissions": {**asked.decisions[who].permissions, **dict.fromkeys(QUOTING, answer)}}
                )
                for who, answer in (("P01", Answer.YES), ("P02", Answer.NO))
            }
        }
    )
    shown = [one for one in only(words, given).utterances if isinstance(one, DeidentifiedUtterance)]
    assert [(one.text, one.quote) for one in shown] == [("I think", QuoteState.MAY), ("no", QuoteState.NOT)]
    unchecked = only(words.model_copy(update={"state": UtteranceState.MACHINE}), given)
    assert said(unchecked) == ["I think no"], "nothing to tell apart until somebody has listened"


def passage(start: float, end: float, *given: ConsentDecision) -> PassageDecisions:
    return PassageDecisions(start_s=start, end_s=end, decisions={d.participant: d for d in given})


def test_a_passage_off_the_record_is_cut_out_by_time() -> None:
    marked = passage(1002.0, 1003.5, decision("P01", Level.WITHHELD))
    session = only(turn(1, 0, "one two three four five"), decisions(passages=(marked,)))
    assert said(session) == ["one two", "level", "five"]


def test_the_most_protective_of_all_passages_that_cover_a_word_holds() -> None:
    marked = (
        passage(1000.0, 1010.0, decision("P01", Level.NAMED)),
        passage(1001.0, 1001.5, decision("P01", Level.UNNAMED)),
    )
    session = only(turn(1, 0, "one two three"), decisions({"P01": Level.ROLE}, passages=marked))
    labels = [u.speaker.label for u in session.utterances if isinstance(u, DeidentifiedUtterance)]
    assert labels == ["Aroha Ngata", "Participant", "Aroha Ngata"]


def test_a_mention_follows_the_passage_it_stands_in() -> None:
    marked = passage(1002.0, 1002.5, decision("P02", Level.UNNAMED))
    session = only(turn(1, 0, "I asked Mark and Mark"), decisions(rest=Level.NAMED, passages=(marked,)))
    assert said(session) == ["I asked", "[PERSON]", "and Mark"]


def test_a_turn_without_times_lies_in_every_passage() -> None:
    marked = passage(5.0, 6.0, decision("P01", Level.WITHHELD))
    untimed = turn(1, 0, "one two").model_copy(update={"timed": False})
    assert said(only(untimed, decisions(passages=(marked,)))) == ["level"]


def test_a_name_across_a_cut_is_hidden_on_both_sides() -> None:
    session = only(
        turn(1, 1, "so Aroha Ngata left", confidence={3: 0.0}, near={2: (2,)}),
        decisions({"P02": Level.NAMED, "P03": Level.UNNAMED}),
    )
    assert said(session) == ["so [PERSON]", "[PERSON]", "failed"]


def test_a_turn_without_words_is_a_gap() -> None:
    assert said(only(turn(1, 0, ""), decisions())) == ["no_consent"]


def test_the_most_protective_decision_takes_the_stricter_of_every_dimension() -> None:
    open_ = decision("P01", Level.NAMED, permissions={Permission.ANALYSE: Answer.NO})
    closed = decision("P01", Level.UNNAMED, organisation=Organisation.GENERALISED, verbatim=False)
    combined = most_protective([open_, closed])
    assert combined is not None
    assert (combined.level, combined.organisation, combined.verbatim) == (
        Level.UNNAMED,
        Organisation.GENERALISED,
        False,
    )
    assert combined.permissions[Permission.ANALYSE] is Answer.NO
    assert combined.permissions[Permission.ARCHIVE] is Answer.NO
    assert most_protective([open_, None]) is None
    assert most_protective([open_]) == open_


def test_every_reason_but_leak_can_be_given_by_a_decision() -> None:
    assert {reason.value for reason in WithheldReason} == {
        "no_consent", "level", "permission", "speaker_unknown", "near_other_voice", "leak", "failed",
    }  # fmt: skip


def test_a_stricter_passage_does_not_run_from_a_name_on_into_a_made_up_name() -> None:
    marked = passage(1002.0, 1010.0, decision("P01", Level.PSEUDONYM))
    session = only(turn(1, 0, "one two three four"), decisions(rest=Level.NAMED, passages=(marked,)))
    labels = [(u.speaker.label, u.speaker.level) for u in session.utterances if isinstance(u, DeidentifiedUtterance)]
    assert labels == [("Aroha Ngata", Level.NAMED), ("Participant", Level.UNNAMED)]


@pytest.mark.parametrize("inside", [Level.FIRST_NAME, Level.ROLE, Level.PSEUDONYM, Level.UNNAMED])
@pytest.mark.parametrize("outside", [Level.NAMED, Level.FIRST_NAME, Level.PSEUDONYM])
def test_one_session_shows_one_label_of_a_person_at_most(outside: Level, inside: Level) -> None:
    marked = passage(1002.0, 1010.0, decision("P02", inside))
    given = decisions({"P02": outside}, rest=Level.NAMED, passages=(marked,))
    session = through(session_of(turn(1, 1, "one two three four"), turn(2, 0, "So Mark left")), given)
    shown = {u.speaker.label for u in session.utterances if isinstance(u, DeidentifiedUtterance)}
    assert len(shown - {"Participant", "Aroha Ngata"}) == 1


def test_a_mention_in_a_stricter_passage_gets_no_second_name() -> None:
    marked = passage(1002.0, 1002.5, decision("P02", Level.PSEUDONYM))
    session = only(turn(1, 0, "I asked Mark and Mark"), decisions(rest=Level.NAMED, passages=(marked,)))
    assert said(session) == ["I asked", "[PERSON]", "and Mark"]


def test_where_a_passage_is_looser_the_rest_of_the_session_is_unnamed() -> None:
    marked = passage(1000.0, 1001.0, decision("P01", Level.NAMED))
    session = only(turn(1, 0, "one two three"), decisions(rest=Level.PSEUDONYM, passages=(marked,)))
    labels = [u.speaker.label for u in session.utterances if isinstance(u, DeidentifiedUtterance)]
    assert labels == ["Aroha Ngata", "Participant"]
