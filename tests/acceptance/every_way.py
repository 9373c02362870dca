"""Opens every file of a study in every way there is, with every key that anybody holds or that any file gives.

What a study says it has removed must not come out of this: not from a sealed file, a line of the register, a database
laid down anew without compression, a log, a name of a file, or the sound of a recording.
"""

import io
import json
import re
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import av
import duckdb
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from numpy.typing import NDArray

from schemas.errors import ChathamError
from tests.acceptance.searching import SQLITE, Search, cells, unwrapped
from vault.age import Identity, open_sealed
from vault.keys import Keyring

AGE, FLAC, ZIP, GZIP = b"age-encryption.org/v1\n", b"fLaC", b"PK\x03\x04", b"\x1f\x8b\x08"
DUCKDB_AT, DUCKDB = 8, b"DUCK"
EVIDENCE = "/consent/"
UNWRAPPED = ", unwrapped"
RUN = 5
"""Words in a row that are taken to be somebody's own."""
SEARCHABLE = 8
"""Letters from which a plain word can be looked for in bytes without meeting it by chance."""
KEY_LETTERS = 40
KEY_RUN = re.compile(rf"[a-z0-9+/]{{{KEY_LETTERS},}}")
"""Letters in a row, in base64, that are a key, a seal or sealed; a name of five is met in them now and then."""
BASE64_END, BASE64_BEGIN = re.compile(r"[a-z0-9+/]*$"), re.compile(r"^[a-z0-9+/]*")
LONGEST = 1 << 25
SECRET_KEY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{58}")
HEX_KEY = re.compile(rb'"([0-9a-f]{64})"')
PRINTABLE = re.compile(rb"[ -~\n\r\t]")
COMBINING = re.compile(r"[\u0300-\u036f]+")
ENTRY_KINDS = ("Person", "Contact", "_Bare")
Hit = tuple[str, str]
"""Where, and what."""


