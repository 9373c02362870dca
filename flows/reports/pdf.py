"""A document as a PDF: the same words as its page in HTML, on A4, with its fonts inside."""

import io
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import singledispatchmethod

from fpdf import FPDF

from flows.reports.breaking import broken
from flows.reports.document import (
    Block,
    Bullets,
    Code,
    Document,
    Heading,
    Note,
    PageBreak,
    Picture,
    Run,
    Table,
    Text,
    levelled,
    runs,
)
from flows.reports.fonts import BOLD, MONO, SANS, font_folder, shown

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table of a font that it leaves out

MARGIN_MM = 20.0
BODY_PT, CELL_PT, SMALL_PT, CODE_PT = 9.5, 8.75, 8.25, 7.25
LARGE_PT = 17.0
HEADINGS_PT = {1: 19.0, 2: 13.0, 3: 11.0, 4: 9.5, 5: 9.5, 6: 9.5}
LEADING = 1.42
"""Distance of lines over the size of letters."""
INK, SOFT, LINE, ACCENT, CARD = (34, 41, 46), (91, 102, 109), (217, 213, 204), (31, 78, 91), (245, 244, 240)
GUTTER_MM, CELL_ABOVE_MM = 4.0, 1.2
SPLIT_ROOM_MM = 30.0
"""A row that is taller than a sheet begins on the sheet that is there if so much room is left."""
_MM = 25.4 / 72
_PAGES = "\ue0f0\ue0f1"  # no text of a document can hold it: the font has neither sign

Line = list[Run]


def to_pdf(document: Document, at: datetime | None = None) -> bytes:
    """The document as a PDF.

    Args:
        document: What to print.
        at: Date of the file, aware; the same document and date give the same bytes. None: 1 January 2000.
    Returns:
        A4 pages with numbers, outline, title and language; every font inside. A character that the font lacks
        stands as `flows.reports.fonts.MISSING`.
    """
    page = _Page(document, at or datetime(2000, 1, 1, tzinfo=UTC))
    for block in levelled(document.blocks):
        page.put(block)
    if document.annex:
        for block in (PageBreak(), Heading("Annex", 2, "annex"), *levelled(document.annex, 3)):
            page.put(block)
    return page.data()


class _Sheet(FPDF):
    """Sheets with a running foot: the title, and how many there are."""

    running = ""

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("sans", "", 8)
        self.set_text_color(*SOFT)
        self.cell(self.epw - 30, 5, self.running)
        self.cell(30, 5, f"{self.page_no()} of {_PAGES}", align="R")


def _sheet(title: str, language: str, at: datetime) -> _Sheet:
    sheet = _Sheet(format="A4")
    for name, style, file in (("sans", "", SANS), ("sans", "B", BOLD), ("mono", "", MONO)):
        sheet.add_font(name, style, font_folder() / file)
    sheet.alias_nb_pages(_PAGES)
    sheet.set_margins(MARGIN_MM, 17, MARGIN_MM)
    sheet.set_auto_page_break(False, margin=18)
    sheet.c_margin = 0
    sheet.set_title(title)
    sheet.set_lang(language)
    sheet.set_producer("Chatham")
    sheet.set_creation_date(at)
    sheet.set_font("sans", "", 8)
    sheet.running = title
    while sheet.get_string_width(sheet.running) > sheet.epw - 32:
        sheet.running = sheet.running.rstrip("…")[:-1] + "…"
    return sheet


def _ids(document: Document) -> set[str]:
    ids = {block.id for block in (*document.blocks, *document.annex) if isinstance(block, Heading) and block.id}
    return ids | {"annex"}


