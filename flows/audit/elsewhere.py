"""What left the study's folder: copies, publications, backups, originals; and what of it is still to be taken back."""

from collections.abc import Sequence
from typing import Any

from flows.audit.facts import Facts
from flows.audit.told import entries_of, told_table
from flows.audit.words import count, local
from flows.reports.document import Block, Heading, Table, Text
from flows.sending import Task
from schemas.ledger import EventKind

_WHAT = {
    "recall": "copy of the data set {what}",
    "take_down": "{what}, published",
    "recording": "public recording of session {what}",
}


def owed(facts: Facts) -> list[dict[str, Any]]:
    """What went out and is still to be taken back, soonest first."""
    return [_task_row(facts, task) for task in facts.tasks]


def _task_row(facts: Facts, task: Task) -> dict[str, Any]:
    return {
        "to_be_taken_back": _WHAT[task.kind].format(what=task.what),
        "kind": task.kind,
        "for": task.participant,
        "by": local(task.due, facts.zone),
        "late": task.late,
        "somebody_does_it": bool(task.owner),
    }


def not_recalled(facts: Facts, rows: Sequence[dict[str, Any]]) -> list[Block]:
    """The part of question 7 on what lies elsewhere, with what was handed over or published at all."""
    none = "No copy was handed over and nothing was published, as far as the register knows."
    return [
        Heading("What lies elsewhere", 4),
        *([_owed_table(rows)] if rows else []),
        told_table(entries_of(facts, EventKind.SENT, EventKind.OUTPUT), none, caption="Handed over and published."),
        *_old_backups(facts),
        Text("Copies that people made by hand, and downloads of what was published, are not known to the register."),
    ]


def _owed_table(rows: Sequence[dict[str, Any]]) -> Block:
    cells = [
        [
            row["to_be_taken_back"],
            row["for"] or "a marked passage",
            row["by"],
            "named" if row["somebody_does_it"] else "nobody yet",
            "OVERDUE" if row["late"] else "waits",
        ]
        for row in rows
    ]
    return Table(["To be taken back", "For", "By", "Who does it", "State"], cells, caption="Still to be done.")


def _old_backups(facts: Facts) -> list[Block]:
    """A line on backups that may hold words which were destroyed here."""
    last = max((entry.index for entry in facts.of(EventKind.ERASE)), default=-1)
    old = [one for one in facts.backups if one.index < last and one.destroyed_at is None]
    if not old:
        return []
    said = count(len(old), "backup was", "backups were")
    return [Text(f"{said} made before the last destruction, and nobody has said that no copy exists any more.")]


def backup_rows(facts: Facts) -> list[dict[str, Any]]:
    """Every backup: when it was made, how much the register held, and whether it is gone."""
    return [
        {
            "backup": one.id,
            "entry": one.index,
            "made_on": local(one.at, facts.zone),
            "entries": one.size,
            "destroyed_on": local(one.destroyed_at, facts.zone) if one.destroyed_at else None,
        }
        for one in facts.backups
    ]


def backup_table(rows: Sequence[dict[str, Any]]) -> Block:
    """The backups, or a sentence where there is none."""
    if not rows:
        return Text("No backup is in the register. Copies that somebody made by hand are not known to it.")
    cells = [[row["made_on"], f"{row['entries']:,}", row["destroyed_on"] or "not confirmed destroyed"] for row in rows]
    return Table(
        ["Backup made on", "Entries then", "Destroyed on"],
        cells,
        caption="Backups; each opens with the printed recovery key only.",
        numbers=(1,),
    )


def original_rows(facts: Facts) -> list[dict[str, Any]]:
    """Sessions of which an original, or a copy of it in a cloud, is not confirmed deleted."""
    return [{"originals_of": one.session, "files": one.files, "cloud": one.cloud} for one in facts.originals]


def originals_table(rows: Sequence[dict[str, Any]]) -> Block:
    """The same for people."""
    if not rows:
        return Text("Every original file, and every copy of one in a cloud, is confirmed deleted.")
    cells = [
        [
            row["originals_of"],
            str(row["files"]),
            "not said" if row["cloud"] == "unknown" else "none left",
        ]
        for row in rows
    ]
    return Table(
        ["Session", "Original files not confirmed deleted", "Copies in a cloud"],
        cells,
        caption="Originals from which sessions were taken in.",
        numbers=(1,),
    )
