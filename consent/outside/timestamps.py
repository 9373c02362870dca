"""Time stamps of RFC 3161: what an authority says it saw, and when, checked against its own signature.

The reply's structure is read with ``consent.outside.der``; signatures and certificates are pyca/cryptography's.
Whatever is signed is compared with what was stamped; whatever is not signed decides nothing.
"""

import hashlib
import hmac
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from consent.outside import der
from consent.outside.der import Element, refuse
from schemas.errors import BadInput

MOST_BYTES = 1 << 20
"""No reply is longer; most have 2 to 8 kB."""
_MOST_STEPS = 8
"""Certificates between the authority's own and the one that is trusted."""

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12"
_SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
_SINGLE = {_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2}
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HASH_OF_SIGNATURE = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_RSA = "1.2.840.113549.1.1.1"
_ED25519 = "1.3.101.112"
_PYCA: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True)
class Timestamp:
    """What a time stamp authority signed: the hash of what it was shown, and when."""

    algorithm: str
    """``sha256``, ``sha384`` or ``sha512``."""
    imprint: bytes
    """Hash of what was stamped."""
    at: datetime
    """UTC, whole seconds."""
    by: str
    """The authority's name as its certificate has it."""
    vouched_by: str | None
    """Name of the trusted certificate it leads to; None where no such certificate was given."""

    def is_of(self, data: bytes) -> bool:
        """Whether ``data`` is what was stamped."""
        return hmac.compare_digest(hashlib.new(self.algorithm, data).digest(), self.imprint)


class _Signer(NamedTuple):
    """A SignerInfo (RFC 5652, section 5.3)."""

    sid: Element
    digest: str
    signed_attributes: Element
    algorithm: str
    signature: bytes


def check_timestamp(reply: bytes, trusted: Sequence[x509.Certificate] = ()) -> Timestamp:
    """Check a TimeStampResp: granted, signed over its content by the certificate inside, at a time that one was valid.

    Args:
        reply: DER, as the authority sent it.
        trusted: Certificates of authorities; where given, the signer's must lead to one of them.
    Raises:
        BadInput: where anything of it is not so. What the time stamp is *of* is for the caller: ``Timestamp.is_of``.
    """
    if len(reply) > MOST_BYTES:
        refuse("it is far too long")
    try:
        return _check(reply, trusted)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        refuse("a part of it cannot be read")


