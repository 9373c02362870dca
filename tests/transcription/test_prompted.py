"""Names that are heard only because they were told are marked."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.speech import Word
from transcription.prompted import AROUND_S, mark_prompted


def said(text: str, start_s: float = 20.0) -> list[Word]:
    return [
        Word(text=word, start_s=start_s + i, end_s=start_s + i + 0.9, confidence=0.9)
        for i, word in enumerate(text.split())
    ]


def marked(told: str, again: str, *names: str) -> list[str]:
    stretches: list[tuple[float, float]] = []

    def hear(start_s: float, end_s: float) -> list[Word]:
        stretches.append((start_s, end_s))
        return [word for word in said(again) if start_s <= word.start_s <= end_s]

    words, flags = mark_prompted(said(told), names, 60.0, hear)
    found = [word.text for word in words if word.prompted]
    assert len(flags) == len(found) and all(0 <= start < end <= 60 for start, end in stretches)
    return found


def test_a_name_that_is_heard_again_is_not_marked() -> None:
    assert marked("then Aroha spoke", "then Aroha spoke", "Aroha Ngata") == []
    assert marked("then Aroha's idea", "then Aroha idea", "Aroha Ngata") == []


def test_a_name_that_is_heard_again_in_pieces_or_misspelt_is_not_marked() -> None:
    assert marked("then Aroha spoke", "then Aroa spoke", "Aroha Ngata") == []
    assert marked("then Aroha spoke", "then a row ha spoke", "Aroha Ngata") == []
    assert marked("then Catherine spoke", "then Kathryn spoke", "Catherine Oduya") == []


def test_a_name_that_sounds_the_same_is_not_marked() -> None:
    assert marked("then Conceição spoke", "then can see so spoke", "Conceição Reis") == []
    assert marked("Minister Jayasuriya spoke", "Minister J. Surrey spoke", "Tharindu Jayasuriya") == []


def test_a_name_after_a_french_elision_or_a_quotation_mark_is_heard_again_too() -> None:
    assert marked("c'est l'avis d'Amélie", "c'est l'avis de la ville", "Amélie Roy") == ["d'Amélie"]
    assert marked("c'est l'avis d'Amélie", "c'est l'avis d' Amélie", "Amélie Roy") == []
    assert marked("the ‘Nokomis’ paper", "the normal paper", "Nokomis Reed") == ["‘Nokomis’"]


def test_a_short_name_is_not_heard_in_a_word_that_is_like_it() -> None:
    assert marked("then Ian spoke", "then in spoke", "Ian Reed") == ["Ian"]
    assert marked("then Ana spoke", "then and spoke", "Ana Reed") == ["Ana"]
    assert marked("then Jo spoke", "then so spoke", "Jo Reed") == ["Jo"]
    assert marked("La la la", "so so so", "Paul de La Grange") == []
    assert marked("then Anne spoke", "then Ann spoke", "Anne Reed") == []
    assert marked("then Ian spoke", "then Ian, spoke", "Ian Reed") == []


def test_a_name_in_a_stretch_without_words_is_heard_by_itself() -> None:
    heard: list[tuple[float, float]] = []

    def hear(start_s: float, end_s: float) -> list[Word]:
        heard.append((start_s, end_s))
        return said("Aroha came") if len(heard) == 2 else []

    words, flags = mark_prompted(said("Aroha came", 20.0) + said("Kim came", 26.0), ["Aroha", "Kim"], 60.0, hear)
    assert [word.text for word in words if word.prompted] == ["Kim"]
    assert (len(flags), heard) == (1, [(15.0, 31.9), (15.0, 25.9), (21.0, 31.9)])


def test_a_name_of_which_nothing_is_heard_without_telling_is_marked() -> None:
    assert marked("it was Aroha there", "it was a cold there", "Aroha Ngata") == ["Aroha"]
    assert marked("it was Aroha there", "", "Aroha Ngata") == ["Aroha"]


def test_words_that_are_no_told_names_are_not_heard_again() -> None:
    def hear(start_s: float, end_s: float) -> list[Word]:
        raise AssertionError("nothing is to be heard again")

    words = said("will you mark the white paper, Kim?")
    assert mark_prompted(words, ["Will Brown", "Mark White"], 60.0, hear) == (tuple(words), ())


def test_names_near_each_other_are_heard_again_at_once() -> None:
    heard: list[tuple[float, float]] = []

    def hear(start_s: float, end_s: float) -> list[Word]:
        heard.append((start_s, end_s))
        return said("Aroha and Aroha")

    mark_prompted(said("Aroha and Aroha"), ["Aroha Ngata"], 60.0, hear)
    assert heard == [(20.0 - AROUND_S, 22.9 + AROUND_S)]


@given(st.lists(st.sampled_from(["Aroha", "Ngata", "and", "the", "Kim"]), max_size=20), st.booleans())
def test_nothing_but_the_mark_changes(words: list[str], again: bool) -> None:
    given_words = said(" ".join(words))
    found, flags = mark_prompted(given_words, ["Aroha Ngata"], 90.0, lambda *_: given_words if again else [])
    assert [word.model_copy(update={"prompted": False}) for word in found] == given_words
    told = [word.text in ("Aroha", "Ngata") for word in given_words]
    assert [word.prompted for word in found] == [one and not again for one in told]
    assert len(flags) == sum(word.prompted for word in found)