@dataclass(frozen=True, eq=False)
class Blob:
    """Some bytes and how one comes by them: the file's path, then what was done with it."""

    where: str
    data: bytes


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording, opened and decoded to the end: samples between -1 and 1, all channels as one."""

    where: str
    rate_hz: int
    samples: NDArray[np.float32]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz

    def part(self, start_s: float = 0.0, end_s: float | None = None) -> NDArray[np.float32]:
        end = len(self.samples) if end_s is None else round(end_s * self.rate_hz)
        return self.samples[round(start_s * self.rate_hz) : end]

    def loudest(self, start_s: float = 0.0, end_s: float | None = None) -> float:
        """The largest sample of an interval, 0 for silence."""
        part = self.part(start_s, end_s)
        return float(np.abs(part).max()) if len(part) else 0.0

    def silent_share(self, start_s: float = 0.0, end_s: float | None = None) -> float:
        """How much of an interval is exactly silent, 0 to 1."""
        part = self.part(start_s, end_s)
        return float((part == 0).mean()) if len(part) else 1.0

    def strength(self, hertz: float, start_s: float = 0.0, end_s: float | None = None) -> float:
        """How loud a tone is in an interval, as the height of its wave."""
        part = self.part(start_s, end_s)
        if not len(part):
            return 0.0
        turning = np.exp(-2j * np.pi * hertz * np.arange(len(part)) / self.rate_hz)
        return float(2 * np.abs((part * turning).mean()))


class EveryWay:
    """Everything that a study's folder gives to somebody who holds all keys.

    Args:
        study: The study's folder, or one in which it lies beside logs, homes and what was temporary.
        keyrings: Unlocked keys, of as many users as one likes.
        identities: Further keys: from a printed page, or all that another ``EveryWay`` found in an older ``keys/``.
    """

    def __init__(self, study: Path, keyrings: Sequence[Keyring] = (), identities: Sequence[Identity] = ()) -> None:
        self.study = study
        self.identities = list(dict.fromkeys([*identities, *chain.from_iterable(map(_held, keyrings))]))
        self.entry_keys: set[bytes] = set()
        self._plain: dict[bytes, bytes] = {}
        self._databases: dict[tuple[str, bytes], list[Blob]] = {}
        self._look_for_keys()

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text there is: where it stands, and what it says. One thing comes up in several forms."""
        yield from self._texts

    def find(self, terms: Iterable[str]) -> list[Hit]:
        """Where terms stand, whatever their case and accents; plain longer ones in every wrapping of bytes too."""
        wanted = sorted(set(terms))
        folded = {term: _folded(term) for term in wanted}
        hits = {(where, term) for where, text in self._folded for term in wanted if _says(text, folded[term])}
        return sorted(hits | self._find_in_bytes(wanted))

    def runs(self, words: Sequence[str], unless: Iterable[Sequence[str]] = ()) -> list[Hit]:
        """Where five words stand in the order in which somebody said them.

        Args:
            words: What they said, in order: words, or turns.
            unless: What others said; runs that stand there too are nobody's own.
        """
        own = runs_of(words, unless)
        there = ((where, run) for where, text in self._folded for run in _fives(text) if run in own)
        return sorted({(where, " ".join(run)) for where, run in there})

    def sounds(self) -> Iterator[Sound]:
        """Every recording that can be opened."""
        yield from (_decoded(blob) for blob in self._blobs if blob.data.startswith(FLAC))

    @property
    def unopened(self) -> list[str]:
        """Sealed files and payloads that no key opens."""
        return sorted(blob.where for blob in self._blobs if blob.data.startswith(AGE) and self._open(blob) is None)

    def blobs(self) -> Iterator[Blob]:
        """Every file as it lies, and everything that can be made of it with the keys known so far."""
        for path in sorted(self.study.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield from self._all_of(Blob(str(path.relative_to(self.study)), path.read_bytes()))

    @cached_property
    def _blobs(self) -> list[Blob]:
        return list(self.blobs())

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        names = [str(path.relative_to(self.study)) for path in sorted(self.study.rglob("*"))]
        found = [(f"{name}: its name", name) for name in names]
        for blob in self._blobs:
            if not blob.data.startswith(FLAC):
                found += [(blob.where, text) for text in _texts_of(blob.data)]
        return found

    @cached_property
    def _folded(self) -> list[tuple[str, str]]:
        return [(where, _folded(text)) for where, text in self._texts]

    def _find_in_bytes(self, terms: Sequence[str]) -> set[Hit]:
        plain = [term for term in terms if term.isascii() and len(term) >= SEARCHABLE]
        if not plain:
            return set()
        with tempfile.TemporaryDirectory() as scratch:
            search = Search(plain, Path(scratch))
            # What was unwrapped from something else is unwrapped by the search itself.
            whole = [blob for blob in self._blobs if not blob.where.endswith(UNWRAPPED)]
            return {(hit.where, hit.term) for blob in whole for hit in search.bytes(blob.data, blob.where)}

    # ------------------------------------------------------------ opening

    def _look_for_keys(self) -> None:
        """Try every key on every file, and every key that comes out, until no other one does."""
        known = 0
        while known != len(self.identities):
            known = len(self.identities)
            for blob in self.blobs():
                found = [Identity.parse(key.decode()) for key in SECRET_KEY.findall(blob.data)]
                self.identities += [identity for identity in dict.fromkeys(found) if identity not in self.identities]
                self.entry_keys |= {bytes.fromhex(key.decode()) for key in HEX_KEY.findall(blob.data)}

    def _all_of(self, blob: Blob) -> Iterator[Blob]:
        yield blob
        for inner in self._inside(blob):
            yield from self._all_of(inner)

    def _inside(self, blob: Blob) -> Iterator[Blob]:
        data, where = blob.data, blob.where
        if data.startswith(AGE):
            if (plain := self._open(blob)) is not None:
                yield Blob(f"{where}, opened", plain)
        elif data.startswith(SQLITE):
            yield from _of_sqlite(self.study / where, where)
        elif data[DUCKDB_AT : DUCKDB_AT + len(DUCKDB)] == DUCKDB:
            yield from self._database(blob)
        elif data.startswith(ZIP):
            yield from _of_zip(blob)
        elif data.startswith(GZIP):
            yield from _of_gzip(blob)
        elif not data.startswith(FLAC):
            yield from (Blob(f"{where}{UNWRAPPED}", inner) for inner in unwrapped(data) if _is_something(inner))
            yield from (Blob(f"{where}, an entry", entry) for entry in self._entries(data))

    def _open(self, blob: Blob) -> bytes | None:
        """The plaintext, once for each sealed file; the key that opened the last one is tried first."""
        if blob.data in self._plain:
            return self._plain[blob.data]
        for identity in list(self.identities):
            try:
                plain = open_sealed(blob.data, [identity])
            except ChathamError:
                continue
            self.identities.remove(identity)
            self.identities.insert(0, identity)
            self._plain[blob.data] = plain
            return plain
        return None

    def _database(self, blob: Blob) -> list[Blob]:
        """What a database holds, read once."""
        if (blob.where, blob.data) not in self._databases:
            self._databases[blob.where, blob.data] = list(_of_duckdb(blob))
        return self._databases[blob.where, blob.data]

    def _entries(self, data: bytes) -> Iterator[bytes]:
        """Entries of the roster, each under a key of its own."""
        if b'"entries"' not in data:
            return
        for document in _documents(data.decode("utf-8", "replace")):
            held = document.get("entries") if isinstance(document, dict) else None
            for participant, sealed in held.items() if isinstance(held, dict) else ():
                if isinstance(sealed, str) and (plain := self._entry(participant, sealed)) is not None:
                    yield plain

    def _entry(self, participant: str, sealed: str) -> bytes | None:
        if not re.fullmatch(r"(?:[0-9a-f]{2}){28,}", sealed):
            return None
        whole = bytes.fromhex(sealed)
        for key in self.entry_keys:
            for kind in ENTRY_KINDS:
                bound = json.dumps([kind, participant]).encode()
                try:
                    return ChaCha20Poly1305(key).decrypt(whole[:12], whole[12:], bound)
                except InvalidTag:
                    continue
        return None


def runs_of(words: Sequence[str], unless: Iterable[Sequence[str]] = ()) -> set[tuple[str, ...]]:
    """Five words in a row that somebody said, folded, without those that others said too; as ``EveryWay.runs``."""
    return set(_five_in_a_row(words)).difference(*map(_five_in_a_row, unless))


def outside_evidence(hits: Iterable[Hit]) -> list[Hit]:
    """The hits that are not in the consent register, which keeps what it must."""
    return [hit for hit in hits if EVIDENCE not in f"/{hit[0]}"]


def in_evidence(hits: Iterable[Hit]) -> list[Hit]:
    """The hits that are in the consent register."""
    return [hit for hit in hits if EVIDENCE in f"/{hit[0]}"]


def _held(keyring: Keyring) -> Iterator[Identity]:
    yield keyring.holder
    yield from keyring.identities.values()
    if keyring.roles & {"assistant", "investigator", "ethics"}:
        yield from keyring.evidence_identities


def _is_something(data: bytes) -> bool:
    """Whether bytes from inside others are a file of a known kind, or hold more characters than not."""
    magic = (AGE, SQLITE, ZIP, GZIP, FLAC)
    known = data.startswith(magic) or data[DUCKDB_AT : DUCKDB_AT + len(DUCKDB)] == DUCKDB
    return known or 2 * len(PRINTABLE.findall(data)) > len(data) >= SEARCHABLE


# ------------------------------------------------------------ databases and archives


def _of_sqlite(path: Path, where: str) -> Iterator[Blob]:
    if not path.is_file():
        return
    with tempfile.TemporaryDirectory() as scratch:
        yield from [Blob(f"{where}: {column}", value) for column, value in cells(path, Path(scratch))]


def _of_duckdb(blob: Blob) -> Iterator[Blob]:
    """Every row as text, then the bytes of the same data laid down without compression."""
    with tempfile.TemporaryDirectory() as scratch:
        old, fresh = Path(scratch) / "old.duckdb", Path(scratch) / "fresh.duckdb"
        old.write_bytes(blob.data)
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{old}' AS old (READ_ONLY)")
            connection.execute("PRAGMA force_compression='uncompressed'")
            connection.execute(f"ATTACH '{fresh}' AS fresh")
            found = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'old' ORDER BY ALL"
            ).fetchall()
            for number, (schema, table) in enumerate(found):
                source = f'old."{schema}"."{table}"'
                connection.execute(f"CREATE TABLE fresh.t{number} AS FROM {source}")
                yield Blob(f"{blob.where}: {table}", _rows(connection, source))
            yield Blob(f"{blob.where}: comments and views", _told(connection))
            connection.execute("DETACH old")
            connection.execute("DETACH fresh")
        # Not as a database again, but as bytes in which to look.
        yield Blob(f"{blob.where}, laid down without compression", b"bytes\n" + fresh.read_bytes())


