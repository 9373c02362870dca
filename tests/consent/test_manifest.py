"""Whoever holds a data set can tell, with the public register alone, whether its manifest and files are as recorded."""

import copy as copies
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.checks.data_set import ENDED_UNKNOWN
from consent.checks.report import Report, as_json, lines
from consent.ledger import Ledger
from consent.manifest import digest_of, parse_manifest, record_of, tie_of, with_entry
from consent.publish import publish
from schemas.errors import BadInput
from schemas.ledger import EventKind, LedgerEvent
from tests.conftest import ROOT
from tests.consent.published import AT, SEED, appended, checked, cosigned, full, opened

FILES = {"release.duckdb": b"rows", "csv/utterances.csv": b"a,b\r\n", "data-dictionary.md": b"# Data dictionary\n"}


def data_set(folder: Path, consent: Path, name: str = "paper-1") -> Path:
    """A data set recorded as one is, with its files; gives its manifest."""
    ledger = opened(consent)
    size, root = ledger.head()
    manifest: dict[str, Any] = {
        "name": name, "purpose": "archive", "formats": ["duckdb", "csv"], "sessions": ["S1", "Séance-2"],
        "follows": None,
        "counts": {"utterances": 12, "withheld": 3}, "decisions": "ab" * 32, "logical": "cd" * 32, "sha256": "ef" * 32,
        "made_at": "2026-11-21T20:51:00Z", "register": {"size": size, "root": root}, "code_version": "0.1.0+abc",
        "models": {"whisper-base": "3"}, "files": {one: described(data) for one, data in FILES.items()},
    }  # fmt: skip
    events = [
        LedgerEvent(kind=EventKind.RELEASE, payload={"type": "release", "name": name, "people": ["P01"]}),
        LedgerEvent(kind=EventKind.RELEASE, payload=record_of(manifest)),
    ]
    (opening,) = ledger.openings([ledger.append(events, AT)[-1]])
    publish(consent, ledger, SEED, AT)
    for one, data in FILES.items():
        (folder / one).parent.mkdir(parents=True, exist_ok=True)
        (folder / one).write_bytes(data)
    return written(folder, with_entry(manifest, opening))


def described(data: bytes) -> dict[str, object]:
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def written(folder: Path, manifest: dict[str, Any]) -> Path:
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return folder / "manifest.json"


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with two data sets recorded in it, and these beside it; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("whole")
    full(folder / "consent")
    for name in ("paper-1", "paper-2"):
        data_set(folder / name, folder / "consent", name)
    cosigned(folder / "consent")
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "copy")


def judged(folder: Path, name: str = "paper-1") -> Report:
    return checked(folder / "consent", manifest=folder / name / "manifest.json")


def test_a_data_set_as_it_was_made_passes_and_every_sentence_says_what_was_checked(whole: Path) -> None:
    report = judged(whole)
    assert report.exit_code == 0
    assert [one for one in lines(report) if "manifest" in one or "data set" in one] == [
        "Checked: The manifest you gave is, member by member, the one that entry 5 commits to, recorded in the minute "
        "2026-11-21T20:51Z.",
        "Checked: The data set was made when the register held 4 entries, and the register begins with exactly these.",
        "Checked: 3 files beside the manifest: the same bytes as when it was made.",
        f"Not checked: {ENDED_UNKNOWN}",
    ]


