"""Options every command shares, and how a command opens its study and prints facts."""

import json
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from flows.progress import Progress
    from flows.study import Study

StudyOption = Annotated[
    Path | None,
    typer.Option("--study", metavar="DIR", help="The study folder; otherwise CHATHAM_STUDY, otherwise this folder."),
]
UserOption = Annotated[
    str | None,
    typer.Option("--user", metavar="NAME", help="Who is acting; otherwise CHATHAM_USER, otherwise the only user."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print facts as JSON.")]
NamesModelOption = Annotated[
    list[str] | None,
    typer.Option("--names-model", metavar="MODEL", help="A spaCy package or folder, or a GLiNER folder. Repeatable."),
]
PreviewOption = Annotated[bool, typer.Option("--preview", help="Say what would happen; record nothing.")]

root: dict[str, Any] = {"study": None, "user": None, "context": None}
"""``--study`` and ``--user`` as given before the command's name, and the context that ends with the command."""


def study_folder(study: Path | None) -> Path:
    """The study folder that a command means."""
    return Path(study or root["study"] or os.environ.get("CHATHAM_STUDY") or ".").absolute()


def open_study(study: Path | None, user: str | None) -> "Study":
    """Open the study that a command means, as the acting user. When the command ends, a checkpoint is published."""
    from flows.settings import read_config
    from flows.study import Study

    folder = study_folder(study)
    read_config(folder)  # a wrong folder is told before a passphrase is asked for
    opened = Study.open(folder, user=acting(user), passphrase=passphrase_of(folder, acting(user)))
    publish_at_end(opened)
    return opened


def publish_at_end(study: "Study") -> None:
    """Publish a checkpoint when the command ends, where it recorded something."""
    if root["context"] is not None:
        root["context"].call_on_close(lambda: _publish(study))


def acting(user: str | None) -> str | None:
    """Who acts, as it was said after the command, before it or in the environment; None: nobody said."""
    return user or root["user"] or os.environ.get("CHATHAM_USER") or None


def passphrase_of(folder: Path, user: str | None) -> str:
    """The acting user's passphrase, from wherever it comes."""
    from flows.passphrases import take_passphrase

    def recalled() -> str | None:
        from flows.remembering import recall

        return recall(folder / "keys", user)

    return take_passphrase(recall=recalled)


def _publish(study: "Study") -> None:
    """Publish what a command recorded, also one that failed. What goes wrong here is said and hides nothing."""
    from schemas.errors import ChathamError

    try:
        if study.behind is not None:
            typer.echo(f"chatham: entries of the consent register are missing: {study.behind}.", err=True)
            typer.echo("  Nothing is recorded or made until chatham ledger continue settles it.", err=True)
        elif study.unpublished:
            study.publish()
    except (ChathamError, OSError) as error:
        why = error.message if isinstance(error, ChathamError) else type(error).__name__
        typer.echo(f"chatham: the register's checkpoint was not published: {why}", err=True)
        typer.echo("  What was recorded stands; the next command tries again.", err=True)


def progress(*, quiet: bool = False) -> "Progress":
    """Progress on standard error, so that standard output holds facts alone."""
    from flows.progress import Progress

    return Progress(quiet=quiet)


def say(text: str = "") -> None:
    """One line on standard output."""
    typer.echo(text)


def facts(value: Any) -> None:
    """Facts as JSON on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def table(rows: list[dict[str, Any]], columns: list[str]) -> None:
    """Rows as aligned text, a header first; numbers stand to the right."""
    cells = [[str(row[column]) for column in columns] for row in rows]
    widths = [max(len(column), *(len(line[i]) for line in cells)) for i, column in enumerate(columns)]
    for line, texts in enumerate([columns, *cells]):
        aligned = [
            text.rjust(width) if line and isinstance(rows[line - 1][column], int) else text.ljust(width)
            for text, width, column in zip(texts, widths, columns, strict=True)
        ]
        say("  ".join(aligned).rstrip())
