"""How well and how fast names are found: ours, with parts taken out, and other programs, on the same made-up data.

    python -m tests.benchmarks.bench_names [--quick] [--only NAME …] [--peers PYTHON] [--json | --markdown]
    python -m tests.benchmarks.bench_names --draw FILE … [--markdown | --page PAGE]

NAME is a part (peers, ablations, installed, classes, absent, speed, rosters, memory, check) or one of the data sets.
Other programs are asked in a Python of their own, named by ``--peers``; what is not installed there is told as not
measured. Everything is made by seeded generators; nothing is fetched.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deidentification import words as known_words
from deidentification.terms import Terms
from deidentification.text import View
from tests.benchmarks.names import speed, tables
from tests.benchmarks.names.gold import Passage
from tests.benchmarks.names.made_up import FULL, QUICK, SEED, Amounts, DataSet, absent, data_sets, without_listed
from tests.benchmarks.names.peers import RECIPE, AbsentError, OtherPython
from tests.benchmarks.names.people import table
from tests.benchmarks.names.scores import Mask, hidden_text, score
from tests.benchmarks.names.stacks import Ours, ablations, installed, models, run, systems

PARTS = ("peers", "ablations", "installed", "classes", "absent", "speed", "rosters", "memory", "check")
ROSTER_SIZES = (10, 100, 1_000, 10_000)


class Bench:
    """One run: the data, the models, and the answers that were already given.

    Args:
        amounts: How much is made.
        other: The Python that has the peers.
        chosen: The data sets asked for; none: all.
    """

    def __init__(self, amounts: Amounts, other: OtherPython, chosen: Sequence[str] = ()) -> None:
        self.other, self.models = other, models()
        try:
            sentences, self.missing = other.ask("sentences", str(amounts.sentences), str(SEED)), ""
        except AbsentError as absence:
            sentences, self.missing = None, str(absence)
        made = data_sets(amounts, sentences)
        self.data = [data for data in made if not chosen or data.name in chosen]
        texts, self.rosters = absent(amounts)
        self.talks = [DataSet(name, "", tuple(passages)) for name, passages in texts.items()]
        other.expected = tuple((p.language, p.text) for one in (*self.data, *self.talks) for p in one.passages)

    def about(self) -> list[dict[str, Any]]:
        """What the data are."""
        rows = [
            {
                "name": data.name, "about": data.about, "texts": len(data.passages), "words": data.words,
                "names": sum(g.label == "PERSON" for p in data.passages for g in p.gold),
            }
            for data in self.data
        ]  # fmt: skip
        if self.missing:
            about = f"NOT MADE: presidio-evaluator could not be asked ({self.missing})"
            rows.append({"name": "sentences", "about": about, "texts": 0, "words": 0, "names": 0})
        return rows

    def figures(self, work: Any, data: DataSet, *, terms: bool = False) -> dict[str, Any]:
        """All figures of one system on one data set, or why there are none."""
        masks = run(work, data)
        if isinstance(masks, str):
            return {"absent": masks}
        found: dict[str, Any] = score(data.passages, masks).figures()
        if terms and data.people:
            found["terms_left"] = terms_left(data, masks)
        return found

    def peers(self) -> dict[str, Any]:
        """Every system on every data set, by data set."""
        compared = systems(self.models, self.other)
        return {
            data.name: {name: self.figures(work, data, terms=True) for name, work in compared.items()}
            for data in self.data
        }

    def stacks(self, works: dict[str, Any]) -> dict[str, Any]:
        """Every stack on every data set, by stack."""
        found = {}
        for name, work in works.items():
            rows = {data.name: self.figures(work, data) for data in self.data}
            lacking = next((row["absent"] for row in rows.values() if "absent" in row), None)
            found[name] = {"absent": lacking} if lacking else rows
        return found

    def classes(self) -> dict[str, Any]:
        """Each class of names over all data: how much is hidden with and without a roster."""
        listed = listed_words()
        passages = [p for data in self.data for p in without_listed(data.passages, listed)]
        both = [
            score(passages, [m for data in self.data for m in work(data)]).classes
            for work in (Ours(self.models), Ours(self.models, roster=False))
        ]
        return {tag: _class(counts, both[1][tag]) for tag, counts in both[0].items()}

    def absent(self) -> dict[str, Any]:
        """False alarms of rosters of whom nobody is spoken of, and of every system, by kind of talk."""
        compared = {n: w for n, w in systems(self.models, self.other).items() if n != "ours, with the roster"}
        rows: dict[str, dict[str, Any]] = {talk.name: {} for talk in self.talks}
        missing = {}
        for name, work in compared.items():
            for talk in self.talks:
                found = self.figures(work, talk)
                missing.update({name: found["absent"]} if "absent" in found else {})
                rows[talk.name][name] = found.get("false_words_per_1000")
        return {
            "rosters": len(self.rosters), "ours": [self._unspoken(talk) for talk in self.talks],
            "systems": rows, "missing": missing,
        }  # fmt: skip

    def _unspoken(self, talk: DataSet) -> dict[str, Any]:
        work = Ours(self.models)
        found = [
            score(talk.passages, work(DataSet(talk.name, "", talk.passages, people))).figures()
            for people in self.rosters
        ]
        masks = [one["roster_masks_per_1000"] or 0.0 for one in found]
        false = [one["false_words_per_1000"] or 0.0 for one in found]
        return {
            "name": talk.name, "words": talk.words, "roster_masks_per_1000": round(sum(masks) / len(masks), 4),
            "worst_roster": max(masks), "false_words_per_1000": round(sum(false) / len(false), 4),
        }  # fmt: skip

    def check(self) -> dict[str, Any]:
        """Our token figures beside presidio-evaluator's own on the same texts and masks: they must be the same."""
        data = self.data[0]
        masks = Ours(self.models, roster=False)(data)
        rows = [_spans(passage, found) for passage, found in zip(data.passages, masks, strict=True)]
        ours = score(data.passages, masks).figures()
        try:
            theirs = self.other.ask("score", given=rows)
        except AbsentError as absence:
            theirs = {"precision": None, "recall": None, "f2": None, "absent": str(absence)}
        return {"this benchmark": ours, f"presidio-evaluator, on {data.name}": theirs}


