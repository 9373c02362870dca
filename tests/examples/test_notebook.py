"""The notebook runs on a data set with and without codings, draws its pictures, and holds nothing of a data set."""

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from schemas.coding import ReleasedCodings
from tests.conftest import ROOT
from tests.warehouse.samples import IDS, PROVENANCE, gap, said, session, speaker
from tests.warehouse.test_coded import BOOK, FEAR, TIMES, coding
from warehouse.load import build

NOTEBOOK = ROOT / "examples" / "notebooks" / "themes-and-voices.ipynb"
SESSIONS = (session("S1", said(1), said(2, speaker=speaker("P02", label="Juniper")), gap(3)), session("S2", said(1)))
CODED = ReleasedCodings(
    codebook=BOOK,
    codings=(
        coding(1, ("S1", "u1", 0, 2), code=TIMES),
        coding(2, ("S1", "u2", 3, 8), code=FEAR),
        coding(3, ("S2", "u1", 3, 8), code=FEAR),
    ),
)


def run(folder: Path, coded: ReleasedCodings, patch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The outputs of all cells."""
    build(folder / "release.duckdb", SESSIONS, IDS, PROVENANCE, coded)
    patch.setenv("CHATHAM_DATA", str(folder / "release.duckdb"))
    patch.setenv("IPYTHONDIR", str(folder / "ipython"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return [output for cell in notebook.cells for output in cell.get("outputs", ())]


def pictures(outputs: list[dict[str, Any]]) -> list[bytes]:
    found = (output.get("data", {}).get("image/png") for output in outputs)
    return [base64.b64decode(picture) for picture in found if picture]


def text(outputs: list[dict[str, Any]]) -> str:
    return "".join(output.get("text", "") for output in outputs)


def test_it_draws_themes_and_speaking_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = run(tmp_path, CODED, monkeypatch)
    drawn = pictures(outputs)
    assert [picture[:4] for picture in drawn] == [b"\x89PNG"] * 2
    assert all(len(picture) > 5_000 for picture in drawn)
    assert {output["output_type"] for output in outputs} <= {"display_data", "stream", "execute_result"}


def test_without_codings_it_says_so_and_draws_who_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = run(tmp_path, ReleasedCodings(), monkeypatch)
    assert len(pictures(outputs)) == 1
    assert "Nothing is coded yet" in text(outputs)


def test_no_output_of_a_run_lies_in_it() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells)
