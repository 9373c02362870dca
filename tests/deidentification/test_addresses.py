"""Postal addresses and codes, whole."""

import pytest

from deidentification.recognizers.addresses import find_addresses
from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label


def found(text: str, *places: str) -> list[tuple[str, Label]]:
    spans = [ModelSpan(text.index(p), text.index(p) + len(p), Label.PLACE, "model") for p in places]
    return [(text[s.start_char : s.end_char], s.label) for s in find_addresses(text, spans)]


@pytest.mark.parametrize(
    ("text", "address", "places"),
    [
        ("I live at 42 Kauri Road, Whanganui 4500, if you come", "42 Kauri Road, Whanganui 4500", ("Whanganui",)),
        (
            "send it to 1180 Maple Grove Ave, Apt. 7, Guelph, ON N1H 3A1 please",
            "1180 Maple Grove Ave, Apt. 7, Guelph, ON N1H 3A1",
            ("Guelph",),
        ),
        ("au 12 bis, rue de la Fontaine, 44000 Nantes, merci", "12 bis, rue de la Fontaine, 44000 Nantes", ("Nantes",)),
        ("Unit 204, Box 118\nAPO AE 09012", "Unit 204, Box 118", ()),
    ],
)
def test_an_address_is_taken_whole(text: str, address: str, places: tuple[str, ...]) -> None:
    assert (address, Label.CONTACT) in found(text, *places)


def test_a_street_that_a_model_found_is_an_address_where_it_has_a_number() -> None:
    text = "We met at 7 Elm Terrace yesterday, near Elm Terrace."
    street = ModelSpan(text.index("Elm"), text.index("Elm") + 11, Label.CONTACT, "rampart")
    far = ModelSpan(text.rindex("Elm"), text.rindex("Elm") + 11, Label.CONTACT, "rampart")
    assert {s[:2] for s in find_addresses(text, [street, far])} == {(10, 23)}


@pytest.mark.parametrize(
    "text", ["my zip code is 90210", "le code postal 75011", "it is K1A 0B1, I think", "near SW1A 2AA"]
)
def test_postal_codes_are_places(text: str) -> None:
    assert [label for _said, label in found(text)] == [Label.PLACE]


@pytest.mark.parametrize(
    "text",
    [
        "We had 300 people in the room in 2019.",
        "It went 2 ways down the road.",
        "Between 2015 and 2020 Canada changed.",
        "Item 12, the annual review",
        "We spent 4500 dollars on road repairs.",
    ],
)
def test_numbers_in_speech_are_no_addresses(text: str) -> None:
    assert found(text) == []
