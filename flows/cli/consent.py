"""``chatham consent``: what people chose, when, under which form; and what each of them allows today."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import JsonOption, PreviewOption, StudyOption, UserOption, facts, open_study, say

if TYPE_CHECKING:
    from flows.stopping import Gone

app = typer.Typer(
    help="What people chose, and what each of them allows today.", no_args_is_help=True, rich_markup_mode=None
)

Participant = Annotated[str, typer.Argument(metavar="P", help="The participant's id, such as P07.")]
ReachOption = Annotated[
    str, typer.Option("--reach", metavar="REACH", help="study, cycle:N, session:ID, writing:ID or passage:ID.")
]
AtOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="When: 2026-03-04T09:00-08:00; otherwise now.")
]


@app.callback()
def _consent() -> None:
    """What people chose, and what each of them allows today."""


def say_gone(gone: "Gone") -> None:
    """What was taken away, and who can still read it."""
    for name in gone.names:
        say(f"Taken away, because it showed more than is allowed now: {name}")
    for name in gone.stayed:
        say(f"STILL THERE, because a program holds it: {name}. Close that program, then delete the file.")
    for held in gone.held:
        say(f"  A program can read on until it closes {held}. Close it.")


@app.command("import")
def consent_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A .csv or .xlsx sheet; needed columns: participant, at, event.")
    ],
    preview: PreviewOption = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record the rows of a sheet, all or none. Rows already recorded are skipped and counted."""
    from flows.consenting import import_sheet

    result = import_sheet(open_study(study, user), file, preview=preview)
    if json:
        facts(
            {
                "recorded": result.recorded,
                "already_there": result.skipped,
                "notes": list(result.notes),
                "taken_away": list(result.gone.names),
            }
        )
        return
    would = "would be" if preview else "were"
    say(f"Rows that {would} recorded: {result.recorded}; already there: {result.skipped}.")
    for note in result.notes:
        say(f"  {note}")
    say_gone(result.gone)


@app.command("record")
def consent_record(
    participant: Participant,
    level: Annotated[
        str | None,
        typer.Option("--level", metavar="LEVEL", help="named, first_name, role, pseudonym, unnamed, withheld."),
    ] = None,
    event: Annotated[str, typer.Option("--event", metavar="EVENT", help="consent, change, reaffirm or decline.")] = "",
    form: Annotated[
        str | None, typer.Option("--form", metavar="V", help="The form signed; makes this a consent.")
    ] = None,
    at: AtOption = None,
    level_for: Annotated[
        list[str] | None,
        typer.Option("--level-for", metavar="USE=LEVEL", help="A level for one use: practice=named (repeatable)."),
    ] = None,
    permission: Annotated[
        list[str] | None,
        typer.Option("--permission", metavar="NAME=ANSWER", help="quote_practice=yes and the like (repeatable)."),
    ] = None,
    organisation: Annotated[
        str | None, typer.Option("--organisation", metavar="HOW", help="named or generalised.")
    ] = None,
    credit: Annotated[str | None, typer.Option("--credit", metavar="TEXT", help="How the person is thanked.")] = None,
    reach: ReachOption = "study",
    applies: Annotated[str | None, typer.Option("--applies", metavar="WHAT", help="all (ever said) or from.")] = None,
    method: Annotated[str | None, typer.Option("--method", metavar="HOW", help="signed, oral or online.")] = None,
    given_by: Annotated[
        str, typer.Option("--given-by", metavar="WHO", help="self, guardian, authorised or community.")
    ] = "self",
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="The signed form; its hash is recorded.")
    ] = None,
    preview: PreviewOption = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record one thing one participant asked."""
    from flows.consenting import Said, record_one

    said = Said(
        participant=participant,
        event=event or ("consent" if form else "change"),
        at=at,
        level=level,
        levels=tuple(level_for or ()),
        permissions=tuple(permission or ()),
        organisation=organisation,
        credit=credit,
        form=form,
        reach=reach,
        applies=applies,
        method=method,
        given_by=given_by,
        evidence=evidence,
    )
    result = record_one(open_study(study, user), said, preview=preview)
    if json:
        facts(
            {
                "recorded": result.recorded,
                "already_there": result.skipped,
                "changes": list(result.notes),
                "taken_away": list(result.gone.names),
            }
        )
        return
    say("This would change:" if preview else "Recorded. It changes:")
    for line in result.notes or ("nothing in any session so far",):
        say(f"  {line}")
    say_gone(result.gone)
    if not preview:
        say("Next: chatham run.")


@app.command("show")
def consent_show(
    participant: Participant,
    at: AtOption = None,
    use: Annotated[
        str, typer.Option("--use", metavar="USE", help="analysis, research, practice or recording.")
    ] = "analysis",
    reach: ReachOption = "study",
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """What a participant allows today, or at a time. With the events behind it."""
    from flows.consenting import show

    shown = show(open_study(study, user), participant, at=at, use=use, reach=reach)
    if json:
        facts(shown.facts)
    else:
        for line in shown.sentences:
            say(line)


@app.command("history")
def consent_history(
    participant: Participant, study: StudyOption = None, user: UserOption = None, json: JsonOption = False
) -> None:
    """Everything a participant asked, in order, in sentences."""
    from flows.consenting import history_of

    lines = history_of(open_study(study, user), participant)
    if json:
        facts({"participant": participant, "events": lines})
    else:
        for line in lines or ["This person was never asked."]:
            say(line)


@app.command("export")
def consent_export(
    participant: Annotated[
        str | None, typer.Argument(metavar="[P]", help="One participant's id, such as P07; otherwise everybody.")
    ] = None,
    structure: Annotated[
        str, typer.Option("--as", metavar="STRUCTURE", help="iso27560: the records of ISO/IEC TS 27560.")
    ] = "iso27560",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write them there instead of printing them.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Consent records for other programs, as JSON. Ids and choices stand in it; no names."""
    from flows.exporting import export_consents

    records = export_consents(open_study(study, user), participant, structure, out)
    if out is None:
        typer.echo(records, nl=False)
    elif json:
        facts({"file": str(out)})
    else:
        say(f"Written: {out}")
