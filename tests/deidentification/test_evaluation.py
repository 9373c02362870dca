"""A sample is drawn by chance alone, repeatably; answers are counted by stratum and fall away with what they are of."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.evaluation import (
    Answer,
    DataSet,
    Passage,
    Sample,
    Speaker,
    Tally,
    Whole,
    carried,
    count,
    draw,
    measure,
    passage_id,
)
from schemas.consent import LEVEL_ORDER, Level

SEED = "5a" * 32
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
DATA = DataSet(build="a" * 64, ledger_size=9, ledger_root="b" * 64, shown=0)
LATER = DataSet(build="c" * 64, ledger_size=12, ledger_root="d" * 64, shown=0)
WHOLE = Whole(utterances=10, words=100, masks=5, doubt={"leak": 1})
SHOWN_LEVELS = [level for level in LEVEL_ORDER if level is not Level.WITHHELD]

seeds = st.binary(min_size=32, max_size=32).map(bytes.hex)


def passage(number: int, words: str = "as said", language: str = "en", level: Level = Level.ROLE) -> Passage:
    name = f"{number:016x}"
    return Passage(
        passage=passage_id(SEED, name, "label", words),
        utterance=name,
        session="S1",
        start_s=float(number),
        language=language,
        level=level,
        masks=2,
    )


def answer(identifiable: bool = False, speaker: Speaker = Speaker.YES, needless: int = 0, by: str = "ra") -> Answer:
    return Answer(identifiable=identifiable, speaker=speaker, needless=needless, by=by, at=AT)


def sample(passages: Sequence[Passage], size: int, answers: dict[int, Answer] | None = None) -> Sample:
    """A drawn sample, of which the passages with these numbers are answered."""
    drawn = Sample(seed=SEED, size=size, drawn_at=AT, data_set=DATA, passages=draw(SEED, passages, size))
    known = {f"{number:016x}": one for number, one in (answers or {}).items()}
    return drawn.answered({one.passage: known[one.utterance] for one in drawn.passages if one.utterance in known})


answers = st.builds(
    Answer,
    identifiable=st.booleans(),
    speaker=st.sampled_from(Speaker),
    needless=st.integers(0, 2),
    by=st.sampled_from(["ra", "pi"]),
    at=st.just(AT),
)


# ---------------------------------------------------------------- drawing


@given(seeds, st.integers(0, 60), st.integers(1, 80), st.randoms())
def test_the_same_seed_draws_the_same_whatever_the_order(seed: str, shown: int, size: int, chance) -> None:  # type: ignore[no-untyped-def]
    there = [passage(number) for number in range(shown)]
    drawn = draw(seed, there, size)
    shuffled = list(there)
    chance.shuffle(shuffled)
    assert draw(seed, shuffled, size) == drawn
    assert len(drawn) == len({one.utterance for one in drawn}) == min(shown, size)
    assert set(drawn) <= set(there)


@given(seeds, st.integers(1, 40), st.integers(1, 40))
def test_a_larger_sample_holds_the_smaller_one(seed: str, one: int, other: int) -> None:
    there = [passage(number) for number in range(60)]
    small, large = sorted((one, other))
    assert draw(seed, there, large)[:small] == draw(seed, there, small)


def test_every_passage_is_drawn_as_often_as_every_other() -> None:
    there = [passage(number) for number in range(20)]
    times = Counter(one.utterance for seed in range(2000) for one in draw(f"{seed:064x}", there, 5))
    # 500 expected each; 6 standard deviations are 116.
    assert len(times) == 20
    assert all(abs(number - 500) < 116 for number in times.values())


def test_every_pair_is_drawn_together_as_often_as_every_other() -> None:
    there = [passage(number) for number in range(6)]
    pairs = Counter(tuple(sorted(one.utterance for one in draw(f"{seed:064x}", there, 2))) for seed in range(3000))
    assert len(pairs) == 15
    assert all(abs(number - 200) < 82 for number in pairs.values())


@given(seeds, st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)), st.integers(1, 30))
def test_what_stays_in_a_changed_data_set_keeps_its_place_in_the_draw(
    seed: str, before: set[int], after: set[int], size: int
) -> None:
    old = draw(seed, [passage(number) for number in before], size)
    new = draw(seed, [passage(number) for number in after], size)
    both = {f"{number:016x}" for number in before & after}
    shared = [one.utterance for one in old if one.utterance in both]
    again = [one.utterance for one in new if one.utterance in both]
    assert shared[: len(again)] == again[: len(shared)]


@given(st.text(), st.text(), st.text(), st.text())
def test_other_words_or_another_label_are_another_passage(text: str, other: str, label: str, another: str) -> None:
    same = (text, label) == (other, another)
    assert (passage_id(SEED, "u", label, text) == passage_id(SEED, "u", another, other)) is same


def test_nobody_can_try_words_out_without_the_seed() -> None:
    assert passage_id(SEED, "u", "label", "yes") != passage_id("00" * 32, "u", "label", "yes")
    assert SEED not in repr(sample([passage(1)], 1))


# ---------------------------------------------------------------- counting


@given(st.lists(answers, max_size=30))
def test_every_answer_is_counted_once(said: list[Answer]) -> None:
    passages = [passage(number).model_copy(update={"answer": one}) for number, one in enumerate(said)]
    tally = count([*passages, passage(99)])
    assert tally.read == len(said)
    assert tally.right + tally.wrong + tally.cannot_tell + tally.not_asked == len(said)
    assert tally.identifiable == sum(one.identifiable for one in said)
    assert (tally.needless, tally.masks) == (sum(one.needless for one in said), 2 * len(said))


@given(
    st.lists(
        st.tuples(answers, st.sampled_from(["en", "fr", "mi"]), st.sampled_from(SHOWN_LEVELS)), min_size=1, max_size=30
    )
)
def test_strata_stand_apart_and_add_up(said: list[tuple[Answer, str, Level]]) -> None:
    there = [passage(number, language=language, level=level) for number, (_, language, level) in enumerate(said)]
    measured = measure(sample(there, 99, {number: one for number, (one, *_) in enumerate(said)}), WHOLE)
    for strata in (measured.languages, measured.levels):
        for member in Tally.model_fields:
            assert sum(getattr(one, member) for one in strata.values()) == getattr(measured.tally, member)
    for language in {language for _, language, _ in said}:
        assert measured.languages[language].read == sum(language == one for _, one, _ in said)
    assert list(measured.levels) == sorted(measured.levels, key=LEVEL_ORDER.index)
    assert measured.readers == len({one.by for one, *_ in said})


def test_nothing_is_measured_before_every_passage_is_answered() -> None:
    with pytest.raises(ValueError, match="not every passage is answered"):
        measure(sample([passage(1), passage(2)], 2, {1: answer()}), WHOLE)


def test_what_is_kept_of_a_finished_sample_names_no_passage() -> None:
    drawn = sample([passage(number) for number in range(8)], 8, {number: answer() for number in range(8)})
    said = measure(drawn, WHOLE).model_dump_json()
    assert SEED not in said
    assert not any(one.passage in said or one.utterance in said for one in drawn.passages)


def test_an_answer_can_be_taken_back() -> None:
    drawn = sample([passage(1)], 1, {1: answer()})
    assert (drawn.read, drawn.waiting) == (1, [])
    again = drawn.answered({drawn.passages[0].passage: None})
    assert (again.read, len(again.waiting)) == (0, 1)


# ---------------------------------------------------------------- a data set that was built anew


def test_in_the_same_data_set_a_sample_goes_on_as_it_is() -> None:
    there = [passage(number) for number in range(20)]
    drawn = sample(there, 5, {number: answer() for number in range(10)})
    assert carried(drawn, DATA, there) == drawn


@given(st.sets(st.integers(0, 40), min_size=1), st.sets(st.integers(0, 40)), st.integers(1, 20))
def test_answers_of_what_is_gone_fall_away_and_the_next_in_the_draw_takes_their_place(
    before: set[int], after: set[int], size: int
) -> None:
    drawn = sample([passage(number) for number in before], size, dict.fromkeys(before, answer()))
    now = [passage(number) for number in after]
    goes_on = carried(drawn, LATER, now)
    assert goes_on is not None
    assert goes_on.data_set == LATER
    assert [one.passage for one in goes_on.passages] == [one.passage for one in draw(SEED, now, size)]
    answered = {one.passage for one in drawn.passages}
    assert all((one.answer is not None) == (one.passage in answered) for one in goes_on.passages)


def test_other_words_under_the_same_id_are_to_be_read_again() -> None:
    drawn = sample([passage(1), passage(2)], 2, {1: answer(), 2: answer()})
    goes_on = carried(drawn, LATER, [passage(1), passage(2, words="[PERSON] said")])
    assert goes_on is not None
    assert [one.utterance for one in goes_on.waiting] == [f"{2:016x}"]


@pytest.mark.parametrize("found", [answer(identifiable=True), answer(speaker=Speaker.NO)])
@pytest.mark.parametrize("now", [[passage(1)], [passage(1), passage(2, words="[PERSON] said")]])
def test_a_sample_that_led_to_its_own_mending_does_not_go_on(found: Answer, now: list[Passage]) -> None:
    drawn = sample([passage(1), passage(2)], 2, {1: answer(), 2: found})
    assert carried(drawn, LATER, now) is None
    assert carried(drawn, LATER, [passage(1), passage(2)]) is not None
