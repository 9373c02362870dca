"""A stranger's computer, with nothing on it but pydantic and cryptography, can check a register and sees a change."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.consent.published import cosigned, full

NEEDS = [("pydantic", "cryptography"), ("pydantic", "cryptography<44")]
"""The second is older than ML-DSA in that library."""


@pytest.fixture(scope="module", params=NEEDS, ids=["today", "older"])
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has only what the check needs; skips where a registry cannot be reached."""
    folder = tmp_path_factory.mktemp("bare") / "venv"
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not on this machine, so no bare environment could be made")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    for command in (
        ("venv", "--quiet", "--python", sys.executable, str(folder)),
        ("pip", "install", "--quiet", "--python", str(python), *request.param),
    ):
        done = subprocess.run([uv, *command], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"no bare environment could be made: uv {command[0]} says {done.stderr.strip()[-300:]}")
    return python


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the stranger was given: the checking program, a study's register, and the key that they were told before."""
    folder = tmp_path_factory.mktemp("desk")
    for room in ("consent", "schemas"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    register = folder / "study" / "consent"
    full(register)
    cosigned(register, datetime.now(UTC))
    (folder / "key.txt").write_text((register / "ledger.vkey").read_text().splitlines()[0] + "\n")
    return folder


def check(python: Path, desk: Path, study: Path, *more: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    command = [str(python), "-m", "consent.verify", str(study), str(desk / "key.txt"), *more]
    return subprocess.run(command, cwd=desk, env=clean, capture_output=True, text=True, timeout=120, check=False)


def test_the_environment_is_as_bare_as_it_says(bare: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('filelock', 'yaml', 'typer', 'openpyxl') if u.find_spec(n)])"
    done = subprocess.run([str(bare), "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_sound_register_passes(bare: Path, desk: Path) -> None:
    done = check(bare, desk, desk / "study")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Checked: 4 entries: each matches its hash" in done.stdout
    assert "is signed by its keys and names exactly the first 4 entries" in done.stdout
    assert "Anchored up to entry 4 of 4" in done.stdout


def test_a_checkpoint_that_was_kept_is_held_against_it(bare: Path, desk: Path) -> None:
    done = check(bare, desk, desk / "study", "--against", str(desk / "study" / "consent" / "log" / "checkpoint"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The checkpoint you gave names 4 entries" in done.stdout


def test_one_altered_byte_is_found_and_its_place_named(bare: Path, desk: Path, tmp_path: Path) -> None:
    altered = shutil.copytree(desk / "study", tmp_path / "study")
    path = altered / "consent" / "journal.jsonl"
    data = bytearray(path.read_bytes())
    data[data.index(b"\n") + 1 + 200] ^= 1
    path.write_bytes(data)
    done = check(bare, desk, altered)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "WRONG: line 2 of journal.jsonl does not match its hash" in done.stdout


def test_an_older_library_checks_the_rest_and_says_what_it_could_not(bare: Path, desk: Path) -> None:
    code = "import importlib.util as u; print(bool(u.find_spec('cryptography.hazmat.primitives.asymmetric.mldsa')))"
    has = subprocess.run([str(bare), "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "True"
    done = check(bare, desk, desk / "study")
    assert ("the second signature under each checkpoint (ML-DSA-44)" in done.stdout) is not has
