import time

import pytest

from schemas.errors import BadInput
from schemas.policy import Policy
from tests.transcription.people import TABLE, heard, intake, sheet, track, who, words
from transcription.attribution import attribute, match_name, track_owners
from transcription.formats import parse_cues

POLICY = Policy()


def test_one_file_per_participant_gives_each_word_to_its_own_track():
    given = intake(None, track(1, "JaneDoe"), track(2, "ZoëLefèvre"))
    result = attribute(given, heard(words("hello all", 0), words("bonjour", 1)), TABLE, POLICY)
    assert who(result) == [("P01", "hello all"), ("P03", "bonjour")]
    assert result.notes == ()


def test_cross_talk_on_separate_tracks_stays_two_utterances_without_doubt():
    given = intake(None, track(1, "JaneDoe"), track(2, "AmaraOkafor"))
    result = attribute(given, heard(words("one two three", 0), words("four five", 0.3)), TABLE, POLICY)
    assert who(result) == [("P01", "one two three"), ("P07", "four five")]
    assert all(word.near == () for one in result.utterances for word in one.words)


def test_a_shared_microphone_is_nobody_until_somebody_says_who():
    tracks = (track(1, "JaneDoe"), track(2, "Boardroom"))
    spoken = heard(words("hello", 0), words("hi there", 3))
    result = attribute(intake(None, *tracks), spoken, TABLE, POLICY)
    assert who(result) == [("P01", "hello"), (None, "hi there")]
    assert result.notes == ("voice 2 is nobody's",)
    decided = attribute(intake(None, *tracks, voices={"Boardroom": "P05"}), spoken, TABLE, POLICY)
    assert who(decided)[1] == ("P05", "hi there")
    assert decided.voices[1].method == "map"


@pytest.mark.parametrize("key", ["t2", "audioSomeOneElse98796876.m4a", "Some One Else", "someoneelse"])
def test_the_speakers_file_may_name_a_track_in_any_of_its_ways(key):
    given = intake(None, track(1, "JaneDoe"), track(2, "SomeOneElse"), voices={key: "P04"})
    assert who(attribute(given, heard(words("a"), words("b", 2)), TABLE, POLICY))[1] == ("P04", "b")


def test_a_single_recording_is_never_one_persons_by_its_file_name_alone():
    given = intake(None, track(1, "Jane Doe"))
    assert who(attribute(given, heard(words("hello")), TABLE, POLICY)) == [(None, "hello")]
    mapped = intake(None, track(1, "Jane Doe"), voices={"Jane Doe": "P01"})
    assert who(attribute(mapped, heard(words("hello")), TABLE, POLICY)) == [("P01", "hello")]


def test_one_track_heard_of_several_is_still_its_owners():
    given = intake(None, track(1, "JaneDoe"), track(2, "AmaraOkafor"))
    spoken = heard((), words("hello"))
    alone = spoken.model_copy(update={"tracks": spoken.tracks[1:]})
    assert who(attribute(given, alone, TABLE, POLICY)) == [("P07", "hello")]
    assert attribute(given, alone.model_copy(update={"tracks": ()}), TABLE, POLICY).utterances == ()


def test_the_order_in_which_tracks_were_heard_changes_nothing():
    given = intake(None, track(1, "JaneDoe"), track(2, "AmaraOkafor"))
    spoken = heard(words("hello"), words("hi", 3))
    turned = spoken.model_copy(update={"tracks": spoken.tracks[::-1]})
    assert attribute(given, turned, TABLE, POLICY) == attribute(given, spoken, TABLE, POLICY)


def test_owners_of_tracks_are_known_before_anything_is_heard():
    tracks = (track(1, "JaneDoe"), track(2, "Boardroom"), track(3, "Someone"))
    given = intake(None, *tracks, voices={"audioSomeone123.m4a": "P05"})
    assert track_owners(given, TABLE, POLICY) == {"t1": "P01", "t3": "P05"}
    assert track_owners(intake(None, track(1, "JaneDoe")), TABLE, POLICY) == {}


