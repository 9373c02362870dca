"""Time stamps: what is accepted, each thing that may be wrong, and every bit."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from consent.outside.der import read
from consent.outside.timestamps import MOST_BYTES, check_timestamp, read_certificates
from schemas.errors import BadInput
from tests.consent.mangling import survivors
from tests.consent.stamping import AT, Stamp, certificate, key, number, oid, seq, tlv

GOOD = Stamp()
ROOT_KEY, MIDDLE_KEY = key("ec", 1), key("ec", 2)
ROOT = certificate("Root", of=ROOT_KEY, ca=True)
MIDDLE = certificate("Middle", of=MIDDLE_KEY, issuer="Root", by=ROOT_KEY, ca=True)
LEAF = certificate("Stamper", issuer="Middle", by=MIDDLE_KEY)


@pytest.mark.parametrize("kind", ["ec", "rsa", "ed25519"])
def test_a_time_stamp_says_what_was_stamped_when_and_by_whom(kind: str) -> None:
    stamp = check_timestamp(replace(GOOD, of=key(kind)).reply())
    assert stamp.is_of(b"what is stamped")
    assert not stamp.is_of(b"what is stamped\n")
    assert (stamp.at, stamp.by, stamp.vouched_by) == (AT, "An authority", None)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_three_kinds_of_hash_are_known(digest: str) -> None:
    stamp = check_timestamp(replace(GOOD, digest=digest).reply())
    assert stamp.algorithm == digest
    assert stamp.is_of(b"what is stamped")


def test_a_fraction_of_a_second_is_cut_off() -> None:
    assert check_timestamp(replace(GOOD, time=b"20261121205100.73Z").reply()).at == AT


WRONG = {
    "rejected": (replace(GOOD, status=2), "did not grant"),
    "weak hash": (replace(GOOD, digest="sha1"), "kind of hash"),
    "short hash": (replace(GOOD, imprint=b"x"), "another length"),
    "no certificate": (replace(GOOD, inside=False), "not inside"),
    "another certificate named": (replace(GOOD, named=ROOT), "not inside"),
    "another key": (replace(GOOD, certificate=certificate(of=MIDDLE_KEY)), "does not hold"),
    "no purpose": (replace(GOOD, certificate=certificate(purposes=())), "not for time stamps"),
    "other purpose": (
        replace(GOOD, certificate=certificate(purposes=[ExtendedKeyUsageOID.CODE_SIGNING])),
        "not for time stamps alone",
    ),
    "two purposes": (
        replace(
            GOOD,
            certificate=certificate(purposes=[ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING]),
        ),
        "not for time stamps alone",
    ),
    "purpose not critical": (replace(GOOD, certificate=certificate(critical=False)), "not for time stamps alone"),
    "expired": (replace(GOOD, certificate=certificate(days=-1)), "not valid at the time"),
    "too early": (replace(GOOD, time=b"20200101000000Z"), "not valid at the time"),
    "no calendar day": (replace(GOOD, time=b"20261341000000Z"), "no day of the calendar"),
    "local time": (replace(GOOD, time=b"20261121205100"), "not in UTC"),
    "digits of others": (replace(GOOD, time="٢٠٢٦".encode()), "not in UTC"),
    "other content": (replace(GOOD, content="1.2.840.113549.1.7.1"), "no time stamp"),
    "signed as something else": (replace(GOOD, attribute_content="1.2.840.113549.1.7.1"), "something else"),
    "two signers": (replace(GOOD, signers=2), "too few or too many"),
    "version": (replace(GOOD, version=2), "unknown version"),
    "an attribute twice": (replace(GOOD, twice=True), "one thing twice"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_time_stamp_is_said(what: str) -> None:
    stamp, said = WRONG[what]
    with pytest.raises(BadInput, match=said):
        check_timestamp(stamp.reply())


def test_the_authority_leads_to_a_certificate_that_is_trusted_directly_or_by_others() -> None:
    stamp = replace(GOOD, certificate=LEAF, others=(ROOT, MIDDLE))
    assert check_timestamp(stamp.reply(), [ROOT]).vouched_by == "Root"
    assert check_timestamp(stamp.reply(), [MIDDLE]).vouched_by == "Middle"
    assert check_timestamp(stamp.reply(), [LEAF]).vouched_by == "Stamper"


@pytest.mark.parametrize(
    "others",
    [(), (certificate("Middle", of=MIDDLE_KEY, issuer="Root", by=MIDDLE_KEY, ca=True),), (certificate(of=MIDDLE_KEY),)],
    ids=["missing", "signed by itself", "no authority"],
)
def test_an_authority_that_leads_nowhere_is_refused_where_one_is_trusted(others: tuple[x509.Certificate, ...]) -> None:
    with pytest.raises(BadInput, match="does not lead to the one you trust"):
        check_timestamp(replace(GOOD, certificate=LEAF, others=others).reply(), [ROOT])


def test_no_bit_of_a_time_stamp_can_be_flipped_so_that_it_says_something_else() -> None:
    """Bits that are not signed, such as those of another certificate inside, change nothing that is read."""
    good = GOOD.reply()
    right, caught = check_timestamp(good), 0
    for bit in range(8 * len(good)):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            assert check_timestamp(bytes(changed)) == right
        except BadInput:
            caught += 1
    assert caught > 0.95 * 8 * len(good)


def test_a_time_stamp_that_was_cut_short_or_grew_is_refused() -> None:
    good = GOOD.reply()
    for size in range(len(good)):
        with pytest.raises(BadInput, match="no time stamp that can be checked"):
            check_timestamp(good[:size])
    with pytest.raises(BadInput, match="not one whole value"):
        check_timestamp(good + seq())
    with pytest.raises(BadInput, match="far too long"):
        check_timestamp(bytes(MOST_BYTES + 1))


def test_only_our_own_error_comes_out_of_a_mangled_time_stamp() -> None:
    good = [GOOD.reply(), replace(GOOD, certificate=LEAF, others=(ROOT, MIDDLE)).reply()]
    taken = survivors(check_timestamp, good)
    assert {check_timestamp(one).by for one in taken} <= {"An authority", "Stamper"}


def test_only_our_own_error_comes_out_of_mangled_certificates() -> None:
    pem = ROOT.public_bytes(serialization.Encoding.PEM)
    survivors(read_certificates, [pem, ROOT.public_bytes(serialization.Encoding.DER)])
    assert read_certificates(pem + pem) == [ROOT, ROOT]
    with pytest.raises(BadInput, match="holds no certificate"):
        read_certificates(b"hello")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not one whole value"),
        (number(1) + number(2), "not one whole value"),
        (b"\x1f\x81\x00", "tag is longer"),
        (b"\x04\x80", "shortest form"),
        (b"\x04\x81\x01\x00", "shortest form"),
        (b"\x04\x82\x00\x80" + bytes(128), "shortest form"),
        (b"\x04\x85\x01\x00\x00\x00\x00", "shortest form"),
        (b"\x04\x05abc", "ends too early"),
    ],
)
def test_der_has_one_spelling(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(data)


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"\xff\x80"])
def test_a_number_has_one_spelling(content: bytes) -> None:
    with pytest.raises(BadInput, match="a number is not in its shortest form"):
        read(tlv(2, content)).integer()


def test_numbers_and_identifiers_are_read_as_they_are_written() -> None:
    assert [read(number(value)).integer() for value in (0, 127, 128, 1 << 70)] == [0, 127, 128, 1 << 70]
    assert [read(oid(text)).oid() for text in ("1.2.840.113549", "2.999.3", "0.9.1")] == [
        "1.2.840.113549",
        "2.999.3",
        "0.9.1",
    ]
    with pytest.raises(BadInput, match="ends too early"):
        read(tlv(6, b"\x2a\x81")).oid()
    with pytest.raises(BadInput, match="shortest form"):
        read(tlv(6, b"\x2a\x80\x01")).oid()
    with pytest.raises(BadInput, match="holds none"):
        read(number(1)).parts()
