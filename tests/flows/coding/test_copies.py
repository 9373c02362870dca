"""A copy for another program is written whole, for its owner alone, or nothing of it is left."""

import errno
import os
import sqlite3
import stat
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.coding.exporting import KINDS, export_codings
from flows.study import Study
from schemas.errors import DiskFull, UsageError
from tests.flows import cascade
from tests.flows.cascade import make, run
from tests.flows.coding.coded import Said, again, book, code
from tests.flows.conftest import Chatham, open_as
from warehouse.exchange import taguette

FERRY = Said("S1", "the ferry is late every winter morning", "Ferry")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cascade.cheaply():
        made = make(tmp_path_factory.mktemp("copied"))
        run(made)
        code(open_as(made.folder, "pi"), FERRY, codebook=book("Ferry"))
        run(open_as(made.folder, "pi"))
        yield made.folder


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of somebody's own."""
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine"


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_may_be_read_by_its_owner_alone_and_nothing_else_is_left(kind: str, study: Study, mine: Path) -> None:
    before = os.umask(0o000)
    try:
        export_codings(study, mine / f"june{kind}")
    finally:
        os.umask(before)
    assert [path.name for path in mine.iterdir()] == [f"june{kind}"]
    assert stat.S_IMODE((mine / f"june{kind}").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", KINDS)
def test_while_it_is_written_nobody_else_may_look(
    kind: str, study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []

    def looked(file: Path) -> None:
        seen.extend((path.name[:9], stat.S_IMODE(path.stat().st_mode)) for path in mine.iterdir())

    monkeypatch.setattr("flows.coding.writing._keep", looked)
    export_codings(study, mine / f"june{kind}")
    assert seen == [(".chatham-", 0o700)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("folder", ["nowhere", "a-file"])
def test_where_there_is_no_folder_none_is_made(folder: str, kind: str, study: Study, mine: Path) -> None:
    (mine / "a-file").write_text("mine")
    told = len(list(study.ledger.entries()))
    with pytest.raises(UsageError, match="the folder in which the file should be is not there"):
        export_codings(study, mine / folder / f"june{kind}")
    assert [path.name for path in mine.iterdir()] == ["a-file"]
    assert len(list(again(study).ledger.entries())) == told, "no copy is told of that was never made"


@pytest.mark.parametrize("kind", KINDS)
def test_on_a_full_disk_nothing_is_left(kind: str, study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.coding.writing._keep", full)
    with pytest.raises(DiskFull, match="nothing of it is left"):
        export_codings(study, mine / f"june{kind}")
    assert list(mine.iterdir()) == []


def test_a_project_that_is_half_written_when_the_disk_is_full_is_not_left(
    study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = zipfile.ZipFile.writestr, []

    def second_fails(self: zipfile.ZipFile, *args: Any, **more: Any) -> None:
        written.append(args)
        if len(written) == 2:
            full()
        real(self, *args, **more)

    monkeypatch.setattr(zipfile.ZipFile, "writestr", second_fails)
    with pytest.raises(DiskFull, match="nothing of it is left"):
        export_codings(study, mine / "june.qdpx")
    assert list(mine.iterdir()) == []


def test_a_project_of_taguette_that_finds_no_room_is_not_left(
    study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = taguette._write

    def cramped(connection: sqlite3.Connection, project: Any) -> None:
        real(connection, project)
        connection.execute("PRAGMA max_page_count = 1")
        connection.execute("CREATE TABLE more AS SELECT zeroblob(1000000)")

    monkeypatch.setattr(taguette, "_write", cramped)
    with pytest.raises(DiskFull, match="nothing of it is left"):
        export_codings(study, mine / "june.sqlite3")
    assert list(mine.iterdir()) == []


def test_whoever_stops_it_finds_nothing_of_it(study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(taguette, "_write_highlights", stopped)
    with pytest.raises(KeyboardInterrupt):
        export_codings(study, mine / "june.sqlite3")
    assert list(mine.iterdir()) == []


def test_what_a_killed_copy_left_goes_at_the_next_one_and_what_is_being_written_stays(study: Study, mine: Path) -> None:
    for name, age_s in {".chatham-copy-old": 7200, ".chatham-copy-new": 60}.items():
        (mine / name).mkdir()
        (mine / name / "june.qdpx").write_text("words")
        os.utime(mine / name, (time.time() - age_s,) * 2)
    export_codings(study, mine / "june.qdpx")
    assert sorted(path.name for path in mine.iterdir()) == [".chatham-copy-new", "june.qdpx"]


def test_a_name_that_is_taken_while_it_is_written_is_left_to_whoever_took_it(
    study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(file: Path) -> None:
        (mine / "june.csv").write_text("theirs")

    monkeypatch.setattr("flows.coding.writing._keep", taken)
    with pytest.raises(UsageError, match="there already"):
        export_codings(study, mine / "june.csv")
    assert [(path.name, path.read_text()) for path in mine.iterdir()] == [("june.csv", "theirs")]


def test_where_nothing_may_be_written_the_error_says_so_without_the_path(
    study: Study, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(file: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr("flows.coding.writing._keep", refused)
    with pytest.raises(UsageError, match=r"could not be written there \(PermissionError\)$") as caught:
        export_codings(study, mine / "june.qdpx")
    assert str(mine) not in f"{caught.value.message}{caught.value.hint}{caught.value.__context__}"
    assert list(mine.iterdir()) == []


def test_the_command_says_it_in_one_line(study: Study, mine: Path, chatham: Chatham) -> None:
    said = chatham("coding", "export", mine / "nowhere" / "june.csv", study=study.folder)
    assert (said.code, "the folder in which the file should be is not there" in said.err) == (2, True)
