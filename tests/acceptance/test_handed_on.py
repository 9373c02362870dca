"""Data sets to hand on, by the commands people type: made, given, ended by a withdrawal, asked back, built again."""

import json
import os
import random
import time
from pathlib import Path

import pytest

from tests.acceptance.laboratory import LONG, Laboratory, Made, copied
from tests.acceptance.reading import rows
from tests.acceptance.test_race import NAMES, WHO, withdraw_at
from warehouse.scan import release_text_scan

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

SEED = int(os.environ.get("CHATHAM_SEED", random.SystemRandom().randrange(1 << 32)))
TRIES = 20 if LONG else 3
AT_ONCE_S = 1.0
MOMENTS = ("^S1: de-identifying", "^putting data set .* together", "^S3: de-identifying", "")
"""What the command says when it is disturbed; nothing: any time before it says anything."""
PARTNER = "Okonjo Institute"


def data_sets(study: Path) -> dict[str, Path]:
    """Every data set to hand on whose words lie there, hidden ones included, by the name of its folder."""
    return {path.parent.name: path for path in sorted((study / "releases").rglob("*.duckdb*"))}


def shows(path: Path) -> bool:
    """Whether the person stands in a data set, in any column."""
    return release_text_scan(path, NAMES) != []


def test_from_the_data_set_to_the_letter_and_the_successor(lab: Laboratory, first: Made) -> None:
    study = copied(first.study, lab.root / "handed-on")
    assert lab.run("release", "paper-1", "--purpose", "analyse", study=study).code == 0
    made = data_sets(study)["paper-1"]
    assert shows(made), "or the test proves nothing"
    assert rows(made, "SELECT count(*) AS n FROM utterances") == rows(
        study / "warehouse" / "research.duckdb", "SELECT count(*) AS n FROM utterances"
    )
    given = lab.run("release", "sent", "paper-1", "--to", PARTNER, "--json", study=study)
    copy = json.loads(given.out)["copy"]
    stopped = lab.run("consent", "withdraw", WHO, "--data", "erase", study=study)
    assert stopped.code == 0, stopped.err
    assert data_sets(study) == {}
    assert [path.name for path in (study / "releases" / "paper-1").iterdir()] == ["manifest.json"]
    letters = lab.root / "letters"
    assert lab.run("release", "recall", "paper-1", "--out", letters, study=study).code == 0
    page = (letters / f"recall-{copy}.html").read_text(encoding="utf-8")
    assert PARTNER in page and not any(name in page for name in (*NAMES, WHO))
    again = lab.run("run", "--json", study=study)
    assert again.code == 0, again.err
    assert list(data_sets(study)) == ["paper-1.2"]
    assert not shows(data_sets(study)["paper-1.2"])
    listed = {one["name"]: one for one in lab.run("release", "list", "--json", study=study).facts}
    assert (listed["paper-1"]["stands"], listed["paper-1.2"]["stands"]) == (False, True)
    assert listed["paper-1.2"]["follows"] == "paper-1"
    size = len((study / "consent" / "journal.jsonl").read_bytes())
    assert lab.run("run", "--json", study=study).code == 0
    assert len((study / "consent" / "journal.jsonl").read_bytes()) == size, "nothing is left to do"


@pytest.mark.parametrize("number", range(TRIES))
def test_a_withdrawal_while_a_data_set_is_made_is_recorded_at_once_and_the_data_set_is_without_the_person(
    lab: Laboratory, first: Made, number: int
) -> None:
    chance = random.Random(f"{SEED} {number}")  # noqa: S311 - moments, not keys
    study = copied(first.study, lab.root / f"handed-race-{number}")
    running = lab.start("release", "paper-1", "--purpose", "archive", study=study)
    took_s, during = withdraw_at(study, running, MOMENTS[number % len(MOMENTS)], chance.uniform(0, 0.3))
    done = running.end()
    print(
        f"CHATHAM_SEED={SEED}: withdrawn in {took_s:.3f} s, the command being on: {during}; it ended with {done.code}"
    )
    assert took_s < AT_ONCE_S
    assert done.code == 0, done.err
    assert not any(shows(path) for path in data_sets(study).values())


@pytest.mark.parametrize("number", range(TRIES))
def test_killed_while_it_makes_one_and_then_withdrawn_nothing_of_the_person_is_left(
    lab: Laboratory, first: Made, number: int
) -> None:
    chance = random.Random(f"{SEED} kill {number}")  # noqa: S311 - moments, not keys
    study = copied(first.study, lab.root / f"handed-kill-{number}")
    running = lab.start("release", "paper-1", "--purpose", "analyse", study=study)
    running.wait_for("^putting data set .* together")
    time.sleep(chance.uniform(0, 0.4))
    running.kill()
    left = list(data_sets(study))
    stopped = lab.run("consent", "withdraw", WHO, "--data", "erase", study=study)
    assert stopped.code == 0, stopped.err
    assert data_sets(study) == {}, "neither the data set nor what a killed command left of it"
    again = lab.run("run", "--json", study=study)
    assert again.code == 0, again.err
    print(f"CHATHAM_SEED={SEED}: the kill left {left}, the run after it {list(data_sets(study))}")
    assert not any(shows(path) for path in data_sets(study).values())
    listed = lab.run("release", "list", "--json", study=study).facts
    assert sorted(one["name"] for one in listed if one["stands"]) == list(data_sets(study))
