"""The third way: DuckLake, whose tables are Parquet files in a folder and whose catalogue is a Postgres database."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from client import Client, Loop, Refused
from lying import kept_lies, withdrawn_lies
from made_up import WITHDRAWN, data_set
from postgres import KEEPER, Postgres, running
from quack_way import none, yes
from tools import OFFLINE, extensions, shut

NEEDED = ("httpfs", "postgres_scanner", "ducklake")
"""httpfs brings the cipher with which Parquet files are sealed; nothing is fetched with it."""
COUNT = "SELECT count(*) FROM {}.utterances WHERE NOT withheld"
WORDS = f"SELECT count(*) FROM {{}}.utterances WHERE text LIKE '%{WITHDRAWN[0]}%'"
SAID_BY_THEM = " OR ".join(f"text LIKE '{word}%'" for word in WITHDRAWN)


def database_of(name: str) -> str:
    """The Postgres database of a data set: each has one of its own, so that it can be dropped whole."""
    return name.replace("-", "_").replace(".", "_")


class Lake:
    """Data sets in DuckLake, each with a catalogue database and a folder of its own."""

    def __init__(self, server: Postgres, files: Path) -> None:
        self.server, self.files = server, files
        files.mkdir(parents=True, exist_ok=True)

    def attach(self, name: str, user: str, *, more: str = ", READ_ONLY") -> str:
        """The statement by which somebody attaches a data set."""
        place = f"ducklake:postgres:{self.server.place(database_of(name), user)}"
        return f"ATTACH '{place}' AS {database_of(name)} (DATA_PATH '{self.files / name}'{more})"

    @contextmanager
    def opened(self, name: str, more: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection of the keeper, who may write."""
        with duckdb.connect(config=OFFLINE) as connection:
            for file in extensions(NEEDED):
                connection.execute(f"LOAD '{file}'")
            connection.execute(self.attach(name, KEEPER, more=more))
            yield connection

    def publish(self, name: str, release: Path, *readers: str, sealed: bool = False) -> None:
        """Copy a release into a new catalogue and folder, and let some people read it.

        Views, macros and what the columns mean are not copied: DuckLake takes tables.
        """
        database, folder = database_of(name), self.files / name
        self.server.do(f"CREATE DATABASE {database}", f"REVOKE CONNECT ON DATABASE {database} FROM PUBLIC")
        folder.mkdir()
        with self.opened(name, ", ENCRYPTED" if sealed else "") as connection:
            # Plain, so that a search over bytes proves what it says.
            connection.execute(f"CALL {database}.set_option('parquet_compression', 'uncompressed')")
            connection.execute(f"ATTACH '{release}' AS release (READ_ONLY)")
            told = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'release'"
            for (table,) in connection.execute(told).fetchall():
                connection.execute(f"CREATE TABLE {database}.{table} AS FROM release.{table}")
        for reader in readers:
            self.server.do(f"GRANT CONNECT ON DATABASE {database} TO {reader}")
            self.server.do(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}", database=database)

    def destroy(self, name: str) -> None:
        """Take a data set away: whoever reads it is cut off, its catalogue and its folder go, and so does the log."""
        self.server.do(f"DROP DATABASE {database_of(name)} WITH (FORCE)")
        shutil.rmtree(self.files / name)
        self.server.forget()


def tried(root: Path) -> dict[str, str]:
    """What happened, by question."""
    found: dict[str, str] = {}
    with running(root / "postgres") as server:
        for user in ("ana", "ben"):
            server.add_user(user)
        lake = Lake(server, root / "files")
        found |= _edited(lake, root)
        found |= _rights(lake, root)
        found |= _new_and_withdrawn(lake, root)
        found["copies"] = none(withdrawn_lies(root))
        (root / "readers" / "ana" / "copy.csv").unlink()
        found["bytes"] = none(withdrawn_lies(root))
        server.forget()
        assert {"Parquet files", "Postgres's tables"} <= {one.partition(" (")[0] for one in kept_lies(root)}
    return found


def _edited(lake: Lake, root: Path) -> dict[str, str]:
    """What comes of it where the rows of a person are deleted, instead of the data set they stand in."""
    release = data_set(root / "releases", "paper-1")
    lake.publish("edited", release)
    shutil.rmtree(release.parent)
    with lake.opened("edited") as connection:
        [(snapshot,)] = connection.execute("SELECT max(snapshot_id) FROM edited.snapshots()").fetchall()
        connection.execute(f"DELETE FROM edited.utterances WHERE {SAID_BY_THEM}")
        travel = f"SELECT count(*) FROM edited.utterances AT (VERSION => {snapshot}) WHERE {SAID_BY_THEM}"
        [(seen,)] = connection.execute(travel).fetchall()
        for step in (
            "SELECT count(*) FROM ducklake_rewrite_data_files('edited', delete_threshold => 0)",
            "SELECT count(*) FROM ducklake_expire_snapshots('edited', older_than => now())",
            "SELECT count(*) FROM ducklake_cleanup_old_files('edited', cleanup_all => true)",
        ):
            connection.execute(step).fetchall()
        try:
            still = bool(connection.execute(travel).fetchall()[0][0])
        except duckdb.Error:
            still = False
    lake.server.do("CHECKPOINT")
    found = {"travel": yes(bool(seen)), "travel_expired": yes(still), "expired": _kinds(withdrawn_lies(root))}
    lake.server.do("DROP DATABASE edited WITH (FORCE)")
    shutil.rmtree(lake.files / "edited")
    found["dropped"] = _kinds(withdrawn_lies(root))
    lake.server.forget()
    assert withdrawn_lies(root) == [], withdrawn_lies(root)
    return found


