"""What the three ways need beside Chatham: DuckDB's extensions as packages, and Postgres."""

import importlib.util
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from schemas.errors import MissingTool

VERSION = duckdb.__version__
BUILT = f"v{VERSION}"
"""DuckDB loads only extensions of exactly its own version."""
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
"""Nothing is fetched, and only what is named is loaded."""


def extension(name: str) -> Path:
    """The file of an extension that was installed as a package; nothing is fetched. Raises MissingTool."""
    return Path(extensions([name])[0])


def extensions(names: Sequence[str]) -> list[str]:
    """Files of several extensions, in the order in which they are to be loaded.

    Raises:
        MissingTool: the package of one is not there, or is of another version of DuckDB.
    """
    found = {name: _file(name) for name in names}
    missing = [name for name, file in found.items() if file is None]
    if missing:
        packages = " ".join(f"--with duckdb-extension-{name.replace('_', '-')}=={VERSION}" for name in names)
        raise MissingTool(
            f"DuckDB's extensions for version {VERSION} are not all installed: {', '.join(missing)}",
            hint=f"Give the command with them: uv run {packages} python examples/many_readers",
        )
    return [str(file) for file in found.values()]


def _file(name: str) -> Path | None:
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        file = Path(folder) / "extensions" / BUILT / f"{name}.duckdb_extension"
        if file.is_file():
            return file
    return None


def postgres(name: str) -> str:
    """A program of Postgres; raises MissingTool."""
    places = [os.environ.get("PATH", ""), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        raise MissingTool(
            f"Postgres is not installed: there is no {name}", hint="Install it, on Debian: apt-get install postgresql."
        )
    return found


def as_nobody() -> dict[str, int]:
    """As whom readers and Postgres run where this program may do everything: folders would refuse it nothing."""
    return {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}


@contextmanager
def shut(folder: Path) -> Iterator[None]:
    """For the length of a block only the owner may enter a folder, or nobody, where the readers are its owner too."""
    folder.chmod(0o700 if os.geteuid() == 0 else 0)
    try:
        yield
    finally:
        folder.chmod(0o755)
