"""What an erasure costs by how much it touches: removing, carrying over, redacting again, and building the data set.

    uv run python -m tests.benchmarks.bench_cascade --json [--rows 100000] [--session-rows 1000]

A made-up study of written transcripts. Three people are erased one after the other: the first was in a hundredth of the
sessions, the second in a tenth, the third in all of them. "knock_on_s" is what a run then takes, Prefect apart;
"nothing_to_do_s" is the run after it. Seconds are of the clock, but for "knock_on_cpu_s". Names are found by the roster
alone: after an erasure nothing is searched again, so that the name models have no part in it.
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

from deidentification.find import Recognisers
from flows import steps
from flows.carrying import carry_over, fresh
from flows.run import run_study
from flows.study import Study
from flows.worker import Worker
from schemas.ledger import EventKind, LedgerEvent
from schemas.roster import Person
from tests.flows.cascade import QUIET, make, run, withdraw
from vault.register import register

TEXT = (
    "the council ferry was late again and we wrote to them about buses in winter because nobody counted how many "
    "people wait there every morning with children while reports say that all is well so what would you change first"
)
TURN_WORDS = 12
SHARES = (100, 10, 1)
"""Of how many sessions each erased person was in one."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--session-rows", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    steps.recognisers = lambda *_: Recognisers(())  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.rows, options.session_rows)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{row}" for row in figures))


def measure(folder: Path, rows: int, session_rows: int) -> list[dict[str, float]]:
    """One row of seconds for each erasure, the least affected first."""
    sessions = max(1, rows // session_rows)
    study = _study(folder, sessions, session_rows)
    begin = time.perf_counter()
    run(study)
    first_s = time.perf_counter() - begin
    found = []
    for number, share in enumerate(SHARES, start=1):
        affected = max(1, sessions // share) * session_rows
        found.append(
            {"rows": rows, "affected_rows": affected, **_erase(study, f"P{number:02}"), "first_run_s": first_s}
        )
    return [{name: round(value, 2) for name, value in row.items()} for row in found]


def _study(folder: Path, sessions: int, session_rows: int) -> Study:
    chance = random.Random(7)  # noqa: S311 - the same study each time
    people = {
        f"P{number:02}": Person(participant=f"P{number:02}", full_name=f"{first} {last}", secret="", pseudonym=made)
        for number, (first, last, made) in enumerate(_NAMES, start=1)
    }
    usual = list(people)[3:]
    told = {}
    for number in range(sessions):
        here = usual + [f"P{one:02}" for one, share in enumerate(SHARES, 1) if number < max(1, sessions // share)]
        told[f"S{number + 1}"] = [(chance.choice(here), _said(chance, people, here)) for _ in range(session_rows)]
    return make(folder, told, people)


def _said(chance: random.Random, people: dict[str, Person], here: list[str]) -> str:
    words = [chance.choice(TEXT.split()) for _ in range(TURN_WORDS)]
    if chance.random() < 0.2:
        words[5] = people[chance.choice(here)].full_name
    return " ".join(words).capitalize() + "."


_NAMES = [
    ("Maribel", "Quist", "Talven"), ("Tobias", "Renwick", "Sorrel"), ("Ottoline", "Bracegirdle", "Orvane"),
    ("Petronella", "Vasquez", "Mirla"), ("Zebedee", "Ullathorne", "Belis"), ("Philippa", "Ganderton", "Quorra"),
    ("Lysander", "Obuya", "Tarrow"), ("Hinemoa", "Ruatapu", "Juniper"), ("Casimir", "Wojtas", "Ardel"),
]  # fmt: skip


def _erase(study: Study, participant: str) -> dict[str, float]:
    withdrawal = withdraw(study, participant, "erase")
    marks = [time.perf_counter()]
    held = fresh(Worker(study, QUIET))
    for store in register(study.vault):
        store.erase(participant)
    marks.append(time.perf_counter())
    carried = carry_over(Worker(study, QUIET), held, participant)
    study.record(LedgerEvent(kind=EventKind.ERASE, payload={"type": "erasure"}, refs=(withdrawal,)))
    marks.append(time.perf_counter())
    cpu = time.process_time()
    worker = run(study)
    cpu = time.process_time() - cpu
    marks.append(time.perf_counter())
    run_study(study, [], QUIET)
    marks.append(time.perf_counter())
    names = ("remove_s", "carry_over_s", "knock_on_s", "nothing_to_do_s")
    seconds = {name: after - before for name, before, after in zip(names, marks, marks[1:], strict=False)}
    return {**seconds, "knock_on_cpu_s": cpu, "sessions_carried": carried, "sessions_redacted": len(worker.remade)}


if __name__ == "__main__":
    main()
