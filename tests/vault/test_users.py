"""Somebody leaves: they open nothing more that is made from then on, and nobody else ever loses anything."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import MissingKey
from schemas.records import Record
from tests.vault.conftest import PASSPHRASE, USERS, Unlock, contact, person
from tests.vault.killing import Killed, killed_after
from vault.age import Identity, open_sealed
from vault.keys import Keyring, add_user, create_keys, list_users, remove_user, reopened, unlock
from vault.leaving import shut_out
from vault.staging import finish, pending
from vault.store import Vault


class Made(Record):
    text: str


@pytest.fixture(scope="session")
def filled(template: Path, unlocked: dict[str, Keyring], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of four users with a roster, a session key, a study-wide result and a sealed consent."""
    folder = tmp_path_factory.mktemp("filled") / "study"
    shutil.copytree(template, folder)
    ring = replace(unlocked["pi"], keys=folder / "keys")
    vault = Vault(folder, ring)
    vault.roster.import_people([person(1, "Maribel Quist")], [contact(1, "m@example.org")])
    vault.put_study("names", Made(text="a name table"))
    ring.keystore.new_key("s1", ["assistant", "investigator"])
    (folder / "consent.age").write_bytes(ring.evidence_seal(b"a consent"))
    return folder


@pytest.fixture
def study(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "study")
    return tmp_path / "study"


def seen(study: Path, ring: Keyring) -> dict[str, object]:
    """All that a user opens in the study, by what it is."""
    vault = Vault(study, ring)
    asked: dict[str, Callable[[], object]] = {
        "matching": lambda: [one.full_name for one in vault.roster.matching().people],
        "contacts": lambda: [one.email for one in vault.roster.contacts()],
        "participants": vault.roster.participant_ids,
        "study key": vault.roster.study_key,
        "study result": lambda: getattr(vault.get_study("names", Made), "text", None),
        "session": lambda: str(ring.keystore.identity("s1")),
        "consent": lambda: ring.evidence_open((study / "consent.age").read_bytes()),
        "log": lambda: len(ring.log_seed),
        "names": lambda: ring.names_key,
    }
    found: dict[str, object] = {}
    for what, ask in asked.items():
        try:
            found[what] = ask()
        except MissingKey:
            continue
    return found


def without(user: str, study: Path, as_user: Unlock) -> dict[str, dict[str, object]]:
    """What everybody but ``user`` opens, with their own passphrases as before."""
    return {name: seen(study, reopened(as_user(name))) for name in USERS if name != user}


def remover(leaver: str) -> str:
    return "pi2" if leaver == "pi" else "pi"


@pytest.mark.parametrize("leaver", ["ra", "desk", "board"])
def test_whoever_stays_opens_all_they_did_before(leaver: str, study: Path, as_user: Unlock) -> None:
    before = without(leaver, study, as_user)
    assert remove_user(study / "keys", as_user("pi"), leaver).name == leaver
    assert without(leaver, study, as_user) == before
    assert leaver not in {user.name for user in list_users(study / "keys")}
    with pytest.raises(MissingKey, match="no such user"):
        unlock(study / "keys", leaver, PASSPHRASE)


