"""``chatham keys``: the printed recovery key, and the keyring of this machine."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, acting, facts, open_study, passphrase_of, say
from flows.cli.options import study_folder as folder_of

app = typer.Typer(
    help="The printed recovery key, and the keyring of this machine.", no_args_is_help=True, rich_markup_mode=None
)

OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="PAGE", help="A page to print, PAGE.pdf or PAGE.html; otherwise it is shown here."),
]


@app.callback()
def _keys() -> None:
    """The printed recovery key, and the keyring of this machine."""


@app.command("recovery")
def keys_recovery(
    out: OutOption = None, study: StudyOption = None, user: UserOption = None, json: JsonOption = False
) -> None:
    """Make the recovery key, which is kept on paper. It lets somebody in again whose passphrase is lost.

    A new one takes the place of the one before.
    """
    from flows.recovery import make_recovery
    from flows.reports.recovery_page import grouped

    made = make_recovery(open_study(study, user), out)
    if json:
        shown = {"key": made.text} if out is None else {"page": str(out)}
        facts({"user": "recovery", "key_id": made.key_id, "public": made.recipient, "replaced": made.replaced, **shown})
        return
    if out is None:
        say("The recovery key of this study. It is shown once: write it down, by hand or on a printer of your own.")
        say(f"\n{grouped(made.text)}\n\nThe same in one line:\n{made.text}\n")
    else:
        say("The recovery key of this study is on that page. Print it, then delete the file.")
    say("The investigator or the ethics office keeps it on paper, in another building than the study's files.")
    say(f"Try it today: chatham user list --user recovery (its line must show {made.key_id}).")
    if made.replaced:
        say("The earlier page opens nothing new, but still backups of its time: destroy it when they are destroyed.")
        say("The register is signed with new keys from now on. Give consent/ledger.vkey to everybody who checks it.")


@app.command("remember")
def keys_remember(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Keep your passphrase in the keyring of this machine. It opens with your login and spares you the typing."""
    from flows.remembering import remember
    from flows.settings import read_config
    from flows.study import Study

    folder = folder_of(study)
    read_config(folder)  # a wrong folder is told before a passphrase is asked for
    passphrase = passphrase_of(folder, acting(user))
    opened = Study.open(folder, user=acting(user), passphrase=passphrase)
    keeper = remember(folder / "keys", opened.keyring.user, passphrase)
    if json:
        facts({"user": opened.keyring.user, "kept_by": keeper})
        return
    say(f"The passphrase of {opened.keyring.user} is kept by {keeper}. Whoever is logged in as you can use it.")
    say("Write it down as well: a keyring is lost with its machine.")


@app.command("forget")
def keys_forget(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Take your passphrase out of the keyring of this machine."""
    from flows.remembering import forget

    opened = open_study(study, user)
    forgotten = forget(opened.folder / "keys", opened.keyring.user)
    if json:
        facts({"user": opened.keyring.user, "forgotten": forgotten})
    elif forgotten:
        say(f"The passphrase of {opened.keyring.user} is not kept by this machine any more.")
    else:
        say(f"This machine kept no passphrase of {opened.keyring.user}.")
