"""Users, roles and the keystore: who can open what, and what a wrong passphrase or an edited file gets."""

import json
import pickle
import unicodedata
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.errors import BadInput, MissingKey, UsageError
from tests.vault.conftest import PASSPHRASE, USERS, everything_on_disk
from vault.age import Identity, open_sealed, seal
from vault.keys import Keyring, add_user, create_keys, link_user, list_users, public_keys, unlock

Unlock = Callable[[str], Keyring]
FIRST_ROLES = frozenset({"intake", "assistant", "investigator"})


@pytest.fixture
def as_user(study: Path) -> Unlock:
    """Here each user really unlocks their keys."""
    return lambda name: unlock(study / "keys", name, PASSPHRASE)


def opens(action: Callable[[], object]) -> bool:
    try:
        action()
    except MissingKey:
        return False
    return True


def test_the_table_of_roles_holds_for_every_role(as_user: Unlock) -> None:
    sealed = as_user("desk").evidence_seal(b"a consent")
    as_user("desk").keystore.new_key("a-session", ["assistant", "investigator"])
    as_user("desk").keystore.new_key("contacts", ["investigator"])
    table = {}
    for name, role in USERS.items():
        ring = as_user(name)
        table[role] = (
            opens(partial(ring.evidence_open, sealed)),
            opens(partial(ring.keystore.identity, "a-session")),
            opens(partial(ring.keystore.identity, "contacts")),
            opens(partial(getattr, ring, "names_key")),
        )
    assert table == {
        "intake": (False, False, False, True),
        "assistant": (True, True, False, True),
        "investigator": (True, True, True, True),
        "ethics": (True, False, False, True),
    }


def test_the_first_user_has_every_role_but_ethics(as_user: Unlock) -> None:
    assert as_user("pi").roles == FIRST_ROLES
    assert {name: as_user(name).roles for name in ("ra", "desk", "board")} == {
        "ra": {"assistant"},
        "desk": {"intake"},
        "board": {"ethics"},
    }


def test_users_are_listed_with_roles_and_key_ids_and_without_secrets(study: Path, as_user: Unlock) -> None:
    users = {user.name: user for user in list_users(study / "keys")}
    assert {name: set(user.roles) for name, user in users.items()} == {
        "board": {"ethics"},
        "desk": {"intake"},
        "pi": set(FIRST_ROLES),
        "ra": {"assistant"},
    }
    assert users["ra"].key_id == as_user("ra").signer.key_id
    assert len(users["ra"].key_id) == 16


def test_a_signature_is_checked_with_the_listed_public_key(study: Path, as_user: Unlock) -> None:
    signer = as_user("ra").signer
    public = Ed25519PublicKey.from_public_bytes(public_keys(study / "keys")[signer.key_id])
    public.verify(signer.sign(b"leaf"), b"leaf")
    with pytest.raises(InvalidSignature, match=r"^$"):
        public.verify(signer.sign(b"leaf"), b"other leaf")


def test_a_wrong_passphrase_is_refused_and_says_so(study: Path) -> None:
    with pytest.raises(MissingKey, match="passphrase is wrong") as refused:
        unlock(study / "keys", "pi", "another")
    assert refused.value.exit_code == 4


def test_a_passphrase_typed_on_another_system_is_the_same(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", "pi", unicodedata.normalize("NFC", "forêt épaisse"))
    assert unlock(tmp_path / "keys", None, unicodedata.normalize("NFD", "forêt épaisse")).user == "pi"


def test_an_unknown_user_is_refused_without_naming_anybody(study: Path) -> None:
    with pytest.raises(MissingKey, match="no such user") as refused:
        unlock(study / "keys", "nobody", PASSPHRASE)
    assert "nobody" not in refused.value.message + refused.value.hint


def test_several_users_and_none_named_is_a_question_of_usage(study: Path) -> None:
    with pytest.raises(UsageError, match="has 4 users"):
        unlock(study / "keys", None, PASSPHRASE)


def test_a_folder_without_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingKey, match="no users"):
        unlock(tmp_path / "keys", None, PASSPHRASE)


def test_keys_are_made_once(study: Path) -> None:
    with pytest.raises(BadInput, match="has keys already"):
        create_keys(study / "keys", "pi", PASSPHRASE)


def test_an_interrupted_beginning_can_be_begun_again(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys", "pi", "first")
    (tmp_path / "keys" / "users" / "pi").unlink()  # the last file written
    assert create_keys(tmp_path / "keys", "pi", "second").roles == FIRST_ROLES
    assert len(unlock(tmp_path / "keys", None, "second").names_key) == 32


@pytest.mark.parametrize("name", ["", "../pi", "a b", "x" * 33, ".pi"])
def test_a_user_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="user name"):
        create_keys(tmp_path / "keys", name, PASSPHRASE)
    assert not (tmp_path / "keys").exists()


