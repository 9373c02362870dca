"""age v1: the public vectors, damage of every kind, and what other programs make of our files."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput, ChathamError, MissingKey
from vault.age import (
    AgeReader,
    AgeWriter,
    ArmorDamaged,
    HeaderDamaged,
    HeaderForged,
    Identity,
    Passphrase,
    PayloadDamaged,
    Recipient,
    SealedFileDamaged,
    dearmored,
    open_forwards,
    open_sealed,
    seal,
)
from vault.age_stream import CHUNK

ROOT = Path(__file__).resolve().parents[2]
KEY = Identity.generate()
FAILURES = {
    "no match": MissingKey,
    "armor failure": ArmorDamaged,
    "header failure": HeaderDamaged,
    "HMAC failure": HeaderForged,
    "payload failure": PayloadDamaged,
}
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)
X25519, HYBRID = "AGE-SECRET-KEY-1", "AGE-SECRET-KEY-PQ-1"


class Vector:
    """One file of the public vectors: what it says of itself, then an age file."""

    def __init__(self, path: Path) -> None:
        head, _, body = path.read_bytes().partition(b"\n\n")
        pairs = [line.split(": ", 1) for line in head.decode().splitlines()]
        self.name = path.name
        self.facts = dict(pairs)
        self.secrets = [value for key, value in pairs if key == "identity"]
        self.passphrases = [value for key, value in pairs if key == "passphrase"]
        self.file = zlib.decompress(body) if self.facts.get("compressed") == "zlib" else body
        self.armored = "armored" in self.facts

    @property
    def hybrid(self) -> bool:
        """Only a post-quantum key opens it, or shows what is wrong with it; such keys are no part of age v1 here."""
        return bool(self.secrets) and all(secret.startswith(HYBRID) for secret in self.secrets)

    @property
    def identities(self) -> list[Identity | Passphrase]:
        keys = [Identity.parse(secret) for secret in self.secrets if secret.startswith(X25519)]
        return [*keys, *(Passphrase(passphrase) for passphrase in self.passphrases)]

    @property
    def source(self) -> BinaryIO:
        return dearmored(io.BytesIO(self.file)) if self.armored else io.BytesIO(self.file)


def vectors(shared: Path) -> list[Vector]:
    return [Vector(path) for path in sorted((shared / "vectors" / "age").iterdir())]


def given_before_the_end(pieces: Iterator[bytes], got: list[bytes]) -> None:
    """Keep every piece, so that what came before an error can be looked at after it."""
    for piece in pieces:
        got.append(piece)


def test_every_public_vector_read_forwards_gives_exactly_what_it_expects(shared: Path) -> None:
    applicable = [vector for vector in vectors(shared) if not vector.hybrid]
    for vector in applicable:
        expected, got = vector.facts["expect"], []
        if expected == "success":
            given_before_the_end(open_forwards(vector.source, vector.identities), got)
        else:
            with pytest.raises(ChathamError, match="sealed file") as refused:
                given_before_the_end(open_forwards(vector.source, vector.identities), got)
            assert type(refused.value) is FAILURES[expected], vector.name
        prefix = vector.facts.get("payload", hashlib.sha256(b"").hexdigest())
        assert hashlib.sha256(b"".join(got)).hexdigest() == prefix, vector.name
    assert len(applicable) >= 125
    assert {vector.facts["expect"] for vector in applicable} == {"success", *FAILURES}


def test_every_public_vector_opened_as_a_whole_gives_all_of_it_or_nothing(shared: Path) -> None:
    tried = set()
    for vector in vectors(shared):
        if vector.hybrid or vector.armored:
            continue
        expected = vector.facts["expect"]
        if expected == "success":
            got = open_sealed(vector.file, vector.identities)
            assert hashlib.sha256(got).hexdigest() == vector.facts["payload"], vector.name
        else:
            with pytest.raises(ChathamError, match="sealed file") as refused:
                open_sealed(vector.file, vector.identities)
            assert type(refused.value) is FAILURES[expected], vector.name
        tried.add(vector.name.split("_")[0])
    assert {"x25519", "scrypt", "stream", "header", "hmac", "stanza", "version", "empty"} <= tried


def test_a_reader_gives_nothing_that_was_not_authenticated_and_nothing_of_a_file_cut_short(shared: Path) -> None:
    for vector in vectors(shared):
        if vector.facts["expect"] != "payload failure" or vector.armored:
            continue
        allowed, got = [], b""
        with pytest.raises(PayloadDamaged, match="cut short"):
            given_before_the_end(open_forwards(vector.source, vector.identities), allowed)
        with pytest.raises(PayloadDamaged, match="cut short"):
            reader = AgeReader(io.BytesIO(vector.file), vector.identities)
            while piece := reader.read(1000):
                got += piece
        assert b"".join(allowed).startswith(got), vector.name


@pytest.mark.parametrize("hybrid", [True, False])
def test_the_vectors_that_are_left_out_are_those_for_post_quantum_keys(shared: Path, hybrid: bool) -> None:
    names = {vector.name for vector in vectors(shared) if vector.hybrid is hybrid and "hybrid" in vector.name}
    # hybrid_x25519_arg has a key of ours too, and shows something that a reader of X25519 must refuse.
    assert ("hybrid_x25519_arg" in names) is not hybrid
    assert len(names) == (18 if hybrid else 1)


@pytest.fixture
def age_program() -> str:
    found = shutil.which("age")
    if found is None:
        pytest.skip("the program `age` is not installed (Debian: apt-get install age)")
    return found


@pytest.mark.parametrize("size", SIZES)
def test_the_age_program_opens_our_files(age_program: str, tmp_path: Path, size: int) -> None:
    plain = b"x" * size
    (tmp_path / "key").write_text(str(KEY))
    (tmp_path / "file.age").write_bytes(seal(plain, [Identity.generate().recipient, KEY.recipient]))
    command = [age_program, "-d", "-i", str(tmp_path / "key"), str(tmp_path / "file.age")]
    assert subprocess.run(command, check=True, capture_output=True).stdout == plain


@pytest.mark.parametrize("size", SIZES)
def test_we_open_files_of_the_age_program(age_program: str, size: int) -> None:
    plain = b"y" * size
    sealed = subprocess.run(
        [age_program, "-r", str(KEY.recipient)], input=plain, check=True, capture_output=True
    ).stdout
    assert open_sealed(sealed, [KEY]) == plain


@given(plain=st.binary(max_size=400), filling=st.integers(0, 3 * CHUNK))
def test_what_is_sealed_opens_again_for_each_recipient_and_nobody_else(plain: bytes, filling: int) -> None:
    other = Identity.generate()
    whole = plain + bytes(filling)
    sealed = seal(whole, [KEY.recipient, other.recipient])
    assert open_sealed(sealed, [KEY]) == open_sealed(sealed, [other]) == whole
    with pytest.raises(MissingKey, match="not for this key"):
        open_sealed(sealed, [Identity.generate()])


@given(st.lists(st.binary(max_size=3 * CHUNK), max_size=6))
def test_it_does_not_matter_in_what_pieces_a_file_is_written(pieces: list[bytes]) -> None:
    sink = io.BytesIO()
    with AgeWriter(sink, [KEY.recipient]) as writer:
        assert [writer.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    assert open_sealed(sink.getvalue(), [KEY]) == b"".join(pieces)


@given(size=st.sampled_from(SIZES), steps=st.lists(st.tuples(st.integers(0, 4 * CHUNK), st.integers(0, 2 * CHUNK))))
def test_reading_from_anywhere_gives_what_lies_there(size: int, steps: list[tuple[int, int]]) -> None:
    plain = hashlib.shake_128(b"seek").digest(size)
    reader = AgeReader(io.BytesIO(seal(plain, [KEY.recipient])), [KEY])
    for offset, length in steps:
        assert reader.seek(offset) == offset
        assert reader.read(length) == plain[offset : offset + length]
    assert reader.seek(0, io.SEEK_END) == size
    assert reader.read(1) == b""


@given(st.binary(max_size=200), st.sampled_from(SIZES))
def test_a_file_read_forwards_gives_what_was_sealed(plain: bytes, filling: int) -> None:
    whole = plain + bytes(filling)
    assert b"".join(open_forwards(io.BytesIO(seal(whole, [KEY.recipient])), [KEY])) == whole


def test_a_file_read_forwards_says_at_its_end_that_it_was_cut(tmp_path: Path) -> None:
    sealed = seal(b"a" * CHUNK + b"b" * CHUNK + b"c", [KEY.recipient])
    for cut in (1, 17, 17 + CHUNK, CHUNK + 16 + 17):
        pieces = open_forwards(io.BytesIO(sealed[:-cut]), [KEY])
        with pytest.raises(PayloadDamaged, match="cut short"):
            list(pieces)


def test_seeking_before_the_start_is_refused() -> None:
    reader = AgeReader(io.BytesIO(seal(b"abc", [KEY.recipient])), [KEY])
    assert reader.seek(-1, io.SEEK_END) == 2
    with pytest.raises(ValueError, match="before the start"):
        reader.seek(-3, io.SEEK_CUR)


def test_every_truncation_of_a_file_is_noticed() -> None:
    sealed = seal(b"z" * 100, [KEY.recipient])
    for length in range(len(sealed)):
        with pytest.raises(SealedFileDamaged, match="sealed file"):
            open_sealed(sealed[:length], [KEY])


def test_a_file_cut_between_two_chunks_is_refused_before_its_first_byte_is_read() -> None:
    sealed = seal(bytes(3 * CHUNK), [KEY.recipient])
    with pytest.raises(PayloadDamaged, match="cut short"):
        AgeReader(io.BytesIO(sealed[: -(CHUNK + 16)]), [KEY])


LONG = hashlib.shake_128(b"long").digest(37 * CHUNK + 5)
"""More chunks than are worked on at a time, and not a multiple of them."""


@pytest.mark.parametrize("step", [1000 * CHUNK, 7 * CHUNK + 3, 3 * CHUNK, 1 << 20])
def test_a_long_file_is_the_same_however_it_is_written_and_read(step: int) -> None:
    sink, got = io.BytesIO(), b""
    with AgeWriter(sink, [KEY.recipient]) as writer:
        for at in range(0, len(LONG), step):
            writer.write(LONG[at : at + step])
    reader = AgeReader(io.BytesIO(sink.getvalue()), [KEY])
    while piece := reader.read(step):
        got += piece
    assert got == b"".join(open_forwards(io.BytesIO(sink.getvalue()), [KEY])) == LONG


@pytest.mark.parametrize("chunk", [0, 3, 15, 16, 36])
def test_a_change_in_any_chunk_of_a_long_file_is_noticed_when_that_chunk_is_read(chunk: int) -> None:
    sealed = bytearray(seal(LONG, [KEY.recipient]))
    sealed[len(sealed) - (len(LONG) + 38 * 16) + chunk * (CHUNK + 16)] ^= 1
    reader = AgeReader(io.BytesIO(bytes(sealed)), [KEY])
    assert reader.read(chunk * CHUNK) == LONG[: chunk * CHUNK]
    with pytest.raises(PayloadDamaged, match="changed"):
        reader.read(2 * CHUNK)


@pytest.mark.parametrize("left", [0, 1, CHUNK + 16, 20 * CHUNK])
def test_a_file_that_becomes_shorter_while_it_is_read_is_noticed(left: int) -> None:
    source = io.BytesIO(seal(LONG, [KEY.recipient]))
    reader = AgeReader(source, [KEY])
    source.truncate(len(source.getvalue()) - len(LONG) - 38 * 16 + left)
    with pytest.raises(PayloadDamaged, match="cut short"):
        reader.readall()


class Refusing(io.BytesIO):
    """Refuses one write, after taking a part of it."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse = False

    def write(self, data, /) -> int:
        if self.refuse:
            self.refuse = False
            super().write(bytes(data)[:10])
            raise OSError("no room")
        return super().write(data)