class _Page:
    """Puts one block below another; begins a new sheet where one is full."""

    def __init__(self, document: Document, at: datetime) -> None:
        self._pdf = _sheet(shown(document.title), document.language, at)
        self._widths: dict[tuple[str, str, float, str], float] = {}
        self._pdf.add_page()
        self._anchors = {name: self._pdf.add_link() for name in _ids(document)}  # aimed where their headings stand
        self._pdf.start_section(shown(document.title), 0)
        self._words([Run(document.title, strong=True)], HEADINGS_PT[1], ACCENT, leading=1.25)
        if document.subtitle:
            self._words([Run(document.subtitle)], BODY_PT, SOFT)
        self._gap(3)

    def data(self) -> bytes:
        """The finished file."""
        return bytes(self._pdf.output())

    @singledispatchmethod
    def put(self, block: Block) -> None:
        """Put a block below the last one."""
        raise TypeError(f"no block of a document: {type(block).__name__}")

    @put.register
    def _(self, block: Heading) -> None:
        size = HEADINGS_PT[block.level]
        self._gap(4 if block.level == 2 else 2.5)
        self._room(size * _MM * 1.3 + 7 * BODY_PT * _MM * LEADING)  # never alone at the foot, nor with a caption only
        if block.id:
            self._pdf.set_link(self._anchors[block.id], y=self._pdf.y, page=self._pdf.page_no())
        self._pdf.start_section(shown(block.text), block.level - 1)
        self._words([Run(block.text, strong=True)], size, ACCENT if block.level == 2 else INK, leading=1.3)
        self._gap(1.2)

    @put.register
    def _(self, block: Text) -> None:
        self._words(runs(block.text), BODY_PT, INK)
        self._gap(2)

    @put.register
    def _(self, block: Bullets) -> None:
        for item in block.items:
            self._words(runs(item), BODY_PT, INK, left=5, mark="•")
            self._gap(0.7)
        self._gap(1.3)

    @put.register
    def _(self, block: Note) -> None:
        lines = self._broken(runs(block.text), BODY_PT, self._pdf.epw - 11)
        self._gap(1)
        while lines:
            here = max(1, int((self._left() - 5) / (BODY_PT * _MM * LEADING)))
            if here < min(len(lines), 2):
                self._pdf.add_page()
                continue
            self._card(lines[:here])
            lines = lines[here:]
        self._gap(3)

    @put.register
    def _(self, block: Code) -> None:
        # Spaces are kept, so lines break at any character.
        width, size = self._pdf.epw, LARGE_PT if block.large else CODE_PT
        for text in shown(block.text.rstrip("\n"), MONO).split("\n"):
            fits = int(width / self._width(Run("0"), size, "mono"))
            for at in range(0, max(len(text), 1), fits):
                self._line([Run(text[at : at + fits])], size, INK, face="mono")
        self._gap(2)

    @put.register
    def _(self, block: PageBreak) -> None:  # noqa: ARG002 - registered by its type
        if self._pdf.y > self._pdf.t_margin + 1:
            self._pdf.add_page()

    @put.register
    def _(self, block: Picture) -> None:
        from PIL import Image

        pdf, most = self._pdf, self._pdf.eph * 0.9
        with Image.open(io.BytesIO(block.png)) as image:
            shape = image.height / image.width
        width = min(block.width_mm, pdf.epw, most / shape)
        self._room(width * shape + (8 if block.caption else 2))
        pdf.image(
            io.BytesIO(block.png), x=(pdf.w - width) / 2, y=pdf.y, w=width, h=width * shape, alt_text=shown(block.alt)
        )
        pdf.set_y(pdf.y + width * shape + 1.5)
        if block.caption:
            self._words([Run(block.caption)], SMALL_PT, SOFT, centred=True)
        self._gap(3)

    @put.register
    def _(self, block: Table) -> None:
        widths = self._columns(block)
        head = [
            self._broken([Run(cell, strong=True)], CELL_PT, w) for cell, w in zip(block.columns, widths, strict=True)
        ]
        above = len(self._broken([Run(block.caption)], SMALL_PT, self._pdf.epw)) if block.caption else 0
        self._room((4 * CELL_PT + above * SMALL_PT) * _MM * LEADING + self._height(head))
        if block.caption:
            self._words([Run(block.caption)], SMALL_PT, SOFT)
            self._gap(0.5)
        self._row(head, widths, block.numbers, SOFT)
        for cells in block.rows:
            row = [self._broken([Run(cell)], CELL_PT, w) for cell, w in zip(cells, widths, strict=True)]
            self._whole_row(row, head, widths, block.numbers)
        self._gap(4)

    def _whole_row(
        self, row: list[list[Line]], head: list[list[Line]], widths: Sequence[float], numbers: Sequence[int]
    ) -> None:
        """A row with the head above it where a sheet begins; one that is taller than a sheet goes on on the next."""
        while any(row):
            fits_below = self._height(row) > self._pdf.eph - self._height(head) and self._left() > SPLIT_ROOM_MM
            begun = self._pdf.y > self._pdf.t_margin + self._height(head) + 1
            if self._height(row) > self._left() and begun and not fits_below:
                self._pdf.add_page()
                self._row(head, widths, numbers, SOFT)
            here = max(1, int((self._left() - 2 * CELL_ABOVE_MM) / (CELL_PT * _MM * LEADING)))
            self._row([cell[:here] for cell in row], widths, [n for n in numbers if n > 0], INK)
            row = [cell[here:] for cell in row]

    def _row(
        self, row: list[list[Line]], widths: Sequence[float], numbers: Sequence[int], colour: tuple[int, ...]
    ) -> None:
        pdf, top, left = self._pdf, self._pdf.y, self._pdf.l_margin
        for column, (lines, width) in enumerate(zip(row, widths, strict=True)):
            pdf.set_y(top + CELL_ABOVE_MM)
            for line in lines:
                free = width - sum(self._width(run, CELL_PT) for run in line)
                self._line(line, CELL_PT, colour, left=left - pdf.l_margin + (free if column in numbers else 0))
            left += width + GUTTER_MM
        pdf.set_y(top + self._height(row))
        pdf.set_draw_color(*LINE)
        pdf.set_line_width(0.2 if colour == INK else 0.45)
        pdf.line(pdf.l_margin, pdf.y, pdf.l_margin + pdf.epw, pdf.y)

    def _height(self, row: list[list[Line]]) -> float:
        return max((len(lines) for lines in row), default=1) * CELL_PT * _MM * LEADING + 2 * CELL_ABOVE_MM

    def _columns(self, table: Table) -> list[float]:
        """Widths in mm that fill the sheet: each column's longest word, and of what is left more for who says more."""
        free = self._pdf.epw - GUTTER_MM * (len(table.columns) - 1)
        least, wanted = [], []
        for column, heading in enumerate(table.columns):
            cells = [heading, *(row[column] for row in table.rows)]
            words = {word for cell in cells for word in shown(cell).replace("-", "- ").split()}
            least.append(
                min(max((self._width(Run(word, strong=True), CELL_PT) for word in words), default=1), free / 3)
            )
            wanted.append(max(self._width(Run(shown(cell), strong=True), CELL_PT) for cell in cells) + 1)
        if sum(wanted) <= free:
            return [one * free / sum(wanted) for one in wanted]
        spare = max(free - sum(least), 0)
        more = [max(want - need, 0.01) ** 0.6 for want, need in zip(wanted, least, strict=True)]
        scale = min(1.0, free / sum(least))
        return [need * scale + spare * extra / sum(more) for need, extra in zip(least, more, strict=True)]

    def _card(self, lines: list[Line]) -> None:
        pdf = self._pdf
        height = len(lines) * BODY_PT * _MM * LEADING + 5
        pdf.set_fill_color(*CARD)
        pdf.rect(pdf.l_margin, pdf.y, pdf.epw, height, style="F")
        pdf.set_fill_color(*ACCENT)
        pdf.rect(pdf.l_margin, pdf.y, 1.2, height, style="F")
        pdf.set_y(pdf.y + 2.5)
        for line in lines:
            self._line(line, BODY_PT, INK, left=6)
        pdf.set_y(pdf.y + 2.5)

    def _words(
        self,
        paragraph: Sequence[Run],
        size: float,
        colour: tuple[int, ...],
        *,
        left: float = 0,
        mark: str = "",
        leading: float = LEADING,
        centred: bool = False,
    ) -> None:
        for number, line in enumerate(self._broken(paragraph, size, self._pdf.epw - left)):
            free = self._pdf.epw - sum(self._width(run, size) for run in line)
            if mark and not number:
                self._room(size * _MM * leading)
                self._line([Run(mark)], size, ACCENT, left=0.8, leading=leading)
                self._gap(-size * _MM * leading)
            self._line(line, size, colour, left=free / 2 if centred else left, leading=leading)

    def _line(
        self,
        line: Line,
        size: float,
        colour: tuple[int, ...],
        *,
        left: float = 0,
        leading: float = LEADING,
        face: str = "sans",
    ) -> None:
        pdf, height = self._pdf, size * _MM * leading
        self._room(height)
        pdf.set_x(pdf.l_margin + left)
        for run in line:
            pdf.set_font(face, "B" if run.strong else "", size)
            pdf.set_text_color(*(ACCENT if run.href else colour))
            pdf.cell(pdf.get_string_width(run.words), height, run.words, link=self._target(run.href))
        pdf.set_xy(pdf.l_margin, pdf.y + height)

    def _broken(self, paragraph: Sequence[Run], size: float, most: float) -> list[Line]:
        safe = [run._replace(words=shown(run.words, BOLD if run.strong else SANS)) for run in paragraph]
        return broken(safe, most, lambda run: self._width(run, size))

    def _width(self, run: Run, size: float, face: str = "sans") -> float:
        key = (face, "B" if run.strong else "", size, run.words)
        if key not in self._widths:
            self._pdf.set_font(*key[:3])
            self._widths[key] = self._pdf.get_string_width(run.words)
        return self._widths[key]

    def _target(self, href: str) -> str | int:
        return self._anchors.get(href[1:], "") if href.startswith("#") else href

    def _left(self) -> float:
        return float(self._pdf.h - self._pdf.b_margin - self._pdf.y)

    def _room(self, height: float) -> None:
        if height > self._left() and self._pdf.y > self._pdf.t_margin + 1:
            self._pdf.add_page()

    def _gap(self, height: float) -> None:
        if self._pdf.y > self._pdf.t_margin + 0.1 or height < 0:
            self._pdf.set_y(self._pdf.y + height)
