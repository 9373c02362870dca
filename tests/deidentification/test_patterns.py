"""Contacts, links, numbers, dates and ages, written and spoken, in English and French."""

import pytest

from deidentification.recognizers.patterns import find_patterns
from schemas.deidentified import Label


def of(text: str, label: Label) -> list[str]:
    return [text[s.start_char : s.end_char] for s in find_patterns(text) if s.label is label]


def test_a_local_number_is_a_contact_even_where_nothing_announces_it() -> None:
    text = "If anyone wants to see it, ring me on 555-0142, please."
    assert [text[s.start_char : s.end_char] for s in find_patterns(text)] == ["555-0142"]
    assert [s.label for s in find_patterns("or 555.0142")] == [Label.CONTACT]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("write to aroha.n@example.org, please", "aroha.n@example.org"),
        ("it is aroha dot ngata at gmail dot com", "aroha dot ngata at gmail dot com"),
        ("c'est aroha point ngata arobase exemple point fr", "aroha point ngata arobase exemple point fr"),
        ("call +64 21 555 1234 now", "+64 21 555 1234"),
        ("my number is 555 1234", "555 1234"),
        ("call oh two one five five five one two three four", "oh two one five five five one two three four"),
        ("au zéro six douze trente-quatre cinquante-six", "zéro six douze trente-quatre cinquante-six"),
        ("ask @jsmith_42 there", "@jsmith_42"),
        ("join zoom.us/j/998877 now", "zoom.us/j/998877"),
        ("meeting id 123 456 7890", "meeting id 123 456 7890"),
    ],
)
def test_contacts_are_found(text: str, expected: str) -> None:
    assert expected in of(text, Label.CONTACT)


@pytest.mark.parametrize(
    "text", ["in 2019-2020 we had 10 000 people", "between 1,000 and 2,000", "the 2026-03-01 meeting"]
)
def test_years_and_amounts_are_no_telephone_numbers(text: str) -> None:
    assert of(text, Label.CONTACT) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://example.org/a?b=1. Then", "https://example.org/a?b=1"),
        ("at medium dot com slash at aroha", "medium dot com slash at aroha"),
    ],
)
def test_links_are_found_without_the_stop_after_them(text: str, expected: str) -> None:
    assert expected in of(text, Label.LINK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 3 May 2024 we met", "3 May 2024"),
        ("on May 3rd, 2024 we met", "May 3rd, 2024"),
        ("on 2024-05-03 we met", "2024-05-03"),
        ("on the third of may we met", "third of may"),
        ("on the twenty-first of June twenty twenty four", "twenty-first of June twenty twenty four"),
        ("in June 2019 we met", "June 2019"),
        ("le 3 mai 2024 à midi", "3 mai 2024"),
        ("le vingt et un juin deux mille vingt", "vingt et un juin deux mille vingt"),
        ("le premier août", "premier août"),
    ],
)
def test_exact_dates_are_found(text: str, expected: str) -> None:
    assert of(text, Label.DATE) == [expected]


@pytest.mark.parametrize(
    "text", ["last year we met", "in May we meet", "we may meet twice", "march on the town", "in 2019"]
)
def test_vague_times_are_no_exact_dates(text: str) -> None:
    assert of(text, Label.DATE) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'm 47 years old", "47 years old"), ("she is forty-seven now", "forty-seven"),
        ("j'ai quarante-sept ans", "quarante-sept ans"),
        ("at my 50th birthday", "50th birthday"),
    ],
)  # fmt: skip
def test_ages_are_found(text: str, expected: str) -> None:
    assert of(text, Label.AGE) == [expected]


@pytest.mark.parametrize(
    "text", ["my passport number is N1234567", "IBAN GB82 WEST 1234 5698 7654 32", "my student number is 301234567"]
)
def test_identity_numbers_are_found(text: str) -> None:
    assert of(text, Label.OTHER)


def test_a_long_run_of_letters_costs_no_time() -> None:
    assert find_patterns("a" * 200_000 + "@") == []
