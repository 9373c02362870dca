"""Reads every checkpoint that anybody has of the register, and checks its signatures: ours, anchors, what is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm

from consent.checks.papers import can_check, earlier_keys, read
from consent.checks.report import Findings
from consent.outside.anchors import Anchor, anchor_files, find_anchors
from consent.tlog.checkpoint import Checkpoint, SignedCheckpoint, check_checkpoint, parse_checkpoint
from consent.tlog.note import VerifyKey, verified
from consent.tlog.tlog_proof import SUFFIX, TlogProof, parse_proof
from consent.tlog.witness_policy import WitnessPolicy
from schemas.errors import BadInput

STANDING, SEEN = "log/checkpoint", "log/seen"
SHOWN = "the checkpoint you gave"
_PROOF = b"c2sp.org/tlog-proof@"


@dataclass
class Seals:
    """Every checkpoint found, its signatures checked; ``sizes`` is what the journal is asked for."""

    standing: Checkpoint | None = None
    standing_keys: frozenset[VerifyKey] = frozenset()
    """The keys whose signatures under it were checked here, and hold."""
    seen: Checkpoint | None = None
    shown: SignedCheckpoint | None = None
    shown_at: datetime | None = None
    shown_keys: frozenset[VerifyKey] = frozenset()
    """The keys whose signatures under it hold."""
    shown_earlier: bool = False
    """What the reader gave is of an earlier name of the register."""
    anchors: list[Anchor] = field(default_factory=list)
    kept: dict[str, Checkpoint] = field(default_factory=dict)
    """Checkpoints in `anchors/`, by file, whether or not anybody's signature under them counts."""
    earlier: dict[str, Checkpoint] = field(default_factory=dict)
    """Checkpoints in `before/`, by file."""
    own_witnesses: bool = False
    """The reader says whose cosignatures count, and not the register."""
    receipts: list[tuple[str, TlogProof, Checkpoint]] = field(default_factory=list)
    """Proof files in `receipts/`, and the checkpoint in each."""

    @property
    def indexes(self) -> set[int]:
        """Every entry whose hash is wanted."""
        return {proof.index for _, proof, _ in self.receipts}

    @property
    def sizes(self) -> set[int]:
        """Every size at which a root is to be compared."""
        single = [self.standing, self.seen, self.shown.checkpoint if self.shown else None]
        receipts = (checkpoint for _, _, checkpoint in self.receipts)
        rest = (*single, *self.kept.values(), *self.earlier.values(), *receipts)
        return {one.size for one in rest if one is not None}


def gather(
    folder: Path,
    own: Sequence[VerifyKey],
    checkable: Sequence[VerifyKey],
    policy: WitnessPolicy | None,
    against: bytes | None,
    findings: Findings,
) -> Seals:
    """Read every checkpoint and check its signatures.

    Args:
        folder: The study's ``consent/``.
        own: The log's keys.
        checkable: Those of them whose signatures can be checked here.
        policy: Whose cosignatures count.
        against: A checkpoint, or a proof or receipt that holds one, which a reader kept; None: nothing.
        findings: Takes what is wrong.
    Raises:
        BadInput: where ``against`` cannot be read, or was not signed by this register.
    """
    seals = Seals()
    seals.earlier = dict(_earlier(folder, findings))
    if against is not None:
        _read_shown(folder, against, checkable, seals)
    standing = _standing(folder, own, checkable, findings)
    if standing is not None:
        seals.standing = standing.checkpoint
        seals.standing_keys = _signers(standing, checkable)
    seals.seen = _own(folder, SEEN, own, findings)
    earlier = [key for one in _befores(folder) for key in earlier_keys(one) if can_check(key)]
    seals.receipts = list(_receipts(folder, [*checkable, *earlier], findings))
    try:
        seals.anchors, bad = find_anchors(folder, checkable, policy)
    except UnsupportedAlgorithm:
        findings.not_checked.append(
            "anchors/: a cosigner signs with ML-DSA-44, which the cryptography library here lacks"
        )
        return seals
    for one in bad:
        findings.wrong(f"{one.file} {one.what}", one.file)
    names = {one.file for one in bad}
    for path in anchor_files(folder):
        if (name := f"anchors/{path.name}") not in names:
            seals.kept[name] = parse_checkpoint(path.read_bytes()).checkpoint
    return seals


