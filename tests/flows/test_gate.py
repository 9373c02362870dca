"""No data set gets its name while a participant's name stands anywhere in its files where nobody planned it."""

import json
import shutil
import zipfile
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
from flows.release_folder import DICTIONARY
from flows.releases import DATA, MANIFEST, releases
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
    (
        "DELETE FROM search_places; DELETE FROM search_words;"
        " UPDATE utterances SET text = 'Tobias Renwick here' WHERE NOT withheld",
        "table utterances, column text: [0-9]+",
    ),
    ("UPDATE speakers SET label = 'Renwick' WHERE level = 'unnamed'", "table speakers, column label: 1 row"),
    ("UPDATE speakers SET label = 'Tobias' WHERE level = 'named'", "table speakers, column label: 1 row"),
    ("UPDATE speakers SET role_as = 'aide to Renwick' WHERE level = 'named'", "table speakers, column role_as: 1 row"),
    ("UPDATE provenance SET value = 'by Tobias Renwick' WHERE key = 'purpose'", "table provenance, column value: 1"),
    ("UPDATE cases SET name = 'Renwick 2' WHERE name LIKE 'Participant%'", "table cases, column name: 1 row"),
    ("INSERT INTO codes VALUES ('c', NULL, 0, 'Renwick', 'x', NULL, true)", "table codes, column name: 1 row"),
    ("INSERT INTO coders VALUES ('c', 'Tobias')", "table coders, column name: 1 row"),
    ("INSERT INTO memos VALUES ('m', 'study', NULL, 'c', '2026-01-01', NULL, 'Renwick!')", "table memos, column text"),
    ("UPDATE sessions SET cycle = 'renwick'", "table sessions, column cycle: 1 row"),
    ("UPDATE sessions SET session_id = 'renwick'", "table sessions, column session_id: 1 row"),
    ("UPDATE utterances SET decision_id = 'asked Renwick'", "table utterances, column decision_id: [0-9]+ rows"),
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


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO search_words VALUES ('renwick', 1, 1, 7)",
        "UPDATE search_words SET word = 'renwick' WHERE word = (SELECT min(word) FROM search_words)",
        "UPDATE utterances SET text = 'Tobias Renwick here' WHERE NOT withheld",
    ],
)
def test_a_name_in_the_index_that_stands_in_no_released_text_stops_the_build(
    statement: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant_in_file(monkeypatch, statement)
    with pytest.raises(
        CheckFailed, match=r"^Not made: what search reads holds words or places that no released text has$"
    ):
        built(study)
    assert [path.name for path in study.research.parent.glob("*")] == []


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
        if (folder / DICTIONARY).exists():
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


def project(before: str, after: str) -> Change:
    """The project for coding, with something else in one of its members."""

    def change(folder: Path) -> None:
        path = folder / "project.qdpx"
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        assert any(before.encode() in data for data in members.values())
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data.replace(before.encode(), after.encode()))

    return change


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("We met the council", "We met Tobias and the council"),
        ("Participant 00:05", "Renwick 00:05"),
        ("Maribel Quist 00:01", "Maribel Quist of Renwick 00:01"),
        ('name="Participant"', 'name="Tobias Renwick"'),
        ("TextSource ", 'TextSource modifyingUser="Renwick" '),
    ],
)
def test_a_name_in_the_project_for_coding_stops_the_making(
    before: str, after: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is planned may stand there, the words of those who are named and their names; and nothing else."""
    plant_beside(monkeypatch, project(before, after))
    with pytest.raises(CheckFailed, match=r"still visible .*other texts of"):
        made(study, formats=("qdpx",))
    assert list(study.releases.glob("*")) == []
    monkeypatch.undo()
    assert (made(study, formats=("qdpx",)).folder / "project.qdpx").is_file()


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


def in_table(kind: str, table: str, change: str) -> Change:
    """Write one table of a format anew, changed."""

    def planted(folder: Path) -> None:
        path = folder / kind / f"{table}.{kind}"
        options = "FORMAT csv, HEADER, NEW_LINE '\\r\\n'" if kind == "csv" else "FORMAT parquet"
        read = f"read_csv('{path}', all_varchar = true)" if kind == "csv" else f"'{path}'"
        duckdb.execute(f"CREATE OR REPLACE TEMP TABLE t AS FROM {read}")
        duckdb.execute(f"UPDATE t SET {change}")  # noqa: S608 - our own words
        duckdb.execute(f"COPY t TO '{path}' ({options})")

    return planted


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("table", "change", "where"),
    [
        ("utterances", "text = 'Tobias Renwick here'", "table utterances, column text: 2 rows"),
        ("utterances", "text = 'We met Maribel.' WHERE text LIKE '%told me%'", "table utterances, column text: 1 row"),
        ("speakers", "label = 'Renwick' WHERE level = 'unnamed'", "table speakers, column label: 1 row"),
        ("speakers", "label = 'Maribel Quist' WHERE level = 'unnamed'", "table speakers, column label: 1 row"),
        ("cases", "name = 'Renwick 2' WHERE name LIKE 'Participant%'", "table cases, column name: 1 row"),
        ("provenance", "value = 'by Renwick' WHERE key = 'purpose'", "table provenance, column value: 1 row"),
    ],
)
def test_a_name_in_a_table_of_another_format_stops_a_data_set_by_its_place(
    kind: str, table: str, change: str, where: str, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words and speakers that are planned stand in the same files, and are let through there."""
    plant_beside(monkeypatch, in_table(kind, table, change))
    with pytest.raises(CheckFailed, match=rf"still visible \({where}"):
        made(study, formats=("parquet", "csv"))
    assert not study.releases.exists() or list(study.releases.iterdir()) == []
    monkeypatch.undo()
    assert made(study, formats=("parquet", "csv")).folder.is_dir()


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
