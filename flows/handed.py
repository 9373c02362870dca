"""Tells with the team's keys what a keyless check of a data set cannot: whether it has ended since."""

from dataclasses import replace
from pathlib import Path

from consent.checks.data_set import ENDED_UNKNOWN
from consent.checks.report import Report, day
from consent.manifest import parse_manifest
from flows.releases import Release, releases
from flows.sheets import read_bytes
from flows.study import Study


def with_standing(study: Study, manifest: Path, report: Report) -> Report:
    """``report`` on the manifest of a data set, with whether that data set stands today.

    Args:
        study: Opened by somebody who may read the register.
    """
    if ENDED_UNKNOWN not in report.not_checked:
        return report  # the manifest did not hold, so nothing is known of its data set
    name = parse_manifest(read_bytes(manifest))["name"]
    found = next((one for one in releases(study.ledger.entries()) if one.name == name), None)
    known = replace(report, not_checked=tuple(one for one in report.not_checked if one != ENDED_UNKNOWN))
    if found is not None and found.stands:
        return replace(known, checked=(*known.checked, f"Data set {name} stands: no entry says that it has ended."))
    return replace(known, altered=(*known.altered, _ended(str(name), found)))


def _ended(name: str, found: Release | None) -> str:
    when = f" ended on {day(found.ended_at)}" if found is not None and found.ended_at is not None else " is not known"
    return f"Data set {name}{when}: nobody may use it any longer."
