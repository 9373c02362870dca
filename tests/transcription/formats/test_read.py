import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput
from transcription.formats import parse_cues, read_cues


def parsed(text: str) -> list[tuple[float, float, str | None, str | None]]:
    return [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in parse_cues(text.encode()).cues]


ZOOM = """WEBVTT

1
00:00:03.120 --> 00:00:06.450
Amara Okafor: Kia ora everyone,
welcome back.

2
00:00:11.000 --> 00:00:15.200
Zoë Lefèvre: Merci Amara. One thing: we tried it.
"""


def test_zoom_names_stand_before_a_colon():
    assert parse_cues(ZOOM.encode()).source == "zoom_vtt"
    assert parsed(ZOOM) == [
        (3.12, 6.45, "Amara Okafor", "Kia ora everyone, welcome back."),
        (11.0, 15.2, "Zoë Lefèvre", "Merci Amara. One thing: we tried it."),
    ]


def test_zoom_without_blank_lines_reads_the_same():
    lines = ZOOM.split("\n")
    assert parsed("\n".join([lines[0], "", *(line for line in lines[2:] if line)])) == parsed(ZOOM)


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_line_ends_and_byte_order_marks_change_nothing(change):
    assert parsed(change(ZOOM)) == parsed(ZOOM)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_common_encoding_is_read(encoding):
    assert parse_cues(ZOOM.encode(encoding)).cues[1].speaker == "Zoë Lefèvre"


def test_names_in_brackets_on_their_own_line():
    text = (
        "WEBVTT\n\n1\n00:01.000 --> 00:02.000\n(Amara Okafor)\nKia ora.\n\n"
        "2\n00:03.000 --> 00:04.000\n(Zoë Lefèvre)\nMerci.\n"
    )
    assert parsed(text) == [(1, 2, "Amara Okafor", "Kia ora."), (3, 4, "Zoë Lefèvre", "Merci.")]


def test_a_colon_now_and_then_is_no_name():
    cue = "00:0{0}.000 --> 00:0{0}.900\nwords {0}\n\n"
    text = (
        "WEBVTT\n\n" + "".join(cue.format(number) for number in range(5)) + "00:07.000 --> 00:08.000\nSo: that is it.\n"
    )
    assert parse_cues(text.encode()).source == "vtt"
    assert parsed(text)[-1] == (7, 8, None, "So: that is it.")


def test_a_cue_of_a_zoom_file_without_a_name_is_nobodys():
    text = ZOOM + "\n3\n00:00:16.000 --> 00:00:17.000\nand so on\n"
    assert parsed(text)[-1] == (16, 17, None, "and so on")


def test_two_speakers_in_one_cue_share_its_times():
    text = (
        "1\n00:00:01,000 --> 00:00:04,000\n- Ana: Ready?\n- Ben: Yes.\n\n2\n00:00:05,000 --> 00:00:06,000\nAna: Good.\n"
    )
    assert parsed(text) == [(1, 4, "Ana", "Ready?"), (1, 4, "Ben", "Yes."), (5, 6, "Ana", "Good.")]


TEAMS = """WEBVTT

b7a3f2c0-1f2e-4a5b-9c8d-0123456789ab/12-0
00:00:03.100 --> 00:00:06.400
<v Amara Okafor>Kia ora <i>everyone</i> &amp; welcome</v>

b7a3f2c0-1f2e-4a5b-9c8d-0123456789ab/13-0
00:00:11.000 --> 00:00:15.200
<v Zoë Lefèvre>Merci
Amara.
"""


def test_teams_voices_are_read_with_and_without_a_closing_tag():
    assert parse_cues(TEAMS.encode()).source == "teams_vtt"
    assert parsed(TEAMS) == [
        (3.1, 6.4, "Amara Okafor", "Kia ora everyone & welcome"),
        (11.0, 15.2, "Zoë Lefèvre", "Merci Amara."),
    ]


def test_a_voice_inside_a_cue_begins_another_part_and_its_end_leaves_nobody():
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ana>Ready?</v> hm <v.loud Ben>Yes.</v>\n"
    assert parsed(text) == [(1, 4, "Ana", "Ready?"), (1, 4, None, "hm"), (1, 4, "Ben", "Yes.")]


def test_the_path_that_noscribe_writes_is_dropped():
    text = (
        "WEBVTT Transcribed by noScribe\n\nNOTE\nAudio source: /home/jane.doe/Secret Meeting.mp4\n(started 12:00)\n\n"
        "STYLE\n::cue { color: red }\n\n0\n00:00:01.000 --> 00:00:02.000\n<v S00>Hello.</v>\n\nNOTE jane.doe was here\n"
    )
    sheet = parse_cues(text.encode())
    assert sheet.source == "noscribe_vtt"
    assert parsed(text) == [(1, 2, "S00", "Hello.")]
    assert "jane" not in sheet.model_dump_json()


