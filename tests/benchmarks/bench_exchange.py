"""Times coded projects out and in: 100 sessions of 1,000 turns with 100,000 codings.

    python -m tests.benchmarks.bench_exchange [--json] [--sessions N] [--turns N] [--codings N]

Each step runs in a process of its own, so that its peak memory is its own. The round trip counts, with another reader
of REFI-QDA, on how many codings exactly the words stand that were coded; and fits a project of which every tenth turn
was changed by hand, counting codings on other words than their own.
"""

import argparse
import json
import multiprocessing
import platform
import random
import resource
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from pyrefiqda import RefiProject

from schemas.coding import Code, Codebook, Coder, ReleasedCoding, ReleasedCodings, ReleasedStretch, Stretch
from tests.warehouse.samples import IDS, PROVENANCE, gap, said, session, speaker
from warehouse.exchange import refi_qda, taguette
from warehouse.exchange.fitting import fit, fit_to
from warehouse.exchange.layout import lay_out, project_of
from warehouse.load import build

SENTENCE = "the ferry runs late and nobody on the quay — naïve or not 😀 — reads the timetable été people ask"
WORDS = SENTENCE.split()
CODES, CODERS = 60, 5
MB = 1024 * 1024


def identifier(kind: int, number: int) -> str:
    return str(UUID(int=(kind << 96) + number))


def made(path: Path, sessions: int, turns: int, codings: int) -> None:
    """A data set of this size, the same at each run."""
    drawn = random.Random(7)  # noqa: S311 - made-up words
    listed, lengths = [], {}
    for number in range(sessions):
        name, spoken = f"S{number}", []
        for turn in range(turns):
            if turn % 20 == 19:
                spoken.append(gap(turn))
                continue
            text = " ".join(drawn.choices(WORDS, k=drawn.randint(5, 25)))
            spoken.append(said(turn, text, speaker=speaker(f"P{turn % 10 + 1:02d}")))
            lengths[name, f"u{turn}"] = len(text)
        listed.append(session(name, *spoken))
    places = sorted(lengths)
    coded = []
    for number in range(codings):
        name, turn = drawn.choice(places)
        start = drawn.randrange(lengths[name, turn])
        end = drawn.randint(start + 1, lengths[name, turn])
        on = ReleasedStretch(session=name, utterance=turn, piece=0, start_char=start, end_char=end)
        code, coder = identifier(1, number % CODES), identifier(2, number % CODERS)
        coded.append(ReleasedCoding(coding=identifier(3, number), code=code, coder=coder, stretches=(on,)))
    book = Codebook(
        codes=tuple(Code(code=identifier(1, number), name=f"Code {number}") for number in range(CODES)),
        coders=tuple(Coder(coder=identifier(2, number), name=f"Coder {number}") for number in range(CODERS)),
    )
    build(path, listed, IDS, PROVENANCE, ReleasedCodings(codebook=book, codings=tuple(coded)))


def write(data: Path, folder: Path) -> dict[str, Any]:
    refi_qda.write_project(project_of(data), folder / "project.qdpx")
    return {"bytes": (folder / "project.qdpx").stat().st_size}


def read(_data: Path, folder: Path) -> dict[str, Any]:
    found = refi_qda.read_project(folder / "project.qdpx")
    return {"codings": len(found.project.codings), "left": found.left}


def fitted(data: Path, folder: Path) -> dict[str, Any]:
    found = fit(refi_qda.read_project(folder / "project.qdpx").project, data)
    return {"codings": len(found.codings), "unfit": len(found.unfit)}


def fitted_to_changed(data: Path, folder: Path) -> dict[str, Any]:
    """The project with every tenth turn of its texts put otherwise, fitted: the codings that lie in one other turn."""
    project = refi_qda.read_project(folder / "project.qdpx").project
    laid = lay_out(data)
    texts, moves = [], {}
    for text in project.texts:
        new, moves[text.guid] = _changed(text.text)
        texts.append(text.model_copy(update={"text": new}))
    codings, own = [], {}
    for one in project.codings:
        move = _move(moves[one.stretch.text], one.stretch)
        if move is not None:
            place = {"start": one.stretch.start + move, "end": one.stretch.end + move}
            codings.append(one.model_copy(update={"stretch": one.stretch.model_copy(update=place)}))
            own[one.guid] = laid.utterances(one.stretch)
    found = fit_to(project.model_copy(update={"texts": tuple(texts), "codings": tuple(codings)}), laid)
    whole = sum(one.whole for one in found.codings)
    other = sum(not _within(one.stretches, own[one.guid]) for one in found.codings)
    return {"codings": len(codings), "whole": whole, "unfit": len(found.unfit), "on_other_words": other}


