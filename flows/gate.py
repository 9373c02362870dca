"""The last check of what is made: every file is read as it was written, before it gets its name or leaves the study."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from flows.steps import languages_of, recogniser_versions
from flows.worker import Ready, Worker
from schemas.errors import CheckFailed
from schemas.roster import MatchingTable
from schemas.written import Written

if TYPE_CHECKING:
    from deidentification.api import Planned
    from warehouse.load import BuildReport

MOST_PLACES = 5
"""Places that the error names; the rest are counted."""


@dataclass(frozen=True)
class Ours:
    """What the program itself writes, in which a participant's name is only a word.

    Attributes:
        texts: Names and versions of its models, of its users.
        files: Names of its files.
        pages: Pages that stand there word for word.
    """

    texts: Collection[str] = ()
    files: Collection[str] = ()
    pages: Sequence[str] = field(default=(), repr=False)


def check_made(
    worker: Worker,
    ready: Sequence[Ready],
    report: "BuildReport",
    path: Path,
    *,
    files: Collection[str],
    pages: Sequence[str] = (),
) -> None:
    """``check_written`` over a data set of these sessions, against what each of them plans to show.

    Args:
        path: The data set under the name it has for the time being, or the folder that holds it.
        files: What its files will be called.
        pages: Pages of the program's own among them.
    """
    languages = {language for one in ready for language in languages_of(worker, one.state.intake.session)}
    versions = recogniser_versions(tuple(sorted(languages)), worker.study.config.names)
    texts = {*versions, *versions.values(), *(f"model:{name}" for name in versions)}
    name = None if path.is_dir() else next(iter(files))
    check_written(path, worker.table, _planned(ready, report), name=name, ours=Ours(texts, files, pages))


def check_written(
    path: Path,
    table: MatchingTable,
    planned: "Planned | None" = None,
    *,
    name: str | None = None,
    ours: Ours | None = None,
) -> None:
    """Read everything in a file, or in every file of a folder, and refuse it where a name is still visible.

    Args:
        table: Everybody in the study.
        planned: What is planned to be shown in tables of utterances and speakers; None: no name anywhere.
        name: What the file will be called.
    Raises:
        CheckFailed: where names stand and how many, never which; or something in it cannot be read.
    """
    from deidentification.api import Planned, WrittenGate
    from warehouse.written import own_texts, written

    ours = ours or Ours()
    own = own_texts(*ours.pages).union(ours.texts)
    gate = WrittenGate(table, own, ours.files)
    names, places = 0, Counter[str]()
    for one in written(path, gate.sieve, name=name):
        if found := gate.names_in(one, planned or Planned({}, {})):
            names += found * one.rows
            places[_place(one, own, ours.files)] += one.rows
    if names:
        raise _still_visible(names, places)


def _planned(ready: Sequence[Ready], report: "BuildReport") -> "Planned":
    from deidentification.api import Planned

    decisions = {one.state.intake.session.session: one.decisions for one in ready}
    utterances = {key: (piece, decisions[session]) for key, (session, piece) in report.placed.items()}
    return Planned(utterances, report.speakers)


def _place(one: Written, own: Collection[str], files: Collection[str]) -> str:
    """Where a text stands, in the program's own words only: the name of a file or column may be what is wrong."""
    if one.name:
        return "the name of a file"
    if one.table in own and one.column in own:
        return f"table {one.table}, column {one.column}"
    file = one.file if one.file in files else "a file that is not known"
    return f"comments, names and other texts of {file}" if one.table is None else f"a table of {file}"


def _still_visible(names: int, places: Counter[str]) -> CheckFailed:
    told = [f"{place}: {count} {'row' if count == 1 else 'rows'}" for place, count in places.most_common(MOST_PLACES)]
    more = len(places) - len(told)
    where = "; ".join([*told, *([f"and {more} more places"] if more else [])])
    return CheckFailed(
        f"Not made: {names} {'name' if names == 1 else 'names'} still visible ({where})",
        hint="Nothing was published. Run again; if it is said again, report it as a defect.",
    )
