"""Makes time stamps as an authority does, right in every part but the one that a test asks to be wrong."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AT = datetime(2026, 11, 21, 20, 51, tzinfo=UTC)
SHA = {"sha1": "1.3.14.3.2.26"} | {
    f"sha{bits}": f"2.16.840.1.101.3.4.2.{number}" for bits, number in ((256, 1), (384, 2), (512, 3))
}
TST_INFO, SIGNED_DATA = "1.2.840.113549.1.9.16.1.4", "1.2.840.113549.1.7.2"
ECDSA_SHA256, RSA, ED25519 = "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.1", "1.3.101.112"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@cache
def key(kind: str = "ec", number: int = 0) -> Key:
    """A private key; the same one for the same words within a run."""
    del number  # tells keys of one kind apart
    if kind == "rsa":
        return rsa.generate_private_key(65_537, 2048)
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else ec.generate_private_key(ec.SECP256R1())


def certificate(
    subject: str = "An authority",
    *,
    of: Key | None = None,
    issuer: str | None = None,
    by: Key | None = None,
    ca: bool = False,
    purposes: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.TIME_STAMPING,),
    critical: bool = True,
    days: int = 30,
) -> x509.Certificate:
    """A certificate for time stamps, or for an authority's authority."""
    of = of or key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer or subject))
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - timedelta(days=30))
        .not_valid_after(AT + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
    )
    if not ca and purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=critical)
    signer = by or of
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


@dataclass(frozen=True)
class Stamp:
    """What a reply says; each default is right."""

    data: bytes = b"what is stamped"
    certificate: x509.Certificate | None = None
    of: Key | None = None
    others: tuple[x509.Certificate, ...] = ()
    inside: bool = True
    status: int = 0
    digest: str = "sha256"
    imprint: bytes | None = None
    time: bytes = b"20261121205100Z"
    content: str = TST_INFO
    attribute_content: str = TST_INFO
    named: x509.Certificate | None = None
    signers: int = 1
    version: int = 1
    twice: bool = False

    def reply(self) -> bytes:
        """The reply, DER."""
        return seq(seq(number(self.status)), *([self._token()] if self.status < 2 else []))

    def _token(self) -> bytes:
        content = seq(oid(self.content), tlv(0xA0, tlv(4, self._info())))
        inside = [*self.others, *([self._certificate] if self.inside else [])]
        certificates = tlv(0xA0, *(_raw(one) for one in inside))
        signers = tlv(0x31, *([self._signer()] * self.signers))
        signed = seq(number(3), tlv(0x31, seq(oid(SHA["sha256"]))), content, certificates, signers)
        return seq(oid(SIGNED_DATA), tlv(0xA0, signed))

    @property
    def _certificate(self) -> x509.Certificate:
        return self.certificate or _default(self.of or key())

    def _info(self) -> bytes:
        digest = hashlib.new(self.digest, self.data).digest() if self.imprint is None else self.imprint
        imprint = seq(seq(oid(SHA[self.digest])), tlv(4, digest))
        return seq(number(self.version), oid("1.2.3.4"), imprint, number(1), tlv(0x18, self.time))

    def _signer(self) -> bytes:
        named = self.named or self._certificate
        attributes = [
            _attribute("1.2.840.113549.1.9.3", oid(self.attribute_content)),
            _attribute("1.2.840.113549.1.9.4", tlv(4, hashlib.sha256(self._info()).digest())),
            _attribute("1.2.840.113549.1.9.16.2.47", seq(seq(seq(tlv(4, hashlib.sha256(_raw(named)).digest()))))),
        ]
        attributes += attributes[-1:] if self.twice else []
        of = self.of or key()
        sid = seq(self._certificate.issuer.public_bytes(), number(self._certificate.serial_number))
        kind, signature = _sign(of, tlv(0x31, *attributes))
        digest = seq(oid(SHA["sha256"]))
        return seq(number(1), sid, digest, tlv(0xA0, *attributes), seq(oid(kind)), tlv(4, signature))


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER value."""
    content = b"".join(parts)
    size = len(content).to_bytes(max(1, (len(content).bit_length() + 7) // 8))
    return bytes([tag]) + (size if len(content) < 0x80 else bytes([0x80 | len(size)]) + size) + content


def seq(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(0x30, *parts)


def number(value: int) -> bytes:
    """An INTEGER."""
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    return tlv(6, *(_base_128(one) for one in (40 * first + second, *rest)))


def _base_128(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))


def _attribute(kind: str, value: bytes) -> bytes:
    return seq(oid(kind), tlv(0x31, value))


def _sign(of: Key, message: bytes) -> tuple[str, bytes]:
    if isinstance(of, rsa.RSAPrivateKey):
        return RSA, of.sign(message, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(of, ed25519.Ed25519PrivateKey):
        return ED25519, of.sign(message)
    return ECDSA_SHA256, of.sign(message, ec.ECDSA(hashes.SHA256()))


@cache
def _default(of: Key) -> x509.Certificate:
    return certificate(of=of)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _raw(one: x509.Certificate) -> bytes:
    return one.public_bytes(serialization.Encoding.DER)
