"""A withdrawal stops every use at once and says when the words are to be destroyed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.consenting import show
from flows.settings import utc_now
from flows.stopping import remove_data_sets
from flows.study import Study
from flows.withdrawal import parse_days, stop_use, withdrawal_event
from flows.withdrawn import due
from schemas.consent import ConsentEvent, Reach
from schemas.errors import BadInput, UsageError
from tests.flows.conftest import Chatham, open_as


def event(study: Study, participant: str = "P01", data: str = "erase", days: int = 7) -> ConsentEvent:
    return withdrawal_event(study, participant, data=data, reach=Reach(), days=days, at=None, method="oral")


@pytest.mark.parametrize(("text", "days"), [("7d", 7), ("7", 7), (" 0 ", 0), ("31d", 31), ("007", 7)])
def test_days_are_read_as_people_write_them(text: str, days: int) -> None:
    assert parse_days(text) == days


@given(st.text(max_size=8))
def test_whatever_is_typed_as_days_is_zero_to_a_month_or_refused(text: str) -> None:
    try:
        assert 0 <= parse_days(text) <= 31
    except UsageError as error:
        assert "31" in error.message


def test_use_stops_at_once_and_the_data_set_goes(study: Study) -> None:
    for name in ("research.duckdb", "research.duckdb.wal", ".research.duckdb.9.tmp"):
        (study.research.parent / name).write_bytes(b"x")
    stopped = stop_use(study, event(study))
    assert list(study.research.parent.iterdir()) == []
    assert list(stopped.gone.files) == [".research.duckdb.9.tmp", "research.duckdb", "research.duckdb.wal"]
    assert show(study, "P01", at=None, use="analysis", reach="session:S1").facts["state"] == "stopped"
    assert show(study, "P02", at=None, use="analysis", reach="session:S1").facts["state"] == "consented"


def test_the_day_of_destruction_is_the_studys_own_where_none_is_said(study: Study) -> None:
    stopped = stop_use(study, event(study, days=study.config.destroy_after_days))
    assert stopped.destroy_on is not None
    assert timedelta(days=6, hours=23) < stopped.destroy_on - utc_now() <= timedelta(days=7)
    assert due(study) == [("P01", "study", stopped.destroy_on)]


def test_stop_destroys_nothing_and_so_has_no_day(study: Study) -> None:
    assert stop_use(study, event(study, data="stop")).destroy_on is None
    assert due(study) == []


def test_what_is_due_stands_soonest_first(study: Study) -> None:
    stop_use(study, event(study, "P01", days=9))
    stop_use(study, event(study, "P02", days=2))
    assert [participant for participant, _, _ in due(study)] == ["P02", "P01"]


def test_the_desk_can_record_a_withdrawal_and_takes_the_data_set_away(study: Study) -> None:
    study.research.write_bytes(b"x")
    desk = open_as(study.folder, "desk")
    stop_use(desk, event(desk))
    assert not study.research.exists()
    assert show(study, "P01", at=None, use="analysis", reach="study").facts["state"] == "stopped"


def test_taking_data_sets_away_twice_is_no_error(study: Study) -> None:
    assert remove_data_sets(study) == ()


def test_a_withdrawal_is_of_somebody_who_is_known_and_not_of_tomorrow(study: Study) -> None:
    with pytest.raises(BadInput, match="not in the roster"):
        event(study, "P77")
    with pytest.raises(UsageError, match="lies in the future"):
        withdrawal_event(
            study, "P01", data="stop", reach=Reach(), days=7, at=datetime(2999, 1, 1, tzinfo=UTC), method=None
        )


def test_the_person_at_the_desk_is_told_what_happens_and_when(study: Study, chatham: Chatham) -> None:
    (study.research).write_bytes(b"x")
    said = chatham("consent", "withdraw", "P01", "--data", "erase", "--destroy-after", "3d", study=study.folder)
    day = f"{utc_now() + timedelta(days=3):%Y-%m-%d}"
    assert said.code == 0
    assert "Use stopped: nothing that P01 said" in said.out
    assert "Next: chatham run" in said.out
    assert f"To be destroyed on {day}" in said.out


def test_a_preview_records_nothing_and_keeps_the_data_set(study: Study, chatham: Chatham) -> None:
    study.research.write_bytes(b"x")
    size = study.ledger.head()
    said = chatham("consent", "withdraw", "P01", "--data", "erase", "--preview", study=study.folder)
    assert said.code == 0
    assert "S1: named becomes stopped" in said.out
    assert study.research.exists()
    assert study.ledger.head() == size
