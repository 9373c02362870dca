"""Telephone numbers beside each other and spoken without a zero first; amounts, counts and years are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.recognizers.telephones import find_telephones


def numbers(text: str) -> list[str]:
    return [text[s.start_char : s.end_char] for s in sorted(find_telephones(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("514-555-0182 438-555-0199", ["514-555-0182", "438-555-0199"]),
        ("c'est le 06 12 34 56 78 / 06 98 76 54 32", ["06 12 34 56 78", "06 98 76 54 32"]),
        ("06 12 34 56 78\n06 98 76 54 32", ["06 12 34 56 78", "06 98 76 54 32"]),
        ("06 12 34 56 78\r\n06 98 76 54 32\r\n06 11 22 33 44", ["06 12 34 56 78", "06 98 76 54 32", "06 11 22 33 44"]),
        ("reach us: 604-822-2211 / 604-822-3344", ["604-822-2211", "604-822-3344"]),
        ("(514) 555-0182 (438) 555-0199", ["(514) 555-0182", "(438) 555-0199"]),
        ("514.555.0182 - 438.555.0199", ["514.555.0182", "438.555.0199"]),
        ("+33 6 12 34 56 78 +1 514 555 0182", ["+33 6 12 34 56 78", "+1 514 555 0182"]),
        ("021 555 1234 / 021 555 9876", ["021 555 1234", "021 555 9876"]),
        ("555-0142 555-0199 555-0111", ["555-0142", "555-0199", "555-0111"]),
        ("on 12 604 822 2211", ["604 822 2211"]),
        ("since 2024-05-03 514-555-0182", ["514-555-0182"]),
        ("appelez le 06 12 34 56 78 / 99 12 34 56 78", ["06 12 34 56 78", "99 12 34 56 78"]),
    ],
)
def test_numbers_beside_each_other_are_each_found(text: str, found: list[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    "said",
    [
        "cinq un quatre cinq cinq cinq zéro un huit deux",
        "cinq, un, quatre, cinq cinq cinq, zéro un huit deux",
        "Quatre trois huit - cinq cinq cinq - zéro un neuf neuf",
        "cinq cent quatorze cinq cinq cinq zéro un quatre-vingt-deux",
        "quatre cinq zéro deux trente-deux onze quatorze",
        "cinq cinq cinq deux deux un un",
    ],
)
def test_french_digits_are_a_number_without_a_zero_before_them(said: str) -> None:
    text = f"alors mon numéro c'est le {said}, le soir"
    assert said in numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "un deux trois quatre cinq six sept huit neuf dix", "deux ou trois, quatre, cinq, six, sept",
        "dix-neuf cent quatre-vingt-dix-sept", "mille neuf cent quatre-vingt-dix-neuf",
        "quatre-vingt-dix-neuf, quatre-vingt-dix-huit", "cinquante-six cinquante-sept cinquante-huit cinquante-neuf",
        "deux cent quarante-cinq mille trois cent douze", "deux cent vingt-deux, deux cent trente-trois",
        "vingt et un vingt-deux vingt-trois vingt-quatre", "un huit deux cinq",
        "2019 - 2020 / 2021 - 2022", "2024-05-03 / 2024-05-04", "10 000 / 20 000 / 30 000", "1.234.567 2.345.678",
        "12 345 678 / 23 456 789", "100 200 300 400",
    ],
)  # fmt: skip
def test_amounts_counts_years_and_dates_are_no_numbers(text: str) -> None:
    assert numbers(text) == []


@given(
    st.lists(
        st.integers(0, 9999).map(lambda n: f"514-555-{n:04}") | st.integers(0, 99).map(lambda n: f"06 12 34 56 {n:02}"),
        min_size=2, max_size=5, unique=True,
    ),
    st.sampled_from([" / ", "\n", "  ", "; ", " ou ", "/"]),
)  # fmt: skip
def test_of_several_numbers_none_stays(several: list[str], between: str) -> None:
    text = between.join(several)
    hidden = {at for found in find_telephones(text) for at in range(found.start_char, found.end_char)}
    assert not any(c.isdigit() for at, c in enumerate(text) if at not in hidden)
