"""Three small data sets of made-up people, as ``chatham release`` lays them out.

``paper-1`` holds everybody, ``paper-1.2`` takes its place after somebody withdrew, ``teaching`` is for other readers.
"""

from datetime import date
from pathlib import Path

from schemas.consent import Level
from schemas.deidentified import DeidentifiedUtterance, RedactedSession, SpeakerShown, WithheldReason, WithheldUtterance
from schemas.provenance import Provenance
from schemas.recording import Session
from warehouse.ids import ReleaseIds
from warehouse.load import ReleasedSession, build

WITHDRAWN = ("aardvarks in the wheelhouse", "zebras at the slipway", "quagga timetable")
"""Words that only the person says who withdraws. Sorted, the first and the second are the smallest and the largest."""
KEPT = "the tide table is the real agenda"
"""Words that stay: where they are found, the search can find words."""
TAUGHT = "teaching by rowing"

SAID = {
    "P01": [f"{KEPT}, item {number}" for number in range(40)],
    "P02": [f"we counted the pain points, number {number}" for number in range(40)],
    "P03": [f"{WITHDRAWN[0]} {n}" for n in range(4)] + [WITHDRAWN[1], WITHDRAWN[2]],
}
LABELS = {"P01": "Rowan Ashdown", "P02": "Ilse Varga", "P03": "Tove Lindqvist"}


def data_set(folder: Path, name: str) -> Path:
    """Make one of the three in ``folder/NAME/release.duckdb``; its words lie there uncompressed, so that a search over
    bytes finds them."""
    said = {
        "paper-1": SAID,
        "paper-1.2": {"P01": SAID["P01"], "P02": SAID["P02"], "P03": []},
        "teaching": {"P01": [f"{TAUGHT}, lesson {number}" for number in range(20)]},
    }[name]
    turns = [(person, text) for person, texts in said.items() for text in texts]
    utterances: list[DeidentifiedUtterance | WithheldUtterance] = [_said(*turn, at) for at, turn in enumerate(turns)]
    if name == "paper-1.2":
        utterances += [_gap(len(turns) + at) for at in range(len(SAID["P03"]))]
    redacted = RedactedSession(session="S1", purpose="analyse", utterances=tuple(utterances))
    session = ReleasedSession(Session(session="S1", day=date(2026, 3, 4), zone="UTC", cycle="1"), 3600.0, redacted)
    path = folder / name / "release.duckdb"
    build(path, [session], ReleaseIds(bytes(32), {p: p[1:] * 32 for p in LABELS}), _provenance(), uncompressed=True)
    return path


def _said(person: str, text: str, at: int) -> DeidentifiedUtterance:
    shown = SpeakerShown(participant=person, level=Level.PSEUDONYM, label=LABELS[person], tightened=0)
    return DeidentifiedUtterance(
        utterance=f"u{at}", piece=0, start_s=at * 10.0, end_s=at * 10.0 + 8, decision="e" * 64,
        speaker=shown, text=text, redactions=(), spans=(),
    )  # fmt: skip


def _gap(at: int) -> WithheldUtterance:
    return WithheldUtterance(
        utterance=f"u{at}", piece=0, start_s=at * 10.0, end_s=at * 10.0 + 8, decision="e" * 64,
        reason=WithheldReason.NO_CONSENT, participant="P03",
    )  # fmt: skip


def _provenance() -> Provenance:
    digest = "a" * 64
    return Provenance(
        purpose="analyse", ledger_size=1, ledger_root=digest, made_at="2026-11-21T20:51:00Z", code_version="0.1.0",
        models={}, policy_sha256=digest, decisions_sha256=digest,
    )  # fmt: skip
