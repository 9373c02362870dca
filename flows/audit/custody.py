"""Questions 10 to 12: who opened what, how it is kept and by whom, and how long."""

from typing import Any

from flows.access import COPY
from flows.audit.answers import Answer, verdict
from flows.audit.collection import before_collection
from flows.audit.elsewhere import backup_rows, backup_table, original_rows, originals_table
from flows.audit.facts import Facts
from flows.audit.leading import leading_rows, leading_table
from flows.audit.told import entries_of, told_table
from flows.audit.withdrawals import withdrawal_rows
from flows.audit.words import count, discreet, listed, local
from flows.evaluated import TYPE as EVALUATION
from flows.reports.document import Block, Heading, Table, Text
from schemas.consent import Form
from schemas.ledger import EventKind, LedgerEntry
from schemas.recording import local_day

PLACES = {
    "consent": ("consent register", "every entry's content is encrypted; what stands open names nobody"),
    "vault": (
        "locked store: recordings, transcripts, list of participants",
        "encrypted, each session under its own key",
    ),
    "keys": ("keys", "each under its owner's passphrase, or sealed to the roles that may use it"),
    "warehouse": ("data set for analysis", "de-identified; not encrypted, so that analysts can open it"),
    "releases": ("data sets to hand on", "de-identified; not encrypted"),
    "consent/receipts": ("receipts for participants", "each opens its holder's entries; not encrypted"),
    ".prefect": ("records of the runs", "ids and seals only; no words and no names"),
}
"""Folder of a study to what lies in it and how it is protected."""
_MAY = [
    ["add recordings; record consent and withdrawal", "yes", "yes", "yes", "yes"],
    ["make data sets, review (session keys, names)", "–", "yes", "yes", "–"],
    ["contacts, former names, the whole list of participants", "–", "–", "yes", "–"],
    ["read what people chose", "–", "yes", "yes", "yes"],
    ["sign the dated seal", "–", "yes", "yes", "–"],
    ["countersign the dated seal", "–", "–", "yes", "yes"],
]


def who_opened(facts: Facts) -> Answer:
    """10 · Who opened identities or recordings, and why."""
    rows = [_opened_row(facts, entry) for entry in facts.of(EventKind.ACCESS)]
    silent = [row for row in rows if not row["why"]]
    return Answer(
        question="Is it known who opened identities or recordings, and why?",
        verdict=verdict(wrong=bool(silent)),
        answer=_q10_line(rows, silent),
        explanation="Before a person sees words or identities, an entry with the reason is written; if it cannot be "
        "written, nothing opens. Machines that prepare words are covered by question 6. A sample of the data set "
        "opens nothing that was shut; it is listed when it was read to its end.",
        evidence=rows,
        blocks=_opened_table(rows),
    )


def _q10_line(rows: list[dict[str, Any]], silent: list[dict[str, Any]]) -> str:
    if silent:
        return f"No. {count(len(silent), 'opening')} recorded without a reason."
    if not rows:
        return "Yes. Nobody of the team has opened any, as far as the register knows."
    return f"Yes. {count(len(rows), 'opening')} recorded, each with its reason."


def _opened_row(facts: Facts, entry: LedgerEntry) -> dict[str, Any]:
    said = entry.payload or {}
    if said.get("type") == EVALUATION:
        # Whoever read it saw what the data set shows anyway: of whom, no single person can be said.
        said = {"what": "a sample of the data set", "reason": "to measure what was missed", "type": EVALUATION}
    people = said.get("participants")
    reason = str(said.get("reason") or "")
    return {
        "entry": entry.index,
        "opened_on": local(facts.recorded(entry.index), facts.zone),
        "what": str(said.get("what") or "protected material"),
        "session": said.get("session"),
        "participants": list(people) if isinstance(people, list) else [],
        "shown_anyway": said.get("type") in (EVALUATION, COPY),
        "opened_by": facts.recorder(entry.index),
        "why": discreet(reason),
    }


