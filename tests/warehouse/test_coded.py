"""The codebook, codings, memos and cases as rows: in order, under ids that join no more than a level allows."""

from datetime import UTC, date, datetime

import pytest

from schemas.coding import Code, Codebook, Coder, Memo, ReleasedCoding, ReleasedCodings, ReleasedStretch
from schemas.consent import Level
from tests.warehouse.samples import IDS, PROVENANCE, said, session, speaker
from warehouse.rows import tables

UNNAMED = speaker(level=Level.UNNAMED)
FERRIES, TIMES, FEAR, CODER = (f"0000000{n}-0000-4000-8000-000000000000" for n in range(4))
AT = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
BOOK = Codebook(
    codes=(
        Code(code=FEAR, name="Fear", colour="#aa0000"),
        Code(code=TIMES, name="Timetables", parent=FERRIES, description="When they go."),
        Code(code=FERRIES, name="Ferries", codable=False),
    ),
    coders=(Coder(coder=CODER, name="ra1"),),
)


def coding(number: int, *stretches: tuple[str, str, int, int], code: str = FEAR) -> ReleasedCoding:
    on = tuple(
        ReleasedStretch(session=one, utterance=turn, piece=0, start_char=start, end_char=end)
        for one, turn, start, end in stretches
    )
    return ReleasedCoding(
        coding=f"1000000{number}-0000-4000-8000-000000000000", code=code, coder=CODER, stretches=on, at=AT
    )


def coded(*codings: ReleasedCoding, memos: tuple[Memo, ...] = ()) -> ReleasedCodings:
    return ReleasedCodings(codebook=BOOK.model_copy(update={"memos": memos}), codings=codings)


def rows(table: str, made: ReleasedCodings, *sessions: object) -> list[dict[str, object]]:
    given = sessions or (session("S1", said(1), said(2)),)
    return tables(given, IDS, PROVENANCE, made)[table].to_pylist()


def test_codes_stand_in_their_order_each_before_those_under_it():
    found = rows("codes", coded())
    assert [(row["name"], row["parent_id"], row["position"]) for row in found] == [
        ("Fear", None, 0),
        ("Ferries", None, 1),
        ("Timetables", FERRIES, 2),
    ]
    assert [(row["description"], row["colour"], row["codable"]) for row in found] == [
        (None, "#aa0000", True),
        (None, None, False),
        ("When they go.", None, True),
    ]


def test_a_coding_over_two_turns_is_two_rows_of_one_id():
    one, two = rows("codings", coded(coding(1, ("S1", "u1", 2, 5), ("S1", "u2", 0, 4))))
    assert one["coding_id"] == two["coding_id"]
    assert one["utterance_id"] != two["utterance_id"]
    assert [(row["start_char"], row["end_char"]) for row in (one, two)] == [(2, 5), (0, 4)]
    assert {row["coded_on"] for row in (one, two)} == {date(2026, 3, 4)}


def test_a_coding_has_another_id_once_the_speaker_is_shown_otherwise():
    made = coded(coding(1, ("S1", "u1", 2, 5)))
    [before] = rows("codings", made)
    [after] = rows("codings", made, session("S1", said(1, speaker=UNNAMED)))
    assert before["coding_id"] != after["coding_id"]
    assert before["coding_id"] not in str(coding(1))


def test_a_coding_on_what_is_not_shown_is_a_defect_of_the_caller():
    with pytest.raises(KeyError):
        rows("codings", coded(coding(1, ("S1", "u9", 0, 1))))


def test_memos_stand_where_what_they_are_about_stands():
    def memo(number: int, about: str, on: str = "") -> Memo:
        return Memo(
            memo=f"2000000{number}-0000-4000-8000-000000000000",
            text=f"On {about}.",
            about=about,
            on=on,
            coder=CODER,
            at=AT,
        )

    here = coding(1, ("S1", "u1", 0, 3))
    made = coded(
        here,
        memos=(
            memo(1, "study"),
            memo(2, "session", "S1"),
            memo(3, "session", "S2"),
            memo(4, "code", FEAR),
            memo(5, "coding", here.coding),
            memo(6, "coding", "10000009-0000-4000-8000-000000000000"),
        ),
    )
    [placed] = rows("codings", made)
    found = {row["about"]: row["about_id"] for row in rows("memos", made)}
    assert len(rows("memos", made)) == 4
    assert found == {"study": None, "session": "S1", "code": FEAR, "coding": placed["coding_id"]}


def test_every_speaker_is_a_case_of_a_name_of_its_own():
    again = session("S2", said(1, speaker=UNNAMED), said(2, speaker=UNNAMED))
    named = speaker("P07", label="Participant 1")
    found = rows("cases", coded(), session("S1", said(1, speaker=UNNAMED), said(2), said(3, speaker=named)), again)
    assert [row["name"] for row in found] == ["Participant 1", "Participant 2", "Participant 3", "Rowan Ashdown"]
    assert len({row["case_id"] for row in found} | {row["speaker_id"] for row in found}) == 8
