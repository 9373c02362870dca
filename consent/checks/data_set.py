"""Holds a data set that somebody was given against the register: its manifest, and each file beside it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.checks.report import Findings, count, listing
from consent.checks.walk import Walked
from consent.manifest import Tie, is_tied, parse_manifest, tie_of
from schemas.errors import BadInput

ENDED_UNKNOWN = (
    "whether the data set has ended since: the entries that say so are sealed; ask the team, who see it with chatham "
    "release list"
)


@dataclass(frozen=True)
class Given:
    """A manifest as it was given.

    Attributes:
        tie: The entry that it names; None: it names none.
        size: How many entries it says that the register held; None: it does not say so in the right form.
    """

    path: Path
    manifest: Mapping[str, Any]
    tie: Tie | None
    size: int | None

    @property
    def indexes(self) -> set[int]:
        """The entry whose leaf is wanted."""
        return set() if self.tie is None else {self.tie.index}

    @property
    def sizes(self) -> set[int]:
        """The size at which a root is to be compared."""
        return set() if self.size is None else {self.size}


def read_given(path: Path) -> Given:
    """Read the manifest at ``path``.

    Raises:
        BadInput: it cannot be read, or is none.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise BadInput("the manifest cannot be read", hint="Check the path after --manifest.") from None
    manifest = parse_manifest(data)
    register = manifest.get("register")
    size = register.get("size") if isinstance(register, dict) else None
    return Given(path, manifest, tie_of(manifest), size if type(size) is int else None)


def judge(given: Given, walked: Walked, findings: Findings) -> None:
    """Say whether the manifest is the one that was recorded, and the files beside it are those that it names."""
    if "ended" in given.manifest:
        findings.altered.append(
            "The manifest you gave says itself that its data set has ended and may not be used; what is left of it in "
            "this manifest cannot be checked."
        )
    elif given.tie is None:
        findings.altered.append(
            "The manifest you gave names no entry of the register, so nothing shows that it was recorded: it was "
            "changed, or is older than such entries."
        )
    elif given.tie.index >= walked.size:
        _say_behind(given.tie, walked, findings)
    elif _is_recorded(given, given.tie, walked, findings):
        _compare_root(given, walked, findings)
        _compare_files(given, findings)
        findings.not_checked.append(ENDED_UNKNOWN)


def _say_behind(tie: Tie, walked: Walked, findings: Findings) -> None:
    if not walked.whole or walked.missing:
        findings.not_checked.append("the manifest you gave: the journal cannot be read as far as its entry")
        return
    findings.altered.append(
        f"The manifest you gave names entry {tie.index}, and here are {count(walked.size, 'entry', 'entries')}: it was "
        "changed, or is of another register, or an older copy of the folder was put back."
    )


def _is_recorded(given: Given, tie: Tie, walked: Walked, findings: Findings) -> bool:
    leaf = walked.leaves[tie.index]
    if not is_tied(given.manifest, tie, leaf):
        findings.altered.append(
            f"The manifest you gave is not the one that entry {tie.index} was made for: something in it was changed, "
            "or it is of another data set or register."
        )
        return False
    findings.checked.append(
        f"The manifest you gave is, member by member, the one that entry {tie.index} commits to, recorded in the "
        f"minute {leaf.minute}."
    )
    return True


def _compare_root(given: Given, walked: Walked, findings: Findings) -> None:
    """What the manifest says of the register, now that it is sure that the team said so."""
    root = given.manifest["register"]["root"]
    found = walked.roots.get(given.size or 0)
    if found is None or found.hex() != root:
        findings.wrong(
            "the manifest you gave was recorded here and names other first entries than the journal has: there are two "
            "histories",
            given.path.name,
        )
        return
    findings.checked.append(
        f"The data set was made when the register held {count(given.size or 0, 'entry', 'entries')}, and the register "
        "begins with exactly these."
    )


def _compare_files(given: Given, findings: Findings) -> None:
    folder, files = given.path.parent, given.manifest["files"]
    there = {name for name in files if (folder / name).is_file()}
    changed = {name for name in there if _described(folder / name) != files[name]}
    if changed:
        findings.altered.append(
            f"{listing(changed)} beside the manifest: not as the data set was made, and something in it was changed."
        )
    if same := len(there - changed):
        findings.checked.append(f"{count(same, 'file')} beside the manifest: the same bytes as when it was made.")
    if missing := set(files) - there:
        findings.not_checked.append(f"{listing(missing)}: part of the data set, and not beside the manifest")
    if more := _others(folder, {*files, given.path.name}):
        findings.not_checked.append(f"{listing(more)}: beside the manifest, and no part of the data set")


def _others(folder: Path, known: set[str]) -> set[str]:
    # Only where files of the data set lie: a manifest may have been laid into a folder that is full of other things.
    folders = {folder, *((folder / name).parent for name in known)}
    lying = {path for one in folders if one.is_dir() for path in one.iterdir() if path.is_file()}
    return {path.relative_to(folder).as_posix() for path in lying} - known


def _described(path: Path) -> dict[str, int | str]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
