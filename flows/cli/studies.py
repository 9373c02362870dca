"""``chatham init``, ``demo`` and ``doctor``: a study as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, progress, say, study_folder


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet.")],
    title: Annotated[str, typer.Option("--title", help="The study's title.")],
    approval: Annotated[str, typer.Option("--board-approval", help="The ethics board's approval number.")],
    language: Annotated[str, typer.Option("--language", help="The main language spoken.")] = "en",
    user: Annotated[str, typer.Option("--user", help="The first user's name; an investigator.")] = "pi",
) -> None:
    """Make a new study: keys for its first user, an empty consent register, an empty locked store, settings."""
    from flows.passphrases import new_passphrase
    from flows.study import Study

    study = Study.create(
        folder.absolute(),
        title=title,
        approval=approval,
        language=language,
        user=user,
        passphrase=new_passphrase(),
    )
    say(f"The study is made; {study.keyring.user} is its first user (investigator).")
    say("Keep the passphrase safe: without it, or another user of that role, everything in the study is lost for good.")
    say("Next: chatham roster import, chatham form add, chatham consent import, chatham session add, chatham run.")


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="A folder that is not there yet.")] = Path(
        "chatham-demo"
    ),
) -> None:
    """Make a made-up study of three sessions, run everything on it, and say what to open next."""
    from flows.demo import run_demo

    run_demo(folder.absolute(), progress())


def doctor(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """What is installed, which models are found, how the study stands, and what is due."""
    from flows.doctor import examine

    folder = study_folder(study)
    findings = examine(folder, lambda: open_study(study, user))
    if json:
        facts([finding.__dict__ for finding in findings])
        return
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        say(f"{'ok  ' if finding.ok else 'look'}  {finding.what.ljust(width)}  {finding.state}")
