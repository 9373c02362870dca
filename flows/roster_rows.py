"""One row of a roster: what is wrong with it, and the person it describes."""

import re
import secrets
from datetime import date

from schemas.identifiers import is_participant_id
from schemas.recording import Standing
from schemas.roster import Person

ROSTER_COLUMNS = (
    "participant",
    "full_name",
    "aliases",
    "organisation",
    "organisation_as",
    "role",
    "role_as",
    "place",
    "place_as",
    "tier",
    "language",
    "pseudonym",
    "email",
    "standing",
    "from",
    "former_names",
)


def is_turned(row: dict[str, str]) -> bool:
    """Whether the full name is written with the last name first."""
    from deidentification.api import read_name

    return read_name(row["full_name"]).turned


def row_problems(line: int, row: dict[str, str]) -> list[str]:
    """Everything wrong with a row, by line and column and never with a cell's text."""
    from deidentification.api import bad_pseudonym, read_name

    problems = []
    if not is_participant_id(row["participant"]):
        problems.append(f"line {line}, column participant: must be P and digits, such as P07")
    if not row["full_name"]:
        problems.append(f"line {line}, column full_name: is empty")
    if problem := read_name(row["full_name"]).problem:
        problems.append(f"line {line}, column full_name: {problem}")
    if row.get("standing") and row["standing"] not in list(Standing):
        problems.append(f"line {line}, column standing: must be one of {', '.join(Standing)}")
    if row.get("email") and not re.fullmatch(r"[^@\s]+@[^@\s]+", row["email"]):
        problems.append(f"line {line}, column email: is no e-mail address")
    if row.get("from") and not _is_day(row["from"]):
        problems.append(f"line {line}, column from: is no date such as 2026-03-04")
    if row.get("pseudonym") and bad_pseudonym(row["pseudonym"]):
        problems.append(f"line {line}, column pseudonym: would be taken for a tag or a label; choose a made-up name")
    return [*problems, *_telling(line, row)]


def _telling(line: int, row: dict[str, str]) -> list[str]:
    """General words in which the row's own employer or place stands."""
    from deidentification.api import tells

    columns = ("organisation", "organisation_as", "role_as", "place", "place_as")
    cells = {name: row.get(name) or None for name in columns}
    told = tells(Person(participant="P1", full_name="", secret="", **cells))
    said_as = row.get("organisation_as", "").casefold()
    if said_as and said_as == row.get("organisation", "").casefold():
        told.setdefault("organisation_as", "the employer")
    return [f"line {line}, column {name}: names {what}; say it in general terms" for name, what in sorted(told.items())]


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def person_of(row: dict[str, str]) -> Person:
    """The person of a row in which nothing is wrong, first name first, under a new secret."""
    from deidentification.api import read_name

    text = {name: (row.get(name) or None) for name in ROSTER_COLUMNS}
    read = read_name(row["full_name"])
    aliases = (*_list(row.get("aliases", "")), *read.nicknames)
    return Person(
        participant=row["participant"],
        full_name=read.name,
        aliases=tuple(dict.fromkeys(aliases)),
        former_names=_list(row.get("former_names", "")),
        organisation=text["organisation"],
        organisation_as=text["organisation_as"],
        role=text["role"],
        role_as=text["role_as"],
        place=text["place"],
        place_as=text["place_as"],
        tier=text["tier"],
        language=text["language"],
        pseudonym=text["pseudonym"],
        standing=Standing(text["standing"] or "participant"),
        member_from=text["from"],
        secret=secrets.token_hex(32),
    )


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(";") if item.strip())
