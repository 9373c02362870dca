"""Questions 1 and 2: who agreed to what, in which language, on which approved form."""

from typing import Any

from consent.sentences import LEVEL_WORDS
from flows.audit.answers import Answer, verdict
from flows.audit.facts import Facts
from flows.audit.forms import Newer, expired_on, form_rows, newer_form, sessions_without_approval
from flows.audit.words import (
    SHORT,
    count,
    language,
    listed,
    local,
    persons,
)
from flows.reports.document import Block, Table
from schemas.consent import Answer as Said
from schemas.consent import ConsentDecision, ConsentEvent, Level, Permission, State, Use

STATES = {
    State.NOT_ASKED: "not asked",
    State.DECLINED: "declined",
    State.CONSENTED: "takes part",
    State.STOPPED: "use stopped",
    State.ERASED: "words destroyed",
}
_OTHER_USES = {
    Use.RESEARCH: "in research",
    Use.PRACTICE: "in practice",
    Use.RECORDING: "in recordings",
}


def standing(decision: ConsentDecision) -> str:
    """A level in words, or the state that is no level."""
    return LEVEL_WORDS[decision.level] if decision.state is State.CONSENTED else STATES[decision.state]


def who_consented(facts: Facts) -> Answer:
    """1 · Who consented to what, and in which language."""
    signed = [person for person in facts.people if facts.signings(person)]
    lost = [person for person in signed if facts.form_now(person) is None]
    unread = facts.register.unread
    taking = [person for person in facts.people if facts.states[person].state is State.CONSENTED]
    asked = [person for person in facts.people if facts.states[person].state is State.NOT_ASKED]
    rows = [_person_row(facts, person) for person in facts.people]
    remark = f" {persons(len(asked))} in the list of participants signed no form, so nothing of theirs is used."
    return Answer(
        question="Is it recorded who consented to what, and in which language?",
        verdict=verdict(wrong=bool(lost), unknown=bool(unread)),
        answer=_q1_line(signed, lost, unread),
        explanation=f"{len(taking)} of {persons(len(facts.people))} take part today." + (remark if asked else ""),
        evidence=rows,
        blocks=[
            Table(
                ["Participant", "Shown as", "Signed", "Allows", "To be asked first"],
                [_person_cells(row) for row in rows],
                caption="What each person allows today, in the study as a whole. What stands under neither is refused.",
            ),
            _answers_table(facts, taking),
        ],
    )


def _q1_line(signed: list[str], lost: list[str], unread: int) -> str:
    if lost:
        return f"No. {listed(lost)} signed a form whose text was never registered, so nothing of theirs is used."
    if unread:
        return f"Not yet known. {count(unread, 'entry', 'entries')} could not be opened by whoever made this report."
    return f"Yes. For each of the {persons(len(signed))} who signed, the register holds what they agreed to."


def _person_row(facts: Facts, person: str) -> dict[str, Any]:
    decision, form, signed = facts.states[person], facts.form_now(person), facts.signings(person)
    used = decision.state is State.CONSENTED
    others = {use: facts.decision(person, use=use).level for use in _OTHER_USES} if used else {}
    given = {answer: [one for one in Permission if decision.permissions.get(one) is answer] for answer in Said}
    return {
        "participant": person,
        "state": str(decision.state),
        "level": str(decision.level),
        "today": standing(decision),
        "form": form.version if form else None,
        "language": form.language if form else None,
        "signed_on": local(signed[-1][1].at, facts.zone) if signed else None,
        "other_uses": {str(use): str(level) for use, level in others.items() if level is not decision.level},
        "allows": [str(one) for one in given[Said.YES]] if used else [],
        "asked_first": [str(one) for one in given[Said.ASK]] if used else [],
    }


def _person_cells(row: dict[str, Any]) -> list[str]:
    others = [f"{_OTHER_USES[Use(use)]}: {LEVEL_WORDS[Level(level)]}" for use, level in row["other_uses"].items()]
    return [
        row["participant"],
        "; ".join([row["today"], *others]),
        _signed(row),
        ", ".join(SHORT[Permission(one)] for one in row["allows"]) or "–",
        ", ".join(SHORT[Permission(one)] for one in row["asked_first"]) or "–",
    ]


def _signed(row: dict[str, Any]) -> str:
    if row["signed_on"] is None:
        return "–"
    form = f"{row['form']} ({language(row['language'])})" if row["form"] else "a form that is not registered"
    return f"{form}, {row['signed_on']}"


