"""The three ways to share with many readers do on this machine what the page says they do."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.foreign import _run, _uv
from tests.conftest import ROOT
from tests.docs.pages import DOCS, text_of

PAGE = DOCS / "how-to" / "share-with-many.md"
SCRIPT = ROOT / "examples" / "many_readers"
NEEDED = ("httpfs", "quack", "postgres-scanner", "ducklake")
VERSION = importlib.metadata.version("duckdb")


def tried(*words: str, packages: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TMPDIR")}
    if packages:
        env["PYTHONPATH"] = str(packages)
    return subprocess.run(
        [sys.executable, "-B", str(SCRIPT), *words], env=env, capture_output=True, text=True, timeout=400, check=False
    )


def table_of_page() -> dict[str, list[str]]:
    """Question to answers, as the page has them; the columns are named by its first row."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in _lines()]
    return {question: answers for question, *answers in rows if question != "tried"}


def _lines() -> list[str]:
    found = re.search(r"^\| tried \|.*?(?=\n\n)", text_of(PAGE), re.M | re.S)
    assert found
    return [line for line in found[0].splitlines() if not line.startswith("|---")]


def rows_of(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("| ")]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """DuckDB's extensions as packages, in a folder of their own; without them the test is skipped."""
    uv, folder = _uv(), tmp_path_factory.mktemp("extensions")
    if uv is None:
        pytest.skip("DuckDB's extensions could not be installed: uv is not installed")
    names = [f"duckdb-extension-{name}=={VERSION}" for name in NEEDED]
    problem = _run([*uv, "pip", "install", "--system-certs", "--no-deps", "--target", str(folder), *names])
    if problem:
        pytest.skip(f"DuckDB's extensions could not be installed: {problem}")
    return folder


@pytest.mark.slow
def test_each_way_does_what_the_page_says_of_it(packages: Path) -> None:
    done = tried(packages=packages)
    if "Postgres is not installed" in done.stderr:
        pytest.skip("Postgres is not installed on this machine")
    assert done.returncode == 0, done.stderr
    assert rows_of(done.stdout) == _lines()


def test_files_on_a_share_need_nothing_more_and_do_what_the_page_says() -> None:
    done = tried("--way", "share")
    assert done.returncode == 0, done.stderr
    answers = dict(line.strip("| ").split(" | ") for line in rows_of(done.stdout)[1:])
    page = table_of_page()
    assert answers == {question: page[question][0] for question in answers}
    assert list(answers.values()).count("yes") > 5
    assert "nowhere" in answers.values()


@pytest.mark.parametrize("way", ["quack", "ducklake"])
def test_where_an_extension_is_missing_it_says_what_to_install_and_ends_with_7(way: str) -> None:
    done = tried("--way", way)
    assert done.returncode == 7
    first, hint = done.stderr.splitlines()
    assert first.startswith("many_readers: DuckDB's extensions for version")
    assert f"--with duckdb-extension-{way}=={VERSION}" in hint
    assert done.stdout == ""


def test_the_page_names_the_version_that_chatham_has() -> None:
    assert set(re.findall(r"duckdb-extension-[a-z-]+==([0-9.]+)", text_of(PAGE))) == {VERSION}
