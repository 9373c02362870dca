"""The figures as tables: aligned for a terminal, or as Markdown for the page that explains them."""

from collections.abc import Sequence
from typing import Any

BEGIN, END = "<!-- figures: written by tests/benchmarks/bench_names.py -->", "<!-- end of figures -->"
Row = Sequence[object]
Table = tuple[str, Row, list[Row]]
"""Title, head and rows."""


def shown(value: object) -> str:
    """A figure as people read it: shares with three digits, whole numbers with separators, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) <= 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def rate(value: float | None) -> str | None:
    """A figure per 1,000 words, with two digits."""
    return None if value is None else f"{value:.2f}"


def terminal(title: str, head: Row, rows: Sequence[Row]) -> str:
    """One table, first column to the left, figures to the right."""
    cells = [[str(name) for name in head], *([shown(value) for value in row] for row in rows)]
    # A row of one cell says why there are no figures: it may run on.
    width = [max(len(row[column]) for row in cells if len(row) == len(head)) for column in range(len(head))]
    lines = ["  ".join(_padded(cell, width[n], n) for n, cell in enumerate(row)).rstrip() for row in cells]
    return "\n".join([title, *("  " + line for line in lines)])


def _padded(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column == 0 else cell.rjust(width)


def markdown(title: str, head: Row, rows: Sequence[Row]) -> str:
    """One table as Markdown, the title in bold above it."""
    lines = [f"| {' | '.join(str(name) for name in head)} |", "|" + "---|" + "--:|" * (len(head) - 1)]
    for row in rows:
        cells = [shown(value) for value in row]
        lines.append(f"| {' | '.join([*cells, *[''] * (len(head) - len(cells))])} |")
    return "\n".join([f"**{title}**", "", *lines])


def with_tables(page: str, drawn: str) -> str:
    """``page`` with ``drawn`` between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _old, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{drawn}\n\n{END}{after}"


def tables(figures: dict[str, Any]) -> list[Table]:
    """Every table that the figures at hand fill: title, head, rows."""
    made: list[Table] = []
    if "data" in figures:
        columns = ("name", "about", "texts", "words", "names")
        rows: list[Row] = [[data[column] for column in columns] for data in figures["data"]]
        made.append(("Data", ("data", "what", "texts", "words", "names"), rows))
    for name, systems in figures.get("systems", {}).items():
        made.append(_compared(f"Peers on: {name}", systems))
    for title, key in (("Parts taken out", "ablations"), ("Sets of models, no roster", "installed")):
        made.extend(_by_measure(title, figures[key]) if key in figures else [])
    made.extend(_classes(figures["classes"]) if "classes" in figures else [])
    made.extend(_absent(figures["absent"]) if "absent" in figures else [])
    made.extend(_speeds(figures))
    return made


COLUMNS = {
    "precision": "precision", "recall": "recall", "f2": "F2", "covered": "whole name hidden", "touched": "touched",
    "false_words_per_1000": "false words ‰", "other_masks_per_1000": "other masks ‰", "right_person": "right person",
    "terms_left": "roster terms left",
}  # fmt: skip
"""Figure to the head of its column. ‰: per 1,000 words."""


def _figure(found: dict[str, Any], name: str) -> object:
    return rate(found.get(name)) if name.endswith("_per_1000") else found.get(name)


def _compared(title: str, systems: dict[str, Any]) -> Table:
    rows: list[Row] = []
    for system, found in systems.items():
        if "absent" in found:
            rows.append([f"{system}: NOT MEASURED ({found['absent']})"])
        else:
            rows.append([system, *(_figure(found, name) for name in COLUMNS)])
    return title, ("system", *COLUMNS.values()), rows


def _by_measure(title: str, stacks: dict[str, Any]) -> list[Table]:
    """For each measure a table: stacks down, data across."""
    made = []
    measures = {"covered": "whole name hidden", "f2": "F2", "false_words_per_1000": "false words per 1,000"}
    data = list(dict.fromkeys(name for found in stacks.values() for name in found if name != "absent"))
    for measure, told in measures.items():
        rows: list[Row] = [
            [f"{stack}: NOT MEASURED ({found['absent']})"] if "absent" in found
            else [stack, *(_figure(found[name], measure) for name in data)]
            for stack, found in stacks.items()
        ]  # fmt: skip
        made.append((f"{title}: {told}", ("stack", *data), rows))
    return made


def _classes(classes: dict[str, Any]) -> list[Table]:
    head = ("class of names", "names", "hidden, with roster", "right person", "hidden, no roster")
    rows: list[Row] = [
        [tag, c["names"], c["covered"], c["right_person"], c["covered_without_roster"]]
        for tag, c in sorted(classes.items())
    ]
    return [("Classes of names, over all data", head, rows)]


def _absent(absent: dict[str, Any]) -> list[Table]:
    systems = [one for one in next(iter(absent["systems"].values()), {}) if one not in absent["missing"]]
    head = ("talk", "words", "roster masks ‰", "worst roster", "false words ‰ with it")
    columns = ("roster_masks_per_1000", "worst_roster", "false_words_per_1000")
    rows: list[Row] = [[d["name"], d["words"], *(rate(d[column]) for column in columns)] for d in absent["ours"]]
    made = [(f"A roster of 20 people of whom nobody is spoken of ({absent['rosters']} rosters)", head, rows)]
    rows = [[name, *(rate(absent["systems"][name].get(s)) for s in systems)] for name in absent["systems"]]
    rows.extend([f"{name}: NOT MEASURED ({why})"] for name, why in absent["missing"].items())
    return [*made, ("The same talk: false words per 1,000", ("talk", *systems), rows)]


def _speeds(figures: dict[str, Any]) -> list[Table]:
    made: list[Table] = []
    for key, title in (
        ("speed", "Speed, words per second"),
        ("peers_words_per_s", "Speed of the other programs on all texts of this run, words per second"),
    ):
        if key in figures:
            made.append((title, ("what", "words/s"), [list(pair) for pair in figures[key].items()]))
    for key, draw in (("rosters", _rosters), ("memory", _memory), ("check", _check)):
        made.extend([draw(figures[key])] if key in figures else [])
    return made


def _rosters(found: list[dict[str, Any]]) -> Table:
    rows: list[Row] = [[f"{r['people']:,}", r["index_s"], r["words_per_s"]] for r in found]
    return "The roster search alone, no models", ("people", "index, s", "words/s"), rows


def _memory(found: list[dict[str, Any]]) -> Table:
    columns = ("words", "written_mb", "peak_mb_at_30_s", "peak_mb", "seconds")
    names = [f"{run['mb']:g} MB" + (" (ended early)" if run["ended"] else "") for run in found]
    rows: list[Row] = [[name, *(run.get(c) for c in columns)] for name, run in zip(names, found, strict=True)]
    head = ("file", "words", "written, MB", "peak after 30 s, MB", "peak, MB", "seconds")
    return "chatham deidentify, a process of its own", head, rows


def _check(found: dict[str, Any]) -> Table:
    rows: list[Row] = [[by, *(one[name] for name in ("precision", "recall", "f2"))] for by, one in found.items()]
    return "The token figures beside presidio-evaluator's own", ("counted by", "precision", "recall", "F2"), rows
