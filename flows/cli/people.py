"""``chatham roster`` and ``chatham form``: who is in the study, and what they were asked."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say

if TYPE_CHECKING:
    from consent.choosing.standing import FormStanding

roster = typer.Typer(help="Who is in the study.", no_args_is_help=True, rich_markup_mode=None)
form = typer.Typer(help="The consent forms people sign.", no_args_is_help=True, rich_markup_mode=None)


@roster.callback()
def _roster() -> None:
    """Who is in the study."""


@form.callback()
def _form() -> None:
    """The consent forms people sign."""


@roster.command("import")
def roster_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx file; needed columns: participant, full_name.")
    ],
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Take in the people of a spreadsheet, all rows or none. Import again after a correction: people are kept."""
    from dataclasses import asdict

    from flows.people import import_roster, told_turned

    result = import_roster(open_study(study, user), file)
    if json:
        facts(asdict(result))
        return
    say(f"{result.added} people added, {result.changed} changed, {result.unchanged} as before.")
    for line in told_turned(result.turned):
        say(line)


@roster.command("show")
def roster_show(
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why you need it, in one line; it is recorded.")
    ],
    participants: Annotated[
        list[str] | None, typer.Argument(metavar="P", help="Participants; everybody where none is named.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Who people are. That you looked, and why, is recorded.

    Assistants name whom they look up; contacts, former names and the whole list are for investigators.
    """
    from flows.access import open_identities

    people = open_identities(open_study(study, user), participants or [], reason)
    if json:
        facts([one.__dict__ for one in people])
        return
    for one in people:
        say(f"{one.participant}  {one.full_name}")
        for what, value in (
            ("also", "; ".join(one.aliases)),
            ("formerly", "; ".join(one.former_names or ())),
            ("employer", one.organisation),
            ("role", one.role),
            ("place", one.place),
            ("e-mail", one.email),
        ):
            if value:
                say(f"     {what}: {value}")


@form.command("list")
def form_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """The registered forms, and who is on which. With their approvals, and who is to be asked again."""
    from consent.choosing.standing import form_standings
    from flows.roles import require

    opened = open_study(study, user)
    require(opened, "form list")
    standings = form_standings(opened.register())
    if json:
        facts([_form_facts(one) for one in standings])
        return
    for one in standings or ():
        say(f"Form {one.form.version} ({one.form.kind}, {one.form.language})")
        for number, until in zip(one.form.approvals, one.form.approval_expires, strict=True):
            say(f"  Approval {number}, {'valid until ' + until if until else 'no end recorded'}")
        say(f"  People on it: {', '.join(one.people) or 'nobody'}")
        if one.replaced_by:
            say(f"  Replaced by {one.replaced_by}; to be asked again: {', '.join(one.to_ask) or 'nobody'}")
    if not standings:
        say("No form is registered yet. Next: chatham form add.")


def _form_facts(one: "FormStanding") -> dict[str, object]:
    approvals = zip(one.form.approvals, one.form.approval_expires, strict=True)
    return {
        "version": one.form.version,
        "sha256": one.form.sha256,
        "kind": one.form.kind,
        "language": one.form.language,
        "approvals": [{"number": number, "valid_until": until} for number, until in approvals],
        "people": list(one.people),
        "replaced_by": one.replaced_by,
        "to_ask": list(one.to_ask),
    }


@form.command("add")
def form_add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The form's text, Markdown; its settings may stand at its head.")
    ],
    version: Annotated[
        str, typer.Option("--version", metavar="V", help="How the sheet names it, such as v1 or 2026-03.")
    ],
    approval: Annotated[
        list[str], typer.Option("--approval", metavar="NO", help="Ethics approval number (repeatable).")
    ],
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="The language it is written in: en, fr, ...")
    ] = "en",
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Register a consent form, before anybody signs it. It is known by the hash of its exact text."""
    from flows.forms import add_form

    added = add_form(open_study(study, user), file, version=version, language=language, approvals=tuple(approval))
    if json:
        facts({"version": added.version, "sha256": added.sha256, "kind": added.kind, "language": added.language})
        return
    asked = sorted(name for name, how in added.permissions.items() if how.asked == "choice")
    conditions = sorted(name for name, how in added.permissions.items() if how.asked == "condition")
    say(f"Form {added.version} ({added.kind}, {added.language}) is registered.")
    say(f"  Conditions of joining: {', '.join(conditions) or 'none'}")
    say(f"  Choices: {', '.join(asked) or 'none'}")
    say(f"  Whoever says nothing else is shown as: {added.level_default}")
