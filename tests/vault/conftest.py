"""A made-up study with one user of every role; its keys are drawn once, since Argon2id is slow on purpose."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.roster import Contact, Person
from tests.vault.talk import fill, track
from vault.keys import Keyring, add_user, create_keys, unlock
from vault.sessions import SessionStore
from vault.store import Vault

PASSPHRASE = "five made-up words of nobody"
USERS = {"pi": "investigator", "ra": "assistant", "desk": "intake", "board": "ethics"}

Unlock = Callable[[str], Keyring]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    first = create_keys(folder / "keys", "pi", PASSPHRASE)
    for name, role in USERS.items():
        if name != "pi":
            add_user(folder / "keys", first, name, PASSPHRASE, role)
    return folder


@pytest.fixture
def study(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture(scope="session")
def unlocked(template: Path) -> dict[str, Keyring]:
    return {name: unlock(template / "keys", name, PASSPHRASE) for name in USERS}


@pytest.fixture
def as_user(study: Path, unlocked: dict[str, Keyring]) -> Unlock:
    return lambda name: replace(unlocked[name], keys=study / "keys")


@pytest.fixture
def keyring(as_user: Unlock) -> Keyring:
    return as_user("pi")


@pytest.fixture
def vault(study: Path, keyring: Keyring) -> Vault:
    return Vault(study, keyring)


def person(number: int, name: str, **more: object) -> Person:
    return Person.model_validate({"participant": f"P{number:02d}", "full_name": name, "secret": "", **more})


def contact(number: int, email: str) -> Contact:
    return Contact(participant=f"P{number:02d}", email=email)


def everything_on_disk(folder: Path) -> bytes:
    """Names and bytes of every file, to look for what must not be readable."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return b"\0".join(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() for path in files)


@pytest.fixture
def people(vault: Vault) -> Vault:
    vault.roster.import_people(
        [person(1, "Ana Lima", former_names=["Annie Lime"]), person(2, "Bo Roy")], [contact(1, "ana.lima@example.org")]
    )
    return vault


@pytest.fixture
def mixed(people: Vault) -> SessionStore:
    return fill(people.session("autumn-1"), [track("t1", "Zoom recording")])


@pytest.fixture
def separate(people: Vault) -> SessionStore:
    return fill(people.session("autumn-1"), [track("t1", "Ana Lima"), track("t2", "Bo Roy"), track("t3", None)])
