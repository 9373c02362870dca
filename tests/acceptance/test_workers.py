"""A lab with its own Prefect server: deployments on a process work pool, two workers, the same data set."""

import json
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests.acceptance.conftest import Server, prefect, prefect_environment
from tests.acceptance.laboratory import PASSPHRASE, Laboratory, Made, copied
from tests.acceptance.people import everybody
from tests.acceptance.searching import Search
from tests.conftest import ROOT
from warehouse.logical import logical_hash

pytestmark = [
    pytest.mark.models,
    pytest.mark.prefect,
    pytest.mark.slow,
]

ENOUGH_S = 400


class Lab:
    """Prefect's own commands, against our own server, in the environment that docs/how-to tells a lab to set."""

    def __init__(self, lab: Laboratory, server: Server, study: Path) -> None:
        secret = lab.root / "passphrase"
        secret.write_text(PASSPHRASE + "\n", encoding="utf-8")
        secret.chmod(0o600)
        self.env = prefect_environment(lab, server.home, server.url)
        del self.env["CHATHAM_PASSPHRASE"]
        self.env |= {"CHATHAM_STUDY": str(study), "CHATHAM_PASSPHRASE_FILE": str(secret)}
        self.logs = lab.logs

    def prefect(self, *arguments: str) -> str:
        """Run one of Prefect's commands to its end, from the checkout, where prefect.yaml lies."""
        done = subprocess.run(
            [str(prefect()), "--no-prompt", *arguments],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=ENOUGH_S,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def finish(self, asked: list[tuple[str, ...]], logs: list[Path]) -> None:
        """Ask for flow runs, all at once, and wait until they have ended well."""
        watched = ("--watch", "--watch-timeout", str(ENOUGH_S))
        with ThreadPoolExecutor() as pool:
            ends = [pool.submit(self.prefect, "deployment", "run", *run, *watched) for run in asked]
        written = "\n".join(log.read_text(encoding="utf-8") for log in logs)
        for end in ends:
            assert end.exception() is None, f"{end.exception()}\n{written}"
            assert "Completed" in end.result(), f"{end.result()}\n{written}"

    @contextmanager
    def worker(self, name: str) -> Iterator[Path]:
        """A worker of the pool, and what it writes; ended with all it started."""
        log = self.logs / f"worker-{name}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [str(prefect()), "worker", "start", "--pool", "lab", "--name", name, "--limit", "1"],
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        try:
            yield log
        finally:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
            process.terminate()
            _, left = psutil.wait_procs(family, timeout=20)
            for one in left:
                one.kill()
            process.wait()


def test_two_workers_make_the_same_data_set_as_one_plain_run(
    lab: Laboratory, untold: Path, first: Made, server: Server, tmp_path: Path
):
    begun = time.monotonic()
    study = copied(untold, lab.root / "lab")
    findings = json.loads(lab.run("doctor", "--json", study=study).out)
    recordings = [one["state"] for one in findings if one["what"].startswith("session ") and len(one["state"]) == 32]
    assert len(recordings) == 3
    ours = Lab(lab, server, study)
    ours.prefect("work-pool", "create", "lab", "--type", "process")
    ours.prefect("deploy", "--all", "--prefect-file", str(ROOT / "prefect.yaml"))
    with ExitStack() as stack:
        logs = [stack.enter_context(ours.worker(name)) for name in ("one", "two")]
        asked = [("session/lab", "--param", f'recording="{recording}"') for recording in recordings]
        ours.finish(asked, logs)
        ours.finish([("build/lab",)], logs)
    print(f"two workers: {time.monotonic() - begun:.0f} s")
    assert logical_hash(study / "warehouse" / "research.duckdb") == logical_hash(
        first.study / "warehouse" / "research.duckdb"
    )
    again = lab.run("run", "--json", study=study)
    assert all(row["reused"] for row in again.facts)
    secrets = {part for person in everybody().values() for part in person.parts if part.isascii() and len(part) >= 8}
    assert len(secrets) >= 3
    search = Search([*secrets, PASSPHRASE], tmp_path)
    assert search.tree(server.home) == set()
    assert [hit for log in logs for hit in search.text(log.read_text(encoding="utf-8"), log.name)] == []