def _answers_table(facts: Facts, taking: list[str]) -> Block:
    rows = []
    for one in Permission:
        answers = [facts.states[person].permissions.get(one) for person in taking]
        rows.append([SHORT[one], *(str(answers.count(answer)) for answer in Said)])
    return Table(
        ["Of those who take part", "allow it", "ask first", "refuse, or were not asked"],
        rows,
        caption="How many people allow each thing today.",
        numbers=(1, 2, 3),
    )


def under_which_form(facts: Facts) -> Answer:
    """2 · Under which approved form version, valid at that time, and who is still on an old one."""
    signings = [_signing_row(facts, index, event) for index, event in facts.consents]
    late = [row for row in signings if row["approval"] == "expired" or row["form_registered"] == "afterwards"]
    bare = sessions_without_approval(facts)
    old = {person: newer for person in facts.people if (newer := newer_form(facts, person)) is not None}
    on_old = [person for person, newer in old.items() if newer.takes_its_place]
    return Answer(
        question="Did everybody sign a form that the board had approved, and whose approval was valid on that day?",
        verdict=verdict(
            wrong=bool(late or bare), unknown=any(row["approval"] == "no end recorded" for row in signings)
        ),
        answer=_q2_line(signings, late, bare),
        explanation=_q2_old(on_old, len(old) - len(on_old)),
        evidence=[*signings, *({"on_an_older_form": person, "newer_form": one.version} for person, one in old.items())],
        blocks=[
            form_rows(facts),
            Table(
                ["Participant", "Signed on", "Form", "Approval on that day", "Form in the register before that"],
                [
                    [r["participant"], r["signed_on"], r["form"] or "–", _approval(r), r["form_registered"]]
                    for r in signings
                ],
                caption="Each signature, and the approval of its form on that day.",
            ),
            *_old_table(facts, {person: newer for person, newer in old.items() if newer.takes_its_place}),
        ],
        annex=[_form_hashes(facts)],
    )


def _q2_line(signings: list[dict[str, Any]], late: list[dict[str, Any]], bare: list[str]) -> str:
    if not late and not bare:
        open_end = sum(row["approval"] == "no end recorded" for row in signings)
        if open_end:
            return (
                f"Not yet known for {open_end} of {count(len(signings), 'signature')}: the form is registered with its "
                "approval, and no date is recorded on which the approval ends."
            )
        return f"Yes. Each of the {count(len(signings), 'signature')} is on a registered form with a valid approval."
    parts = []
    if late:
        parts.append(f"{count(len(late), 'signature')} on a form whose approval had ended or that came later")
    if bare:
        parts.append(f"{count(len(bare), 'session')} held when no form had a valid approval ({', '.join(bare)})")
    return f"No. There {'is' if len(late) + len(bare) == 1 else 'are'} {' and '.join(parts)}."


def _q2_old(on_old: list[str], other_language: int) -> str:
    said = (
        f"{persons(len(on_old))} still on an older form: {listed(on_old)}." if on_old else "Nobody is on an older form."
    )
    also = f" For {persons(other_language)} a newer form exists in another language only." if other_language else ""
    return said + also


def _signing_row(facts: Facts, index: int, event: ConsentEvent) -> dict[str, Any]:
    form = facts.register.form_of(event)
    first = facts.form_entries.get(form.sha256) if form else None
    return {
        "entry": index,
        "participant": event.participant,
        "signed_on": local(event.at, facts.zone),
        "deed": str(event.event),
        "form": event.form,
        "approvals": list(form.approvals) if form else [],
        "approval": expired_on(form, event.at, facts.zone),
        "form_registered": "never" if first is None else "before" if first < index else "afterwards",
    }


def _approval(row: dict[str, Any]) -> str:
    said = "HAD ENDED" if row["approval"] == "expired" else str(row["approval"])
    return f"{said} ({', '.join(row['approvals'])})" if row["approvals"] else said


def _old_table(facts: Facts, old: dict[str, Newer]) -> list[Block]:
    if not old:
        return []
    rows = []
    for person, newer in old.items():
        form = facts.form_now(person)
        remark = "to be asked again" if newer.re_ask else "stays on theirs: the newer form does not ask again"
        rows.append([person, form.version if form else "–", newer.version, remark])
    return [
        Table(
            ["Participant", "Signed", "Newest form of its kind", "Remark"],
            rows,
            caption="Who is still on an older form.",
        )
    ]


def _form_hashes(facts: Facts) -> Block:
    rows = [[form.version, form.sha256] for form in facts.register.forms.values()]
    return Table(["Form", "SHA-256 of its text"], rows, caption="Question 2: the texts that people signed.")
