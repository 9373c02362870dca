"""Places are carried over to the same words, shortened, or given up; never put on others."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from schemas.coding import Place
from schemas.speech import Attributed, Utterance, UtteranceWord, Voice
from transcription.names import joined
from transcription.reanchoring import Carried, Carrier

Said = tuple[str, float]


def told(*turns: str | list[Said], begin_s: float = 0.0, timed: bool = True) -> Attributed:
    clock = itertools.count()
    made = []
    for number, turn in enumerate(turns):
        said = [(text, begin_s + next(clock)) for text in turn.split()] if isinstance(turn, str) else turn
        words = tuple(UtteranceWord(text=text, start_s=at, end_s=at + 0.5) for text, at in said)
        made.append(
            Utterance(
                utterance=f"u{number}",
                voice=0,
                start_s=said[0][1] if said else 0,
                end_s=said[-1][1] + 0.5 if said else 0,
                words=words,
                timed=timed,
            )
        )
    return Attributed(voices=(Voice(label="a"),), utterances=tuple(made))


def on(turns: Attributed, words: str) -> Place:
    for turn in turns.utterances:
        at = turn.text.find(words)
        if at >= 0:
            return Place(utterance=turn.utterance, start_char=at, end_char=at + len(words))
    raise AssertionError(words)


def shown(turns: Attributed, carried: Carried) -> list[str]:
    texts = {turn.utterance: turn.text for turn in turns.utterances}
    return [texts[place.utterance][place.start_char : place.end_char] for place in carried.places]


def carry(old: Attributed, new: Attributed, *words: str) -> tuple[list[str], bool]:
    carried = Carrier(old.utterances, new.utterances).carry([on(old, one) for one in words])
    return shown(new, carried), carried.whole


OLD = told("so the garden by the old mill was never ours to give", "yes it was 😀 I thinc")


def test_a_place_stays_on_its_words_when_turns_are_numbered_anew() -> None:
    new = told("well", "so the garden by the old mill was never ours to give", "yes it was 😀 I thinc", begin_s=-1)
    assert carry(OLD, new, "old mill was") == (["old mill was"], True)
    assert carry(OLD, new, "was 😀 I") == (["was 😀 I"], True)


def test_a_correction_of_spelling_is_the_same_word_only_where_its_letters_are() -> None:
    new = told("So the garden, by the old mill, was never ours to give", "Yes, it was 😀 I think")
    assert carry(OLD, new, "garden by the old mill") == (["garden, by the old mill,"], True)
    assert carry(OLD, new, "😀 I thinc") == (["😀 I"], False)


def test_words_that_are_gone_shorten_a_place_or_lose_it() -> None:
    new = told([("so", 0), ("the", 1), ("mill", 6), ("was", 7), ("never", 8)])
    assert carry(OLD, new, "old mill was") == (["mill was"], False)
    assert carry(OLD, new, "ours to give") == ([], False)
    assert carry(OLD, told(), "old mill") == ([], False)


def test_a_turn_that_was_cut_in_two_takes_the_place_along_in_both() -> None:
    new = told("so the garden by the old", "mill was never ours to give")
    assert carry(OLD, new, "old mill was") == (["old", "mill was"], True)


def test_a_word_that_was_missed_before_belongs_to_the_place_around_it() -> None:
    new = told([("the", 4), ("old", 5), ("water", 5.5), ("mill", 6)])
    assert carry(OLD, new, "old mill") == (["old water mill"], True)


def test_words_that_were_there_and_outside_of_the_place_stay_outside() -> None:
    old = told("one two three four five six")
    new = told("one two three four five six")
    assert carry(old, new, "one two", "five six") == (["one two", "five six"], True)


def test_part_of_a_word_stays_that_part() -> None:
    assert carry(OLD, OLD, "arden by") == (["arden by"], True)


def test_the_same_words_said_later_are_others() -> None:
    new = told([("old", 65), ("mill", 66), ("was", 67)])
    assert carry(OLD, new, "old mill was") == ([], False)


def test_without_times_only_words_among_their_neighbours_are_the_same() -> None:
    old = told("we asked them and yes they said yes of course", timed=False)
    new = told("they said yes of course", timed=False)
    assert carry(old, new, "yes of course") == (["yes of course"], True)
    assert carry(old, told("yes", timed=False), "yes of course") == ([], False)


def test_a_place_outside_of_its_turn_or_on_no_word_is_lost() -> None:
    carrier = Carrier(OLD.utterances, OLD.utterances)
    for place in (
        Place(utterance="u9", start_char=0, end_char=2),
        Place(utterance="u0", start_char=900, end_char=910),
        Place(utterance="u0", start_char=2, end_char=3),
    ):
        assert carrier.carry([place]) == Carried((), whole=False)


WORDS = st.sampled_from(["yes", "no", "the", "mill", "Mill,", "é😀", "ours", "we"])


@given(
    st.lists(st.lists(WORDS, max_size=8), max_size=5),
    st.data(),
)
def test_what_is_carried_says_what_the_place_said_in_its_order(texts: list[list[str]], data: st.DataObject) -> None:
    old = told(*[" ".join(text) for text in texts])
    said: list[Said] = [(word.text, word.start_s) for turn in old.utterances for word in turn.words]
    heard: list[list[Said]] = [[]]
    for text, at in said:
        step = data.draw(st.sampled_from(["same", "same", "same", "gone", "other", "more", "cut"]))
        if step == "cut":
            heard.append([])
        if step in ("same", "more", "cut"):
            heard[-1].append((text, at + data.draw(st.sampled_from([0, 0.1, -0.1]))))
        if step in ("other", "more"):
            heard[-1].append((data.draw(st.sampled_from(["new", "words"])), at + 0.2))
    new = told(*heard)
    turns = [turn for turn in old.utterances if turn.words]
    if not turns:
        return
    turn = data.draw(st.sampled_from(turns))
    start = data.draw(st.integers(0, len(turn.text) - 1))
    end = data.draw(st.integers(start + 1, len(turn.text)))
    carried = Carrier(old.utterances, new.utterances).carry(
        [Place(utterance=turn.utterance, start_char=start, end_char=end)]
    )
    before = [joined(word) for word in turn.text.split(" ")]
    after = [joined(word) for piece in shown(new, carried) for word in piece.split(" ")]
    left = iter(before)
    whole = [word for word in after if word not in ("new", "words")]
    assert all(any(word in known for known in left) for word in whole), "in order, and nothing but what was there"
    assert all(place.start_char < place.end_char for place in carried.places)
    if new.utterances == old.utterances:
        assert shown(old, carried) == ([turn.text[start:end].strip(" ")] if turn.text[start:end].strip(" ") else [])


def test_without_times_words_that_two_people_said_go_to_neither() -> None:
    """One of both turns is gone, and nobody can tell which."""
    old = told("well then", "I agree with all of that", "I agree with all of that", "good", timed=False)
    new = told("well then", "I agree with all of that", "good", timed=False)
    place = Place(utterance="u1", start_char=0, end_char=7)
    other = Place(utterance="u2", start_char=0, end_char=7)
    for one in (place, other):
        carried = Carrier(old.utterances, new.utterances).carry([one])
        assert not carried.whole
    assert Carrier(old.utterances, old.utterances).carry([other]).places == (other,)
