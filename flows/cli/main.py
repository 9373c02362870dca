"""The ``chatham`` command. Commands import their rooms when they run, so that help is quick."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli import (
    audit,
    backup,
    coding,
    evaluate,
    incidents,
    keys,
    ledger,
    options,
    outputs,
    people,
    releases,
    retention,
    sessions,
    studies,
    tools,
    users,
    withdrawals,
)

INTERRUPTED = 130
"""What a shell says of a command that was stopped with Ctrl-C; typer exits with it by itself."""

app = typer.Typer(
    name="chatham",
    help="Turns recordings of a community of practice into de-identified material, each word used only as the person "
    "who said it allows today.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root(
    context: typer.Context,
    study: Annotated[
        Path | None, typer.Option("--study", metavar="DIR", help="The study folder, for any command.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="NAME", help="Who is acting, for any command.")] = None,
) -> None:
    options.root.update(study=study, user=user, context=context)


app.command("init")(studies.init)
app.command("demo")(studies.demo)
app.command("doctor")(studies.doctor)
app.add_typer(users.app, name="user")
app.add_typer(keys.app, name="keys")
app.add_typer(people.roster, name="roster")
app.add_typer(people.form, name="form")
app.add_typer(withdrawals.app, name="consent")
app.add_typer(sessions.session, name="session")
app.add_typer(sessions.passage, name="passage")
app.add_typer(ledger.app, name="ledger")
app.add_typer(incidents.app, name="incident")
app.add_typer(releases.app, name="release")
app.add_typer(outputs.app, name="output")
app.add_typer(coding.app, name="coding")
app.command("run")(sessions.run)
app.command("evaluate")(evaluate.evaluate)
app.command("retention")(retention.retention)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("audit")(audit.audit)
app.command("transcribe")(tools.transcribe)
app.command("deidentify")(tools.deidentify)


def main() -> None:
    """Run the command line; every failure ends in one line that says what is wrong and one that says what to do."""
    import os

    os.umask(0o077)
    try:
        app(standalone_mode=True)
    except BaseException as error:  # noqa: BLE001 - the outermost door: nothing may leave it as a stack trace
        sys.exit(_explain(error))


def _explain(error: BaseException) -> int:
    """Print an error as two lines without a stack trace and without anybody's words; gives the exit code."""
    import errno

    from schemas.errors import BadInput, ChathamError, DiskFull

    if isinstance(error, KeyboardInterrupt) or (isinstance(error, SystemExit) and error.code == INTERRUPTED):
        return _print("stopped; what was finished is kept", "Run the same command again to go on.", INTERRUPTED)
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, ChathamError):
        return _print(error.message, error.hint, error.exit_code)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        return _print("the disk is full", "Make room and run the same command again.", DiskFull.exit_code)
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return _print(
            f"a file or folder may not be read or written by you (in {_place(error)})",
            "Change who may use it, or name another.",
            BadInput.exit_code,
        )
    return _print(
        f"something went wrong inside Chatham: {type(error).__name__} in {_place(error)}",
        "Run it again; if it happens again, send this line to the maintainers. Nothing was half-recorded.",
        1,
    )


def _print(message: str, hint: str, code: int) -> int:
    typer.echo(f"chatham: {message}", err=True)
    typer.echo(f"  {hint}", err=True)
    return code


def _place(error: BaseException) -> str:
    """Module and line of the innermost frame of our own; neither holds anybody's words."""
    import traceback

    root = str(Path(__file__).resolve().parents[2])
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(root)]
    own = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{Path(own[-1].filename).stem} line {own[-1].lineno}" if own else "an unknown place"


if __name__ == "__main__":
    main()
