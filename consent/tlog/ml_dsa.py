"""ML-DSA-44 (FIPS 204), where this machine's cryptography library has it; older ones have not, and check the rest."""

from typing import TYPE_CHECKING, Any

from cryptography.exceptions import UnsupportedAlgorithm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey


def private_key(seed: bytes) -> "MLDSA44PrivateKey":
    """The private key of a seed (32 bytes, FIPS 204, xi). Raises UnsupportedAlgorithm where the library has none."""
    key: MLDSA44PrivateKey = _library().MLDSA44PrivateKey.from_seed_bytes(seed)
    return key


def public_key(public: bytes) -> "MLDSA44PublicKey":
    """The public key of 1,312 bytes.

    Raises:
        UnsupportedAlgorithm: where the library has none. ValueError: these bytes are no key.
    """
    key: MLDSA44PublicKey = _library().MLDSA44PublicKey.from_public_bytes(public)
    return key


def _library() -> Any:
    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa
    except ImportError:
        raise UnsupportedAlgorithm("this cryptography library has no ML-DSA") from None
    return mldsa
