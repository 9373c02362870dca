"""A witness that nobody here wrote (aics-witness) runs on loopback, and the register talks with it over HTTP."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from consent.publish import log_vkeys
from consent.tlog.note import COSIGNATURE, SigningKey
from tests.acceptance.foreign import ForeignPython
from tests.acceptance.laboratory import Done, Laboratory

PACKAGE = "aics-witness==0.1.0"
NAME = "witness.example/w1"
STARTS_IN_S = 30


@dataclass(frozen=True)
class Running:
    """The witness: where it answers, the key it published, and its own command line."""

    url: str
    vkey: str
    python: Path
    folder: Path

    def said(self, *words: str) -> str:
        """What its command line answers."""
        return _command(self.python, self.folder, *words)


@pytest.fixture
def study(lab: Laboratory) -> Path:
    """A new study of one user, with a folder of its own."""
    folder = lab.root / f"witnessed-{len(list(lab.root.iterdir()))}"
    assert lab.run("init", folder, "--title", "Ferries", "--board-approval", "H26-0001").code == 0
    return folder


def register_form(lab: Laboratory, study: Path, version: str) -> None:
    """Record an entry: a form's text."""
    file = lab.root / f"{study.name}-{version}.md"
    file.write_text(f"What people sign, {version}.\n", encoding="utf-8")
    done = lab.run("form", "add", file, "--version", version, "--approval", "H26-0001", study=study)
    assert done.code == 0, done.err


@contextmanager
def witness(foreign_python: ForeignPython, folder: Path, study: Path) -> Iterator[Running]:
    """A running witness that knows this study's register; it is stopped at the end, whatever happened."""
    python = foreign_python(PACKAGE)
    folder.mkdir()
    port = _free_port()
    vkey = _command(python, folder, "init", "--name", NAME, "--listen", f"127.0.0.1:{port}").strip()
    key = log_vkeys(study / "consent")[0]
    _command(python, folder, "add-log", "--origin", key.name, "--vkey", str(key))
    log = (folder / "log.txt").open("wb")
    process = subprocess.Popen([python, "-m", "aics_witness", "serve"], cwd=folder, stdout=log, stderr=log)
    try:
        _wait_for(port, process)
        yield Running(f"http://127.0.0.1:{port}", vkey, python, folder)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def ask(lab: Laboratory, study: Path, running: Running, *more: str) -> Done:
    return lab.run("ledger", "witness", running.url, *more, "--json", study=study)


def test_a_witness_nobody_here_wrote_cosigns_a_new_register_and_then_its_growth(
    lab: Laboratory, study: Path, foreign_python: ForeignPython, tmp_path: Path
) -> None:
    with witness(foreign_python, tmp_path / "w", study) as running:
        first = ask(lab, study, running, "--vkey", running.vkey)
        assert first.code == 0, first.err
        assert first.facts["by"] == NAME
        assert first.facts["size"] == 1
        register_form(lab, study, "v1")
        # The key is pinned in the policy now, and the proof begins where the last anchor stands.
        second = ask(lab, study, running)
        assert second.code == 0, second.err
        assert second.facts["size"] > first.facts["size"]
        assert f'"size": {second.facts["size"]}' in running.said("status", "--json")
        checked = lab.run("ledger", "verify", study=study)
        assert checked.code == 0, checked.out
        assert f"by {NAME}" in checked.out


def test_a_size_out_of_date_is_mended_by_asking_once_more(
    lab: Laboratory, study: Path, foreign_python: ForeignPython, tmp_path: Path
) -> None:
    with witness(foreign_python, tmp_path / "w", study) as running:
        assert ask(lab, study, running, "--vkey", running.vkey).code == 0
        # What the register knows of the witness is gone: it asks from size 0, is told 409, and proves from there.
        shutil.rmtree(study / "consent" / "anchors")
        register_form(lab, study, "v1")
        again = ask(lab, study, running)
        assert again.code == 0, again.err
        assert "409" in (running.folder / "log.txt").read_text(encoding="utf-8")


def test_a_second_history_is_told_by_the_witness_and_ends_with_exit_code_6(
    lab: Laboratory, study: Path, foreign_python: ForeignPython, tmp_path: Path
) -> None:
    with witness(foreign_python, tmp_path / "w", study) as running:
        shutil.copytree(study / "consent", tmp_path / "older")
        assert ask(lab, study, running, "--vkey", running.vkey).code == 0
        register_form(lab, study, "v1")
        assert ask(lab, study, running).code == 0
        _put_back(tmp_path / "older", study)
        for number in range(8):
            register_form(lab, study, f"other{number}")
        forked = ask(lab, study, running, "--vkey", running.vkey)
        assert forked.code == 6, forked.out + forked.err
        assert "two histories" in forked.err
        assert (study / "consent" / "log" / "seen").is_file()
        assert '"reason"' in running.said("evidence")
        refused = lab.run("form", "add", tmp_path / "w" / "log.txt", "--version", "x", "--approval", "1", study=study)
        assert refused.code == 6


def test_a_register_put_back_to_an_older_copy_is_told_by_the_witness(
    lab: Laboratory, study: Path, foreign_python: ForeignPython, tmp_path: Path
) -> None:
    with witness(foreign_python, tmp_path / "w", study) as running:
        shutil.copytree(study / "consent", tmp_path / "older")
        register_form(lab, study, "v1")
        assert ask(lab, study, running, "--vkey", running.vkey).code == 0
        _put_back(tmp_path / "older", study)
        behind = ask(lab, study, running, "--vkey", running.vkey)
        assert behind.code == 6, behind.out + behind.err
        assert "this register holds 1" in behind.err
        went_on = lab.run("ledger", "continue", "--against", study / "consent" / "log" / "seen", study=study)
        assert went_on.code == 0, went_on.err
        assert "1 entries are here, 1 that were signed are not" in went_on.out


def test_another_key_than_the_one_pinned_is_never_believed(
    lab: Laboratory, study: Path, foreign_python: ForeignPython, tmp_path: Path
) -> None:
    with witness(foreign_python, tmp_path / "w", study) as running:
        without = ask(lab, study, running)
        assert (without.code, "--vkey" in without.err) == (2, True)
        other = SigningKey(NAME, COSIGNATURE, bytes(32)).verify_key
        wrong = ask(lab, study, running, "--vkey", str(other))
        assert wrong.code == 3, wrong.err
        assert "cosigned by nobody" in wrong.err
        assert not (study / "consent" / "anchors").exists()


def _put_back(older: Path, study: Path) -> None:
    shutil.rmtree(study / "consent")
    shutil.copytree(older, study / "consent")


def _command(python: Path, folder: Path, *words: str) -> str:
    done = subprocess.run(
        [python, "-m", "aics_witness", *words], cwd=folder, capture_output=True, text=True, timeout=60, env=_alone()
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _alone() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AICS_", "WITNESS_"))}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_IN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the witness did not start")
