"""Each test of coding has a study of its own: a copy of ``ran``, which its module makes and codes."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.study import Study
from tests.flows import cascade
from tests.flows.conftest import open_as


@pytest.fixture
def study(ran: Path, tmp_path: Path) -> Iterator[Study]:
    with cascade.cheaply():
        shutil.copytree(ran, tmp_path / "study")
        yield open_as(tmp_path / "study", "pi")
