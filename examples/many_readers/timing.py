"""How long an answer takes where so many readers ask at once, each as fast as it can: no thinking between questions."""

import statistics
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from client import Client
from lake_way import NEEDED as LAKE
from lake_way import Lake
from made_up import data_set
from postgres import running
from quack_way import COUNT, served
from tools import extensions

ASKED = 40
"""Questions of each reader, the first few of which do not count."""
FIRST = 5


def timed(root: Path, readers: int) -> dict[str, list[float]]:
    """Quartiles in milliseconds, by way; a reader that is refused ends it."""
    paper = data_set(root / "releases", "paper-1")
    found = {"share": _share(root, paper, readers)}
    with served(paper, ["one"]) as server:
        asking = f"FROM quack_query('{server.uri}', '{COUNT}', token => 'one')"
        found["quack"] = _all(root, readers, extensions(("httpfs", "quack")), "SELECT 1", asking)
    with running(root / "postgres") as postgres:
        postgres.add_user("one")
        lake = Lake(postgres, root / "files")
        lake.publish("paper-1", paper, "one")
        asking = COUNT.replace("utterances", "paper_1.utterances")
        found["ducklake"] = _all(root, readers, extensions(LAKE), lake.attach("paper-1", "one"), asking)
    return found


def _share(root: Path, paper: Path, readers: int) -> list[float]:
    return _all(
        root, readers, [], f"ATTACH '{paper}' AS paper (READ_ONLY)", COUNT.replace("utterances", "paper.utterances")
    )


def _all(root: Path, readers: int, load: list[str], first: str, asking: str) -> list[float]:
    took: list[float] = []
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(root / "readers" / f"r{n}", load=load)) for n in range(readers)]
        for client in clients:
            client.ask(first)
        begin = threading.Barrier(readers)
        threads = [threading.Thread(target=_ask, args=(client, asking, begin, took.append)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if len(took) != readers * (ASKED - FIRST):
        raise RuntimeError("a reader was refused")
    return [round(1000 * quartile, 1) for quartile in statistics.quantiles(took, n=4)]


def _ask(client: Client, sql: str, begin: threading.Barrier, told: Callable[[float], None]) -> None:
    begin.wait()
    for number in range(ASKED):
        began = time.perf_counter()
        client.ask(sql)
        if number >= FIRST:
            told(time.perf_counter() - began)
