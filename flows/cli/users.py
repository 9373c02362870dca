"""``chatham user``: who may use the study, in which role."""

from typing import Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say, table

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
        open_study(study, user), name, role=role, participant=participant, passphrase=passphrase_of_new_user
    )
    if json:
        facts(_facts(added.name, added.roles, added.key_id, added.participant))
        return
    say(f"{added.name} is a user of this study ({', '.join(sorted(added.roles))}).")
    if added.participant:
        say(f"  {added.name} is {added.participant}: another user records what {added.participant} chooses.")


@app.command("list")
def user_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Who the users are, and in which roles. Also the key each signs with, and the participant they are."""
    from flows.users import list_users

    rows = [_facts(one.name, one.roles, one.key_id, one.participant) for one in list_users(open_study(study, user))]
    if json:
        facts(rows)
    else:
        shown = [
            {**row, "roles": ", ".join(row["roles"]), "participant": row["participant"] or "-"}  # type: ignore[arg-type]
            for row in rows
        ]
        table(shown, ["name", "roles", "key", "participant"])


@app.command("remove")
def user_remove(name: Name, study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """End a user's access: new keys for what they could open. Nobody else's passphrase changes."""
    from flows.users import CANNOT, remove_user

    left = remove_user(open_study(study, user), name)
    signed = bool(left.roles & {"assistant", "investigator"})
    if json:
        facts({**_facts(left.name, left.roles, left.key_id, left.participant), "removed": True, "new_log_keys": signed})
        return
    say(f"{left.name} is no user of this study any more.")
    for line in CANNOT:
        say(f"  {line}")
    if signed:
        say("The register is signed with new keys from now on. Give consent/ledger.vkey to everybody who checks it.")


def _facts(name: str, roles: frozenset[str], key: str, participant: str | None) -> dict[str, object]:
    return {"name": name, "roles": sorted(roles), "key": key, "participant": participant}
