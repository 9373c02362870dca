"""Several programs read one data set while new ones take its place, and after it was taken away."""

import multiprocessing
from pathlib import Path

import duckdb
import pytest

from schemas.deidentified import DeidentifiedUtterance
from tests.warehouse.readers import TURNS, Read, contents, number_in, put, read_on
from tests.warehouse.samples import IDS, PROVENANCE, session
from warehouse.load import ReleasedSession, build

TIMES = 12
KINDS = ("fresh", "fresh", "long-lived", "long-lived")


@pytest.fixture(scope="module")
def made() -> tuple[list[ReleasedSession], list[ReleasedSession]]:
    return contents()


@pytest.fixture
def path(tmp_path: Path, made: tuple[list[ReleasedSession], ...]) -> Path:
    put(tmp_path / "research.duckdb", 0, made)
    return tmp_path / "research.duckdb"


def connected(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), read_only=True)


def reads_while_replaced(path: Path, made: tuple[list[ReleasedSession], ...]) -> list[list[Read]]:
    """What four processes read while data sets 1 to ``TIMES`` take the place of data set 0."""
    spawned = multiprocessing.get_context("spawn")
    phase, placed = spawned.Value("i", 0), spawned.Value("i", 0)
    over, up = spawned.Event(), spawned.Semaphore(0)
    queues = [spawned.Queue() for _ in KINDS]
    told = [(path, kind, phase, placed, over, up, queue) for kind, queue in zip(KINDS, queues, strict=True)]
    processes = [spawned.Process(target=read_on, args=one) for one in told]
    for process in processes:
        process.start()
    try:
        assert all(up.acquire(timeout=120) for _ in processes), "every reader has read data set 0"
        for number in range(1, TIMES + 1):
            put(path, number, made)
            placed.value = number
    finally:
        over.set()
        reads = [queue.get(timeout=60) for queue in queues]
        for process in processes:
            process.join()
    return reads


def test_four_programs_read_one_whole_data_set_or_another_while_it_is_replaced(path, made):
    *fresh, first, second = reads_while_replaced(path, made)
    for reads in (*fresh, first, second):
        assert len(reads) > 2
        assert [read for read in reads if read.number < 0] == [], "each look found one whole data set"
    for reads in fresh:
        assert [read for read in reads if read.number < read.stood] == [], "who opens the file gets what stands there"
        assert {0, TIMES} <= {read.number for read in reads}
    for reads in (first, second):
        assert {read.number for read in reads} == {0}, "who keeps it open keeps the one that stood then"
        assert max(read.stood for read in reads) == TIMES
    assert [file.name for file in path.parent.iterdir()] == ["research.duckdb"], "nothing is left beside it"


def test_a_file_of_two_data_sets_is_noticed(path, made):
    even, odd = (one[0].redacted.utterances for one in made)
    mixed = [*even[: TURNS // 2], *odd[TURNS // 2 :]]
    assert all(isinstance(one, DeidentifiedUtterance) for one in mixed)
    build(path, [session("S1", *mixed)], IDS, PROVENANCE)
    with connected(path) as connection:
        assert number_in(connection) == -1


@pytest.mark.parametrize("number", [1, 2])
def test_a_second_connection_of_a_program_that_keeps_the_first_reads_the_old_data_set(path, made, number):
    with connected(path) as first:
        assert number_in(first) == 0
        put(path, number, made)
        with connected(path) as second:
            assert number_in(second) == 0, "DuckDB gives a program the file that it has open already"
    with connected(path) as third:
        assert number_in(third) == number


def test_a_second_connection_of_a_program_that_keeps_the_first_opens_a_data_set_that_is_gone(path):
    with connected(path) as first:
        path.unlink()
        with connected(path) as second:
            assert number_in(second) == 0
        assert number_in(first) == 0
    with pytest.raises(duckdb.IOException, match="does not exist"):
        connected(path)


def test_a_file_that_was_attached_and_detached_is_read_anew(path, made):
    with duckdb.connect() as own:
        own.execute(f"ATTACH '{path}' AS study (READ_ONLY); USE study")
        assert number_in(own) == 0
        put(path, 1, made)
        assert number_in(own) == 0
        own.execute(f"USE memory; DETACH study; ATTACH '{path}' AS study (READ_ONLY); USE study")
        assert number_in(own) == 1