def _standing(
    folder: Path, own: Sequence[VerifyKey], checkable: Sequence[VerifyKey], findings: Findings
) -> SignedCheckpoint | None:
    data = read(folder / STANDING)
    if data is None:
        findings.wrong(f"{STANDING} is missing: nothing says how many entries there should be", STANDING)
        return None
    try:
        signed = check_checkpoint(data, checkable)
    except BadInput as error:
        findings.wrong(f"{STANDING} is not right: {error.message}", STANDING)
        return None
    # A line whose name or key id was altered would pass for somebody else's, and be ignored.
    found = [(one.name, one.id) for one in signed.note.signatures]
    pairs = [[(key.name, key.id) for key in own[at : at + 2]] for at in range(0, len(own), 2)]
    if len(own) > 1 and found not in pairs:
        findings.wrong(f"{STANDING} does not bear exactly the signatures of the register's own keys", STANDING)
    return signed


def _own(folder: Path, name: str, keys: Sequence[VerifyKey], findings: Findings) -> Checkpoint | None:
    data = read(folder / name)
    if data is None:
        return None
    try:
        signed = check_checkpoint(data, [key for key in keys if can_check(key)])
    except BadInput as error:
        findings.wrong(f"{name} is not right: {error.message}", name)
        return None
    # A line whose name or key id was altered would pass for somebody else's, and be ignored.
    known = {(key.name, key.id) for key in keys}
    names, ids = {key.name for key in keys}, {key.id for key in keys}
    if any((one.name in names or one.id in ids) and (one.name, one.id) not in known for one in signed.note.signatures):
        findings.wrong(f"{name} bears a signature line that was altered", name)
    return signed.checkpoint


def _earlier(folder: Path, findings: Findings) -> Iterator[tuple[str, Checkpoint]]:
    for before in _befores(folder):
        place = f"before/{before.name}"
        keys = earlier_keys(before)
        if not keys:
            findings.wrong(f"{place}/ledger.vkey is missing or damaged", f"{place}/ledger.vkey")
            continue
        for one in find_anchors(before, [key for key in keys if can_check(key)], None)[1]:
            findings.wrong(f"{place}/{one.file} {one.what}", f"{place}/{one.file}")
        last, shown = (_own(folder, f"{place}/{kept}", keys, findings) for kept in ("checkpoint", "seen"))
        if last is not None:
            yield f"{place}/checkpoint", last
        if shown is not None and shown != last:
            yield f"{place}/seen", shown


def _receipts(
    folder: Path, keys: Sequence[VerifyKey], findings: Findings
) -> Iterator[tuple[str, TlogProof, Checkpoint]]:
    for path in sorted((folder / "receipts").rglob(f"*{SUFFIX}")):
        name = path.relative_to(folder).as_posix()
        try:
            proof = parse_proof(path.read_bytes())
            yield name, proof, check_checkpoint(proof.checkpoint, keys).checkpoint
        except BadInput as error:
            findings.wrong(f"{name} is not right: {error.message}", name)


def _befores(folder: Path) -> list[Path]:
    return sorted((folder / "before").glob("[1-9]*"))


def _read_shown(folder: Path, data: bytes, keys: Sequence[VerifyKey], seals: Seals) -> None:
    checkpoint = parse_proof(data).checkpoint if data.startswith(_PROOF) else data
    origin = parse_checkpoint(checkpoint).checkpoint.origin
    before = [key for one in _befores(folder) for key in earlier_keys(one) if can_check(key)]
    seals.shown_earlier = origin not in {key.name for key in keys} and origin in {key.name for key in before}
    trusted = before if seals.shown_earlier else keys
    seals.shown = check_checkpoint(checkpoint, trusted)
    seals.shown_keys = _signers(seals.shown, trusted)
    good = verified(seals.shown.note, seals.shown_keys)
    seals.shown_at = max((one.at for one in good if one.at is not None), default=None)


def _signers(signed: SignedCheckpoint, keys: Sequence[VerifyKey]) -> frozenset[VerifyKey]:
    own = [key for key in keys if key.name == signed.checkpoint.origin]
    return frozenset(one.key for one in verified(signed.note, own))
