"""Passphrases in the keyring of a person's own login, through the library's own door."""

import builtins
import json
from collections.abc import Iterator
from types import ModuleType

import pytest

from flows.recovery import make_recovery
from flows.remembering import forget, recall, remember
from flows.study import Study
from flows.users import add_user, remove_user
from schemas.errors import MissingKey, MissingTool
from tests.flows.conftest import PASSPHRASE, Chatham

keyring = pytest.importorskip("keyring")
from keyring.backend import KeyringBackend  # noqa: E402 - needs the line above
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError  # noqa: E402 - needs the line above


class Safe(KeyringBackend):  # type: ignore[misc]  # the library has no types
    """A keyring in memory, which may be locked or keep nothing."""

    priority = 1
    name = "a made-up keyring"

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = self.lossy = False

    def _unlock(self) -> None:
        if self.locked:
            raise KeyringLocked("locked")

    def get_password(self, service: str, username: str) -> str | None:
        self._unlock()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise PasswordSetError("locked")
        if not self.lossy:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._unlock()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


class InAFile(Safe):
    """One that writes plain text."""


InAFile.__module__ = "keyrings.alt.file"


@pytest.fixture
def safe() -> Iterator[Safe]:
    before, safe = keyring.get_keyring(), Safe()
    keyring.set_keyring(safe)
    yield safe
    keyring.set_keyring(before)


def test_a_remembered_passphrase_opens_the_study_without_typing(study: Study, safe: Safe, chatham: Chatham) -> None:
    said = chatham("keys", "remember", study=study.folder, user="ra")
    assert (said.code, said.err) == (0, "")
    assert "kept by a made-up keyring" in said.out
    assert chatham("user", "list", study=study.folder, user="ra", passphrase=None).code == 0
    assert chatham("user", "list", study=study.folder, user="desk", passphrase=None).code == 4, "another user's is not"
    said = chatham("keys", "forget", study=study.folder, user="ra", passphrase=None)
    assert (said.code, "not kept by this machine any more" in said.out) == (0, True)
    assert safe.kept == {}
    assert chatham("user", "list", study=study.folder, user="ra", passphrase=None).code == 4
    said = chatham("keys", "forget", "--json", study=study.folder, user="ra")
    assert json.loads(said.out) == {"user": "ra", "forgotten": False}


def test_only_a_passphrase_that_opens_is_kept(study: Study, safe: Safe, chatham: Chatham) -> None:
    said = chatham("keys", "remember", study=study.folder, user="ra", passphrase="another")
    assert (said.code, safe.kept) == (4, {})
    assert "the passphrase is wrong" in said.err


def test_what_was_given_counts_before_what_is_kept(study: Study, safe: Safe, chatham: Chatham) -> None:
    remember(study.folder / "keys", "ra", PASSPHRASE)
    said = chatham("user", "list", study=study.folder, user="ra", passphrase="another")
    assert (said.code, "the passphrase is wrong" in said.err) == (4, True)


def test_the_keyring_learns_no_name_of_a_user_or_a_study(study: Study, safe: Safe) -> None:
    remember(study.folder / "keys", "ra", PASSPHRASE)
    ((service, account),) = safe.kept
    assert service == "chatham"
    assert account.startswith("age1")


def test_a_user_who_was_added_again_is_asked_and_not_let_in_with_the_old_one(study: Study, safe: Safe) -> None:
    keys = study.folder / "keys"
    remember(keys, "ra", PASSPHRASE)
    remove_user(study, "ra")
    add_user(study, "ra", role="assistant", participant=None, passphrase=lambda: "another four words")
    assert recall(keys, "ra") is None


def test_the_recovery_key_is_kept_by_no_machine(study: Study, safe: Safe) -> None:
    made = make_recovery(study, None)
    with pytest.raises(MissingKey, match="kept on paper and by no machine"):
        remember(study.folder / "keys", "recovery", made.text)
    assert safe.kept == {}


def test_a_keyring_that_is_locked_is_passed_over_unless_it_is_asked_for(study: Study, safe: Safe) -> None:
    keys = study.folder / "keys"
    remember(keys, "ra", PASSPHRASE)
    safe.locked = True
    assert recall(keys, "ra") is None
    with pytest.raises(MissingTool, match="kept nothing"):
        remember(keys, "ra", PASSPHRASE)
    with pytest.raises(MissingTool, match="did not answer"):
        forget(keys, "ra")


def test_a_keyring_that_keeps_nothing_is_told(study: Study, safe: Safe) -> None:
    safe.lossy = True
    with pytest.raises(MissingTool, match="kept nothing"):
        remember(study.folder / "keys", "ra", PASSPHRASE)


def test_a_keyring_that_writes_plain_text_is_none(study: Study, safe: Safe) -> None:
    keyring.set_keyring(InAFile())
    with pytest.raises(MissingTool, match="no keyring on this machine that keeps a passphrase safe"):
        remember(study.folder / "keys", "ra", PASSPHRASE)
    assert recall(study.folder / "keys", "ra") is None


def test_without_the_library_nothing_is_missed_unless_it_is_asked_for(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *more: object) -> ModuleType:
        if name.split(".")[0] == "keyring":
            raise ImportError(name)
        return real(name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert recall(study.folder / "keys", "ra") is None
    said = chatham("keys", "remember", study=study.folder, user="ra")
    assert said.code == 7
    assert "Install the extra chatham[keyring]" in said.err


def test_no_keyring_is_asked_where_a_passphrase_was_given(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.remembering.recall", lambda *_: pytest.fail("the keyring was asked"))
    assert chatham("user", "list", study=study.folder, user="ra").code == 0
