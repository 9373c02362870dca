"""Prefect's own temporary server: one per run, and none left behind when a run was killed."""

import os
from pathlib import Path

import psutil

_MARK = "prefect.server.api.server:create_app"


def stop_left_behind(study: Path) -> bool:
    """Stop the temporary servers that killed runs of this study left running.

    They are told by their own environment, not by a note: a run may be killed while its server still starts. The
    caller holds the build lock, so that no living run of this study has one.

    Returns:
        Whether one was stopped.
    """
    left = [process for process in psutil.process_iter() if _was_left(process, study / ".prefect")]
    for process in left:
        process.terminate()
    for process in psutil.wait_procs(left, timeout=5)[1]:
        process.kill()
    return bool(left)


def _was_left(process: psutil.Process, home: Path) -> bool:
    try:
        if _MARK not in process.cmdline() or process.ppid() == os.getpid():
            return False
        told = process.environ()
    except psutil.Error:
        return False  # it is gone already, or it is somebody else's
    same_home = Path(told.get("PREFECT_HOME", "")).resolve() == home.resolve()
    return same_home and told.get("PREFECT__SERVER_EPHEMERAL") == "1"
