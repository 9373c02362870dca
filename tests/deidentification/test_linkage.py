"""Protected passages that stand word for word in public are found, where one person alone says so."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from deidentification.linkage import Linked, Said, public_linkage, shown_words
from deidentification.text import tokens_of
from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance
from tests.deidentification.support import redacted

SENTENCE = "we counted eleven boats in the harbour that winter"


def said(text: str, speaker: str = "P03", session: str = "S1", number: int = 1, protected: bool = True) -> Said:
    return Said(session, f"u{number}", 0, speaker, [text], protected)


def public(text: str, speaker: str = "P03", session: str = "S9") -> Said:
    return said(text, speaker, session, protected=False)


def test_a_passage_that_stands_in_a_public_recording_is_found_with_where() -> None:
    assert public_linkage([said(f"Well, {SENTENCE}.")], [public(SENTENCE), public(SENTENCE, session="S7")]) == [
        Linked("S1", "u1", 0, ("S7", "S9"))
    ]


def test_a_session_that_is_public_itself_counts() -> None:
    assert public_linkage([said(SENTENCE, session="S9")], [public(SENTENCE)]) == [Linked("S9", "u1", 0, ("S9",))]


def test_case_accents_apostrophes_and_punctuation_make_no_difference() -> None:
    spoken = "L’été dernier, à Québec, on n’a pas compté les bateaux."
    captions = "LETE DERNIER A QUEBEC ON NA PAS COMPTE LES BATEAUX"
    assert len(public_linkage([said(spoken)], [public(captions)])) == 1


def test_five_words_are_too_few_and_six_are_enough() -> None:
    words = SENTENCE.split()
    assert public_linkage([said(" ".join(words[:5]))], [public(SENTENCE)]) == []
    assert len(public_linkage([said(" ".join(words[:6]))], [public(SENTENCE)])) == 1
    assert len(public_linkage([said(" ".join(words[:4]))], [public(SENTENCE)], words=4)) == 1


def test_whoever_is_named_is_left_out() -> None:
    assert public_linkage([said(SENTENCE, protected=False)], [public(SENTENCE)]) == []


def test_what_several_people_say_points_at_nobody() -> None:
    one, other = said(SENTENCE), said(SENTENCE, "P04", number=2)
    assert public_linkage([one, other], [public(SENTENCE)]) == []
    assert public_linkage([other, one], [public(SENTENCE)]) == []
    assert public_linkage([one], [public(SENTENCE), public(SENTENCE, "P04")]) == []
    assert public_linkage([one], [public(SENTENCE, "P04")]) == [], "somebody else said it in public"


def test_a_longer_passage_is_found_by_the_part_that_only_one_person_says() -> None:
    common, own = "at the end of the day you know", "the ferry captain sold his own boat"
    passages = [said(f"{common} {own}"), said(common, "P04", number=2)]
    assert [one.utterance for one in public_linkage(passages, [public(f"{common} {own}")])] == ["u1"]


def test_nothing_is_compared_across_what_was_replaced() -> None:
    texts = ["we counted eleven", "boats in the harbour"]
    assert public_linkage([Said("S1", "u1", 0, "P03", texts, True)], [public(" ".join(texts))]) == []


def test_the_words_of_a_released_piece_are_those_that_stand_as_they_were_said() -> None:
    session = redacted("Yesterday Mark White counted the boats", levels={"P01": Level.PSEUDONYM, "P02": Level.NAMED})
    (piece,) = session.utterances
    assert isinstance(piece, DeidentifiedUtterance)
    assert shown_words("s1", piece).texts == ["Yesterday Mark White counted the boats"], "a name that is kept is said"
    (piece,) = redacted("Yesterday Mark White counted the boats", levels={"P01": Level.PSEUDONYM}).utterances
    assert isinstance(piece, DeidentifiedUtterance)
    assert shown_words("s1", piece) == Said("s1", "u1", 0, "P01", ["Yesterday ", " counted the boats"], True)


WORD = st.sampled_from(["boat", "Été", "ete", "don't", "dont", "the", "x"])
TEXT = st.lists(WORD, max_size=9).map(" ".join)
TEXTS = st.lists(st.tuples(TEXT, st.sampled_from(["P01", "P02"]), st.booleans()), max_size=5)


def slowly(shown: Sequence[Said], open_: Sequence[Said], n: int) -> list[str]:
    """The same by looking at everything against everything."""

    def grams(one: Said) -> set[tuple[str, ...]]:
        words = [t.folded for text in one.texts for t in tokens_of(text.replace("'", ""))]
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    def points(one: Said, gram: tuple[str, ...]) -> bool:
        return all(other.speaker == one.speaker for other in [*shown, *open_] if gram in grams(other))

    return [
        one.utterance
        for one in shown
        if one.protected and any(points(one, g) for g in grams(one) if any(g in grams(other) for other in open_))
    ]


@given(TEXTS, TEXTS)
def test_it_finds_what_comparing_everything_with_everything_finds(mine: list, theirs: list) -> None:  # type: ignore[type-arg]
    shown = [said(text, who, number=n, protected=guarded) for n, (text, who, guarded) in enumerate(mine)]
    open_ = [public(text, who) for text, who, _ in theirs]
    assert [one.utterance for one in public_linkage(shown, open_, words=3)] == slowly(shown, open_, 3)
