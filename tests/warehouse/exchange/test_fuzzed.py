"""Whatever a file from another program holds, only our own errors come out, and none says what stands in it."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.coding import CodedProject
from schemas.errors import BadInput
from tests.fuzzing import inputs
from tests.warehouse.exchange.projects import BOOK, example
from warehouse.exchange import refi_qda, taguette
from warehouse.exchange.fitting import fit_to
from warehouse.exchange.layout import LaidOut, lay_out


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> LaidOut:
    return lay_out(example(tmp_path_factory.mktemp("data")))


def tried(samples: list[bytes], path: Path, read: Callable[[Path], CodedProject], laid: LaidOut, short: int) -> None:
    refused = taken = 0
    for data in inputs(samples, short=short):
        path.write_bytes(data)
        try:
            fit_to(read(path), laid)
            taken += 1
        except BadInput as error:
            assert error.hint and "ferries" not in str(error)
            refused += 1
    assert refused and taken


def test_a_project_file(laid, tmp_path):
    path = tmp_path / "x.qdpx"
    refi_qda.write_project(laid.project, path)
    tried([path.read_bytes()], path, lambda one: refi_qda.read_project(one).project, laid, 300)


def test_a_document_in_a_project_file(laid, tmp_path):
    whole, path = tmp_path / "x.qdpx", tmp_path / "project.qde"
    refi_qda.write_project(laid.project, whole)
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def read(document: Path) -> CodedProject:
        with zipfile.ZipFile(whole, "w") as archive:
            for name, data in {**members, "project.qde": document.read_bytes()}.items():
                archive.writestr(name, data)
        return refi_qda.read_project(whole).project

    tried([members["project.qde"]], path, read, laid, 300)


def test_a_codebook(laid, tmp_path):
    path = tmp_path / "x.qdc"
    refi_qda.write_codebook(BOOK, path)

    def read(document: Path) -> CodedProject:
        book, _ = refi_qda.read_codebook(document)
        return CodedProject(title="P", codebook=book)

    tried([path.read_bytes()], path, read, laid, 300)


def test_a_project_of_taguette(laid, tmp_path):
    path = tmp_path / "x.sqlite3"
    taguette.write_project(laid.project, path)
    tried([path.read_bytes()], path, lambda one: taguette.read_project(one).project, laid, 300)
