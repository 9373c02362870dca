"""What an evaluation came to is said in plain words, and never better than it is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deidentification.bounds import upper_bound
from deidentification.evaluation import DataSet, Measured, Tally, Whole
from flows.evaluated import bound_words, clock, evaluation_event, evaluations, measured_facts, rate, sentences
from schemas.ledger import LedgerEntry

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
WHOLE = Whole(utterances=6000, words=60_000, masks=720, doubt={"leak": 20, "speaker_unknown": 100})


def measured(shown: int = 5000, whole: Whole = WHOLE, **tally: int) -> Measured:
    data_set = DataSet(build="a" * 64, ledger_size=9, ledger_root="b" * 64, shown=shown)
    return Measured(
        sample="ab" * 8, drawn_at=AT, data_set=data_set, readers=1, given_up=0, tally=Tally(**tally), languages={},
        levels={}, whole=whole,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tally", "sentence"),
    [
        (
            {"read": 400},
            "We read 400 passages; none still named anyone; the true rate is very likely below 1 in 130.",
        ),
        (
            {"read": 400, "identifiable": 2},
            "We read 400 passages; 2 still named somebody, or told who they are; the true rate is very likely below "
            "1 in 63.",
        ),
        (
            {"read": 3000},
            "We read 3,000 passages; none still named anyone; the true rate is very likely below 1 in 1,000.",
        ),
        ({"read": 2}, "We read 2 passages; none still named anyone; the true rate may be as high as 77.64 %."),
        ({"read": 1}, "We read 1 passage; none still named anyone; the true rate may be as high as 95.00 %."),
        (
            {"read": 400, "identifiable": 300},
            "We read 400 passages; 300 still named somebody, or told who they are; the true rate may be as high as "
            "78.54 %.",
        ),
    ],
)
def test_the_rate_of_what_was_missed_is_one_plain_sentence(tally: dict[str, int], sentence: str) -> None:
    assert sentences(measured(**tally))[0] == sentence


def test_where_everything_was_read_the_bound_is_of_other_material() -> None:
    assert sentences(measured(shown=400, read=400))[0] == (
        "We read all 400 passages; none still named anyone; in other material made the same way, the true rate is very "
        "likely below 1 in 130."
    )


@pytest.mark.parametrize(
    ("tally", "sentence"),
    [
        (
            {"right": 350, "wrong": 2, "cannot_tell": 8},
            "Of 352 passages whose speaker the reader knew, 2 are shown as somebody else's; the true rate is very "
            "likely below 1 in 56. In 8 more the reader could not tell.",
        ),
        (
            {"right": 399, "wrong": 1},
            "Of 400 passages whose speaker the reader knew, 1 is shown as somebody else's; the true rate is very "
            "likely below 1 in 84.",
        ),
        (
            {"right": 100},
            "Of 100 passages whose speaker the reader knew, none is shown as somebody else's; the true rate is very "
            "likely below 1 in 33.",
        ),
        ({"not_asked": 9}, "Nobody could tell of any passage whether it is shown under who said it."),
    ],
)
def test_who_cannot_tell_is_counted_apart(tally: dict[str, int], sentence: str) -> None:
    assert sentences(measured(**tally))[1] == sentence


def test_masks_and_doubt_are_told_of_the_whole_data_set() -> None:
    said = sentences(measured(masks=260, needless=13))[2:]
    assert said == [
        "Of 260 masks in what was read, 13 hid nothing that needed it (5.0 %).",
        "Of 6,000 utterances, 120 are withheld for doubt (2.0 %); in what is shown stand 12.0 masks in 1,000 words.",
    ]
    few = Whole(utterances=1, words=0, masks=0, doubt={"leak": 1})
    assert sentences(measured(whole=few))[2:] == [
        "Nothing was masked in what was read.",
        "Of 1 utterance, 1 is withheld for doubt (100.0 %); in what is shown stand 0.0 masks in 1,000 words.",
    ]


@given(st.integers(1, 500), st.integers(0, 500))
def test_a_bound_is_never_said_lower_than_it_is(of: int, found: int) -> None:
    found = min(found, of)
    said = float(bound_words(found, of).removesuffix(" %"))
    assert 0 <= said - 100 * upper_bound(found, of) + 1e-7 <= 0.0101


def test_none_in_four_hundred_is_said_as_three_quarters_of_a_percent() -> None:
    assert bound_words(0, 400) == "0.75 %"
    assert bound_words(0, 0) == "–"
    assert rate(0, 0) == {"found": 0, "of": 0, "rate": None, "at_most": 1.0}


@pytest.mark.parametrize(("second", "said"), [(0, "0:00"), (760.9, "12:40"), (3723, "1:02:03"), (-1, "0:00")])
def test_places_are_told_as_minutes_and_seconds(second: float, said: str) -> None:
    assert clock(second) == said


def entry(payload: dict[str, Any]) -> LedgerEntry:
    return LedgerEntry(index=7, kind=evaluation_event(measured(), "ra", AT).kind, minute="x", payload=payload)


def test_what_the_register_keeps_is_read_back_whole() -> None:
    event = evaluation_event(measured(read=400, identifiable=1), "ra", AT)
    [(_, again)] = evaluations([entry(event.payload)])
    assert again == measured(read=400, identifiable=1)
    assert measured_facts(again)["identifiable"]["found"] == 1


@pytest.mark.parametrize("member", [*Measured.model_fields, "type"])
def test_an_entry_that_lacks_something_is_no_evaluation(member: str) -> None:
    payload = dict(evaluation_event(measured(), "ra", AT).payload)
    del payload[member]
    assert evaluations([entry(payload)]) == []
