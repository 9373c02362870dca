"""The leaf's bytes are final, canonical and say nothing of anybody; the envelope keeps what it was given."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from consent.recorders import RecorderCheck
from consent.storage import leaf as leaves
from consent.storage.leaf import Leaf
from schemas.errors import BadInput
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.ledger_fakes import TinySigner

HEX = "0123456789abcdef"
ANY_LEAF = st.builds(
    Leaf,
    kind=st.sampled_from(EventKind),
    minute=st.datetimes(datetime(2000, 1, 1), datetime(2199, 1, 1)).map(lambda at: f"{at:%Y-%m-%dT%H:%MZ}"),
    commitment=st.text(HEX, min_size=64, max_size=64),
    key=st.text(HEX, min_size=16, max_size=16),
    left=st.integers(0, 999_999_999),
    form=st.none() | st.text(HEX, min_size=64, max_size=64),
    refs=st.lists(st.integers(0, 999_999_999_999), max_size=3).map(tuple),
    sig=st.binary(min_size=64, max_size=64).map(lambda sig: base64.b64encode(sig).decode()),
)
A_LEAF = Leaf(EventKind.CONSENT, "2026-11-21T20:51Z", "ab" * 32, "0" * 16, 2, "cd" * 32, (4, 11), "A" * 86 + "==")


@given(ANY_LEAF)
def test_every_leaf_is_512_bytes_of_canonical_json_and_reads_back(leaf: Leaf) -> None:
    data = leaves.encode(leaf)
    assert len(data) == 512
    assert json.dumps(json.loads(data), sort_keys=True, separators=(",", ":")).encode() == data
    assert leaves.decode(data) == leaf
    assert leaves.batch_left(data) == leaf.left


@given(ANY_LEAF)
def test_a_leaf_holds_ascii_strings_and_whole_numbers_only(leaf: Leaf) -> None:
    members = json.loads(leaves.encode(leaf).decode("ascii"))
    values = [value for member in members.values() for value in (member if isinstance(member, list) else [member])]
    assert {type(value) for value in values} <= {str, int}
    assert set(members) - {"form"} == {"v", "kind", "minute", "commitment", "key", "sig", "left", "refs", "pad"}
    assert ("form" in members) == (leaf.form is not None)


def test_the_bytes_of_a_leaf_are_these_and_no_others() -> None:
    head, tail = leaves.encode(A_LEAF).split(b',"pad":"')
    assert head == (
        b'{"commitment":"' + b"ab" * 32 + b'","form":"' + b"cd" * 32 + b'","key":"0000000000000000","kind":"consent",'
        b'"left":2,"minute":"2026-11-21T20:51Z"'
    )
    assert tail.lstrip(b"0") == b'","refs":[4,11],"sig":"' + b"A" * 86 + b'==","v":1}'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"comm', b'{ "comm'),
        (b'"left":2', b'"left":02'),
        (b'"left":2', b'"left":2.0'),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"kind":"consent"', b'"kind":"rumour"'),
        (b'"kind":"consent"', b'"kind":"consent","kind":"consent"'),
        (b'"kind":"consent"', b'"kind":"\\u0063onsent"'),
        (b"20:51Z", b"25:51Z"),
        (b"[4,11]", b"[4,]"),
        (b"[4,11]", b"[4,11,12,13]"),
        (b"[4,11]", b"[4,-1]"),
        (b"A==", b"B=="),
        (b"abab", b"ABAB"),
        (b'"refs"', b'"subject":"P07","refs"'),
    ],
)
def test_any_other_spelling_is_no_leaf_even_at_the_right_length(old: bytes, new: bytes) -> None:
    data = leaves.encode(A_LEAF).replace(old, new, 1)
    padding = len(data) - 512
    data = data.replace(b'"pad":"' + b"0" * max(padding, 0), b'"pad":"' + b"0" * max(-padding, 0), 1)
    assert len(data) == 512
    assert leaves.decode(data) is None
    assert leaves.batch_left(data) is None


@given(ANY_LEAF, st.integers(0, 512 * 8 - 1))
def test_a_leaf_with_one_bit_flipped_is_no_leaf_or_another_one(leaf: Leaf, bit: int) -> None:
    data = bytearray(leaves.encode(leaf))
    data[bit // 8] ^= 1 << bit % 8
    assert leaves.decode(bytes(data)) != leaf


@pytest.mark.parametrize("wrong", [{"refs": (1, 2, 3, 4)}, {"left": -1}, {"refs": (10**12,)}, {"key": "P07"}])
def test_what_does_not_fit_a_leaf_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput, match="cannot be recorded"):
        leaves.encode(replace(A_LEAF, **wrong))  # type: ignore[arg-type]


def test_anybody_can_check_the_signature_with_the_public_key_alone() -> None:
    signer = TinySigner()
    members = json.loads(leaves.encode(leaves.sign(A_LEAF, signer)))
    signature = base64.b64decode(members.pop("sig"))
    del members["pad"]
    message = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signature, message)
    assert members["key"] == hashlib.sha256(signer.public_key).hexdigest()[:16]


def test_a_signature_holds_for_its_leaf_and_its_key_only() -> None:
    signer, other = TinySigner(1), TinySigner(2)
    signed = leaves.sign(A_LEAF, signer)
    assert RecorderCheck({signer.key_id: signer.public_key}).is_signed(signed)
    assert not RecorderCheck({other.key_id: other.public_key}).is_signed(signed)
    assert not RecorderCheck({signer.key_id: signer.public_key}).is_signed(replace(signed, left=1))
    assert not RecorderCheck({other.key_id: other.public_key}).is_signed(replace(signed, key=other.key_id))
    assert not RecorderCheck({signer.key_id: signer.public_key}).is_signed(replace(signed, sig=""))


CONTENT = st.dictionaries(st.text(), st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))


@given(CONTENT, st.binary(min_size=32, max_size=32))
def test_an_envelope_gives_back_key_and_payload_and_shows_its_length_in_steps_only(
    content: dict[str, object], key: bytes
) -> None:
    payload = leaves.payload_bytes(LedgerEvent(kind=EventKind.CONSENT, payload=content))
    packed = leaves.pack(key, payload)
    assert len(packed) % 1024 == 0
    assert len(packed) == 2048 or len(packed) - len(key + payload) < 1024
    assert leaves.unpack(packed) == (key, payload)
    assert json.loads(payload) == content


def test_the_commitment_is_the_standard_keyed_hash_of_the_payload() -> None:
    assert leaves.commit(b"k" * 32, b"{}") == hmac.digest(b"k" * 32, b"{}", "sha256").hex()


def test_a_payload_that_is_not_plain_json_is_refused_without_quoting_it() -> None:
    secret = {"type": "note", "words": {"Zoë said so"}}
    with pytest.raises(BadInput, match="not plain JSON") as caught:
        leaves.payload_bytes(LedgerEvent(kind=EventKind.ACCESS, payload=secret))
    assert "Zoë" not in caught.value.message + caught.value.hint
    assert caught.value.__context__ is None


def test_the_minute_is_utc_wherever_the_recorder_sits() -> None:
    moment = datetime(2026, 11, 22, 9, 51, 59, tzinfo=timezone(timedelta(hours=13)))
    assert leaves.minute_of(moment) == "2026-11-21T20:51Z" == leaves.minute_of(moment.astimezone(UTC))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", leaves.minute_of(datetime.now(UTC)))