def test_srt_with_names():
    text = "1\n00:00:01,500 --> 00:00:02,000\nAna: One.\n\n2\n00:00:03,000 --> 00:00:04,000\nBen: Two.\n"
    assert parse_cues(text.encode()).source == "srt"
    assert parsed(text) == [(1.5, 2, "Ana", "One."), (3, 4, "Ben", "Two.")]


OTTER = "Amara Okafor  0:03  \nKia ora.\nWelcome.\n\nUnknown Speaker  0:11  \nMerci.\n\nTranscribed by https://otter.ai"


def test_otter_turns_last_until_the_next_begins():
    assert parse_cues(OTTER.encode()).source == "otter"
    found = parsed(OTTER)
    assert found[0] == (3, 11, "Amara Okafor", "Kia ora. Welcome.")
    assert found[1][2:] == ("Unknown Speaker", "Merci.")


MEET = (
    "CoP - Transcript\nAttendees\nAmara Okafor, Zoë Lefèvre's Presentation\n\nTranscript\n\nAmara Okafor: Kia ora.\n"
    "and welcome\nZoë Lefèvre: Merci.\n\n00:05:00\n\nAmara Okafor: Thanks.\n\nTranscription ended after 00:06:12\n\n"
    "This text was computer generated and might contain errors.\n"
)


def test_google_meet_turns_share_their_five_minutes_and_attendees_are_no_words():
    assert parse_cues(MEET.encode()).source == "meet"
    found = parsed(MEET)
    assert [(speaker, text) for _, _, speaker, text in found] == [
        ("Amara Okafor", "Kia ora. and welcome"),
        ("Zoë Lefèvre", "Merci."),
        ("Amara Okafor", "Thanks."),
    ]
    assert found[0][0] == 0
    assert found[1][1] == found[2][0] == 300
    assert found[2][1] == 372


def test_whisperx_segments_are_cut_where_their_words_change_speaker():
    text = """{"segments": [{"start": 1, "end": 4, "text": " Ready? Yes.", "speaker": "SPEAKER_00", "words": [
        {"word": "Ready?", "start": 1.0, "end": 2.0, "speaker": "SPEAKER_00"},
        {"word": "Yes.", "start": 3.0, "end": 4.0, "speaker": "SPEAKER_01"}]}]}"""
    assert parsed(text) == [(1, 2, "SPEAKER_00", "Ready?"), (3, 4, "SPEAKER_01", "Yes.")]


def test_a_whisperx_segment_of_several_speakers_with_words_missing_is_nobodys():
    text = """{"segments": [{"start": 1, "end": 4, "text": "Ready? Yes. No.", "speaker": "A", "words": [
        {"word": "Ready?", "speaker": "A"}, {"word": "Yes.", "speaker": "B"}]}]}"""
    assert parsed(text) == [(1, 4, None, "Ready? Yes. No.")]


def test_a_whisperx_word_without_times_may_lie_anywhere_in_its_segment():
    text = """{"segments": [{"start": 1, "end": 9, "text": "In 2014 yes", "words": [
        {"word": "In", "start": 2.0, "end": 3.0, "speaker": "A"}, {"word": "2014", "speaker": "A"},
        {"word": "yes", "start": 7.0, "end": 8.0, "speaker": "B"}]}]}"""
    assert parsed(text) == [(2, 9, "A", "In 2014"), (7, 8, "B", "yes")]


def test_google_meet_turns_of_people_on_the_telephone_are_their_own():
    assert parsed(MEET.replace("and welcome", "+1 604-555-0142: hello"))[1][2:] == ("+1 604-555-0142", "hello")


