"""Coded projects and codebooks in and out as REFI-QDA 1.0 (.qdpx, .qdc): what most programs for coding exchange."""

from pathlib import Path

from schemas.coding import Codebook, CodedProject, Imported
from schemas.errors import BadInput
from warehouse.exchange.archive import MOST_BYTES, Archive, write_archive
from warehouse.exchange.named import check_file
from warehouse.exchange.refi_parts import take_apart
from warehouse.exchange.refi_reading import made_of
from warehouse.exchange.refi_writing import codebook_bytes, project_members


def write_project(project: CodedProject, path: Path) -> None:
    """Write ``project`` as a ``.qdpx`` at ``path``: the same bytes for the same project."""
    write_archive(path, project_members(project))


def read_project(path: Path) -> Imported:
    """The project in the ``.qdpx`` at ``path``, and what of it was not taken.

    Raises:
        BadInput: It cannot be read, is no REFI-QDA project, is damaged, or holds what no project needs; the error says
            where.
    """
    check_file(path)
    with Archive(path) as archive:
        tops = [name for name in archive.names() if name.lower().endswith(".qde") and "/" not in name]
        name = next((one for one in tops if one.lower() == "project.qde"), tops[0] if len(tops) == 1 else "")
        data = archive.read(name, "project.qde")
        if data is None:
            raise BadInput("the file holds no project.qde", hint="Export a REFI-QDA project (.qdpx).")
        return made_of(take_apart(data, "project.qde", "project"), archive)


def write_codebook(codebook: Codebook, path: Path) -> None:
    """Write the codes of ``codebook`` as a ``.qdc`` at ``path``; coders and memos have no place in it."""
    path.write_bytes(codebook_bytes(codebook))


def read_codebook(path: Path) -> tuple[Codebook, dict[str, int]]:
    """The codes in the ``.qdc`` at ``path``, and what of it was not taken.

    Raises:
        BadInput: It cannot be read or is no REFI-QDA codebook; the error says where.
    """
    check_file(path)
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(
            f"the codebook is larger than {MOST_BYTES // 1024**2} MB", hint="Check that it is the file you meant."
        )
    parts = take_apart(path.read_bytes(), "the codebook", "codebook")
    left = {what: count for what, count in parts.left.items() if count}
    return Codebook(codes=tuple(parts.codes.values())), left