@pytest.mark.parametrize("size", [CHUNK, 9 * CHUNK])
def test_a_file_that_went_on_after_a_failed_write_cannot_be_opened(size: int) -> None:
    sink = Refusing()
    writer = AgeWriter(sink, [KEY.recipient])
    sink.refuse = True
    with pytest.raises(OSError, match="no room"):
        writer.write(bytes(size + 1))
    written = len(sink.getvalue())
    writer.write(bytes(size + 1))
    writer.close()
    # Another number for every chunk: the same one for other words would give away how they differ.
    assert sink.getvalue()[written - 10 : written] not in sink.getvalue()[written:]
    with pytest.raises(PayloadDamaged, match="cut short"):
        open_sealed(sink.getvalue(), [KEY])


def test_small_reads_one_after_the_other_open_each_chunk_once() -> None:
    source = Counting(seal(LONG, [KEY.recipient]))
    reader, got = AgeReader(source, [KEY]), b""
    before = source.read_bytes
    while piece := reader.read(30_000):
        got += piece
    assert got == LONG
    assert source.read_bytes - before <= len(source.getvalue())


class Counting(io.BytesIO):
    """Counts what is read of it."""

    read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.read_bytes += len(data)
        return data


def test_what_is_given_to_a_writer_may_be_written_over_at_once() -> None:
    sink, buffer = io.BytesIO(), bytearray(LONG)
    with AgeWriter(sink, [KEY.recipient]) as writer:
        writer.write(buffer)
        buffer[:] = bytes(len(buffer))
    assert open_sealed(sink.getvalue(), [KEY]) == LONG


