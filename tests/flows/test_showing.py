"""What of a session may be shown, and when a recording must be silent."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.showing import EXCERPT_WORDS, KEPT_LABEL, MASKED, NOT_SHOWN, UNCLEAR, Showing, merged, outside
from schemas.consent import Answer, ConsentDecision, Level, Mark, PassageDecisions, Permission, SessionDecisions, State
from schemas.deidentified import Certainty, Find, Label, NamesFound, UtteranceFinds
from schemas.purposes import PURPOSES
from schemas.roster import MatchingTable
from schemas.speech import Attributed, Utterance, UtteranceWord, Voice
from tests.deidentification.support import AROHA, MARK, POLICY, SIOBHAN, decision

TABLE = MatchingTable(people=(AROHA, MARK, SIOBHAN))
NOBODY = Voice(label="SPEAKER_03")
NO_NAMES = NamesFound(session="s1", language="en", recognisers={}, utterances=())


def voice(number: int, **fields: object) -> Voice:
    return Voice.model_validate(
        {"label": f"v{number}", "participant": f"P{number:02}", "confidence": 1.0, "method": "exact", **fields}
    )


def said(number: int, whose: int, words: str, *, near: tuple[int, ...] = (), timed: bool = True) -> Utterance:
    """A turn that begins at ten seconds times its number, a word a second."""
    made = tuple(
        UtteranceWord(text=text, start_s=10 * number + place, end_s=10 * number + place + 0.9, near=near)
        for place, text in enumerate(words.split())
    )
    return Utterance(
        utterance=f"u{number}", voice=whose, start_s=10 * number, end_s=10 * number + len(made), words=made, timed=timed
    )


def showing(
    turns: Sequence[Utterance],
    voices: Sequence[Voice] = (voice(1), voice(2), NOBODY),
    passages: tuple[PassageDecisions, ...] = (),
    unheard: frozenset[str] = frozenset(),
    **people: ConsentDecision,
) -> Showing:
    """Everybody at ``unnamed`` with every permission, but for those who are given."""
    everybody = {f"P{number:02}": decision(f"P{number:02}") for number in (1, 2, 3)} | people
    decisions = [
        SessionDecisions(
            session="s1", use=PURPOSES[purpose].uses[0], purpose=purpose, decisions=everybody, passages=passages
        )
        for purpose in PURPOSES
    ]
    return Showing(Attributed(voices=tuple(voices), utterances=tuple(turns)), decisions, POLICY, unheard=unheard)


def gone(participant: str, state: State = State.STOPPED) -> ConsentDecision:
    return decision(participant, Level.WITHHELD, state=state)


def texts(shown: Showing, names: NamesFound = NO_NAMES, table: MatchingTable = TABLE) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in shown.turns(table, names)]


def test_words_stand_under_the_names_of_the_roster() -> None:
    assert texts(showing([said(1, 0, "Good morning."), said(2, 1, "Hello.")])) == [
        ("Aroha Ngata", "Good morning."),
        ("Mark White", "Hello."),
    ]


@pytest.mark.parametrize("state", [State.STOPPED, State.DECLINED, State.ERASED])
def test_of_whoever_withdrew_or_declined_a_gap_is_left(state: State) -> None:
    (turn,) = showing([said(1, 0, "Good morning.")], P01=gone("P01", state)).turns(TABLE, NO_NAMES)
    assert (turn.speaker, turn.participant, turn.text, turn.end_s - turn.start_s) == ("", None, NOT_SHOWN, 2)


def test_words_that_may_be_used_for_one_purpose_alone_are_shown() -> None:
    none = dict.fromkeys(Permission, Answer.NO) | {Permission.TRANSCRIBE: Answer.YES}
    turns = [said(1, 0, "Good morning.")]
    for permission in (Permission.ANALYSE, Permission.QUOTE_PRACTICE):
        allowed = decision("P01", permissions=none | {permission: Answer.YES})
        assert texts(showing(turns, P01=allowed)) == [("Aroha Ngata", "Good morning.")]
    assert texts(showing(turns, P01=decision("P01", permissions=none))) == [("", NOT_SHOWN)]


def test_words_that_may_be_those_of_somebody_who_withdrew_are_not_shown() -> None:
    turns = [said(1, 0, "Good morning.", near=(1,))]
    assert texts(showing(turns)) == [("Aroha Ngata", "Good morning.")]
    assert texts(showing(turns, P02=gone("P02"))) == [("", NOT_SHOWN)]


def test_a_doubtful_voice_that_may_be_theirs_is_not_even_excerpted() -> None:
    doubtful = [voice(1, method="fuzzy", confidence=0.5)]
    assert texts(showing([said(1, 0, "Good morning.")], doubtful)) == [("v1", "Good morning.")]
    assert texts(showing([said(1, 0, "Good morning.")], doubtful, P01=gone("P01"))) == [("", NOT_SHOWN)]


def test_the_excerpt_is_of_a_voice_and_not_of_each_of_its_turns() -> None:
    shown = texts(showing([said(number, 2, "one two three four") for number in range(1, 6)]))
    assert shown[:3] == [("SPEAKER_03", "one two three four")] * 3
    assert shown[3:] == [("SPEAKER_03", f"one two three {NOT_SHOWN}"), ("", NOT_SHOWN)]


def test_nothing_of_an_unknown_voice_is_shown_where_a_passage_is_marked() -> None:
    passage = PassageDecisions(start_s=10, end_s=12, mark=Mark.OFF_THE_RECORD, decisions={})
    assert texts(showing([said(1, 2, "one two three")], passages=(passage,))) == [
        ("SPEAKER_03", f"{NOT_SHOWN} three"),
    ]


def names_of(utterance: str, start: int, end: int, participant: str | None, *others: str) -> NamesFound:
    find = Find(
        start_char=start, end_char=end, label=Label.PERSON, participant=participant, certainty=Certainty.EXACT,
        source="roster", others=others,
    )  # fmt: skip
    return NO_NAMES.model_copy(update={"utterances": (UtteranceFinds(utterance=utterance, finds=(find,)),)})


def test_the_name_of_somebody_who_withdrew_is_masked_in_the_words_of_others() -> None:
    turns = [said(1, 0, "So Mark White said yes.")]
    names = names_of("u1", 3, 13, "P02")
    assert texts(showing(turns), names) == [("Aroha Ngata", "So Mark White said yes.")]
    assert texts(showing(turns, P02=gone("P02")), names) == [("Aroha Ngata", f"So {MASKED} said yes.")]
    shared = names_of("u1", 3, 13, None, "P02", "P03")
    assert texts(showing(turns, P02=gone("P02")), shared) == [("Aroha Ngata", f"So {MASKED} said yes.")]


def test_words_that_stay_of_somebody_who_is_in_no_roster_are_nobodys_by_name() -> None:
    shown = showing([said(1, 0, "So [P02] and [PERSON] agreed.")], [voice(9, label="")], P09=decision("P09"))
    (turn,) = shown.turns(TABLE, NO_NAMES)
    assert (turn.speaker, turn.participant) == (KEPT_LABEL, None)
    assert turn.text == "So [PERSON] and [PERSON] agreed."


def test_words_that_the_recogniser_may_have_made_up_are_not_shown_as_said() -> None:
    turn = said(1, 0, "Good evening.")
    words = (turn.words[0], turn.words[1].model_copy(update={"confidence": 0.0}))
    assert texts(showing([turn.model_copy(update={"words": words})])) == [("Aroha Ngata", f"Good {UNCLEAR}")]


# ---------------------------------------------------------------- silence


def test_recordings_are_silent_where_somebody_speaks_who_may_not_be_heard_and_a_little_around() -> None:
    turns = [said(1, 0, "Good morning."), said(2, 1, "Hello.")]
    assert showing(turns).silent(NO_NAMES) == []
    assert showing(turns, P01=gone("P01")).silent(NO_NAMES) == [(9.7, 12.3)]
    assert showing(turns, unheard=frozenset({"P02"})).silent(NO_NAMES) == [(19.7, 21.3)]


def test_recordings_are_silent_where_somebody_who_withdrew_is_named() -> None:
    shown = showing([said(1, 0, "So Mark White said yes.")], P02=gone("P02"))
    ((start_s, end_s),) = shown.silent(names_of("u1", 3, 13, "P02")) or []
    assert (start_s, end_s) == (pytest.approx(10.7), pytest.approx(13.2))


def test_where_nobody_knows_when_they_speak_no_recording_is_handed_out() -> None:
    turns = [said(1, 0, "Good morning.", timed=False), said(2, 1, "Hello.")]
    assert showing(turns).silent(NO_NAMES) == []
    assert showing(turns, P01=gone("P01")).silent(NO_NAMES) is None


def test_the_excerpt_is_all_that_is_heard_of_an_unknown_voice() -> None:
    shown = showing([said(1, 2, " ".join(["so"] * 20))])
    assert shown.excerpts() == [(10, 24.9)]
    ((start_s, end_s),) = shown.silent(NO_NAMES) or []
    assert (start_s, end_s) == (pytest.approx(24.7), pytest.approx(30.2))


STRETCHES = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=8
)


@given(STRETCHES, st.floats(0, 2), st.floats(0, 130))
def test_what_is_inside_merged_stretches_is_not_outside_and_the_other_way_round(
    stretches: list[tuple[float, float]], margin_s: float, at_s: float
) -> None:
    inside = any(start - margin_s < at_s < end + margin_s for start, end in stretches)
    found = merged(stretches, margin_s)
    assert not inside or any(start <= at_s <= end for start, end in found)
    assert all(first[1] < second[0] for first, second in pairwise(found))
    beyond = outside(found, 130)
    assert any(start <= at_s <= end for start, end in [*found, *beyond])
    assert not any(start < at_s < end for start, end in beyond if inside)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.lists(st.integers(0, 3), max_size=2)), max_size=12),
    st.dictionaries(st.sampled_from(["P01", "P02", "P03"]), st.sampled_from(list(State)), min_size=3),
)
def test_no_word_that_is_or_may_be_of_somebody_gone_is_shown_and_of_the_unasked_at_most_fifteen(
    spoken: list[tuple[int, int, list[int]]], states: dict[str, State]
) -> None:
    voices = [voice(1), voice(2), voice(3), NOBODY]
    turns = [
        said(number, whose, " ".join(f"w{number}.{place}" for place in range(count)), near=tuple(near))
        for number, (whose, count, near) in enumerate(spoken, start=1)
    ]
    people = {p: decision(p) if state is State.CONSENTED else gone(p, state) for p, state in states.items()}
    shown = {word for _, text in texts(showing(turns, voices, **people)) for word in text.split() if word[0] == "w"}
    gone_now = {p for p, state in states.items() if state in (State.STOPPED, State.DECLINED, State.ERASED)}
    unasked: dict[int, int] = {}
    for turn in turns:
        for word in turn.words:
            may_be = {voices[one].participant for one in {turn.voice, *word.near}}
            assert not (word.text in shown and may_be & gone_now)
            if word.text in shown and states.get(voices[turn.voice].participant or "") is not State.CONSENTED:
                unasked[turn.voice] = unasked.get(turn.voice, 0) + 1
    assert all(count <= EXCERPT_WORDS for count in unasked.values())
