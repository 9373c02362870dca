"""age v1: the public vectors, damage of every kind, and what other programs make of our files."""

import hashlib
import io
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput, ChathamError, MissingKey
from vault.age import (
    AgeReader,
    AgeWriter,
    HeaderDamaged,
    HeaderForged,
    Identity,
    PayloadDamaged,
    Recipient,
    SealedFileDamaged,
    open_sealed,
    seal,
)
from vault.age_stream import CHUNK

KEY = Identity.generate()
FAILURES = {
    "no match": MissingKey,
    "header failure": HeaderDamaged,
    "HMAC failure": HeaderForged,
    "payload failure": PayloadDamaged,
}
SIZES = (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17)


class Vector:
    """One file of the public vectors: what it says of itself, then an age file."""

    def __init__(self, path: Path) -> None:
        head, _, body = path.read_bytes().partition(b"\n\n")
        pairs = [line.split(": ", 1) for line in head.decode().splitlines()]
        self.facts = dict(pairs)
        self.secrets = [value for key, value in pairs if key == "identity"]
        self.file = zlib.decompress(body) if self.facts.get("compressed") == "zlib" else body

    @property
    def ours(self) -> bool:
        """X25519 and the plain binary form; armor, passphrases and hybrid keys are other work."""
        plain = "armored" not in self.facts and "passphrase" not in self.facts
        return plain and all(secret.startswith("AGE-SECRET-KEY-1") for secret in self.secrets)


def test_every_public_vector_for_x25519_gives_exactly_what_it_expects(shared: Path) -> None:
    tried = set()
    for path in sorted((shared / "vectors" / "age").iterdir()):
        vector = Vector(path)
        if not vector.ours:
            continue
        expected = vector.facts["expect"]
        identities = [Identity.parse(secret) for secret in vector.secrets]
        if expected == "success":
            got = open_sealed(vector.file, identities)
            assert hashlib.sha256(got).hexdigest() == vector.facts["payload"], path.name
        else:
            with pytest.raises(ChathamError, match="sealed file") as refused:
                open_sealed(vector.file, identities)
            assert type(refused.value) is FAILURES[expected], path.name
        tried.add(path.name.split("_")[0])
    assert {"x25519", "stream", "header", "hmac", "stanza", "version", "empty"} <= tried


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
