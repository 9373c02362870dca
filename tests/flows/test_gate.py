"""No data set gets its name while a participant's name stands anywhere in its files where nobody planned it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

import flows.build
import warehouse.load
from flows import releasing
from flows.build import build
from flows.gate import Ours, check_written
from flows.plan import states_of
from flows.releases import DATA, MANIFEST, releases
from flows.releasing import DICTIONARY
from flows.study import Study
from flows.withdrawal import stop_use
from flows.worker import Worker
from schemas.errors import CheckFailed
from schemas.roster import Contact, Person
from tests.flows.cascade import redact
from tests.flows.conftest import NAMES, asks_for_erasure, open_as
from tests.flows.handing import QUIET, copy_run, made, rows
from warehouse.load import BuildReport

Change = Callable[[Path], None]
HIDDEN = "Tobias Renwick"
"""Of P02, who is unnamed; P01 is named."""


@pytest.fixture(scope="module")
def ran(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_run(template, tmp_path_factory.mktemp("ran") / "study")


@pytest.fixture
def study(ran: Path, tmp_path: Path) -> Study:
    shutil.copytree(ran, tmp_path / "study")
    return open_as(tmp_path / "study", "pi")


def plant_in_file(patch: pytest.MonkeyPatch, *statements: str) -> None:
    """Let whoever writes the file write this into it too."""
    honest = warehouse.load.build

    def planting(path: Path, *words: object, **options: object) -> BuildReport:
        report = honest(path, *words, **options)  # type: ignore[arg-type]
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        return report

    patch.setattr(warehouse.load, "build", planting)


def built(study: Study) -> None:
    worker = Worker(study, QUIET)
    build(worker, states_of(worker), lambda opaque: redact(worker, opaque))


PLACES = [
    ("UPDATE utterances SET text = 'Tobias Renwick here' WHERE NOT withheld", "table utterances, column text: [0-9]+"),
    ("UPDATE speakers SET label = 'Renwick' WHERE level = 'unnamed'", "table speakers, column label: 1 row"),
    ("UPDATE speakers SET label = 'Tobias' WHERE level = 'named'", "table speakers, column label: 1 row"),
    ("UPDATE speakers SET role_as = 'aide to Renwick' WHERE level = 'named'", "table speakers, column role_as: 1 row"),
    ("UPDATE provenance SET value = 'by Tobias Renwick' WHERE key = 'purpose'", "table provenance, column value: 1"),
    ("UPDATE sessions SET cycle = 'renwick'", "table sessions, column cycle: 1 row"),
    ("UPDATE sessions SET session_id = 'renwick'", "table sessions, column session_id: 1 row"),
    ("UPDATE utterances SET quote_state = 'asked Renwick'", "table utterances, column quote_state: [0-9]+ rows"),
    ("COMMENT ON COLUMN utterances.text IS 'Asked of Tobias.'", "comments, names and other texts of"),
    ("COMMENT ON TABLE speakers IS 'Maribel Quist made this.'", "comments, names and other texts of"),
    ("CREATE VIEW who AS SELECT 'Renwick' AS one", "comments, names and other texts of"),
    ("CREATE TABLE renwick (a VARCHAR); INSERT INTO renwick VALUES ('Renwick')", "a table of"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "where"), PLACES)
def test_a_name_in_any_place_of_the_file_stops_the_build_and_leaves_none(
    statement: str, where: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_in_file(monkeypatch, *statement.split("; "))
    with pytest.raises(CheckFailed, match=rf"^Not made: [0-9]+ names? still visible .*{where}") as refused:
        built(study)
    assert refused.value.exit_code == 1
    assert not any(name in f"{refused.value.message} {refused.value.hint}".lower() for name in ("renwick", "tobias"))
    assert [path.name for path in study.research.parent.glob("*")] == []
    monkeypatch.undo()
    built(study)
    assert study.research.is_file()


def test_the_number_of_names_and_rows_is_told(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    plant_in_file(monkeypatch, "INSERT INTO provenance SELECT 'made_by', 'Renwick' FROM range(2)")
    with pytest.raises(
        CheckFailed, match=r"^Not made: 2 names still visible \(table provenance, column value: 2 rows\)$"
    ):
        built(study)


def plant_beside(patch: pytest.MonkeyPatch, change: Change) -> None:
    """Let whoever writes the manifest, the last of a data set's files, change the folder too."""
    honest = releasing.write_manifest

    def planting(folder: Path, facts: dict[str, object]) -> None:
        honest(folder, facts)
        if (folder / DATA).exists():
            change(folder)

    patch.setattr(releasing, "write_manifest", planting)