def _kinds(places: list[str]) -> str:
    return ", ".join(place.partition(" (")[0] for place in places) or "nowhere"


def _rights(lake: Lake, root: Path) -> dict[str, str]:
    """Two people, of whom one may read one data set and the other both."""
    paper, teaching = data_set(root / "releases", "paper-1"), data_set(root / "releases", "teaching")
    lake.publish("paper-1", paper, "ana")
    lake.publish("sealed", paper, "ana", sealed=True)
    lake.publish("teaching", teaching, "ana", "ben")
    shutil.rmtree(paper.parent)  # what is left of it lies in the lake
    with _reader(root, "ana") as ana, _reader(root, "ben") as ben:
        ana.ask(lake.attach("paper-1", "ana"))
        ana.ask(lake.attach("teaching", "ana"))
        ben.ask(lake.attach("teaching", "ben"))
        both = ana.ask(COUNT.format("paper_1")) == [[86]] and ben.ask(COUNT.format("teaching")) == [[20]]
        ana.ask("COPY (FROM paper_1.utterances) TO 'copy.csv'")
        right = lake.attach("paper-1", "ana").replace(" AS ", " AS guessed_")
        wrong = right.replace(lake.server.passwords["ana"], "a-guess")
        writing = lake.attach("teaching", "ben", more="").replace(" AS ", " AS writing_")
        changed = _can(ben, writing) and _can(ben, "DELETE FROM writing_teaching.utterances")
        return {
            "two": yes(both and ana.ask(COUNT.format("teaching")) == [[20]]),
            "other": yes(not _can(ben, lake.attach("paper-1", "ben"))),
            "password": yes(not _can(ben, wrong) and _can(ana, right)),
            "change": yes(changed),
            "tables": yes(all(_can(ben, f"FROM teaching.{table}") for table in ("speakers", "provenance"))),
            "files": yes(_finds(ben, lake.files / "paper-1")),
            "files_sealed": yes(_finds(ben, lake.files / "sealed")),
            "files_closed": yes(_finds_closed(ben, lake.files / "paper-1")),
            "copy": yes((root / "readers" / "ana" / "copy.csv").stat().st_size > 0),
        }


def _finds(client: Client, folder: Path) -> bool:
    """Whether somebody who was refused the catalogue reads the words from the files beside it."""
    try:
        words = f"SELECT count(*) FROM read_parquet('{folder}/main/utterances/*.parquet') WHERE {SAID_BY_THEM}"
        return bool(client.ask(words)[0][0])
    except Refused:
        return False


def _finds_closed(client: Client, folder: Path) -> bool:
    """The same where the folder's own rights leave them out."""
    with shut(folder):
        return _finds(client, folder)


def _new_and_withdrawn(lake: Lake, root: Path) -> dict[str, str]:
    """A new version while somebody reads, and then the old one taken away."""
    with _reader(root, "ana") as kept, _reader(root, "cleo") as other:
        for reader in (kept, other):
            reader.ask(lake.attach("paper-1", "ana"))
        loops = [Loop(kept, COUNT.format("paper_1")), Loop(other, COUNT.format("paper_1"))]
        release = data_set(root / "releases", "paper-1.2")
        lake.publish("paper-1.2", release, "ana")
        failed = sum(len(loop.end().refused) for loop in loops)
        assert all(set(loop.answers) == {86} for loop in loops)
        enough = kept.ask(WORDS.format("paper_1")) == [[0]]  # the files of the release went long ago
        began = time.monotonic()
        lake.destroy("sealed")
        lake.destroy("paper-1")
        print(f"ducklake: two data sets were taken away in {time.monotonic() - began:.1f} s", file=sys.stderr)
        reads_on = _can(kept, WORDS.format("paper_1"))
        other.ask(lake.attach("paper-1.2", "ana"))
        assert other.ask(COUNT.format("paper_1_2")) == [[80]]
        assert other.ask(WORDS.format("paper_1_2")) == [[0]]
    return {"new": yes(bool(failed)), "enough": yes(enough), "open": yes(reads_on)}


def _reader(root: Path, name: str) -> Client:
    return Client(root / "readers" / name, load=extensions(NEEDED))


def _can(client: Client, sql: str) -> bool:
    try:
        client.ask(sql)
    except Refused:
        return False
    return True
