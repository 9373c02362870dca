"""Somebody withdraws while a run works: it is recorded at once, and what the run publishes is without them."""

import os
import random
import time
from pathlib import Path

import pytest

from tests.acceptance.conftest import Server
from tests.acceptance.laboratory import LONG, PASSPHRASE, Done, Laboratory, Made, Running, copied
from tests.acceptance.reading import rows
from warehouse.scan import release_text_scan

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

SEED = int(os.environ.get("CHATHAM_SEED", random.SystemRandom().randrange(1 << 32)))
TRIES = 20 if LONG else 3
AT_ONCE_S = 1.0
MOMENTS = ("^S1: de-identifying", "^putting the data set together", "^S3: de-identifying", "")
"""What the run says when somebody withdraws; nothing: any time before it says anything."""

WHO = "P01"
NAMES = ("Marisol", "Vega", "Millbrook Council")


@pytest.fixture(scope="module")
def waiting(lab: Laboratory, first: Made) -> Path:
    """A study in which a change of P02, who is spoken of everywhere, waits for the next run."""
    study = copied(first.study, lab.root / "waiting")
    recorded = lab.run("consent", "record", "P02", "--level", "unnamed", study=study)
    assert recorded.code == 0, recorded.err
    return study


def withdraw_at(study: Path, running: Running, moment: str, delay_s: float) -> tuple[float, bool]:
    """Withdraw at a moment of a run; how long the recording took (the study being open), and whether the run was on."""
    from flows.study import Study
    from flows.withdrawal import stop_use, withdrawal_event
    from schemas.consent import Reach

    opened = Study.open(study, user=None, passphrase=PASSPHRASE)
    opened.ledger.head()
    event = withdrawal_event(opened, WHO, data="erase", reach=Reach(), days=7, at=None, method=None)
    if moment:
        assert running.wait_for(moment), running.end()
    time.sleep(delay_s)
    begun = time.monotonic()
    stop_use(opened, event)
    return time.monotonic() - begun, running.process.poll() is None


def is_absent(research: Path) -> bool:
    """Whether nothing of the withdrawn person stands in a data set: no name, no row, no attribute."""
    labels = {row["label"] for row in rows(research, "SELECT label FROM speakers")}
    return "Marisol Vega" not in labels and release_text_scan(research, NAMES) == []


@pytest.mark.parametrize("number", range(TRIES))
def test_a_withdrawal_during_a_run_is_recorded_at_once_and_the_run_does_not_publish_the_person(
    lab: Laboratory, waiting: Path, first: Made, server: Server, number: int
):
    chance = random.Random(f"{SEED} {number}")  # noqa: S311 - moments, not keys
    assert not is_absent(first.study / "warehouse" / "research.duckdb")
    study = copied(waiting, lab.root / f"race-{number}")
    research = study / "warehouse" / "research.duckdb"
    env = lab.environment(PREFECT_API_URL=server.url)
    running = lab.start("run", "--json", study=study, env=env)
    moment, delay_s = MOMENTS[number % len(MOMENTS)], chance.uniform(0, 0.4)
    took_s, during = withdraw_at(study, running, moment, delay_s)
    done = running.end()
    print(
        f"CHATHAM_SEED={SEED}: withdrawn at '{moment}' + {delay_s:.2f} s in {took_s:.3f} s,"
        f" the run being on: {during}; it ended with {done.code}, published: {research.exists()}"
    )
    assert took_s < AT_ONCE_S
    assert done.code == 0, done.err
    assert not research.exists() or is_absent(research)
    if not research.exists() or number == 0:
        settled = lab.run("run", "--json", study=study, env=env)
        assert settled.code == 0, settled.err
        assert is_absent(research)


def test_the_command_itself_withdraws_while_a_run_holds_the_build(lab: Laboratory, waiting: Path, server: Server):
    """A person types it while a run works; it waits for no run, and a second run is told that one is on."""
    study = copied(waiting, lab.root / "race-typed")
    running = lab.start("run", "--json", study=study, env=lab.environment(PREFECT_API_URL=server.url))
    assert running.wait_for("^S1: de-identifying")
    second = lab.run("run", study=study)
    typed: Done = lab.run("consent", "withdraw", WHO, "--data", "erase", "--json", study=study)
    during = running.process.poll() is None
    done = running.end()
    print(f"typed: {typed.seconds:.2f} s, the run being on: {during}")
    assert typed.code == 0, typed.err
    assert second.code in (8, 0)
    if second.code == 8:
        assert second.err.startswith("chatham: another build of this study is running")
    assert done.code == 0, done.err
    research = study / "warehouse" / "research.duckdb"
    assert not research.exists() or is_absent(research)
