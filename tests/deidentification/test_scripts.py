"""Names in scripts that put no spaces between words, or attach small words to a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.find import Recognisers, Roster, find_in_texts
from deidentification.scripts import Embedded
from deidentification.terms import Terms
from deidentification.text import View, fold
from schemas.roster import MatchingTable
from tests.deidentification.support import TABLE as LATIN
from tests.deidentification.support import person

TABLE = MatchingTable(
    people=(
        person(1, "李明"), person(2, "王小明"), person(3, "أحمد منصور"), person(4, "דוד כהן"), person(5, "김민수"),
        person(6, "欧阳 雪"), person(7, "田中 太郎"), person(8, "สมชาย ใจดี"), person(9, "علي حسن"),
        person(10, "አበበ ከበደ"), person(11, "राम शर्मा"), person(12, "נועה לוי", aliases=("マリ",)),
    )
)  # fmt: skip
ROSTER = Roster.of(TABLE)
TERMS = Terms.of(TABLE)


def found(text: str) -> list[tuple[str, str | None]]:
    (finds,) = find_in_texts([text], ["mul"], ROSTER, Recognisers(()))
    return [(text[f.start_char : f.end_char], f.participant) for f in finds]


def at_gate(text: str) -> list[str]:
    return [text[hit.start_char : hit.end_char] for hit in TERMS.hits(View(text))]


@pytest.mark.parametrize(
    ("text", "name", "who"),
    [
        ("谢谢李明，今天很好", "李明", "P01"),
        ("我们问了李明3", "李明", "P01"),
        ("我同意李老师的意见", "李老师", "P01"),
        ("小明来了", "小明", "P02"),
        ("وأحمد قال ذلك", "أحمد", "P03"),
        ("سألت لأحمد", "أحمد", "P03"),
        ("وبمنصور", "منصور", "P03"),
        ("שאלתי את לדוד", "דוד", "P04"),
        ("ושכהן אמר", "כהן", "P04"),
        ("김민수씨는 말했다", "김민수", "P05"),
        ("민수가 말했다", "민수", "P05"),
        ("然后欧阳雪说", "欧阳雪", "P06"),
        ("田中さんに聞いた", "田中", "P07"),
        ("昨日は太郎が", "太郎", "P07"),
        ("ขอบคุณสมชายครับ", "สมชาย", "P08"),
        ("وعلي قال", "علي", "P09"),
        ("የአበበ ሀሳብ", "አበበ", "P10"),
        ("रामले भन्यो", "राम", "P11"),
        ("昨日マリさんが", "マリ", "P12"),
    ],
)
def test_a_name_among_other_letters_is_found(text: str, name: str, who: str) -> None:
    assert (name, who) in found(text)
    assert name in at_gate(text)


@pytest.mark.parametrize(
    "text",
    [
        "行李在这里，明天见",
        "桃李满天下",
        "عليهم أن يحسنوا",
        "عليه",
        "הדודים",
        "아민수는",
        "マリオの話",
        "민수기 아닌",
        "雪が降る日",
    ],
)
def test_a_short_name_inside_another_word_is_none(text: str) -> None:
    assert (found(text), at_gate(text)) == ([], [])


def test_a_surname_of_one_letter_is_found_as_a_word_of_its_own_or_with_a_title() -> None:
    assert found("雪") == [("雪", "P06")]
    assert [who for _hit, who in found("老王说")] == ["P02"]
    assert found("国王说") == []


@given(st.text(alphabet="ab ،。李明أحمدוַּ김민수\u0301\u200d3", max_size=40))
def test_places_lie_inside_the_text_and_hold_the_name(text: str) -> None:
    embedded = Embedded.of(map(fold, ("李明", "أحمد", "김민수", "민수")))
    for start, end, name in embedded.places(text):
        assert 0 <= start < end <= len(text)
        assert fold(text[start:end]) == name


def test_a_roster_in_latin_letters_looks_for_nothing_inside_words() -> None:
    assert Terms.of(LATIN).embedded.names == frozenset()
