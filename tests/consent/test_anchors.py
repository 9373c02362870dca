"""Outside anchors: whose confirmations count, how they are kept, and that nothing altered counts."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from consent.outside.anchors import (
    QUORUM,
    add_cosignatures,
    add_timestamp,
    cosigned_checkpoint,
    find_anchors,
    forget,
    read_anchors,
    with_witnesses,
)
from consent.publish import log_vkeys
from consent.tlog.checkpoint import log_keys as keys_of_log
from consent.tlog.checkpoint import parse_checkpoint
from consent.tlog.note import COSIGNATURE, ML_DSA_44, SigningKey, VerifyKey, format_note
from consent.tlog.witness_policy import Witness, WitnessPolicy, format_policy, parse_policy
from schemas.errors import BadInput
from tests.consent.ledger_fakes import event
from tests.consent.mangling import survivors
from tests.consent.published import AT, appended, cosigned, policy_of, sealed
from tests.consent.stamping import AT as STAMPED_AT
from tests.consent.stamping import Stamp, certificate, key

ETHICS = SigningKey("ethics.example/office", COSIGNATURE, bytes([9]) * 32)
MODERN = SigningKey("ethics.example/office", ML_DSA_44, bytes([8]) * 32)
LIBRARY = SigningKey("library.example/w1", COSIGNATURE, bytes([7]) * 32)
STRANGER = SigningKey("stranger.example/w1", COSIGNATURE, bytes([6]) * 32)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    sealed(tmp_path / "consent")
    return tmp_path / "consent"


def standing(register: Path) -> bytes:
    return (register / "log" / "checkpoint").read_bytes()


def cosigned_by(data: bytes, *keys: SigningKey) -> bytes:
    """The checkpoint ``data`` with cosignatures under it."""
    note = parse_checkpoint(data).note
    return format_note(note.text, [*note.signatures, *(one.sign(note.text, AT) for one in keys)])


def lines_of(data: bytes, *keys: SigningKey) -> bytes:
    """The cosignatures alone, as a witness sends them."""
    return cosigned_by(data, *keys).removeprefix(data)


def policy(*keys: SigningKey, quorum: str | None = None) -> WitnessPolicy:
    data = policy_of(*(one.verify_key for one in keys))
    return parse_policy(data if quorum is None else data.replace(b"all any", f"all {quorum}".encode()))


def public(*keys: SigningKey) -> list[VerifyKey]:
    return [one.verify_key for one in keys]


def test_a_cosignature_counts_where_the_policy_names_its_key(register: Path) -> None:
    cosigned(register, by=ETHICS)
    (anchor,) = read_anchors(register, log_vkeys(register), policy(ETHICS))
    signed = parse_checkpoint(standing(register)).checkpoint
    assert (anchor.size, anchor.root, anchor.at) == (signed.size, signed.root, AT)
    assert (anchor.by, anchor.kind) == ("ethics.example/office", "cosignature")
    assert (register / anchor.file).is_file()


@pytest.mark.parametrize("named", [None, policy(STRANGER)])
def test_a_cosignature_by_somebody_else_counts_for_nothing(register: Path, named: WitnessPolicy | None) -> None:
    cosigned(register, by=ETHICS)
    assert read_anchors(register, log_vkeys(register), named) == []


def test_the_log_does_not_vouch_for_itself(register: Path) -> None:
    own = log_vkeys(register)[1]  # its ML-DSA-44 line says when, as a cosignature does
    add_cosignatures(register, cosigned_by(standing(register), ETHICS), log_vkeys(register), public(ETHICS))
    named = WitnessPolicy(witnesses={"own": Witness("own", own, "https://own.example")}, quorum="own")
    assert read_anchors(register, log_vkeys(register), named) == []


def test_where_two_must_have_cosigned_one_does_not_count_and_two_files_together_do(register: Path) -> None:
    both = policy(ETHICS, LIBRARY, quorum="2")
    cosigned(register, by=ETHICS)
    assert read_anchors(register, log_vkeys(register), both) == []
    cosigned(register, by=LIBRARY)
    assert {one.by for one in read_anchors(register, log_vkeys(register), both)} == {
        "ethics.example/office",
        "library.example/w1",
    }


def test_two_cosignatures_of_different_sizes_are_no_quorum(register: Path) -> None:
    cosigned(register, by=ETHICS)
    appended(register, [event(9)])
    cosigned(register, by=LIBRARY)
    assert read_anchors(register, log_vkeys(register), policy(ETHICS, LIBRARY, quorum="2")) == []


def test_anchors_come_by_size(register: Path) -> None:
    for number in range(6):
        appended(register, [event(number)])
        cosigned(register, by=ETHICS)
    sizes = [one.size for one in read_anchors(register, log_vkeys(register), policy(ETHICS))]
    assert sizes == [6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("whole", [True, False], ids=["a cosigned checkpoint", "lines alone"])
def test_what_a_cosigner_sends_is_kept_with_their_signatures_and_the_log_s_alone(register: Path, whole: bool) -> None:
    make = cosigned_by if whole else lines_of
    sent = make(standing(register), STRANGER, ETHICS, MODERN)
    file = add_cosignatures(register, sent, log_vkeys(register), public(ETHICS, MODERN))
    kept = [(one.name, one.id) for one in parse_checkpoint(file.read_bytes()).note.signatures]
    assert kept == [(one.name, one.id) for one in (*log_vkeys(register), *public(ETHICS, MODERN))]
    assert [one.by for one in read_anchors(register, log_vkeys(register), policy(ETHICS, MODERN))] == [
        "ethics.example/office"
    ] * 2


def test_lines_may_be_over_an_older_checkpoint_that_is_kept(register: Path) -> None:
    before = standing(register)
    cosigned(register, by=ETHICS)
    appended(register, [event(9)])
    file = add_cosignatures(register, lines_of(before, LIBRARY), log_vkeys(register), public(ETHICS, LIBRARY))
    assert parse_checkpoint(file.read_bytes()).checkpoint == parse_checkpoint(before).checkpoint


def test_lines_over_a_checkpoint_that_nobody_has_are_refused(register: Path) -> None:
    before = standing(register)
    appended(register, [event(9)])
    with pytest.raises(BadInput, match="over none of this register's checkpoints"):
        add_cosignatures(register, lines_of(before, ETHICS), log_vkeys(register), public(ETHICS))


def test_a_checkpoint_of_another_register_is_refused(register: Path, tmp_path: Path) -> None:
    sealed(tmp_path / "other")
    sent = cosigned_by(standing(tmp_path / "other"), ETHICS)
    with pytest.raises(BadInput, match="of another log"):
        add_cosignatures(register, sent, log_vkeys(register), public(ETHICS))


def test_a_checkpoint_that_nobody_known_cosigned_is_refused(register: Path) -> None:
    with pytest.raises(BadInput, match="cosigned by nobody whom the register's policy knows"):
        add_cosignatures(register, cosigned_by(standing(register), STRANGER), log_vkeys(register), public(ETHICS))
    assert not (register / "anchors").exists()


def test_a_known_key_s_false_signature_is_refused(register: Path) -> None:
    good = cosigned_by(standing(register), ETHICS)
    at = good.rindex(b" ") + 40
    bad = good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :]
    with pytest.raises(BadInput, match="does not match the text above it"):
        add_cosignatures(register, bad, log_vkeys(register), public(ETHICS))


def test_every_flipped_bit_of_a_kept_anchor_is_told(register: Path) -> None:
    stamped = Stamp(data=standing(register)).reply()
    for path in (cosigned(register, by=ETHICS), add_timestamp(register, stamped, log_vkeys(register))[0]):
        for file in (path, path.with_suffix(".tsr")):
            good = file.read_bytes() if file.is_file() else b""
            for bit in range(0, 8 * len(good), 251):
                changed = bytearray(good)
                changed[bit // 8] ^= 1 << bit % 8
                file.write_bytes(bytes(changed))
                _, bad = find_anchors(register, log_vkeys(register), policy(ETHICS))
                assert [one.file for one in bad] == [f"anchors/{path.name}"], bit
            if good:
                file.write_bytes(good)
    assert len(read_anchors(register, log_vkeys(register), policy(ETHICS))) == 2


def test_a_bad_file_is_named_and_hides_no_good_one(register: Path) -> None:
    cosigned(register, by=ETHICS)
    (register / "anchors" / "5-00000000.checkpoint").write_bytes(b"hello")
    (register / "anchors" / "7-00000000.tsr").write_bytes(b"hello")
    good, bad = find_anchors(register, log_vkeys(register), policy(ETHICS))
    assert len(good) == 1
    assert [one.file for one in bad] == ["anchors/5-00000000.checkpoint", "anchors/7-00000000.tsr"]
    with pytest.raises(BadInput, match=r"anchors/5-00000000\.checkpoint is not right"):
        read_anchors(register, log_vkeys(register), policy(ETHICS))


def test_a_time_stamp_of_the_standing_checkpoint_is_an_anchor(register: Path) -> None:
    path, stamp = add_timestamp(register, Stamp(data=standing(register)).reply(), log_vkeys(register))
    (anchor,) = read_anchors(register, log_vkeys(register), None)
    assert (anchor.kind, anchor.at, anchor.by, anchor.vouched_by) == ("timestamp", STAMPED_AT, "An authority", None)
    assert anchor.file == f"anchors/{path.name}"
    assert stamp.is_of(path.read_bytes())


def test_a_trusted_certificate_is_kept_beside_the_time_stamp_and_checked_again(register: Path) -> None:
    root_key = key("ec", 11)
    root = certificate("Root", of=root_key, ca=True)
    reply = Stamp(data=standing(register), certificate=certificate("Stamper", issuer="Root", by=root_key)).reply()
    pem = root.public_bytes(serialization.Encoding.PEM)
    path, _ = add_timestamp(register, reply, log_vkeys(register), authority=pem)
    assert path.with_suffix(".pem").read_bytes() == pem
    (anchor,) = read_anchors(register, log_vkeys(register), None)
    assert anchor.vouched_by == "Root"
    with pytest.raises(BadInput, match="does not lead to the one you trust"):
        other = certificate("Root", of=key("ec", 12), ca=True).public_bytes(serialization.Encoding.PEM)
        add_timestamp(register, reply, log_vkeys(register), authority=other)


def test_two_authorities_may_stamp_the_same_checkpoint(register: Path) -> None:
    for of in (key(), key("rsa")):
        add_timestamp(register, Stamp(data=standing(register), of=of).reply(), log_vkeys(register))
    assert len(read_anchors(register, log_vkeys(register), None)) == 2


def test_a_time_stamp_of_other_bytes_is_refused(register: Path, tmp_path: Path) -> None:
    before = standing(register)
    with pytest.raises(BadInput, match="of other bytes than the newest checkpoint"):
        add_timestamp(register, Stamp(data=before + b"\n").reply(), log_vkeys(register))
    with pytest.raises(BadInput, match="of other bytes than the checkpoint given"):
        add_timestamp(register, Stamp(data=before).reply(), log_vkeys(register), before + b"\n")
    sealed(tmp_path / "other")
    other = standing(tmp_path / "other")
    with pytest.raises(BadInput, match="of another log"):
        add_timestamp(register, Stamp(data=other).reply(), log_vkeys(register), other)
    assert not (register / "anchors").exists()


def test_an_older_checkpoint_that_was_stamped_may_be_given(register: Path) -> None:
    before = standing(register)
    appended(register, [event(9)])
    reply = Stamp(data=before).reply()
    path, _ = add_timestamp(register, reply, log_vkeys(register), before)
    assert path.read_bytes() == before


def test_a_time_stamp_under_another_checkpoint_is_told(register: Path) -> None:
    path, _ = add_timestamp(register, Stamp(data=standing(register)).reply(), log_vkeys(register))
    appended(register, [event(9)])
    shutil.copy(register / "log" / "checkpoint", path)
    _, bad = find_anchors(register, log_vkeys(register), None)
    assert len(bad) == 1


def test_what_is_forgotten_leaves_nothing(register: Path) -> None:
    path, _ = add_timestamp(register, Stamp(data=standing(register)).reply(), log_vkeys(register))
    forget(path)
    assert list((register / "anchors").iterdir()) == []


def test_a_policy_that_this_program_begins_asks_for_any_one_witness_and_grows(register: Path) -> None:
    added = [Witness(one.verify_key.name, one.verify_key, "https://a.example") for one in (ETHICS, LIBRARY)]
    first = with_witnesses(None, log_vkeys(register), added[:1])
    second = with_witnesses(first, log_vkeys(register), added)
    assert second.log_keys == log_vkeys(register)
    assert list(second.witnesses) == ["ethics.example/office", "library.example/w1"]
    assert (second.quorum, second.groups[QUORUM].needed) == (QUORUM, 1)
    assert with_witnesses(second, log_vkeys(register), added) == second
    assert parse_policy(format_policy(second)) == second


def test_new_keys_of_the_log_are_added_to_a_policy_that_names_logs(register: Path) -> None:
    added = [Witness(ETHICS.verify_key.name, ETHICS.verify_key, "https://a.example")]
    first = with_witnesses(None, log_vkeys(register), added)
    renewed = [key.verify_key for key in keys_of_log(log_vkeys(register)[0].name, bytes(64))]
    assert with_witnesses(first, renewed, added).log_keys == (*log_vkeys(register), *renewed)
    assert with_witnesses(replace(first, logs=()), renewed, added).logs == ()


def test_a_quorum_that_somebody_chose_stays(register: Path) -> None:
    chosen = replace(policy(ETHICS, LIBRARY, quorum="2"), logs=())
    grown = with_witnesses(
        chosen, log_vkeys(register), [Witness("new", STRANGER.verify_key, "https://stranger.example")]
    )
    assert (grown.quorum, grown.groups) == (chosen.quorum, chosen.groups)
    assert "new" in grown.witnesses


def test_only_our_own_error_comes_out_of_what_is_not_quite_a_cosigned_checkpoint(register: Path) -> None:
    good = standing(register)
    keys = log_vkeys(register)

    def take(data: bytes) -> bytes:
        return cosigned_checkpoint(register, data, keys, public(ETHICS))

    taken = survivors(take, [cosigned_by(good, ETHICS), lines_of(good, ETHICS)])
    assert {parse_checkpoint(take(data)).note.text for data in taken} <= {parse_checkpoint(good).note.text}
