"""Tries three ways to let many people read data sets, on this machine, with made-up people, and says what each can do.

    uv run --with duckdb-extension-httpfs==1.5.5 --with duckdb-extension-quack==1.5.5 \\
        --with duckdb-extension-postgres-scanner==1.5.5 --with duckdb-extension-ducklake==1.5.5 \\
        python examples/many_readers [--way share] [--way quack] [--way ducklake] [--json] [--time READERS]

Everything listens on 127.0.0.1 only and lies in one temporary folder, which is removed. Nothing here is a part of
Chatham; the packages are DuckDB's extensions, the last way needs Postgres too. Ends with 7 where one is missing.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import lake_way
import quack_way
import share
from timing import timed
from tools import extensions, postgres

from schemas.errors import ChathamError

Made = TypeVar("Made")

QUESTIONS = {
    "two": "Two people read at once, each the data sets that are theirs",
    "other": "Somebody is refused a data set that is not theirs",
    "password": "Somebody without the right password is refused",
    "tables": "Who may read a data set reads every table and row of it",
    "change": "A reader can change what others read",
    "stop": "A reader can keep others from reading",
    "stop_writable": "... where they may write the file, by opening it without read-only",
    "stop_unguarded": "... where the server does not look at what is asked",
    "files": "Who is refused by the server can read the words from files beside it",
    "files_sealed": "... where the files are sealed (`ENCRYPTED`)",
    "files_closed": "... where each data set's folder has rights of its own",
    "copy": "A reader can keep a copy",
    "new": "While a new version is put up, some readers ask in vain",
    "enough": "After a withdrawal it is enough to remove the data set's files",
    "open": "... and once the server is stopped or the database dropped, who had it open reads on",
    "copies": "Withdrawn words then lie",
    "bytes": "... when readers have deleted their copies",
    "travel": "Rows deleted instead: the words are read with time travel",
    "travel_expired": "... after snapshots are expired and files cleaned up",
    "expired": "... and then the words still lie in",
    "dropped": "... and after the database is dropped, in",
}
"""What was asked of each way; a way that has nothing to do with a question leaves it out."""

WAYS = {"share": "files on a share", "quack": "quack server", "ducklake": "DuckLake and Postgres"}


def require(names: list[str]) -> None:
    """Look whether everything is there, before anything is tried; raises MissingTool."""
    wanted = {"quack": quack_way.NEEDED, "ducklake": lake_way.NEEDED}
    extensions(list(dict.fromkeys(one for name in names for one in wanted.get(name, ()))))
    if "ducklake" in names:
        postgres("initdb")


def run(names: list[str]) -> dict[str, dict[str, str]]:
    """Try each way in a folder of its own; gives what was answered to each question."""
    tried = {"share": share.tried, "quack": quack_way.tried, "ducklake": lake_way.tried}
    return in_a_folder(lambda root: {name: tried[name](root / name) for name in names})


def in_a_folder(work: Callable[[Path], Made]) -> Made:
    """Do something in a temporary folder that other users may enter, and remove it."""
    root = Path(tempfile.mkdtemp(prefix="many-readers-"))
    root.chmod(0o755)  # readers are other users where this program may do everything
    os.umask(0o022)
    try:
        return work(root)
    finally:
        for folder, _, _ in os.walk(root):
            Path(folder).chmod(0o755)
        shutil.rmtree(root)


def table(found: dict[str, dict[str, str]]) -> list[str]:
    """The answers as lines of a table."""
    lines = ["| tried | " + " | ".join(WAYS[name] for name in found) + " |", "|---" * (len(found) + 1) + "|"]
    for key, question in QUESTIONS.items():
        if any(key in answers for answers in found.values()):
            lines.append(f"| {question} | " + " | ".join(answers.get(key, "") for answers in found.values()) + " |")
    return lines


def main() -> int:
    """Try and print; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--way", action="append", choices=list(WAYS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--time", type=int, metavar="READERS", help="only time answers, so many readers asking at once")
    told = parser.parse_args()
    try:
        names = (told.way if not told.time else None) or list(WAYS)
        require(names)
        if told.time:
            print(json.dumps({"readers": told.time, "quartiles_ms": in_a_folder(partial(timed, readers=told.time))}))
            return 0
        found = run(names)
    except ChathamError as error:
        print(f"many_readers: {error.message}\n  {error.hint}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(found, indent=2) if told.json else "\n".join(table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
