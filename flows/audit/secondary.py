"""Questions 13 and 16: secondary use as a choice of its own; capacity, proxy and re-consent."""

from typing import Any

from consent.choosing.standing import form_standings
from consent.sentences import PERMISSION_WORDS
from flows.audit.answers import Answer, verdict
from flows.audit.facts import Facts
from flows.audit.forms import newer_form
from flows.audit.words import SHORT, count, given_by, listed, local, method, persons
from flows.reports.document import Block, Heading, Table, Text
from schemas.consent import Answer as Said
from schemas.consent import ConsentEvent, ConsentKind, Form, Mark, Permission, State

SECONDARY = (Permission.ARCHIVE, Permission.TEACHING, Permission.PARTNERS, Permission.AI_SERVICES)
_ASKED = {"condition": "condition of joining", "not_asked": "not asked, so no"}


def secondary_use(facts: Facts) -> Answer:
    """13 · Secondary use as a separate choice."""
    forms = list(facts.register.forms.values())
    tied = [(form.version, one) for form in forms for one in SECONDARY if _how(form, one) == _ASKED["condition"]]
    taking = [person for person in facts.people if facts.states[person].state is State.CONSENTED]
    rows: list[dict[str, Any]] = [
        {"form": form.version, **{str(one): _how(form, one) for one in SECONDARY}} for form in forms
    ]
    said = [
        {"participant": person, **{str(one): str(facts.states[person].permissions[one]) for one in SECONDARY}}
        for person in taking
    ]
    return Answer(
        question="Could everybody refuse archiving, teaching, partners and outside AI services, and still take part?",
        verdict=verdict(wrong=bool(tied), unknown=not forms),
        answer=_q13_line(facts, tied, taking),
        explanation="A separate choice has an answer of its own on the form. What a form never asked is refused.",
        evidence=[*rows, *said],
        blocks=[
            Table(
                ["Form", *(SHORT[one] for one in SECONDARY)],
                [[form.version, *(_how(form, one) for one in SECONDARY)] for form in forms],
                caption="How each form asked.",
            ),
            _counts(facts, taking),
            Table(
                ["Participant", *(SHORT[one] for one in SECONDARY)],
                [[row["participant"], *(row[str(one)] for one in SECONDARY)] for row in said],
                caption="What each person who takes part says today.",
            ),
        ],
    )


def _q13_line(facts: Facts, tied: list[tuple[str, Permission]], taking: list[str]) -> str:
    if tied:
        named = "; ".join(f"{version}: {PERMISSION_WORDS[one]}" for version, one in tied)
        return f"No. A form makes it a condition of joining ({named})."
    if not facts.register.forms:
        return "Not yet known. No form is registered yet."
    yes = sum(any(facts.states[person].permissions[one] is Said.YES for one in SECONDARY) for person in taking)
    return f"Yes. It is never a condition of joining; {yes} of {persons(len(taking))} allow at least one of them."


def _how(form: Form, permission: Permission) -> str:
    how = form.permissions.get(permission)
    if how is None:
        return _ASKED["not_asked"]
    default = f"choice; blank means {how.default}" if how.default else "choice"
    return _ASKED.get(how.asked, default)


def _counts(facts: Facts, taking: list[str]) -> Block:
    rows = []
    for one in SECONDARY:
        answers = [facts.states[person].permissions[one] for person in taking]
        rows.append([PERMISSION_WORDS[one], str(answers.count(Said.YES)), str(len(answers) - answers.count(Said.YES))])
    return Table(["", "allow it", "do not"], rows, caption="In numbers, of those who take part.", numbers=(1, 2))


def capacity(facts: Facts) -> Answer:
    """16 · Capacity, proxy and re-consent."""
    proxies = [_proxy_row(facts, index, event) for index, event in facts.register.events if event.given_by != "self"]
    bare = [row for row in proxies if row["answers_for"] and not row["proof"] and row["way"] == "not recorded"]
    again = [_again_row(facts, person) for person in facts.people if _again(facts, person)]
    waiting = [person for person in facts.people if (newer := newer_form(facts, person)) and newer.takes_its_place]
    due = sorted(
        {person for one in form_standings(facts.register) for person in one.to_ask if _takes_part(facts, person)}
    )
    return Answer(
        question="Where somebody could not answer alone, or was to be asked again, is that recorded?",
        verdict=verdict(wrong=bool(due), unknown=bool(bare)),
        answer=_q16_line(proxies, bare, again, waiting, due),
        explanation="An answer given for somebody is marked as such in the register. Editing a form never moves people "
        "to the new one: they stay on the one they signed until they sign again or go over to the new one.",
        evidence=[*proxies, *again, *({"asked_again_waiting": person} for person in waiting)],
        blocks=[*_proxy_table(proxies), *_again_table(facts, again, waiting), *_communities(facts)],
    )