def _opened_table(rows: list[dict[str, Any]]) -> list[Block]:
    if not rows:
        return []
    cells = [
        [
            row["opened_on"],
            row["what"] + (f" of session {row['session']}" if row["session"] else ""),
            "whoever the data set shows" if row["shown_anyway"] else listed(row["participants"]),
            row["opened_by"],
            row["why"] or "NOT SAID",
        ]
        for row in rows
    ]
    caption = "Why stands as whoever opened it typed it, with […] for what may be a name."
    return [Table(["Opened on", "What", "Of whom", "By whom", "Why"], cells, caption=caption)]


def safeguards(facts: Facts) -> Answer:
    """11 · Safeguards, access and storage places."""
    team = [_member_row(facts, key) for key in facts.members]
    signed = set(facts.signed_by)
    unknown = [row for row in team if row["key"] in signed and row["added"] is None]
    strangers = signed - set(facts.members)
    gone_wrong = [row for row in team if row["recorded_after_leaving"]]
    backups, leading = backup_rows(facts), leading_rows(facts)
    here = [folder for folder in PLACES if facts.places.get(folder)]
    return Answer(
        question="Is it known who has access, and is everything kept safely?",
        verdict=verdict(wrong=bool(gone_wrong), unknown=bool(unknown or strangers)),
        answer=_q11_line(team, unknown, strangers, gone_wrong),
        explanation="Everybody of the team has an own passphrase and an own signing key. Who leaves loses access, and "
        "what they recorded keeps their signature. The printed recovery key, which opens backups and lets in "
        "again who lost a passphrase, stands in the table as well, and so does a service that runs unattended.",
        evidence=[
            *({name: value for name, value in row.items() if name != "key"} for row in team),
            *({"place": folder, "holds": PLACES[folder][0], "protected": PLACES[folder][1]} for folder in here),
            *backups,
            *leading,
        ],
        blocks=[
            _team_table(team),
            Table(["May", "Intake", "Assistant", "Investigator", "Ethics officer"], _MAY, caption="Who may do what."),
            Heading("Where things lie", 4),
            Table(["What", "How it is protected"], [list(PLACES[folder]) for folder in here]),
            backup_table(backups),
            *leading_table(leading),
        ],
        annex=[_keys_table(team)],
    )


def _q11_line(
    team: list[dict[str, Any]], unknown: list[dict[str, Any]], strangers: set[str], wrong: list[dict[str, Any]]
) -> str:
    if wrong:
        return f"No. {', '.join(row['member'] for row in wrong)} recorded something after they had left."
    people = [row for row in team if not row["thing"]]
    present = sum(row["left"] is None for row in people)
    said = (
        f"{count(present, 'person of the team has', 'people of the team have')} access; {len(people) - present} left."
    )
    if unknown or strangers:
        return f"Not yet known. {said} Of {len(unknown) + len(strangers)} who recorded, no entry says who let them in."
    return f"Yes. {said}"


def _member_row(facts: Facts, key: str) -> dict[str, Any]:
    member = facts.members[key]
    mine = [place for place, signer in enumerate(facts.signed_by) if signer == key]
    left = member.left
    return {
        "key": key,
        "member": member.label,
        "roles": member.said,
        "thing": bool(member.thing),
        "added": local(member.added, facts.zone) if member.added else None,
        "left": local(left, facts.zone) if left else None,
        "is_participant": member.participant,
        "entries": len(mine),
        "recorded_after_leaving": left is not None and any(facts.recorded(place) > left for place in mine),
    }


def _team_table(team: list[dict[str, Any]]) -> Block:
    cells = [
        [
            row["member"],
            row["roles"],
            row["added"] or "not recorded",
            row["left"] or "–",
            row["is_participant"] or "–",
            str(row["entries"]),
        ]
        for row in team
    ]
    columns = ["Who", "Roles", "Let in", "Left", "Is participant", "Entries recorded"]
    return Table(columns, cells, caption="The team; its members are numbered, not named.", numbers=(5,))