def test_what_the_holder_can_open_names_nobody_in_the_data_set(whole: Path) -> None:
    manifest = read(whole / "paper-1" / "manifest.json")
    assert record_of(manifest) == {"type": "release_manifest", "name": "paper-1", "manifest": digest_of(manifest)}
    assert "P01" not in json.dumps(manifest)


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The way to every member of a manifest, and to every value in it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in pairs for place in places(inner, (*path, key)))]


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 9), NUMBERS, st.text(max_size=4), st.just("0" * 64), st.just([]),
    st.just({}),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_member_of_a_manifest_can_be_changed_added_or_taken_out_unseen(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    true = read(whole / "paper-1" / "manifest.json")
    changed = copies.deepcopy(true)
    *way, last = data.draw(st.sampled_from([place for place in places(true) if place]))
    inner: Any = changed
    for step in way:
        inner = inner[step]
    how = data.draw(st.sampled_from(["change", "take out", "add"]))
    if how == "take out":
        del inner[last]
    elif how == "add" and isinstance(inner, dict):
        inner["note"] = data.draw(VALUES)
    else:
        inner[last] = data.draw(VALUES)
    if json.dumps(changed, sort_keys=True) == json.dumps(true, sort_keys=True):
        return
    path = written(tmp_path_factory.mktemp("changed"), changed)
    if "name" not in changed:
        with pytest.raises(BadInput, match="no manifest of a data set"):
            checked(whole / "consent", manifest=path)
        return
    report = checked(whole / "consent", manifest=path)
    assert (report.exit_code, len(report.altered), report.problems) == (1, 1, ())
    assert "Outcome: nothing is wrong with the register, but the data set is not one to be used" in lines(report)[-1]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(FILES)), at=st.integers(0, 10_000), more=st.binary(max_size=3))
def test_no_byte_of_a_file_can_be_changed_unseen(whole: Path, name: str, at: int, more: bytes,
                                                 tmp_path_factory: pytest.TempPathFactory) -> None:  # fmt: skip
    folder = shutil.copytree(whole / "paper-1", tmp_path_factory.mktemp("files") / "paper-1")
    data = bytearray(FILES[name])
    data[at % len(data)] ^= 1
    (folder / name).write_bytes(bytes(data) + more)
    report = checked(whole / "consent", manifest=folder / "manifest.json")
    assert report.exit_code == 1
    assert report.altered == (
        f"{name} beside the manifest: not as the data set was made, and something in it was changed.",
    )


def test_the_entry_of_another_data_set_does_not_fit(copy: Path) -> None:
    mine, other = (read(copy / name / "manifest.json") for name in ("paper-1", "paper-2"))
    written(copy / "paper-1", mine | {"entry": other["entry"]})
    report = judged(copy)
    assert (report.exit_code, len(report.altered)) == (1, 1)
    assert "is not the one that entry 7 was made for" in report.altered[0]


@pytest.mark.parametrize("member", ["index", "leaf", "key"])
def test_half_an_entry_of_another_does_not_fit_either(copy: Path, member: str) -> None:
    mine, other = (read(copy / name / "manifest.json") for name in ("paper-1", "paper-2"))
    mine["entry"][member] = other["entry"][member]
    written(copy / "paper-1", mine)
    assert (judged(copy).exit_code, len(judged(copy).altered)) == (1, 1)


def test_a_manifest_of_a_register_that_told_others_something_else_is_a_second_history(
    whole: Path, tmp_path: Path
) -> None:
    """The manifest is recorded here, and names entries that were never these: the team's own words do not agree."""
    consent = shutil.copytree(whole / "consent", tmp_path / "consent")
    ledger = opened(consent)
    lying = data_set(tmp_path / "paper-3", consent, "paper-3")
    manifest = read(lying)
    manifest.pop("entry")
    manifest["register"] = {"size": 3, "root": "ab" * 32}
    ledger = opened(consent)
    (at,) = ledger.append([LedgerEvent(kind=EventKind.RELEASE, payload=record_of(manifest))], AT)
    publish(consent, ledger, SEED, AT)
    written(tmp_path / "paper-3", with_entry(manifest, ledger.openings([at])[0]))
    report = judged(tmp_path, "paper-3")
    assert report.exit_code == 6
    assert "there are two histories" in report.problems[0].message


def test_an_entry_of_another_kind_ties_no_manifest(copy: Path) -> None:
    """A form, say, whose content anybody could have got somebody to record."""
    manifest = read(copy / "paper-1" / "manifest.json")
    del manifest["entry"]
    ledger: Ledger = appended(copy / "consent", [LedgerEvent(kind=EventKind.OUTPUT, payload=record_of(manifest))])
    written(copy / "paper-1", with_entry(manifest, ledger.openings([ledger.size - 1])[0]))
    assert "is not the one that entry" in judged(copy).altered[0]