def test_a_silent_track_is_noted_and_flags_are_passed_on():
    given = intake(None, track(1, "JaneDoe"), track(2, "AmaraOkafor"))
    result = attribute(given, heard(words("hello"), (), flags=("gap@60.0",)), TABLE, POLICY)
    assert "track t1: gap@60.0" in result.notes
    assert "track t2 is silent" in result.notes


def test_names_of_a_cue_sheet_are_laid_over_the_recognised_words():
    cues = sheet(
        (0, 2.5, "Jane Doe (UBC)", "we asked the neighbours first"), (4.0, 5.6, "Amara", "and what did they say")
    )
    spoken = heard(words("we asked the neighbors first", 0) + words("and what did they say", 4))
    result = attribute(intake(cues, track(1)), spoken, TABLE, POLICY)
    assert who(result) == [("P01", "we asked the neighbors first"), ("P07", "and what did they say")]


def test_a_withheld_word_inside_anothers_cue_carries_the_doubt():
    cues = sheet((0.1, 3, "Jane Doe", None), (2.9, 5, "Zoë Lefèvre", None), source="rttm")
    result = attribute(intake(cues, track(1)), heard(words("one two", 0.2) + words("mine", 2.8)), TABLE, POLICY)
    assert [word.near for one in result.utterances for word in one.words] == [(), (), (1,)]


def test_two_devices_of_one_person_are_no_doubt_between_them():
    cues = sheet((0.1, 3, "Jane Doe", None), (2.9, 5, "Jane Doe's iPhone", None), source="rttm")
    result = attribute(intake(cues, track(1)), heard(words("mine", 2.8)), TABLE, POLICY)
    assert result.utterances[0].words[0].near == ()


def test_words_outside_every_cue_are_nobodys():
    cues = sheet((0.1, 1, "Jane Doe", None), source="rttm")
    result = attribute(intake(cues, track(1)), heard(words("yes", 0.2) + words("lost words", 5)), TABLE, POLICY)
    assert who(result) == [("P01", "yes"), (None, "lost words")]
    assert result.notes == ("voice 2 is nobody's",)


def test_a_cue_sheet_alone_is_the_transcript_and_near_cues_of_one_speaker_join():
    cues = sheet(
        (0, 4, "Jane Doe", "We asked first."),
        (5, 8, "Jane Doe", "Then we built."),
        (8.2, 9, "Amara Okafor", "Good."),
        (12, 14, "Amara Okafor", "Go on."),
    )
    result = attribute(intake(cues), None, TABLE, POLICY)
    assert who(result) == [("P01", "We asked first. Then we built."), ("P07", "Good."), ("P07", "Go on.")]
    assert [one.utterance for one in result.utterances] == ["u1", "u2", "u3"]
    assert all(one.timed for one in result.utterances)
    assert all(word.near == () and word.confidence == 1 for one in result.utterances for word in one.words)


def test_words_of_a_cue_may_have_been_said_anywhere_in_it():
    cues = sheet((270, 330, "Jane Doe", "please stop the tape because the minister lied"), (331, 340, "Amara", "yes"))
    for given, spoken in ((intake(cues), None), (intake(cues, track(1)), heard().model_copy(update={"tracks": ()}))):
        first = attribute(given, spoken, TABLE, POLICY).utterances[0]
        assert {(word.start_s, word.end_s) for word in first.words} == {(270, 330)}
        assert (first.start_s, first.end_s) == (270, 330)


def test_a_second_speaker_in_a_cue_is_withheld_from_the_first():
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\nJane Doe: So the bus was late.\nTariq Al-Rashid: my secret\n"
    result = attribute(intake(parse_cues(text.encode())), None, TABLE, POLICY)
    assert who(result) == [("P01", "So the bus was late."), (None, "my secret")]


def test_titles_before_names_are_no_reason_to_withhold():
    text = "".join(
        f"{at}\n00:00:0{at},000 --> 00:00:0{at},900\n{name}: words\n\n"
        for at, name in enumerate(["Dr. Jane Doe", "Prof. Zoë Lefèvre", "Okafor, Amara (UBC)", "J.-L. O'Brien"], 1)
    )
    result = attribute(intake(parse_cues(text.encode())), None, TABLE, POLICY)
    assert [found for found, _ in who(result)] == ["P01", "P03", "P07", "P04"]


