"""How fast names are found, and how much memory ``chatham deidentify`` takes for files of growing size."""

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from deidentification.find import Recognisers, Roster, find_in_texts, load_recognisers
from tests.benchmarks.names.made_up import meeting
from tests.benchmarks.names.people import Somebody, everybody, many, table

MEGABYTE = 1_000_000
LOOK_S = 0.1


def words_per_s(texts: list[str], works: dict[str, Callable[[list[str]], object]], rounds: int) -> dict[str, int]:
    """How many words each work reads in a second, median over ``rounds``, in turns: a busy moment meets them all."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work(texts)
            took[name].append(time.perf_counter() - start)
    words = sum(len(text.split()) for text in texts)
    return {name: round(words / statistics.median(seconds)) for name, seconds in took.items()}


def stack(turns: int, rounds: int) -> dict[str, float]:
    """The full stack and each model alone on one English meeting, in turns in one process."""
    texts = [passage.text for passage in meeting("en", turns, 11)]
    loaded, roster = load_recognisers(["en"]), Roster.of(table(everybody()))
    nobody, languages = Roster.of(None), ["en"] * len(texts)
    works: dict[str, Callable[[list[str]], object]] = {
        "full stack": lambda t: find_in_texts(t, languages, roster, loaded),
        "without a roster": lambda t: find_in_texts(t, languages, nobody, loaded),
        "without models": lambda t: find_in_texts(t, languages, roster, Recognisers(())),
    }
    alone = {model.name.split("-")[0]: model.find for model in loaded.models}
    figures: dict[str, float] = {**words_per_s(texts, {**works, **{f"{n} alone": w for n, w in alone.items()}}, rounds)}
    for name in alone:
        figures[f"full stack / {name} alone"] = round(figures["full stack"] / figures[f"{name} alone"], 2)
    return {"words read": sum(len(text.split()) for text in texts), **figures}


def rosters(sizes: tuple[int, ...], turns: int) -> list[dict[str, float]]:
    """The roster search alone, without models, for rosters of several sizes."""
    found = []
    for size in sizes:
        people = everybody()[:size] if size <= len(everybody()) else many(size)
        start = time.perf_counter()
        roster = Roster.of(table(people))
        indexed = time.perf_counter() - start
        texts = [passage.text for passage in meeting("en", turns, 12)]
        languages, none = ["en"] * len(texts), Recognisers(())
        start = time.perf_counter()
        find_in_texts(texts, languages, roster, none)
        words = sum(len(text.split()) for text in texts)
        took = time.perf_counter() - start
        found.append({"people": size, "index_s": round(indexed, 2), "words_per_s": round(words / took)})
    return found


def memory(sizes_mb: tuple[float, ...], limit_s: float) -> list[dict[str, Any]]:
    """``chatham deidentify`` in a process of its own, once for each size: its peak of memory, and how fast it was.

    A run is ended after ``limit_s``, and its row says how much of the file it had written by then.
    """
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_roster(folder / "roster.csv", everybody())
        for size in sizes_mb:
            words = write_lines(folder / "in.jsonl", round(size * MEGABYTE))
            found.append({"mb": size, "words": words, **_watched(folder, limit_s)})
    return found


def write_roster(path: Path, people: tuple[Somebody, ...]) -> None:
    """A roster as ``chatham deidentify`` reads it."""
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.writer(sink)
        writer.writerow(["participant", "full_name", "aliases"])
        writer.writerows([one.participant, one.full, ";".join(one.aliases)] for one in people)


def write_lines(path: Path, size: int) -> int:
    """A file of ``size`` bytes of turns, no two parts the same; how many words it has."""
    words = written = 0
    with path.open("w", encoding="utf-8") as sink:
        for number, text in enumerate(_turns()):
            written += sink.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
            words += len(text.split())
            if written >= size:
                return words
    return words


def _turns() -> Iterator[str]:
    for seed in count(100):
        yield from (passage.text for passage in meeting("en", 2000, seed))


def _watched(folder: Path, limit_s: float) -> dict[str, Any]:
    out = folder / "out.jsonl"
    for left in folder.glob("*out.jsonl*"):
        left.unlink()
    command = [sys.executable, "-m", "flows.cli.main", "deidentify", folder / "in.jsonl", out]
    start = time.perf_counter()
    child = subprocess.Popen(
        [*command, "--roster", folder / "roster.csv"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    peak, early = 0.0, 0.0
    while child.poll() is None:
        peak = max(peak, _peak_mb(child.pid))
        seconds = time.perf_counter() - start
        early = peak if seconds < 30 else early
        if seconds > limit_s:
            child.kill()
            child.wait()
            break
        time.sleep(LOOK_S)
    seconds = time.perf_counter() - start
    return {
        "peak_mb": round(peak), "peak_mb_at_30_s": round(early), "seconds": round(seconds, 1),
        "written_mb": round(max((part.stat().st_size for part in folder.glob("*out.jsonl*")), default=0) / MEGABYTE, 2),
        "ended": child.returncode < 0, "exit": child.returncode,
    }  # fmt: skip


def _peak_mb(pid: int) -> float:
    """The most memory that a process has had, or on other systems than Linux what it has now, in MB."""
    try:
        with Path(f"/proc/{pid}/status").open() as status:
            return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), 0.0)
    except OSError:
        import psutil

        try:
            return float(psutil.Process(pid).memory_info().rss) / MEGABYTE
        except psutil.Error:
            return 0.0