def test_an_older_copy_of_the_register_is_told_from_a_change(copy: Path) -> None:
    older = full(copy / "older" / "consent")
    assert older.size == 4
    report = checked(copy / "older" / "consent", manifest=copy / "paper-1" / "manifest.json")
    assert report.exit_code == 1
    assert "names entry 5, and here are 4 entries" in report.altered[0]


def test_files_that_are_not_there_or_are_too_many_are_said(copy: Path) -> None:
    shutil.rmtree(copy / "paper-1" / "csv")
    (copy / "paper-1" / "notes.txt").write_text("x")
    report = judged(copy)
    assert report.exit_code == 0
    assert "csv/utterances.csv: part of the data set, and not beside the manifest" in report.not_checked
    assert "notes.txt: beside the manifest, and no part of the data set" in report.not_checked


def test_what_is_left_of_an_ended_data_set_says_so_and_passes_for_nothing(copy: Path) -> None:
    written(copy / "paper-1", {"name": "paper-1", "ended": "2026-11-22T10:00:00+00:00", "why": "withdrawal"})
    report = judged(copy)
    assert report.exit_code == 1
    assert "has ended and may not be used" in report.altered[0]


def test_a_manifest_from_before_there_were_such_entries_is_said_to_be_unproved(copy: Path) -> None:
    manifest = read(copy / "paper-1" / "manifest.json")
    del manifest["entry"]
    written(copy / "paper-1", manifest)
    assert "names no entry of the register" in judged(copy).altered[0]


@pytest.mark.parametrize("text", [
    "", "[]", "{torn", '{"name": -Infinity}', '{"name": "a", "name": "b"}', '{"name": NaN}', '{"files": {}}', "\u00ff",
])  # fmt: skip
def test_a_file_that_is_no_manifest_is_unreadable_input(copy: Path, text: str) -> None:
    (copy / "paper-1" / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match="is no manifest of a data set"):
        judged(copy)


def test_a_manifest_that_is_not_there_is_unreadable_input(copy: Path) -> None:
    with pytest.raises(BadInput, match="the manifest cannot be read"):
        judged(copy, "paper-9")


def test_the_form_of_the_file_does_not_matter_only_what_it_says(copy: Path) -> None:
    manifest = read(copy / "paper-1" / "manifest.json")
    (copy / "paper-1" / "manifest.json").write_text(json.dumps(dict(reversed(manifest.items())), ensure_ascii=False))
    assert judged(copy).exit_code == 0


def test_a_damaged_register_is_damage_whatever_the_manifest_says(copy: Path) -> None:
    journal = copy / "consent" / "journal.jsonl"
    data = bytearray(journal.read_bytes())
    data[60] ^= 1
    journal.write_bytes(bytes(data))
    report = judged(copy)
    assert report.exit_code == 6
    assert "the manifest you gave: the journal cannot be read as far as its entry" in report.not_checked


def test_the_command_takes_a_manifest_and_no_key_but_the_registers(copy: Path) -> None:
    command = [sys.executable, "-m", "consent.verify", copy / "consent", copy / "consent" / "ledger.vkey", "--json",
               "--max-anchor-age-days", "99999", "--manifest", copy / "paper-1" / "manifest.json"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert json.loads(done.stdout)["altered"] == []
    assert any("member by member" in one for one in json.loads(done.stdout)["checked"])
    (copy / "paper-1" / "release.duckdb").write_bytes(b"others")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert json.loads(done.stdout)["altered"]


def test_programs_are_told_the_same(whole: Path) -> None:
    assert as_json(judged(whole))["altered"] == []


@pytest.mark.parametrize("entry", [None, {}, {"index": "5"}, {"index": True, "leaf": "0" * 64, "key": "0" * 64},
                                   {"index": -1, "leaf": "0" * 64, "key": "0" * 64},
                                   {"index": 1, "leaf": "0" * 63, "key": "0" * 64}])  # fmt: skip
def test_an_entry_in_another_form_is_none(entry: object) -> None:
    assert tie_of({"name": "x", "entry": entry}) is None


def test_a_manifest_is_read_as_it_was_written(whole: Path) -> None:
    path = whole / "paper-1" / "manifest.json"
    assert parse_manifest(path.read_bytes()) == read(path)
