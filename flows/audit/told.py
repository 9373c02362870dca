"""Entries of kinds that other parts write, told as they come: the report grows with them."""

from typing import Any

from consent.telling import tell
from flows.audit.facts import Facts
from flows.audit.words import local
from flows.reports.document import Block, Table, Text
from schemas.ledger import EventKind


def entries_of(facts: Facts, *kinds: EventKind) -> list[dict[str, Any]]:
    """Opened entries of these kinds, in order, a sentence each."""
    return [
        {
            "entry": entry.index,
            "kind": str(entry.kind),
            "recorded_on": local(facts.recorded(entry.index), facts.zone),
            "said": tell(entry.kind, entry.payload or {}),
            "recorded_by": facts.recorder(entry.index),
        }
        for entry in facts.of(*kinds)
    ]


def told_table(rows: list[dict[str, Any]], none: str, caption: str = "") -> Block:
    """The entries as a table, or one sentence where there are none."""
    if not rows:
        return Text(none)
    cells = [[row["recorded_on"], row["said"], row["recorded_by"]] for row in rows]
    return Table(["Recorded on", "What", "Recorded by"], cells, caption=caption)
