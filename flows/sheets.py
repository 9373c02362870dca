"""Spreadsheets as people have them: comma or semicolon, with a BOM or without, or .xlsx."""

import csv
import io
import lzma
import struct
import zipfile
import zlib
from datetime import datetime, time
from pathlib import Path

from schemas.errors import BadInput
from schemas.named import reading_named, require_content

Row = tuple[int, dict[str, str]]
"""Line number in the file (the header is line 1), and column name to trimmed text."""

_LIMIT_BYTES = 50 * 1024 * 1024
csv.field_size_limit(_LIMIT_BYTES)  # a whole writing may stand in one cell
_NOT_A_WORKBOOK = (
    *(zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError, EOFError, OSError),
    *(SyntaxError, RuntimeError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, AssertionError),
)
"""What zip and XML parsers and openpyxl raise on a damaged file: ``ElementTree.ParseError`` is a ``SyntaxError``, a
locked or too new archive a ``RuntimeError``."""


def read_sheet(path: Path, *, required: tuple[str, ...], known: tuple[str, ...] | None = None) -> list[Row]:
    """Read a table with a header line.

    Args:
        path: ``.csv`` (UTF-8, UTF-16 with a BOM, or Windows-1252; comma, semicolon or tab) or ``.xlsx`` (first sheet).
        required: Columns that must be there.
        known: All columns that may be there; None allows any.
    Returns:
        The rows that are not blank, in file order. Column names are lower-cased.
    Raises:
        BadInput: no such file, not a table, an unknown, doubled or missing column, a row longer than its header, or
            no row at all.
    """
    data = read_bytes(path)
    table = _xlsx(data) if data[:2] == b"PK" else _csv(data)
    if not table:
        named = f": {', '.join(required)}, ..." if required else "."
        raise BadInput("the table is empty", hint=f"Its first line must name the columns{named}")
    header = [name.strip().lower() for name in table[0][1]]
    while header and not header[-1]:
        header.pop()
    _check_header(header, required, known)
    rows = [(line, _row(line, header, cells)) for line, cells in table[1:] if any(cell.strip() for cell in cells)]
    if not rows:
        raise BadInput("the table has a header and no rows", hint="Check that it was saved whole.")
    return rows


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that was named on the command line.

    Raises:
        BadInput: it is not there, is no file, is empty, is too large or may not be read.
    """
    with reading_named():
        if path.stat().st_size > _LIMIT_BYTES:
            raise BadInput("the file is larger than 50 MB", hint="Check that it is the file you meant.")
        data = path.read_bytes()
    require_content(data)
    return data


def decode(data: bytes) -> str:
    """Text of a file that people saved: UTF-8, UTF-16 with a BOM, else Windows-1252."""
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise BadInput("the file is no text in UTF-8", hint="Save it as CSV UTF-8, or as .xlsx.")


def _csv(data: bytes) -> list[tuple[int, list[str]]]:
    text = decode(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if rows or any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error:
        raise BadInput(
            f"line {line} is not a table row (a quotation mark is not closed)",
            hint='Put text with quotation marks in double quotes and double the marks inside: "".',
        ) from None
    return rows


def _xlsx(data: bytes) -> list[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(item.file_size for item in archive.infolist()) > 20 * _LIMIT_BYTES:
                raise BadInput("the workbook unpacks to more than 1 GB", hint="Check that it is the file you meant.")
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
        return [
            (number, [_cell(value) for value in values])
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1)
            if any(value is not None for value in values)
        ]
    except _NOT_A_WORKBOOK:
        raise BadInput("the workbook cannot be opened", hint="Save it again as .xlsx, or as CSV UTF-8.") from None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):  # a spreadsheet's dates have no zone: the column's own check says so
        return value.date().isoformat() if value.time() == time.min else value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _check_header(header: list[str], required: tuple[str, ...], known: tuple[str, ...] | None) -> None:
    if missing := [name for name in required if name not in header]:
        raise BadInput(
            f"line 1: column {missing[0]} is missing",
            hint=f"The first line must name the columns; needed: {', '.join(required)}.",
        )
    if doubled := next((name for name in header if header.count(name) > 1), None):
        raise BadInput(
            f"line 1: two columns have the same name (column {header.index(doubled) + 1})",
            hint="Give each column one name.",
        )
    if known is None:
        return
    for position, name in enumerate(header, start=1):
        if name not in known:
            raise BadInput(
                f"line 1: column {position} has a name this table does not know",
                hint=f"Known columns: {', '.join(known)}.",
            )


def _row(line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise BadInput(
            f"line {line} has more cells than the first line has columns",
            hint="Put text that holds the separator in double quotes.",
        )
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return {name: cell.strip() for name, cell in zip(header, padded, strict=False)}
