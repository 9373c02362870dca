"""The register is read from ledger entries and says so when one is not what it should be."""

import pytest

from consent.register import Register, read_register, to_ledger_event
from schemas.errors import LedgerDamaged
from schemas.ledger import EventKind, LedgerEntry
from tests.consent.making import (
    Destroyed,
    Recorded,
    change,
    consent,
    decline,
    form,
    passage,
    reaffirm,
    register_of,
    session,
    undo,
    withdraw,
)

FORM = form()
MARCH = session("march", "2026-03-04T09:00-08:00", P02="host")
AT = "2026-02-20T10:00-08:00"
EVENTS = (
    consent("P01", AT, credit="thanks"),
    change("P01", AT, level="role"),
    reaffirm("P01", AT, "2026-1"),
    withdraw("P01", AT, "stop"),
    undo("P01", AT),
    decline("P02", AT),
)


def entry(index: int, payload: dict[str, object] | None, kind: EventKind = EventKind.CONSENT) -> LedgerEntry:
    return LedgerEntry(index=index, kind=kind, minute="2026-01-01T00:00Z", payload=payload)


def test_everything_comes_back_as_it_was_recorded() -> None:
    mark = passage("aaaaaaaaaaa1", "march", "joint", "P01", "P02")
    register = register_of([FORM, MARCH, *EVENTS, mark])
    assert [event for _, event in register.events] == list(EVENTS)
    assert register.passages == ((8, mark),)
    assert register.forms == {"2026-1": FORM}
    assert register.sessions == {"march": MARCH}
    assert register.recorded == frozenset()


def test_each_record_goes_under_its_own_kind_of_entry() -> None:
    kinds = [to_ledger_event(event).kind for event in EVENTS]
    assert kinds == ["consent", "change", "reaffirm", "withdraw", "undo", "consent"]
    assert to_ledger_event(passage("aaaaaaaaaaa1", "march", "not_mine")).kind is EventKind.CHANGE
    assert to_ledger_event(MARCH, tracks=["0" * 64]).kind is EventKind.INGEST
    assert to_ledger_event(FORM).kind is EventKind.FORM
    assert to_ledger_event(FORM).form == FORM.sha256
    pinned = EVENTS[0].model_copy(update={"form_sha256": FORM.sha256})
    assert to_ledger_event(pinned).form == FORM.sha256


def test_a_session_with_tracks_is_a_recorded_one_and_may_be_added_to() -> None:
    assert register_of([Recorded(MARCH)]).recorded == {"march"}
    assert register_of([Recorded(MARCH), MARCH]).recorded == {"march"}


def test_a_row_recorded_twice_counts_once_and_for_the_first_time() -> None:
    row = EVENTS[0].model_copy(update={"row": "1" * 64})
    register = register_of([FORM, row, EVENTS[1], row])
    assert [index for index, _ in register.events] == [1, 2]


def test_the_first_text_under_a_version_keeps_it() -> None:
    other = FORM.model_copy(update={"sha256": "2" * 64})
    assert register_of([FORM, other]).forms["2026-1"] == FORM


def test_other_kinds_of_entry_are_passed_over() -> None:
    register = read_register([entry(0, {"type": "derive"}, EventKind.DERIVE), entry(1, {}, EventKind.POLICY)])
    assert register == Register()


def test_entries_that_could_not_be_opened_are_counted_where_they_may_hold_choices() -> None:
    register = read_register([entry(0, None), entry(1, None, EventKind.CHANGE), entry(2, None, EventKind.DERIVE)])
    assert register.unread == 2


def test_an_entry_that_is_not_what_it_says_is_damage_and_is_not_repeated() -> None:
    with pytest.raises(
        LedgerDamaged, match=r"^entry 4 of the consent register does not hold a readable consent$"
    ) as error:
        read_register([entry(4, {"type": "consent", "participant": "Aroha"})])
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


def test_destruction_is_known_by_the_withdrawal_it_carries_out() -> None:
    register = register_of([FORM, EVENTS[3], Destroyed(1, "2026-04-01T10:00Z")])
    assert register.erased[1][0] == 2


def test_a_register_is_looked_at_as_of_an_instant_and_tried_with_one_more() -> None:
    register = register_of([FORM, consent("P01", AT), change("P01", "2026-05-01T00:00Z", level="role")])
    assert len(register.as_of(EVENTS[0].at).events) == 1
    assert register.as_of(None) is register
    tried = register.with_events([EVENTS[3]])
    assert tried.events[-1] == (3, EVENTS[3])
    assert len(register.events) == 2
