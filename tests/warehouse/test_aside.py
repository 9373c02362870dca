import errno
import re

import duckdb
import pytest

from schemas.errors import Busy, CheckFailed, DiskFull
from warehouse.aside import explained, make_aside, put_in_place


@pytest.fixture
def path(tmp_path):
    return tmp_path / "research.duckdb"


def fails_with(error):
    def write(aside):
        aside.write_bytes(b"half of a file")
        aside.with_name(f"{aside.name}.wal").write_bytes(b"its log")
        raise error

    return write


def test_the_new_file_takes_the_place_of_the_old(path):
    path.write_bytes(b"old")
    assert make_aside(path, lambda aside: aside.write_bytes(b"newer")) == 5
    assert path.read_bytes() == b"newer"


def test_until_it_is_whole_the_new_file_has_another_name(path):
    path.write_bytes(b"old")

    def write(aside):
        aside.write_bytes(b"new")
        assert aside.parent == path.parent, "on the same disk, or it could not take the name in one step"
        assert path.read_bytes() == b"old"

    make_aside(path, write)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "?"), duckdb.IOException("?"), KeyboardInterrupt(), ValueError()])
def test_a_failure_leaves_the_old_file_and_nothing_else(path, error):
    path.write_bytes(b"old")
    with pytest.raises((CheckFailed, KeyboardInterrupt, ValueError), match=r"could not be built|^$"):
        make_aside(path, fails_with(error))
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == {"research.duckdb": b"old"}


def test_what_a_killed_build_left_is_removed_by_the_next(path):
    for name in (".research.duckdb.0a1b2c3d.tmp", ".research.duckdb.0a1b2c3d.tmp.wal"):
        path.with_name(name).write_bytes(b"half")
    spilled = path.with_name(".research.duckdb.0a1b2c3d.tmp.tmp")
    spilled.mkdir()
    (spilled / "block").write_bytes(b"rows")
    other = path.with_name(".release.duckdb.0a1b2c3d.tmp")
    other.write_bytes(b"another file's build")
    make_aside(path, lambda aside: aside.write_bytes(b"new"))
    assert sorted(path.parent.iterdir()) == [other, path]


def test_an_old_files_log_is_not_played_into_the_new_one(path):
    path.with_name("research.duckdb.wal").write_bytes(b"of a client that died")
    make_aside(path, lambda aside: aside.write_bytes(b"new"))
    assert [file.name for file in path.parent.iterdir()] == ["research.duckdb"]


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFull, "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), DiskFull, "the disk is full"),
        (duckdb.IOException('Could not write file "x": No space left on device'), DiskFull, "the disk is full"),
        (PermissionError(errno.EACCES, "in use"), Busy, "a program holds it"),
        (duckdb.ConversionException("Could not convert 'private words'"), CheckFailed, "ConversionException"),
    ],
)
def test_a_failure_is_told_in_one_line_that_quotes_no_row(path, error, kind, said):
    told = explained(error, path)
    assert type(told) is kind
    assert re.search(said, told.message)
    assert "private words" not in told.message + told.hint
    assert "\n" not in told.message + told.hint
    assert told.hint


def test_the_original_failure_does_not_travel_along(path):
    with pytest.raises(CheckFailed, match="could not be built") as caught:
        make_aside(path, fails_with(duckdb.ConversionException("Could not convert 'private words'")))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_finished_file_can_be_put_in_place_later(path):
    path.write_bytes(b"old")
    path.with_name("research.duckdb.wal").write_bytes(b"of a client that died")
    finished = path.with_name("finished")
    finished.write_bytes(b"new")
    put_in_place(finished, path)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == {"research.duckdb": b"new"}
