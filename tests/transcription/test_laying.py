from hypothesis import given
from hypothesis import strategies as st

from schemas.recording import Cue, CueSheet
from schemas.speech import Word
from tests.transcription.people import sheet, words
from transcription.laying import lay

UNKNOWN = 9


def laid(heard, cues, voices, boundary_s=0.3):
    return lay(heard, cues, voices, UNKNOWN, boundary_s)


def by_voice(result) -> list[tuple[str, int, tuple[int, ...]]]:
    return [(one.word.text, one.voice, one.word.near) for one in result.said]


def test_words_take_the_voice_of_the_cue_they_lie_in():
    cues = sheet((0, 2, "A", None), (4, 6, "B", None), source="rttm")
    result = laid(words("one two", 0.5) + words("three four", 4.5), cues, [0, 1])
    assert by_voice(result) == [("one", 0, ()), ("two", 0, ()), ("three", 1, ()), ("four", 1, ())]


def test_a_word_within_the_boundary_of_another_voice_is_in_doubt():
    cues = sheet((0.1, 2, "A", None), (2, 4, "B", None), source="rttm")
    heard = (Word(text="far", start_s=1.2, end_s=1.69), Word(text="close", start_s=1.5, end_s=1.75))
    assert by_voice(laid(heard, cues, [0, 1])) == [("far", 0, ()), ("close", 0, (1,))]


def test_a_word_inside_two_voices_belongs_to_the_longer_overlap_and_is_in_doubt():
    cues = sheet((0, 2.1, "A", None), (2, 4, "B", None), source="rttm")
    assert by_voice(laid((Word(text="x", start_s=1.9, end_s=2.4),), cues, [0, 1])) == [("x", 1, (0,))]


def test_words_in_no_cue_are_nobodys():
    cues = sheet((0, 1, "A", None), (5, 6, "A", None), source="rttm")
    assert by_voice(laid(words("lost", 3), cues, [0, 0])) == [("lost", UNKNOWN, ())]


def test_a_cue_without_a_name_is_another_voice_to_guard_against():
    cues = sheet((0, 2, "A", None), (1.5, 3, None, None), source="rttm")
    assert by_voice(laid((Word(text="x", start_s=1.4, end_s=1.6),), cues, [0, UNKNOWN])) == [("x", 0, (UNKNOWN,))]


def test_the_transcripts_own_text_settles_a_change_of_speaker():
    cues = sheet((0, 2, "A", "we tried the small rule"), (2, 4, "B", "thank you for that"))
    heard = words("we tried the small rule thank you for that")
    result = laid(heard, cues, [0, 1])
    assert [voice for _, voice, _ in by_voice(result)] == [0] * 5 + [1] * 4
    assert all(near == () for _, _, near in by_voice(result))


def test_the_text_moves_a_word_whose_time_lies_in_the_other_cue():
    cues = sheet((0, 2.6, "A", "we tried the small"), (2.6, 5, "B", "rule number one applies"))
    heard = words("we tried the small rule number one applies", 0, 0.5)
    voices = {text: (voice, near) for text, voice, near in by_voice(laid(heard, cues, [0, 1]))}
    assert voices["rule"] == (1, ())


def test_one_matching_word_settles_nothing():
    cues = sheet((0, 2, "A", "alpha beta gamma delta"), (2, 2.5, "B", "yes"), (2.5, 5, "A", "epsilon zeta eta"))
    heard = words("alpha beta gamma delta yes epsilon zeta eta", 0, 0.5)
    yes = next(one for one in by_voice(laid(heard, cues, [0, 1, 0])) if one[0] == "yes")
    assert yes == ("yes", 1, (0,))


def test_a_phrase_both_voices_say_at_once_is_not_settled_when_heard_once():
    cues = sheet((0, 2, "A", "that is a good idea"), (0.1, 2.1, "B", "that is a good idea"))
    assert all(near for _, _, near in by_voice(laid(words("that is a good idea"), cues, [0, 1])))


