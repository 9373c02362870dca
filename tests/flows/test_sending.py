"""Where material went and what is still to be taken back, told from the register alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.register import read_register, to_ledger_event
from flows.sending import Task, copies, outputs, public_recordings, task_words, tasks, touched_outputs
from schemas.consent import ConsentEvent, Form, Passage
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from schemas.recording import Session
from tests.consent.making import change, consent, form, passage, session, undo, withdraw

MARCH = session("march", "2026-03-20T10:00-07:00").model_copy(update={"public_urls": ("https://video.example/1",)})
APRIL = session("april", "2026-04-20T10:00-07:00")
ASKED = "2026-05-01T10:00-07:00"
NOW = datetime(2026, 5, 2, tzinfo=UTC)
DAYS = 14

Entry = ConsentEvent | Form | Session | Passage | LedgerEvent


def release(name: str, *people: str, sessions: Sequence[str] = ("march",), follows: str | None = None) -> LedgerEvent:
    said = {"name": name, "purpose": "analyse", "sessions": list(sessions), "people": list(people), "sha256": "a" * 64}
    return _event(EventKind.RELEASE, "release", **said, counts={}, follows=follows)


def ended(name: str) -> LedgerEvent:
    return _event(EventKind.RELEASE, "release_ended", name=name, why="withdrawal", at=ASKED, sha256=None, counts={})


def sent(copy: str, of: str = "paper") -> LedgerEvent:
    return _event(
        EventKind.SENT, "sent", id=copy, release=of, to="A partner", contact=None, at="2026-04-25T09:00Z", by="ra"
    )


def recalled(copy: str, at: str = "2026-05-02T09:00Z") -> LedgerEvent:
    return _event(EventKind.SENT, "recall", sent=copy, release="paper", at=at, by="ra")


def answered(copy: str, answer: str) -> LedgerEvent:
    return _event(EventKind.SENT, "recall_answer", sent=copy, answer=answer, at="2026-05-03T09:00Z", by="ra")


def output(name: str, *people: str, medium: str = "paper", url: str | None = None, rests_on: Sequence[str] = ()
           ) -> LedgerEvent:  # fmt: skip
    said = {"id": name, "medium": medium, "title": "Ferries", "url": url, "owner": "pi", "participants": list(people)}
    return _event(EventKind.OUTPUT, "output", **said, releases=list(rests_on), published_on="2026-04-26", by="pi")


def taken_down(name: str, at: str = "2026-05-03T09:00Z", result: str = "removed") -> LedgerEvent:
    return _event(EventKind.OUTPUT, "take_down", output=name, result=result, at=at, by="pi")


def _event(kind: EventKind, named: str, **said: Any) -> LedgerEvent:
    return LedgerEvent(kind=kind, payload={"type": named, **said})


def entries(*said: Entry) -> list[LedgerEntry]:
    """The register: forms, sessions and two people who joined, then ``said``."""
    joined = (
        form(),
        MARCH,
        APRIL,
        consent("P01", "2026-03-01T10:00-08:00", publish_recording="yes"),
        consent("P02", "2026-03-01T10:00-08:00"),
    )
    found = []
    for index, one in enumerate([*joined, *said]):
        event = one if isinstance(one, LedgerEvent) else to_ledger_event(one)
        minute = "2026-05-01T17:01Z" if index > len(joined) else "2026-04-01T00:00Z"
        found.append(LedgerEntry(index=index, kind=event.kind, minute=minute, payload=event.payload))
    return found


def todo(*said: Entry, now: datetime = NOW) -> list[Task]:
    read = entries(*said)
    return [task for task in tasks(read, read_register(read), now, DAYS) if task.kind != "recording"]


def recordings(*said: Entry) -> list[Task]:
    read = entries(*said)
    return [task for task in tasks(read, read_register(read), NOW, DAYS) if task.kind == "recording"]


GONE = withdraw("P01", ASKED, "erase")


# ---------------------------------------------------------------- copies


def test_a_copy_stands_as_it_was_given_until_it_is_asked_back() -> None:
    (copy,) = copies(entries(release("paper", "P01"), sent("c1")))
    assert (copy.release, copy.to, copy.recalled_at, copy.answer, copy.answered) == (
        "paper", "A partner", None, None, False,
    )  # fmt: skip


def test_a_copy_keeps_the_first_day_it_was_asked_back_and_the_last_answer() -> None:
    (copy,) = copies(
        entries(sent("c1"), recalled("c1"), recalled("c1", "2026-06-01T09:00Z"), answered("c1", "no_answer"),
                answered("c1", "destroyed"))
    )  # fmt: skip
    assert copy.recalled_at == datetime(2026, 5, 2, 9, tzinfo=UTC)
    assert (copy.answer, copy.answered) == ("destroyed", True)


def test_that_nobody_answered_is_written_down_and_is_no_answer() -> None:
    (copy,) = copies(entries(sent("c1"), recalled("c1"), answered("c1", "no_answer")))
    assert (copy.answer, copy.answered) == ("no_answer", False)


def test_an_answer_about_a_copy_nobody_gave_is_passed_over() -> None:
    assert copies(entries(answered("c9", "destroyed"), recalled("c9"))) == []


# ---------------------------------------------------------------- outputs


def test_an_output_keeps_what_became_of_it() -> None:
    one, other = outputs(entries(output("o1", "P01"), output("o2"), taken_down("o1", result="edited")))
    assert one.take_down is not None
    assert (one.take_down.result, one.participants) == ("edited", ("P01",))
    assert other.take_down is None


def test_outputs_touch_whom_they_name_and_whom_their_data_sets_hold() -> None:
    read = entries(
        release("paper", "P01", "P02"), output("o1", rests_on=["paper"]), output("o2", "P01"), output("o3", "P02")
    )
    assert [one.id for one in touched_outputs(read, "P01", None)] == ["o1", "o2"]
    assert [one.id for one in touched_outputs(read, "P09", None)] == []


def test_a_data_set_of_other_sessions_than_those_asked_about_touches_nobody() -> None:
    read = entries(release("paper", "P01", sessions=["april"]), output("o1", rests_on=["paper"]))
    assert touched_outputs(read, "P01", {"march"}) == []
    assert [one.id for one in touched_outputs(read, "P01", {"april"})] == ["o1"]


def test_public_recordings_are_those_of_the_sessions_asked_about() -> None:
    register = read_register(entries())
    everything = [("march", ("https://video.example/1",))]
    assert public_recordings(register, "P01") == everything
    assert public_recordings(register, "P01", {"march", "april"}) == everything
    assert public_recordings(register, "P01", {"april"}) == []
    assert public_recordings(register, "P01", None, lambda _participant, _session: False) == []


# ---------------------------------------------------------------- tasks


def test_a_withdrawal_asks_for_the_copies_and_the_outputs_by_a_day() -> None:
    found = todo(release("paper", "P01"), sent("c1"), output("o1", rests_on=["paper"]), GONE, ended("paper"))
    assert [(task.kind, task.id, task.owner, task.participant) for task in found] == [
        ("recall", "c1", "ra", "P01"),
        ("take_down", "o1", "pi", "P01"),
    ]
    assert {task.due for task in found} == {datetime.fromisoformat(ASKED) + timedelta(days=DAYS)}
    assert not any(task.late for task in found)


def test_a_task_whose_day_is_over_is_late() -> None:
    found = todo(release("paper", "P01"), sent("c1"), GONE, now=NOW + timedelta(days=DAYS))
    assert [task.late for task in found] == [True]


@pytest.mark.parametrize("answer", ["destroyed", "refused", "no_answer"])
def test_whatever_was_answered_ends_the_task(answer: str) -> None:
    assert todo(release("paper", "P01"), sent("c1"), GONE, recalled("c1"), answered("c1", answer)) == []


def test_asking_back_alone_does_not_end_it() -> None:
    assert len(todo(release("paper", "P01"), sent("c1"), GONE, recalled("c1"))) == 1


def test_taking_down_ends_it_unless_it_was_done_before_the_person_asked() -> None:
    told = [release("paper", "P01"), output("o1", "P01")]
    assert todo(*told, GONE, taken_down("o1")) == []
    assert len(todo(*told, taken_down("o1", at="2026-04-28T09:00Z"), GONE)) == 1


def test_a_tightening_asks_for_what_shows_more_and_a_loosening_for_nothing() -> None:
    told = [release("paper", "P01"), sent("c1"), output("o1", "P01")]
    assert [task.id for task in todo(*told, change("P01", ASKED, level="unnamed"))] == ["c1", "o1"]
    assert todo(*told, change("P01", ASKED, level="named", applies="all")) == []


def test_saying_no_to_teaching_takes_no_paper_down() -> None:
    assert todo(release("paper", "P01"), sent("c1"), output("o1", "P01"), change("P01", ASKED, teaching="no")) == []


def test_what_was_made_after_the_person_asked_is_not_asked_back() -> None:
    assert todo(GONE, release("paper", "P01"), sent("c1"), output("o1", "P01")) == []


def test_somebody_who_is_in_none_of_it_asks_for_nothing() -> None:
    assert todo(release("paper", "P01"), sent("c1"), output("o1", "P01"), withdraw("P02", ASKED, "erase")) == []


def test_a_withdrawal_that_was_taken_back_asks_for_nothing() -> None:
    assert todo(release("paper", "P01"), sent("c1"), GONE, undo("P01", ASKED)) == []


def test_each_thing_is_asked_for_once_for_whoever_asked_first() -> None:
    later = withdraw("P02", "2026-05-03T10:00-07:00", "erase")
    (task,) = todo(release("paper", "P01", "P02"), sent("c1"), GONE, later)
    assert task.participant == "P01"


def test_a_mark_on_a_passage_asks_too_and_nobody_is_named_for_it() -> None:
    off = passage("aaaaaaaaaaa1", "march", "off_the_record")
    (task,) = todo(release("paper", "P01"), sent("c1"), off)
    assert (task.kind, task.participant) == ("recall", None)
    assert task_words(task) == "have copy c1 of data set paper destroyed, because a passage was marked; ra does it"


def test_a_public_recording_is_to_be_looked_at_until_an_output_with_its_address_is_dealt_with() -> None:
    (task,) = recordings(GONE)
    assert (task.id, task.owner, task.participant) == ("march", "", "P01")
    assert task_words(task) == "take down or edit the public recording of session march, for P01"
    video = output("o1", medium="recording", url="https://video.example/1")
    (owned,) = recordings(video, GONE)
    assert owned.owner == "pi"
    assert recordings(GONE, video, taken_down("o1")) == []


def test_a_withdrawal_from_another_session_leaves_the_public_recording_alone() -> None:
    assert recordings(withdraw("P01", ASKED, "erase", reach="session:april")) == []


def test_saying_no_to_published_recordings_asks_for_them() -> None:
    assert [task.id for task in recordings(change("P01", ASKED, publish_recording="no"))] == ["march"]


def test_what_a_task_says_names_no_title() -> None:
    (task,) = todo(output("o1", "P01"), GONE)
    assert task_words(task) == "take down or edit the paper o1, for P01; pi does it"
