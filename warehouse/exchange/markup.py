"""Writes XML of the same bytes for the same content, and reads XML that others wrote: safely, one part at a time."""

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from io import StringIO
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from schemas.errors import BadInput

_UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even as a reference."""


class Markup:
    """An XML document that is being written.

    Args:
        root: Name of the outermost element.
        attributes: Of the outermost element; None leaves one out.
    """

    def __init__(self, root: str, attributes: Mapping[str, str | None]) -> None:
        self._written = StringIO()
        self._written.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        self._root = root
        self.open(root, attributes)

    def open(self, name: str, attributes: Mapping[str, str | None]) -> None:
        """Begin an element."""
        self._written.write(f"<{name}{_attributes(attributes)}>")

    def close(self, name: str) -> None:
        """End the element that was begun last."""
        self._written.write(f"</{name}>\n")

    def empty(self, name: str, attributes: Mapping[str, str | None]) -> None:
        """An element that holds nothing."""
        self._written.write(f"<{name}{_attributes(attributes)}/>\n")

    def text(self, name: str, text: str) -> None:
        """An element that holds text; none where there is no text."""
        if text:
            self._written.write(f"<{name}>{escape(_readable(text), {chr(13): '&#13;'})}</{name}>\n")

    def finished(self) -> bytes:
        """The whole document, UTF-8 without a BOM; nothing can be written after it."""
        self.close(self._root)
        return self._written.getvalue().encode()


def _attributes(attributes: Mapping[str, str | None]) -> str:
    given = ((name, value) for name, value in attributes.items() if value is not None)
    return "".join(f" {name}={quoteattr(_readable(value))}" for name, value in given)


def _readable(text: str) -> str:
    return _UNREADABLE.sub("�", text)


Take = Callable[[Element, str, int], None]
"""Called with a part, its tags without their name space; the tag that it stands in; and the line on which it begins."""


class Reader:
    """Reads an XML document and hands over each of its parts as soon as it ends, so that it is never whole in memory.

    Args:
        file: What the document is called in an error.
        parts: Tags of the elements that are handed over with all they hold; one inside another belongs to that.
        take: Gets each part.
        entered: Gets the tag and the attributes of every element outside of parts, as it begins.
    """

    def __init__(
        self, file: str, parts: Collection[str], take: Take, entered: Callable[[str, Mapping[str, str], int], None]
    ) -> None:
        self._file, self._parts, self._take, self._entered = file, frozenset(parts), take, entered
        self._depth = 0
        self._line = 1
        self._builder = TreeBuilder()
        self._above: list[str] = []
        # The name space is checked by the caller, at the outermost element.
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, data: bytes) -> None:
        """Read the whole document.

        Raises:
            BadInput: It is no XML, or declares a document type or entities, with which a small file could grow without
                end or reach for other files.
        """
        failed: expat.ExpatError | None = None
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            failed = error
        except (ValueError, LookupError):  # an encoding that Python does not know
            raise BadInput(
                f"{self._file} is in an encoding that cannot be read", hint="Export the project again, as UTF-8."
            ) from None
        if failed is not None:
            raise BadInput(
                f"{self._file}, line {failed.lineno}, column {failed.offset + 1}: this is no XML",
                hint="Export the project again in the program that made it.",
            )

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self._parser.CurrentLineNumber

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if self._depth or tag in self._parts:
            if not self._depth:
                self._builder = TreeBuilder()
                self._line = self.line
            self._depth += 1
            self._builder.start(tag, attributes)
        else:
            self._above.append(tag)
            self._entered(name, attributes, self.line)

    def _end(self, name: str) -> None:
        if self._depth:
            self._builder.end(name.rpartition(" ")[2])
            self._depth -= 1
            if not self._depth:
                self._take(self._builder.close(), self._above[-1] if self._above else "", self._line)
        else:
            self._above.pop()

    def _text(self, text: str) -> None:
        if self._depth:
            self._builder.data(text)

    def _doctype(self, *_: object) -> NoReturn:
        raise BadInput(
            f"{self._file}, line {self.line}: a document type is declared, which no exchanged project needs",
            hint="Nothing of it was read. Export the project again in the program that made it.",
        )


def children(element: Element, tag: str) -> list[Element]:
    """The elements with this tag right under ``element``."""
    return [child for child in element if child.tag == tag]


def text_of(element: Element, tag: str) -> str:
    """The text of the first element with this tag right under ``element``; blank where there is none."""
    with suppress(StopIteration):
        return (next(child for child in element if child.tag == tag).text or "").strip()
    return ""