def test_a_stretch_the_transcript_does_not_have_is_nobodys():
    text = "first we agreed on a plan for the spring and then we asked every neighbour what they thought of it"
    cues = sheet((0, 60, "A", text))
    halves = text.split()
    heard = words(" ".join([*halves[:10], "please", "never", "repeat", "this", *halves[10:]]))
    result = laid(heard, cues, [0])
    assert [one[0] for one in by_voice(result) if one[1] == UNKNOWN] == ["please", "never", "repeat", "this"]
    assert result.notes == ("4 recognised words are not in the transcript: nobody's",)


TALK = [
    "good morning everyone and welcome to the second meeting of this year",
    "thank you very much I am glad that we could all come together again",
    "let us begin with the story that we heard about the river and its people",
    "it was a long winter and nobody had asked the families what they wanted",
]


def talk(ahead_s: float = 0.0, source: str = "zoom_vtt") -> tuple[tuple[Word, ...], CueSheet]:
    heard: list[Word] = []
    cues = []
    for index, line in enumerate(TALK):
        heard += words(line, index * 8 + ahead_s)
        cues.append((index * 8.0, index * 8.0 + len(line.split()) * 0.4, "AB"[index % 2], line))
    return tuple(heard), sheet(*cues, source=source)


def test_a_transcript_whose_clock_is_off_is_laid_where_its_words_are():
    heard, cues = talk(ahead_s=37.25)
    result = laid(heard, cues, [0, 1, 0, 1])
    assert [voice for _, voice, _ in by_voice(result)] == [
        index % 2 for index, line in enumerate(TALK) for _ in line.split()
    ]
    assert result.notes == ("the transcript's clock is +37.2 s from the recording's; taken into account",)


def test_a_transcript_of_another_recording_gives_nobody_anything():
    heard, cues = talk()
    other = tuple(word.model_copy(update={"text": f"{word.text[::-1]}{index}"}) for index, word in enumerate(heard))
    result = laid(other, cues, [0, 1, 0, 1])
    assert {voice for _, voice, _ in by_voice(result)} == {UNKNOWN}
    assert any("does not fit the recording" in note for note in result.notes)


def test_rough_times_give_way_to_the_words_themselves():
    heard, cues = talk(ahead_s=100.0)
    rough = CueSheet(
        source="meet",
        cues=tuple(
            cue.model_copy(update={"start_s": 75.0 * i, "end_s": 75.0 * i + 75}) for i, cue in enumerate(cues.cues)
        ),
    )
    result = laid(heard, rough, [0, 1, 0, 1])
    assert [voice for _, voice, _ in by_voice(result)] == [
        index % 2 for index, line in enumerate(TALK) for _ in line.split()
    ]


def test_whole_second_times_widen_the_doubt():
    cues = sheet((0, 3, "A", None), (3, 6, "B", None), source="rttm")
    heard = (Word(text="x", start_s=1.9, end_s=2.1),)
    assert by_voice(laid(heard, cues, [0, 1])) == [("x", 0, (1,))]


@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0.05, 5), st.integers(0, 2)), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(0, 55), st.floats(0, 1)), max_size=30),
    st.floats(0, 1),
)
def test_no_word_near_another_voice_goes_without_its_doubt(cues, heard, boundary):
    made = CueSheet(source="rttm", cues=tuple(Cue(start_s=a, end_s=a + b, speaker=str(v)) for a, b, v in cues))
    owners = [v for _, _, v in cues]
    spoken = tuple(Word(text=f"w{i}", start_s=a, end_s=a + b) for i, (a, b) in enumerate(sorted(heard)))
    result = lay(spoken, made, owners, UNKNOWN, boundary)
    assert [one.word.text for one in result.said] == [word.text for word in spoken]
    for one in result.said:
        # The small slow model: every cue that the word touches, widened by the boundary.
        slack = boundary + 1e-6
        touched = {v for a, b, v in cues if one.word.start_s <= a + b + slack and one.word.end_s >= a - slack}
        slack = boundary - 1e-6
        surely = {v for a, b, v in cues if one.word.start_s <= a + b + slack and one.word.end_s >= a - slack}
        assert surely - {one.voice} <= set(one.word.near) <= touched - {one.voice}
        assert one.voice in touched | {UNKNOWN}
