import json

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import UsageError
from schemas.speech import Word
from tests.transcription.people import words
from transcription.formats import parse_cues, write_transcript

TEXT = words("We asked the neighbours first.", 0) + words("Ben & Ana <said> yes.", 5)


def test_vtt_is_read_by_other_programs():
    captions = webvtt.from_string(write_transcript(TEXT, "vtt")).captions
    assert [(one.start, one.end) for one in captions] == [
        ("00:00:00.000", "00:00:01.900"),
        ("00:00:05.000", "00:00:06.900"),
    ]
    assert captions[1].raw_text == "Ben &amp; Ana &lt;said&gt; yes."


def test_srt_counts_its_cues_and_writes_commas():
    assert write_transcript(TEXT, "srt").startswith(
        "1\n00:00:00,000 --> 00:00:01,900\nWe asked the neighbours first.\n\n2\n"
    )


def test_text_begins_a_new_line_after_a_pause():
    assert write_transcript(TEXT, "txt") == "We asked the neighbours first.\nBen & Ana <said> yes.\n"


def test_json_keeps_every_word_with_its_times_and_confidence():
    found = json.loads(write_transcript(TEXT, "json", language="en", flags=["gap@60.0"], model="base"))
    assert (found["language"], found["flags"], found["model"]) == ("en", ["gap@60.0"], "base")
    assert found["words"][0] == {"text": "We", "start_s": 0.0, "end_s": 0.3, "confidence": 0.9}
    assert len(found["words"]) == len(TEXT)


@pytest.mark.parametrize("fmt", ["vtt", "srt", "txt"])
def test_words_that_may_be_made_up_are_marked_and_not_passed_on(fmt):
    doubted = words("thanks for watching", 2.2, confidence=0.0)
    text = write_transcript(TEXT[:5] + doubted + TEXT[5:], fmt)
    assert "watching" not in text
    assert text.count("[unclear]") == 1
    assert "watching" in write_transcript(doubted, "json")


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 9), st.text("abc.?", min_size=1, max_size=12)), min_size=1))
def test_what_is_written_reads_back_as_the_same_words(parts):
    at, spoken = 0.0, []
    for pause, length, text in parts:
        spoken.append(Word(text=text, start_s=at + pause, end_s=at + pause + length))
        at += pause + length
    for fmt in ("vtt", "srt"):
        cues = parse_cues(write_transcript(spoken, fmt).encode()).cues
        assert " ".join(cue.text or "" for cue in cues) == " ".join(word.text for word in spoken)
        assert cues[-1].end_s == pytest.approx(spoken[-1].end_s, abs=0.001)


def test_an_unknown_format_is_a_mistake_in_the_command():
    with pytest.raises(UsageError, match="no transcript format 'doc'"):
        write_transcript(TEXT, "doc")


def test_nothing_said_is_still_a_file():
    assert write_transcript((), "vtt").startswith("WEBVTT")
    assert write_transcript((), "txt") == ""
