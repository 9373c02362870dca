"""A Postgres of its own on this machine: in one folder, on the loopback only, gone when the block ends."""

import os
import pwd
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from quack_way import free_port
from tools import OFFLINE, as_nobody, extension, postgres

KEEPER = "keeper"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "wal_recycle": "off",  # otherwise old segments of the log are kept for use again, with what stands in them
    "log_min_error_statement": "panic",  # a statement that fails is not copied into the log, with the words in it
    "log_statement": "none",
}


@dataclass(frozen=True)
class Postgres:
    """One that runs; ``passwords`` are those of its users."""

    folder: Path
    port: int
    passwords: dict[str, str] = field(repr=False)

    def place(self, database: str, user: str) -> str:
        """How DuckDB is told to reach a database as somebody."""
        return f"dbname={database} host=127.0.0.1 port={self.port} user={user} password={self.passwords[user]}"

    def do(self, *statements: str, database: str = "postgres") -> None:
        """Carry out statements as the keeper."""
        with duckdb.connect(config=OFFLINE) as connection:
            connection.execute(f"LOAD '{extension('postgres_scanner')}'")
            connection.execute(f"ATTACH '{self.place(database, KEEPER)}' AS server (TYPE postgres)")
            for statement in statements:
                connection.execute(f"CALL postgres_execute('server', $q${statement}$q$, use_transaction => false)")

    def add_user(self, name: str) -> None:
        """Somebody who may do nothing yet."""
        self.passwords[name] = secrets.token_hex(16)
        self.do(f"CREATE ROLE {name} LOGIN PASSWORD '{self.passwords[name]}'")

    def forget(self) -> None:
        """Have everything that is no longer needed removed from the write-ahead log."""
        for _ in range(2):
            self.do("SELECT pg_switch_wal()", "CHECKPOINT")


def _whom() -> dict[str, int]:
    """As whom Postgres runs: it refuses to be root. Debian has a user for it."""
    if not as_nobody():
        return {}
    try:
        user = pwd.getpwnam("postgres")
        return {"user": user.pw_uid, "group": user.pw_gid}
    except KeyError:
        return as_nobody()


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """Make one in ``folder`` and stop it at the end; raises MissingTool."""
    initdb, control, whom = postgres("initdb"), postgres("pg_ctl"), _whom()
    data, password, port = folder / "data", folder / "password", free_port()
    data.mkdir(parents=True)
    password.write_text(secrets.token_hex(16))
    password.chmod(0o600)
    for path in (folder, data, password):
        os.chown(path, whom.get("user", -1), whom.get("group", -1))
    _run([initdb, "-D", data, "-U", KEEPER, "--pwfile", password, "-A", "scram-sha-256", "--no-sync"], whom)
    said = Postgres(folder, port, {KEEPER: password.read_text()})
    password.unlink()
    options = " ".join(f"-c {name}={value}" for name, value in {**SETTINGS, "port": str(port)}.items())
    _run([control, "-D", data, "-w", "-l", folder / "server.log", "-o", options, "start"], whom)
    try:
        yield said
    finally:
        _run([control, "-D", data, "-m", "fast", "-w", "stop"], whom)


def _run(command: list[str | Path], whom: dict[str, int]) -> None:
    # The server that pg_ctl starts would keep a pipe open for ever.
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **whom)
    assert done.returncode == 0, f"{Path(command[0]).name} ended with {done.returncode}"
