"""Signed notes and verifier keys: the public vectors, our own, and what must be refused."""

import base64
import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st

from consent.tlog.note import (
    COSIGNATURE,
    ED25519,
    ML_DSA_44,
    Note,
    Signature,
    SigningKey,
    VerifyKey,
    format_note,
    parse_note,
    read_vkeys,
    verified,
)
from schemas.errors import BadInput
from tests.consent.mangling import survivors

AT = datetime(2026, 11, 21, 20, 51, 7, tzinfo=UTC)
HELLO = "Hello.\n\nTwo paragraphs, and an ö.\n"
BODY = f"chatham/00\n7\n{base64.b64encode(bytes(32)).decode()}\n"
ALICE = SigningKey("example.org/alice", ED25519, b"a" * 32)
BOB = SigningKey("bob", ED25519, b"b" * 32)
WITNESS = SigningKey("example.org/witness", COSIGNATURE, b"w" * 32)
QUANTUM = SigningKey("example.org/later", ML_DSA_44, b"q" * 32)
KINDS = [ALICE, WITNESS, QUANTUM]

# The example of the specification (C2SP signed-note).
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_SIGNATURE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
EXAMPLE = f"This is an example message.\n\n— example.com/foo {EXAMPLE_SIGNATURE}\n".encode()
# Go's own vector, which the public ones hold too.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def opened(data: bytes, *keys: VerifyKey) -> list[str]:
    """Names of those who signed."""
    return [one.key.name for one in verified(parse_note(data), keys)]


def signed(text: str, *keys: SigningKey) -> bytes:
    return format_note(text, [key.sign(text, AT) for key in keys])


def test_all_13_public_vectors_of_notes_are_answered_as_they_say(shared: Path) -> None:
    vectors = json.loads((shared / "vectors/ledger/signed_note_vectors.json").read_text())
    answers = {kind: [_opens(vector) for vector in vectors[kind]] for kind in ("accept", "reject")}
    assert answers == {"accept": [True] * 4, "reject": [False] * 7}
    keys = [_is_key(text) for text in vectors["bad_vkeys"]]
    assert keys == [False] * 2
    assert len(answers["accept"]) + len(answers["reject"]) + len(keys) == 13


def test_the_private_key_of_the_public_vectors_makes_their_public_key(shared: Path) -> None:
    vectors = json.loads((shared / "vectors/ledger/signed_note_vectors.json").read_text())
    seed = base64.b64decode(vectors["test_skey"].split("+", 4)[4])[1:]
    assert str(SigningKey("PeterNeumann", ED25519, seed).verify_key) == GO_KEY


def _opens(vector: dict[str, Any]) -> bool:
    try:
        return bool(opened(vector["note"].encode(), *map(VerifyKey.parse, vector["vkeys"])))
    except BadInput:
        return False


def _is_key(text: str) -> bool:
    try:
        VerifyKey.parse(text)
    except BadInput:
        return False
    return True


def test_the_example_of_the_specification_opens() -> None:
    assert opened(EXAMPLE, VerifyKey.parse(EXAMPLE_KEY)) == ["example.com/foo"]
    assert parse_note(EXAMPLE).text == "This is an example message.\n"


def test_a_key_id_is_the_hash_of_name_kind_and_key() -> None:
    for signer in KINDS:
        key = signer.verify_key
        material = key.name.encode() + b"\n" + bytes([key.kind]) + key.public
        assert key.id == hashlib.sha256(material).digest()[:4]
        assert VerifyKey.parse(str(key)) == key
    assert len(QUANTUM.verify_key.public) == 1312


def test_what_was_signed_opens_and_says_when_where_the_kind_does() -> None:
    note = parse_note(signed(BODY, *KINDS))
    found = verified(note, [key.verify_key for key in KINDS])
    assert [(one.key, one.at) for one in found] == [
        (ALICE.verify_key, None),
        (WITNESS.verify_key, AT),
        (QUANTUM.verify_key, AT),
    ]


def test_a_cosignature_signs_the_message_of_its_specification() -> None:
    data = WITNESS.sign(BODY, AT).data
    assert int.from_bytes(data[:8]) == int(AT.timestamp())
    message = f"cosignature/v1\ntime {int(AT.timestamp())}\n{BODY}".encode()
    Ed25519PublicKey.from_public_bytes(WITNESS.verify_key.public).verify(data[8:], message)


