"""A small document: blocks that are told once and printed as HTML and as PDF with the same words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

_MARKS = re.compile(
    r"\\(?P<literal>[\\*\[])|\*\*(?P<strong>(?:\\[\\*\[]|[^*\\])+)\*\*"
    r"|\[(?P<words>[^\[\]]+)\]\((?P<href>#[A-Za-z0-9_-]+|(?:https://|mailto:|tel:)[^\s()<>\"]+)\)"
)


@dataclass(frozen=True)
class Heading:
    """A heading. ``id`` is its anchor, which another block's ``[words](#id)`` may point at; blank: none."""

    text: str
    level: int = 2
    """2 (a section) to 4; the document's title is the only heading of level 1."""
    id: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph.

    ``**words**`` are strong; ``[words](#id)`` is a link, which may also lead to an address with https, mailto or tel;
    all else stands as typed. Words that somebody else wrote go through `literal` first.
    """

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of short texts, with the same marks as `Text`."""

    items: Sequence[str]


@dataclass(frozen=True)
class Table:
    """A table with a line of column headings; in every row the first cell is the heading of its row. No marks."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    numbers: Sequence[int] = ()
    """Columns (from 0) that hold numbers, and are set to the right."""


@dataclass(frozen=True)
class Picture:
    """A picture: ``svg`` for HTML, ``png`` for PDF, and ``alt``, the same in words for who cannot see it."""

    svg: str
    png: bytes
    caption: str
    alt: str
    width_mm: float = 160.0
    """How wide it is printed; on a narrow screen it shrinks."""


@dataclass(frozen=True)
class Note:
    """A paragraph that stands apart, in a frame. Marks as in `Text`."""

    text: str


@dataclass(frozen=True)
class Code:
    """Characters for a machine or a careful reader: a key, a seal. Line ends are kept, and long lines break."""

    text: str
    large: bool = False
    """Whether somebody will copy it by hand."""


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a new page where there are pages."""


Block: TypeAlias = Heading | Text | Bullets | Table | Picture | Note | Code | PageBreak


@dataclass(frozen=True)
class Document:
    """What is printed: ``blocks``, and under a heading of its own the ``annex``, which holds what is technical."""

    title: str
    language: str = "en"
    """BCP 47 tag of the document's words."""
    blocks: Sequence[Block] = field(default_factory=list)
    annex: Sequence[Block] = field(default_factory=list)
    subtitle: str = ""
    """A line under the title: the study, the date."""


class Run(NamedTuple):
    """Words of a paragraph that look alike."""

    words: str
    strong: bool = False
    href: str = ""


def literal(words: str) -> str:
    """``words`` for a block that knows marks, so that they stand there exactly as they are."""
    return re.sub(r"([\\*\[])", r"\\\1", words)


def runs(text: str) -> list[Run]:
    """A paragraph's words, taken apart at its marks."""
    joined: list[Run] = []
    for run in _runs(text):
        if joined and joined[-1][1:] == run[1:]:
            joined[-1] = joined[-1]._replace(words=joined[-1].words + run.words)
        elif run.words:
            joined.append(run)
    return joined


def levelled(blocks: Sequence[Block], first: int = 2) -> list[Block]:
    """The blocks, their headings so that none is more than one level below the one before it.

    Args:
        first: The highest level among them, 2 or 3; every heading goes down by as much as this is more than 2.
    """
    out: list[Block] = []
    above = first - 1
    for block in blocks:
        if isinstance(block, Heading):
            above = min(max(block.level + first - 2, first), above + 1, 6)
            block = Heading(block.text, above, block.id)
        out.append(block)
    return out


def _runs(text: str) -> Iterator[Run]:
    at = 0
    for found in _MARKS.finditer(text):
        yield Run(text[at : found.start()])
        if found["literal"]:
            yield Run(found["literal"])
        elif found["strong"]:
            yield Run(re.sub(r"\\([\\*\[])", r"\1", found["strong"]), strong=True)
        else:
            yield Run(found["words"], href=found["href"])
        at = found.end()
    yield Run(text[at:])
