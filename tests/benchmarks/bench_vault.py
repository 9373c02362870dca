"""How fast files are sealed and opened, beside a plain copy and two other programs, on one large file in one run.

    python -m tests.benchmarks.bench_vault [--json] [--mib N] [--rounds N] [--folder DIR] [--peers PYTHON]

PYTHON is an interpreter that has ``pyrage``; ``age`` is used where it is installed. Each time is that of a whole
process, start-up included, and the contestants take turns, because disks and neighbours change from one minute to the
next; the shortest counts. Nobody waits for the disk to say that it has everything; what is left to write is waited for
between two contestants. Memory is the most that the whole process ever held.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import peers

PIECE = 1 << 18
MISSING = 3
KEY = bytes(range(32))


def copy(source: Path, target: Path) -> None:
    """A plain copy: read and written, a quarter MiB at a time."""
    with source.open("rb") as plain, target.open("wb") as sink:
        shutil.copyfileobj(plain, sink, PIECE)


def seal(source: Path, target: Path) -> None:
    """As intake seals a recording."""
    from vault.age import AgeWriter, Identity

    recipient = Identity.from_secret(KEY).recipient
    with source.open("rb") as plain, target.open("wb") as sink, AgeWriter(sink, [recipient]) as sealed:
        shutil.copyfileobj(plain, sealed, PIECE)


def unseal(source: Path, target: Path) -> None:
    """As a recording is read."""
    from vault.age import AgeReader, Identity

    with source.open("rb") as sealed, target.open("wb") as sink:
        shutil.copyfileobj(AgeReader(sealed, [Identity.from_secret(KEY)]), sink, PIECE)


def reseal(source: Path, target: Path) -> None:
    """From one key to another, as after an erasure, but without waiting for the disk."""
    from vault.age import AgeReader, AgeWriter, Identity

    identity = Identity.from_secret(KEY)
    with source.open("rb") as old, target.open("wb") as sink, AgeWriter(sink, [identity.recipient]) as new:
        shutil.copyfileobj(AgeReader(old, [identity]), new, PIECE)


def key(_: Path, target: Path) -> None:
    """The key that everybody uses, as a file of ``age``."""
    from vault.age import Identity

    identity = Identity.from_secret(KEY)
    target.write_text(f"# {identity.recipient}\n{identity}\n")


OURS = {"key": key, "copy": copy, "seal": seal, "open": unseal, "reseal": reseal}


def ours(way: str, source: Path, target: Path) -> list[str]:
    """The command that does one of ours in a process of its own."""
    return [sys.executable, "-m", "tests.benchmarks.bench_vault", "--one", way, str(source), str(target)]


def commands(folder: Path, python: Path | None) -> dict[str, list[str]]:
    """Every contestant's command; each reads what stands in ``folder`` and writes a file ``out`` there."""
    plain, sealed, keys, out = (folder / name for name in ("plain", "sealed", "key", "out"))
    public, secret = keys.read_text().removeprefix("# ").split()
    found = {
        "plain copy": ours("copy", plain, out),
        "ours, sealing": ours("seal", plain, out),
        "ours, opening": ours("open", sealed, out),
        "ours, sealing anew": ours("reseal", sealed, out),
    }
    if python is not None:
        pyrage = [str(python), str(Path(peers.__file__)), "pyrage"]
        found["pyrage, sealing"] = [*pyrage, "seal", public, str(plain), str(out)]
        found["pyrage, opening"] = [*pyrage, "open", secret, str(sealed), str(out)]
    if age := shutil.which("age"):
        found["age, sealing"] = [age, "-r", public, "-o", str(out), str(plain)]
        found["age, opening"] = [age, "-d", "-i", str(keys), "-o", str(out), str(sealed)]
    return found


def prepare(folder: Path, mib: int) -> None:
    """A file of noise, the same sealed, and the key as ``age`` reads it."""
    with (folder / "plain").open("wb") as plain:
        for _ in range(mib):
            plain.write(os.urandom(PIECE))
    subprocess.run(ours("key", folder / "plain", folder / "key"), check=True)
    subprocess.run(ours("seal", folder / "plain", folder / "sealed"), check=True)


def timed(command: Sequence[str], out: Path) -> tuple[float, float, float] | None:
    """A whole process: seconds, seconds of processors, and the MiB it held at most; None where it is not installed."""
    out.unlink(missing_ok=True)
    os.sync()
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    took = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode == MISSING:
        return None
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return took, used.ru_utime + used.ru_stime, used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def measure(folder: Path, mib: int, rounds: int, python: Path | None) -> dict[str, Any]:
    """The figures of one run."""
    prepare(folder, mib)
    taken: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        for name, command in commands(folder, python).items():
            if (one := timed(command, folder / "out")) is not None:
                taken.setdefault(name, []).append(one)
    copied_s = min(seconds for seconds, *_ in taken["plain copy"])
    return {
        "benchmark": "vault",
        "mib": mib,
        "rounds": rounds,
        "contestants": {name: _figures(values, copied_s, mib) for name, values in taken.items()},
        "not_measured": [name for name in ("pyrage", "age") if f"{name}, sealing" not in taken],
        "python": platform.python_version(),
    }


def _figures(values: list[tuple[float, float, float]], copied_s: float, mib: int) -> dict[str, float]:
    seconds = min(took for took, *_ in values)
    return {
        "seconds": round(seconds, 3),
        "processor_seconds": round(min(spent for _, spent, _ in values), 3),
        "mib_per_s": round(mib / seconds),
        "of_plain_copy": round(copied_s / seconds, 2),
        "peak_rss_mib": round(max(held for *_, held in values), 1),
    }


def show(figures: dict[str, Any]) -> None:
    """Print the figures as a person reads them."""
    print(f"{figures['mib']} MiB, {figures['rounds']} rounds in turns; 1.00 is as fast as a plain copy")
    for name, one in figures["contestants"].items():
        print(f"  {name:20} {one['seconds']:>8} s  {one['of_plain_copy']:>5}  {one['peak_rss_mib']:>7} MiB held")
    for name in figures["not_measured"]:
        print(f"  {name}: NOT MEASURED (not installed)")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--mib", type=int, default=1024, help="how large the file is")
    parser.add_argument("--rounds", type=int, default=3, help="how often everybody takes a turn")
    parser.add_argument("--folder", type=Path, default=None, help="a folder on the disk to measure")
    parser.add_argument("--peers", type=Path, default=None, help="a Python that has pyrage")
    parser.add_argument("--one", nargs=3, default=None, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one is not None:
        OURS[asked.one[0]](*map(Path, asked.one[1:]))
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        figures = measure(Path(folder), asked.mib, asked.rounds, asked.peers)
    print(json.dumps(figures, indent=1)) if asked.json else show(figures)


if __name__ == "__main__":
    main(sys.argv[1:])
