"""One data set behind DuckDB's own server, for readers who each have a token of their own.

It reads one JSON object from standard input (``release``, ``door``, ``uri``, ``load``, ``guarded``), says ``up``, and
serves until standard input is closed. Tokens never stand in arguments: they lie hashed in the file ``door``.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import duckdb
from tools import OFFLINE

READ_BY_ATTACH = ("duckdb_tables", "duckdb_views")
"""Table functions that DuckDB's client asks for when somebody attaches the server."""

ALLOWED = "CREATE MACRO allowed(sid, token, theirs) AS sha256(token) IN (SELECT hash FROM door.main.tokens)"
MAY = f"""
CREATE MACRO may(sid, query) AS coalesce((
    SELECT json_extract_string(tree, '$.error') = 'false'
       AND NOT contains(lower(tree), '"door"')
       AND len(list_filter(regexp_extract_all(tree, '"type":"TABLE_FUNCTION".*?"function_name":"([^"]*)"', 1),
                           lambda name: name NOT IN {READ_BY_ATTACH})) = 0
    FROM (SELECT json_serialize_sql(query::VARCHAR)::VARCHAR AS tree)), false)
"""
"""One SELECT over tables and views, with no table function: those reach settings, files, the server itself."""


def make_door(path: Path, tokens: list[str]) -> None:
    """Write who may come in, and what they may ask, into ``door.duckdb``; the server opens it read-only."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as door:
        door.execute("CREATE TABLE tokens (hash VARCHAR)")
        door.executemany("INSERT INTO tokens VALUES (?)", [[hashlib.sha256(t.encode()).hexdigest()] for t in tokens])
        door.execute(ALLOWED)
        door.execute(MAY)
    path.chmod(0o600)


def serve(told: dict[str, Any]) -> None:
    """Serve until standard input ends."""
    connection = duckdb.connect(told["release"], read_only=True, config={**OFFLINE, "temp_directory": ""})
    for file in told["load"]:
        connection.execute(f"LOAD '{file}'")
    connection.execute(f"ATTACH '{told['door']}' AS door (READ_ONLY)")
    connection.execute("SET GLOBAL quack_authentication_function = 'door.main.allowed'")
    if told["guarded"]:
        connection.execute("SET GLOBAL quack_authorization_function = 'door.main.may'")
    connection.execute(f"CALL quack_serve('{told['uri']}')")
    # From here on no file of this machine can be reached, and nobody can set it otherwise.
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    print("up", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve(json.loads(sys.stdin.readline()))
