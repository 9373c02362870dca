"""Kept turns in their places, and numbers that turns keep when they are laid out anew."""

from hypothesis import given
from hypothesis import strategies as st

from flows.kept import same_numbers, with_kept
from schemas.speech import KEPT, Attributed, KeptTurn, KeptWords, Utterance, UtteranceWord, Voice


def turn(number: int, voice: int, text: str, start_s: float | None = None) -> Utterance:
    begin = 10.0 * number if start_s is None else start_s
    words = tuple(UtteranceWord(text=word, start_s=begin, end_s=begin + 5) for word in text.split())
    return Utterance(utterance=f"u{number}", voice=voice, start_s=begin, end_s=begin + 5, words=words)


def kept_turn(number: int, text: str, **fields: object) -> KeptTurn:
    begin = 10.0 * number
    words = tuple(
        UtteranceWord(text=word, start_s=begin, end_s=begin + 5, near=(0,) if fields else ()) for word in text.split()
    )
    return KeptTurn.model_validate(
        {"participant": "P01", "start_s": begin, "end_s": begin + 5, "words": words, "language": "en", "timed": True,
         "utterance": f"u{number}", **fields}
    )  # fmt: skip


VOICES = (Voice(label="", participant="P01", method="exact"), Voice(label="Bo", participant="P02", method="exact"))
ERASED = Attributed(voices=VOICES, utterances=(turn(1, 0, ""), turn(2, 1, "hello there"), turn(3, 0, "")))
STAYS = KeptWords(turns=(kept_turn(1, "we met [P02]"),))


def test_a_kept_turn_fills_the_place_that_the_erasure_left():
    filled = with_kept(ERASED, STAYS)
    assert [(u.utterance, u.text) for u in filled.utterances] == [
        ("u1", "we met [P02]"),
        ("u2", "hello there"),
        ("u3", ""),
    ]


def test_a_kept_turn_has_a_voice_of_its_own_without_a_label():
    filled = with_kept(ERASED, STAYS)
    voice = filled.voices[filled.utterances[0].voice]
    assert (voice.label, voice.participant, voice.method) == ("", "P01", KEPT)


def test_putting_kept_turns_in_their_places_twice_changes_nothing():
    once = with_kept(ERASED, STAYS)
    assert with_kept(once, STAYS) == once


def test_a_kept_turn_whose_number_is_anothers_now_has_a_free_one_and_keeps_it():
    anew = Attributed(voices=VOICES[1:], utterances=(turn(1, 0, "hello there", start_s=20.0),))
    once = with_kept(anew, STAYS)
    assert [(u.utterance, u.text) for u in once.utterances] == [("u2", "we met [P02]"), ("u1", "hello there")]
    assert with_kept(once, STAYS) == once


def test_a_doubt_about_who_said_a_kept_word_stays_whatever_the_voices_are_counted_as():
    doubtful = KeptWords(turns=(kept_turn(1, "perhaps mine", beside=("P02",)),))
    for voices in (VOICES, VOICES[::-1], VOICES[:1]):
        filled = with_kept(Attributed(voices=voices, utterances=()), doubtful)
        near = {filled.voices[index].participant for word in filled.utterances[0].words for index in word.near}
        assert near == {"P02"}


def test_turns_laid_out_anew_have_the_numbers_they_had():
    before = Attributed(voices=VOICES, utterances=(turn(1, 0, ""), turn(2, 1, "hello there"), turn(3, 1, "yes")))
    anew = Attributed(
        voices=VOICES, utterances=(turn(1, 1, "hello there", start_s=20.0), turn(2, 1, "yes", start_s=30.0))
    )
    assert [u.utterance for u in same_numbers(anew, before).utterances] == ["u2", "u3"]


def test_a_turn_that_was_not_there_has_a_number_that_none_had():
    before = Attributed(voices=VOICES, utterances=(turn(1, 1, "hello"), turn(7, 1, "yes")))
    anew = Attributed(
        voices=VOICES, utterances=(turn(1, 1, "good morning", start_s=40.0), turn(2, 1, "yes", start_s=70.0))
    )
    assert [u.utterance for u in same_numbers(anew, before).utterances] == ["u8", "u7"]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["a", "bb", "a b"])), max_size=12),
    st.sets(st.integers(0, 11)),
)
def test_whatever_goes_the_others_keep_their_numbers(made: list[tuple[int, str]], gone: set[int]):
    before = Attributed(
        voices=VOICES, utterances=tuple(turn(n, 1, text, start_s=float(s)) for n, (s, text) in enumerate(made, 1))
    )
    left = [one for index, one in enumerate(before.utterances) if index not in gone]
    anew = [one.model_copy(update={"utterance": f"u{n}"}) for n, one in enumerate(left, 1)]
    numbers = [u.utterance for u in same_numbers(Attributed(voices=VOICES, utterances=tuple(anew)), before).utterances]
    assert len(set(numbers)) == len(numbers)
    unlike = [(u.start_s, u.text) for u in before.utterances]
    for one, number in zip(left, numbers, strict=True):
        if unlike.count((one.start_s, one.text)) == 1 and len({len(t) for s, t in unlike if s == one.start_s}) == len(
            [s for s, _ in unlike if s == one.start_s]
        ):
            assert number == one.utterance
