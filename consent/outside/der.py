"""Reads DER (X.690), strictly and no more of it than time stamps need: tag, length, value, and nothing left over."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from schemas.errors import BadInput

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x02, 0x03, 0x04, 0x05, 0x06
GENERALIZED_TIME = 0x18
SEQUENCE, SET = 0x30, 0x31
CONTEXT, CONSTRUCTED = 0x80, 0x20


@dataclass(frozen=True)
class Element:
    """One value: its tag byte, its content, and the whole as it stood."""

    tag: int
    content: bytes
    raw: bytes

    def parts(self) -> list["Element"]:
        """What a SEQUENCE, a SET or an explicit tag holds; BadInput where that is not whole values."""
        if not self.tag & CONSTRUCTED:
            refuse("a value that should hold others holds none")
        return list(_elements(self.content))

    def expect(self, tag: int) -> "Element":
        """The same element; BadInput where its tag is another than ``tag``."""
        return self if self.tag == tag else refuse("a value is of another kind than the standard says")

    def integer(self) -> int:
        """The whole number of an INTEGER, in its shortest form."""
        digits = self.expect(INTEGER).content
        if not digits or (len(digits) > 1 and (digits[0], digits[1] >> 7) in {(0, 0), (0xFF, 1)}):
            refuse("a number is not in its shortest form")
        return int.from_bytes(digits, "big", signed=True)

    def oid(self) -> str:
        """An OBJECT IDENTIFIER in dotted decimals."""
        numbers = _base_128(self.expect(OID).content)
        first = min(numbers[0] // 40, 2)
        return ".".join(str(number) for number in (first, numbers[0] - 40 * first, *numbers[1:]))

    def time(self) -> datetime:
        """A GeneralizedTime in UTC; fractions of a second are cut off."""
        text = self.expect(GENERALIZED_TIME).content
        whole, _, fraction = text.removesuffix(b"Z").partition(b".")
        if not text.endswith(b"Z") or len(whole) != 14 or not whole.isdigit() or (fraction and not fraction.isdigit()):
            refuse("a time is not in UTC or not in the standard's form")
        try:
            return datetime.strptime(whole.decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            refuse("a time is no day of the calendar")


def read(data: bytes) -> Element:
    """The one value that ``data`` holds from its first byte to its last.

    Raises:
        BadInput: where it is no DER, or something follows.
    """
    elements = list(_elements(data))
    return elements[0] if len(elements) == 1 else refuse("it is not one whole value")


def refuse(what: str) -> NoReturn:
    """Raise the BadInput of a time stamp that is not what it should be."""
    raise BadInput(
        f"this is no time stamp that can be checked: {what}",
        hint="Ask the time stamp authority again; the file is its binary reply (.tsr), unchanged.",
    )


def _elements(data: bytes) -> Iterator[Element]:
    at = 0
    while at < len(data):
        start, tag = at, data[at]
        if tag & 0x1F == 0x1F:
            refuse("a tag is longer than the standard uses")
        length, at = _length(data, at + 1)
        if length > len(data) - at:
            refuse("it ends too early")
        yield Element(tag, data[at : at + length], data[start : at + length])
        at += length


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A length in its shortest form, and where the content begins."""
    first = data[at] if at < len(data) else 0x80
    if first < 0x80:
        return first, at + 1
    count = first & 0x7F
    digits = data[at + 1 : at + 1 + count]
    value = int.from_bytes(digits, "big")
    if not 1 <= count <= 4 or len(digits) < count or value < 0x80 or digits[0] == 0:
        refuse("a length is not in its shortest form")
    return value, at + 1 + count


def _base_128(content: bytes) -> list[int]:
    numbers, value = [], 0
    for byte in content:
        if value == 0 and byte == 0x80:
            refuse("an identifier is not in its shortest form")
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    if not content or content[-1] & 0x80:
        refuse("an identifier ends too early")
    return numbers