def test_an_ml_dsa_signature_signs_the_message_of_its_specification_with_an_empty_context() -> None:
    data = QUANTUM.sign(BODY + "an extension is not signed\n", AT).data
    message = b"subtree/v1\n\0" + b"\x11example.org/later" + int(AT.timestamp()).to_bytes(8)
    message += b"\x0achatham/00" + (0).to_bytes(8) + (7).to_bytes(8) + bytes(32)
    MLDSA44PublicKey.from_public_bytes(QUANTUM.verify_key.public).verify(data[8:], message, b"")
    assert len(data) == 8 + 2420


def test_signatures_of_unknown_keys_are_left_out() -> None:
    note = signed(HELLO, ALICE, BOB)
    assert opened(note, BOB.verify_key) == ["bob"]
    assert opened(note, ALICE.verify_key, BOB.verify_key) == ["example.org/alice", "bob"]


def test_a_key_with_only_the_name_or_only_the_id_of_a_known_one_is_unknown() -> None:
    good, data = ALICE.sign(HELLO), b"whatever stands here"
    same_name = Signature(good.name, b"\0\0\0\0", data)
    same_id = Signature("somebody.else", good.id, data)
    note = format_note(HELLO, [same_name, good, same_id])
    assert opened(note, ALICE.verify_key) == ["example.org/alice"]


def test_a_note_that_nobody_known_signed_is_refused() -> None:
    with pytest.raises(BadInput, match="no signature by any of the keys given"):
        verified(parse_note(signed(HELLO, ALICE)), [BOB.verify_key])
    with pytest.raises(BadInput, match="no signature by any of the keys given"):
        verified(parse_note(signed(HELLO, ALICE)), [])


@pytest.mark.parametrize("signer", KINDS, ids=["ed25519", "cosignature", "ml-dsa"])
def test_one_bad_signature_of_a_known_key_spoils_the_note(signer: SigningKey) -> None:
    good = signer.sign(BODY, AT)
    for at in (0, 7, len(good.data) - 1):
        changed = bytearray(good.data)
        changed[at] ^= 1
        bad = Signature(good.name, good.id, bytes(changed))
        note = Note(BODY, (BOB.sign(BODY), good, bad))
        with pytest.raises(BadInput, match=r"does not match the text|after the year 9999"):
            verified(note, [BOB.verify_key, signer.verify_key])


@pytest.mark.parametrize("signer", KINDS, ids=["ed25519", "cosignature", "ml-dsa"])
def test_a_signature_of_another_length_is_refused(signer: SigningKey) -> None:
    good = signer.sign(BODY, AT)
    for data in (good.data[:-1], good.data + b"\0", b"x"):
        with pytest.raises(BadInput, match=r"is not [0-9]+ bytes long"):
            verified(Note(BODY, (Signature(good.name, good.id, data),)), [signer.verify_key])


@pytest.mark.parametrize("signer", KINDS, ids=["ed25519", "cosignature", "ml-dsa"])
def test_a_signature_holds_for_its_own_text_alone(signer: SigningKey) -> None:
    note = Note(BODY.replace("\n7\n", "\n8\n"), (signer.sign(BODY, AT),))
    with pytest.raises(BadInput, match="does not match the text"):
        verified(note, [signer.verify_key])


def test_a_cosignature_stands_only_under_a_checkpoint() -> None:
    for signer in (WITNESS, QUANTUM):
        with pytest.raises(BadInput, match="a checkpoint"):
            signer.sign(HELLO, AT)
        with pytest.raises(BadInput, match="a checkpoint"):
            verified(Note(HELLO, (signer.sign(BODY, AT),)), [signer.verify_key])
        with pytest.raises(ValueError, match="needs a time"):
            signer.sign(BODY)


def test_a_cosignature_of_no_time_says_nothing_of_when() -> None:
    signature = QUANTUM.sign(BODY, datetime(1970, 1, 1, tzinfo=UTC))
    assert verified(Note(BODY, (signature,)), [QUANTUM.verify_key])[0].at is None


def test_a_time_beyond_the_calendar_is_refused() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    good = WITNESS.sign(BODY, last)
    assert verified(Note(BODY, (good,)), [WITNESS.verify_key])[0].at == last
    for second in (int((last + timedelta(0)).timestamp()) + 1, 2**63 - 1, 2**64 - 1):
        bad = Signature(good.name, good.id, second.to_bytes(8) + good.data[8:])
        with pytest.raises(BadInput, match="after the year 9999"):
            verified(Note(BODY, (bad,)), [WITNESS.verify_key])


def test_a_name_too_long_for_ml_dsa_is_refused_and_fits_elsewhere() -> None:
    long = SigningKey("x" * 256, ML_DSA_44, b"q" * 32)
    with pytest.raises(BadInput, match="too long for an ML-DSA-44 signature"):
        long.sign(BODY, AT)
    with pytest.raises(BadInput, match="too long for an ML-DSA-44 signature"):
        QUANTUM.sign("o" * 256 + BODY, AT)
    assert opened(signed(BODY, SigningKey("x" * 256, ED25519, b"a" * 32)), VerifyKey("x" * 256, ED25519, _alice()))