def _changed(text: str) -> tuple[str, list[tuple[int, int, int]]]:
    """The text with every tenth turn otherwise; and of each line that stayed, its place and how far it moved."""
    lines, moves, old_at, new_at = [], [], 0, 0
    for number, line in enumerate(text.split("\n")):
        new = f"{line[: len(line) // 3]} something else was said here" if number % 30 == 1 else line
        if new == line:
            moves.append((old_at, old_at + len(line), new_at - old_at))
        lines.append(new)
        old_at, new_at = old_at + len(line) + 1, new_at + len(new) + 1
    return "\n".join(lines), moves


def _move(moves: list[tuple[int, int, int]], stretch: Stretch) -> int | None:
    """How far a stretch that lies in one unchanged line was moved; None: it lies in none."""
    start, end, far = moves[max(0, bisect_right(moves, stretch.start, key=lambda one: one[0]) - 1)]
    return far if start <= stretch.start and stretch.end <= end else None


def _within(stretches: Any, own: Any) -> bool:
    places = {one.utterance_id: (one.start_char, one.end_char) for one in own}
    return all(
        one.utterance_id in places
        and places[one.utterance_id][0] <= one.start_char
        and one.end_char <= places[one.utterance_id][1]
        for one in stretches
    )


def by_another_reader(data: Path, folder: Path) -> dict[str, Any]:
    """Of how many codings another reader finds exactly the words, among all."""
    project = project_of(data)
    texts = {text.guid: text.text for text in project.texts}
    wanted = {one.guid: texts[one.stretch.text][one.stretch.start : one.stretch.end] for one in project.codings}
    found = RefiProject.load(folder / "project.qdpx", folder / "out")
    same = 0
    for source in found.sources.text_source:
        text = RefiProject.resolve_source_path(source.plain_text_path, folder / "out").read_bytes().decode()
        for selection in source.plain_text_selection:
            words = text[selection.start_position : selection.end_position]
            same += sum(wanted.get(coding.guid) == words for coding in selection.coding)
    return {"same_words": same, "codings": len(wanted)}


def taguette_out(data: Path, folder: Path) -> dict[str, Any]:
    taguette.write_project(project_of(data), folder / "project.sqlite3")
    return {"bytes": (folder / "project.sqlite3").stat().st_size}


def taguette_in(data: Path, folder: Path) -> dict[str, Any]:
    found = fit(taguette.read_project(folder / "project.sqlite3").project, data)
    return {"codings": len(found.codings), "unfit": len(found.unfit)}


STEPS: dict[str, Callable[[Path, Path], dict[str, Any]]] = {
    "write": write,
    "read": read,
    "read_and_fit": fitted,
    "fit_to_changed_texts": fitted_to_changed,
    "another_reader": by_another_reader,
    "taguette_write": taguette_out,
    "taguette_read_and_fit": taguette_in,
}


def measured(step: str, data: Path, folder: Path) -> dict[str, Any]:
    """What a step found, its seconds, and the peak of its process's memory."""
    began = time.perf_counter()
    found = STEPS[step](data, folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB
    return {**found, "seconds": round(seconds, 1), "peak_mb": round(peak)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    for name, size in (("sessions", 100), ("turns", 1000), ("codings", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=size)
    options = parser.parse_args()
    sizes = (options.sessions, options.turns, options.codings)
    figures: dict[str, Any] = {
        "sessions": sizes[0], "turns": sizes[1], "codings": sizes[2], "python": platform.python_version()
    }  # fmt: skip
    apart = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "release.duckdb"
        for step in ("make", *STEPS):
            with apart.Pool(1) as pool:
                if step == "make":
                    pool.apply(made, (data, *sizes))
                else:
                    figures[step] = pool.apply(measured, (step, data, Path(folder)))
    json.dump(figures, sys.stdout, indent=None if options.json else 2)
    print()


if __name__ == "__main__":
    main()
