"""Where a passphrase comes from, and that it stays in nobody's sight."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import passphrases
from flows.passphrases import new_passphrase, remember_passphrase, take_passphrase, take_recovery_keys
from schemas.errors import MissingKey


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (passphrases.VARIABLE, passphrases.FILE_VARIABLE, passphrases.FD_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(passphrases, "_remembered", {})
    monkeypatch.setattr("sys.stdin", io.StringIO())
    yield


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    waiting = iter(lines)

    def getpass(prompt: str) -> str:
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(passphrases, "getpass", getpass)


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_passphrase_in_the_environment_is_taken_out_of_it_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrases.VARIABLE, "four made-up words")
    assert take_passphrase() == "four made-up words"
    assert passphrases.VARIABLE not in os.environ
    assert take_passphrase() == "four made-up words"


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_private_file_is_read_without_its_line_end(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(f" four made-up words {ending}".encode())
    path.chmod(0o600)
    monkeypatch.setenv(passphrases.FILE_VARIABLE, str(path))
    assert take_passphrase() == " four made-up words "


def test_the_file_counts_before_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrases.VARIABLE, "from the variable")
    monkeypatch.setenv(passphrases.FILE_VARIABLE, str(private(tmp_path / "p", "from the file")))
    assert take_passphrase() == "from the file"
    assert passphrases.VARIABLE not in os.environ
    assert passphrases.FILE_VARIABLE not in os.environ
    assert take_passphrase() == "from the file", "asked for again in the same process"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o610])
def test_a_file_that_others_may_use_is_refused(mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private(tmp_path / "p", "words").chmod(mode)
    monkeypatch.setenv(passphrases.FILE_VARIABLE, str(tmp_path / "p"))
    with pytest.raises(MissingKey, match="may be read by others"):
        take_passphrase()


def test_a_file_that_is_not_there_or_no_text_is_told_without_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (tmp_path / "absent", tmp_path / "bytes"):
        (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
        (tmp_path / "bytes").chmod(0o600)
        monkeypatch.setenv(passphrases.FILE_VARIABLE, str(path))
        with pytest.raises(MissingKey, match="cannot be read") as caught:
            take_passphrase()
        assert path.name not in caught.value.message + caught.value.hint


def test_without_a_terminal_nothing_waits_for_anybody() -> None:
    with pytest.raises(MissingKey, match="no terminal to ask"):
        take_passphrase()


def test_a_person_at_a_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "typed words")
    assert take_passphrase() == "typed words"


def test_a_person_who_types_nothing_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch)
    with pytest.raises(MissingKey, match="no passphrase was typed"):
        take_passphrase()


def test_a_new_passphrase_is_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "four made-up words", "four made-up words")
    assert new_passphrase() == "four made-up words"
    typed(monkeypatch, "four made-up words", "four made-up wards")
    with pytest.raises(MissingKey, match="the two passphrases differ"):
        new_passphrase()


def test_a_new_passphrase_from_the_environment_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrases.VARIABLE, "four made-up words")
    assert new_passphrase() == "four made-up words"


def test_a_new_passphrase_has_eight_characters_or_more(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "seven77", "seven77")
    with pytest.raises(MissingKey, match="shorter than 8"):
        new_passphrase()


def test_a_passphrase_that_is_remembered_never_enters_the_environment() -> None:
    remember_passphrase("the demo's own")
    assert take_passphrase() == "the demo's own"
    assert passphrases.VARIABLE not in os.environ


# ---------------------------------------------------------------- a file descriptor


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    monkeypatch.setenv(passphrases.FD_VARIABLE, str(reading))
    return reading


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_file_descriptor_is_read_once_and_closed(ending: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    number = piped(monkeypatch, "quatre mots inventés".encode() + ending)
    assert take_passphrase() == "quatre mots inventés"
    assert passphrases.FD_VARIABLE not in os.environ
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
    assert take_passphrase() == "quatre mots inventés", "asked for again in the same process"


def test_the_ways_have_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "typed", "typed")
    ways = [
        lambda: monkeypatch.setenv(passphrases.VARIABLE, "variable"),
        lambda: piped(monkeypatch, b"descriptor"),
        lambda: monkeypatch.setenv(passphrases.FILE_VARIABLE, str(private(tmp_path / "p", "file"))),
    ]
    assert take_passphrase() == "typed"
    assert take_passphrase(recall=lambda: "keyring") == "keyring"
    for give, said in zip(ways, ("variable", "descriptor", "file"), strict=True):
        give()
        assert take_passphrase(recall=lambda: pytest.fail("the keyring was asked")) == said


@pytest.mark.parametrize(
    "number", ["", " ", "0", "1", "2", "-1", "three", "3.0", "1000000", "99999999999999999999", "٣"]
)
def test_a_descriptor_that_is_none_is_told(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrases.FD_VARIABLE, number)
    with pytest.raises(MissingKey, match="file descriptor" if number else "no terminal") as told:
        take_passphrase()
    assert "Give the number" in told.value.hint or not number


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"x" * 5000])
def test_a_descriptor_that_gives_no_passphrase_is_told(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(monkeypatch, data)
    with pytest.raises(MissingKey, match="no passphrase can be read from the file descriptor"):
        take_passphrase()


@pytest.mark.skipif(os.name != "posix", reason="a shell's own way to hand over a descriptor")
def test_a_shell_hands_a_passphrase_to_the_command_and_it_stands_in_no_environment_and_no_argument(
    template: Path,
) -> None:
    script = """{ printf '%s\\n' 'four made-up words here'; } | {
        CHATHAM_PASSPHRASE_FD=3 CHATHAM_USER=ra exec "$0" -m flows.cli.main user list --json 3<&0 </dev/null
    }"""
    done = subprocess.run(
        ["sh", "-c", script, sys.executable],
        env={**os.environ, "CHATHAM_STUDY": str(template)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert '"pi"' in done.stdout


def test_recovery_keys_come_from_a_private_file_one_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys").write_bytes(b"AGE-SECRET-KEY-1A\r\n\n  \nage-secret-key-1b\n")
    (tmp_path / "keys").chmod(0o600)
    monkeypatch.setenv(passphrases.RECOVERY_FILE_VARIABLE, str(tmp_path / "keys"))
    assert take_recovery_keys() == ["AGE-SECRET-KEY-1A", "age-secret-key-1b"]
    assert passphrases.RECOVERY_FILE_VARIABLE not in os.environ


def test_a_recovery_key_is_asked_for_at_a_terminal_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingKey, match="no recovery key was given and there is no terminal"):
        take_recovery_keys()
    typed(monkeypatch, "AGE-SECRET-KEY-1A")
    assert take_recovery_keys() == ["AGE-SECRET-KEY-1A"]
