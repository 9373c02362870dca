"""Keys that are renewed and epochs that begin: nobody ever stands before a door that neither key opens."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.errors import BadInput, MissingKey
from schemas.records import Record
from tests.vault.conftest import PASSPHRASE, Unlock, contact, person
from tests.vault.killing import Killed, killed_after
from vault.age import Identity, Recipient, open_sealed, seal
from vault.epoch import begin_epoch, lay_epoch, open_secrets
from vault.keys import Keyring, remove_user, reopened, unlock
from vault.keystore import Keystore, key_id
from vault.roles import RoleSecret, public_half
from vault.staging import pending
from vault.store import Vault
from vault.study_files import opens, seal_again

ROLES = ("assistant", "investigator")


class Made(Record):
    text: str


@pytest.fixture
def keystore(keyring: Keyring) -> Keystore:
    keyring.keystore.new_key("s1", ROLES)
    return keyring.keystore


# ---------------------------------------------------------------- one key


def test_while_a_key_is_renewed_both_open_and_only_the_next_one_is_sealed_to(keystore: Keystore) -> None:
    old = keystore.identity("s1")
    sealed = seal(b"before", [keystore.recipient("s1")])
    new = keystore.begin_renewal("s1")
    assert keystore.renewing("s1")
    assert keystore.recipient("s1") == new != old.recipient
    assert [identity.recipient for identity in keystore.identities("s1")] == [new, old.recipient]
    assert keystore.identity("s1").recipient == new
    assert open_sealed(sealed, keystore.identities("s1")) == b"before"
    assert keystore.names() == ["s1"]
    assert keystore.roles("s1") == ROLES


def test_once_renewed_the_old_key_is_gone(keystore: Keystore, study: Path) -> None:
    old = keystore.identity("s1")
    new = keystore.begin_renewal("s1")
    assert keystore.finish_renewal("s1") == key_id(old.recipient)
    assert not keystore.renewing("s1")
    assert [identity.recipient for identity in keystore.identities("s1")] == [new]
    assert keystore.finish_renewal("s1") == ""
    assert len(list((study / "keys" / "keystore").glob("s1*"))) == 2


def test_a_renewal_that_was_begun_goes_on_with_the_same_key(keystore: Keystore) -> None:
    assert keystore.begin_renewal("s1") == keystore.begin_renewal("s1")


def test_an_assistant_renews_and_reads_what_intake_seals_meanwhile(keystore: Keystore, as_user: Unlock) -> None:
    as_user("ra").keystore.begin_renewal("s1")
    sealed = seal(b"meanwhile", [as_user("desk").keystore.recipient("s1")])
    as_user("ra").keystore.finish_renewal("s1")
    assert open_sealed(sealed, as_user("pi").keystore.identities("s1")) == b"meanwhile"
    with pytest.raises(MissingKey, match="assistant or investigator only"):
        as_user("desk").keystore.identities("s1")


def test_whoever_reads_just_when_a_renewal_ends_reads_again(keystore: Keystore) -> None:
    sealed = [seal(b"words", [keystore.recipient("s1")])]

    def read(identities: list[Identity]) -> bytes:
        if len(sealed) == 1:  # it ends between finding the key and opening the file
            sealed.append(seal(b"words", [keystore.begin_renewal("s1")]))
            keystore.finish_renewal("s1")
        return open_sealed(sealed[-1], identities)

    assert keystore.reading("s1", read) == b"words"
    with pytest.raises(MissingKey, match="not for this key"):
        keystore.reading("s1", lambda identities: open_sealed(sealed[0], identities))


def test_a_key_that_is_not_there_cannot_be_renewed(keystore: Keystore) -> None:
    with pytest.raises(MissingKey, match="was destroyed"):
        keystore.begin_renewal("s2")
    with pytest.raises(BadInput, match="key's name"):
        keystore.begin_renewal("s1.next")


def test_a_destroyed_key_takes_its_next_one_with_it(keystore: Keystore, study: Path) -> None:
    keystore.begin_renewal("s1")
    keystore.destroy("s1")
    assert not list((study / "keys" / "keystore").glob("s1*"))
    with pytest.raises(MissingKey, match="was destroyed"):
        keystore.identities("s1")


def test_a_key_id_is_the_beginning_of_the_hash_of_the_public_half() -> None:
    assert key_id(Recipient(bytes(32))) == "66687aadf862bd77"


def renew(folder: Path, ring: Keyring) -> Path:
    """Renew the key of one sealed file, as an erasure does."""
    path = folder / "vault" / "file.age"
    ring.keystore.begin_renewal("s1")
    seal_again([path], ring.keystore, "s1")
    ring.keystore.finish_renewal("s1")
    return path


def test_killed_after_any_write_the_file_opens_and_the_renewal_ends(
    keystore: Keystore, study: Path, tmp_path: Path, keyring: Keyring
) -> None:
    old = keystore.identity("s1")
    (study / "vault").mkdir()
    (study / "vault" / "file.age").write_bytes(seal(b"words", [old.recipient]))
    shutil.copytree(study, tmp_path / "whole")
    with killed_after(10_000) as done:
        renew(tmp_path / "whole", replace(keyring, keys=tmp_path / "whole" / "keys"))
    assert len(done) >= 5
    for writes in range(len(done)):
        folder = tmp_path / "killed"
        shutil.copytree(study, folder)
        ring = replace(keyring, keys=folder / "keys")
        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            renew(folder, ring)
        sealed = (folder / "vault" / "file.age").read_bytes()
        assert open_sealed(sealed, ring.keystore.identities("s1")) == b"words", f"after {writes} writes"
        path = renew(folder, ring)
        assert open_sealed(path.read_bytes(), [ring.keystore.identity("s1")]) == b"words"
        assert not opens(path, [old])
        assert not ring.keystore.renewing("s1")
        assert ring.keystore.identity("s1").recipient == ring.keystore.recipient("s1")
        shutil.rmtree(folder)


# ---------------------------------------------------------------- an epoch


@pytest.fixture
def filled(study: Path, keyring: Keyring, keystore: Keystore) -> Path:
    """A study with a roster, a study-wide result, a key that is being renewed, and a sealed consent."""
    vault = Vault(study, keyring)
    vault.roster.import_people([person(1, "Maribel Quist")], [contact(1, "m@example.org")])
    vault.put_study("names", Made(text="a name table"))
    keystore.begin_renewal("s1")
    (study / "consent.age").write_bytes(keyring.evidence_seal(b"a consent"))
    return study


def seen(study: Path, ring: Keyring) -> dict[str, object]:
    """All that a user opens in the study, by what it is."""
    vault = Vault(study, ring)
    asked: dict[str, Callable[[], object]] = {
        "matching": lambda: [one.full_name for one in vault.roster.matching().people],
        "contacts": lambda: [one.email for one in vault.roster.contacts()],
        "participants": vault.roster.participant_ids,
        "study result": lambda: getattr(vault.get_study("names", Made), "text", None),
        "session": lambda: [str(identity) for identity in ring.keystore.identities("s1")],
        "consent": lambda: ring.evidence_open((study / "consent.age").read_bytes()),
        "log": lambda: ring.log_seed,
        "names": lambda: ring.names_key,
    }
    found: dict[str, object] = {}
    for what, ask in asked.items():
        try:
            found[what] = ask()
        except MissingKey:
            continue
    return found


def of_everybody(study: Path, as_user: Unlock) -> dict[str, dict[str, object]]:
    return {name: seen(study, reopened(as_user(name))) for name in ("pi", "ra", "desk", "board")}


def test_in_a_new_epoch_everybody_opens_what_they_did_before(filled: Path, as_user: Unlock) -> None:
    before, old = of_everybody(filled, as_user), (filled / "keys" / "epoch.secret").read_bytes()
    board = public_half(filled / "keys", "ethics")
    ring = begin_epoch(filled / "keys", as_user("pi"))
    assert (filled / "keys" / "epoch.secret").read_bytes() != old
    assert seen(filled, ring) == before["pi"]
    assert of_everybody(filled, as_user) == before
    assert public_half(filled / "keys", "ethics") == board
    assert seen(filled, unlock(filled / "keys", "ra", PASSPHRASE)) == before["ra"]


def test_whoever_was_at_work_when_an_epoch_began_works_on(filled: Path, as_user: Unlock) -> None:
    rings = {name: as_user(name) for name in ("pi", "ra", "desk", "board")}
    assert rings["ra"].keystore.roles("roster") == ROLES  # in use before, and not opened
    before = of_everybody(filled, as_user)
    begin_epoch(filled / "keys", as_user("pi"))
    assert {name: seen(filled, ring) for name, ring in rings.items()} == before


def test_an_old_copy_of_the_keystore_opens_nothing_without_the_old_epoch_secret(
    filled: Path, as_user: Unlock, tmp_path: Path
) -> None:
    shutil.copytree(filled / "keys", tmp_path / "old")
    begin_epoch(filled / "keys", as_user("pi"))
    copied = shutil.copytree(filled / "keys", tmp_path / "mixed" / "keys")
    shutil.rmtree(copied / "keystore")
    shutil.copytree(tmp_path / "old" / "keystore", copied / "keystore")
    ring = unlock(copied, "pi", PASSPHRASE)  # the passphrase, the new epoch, the old keystore
    for name in ring.keystore.names():
        with pytest.raises(MissingKey, match="only"):
            ring.keystore.identities(name)


@pytest.mark.parametrize("name", ["ra", "desk", "board"])
def test_only_an_investigator_begins_an_epoch(filled: Path, as_user: Unlock, name: str) -> None:
    old = (filled / "keys" / "epoch.secret").read_bytes()
    with pytest.raises(MissingKey, match="only an investigator may begin an epoch"):
        begin_epoch(filled / "keys", as_user(name))
    assert (filled / "keys" / "epoch.secret").read_bytes() == old


def test_killed_after_any_write_nobody_loses_anything_and_the_epoch_begins_with_the_next_call(
    filled: Path, tmp_path: Path, as_user: Unlock
) -> None:
    before = of_everybody(filled, as_user)
    shutil.copytree(filled, tmp_path / "whole")
    with killed_after(10_000) as done:
        begin_epoch(tmp_path / "whole" / "keys", replace(as_user("pi"), keys=tmp_path / "whole" / "keys"))
    assert len(done) > 20
    for writes in range(len(done)):
        folder = tmp_path / "killed"
        shutil.copytree(filled, folder)

        def ring(name: str, keys: Path = folder / "keys") -> Keyring:
            return replace(as_user(name), keys=keys)

        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            begin_epoch(folder / "keys", ring("pi"))
        assert of_everybody(folder, ring) == before, f"after {writes} writes"
        assert seen(folder, begin_epoch(folder / "keys", ring("pi"))) == before["pi"]
        assert seen(folder, reopened(ring("desk"))) == before["desk"]
        assert not pending(folder / "keys")
        shutil.rmtree(folder)


def test_somebody_leaves_while_a_key_is_renewed_and_nothing_is_lost(filled: Path, as_user: Unlock) -> None:
    ring = as_user("pi")
    ring.keystore.begin_renewal("roster")
    old = ring.keystore.identities("roster")
    before = seen(filled, ring)
    remove_user(filled / "keys", ring, "ra")
    ring = reopened(ring)
    assert {what: found for what, found in seen(filled, ring).items() if what != "log"} == {
        what: found for what, found in before.items() if what != "log"
    }
    assert ring.keystore.renewing("roster")
    assert not set(old) & set(ring.keystore.identities("roster"))


def test_an_epoch_laid_elsewhere_is_a_set_of_keys_of_its_own(filled: Path, as_user: Unlock, tmp_path: Path) -> None:
    secrets = open_secrets(as_user("pi"))
    assert repr(secrets) == "Secrets(…)"
    fresh = tmp_path / "fresh" / "keys"
    shutil.copytree(filled / "keys" / "users", fresh / "users")
    holders = {name: key for name, key in secrets.roles["assistant"].holders.items() if name != "ra"}
    without = RoleSecret(secrets.roles["assistant"].secret, holders)
    lay_epoch(fresh, replace(secrets, roles={**secrets.roles, "assistant": without}), lambda path: path)
    ring = unlock(fresh, "pi", PASSPHRASE)
    assert ring.names_key == secrets.names_key
    assert [str(one) for one in ring.keystore.identities("s1")] == [
        str(secrets.keystore[name][0]) for name in ("s1.next", "s1")
    ]
    assert ring.evidence_open((filled / "consent.age").read_bytes()) == b"a consent"
    assert ring.evidence_open(ring.evidence_seal(b"another")) == b"another"
    assert unlock(fresh, "ra", PASSPHRASE).roles == frozenset()


def test_a_study_without_a_log_key_begins_an_epoch_without_drawing_one(filled: Path, as_user: Unlock) -> None:
    path = filled / "keys" / "roles" / "log.age"
    path.unlink()
    ring = begin_epoch(filled / "keys", as_user("pi"))
    assert not path.exists()
    assert isinstance(ring.keystore.identity("roster"), Identity)
