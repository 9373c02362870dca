"""``chatham incident``: what went wrong with people's words or names."""

from typing import Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say

app = typer.Typer(help="What went wrong with people's words or names.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _incident() -> None:
    """What went wrong with people's words or names."""


@app.command("add")
def incident_add(
    what: Annotated[str, typer.Option("--what", metavar="TEXT", help="What happened, in a few lines.")],
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When: 2026-03-04T09:00-08:00.")],
    participant: Annotated[
        list[str] | None, typer.Option("--participant", metavar="P", help="Whom it concerns (repeatable).")
    ] = None,
    session: Annotated[str | None, typer.Option("--session", metavar="ID", help="The session it concerns.")] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record an incident. It is sealed: assistants, investigators and the ethics officer can read it."""
    from flows.consenting import parse_at
    from flows.incidents import add_incident
    from flows.settings import utc_now

    opened = open_study(study, user)
    moment = parse_at(at) or utc_now()
    entry = add_incident(opened, what, at=moment, participants=tuple(participant or ()), session=session)
    if json:
        facts({"entry": entry})
    else:
        say(f"Recorded as entry {entry} of the register. Tell the ethics board what its rules ask you to.")


@app.command("list")
def incident_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Every incident that was recorded, oldest first."""
    from flows.incidents import list_incidents

    found = list_incidents(open_study(study, user))
    if json:
        facts([one.__dict__ for one in found])
        return
    for one in found:
        about = [*one.participants, *([f"session {one.session}"] if one.session else [])]
        whom = f" ({', '.join(about)})" if about else ""
        say(f"{one.at}  {one.what}{whom}; reported by {one.recorded_by}")
    if not found:
        say("No incident was recorded.")
