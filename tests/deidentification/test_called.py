"""Names that no model knows: given names, forms of address, initials, and words used as names."""

import pytest

from deidentification.recognizers.called import find_called
from deidentification.text import View


def called(text: str) -> list[str]:
    return [text[span.start_char : span.end_char] for span in find_called(View(text))]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Over to you, Nokomis.", "Nokomis"),
        ("thanks wairemana that was great", "wairemana"),
        ("And then Tjilpi said no.", "Tjilpi"),
        ("Kwadwo: what a day", "Kwadwo"),
        ("The floor went to Oyelaran F. Adisa then.", "Oyelaran F. Adisa"),
        ("well dorothea had the budget", "dorothea"),
        ("So Véronique could not come.", "Véronique"),
    ],
)
def test_a_name_that_no_model_knows_is_found_by_how_it_is_used(text: str, name: str) -> None:
    assert name in called(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I met Mrs. White there.", "White"),
        ("C'est M. Petit qui parle.", "Petit"),
        ("Hier Me Lefort a plaidé.", "Lefort"),
        ("We heard Dr Ananya van der Berg speak.", "Ananya van der Berg"),
        ("then Minister Okonjo left", "Okonjo"),
    ],
)
def test_what_follows_a_form_of_address_is_a_name(text: str, name: str) -> None:
    assert name in called(text)


@pytest.mark.parametrize(
    "text",
    [
        "Madam Chair, I have a point.",
        "Minister Responsible for Health, please.",
        "Tell me Something nice.",
        "Plan B Works for everybody.",
        "It was, I think, the Prime Minister.",
        "Mmm: well.",
        "thanks everybody that was great",
        "Madame la Présidente, merci.",
        "Vitamin D Levels were low.",
    ],
)
def test_roles_sounds_and_ordinary_words_are_no_names(text: str) -> None:
    assert called(text) == []


def test_an_uncommon_word_is_no_name_where_nothing_says_so() -> None:
    assert called("We talked about the Zettelkasten at length.") == []
