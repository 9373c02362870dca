"""Hands the coding of a data set out, in the files of programs for coding."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.access import note_copy
from flows.coding.writing import refuse_place, write_whole
from flows.releases import DATA, DUCKDB, releases
from flows.roles import refuse_service, require
from flows.stopping import end_outdated
from flows.study import Study
from schemas.errors import UsageError

if TYPE_CHECKING:
    from warehouse.exchange.layout import LaidOut
    from warehouse.reliability import Agreement

KINDS = (".qdpx", ".qdc", ".sqlite3", ".csv")


def export_codings(study: Study, path: Path, release: str | None = None) -> Mapping[str, int]:
    """Write a data set's words and coding to ``path``: whole or not at all, and only its owner may read it.

    Args:
        path: Its ending says the form: REFI-QDA project or codebook, Taguette's project, or a table of codings.
        release: A data set to hand on; None: the one for analysis.
    Returns:
        What that form cannot hold, in plain words, to how many.
    Raises:
        UsageError: another ending, a file that is there already, no such folder or data set, or one without the format
            that is read. MissingKey: also to a service user. DiskFull: no room.
    """
    from warehouse.exchange.layout import lay_out

    require(study, "coding export")
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise UsageError("a file of this kind cannot be written", hint=f"End its name in one of {', '.join(KINDS)}.")
    refuse_place(path)
    data_set = _data_set(study, release)
    note_copy(study, release, kind)
    laid = lay_out(data_set)
    return write_whole(path, lambda aside: _WRITERS[kind](laid, aside))


def agreement_of(study: Study, release: str | None = None, *, words: bool = False) -> "Agreement":
    """How far coders agree in a data set; for analysis where none is named.

    Args:
        words: Whether somebody is going to see the words on which they do not.
    Raises:
        UsageError: no such data set, or one without the format that is read. MissingKey: words, to a service user.
    """
    from warehouse.reliability import read_agreement

    require(study, "coding agreement")
    if words:
        refuse_service(study, "sees names, words or recordings")
    return read_agreement(_data_set(study, release))


def _data_set(study: Study, release: str | None) -> Path:
    study.require_whole_register()
    if release is None:
        if not study.research.is_file():
            raise UsageError("there is no data set for analysis", hint="Make it with chatham run.")
        return study.research
    end_outdated(study)  # what somebody recorded who could not compare must not be handed out either
    formats = {one.name: one.formats for one in releases(study.ledger.entries()) if one.stands}
    path = study.releases / release / DATA
    if release in formats and not set(DUCKDB) <= set(formats[release]):
        raise UsageError(
            "that data set was made without the format duckdb, from which words and coding are read",
            hint="Make another with chatham release make NAME --purpose WHAT --format duckdb, or leave --release out.",
        )
    if release not in formats or not path.is_file():
        raise UsageError("no data set of that name stands", hint="See them with chatham release list.")
    return path


def _project(laid: "LaidOut", path: Path) -> Mapping[str, int]:
    from warehouse.exchange.refi_qda import write_project

    write_project(laid.project, path)
    return {}


def _codebook(laid: "LaidOut", path: Path) -> Mapping[str, int]:
    from warehouse.exchange.refi_qda import write_codebook

    write_codebook(laid.project.codebook, path)
    return {}


def _taguette(laid: "LaidOut", path: Path) -> Mapping[str, int]:
    from warehouse.exchange.taguette import write_project

    return write_project(laid.project, path)


def _table(laid: "LaidOut", path: Path) -> Mapping[str, int]:
    from warehouse.exchange.tables import codings_table

    path.write_bytes(codings_table(laid).encode("utf-8-sig"))
    return {}


_WRITERS: Mapping[str, Callable[["LaidOut", Path], Mapping[str, int]]] = {
    ".qdpx": _project,
    ".qdc": _codebook,
    ".sqlite3": _taguette,
    ".csv": _table,
}
