"""The board's report on the demo study: by the real command, read as a board member would, and searched for names."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.laboratory import Laboratory, Made
from tests.acceptance.people import everybody, stands_in

FILES = {"audit.html", "audit.pdf", "audit.json", "renewal.html", "renewal.pdf", "verify.html"}


@pytest.fixture(scope="module")
def report(lab: Laboratory, demo: Made) -> Path:
    """The demo study's report, from a folder that is not the study's."""
    folder = lab.root / "report"
    done = lab.run("audit", "--out", folder, study=demo.study)
    assert done.code == 0, done.out + done.err
    assert [int(line[:2]) for line in done.out.splitlines() if re.match(r" ?\d", line)] == list(range(1, 17))
    return folder


@pytest.fixture(scope="module")
def said(report: Path) -> dict[str, Any]:
    """The report for programs."""
    return dict(json.loads((report / "audit.json").read_text("utf-8")))


def find(said: dict[str, Any], question: str, **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in said[question]["evidence"] if wanted.items() <= row.items()]


def test_the_report_is_whole(report: Path) -> None:
    assert {path.name for path in report.iterdir()} == FILES


def test_levels_are_those_that_people_chose(said: dict[str, Any], plan: dict[str, Any]) -> None:
    today = {row["participant"]: row["level"] for row in said["q01"]["evidence"]}
    # P11's is that of a session that would start today: the loosening of 1 June counts from then on.
    expected = {person: levels["S3"] for person, levels in plan["expected"]["levels"].items()}
    assert today == expected | plan["expected"]["after_later"]["levels"]


def test_who_was_never_asked_and_who_withdrew_are_told(said: dict[str, Any], plan: dict[str, Any]) -> None:
    states = {row["participant"]: row["state"] for row in said["q01"]["evidence"]}
    assert [person for person, state in states.items() if state == "not_asked"] == plan["expected"]["not_asked"]
    assert states["P10"] == "stopped"
    [row] = find(said, "q07", participant="P10")
    assert row["fate"] == "waits for its day" and not row["overdue"]


def test_who_signed_after_a_session_is_kept_out_of_it(said: dict[str, Any]) -> None:
    [first] = find(said, "q05", held_on="11 March 2026")
    assert first["signed_later"] == ["P05"]
    [guest] = [row for row in said["q05"]["evidence"] if "unknown_voices" in row]
    assert (guest["session"], guest["unknown_voices"]) == ("S2", 1)


def test_the_choices_of_the_present_data_set_are_worked_out_again(said: dict[str, Any], report: Path) -> None:
    assert said["q09"]["verdict"] == "yes"
    assert "For 3 of the 3 sessions in the present data set" in (report / "audit.html").read_text("utf-8")


def test_nobody_is_named_in_any_file(report: Path) -> None:
    pages = [path for path in report.iterdir() if path.suffix != ".pdf"]
    texts = {path.name: _without_pictures(path.read_text("utf-8", "replace")) for path in pages}
    tool = shutil.which("pdftotext")
    for path in report.glob("*.pdf"):
        if tool:
            done = subprocess.run([tool, str(path), "-"], capture_output=True, text=True, check=True)
            texts[path.name] = done.stdout
    decoded = " ".join(_decoded(texts["verify.html"]))
    # Random letters now and then spell a short name; what they hold is looked at decoded.
    texts = {name: re.sub(r"[A-Za-z0-9+/]{40,}={0,2}", " ", text) for name, text in texts.items()}
    texts["verify.html"] += decoded
    forbidden = {name for someone in everybody().values() for name in someone.forbidden("unnamed")}
    found = {(file, name) for file, text in texts.items() for name in forbidden if stands_in(name, text)}
    assert found == set()


def test_the_pages_ask_for_nothing(report: Path) -> None:
    for path in report.glob("*.html"):
        text = path.read_text("utf-8")
        assert re.findall(r"""<(?:script|img|link|iframe)[^>]*(?:src|href)=["'](?!data:)""", text) == [], path.name


def test_after_damage_no_report_is_made(lab: Laboratory, demo: Made, tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(demo.study, study)
    journal = study / "consent" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:5], *lines[6:]]))
    done = lab.run("audit", "--out", tmp_path / "out", study=study)
    assert done.code == 6, done.err
    assert not (tmp_path / "out").exists()


def _without_pictures(text: str) -> str:
    """A file's characters but those of its pictures, in which any five letters may stand by chance."""
    return re.sub(r'src="data:image[^"]*"', "", text)


def _decoded(text: str) -> list[str]:
    """What the offline page opens, as it was recorded."""
    found = re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", text)
    return [base64.b64decode(one).decode("utf-8", "replace") for one in found if len(one) % 4 == 0]
