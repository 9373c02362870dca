"""A data set that was written here is read by other versions of DuckDB, under other names, attached or opened."""

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import duckdb
import pytest

from schemas.coding import Coder, ReleasedCodings
from schemas.consent import Level
from tests.warehouse.samples import IDS, PROVENANCE, gap, said, session, speaker
from tests.warehouse.test_coded import BOOK, TIMES, coding
from warehouse.load import build

OTHERS = ("1.2.2", "1.4.4", "2.0.0")
READER = """
import json, sys
import duckdb
path, how = sys.argv[1:]
offline = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
if how == "opened":
    connection = duckdb.connect(path, read_only=True, config=offline)
else:
    connection = duckdb.connect(config=offline)
    connection.execute(f"ATTACH '{path}' AS \\"an alias\\" (READ_ONLY)")
    if how == "used":
        connection.execute('USE "an alias"')
before = '"an alias".' if how == "attached" else ""
names = [name for (name,) in connection.execute(
    "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1").fetchall()]
asked = [f"{before}{name}" for name in names]
if how != "attached":
    asked += ["search('ferries')", "search('\\"the ferry\\" waiting', most := 1)", "search('ferr')", "cooccurring(2)"]
told = {name.removeprefix(before): sorted(map(repr, connection.execute(f"FROM {name}").fetchall())) for name in asked}
if how != "attached":
    told["clock"] = connection.execute("SELECT clock(3661), word_count('a  b'), folded('ÉTÉ')").fetchall()
print(json.dumps({"version": duckdb.__version__, "told": told}, default=str))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("readers") / "research.duckdb"
    words = (said(1, "The ferries were late."), gap(2), said(3, "We waited for the ferry of Zoë."))
    one = session("S1", *words, said(4, "Yes.", speaker=speaker("P02", Level.UNNAMED)))
    second = Coder(coder="00000009-0000-4000-8000-000000000000", name="ra2")
    codings = (
        coding(1, ("S1", "u1", 0, 10), ("S1", "u3", 0, 5)),
        coding(2, ("S1", "u1", 4, 11), code=TIMES),
        coding(3, ("S1", "u1", 0, 3)).model_copy(update={"coder": second.coder}),
    )
    codings = ReleasedCodings(codebook=BOOK.model_copy(update={"coders": (*BOOK.coders, second)}), codings=codings)
    build(path, [one], IDS, PROVENANCE, codings)
    return shutil.copyfile(path, path.with_name("what a colleague calls it.duckdb"))


@pytest.fixture(scope="module")
def as_written(made):
    """What this version of DuckDB reads in it."""
    return _read(sys.executable, made, "opened")["told"]


@pytest.fixture(scope="module", params=OTHERS)
def other(request, tmp_path_factory):
    """A Python with another DuckDB; skipped by name where it cannot be had."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    python = next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists())
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), f"duckdb=={request.param}"]
    installers = [["uv", *command[3:]], command] if shutil.which("uv") else [command]
    if all(subprocess.run(one, capture_output=True, timeout=300).returncode for one in installers):
        pytest.skip(f"DuckDB {request.param} cannot be had here")
    return str(python), request.param


def _read(python: str, path: Path, how: str) -> dict:
    done = subprocess.run([python, "-c", READER, str(path), how], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["opened", "used", "attached"])
def test_another_version_of_duckdb_reads_every_view_and_macro_alike(made, as_written, other, how):
    python, version = other
    read = _read(python, made, how)
    assert read["version"] == version
    expected = {name: rows for name, rows in as_written.items() if how != "attached" or "(" not in name}
    expected = {name: rows for name, rows in expected.items() if how != "attached" or name != "clock"}
    assert read["told"] == expected


@pytest.mark.parametrize("how", ["used", "attached"])
def test_the_file_is_read_alike_under_an_alias(made, as_written, how):
    read = _read(sys.executable, made, how)["told"]
    assert read == {name: as_written[name] for name in read}
    assert len(read) >= 8


def test_every_view_says_something_of_the_sample(as_written):
    assert [name for name, rows in as_written.items() if not rows] == []


def test_no_extension_is_loaded_to_read_it(made):
    query = "SELECT extension_name FROM duckdb_extensions() WHERE loaded ORDER BY 1"
    with duckdb.connect() as connection:
        bundled = connection.execute(query).fetchall()
    with duckdb.connect(str(made), read_only=True) as connection:
        connection.execute("FROM search('ferry')").fetchall()
        assert connection.execute(query).fetchall() == bundled
