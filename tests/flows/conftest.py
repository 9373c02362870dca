"""A small made-up study, made once with cheap keys, and the command line as a person calls it, without a process."""

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import vault.passphrases
from flows import passphrases
from flows.cli import main
from flows.consenting import import_sheet
from flows.forms import add_form
from flows.intake import NewSession, add_session
from flows.progress import Progress
from flows.study import Study
from flows.users import add_user
from flows.withdrawal import withdrawal_event
from schemas.consent import ConsentEvent, Reach
from schemas.roster import Contact, Person
from vault.keys import unlock

PASSPHRASE = "four made-up words here"
NAMES = {"P01": "Maribel Quist", "P02": "Tobias Renwick", "P03": "Aurélie Fontanel"}
"""Nobody's names: no message may ever hold them."""
USERS = {"ra": "assistant", "desk": "intake", "board": "ethics"}
FORM_TEXT = "What people sign.\n"
VTT = """WEBVTT

00:00:01.000 --> 00:00:04.000
Maribel Quist: We met the council about the ferry.

00:00:05.000 --> 00:00:08.000
Tobias Renwick: Maribel told me so.
"""
CONSENTS = """participant,at,event,level,form
P01,2026-02-01T10:00+13:00,consent,named,v1
P02,2026-02-02T10:00+13:00,consent,unnamed,v1
"""


@dataclass(frozen=True)
class Said:
    """What a command left behind: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Chatham = Callable[..., Said]


def make_keys_cheap(patch: pytest.MonkeyPatch) -> None:
    """Keys made from now on cost nothing to open, then and later: Argon2id's cost stands in each user's file."""
    for name, cost in {"_MEMORY_KIB": 64, "_PASSES": 1, "_LANES": 1}.items():
        patch.setattr(vault.passphrases, name, cost)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with three people, one form, two consents and one session; users pi, ra, desk and board."""
    folder = tmp_path_factory.mktemp("template") / "study"
    with pytest.MonkeyPatch.context() as patch:
        make_keys_cheap(patch)
        study = Study.create(
            folder,
            title="Ferries",
            approval="H26-0001",
            language="en",
            user="pi",
            passphrase=PASSPHRASE,
            timezone="Pacific/Auckland",
        )
        for user, role in USERS.items():
            add_user(study, user, role=role, participant=None, passphrase=lambda: PASSPHRASE)
    study = open_as(folder, "pi")
    study.vault.roster.import_people(
        [Person(participant=p, full_name=n, pseudonym=f"Made-up {p}", secret="") for p, n in NAMES.items()],
        [Contact(participant=p) for p in NAMES],
    )
    files = folder.parent
    (files / "form.md").write_text(FORM_TEXT)
    (files / "consents.csv").write_text(CONSENTS)
    (files / "s1.vtt").write_text(VTT)
    add_form(study, files / "form.md", version="v1", language="en", approvals=("H26-0001",))
    import_sheet(study, files / "consents.csv")
    add_session(study, NewSession("S1", "2026-03-04T09:00+13:00", transcript=files / "s1.vtt"), Progress(quiet=True))
    study.publish()
    return folder


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Study:
    """A copy of the study that a test may change, opened as its investigator."""
    shutil.copytree(template, tmp_path / "study")
    return open_as(tmp_path / "study", "pi")


def open_as(folder: Path, user: str) -> Study:
    """The study as one of its users opens it."""
    return Study(folder, unlock(folder / "keys", user, PASSPHRASE))


def asks_for_erasure(study: Study) -> ConsentEvent:
    """P01 withdraws, and wants their words destroyed; nothing is recorded yet."""
    return withdrawal_event(study, "P01", data="erase", reach=Reach(), days=7, at=None, method=None)


@pytest.fixture
def chatham(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chatham:
    """The command line in this process, as ``main`` runs it: ``chatham("consent", "show", "P01", study=folder)``."""
    monkeypatch.chdir(tmp_path)
    for name in ("CHATHAM_STUDY", "CHATHAM_USER", "CHATHAM_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: object, study: Path | None = None, user: str = "pi", passphrase: str | None = PASSPHRASE) -> Said:
        if study is not None:
            monkeypatch.setenv("CHATHAM_STUDY", str(study))
            monkeypatch.setenv("CHATHAM_USER", user)
        if passphrase is not None:
            monkeypatch.setenv("CHATHAM_PASSPHRASE", passphrase)
        return _call([str(word) for word in words])

    return call


def _call(words: list[str]) -> Said:
    out, err = io.StringIO(), io.StringIO()
    passphrases._remembered.clear()
    before = (sys.argv, sys.stdin, os.umask(0o022))
    sys.argv, sys.stdin = ["chatham", *words], io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.argv, sys.stdin = before[:2]
        os.umask(before[2])
        passphrases._remembered.clear()
    return Said(code, out.getvalue(), err.getvalue())


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a study but its lock files, to tell whether anything was recorded."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }
