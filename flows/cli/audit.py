"""``chatham audit``: the ethics board's report."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say


def audit(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where to put it; otherwise audit-DATE in the current folder."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First day of the renewal page's period.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Last day of it; otherwise the last twelve months.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Make the ethics board's report. Sixteen questions, the renewal page, and a page that checks without a network."""
    from flows.audit.report import default_folder, make, write
    from flows.settings import utc_now
    from schemas.errors import CheckFailed
    from schemas.recording import local_day

    first, last = _day(start, "--from"), _day(end, "--to")
    opened = open_study(study, user)
    made = make(opened, utc_now(), first, last)
    folder = (out or default_folder(opened, local_day(made.facts.now, made.facts.zone))).absolute()
    written = write(made, folder)
    if json:
        facts({**made.as_json(), "files": [str(path) for path in written]})
    else:
        for name, answer in made.answers.items():
            say(f"{int(name[1:]):2}  {answer.verdict.upper():14}  {answer.question}")
            say(f"    {answer.answer}")
        say(f"The report: {folder}")
    if made.failed:
        numbers = ", ".join(str(int(name[1:])) for name in made.failed)
        raise CheckFailed(
            f"the report was made, and its answer to question {numbers} is no", hint="Read these sections first."
        )


def _day(text: str | None, option: str) -> date | None:
    from schemas.errors import UsageError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} is no date", hint="Write it like 2026-03-04.") from None