def test_rttm_holds_times_without_words():
    text = (
        ";; made by hand\nSPEAKER meeting 1 0.50 2.25 <NA> <NA> spk1 <NA> <NA>\n"
        "SPEAKER meeting 1 3 1 <NA> <NA> spk2 <NA> <NA>\n"
    )
    assert parsed(text) == [(0.5, 2.75, "spk1", None), (3, 4, "spk2", None)]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "empty file"),
        (" \n\t\n", "empty file"),
        ("WEBVTT\n", "no cues"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "hold no words"),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\nhi\n\n00:xx --> 00:03.000\nho\n",
            "line 6 of the transcript: the times around",
        ),
        ("WEBVTT\n\n00:71:00.000 --> 00:72:00.000\nhi\n", "line 3 of the transcript: a time cannot be read"),
        ("WEBVTT\n\n00:09.000 --> 00:02.000\nhi\n", "line 3 of the transcript: the cue ends before it starts"),
        ("Ana  0:10\nhi\nBen  0:05\nho\n", "line 3 of the transcript: the time runs backwards"),
        ("Ana  0:75\nhi\n", "line 1 of the transcript: a time cannot be read"),
        ("Transcript\n\nAna: hi\n00:05:00\n00:01:00\nBen: ho\n", "line 5 of the transcript: the time runs backwards"),
        ("SPEAKER a 1 0 1 <NA> <NA> x\nSPEAKER a 1 zero 1 <NA> <NA> x\n", "line 2 of the transcript: expected SPEAKER"),
        ("SPEAKER a 1 -1 1 <NA> <NA> x\n", "line 1 of the transcript: a time is negative"),
        ("SPEAKER a 1 0 1 <NA> <NA> x\nSPEAKER b 1 0 1 <NA> <NA> x\n", "speaker times of 2 recordings"),
        ('{"segments": [\n oops', "line 2 of the transcript: this is not valid JSON"),
        ('{"events": []}', "no list of segments"),
        ('{"segments": [{"text": "hi"}]}', "segment 1 of the transcript has no start"),
        ("<ANNOTATION_DOCUMENT>\n<oops", "line 2 of the transcript: this is not valid XML"),
        ("<html></html>", "no timed annotations"),
        ("{\\rtf1 I: no mark at all\\par}", "no time mark"),
        ("Dear diary, today we met.\nIt was nice.\n", "not a transcript of a known kind"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_none_of_its_words(text, error):
    with pytest.raises(BadInput, match=error) as failure:
        parse_cues(text.encode())
    assert failure.value.hint
    assert "diary" not in str(failure.value)


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02\x03" * 9, b"WEBVTT\n\n\x81\x8d\x8f", "WEBVTT".encode("utf-16-le"), b"\xff\xfea"]
)
def test_bytes_that_are_no_text_are_refused(data):
    with pytest.raises(BadInput, match="not a text file in a known encoding"):
        parse_cues(data)


@given(st.one_of(st.binary(max_size=300), st.text('WEBVTT\n->:.0129 <v>AB{}[]"', max_size=200).map(str.encode)))
def test_any_bytes_give_cues_or_a_clear_refusal(data):
    try:
        sheet = parse_cues(data)
    except BadInput as refusal:
        assert refusal.hint
    else:
        assert sheet.cues
        assert all(0 <= cue.start_s <= cue.end_s for cue in sheet.cues)


def test_ten_thousand_cues_are_read_within_a_second():
    cue = "{0}\n{1:02d}:{2:02d}:{3:02d}.000 --> {1:02d}:{2:02d}:{3:02d}.900\nJane Doe: some words of cue {0}\n\n"
    text = "WEBVTT\n\n" + "".join(cue.format(n, n // 3600, n // 60 % 60, n % 60) for n in range(10_000))
    begin = time.perf_counter()
    assert len(parse_cues(text.encode()).cues) == 10_000
    assert time.perf_counter() - begin < 1


@pytest.mark.parametrize(
    ("name", "source", "speakers"),
    [
        ("otter.txt", "otter", ["Amara Okafor", "Unknown Speaker", "Amara Okafor"]),
        ("teams_meeting.docx", "teams_docx", ["Amara Okafor", "Zoë Lefèvre", "Amara Okafor"]),
        ("whisperx.json", "whisperx", ["SPEAKER_00", "SPEAKER_01"]),
        ("session.eaf", "elan", ["Amara", "Zoë"]),
        ("f4.rtf", "f4", ["I", "B1"]),
    ],
)
def test_public_samples_are_read(shared, name, source, speakers):
    sheet = read_cues(shared / "samples" / "transcripts" / name)
    assert sheet.source == source
    assert [cue.speaker for cue in sheet.cues] == speakers


def test_the_public_sample_of_google_meet_is_read(shared):
    sheet = read_cues(shared / "samples" / "transcripts" / "google_meet.txt")
    assert len(sheet.cues) == 5
    assert {cue.speaker for cue in sheet.cues} == {"Amara Okafor", "Zoë Lefèvre"}
    assert sheet.cues[-1].end_s == 372


def test_the_words_of_the_public_f4_sample_are_whole(shared):
    sheet = read_cues(shared / "samples" / "transcripts" / "f4.rtf")
    assert sheet.cues[1].text == "Merci Amara. At the Ville de Lyon we tried the “fail small” rule."
    assert (sheet.cues[1].start_s, sheet.cues[1].end_s) == (6.4, 15.2)
