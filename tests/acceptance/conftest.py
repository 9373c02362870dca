"""The demo study before anything was run, after one run, and a Prefect server of our own; tests work on copies."""

import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.laboratory import DEMO, LIMIT_S, Laboratory, Made, Running, copied


@dataclass(frozen=True)
class Server:
    """A Prefect server of our own, on loopback."""

    url: str
    home: Path


@pytest.fixture(scope="session")
def plan() -> dict[str, Any]:
    """What the demo does, and what must be true afterwards."""
    return tomllib.loads((DEMO / "study.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def untold(lab: Laboratory, plan: dict[str, Any]) -> Path:
    """The demo study with everything taken in, by the commands a person types, and nothing run yet."""
    study = lab.root / "untold"
    made = lab.run("init", study, "--title", plan["title"], "--board-approval", plan["approval"], "--user", "pi")
    assert made.code == 0, made.err
    _settle(study / "chatham.toml", plan)
    done = lab.run_all(study, [*_people(plan), *_sessions(plan)])
    assert done.code == 0, done.err
    return study


@pytest.fixture(scope="session")
def first(lab: Laboratory, untold: Path) -> Made:
    """A copy of ``untold`` after one run that nothing disturbed, with Prefect's temporary server."""
    study = copied(untold, lab.root / "first")
    running = lab.start("run", "--json", study=study)
    done = running.end()
    assert done.code == 0, done.out + done.err
    return Made(study, done)


@pytest.fixture(scope="session")
def server(lab: Laboratory) -> Iterator[Server]:
    """`prefect server start` on a free port of loopback; stopped at the end whatever happens."""
    home = lab.root / "prefect"
    home.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    log = lab.logs / "server.err"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [str(prefect()), "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=prefect_environment(lab, home, url),
            cwd=home,
            start_new_session=True,
        )
    running = Running(process, log, log)
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, home)
    finally:
        running.kill()


def prefect() -> Path:
    """Prefect's own command."""
    return Path(sys.executable).with_name("prefect")


def prefect_environment(lab: Laboratory, home: Path, url: str) -> dict[str, str]:
    """The environment of Prefect's own commands: their server, and nothing sent anywhere."""
    return lab.environment(
        PREFECT_HOME=str(home),
        PREFECT_API_URL=url,
        PREFECT_SERVER_API_HOST="127.0.0.1",
        PREFECT_SERVER_API_PORT=url.rsplit(":", 1)[1].removesuffix("/api"),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        PREFECT_LOGGING_TO_API_ENABLED="false",
        DO_NOT_TRACK="1",
    )


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + min(180, LIMIT_S)
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:  # noqa: S310 - our own server
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError("the Prefect server did not come up: " + log.read_text(encoding="utf-8"))


def _settle(path: Path, plan: dict[str, Any]) -> None:
    """Set what a person would set in chatham.toml by hand."""
    text = path.read_text(encoding="utf-8")
    hosts = "[" + ", ".join(f'"{host}"' for host in plan["policy"]["host_organisations"]) + "]"
    text = re.sub(r"^host_organisations = \[\]", f"host_organisations = {hosts}", text, flags=re.M)
    text = re.sub(r'^timezone = "[^"]*"', f'timezone = "{plan["timezone"]}"', text, flags=re.M)
    path.write_text(text, encoding="utf-8")


def _people(plan: dict[str, Any]) -> list[list[str | Path]]:
    forms: list[list[str | Path]] = []
    for form in plan["forms"]:
        told = ["--version", form["version"], "--language", form["language"], "--approval", form["approval"]]
        forms.append(["form", "add", DEMO / form["file"], *told])
    return [
        *forms,
        ["roster", "import", DEMO / plan["roster"]],
        ["consent", "import", DEMO / plan["consents"]],
    ]


def _sessions(plan: dict[str, Any]) -> list[list[str | Path]]:
    commands: list[list[str | Path]] = []
    for session in plan["sessions"]:
        command: list[str | Path] = ["session", "add", session["id"], "--start", session["start"]]
        command += ["--cycle", session["cycle"], "--language", session["language"], "--rule", session["rule"]]
        for name in session.get("recording", []):
            command += ["--recording", DEMO / name]
        for option in ("transcript", "speakers"):
            if option in session:
                command += [f"--{option}", DEMO / session[option]]
        for standing in session["standings"]:
            command += ["--standing", standing]
        commands.append(command)
    for mark in plan["marks"]:
        commands.append(
            ["passage", "mark", mark["session"], "--from", mark["from"], "--to", mark["to"], "--as", mark["as"]]
        )
    return commands
