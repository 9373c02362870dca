"""The recovery key: read however it was typed, one user like any other, and the way back for who lost a passphrase."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from schemas.errors import BadInput, MissingKey
from tests.vault.conftest import PASSPHRASE, Unlock
from vault.age import Identity, open_sealed, seal
from vault.keys import NewUser, UserInfo, add_user, create_keys, keys_lock, list_users, remove_user, reopened, unlock
from vault.recovery import RECOVERY, RecoveryKey, recovery_identity, recovery_recipient, way_back


@pytest.fixture
def key() -> RecoveryKey:
    return RecoveryKey.draw()


def let_in(keys: Path, as_user: Unlock, key: RecoveryKey) -> UserInfo:
    new = NewUser(keys, as_user("pi"), RECOVERY, key.text, "investigator", recovery=key.identity)
    with keys_lock(keys):
        return new.admit()


@pytest.mark.parametrize("how", ["{}", " {}\n", "small", "groups", "lines", "tabs"])
def test_the_key_is_read_however_it_was_typed(how: str, key: RecoveryKey) -> None:
    groups = [key.text[at : at + 4] for at in range(0, len(key.text), 4)]
    typed = {
        "small": key.text.lower(),
        "groups": " ".join(groups),
        "lines": "\n".join(groups),
        "tabs": "\t".join(groups),
    }
    assert recovery_identity(typed.get(how, how.format(key.text))) == key.identity


@pytest.mark.parametrize("place", [16, 30, 73])
def test_a_mistyped_key_is_told_and_not_repeated(place: int, key: RecoveryKey) -> None:
    other = "Q" if key.text[place] != "Q" else "P"
    wrong = key.text[:place] + other + key.text[place + 1 :]
    for text in (wrong, key.text[:place], key.text + "Q", ""):
        with pytest.raises(BadInput, match="a character is wrong or missing") as told:
            recovery_identity(text)
        assert key.text[20:30] not in told.value.message + told.value.hint


def test_nothing_of_the_key_is_in_what_is_shown_of_it(key: RecoveryKey) -> None:
    assert key.text[16:] not in repr(key).upper()
    assert key.identity.secret.hex() not in repr(key)


def test_the_recovery_key_is_an_investigator_and_signs_with_a_key_of_its_own(
    study: Path, as_user: Unlock, key: RecoveryKey
) -> None:
    info = let_in(study / "keys", as_user, key)
    assert (info.name, info.key_id, info.person) == (RECOVERY, key.key_id, False)
    ring = unlock(study / "keys", RECOVERY, f" {key.text.lower()} ")
    assert ring.roles == {"investigator"}
    assert ring.signer.key_id == key.key_id
    assert ring.evidence_open(as_user("desk").evidence_seal(b"a consent")) == b"a consent"
    assert ring.identities.keys() == {"intake", "assistant", "investigator"}


def test_what_is_sealed_to_the_recovery_key_opens_with_the_printed_text_alone(
    study: Path, as_user: Unlock, key: RecoveryKey
) -> None:
    with pytest.raises(MissingKey, match="no recovery key") as told:
        recovery_recipient(study / "keys")
    assert "chatham keys recovery" in told.value.hint
    let_in(study / "keys", as_user, key)
    sealed = seal(b"a backup", [recovery_recipient(study / "keys")])
    assert open_sealed(sealed, [recovery_identity(key.text)]) == b"a backup"


def test_another_key_does_not_open_and_the_newest_page_is_named(study: Path, as_user: Unlock, key: RecoveryKey) -> None:
    let_in(study / "keys", as_user, key)
    with pytest.raises(MissingKey, match="passphrase is wrong") as told:
        unlock(study / "keys", RECOVERY, RecoveryKey.draw().text)
    assert "newest page" in told.value.hint
    with pytest.raises(MissingKey, match="a character is wrong or missing"):
        unlock(study / "keys", RECOVERY, key.text[:-1])


def test_a_replaced_key_opens_nothing_that_is_made_afterwards(study: Path, as_user: Unlock, key: RecoveryKey) -> None:
    keys, newer = study / "keys", RecoveryKey.draw()
    let_in(keys, as_user, key)
    remove_user(keys, as_user("pi"), RECOVERY)
    ring = reopened(as_user("pi"))
    with keys_lock(keys):
        NewUser(keys, ring, RECOVERY, newer.text, "investigator", recovery=newer.identity).admit()
    with pytest.raises(MissingKey, match="passphrase is wrong"):
        unlock(keys, RECOVERY, key.text)
    assert unlock(keys, RECOVERY, newer.text).roles == {"investigator"}
    later = ring.evidence_seal(b"later")
    old = [Identity.from_secret(key.identity.secret)]
    for sealed in [later, *(path.read_bytes() for path in keys.rglob("*.age"))]:
        with pytest.raises(MissingKey, match="not for this key"):
            open_sealed(sealed, old)


@pytest.mark.parametrize("name", ["recovery", "Recovery", "RECOVERY"])
def test_no_person_has_the_recovery_keys_name(name: str, study: Path, tmp_path: Path, as_user: Unlock) -> None:
    with pytest.raises(BadInput, match="kept for the printed recovery key"):
        add_user(study / "keys", as_user("pi"), name, PASSPHRASE, "intake")
    with pytest.raises(BadInput, match="kept for the printed recovery key"):
        create_keys(tmp_path / "new" / "keys", name, PASSPHRASE)


def user(name: str, *roles: str, service: bool = False) -> UserInfo:
    return UserInfo(name, frozenset(roles), "0" * 16, b"", None, service)


PI, PI2, RA = user("pi", "investigator"), user("pi2", "investigator"), user("ra", "assistant")
NIGHTLY, KEY = user("nightly", "investigator", service=True), user(RECOVERY, "investigator")
BOARD, BOARD2 = user("board", "ethics"), user("board2", "ethics")


@pytest.mark.parametrize(
    ("who", "others", "said"),
    [
        (PI, [RA, BOARD], "it is lost for good: this study has no other investigator and no printed recovery key"),
        (PI, [NIGHTLY], "it is lost for good"),
        (PI, [PI2], "another investigator can let you in again .*no printed recovery key"),
        (PI, [KEY], "the printed recovery key can let you in again .*no other investigator"),
        (PI, [PI2, KEY], "another investigator or the printed recovery key can .*has both"),
        (RA, [PI], "an investigator can"),
        (BOARD, [PI], "an investigator can"),
        (BOARD, [PI, BOARD2], "another ethics officer can"),
        (NIGHTLY, [PI], "another investigator can"),
    ],
)
def test_a_wrong_passphrase_says_who_can_let_in_again(who: UserInfo, others: list[UserInfo], said: str) -> None:
    hint = way_back(who, [who, *others])
    assert hint.startswith("Try again. If it is lost, ")
    assert re.search(said, hint), hint


def test_the_way_back_is_told_where_a_passphrase_is_wrong(study: Path, as_user: Unlock, key: RecoveryKey) -> None:
    for others, said in ((False, "lost for good"), (True, "the printed recovery key can let you in again")):
        if others:
            let_in(study / "keys", as_user, key)
        with pytest.raises(MissingKey, match="the passphrase is wrong") as told:
            unlock(study / "keys", "pi", "another")
        assert said in told.value.hint


def test_a_lost_passphrase_is_mended_with_the_printed_key(study: Path, as_user: Unlock, key: RecoveryKey) -> None:
    keys = study / "keys"
    let_in(keys, as_user, key)
    consent = as_user("ra").evidence_seal(b"a consent of before")
    ring = unlock(keys, RECOVERY, key.text)
    remove_user(keys, ring, "pi")
    add_user(keys, reopened(ring), "pi", "a new one, written down", "investigator")
    assert unlock(keys, "pi", "a new one, written down").evidence_open(consent) == b"a consent of before"
    assert {one.name for one in list_users(keys)} >= {"pi", "ra", RECOVERY}


@pytest.mark.skipif(not shutil.which("age"), reason="needs age")
def test_any_age_program_opens_with_the_printed_key_what_is_sealed_to_it(
    study: Path, tmp_path: Path, as_user: Unlock, key: RecoveryKey
) -> None:
    let_in(study / "keys", as_user, key)
    (tmp_path / "typed").write_text(f"{key.text}\n")
    sealed = seal(b"a backup", [recovery_recipient(study / "keys")])
    opened = subprocess.run(["age", "-d", "-i", tmp_path / "typed"], input=sealed, capture_output=True, check=True)
    assert opened.stdout == b"a backup"
