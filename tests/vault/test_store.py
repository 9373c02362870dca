"""The vault as a whole: study-wide results and sessions by id."""

from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.deidentified import NameTable
from schemas.errors import MissingKey
from tests.vault.conftest import everything_on_disk
from vault.keys import Keyring
from vault.store import Vault

Unlock = Callable[[str], Keyring]
TABLE = NameTable(names=(("canary ana", "P01"),))


def test_a_study_result_is_given_back_and_replaced(vault: Vault, study: Path) -> None:
    assert vault.get_study("names", NameTable) is None
    vault.put_study("names", TABLE)
    assert vault.get_study("names", NameTable) == TABLE
    vault.put_study("names", NameTable(names=()))
    assert vault.get_study("names", NameTable) == NameTable(names=())
    assert b"canary" not in everything_on_disk(study)


def test_a_study_result_with_a_key_is_only_found_under_that_key(vault: Vault) -> None:
    vault.put_study("names", TABLE, "one")
    vault.put_study("names", TABLE, "two")
    assert vault.get_study("names", NameTable, "two") == TABLE
    assert vault.get_study("names", NameTable, "one") is None
    assert vault.get_study("names", NameTable) is None


def test_study_results_open_to_the_assistant_and_not_to_intake(vault: Vault, study: Path, as_user: Unlock) -> None:
    vault.put_study("names", TABLE)
    assert Vault(study, as_user("ra")).get_study("names", NameTable) == TABLE
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        Vault(study, as_user("desk")).get_study("names", NameTable)


def test_an_empty_vault_has_no_sessions(vault: Vault) -> None:
    assert vault.session_ids() == []
    assert vault.sessions() == []
