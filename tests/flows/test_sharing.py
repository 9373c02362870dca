"""Records that share equal parts say what they said before, and take less room."""

import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.contents import sharing
from flows.sharing import Shared
from schemas.consent import Level
from schemas.deidentified import (
    Action,
    DeidentifiedUtterance,
    Label,
    QuoteState,
    RedactedSession,
    Redaction,
    SourceSpan,
    SpeakerShown,
    WithheldReason,
    WithheldUtterance,
)

PEOPLE = st.sampled_from(["P01", "P02", "P03"])
DIGESTS = st.sampled_from(["a" * 64, "b" * 64])
PLACES = st.integers(0, 2)
SPEAKERS = st.builds(
    SpeakerShown,
    participant=PEOPLE,
    level=st.sampled_from(Level),
    label=st.sampled_from(["Rowan", "Participant"]),
    tightened=PLACES,
    tier=st.sampled_from([None, "core"]),
)
REDACTIONS = st.builds(
    Redaction, start_char=PLACES, end_char=PLACES, label=st.sampled_from(Label), action=st.sampled_from(Action)
)
SPANS = st.builds(
    SourceSpan,
    start_char=PLACES,
    end_char=PLACES,
    source_start_char=PLACES,
    source_end_char=PLACES,
    kept=st.booleans(),
    kept_for=st.none() | PEOPLE,
)
SHOWN = st.builds(
    DeidentifiedUtterance,
    utterance=st.sampled_from(["u1", "u2"]),
    piece=PLACES,
    start_s=st.just(1.0),
    end_s=st.just(2.0),
    speaker=SPEAKERS,
    text=st.sampled_from(["", "We waited."]),
    redactions=st.lists(REDACTIONS, max_size=2).map(tuple),
    spans=st.lists(SPANS, max_size=3).map(tuple),
    decision=DIGESTS,
)
GAPS = st.builds(
    WithheldUtterance,
    utterance=st.sampled_from(["u3", "u4"]),
    piece=PLACES,
    start_s=st.just(1.0),
    end_s=st.just(2.0),
    reason=st.sampled_from(WithheldReason),
    decision=st.none() | DIGESTS,
)
SESSIONS = st.builds(
    RedactedSession,
    session=st.just("S1"),
    purpose=st.just("analyse"),
    utterances=st.lists(SHOWN | GAPS, max_size=6).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SESSIONS, max_size=3))
def test_what_is_shared_says_what_it_said(sessions):
    stored, shared = [one.model_dump_json() for one in sessions], Shared()
    read = [sharing(RedactedSession.model_validate_json(text), shared) for text in stored]
    assert read == sessions
    assert [one.model_dump_json() for one in read] == stored
    asked = [one.model_dump_json(exclude_unset=True) for one in read]
    assert asked == [RedactedSession.model_validate_json(text).model_dump_json(exclude_unset=True) for text in stored]


def turn(number, text="We waited."):
    return DeidentifiedUtterance(
        utterance=f"u{number}",
        piece=0,
        start_s=number,
        end_s=number + 1,
        speaker=SpeakerShown(participant="P01", level=Level.NAMED, label="Rowan Alder", tightened=0),
        text=text,
        redactions=(),
        spans=(SourceSpan(start_char=0, end_char=10, source_start_char=0, source_end_char=10, kept=True),),
        decision="a" * 64,
    )


def as_read(turns):
    written = RedactedSession(session="S1", purpose="analyse", utterances=turns).model_dump_json()
    return RedactedSession.model_validate_json(written)


def test_turns_of_one_person_have_one_speaker():
    first, second = sharing(as_read([turn(1), turn(2)]), Shared()).utterances
    assert first.speaker is second.speaker
    assert first.decision is second.decision
    assert first.spans[0] is second.spans[0]


def test_sessions_share_with_one_another():
    shared = Shared()
    (one,), (other,) = (sharing(as_read([turn(number)]), shared).utterances for number in (1, 2))
    assert one.speaker is other.speaker


def test_a_changed_copy_leaves_the_others_as_they_are():
    turns = [turn(1).model_copy(update={"quote": QuoteState.MAY}), turn(2)]
    unset = [one.model_copy() for one in turns]
    shared = Shared()
    for one in unset:
        shared.within(one)
    changed = unset[1].model_copy(update={"quote": QuoteState.ASK, "text": "Hidden."})
    assert changed.model_fields_set == {*turns[1].model_fields_set, "quote"}
    assert [one.model_fields_set for one in unset] == [one.model_fields_set for one in turns]
    assert unset == turns


def test_shared_turns_take_less_than_half_the_room():
    stored = as_read([turn(number, f"Turn {number}.") for number in range(500)]).model_dump_json()

    def room(kept):
        tracemalloc.start()
        try:
            held = kept(RedactedSession.model_validate_json(stored))
            return tracemalloc.get_traced_memory()[0], held
        finally:
            tracemalloc.stop()

    alone, together = room(lambda one: one)[0], room(lambda one: sharing(one, Shared()))[0]
    assert together < alone / 2