@pytest.mark.parametrize("leaver", ["ra", "desk", "board", "pi"])
def test_an_old_copy_of_the_keys_opens_nothing_that_is_made_afterwards(
    leaver: str, study: Path, tmp_path: Path, as_user: Unlock
) -> None:
    if leaver == "pi":
        add_user(study / "keys", as_user("pi"), "pi2", PASSPHRASE, "investigator")
    shutil.copytree(study / "keys", tmp_path / "copy" / "keys")
    leaving = replace(as_user(leaver), keys=tmp_path / "copy" / "keys")
    acting = as_user("pi") if leaver != "pi" else unlock(study / "keys", "pi2", PASSPHRASE)
    remove_user(study / "keys", acting, leaver)
    acting = reopened(acting)
    Vault(study, acting).roster.import_people([person(2, "Tobias Renwick")])
    Vault(study, acting).put_study("names", Made(text="a newer name table"))
    acting.keystore.new_key("s2", ["assistant", "investigator"])
    (study / "consent.age").write_bytes(acting.evidence_seal(b"a later consent"))

    mine = {"names": leaving.names_key}
    if leaver == "desk":
        assert seen(study, replace(leaving, keys=study / "keys")) == {}
    # The copy's keys against the study's new files, then against its new keys.
    shutil.copytree(study / "vault", tmp_path / "copy" / "vault")
    shutil.copy(study / "consent.age", tmp_path / "copy" / "consent.age")
    old = seen(tmp_path / "copy", leaving)
    assert old.keys() <= {"names", "session", "log"}, "only what the copy holds itself"
    assert old["names"] == mine["names"]
    for name in ("s2", "roster", "contacts", "participants", "s1"):
        with pytest.raises(MissingKey, match="only"):
            replace(leaving, keys=study / "keys").keystore.identity(name)
    if leaver in ("ra", "pi"):
        assert leaving.log_seed != acting.log_seed


def test_the_evidence_of_before_and_after_opens_to_the_roles_that_may(study: Path, as_user: Unlock) -> None:
    before = (study / "consent.age").read_bytes()
    desk, known_to_ra = as_user("desk"), as_user("ra").evidence_identities
    for leaver in ("ra", "board"):
        remove_user(study / "keys", reopened(as_user("pi")), leaver)
    after = desk.evidence_seal(b"a later consent")
    ring = reopened(as_user("pi"))
    assert (ring.evidence_open(before), ring.evidence_open(after)) == (b"a consent", b"a later consent")
    assert len(ring.evidence_identities) == 3
    with pytest.raises(MissingKey, match="not for this key"):
        open_sealed(after, known_to_ra)


def test_a_new_user_of_the_same_role_and_name_opens_it_all_again(study: Path, as_user: Unlock) -> None:
    before = seen(study, as_user("ra"))
    remove_user(study / "keys", as_user("pi"), "ra")
    add_user(study / "keys", reopened(as_user("pi")), "ra", "another made-up passphrase", "assistant")
    assert seen(study, unlock(study / "keys", "ra", "another made-up passphrase")) == before


def test_the_first_ethics_officer_after_the_last_one_left_opens_all_evidence(study: Path, as_user: Unlock) -> None:
    remove_user(study / "keys", as_user("pi"), "board")
    assert not list((study / "keys" / "roles").glob("ethics.*"))
    later = as_user("desk").evidence_seal(b"a later consent")
    add_user(study / "keys", reopened(as_user("pi")), "board2", PASSPHRASE, "ethics")
    ring = unlock(study / "keys", "board2", PASSPHRASE)
    assert ring.evidence_open((study / "consent.age").read_bytes()) == b"a consent"
    assert ring.evidence_open(later) == b"a later consent"


def test_an_ethics_officer_with_a_colleague_is_removed_by_that_one(study: Path, as_user: Unlock) -> None:
    add_user(study / "keys", as_user("board"), "board2", PASSPHRASE, "ethics")
    with pytest.raises(MissingKey, match="only ethics may remove"):
        remove_user(study / "keys", as_user("pi"), "board")
    second = unlock(study / "keys", "board2", PASSPHRASE)
    remove_user(study / "keys", second, "board")
    assert reopened(second).evidence_open((study / "consent.age").read_bytes()) == b"a consent"
    assert reopened(as_user("pi")).evidence_open(as_user("desk").evidence_seal(b"more")) == b"more"
    assert reopened(as_user("board")).identities == {}


