"""``chatham session``, ``chatham passage`` and ``chatham run``: from a recording to the data set."""

from pathlib import Path
from typing import Annotated, cast

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, progress, say, table

session = typer.Typer(help="Sessions and their recordings.", no_args_is_help=True, rich_markup_mode=None)
passage = typer.Typer(help="Parts of a session that somebody spoke of.", no_args_is_help=True, rich_markup_mode=None)


@session.callback()
def _session() -> None:
    """Sessions and their recordings."""


@passage.callback()
def _passage() -> None:
    """Parts of a session that somebody spoke of."""


@session.command("add")
def session_add(
    session_id: Annotated[str, typer.Argument(metavar="ID", help="A short id that names nobody, such as S1.")],
    start: Annotated[str, typer.Option("--start", metavar="TIME", help="2026-03-04T09:00-08:00, or a date alone.")],
    cycle: Annotated[str | None, typer.Option("--cycle", metavar="N", help="The cycle of inquiry, such as 1.")] = None,
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="Spoken language (en, fr, ...); 'mul' for several.")
    ] = None,
    rule: Annotated[
        str, typer.Option("--rule", metavar="RULE", help="open, chatham_house or off_the_record.")
    ] = "open",
    recording: Annotated[
        list[Path] | None,
        typer.Option("--recording", metavar="FILE", help="A file, or a folder with one file per participant."),
    ] = None,
    transcript: Annotated[
        Path | None,
        typer.Option("--transcript", metavar="FILE", help="A transcript with names, or speaker times (RTTM)."),
    ] = None,
    speakers: Annotated[
        Path | None, typer.Option("--speakers", metavar="FILE", help="A table: voice, participant (who is who).")
    ] = None,
    standing: Annotated[
        list[str] | None, typer.Option("--standing", metavar="P=STANDING", help="P07=host and the like (repeatable).")
    ] = None,
    public: Annotated[
        list[str] | None, typer.Option("--public", metavar="URL", help="Where it is public (repeatable).")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Take in a session: its recording, its transcript, or both. Only the sound of a recording is kept, encrypted."""
    from flows.intake import NewSession, add_session

    new = NewSession(
        session=session_id,
        start=start,
        cycle=cycle,
        language=language,
        rule=rule,
        recordings=tuple(recording or ()),
        transcript=transcript,
        speakers=speakers,
        standings=tuple(standing or ()),
        public=tuple(public or ()),
    )
    added = add_session(open_study(study, user), new, progress(quiet=json))
    if json:
        facts({"session": added.session, "held_on": added.day, "rule": added.rule})
    elif added.rule == "off_the_record":
        say(f"{added.session} was off the record: it stands in the consent register, and no file was taken in.")
    else:
        say(f"{added.session} is taken in. Next: chatham run. Then delete the original files, cloud copies included.")


@passage.command("mark")
def passage_mark(
    session_id: Annotated[str, typer.Argument(metavar="SESSION", help="The session's id.")],
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help="Start, minutes:seconds.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="End, minutes:seconds.")],
    mark: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="MARK",
            help="off_the_record, not_mine, role_play, for_organisation, joint:P01,P02, reports:P07, community:NAME.",
        ),
    ],
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Record what somebody said of a part of a session. Prints the passage's id."""
    from flows.people import mark_passage

    marked = mark_passage(open_study(study, user), session_id, begin, end, mark)
    if json:
        facts({"passage": marked.passage, "session": marked.session, "from_s": marked.start_s, "to_s": marked.end_s})
    else:
        say(f"Passage {marked.passage} of {marked.session} is marked. Next: chatham run.")


def run(
    sessions: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Sessions; all where none.")] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Build research.duckdb from what each person allows today.

    Transcribes, attributes, decides, de-identifies, checks and builds; what is done already is used again. It can be
    stopped and run again at any time.
    """
    from flows.run import first_failure, run_study

    opened = open_study(study, user)
    rows, worker = run_study(opened, sessions or [], progress())
    if json:
        facts(rows)
    elif rows:
        table(rows, ["session", "speakers", "utterances", "withheld", "redactions", "leaks", "reused"])
        if opened.research.is_file():
            say(f"The data set: {opened.research}")
        else:
            say("A withdrawal took the data set away again while this run ended. Run once more to build it without.")
        _say_doubts(rows)
    else:
        say("No session was published: add one with chatham session add.")
    failure = first_failure(worker)
    if failure is not None:
        raise failure


def _say_doubts(rows: list[dict[str, object]]) -> None:
    doubtful = sum(int(str(row["doubtful"])) for row in rows)
    if doubtful:
        say(f"{doubtful} doubtful names were masked; they stay masked until somebody looks at them.")
    notes = [f"{row['session']}: {note}" for row in rows for note in cast(list[str], row["notes"])]
    for note in notes:
        say(note)
    if any("nobody's yet" in note for note in notes):
        say("  Their words are withheld. Add the display name as an alias in the roster and import it again, then run.")
