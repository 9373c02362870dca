"""``chatham user``: who may use the study, in which role."""

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say, table

if TYPE_CHECKING:
    from vault.keys import UserInfo

app = typer.Typer(help="Who may use the study, in which role.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name: letters, digits, - and _.")]


@app.callback()
def _user() -> None:
    """Who may use the study, in which role."""


@app.command("add")
def user_add(
    name: Name,
    role: Annotated[
        str | None, typer.Option("--role", metavar="ROLE", help="intake, assistant, investigator or ethics.")
    ] = None,
    participant: Annotated[
        str | None,
        typer.Option("--participant", metavar="P", help="The participant who this user is, if they are one."),
    ] = None,
    service: Annotated[
        bool,
        typer.Option(
            "--service", help="A machine that works unattended: it runs, audits and backs up, and chooses nothing."
        ),
    ] = False,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Add a user, or say which participant a user is. A new user gets a passphrase of their own.

    The new passphrase is asked for twice. Without a terminal it comes from CHATHAM_NEW_PASSPHRASE_FILE or
    CHATHAM_NEW_PASSPHRASE.
    """
    from flows.passphrases import passphrase_of_new_user
    from flows.users import add_user

    added = add_user(
        open_study(study, user),
        name,
        role=role,
        participant=participant,
        passphrase=passphrase_of_new_user,
        service=service,
    )
    if json:
        facts(_facts(added))
        return
    say(f"{added.name} is a user of this study ({', '.join(sorted(added.roles))}).")
    if added.service:
        say(f"  {added.name} is no person: it runs and reports, and never records or confirms what somebody chose.")
    if added.participant:
        say(f"  {added.name} is {added.participant}: another user records what {added.participant} chooses.")


@app.command("list")
def user_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Who the users are, and in which roles. Also the key each signs with, and the participant they are."""
    from flows.users import list_users

    users = list_users(open_study(study, user))
    if json:
        facts([_facts(one) for one in users])
    else:
        table([_row(one) for one in users], ["name", "roles", "key", "who"])


@app.command("remove")
def user_remove(name: Name, study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """End a user's access: new keys for what they could open. Nobody else's passphrase changes."""
    from flows.users import CANNOT, remove_user

    left = remove_user(open_study(study, user), name)
    signed = bool(left.roles & {"assistant", "investigator"})
    if json:
        facts({**_facts(left), "removed": True, "new_log_keys": signed})
        return
    say(f"{left.name} is no user of this study any more.")
    for line in CANNOT:
        say(f"  {line}")
    if signed:
        say("The register is signed with new keys from now on. Give consent/ledger.vkey to everybody who checks it.")


def _facts(user: "UserInfo") -> dict[str, object]:
    return {
        "name": user.name,
        "roles": sorted(user.roles),
        "key": user.key_id,
        "participant": user.participant,
        "service": user.service,
    }


def _row(user: "UserInfo") -> dict[str, object]:
    who = "a machine" if user.service else user.participant or ("a person" if user.person else "the printed key")
    return {"name": user.name, "roles": ", ".join(sorted(user.roles)), "key": user.key_id, "who": who}
