"""Processes that read a data set while new ones are put in its place, and the look at what they read."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event, Semaphore
from pathlib import Path
from typing import Any, Literal

import duckdb

from tests.warehouse.samples import IDS, PROVENANCE, said, session
from warehouse.load import ReleasedSession, build

Kind = Literal["fresh", "long-lived"]

TURNS = 2_000
"""Utterances of a data set."""
WORDS = ("even", "odd")
"""The first word of every utterance, by the number of the data set."""

LOOK = """
    SELECT count(*), min(split_part(text, ' ', 1)), max(split_part(text, ' ', 1)), count(DISTINCT utterance_id),
           (SELECT value FROM provenance WHERE key = 'ledger_size')
    FROM utterances
"""
"""Reads every byte of the words; the answer fits one data set only if all of it comes from that one."""


@dataclass(frozen=True)
class Read:
    """One look at the file: when it began, how long it took, which data set it found, and which one stood by then.

    Attributes:
        number: Of the data set that was read; -1 where what was read is no whole data set; -2 where it failed.
        stood: Number of the data set that had its place before the look began.
        opened: Number of the data set that stood when the connection was opened.
    """

    phase: int
    began_s: float
    took_s: float
    number: int
    stood: int
    opened: int


def contents(turns: int = TURNS) -> tuple[list[ReleasedSession], list[ReleasedSession]]:
    """What data sets of even and of odd numbers hold."""
    even, odd = (
        [session("S1", *(said(n, f"{word} {n} we named the pain points and counted them") for n in range(turns)))]
        for word in WORDS
    )
    return even, odd


def put(path: Path, number: int, made: Sequence[Sequence[ReleasedSession]]) -> None:
    """Build the data set of this number aside and put it in place, as a run does."""
    build(path, made[number % 2], IDS, PROVENANCE.model_copy(update={"ledger_size": number}))


def number_in(connection: duckdb.DuckDBPyConnection, turns: int = TURNS) -> int:
    """Which data set a connection reads, or -1 where its parts do not belong together."""
    found = connection.execute(LOOK).fetchone()
    assert found is not None
    count, first, last, ids, number = found
    whole = count == ids == turns and first == last == WORDS[int(number) % 2]
    return int(number) if whole else -1


def write_on(path: Path, first: int, placed: "Synchronized[int]", over: Event, turns: int = TURNS) -> None:
    """Put one data set after another in place until told that it is over; ``placed`` is the last one's number."""
    made, number = contents(turns), first
    while not over.is_set():
        put(path, number, made)
        placed.value = number
        number += 1


def read_on(
    path: Path,
    kind: Kind,
    phase: "Synchronized[int]",
    placed: "Synchronized[int]",
    over: Event,
    up: Semaphore,
    results: Any,
    turns: int = TURNS,
) -> None:
    """Look at the file over and over until told that it is over, and once more; put every ``Read`` into ``results``.

    Args:
        kind: A connection for each look, or one for each phase.
        phase: Changes while this goes on; a long-lived connection is opened anew where it does.
        up: Released after the first look.
        turns: Of each data set.
    """
    reads: list[Read] = []
    held: duckdb.DuckDBPyConnection | None = None
    opened, during, last = -1, -1, False
    while not last:
        last = over.is_set()
        now, stood, began = phase.value, placed.value, time.perf_counter()
        try:
            if held is None or kind == "fresh" or now != during:
                _close(held)
                opened, during, held = stood, now, duckdb.connect(str(path), read_only=True)
            number = number_in(held, turns)
        except duckdb.Error:
            number = -2
        if kind == "fresh":
            _close(held)
            held = None
        reads.append(Read(now, began, time.perf_counter() - began, number, stood, opened))
        if len(reads) == 1:
            up.release()
    _close(held)
    results.put(reads)


def _close(connection: duckdb.DuckDBPyConnection | None) -> None:
    if connection is not None:
        connection.close()
