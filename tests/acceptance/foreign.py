"""Programs that nobody here wrote: other Pythons with other people's packages, and commands of the system.

Where one cannot be had, the tests that need it are skipped and say what was missing.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ForeignPython = Callable[..., Path]
"""(packages) -> the Python interpreter of an environment that holds them."""

VERSIONS = ("3.12", "3.13")
LIMIT_S = 300


@pytest.fixture(scope="session")
def foreign_python(tmp_path_factory: pytest.TempPathFactory) -> ForeignPython:
    """Gives the interpreter of an environment of its own with the packages named, made once for each set of them.

    Needs uv, a Python of 3.12 or later, and the package registry; without any of them the test is skipped.
    """
    made: dict[frozenset[str], Path | str] = {}

    def make(*packages: str) -> Path:
        wanted = frozenset(packages)
        if wanted not in made:
            made[wanted] = _make(tmp_path_factory.mktemp("foreign") / "env", sorted(wanted))
        found = made[wanted]
        if isinstance(found, str):
            pytest.skip(f"other people's packages ({', '.join(sorted(wanted))}) could not be installed: {found}")
        return found

    return make


def program(name: str) -> str:
    """The path of a command of the system; the test is skipped where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"the program {name} is not installed on this machine")
    return found


def _make(folder: Path, packages: list[str]) -> Path | str:
    """An environment's interpreter, or why there is none."""
    uv, interpreter = _uv(), next(_interpreters(), None)
    if uv is None:
        return "uv is not installed"
    if interpreter is None:
        return "no Python of " + " or ".join(VERSIONS) + " was found"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    steps = (
        ["venv", "--python", interpreter, "--no-python-downloads", str(folder)],
        ["pip", "install", "--system-certs", "--python", str(python), *packages],
    )
    for step in steps:
        problem = _run([*uv, *step])
        if problem:
            return problem
    return python


def _uv() -> list[str] | None:
    for command in (["uv"], [sys.executable, "-m", "uv"]):
        if not _run([*command, "--version"]):
            return command
    return None


def _interpreters() -> Iterator[str]:
    """Interpreters that are new enough and really start: a shim on PATH may have nothing behind it."""
    if sys.version_info >= (3, 12):
        yield sys.executable
    kept = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))
    for candidate in (*(f"python{version}" for version in VERSIONS), *map(str, kept)):
        found = shutil.which(candidate)
        if found and not _run([found, "-c", "import venv, ssl"]):
            yield found


def _run(command: list[str]) -> str:
    """Run a command; give nothing where it worked, otherwise the end of what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{Path(command[0]).name}: {type(error).__name__}"
    return "" if done.returncode == 0 else " ".join((done.stderr or done.stdout).split())[-300:] or "it failed"
