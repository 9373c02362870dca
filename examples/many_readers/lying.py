"""Searches the bytes of every file for words: what lies there can be read, whatever a database says of it."""

from pathlib import Path

from made_up import KEPT, WITHDRAWN


def lying(folder: Path, *words: str) -> list[str]:
    """The kinds of place under ``folder`` in which any of the words lie, with how many files of each kind."""
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if any(word.encode() in data for word in words):
                kind = _kind(path.relative_to(folder))
                found[kind] = found.get(kind, 0) + 1
    return [f"{kind} ({count})" for kind, count in sorted(found.items())]


def withdrawn_lies(folder: Path) -> list[str]:
    """Where anything lies that the person who withdrew has said."""
    return lying(folder, *WITHDRAWN)


def kept_lies(folder: Path) -> list[str]:
    """Where the words lie that stay; nowhere would mean that the search finds nothing at all."""
    return lying(folder, KEPT)


def _kind(path: Path) -> str:
    """What a place is called, without the numbers in its name."""
    if "pg_wal" in path.parts:
        return "Postgres's write-ahead log"
    if "base" in path.parts:
        return "Postgres's tables"
    if path.parts[0] == "readers":
        return "readers' own folders"
    return {".parquet": "Parquet files", ".duckdb": "release files", ".log": "logs"}.get(path.suffix, "other files")
