"""The second way: one server process for each data set, by DuckDB's extension quack."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from client import Client, Loop, Refused
from lying import kept_lies, withdrawn_lies
from made_up import WITHDRAWN, data_set
from quack_server import make_door
from tools import extensions, shut

NEEDED = ("httpfs", "quack")
COUNT = "SELECT count(*) FROM utterances WHERE NOT withheld"
WHO = "SELECT count(*) FROM door.main.tokens"
WORDS = f"SELECT count(*) FROM utterances WHERE text LIKE '%{WITHDRAWN[0]}%'"


class Server:
    """A data set that is served on this machine, to whoever has one of the tokens."""

    def __init__(self, release: Path, tokens: list[str], *, guarded: bool = True, port: int = 0) -> None:
        self.port = port or free_port()
        self.uri = f"quack:127.0.0.1:{self.port}"
        door = release.parent.parent / f"door-{self.port}" / "door.duckdb"
        door.parent.mkdir(exist_ok=True, mode=0o700)
        make_door(door, tokens)
        server = Path(__file__).with_name("quack_server.py")
        self.process = subprocess.Popen(
            [sys.executable, "-B", str(server)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said = {"release": str(release), "door": str(door), "uri": self.uri, "guarded": guarded}
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({**said, "load": extensions(NEEDED)}) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "up\n", "the server did not come up"

    def stop(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def served(release: Path, tokens: list[str], *, guarded: bool = True) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(release, tokens, guarded=guarded)
    try:
        yield server
    finally:
        server.stop()


def asked(client: Client, server: Server, token: str, sql: str) -> int:
    """The first field of what a server answers; raises Refused."""
    rows = client.ask(f"FROM quack_query('{server.uri}', $q${sql}$q$, token => '{token}')")
    return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else len(rows)


def tried(root: Path) -> dict[str, str]:
    """What happened, by question."""
    served_from, readers = root / "served", root / "readers"
    paper, teaching = data_set(served_from, "paper-1"), data_set(served_from, "teaching")
    ana, ben, nobody = (secrets.token_hex(32) for _ in range(3))
    found: dict[str, str] = {}
    load = extensions(NEEDED)
    with Client(readers / "ana", load=load) as first, Client(readers / "ben", load=load) as second:
        with served(paper, [ana]) as one, served(teaching, [ana, ben]) as two:
            both = asked(first, one, ana, COUNT) == 86 and asked(second, two, ben, COUNT) == 20
            found["two"] = yes(both and asked(first, two, ana, COUNT) == 20)
            found["other"] = yes(not can(second, one, ben, COUNT))
            found["password"] = yes(not can(second, one, nobody, COUNT))
            found["change"] = yes(can(first, one, ana, "DELETE FROM utterances"))
            found["tables"] = yes(all(can(second, two, ben, f"FROM {t}") for t in ("speakers", "provenance")))
            assert not can(second, two, ben, WHO), "who else may come in is nobody's to read"
            found["files"] = yes(_reaches_files(second, two, ben, paper))
            found["stop"] = yes(_stops(second, two, ben))
            whole = f"FROM quack_query('{one.uri}', 'FROM utterances', token => '{ana}')"
            first.ask(f"COPY ({whole}) TO 'copy.csv'")
            found["copy"] = yes((readers / "ana" / "copy.csv").stat().st_size > 0)
        with served(teaching, [ben], guarded=False) as open_door:
            assert can(second, open_door, ben, WHO), "or the question above proves nothing"
            found["stop_unguarded"] = yes(_stops(second, open_door, ben))
    found |= _new_and_withdrawn(served_from, paper, readers, ana)
    found["copies"] = none(withdrawn_lies(root))
    (readers / "ana" / "copy.csv").unlink()
    found["bytes"] = none(withdrawn_lies(root))
    assert kept_lies(root), "the search finds words that are there"
    return found


def _reaches_files(client: Client, server: Server, token: str, other: Path) -> bool:
    """Whether a reader reaches a file of the server's machine, through the server or past it."""
    through = (f"SELECT * FROM read_blob('{other}')", f"ATTACH '{other}' AS other", f"COPY utterances TO '{other}.csv'")
    if any(can(client, server, token, sql) for sql in through):
        return True
    with shut(other.parent.parent):  # readers need no right to the folder: the server has its files open
        try:
            client.ask(f"ATTACH '{other}' AS past (READ_ONLY)")
        except Refused:
            return asked(client, server, token, COUNT) != 20
        return True


def _stops(client: Client, server: Server, token: str) -> bool:
    """Whether a reader can end the server for everybody, or open another to whoever they like."""
    for sql in (f"CALL quack_stop('{server.uri}')", f"FROM quack_stop('{server.uri}')"):
        can(client, server, token, sql)
    return not can(client, server, token, COUNT)


def _new_and_withdrawn(served_from: Path, paper: Path, readers: Path, ana: str) -> dict[str, str]:
    """A new version while somebody reads, on the same port; the old one taken away."""
    load = extensions(NEEDED)
    server = Server(paper, [ana])
    with Client(readers / "ana", load=load) as attached, Client(readers / "cleo", load=load) as reading:
        attached.ask(f"ATTACH '{server.uri}' AS paper (TOKEN '{ana}')")
        before = attached.ask("SELECT count(*) FROM paper.utterances WHERE NOT withheld")
        assert before == [[86]], before
        shutil.rmtree(paper.parent)
        enough = asked(reading, server, ana, WORDS) == 0
        loop = Loop(reading, f"FROM quack_query('{server.uri}', '{COUNT}', token => '{ana}')")
        release = data_set(served_from, "paper-1.2")
        time.sleep(0.2)
        began = time.monotonic()
        server.stop()
        again = Server(release, [ana], port=server.port)
        away_s = time.monotonic() - began
        time.sleep(0.5)
        loop.end()
        assert loop.answers[0] == 86 and loop.answers[-1] == 80, "first the old one, then the new one"
        try:
            reads_on = bool(attached.ask("SELECT count(*) FROM paper.utterances WHERE text LIKE 'aardvarks%'")[0][0])
        except Refused:
            reads_on = False
        again.stop()
    print(f"quack: the port was away for {away_s:.1f} s; {len(loop.refused)} asked in vain", file=sys.stderr)
    return {"new": yes(bool(loop.refused)), "enough": yes(enough), "open": yes(reads_on)}


def can(client: Client, server: Server, token: str, sql: str) -> bool:
    """Whether a server answers."""
    try:
        asked(client, server, token, sql)
    except Refused:
        return False
    return True


def yes(answer: bool) -> str:
    return "yes" if answer else "no"


def none(places: list[str]) -> str:
    return ", ".join(places) or "nowhere"