def test_a_quarter_of_a_million_words_of_one_cue_are_attributed_in_seconds():
    cues = sheet((0, 60, "Jane Doe", "words " * 240_000))
    begin = time.perf_counter()
    result = attribute(intake(cues), None, TABLE, POLICY)
    assert time.perf_counter() - begin < 6
    assert len(result.utterances) == 2_000


def test_a_transcript_with_guessed_times_says_so():
    cues = sheet((0, 150, "Jane Doe", "Hello."), source="meet")
    assert not attribute(intake(cues), None, TABLE, POLICY).utterances[0].timed


def test_cues_without_a_name_and_platform_labels_are_nobodys():
    cues = sheet((0, 1, None, "who am I"), (4, 5, "Speaker 1", "me neither"), (8, 9, "Jane Doe", "I am"))
    result = attribute(intake(cues), None, TABLE, POLICY)
    assert who(result) == [(None, "who am I"), (None, "me neither"), ("P01", "I am")]
    named = attribute(intake(cues, voices={"Speaker 1": "P02"}), None, TABLE, POLICY)
    assert who(named)[1] == ("P02", "me neither")


def test_speaker_times_need_a_person_to_say_who_is_who():
    cues = sheet((0.1, 2, "SPEAKER_00", None), (5, 7, "SPEAKER_01", None), source="rttm")
    spoken = heard(words("one two", 0.4) + words("three", 5.5))
    assert who(attribute(intake(cues, track(1)), spoken, TABLE, POLICY)) == [(None, "one two"), (None, "three")]
    mapped = intake(cues, track(1), voices={"SPEAKER_00": "P01", "SPEAKER_01": "P02"})
    assert who(attribute(mapped, spoken, TABLE, POLICY)) == [("P01", "one two"), ("P02", "three")]


def test_a_first_name_beside_its_full_name_is_another_person():
    cues = sheet((0, 1, "Jane Doe", "one"), (5, 6, "Jane", "two"))
    assert who(attribute(intake(cues), None, TABLE, POLICY)) == [("P01", "one"), (None, "two")]


def test_a_higher_threshold_leaves_weak_matches_to_a_person():
    cues = sheet((0, 1, "Amara", "one"))
    assert who(attribute(intake(cues), None, TABLE, POLICY)) == [("P07", "one")]
    strict = attribute(intake(cues), None, TABLE, Policy(attribution_threshold=0.9))
    assert who(strict) == [(None, "one")]
    assert strict.voices[0].confidence == 0.85


def test_notes_never_hold_a_label_or_a_word():
    cues = sheet((0, 1, "Secret Somebody", "hush"), (4, 5, None, "hush"))
    result = attribute(intake(cues, voices={"Nobody Here": "P01"}), None, TABLE, POLICY)
    notes = " ".join(result.notes).casefold()
    assert result.notes[0] == "1 rows of the speakers file name no voice of this session"
    assert not any(part in notes for part in ("secret", "somebody here", "hush"))
    assert "Secret" not in repr(result)


def test_the_same_input_always_gives_the_same_result():
    cues = sheet((0, 2, "Jane Doe", "a b c"), (1, 3, "Amara", "d e f"))
    spoken = heard(words("a b c d e f", 0, 0.5))
    first = attribute(intake(cues, track(1)), spoken, TABLE, POLICY)
    assert first.digest() == attribute(intake(cues, track(1)), spoken, TABLE, POLICY).digest()


def test_a_session_with_nothing_to_read_is_refused():
    with pytest.raises(BadInput, match="neither a recording nor a transcript"):
        attribute(intake(None), None, TABLE, POLICY)
    with pytest.raises(BadInput, match="speaker times but no words"):
        attribute(intake(sheet((0, 1, "A", None), source="rttm")), None, TABLE, POLICY)


def test_the_room_is_entered_here_for_names_too():
    assert match_name("Jane Doe", TABLE) == ("P01", 1.0, "exact")
