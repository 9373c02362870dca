"""Running again does only what has changed: nothing where nothing has, and one person's sessions where one has."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.conftest import Server
from tests.acceptance.laboratory import Done, Laboratory, Made, copied
from tests.acceptance.reading import rows, stage_files

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

PROMISED_S = 3
BUSY_MACHINE_S = 6

WHAT_WAS_LOADED = """
import json, sys
from flows.cli.main import app
try:
    app(sys.argv[1:], standalone_mode=True)
except SystemExit:
    print(json.dumps([name for name in ("prefect", "faster_whisper", "spacy", "duckdb") if name in sys.modules]))
"""


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file's size and time."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@pytest.fixture(scope="module")
def again(lab: Laboratory, first: Made) -> tuple[Done, bool, bool]:
    """A second run with nothing changed; whether Prefect's home stayed as it was; whether vault and data set did."""
    study = first.study
    folders = (study / ".prefect", study / "warehouse", study / "vault")
    before = [files_of(folder) for folder in folders]
    done = lab.run("run", "--json", study=study)
    prefect, *rest = [files_of(folder) == files for folder, files in zip(folders, before, strict=True)]
    return done, prefect, all(rest)


def test_with_nothing_changed_a_run_is_over_at_once(again: tuple[Done, bool, bool]):
    done = again[0]
    print(f"a run with nothing to do: {done.seconds:.2f} s (promised on an idle machine: {PROMISED_S} s)")
    assert done.code == 0, done.err
    assert done.seconds < BUSY_MACHINE_S
    assert "listening" not in done.err


def test_with_nothing_changed_everything_is_reused(again: tuple[Done, bool, bool], first: Made):
    done, prefect_untouched, rest_untouched = again
    by_session = done.by_session()
    assert list(by_session) == ["S1", "S2", "S3"]
    assert all(row["reused"] is True and row["remade"] == [] for row in by_session.values())
    counts = ("speakers", "utterances", "withheld", "redactions", "leaks")
    before = first.done.by_session()
    assert {s: [row[c] for c in counts] for s, row in by_session.items()} == {
        s: [row[c] for c in counts] for s, row in before.items()
    }
    assert prefect_untouched
    assert rest_untouched


def test_with_nothing_changed_neither_prefect_nor_a_model_is_loaded(lab: Laboratory, first: Made):
    done = subprocess.run(
        [sys.executable, "-c", WHAT_WAS_LOADED, "--study", str(first.study), "run", "--json"],
        env=lab.environment(),
        cwd=lab.root,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


@pytest.fixture(scope="module")
def changed(lab: Laboratory, first: Made, server: Server) -> tuple[Path, list[str], Done, dict[str, bool]]:
    """P11 becomes unnamed: the study, what this was said to change, the run, and which stages stayed."""
    study = copied(first.study, lab.root / "changed")
    recorded = lab.run("consent", "record", "P11", "--level", "unnamed", "--json", study=study)
    assert recorded.code == 0, recorded.err
    before = stage_files(study)
    done = lab.run("run", "--json", study=study, env=lab.environment(PREFECT_API_URL=server.url))
    after = stage_files(study)
    stages = {stage for _, stage in before}
    same = {stage: all(before[place] == after[place] for place in before if place[1] == stage) for stage in stages}
    return study, recorded.facts["changes"], done, same


def test_after_one_persons_change_only_their_sessions_are_redacted_again(
    changed: tuple[Path, list[str], Done, dict[str, bool]],
):
    _, said, done, _ = changed
    assert done.code == 0, done.err
    theirs = {line.partition(":")[0] for line in said if line.endswith(("speaks)", "is mentioned)"))}
    theirs -= {line.partition(":")[0] for line in said if "neither" in line}
    by_session = done.by_session()
    print(f"redacted again: {[s for s, row in by_session.items() if row['remade']]} of {list(by_session)}")
    assert "S3" in theirs
    assert "S1" not in theirs
    assert {session: row["remade"] for session, row in by_session.items()} == {
        session: ["redact"] if session in theirs else [] for session in by_session
    }
    assert {session: row["reused"] for session, row in by_session.items()} == {
        session: session not in theirs for session in by_session
    }


def test_after_a_change_nothing_is_heard_or_searched_again(changed: tuple[Path, list[str], Done, dict[str, bool]]):
    _, _, done, same = changed
    assert "listening" not in done.err
    assert all(same[stage] for stage in ("transcript", "attributed", "names"))
    assert not same["redacted-analyse"]


def test_after_a_change_the_data_set_shows_what_is_allowed_now(
    changed: tuple[Path, list[str], Done, dict[str, bool]], first: Made
):
    query = "SELECT DISTINCT label FROM speakers JOIN utterances USING (speaker_id) WHERE session_id = 'S3'"
    before = {row["label"] for row in rows(first.study / "warehouse" / "research.duckdb", query)}
    after = {row["label"] for row in rows(changed[0] / "warehouse" / "research.duckdb", query)}
    assert len(before - after) == 1
    assert after - before == set()
