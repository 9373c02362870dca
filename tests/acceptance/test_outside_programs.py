"""Programs that nobody here wrote read what we publish, accept it, and refuse a copy in which one bit was changed."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from consent.ledger import Ledger
from consent.publish import log_vkeys, publish
from consent.tlog.checkpoint import check_checkpoint
from consent.tlog.note import COSIGNATURE, ED25519, ML_DSA_44, SigningKey, VerifyKey, format_note
from consent.tlog.proofs import consistency_proof, inclusion_proof
from consent.tlog.tiles import TileReader
from consent.tlog.tlog_proof import TlogProof, format_proof
from tests.acceptance.foreign import ForeignPython, program
from tests.consent.ledger_fakes import TinyBox, TinySigner, event, flip

HERE = Path(__file__).parent
GO_MODULE = Path("/usr/share/gocode/src/golang.org/x/mod")
SIZES = (1, 2, 255, 256, 257, 512, 513)
LARGE = 65_537
TILES_OF_513 = ("tile/0/000", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2")
BUNDLES_OF_513 = ("tile/entries/000", "tile/entries/001", "tile/entries/002.p/1")
FILES_OF_513 = ("checkpoint", *TILES_OF_513, *BUNDLES_OF_513)
AT = datetime(2026, 11, 21, 20, 51, tzinfo=UTC)
WITNESS = SigningKey("ethics.example.org", COSIGNATURE, b"w" * 32)
LIMIT_S = 300


@dataclass(frozen=True)
class Published:
    """A log as it stood at one size, proofs of some of its entries, and proofs that it continues its older states."""

    log: Path
    keys: tuple[VerifyKey, ...]
    proofs: tuple[Path, ...]
    older: tuple[tuple[Path, tuple[str, ...]], ...]

    def task(self) -> dict[str, object]:
        """What the outside programs are asked to check."""
        return {
            "log": str(self.log),
            "key": str(self.keys[0]),
            "witness": str(WITNESS.verify_key),
            "proofs": [str(path) for path in self.proofs],
            "older": [{"checkpoint": str(path), "proof": proof} for path, proof in self.older],
        }


Check = Callable[[Published], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Published]:
    """One register, published and witnessed at every small size as it grew."""
    return dict(grown(tmp_path_factory.mktemp("published"), SIZES))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A register with more entries than two levels of full tiles hold."""
    return dict(grown(tmp_path_factory.mktemp("large"), (1, 513, LARGE)))[LARGE]


