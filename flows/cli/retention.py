"""``chatham retention``: what has to go, and when; and its end."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, progress, say, table
from flows.cli.withdrawals import destroyed_facts, say_destroyed

if TYPE_CHECKING:
    from flows.retention import Item


def retention(
    dispose: Annotated[
        bool, typer.Option("--dispose", help="Destroy what is due and lacks nothing; an investigator may.")
    ] = False,
    discard: Annotated[
        list[str] | None,
        typer.Option("--discard", metavar="SESSION", help="Let a session that cannot be run go whole (repeatable)."),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """What has to go, and when. With --dispose, what is due is destroyed, each with a certificate.

    Withdrawn words, speech of people who were never asked, and what a form's own date ends.
    """
    from flows.destroying import unfinished_jobs
    from flows.discarding import discard_session
    from flows.retention import dispose as carry_out
    from flows.retention import open_ended, what_is_due
    from flows.roles import require
    from flows.settings import utc_now

    opened = open_study(study, user)
    require(opened, "retention")
    gone = [discard_session(opened, one, progress(quiet=json)) for one in discard or ()]
    done, failure = carry_out(opened, progress(quiet=json)) if dispose else ([], None)
    items, now, begun = what_is_due(opened), utc_now(), len(unfinished_jobs(opened))
    rows = [_item_facts(item, due=item.due(now)) for item in items]
    if json:
        told = [destroyed_facts(one) for one in (*gone, *done)]
        facts({"items": rows, "begun": begun, "destroyed": told, "no_date": open_ended(opened)})
    else:
        for destroyed in (*gone, *done):
            say_destroyed(destroyed)
        _say_due(rows, begun, open_ended(opened), disposed=dispose)
    if failure is not None:
        raise failure


def _say_due(rows: list[dict[str, Any]], begun: int, no_date: list[str], *, disposed: bool) -> None:
    if rows:
        table([{**row, "on": f"{row['on']:%Y-%m-%d}"} for row in rows], ["what", "whose", "where", "on", "state"])
    elif not begun:
        say("Nothing waits to be destroyed.")
    if begun:
        say("A destruction was begun and is not ended.")
    for version in no_date:
        say(f"Form {version} gives no date that can be counted: look yourself how long it lets words be kept.")
    if not disposed and (begun or any(row["state"] == "due" for row in rows)):
        say("Next: chatham retention --dispose")


_WHAT = {
    "withdrawal": "withdrawn words",
    "never_asked": "speech of somebody never asked",
    "unknown_voices": "speech of unknown voices",
    "form": "words past their form's date",
    "form_sound": "voice past its form's date",
    "ask": "words of somebody to ask",
}


def _item_facts(item: "Item", *, due: bool) -> dict[str, Any]:
    state = item.missing or ("due" if due else "waits")
    if due and item.missing:
        state = f"due; {item.missing}"
    return {
        "what": _WHAT[item.what],
        "whose": item.participant or "nobody knows",
        "where": item.where,
        "on": item.on,
        "due": due,
        "state": state,
    }