def test_who_may_remove_whom(study: Path, as_user: Unlock) -> None:
    for name in ("ra", "desk", "board"):
        with pytest.raises(MissingKey, match="only investigator may remove"):
            remove_user(study / "keys", as_user(name), "pi")
    with pytest.raises(MissingKey, match="last investigator of a study cannot be removed"):
        remove_user(study / "keys", as_user("pi"), "pi")
    with pytest.raises(MissingKey, match="nobody removes themselves"):
        remove_user(study / "keys", as_user("ra"), "ra")
    with pytest.raises(MissingKey, match="no such user"):
        remove_user(study / "keys", as_user("pi"), "nobody")
    assert len(list_users(study / "keys")) == len(USERS)


def test_removing_the_only_other_user_of_a_small_study_needs_no_vault(tmp_path: Path) -> None:
    ring = create_keys(tmp_path / "keys", "pi", PASSPHRASE)
    add_user(tmp_path / "keys", ring, "ra", PASSPHRASE, "assistant")
    remove_user(tmp_path / "keys", ring, "ra")
    assert unlock(tmp_path / "keys", None, PASSPHRASE).roles == ring.roles


@pytest.mark.parametrize("leaver", ["ra", "board"])
def test_killed_after_any_write_nobody_loses_anything_and_the_same_command_ends_it(
    leaver: str, study: Path, tmp_path: Path, as_user: Unlock
) -> None:
    before, acting = without(leaver, study, as_user), as_user("pi")
    shutil.copytree(study, tmp_path / "whole")
    with killed_after(10_000) as done:
        remove_user(tmp_path / "whole" / "keys", replace(acting, keys=tmp_path / "whole" / "keys"), leaver)
    assert len(done) > 20
    for writes in range(len(done)):
        folder = tmp_path / f"after-{writes}"
        shutil.copytree(study, folder)

        def ring(name: str, keys: Path = folder / "keys") -> Keyring:
            return replace(as_user(name), keys=keys)

        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            remove_user(folder / "keys", ring("pi"), leaver)
        assert without(leaver, folder, ring) == before, f"after {writes} writes"
        if leaver in {user.name for user in list_users(folder / "keys")}:
            remove_user(folder / "keys", reopened(ring("pi")), leaver)
        assert without(leaver, folder, ring) == before
        assert reopened(ring(leaver)).identities == {}
        assert same_files(folder, tmp_path / "whole"), f"after {writes} writes"
        shutil.rmtree(folder)


def same_files(one: Path, other: Path) -> bool:
    """Whether two studies hold files of the same names; contents are sealed anew each time."""

    def names(folder: Path) -> set[str]:
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        return {name for name in found if ".tmp-" not in name and ".rekeying" not in name and "lock" not in name}

    return names(one) == names(other)


def test_a_step_that_was_interrupted_is_finished_by_whoever_opens_the_keys_next(study: Path, as_user: Unlock) -> None:
    with killed_after(10_000) as done:
        shutil.copytree(study, study.parent / "whole")
        shut_out(study.parent / "whole" / "keys", replace(as_user("pi"), keys=study.parent / "whole" / "keys"), "ra")
    ready = done.index("rename") + 1
    with killed_after(ready), pytest.raises(Killed, match=r"^$"):
        shut_out(study / "keys", as_user("pi"), "ra")
    assert pending(study / "keys")
    assert unlock(study / "keys", "desk", PASSPHRASE).roles == {"intake"}
    assert not pending(study / "keys")
    finish(study / "keys")


def test_a_key_that_is_drawn_while_a_step_waits_is_sealed_to_the_new_roles(study: Path, as_user: Unlock) -> None:
    with killed_after(10_000) as done:
        shutil.copytree(study, study.parent / "whole")
        shut_out(study.parent / "whole" / "keys", replace(as_user("pi"), keys=study.parent / "whole" / "keys"), "ra")
    with killed_after(done.index("rename") + 1), pytest.raises(Killed, match=r"^$"):
        shut_out(study / "keys", as_user("pi"), "ra")
    desk = as_user("desk")  # unlocked before, and at work since
    desk.keystore.new_key("s9", ["assistant", "investigator"])
    assert isinstance(reopened(as_user("pi")).keystore.identity("s9"), Identity)
