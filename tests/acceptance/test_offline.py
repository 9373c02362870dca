"""The whole demo needs no network: it is made with everything but loopback cut off."""

import subprocess
import sys

import pytest

from tests.acceptance.laboratory import ALONE, Laboratory, Made

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

REACH_OUT = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
try:
    socket.create_connection(("192.0.2.1", 443), timeout=5)
except OSError as error:
    print("cut off:", error.strerror)
"""


def test_the_demo_is_made_with_only_loopback(demo: Made, lab: Laboratory, cut_off: str | None):
    if cut_off:
        pytest.skip(f"THE DEMO WAS MADE WITH THE NETWORK IN REACH: {cut_off}")
    probe = subprocess.run(
        [*ALONE, sys.executable, "-c", REACH_OUT],
        env=lab.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert probe.stdout.strip() == "cut off: Network is unreachable"
    assert demo.done.code == 0
    assert (demo.study / "warehouse" / "research.duckdb").is_file()
