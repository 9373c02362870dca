"""``chatham session``, ``chatham passage`` and ``chatham run``: from a recording to the data set."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, progress, say, table

if TYPE_CHECKING:
    from flows.originals import Deletion

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
    delete_originals: Annotated[
        bool | None,
        typer.Option(
            "--delete-originals/--keep-originals",
            help="Delete the files that were taken in, once they are safely stored; otherwise you are asked.",
        ),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Take in a session: its recording, its transcript, or both. Only the sound of a recording is kept, encrypted."""
    from flows.intake import NewSession, take_in
    from flows.originals import Deletion
    from flows.originals import delete_originals as delete

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
    opened = open_study(study, user)
    taken = take_in(opened, new, progress(quiet=json))
    added, originals = taken.session, taken.originals
    wanted = bool(originals) and _delete_now(delete_originals, len(originals))
    gone = delete(opened, added.session, originals) if wanted else Deletion(0)
    if json:
        counts = {"files": len(originals), "deleted": gone.deleted, "left": list(gone.left), "beside": taken.beside}
        facts({"session": added.session, "held_on": added.day, "rule": added.rule, "originals": counts})
    elif added.rule == "off_the_record":
        say(f"{added.session} was off the record: it stands in the consent register, and no file was taken in.")
    else:
        say(f"{added.session} is taken in, and was read back and compared. Next: chatham run.")
        _say_originals(added.session, len(originals), gone, taken.beside)


def _delete_now(choice: bool | None, files: int) -> bool:
    """Whether to delete the originals: as told, else as answered at a terminal, else not."""
    if choice is not None or not sys.stdin.isatty():
        return bool(choice)
    typer.echo("Everything is stored, encrypted. Of a video, only the sound is kept.", err=True)
    return typer.confirm(f"Delete the {_files(files)} now?", default=False, err=True)


def _say_originals(session_id: str, files: int, gone: "Deletion", beside: int) -> None:
    if gone.deleted:
        say(f"Deleted: {gone.deleted} of {_files(files)}.")
    for why in gone.left:
        say(f"  Not deleted: {why}.")
    if gone.deleted < files:
        say(f"Still there: {_files(files - gone.deleted)}. When you have deleted them, say so:")
        say(f"  chatham session originals {session_id} --deleted all")
    if beside:
        say(f"Also in the folders you named, and not taken in (a video, a chat?): {beside}. Delete them yourself.")
    say(f"Copies in a cloud: chatham session originals {session_id} --cloud none (or deleted)")


def _files(number: int) -> str:
    return f"{number} original {'file' if number == 1 else 'files'}"


@session.command("originals")
def session_originals(
    session_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The session; otherwise all that are not confirmed deleted.")
    ] = None,
    deleted: Annotated[
        str | None, typer.Option("--deleted", metavar="N", help="How many of its files are deleted by now, or all.")
    ] = None,
    cloud: Annotated[
        str | None,
        typer.Option("--cloud", metavar="STATE", help="none: there was no copy in a cloud. deleted: it is gone."),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Which original files are not confirmed deleted. With --deleted or --cloud, confirm that they are."""
    from flows.originals import confirm_originals, show_originals
    from schemas.errors import UsageError

    if session_id is None and (deleted or cloud):
        raise UsageError("it is not said which session's originals", hint="Write its id after the command.")
    opened = open_study(study, user)
    if session_id is not None and (deleted or cloud):
        known = [confirm_originals(opened, session_id, deleted=deleted, cloud=cloud)]
    else:
        known = show_originals(opened, session_id)
    if json:
        facts([one.__dict__ for one in known])
        return
    for one in known:
        say(f"{one.session}: {one.deleted} of {one.files} files deleted; copies in a cloud: {one.cloud}")
    if not known:
        say("Every original is confirmed deleted, cloud copies included.")


@session.command("show")
def session_show(
    session_id: Annotated[str, typer.Argument(metavar="ID", help="The session's id.")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why you need it, in one line; it is recorded.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the words to a .vtt, .txt or .json file.")
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option(
            "--recordings", metavar="DIR", help="Write the recordings to a new folder; words only with --out."
        ),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Who said what in a session, by name. That you looked, and why, is recorded.

    Only what everybody in it allows today: nothing of people who withdrew, and little of people who were not asked. A
    recording is silent wherever they speak.
    """
    from flows.access import checked_reason, open_recordings, open_words
    from flows.own_files import check_file, check_folder, lines_of, write_recordings, write_turns

    opened = open_study(study, user)
    checked_reason(reason)
    if out is not None:
        check_file(out, opened.folder)
    if recordings is not None:
        check_folder(recordings, opened.folder)
    turns = open_words(opened, session_id, reason) if out or not recordings else []
    if out is not None:
        write_turns(turns, out)
    heard = open_recordings(opened, session_id, reason) if recordings else []
    files = write_recordings(heard, recordings, session_id) if recordings else []
    written = [str(file) for file in (out, *files) if file]
    if json:
        shut = [one.track for one in heard if one.quiet is None]
        shown = [] if out else [turn.__dict__ for turn in turns]
        facts({"session": session_id, "turns": shown, "files": written, "not_handed_out": shut})
        return
    for line in [] if out else lines_of(turns):
        say(line)
    for file in written:
        say(f"Written: {file}")
    for one in heard:
        if one.quiet is None:
            say(f"Not written: recording {one.track[1:]}, the voice of somebody who does not allow it.")
    if written:
        say("Whoever opens these files reads or hears people. Delete them when you are done.")


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
    from flows.run import first_failure, run_study, unreviewed

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
        if hidden := unreviewed(opened):
            places = f"{hidden} places join" if hidden > 1 else "1 place joins"
            say(f"{places} two labels of one person, it seems; hidden until somebody looks: chatham release bridges.")
    else:
        say("No session was published: add one with chatham session add.")
    failure = first_failure(worker)
    if failure is not None:
        raise failure


def _say_doubts(rows: list[dict[str, object]]) -> None:
    from flows.run import DISCRETION

    doubtful = sum(int(str(row["doubtful"])) for row in rows)
    if doubtful:
        say(f"{doubtful} doubtful names were masked; they stay masked until somebody looks at them.")
    notes = [f"{row['session']}: {note}" for row in rows for note in cast(list[str], row["notes"])]
    asked = [note for note in notes if DISCRETION in note]
    for note in (note for note in notes if note not in asked):
        say(note)
    if any("nobody's yet" in note for note in notes):
        say("  Their words are withheld. Add the display name as an alias in the roster and import it again, then run.")
    for note in asked:
        say(note)
    if asked:
        say("  Nothing was hidden for it. Read what is meant, and mark it if it may not be used: chatham passage mark.")
