import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import DiskFull, MissingTool
from transcription import models
from transcription.models import Carrier, find_model, hub_name

WEIGHTS = b"first half," * 1000 + b"second half" * 1000


def folder_of(place: Path, weights: bytes | None = WEIGHTS) -> Path:
    place.mkdir(parents=True)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (place / name).write_text("{}")
    if weights is not None:
        (place / "model.bin").write_bytes(weights)
    return place


@pytest.fixture
def carrier(tmp_path, monkeypatch):
    """Two packages that carry a small model in halves, as the pinned ones do."""
    for number in (1, 2):
        package = tmp_path / "packages" / f"fake_carrier_part{number}"
        folder_of(package / "data", None) if number == 1 else (package / "data").mkdir(parents=True)
        (package / "__init__.py").write_text("raise RuntimeError('a carrier is never run')")
        half = WEIGHTS[:9_000] if number == 1 else WEIGHTS[9_000:]
        (package / "data" / f"model.bin.part{number}").write_bytes(half)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setenv("CHATHAM_CACHE", str(tmp_path / "cache"))
    packages = (("fake_carrier_part1", "data"), ("fake_carrier_part2", "data"))
    made = Carrier(packages, "model.bin.part*", hashlib.sha256(WEIGHTS).hexdigest())
    monkeypatch.setitem(models.CARRIERS, "base", made)
    return made


def left_over(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "cache" / "models").iterdir() if path.name.startswith(".")]


def test_a_model_in_parts_is_joined_once_and_checked(carrier, tmp_path):
    model = find_model("base")
    assert model.sha256 == carrier.sha256
    assert (model.path / "model.bin").read_bytes() == WEIGHTS
    assert {path.name for path in model.path.iterdir()} == {
        "model.bin",
        "config.json",
        "tokenizer.json",
        "vocabulary.txt",
    }
    made = (model.path / "model.bin").stat().st_mtime_ns
    assert find_model("base") == model
    assert (model.path / "model.bin").stat().st_mtime_ns == made
    assert left_over(tmp_path) == []


def test_a_damaged_copy_in_the_cache_is_made_anew(carrier, tmp_path):
    model = find_model("base")
    (model.path / "model.bin").write_bytes(b"damaged")
    assert find_model("base") == model
    assert (model.path / "model.bin").read_bytes() == WEIGHTS
    (model.path / "tokenizer.json").unlink()
    assert (find_model("base").path / "tokenizer.json").is_file()
    assert left_over(tmp_path) == []


def test_packages_that_hold_something_else_are_refused_and_leave_nothing(carrier, tmp_path):
    (tmp_path / "packages/fake_carrier_part2/data/model.bin.part2").write_bytes(b"something else")
    with pytest.raises(MissingTool, match="do not hold what they should: expected") as failure:
        find_model("base")
    assert "--force-reinstall fake-carrier-part1 fake-carrier-part2" in failure.value.hint
    assert list((tmp_path / "cache" / "models").iterdir()) == []


JOIN = """
import sys
from transcription.models import CARRIERS, Carrier, find_model

sys.path.insert(0, sys.argv[1])
CARRIERS["base"] = {carrier!r}
print(find_model("base").sha256)
"""


def test_several_processes_may_join_at_once(carrier, tmp_path):
    command = [sys.executable, "-c", JOIN.format(carrier=carrier), str(tmp_path / "packages")]
    joining = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert [process.communicate()[0].strip() for process in joining] == [carrier.sha256] * 6
    assert left_over(tmp_path) == []


def test_a_full_disk_while_joining_is_said_so_and_leaves_nothing(carrier, tmp_path, monkeypatch):
    def full(*_parts: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(models, "_join", full)
    with pytest.raises(DiskFull, match="no room to put the speech model"):
        find_model("base")
    assert left_over(tmp_path) == []


def test_a_model_in_the_users_own_folder_is_found_by_name(tmp_path):
    for name in ("small", "faster-whisper-medium"):
        folder_of(tmp_path / name)
    assert find_model("small", [tmp_path]).path == tmp_path / "small"
    assert find_model("medium", [tmp_path]).path == tmp_path / "faster-whisper-medium"
    assert find_model("small", [tmp_path / "small"]).path == tmp_path / "small"
    assert find_model(str(tmp_path / "small")).sha256 == hashlib.sha256(WEIGHTS).hexdigest()


def test_a_model_in_the_hub_cache_is_found_without_network(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--Systran--faster-whisper-small"
    folder_of(repository / "snapshots" / "aaa", b"old")
    folder_of(repository / "snapshots" / "bbb")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("bbb")
    assert find_model("small").path.name == "bbb"


def test_a_folder_without_its_tokenizer_is_no_model(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    (folder_of(tmp_path / "small") / "tokenizer.json").unlink()
    with pytest.raises(MissingTool, match="'small' is not on this machine"):
        find_model("small", [tmp_path])
    with pytest.raises(MissingTool, match=r"lacks one of model\.bin"):
        find_model(str(tmp_path / "small"))


def test_a_missing_model_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingTool, match="'large-v3-turbo' is not on this machine") as failure:
        find_model("large-v3-turbo")
    assert "download_model('large-v3-turbo')" in failure.value.hint
    assert failure.value.exit_code == 7


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("small", "Systran/faster-whisper-small"),
        ("large", "Systran/faster-whisper-large-v3"),
        ("turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo"),
        ("distil-small.en", "Systran/faster-distil-whisper-small.en"),
        ("distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2"),
        ("somebody/their-model", "somebody/their-model"),
    ],
)
def test_names_lead_to_the_same_repositories_as_in_faster_whisper(name, repository):
    from faster_whisper.utils import _MODELS

    assert hub_name(name) == repository
    assert _MODELS.get(name, repository) == repository


def test_looking_for_a_model_imports_nothing_heavy():
    code = (
        "import sys; from transcription.models import find_model\n"
        "try: find_model('no-such-model')\n"
        "except Exception: pass\n"
        "print([name for name in ('numpy', 'av', 'faster_whisper', 'ctranslate2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
