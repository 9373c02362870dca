"""The text of a .docx, with the standard library only and nothing expanded that the file defines itself."""

import io
import zipfile
from xml.parsers import expat

from schemas.errors import BadInput
from transcription.formats.text import HINT

LONGEST_BYTES = 64 << 20
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "


def paragraphs(data: bytes) -> str:
    """Text of a Word document: one line per paragraph or line break.

    Raises:
        BadInput: not a Word document, too large, or with a document type of its own (a known attack).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("word/document.xml") as file:
            body = file.read(LONGEST_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise _not_word() from None
    if len(body) > LONGEST_BYTES:
        raise _not_word()
    return _text(body)


def refuse_document_type(parser: expat.XMLParserType) -> None:
    """Make ``parser`` stop at a document type declaration, so that no entity is ever defined."""

    def refuse(*_parts: object) -> None:
        raise BadInput("the transcript's XML defines its own document type, which is not read", hint=HINT)

    parser.StartDoctypeDeclHandler = refuse


def _text(body: bytes) -> str:
    lines: list[str] = []
    inside: list[str] = []

    def start(tag: str, _attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == WORD + "p" or (tag in (WORD + "br", WORD + "cr") and lines):
            lines.append("")
        elif tag == WORD + "tab" and lines and WORD + "r" in inside:
            lines[-1] += "\t"

    def characters(text: str) -> None:
        if inside and inside[-1] == WORD + "t" and lines:
            lines[-1] += text

    parser = expat.ParserCreate(namespace_separator=" ")
    refuse_document_type(parser)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: inside.pop()
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise _not_word() from None
    return "\n".join(lines)


def _not_word() -> BadInput:
    return BadInput("the transcript is not a Word document that can be read", hint=HINT)
