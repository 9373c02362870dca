"""Where the files of a name model lie on this machine, and which they are. Nothing is loaded, run or downloaded."""

import hashlib
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from schemas.errors import MissingTool

Chosen = Sequence[tuple[str, str]]
"""The name models that somebody chose: pairs of a language (or ``gliner``) and a package or folder."""


class ModelFiles(NamedTuple):
    """The files of one model."""

    name: str
    """The package, or the last part of the folder: never the whole path, which may name a person."""
    folder: Path
    version: str
    """Told in provenance and part of stage keys: other files have another one."""
    packed: bool
    """Whether it lies in an installed package."""


def is_folder(model: str) -> bool:
    """Whether ``model`` is written as a folder and not as a package."""
    return "/" in model or "\\" in model


def installed(package: str) -> bool:
    """Whether ``package`` is installed."""
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def files_in_folder(model: str, needed: Sequence[str], hint: str) -> ModelFiles:
    """The model in a folder; its version is a digest of all its files.

    Args:
        model: The folder, or one that holds it alone, as an unpacked package does.
        needed: Files without which it is no such model.
        hint: How to get one.
    Raises:
        MissingTool: there is no such folder, or it holds no such model.
    """
    name = Path(model).name
    if not Path(model).is_dir():
        raise MissingTool(f"the folder '{name}' of a name model is not on this machine", hint=hint)
    folder = _holding(Path(model), needed)
    if folder is None:
        raise MissingTool(f"the folder '{name}' of a name model lacks {' or '.join(needed)}", hint=hint)
    return ModelFiles(name, folder, f"{name} {digest_of_folder(folder)[:16]}", packed=False)


def files_in_package(package: str, needed: Sequence[str], hint: str) -> ModelFiles:
    """The model in an installed package, which is not imported; its version is the package's.

    Raises:
        MissingTool: the package is not installed, or holds no such model.
    """
    module = package.replace("-", "_")
    if not installed(package):
        raise MissingTool(f"the name model {package} is not installed", hint=hint)
    found = importlib.util.find_spec(module) if module.isidentifier() else None
    for place in (found.submodule_search_locations or ()) if found else ():
        if folder := _holding(Path(place), needed):
            return ModelFiles(module, folder, f"{module} {version(package)}", packed=True)
    raise MissingTool(f"the package {package} holds no name model", hint=hint)


def digest_of_folder(folder: Path) -> str:
    """SHA-256 over names and bytes of a folder's files, 64 hexadecimal digits; hidden files do not count."""
    seal = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        told = path.relative_to(folder)
        if not any(part.startswith(".") for part in told.parts):
            facts = path.stat()
            seal.update(f"{told.as_posix()}\0{_hashed(str(path), facts.st_size, facts.st_mtime_ns)}\0".encode())
    return seal.hexdigest()


@lru_cache(maxsize=1024)
def _hashed(path: str, _size: int, _mtime_ns: int) -> str:
    """A file's SHA-256; one that has not changed is read once in a process."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _holding(place: Path, needed: Sequence[str]) -> Path | None:
    """``place``, or the one folder in it, that has all ``needed`` files."""
    inside = [path for path in sorted(place.iterdir()) if path.is_dir()]
    holding = [path for path in (place, *inside) if all((path / name).is_file() for name in needed)]
    return holding[0] if holding and (holding[0] == place or len(holding) == 1) else None
