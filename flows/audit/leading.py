"""What may still lead from the data sets to somebody in them: the part of question 11 that no lock can answer."""

from typing import Any

from flows.audit.facts import RESEARCH, Facts, Risk
from flows.reports.document import Block, Heading, Table, Text
from flows.risks import groups_told, passages_told

_UNKNOWN = "only the team can see this, in a report that it makes itself"
_NOT_COUNTED = "not counted when it was made"
_OUTDATED = "older than today's choices: run first, then report again"


def leading_rows(facts: Facts) -> list[dict[str, Any]]:
    """A row for each data set that stands."""
    return [_row(facts, risk) for risk in facts.risks]


def leading_table(rows: list[dict[str, Any]]) -> list[Block]:
    """The rows as a table, and what they mean."""
    if not rows:
        return []
    cells = [[row["data_set"], row["small_groups"], row["public_passages"], row["two_labels"]] for row in rows]
    return [
        Heading("What may still lead to somebody in the data sets", 4),
        Text(
            "De-identified is not anonymous. Nothing that a data set says of people who are not named fits one of them "
            "alone; small groups are counted here. Words that also stand in public lead to who said them."
        ),
        Table(["Data set", "Small groups", "Words that stand in public", "Two labels of one person"], cells),
    ]


def _row(facts: Facts, risk: Risk) -> dict[str, Any]:
    unknown = _NOT_COUNTED
    if risk.data_set == RESEARCH:
        unknown = _UNKNOWN if facts.voices is None else _OUTDATED
    return {
        "data_set": risk.data_set,
        "small_groups": unknown if risk.groups is None else groups_told(risk.groups),
        "public_passages": unknown if risk.passages is None else _passages(risk.passages),
        "two_labels": unknown if risk.bridges is None else _bridges(risk.bridges),
    }


def _passages(count: int) -> str:
    return passages_told(count) if count else "none found"


def _bridges(count: int) -> str:
    if not count:
        return "nothing is left that nobody has looked at"
    if count == 1:
        return "1 place waits to be looked at, and stays hidden until then"
    return f"{count:,} places wait to be looked at, and stay hidden until then"
