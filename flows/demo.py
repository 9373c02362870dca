"""``chatham demo``: a made-up study, from the consent sheet to the data set, through the same doors as a real one."""

import os
import tomllib
from pathlib import Path
from typing import Any

from flows.cli.options import say, table
from flows.coding.importing import import_codings
from flows.consenting import import_sheet
from flows.forms import add_form
from flows.intake import NewSession, add_session
from flows.passphrases import VARIABLE, remember_passphrase, take_passphrase
from flows.people import import_roster, mark_passage
from flows.progress import Progress
from flows.run import Row, first_failure, run_study
from flows.sheets import read_sheet
from flows.study import Study, require_new
from flows.withdrawal import stop_use, withdrawal_event
from schemas.consent import Reach
from schemas.errors import MissingTool

PASSPHRASE = "chatham-demo"  # noqa: S105 - printed, and of a made-up study
MATERIAL = Path(__file__).resolve().parent.parent / "examples" / "demo"


def run_demo(folder: Path, progress: Progress) -> None:
    """Make the demo study in ``folder``, run it, let somebody withdraw, run it again, and say what to open next.

    Raises:
        MissingTool: the demo's recordings are not beside the code (an installation that is no checkout).
    """
    require_new(folder)
    plan = _plan()
    passphrase = _passphrase()
    say(f"Making a made-up study in {folder}")
    study = Study.create(
        folder,
        title=plan["title"],
        approval=plan["approval"],
        language=plan["language"],
        user=plan["user"],
        passphrase=passphrase,
        timezone=plan["timezone"],
        host_organisations=tuple(plan["policy"]["host_organisations"]),
    )
    _record_people(study, plan)
    _take_in_sessions(study, plan, progress)
    say("Listening, telling who said what, finding names, and keeping only what each person allows ...")
    _show(_run(study, progress))
    _code(study, [MATERIAL / name for name in plan["coding"]], progress)
    _withdraw(study, MATERIAL / plan["later"])
    say("Somebody withdraws: use stopped at once (1 entry recorded, the data set taken away).")
    say("Building the data set again without them; only the sessions they are in are done again ...")
    rows = _run(study, progress)
    _show(rows)
    study.publish()
    _next_steps(study, passphrase)


def _code(study: Study, files: list[Path], progress: Progress) -> None:
    """Bring in what two made-up people coded."""
    taken = [import_codings(study, file, progress).taken for file in files]
    codes, coders, codings = (sum(getattr(one, of) for one in taken) for of in ("codes", "coders", "codings"))
    say(f"Coding comes in: {codes} codes, {codings} codings by {coders} people.")


def _withdraw(study: Study, sheet: Path) -> None:
    """Record the sheet's withdrawal as asked just now, because whoever is asked stops use the same minute."""
    [(_, row)] = read_sheet(sheet, required=("participant", "data"))
    days = study.config.destroy_after_days
    stop_use(
        study,
        withdrawal_event(
            study, row["participant"], data=row["data"], reach=Reach(), days=days, at=None, method=row["method"]
        ),
    )


def _plan() -> dict[str, Any]:
    path = MATERIAL / "study.toml"
    if not path.is_file():
        raise MissingTool(
            "the demo's recordings are not here",
            hint="Run the demo from a checkout of Chatham, not from a bare install.",
        )
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _passphrase() -> str:
    if VARIABLE in os.environ:
        return take_passphrase()
    remember_passphrase(PASSPHRASE)
    return PASSPHRASE


def _record_people(study: Study, plan: dict[str, Any]) -> None:
    for form in plan["forms"]:
        approvals = (form["approval"],)
        add_form(
            study, MATERIAL / form["file"], version=form["version"], language=form["language"], approvals=approvals
        )
    say(f"{len(plan['forms'])} consent forms registered.")
    people = import_roster(study, MATERIAL / plan["roster"])
    say(f"{people.added} people in the roster; the file is kept encrypted.")
    chosen = import_sheet(study, MATERIAL / plan["consents"])
    say(f"{chosen.recorded} consent entries recorded, each sealed and in the register for good.")
    for note in chosen.notes:
        say(f"  {note}")


def _take_in_sessions(study: Study, plan: dict[str, Any], progress: Progress) -> None:
    for session in plan["sessions"]:
        recordings = tuple(MATERIAL / name for name in session.get("recording", []))
        new = NewSession(
            session=session["id"],
            start=session["start"],
            cycle=session.get("cycle"),
            language=session.get("language"),
            rule=session.get("rule", "open"),
            recordings=recordings,
            transcript=_optional(session.get("transcript")),
            speakers=_optional(session.get("speakers")),
            standings=tuple(session.get("standings", [])),
        )
        added = add_session(study, new, progress)
        kind = "separate recordings" if len(recordings) > 1 else "a recording" if recordings else "a transcript alone"
        say(f"{added.session} ({added.day}, {added.language}): {kind} taken in, encrypted on the way.")
    for mark in plan.get("marks", []):
        mark_passage(study, mark["session"], mark["from"], mark["to"], mark["as"])
        say(f"{mark['session']}, {mark['from']} to {mark['to']}: marked {mark['as'].replace('_', ' ')}.")


def _optional(name: str | None) -> Path | None:
    return MATERIAL / name if name else None


def _run(study: Study, progress: Progress) -> list[Row]:
    rows, worker = run_study(study, [], progress)
    failure = first_failure(worker)
    if failure is not None:
        raise failure
    return rows


def _show(rows: list[Row]) -> None:
    say()
    table(rows, ["session", "speakers", "utterances", "withheld", "redactions", "leaks"])
    say()


def _next_steps(study: Study, passphrase: str) -> None:
    shown = os.path.relpath(study.folder)
    say("Open next:")
    say(f"  the data set, in any DuckDB client:  {study.research}")
    say(
        "    select start_s, label, text from utterances join speakers using (speaker_id) order by session_id, start_s;"
    )
    say(f"  what is coded, and who agrees:       uv run chatham coding agreement --study {shown}")
    say(f"  what one person allows:              uv run chatham consent show P09 --study {shown}")
    say(f"  everything they asked:               uv run chatham consent history P09 --study {shown}")
    say(f"  the ethics board's report:           uv run chatham audit --study {shown}")
    say(f"  the consent register, checked:       uv run chatham ledger verify --study {shown}")
    say(f"  what has to be destroyed, and when:  uv run chatham retention --study {shown}")
    say(f"  how the study stands:                uv run chatham doctor --study {shown}")
    if passphrase == PASSPHRASE:
        say(f"The passphrase of this made-up study is {PASSPHRASE}.")
