"""What it costs to hold a data set against the project's own public texts, and how that grows.

    uv run python -m tests.benchmarks.bench_linkage --json [--rows 100000]

Made-up turns of eighteen words; a fifth of them stand in public too. "ratio" is to the bare scan: every row read once
and its words folded as they are compared. Seconds are of the processor, the best of three.
"""

import argparse
import json
import random
import time
from collections.abc import Callable

from deidentification.linkage import Said, _folded, public_linkage

TURN_WORDS = 18
VOCABULARY = 8_000
PEOPLE = 30
PUBLIC = 5
"""One in so many turns is public."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = [measure(rows) for rows in (options.rows // 10, options.rows)]
    print(json.dumps(figures, indent=2) if options.json else "\n".join(str(row) for row in figures))


def measure(rows: int) -> dict[str, float]:
    """Seconds for the scan and for the comparison, and what was found."""
    shown = _turns(rows)
    public = [one._replace(session="S0", protected=False) for one in shown[::PUBLIC]]
    found = public_linkage(shown, public)
    scan_s, linkage_s = _best(lambda: _scan([*shown, *public])), _best(lambda: public_linkage(shown, public))
    return {
        "rows": rows,
        "words": rows * TURN_WORDS,
        "public_rows": len(public),
        "found": len(found),
        "scan_s": round(scan_s, 3),
        "linkage_s": round(linkage_s, 3),
        "ratio": round(linkage_s / scan_s, 2),
        "us_per_row": round(linkage_s / rows * 1e6, 2),
    }


def _turns(rows: int) -> list[Said]:
    chance = random.Random(11)  # noqa: S311 - the same turns each time
    words = [f"w{chance.randrange(VOCABULARY)}é" if n % 9 == 0 else f"w{n}" for n in range(VOCABULARY)]
    return [
        Said(
            f"S{number // 1000 + 1}", f"u{number}", 0, f"P{chance.randrange(PEOPLE):02}",
            [" ".join(chance.choices(words, k=TURN_WORDS))], True,
        )
        for number in range(rows)
    ]  # fmt: skip


def _scan(turns: list[Said]) -> int:
    return sum(len(_folded(chunk)) for one in turns for text in one.texts for chunk in text.split())


def _best(work: Callable[[], object]) -> float:
    took = []
    for _ in range(3):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


if __name__ == "__main__":
    main()
