"""Use stops in one instant: a data set stands under its name, or the register says why it does not; never neither."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from consent.register import to_ledger_event
from flows import stopping
from flows.cli.consent import say_gone
from flows.releases import recorded
from flows.stopping import NOTHING, end_outdated, record_and_stop, settle
from flows.study import STOPPING, Study
from schemas.errors import DiskFull
from schemas.ledger import EventKind, LedgerEvent
from tests.flows.conftest import Chatham, asks_for_erasure, open_as
from tests.flows.stop_and_die import KILLED
from tests.warehouse.readers import contents, number_in, put

FILES = ("warehouse/research.duckdb", "warehouse/research.duckdb.wal", "releases/spring/release.duckdb")


def hand_on(study: Study, name: str = "spring", people: tuple[str, ...] = ("P01", "P02")) -> None:
    """A data set made to hand on, as the register and the disk have it."""
    payload = {
        "type": "release",
        "name": name,
        "purpose": "analyse",
        "sessions": ["S1"],
        "people": list(people),
        "sha256": "a" * 64,
        "logical": "b" * 64,
        "counts": {"utterances": 2},
        "decisions": "c" * 64,
        "follows": None,
    }
    study.record(LedgerEvent(kind=EventKind.RELEASE, payload=payload))
    folder = study.releases / name
    folder.mkdir(parents=True)
    (folder / "release.duckdb").write_bytes(b"rows")
    (folder / "manifest.json").write_text(json.dumps({"name": name, "sha256": "a" * 64, "counts": {"utterances": 2}}))


@pytest.fixture
def full(study: Study) -> Study:
    """The study with a data set for analysis and one to hand on."""
    for name in FILES[:2]:
        (study.folder / name).write_bytes(b"rows")
    hand_on(study)
    return study


def there(study: Study) -> list[str]:
    return [name for name in FILES if (study.folder / name).exists()]


def withdrawal(study: Study) -> LedgerEvent:
    return to_ledger_event(asks_for_erasure(study))


def test_what_is_recorded_and_what_goes_are_one_step(full: Study) -> None:
    [index], gone = record_and_stop(full, [withdrawal(full)], "withdrawal", releases=["spring"])
    assert full.ledger.entries()[index].kind is EventKind.WITHDRAW
    assert there(full) == []
    assert gone.names == ("research.duckdb", "research.duckdb.wal", "spring")
    [release] = recorded(full)
    assert (release.stands, release.why) == (False, "withdrawal")


def test_of_a_data_set_that_ended_only_counts_and_digests_stay(full: Study) -> None:
    record_and_stop(full, [withdrawal(full)], "withdrawal", releases=["spring"])
    assert [path.name for path in (full.releases / "spring").iterdir()] == ["manifest.json"]
    said = json.loads((full.releases / "spring" / "manifest.json").read_text())
    assert {"sha256", "counts", "ended", "why"} <= set(said)
    assert said["why"] == "withdrawal"


def test_where_nothing_can_be_recorded_nothing_goes(full: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_events: object) -> list[int]:
        raise DiskFull("the disk is full", hint="Make room.")

    monkeypatch.setattr(full, "append", refuse)
    with pytest.raises(DiskFull, match="disk is full"):
        record_and_stop(full, [withdrawal(full)], "withdrawal", releases=["spring"])
    assert there(full) == list(FILES)
    assert not (full.folder / STOPPING).exists()
    assert (full.releases / "spring" / "manifest.json").exists()


def killed_at(study: Study, called: str, number: int) -> bool:
    """Whether a withdrawal recorded in a process of its own died where it should."""
    command = [sys.executable, "-m", "tests.flows.stop_and_die", str(study.folder), called, str(number)]
    return subprocess.run(command, check=False).returncode == KILLED


@pytest.mark.parametrize(
    ("called", "number"),
    [("_begin", 1), ("_set_aside", 1), ("_set_aside", 2), ("_set_aside", 3), ("_held", 1), ("_finish", 1),
     ("leave_manifest", 1), ("_clear", 1), ("_clear", 2), ("remove", 1)],
)  # fmt: skip
def test_a_stop_that_is_killed_anywhere_is_settled_by_the_next_command(full: Study, called: str, number: int) -> None:
    size = full.ledger.head()[0]
    assert killed_at(full, called, number)
    again = open_as(full.folder, "pi")
    if again.ledger.head()[0] > size:
        assert there(again) == [], "recorded: nothing may stand under its name, not even until the next command"
    settle(again)
    stopped = again.ledger.head()[0] > size
    assert there(again) == ([] if stopped else list(FILES))
    assert not list(again.folder.rglob(stopping.ASIDE))
    assert not (again.folder / STOPPING).exists()
    assert [release.stands for release in recorded(again)] == [not stopped]
    assert stopped == (called not in ("_begin", "_set_aside"))


def test_any_command_settles_what_was_left(full: Study, chatham: Chatham) -> None:
    assert killed_at(full, "_set_aside", 3)
    assert there(full) != list(FILES)
    assert chatham("user", "list", study=full.folder).code == 0
    assert there(full) == list(FILES)


def test_a_program_that_has_a_file_open_is_named(full: Study) -> None:
    with (full.folder / FILES[0]).open("rb"):
        _, gone = record_and_stop(full, [withdrawal(full)], "withdrawal", releases=["spring"])
    [held] = gone.held
    assert "research.duckdb: open in" in held
    assert f"(process {os.getpid()})" in held


@pytest.mark.skipif(os.name == "nt", reason="there the file stays until the program closes it")
def test_a_program_that_keeps_a_data_set_open_reads_on_and_nobody_else_can(full: Study) -> None:
    put(full.research, 1, contents(turns=20))
    (full.folder / FILES[1]).unlink(missing_ok=True)
    with duckdb.connect(str(full.research), read_only=True) as kept:
        _, gone = record_and_stop(full, [withdrawal(full)], "withdrawal")
        assert [line.partition(":")[0] for line in gone.held] == ["research.duckdb"]
        assert number_in(kept, turns=20) == 1, "closing it is what the command asks for"
        look = f"import duckdb; duckdb.connect({str(full.research)!r}, read_only=True)"
        other = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
        assert (other.returncode, "does not exist" in other.stderr) == (1, True), other.stderr
    assert list(full.research.parent.iterdir()) == []


def test_a_change_that_intake_records_takes_everything_away(full: Study, chatham: Chatham) -> None:
    said = chatham("consent", "record", "P02", "--level", "unnamed", study=full.folder, user="desk")
    assert said.code == 0, said.err
    assert there(full) == [], "intake cannot tell what it touches"


def test_a_form_that_intake_recorded_ends_a_data_set_at_the_next_run(full: Study, chatham: Chatham) -> None:
    words = ("consent", "record", "P01", "--form", "v1", "--level", "unnamed", "--applies", "all")
    said = chatham(*words, study=full.folder, user="desk")
    assert said.code == 0, said.err
    assert there(full) == list(FILES)
    gone = end_outdated(open_as(full.folder, "pi"))
    assert gone.releases == ("spring",)
    assert end_outdated(open_as(full.folder, "pi")) == NOTHING


@pytest.mark.parametrize("words", [("export", "june.csv"), ("agreement",)])
def test_nor_is_its_coding_handed_out_before_that_run(
    words: tuple[str, ...], full: Study, chatham: Chatham, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    form = ("consent", "record", "P01", "--form", "v1", "--level", "unnamed", "--applies", "all")
    assert chatham(*form, study=full.folder, user="desk").code == 0
    said = chatham("coding", *words, "--release", "spring", study=full.folder)
    assert (said.code, "no data set of that name stands" in said.err) == (2, True), said.err
    assert not (tmp_path / "june.csv").exists()
    assert FILES[2] not in there(full)


def test_a_change_that_hides_more_takes_away_what_shows_it(full: Study, chatham: Chatham) -> None:
    assert chatham("consent", "record", "P02", "--level", "named", study=full.folder).code == 0
    assert there(full) == list(FILES), "a loosening takes nothing away"
    said = chatham("consent", "record", "P01", "--level", "role", study=full.folder)
    assert "Taken away, because it showed more than is allowed now: spring" in said.out
    assert there(full) == []


def test_a_mark_on_a_passage_takes_away_what_shows_it(full: Study, chatham: Chatham) -> None:
    said = chatham(
        "passage", "mark", "S1", "--from", "0:01", "--to", "0:04", "--as", "off_the_record", study=full.folder
    )
    assert said.code == 0, said.err
    assert there(full) == []


def test_a_data_set_without_the_person_stays(full: Study) -> None:
    hand_on(full, "others", people=("P02",))
    from flows.withdrawal import stop_use

    event = asks_for_erasure(full)
    assert stop_use(full, event).gone.releases == ("spring",)
    assert (full.releases / "others" / "release.duckdb").exists()


def test_intake_takes_every_data_set_away(full: Study) -> None:
    hand_on(full, "others", people=("P02",))
    from flows.withdrawal import stop_use

    desk = open_as(full.folder, "desk")
    event = asks_for_erasure(desk)
    assert stop_use(desk, event).gone.releases == ("others", "spring")
    assert not list(Path(full.releases).rglob("*.duckdb"))


def test_a_file_that_cannot_be_taken_from_its_name_is_told_and_not_said_to_be_gone(
    full: Study, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        """As Windows does while a program has the file open."""
        if self == full.research:
            raise PermissionError(13, "used by another process")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with full.research.open("rb"):
        _, gone = record_and_stop(full, [withdrawal(full)], "withdrawal")
    assert there(full) == [FILES[0], FILES[2]]
    assert (gone.files, gone.stayed) == (("research.duckdb.wal",), ("research.duckdb",))
    [held] = gone.held
    assert f"(process {os.getpid()})" in held
    say_gone(gone)
    assert "STILL THERE, because a program holds it: research.duckdb" in capsys.readouterr().out
