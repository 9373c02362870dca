"""Names that are surely names in some sentences are found in the others."""

from deidentification.recognizers.model_spans import ModelSpan
from deidentification.spreading import spread
from deidentification.text import View
from schemas.deidentified import Label


def spans(text: str, *words: str, label: Label = Label.PERSON) -> list[ModelSpan]:
    return [ModelSpan(text.index(w), text.index(w) + len(w), label, "model") for w in words if w in text]


def again(texts: list[str], *words: str, label: Label = Label.PERSON) -> list[list[str]]:
    views = [View(text) for text in texts]
    found = spread(views, [spans(text, *words, label=label) if number < 2 else [] for number, text in enumerate(texts)])
    return [[text[s.start_char : s.end_char] for s in one] for text, one in zip(texts, found, strict=True)]


def test_a_name_found_twice_beyond_doubt_is_found_everywhere() -> None:
    texts = ["We asked Pheebz about it.", "I saw Pheebz there.", "Pheebz!", "Look, pheebz is late."]
    assert again(texts, "Pheebz")[2] == ["Pheebz"]


def test_a_name_found_once_does_not_spread() -> None:
    assert again(["We asked Pheebz about it.", "Nothing here.", "Pheebz!"], "Pheebz")[2] == []


def test_an_ordinary_word_spreads_only_where_its_capital_or_the_sentence_says_that_it_is_a_name() -> None:
    texts = [
        "We asked Chip about it.",
        "I saw Chip there.",
        "Chip is a small thing.",
        "I gave it to Chip.",
        "a chip fell",
    ]
    assert [bool(one) for one in again(texts, "Chip")[2:]] == [False, True, False]


def test_a_word_that_is_mostly_no_name_does_not_spread() -> None:
    texts = ["We asked English about it.", "I saw English there.", *["We speak English here."] * 9]
    assert not any(again(texts, "English")[2:])


def test_a_place_that_is_sometimes_taken_for_a_person_does_not_spread() -> None:
    texts = ["We went to Tulza today.", "I saw Tulza there.", "He likes Tulza a lot."]
    views = [View(text) for text in texts]
    places = [spans(text, "Tulza", label=Label.PLACE) for text in texts]
    given = [[*spans(texts[0], "Tulza"), *places[0]], [*spans(texts[1], "Tulza"), *places[1]], places[2]]
    assert spread(views, given) == [[], [], []]
