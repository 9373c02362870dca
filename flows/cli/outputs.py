"""``chatham output``: what was published or shown, and whether it was taken down."""

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say

if TYPE_CHECKING:
    from flows.sending import Output, Task

app = typer.Typer(help="What was published or shown, and taking it back.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _output() -> None:
    """What was published or shown, and taking it back. The list says what is still to be done, and by when."""


@app.command("add")
def output_add(
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Its title.")],
    medium: Annotated[str, typer.Option("--medium", metavar="WHAT", help="paper, post, recording, talk or other.")],
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where it stands.")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="WHO", help="Who can take it down; otherwise the acting user.")
    ] = None,
    participant: Annotated[
        list[str] | None, typer.Option("--participant", metavar="P", help="Who is quoted or named in it (repeatable).")
    ] = None,
    release: Annotated[
        list[str] | None, typer.Option("--release", metavar="NAME", help="A data set it rests on (repeatable).")
    ] = None,
    published: Annotated[
        str | None, typer.Option("--published", metavar="DAY", help="The day it came out; otherwise today.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record something that was published or shown. Prints its id."""
    from flows.handing_on import NewOutput, add_output

    new = NewOutput(title, medium, url, owner, participant or (), release or (), published)
    made = add_output(open_study(study, user), new)
    if json:
        facts({"output": made})
    else:
        say(f"Recorded as output {made}.")


@app.command("list")
def output_list(study: StudyOption = None, user: UserOption = None, json: JsonOption = False) -> None:
    """Every output, and what is still to be taken back. For whom, by whom, and by when."""
    from flows.handing_on import list_outputs, open_tasks

    opened = open_study(study, user)
    found, waiting = list_outputs(opened), open_tasks(opened)
    if json:
        facts({"outputs": [_facts(one) for one in found], "tasks": [_task_facts(one) for one in waiting]})
        return
    for one in found:
        say(f"{one.id}  {one.medium}: {one.title} ({one.published_on}); owner: {one.owner}; {_taken_down(one)}")
    for task in waiting:
        say(told(task))
    if not found:
        say("No output is recorded yet. Next: chatham output add.")


@app.command("done")
def output_done(
    output_id: Annotated[str, typer.Argument(metavar="ID", help="The output's id, as the list has it.")],
    result: Annotated[str, typer.Option("--result", metavar="WHAT", help="removed, edited or cannot.")],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What was done, in one line.")] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record what became of an output. It stands on the certificate of whoever withdrew."""
    from flows.handing_on import end_output

    done = end_output(open_study(study, user), output_id, result, note)
    if json:
        facts(_facts(done))
    else:
        say(f"Output {done.id}: {_taken_down(done)}. Recorded.")


RESULTS = {"removed": "taken down", "edited": "edited", "cannot": "cannot be taken down"}


def told(task: "Task") -> str:
    """A task in one line."""
    from flows.sending import task_words

    return f"{'LATE' if task.late else 'open'}  {task_words(task)}, by {task.due:%Y-%m-%d}"


def _taken_down(one: "Output") -> str:
    if one.take_down is None:
        return "stands"
    return f"{RESULTS.get(one.take_down.result, one.take_down.result)} on {one.take_down.at:%Y-%m-%d}"


def _facts(one: "Output") -> dict[str, object]:
    return {
        "output": one.id,
        "medium": one.medium,
        "title": one.title,
        "url": one.url,
        "owner": one.owner,
        "participants": list(one.participants),
        "releases": list(one.releases),
        "published_on": one.published_on,
        "take_down": None if one.take_down is None else {"result": one.take_down.result, "at": one.take_down.at},
    }


def _task_facts(task: "Task") -> dict[str, object]:
    return {
        "kind": task.kind,
        "what": task.what,
        "id": task.id,
        "owner": task.owner,
        "due": task.due,
        "late": task.late,
        "participant": task.participant,
    }
