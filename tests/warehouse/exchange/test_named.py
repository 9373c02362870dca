"""A file that is not there, or cannot be read, is told of as everywhere else."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from flows.sheets import read_bytes
from schemas.errors import BadInput
from warehouse.exchange import refi_qda, taguette

READERS = pytest.mark.parametrize(
    "read", [refi_qda.read_project, refi_qda.read_codebook, taguette.read_project], ids=["qdpx", "qdc", "sqlite3"]
)


def missing(path: Path) -> None:
    """Nothing is there."""


def folder(path: Path) -> None:
    path.mkdir()


def empty(path: Path) -> None:
    path.touch()


def within_a_file(path: Path) -> None:
    path.parent.rmdir()
    path.parent.touch()


def round_in_circles(path: Path) -> None:
    path.symlink_to(path)


class Locked(type(Path())):  # type: ignore[misc]
    """A file that the system does not let the program open, whoever runs it."""

    def open(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise PermissionError


@READERS
@pytest.mark.parametrize("make", [missing, folder, empty, within_a_file, round_in_circles])
def test_what_is_wrong_with_a_file_is_said_as_of_every_other_file(
    read: Callable[[Path], object], make: Callable[[Path], None], tmp_path: Path
) -> None:
    path = tmp_path / "Maribel" / "x"
    path.parent.mkdir()
    make(path)
    with pytest.raises(BadInput, match=r"no such file|a folder|is empty|cannot be read") as told:
        read(path)
    with pytest.raises(BadInput, match="file") as elsewhere:
        read_bytes(path)
    assert (str(told.value), told.value.hint) == (str(elsewhere.value), elsewhere.value.hint)


@READERS
def test_a_path_that_cannot_be_one_is_told(read: Callable[[Path], object]) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(Path("x\0y"))


@READERS
def test_a_file_that_may_not_be_read_is_told(read: Callable[[Path], object]) -> None:
    with pytest.raises(BadInput, match="may not be read by you") as told:
        read(Locked("x"))
    assert told.value.hint == "Change its permissions, or copy it."
