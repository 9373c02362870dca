import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.formats import parse_cues
from transcription.formats.labels import split_label, spoken_parts
from transcription.formats.likeness import name_like


def parts(*cues: str) -> list[tuple[str | None, str | None]]:
    blocks = (f"00:{2 * at // 60:02d}:{2 * at % 60:02d}.000 --> 01:00:00.000\n{cue}\n" for at, cue in enumerate(cues))
    return [(cue.speaker, cue.text) for cue in parse_cues("\n".join(["WEBVTT\n", *blocks]).encode()).cues]


TALK = ("Jane Doe: Hello all.", "Jane Doe: So it goes.", "Sam Hope: fine")


@pytest.mark.parametrize(
    "label",
    [
        "Dr. Jane Doe",
        "Prof. Sam Hope",
        "Mr. Mark Brown",
        "St. John Smith",
        "J. R. Okafor",
        "A. I. Okafor",
        "Dr. T. Al-Rashid, MD",
        "Doe, Jane (UBC)",
        "Jane Doe / She, her",
        "Jane Doe (she/her) 🌱",
        "🌱 Jane Doe",
        "Jane Doe - University of British Columbia",
        "Jane-Marie O'Neil",
        "Jean-Luc O’Brien",
        "tommy macallister",
        "jane.doe",
        "@jsmith",
        "JANE DOE",
        "Maria de la Cruz",
        "Chief of Staff",
        "Иван Петров",
        "अनिल कुमार",
        "田中太郎",
        "Speaker 1",
        "S00",
        "+1 604 555 0142",
        "16045550142",
    ],
)
def test_names_as_meeting_tools_show_them_are_labels(label):
    assert split_label(f"{label}: and so on: yes") == (label, "and so on: yes")
    assert name_like(label)
    assert parts(*TALK, f"Sam Hope: was late.\n{label}: my secret")[-1] == (label, "my secret")
    scarce = parts(*TALK, *["and on"] * 9, f"Sam Hope: was late.\n{label}: my secret")
    assert scarce[-2] == ("Sam Hope", "was late.")
    assert scarce[-1] in [(label, "my secret"), (None, f"{label}: my secret")]
    assert parts(f"{label}: one", f"{label}: two", "Sam Hope: three", "Sam Hope: four")[0] == (label, "one")


@pytest.mark.parametrize(
    "text",
    [
        "Two things: first we asked",
        "Remember: mango",
        "So: that is it",
        "At 10: we left",
        "At 10:30 we left",
        "Step 2: ask them",
        "The point is: it was late",
        "Tariq Al-Rashid said: watermelon",
        "my only worry: the bus",
        "It's simple: ask",
        "WHAT I MEAN IS: ASK",
        "Deux choses : il pleut",
        "He came. And then the plan: we went",
        "see https://example.org/a: it is there",
        "[laughter]",
    ],
)
def test_ordinary_text_with_a_colon_stays_the_speakers_own(text):
    found = parts(*TALK, "and on", "and on", "and on", f"Jane Doe: I said\n{text}")
    assert found[-1] == ("Jane Doe", f"I said {text}")
    assert parts(*TALK, f"Jane Doe: {text}")[-1] == ("Jane Doe", text)


@pytest.mark.parametrize("named", [1, 9])
def test_a_second_speaker_inside_a_cue_is_not_the_first_even_if_there_only_once(named):
    others = ["Jane Doe: Hello"] * named + ["and on"] * 5
    found = parts(*others, "Jane Doe: So the bus was late.\nTariq Al-Rashid: my secret\nand my other one", *TALK)
    assert ("Jane Doe", "So the bus was late.") in found
    assert ("Tariq Al-Rashid", "my secret and my other one") in found


@pytest.mark.parametrize(
    "line",
    [
        "Ben: my secret",
        "tariq al-rashid: my secret",
        "Tariq Al-Rashid：my secret",
        "Tariq Al-Rashid : my secret",
        "<i>Tariq Al-Rashid:</i> my secret",
        "[Tariq Al-Rashid] my secret",
        "(Tariq Al-Rashid)",
        "&gt;&gt; Tariq Al-Rashid: my secret",
        ">> my secret",
        "- my secret",
        "- Tariq Al-Rashid: my secret",
    ],
)
def test_the_rest_of_a_cue_is_never_the_first_speakers_after_another_label(line):
    found = parts(*TALK, "and on", "and on", "and on", "and on", f"Jane Doe: fine\n{line}\nand more")
    assert "secret" not in " ".join(text or "" for speaker, text in found if speaker == "Jane Doe")
    assert found[-1][0] != "Jane Doe"
    assert (found[-1][1] or "").endswith("and more")


def test_a_label_in_the_middle_of_a_joined_line_ends_the_speakers_words():
    found = parts(*TALK, "Jane Doe: Line eight. Sam Hope: my secret", "Jane Doe: I thank Dr. Sam Hope: he helped")
    assert found[-3:] == [
        ("Jane Doe", "Line eight."),
        (None, "Sam Hope: my secret"),
        ("Jane Doe", "I thank Dr. Sam Hope: he helped"),
    ]


def test_a_label_inside_a_voice_tag_or_a_headed_turn_ends_the_speakers_words():
    tagged = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Jane Doe>fine\nTariq Al-Rashid: my secret</v>\n"
    headed = "Jane Doe  0:03\nfine\nTariq Al-Rashid: my secret\n\nSam Hope  0:11\nyes\n"
    for text in (tagged, headed):
        found = [(cue.speaker, cue.text) for cue in parse_cues(text.encode()).cues]
        assert found[:2] == [("Jane Doe", "fine"), (None, "Tariq Al-Rashid: my secret")]


def test_a_voice_tag_that_repeats_its_name_in_the_text_is_one_speaker():
    text = "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Jane Doe>Jane Doe: fine\nJane Doe: yes</v>\n"
    assert {cue.speaker for cue in parse_cues(text.encode()).cues} == {"Jane Doe"}


def test_a_name_before_a_colon_in_a_file_without_names_is_only_text():
    assert parts("one", "two", "three", "Jane Doe: she was kind", "four")[3] == (None, "Jane Doe: she was kind")


@given(st.lists(st.text("Jane Doe:.-[]()> BobÉ田1", max_size=40), max_size=6))
def test_no_word_is_lost_but_labels_of_the_file(lines):
    def letters(text: str) -> str:
        return "".join(letter for letter in text if letter.isalnum())

    whole = letters(" ".join(lines))
    assert letters("".join(text for _, text in spoken_parts(lines, "Somebody Else", ()))) == whole


def test_a_cue_of_a_quarter_of_a_million_words_is_read_within_two_seconds():
    text = "WEBVTT\n\n00:01.000 --> 01:00:00.000\nJane Doe: " + "Well. Ann said: no more " * 48_000
    begin = time.perf_counter()
    assert len(parse_cues(text.encode()).cues) == 1
    assert time.perf_counter() - begin < 2
