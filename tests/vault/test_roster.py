"""The roster: imports that keep what must be kept, who reads what, and entries that are really gone."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import BadInput, MissingKey
from schemas.roster import Contact
from tests.vault.conftest import contact, everything_on_disk, person
from tests.vault.killing import Killed, killed_after
from vault.erasure import EVERYTHING, Scope
from vault.keys import Keyring
from vault.keystore import key_id
from vault.roster import RosterStore
from vault.store import Vault
from vault.study_files import opens, study_files

Unlock = Callable[[str], Keyring]
PEOPLE = [
    person(1, "Canary Ana Lima", pseudonym="Wren"),
    person(2, "Canary Bo Roy", former_names=["Canary Formerly"]),
]
CONTACTS = [contact(1, "canary@example.org")]


@pytest.fixture
def roster(vault: Vault) -> RosterStore:
    vault.roster.import_people(PEOPLE, CONTACTS)
    return vault.roster


def roster_of(study: Path, keyring: Keyring) -> RosterStore:
    return Vault(study, keyring).roster


def test_before_the_first_import_there_is_nobody_and_no_study_key(vault: Vault) -> None:
    assert vault.roster.matching().people == ()
    assert vault.roster.participant_ids() == []
    assert vault.roster.contacts() == []
    with pytest.raises(BadInput, match="no roster yet"):
        vault.roster.study_key()


def test_an_import_says_what_it_added_changed_and_left(roster: RosterStore) -> None:
    renamed = PEOPLE[1].model_copy(update={"full_name": "Canary Bo King"})
    assert roster.import_people([PEOPLE[0], renamed, person(10, "Canary Cy")], CONTACTS) == (1, 1, 1)
    assert [entry.full_name for entry in roster.matching().people] == ["Canary Ana Lima", "Canary Bo King", "Canary Cy"]
    assert roster.participant_ids() == ["P01", "P02", "P10"]
    assert roster.import_people([PEOPLE[0]], [contact(1, "other@example.org")]) == (0, 1, 0)
    assert roster.contacts() == [contact(1, "other@example.org")]
    assert roster.import_people([PEOPLE[0]]) == (0, 0, 1)


def test_secret_study_key_and_pseudonyms_survive_every_import(roster: RosterStore) -> None:
    first, key = roster.matching().people[0], roster.study_key()
    assert len(bytes.fromhex(first.secret)) == len(key) == 32
    again = [person(1, "Canary Ana Lima", pseudonym="Robin", public_pseudonym="Heron", secret="ab" * 32)]
    assert roster.import_people(again) == (0, 1, 0)
    now = roster.matching().people[0]
    assert (now.secret, now.pseudonym, now.public_pseudonym) == (first.secret, "Wren", "Heron")
    assert roster.study_key() == key


def test_a_pseudonym_that_the_person_chose_anew_replaces_the_old_one(roster: RosterStore) -> None:
    roster.import_people([person(1, "Canary Ana Lima", pseudonym="Robin")], chosen={"P01"})
    assert roster.matching().people[0].pseudonym == "Robin"


def test_two_people_never_share_a_secret(roster: RosterStore) -> None:
    assert len({entry.secret for entry in roster.matching().people}) == 2


def test_a_participant_who_stands_there_twice_is_refused(roster: RosterStore) -> None:
    with pytest.raises(BadInput, match="twice"):
        roster.import_people([person(3, "x"), person(3, "y")])
    assert roster.participant_ids() == ["P01", "P02"]


def test_who_may_read_what(roster: RosterStore, study: Path, as_user: Unlock) -> None:
    intake, assistant, ethics = (roster_of(study, as_user(name)) for name in ("desk", "ra", "board"))
    assert intake.participant_ids() == assistant.participant_ids() == ["P01", "P02"]
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        intake.matching()
    assert len(assistant.matching().people) == 2
    assert assistant.study_key() == roster.study_key()
    with pytest.raises(MissingKey, match="investigator only"):
        assistant.contacts()
    with pytest.raises(MissingKey, match="investigator only"):
        assistant.import_people(PEOPLE)
    with pytest.raises(MissingKey, match="intake or assistant or investigator only"):
        ethics.participant_ids()


def test_nothing_of_the_roster_is_readable_on_disk(roster: RosterStore, study: Path) -> None:
    disk = everything_on_disk(study)
    for word in (b"Canary", b"canary", b'participant"', roster.study_key(), roster.study_key().hex().encode()):
        assert word not in disk


def test_an_erased_person_is_gone_and_the_others_stay(roster: RosterStore) -> None:
    done = roster.erase("P01")
    assert done.items == 3
    assert done.before != done.after
    assert [entry.participant for entry in roster.matching().people] == roster.participant_ids() == ["P02"]
    assert roster.contacts() == []
    assert roster.erase("P01") == done
    roster.forget_outcome("P01", EVERYTHING)
    again = roster.erase("P01")
    assert (again.items, again.keys, again.before) == (0, (), again.after)


def test_the_keys_that_the_roster_was_sealed_to_are_destroyed_with_the_entry(
    roster: RosterStore, study: Path, keyring: Keyring
) -> None:
    names = ("contacts", "participants", "roster")
    old = {name: keyring.keystore.identity(name) for name in names}
    done = roster.erase("P01")
    assert sorted(done.keys) == sorted(key_id(identity.recipient) for identity in old.values())
    assert not any(keyring.keystore.renewing(name) for name in names)
    for path in study_files(study / "vault"):
        assert not opens(path, list(old.values()))


def test_an_assistant_and_intake_read_the_roster_as_before(roster: RosterStore, study: Path, as_user: Unlock) -> None:
    roster.erase("P01")
    assert roster_of(study, as_user("desk")).participant_ids() == ["P02"]
    assert [one.participant for one in roster_of(study, as_user("ra")).matching().people] == ["P02"]


@pytest.mark.parametrize(
    "scope", [Scope(sessions=("autumn-1",)), Scope(voice_only=True), Scope(sessions=(), keep=True)]
)
def test_an_erasure_that_stays_inside_sessions_leaves_the_roster_alone(
    roster: RosterStore, study: Path, scope: Scope
) -> None:
    lying = everything_on_disk(study / "vault")
    done = roster.erase("P01", scope)
    assert (done.items, done.before) == (0, done.after)
    assert everything_on_disk(study / "vault") == lying


def test_of_somebody_whose_words_stay_only_a_new_secret_is_kept(
    roster: RosterStore, study: Path, as_user: Unlock
) -> None:
    before = roster.matching().people[0].secret
    done = roster.erase("P01", Scope(keep=True))
    assert done.items == 2, "entry and contact"
    kept = roster_of(study, as_user("ra")).kept()
    assert list(kept) == ["P01"]
    assert len(bytes.fromhex(kept["P01"])) == 32
    assert kept["P01"] != before
    assert [one.participant for one in roster.matching().people] == ["P02"]
    assert roster.person("P01") is None
    assert roster.import_people([person(3, "Canary Cy")]) == (1, 0, 0)
    assert [one.participant for one in roster.matching().people] == ["P02", "P03"]
    assert roster.kept() == kept
    assert roster.erase("P01", Scope(keep=True)).items == 0, "nothing is left to be removed while words are kept"


def test_intake_knows_whose_words_are_kept_without_the_name_and_cannot_tell_that_they_are(
    roster: RosterStore, study: Path, as_user: Unlock
) -> None:
    roster.erase("P01", Scope(keep=True))
    intake = roster_of(study, as_user("desk"))
    assert intake.participant_ids() == ["P01", "P02"]
    roster.import_people([person(3, "Canary Cy")])
    assert intake.participant_ids() == ["P01", "P02", "P03"]
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        intake.kept()
    (study / "vault" / "participants.age").unlink()
    roster.import_people([person(3, "Canary Cy")])
    assert intake.participant_ids() == ["P01", "P02", "P03"]
    roster.erase("P01")
    assert intake.participant_ids() == ["P02", "P03"]


def test_what_was_kept_of_somebody_goes_with_a_later_erasure(roster: RosterStore) -> None:
    roster.erase("P01", Scope(keep=True))
    done = roster.erase("P01")
    assert done.items == 2, "the secret and the id"
    assert roster.kept() == {}
    assert roster.participant_ids() == ["P02"]


@pytest.mark.parametrize("keep", [False, True])
def test_killed_after_any_write_the_roster_can_be_read_and_the_same_call_ends_it(
    roster: RosterStore, study: Path, tmp_path: Path, keyring: Keyring, keep: bool
) -> None:
    scope = Scope(keep=keep)
    Vault(study, keyring).put_study("names", Contact(participant="P02", email="result"))
    shutil.copytree(study, tmp_path / "whole")
    whole = roster_of(tmp_path / "whole", replace(keyring, keys=tmp_path / "whole" / "keys"))
    with killed_after(10_000) as done:
        said = whole.erase("P01", scope)
    assert len(done) > 20
    for writes in range(len(done)):
        folder = tmp_path / "killed"
        shutil.copytree(study, folder)
        ring = replace(keyring, keys=folder / "keys")
        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            roster_of(folder, ring).erase("P01", scope)
        after = roster_of(folder, ring)
        assert "P02" in [one.participant for one in after.matching().people], f"after {writes} writes"
        assert "P02" in after.participant_ids()
        again = after.erase("P01", scope)
        assert (again.items, len(again.keys)) == (said.items, len(said.keys)), f"after {writes} writes"
        assert after.participant_ids() == (["P01", "P02"] if keep else ["P02"])
        assert list(after.kept()) == (["P01"] if keep else [])
        assert Vault(folder, ring).get_study("names", Contact) == Contact(participant="P02", email="result")
        assert not any(ring.keystore.renewing(name) for name in ring.keystore.names())
        old = [keyring.keystore.identity(name) for name in ("contacts", "participants", "roster")]
        assert not [path for path in study_files(folder / "vault") if opens(path, old)]
        shutil.rmtree(folder)


def test_an_old_copy_of_the_roster_opens_to_nobody(roster: RosterStore, study: Path, vault: Vault) -> None:
    files = [study / "vault" / name for name in ("roster.age", "contacts.age")]
    old = [path.read_bytes() for path in files]
    roster.erase("P01")
    for path, contents in zip(files, old, strict=True):
        path.write_bytes(contents)
    for read in (vault.roster.matching, vault.roster.contacts):
        with pytest.raises(MissingKey, match="not for this key"):
            read()


def test_a_person_who_comes_back_gets_a_new_secret(roster: RosterStore) -> None:
    before = roster.matching().people[0].secret
    roster.erase("P01")
    roster.import_people(PEOPLE)
    assert roster.matching().people[0].secret != before


def test_an_import_killed_before_its_last_file_is_completed_by_the_next(roster: RosterStore, study: Path) -> None:
    (study / "vault" / "participants.age").unlink()
    roster.import_people(PEOPLE)
    assert roster.participant_ids() == ["P01", "P02"]


def test_three_hundred_people_open_fast(vault: Vault) -> None:
    people = [person(number, f"Canary Number{number}", aliases=["a", "b"]) for number in range(300)]
    vault.roster.import_people(people, [contact(number, f"{number}@example.org") for number in range(300)])
    start = time.perf_counter()
    assert len(vault.roster.matching().people) == 300
    assert time.perf_counter() - start < 0.3