def _alice() -> bytes:
    return ALICE.verify_key.public


def test_two_keys_of_one_name_and_id_are_refused() -> None:
    key = ALICE.verify_key

    class Colliding(VerifyKey):
        id = key.id

    other = Colliding(key.name, ED25519, bytes(32))
    with pytest.raises(BadInput, match="share a name and a key id"):
        verified(parse_note(signed(HELLO, ALICE)), [key, other])
    assert opened(signed(HELLO, ALICE), key, key) == ["example.org/alice"]


def test_sixteen_signatures_and_more_open_and_far_too_many_do_not() -> None:
    keys = [SigningKey(f"key{number}", ML_DSA_44, bytes([number]) * 32) for number in range(64)]
    text = BODY
    assert len(opened(signed(text, *keys[:16]), *(key.verify_key for key in keys))) == 16
    assert len(opened(signed(text, *keys), *(key.verify_key for key in keys))) == 64
    with pytest.raises(BadInput, match="more than 64 signatures"):
        signed(text, *keys, ALICE)


def test_a_note_longer_than_a_mebibyte_is_refused() -> None:
    assert parse_note(signed("x" * 1_000_000 + "\n", ALICE)).text.startswith("xxx")
    with pytest.raises(BadInput, match="longer than 1,048,576 bytes"):
        signed("x" * (1 << 20) + "\n", ALICE)


def test_the_last_empty_line_parts_text_and_signatures() -> None:
    text = "one\n\n\n— not a signature\n\ntwo\n"
    assert parse_note(signed(text, ALICE)).text == text


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "text, an empty line"),
        (b"\n", "text, an empty line"),
        (b"text\n\n", "text, an empty line"),
        (EXAMPLE[:-1], "text, an empty line"),
        (EXAMPLE.replace(b"\n\n", b"\n"), "text, an empty line"),
        (EXAMPLE + b"more\n", "a dash, a name"),
        (EXAMPLE + b"\n", "text, an empty line"),
        (EXAMPLE.replace("\u2014".encode(), b"-"), "a dash, a name"),
        (EXAMPLE.replace("\u2014 ".encode(), "\u2014".encode()), "a dash, a name|a key's name"),
        (EXAMPLE.replace(b" example.com/foo", b" "), "a key's name"),
        (EXAMPLE.replace(b"foo ", b"f+o "), "a key's name"),
        (EXAMPLE.replace(b"foo ", "f\u00a0o ".encode()), "a key's name"),
        (EXAMPLE.replace(b"foo ", "f\u2028o ".encode()), "a key's name"),
        (EXAMPLE.replace(b"foo ", b"foo  "), "not base64"),
        (EXAMPLE.replace(b"aQM=", b"aQM"), "not base64"),
        (EXAMPLE.replace(b"aQM=", b"aQN="), "canonical"),
        (EXAMPLE.replace(b"aQM=", b"aQM=="), "canonical|not base64"),
        (EXAMPLE.replace(b"aQM=", b"aQM=\r"), "control character"),
        (EXAMPLE.replace(b"aQM=", b"aQM= "), "not base64"),
        (EXAMPLE.replace(EXAMPLE_SIGNATURE.encode(), b"Uw2QOg=="), "too short"),
        (EXAMPLE.replace(EXAMPLE_SIGNATURE.encode(), b""), "too short"),
        (EXAMPLE.replace(b"example message", b"example\tmessage"), "control character"),
        (EXAMPLE.replace(b"example message", b"example\0message"), "control character"),
        (EXAMPLE.replace(b"example message", b"example\xffmessage"), "not UTF-8"),
        (EXAMPLE.replace(b"example message", b"example\xed\xa0\x80message"), "not UTF-8"),
    ],
)
def test_a_note_in_any_other_form_is_refused(bad: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        verified(parse_note(bad), [VerifyKey.parse(EXAMPLE_KEY)])


@pytest.mark.parametrize("text", ["", "no end", "end\r\n", "tab\t\n", "half a pair \ud800\n"])
def test_no_note_is_written_that_would_not_be_read(text: str) -> None:
    with pytest.raises(BadInput, match="signed note"):
        format_note(text, [Signature("a", b"1234", b"x")])


def test_no_note_is_written_without_signatures_or_with_bad_ones() -> None:
    with pytest.raises(BadInput, match="signed note"):
        format_note(HELLO, [])
    with pytest.raises(BadInput, match="a key's name"):
        format_note(HELLO, [Signature("a+b", b"1234", b"x")])
    with pytest.raises(BadInput, match="a key id is not 4 bytes"):
        format_note(HELLO, [Signature("a", b"123", b"xy")])


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "PeterNeumann",
        GO_KEY + "\n",
        " " + GO_KEY,
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY.replace("PeterNeumann", ""),
        GO_KEY.replace("PeterNeumann", "Peter\u3000Neumann"),
        GO_KEY.replace("ARpc", "Ahpc"),
        GO_KEY.replace("10TW", "10TX"),
        GO_KEY[:-4],
        "PRIVATE+KEY+" + GO_KEY,
        "x+" + hashlib.sha256(b"x\n\x02" + bytes(32)).hexdigest()[:8] + "+Ag" + "A" * 42,
    ],
)
def test_a_verifier_key_in_any_other_form_is_refused(bad: str) -> None:
    with pytest.raises(BadInput, match=r"verifier key|key's name"):
        VerifyKey.parse(bad)


