"""One reader on a machine of their own, as far as one machine can show it: a process with its own home and files.

Run by itself it is that process: for each line, a JSON object with ``sql``, it answers with ``rows`` or ``error``.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
from tools import OFFLINE, as_nobody


class Refused(Exception):
    """What a reader was told instead of an answer."""


class Client:
    """A reader's process; what it keeps of itself lies under ``home``."""

    def __init__(
        self, home: Path, *, database: str = ":memory:", writes: bool = False, load: list[str] | None = None
    ) -> None:
        """Start it; raises Refused where it cannot open the database.

        Args:
            database: A file, or a database in memory.
            writes: Open the file to write, too.
            load: Files of extensions.
        """
        home.mkdir(parents=True, exist_ok=True)
        few = as_nobody()
        if few:
            os.chown(home, few["user"], few["group"])
        env = {**os.environ, "HOME": str(home), "TMPDIR": str(home)}
        command = [sys.executable, "-B", __file__]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=home
        )
        said = {"database": database, "read_only": not writes and database != ":memory:", "load": load or [], **few}
        try:
            self._tell(said)
        except Refused:
            self.__exit__(None, None, None)
            raise

    def ask(self, sql: str) -> list[list[Any]]:
        """Rows; raises Refused with the first line of why not."""
        return self._tell({"sql": sql})

    def _tell(self, said: dict[str, Any]) -> list[list[Any]]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refused(answer["error"])
        return list(answer["rows"])

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)


class Loop(threading.Thread):
    """Lets a reader ask the same over and over; ``answers`` and ``refused`` tell what came back."""

    def __init__(self, client: Client, sql: str) -> None:
        super().__init__(daemon=True)
        self.client, self.sql, self.over = client, sql, threading.Event()
        self.answers: list[Any] = []
        self.refused: list[str] = []
        self.start()

    def run(self) -> None:
        while not self.over.wait(0.005):
            try:
                self.answers.append(self.client.ask(self.sql)[0][0])
            except Refused as refused:
                self.refused.append(str(refused))

    def end(self) -> "Loop":
        """Stop it."""
        self.over.set()
        self.join(timeout=60)
        return self


def _connected(told: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """Load what is to be loaded, give up all rights but a stranger's, and open the database."""
    in_memory = duckdb.connect(config=OFFLINE)
    for file in told["load"]:
        in_memory.execute(f"LOAD '{file}'")
    if "user" in told:
        os.setgroups([])
        os.setgid(told["group"])
        os.setuid(told["user"])
    if told["database"] == ":memory:":
        return in_memory
    return duckdb.connect(told["database"], read_only=told["read_only"], config=OFFLINE)


def _serve() -> None:
    connection: duckdb.DuckDBPyConnection | None = None
    for line in sys.stdin:
        told = json.loads(line)
        try:
            if connection is None:
                connection = _connected(told)
                answer: dict[str, Any] = {"rows": []}
            else:
                answer = {"rows": connection.execute(told["sql"]).fetchall()}
        except duckdb.Error as error:
            answer = {"error": str(error).splitlines()[0]}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    _serve()
