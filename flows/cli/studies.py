"""``chatham init``, ``demo`` and ``doctor``: a study as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import (
    JsonOption,
    NamesModelOption,
    StudyOption,
    UserOption,
    facts,
    open_study,
    progress,
    say,
    study_folder,
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="The study's title.")],
    approval: Annotated[
        str, typer.Option("--board-approval", metavar="NO", help="The ethics board's approval number.")
    ],
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="The main language spoken: en, fr, ...")
    ] = "en",
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="The first user's name; an investigator.")] = "pi",
    json: JsonOption = False,
) -> None:
    """Make a new study. It holds its first user's keys, an empty consent register, an empty locked store, settings."""
    from flows.passphrases import new_passphrase
    from flows.study import Study, require_new

    require_new(folder.absolute())  # told before a passphrase is asked for
    study = Study.create(
        folder.absolute(),
        title=title,
        approval=approval,
        language=language,
        user=user,
        passphrase=new_passphrase(),
    )
    if json:
        facts({"study": str(study.folder), "user": study.keyring.user, "roles": sorted(study.keyring.roles)})
        return
    say(f"The study is made; {study.keyring.user} is its first user (investigator).")
    say("A lost passphrase is final, unless there is another investigator or the printed recovery key. Make it now:")
    say("  chatham keys recovery --out recovery.pdf")
    say("Next: chatham roster import, chatham form add, chatham consent import, chatham session add, chatham run.")


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")] = Path(
        "chatham-demo"
    ),
) -> None:
    """Make a made-up study and run everything on it. Three sessions; at the end it says what to open next."""
    from flows.demo import run_demo

    run_demo(folder.absolute(), progress())


def doctor(
    names_model: NamesModelOption = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """What is installed, how the study stands, and what is due. Also which models are found."""
    from flows.doctor import examine

    folder = study_folder(study)
    findings = examine(folder, lambda: open_study(study, user), names_model or ())
    if json:
        facts([finding.__dict__ for finding in findings])
        return
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        say(f"{'ok  ' if finding.ok else 'look'}  {finding.what.ljust(width)}  {finding.state}")
