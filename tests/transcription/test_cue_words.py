from hypothesis import given
from hypothesis import strategies as st

from schemas.recording import Cue
from tests.transcription.people import sheet
from transcription.cue_words import cue_words, resolution_s, said_in


def test_words_share_the_time_of_their_cue_by_length():
    words = list(cue_words(Cue(start_s=10, end_s=20, speaker="A", text="aaaa bbbb")))
    assert [(word.text, word.start_s, word.end_s) for word in words] == [("aaaa", 10, 15), ("bbbb", 15, 20)]


def test_an_open_ended_cue_lasts_only_as_long_as_its_words_take():
    words = list(cue_words(Cue(start_s=11, end_s=3729, speaker="A", text="Merci Amara."), open_ended=True))
    assert words[-1].end_s < 13


@given(st.floats(0, 1e4), st.floats(0, 100), st.lists(st.text("abc.", min_size=1, max_size=9), max_size=30))
def test_word_times_stay_inside_the_cue_and_in_order(start, length, texts):
    cue = Cue(start_s=start, end_s=start + length, speaker="A", text=" ".join(texts))
    words = list(cue_words(cue))
    assert " ".join(word.text for word in words) == cue.text
    edges = [edge for word in words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert all(start - 1e-3 <= edge <= start + length + 1e-3 for edge in edges)


def test_cues_are_read_in_the_order_of_time():
    cues = sheet((5, 6, "B", "two"), (1, 2, "A", "one"))
    assert [(one.word.text, one.voice) for one in said_in(cues, [1, 0])] == [("one", 0), ("two", 1)]


def test_whole_seconds_everywhere_mean_times_are_a_second_coarse():
    assert resolution_s(sheet((3, 11, "A", "x"), (11, 12.5, "B", "y"))) == 1.0
    assert resolution_s(sheet((3.1, 11, "A", "x"), (11, 12.5, "B", "y"))) == 0.0
