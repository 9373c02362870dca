"""Consent forms and their approvals: which was valid on which day, and who is on an older one."""

from dataclasses import dataclass
from datetime import date, datetime

from consent.choosing.standing import amendments
from flows.audit.facts import Facts
from flows.audit.words import day, language, local
from flows.reports.document import Table
from schemas.consent import Form
from schemas.recording import Rule, local_day


def expired_on(form: Form | None, at: datetime | date, zone: str) -> str:
    """Whether a form's approvals were valid on a day: ``valid``, ``expired``, ``no end recorded`` or ``no form``.

    With several boards, all must have been: one that ended makes it ``expired``.
    """
    if form is None:
        return "no form"
    on = local_day(at, zone) if isinstance(at, datetime) else at
    ends = _ends(form)
    if any(end is not None and end < on for end in ends):
        return "expired"
    return "valid" if ends and all(ends) else "no end recorded"


def form_rows(facts: Facts) -> Table:
    """Every registered form, when it was registered, and how long its approvals hold."""
    return Table(
        ["Form", "For", "Language", "Registered on", "Approval", "Approval ends", "Signed by"],
        [_row(facts, form) for form in facts.register.forms.values()],
        caption="The forms, in the order in which they were registered.",
        numbers=(6,),
    )


@dataclass(frozen=True)
class Newer:
    """A newer form than the one a person signed.

    Attributes:
        takes_its_place: It is in the same language, or says itself that it amends theirs.
        re_ask: It says that people on the older one are to be asked again.
    """

    version: str
    takes_its_place: bool
    re_ask: bool


def newer_form(facts: Facts, person: str) -> Newer | None:
    """The newest form of the kind that a person signed, where it is another one than theirs."""
    own = facts.form_now(person)
    if own is None:
        return None
    kind = [form for form in facts.register.forms.values() if form.kind == own.kind]
    later = kind[kind.index(own) + 1 :]
    amended = {form.version for form in amendments(facts.register, own.version)}
    same = [form for form in later if form.language == own.language or form.version in amended]
    newest = (same or later)[-1:]
    if not newest:
        return None
    again = any(form.re_ask for form in later if form.version in amended)
    return Newer(newest[0].version, bool(same), again)


def sessions_without_approval(facts: Facts) -> list[str]:
    """Sessions from which something was taken in, held on a day when every form's approval had ended."""
    bare = []
    for session in facts.sessions:
        forms = [form for form in facts.register.forms.values() if form.kind == "participant"]
        held = session.rule is not Rule.OFF_THE_RECORD and forms
        if held and all(expired_on(form, session.day, session.zone) == "expired" for form in forms):
            bare.append(session.session)
    return bare


def _row(facts: Facts, form: Form) -> list[str]:
    index = facts.form_entries.get(form.sha256)
    ends = [day(end) if end else "not recorded" for end in _ends(form)]
    signed = sum(facts.form_now(person) == form for person in facts.people)
    return [
        form.version,
        "the team" if form.kind == "team" else "participants",
        language(form.language),
        local(facts.recorded(index), facts.zone) if index is not None else "not recorded",
        ", ".join(form.approvals),
        ", ".join(ends) or "not recorded",
        str(signed),
    ]


def _ends(form: Form) -> list[date | None]:
    """When each approval ends; None where no date that can be read is recorded."""
    ends: list[date | None] = []
    for end in form.approval_expires:
        try:
            ends.append(date.fromisoformat(end) if end else None)
        except ValueError:
            ends.append(None)
    return ends
