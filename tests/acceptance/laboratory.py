"""Runs the real `chatham` command in a closed little world: its own home, temporary folder and model cache."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]

CHATHAM = Path(sys.executable).with_name("chatham")
PASSPHRASE = "chatham-demo"
LONG = os.environ.get("CHATHAM_LONG") == "1"
LIMIT_S = 420
INHERITED = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")

ALONE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
"""Before a command: only loopback is left of the network."""

IN_ONE_PROCESS = """
import json, sys
from flows.cli.main import app
for arguments in json.load(sys.stdin):
    try:
        app(arguments, standalone_mode=True)
    except SystemExit as end:
        if end.code:
            raise
"""
"""Runs several commands, read as JSON from standard input, as one process: unlocking keys again takes its time."""


@dataclass(frozen=True)
class Done:
    """A command that ended: exit code, what it wrote, and how long it took, start-up included."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def facts(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)

    def by_session(self) -> dict[str, dict[str, Any]]:
        """The rows of ``run --json``."""
        return {row["session"]: row for row in self.facts}


@dataclass
class Running:
    """A command at work, the leader of its own process group; what it writes goes to files, as pipes outlive it."""

    process: subprocess.Popen[bytes]
    out: Path
    err: Path
    begun: float = field(default_factory=time.monotonic)

    def wait_for(self, pattern: str, times: int = 1) -> bool:
        """Wait until standard error holds ``pattern`` so often; False where the command ended before that."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            over = self.process.poll() is not None
            if len(re.findall(pattern, self.err.read_text(encoding="utf-8"), re.M)) >= times:
                return True
            if over:
                return False
            time.sleep(0.01)
        raise AssertionError(f"the command did not come to {pattern} in {LIMIT_S} s")

    def children(self) -> list[psutil.Process]:
        """The processes it started, and theirs."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def kill(self, *, only_parent: bool = False) -> list[psutil.Process]:
        """SIGKILL to the whole group, or to the parent alone; gives the children it had."""
        children = self.children()
        (os.kill if only_parent else os.killpg)(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if not only_parent:
            psutil.wait_procs(children, timeout=10)
        return children

    def end(self) -> Done:
        """Wait for it to end by itself."""
        code = self.process.wait(timeout=LIMIT_S)
        seconds = time.monotonic() - self.begun
        return Done(code, self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8"), seconds)


@dataclass
class Laboratory:
    """One world: every folder that a command may write to by itself lies under ``root``.

    Attributes:
        extra: Environment on top of the smallest one that works.
        written: What every command wrote to standard output and standard error, in order.
    """

    root: Path
    cache: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for folder in (self.home, self.tmp, self.logs, self.cache):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the caller's but where programs and libraries lie."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
            if name in os.environ
        }
        ours = {
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "TMPDIR": str(self.tmp),
            "CHATHAM_CACHE": str(self.cache),
            "CHATHAM_PASSPHRASE": PASSPHRASE,
            "HF_HUB_OFFLINE": "1",
        }
        return {**kept, **ours, **self.extra, **more}

    def run(
        self,
        *arguments: str | Path,
        study: Path | None = None,
        before: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Run one `chatham` command to its end."""
        told = ["--study", str(study)] if study else []
        return self._run([*before, str(CHATHAM), *told, *map(str, arguments)], env or self.environment())

    def run_all(self, study: Path, commands: Sequence[Sequence[str | Path]]) -> Done:
        """Run several `chatham` commands in one process, up to the first that fails."""
        asked = json.dumps([list(map(str, command)) for command in commands])
        env = self.environment(CHATHAM_STUDY=str(study))
        return self._run([sys.executable, "-c", IN_ONE_PROCESS], env, asked)

    def run_patched(self, patch: str, *arguments: str | Path, study: Path) -> Done:
        """Run a `chatham` command after some lines of Python, which may put a failing step in place of a good one."""
        code = f"{patch}\nfrom flows.cli.main import main\nmain()\n"
        return self._run([sys.executable, "-c", code, "--study", str(study), *map(str, arguments)], self.environment())

    def start(self, *arguments: str | Path, study: Path, env: Mapping[str, str] | None = None) -> Running:
        """Start a `chatham` command and come back at once."""
        number = len(list(self.logs.iterdir()))
        out, err = self.logs / f"{number}.out", self.logs / f"{number}.err"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = subprocess.Popen(
                [str(CHATHAM), "--study", str(study), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                env=env or self.environment(),
                cwd=self.root,
                start_new_session=True,
            )
        return Running(process, out, err)

    def _run(self, command: list[str], env: Mapping[str, str], asked: str | None = None) -> Done:
        begun = time.monotonic()
        done = subprocess.run(
            command,
            env=dict(env),
            cwd=self.root,
            input=asked or "",
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
        )
        self.written += [done.stdout, done.stderr]
        return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def copied(study: Path, place: Path) -> Path:
    """A copy of a whole study folder, times of files included."""
    return Path(shutil.copytree(study, place, symlinks=True))


def why_not_alone() -> str | None:
    """Why no command can be cut off from the network here; None where it can."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return "unshare or ip is not installed"
    tried = subprocess.run([*ALONE, "true"], capture_output=True, text=True, check=False, timeout=30)
    return None if tried.returncode == 0 else f"unshare is not allowed here: {tried.stderr.strip()}"


DEMO = ROOT / "examples" / "demo"


@dataclass(frozen=True)
class Made:
    """A study, and the command that made it."""

    study: Path
    done: Done
