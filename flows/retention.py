"""What has to go, and when: withdrawn words, speech of people never asked, what a form's own date ends. And its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from consent.choosing.reach import Target, counts, form_kind
from consent.decision import decide_session
from flows.destroying import (
    Destroyed,
    begin,
    carry_out,
    destroy,
    require_investigator,
    require_run,
    unfinished_jobs,
)
from flows.facts import StageFacts, current
from flows.form_dates import LastDays, last_days
from flows.own import refuse_themselves
from flows.progress import Progress
from flows.settings import utc_now
from flows.study import Study
from flows.withdrawn import Withdrawal, withdrawals
from schemas.consent import ConsentKind, Form, State
from schemas.errors import ChathamError, CheckFailed, MissingKey, RefusedByConsent
from schemas.ledger import EventKind
from schemas.recording import Session, zone_of
from vault.erasure import Scope

What = Literal["withdrawal", "never_asked", "unknown_voices", "form", "form_sound", "ask"]

ASK = "signed, but not for this session: ask whether it holds there too (applies=all)"
"""What is missing where somebody signed later, or for something else: their words are not speech never asked about."""

_UNASKED = (State.NOT_ASKED, State.DECLINED)
_SIGNING = (ConsentKind.CONSENT, ConsentKind.CHANGE, ConsentKind.REAFFIRM)


@dataclass(frozen=True)
class Item:
    """One thing that has to go.

    Attributes:
        what: ``ask``: nothing is destroyed; the person is to be asked.
        participant: Whose words; None: voices that nobody knows.
        where: ``study``, ``session:ID`` and so on.
        on: The day and time from which it is due; where somebody is to be asked, by when.
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
        """Whether its day has come; never, where somebody is to be asked."""
        return self.what != "ask" and self.on <= now


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
    register = study.register()
    latest = max((session.day for session in register.sessions.values()), default=date(2000, 1, 1))
    return sorted(form.version for form in register.forms.values() if last_days(form, latest) == LastDays())


def dispose(study: Study, progress: Progress) -> tuple[list[Destroyed], ChathamError | None]:
    """Destroy everything that is due and lacks nothing, and end what was begun; one certificate each.

    Each thing is looked at again just before it is destroyed: what somebody consented to meanwhile stays.

    Returns:
        What was destroyed; and why something else could not be, where a session was never run, say: the rest goes on.
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
                destroyed = _destroyed(study, item, progress)
            except (CheckFailed, MissingKey, RefusedByConsent) as error:
                failure = failure or error
            else:
                done += [destroyed] if destroyed else []
    return done, failure


def _withdrawn(study: Study) -> Iterator[Item]:
    for one in withdrawals(study):
        if one.waits and one.event.destroy_on is not None:
            missing = "" if one.confirmation else "a second person has to confirm it"
            yield Item("withdrawal", one.event.participant, str(one.event.reach), one.event.destroy_on, missing, one)


def _unasked(study: Study, only: str | None = None) -> Iterator[Item]:
    """Speech of people whom nobody asked, or who declined, and of voices that are nobody's."""
    since, gone = taken_in(study), gone_words(study)
    for session, facts in told(study, only):
        until = since[session] + timedelta(days=study.config.never_asked_days)
        people = decide_session(study.register(), session, facts.people, "analyse").decisions
        for person, decision in sorted(people.items()):
            if decision.state in _UNASKED and (person, session) not in gone:
                asks = _signed(study, person)
                what: What = "ask" if asks else "never_asked"
                yield Item(what, person, f"session:{session}", until, ASK if asks else "")
        if facts.unknown:
            yield Item("unknown_voices", None, f"session:{session}", until)


def _signed(study: Study, person: str) -> bool:
    """Whether somebody signed or chose anything, of whatever reach, and did not decline after it."""
    kinds = [event.event for _, event in study.register().by_participant.get(person, ())]
    said = [kind for kind in kinds if kind in (*_SIGNING, ConsentKind.DECLINE)]
    return bool(said) and said[-1] is not ConsentKind.DECLINE


