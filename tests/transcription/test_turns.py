import time

from hypothesis import given
from hypothesis import strategies as st

from schemas.speech import UtteranceWord
from transcription.turns import LONGEST_S, MOST_WORDS, PAUSE_S, Said, group, numbered


def said(text: str, start_s: float, voice: int = 0, length_s: float = 0.3, confidence: float = 0.9) -> Said:
    word = UtteranceWord(text=text, start_s=start_s, end_s=start_s + length_s, confidence=confidence)
    return Said(word, voice)


def texts(turns) -> list[str]:
    return [" ".join(word.text for word in turn.words) for turn in turns]


def test_a_turn_ends_where_the_voice_changes():
    turns = group([said("a", 0), said("b", 0.5), said("c", 1, voice=1), said("d", 1.5)], "en")
    assert texts(turns) == ["a b", "c", "d"]
    assert [turn.voice for turn in turns] == [0, 1, 0]


def test_a_turn_ends_at_a_pause_of_two_seconds():
    assert texts(group([said("a", 0), said("b", 2.2), said("c", 4.6)], "en")) == ["a b", "c"]


def test_words_the_recogniser_may_have_made_up_stand_alone():
    doubted = [said("so", 0.5, confidence=0.0), said("so", 1, confidence=0.0)]
    assert texts(group([said("a", 0), *doubted, said("b", 1.5)], "en")) == ["a", "so so", "b"]


def test_a_long_turn_is_cut_after_a_sentence():
    run = [said("end." if index == 89 else "word", index * 0.4) for index in range(200)]
    assert [len(turn.words) for turn in group(run, "en")][:2] == [90, 110]


def test_without_a_sentence_a_long_turn_is_cut_at_its_longest_pause():
    run = [said("word", index * 0.4 + (1.0 if index >= 80 else 0)) for index in range(150)]
    assert [len(turn.words) for turn in group(run, "en")] == [80, 70]


def test_one_word_longer_than_the_limit_is_still_a_turn():
    assert texts(group([said("a", 0, length_s=90), said("b", 90.1)], "en")) == ["a", "b"]


def cue(text: str, start_s: float, end_s: float, voice: int = 0) -> list[Said]:
    return [said(word, start_s, voice, end_s - start_s) for word in text.split()]


def test_the_words_of_one_long_cue_stay_together():
    turns = group(cue("we went on about it", 0, 90), "en")
    assert texts(turns) == ["we went on about it"]
    assert (turns[0].start_s, turns[0].end_s) == (0, 90)


def test_cues_are_parted_between_them_and_not_inside():
    run = [*cue("one. " * 20, 0, 25), *cue("two. three.", 25.5, 50), *cue("four", 50.5, 70)]
    assert [len(turn.words) for turn in group(run, "en")] == [22, 1]
    crowded = [*cue("one. " * 100, 0, 25), *cue("two. " * 100, 25.5, 50)]
    assert [len(turn.words) for turn in group(crowded, "en")] == [100, 100]


def test_the_pieces_of_a_cue_of_very_many_words_are_read_in_their_order():
    turns = group(cue(" ".join(f"w{number}" for number in range(300)), 5, 90), "en")
    assert [len(turn.words) for turn in turns] == [120, 120, 60]
    utterances = sorted(numbered(turns), key=lambda one: (one.start_s, one.end_s))
    assert [word.text for one in utterances for word in one.words] == [f"w{number}" for number in range(300)]
    assert len({one.start_s for one in utterances}) == 3
    assert {(word.start_s, word.end_s) for one in utterances for word in one.words} == {(5, 90)}


def test_voices_that_share_one_cue_keep_the_order_in_which_they_stand():
    run = [*cue("ready", 1, 4, voice=1), *cue("yes", 1, 4, voice=0), *cue("go", 1, 4, voice=1)]
    assert [one.text for one in numbered(group(run, "en"))] == ["ready", "yes", "go"]


def test_a_quarter_of_a_million_words_are_grouped_within_two_seconds():
    run = cue("word " * 240_000, 0, 60)
    begin = time.perf_counter()
    assert len(group(run, "en")) == 2_000
    assert time.perf_counter() - begin < 2


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(0, 4), st.floats(0, 3), st.sampled_from(["a", "b.", "c?"])), max_size=300
    )
)
def test_grouping_keeps_every_word_in_order_and_within_the_limits(parts):
    run, at = [], 0.0
    for voice, pause, length, text in parts:
        run.append(said(text, at + pause, voice, length))
        at += pause + length
    turns = group(run, "en")
    assert [word for turn in turns for word in turn.words] == [one.word for one in run]
    for turn in turns:
        assert len(turn.words) <= MOST_WORDS
        one_cue = len({(word.start_s, word.end_s) for word in turn.words}) == 1
        assert turn.end_s - turn.start_s <= LONGEST_S + 1e-6 or one_cue
        assert all(b.start_s - a.end_s < PAUSE_S for a, b in zip(turn.words, turn.words[1:], strict=False))


def test_numbers_follow_time_and_not_the_order_of_the_tracks():
    turns = group([said("late", 9)], "en") + group([said("early", 1, voice=1)], "fr")
    utterances = numbered(turns)
    assert [(one.utterance, one.text, one.language) for one in utterances] == [
        ("u1", "early", "fr"),
        ("u2", "late", "en"),
    ]
    assert numbered(reversed(turns)) == utterances