def _takes_part(facts: Facts, person: str) -> bool:
    return person in facts.states and facts.states[person].state is State.CONSENTED


def _q16_line(
    proxies: list[Any], bare: list[dict[str, Any]], again: list[Any], waiting: list[str], due: list[str]
) -> str:
    if due:
        return f"No. An amended form asks people again, and {listed(due)} still stand on the one before it."
    if bare:
        people = listed({row["participant"] for row in bare})
        return f"Not yet known. For {people} it is not recorded how the answer was given, and no proof was kept."
    given = f"{count(len(proxies), 'answer was', 'answers were')} given for somebody else or by a community"
    later = f"; {persons(len(waiting))} still on an older form" if waiting else ""
    said = given if proxies else "Everybody answered for themselves"
    return f"Yes. {said}; {persons(len(again))} signed again or went over to another form{later}."


def _proxy_row(facts: Facts, index: int, event: ConsentEvent) -> dict[str, Any]:
    personal = event.given_by.partition(":")[0] != "community"
    later = [other for at, other in facts.signings(event.participant) if at > index and other.given_by == "self"]
    return {
        "entry": index,
        "participant": event.participant,
        "given_by": given_by(event.given_by),
        "given_on": local(event.at, facts.zone),
        "deed": str(event.event),
        "way": method(event.method),
        "proof": event.evidence_sha256 is not None,
        "answers_for": personal,
        "signed_alone_later": bool(later) and personal,
    }


def _proxy_table(rows: list[dict[str, Any]]) -> list[Block]:
    heading = Heading("Answers by somebody else", 4)
    if not rows:
        return [heading, Text("Everybody answered for themselves.")]
    cells = [
        [
            row["participant"],
            row["given_by"],
            row["given_on"],
            row["way"],
            "yes" if row["proof"] else "no",
            "yes" if row["signed_alone_later"] else "no",
        ]
        for row in rows
    ]
    columns = ["Participant", "Given by", "Given on", "Way", "Proof kept", "Signed for themselves later"]
    return [heading, Table(columns, cells)]


def _again(facts: Facts, person: str) -> bool:
    return len(facts.signings(person)) > 1


def _again_row(facts: Facts, person: str) -> dict[str, Any]:
    signed = [
        f"{local(event.at, facts.zone)}: {_deed(event)} {event.form or 'a form'}" for _, event in facts.signings(person)
    ]
    return {"participant": person, "signed": signed}


def _deed(event: ConsentEvent) -> str:
    return "went over to" if event.event is ConsentKind.REAFFIRM else "signed"


def _again_table(facts: Facts, rows: list[dict[str, Any]], waiting: list[str]) -> list[Block]:
    heading = Heading("Asked again", 4)
    blocks: list[Block] = [heading]
    if rows:
        blocks.append(Table(["Participant", "Signed"], [[r["participant"], "; ".join(r["signed"])] for r in rows]))
    else:
        blocks.append(Text("Nobody has signed more than once."))
    if waiting:
        cells = []
        for person in waiting:
            form, newer = facts.form_now(person), newer_form(facts, person)
            cells.append(
                [
                    person,
                    form.version if form else "–",
                    newer.version if newer else "–",
                    "yes" if newer and newer.re_ask else "no",
                ]
            )
        blocks.append(
            Table(
                ["Participant", "Signed", "Newer form", "To be asked again"], cells, caption="Still on an older form."
            )
        )
    return blocks


def _communities(facts: Facts) -> list[Block]:
    marks = [(index, mark) for index, mark in facts.register.passages if mark.mark is Mark.COMMUNITY]
    if not marks:
        return []
    rows = []
    for _, mark in marks:
        answers = [event for _, event in facts.register.by_community if event.reach.id in (mark.passage, mark.session)]
        said = f"answered on {local(answers[-1].at, facts.zone)}" if answers else "no answer: withheld"
        rows.append([mark.session, mark.community or "not named", said])
    return [Heading("Words of communities", 4), Table(["Session", "Community", "Their answer"], rows)]