@pytest.fixture(scope="session")
def go_check(tmp_path_factory: pytest.TempPathFactory) -> Check:
    """Checks with Go's own packages for such logs."""
    go = program("go")
    if not GO_MODULE.is_dir():
        pytest.skip(f"Go's module golang.org/x/mod is not in {GO_MODULE} (Debian: golang-golang-x-mod-dev)")
    folder = tmp_path_factory.mktemp("go")
    shutil.copytree(HERE / "go", folder, dirs_exist_ok=True)
    offline = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOSUMDB": "off", "GOCACHE": str(folder / "cache")}
    built = subprocess.run(
        [go, "build", "-o", "check", "."],
        cwd=folder,
        env=os.environ | offline | {"GOPATH": str(folder / "path")},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert built.returncode == 0, built.stderr
    return asked([str(folder / "check")])


@pytest.fixture(scope="session")
def aics_check(foreign_python: ForeignPython) -> Check:
    """Checks with aics-tlog."""
    return asked([str(foreign_python("aics-tlog")), str(HERE / "aics_check.py")])


@pytest.fixture(params=["go_check", "aics_check"])
def check(request: pytest.FixtureRequest) -> Check:
    """Each of the outside programs."""
    found: Check = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_an_outside_program_accepts_the_log_its_proofs_and_its_growth(
    size: int, check: Check, published: dict[int, Published]
) -> None:
    done = check(published[size])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{size} entries, ")


@pytest.mark.slow
def test_an_outside_program_accepts_a_large_log(check: Check, large: Published) -> None:
    done = check(large)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{LARGE} entries, ")


def test_an_outside_program_refuses_a_copy_in_which_one_bit_was_changed(
    check: Check, published: dict[int, Published], tmp_path: Path
) -> None:
    good = published[513]
    for number, name in enumerate(FILES_OF_513):
        copy = replace(good, log=tmp_path / str(number))
        shutil.copytree(good.log, copy.log)
        flip(copy.log / name, 8 * 20)
        assert_refused(check(copy), name)


def test_an_outside_program_refuses_a_proof_in_which_one_bit_was_changed(
    check: Check, published: dict[int, Published], tmp_path: Path
) -> None:
    good = published[513]
    for proof in good.proofs:
        copy = tmp_path / proof.name
        shutil.copy(proof, copy)
        flip(copy, 8 * len(b"c2sp.org/tlog-proof@v1\nindex 000\nAAAA"))
        assert_refused(check(replace(good, proofs=(copy,))), copy)
    for checkpoint, links in good.older:
        bad = bytearray(base64.b64decode(links[-1]))
        bad[5] ^= 1
        changed = (*links[:-1], base64.b64encode(bad).decode())
        assert_refused(check(replace(good, older=((checkpoint, changed),))), checkpoint)


def test_an_outside_program_refuses_the_log_under_another_key(check: Check, published: dict[int, Published]) -> None:
    good = published[513]
    other = VerifyKey(good.keys[0].name, ED25519, TinySigner(9).public_key)
    assert_refused(check(replace(good, keys=(other,))), "another key")


def test_aics_tlog_misses_the_witness_where_its_line_is_not_there(
    aics_check: Check, published: dict[int, Published], tmp_path: Path
) -> None:
    copy = replace(published[2], log=tmp_path / "log")
    shutil.copytree(published[2].log, copy.log)
    *lines, last = (copy.log / "checkpoint").read_bytes().splitlines(keepends=True)
    assert last.startswith(b"\xe2\x80\x94 ethics.example.org ")
    (copy.log / "checkpoint").write_bytes(b"".join(lines))
    assert_refused(aics_check(copy), "no witness")


def test_another_implementation_of_ml_dsa_accepts_our_line_and_refuses_it_changed(
    foreign_python: ForeignPython, published: dict[int, Published]
) -> None:
    python = foreign_python("dilithium-py")
    key = next(key for key in published[513].keys if key.kind == ML_DSA_44)
    good = (published[513].log / "checkpoint").read_bytes()

    def ask(note: bytes) -> subprocess.CompletedProcess[str]:
        task = json.dumps({"note": base64.b64encode(note).decode(), "key": str(key)})
        command = [str(python), str(HERE / "ml_dsa_check.py")]
        return subprocess.run(command, input=task, capture_output=True, text=True, timeout=LIMIT_S)

    done = ask(good)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == int(AT.timestamp())
    for bad in (good.replace(b"\n513\n", b"\n514\n"), good.replace(b"chatham/", b"chatmah/", 1)):
        assert bad != good
        done = ask(bad)
        assert (done.returncode, done.stderr) == (1, "the signature does not hold\n")


def assert_refused(done: subprocess.CompletedProcess[str], what: object) -> None:
    """The program ended as it does for a log that does not hold, and not because it was called wrongly."""
    assert done.returncode == 1, f"{what} was not refused: {done.stdout}"
    assert done.stderr


def asked(command: list[str]) -> Check:
    """A program that is given a task."""

    def ask(what: Published) -> subprocess.CompletedProcess[str]:
        task = json.dumps(what.task())
        return subprocess.run(command, input=task, capture_output=True, text=True, timeout=LIMIT_S)

    return ask


def grown(folder: Path, sizes: tuple[int, ...]) -> Iterator[tuple[int, Published]]:
    """A register that grows from size to size, and what was published at each."""
    register = folder / "consent"
    ledger = Ledger.create(register, TinySigner(), TinyBox().seal)
    older: list[Path] = []
    for before, size in pairwise((0, *sizes)):
        ledger.append([event(number) for number in range(before, size)], AT)
        publish(register, ledger, bytes(range(64)), AT)
        copy = folder / str(size)
        shutil.copytree(register / "log", copy)
        cosign(copy / "checkpoint", register)
        yield size, proved(copy, size, tuple(older), register)
        older.append(copy / "checkpoint")


def cosign(path: Path, register: Path) -> None:
    """Add the witness's line."""
    note = check_checkpoint(path.read_bytes(), log_vkeys(register)).note
    path.write_bytes(format_note(note.text, [*note.signatures, WITNESS.sign(note.text, AT)]))


def proved(log: Path, size: int, older: tuple[Path, ...], register: Path) -> Published:
    """Proofs of some entries, and from every older checkpoint."""
    reader, checkpoint = TileReader(log, size), (log / "checkpoint").read_bytes()
    proofs = []
    for index in sorted({0, size // 3, size // 2, size - 2, size - 1} & set(range(size))):
        proof = TlogProof(index, tuple(inclusion_proof(index, size, reader.nodes)), checkpoint)
        proofs.append(log.parent / f"{size}-{index}.tlog-proof")
        proofs[-1].write_bytes(format_proof(proof))
    links = []
    for path in older:
        old = check_checkpoint(path.read_bytes(), log_vkeys(register)).checkpoint.size
        hashes = consistency_proof(old, size, reader.nodes)
        links.append((path, tuple(base64.b64encode(one).decode() for one in hashes)))
    return Published(log, log_vkeys(register), tuple(proofs), tuple(links))
