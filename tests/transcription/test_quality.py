import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput
from schemas.speech import TrackWords, Word
from tests.transcription.people import words
from transcription.quality import check, check_session, fill_gaps, find_gaps, find_loops

LOUD = np.full(16_000 * 60, 0.1, dtype=np.float32)


def doubted(found) -> list[str]:
    return [word.text for word in found if word.confidence == 0]


def test_ordinary_speech_passes_unflagged():
    spoken = words("we asked the neighbours first and then we built the map")
    assert check(spoken, [(0, 5)], LOUD, 16_000) == (spoken, ())


def test_a_loop_is_flagged_where_it_begins_and_all_of_it_is_doubted():
    spoken = words("we begin " + "thank you so much " * 4 + "goodbye", 10)
    found, flags = check(spoken, [(10, 18)], LOUD, 16_000)
    assert doubted(found) == ["thank", "you", "so", "much"] * 4
    assert flags == ("loop@10.8",)


@pytest.mark.parametrize(
    "text", ["no no no no", "very very good", "yes yes yes I said yes", "thank you thank you thank you"]
)
def test_people_repeat_themselves(text):
    assert find_loops(text.split()) == []


def test_a_sentence_in_a_language_without_spaces_is_a_loop_too():
    pieces = list("この会議はとても大切なので必ず来てください") * 8
    assert find_loops(["は", *pieces, "は"]) == [(1, 1 + len(pieces))]


def test_a_prayer_said_twice_is_no_loop():
    prayer = "in this place we remember those who came before us and who cared for the land "
    assert find_loops((prayer * 2).split()) == []


def test_loops_are_looked_for_in_a_long_transcript_within_a_second():
    spoken = [f"word{number * number % 997}" for number in range(20_000)]
    begin = time.perf_counter()
    found = find_loops(spoken)
    assert time.perf_counter() - begin < 1
    assert found == []


@given(st.lists(st.sampled_from("abc"), max_size=60))
def test_a_loop_is_always_a_phrase_repeated_whole(letters):
    for start, end in find_loops(letters):
        part = letters[start:end]
        assert any(len(part) % n == 0 and part == part[:n] * (len(part) // n) for n in range(1, 33))


def test_words_in_silence_are_doubted():
    audio = LOUD.copy()
    audio[16_000 * 20 : 16_000 * 30] = 0
    spoken = words("real words", 5) + words("thanks for watching", 24) + words("and on", 40)
    found, flags = check(spoken, [(5, 45)], audio, 16_000)
    assert doubted(found) == ["thanks", "for", "watching"]
    assert "silence_text@24.0" in flags


def test_words_after_the_end_of_the_recording_are_doubted():
    found, flags = check(words("ghost", 99), [], LOUD, 16_000)
    assert (doubted(found), flags) == (["ghost"], ("silence_text@99.0",))


def test_pauses_for_breath_do_not_hide_a_gap():
    speech = [(0.0, 5.5), (6.0, 13.0), (13.5, 20.0)]
    assert find_gaps(words("at last", 14), speech) == [(0.0, 13.5 + 0.5)]


def test_a_gap_is_heard_again_by_itself_and_said_so():
    asked = []

    def hear(start_s: float, end_s: float) -> list[Word]:
        asked.append((start_s, end_s))
        return words("kia ora everyone", 1)

    filled, flags = fill_gaps(words("at last", 14), [(0.0, 13.0), (14.0, 20.0)], hear)
    assert asked == [(0.0, 13.0)]
    assert [word.text for word in filled] == ["kia", "ora", "everyone", "at", "last"]
    assert flags == ("reheard@0.0",)


def test_words_heard_outside_their_gap_are_not_taken_in():
    filled, flags = fill_gaps(words("at last", 14), [(0.0, 13.0)], lambda _a, _b: words("elsewhere", 40))
    assert [word.text for word in filled] == ["at", "last"]
    assert flags == ()


def test_speech_without_words_is_flagged_as_a_gap():
    assert find_gaps(words("one two", 0), [(0, 0.7), (10, 30)]) == [(10, 30)]
    assert find_gaps(words("one", 10) + words("two", 29), [(10, 30)]) == [(pytest.approx(10.3), 29)]
    assert find_gaps(words("one two three", 10, 2), [(9, 17)]) == []


def test_a_track_without_words_is_flagged_silent():
    assert check((), [], LOUD, 16_000) == ((), ("silent",))


def test_a_heard_word_never_has_the_confidence_of_a_doubted_one():
    found, _ = check((Word(text="faint", start_s=1, end_s=2, confidence=0.0),), [(1, 2)], LOUD, 16_000)
    assert found[0].confidence > 0


def tracks(*spoken: tuple[Word, ...]) -> list[TrackWords]:
    return [
        TrackWords(track=f"t{number}", language="en", duration_s=9, words=one) for number, one in enumerate(spoken, 1)
    ]


def test_a_muted_observer_is_named_and_no_error():
    assert check_session(tracks(words("hello"), ())) == ("t2",)


def test_no_words_in_any_track_is_an_error():
    with pytest.raises(BadInput, match="no speech was heard in any recording"):
        check_session(tracks((), ()))
