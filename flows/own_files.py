"""Writes what a person opened into files of their own: outside the study, for nobody else, never over another file."""

import html
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from flows.access import Recording
from flows.showing import ShownTurn
from schemas.errors import BadInput, UsageError

FORMATS = ("vtt", "txt", "json")


def check_file(path: Path, study: Path, formats: Sequence[str] = FORMATS) -> None:
    """Refuse a file that words cannot be written to, before anything is opened.

    Args:
        formats: The endings that it may have.
    Raises:
        UsageError: an unknown ending, a place inside the study, or a file that is there. BadInput: no such folder.
    """
    if path.suffix.removeprefix(".").lower() not in formats:
        known = " or ".join(filter(None, [", ".join(f".{one}" for one in formats[:-1]), f".{formats[-1]}"]))
        raise UsageError("--out has an ending that is none of the known ones", hint=f"End it in {known}.")
    _check_place(path, study, "--out")
    if path.exists():
        raise UsageError("--out is already there", hint="Give another file's name; nothing was opened.")
    if not path.absolute().parent.is_dir():
        raise BadInput("the folder of --out is not there", hint="Make it first.")


def check_folder(folder: Path, study: Path) -> None:
    """Refuse a folder that recordings cannot be written to, before anything is opened; raises UsageError."""
    _check_place(folder, study, "--recordings")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            "--recordings is already there and is not empty", hint="Give a new folder's name; nothing was opened."
        )


def write_turns(turns: Sequence[ShownTurn], path: Path) -> None:
    """Write turns in the form that the file's ending names.

    Raises:
        UsageError: subtitles of turns that have no times.
    """
    makers = {"vtt": _vtt, "txt": _txt, "json": _json}
    text = makers[path.suffix.removeprefix(".").lower()](turns)
    with own_file(path) as sink:
        sink.write(text.encode())


def write_recordings(recordings: Sequence[Recording], folder: Path, session: str) -> list[Path]:
    """Write the recordings that may be heard as FLAC; gives their files."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for recording in recordings:
        if recording.quiet is not None:
            path = folder / f"{session}.{recording.track}.flac"
            with own_file(path) as sink:
                recording.write(sink)
            written.append(path)
    return written


def lines_of(turns: Sequence[ShownTurn]) -> list[str]:
    """One line for each turn: when, who, what."""
    return [_line(turn) for turn in turns]


@contextmanager
def own_file(path: Path) -> Iterator[BinaryIO]:
    """A new file that only this person can read; gone again where writing it fails."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as sink:
            yield sink
    except BaseException:
        path.unlink()
        raise


def _check_place(path: Path, study: Path, option: str) -> None:
    if path.absolute().resolve().is_relative_to(study.resolve()):
        raise UsageError(
            f"{option} lies inside the study, where nothing readable belongs", hint="Name a place outside of it."
        )


def _line(turn: ShownTurn) -> str:
    when = f"[{_clock(turn.start_s)}] " if turn.timed else ""
    if not turn.speaker:
        lasted = f" ({turn.end_s - turn.start_s:.0f} s)" if turn.timed else ""
        return f"{when}{turn.text}{lasted}"
    who = f"{turn.speaker} ({turn.participant})" if turn.participant else turn.speaker
    return f"{when}{who}: {turn.text}"


def _txt(turns: Sequence[ShownTurn]) -> str:
    return "".join(f"{line}\n" for line in lines_of(turns))


def _json(turns: Sequence[ShownTurn]) -> str:
    return json.dumps([asdict(turn) for turn in turns], ensure_ascii=False, indent=2) + "\n"


def _vtt(turns: Sequence[ShownTurn]) -> str:
    if not all(turn.timed for turn in turns):
        raise UsageError("this session has turns without times, of which no subtitles can be made", hint="Use .txt.")
    return "\n".join(["WEBVTT\n", *(_cue(turn) for turn in turns)])


def _cue(turn: ShownTurn) -> str:
    voice = f"<v {html.escape(turn.speaker, quote=False)}>" if turn.speaker else ""
    times = f"{_clock(turn.start_s, fine=True)} --> {_clock(turn.end_s, fine=True)}"
    return f"{times}\n{voice}{html.escape(turn.text, quote=False)}\n"


def _clock(seconds: float, *, fine: bool = False) -> str:
    """``1:02:03`` or ``2:03``; fine: as in subtitles, ``01:02:03.450``."""
    thousandths = max(0, round(seconds * 1000))
    minutes, left = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    if fine:
        return f"{hours:02}:{minutes:02}:{left // 1000:02}.{left % 1000:03}"
    return f"{hours}:{minutes:02}:{left // 1000:02}" if hours else f"{minutes}:{left // 1000:02}"
