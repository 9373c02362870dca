"""Holds the house together: rooms are ours, apart and small, and entering the command loads nothing heavy."""

import importlib.metadata
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
HEAVY = ("prefect", "duckdb", "pyarrow", "spacy", "faster_whisper", "av", "onnxruntime", "numpy")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|TBD|raise NotImplementedError|for now|not yet implemented)\b")
MOST_LINES = 400


def sources(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def python(code: str, folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_every_room_is_told_to_every_check():
    folders = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert set(ROOMS) == folders
    assert set(ROOMS) == set(PROJECT["tool"]["mypy"]["packages"])
    assert set(ROOMS) == set(PROJECT["tool"]["importlinter"]["root_packages"])


def test_from_any_folder_every_room_is_our_own(tmp_path):
    """The project's folder stands last on the path, so that a package called `schemas` elsewhere would win silently."""
    code = f"import importlib.util, json; print(json.dumps([importlib.util.find_spec(r).origin for r in {ROOMS}]))"
    origins = json.loads(python(code, tmp_path))
    assert [Path(origin) for origin in origins] == [ROOT / room / "__init__.py" for room in ROOMS]


def test_no_other_installed_package_has_a_room_of_the_same_name():
    owners = importlib.metadata.packages_distributions()
    assert {room: set(owners.get(room, ())) - {"chatham"} for room in ROOMS} == {room: set() for room in ROOMS}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_entered_without_running_anything(room):
    assert (ROOT / room / "__init__.py").read_bytes() == b""


def test_rooms_import_only_what_they_may():
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken" in run.stdout


def test_entering_the_command_loads_nothing_heavy(tmp_path):
    if not (ROOT / "flows" / "cli" / "main.py").exists():
        pytest.skip("the command's entry, flows/cli/main.py, is not in this checkout")
    code = f"import flows.cli.main, json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    assert json.loads(python(code, tmp_path)) == []


def test_no_module_grows_beyond_reading():
    lines = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in sources(*ROOMS, "docs", "examples")}
    assert {str(file.relative_to(ROOT)): count for file, count in lines.items() if count > MOST_LINES} == {}


def test_nothing_is_left_unfinished():
    code = sources(*ROOMS, "docs", "examples", "tests")
    code += [file for room in ROOMS for file in (ROOT / room).rglob("*.sql")]
    found = {
        f"{file.relative_to(ROOT)}:{number}"
        for file in code
        if file != Path(__file__)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    }
    assert found == set()