def terms_left(data: DataSet, masks: list[list[Mask]]) -> int:
    """How often a name of the roster stands, letter for letter, in what a system leaves; by the leak gate's list."""
    terms = Terms.of(table(data.people))
    texts = [hidden_text(passage.text, found) for passage, found in zip(data.passages, masks, strict=True)]
    return sum(len(list(terms.hits(View(text)))) for text in texts)


def listed_words() -> frozenset[str]:
    """All words of the recogniser's own lists that may be names."""
    lists = [value for value in vars(known_words).values() if isinstance(value, frozenset)]
    return frozenset(word for one in lists for word in one)


def _class(with_roster: Any, without: Any) -> dict[str, Any]:
    names, known = with_roster["names"], with_roster["of_roster"]
    return {
        "names": names, "covered": round(with_roster["covered"] / names, 4),
        "right_person": round(with_roster["right"] / known, 4) if known else None,
        "covered_without_roster": round(without["covered"] / names, 4),
    }  # fmt: skip


def _spans(passage: Passage, masks: list[Mask]) -> list[object]:
    """A text with the spans of its gold persons and of the masks that are called persons."""
    gold = [[g.start, g.end] for g in passage.gold if g.label == "PERSON"]
    return [passage.text, gold, [[m.start, m.end] for m in masks if m.person]]


def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """All figures that were asked for."""
    only = set(asked.only)
    wanted = [part for part in PARTS if part in only] or ([] if only else list(PARTS))
    wanted = wanted or ["peers"]
    amounts = QUICK if asked.quick else FULL
    figures: dict[str, Any] = {"quick": asked.quick, "seed": SEED}
    if set(wanted) - {"speed", "rosters", "memory"}:
        bench = Bench(amounts, OtherPython(asked.peers), sorted(only - set(PARTS)))
        figures |= {"data": bench.about(), "models": {m.name: m.version for m in bench.models}}
        figures |= _found(bench, wanted)
        figures |= {"peers_words_per_s": bench.other.words_per_s} if bench.other.words_per_s else {}
    return figures | _timed(wanted, asked)


def _found(bench: Bench, wanted: Sequence[str]) -> dict[str, Any]:
    works = {
        "peers": lambda: {"systems": bench.peers()},
        "ablations": lambda: {"ablations": bench.stacks(ablations(bench.models))},
        "installed": lambda: {"installed": bench.stacks(installed(bench.models, bench.other))},
        "classes": lambda: {"classes": bench.classes()},
        "absent": lambda: {"absent": bench.absent()},
        "check": lambda: {"check": bench.check()},
    }
    figures: dict[str, Any] = {}
    for part in wanted:
        figures |= works[part]() if part in works else {}
    return figures


def _timed(wanted: Sequence[str], asked: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if "speed" in wanted:
        figures["speed"] = speed.stack(*((20, 1) if asked.quick else (700, 3)))
    if "rosters" in wanted:
        figures["rosters"] = speed.rosters(
            ROSTER_SIZES[:2] if asked.quick else ROSTER_SIZES, 20 if asked.quick else 300
        )
    if "memory" in wanted:
        sizes = (0.01,) if asked.quick else tuple(float(size) for size in asked.memory.split(","))
        figures["memory"] = speed.memory(sizes, asked.memory_limit)
    return figures


def saved(files: Sequence[Path]) -> dict[str, Any]:
    """The figures of several runs as one; what stands in two is taken from the later."""
    figures: dict[str, Any] = {}
    for file in files:
        figures |= json.loads(file.read_text("utf-8"))
    return figures


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"A Python for --peers: {RECIPE}",
    )
    parser.add_argument("--quick", action="store_true", help="a little of everything: shows that it works, no figures")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="parts or data sets")
    parser.add_argument("--peers", type=Path, default=None, help="a Python that has presidio-analyzer and the others")
    parser.add_argument("--memory", default="1,10", help="sizes in MB of the files for memory, comma-separated")
    parser.add_argument("--memory-limit", type=float, default=1800, help="seconds after which such a run is ended")
    parser.add_argument("--draw", type=Path, nargs="+", metavar="FILE", help="tables of figures saved with --json")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the figures as JSON")
    shape.add_argument("--markdown", action="store_true", help="the tables of docs/explanation/how-names-are-found.md")
    shape.add_argument("--page", type=Path, help="put those tables into a page, in place of the ones it has")
    asked = parser.parse_args(arguments)
    figures = saved(asked.draw) if asked.draw else measure(asked)
    if asked.json:
        print(json.dumps(figures, ensure_ascii=False, indent=1))
        return
    draw = tables.markdown if asked.markdown or asked.page else tables.terminal
    drawn = "\n\n".join(draw(*one) for one in tables.tables(figures))
    if asked.page:
        asked.page.write_text(tables.with_tables(asked.page.read_text("utf-8"), drawn), encoding="utf-8")
    else:
        print(drawn)


if __name__ == "__main__":
    main(sys.argv[1:])