def test_an_empty_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="passphrase is empty"):
        create_keys(tmp_path / "keys", "pi", "  ")


def test_only_an_investigator_adds_users(study: Path, as_user: Unlock) -> None:
    for name in ("ra", "desk", "board"):
        with pytest.raises(MissingKey, match="only investigator may add"):
            add_user(study / "keys", as_user(name), "new", PASSPHRASE, "intake")


def test_a_second_ethics_officer_is_added_by_the_first(study: Path, as_user: Unlock) -> None:
    with pytest.raises(MissingKey, match="only ethics may add"):
        add_user(study / "keys", as_user("pi"), "board2", PASSPHRASE, "ethics")
    add_user(study / "keys", as_user("board"), "board2", PASSPHRASE, "ethics")
    sealed = as_user("desk").evidence_seal(b"a consent")
    assert as_user("board2").evidence_open(sealed) == as_user("board").evidence_open(sealed) == b"a consent"


def test_a_new_investigator_opens_what_was_sealed_before(study: Path, as_user: Unlock) -> None:
    as_user("desk").keystore.new_key("contacts", ["investigator"])
    add_user(study / "keys", as_user("pi"), "pi2", PASSPHRASE, "investigator")
    assert as_user("pi2").keystore.identity("contacts") == as_user("pi").keystore.identity("contacts")
    assert set(as_user("pi2").identities) == FIRST_ROLES
    add_user(study / "keys", as_user("pi2"), "ra2", PASSPHRASE, "assistant")
    assert as_user("ra2").roles == {"assistant"}


def test_a_role_or_name_that_cannot_be_is_refused(study: Path, keyring: Keyring) -> None:
    with pytest.raises(BadInput, match="no such role"):
        add_user(study / "keys", keyring, "new", PASSPHRASE, "director")
    with pytest.raises(BadInput, match="already a user"):
        add_user(study / "keys", keyring, "RA", PASSPHRASE, "assistant")


def test_the_log_is_signed_by_those_who_run_it_and_cosigned_by_those_who_watch_it(as_user: Unlock) -> None:
    rings = {USERS[name]: as_user(name) for name in USERS}
    table = {
        role: (opens(partial(getattr, ring, "log_seed")), opens(partial(getattr, ring, "cosign_seed")))
        for role, ring in rings.items()
    }
    assert table == {
        "intake": (False, False),
        "assistant": (True, False),
        "investigator": (True, True),
        "ethics": (False, True),
    }
    assert rings["assistant"].log_seed == rings["investigator"].log_seed
    seeds = {
        seed for role in ("investigator", "ethics") for seed in (rings[role].cosign_seed, rings[role].cosign_seed_pq)
    }
    assert (len(rings["assistant"].log_seed), len(seeds), {len(seed) for seed in seeds}) == (64, 4, {32})
    assert rings["ethics"].cosign_seed == as_user("board").cosign_seed


def test_a_study_from_before_there_were_checkpoints_gets_its_log_key_from_an_investigator(
    study: Path, as_user: Unlock
) -> None:
    (study / "keys" / "roles" / "log.age").unlink()
    with pytest.raises(MissingKey, match="assistant, investigator only"):
        as_user("ra").log_seed  # noqa: B018 - asking for it is the test
    drawn = as_user("pi").log_seed
    assert drawn == as_user("pi").log_seed == as_user("ra").log_seed


def test_which_participant_a_user_is_stands_in_their_file(study: Path, as_user: Unlock) -> None:
    add_user(study / "keys", as_user("pi"), "new", PASSPHRASE, "intake", participant="P07")
    link_user(study / "keys", as_user("pi"), "pi", "P08")
    assert {user.name: user.participant for user in list_users(study / "keys") if user.participant} == {
        "new": "P07",
        "pi": "P08",
    }
    assert as_user("pi").roles == FIRST_ROLES
    with pytest.raises(MissingKey, match="investigator only"):
        link_user(study / "keys", as_user("ra"), "ra", "P09")


def test_writing_a_role_into_a_user_file_gives_nothing(study: Path, as_user: Unlock) -> None:
    path = study / "keys" / "users" / "desk"
    edited = json.loads(path.read_bytes()) | {"roles": ["intake", "investigator"]}
    path.write_text(json.dumps(edited))
    assert as_user("desk").roles == {"intake"}