def _keys_table(team: list[dict[str, Any]]) -> Block:
    cells = [[row["member"], row["key"]] for row in team]
    return Table(["Who", "Id of their signing key"], cells, caption="Question 11: compare with chatham user list.")


def retention(facts: Facts) -> Answer:
    """12 · Retention and disposal: what the forms promise, and what is due."""
    forms = list(facts.register.forms.values())
    silent = [form.version for form in forms if not form.retention]
    due = [row for row in withdrawal_rows(facts) if row["destroy_on"] and row["fate"] == "waits for its day"]
    speech = [row for row in before_collection(facts).evidence if "must_go_by" in row]
    forms_due = _due_by_form(facts)
    late = [row for row in [*due, *speech, *forms_due] if row["overdue"]]
    originals, gone = original_rows(facts), entries_of(facts, EventKind.ERASE)
    return Answer(
        question="Is it said how long things are kept, and has everything gone that had to go?",
        verdict=verdict(wrong=bool(late), unknown=bool(silent or originals)),
        answer=_q12_line(late, silent, originals, len(due) + len(speech) + len(forms_due)),
        explanation=f"Withdrawn words are destroyed {count(facts.destroy_after_days, 'day')} after use was stopped, "
        "unless another day was agreed; speech of people never asked, "
        f"{count(facts.never_asked_days, 'day')} after it was taken in.",
        evidence=[
            *({"form": form.version, "kept": form.retention, "withdraw_until": form.withdraw_until} for form in forms),
            *due,
            *speech,
            *forms_due,
            *originals,
            *gone,
        ],
        blocks=[
            Table(
                ["Form", "How long things are kept", "Withdrawal is possible until", "After that"],
                [[form.version, *_promises(form)] for form in forms],
                caption="What the forms promise, in their own words.",
            ),
            *_due_table(due, speech, forms_due),
            originals_table(originals),
            told_table(gone, "Nothing has been destroyed so far, as far as the register knows.", "What was destroyed."),
        ],
    )


def _q12_line(late: list[Any], silent: list[str], originals: list[dict[str, Any]], due: int) -> str:
    if late:
        return f"No. {count(len(late), 'item')} past the day on which it had to go (see below)."
    left = f"The originals of {count(len(originals), 'session')} are not confirmed deleted." if originals else ""
    if silent:
        said = f"The registered form does not say how long things are kept: {', '.join(silent)}."
        return f"Not yet known. {said} {left}".rstrip()
    if originals:
        return f"Not yet known. {left}"
    return f"Yes. Nothing is overdue; {count(due, 'item')} to go on a later day."


def _promises(form: Form) -> list[str]:
    return [text or "not said" for text in (form.retention, form.withdraw_until, form.after_that)]


def _due_by_form(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "words_of": person,
            "where": where,
            "kept_until": local(moment, facts.zone),
            "overdue": local_day(moment, facts.zone) < local_day(facts.now, facts.zone),
        }
        for person, where, moment in facts.by_form
    ]


def _due_table(due: list[dict[str, Any]], speech: list[Any], forms_due: list[dict[str, Any]]) -> list[Block]:
    cells = [
        [f"words of {row['participant']} (withdrawn)", row["destroy_on"], "OVERDUE" if row["overdue"] else "waits"]
        for row in due
    ]
    cells += [
        [
            f"speech of people never asked, in {row['session']}",
            row["must_go_by_said"],
            "OVERDUE" if row["overdue"] else "waits",
        ]
        for row in speech
    ]
    cells += [
        [
            f"words of {row['words_of']} in {row['where'].replace(':', ' ')} (the form's date)",
            row["kept_until"],
            "OVERDUE" if row["overdue"] else "waits",
        ]
        for row in forms_due
    ]
    if not cells:
        return [Text("Nothing is due.")]
    return [Table(["What has to go", "By", "State"], cells)]