def _rows(connection: duckdb.DuckDBPyConnection, source: str) -> bytes:
    rows = connection.execute(f"FROM {source}").fetchall()
    return "\n".join("\t".join(map(str, row)) for row in rows).encode()


def _told(connection: duckdb.DuckDBPyConnection) -> bytes:
    queries = (
        "SELECT comment FROM duckdb_tables()",
        "SELECT comment FROM duckdb_columns()",
        "SELECT sql FROM duckdb_views() WHERE NOT internal",
        "SELECT macro_definition FROM duckdb_functions() WHERE NOT internal",
    )
    return "\n".join(str(value) for query in queries for (value,) in connection.execute(query).fetchall()).encode()


def _of_zip(blob: Blob) -> Iterator[Blob]:
    with zipfile.ZipFile(io.BytesIO(blob.data)) as archive:
        for name in archive.namelist():
            yield Blob(f"{blob.where}: {name}", archive.read(name))


def _of_gzip(blob: Blob) -> Iterator[Blob]:
    """As much as there is: one that was cut short says something too."""
    yield Blob(f"{blob.where}, unpacked", zlib.decompressobj(wbits=47).decompress(blob.data))


# ------------------------------------------------------------ sound


def _decoded(blob: Blob) -> Sound:
    with av.open(io.BytesIO(blob.data)) as container:
        (stream,) = container.streams.audio
        resampler = av.AudioResampler(format="fltp")
        frames = [out.to_ndarray() for frame in container.decode(stream) for out in resampler.resample(frame)]
        rate = int(stream.rate)
    whole = np.concatenate(frames, axis=1) if frames else np.zeros((1, 0), np.float32)
    loudest = np.abs(whole).argmax(axis=0)
    return Sound(blob.where, rate, np.take_along_axis(whole, loudest[None, :], axis=0)[0])


