"""Sealed files that travel as text: what `age --armor` writes opens, and nothing that was mangled on the way does."""

import base64
import io
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import ChathamError
from tests.vault.test_age import age_program as age_program  # a fixture
from vault.age import ArmorDamaged, Identity, dearmored, open_forwards, seal

KEY = Identity.generate()


def armored(data: bytes, end: str = "\n") -> bytes:
    text = base64.b64encode(data).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return end.join(["-----BEGIN AGE ENCRYPTED FILE-----", *lines, "-----END AGE ENCRYPTED FILE-----", ""]).encode()


@pytest.mark.parametrize("size", [0, 1, 70_000, 300_000])
def test_we_open_what_the_age_program_writes_as_text(age_program: str, size: int) -> None:
    plain = b"z" * size
    command = [age_program, "--armor", "-r", str(KEY.recipient)]
    text = subprocess.run(command, input=plain, check=True, capture_output=True).stdout
    assert b"".join(open_forwards(dearmored(io.BytesIO(text)), [KEY])) == plain


@given(st.binary(min_size=1, max_size=500), st.sampled_from(["\n", "\r\n"]), st.integers(1, 200))
def test_text_gives_back_the_bytes_whatever_its_line_ends_and_however_it_is_read(
    data: bytes, end: str, step: int
) -> None:
    source, got = dearmored(io.BytesIO(b" \n\t" + armored(data, end) + b"\n \n")), b""
    while piece := source.read(step):
        got += piece
    assert got == data


def test_text_that_stops_before_its_last_line_is_refused() -> None:
    text = armored(seal(b"w" * 100, [KEY.recipient]))
    for length in range(len(text) - 1):  # without the newline after its last line it is whole
        with pytest.raises(ChathamError, match="sealed file"):
            list(open_forwards(dearmored(io.BytesIO(text[:length])), [KEY]))


@pytest.mark.parametrize(
    ("found", "put", "why"),
    [
        (b"BEGIN AGE", b"BEGIN PGP", "does not begin"),
        (b"END AGE", b"END PGP", "follows the last one"),
        (b"-----BEGIN", b"x-----BEGIN", "does not begin"),
        (b"-----BEGIN", b" " * 2000 + b"-----BEGIN", "white space"),
        (b"END AGE ENCRYPTED FILE-----\n", b"END AGE ENCRYPTED FILE-----\nmore", "follows its last line"),
        (b"-----END", b"QUJD\n-----END", "follows the last one"),
        (b"-----END", b"\n-----END", "follows the last one"),
        (b"FILE-----\nY", b"FILE-----\n\nY", "empty"),
        (b"FILE-----\nY", b"FILE-----\nQUJDY", "too long"),
    ],
)
def test_mangled_text_is_refused_with_what_is_wrong(found: bytes, put: bytes, why: str) -> None:
    text = armored(seal(b"words", [KEY.recipient]))
    assert text.count(found) == 1
    with pytest.raises(ArmorDamaged, match=why):
        dearmored(io.BytesIO(text.replace(found, put))).read()
