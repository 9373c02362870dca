"""Files under a passphrase: only it opens them, only at a cost that somebody agreed to, and `age` agrees with us."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput, MissingKey
from tests.vault.test_age import age_program as age_program  # a fixture
from vault.age import HeaderDamaged, Identity, Passphrase, open_sealed, seal

CHEAP = Passphrase("seven made-up words", work_factor=4)
ROOT = Path(__file__).resolve().parents[2]
WORDS = "what was said"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40), st.binary(max_size=100))
def test_a_passphrase_opens_what_was_sealed_with_it(text: str, plain: bytes) -> None:
    sealed = seal(plain, [Passphrase(text, work_factor=1)])
    assert open_sealed(sealed, [Passphrase(text)]) == plain
    with pytest.raises(MissingKey, match="not for this key"):
        open_sealed(sealed, [Passphrase(text + " "), Identity.generate()])


def test_the_same_words_never_give_the_same_file() -> None:
    assert seal(b"", [CHEAP])[:60] != seal(b"", [CHEAP])[:60]


def test_a_file_says_how_much_work_its_passphrase_takes() -> None:
    assert seal(b"", [CHEAP]).splitlines()[1].split()[::3] == [b"->", b"4"]
    assert Passphrase("words").work_factor == 18


@pytest.mark.parametrize(("most", "opens"), [(3, False), (4, True)])
def test_a_file_that_asks_for_more_work_than_allowed_is_refused_before_any_is_done(most: int, opens: bool) -> None:
    sealed = seal(b"words", [CHEAP])
    reader = Passphrase(CHEAP.text, most=most)
    if opens:
        assert open_sealed(sealed, [reader]) == b"words"
    else:
        with pytest.raises(HeaderDamaged, match="work factor of 4, more than 3"):
            open_sealed(sealed, [reader])


def test_a_file_that_would_take_all_memory_is_refused_at_once() -> None:
    sealed = seal(b"words", [CHEAP]).replace(b" 4\n", b" 23\n", 1)
    begun = time.monotonic()
    with pytest.raises(HeaderDamaged, match="work factor of 23, more than 22"):
        open_sealed(sealed, [CHEAP])
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("others", [[Identity.generate().recipient], [CHEAP]])
def test_a_passphrase_shares_a_file_with_nobody(others: list) -> None:
    with pytest.raises(BadInput, match="cannot share"):
        seal(b"words", [CHEAP, *others])


@pytest.mark.parametrize("work_factor", [-1, 0, 31])
def test_a_work_factor_that_is_none_is_refused(work_factor: int) -> None:
    with pytest.raises(BadInput, match="work factor"):
        Passphrase("words", work_factor=work_factor)


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(BadInput, match="is empty"):
        Passphrase("")


def test_a_passphrase_does_not_show_in_a_repr() -> None:
    assert CHEAP.text not in repr(CHEAP)


def test_the_age_program_opens_our_file_with_the_passphrase_typed(age_program: str, tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(seal(WORDS.encode(), [Passphrase(CHEAP.text, work_factor=10)]))
    typed(CHEAP.text, age_program, "-d", "-o", str(tmp_path / "plain"), str(tmp_path / "sealed"))
    assert (tmp_path / "plain").read_text() == WORDS


def test_we_open_what_the_age_program_sealed_with_a_typed_passphrase(age_program: str, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text(WORDS)
    typed(CHEAP.text, age_program, "-p", "-o", str(tmp_path / "sealed"), str(tmp_path / "plain"))
    assert open_sealed((tmp_path / "sealed").read_bytes(), [Passphrase(CHEAP.text)]).decode() == WORDS


def typed(passphrase: str, *command: str) -> None:
    """Run a program that asks its terminal for a passphrase, as often as it asks."""
    typist = [sys.executable, "-m", "tests.vault.typist", *command]
    subprocess.run(typist, cwd=ROOT, input=passphrase, text=True, check=True, capture_output=True, timeout=120)
