"""Checkpoints: their body, who must have signed them, and what must be refused."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog.checkpoint import (
    Checkpoint,
    check_checkpoint,
    log_keys,
    parse_body,
    parse_checkpoint,
    sign_checkpoint,
)
from consent.tlog.note import COSIGNATURE, ED25519, ML_DSA_44, SigningKey, format_note, verified
from schemas.errors import BadInput
from tests.consent.mangling import survivors

AT = datetime(2026, 11, 21, 20, 51, 7, tzinfo=UTC)
ORIGIN = "chatham/0123456789abcdef"
ROOT = bytes(range(32))
HEAD = Checkpoint(ORIGIN, 20_852_163, ROOT)
KEYS = log_keys(ORIGIN, bytes(range(64)))
PUBLIC = [key.verify_key for key in KEYS]
WITNESS = SigningKey("witness.example.com/w1", COSIGNATURE, b"w" * 32)
ROOT_TEXT = base64.b64encode(ROOT).decode()


def test_a_body_is_origin_size_and_root_a_line_each() -> None:
    assert HEAD.body() == f"{ORIGIN}\n20852163\n{ROOT_TEXT}\n"
    assert parse_body(HEAD.body()) == HEAD


def test_the_example_of_the_specification_is_read() -> None:
    body = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_body(body)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.root.hex().startswith("0ac5186a91863e8e")
    assert checkpoint.body() == body


def test_a_log_signs_with_both_its_keys_under_its_own_name() -> None:
    data = sign_checkpoint(HEAD, KEYS, AT)
    signed = check_checkpoint(data, PUBLIC)
    assert signed.checkpoint == HEAD
    assert signed.data == data
    assert [(one.key.kind, one.key.name, one.at) for one in verified(signed.note, PUBLIC)] == [
        (ED25519, ORIGIN, None),
        (ML_DSA_44, ORIGIN, AT),
    ]


def test_the_two_keys_of_a_log_share_no_part_of_its_seed() -> None:
    first, second = log_keys(ORIGIN, bytes(32) + b"x" * 32), log_keys(ORIGIN, bytes(64))
    assert first[0].verify_key == second[0].verify_key
    assert first[1].verify_key != second[1].verify_key
    with pytest.raises(ValueError, match="64 bytes"):
        log_keys(ORIGIN, bytes(32))


def test_one_key_of_the_log_is_enough_to_check_a_checkpoint() -> None:
    data = sign_checkpoint(HEAD, KEYS, AT)
    for key in PUBLIC:
        assert check_checkpoint(data, [key]).checkpoint == HEAD
    assert check_checkpoint(sign_checkpoint(HEAD, KEYS[:1], AT), PUBLIC).checkpoint == HEAD


def test_cosignatures_of_others_do_not_disturb_and_do_not_count_for_the_log() -> None:
    data = sign_checkpoint(HEAD, [KEYS[0], WITNESS], AT)
    assert check_checkpoint(data, PUBLIC).checkpoint == HEAD
    assert verified(parse_checkpoint(data).note, [WITNESS.verify_key])[0].at == AT
    with pytest.raises(BadInput, match="no signature by any of the keys given"):
        check_checkpoint(sign_checkpoint(HEAD, [WITNESS], AT), PUBLIC)


def test_a_checkpoint_of_another_log_is_refused_even_where_a_known_key_signed_it() -> None:
    other = Checkpoint("chatham/ffffffffffffffff", 3, ROOT)
    with pytest.raises(BadInput, match="of another log"):
        check_checkpoint(sign_checkpoint(other, KEYS, AT), PUBLIC)
    with pytest.raises(BadInput, match="of another log"):
        check_checkpoint(sign_checkpoint(HEAD, KEYS, AT), [])


def test_a_changed_size_or_root_is_refused() -> None:
    data = sign_checkpoint(HEAD, KEYS, AT)
    for bad in (data.replace(b"20852163", b"20852164"), data.replace(b"AAEC", b"BAEC", 1)):
        assert bad != data
        with pytest.raises(BadInput, match="does not match the text"):
            check_checkpoint(bad, PUBLIC)


def test_extensions_are_kept_and_signed_by_ed25519_alone() -> None:
    head = Checkpoint(ORIGIN, 3, ROOT, ("one", "two words"))
    data = sign_checkpoint(head, KEYS, AT)
    assert check_checkpoint(data, PUBLIC).checkpoint == head
    changed = data.replace(b"two words", b"two lies!")
    with pytest.raises(BadInput, match="does not match the text"):
        check_checkpoint(changed, PUBLIC[:1])
    assert check_checkpoint(changed, PUBLIC[1:]).checkpoint.extensions == ("one", "two lies!")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "\n",
        f"{ORIGIN}\n7\n",
        f"{ORIGIN}\n7\n{ROOT_TEXT}",
        f"{ORIGIN}\n7\n{ROOT_TEXT}\n\n",
        f"{ORIGIN}\n\n7\n{ROOT_TEXT}\n",
        f"\n7\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n07\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n+7\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n-7\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n7 \n{ROOT_TEXT}\n",
        f"{ORIGIN}\n7_0\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n0x7\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n\u0667\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n9223372036854775808\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n7\n{ROOT_TEXT[:-1]}\n",
        f"{ORIGIN}\n7\n{ROOT_TEXT[:-2]}9=\n",
        f"{ORIGIN}\n7\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n7\n{base64.b64encode(bytes(33)).decode()}\n",
        f"{ORIGIN}\n7\n{ROOT_TEXT}\n\x01\n",
        f"{ORIGIN}\r\n7\n{ROOT_TEXT}\n",
    ],
)
def test_a_body_in_any_other_form_is_refused(body: str) -> None:
    with pytest.raises(BadInput, match="checkpoint"):
        parse_body(body)


def test_sizes_up_to_63_bits_are_read() -> None:
    for size in (0, 1, 2**63 - 1):
        assert parse_body(Checkpoint(ORIGIN, size, ROOT).body()).size == size


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("", 7, ROOT),
        Checkpoint("a\nb", 7, ROOT),
        Checkpoint(f"a\n1\n{ROOT_TEXT}\nb", 7, ROOT),
        Checkpoint(ORIGIN, -1, ROOT),
        Checkpoint(ORIGIN, 7, bytes(31)),
        Checkpoint(ORIGIN, 7, ROOT, ("",)),
        Checkpoint(ORIGIN, 7, ROOT, ("a\nb",)),
    ],
)
def test_no_checkpoint_is_signed_that_would_not_be_read(head: Checkpoint) -> None:
    with pytest.raises(BadInput, match="checkpoint"):
        sign_checkpoint(head, KEYS, AT)


def test_a_note_that_is_no_checkpoint_is_refused() -> None:
    text = "Hello.\n"
    with pytest.raises(BadInput, match="three or more lines"):
        parse_checkpoint(format_note(text, [KEYS[0].sign(text)]))


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
def test_a_checkpoint_comes_back_as_it_was_signed(origin: str, size: int, root: bytes) -> None:
    head = Checkpoint(origin, size, root)
    assert parse_checkpoint(sign_checkpoint(head, KEYS[:1], AT)).checkpoint == head


def test_a_mangled_checkpoint_is_refused_in_our_own_words_or_is_written_as_it_was_read() -> None:
    good = [sign_checkpoint(HEAD, KEYS[:1], AT), sign_checkpoint(HEAD, [*KEYS, WITNESS], AT)]
    for data in survivors(parse_checkpoint, good):
        signed = parse_checkpoint(data)
        assert format_note(signed.checkpoint.body(), signed.note.signatures) == data


def test_no_mangled_checkpoint_passes_for_another_state_of_the_log() -> None:
    good = sign_checkpoint(HEAD, [KEYS[0], WITNESS], AT)
    kept = survivors(lambda data: check_checkpoint(data, PUBLIC), [good])
    assert {parse_checkpoint(data).checkpoint for data in kept} <= {HEAD}