def _check(reply: bytes, trusted: Sequence[x509.Certificate]) -> Timestamp:
    info, certificates, signer = _open_reply(reply)
    certificate = _certificate_of(signer, certificates)
    _check_signature(signer, certificate, info)
    algorithm, imprint, at = _read_info(info)
    _check_purpose(certificate, at)
    vouched_by = _vouched_by(certificate, certificates, trusted, at) if trusted else None
    return Timestamp(algorithm, imprint, at, _name(certificate), vouched_by)


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file, or the one of a DER file; BadInput where there is none."""
    found = _load(data, x509.load_pem_x509_certificates if b"-----BEGIN" in data else _load_der)
    if not found:
        raise BadInput("the file holds no certificate", hint="Give the authority's certificate as PEM (.pem, .crt).")
    return found


def _open_reply(reply: bytes) -> tuple[bytes, list[x509.Certificate], _Signer]:
    """TSTInfo, embedded certificates and the one signer of a granted reply (RFC 3161, section 2.4.2)."""
    status, *token = _fields(der.read(reply), 1)
    if _fields(status, 1)[0].integer() not in (0, 1) or len(token) != 1:
        refuse("the authority did not grant it")
    kind, content, *_ = _fields(token[0], 2)
    if kind.oid() != _SIGNED_DATA:
        refuse("it is not signed")
    signed = _fields(_only(content, der.CONTEXT | der.CONSTRUCTED), 5, 6)
    encapsulated = _fields(signed[2], 2)
    if signed[0].integer() != 3 or encapsulated[0].oid() != _TST_INFO:
        refuse("what is signed is no time stamp")
    info = _only(encapsulated[1], der.CONTEXT | der.CONSTRUCTED).expect(der.OCTET_STRING).content
    inside = signed[3].expect(der.CONTEXT | der.CONSTRUCTED).parts()
    certificates = [certificate for one in inside for certificate in _load(one.raw, _load_der)]
    return info, certificates, _read_signer(_only(signed[-1], der.SET))


def _read_signer(element: Element) -> _Signer:
    version, sid, digest, attributes, algorithm, signature, *_ = _fields(element, 6)
    if version.integer() not in (1, 3):
        refuse("its signature is of an unknown version")
    return _Signer(
        sid,
        _hash_name(digest),
        attributes.expect(der.CONTEXT | der.CONSTRUCTED),
        _fields(algorithm, 1)[0].oid(),
        signature.expect(der.OCTET_STRING).content,
    )


def _read_info(data: bytes) -> tuple[str, bytes, datetime]:
    """Hash algorithm, hash and time of a TSTInfo."""
    version, policy, imprint, serial, at, *_ = _fields(der.read(data), 5)
    policy.oid()
    serial.integer()
    if version.integer() != 1:
        refuse("it is of an unknown version")
    algorithm, digest = _fields(imprint, 2)
    name = _hash_name(algorithm)
    value = digest.expect(der.OCTET_STRING).content
    if len(value) != hashlib.new(name).digest_size:
        refuse("its hash has another length than its kind has")
    return name, value, at.time()


def _certificate_of(signer: _Signer, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The embedded certificate that the signed attributes name by its hash (RFC 5035) and the signer by its issuer."""
    named = _signing_certificate(_attributes(signer))
    for certificate in certificates:
        raw = certificate.public_bytes(serialization.Encoding.DER)
        if hashlib.new(named[0], raw).digest() == named[1]:
            if not _is_named(signer.sid, certificate):
                refuse("it names two certificates")
            return certificate
    refuse("the authority's certificate is not inside (ask with the option -cert)")


def _signing_certificate(attributes: dict[str, Element]) -> tuple[str, bytes]:
    """Hash algorithm and hash by which the signed attributes name the signer's certificate."""
    second, first = attributes.get(_SIGNING_CERTIFICATE_V2), attributes.get(_SIGNING_CERTIFICATE)
    value = second or first or refuse("it does not say which certificate signed it")
    named = _fields(_fields(_fields(value, 1)[0], 1)[0], 1)
    if second is None:
        return "sha1", named[0].expect(der.OCTET_STRING).content
    if named[0].tag == der.OCTET_STRING:  # the default algorithm is left out
        return "sha256", named[0].content
    if len(named) < 2:
        refuse("it does not say which certificate signed it")
    return _hash_name(named[0]), named[1].expect(der.OCTET_STRING).content


def _is_named(sid: Element, certificate: x509.Certificate) -> bool:
    """Whether a SignerIdentifier means this certificate."""
    if sid.tag == der.SEQUENCE:
        issuer, serial = _fields(sid, 2)
        return issuer.raw == certificate.issuer.public_bytes() and serial.integer() == certificate.serial_number
    try:
        key_id = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, ValueError):
        return False
    return sid.tag == der.CONTEXT and sid.content == key_id


def _check_signature(signer: _Signer, certificate: x509.Certificate, info: bytes) -> None:
    """The signed attributes speak of this content, and the certificate's key signed them (RFC 5652, section 5.4)."""
    attributes = _attributes(signer)
    kind, digest = attributes.get(_CONTENT_TYPE), attributes.get(_MESSAGE_DIGEST)
    if kind is None or kind.oid() != _TST_INFO or digest is None:
        refuse("its signature speaks of something else")
    if digest.expect(der.OCTET_STRING).content != hashlib.new(signer.digest, info).digest():
        refuse("its content is not what was signed")
    # They are signed with the tag of a SET, and stand in the reply under a tag of their own.
    message = bytes([der.SET]) + signer.signed_attributes.raw[1:]
    try:
        _verify(certificate, signer, message)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        refuse("its signature does not hold")


