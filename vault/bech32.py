"""Bech32 (BIP 173) without its length limit: how age writes recipients and identities as text."""

from collections.abc import Iterable

from schemas.errors import BadInput

_CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CHECKSUM = 6


def encode(prefix: str, data: bytes) -> str:
    """Write ``data`` after a human-readable prefix.

    Args:
        prefix: Lower-case letters, ``age`` or ``age-secret-key-``.
        data: Any bytes; 32 for age keys.
    Returns:
        Lower-case text ``<prefix>1<data><checksum>`` (BIP 173).
    """
    groups = _regroup(data, 8, 5, pad=True)
    residue = _polymod([*_expand(prefix), *groups, *[0] * _CHECKSUM]) ^ 1
    checksum = [(residue >> 5 * (_CHECKSUM - 1 - place)) & 31 for place in range(_CHECKSUM)]
    return prefix + "1" + "".join(_CHARSET[group] for group in [*groups, *checksum])


def decode(prefix: str, text: str) -> bytes:
    """Read what ``encode`` wrote.

    Args:
        prefix: The prefix it must have, lower case.
        text: All lower case or all upper case.
    Returns:
        The bytes.
    Raises:
        BadInput: Another prefix, a mistyped character, a wrong checksum. The text, maybe secret, is not repeated.
    """
    lowered = text.lower()
    head, _, tail = lowered.rpartition("1")
    well_formed = text in (lowered, text.upper()) and head == prefix and set(tail) <= set(_CHARSET)
    groups = [_CHARSET.index(char) for char in tail] if well_formed else []
    if len(groups) < _CHECKSUM or _polymod([*_expand(prefix), *groups]) != 1:
        raise BadInput(f"this is no key of the form {prefix}1…", hint="Copy the whole line again, without spaces.")
    return bytes(_regroup(groups[:-_CHECKSUM], 5, 8, pad=False))


def _expand(prefix: str) -> list[int]:
    return [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]


def _polymod(values: Iterable[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            check ^= generator if top >> place & 1 else 0
    return check


def _regroup(values: Iterable[int], width: int, to: int, *, pad: bool) -> list[int]:
    """Cut groups of ``width`` bits into groups of ``to`` bits."""
    stock, bits, out = 0, 0, []
    for value in values:
        stock, bits = stock << width | value, bits + width
        while bits >= to:
            bits -= to
            out.append(stock >> bits & (1 << to) - 1)
    left = stock & (1 << bits) - 1
    if pad and bits:
        out.append(left << (to - bits) & (1 << to) - 1)
    elif not pad and (bits >= width or left):
        raise BadInput("this key is not written canonically", hint="Copy the whole line again, without spaces.")
    return out