def test_an_exchanged_signing_key_is_noticed(study: Path) -> None:
    path = study / "keys" / "users" / "ra"
    edited = json.loads(path.read_bytes()) | {"verify": "00" * 32}
    path.write_text(json.dumps(edited))
    with pytest.raises(MissingKey, match="passphrase is wrong"):
        unlock(study / "keys", "ra", PASSPHRASE)


@pytest.mark.parametrize("contents", [b"", b"{}", b"\xff", b'{"name": "ra"}'])
def test_a_damaged_user_file_is_said_without_its_contents(study: Path, contents: bytes) -> None:
    (study / "keys" / "users" / "ra").write_bytes(contents)
    with pytest.raises(BadInput, match="keys/users is damaged"):
        list_users(study / "keys")


def test_a_user_file_that_asks_for_all_memory_is_refused(study: Path) -> None:
    path = study / "keys" / "users" / "ra"
    edited = json.loads(path.read_bytes())
    edited["private"]["memory_kib"] = 2**31
    path.write_text(json.dumps(edited))
    with pytest.raises(MissingKey, match="passphrase is wrong"):
        unlock(study / "keys", "ra", PASSPHRASE)


def test_an_old_copy_of_the_keys_opens_nothing_without_its_epoch_secret(study: Path) -> None:
    (study / "keys" / "epoch.secret").write_bytes(bytes(32))
    with pytest.raises(MissingKey, match=r"does not belong to keys/epoch\.secret"):
        unlock(study / "keys", "pi", PASSPHRASE)
    (study / "keys" / "epoch.secret").unlink()
    with pytest.raises(MissingKey, match=r"epoch\.secret is missing"):
        unlock(study / "keys", "pi", PASSPHRASE)


def test_a_keyring_says_nothing_and_is_never_pickled(keyring: Keyring) -> None:
    assert repr(keyring) == str(keyring) == "Keyring(…)"
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(keyring)


def test_no_secret_lies_open_in_the_keys_folder_but_the_epoch_secret(study: Path, keyring: Keyring) -> None:
    disk = everything_on_disk(study / "keys")
    secrets = [keyring.names_key, keyring.holder.secret, *(key.secret for key in keyring.identities.values())]
    for secret in secrets:
        assert secret not in disk
        assert secret.hex().encode() not in disk
    assert PASSPHRASE.encode() not in disk


# ---------------------------------------------------------------- keystore


def test_intake_makes_a_key_that_it_cannot_open_itself(as_user: Unlock) -> None:
    intake = as_user("desk").keystore
    recipient = intake.new_key("s1", ["assistant", "investigator"])
    sealed = seal(b"words", [intake.recipient("s1")])
    with pytest.raises(MissingKey, match="assistant or investigator only") as refused:
        intake.identity("s1")
    assert refused.value.exit_code == 4
    assert as_user("ra").keystore.identity("s1").recipient == recipient
    assert open_sealed(sealed, [as_user("ra").keystore.identity("s1")]) == b"words"


def test_a_destroyed_key_opens_nothing_more(keyring: Keyring) -> None:
    keystore = keyring.keystore
    keystore.new_key("s1", ["investigator"])
    keystore.new_key("s2", ["investigator"])
    assert keystore.names() == ["s1", "s2"]
    assert keystore.roles("s1") == ("investigator",)
    keystore.destroy("s1")
    keystore.destroy("s1")
    assert keystore.names() == ["s2"]
    for action in (keystore.identity, keystore.recipient):
        with pytest.raises(MissingKey, match="was destroyed"):
            action("s1")


def test_a_key_is_not_drawn_twice(keyring: Keyring) -> None:
    keyring.keystore.new_key("s1", ["investigator"])
    with pytest.raises(BadInput, match="already a key"):
        keyring.keystore.new_key("s1", ["investigator"])


def test_a_key_for_a_role_that_nobody_has_is_refused(tmp_path: Path) -> None:
    keyring = create_keys(tmp_path / "keys", "pi", PASSPHRASE)
    with pytest.raises(MissingKey, match=r"ethics\.pub is missing"):
        keyring.keystore.new_key("s1", ["ethics"])
    assert keyring.keystore.names() == []


@pytest.mark.parametrize("name", ["", "../roles/x", "Ana", "a.b"])
def test_a_key_name_that_is_not_opaque_is_refused(keyring: Keyring, name: str) -> None:
    with pytest.raises(BadInput, match="key's name"):
        keyring.keystore.new_key(name, ["investigator"])


def test_a_damaged_public_half_is_said(study: Path, keyring: Keyring) -> None:
    (study / "keys" / "roles" / "intake.pub").write_text(str(Identity.generate().recipient)[:-1])
    with pytest.raises(MissingKey, match=r"intake\.pub is missing or damaged"):
        keyring.keystore.new_key("s1", ["intake"])
