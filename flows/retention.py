"""What has to go, and when: withdrawn words, speech of people never asked, what a form's own date ends. And its end."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from consent.decision import decide_session
from flows.carrying import fresh
from flows.destroying import Destroyed, begin, carry_out, destroy, require_investigator, unfinished_jobs
from flows.facts import StageFacts, current
from flows.progress import Progress
from flows.settings import utc_now
from flows.study import Study
from flows.withdrawn import Withdrawal, withdrawals
from flows.worker import Worker
from schemas.consent import Form, State
from schemas.errors import CheckFailed
from schemas.ledger import EventKind
from schemas.recording import Session
from vault.erasure import Scope

What = Literal["withdrawal", "never_asked", "unknown_voices", "form"]

_UNASKED = (State.NOT_ASKED, State.DECLINED)
_DAY = re.compile(r"(?:until |jusqu'au )?(\d{4}-\d{2}-\d{2})", re.IGNORECASE)
_SPAN = re.compile(
    r"(\d{1,4}) (day|week|month|year|jour|semaine|mois|an)s?"
    r"(?: after (?:the|each) session| après (?:la|chaque) séance)?",
    re.IGNORECASE,
)
_MONTHS = {"month": 1, "mois": 1, "year": 12, "an": 12}
_DAYS = {"day": 1, "jour": 1, "week": 7, "semaine": 7}


@dataclass(frozen=True)
class Item:
    """One thing that has to go.

    Attributes:
        participant: Whose words; None: voices that nobody knows.
        where: ``study``, ``session:ID`` and so on.
        on: The day and time from which it is due.
        missing: What must happen before it can go; empty: nothing.
        withdrawal: The withdrawal it is for, where it is one.
    """

    what: What
    participant: str | None
    where: str
    on: datetime
    missing: str = ""
    withdrawal: Withdrawal | None = None

    def due(self, now: datetime) -> bool:
        """Whether its day has come."""
        return self.on <= now


def what_is_due(study: Study) -> list[Item]:
    """Everything that has to go, soonest first; what only sessions tell is left out for who may not open them.

    Raises:
        MissingKey: this user may not read what people chose.
    """
    study.require_consent()
    items = [*_withdrawn(study)]
    if study.may_run:
        items += [*_unasked(study), *_ended_by_forms(study)]
    return sorted(items, key=lambda item: (item.on, item.participant or "", item.where))


def open_ended(study: Study) -> list[str]:
    """Versions of forms that say nothing of how long things are kept, or no date that can be counted."""
    forms = study.register().forms.values()
    return sorted(form.version for form in forms if last_day(form, date(2000, 1, 1)) is None)


def dispose(study: Study, progress: Progress) -> tuple[list[Destroyed], CheckFailed | None]:
    """Destroy everything that is due and lacks nothing, and end what was begun; one certificate each.

    Returns:
        What was destroyed; and why something else could not be, where a session was never run: the rest goes on.
    Raises:
        MissingKey: the user is no investigator. Busy: a build is under way.
    """
    require_investigator(study)
    now, done, failure = utc_now(), [], None
    for job in unfinished_jobs(study):
        with study.building():
            done.append(carry_out(study, job, progress))
    for item in what_is_due(study):
        if item.due(now) and not item.missing:
            try:
                done.append(_destroyed(study, item, progress))
            except CheckFailed as error:
                failure = failure or error
    return done, failure


def last_day(form: Form, session_day: date) -> date | None:
    """The last day on which a form lets words of a session be kept; None where it gives none that can be counted.

    Args:
        form: Its ``retention`` is a date (``2031-12-31``), or a time from the session on (``5 years``, ``18 mois``).
        session_day: Local day of the session.
    """
    text = (form.retention or "").strip().rstrip(".")
    if found := _DAY.fullmatch(text):
        return _date(found[1])
    if found := _SPAN.fullmatch(text):
        unit = found[2].lower()
        if unit in _DAYS:
            return session_day + timedelta(days=int(found[1]) * _DAYS[unit])
        return _months_later(session_day, int(found[1]) * _MONTHS[unit])
    return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _withdrawn(study: Study) -> Iterator[Item]:
    for one in withdrawals(study):
        if one.waits and one.event.destroy_on is not None:
            missing = "" if one.confirmation else "a second person has to confirm it"
            yield Item("withdrawal", one.event.participant, str(one.event.reach), one.event.destroy_on, missing, one)


def _unasked(study: Study) -> Iterator[Item]:
    """Speech of people whom nobody asked, or who declined, and of voices that are nobody's."""
    since = taken_in(study)
    gone = _gone_voices(study)
    for session, facts in told(study):
        until = since[session] + timedelta(days=study.config.never_asked_days)
        people = decide_session(study.register(), session, facts.people, "analyse").decisions
        for person, decision in sorted(people.items()):
            if decision.state in _UNASKED and (person, session) not in gone:
                yield Item("never_asked", person, f"session:{session}", until)
        if facts.unknown:
            yield Item("unknown_voices", None, f"session:{session}", until)


def _ended_by_forms(study: Study) -> Iterator[Item]:
    """Words whose form sets a date to them."""
    register, gone = study.register(), _gone_voices(study)
    for session, facts in told(study):
        about = register.sessions[session]
        for person in facts.people:
            end = _end(study, person, about)
            if end is not None and (person, session) not in gone and not _erased(study, person, about):
                yield Item("form", person, f"session:{session}", end)


def _end(study: Study, person: str, session: Session) -> datetime | None:
    """The first instant after the last day that the person's form gives."""
    register = study.register()
    events = [event for _, event in register.by_participant.get(person, ())]
    forms = [form for event in events if (form := register.form_of(event)) is not None]
    last = last_day(forms[-1], session.day) if forms else None
    return None if last is None else datetime.combine(last + timedelta(days=1), time(), UTC)


def _erased(study: Study, person: str, session: Session) -> bool:
    decision = decide_session(study.register(), session.session, [person], "analyse").decisions[person]
    return decision.state in (State.ERASED, State.STOPPED)


def _gone_voices(study: Study) -> set[tuple[str, str]]:
    """Person and session of what was destroyed without a withdrawal: such words do not come back."""
    said = [entry.payload or {} for entry in study.ledger.entries() if entry.kind is EventKind.ERASE]
    ended = (one for one in said if one.get("reason") == "retention" and one.get("participant"))
    return {(str(one["participant"]), str(session)) for one in ended for session in one["scope"]["sessions"]}


def taken_in(study: Study) -> dict[str, datetime]:
    """Session to the minute in which it was recorded that it was taken in."""
    entries = (entry for entry in study.ledger.entries() if entry.kind is EventKind.INGEST and entry.payload)
    return {
        str((entry.payload or {})["session"]): datetime.fromisoformat(entry.minute)
        for entry in entries
        if (entry.payload or {}).get("type") == "session"
    }


def told(study: Study) -> Iterator[tuple[str, StageFacts]]:
    """Sessions that were run, and the facts of each."""
    for store in study.sessions():
        facts = store.get_stage("facts", current(StageFacts), StageFacts)
        if facts is not None:
            yield store.intake().session.session, facts


def _destroyed(study: Study, item: Item, progress: Progress) -> Destroyed:
    if item.withdrawal is not None:
        return destroy(study, item.withdrawal, progress)
    with study.building():
        job = begin(
            study,
            fresh(Worker(study, progress)),
            participant=item.participant,
            withdrawal=None,
            scope=Scope(sessions=(item.where.partition(":")[2],)),
            data="erase",
            reason="retention",
            confirmed_by=None,
            written_request=False,
        )
        return carry_out(study, job, progress)
