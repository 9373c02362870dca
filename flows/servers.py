"""Prefect's own temporary server: one per run, and none left behind when a run was killed."""

import json
import os
from pathlib import Path

import psutil

_MARK = "prefect.server.api.server:create_app"


def stop_left_behind(study: Path) -> bool:
    """Stop the temporary server that a killed run of this study left running.

    The process must be the very one that was noted (same id, same start): ids are used again by the system.

    Returns:
        Whether one was stopped.
    """
    path, keep = _note(study), False
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        process = psutil.Process(int(noted["pid"]))
        if process.create_time() != noted["started"] or _MARK not in process.cmdline():
            return False
        if process.ppid() == os.getpid():  # this process started it, for an earlier run of its own
            keep = True
            return False
        process.terminate()
        psutil.wait_procs([process], timeout=5)
        if process.is_running():
            process.kill()
        return True
    except (FileNotFoundError, ValueError, KeyError, TypeError, psutil.NoSuchProcess, psutil.AccessDenied):
        return False  # none noted, or it is gone already, or it is somebody else's
    finally:
        if not keep:
            path.unlink(missing_ok=True)


def note_server(study: Path) -> None:
    """Note the temporary server that Prefect started for this process, if it started one."""
    for child in psutil.Process().children():
        if _MARK in child.cmdline():
            note = {"pid": child.pid, "started": child.create_time()}
            _note(study).write_text(json.dumps(note), encoding="utf-8")


def _note(study: Path) -> Path:
    return study / ".prefect" / "server.json"
