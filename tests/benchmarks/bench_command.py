"""What starting the command costs beside bare Python, and what Prefect costs per run beside the plain functions.

uv run python -m tests.benchmarks.bench_command --json
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FLOW = """
import os, sys, time
from pathlib import Path
from flows.settings import prepare_prefect
prepare_prefect(Path(sys.argv[1]))
begin = time.perf_counter()
from flows.tasks import step, story
imported = time.perf_counter()

@step
def nothing(recording: str) -> str:
    return recording

@story
def first(recording: str) -> int:
    nothing(recording)
    return 1

@story
def ten(recording: str) -> int:
    for _ in range(10):
        nothing(recording)
    return 1

first("0" * 32)
started = time.perf_counter()
first("0" * 32)
warm = time.perf_counter()
ten("0" * 32)
done = time.perf_counter()
print(imported - begin, started - imported, warm - started, ((done - warm) - (warm - started)) / 9)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    figures = {**_command(options.repeat), **_prefect()}
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


def _command(repeat: int) -> dict[str, float]:
    help_s = [_seconds([sys.executable, "-m", "flows.cli.main", "--help"]) for _ in range(repeat)]
    bare_s = [_seconds([sys.executable, "-c", "pass"]) for _ in range(repeat)]
    return {
        "help_s": round(statistics.median(help_s), 3),
        "bare_python_s": round(statistics.median(bare_s), 3),
        "help_over_bare_python": round(statistics.median(help_s) / statistics.median(bare_s), 1),
    }


def _prefect() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".prefect").mkdir()
        done = subprocess.run([sys.executable, "-c", FLOW, folder], capture_output=True, text=True, check=True)
    imported, first, warm, task = (float(figure) for figure in done.stdout.split())
    return {
        "prefect_import_s": round(imported, 2),
        "prefect_first_flow_with_server_s": round(first, 2),
        "prefect_warm_flow_s": round(warm, 2),
        "prefect_task_s": round(task, 4),
    }


def _seconds(command: list[str]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
