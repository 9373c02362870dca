"""Erasures under way: written down sealed, gone on with, and forgotten."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.errors import BadInput, MissingKey
from tests.vault.conftest import Unlock, everything_on_disk
from tests.vault.talk import NOTHING, NOW
from vault.erasure import Erased, Part, Scope
from vault.erasures import Job
from vault.keys import Keyring
from vault.store import Vault

JOB = Job(
    id="ab" * 16,
    participant="P01",
    withdrawal=7,
    scope=Scope(sessions=(), parts=(Part(session="autumn-1", start_s=1.0, end_s=2.5),)),
    data="erase",
    reason="withdrawal",
    by="pi",
    confirmed_by="ra",
    begun_at=NOW,
    fresh=("0" * 32,),
)
DONE = JOB.model_copy(update={"done": (Erased(store="roster", items=3, before=NOTHING, after=NOTHING),)})


def test_a_job_is_given_back_as_far_as_it_got(vault: Vault, study: Path) -> None:
    assert vault.erasures.all() == []
    vault.erasures.begin(JOB)
    assert vault.erasures.all() == [JOB]
    vault.erasures.save(DONE)
    assert vault.erasures.all() == [DONE]
    assert b"autumn-1" not in everything_on_disk(study)
    vault.erasures.end(DONE)
    vault.erasures.end(DONE)
    assert vault.erasures.all() == []


def test_the_job_that_began_first_comes_first(vault: Vault) -> None:
    later = JOB.model_copy(update={"id": "00" * 16, "begun_at": NOW + timedelta(minutes=1)})
    vault.erasures.begin(later)
    vault.erasures.begin(JOB)
    assert vault.erasures.all() == [JOB, later]


def test_a_job_is_begun_once(vault: Vault) -> None:
    vault.erasures.begin(DONE)
    with pytest.raises(BadInput, match="already under way"):
        vault.erasures.begin(JOB)
    assert vault.erasures.all() == [DONE]


@pytest.mark.parametrize("identifier", ["", "../roster", "P01", "abcd"])
def test_an_id_that_is_no_drawn_one_is_refused(vault: Vault, identifier: str) -> None:
    with pytest.raises(BadInput, match="hexadecimal"):
        vault.erasures.begin(JOB.model_copy(update={"id": identifier}))


def test_an_assistant_reads_jobs_and_intake_does_not(vault: Vault, study: Path, as_user: Unlock) -> None:
    vault.erasures.begin(JOB)
    assert Vault(study, as_user("ra")).erasures.all() == [JOB]
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        Vault(study, as_user("desk")).erasures.all()


def test_a_job_survives_the_renewal_of_the_key_it_is_sealed_to(people: Vault, study: Path, keyring: Keyring) -> None:
    people.erasures.begin(JOB)
    people.roster.erase("P01")
    assert Vault(study, replace(keyring)).erasures.all() == [JOB]
    people.erasures.end(JOB)
