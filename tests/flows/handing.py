"""A small study whose sessions are run, without Prefect: what data sets to hand on are made from."""

import shutil
from pathlib import Path

from flows import steps
from flows.intake import NewSession, add_session
from flows.plan import states_of
from flows.progress import Progress
from flows.releasing import Made, make_release, rebuild_ended
from flows.study import Study
from flows.worker import Worker
from tests.flows.conftest import open_as
from warehouse.opened import opened

QUIET = Progress(quiet=True)
SECOND = """WEBVTT

00:00:01.000 --> 00:00:04.000
Tobias Renwick: The harbour needs a second crane.
"""


def run_sessions(study: Study) -> Worker:
    """Bring every session to "names found", as ``chatham run`` does."""
    worker = Worker(study, QUIET)
    for state in states_of(worker):
        if state.facts is None:
            words = steps.transcribe(worker, state.store)
            turns = steps.attribute(worker, state.store, words)
            steps.find_names(worker, state.store, words, turns)
    return Worker(study, QUIET)


def copy_run(template: Path, folder: Path) -> Path:
    """A copy of the small study in which every session is run; gives its folder."""
    shutil.copytree(template, folder)
    run_sessions(open_as(folder, "pi"))
    return folder


def add_second_session(study: Study, folder: Path) -> None:
    """A session in which P02 speaks alone and names nobody."""
    (folder / "s2.vtt").write_text(SECOND)
    add_session(study, NewSession("S2", "2026-03-05T09:00+13:00", transcript=folder / "s2.vtt"), QUIET)


def made(study: Study, name: str = "paper-1", purpose: str = "analyse", formats: tuple[str, ...] = ("duckdb",)) -> Made:
    """A data set of every session."""
    run_sessions(study)
    return make_release(study, name, purpose, QUIET, formats)


def next_run(study: Study) -> tuple[list[str], Worker]:
    """What a run does for data sets to hand on, at its end."""
    worker = run_sessions(study)
    with study.building():
        return rebuild_ended(worker), worker


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What a data set answers."""
    with opened(path) as connection:
        return connection.execute(query).fetchall()