def test_every_flipped_bit_is_noticed() -> None:
    sealed = bytearray(seal(b"the words", [KEY.recipient]))
    for bit in range(len(sealed) * 8):
        sealed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((SealedFileDamaged, MissingKey), match="sealed file"):
            open_sealed(bytes(sealed), [KEY])
        sealed[bit // 8] ^= 1 << bit % 8


def test_a_file_whose_writing_failed_cannot_be_opened() -> None:
    sink = io.BytesIO()
    with pytest.raises(RuntimeError, match="microphone"), AgeWriter(sink, [KEY.recipient]) as writer:
        writer.write(b"half a sentence")
        raise RuntimeError("the microphone fell over")
    with pytest.raises(PayloadDamaged, match="cut short"):
        open_sealed(sink.getvalue(), [KEY])


def test_a_forgotten_writer_does_not_finish_its_file() -> None:
    sink = io.BytesIO()
    writer = AgeWriter(sink, [KEY.recipient])
    writer.write(b"half a sentence")
    del writer
    with pytest.raises(PayloadDamaged, match="cut short"):
        open_sealed(sink.getvalue(), [KEY])


def test_a_closed_writer_takes_nothing_more() -> None:
    writer = AgeWriter(io.BytesIO(), [KEY.recipient])
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")


def test_a_file_for_nobody_is_refused() -> None:
    with pytest.raises(BadInput, match="who can open it"):
        seal(b"words", [])


@given(st.binary(min_size=32, max_size=32))
def test_keys_survive_being_written_as_text(secret: bytes) -> None:
    identity = Identity.from_secret(secret)
    assert str(identity).startswith("AGE-SECRET-KEY-1")
    assert Identity.parse(str(identity)) == identity
    assert Recipient.parse(str(identity.recipient)) == identity.recipient


@given(place=st.integers(4, 61), char=st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"))
def test_a_mistyped_recipient_is_refused(place: int, char: str) -> None:
    text = str(KEY.recipient)
    mistyped = text[:place] + char + text[place + 1 :]
    if mistyped != text:
        with pytest.raises(BadInput, match="no key of the form age1"):
            Recipient.parse(mistyped)


@pytest.mark.parametrize("text", ["", "age1", "1", "AGE1x", "age1é", str(KEY), str(KEY.recipient) + "q"])
def test_what_is_no_recipient_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadInput, match="no key of the form age1") as refused:
        Recipient.parse(text)
    assert len(text) < 5 or text not in refused.value.message


def test_a_secret_key_in_small_letters_is_refused() -> None:
    with pytest.raises(BadInput, match="in capitals"):
        Identity.parse(str(KEY).lower())


def test_a_secret_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(BadInput, match="32 bytes, this one 31"):
        Identity.from_secret(bytes(31))


def test_a_key_does_not_show_its_secret_in_a_repr() -> None:
    assert str(KEY) not in repr(KEY)
    assert KEY.secret.hex() not in repr(KEY)
    assert repr(KEY.secret) not in repr(KEY)


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    """Each in a process of its own; the limit holds at any size, and a file held whole would be over it."""
    bench = [sys.executable, "-m", "tests.benchmarks.bench_vault", "--mib", "128", "--rounds", "1", "--json"]
    done = subprocess.run([*bench, "--folder", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    held = {name: one["peak_rss_mib"] for name, one in json.loads(done.stdout)["contestants"].items()}
    assert {name for name, most in held.items() if name.startswith("ours") and most < 64} == {
        "ours, sealing",
        "ours, opening",
        "ours, sealing anew",
    }
