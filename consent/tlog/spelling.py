"""Base64 and decimal numbers of the log's text formats: exactly one spelling of each value passes."""

import base64
import binascii
import re

from schemas.errors import BadInput

HASH_BYTES = 32
"""Length of a SHA-256 hash."""
MAX_NUMBER = 2**63 - 1
"""The largest size, index or time: other programs hold them in a signed 64-bit number."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def malformed(what: str) -> BadInput:
    """The error for bytes that are not in the form they should have. ``what`` never quotes them."""
    return BadInput(what, hint="Ask whoever gave you this file for a fresh copy: this one was cut short or changed.")


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648, section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str, what: str) -> bytes:
    """The bytes that ``text`` spells.

    Args:
        text: Standard base64 with padding.
        what: Names the value, for the message.
    Raises:
        BadInput: for any spelling but the one ``to_base64`` gives.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise malformed(f"{what} is not base64") from None
    if to_base64(data) != text:
        raise malformed(f"{what} is not base64 in its one canonical spelling")
    return data


def hash_from_base64(text: str, what: str) -> bytes:
    """As ``from_base64``, for a SHA-256 hash: 32 bytes."""
    return checked_hash(from_base64(text, what), what)


def checked_hash(data: bytes, what: str) -> bytes:
    """``data`` itself, where it is as long as a hash.

    Raises:
        BadInput: where it is not 32 bytes.
    """
    if len(data) != HASH_BYTES:
        raise malformed(f"{what} is {len(data)} bytes long; a hash is {HASH_BYTES}")
    return data


def from_decimal(text: str, what: str) -> int:
    """The number that ``text`` spells in ASCII digits without leading zeros, 0 to 2**63 - 1.

    Raises:
        BadInput: for any other spelling, and for a larger number.
    """
    # int() would take other alphabets' digits, signs, spaces and underscores, and fail on very long ones.
    if _DECIMAL.fullmatch(text) is None or int(text) > MAX_NUMBER:
        raise malformed(f"{what} is not a whole number from 0 to 2**63 - 1 without leading zeros")
    return int(text)


def as_kept(data: bytes) -> bytes:
    """A key, seal or receipt as it was given out, without what editors and mail programs of some systems do to text."""
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return lines if not lines or lines.endswith(b"\n") else lines + b"\n"
