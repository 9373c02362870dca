"""Reads and writes zip archives: no member is ever unpacked to the disk, and none may grow without end."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import TracebackType

from schemas.errors import BadInput

MOST_BYTES = 256 * 1024 * 1024
"""Of one member. A project of 100 sessions with 100,000 codings has 66 MB."""
MOST_TOGETHER = 1024 * 1024 * 1024
MOST_MEMBERS = 100_000
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def write_archive(path: Path, members: Mapping[str, bytes]) -> None:
    """Write an archive with these members, in their order: the same bytes for the same members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)


class Archive:
    """An archive that came from outside, open for reading.

    Raises:
        BadInput: It is no archive, or holds too much, or a member's name points out of it.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise _damaged() from None
        self._left = MOST_TOGETHER
        listed = self._zip.infolist()
        if len(listed) > MOST_MEMBERS:
            self._zip.close()
            raise BadInput(f"the file holds more than {MOST_MEMBERS} files", hint="Check that it is the one you meant.")
        self._members = {info.filename.casefold(): info for info in listed}
        if any(_points_out(info.filename) for info in listed):
            self._zip.close()
            raise BadInput(
                "a file inside has a name that points out of the project",
                hint="Nothing of it was read. Export the project again in the program that made it.",
            )

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def names(self) -> list[str]:
        """Names of the members, in their order."""
        return [info.filename for info in self._members.values()]

    def read(self, name: str, called: str) -> bytes | None:
        """The bytes of a member, in capitals or not; None where there is none.

        Args:
            called: What it is called in an error.
        Raises:
            BadInput: It is larger than may be, damaged or locked.
        """
        info = self._members.get(name.casefold())
        if info is None:
            return None
        if info.file_size > MOST_BYTES or info.file_size > self._left:
            raise BadInput(
                f"{called} or all files in the project together are larger than may be"
                f" ({MOST_BYTES // 1024**2} MB, {MOST_TOGETHER // 1024**2} MB)",
                hint="Nothing of it was read. Export the project in parts.",
            )
        self._left -= info.file_size
        try:
            return self._zip.read(info)  # never gives more than the size that was declared
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError):
            raise _damaged() from None


def _points_out(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0] if path.parts else False


def _damaged() -> BadInput:
    return BadInput(
        "the project file is damaged, locked or no archive", hint="Export it again in the program that made it."
    )