def _verify(certificate: x509.Certificate, signer: _Signer, message: bytes) -> None:
    key = certificate.public_key()
    if isinstance(key, ed25519.Ed25519PublicKey) and signer.algorithm == _ED25519:
        key.verify(signer.signature, message)
        return
    name = signer.digest if signer.algorithm == _RSA else _HASH_OF_SIGNATURE.get(signer.algorithm)
    if name is None:
        refuse("its kind of signature is not known here")
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signer.signature, message, padding.PKCS1v15(), _PYCA[name])
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signer.signature, message, ec.ECDSA(_PYCA[name]))
    else:
        refuse("its kind of key is not known here")


def _check_purpose(certificate: x509.Certificate, at: datetime) -> None:
    """The certificate is for time stamps and nothing else (RFC 3161, section 2.3), and was valid at that time."""
    try:
        purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        refuse("its certificate is not for time stamps")
    if not purpose.critical or list(purpose.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        refuse("its certificate is not for time stamps alone")
    if not _valid(certificate, at):
        refuse("its certificate was not valid at the time it says")


def _vouched_by(
    certificate: x509.Certificate, others: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], at: datetime
) -> str:
    """Name of the trusted certificate that ``certificate`` leads to, by certificates that were valid at the time."""
    current = certificate
    for _ in range(_MOST_STEPS):
        for anchor in trusted:
            if current == anchor or (_is_authority(anchor) and _issued(current, anchor) and _valid(anchor, at)):
                return _name(anchor)
        above = [one for one in others if one != current and _is_authority(one) and _issued(current, one)]
        if not above or not _valid(above[0], at):
            break
        current = above[0]
    refuse("its certificate does not lead to the one you trust")


def _issued(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False


def _valid(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _attributes(signer: _Signer) -> dict[str, Element]:
    """The signed attributes by identifier; each has one value and stands once."""
    found: dict[str, Element] = {}
    for attribute in signer.signed_attributes.parts():
        kind, values = _fields(attribute, 2)
        if kind.oid() in found:
            refuse("it says one thing twice")
        inner = values.expect(der.SET).parts()
        if kind.oid() in _SINGLE and len(inner) != 1:
            refuse("it says one thing twice")
        if inner:
            found[kind.oid()] = inner[0]
    return found


def _fields(element: Element, least: int, most: int | None = None) -> list[Element]:
    """The members of a SEQUENCE that has at least ``least``, at most ``most``."""
    parts = element.expect(der.SEQUENCE).parts()
    if len(parts) < least or (most is not None and len(parts) > most):
        refuse("a part has too few or too many members")
    return parts


def _only(element: Element, tag: int) -> Element:
    parts = element.expect(tag).parts()
    return parts[0] if len(parts) == 1 else refuse("a part has too few or too many members")


def _hash_name(algorithm: Element) -> str:
    oid = _fields(algorithm, 1, 2)[0].oid()
    return _HASHES.get(oid) or refuse("its kind of hash is not SHA-256, SHA-384 or SHA-512")


def _load(data: bytes, how: Callable[[bytes], list[x509.Certificate]]) -> list[x509.Certificate]:
    """Certificates; none where they are of another kind or cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old habits of other authorities' certificates, none of which is trusted here
        try:
            return how(data)
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
            return []


def _load_der(data: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(data)]


def _name(certificate: x509.Certificate) -> str:
    """A readable name, cut short, without control characters; what a certificate calls itself proves nothing."""
    try:
        found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        text = str(found[0].value) if found else certificate.subject.rfc4514_string()
    except ValueError:
        text = ""
    return "".join(c for c in text if c.isprintable())[:100] or "an authority without a name"
