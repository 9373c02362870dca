"""How ``chatham release diff`` says what differs between two data sets."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flows.progress import clock

if TYPE_CHECKING:
    from flows.differing import Differing
    from flows.releases import Release
    from warehouse.difference import Difference, Words

REASONS = {
    "shown": "shown",
    "no_consent": "nothing allows it",
    "level": "the person chose not used",
    "permission": "this use is not allowed",
    "speaker_unknown": "nobody has said who speaks",
    "near_other_voice": "another person may be heard",
    "leak": "a name was still visible",
    "failed": "a step did not finish",
}
QUOTES = {"may_be_quoted": "may be quoted", "ask_first": "ask first", "not": "not to be quoted"}
LEVELS = {"first_name": "first name", "role": "role only", "pseudonym": "made-up name"}
"""Levels that are not called by their own word."""


def differences(found: "Differing") -> Iterator[str]:
    """What differs, line by line."""
    one, other = found.first, found.second
    yield f"{one.name}  {_standing(one)}"
    yield f"{other.name}  {_standing(other)}"
    if found.counts is None:
        yield _only_counts(found)
        for table, (here, there) in found.rows.items():
            yield f"  {table}: {_number(here)} and {_number(there)}"
        return
    yield from _told(found.counts, one.name, other.name)
    for turn in found.words:
        yield from _turn(turn, one.name, other.name)


def as_facts(found: "Differing") -> dict[str, object]:
    """The same for programs."""
    sides = [{"name": one.name, "stands": one.stands, "ended_at": one.ended_at} for one in (found.first, found.second)]
    told: dict[str, object] = {"data_sets": sides, "rows": {name: list(pair) for name, pair in found.rows.items()}}
    if found.counts is None:
        return {**told, "compared": False}
    counts = vars(found.counts) | {"tables": {name: one._asdict() for name, one in found.counts.tables.items()}}
    for name in ("withheld", "quotes", "levels"):
        counts[name] = [{"from": a, "to": b, "turns": turns} for (a, b), turns in counts[name].items()]
    return {**told, "compared": True, **counts, "words": [one._asdict() for one in found.words]}


def _told(counts: "Difference", one: str, other: str) -> Iterator[str]:
    yield (
        f"Turns: {counts.same} with the same words, {counts.changed} with other words, {counts.gone} only in {one}, "
        f"{counts.added} only in {other}."
    )
    for what, turned, words in (
        ("Withheld", counts.withheld, REASONS),
        ("Quoting", counts.quotes, QUOTES),
        ("Level", counts.levels, LEVELS),
    ):
        for (was, now), turns in turned.items():
            yield f'{what}: {_turns(turns)} from "{words.get(was, was)}" to "{words.get(now, now)}".'
    if counts.codings_gone or counts.codings_added:
        yield f"Codings of turns in both: {counts.codings_gone} only in {one}, {counts.codings_added} only in {other}."
    for table, rows in counts.tables.items():
        if rows.only_a or rows.only_b:
            yield (
                f"Table {table}: {rows.rows_a} and {rows.rows_b} rows; {rows.only_a} only in {one}, {rows.only_b} only "
                f"in {other}."
            )
    if not any(rows.only_a or rows.only_b for rows in counts.tables.values()):
        yield "Both say the same."


def _turn(turn: "Words", one: str, other: str) -> Iterator[str]:
    yield f"{turn.session} at {clock(turn.start_s)}"
    for name, label, text in ((one, turn.label_a, turn.text_a), (other, turn.label_b, turn.text_b)):
        yield f"  {name}: {'(nothing)' if text is None else f'{label}: {text}'}"


def _only_counts(found: "Differing") -> str:
    ended = [one.name for one in (found.first, found.second) if not one.stands]
    if ended:
        return f"Of {' and '.join(ended)} only the counts are left, so that only rows can be compared:"
    return "One of them is in no format that holds its tables, so that only rows can be compared:"


def _standing(release: "Release") -> str:
    return "stands" if release.ended_at is None else f"ended on {release.ended_at:%Y-%m-%d}"


def _turns(number: int) -> str:
    return f"{number} turn{'s' * (number != 1)}"


def _number(count: int | None) -> str:
    return "not said" if count is None else str(count)