# ------------------------------------------------------------ text


def _texts_of(data: bytes) -> Iterator[str]:
    """Bytes as text, and where it is JSON, its strings and the words of its lists in a row."""
    text = data[:LONGEST].decode("utf-8", "replace")
    yield text
    if b"\0" in data:
        yield data[:LONGEST].decode("utf-16-le", "replace")
    for document in _documents(text):
        yield "\n".join(_strings(document))
        yield from _in_rows(document)


def _documents(text: str) -> Iterator[Any]:
    """The JSON documents of a text: all of it, or each of its lines."""
    if "{" not in text and "[" not in text:
        return
    for piece in (text, *(text.splitlines() if "\n" in text else ())):
        if piece.lstrip().startswith(("{", "[")):
            try:
                yield json.loads(piece)
            except json.JSONDecodeError:
                continue


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _in_rows(value: Any) -> Iterator[str]:
    """What lists say when their strings, or one member of all their objects, are read in a row, however deep."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(value, list):
        columns: dict[str, list[str]] = {"": [one for one in value if isinstance(one, str)]}
        for one in value:
            for key, member in one.items() if isinstance(one, dict) else ():
                if isinstance(member, str):
                    columns.setdefault(key, []).append(member)
        yield from (" ".join(column) for column in columns.values() if len(column) > 1)
    for one in inner:
        if isinstance(one, dict | list):
            yield from _in_rows(one)


def _folded(text: str) -> str:
    """Without case, accents and kinds of white space."""
    return " ".join(COMBINING.sub("", unicodedata.normalize("NFKD", text)).casefold().split())


def _says(text: str, term: str) -> bool:
    """Whether a term stands in a text; a short one within the letters of a key or seal stands there by chance."""
    if term not in text or len(term) >= SEARCHABLE:
        return term in text
    return any(not KEY_RUN.fullmatch(_run_around(text, at.start())) for at in re.finditer(re.escape(term), text))


def _run_around(text: str, at: int) -> str:
    """The unbroken letters, digits, ``+`` and ``/`` around a place, or so many of them as a key has."""
    left, right = text[max(0, at - KEY_LETTERS) : at], text[at : at + KEY_LETTERS]
    return BASE64_END.findall(left)[0] + BASE64_BEGIN.findall(right)[0]


def _five_in_a_row(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    return _fives(_folded(" ".join(texts)))


def _fives(folded: str) -> Iterator[tuple[str, ...]]:
    words = re.findall(r"\w+", folded)
    return zip(*(words[at:] for at in range(RUN)), strict=False)
