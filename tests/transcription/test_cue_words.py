from hypothesis import given
from hypothesis import strategies as st

from schemas.recording import Cue
from tests.transcription.people import sheet
from transcription.cue_words import cue_words, resolution_s, said_in


def test_every_word_has_the_times_of_its_whole_cue():
    words = list(cue_words(Cue(start_s=10, end_s=20, speaker="A", text="aaaa bbbb")))
    assert [(word.text, word.start_s, word.end_s) for word in words] == [("aaaa", 10, 20), ("bbbb", 10, 20)]


def times(cues) -> list[tuple[float, float]]:
    return [(one.word.start_s, one.word.end_s) for one in said_in(cues, [0] * len(cues.cues))]


def test_a_cue_without_an_end_lasts_through_the_second_in_which_the_next_begins():
    cues = sheet((3, 11, "A", "one"), (11, 12, "B", "two"), source="otter")
    assert times(cues)[0] == (3, 12)


def test_the_last_cue_without_an_end_lasts_as_long_as_slow_speech_takes():
    text = "we never said any of this to the minister"
    cues = sheet((0, 60, "A", "one"), (60, 63, "B", text), source="otter")
    start_s, end_s = times(cues)[-1]
    assert start_s == 60
    assert end_s == 60 + len(text) / 5


@given(
    st.lists(
        st.tuples(st.floats(0, 1e4), st.floats(0, 100), st.lists(st.text("abc.", min_size=1, max_size=9))), min_size=1
    ),
    st.floats(0, 1e4),
    st.floats(0.1, 1e3),
)
def test_a_passage_that_touches_any_part_of_a_cue_touches_all_of_its_words(parts, begin, length):
    cues = sheet(*((start, start + lasts, "A", " ".join(texts)) for start, lasts, texts in parts))
    said = said_in(cues, list(range(len(parts))))
    for one in said:
        cue = cues.cues[one.voice]
        assert (one.word.start_s < begin + length and begin < one.word.end_s) == (
            cue.start_s < begin + length and begin < cue.end_s
        )
    assert len(said) == sum(len(texts) for _, _, texts in parts)


def test_cues_are_read_in_the_order_of_time():
    cues = sheet((5, 6, "B", "two"), (1, 2, "A", "one"))
    assert [(one.word.text, one.voice) for one in said_in(cues, [1, 0])] == [("one", 0), ("two", 1)]


def test_whole_seconds_everywhere_mean_times_are_a_second_coarse():
    assert resolution_s(sheet((3, 11, "A", "x"), (11, 12.5, "B", "y"))) == 1.0
    assert resolution_s(sheet((3.1, 11, "A", "x"), (11, 12.5, "B", "y"))) == 0.0
