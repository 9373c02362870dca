"""Programs for coding read what we write, with their own code, and we read what they write."""

import csv
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.foreign import LIMIT_S, ForeignPython
from tests.warehouse.exchange.projects import example
from warehouse.exchange import refi_qda, taguette
from warehouse.exchange.fitting import fit
from warehouse.exchange.highlights import fit_highlights
from warehouse.exchange.layout import LaidOut, lay_out
from warehouse.exchange.refi_writing import code_names
from warehouse.exchange.tags import tag_paths

HERE = Path(__file__).parent
SOURCE = "QUALCODER_SOURCE"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return example(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def laid(path: Path) -> LaidOut:
    return lay_out(path)


def asked(python: Path, script: str, *arguments: Path, home: Path) -> dict[str, Any]:
    """What a script prints on its last line."""
    done = subprocess.run(
        [python, HERE / script, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        env=os.environ | {"HOME": str(home), "PYTHONIOENCODING": "utf-8"},
        cwd=home,
        stdin=subprocess.DEVNULL,
    )
    if "cannot open shared object file" in done.stderr:
        pytest.skip(f"a library of the system is missing: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# QualCoder.


@pytest.fixture(scope="module")
def qualcoder(laid: LaidOut, foreign_python: ForeignPython, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What QualCoder holds of our project, and the project that it exports."""
    source = os.environ.get(SOURCE)
    if not source:
        pytest.skip(f"QualCoder is in no package registry: {SOURCE} must name the folder src of its repository")
    folder = tmp_path_factory.mktemp("qualcoder")
    project = folder / "in.qdpx"
    refi_qda.write_project(laid.project, project)
    python = foreign_python("PyQt6", "pymupdf", "pillow")
    found = asked(python, "qualcoder_open.py", Path(source), project, folder, home=folder)
    return {**found["held"], "out": folder / "out.qdpx"}


def test_qualcoder_reads_every_text_exactly(qualcoder, laid):
    assert {one["name"]: one["fulltext"] for one in qualcoder["source"]} == {
        text.name: text.text for text in laid.project.texts
    }


def test_qualcoder_reads_every_coding_at_its_place_with_its_words_code_coder_and_day(qualcoder, laid):
    codes = {one["cid"]: one["name"] for one in qualcoder["code_name"]}
    sources = {one["id"]: one["name"] for one in qualcoder["source"]}
    names = code_names(laid.project.codebook, laid.project.cases)
    coders = {one.coder: one.name for one in laid.project.codebook.coders}
    texts = {text.guid: text for text in laid.project.texts}
    found = [
        (sources[one["fid"]], one["pos0"], one["pos1"], one["seltext"], codes[one["cid"]], one["owner"], one["date"])
        for one in qualcoder["code_text"]
    ]
    wanted = []
    for one in laid.project.codings:
        text, at = texts[one.stretch.text], one.stretch
        words = text.text[at.start : at.end]
        day = f"{one.at:%Y-%m-%d} 00:00:00"
        wanted.append((text.name, at.start, at.end, words, names[one.code], coders[one.coder], day))
    assert sorted(found) == sorted(wanted)


def test_qualcoder_reads_codes_and_which_stand_under_which(qualcoder, laid):
    codes = {one["cid"]: one["name"] for one in qualcoder["code_name"]}
    categories = {one["catid"]: one["name"] for one in qualcoder["code_cat"]}
    found = {
        one["name"]: (codes.get(one["supercid"]) or categories.get(one["catid"]), one["memo"])
        for one in qualcoder["code_name"]
    }
    names = code_names(laid.project.codebook, laid.project.cases)
    assert found == {
        names[code.code]: (names[code.parent] if code.parent else None, code.description)
        for code in laid.project.codebook.codes
        if code.codable
    }
    assert set(categories.values()) == {"Ferries", "Speakers"}


def test_qualcoder_reads_cases_their_variables_and_their_words(qualcoder, laid):
    cases = {one["caseid"]: one["name"] for one in qualcoder["cases"]}
    texts = {text.guid: text for text in laid.project.texts}
    sources = {one["id"]: one["name"] for one in qualcoder["source"]}
    assert sorted(cases.values()) == sorted(case.name for case in laid.project.cases)
    assert sorted((cases[one["id"]], one["name"], one["value"]) for one in qualcoder["attribute"]) == sorted(
        (case.name, name, value) for case in laid.project.cases for name, value in case.variables.items()
    )
    found = [(cases[one["caseid"]], sources[one["fid"]], one["pos0"], one["pos1"]) for one in qualcoder["case_text"]]
    assert sorted(found) == sorted(
        (case.name, texts[one.text].name, one.start, one.end) for case in laid.project.cases for one in case.stretches
    )


def test_qualcoder_reads_every_note_and_makes_none_up(qualcoder, laid):
    notes = {memo.text for memo in laid.project.codebook.memos}
    journal = {one["jentry"] for one in qualcoder["journal"]}
    shown = journal | {one["memo"] for one in (*qualcoder["source"], *qualcoder["code_text"])} - {""}
    assert shown == notes
    assert qualcoder["annotation"] == []


def test_what_qualcoder_exports_fits_our_words_codes_and_coders(qualcoder, path, laid):
    back = refi_qda.read_project(qualcoder["out"])
    fitted = fit(back.project, path)
    assert fitted.unfit == ()
    assert all(one.whole for one in fitted.codings)
    assert {(one.code, one.coder) for one in fitted.codings} == {(one.code, one.coder) for one in laid.project.codings}
    assert placed(fitted) == {
        (one.code, one.coder, part.utterance_id, part.start_char, part.end_char)
        for one in laid.project.codings
        for part in laid.utterances(one.stretch)
    }


def placed(fitted: Any) -> set[tuple[Any, ...]]:
    return {
        (one.code, one.coder, part.utterance_id, part.start_char, part.end_char)
        for one in fitted.codings
        for part in one.stretches
    }


# Taguette.


@pytest.fixture(scope="module")
def tagged(laid: LaidOut, foreign_python: ForeignPython, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Taguette shows of our project file, and its own."""
    python = foreign_python("taguette", "setuptools<81")  # one of its own packages needs an old one
    folder = tmp_path_factory.mktemp("taguette")
    project = folder / "in.sqlite3"
    taguette.write_project(laid.project, project)
    found = asked(python, "taguette_open.py", project, folder, home=folder)
    return {**found, "out": folder / "out.sqlite3"}


def test_taguette_shows_every_text_tag_and_highlight(tagged, laid):
    paths = tag_paths(laid.project.codebook)
    assert tagged["tags"] == {paths[code.code]: code.description for code in laid.project.codebook.codes}
    texts = {text.guid: text for text in laid.project.texts}
    for one in tagged["documents"]:
        [text] = [text for text in texts.values() if text.name == one["name"]]
        assert one["words"].split() == text.text.split()
        assert one["direction"] == "LEFT_TO_RIGHT"
    found = {
        (one["name"], " ".join(mark["words"].split()), tag)
        for one in tagged["documents"]
        for mark in one["highlights"]
        for tag in mark["tags"]
    }
    assert found == {
        (texts[on.text].name, " ".join(texts[on.text].text[on.start : on.end].split()), paths[code])
        for on, code in ((one.stretch, one.code) for one in laid.project.codings)
    }


def test_what_taguette_saves_fits_our_words_and_codes(tagged, path, laid):
    fitted = fit(taguette.read_project(tagged["out"]).project, path)
    assert fitted.unfit == () and all(one.whole for one in fitted.codings)
    assert {(code, *place) for code, _, *place in placed(fitted)} == {
        (one.code, part.utterance_id, part.start_char, part.end_char)
        for one in laid.project.codings
        for part in laid.utterances(one.stretch)
    }


def test_taguettes_table_of_highlights_fits_where_words_stand_once(tagged, laid):
    table = csv.DictReader(io.StringIO(tagged["highlights"], newline=""))
    fitted = fit_highlights(enumerate(table, start=2), laid)
    assert len(fitted.codings) == len({(one.stretch, one.code) for one in laid.project.codings})
    assert [one.why for one in fitted.unfit] == []
    codes = {one.code for one in laid.project.codings}
    assert {one.code for one in fitted.codings} <= codes
