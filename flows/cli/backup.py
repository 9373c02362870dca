"""``chatham backup`` and ``chatham restore``: a sealed copy of a study, and a study put back from one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import (
    JsonOption,
    StudyOption,
    UserOption,
    facts,
    open_study,
    passphrase_of,
    progress,
    publish_at_end,
    root,
    say,
    study_folder,
    table,
)

if TYPE_CHECKING:
    from flows.backups import BackupMade
    from flows.restoring import Restored
    from flows.study import Study


def backup(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The backup to write: a new file, best on another disk.")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Also open all of it again, with the recovery key; you are asked for it."),
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the backups that were made; write none.")] = False,
    destroyed: Annotated[
        str | None, typer.Option("--destroyed", metavar="ID", help="Record that no copy of this backup is left.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Back the study up into one sealed file. Only the printed recovery key opens it; consent/ is kept apart.

    Certificates name every backup made before a destruction until somebody records that no copy of it is left.
    """
    _require_one(file, listing=listing, destroyed=destroyed)
    opened = open_study(study, user)
    if listing:
        _list(opened, json=json)
    elif destroyed is not None:
        _attest(opened, destroyed, json=json)
    elif file is not None:
        _make(opened, file, verify=verify, json=json)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")],
    consent: Annotated[
        Path | None,
        typer.Option(
            "--consent",
            metavar="FOLDER",
            help="The newest copy of consent/, unless it lies in the study's folder already.",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            metavar="FILE",
            help="A seal, receipt or certificate that somebody kept; consent/ must hold it (repeatable).",
        ),
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Put a study back from a backup. What was destroyed since stays destroyed, and who left stays out.

    The printed recovery key is asked for, or read from the file that CHATHAM_RECOVERY_KEY_FILE names. The study's
    folder (--study) must be new, or hold nothing but consent/. The recovery key acts, unless --user names somebody.
    """
    from flows.passphrases import take_recovery_keys
    from flows.restoring import Wanted, restore
    from vault.recovery import recovery_identity

    folder, who = study_folder(study), user or root["user"]
    done = restore(
        Wanted(
            file=file,
            folder=folder,
            keys=[recovery_identity(text) for text in take_recovery_keys()],
            passphrase=lambda: passphrase_of(folder, who),
            consent=consent,
            against=tuple(against or ()),
            user=who,
        ),
        progress(quiet=json),
    )
    publish_at_end(done.study)
    if json:
        facts(_restored_facts(done))
    else:
        _say_restored(done)


def _require_one(file: Path | None, *, listing: bool, destroyed: str | None) -> None:
    if [file is not None, listing, destroyed is not None].count(True) != 1:
        from schemas.errors import UsageError

        raise UsageError(
            "a backup needs one thing to do", hint="Give a FILE to write, or --list, or --destroyed ID; one of them."
        )


def _make(study: "Study", file: Path, *, verify: bool, json: bool) -> None:
    from flows.backups import make_backup
    from flows.passphrases import take_recovery_keys
    from vault.recovery import recovery_identity

    keys = [recovery_identity(text) for text in take_recovery_keys()] if verify else []
    new = make_backup(study, file, keys)
    if json:
        facts(_facts(new.made) | {"file": new.file, "files": new.files, "left_out": new.left_out, "opened": verify})
        return
    say(f"Backup {new.made.id} is written and recorded: {new.files} files, {_size(new.made.bytes)}.")
    say("  All of it was opened again with the recovery key." if verify else "  The disk gives back what was written.")
    if new.left_out:
        say(f"  Your role may not open {', '.join(new.left_out)}, so it is not in it; an investigator's backup has it.")
    say("  The register (consent/) is in no backup. Keep copies of that folder too, and newer ones.")


def _attest(study: "Study", identifier: str, *, json: bool) -> None:
    from flows.backups import attest_destroyed

    made, new = attest_destroyed(study, identifier)
    if json:
        facts(_facts(made))
        return
    say(f"Recorded: no copy of backup {made.id} is left." if new else f"That was recorded of {made.id} already.")


def _list(study: "Study", *, json: bool) -> None:
    from flows.backups import backups
    from flows.roles import require

    require(study, "backup")
    made = backups(study.ledger.entries())
    if json:
        facts([_facts(one) for one in made])
    elif not made:
        say("No backup was made.")
    else:
        rows = [
            {
                "id": one.id,
                "made": f"{one.at:%Y-%m-%d %H:%M}",
                "size": _size(one.bytes),
                "destroyed": f"{one.destroyed_at:%Y-%m-%d}" if one.destroyed_at else "-",
            }
            for one in made
        ]
        table(rows, ["id", "made", "size", "destroyed"])


def _facts(made: "BackupMade") -> dict[str, Any]:
    return {
        "id": made.id,
        "at": made.at,
        "sha256": made.sha256,
        "bytes": made.bytes,
        "size": made.size,
        "root": made.root,
        "entry": made.index,
        "destroyed_at": made.destroyed_at,
    }


def _restored_facts(done: "Restored") -> dict[str, Any]:
    names = ("applied", "dropped", "missing", "removed", "again", "lost", "new_log_keys", "said_destroyed")
    sizes = {"sessions": done.sessions, "entries": done.entries, "anchored": done.anchored}
    return {"id": done.backup.id} | sizes | {name: getattr(done, name) for name in names}


def _say_restored(done: "Restored") -> None:
    say(f"The study is back, with {_count(done.sessions, 'session')}, as of {done.backup.at:%Y-%m-%d %H:%M} UTC.")
    for line in (*_about_words(done), *_about_users(done), *_about_register(done)):
        say(f"  {line}")
    say("Make its data sets again: chatham run")


def _about_words(done: "Restored") -> list[str]:
    lines = []
    if done.applied:
        lines.append(f"{_count(len(done.applied), 'destruction')} since then carried out once more.")
    if done.dropped:
        lines.append(f"Left out, because voices in them cannot be told apart: {', '.join(done.dropped)}.")
    if done.missing:
        lines.append(f"Taken in after this backup, so not in it: {', '.join(done.missing)}. Add them again.")
    if done.lost:
        lines.append(f"Not in this backup: {', '.join(done.lost)}. Import the roster again.")
    return lines


def _about_users(done: "Restored") -> list[str]:
    lines = []
    if done.removed:
        lines.append(f"Removed since, and so not back: {', '.join(done.removed)}.")
    if people := [name for name in done.again if name != "recovery"]:
        lines.append(f"Keys lost: {', '.join(people)}. Add them again: chatham user add.")
    if len(people) < len(done.again):
        lines.append("No recovery key is in force now. Make and print one, then back up: chatham keys recovery.")
    return lines


def _about_register(done: "Restored") -> list[str]:
    lines = []
    if done.new_log_keys:
        lines.append("The register is signed with new keys: give consent/ledger.vkey to everybody who checks it.")
    if done.said_destroyed:
        lines.append("The register said that no copy of this backup was left. It says otherwise now.")
    if done.anchored < done.entries:
        lines.append(
            f"Others saw the first {done.anchored} of the register's {done.entries} entries. Whether there were newer "
            "ones than these, nobody here can tell: ask the ethics office."
        )
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _size(length: int) -> str:
    return f"{length / 2**30:.1f} GiB" if length >= 2**30 else f"{length / 2**20:.1f} MiB"
