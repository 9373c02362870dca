"""What an erasure takes out of words shortens or ends the codings on them, and moves no other."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from schemas.coding import Coding, Place, SessionCodings
from schemas.speech import Attributed, KeptTurn, KeptWords, Utterance, UtteranceWord, Voice
from vault.erasure import Carried
from vault.session_codings import codings_after, without_in_codings
from vault.session_plan import ErasurePlan, Stretch
from vault.session_scrub import without_in_attributed

AT = datetime(2026, 5, 4, tzinfo=UTC)
GUID = "00000000-0000-4000-8000-00000000000"


def told(*texts: str) -> Attributed:
    turns = [
        Utterance(
            utterance=f"u{number}",
            voice=0,
            start_s=10 * number,
            end_s=10 * number + 9,
            words=tuple(UtteranceWord(text=word, start_s=10 * number, end_s=10 * number + 1) for word in text.split()),
        )
        for number, text in enumerate(texts, 1)
    ]
    return Attributed(voices=(Voice(label="a", participant="P01"),), utterances=tuple(turns))


def plan(*gone: str, cut: tuple[Stretch, ...] = (), keep: bool = False, voice_only: bool = False) -> ErasurePlan:
    return ErasurePlan(
        participant="P01", keep=keep, voice_only=voice_only, tracks=(), labels=(), labels_of_others=(),
        utterances=gone, cut=cut, spoken=(), untimed=False, mentions=(), named=(), names=(),
    )  # fmt: skip


def on(*places: tuple[str, int, int]) -> Coding:
    made = tuple(Place(utterance=turn, start_char=start, end_char=end) for turn, start, end in places)
    return Coding(coding=f"{GUID}1", code=f"{GUID}2", coder=f"{GUID}3", places=made, at=AT)


def words(turns: Attributed, codings: SessionCodings) -> list[list[str]]:
    texts = {turn.utterance: turn.text for turn in turns.utterances}
    return [[texts[p.utterance][p.start_char : p.end_char] for p in one.places] for one in codings.codings]


TURNS = told("the ferry is late every morning", "yes it is")


def stretch(turns: Attributed, turn: str, *said: str) -> tuple[Stretch, ...]:
    text = next(one.text for one in turns.utterances if one.utterance == turn)
    places = ((text.index(word), len(word)) for word in said)
    return tuple(Stretch(utterance=turn, start_char=at, end_char=at + length) for at, length in places)


def left_of(coding: Coding, erased: ErasurePlan) -> SessionCodings:
    return without_in_codings(erased, SessionCodings(upon="0" * 64, codings=(coding,)), TURNS.utterances)


def test_a_coding_on_what_goes_is_lost_and_one_on_what_stays_is_not() -> None:
    left = left_of(on(("u1", 4, 9)), plan("u1"))
    assert (left.codings, [one.whole for one in left.lost]) == ((), [True])
    left = left_of(on(("u2", 0, 3)), plan("u1"))
    assert (words(TURNS, left), left.lost) == ([["yes"]], ())


def test_a_coding_over_two_turns_is_shortened_to_the_one_that_stays() -> None:
    left = left_of(on(("u1", 18, 31), ("u2", 0, 3)), plan("u1"))
    assert (words(TURNS, left), [one.whole for one in left.lost]) == ([["yes"]], [False])


def test_words_that_go_inside_a_coding_leave_the_words_on_both_sides() -> None:
    left = left_of(on(("u1", 0, 31)), plan(cut=stretch(TURNS, "u1", "is", "late")))
    assert words(TURNS, left) == [["the ferry", "every morning"]]
    assert [one.whole for one in left.lost] == [False]


def test_only_the_voice_goes_and_every_coding_stays() -> None:
    assert words(TURNS, left_of(on(("u1", 4, 9)), plan("u1", voice_only=True))) == [["ferry"]]


def test_words_that_stay_de_identified_have_the_coding_until_the_turns_have_them() -> None:
    kept = KeptWords(
        turns=(
            KeptTurn(
                participant="P01", start_s=10, end_s=19, words=TURNS.utterances[0].words, language="en", timed=True,
                utterance="u1",
            ),
        )
    )  # fmt: skip

    def carry(turn: Utterance, stays: Utterance, places: tuple[Place, ...]) -> Carried:
        assert (turn.text, stays.text) == (TURNS.utterances[0].text, TURNS.utterances[0].text)
        return places, True

    before = SessionCodings(upon="0" * 64, codings=(on(("u1", 4, 9)),))
    left = without_in_codings(plan("u1", keep=True), before, TURNS.utterances, kept, carry)
    assert (left.codings, left.lost) == ((), ())
    assert left.held == before.codings
    again = without_in_codings(plan("u1", keep=True), left, TURNS.utterances, kept, carry)
    assert again == left
    gone = without_in_codings(plan("u1"), left, TURNS.utterances, KeptWords(), carry)
    assert (gone.held, [one.whole for one in gone.lost]) == ((), [True])
    nobody_carries = without_in_codings(plan("u1", keep=True), before, TURNS.utterances, kept, None)
    assert [one.whole for one in nobody_carries.lost] == [True]


def test_until_the_turns_are_written_the_codings_fit_those_before_too() -> None:
    erased = plan("u1")
    after = without_in_attributed(erased, TURNS)
    before = SessionCodings(upon=TURNS.digest(), codings=(on(("u1", 4, 9)), on(("u2", 0, 3))))
    left = codings_after(erased, before, TURNS, after.digest(), None, None)
    for turns in (TURNS, after):
        here = left.on(turns.digest())
        assert here is not None
        assert words(turns, here) == [["yes"]]
    assert codings_after(erased, left, after, after.digest(), None, None).codings == left.codings


def test_codings_that_lie_on_other_turns_are_lost_and_never_put_on_these() -> None:
    strange = SessionCodings(upon="f" * 64, codings=(on(("u1", 4, 9)),))
    left = codings_after(plan("u1"), strange, TURNS, TURNS.digest(), None, None)
    assert (left.codings, [one.whole for one in left.lost], left.upon) == ((), [True], TURNS.digest())


@given(st.data())
def test_no_codepoint_of_a_word_that_goes_and_every_word_that_stays_is_under_the_coding(data: st.DataObject) -> None:
    text = " ".join(data.draw(st.lists(st.text("aé😀ש", min_size=1, max_size=4), min_size=1, max_size=8)))
    turns = told(text)
    bounds = [(at, at + len(word)) for at, word in _placed(text)]
    gone = data.draw(st.sets(st.sampled_from(range(len(bounds)))))
    cut = tuple(Stretch(utterance="u1", start_char=bounds[i][0], end_char=bounds[i][1]) for i in sorted(gone))
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    left = without_in_codings(
        plan(cut=cut), SessionCodings(upon="0" * 64, codings=(on(("u1", start, end)),)), turns.utterances
    )
    under = {at for one in left.codings for place in one.places for at in range(place.start_char, place.end_char)}
    staying = {i for i, char in enumerate(text) if not char.isspace()} - {i for n in gone for i in range(*bounds[n])}
    assert under & {i for i, char in enumerate(text) if not char.isspace()} == staying & set(range(start, end))
    assert all(start <= at < end for at in under)


def _placed(text: str) -> list[tuple[int, str]]:
    found, at = [], 0
    for word in text.split(" "):
        found.append((at, word))
        at += len(word) + 1
    return found
