"""Searches everything that lies on a disk for words that must not be readable there, however they are wrapped."""

import base64
import gzip
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

SQLITE = b"SQLite format 3\0"
BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
DEEPEST = 4
"""How many wrappings are taken off: a zlib stream in base64 in a blob is two."""


class Hit(NamedTuple):
    """A term that was found, and where: a file, a column of a file, or a wrapping of either."""

    term: str
    where: str


class Search:
    """Looks for terms in bytes, in files, in databases and in what a program wrote.

    Terms are found whatever their case, as UTF-8 and UTF-16, in base64 (standard and URL-safe, at any offset, also
    where the run around it is broken), and in zlib and gzip streams, also where these are nested.

    Args:
        terms: ASCII words, long enough never to occur by chance.
        scratch: An empty folder outside everything that is searched.
    """

    def __init__(self, terms: Iterable[str], scratch: Path) -> None:
        self.terms = sorted(set(terms))
        assert all(term.isascii() and len(term) >= 8 for term in self.terms)
        self.scratch = scratch
        lowered = {encode(term): term for term in self.terms for encode in (_utf8, _utf16)}
        exact = {form: term for term in self.terms for form in _base64_forms(term)}
        self._lowered = (_any_of(lowered), lowered)
        self._exact = (_any_of(exact), exact)

    def text(self, text: str, where: str) -> set[Hit]:
        """What stands in something a program wrote."""
        return self.bytes(text.encode("utf-8", "replace"), where)

    def bytes(self, data: bytes, where: str, depth: int = 0) -> set[Hit]:
        """What stands in ``data``, and in everything that can be unwrapped from it."""
        hits = {Hit(term, where) for term in self._plainly(data)}
        if depth < DEEPEST:
            for inner in unwrapped(data):
                hits |= self.bytes(inner, f"{where}, unwrapped", depth + 1)
        return hits

    def tree(self, root: Path) -> set[Hit]:
        """What stands in file names and files under ``root``, and in every column of databases among them."""
        hits: set[Hit] = set()
        for path in sorted(root.rglob("*")):
            where = str(path.relative_to(root))
            hits |= {Hit(term, f"{where}: its name") for term in self._plainly(where.encode())}
            if path.is_symlink() or not path.is_file():
                continue
            data = path.read_bytes()
            hits |= self.bytes(data, where)
            if data.startswith(SQLITE):
                for column, value in cells(path, self.scratch):
                    hits |= self.bytes(value, f"{where}: {column}")
        return hits

    def _plainly(self, data: bytes) -> Iterator[str]:
        for (pattern, forms), searched in ((self._lowered, data.lower()), (self._exact, data)):
            for match in pattern.finditer(searched):
                yield forms[match.group()]


def _utf8(term: str) -> bytes:
    return term.lower().encode()


def _utf16(term: str) -> bytes:
    return term.lower().encode("utf-16-le")


def _any_of(forms: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(re.escape(form) for form in forms))


def _base64_forms(term: str) -> Iterator[bytes]:
    """The characters that ``term`` surely gives in base64, at each of the three offsets, as written and lower case."""
    for spelled in {term, term.lower(), term.upper()}:
        for offset in range(3):
            whole = base64.b64encode(b"\0" * offset + spelled.encode())
            first = (0, 2, 3)[offset]
            last = (offset + len(spelled)) * 8 // 6
            yield whole[first:last]


def unwrapped(data: bytes) -> Iterator[bytes]:
    """What base64 runs, zlib streams and gzip streams in ``data`` hold."""
    for match in BASE64_RUN.finditer(data):
        run = match.group()
        run = run[: len(run) - (len(run) % 4 == 1)]
        yield base64.b64decode(run.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(run) % 4))
    for match in PACKED.finditer(data):
        opened = _decompressed(data[match.start() :])
        if len(opened) >= 8:
            yield opened


def _decompressed(data: bytes) -> bytes:
    """As much as can be read of a zlib or gzip stream; empty where it is none."""
    stream = zlib.decompressobj(wbits=47)
    try:
        return stream.decompress(data, 1 << 26)
    except zlib.error:
        return b""


def cells(path: Path, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of every table of a database, with what its write-ahead log holds and without."""
    for log in ("with its log", "without"):
        copy = scratch / "copy.db"
        for suffix in ("", "-wal") if log == "with its log" else ("",):
            if Path(f"{path}{suffix}").is_file():
                shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
        try:
            yield from ((f"{column} ({log})", value) for column, value in _values(copy))
        finally:
            for file in scratch.glob("copy.db*"):
                file.unlink()


def _values(path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            table = name.decode()
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - the database's own names
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                for column, value in zip(columns, row, strict=True):
                    if value is not None:
                        yield f"{table}.{column}", value if isinstance(value, bytes) else str(value).encode()


def plant(folder: Path, term: str) -> set[str]:
    """Put ``term`` on the disk in every way that is searched for; gives where it must be found."""
    folder.mkdir(parents=True)
    (folder / "plain.txt").write_text(f"as it is: {term.upper()}", encoding="utf-8")
    (folder / "wide.txt").write_bytes(f"as Windows writes it: {term}".encode("utf-16-le"))
    (folder / "packed.gz").write_bytes(b"before" + gzip.compress(f"in a stream {term}".encode()))
    (folder / f"called-{term}.txt").write_text("nothing here", encoding="utf-8")
    pickled = zlib.compress(f'{{"a result": "{term}"}}'.encode())
    (folder / "result.json").write_bytes(b'{"data": "' + base64.b64encode(pickled) + b'"}')
    (folder / "token.txt").write_bytes(b"a" + base64.urlsafe_b64encode(f"?>?{term}".encode()))
    return {
        "plain.txt",
        "wide.txt",
        "packed.gz, unwrapped",
        f"called-{term}.txt: its name",
        "result.json, unwrapped, unwrapped",
        "token.txt",
        *plant_in_database(folder / "planted.db", term),
    }


def plant_in_database(path: Path, term: str) -> set[str]:
    """Put ``term`` in a database: in its file, in its log alone, in base64, and too long for one page."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE runs (name TEXT, result BLOB)")
        connection.execute("INSERT INTO runs VALUES (?, ?)", (f"run of {term}", b""))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        wrapped = base64.b64encode(b"\x80\x05" + term.encode())
        connection.execute("INSERT INTO runs VALUES ('', ?)", (wrapped,))
        # A value that spills over several pages: the file's bytes hold it in pieces.
        connection.execute("INSERT INTO runs VALUES (?, '')", (".-" * 2040 + term + ".-" * 4000,))
        connection.commit()
        for suffix in ("", "-wal"):  # a connection that closes folds its log in, so copies are what stays
            shutil.copyfile(f"{path}{suffix}", f"{path}{suffix}.kept")
    for suffix in ("", "-wal"):
        Path(f"{path}{suffix}.kept").replace(f"{path}{suffix}")
    Path(f"{path}-shm").unlink(missing_ok=True)
    return {
        "planted.db: runs.name (without)",
        "planted.db: runs.name (with its log)",
        "planted.db: runs.result (with its log)",
    }
