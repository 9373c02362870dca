"""A sheet of choices is taken whole or refused whole, and every refusal says where and never what the cell held."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.choosing.cells import CellFault, parse_at
from consent.choosing.rows import COLUMNS, one_event, read_consent_rows, shuffled
from consent.register import Register
from schemas.consent import Choice, ConsentEvent, ConsentKind, Level, Permission, Reach, Use
from schemas.errors import BadInput
from tests.consent.making import Entry, change, consent, form, passage, register_of, session

FORM = form()
KNOWN = {"P01", "P02", "P07"}
AT = "2026-03-05T14:00+13:00"
SECRET = "Aroha Ngata"


def row(line: int = 2, **cells: str) -> tuple[int, dict[str, str]]:
    return line, {"participant": "P07", "at": AT, "event": "consent", "level": "unnamed", **cells}


def recorded(*entries: Entry) -> Register:
    return register_of([FORM, *entries])


def refusal(*rows: tuple[int, dict[str, str]], register: Register | None = None) -> str:
    with pytest.raises(BadInput, match=r"nothing was recorded|none was recorded") as caught:
        read_consent_rows(rows, register or recorded(), KNOWN)
    assert SECRET not in caught.value.message
    return caught.value.message


def test_a_full_row_becomes_an_event_with_everything_it_says() -> None:
    cells = {
        "level_practice": "named",
        "organisation": "Generalised",
        "credit": "as a founder",
        "applies": "all",
        "method": "signed",
        "evidence": "A" * 64,
        "given_by": "guardian",
        "recorded_by": "ra",
        "quote_practice": "ASK",
        "archive": "no",
    }
    (event,) = read_consent_rows([row(**cells)], recorded(), KNOWN).events
    assert (event.participant, event.event, event.reach) == ("P07", ConsentKind.CONSENT, Reach())
    assert event.at == datetime(2026, 3, 5, 1, tzinfo=UTC)
    assert (event.form, event.form_sha256) == ("2026-1", FORM.sha256)
    assert set(event.choices) == {
        Choice(dimension="level", value="unnamed"),
        Choice(dimension="level", value="named", use=Use.PRACTICE),
        Choice(dimension="organisation", value="generalised"),
        Choice(dimension="credit", value="as a founder"),
        Choice(dimension="quote_practice", value="ask"),
        Choice(dimension="archive", value="no"),
    }
    assert (event.applies, event.method, event.given_by, event.recorded_by) == ("all", "signed", "guardian", "ra")
    assert event.evidence_sha256 == "a" * 64
    assert event.row is not None


@pytest.mark.parametrize(
    ("spoken", "level"),
    [("first name", "first_name"), ("Role only", "role"), ("made-up name", "pseudonym"), ("not used", "withheld")],
)
def test_levels_may_be_written_as_they_are_said(spoken: str, level: str) -> None:
    (event,) = read_consent_rows([row(level=spoken)], recorded(), KNOWN).events
    assert event.choices == (Choice(dimension="level", value=Level(level)),)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"participant": SECRET}, "line 9, column participant: is not P and digits"),
        ({"participant": "P99"}, "line 9, column participant: P99 is not in the roster"),
        ({"at": "2026-03-05T14:00"}, "line 9, column at: has no time zone; write it like 2026-03-05T14:00"),
        ({"at": "05/03/2026 14:00"}, "line 9, column at: is a date in another order; write it like 2026-03-05"),
        ({"at": SECRET}, "line 9, column at: is no date and time"),
        ({"at": ""}, "line 9, column at: is needed"),
        ({"event": "undo"}, "line 9, column event: is not one of: consent, change, reaffirm, withdraw, decline"),
        ({"level": SECRET}, "line 9, column level: is not one of: named, first_name, role, pseudonym, unnamed, with"),
        ({"level": ""}, "line 9, column level: is needed for a consent"),
        ({"level_recording": SECRET}, "line 9, column level_recording: is not one of: named"),
        ({"organisation": SECRET}, "line 9, column organisation: is not one of: named, generalised"),
        ({"form": SECRET}, "line 9, column form: is no registered version"),
        ({"reach": SECRET}, "line 9, column reach: is not study, cycle:N"),
        ({"reach": "passage:aaaaaaaaaaa1"}, "line 9, column reach: names a passage that was never marked"),
        ({"applies": SECRET}, "line 9, column applies: is not one of: all, from"),
        ({"data": "erase"}, "line 9, column data: must be blank for a consent"),
        ({"credit": "x" * 201}, "line 9, column credit: is longer than 200 characters"),
        ({"credit": "thanks", "reach": "session:march"}, "line 9, column credit: goes with the whole study"),
        ({"evidence": SECRET}, "line 9, column evidence: is not the SHA-256"),
        ({"given_by": SECRET}, "line 9, column given_by: is not one of: self, guardian, authorised, community"),
        ({"given_by": "community:iwi"}, "line 9, column reach: must be a session, writing or passage"),
        ({"archive": "yes"}, "line 9, column archive: was never asked by form 2026-1: leave it blank, or write no"),
        ({"transcribe": "ask"}, "line 9, column transcribe: is not one of: yes, no"),
        ({"analyse": SECRET}, "line 9, column analyse: is not one of: yes, no"),
        ({"event": "withdraw", "level": ""}, "line 9, column data: is needed for a withdrawal"),
        ({"event": "withdraw", "data": "erase"}, "line 9, column level: must be blank for a withdraw"),
        ({"event": "reaffirm"}, "line 9, column level: must be blank for a reaffirm"),
        ({"event": "change", "level": ""}, "line 9, column event: is a change, and the row changes nothing"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column_and_not_repeated(cells: dict[str, str], expected: str) -> None:
    assert expected in refusal(row(9, **cells))


def test_every_bad_row_is_listed_and_none_is_recorded() -> None:
    message = refusal(row(2), row(3, level="x", applies="y"), row(4, participant="P99", at="nonsense"))
    assert message.splitlines() == [
        "2 rows are not right; none was recorded:",
        "line 3, column applies: is not one of: all, from",
        "line 3, column level: is not one of: named, first_name, role, pseudonym, unnamed, withheld",
        "line 4, column participant: P99 is not in the roster",
        "line 4, column at: is no date and time; write it like 2026-03-05T14:00+13:00",
    ]


def test_an_unknown_column_is_named_by_its_place_and_a_likely_meaning() -> None:
    message = refusal(row(levle_practice="named", **{SECRET: ""}))
    assert "line 1: column 5 is not known; did you mean level_practice?" in message
    assert "line 1: column 6 is not known" in message
    without = {name: text for name, text in row()[1].items() if name != "at"}
    assert "line 1: the column at is missing" in refusal((2, without))


def test_the_spec_of_the_columns_is_complete() -> None:
    assert {"participant", "at", "event", "level", *(f"level_{use}" for use in Use)} < set(COLUMNS)
    assert set(Permission) < set(COLUMNS)


def test_rows_of_one_person_that_run_backwards_in_time_are_refused_with_the_line() -> None:
    message = refusal(row(2), row(3, participant="P01", at="2026-01-01T00:00Z"), row(4, at="2026-03-04T00:00Z"))
    assert "line 4, column at: is earlier than this person's row above" in message
    assert "line 3" not in message


def test_a_row_already_recorded_is_skipped_and_counted() -> None:
    first = read_consent_rows([row()], recorded(), KNOWN)
    again = read_consent_rows([row(), row(3), row(4, participant="P01")], recorded(first.events[0]), KNOWN)
    assert again.skipped == 2
    assert [event.participant for event in again.events] == ["P01"]


def test_a_later_row_of_a_file_is_held_against_the_form_its_person_signs_in_it() -> None:
    newer = form("2026-2", not_asked=())
    cells = {"event": "change", "level": "", "archive": "yes"}
    register = register_of([FORM, newer])
    read = read_consent_rows([row(form="2026-2"), row(3, **cells)], register, KNOWN)
    assert read.events[1].form == "2026-2"
    assert "line 3, column archive: was never asked by form 2026-1" in refusal(
        row(form="2026-1"), row(3, **cells), register=register
    )


def test_the_newest_form_of_the_right_kind_is_meant_where_none_is_named() -> None:
    register = register_of([FORM, form("2026-2"), form("team-1", kind="team")])
    read = read_consent_rows([row(), row(3, participant="P01")], register, KNOWN, team={"P01"})
    assert [event.form for event in read.events] == ["2026-2", "team-1"]


def test_a_consent_before_any_form_is_refused() -> None:
    assert "column form: is blank and no form is registered" in refusal(row(), register=register_of([session("m", AT)]))


def test_without_the_register_forms_and_ids_are_still_checked() -> None:
    read = read_consent_rows([row(reach="passage:aaaaaaaaaaa1")], None, KNOWN, forms={"2026-1": FORM})
    assert read.events[0].form == "2026-1"
    with pytest.raises(BadInput, match="archive: was never asked by the signed form"):
        read_consent_rows([row(event="change", archive="yes")], None, KNOWN, forms={"2026-1": FORM})


def test_no_row_may_lie_in_the_future() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(BadInput, match="line 2, column at: lies in the future"):
        read_consent_rows([row()], recorded(), KNOWN, now=now)


def test_evidence_may_be_looked_up_by_the_caller() -> None:
    def digest(cell: str) -> str:
        if cell != "form.pdf":
            raise CellFault("names a file that is not there")
        return "b" * 64

    read = read_consent_rows([row(evidence="form.pdf")], recorded(), KNOWN, evidence=digest)
    assert read.events[0].evidence_sha256 == "b" * 64
    with pytest.raises(BadInput, match="line 2, column evidence: names a file that is not there"):
        read_consent_rows([row(evidence="other.pdf")], recorded(), KNOWN, evidence=digest)


def test_the_importer_hears_that_an_approval_had_ended_when_the_form_was_signed() -> None:
    old = form(approval_expires=("2020-01-01",))
    read = read_consent_rows([row()], register_of([old]), KNOWN)
    assert read.notes == (
        "line 2: the approval of form 2026-1 ended on 2020-01-01, before this was signed; ask the ethics board",
    )


def test_the_importer_hears_which_sessions_stay_withheld() -> None:
    places = [session("a", "2026-01-10T09:00Z", "UTC"), session("b", "2026-02-10T09:00Z", "UTC")]
    read = read_consent_rows([row()], recorded(*places), KNOWN)
    assert read.notes == ("line 2: 2 sessions before this form stay withheld; add applies=all if the form says so",)
    assert read_consent_rows([row(applies="all")], recorded(*places), KNOWN).notes == ()
    signed = consent("P07", "2026-01-01T09:00Z", "unnamed")
    assert read_consent_rows([row()], recorded(*places, signed), KNOWN).notes == ()


def test_the_importer_hears_what_is_to_be_asked_and_what_changes_nothing() -> None:
    place = session("a", "2026-02-10T09:00Z", "UTC")
    signed = [consent("P07", "2026-01-01T09:00Z"), change("P07", "2026-01-02T09:00Z", reach="session:a", level="role")]
    wider = row(event="change", level="first_name", applies="all")
    assert read_consent_rows([wider], recorded(place, *signed), KNOWN).notes == (
        "line 2: level stays as it was for session:a; ask P07 whether that is meant",
    )
    back = row(event="change", level="named", reach="session:a")
    assert read_consent_rows([back], recorded(place, *signed), KNOWN).notes == (
        "line 2: it names words from before it: what it loosens there counts only with applies=all",
    )
    tighter = row(event="change", level="withheld", reach="session:a")
    assert read_consent_rows([tighter], recorded(place, *signed), KNOWN).notes == ()
    unsigned = row(event="change", reach="session:later")
    assert read_consent_rows([unsigned], recorded(), KNOWN).notes == (
        "line 2: P07 has signed no form; nothing is used until they do",
        "line 2: the session named is not in this study yet",
    )


def test_one_event_typed_by_hand_is_checked_the_same_and_names_the_column_alone() -> None:
    cells = dict(row()[1])
    read = one_event(cells, recorded(passage("aaaaaaaaaaa1", "m", "not_mine")), KNOWN, recorded_by="ra")
    assert (read.events[0].row, read.events[0].recorded_by) == (None, "ra")
    with pytest.raises(BadInput, match=r"^1 row is not right; none was recorded:\nlevel: is not one of"):
        one_event({**cells, "level": SECRET}, recorded(), KNOWN)
    undone = one_event({"participant": "P07", "at": AT, "event": "undo"}, recorded(), KNOWN)
    assert undone.events[0].event is ConsentKind.UNDO


@given(st.text(max_size=30))
def test_no_text_at_all_is_repeated_when_it_is_no_time(text: str) -> None:
    try:
        moment = parse_at(text)
    except CellFault as fault:
        assert len(text) < 3 or text not in str(fault)
    else:
        assert moment.tzinfo is not None


@given(st.lists(st.sampled_from(["P01", "P02", "P07"]), max_size=12), st.integers())
def test_a_shuffle_keeps_the_order_of_each_persons_events(people: list[str], seed: int) -> None:
    events = [consent(person, f"2026-01-{day:02}T00:00Z") for day, person in enumerate(people, start=1)]
    mixed = shuffled(events, Random(seed))  # noqa: S311 - a test's own order

    def own(those: list[ConsentEvent], person: str) -> list[datetime]:
        return [event.at for event in those if event.participant == person]

    assert sorted(mixed, key=lambda event: event.at) == events
    assert all(own(mixed, person) == own(events, person) for person in people)
