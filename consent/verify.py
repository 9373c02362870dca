"""Checks a consent register with public keys only: ``python -m consent.verify DIR VKEY``. Needs pydantic, cryptography.

It reads the folder and writes nothing into it, but for one file: a checkpoint that it is shown and that the register
does not reach is kept as `log/seen`.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from consent.checks import data_set, papers, seal_checks, seals
from consent.checks.report import Findings, Problem, Report, as_json, count, lines, listing
from consent.checks.tile_check import TileCheck
from consent.checks.walk import Walked, walk
from consent.recorders import RecorderCheck
from consent.storage.frontier import SavedFrontier, parse_frontier
from consent.storage.lines import NAME
from consent.tlog.note import COSIGNATURE, VerifyKey, read_vkeys
from consent.tlog.spelling import as_kept
from consent.tlog.tlog_proof import SUFFIX
from schemas.errors import BadInput, ChathamError, UsageError

__all__ = ["Problem", "Report", "as_json", "lines", "main", "read_keys", "register_folder", "verify"]

MAX_ANCHOR_AGE_DAYS = 31
_FRONTIER = "log/frontier"
_KNOWN = (
    NAME,
    ".lock",
    "ledger.vkey",
    "recorders.vkey",
    "policy",
    "policy.next",
    "log/checkpoint",
    "log/seen",
    _FRONTIER,
    "forms/*.md",
    "forms/*.form",
    "forms/*.json",
    "anchors/*.checkpoint",
    "anchors/*.tsr",
    "anchors/*.pem",
    "before/*/ledger.vkey",
    "before/*/checkpoint",
    "before/*/seen",
    "before/*/policy",
    "before/*/anchors/*",
    "recovery/*.age",
)


def verify(
    folder: Path,
    keys: Sequence[VerifyKey],
    *,
    against: bytes | None = None,
    policy: bytes | None = None,
    manifest: Path | None = None,
    now: datetime,
    max_anchor_age_days: int = MAX_ANCHOR_AGE_DAYS,
) -> Report:
    """Check a register and say what was checked, what is wrong and what could not be checked.

    Args:
        folder: The study's ``consent/``, or the study folder.
        keys: The log's public keys, from wherever the reader got them but this folder.
        against: A checkpoint that the reader kept, or a proof or receipt that holds one.
        policy: Whose cosignatures the reader counts; None: those whom the register's own policy names.
        manifest: Of a data set that the reader was given, with its files beside it; None: none.
        now: Aware.
        max_anchor_age_days: How old the newest anchor may be.
    Raises:
        UsageError: where there is no register.
        BadInput: where ``keys`` are no log's, ``against``, ``policy`` or ``manifest`` is not right, or a file may not
            be read.
    """
    folder = register_folder(folder)
    _require_log_keys(keys)
    given = None if manifest is None else data_set.read_given(manifest)
    try:
        return _verify(folder, keys, against, policy, given, now, max_anchor_age_days)
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else "a file"
        raise BadInput(
            f"{name} of the register cannot be read", hint="Check that you may read the folder, or copy it elsewhere."
        ) from error


def _verify(
    folder: Path,
    keys: Sequence[VerifyKey],
    against: bytes | None,
    policy: bytes | None,
    given: data_set.Given | None,
    now: datetime,
    max_anchor_age_days: int,
) -> Report:
    findings = Findings()
    own = papers.log_keys(folder, keys, findings)
    checkable = papers.usable(own, findings)
    known = papers.recorder_keys(folder, findings)
    trusted = papers.policy(folder, policy, findings)
    found = seals.gather(folder, own, checkable, trusted, against, findings)
    seal_checks.require_given(found, own, keys, findings)
    found.own_witnesses = policy is not None
    frontier = _read_frontier(folder, findings)
    recorders = RecorderCheck(known)
    tiles = TileCheck(folder / "log", found.standing.size if found.standing else 0, findings)
    sizes = found.sizes | ({frontier.size} if frontier is not None else set()) | (given.sizes if given else set())
    indexes = found.indexes | (given.indexes if given else set())
    walked = walk(folder, recorders if known else None, tiles, findings, sizes=sizes, indexes=indexes)
    _say_entries(walked, recorders if known else None, tiles, findings)
    papers.check_recorders(known, walked, findings)
    seal_checks.judge(folder, found, own, walked, findings)
    _check_frontier(frontier, walked, findings)
    papers.check_forms(folder, walked, known, findings)
    papers.check_policy(folder, walked, findings)
    papers.check_earlier_policies(folder, walked, findings)
    seal_checks.judge_anchors(found, walked, now, max_anchor_age_days, findings)
    if given is not None:
        data_set.judge(given, walked, findings)
    _say_unchecked(folder, walked, recorders, tiles, findings)
    return findings.report(walked.size, walked.root)


def register_folder(folder: Path) -> Path:
    """The folder ``consent/`` that ``folder`` is or holds.

    Raises:
        UsageError: where there is no register.
    """
    for one in (folder / "consent", folder):
        if any((one / name).exists() for name in (NAME, "ledger.vkey", "log")):
            return one
    raise UsageError("there is no consent register in that folder", hint="Name a study folder or its folder consent/.")


def read_keys(text: str) -> tuple[VerifyKey, ...]:
    """The keys that ``text`` is, or that the file it names holds, one a line.

    Raises:
        BadInput: where it is neither.
    """
    path = Path(text)
    try:
        return read_vkeys(as_kept(path.read_bytes())) if path.is_file() else (VerifyKey.parse(text.strip()),)
    except OSError:
        return (VerifyKey.parse(text),)


def main(arguments: Sequence[str]) -> int:
    """Run the command and give its exit code: 0, 1 (falls short), 2 (usage), 3 (unreadable input), 6 (damage, fork)."""
    asked = _parser().parse_args(arguments)
    try:
        report = verify(
            asked.folder,
            read_keys(asked.vkey),
            against=_given(asked.against),
            policy=_given(asked.policy),
            manifest=asked.manifest,
            now=datetime.now(UTC),
            max_anchor_age_days=asked.max_anchor_age_days,
        )
    except ChathamError as error:
        print(f"{error.message}\n{error.hint}", file=sys.stderr)  # noqa: T201 - this module is a command of its own
        return error.exit_code
    text = json.dumps(as_json(report), indent=2) if asked.json else "\n".join(lines(report))
    print(text)  # noqa: T201 - this module is a command of its own
    return report.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m consent.verify", description="Check a consent register from outside.")
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder consent/, or the study folder")
    parser.add_argument("vkey", metavar="VKEY", help="the log's public key, or a file of them, one a line")
    parser.add_argument("--against", metavar="FILE", help="a checkpoint or receipt that you kept")
    parser.add_argument("--policy", metavar="FILE", help="whose cosignatures you count (C2SP tlog-policy)")
    parser.add_argument("--manifest", type=Path, metavar="FILE", help="manifest.json of a data set you were given")
    parser.add_argument("--max-anchor-age-days", type=int, default=MAX_ANCHOR_AGE_DAYS, metavar="N")
    parser.add_argument("--json", action="store_true", help="print the report for programs")
    return parser


def _given(name: str | None) -> bytes | None:
    try:
        return None if name is None else as_kept(Path(name).read_bytes())
    except (OSError, ValueError):
        raise BadInput(
            "a file that was named cannot be read", hint="Check the path after --against or --policy."
        ) from None


def _require_log_keys(keys: Sequence[VerifyKey]) -> None:
    if not keys or len({key.name for key in keys}) != 1 or any(key.kind == COSIGNATURE for key in keys):
        raise BadInput("these are not the public keys of one register", hint="Give a line of its file ledger.vkey.")


def _read_frontier(folder: Path, findings: Findings) -> SavedFrontier | None:
    data = papers.read(folder / _FRONTIER)
    try:
        return None if data is None else parse_frontier(data)
    except BadInput as error:
        findings.error(error, _FRONTIER)
        return None


def _check_frontier(saved: SavedFrontier | None, walked: Walked, findings: Findings) -> None:
    if saved is None or (saved.size > walked.size and not walked.whole):
        return
    if walked.edges.get(saved.size) != (saved.offset, saved.subtrees, saved.last):
        findings.wrong(f"{_FRONTIER} does not fit the journal: one of the two was changed", _FRONTIER)


def _say_entries(walked: Walked, recorders: RecorderCheck | None, tiles: TileCheck, findings: Findings) -> None:
    entries = count(walked.size, "entry", "entries")
    if not (walked.whole or walked.missing):
        findings.not_checked.append("the journal from its damage on")
    elif not any(one.file == NAME for one in findings.problems):
        findings.checked.append(f"{entries}: each matches its hash and stands in a whole batch in the register's form.")
        if recorders is not None:
            people = count(len(recorders.introduced | recorders.from_start), "recorder")
            findings.checked.append(f"Every entry is signed, by {people}, each with the right to record just then.")
    if tiles.compared and not any(one.file.startswith("log/tile") for one in findings.problems):
        findings.checked.append(
            f"The public view (log/tile, {count(tiles.compared, 'file')}) holds the same, byte for byte."
        )
    if walked.torn_bytes:
        findings.remarks.append(
            f"The journal ends in {count(walked.torn_bytes, 'byte')} of a write that never finished. Nobody was told "
            "that it was recorded; the next command removes it."
        )
    if walked.backwards:
        findings.remarks.append(
            f"{count(len(walked.backwards), 'entry is', 'entries are')} dated more than a day before an earlier one, "
            f"the first on line {walked.backwards[0] + 1}: a clock may have been wrong."
        )


def _say_unchecked(
    folder: Path, walked: Walked, recorders: RecorderCheck, tiles: TileCheck, findings: Findings
) -> None:
    if recorders.older and walked.size:
        findings.not_checked.append("who let the first recorders in: the register is older than such entries")
    sealed = walked.size - len(walked.disposed)
    if sealed:
        findings.not_checked.append(
            f"what {count(sealed, 'entry says', 'entries say')}: contents are sealed and were not opened here"
        )
    if walked.disposed:
        findings.not_checked.append(f"what {count(len(walked.disposed), 'entry', 'entries')} said: disposed of")
    if walked.disposed and not walked.erased:
        for index in walked.disposed:
            findings.entry(index, "has lost what it said, and no entry says that anything was to be destroyed")
    pages = [one for one in (folder / "receipts").rglob("*") if one.is_file() and one.suffix != SUFFIX]
    if pages:
        findings.not_checked.append(f"the pages in receipts/ ({count(len(pages), 'file')}): each checks itself")
    if strangers := [*tiles.strangers, *_strangers(folder)]:
        findings.not_checked.append(f"{listing(strangers)}: no part of a register, and not looked at")


def _strangers(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        elsewhere = name.parts[:2] == ("log", "tile") or name.parts[0] == "receipts" or name.name.startswith(".tmp-")
        known = any(len(name.parts) == one.count("/") + 1 and name.match(one) for one in _KNOWN)
        if path.is_file() and not elsewhere and not known:
            yield name.as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