def _ended_by_forms(study: Study, only: str | None = None) -> Iterator[Item]:
    """Words whose form sets a date to them."""
    register, gone, silent = study.register(), gone_words(study), gone_words(study, sound=True)
    for session, facts in told(study, only):
        about = register.sessions[session]
        for person in facts.people:
            if (person, session) in gone or _erased(study, person, about):
                continue
            form = _form(study, person, about)
            days = last_days(form, about.day) if form else LastDays()
            if end := _after(study, days.words, about):
                yield Item("form", person, f"session:{session}", end)
            apart = days.sound != days.words and session in register.recorded
            if apart and (person, session) not in silent and (end := _after(study, days.sound, about)):
                yield Item("form_sound", person, f"session:{session}", end)


def _after(study: Study, last: date | None, session: Session) -> datetime | None:
    """The first instant after a last day, where the session was held."""
    zone = session.zone if session.start else study.config.timezone
    return None if last is None else datetime.combine(last + timedelta(days=1), time(), _zone(zone))


def _form(study: Study, person: str, session: Session) -> Form | None:
    """The form that somebody's words of a session are kept under: the last that counts there, else the last at all.

    One that was signed for something else (another session, or in another capacity) says nothing of it.
    """
    register, target, kind = study.register(), Target(session), form_kind(session, person)
    signed = [
        (event, form)
        for _, event in register.by_participant.get(person, ())
        if (form := register.form_of(event)) is not None
        and form.kind == kind
        and target.narrowness(event.reach) is not None
    ]
    counting = [form for event, form in signed if counts(event, target, tightens=False)]
    return next(reversed(counting or [form for _, form in signed]), None)


def _zone(name: str) -> tzinfo | None:
    """A zone by its name, or a fixed offset such as ``+13:00``."""
    return zone_of(name) or datetime.strptime(name, "%z").tzinfo


def _erased(study: Study, person: str, session: Session) -> bool:
    decision = decide_session(study.register(), session.session, [person], "analyse").decisions[person]
    return decision.state in (State.ERASED, State.STOPPED)


def gone_words(study: Study, *, sound: bool = False) -> set[tuple[str, str]]:
    """Person and session of the words (or of the sound alone) that were destroyed without a withdrawal."""
    said = [entry.payload or {} for entry in study.ledger.entries() if entry.kind is EventKind.ERASE]
    ended = (one for one in said if one.get("reason") == "retention" and one.get("participant"))
    ended = (one for one in ended if bool(one["scope"]["voice_only"]) is sound)
    return {(str(one["participant"]), str(session)) for one in ended for session in one["scope"]["sessions"]}


def taken_in(study: Study) -> dict[str, datetime]:
    """Session to the minute in which it was recorded that it was taken in."""
    entries = (entry for entry in study.ledger.entries() if entry.kind is EventKind.INGEST and entry.payload)
    return {
        str((entry.payload or {})["session"]): datetime.fromisoformat(entry.minute)
        for entry in entries
        if (entry.payload or {}).get("type") == "session"
    }


def told(study: Study, only: str | None = None) -> Iterator[tuple[str, StageFacts]]:
    """Sessions that were run (or one session, if it was), and the facts of each."""
    for store in study.sessions():
        if only is None or store.is_one_of([only]):
            facts = store.get_stage("facts", current(StageFacts), StageFacts)
            if facts is not None:
                yield store.intake().session.session, facts


def _destroyed(study: Study, item: Item, progress: Progress) -> Destroyed | None:
    """Destroy one thing if it still is to be; None: not any more."""
    if item.withdrawal is None:
        return _ended(study, item, progress)
    still = any(one.withdrawal and one.withdrawal.index == item.withdrawal.index for one in _withdrawn(study))
    return destroy(study, item.withdrawal, progress) if still else None


def _ended(study: Study, item: Item, progress: Progress) -> Destroyed | None:
    """Destroy what nobody withdrew: looked at again, and begun, while nobody can record anything."""
    refuse_themselves(study, [item.participant] if item.participant else [], "destroys their own words")
    session = item.where.partition(":")[2]
    scope = Scope(sessions=(session,), voice_only=item.what == "form_sound")
    with study.building():
        held = require_run(study, scope, progress)
        with study.ledger.lock():
            study.require_whole_register()
            if item not in (*_unasked(study, session), *_ended_by_forms(study, session)) or not item.due(utc_now()):
                return None
            job = begin(
                study,
                held,
                participant=item.participant,
                withdrawal=None,
                scope=scope,
                data="erase",
                reason="retention",
                confirmed_by=None,
                written_request=False,
            )
        return carry_out(study, job, progress)
