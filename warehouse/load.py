"""Builds a data set as one DuckDB file. Enter the room here."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from schemas.coding import ReleasedCodings
from schemas.deidentified import DeidentifiedUtterance, SpeakerShown
from schemas.identifiers import SessionId
from schemas.provenance import Provenance
from warehouse.aside import make_aside
from warehouse.ids import ReleaseIds
from warehouse.rows import NO_CODINGS, ReleasedSession, rows_of
from warehouse.searching import fill_index

__all__ = ["BuildReport", "ReleaseIds", "ReleasedSession", "build", "create_schema"]

HERE = Path(__file__).parent
COMBINATIONS = (HERE / "combinations.sql").read_text(encoding="utf-8")
"""A query: what is said of the people of a data set, and of how many at the least."""

OFFLINE: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
}
"""No extension is fetched or loaded, no Python variable is taken for a table, and nothing spills beside the file."""
STORED: Mapping[str, str] = {"storage_compatibility_version": "v1.2.0"}
"""Lets clients from DuckDB 1.2 on read the file."""


@dataclass(frozen=True)
class BuildReport:
    """What was built."""

    counts: Mapping[str, int]
    """Table name to rows, and ``withheld`` to utterances without words."""
    sha256: str
    """Of the file's bytes. Two builds of the same rows differ in bytes; `warehouse.logical` compares rows."""
    placed: Mapping[str, tuple[SessionId, DeidentifiedUtterance]] = field(default_factory=dict, repr=False)
    """Released id to the words that were planned there, and their session: what the last check goes by."""
    speakers: Mapping[str, Collection[SpeakerShown]] = field(default_factory=dict, repr=False)
    """Released id to what was planned to be shown of the speaker."""


def build(
    path: Path,
    sessions: Sequence[ReleasedSession],
    ids: ReleaseIds,
    provenance: Provenance,
    coded: ReleasedCodings = NO_CODINGS,
    *,
    uncompressed: bool = False,
) -> BuildReport:
    """Build a data set at ``path`` out of de-identified sessions, aside, and put it in place whole.

    Args:
        path: ``warehouse/research.duckdb`` or a release's file. Its folder is made.
        sessions: Past the leak gate, in any order.
        ids: Mints the released ids.
        provenance: Stands in the table of that name.
        coded: Codebook, codings and memos, as far as these sessions show them.
        uncompressed: Write plain strings, so that a search over the file's bytes can prove that a word is absent.

    Raises:
        CheckFailed: The records contradict one another, or DuckDB failed. Nothing was written.
        MissingKey: Somebody's words are shown for whom the roster holds no secret.
        DiskFull: The disk had no room.
        Busy: The file cannot be replaced because a program holds it (Windows).
    """
    rows, placed, speakers = rows_of(sessions, ids, provenance, coded)
    digest = make_aside(path, lambda aside: _write(aside, rows, uncompressed=uncompressed))
    counts = {name: table.num_rows for name, table in rows.items()}
    withheld = rows["utterances"].column("withheld").to_pylist().count(True)
    return BuildReport({**counts, "withheld": withheld}, digest, placed, speakers)


def create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables of schema.sql and search.sql, and the views and macros, all with their comments."""
    connection.execute(_sql("schema"))
    connection.execute(f"CREATE VIEW combinations AS {COMBINATIONS}")
    connection.execute(_sql("views"))
    connection.execute(_sql("reliability"))
    connection.execute(_sql("search"))


def _sql(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def _write(path: Path, rows: Mapping[str, pa.Table], *, uncompressed: bool) -> str:
    """Write the whole file and give its SHA-256."""
    with duckdb.connect(str(path), config={**OFFLINE, **STORED}) as connection:
        if uncompressed:
            connection.execute("PRAGMA force_compression = 'uncompressed'")
        create_schema(connection)
        for name, table in rows.items():
            connection.register("arriving", table)
            connection.execute(f"INSERT INTO {name} SELECT * FROM arriving")  # noqa: S608 - names of our own tables
            connection.unregister("arriving")
        fill_index(connection)
        connection.execute("CHECKPOINT")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
