"""Fixtures shared by all rooms, and how much Hypothesis tries."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.acceptance.foreign import foreign_python as foreign_python  # a fixture
from tests.acceptance.laboratory import ALONE, Laboratory, Made, why_not_alone

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"  # never the keyring of who runs the tests

settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public vectors and samples that may stand beside a checkout; tests that need it skip without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder of public vectors and samples (../shared) is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model cache that is empty when the tests begin."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Laboratory:
    """An empty home, an empty temporary folder."""
    return Laboratory(tmp_path_factory.mktemp("lab"), cache)


@pytest.fixture(scope="session")
def cut_off() -> str | None:
    """Why the demo could not be made with the network cut off; None where it was."""
    return why_not_alone()


@pytest.fixture(scope="session")
def demo(lab: Laboratory, cut_off: str | None) -> Made:
    """The demo study as `chatham demo` leaves it; made with only loopback, where the system allows that."""
    env = lab.environment()
    del env["CHATHAM_PASSPHRASE"]  # the demo has its own and prints it
    study = lab.root / "demo"
    done = lab.run("demo", study, before=() if cut_off else ALONE, env=env)
    assert done.code == 0, done.out + done.err
    return Made(study, done)