def manifest(**more: object) -> Change:
    def change(folder: Path) -> None:
        facts = json.loads((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(json.dumps({**facts, **more}))

    return change


def put(name: str, text: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).write_text(text)

    return change


def page(folder: Path) -> None:
    (folder / DICTIONARY).write_text((folder / DICTIONARY).read_text() + "\nMade for\nTobias Renwick.\n")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (manifest(made_by="Tobias"), "still visible .*other texts of manifest.json"),
        (manifest(models={"folder-of-renwick": "1"}), "still visible .*other texts of manifest.json"),
        (page, "still visible .*other texts of data-dictionary.md"),
        (put("for-Tobias.txt", "x"), "1 name still visible .*the name of a file"),
        (put("notes.txt", "as Renwick said"), "1 name still visible .*a file that is not known"),
        (put("notes.docx", "x"), "a file of the data set is of a kind that cannot be checked"),
        (put("release.duckdb.wal", "x"), "a file of the data set is of a kind that cannot be checked"),
    ],
)
def test_a_name_beside_the_file_stops_a_data_set_to_hand_on(
    change: Change, where: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_beside(monkeypatch, change)
    with pytest.raises(CheckFailed, match=where) as refused:
        made(study)
    assert not any(name in refused.value.message.lower() for name in ("renwick", "tobias"))
    assert not study.releases.exists() or list(study.releases.iterdir()) == []
    assert releases(study.ledger.entries()) == []
    monkeypatch.undo()
    assert made(study).folder.is_dir()


def test_people_whose_names_are_words_of_ours_stop_nothing(study: Study) -> None:
    """The comments, pages and manifest say such words; nobody is named by them."""
    words = (
        "May Mark",
        "Will White",
        "Grace Brown",
        "Read Null",
        "Release Open",
        "Table Row",
        "Path Core",
        "Time Hash",
    )
    people = [
        Person(participant=f"P{number}", full_name=name, pseudonym=f"Madeup{number}", secret="")
        for number, name in enumerate(words, 50)
    ]
    known = [Person(participant=p, full_name=n, pseudonym=f"Made-up {p}", secret="") for p, n in NAMES.items()]
    study.vault.roster.import_people([*known, *people], [Contact(participant=p.participant) for p in [*known, *people]])
    done = made(open_as(study.folder, "pi"))
    assert rows(done.folder / DATA, "SELECT count(*) FROM utterances WHERE withheld_reason = 'leak'") == [(0,)]
    built(open_as(study.folder, "pi"))


def test_a_file_is_known_by_the_name_that_it_will_have(study: Study, tmp_path: Path) -> None:
    table = study.table()
    path = tmp_path / ".x.tmp"
    path.write_text('{"to": "the board"}')
    with pytest.raises(CheckFailed, match="kind that cannot be checked"):
        check_written(path, table)
    check_written(path, table, name="audit.json", ours=Ours(files=["audit.json"]))
    path.write_text('{"to": "Tobias"}')
    with pytest.raises(
        CheckFailed, match=r"1 name still visible \(comments, names and other texts of audit.json: 1 row"
    ):
        check_written(path, table, name="audit.json", ours=Ours(files=["audit.json"]))


@pytest.mark.parametrize("found", [None, FileNotFoundError(2, "No such file or directory"), CheckFailed("", hint="")])
def test_a_withdrawal_during_the_last_look_starts_the_build_over(
    found: Exception | None, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half-built file is gone while it is read: whatever error this gives, words go by the new choice."""
    honest, looks = flows.build.check_made, []

    def overtaken(*made_of: object, files: set[str]) -> None:
        looks.append(files)
        if len(looks) == 1:
            desk = open_as(study.folder, "pi")
            stop_use(desk, asks_for_erasure(desk))
            if found is not None:
                raise found
        honest(*made_of, files=files)  # type: ignore[arg-type]

    monkeypatch.setattr(flows.build, "check_made", overtaken)
    built(study)
    assert len(looks) == 2
    assert rows(study.research, "SELECT level FROM speakers") == [("unnamed",)], "P02's words alone"


def test_a_file_that_cannot_be_read_at_the_last_look_is_a_fault(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_made_of: object, files: set[str]) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(flows.build, "check_made", broken)
    with pytest.raises(OSError, match="Input/output error"):
        built(study)
    assert not study.research.exists()