@pytest.mark.parametrize(("kind", "length"), [(ED25519, 31), (COSIGNATURE, 33), (ML_DSA_44, 32), (ED25519, 1312)])
def test_a_public_key_of_another_length_is_refused(kind: int, length: int) -> None:
    with pytest.raises(BadInput, match=r"is not (32|1312) bytes long"):
        VerifyKey("name", kind, bytes(length))


@pytest.mark.parametrize("kind", [0, 2, 5, 255])
def test_a_key_of_a_kind_nobody_here_can_check_is_refused(kind: int) -> None:
    with pytest.raises(BadInput, match="of a kind that is not known"):
        VerifyKey("name", kind, bytes(32))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "a\ud800"])
def test_a_key_may_not_have_a_name_that_breaks_a_note(name: str) -> None:
    with pytest.raises(BadInput, match="a key's name"):
        SigningKey(name, ED25519, bytes(32))


def test_a_seed_is_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey("name", ED25519, bytes(31))


def test_a_file_of_keys_is_read_line_by_line() -> None:
    keys = tuple(signer.verify_key for signer in KINDS)
    assert read_vkeys("".join(f"{key}\n" for key in keys).encode()) == keys
    assert read_vkeys(b"") == ()


def test_a_bad_line_in_a_file_of_keys_is_named() -> None:
    with pytest.raises(BadInput, match="line 2 of a file of verifier keys"):
        read_vkeys(f"{GO_KEY}\n\n".encode())
    with pytest.raises(BadInput, match="does not end in a line feed"):
        read_vkeys(GO_KEY.encode())
    with pytest.raises(BadInput, match="not UTF-8"):
        read_vkeys(b"\xff\n")


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in range(32)]))


@given(st.lists(TEXTS, min_size=1), st.lists(st.tuples(st.sampled_from(["a", "b.c/d", "é"]), st.binary(min_size=1))))
def test_a_note_comes_back_as_it_was_written(text: list[str], pairs: list[tuple[str, bytes]]) -> None:
    whole = "".join(f"{line}\n" for line in text)
    signatures = (*(Signature(name, data[:4].ljust(4), data) for name, data in pairs[:63]), BOB.sign(whole))
    data = format_note(whole, signatures)
    assert parse_note(data) == Note(whole, signatures)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_in_our_own_words(data: bytes) -> None:
    for parse in (parse_note, read_vkeys, lambda raw: VerifyKey.parse(raw.decode("latin-1"))):
        with suppress(BadInput):
            parse(data)


def test_a_mangled_note_is_refused_in_our_own_words_or_is_written_as_it_was_read() -> None:
    good = [EXAMPLE, signed(HELLO, ALICE, BOB), signed(BODY, ALICE, WITNESS), signed(BODY, QUANTUM)]
    for data in survivors(parse_note, good):
        note = parse_note(data)
        assert format_note(note.text, note.signatures) == data


def test_a_mangled_note_never_opens_with_another_text() -> None:
    good = signed(HELLO, ALICE)

    def open_it(data: bytes) -> object:
        return verified(parse_note(data), [ALICE.verify_key])

    assert {parse_note(data).text for data in survivors(open_it, [good])} <= {HELLO}


def test_a_mangled_verifier_key_is_refused_in_our_own_words_or_is_written_as_it_was_read() -> None:
    good = [GO_KEY.encode(), EXAMPLE_KEY.encode(), *(str(key.verify_key).encode() for key in KINDS)]
    for data in survivors(lambda raw: VerifyKey.parse(raw.decode("utf-8", "surrogateescape")), good):
        assert str(VerifyKey.parse(data.decode())).encode() == data
