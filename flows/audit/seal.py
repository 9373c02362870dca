"""Checks the register and its dated seal for the report: its own check, anchors, and whether receipts would hold."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from consent.checks.report import Report
from consent.ledger import Ledger
from consent.outside.anchors import Anchor, find_anchors
from consent.publish import KEYS_NAME
from consent.receipt import check_receipt
from consent.storage.leaf import commit, decode
from consent.storage.openings import Opening
from consent.tlog.checkpoint import SignedCheckpoint, check_checkpoint
from consent.tlog.merkle import leaf_hash
from consent.tlog.proofs import check_inclusion, inclusion_proof
from consent.tlog.tiles import TileReader
from consent.tlog.tlog_proof import SUFFIX
from consent.tlog.witness_policy import WitnessPolicy, parse_policy
from consent.view import proving
from flows.audit.opening import may_be_shown
from flows.reports.verifier import VerifierEntry
from flows.study import Study
from schemas.errors import BadInput, ChathamError

_NOTHING_SEALED = "No dated seal has been made yet."


@dataclass(frozen=True)
class ReceiptFile:
    """A receipt that lies in the register's folder; ``wrong`` is what does not fit, None where everything does."""

    file: str
    wrong: str | None = None


@dataclass(frozen=True)
class Seal:
    """What was checked of the register as a whole.

    Attributes:
        size: Entries of the register; ``sealed`` of them lie under the newest seal.
        proven: Entries that were opened, hold what they commit to, and lie under the seal.
        unproven: Entries under the seal that were opened and do not.
        pages: Every entry as the offline page carries it.
        behind: The register was shown a seal that it does not reach or match; entries are missing.
    """

    size: int
    root: str
    leaf_hashes: tuple[str, ...] = ()
    signed: SignedCheckpoint | None = None
    vkeys: str = ""
    checked: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    proven: frozenset[int] = frozenset()
    unproven: frozenset[int] = frozenset()
    receipts: tuple[ReceiptFile, ...] = ()
    pages: tuple[VerifierEntry, ...] = field(default=(), repr=False)
    behind: bool = False
    inside_only: bool = False
    """Only the team itself has vouched for it."""

    @property
    def sealed(self) -> int:
        """How many entries the newest seal is over."""
        return self.signed.checkpoint.size if self.signed else 0

    @property
    def damaged(self) -> bool:
        """Whether something is wrong with the register itself."""
        return self.behind or bool(self.problems)


def check_seal(study: Study, ledger: Ledger, now: datetime, known: Collection[str]) -> Seal:
    """Check everything about the register that a stranger could check, and every opened entry besides.

    Args:
        ledger: The study's, every line of it read.
        known: Accounts of the team that may be shown (``opening.accounts``).
    """
    size, root = ledger.head()
    hashes = ledger.leaf_hashes()
    if not study.log_keys:
        return Seal(size, root, tuple(one.hex() for one in hashes), not_checked=(_NOTHING_SEALED,))
    report = _verified(study, now)
    signed, vkeys = _newest(study)
    pages, proven, unproven = _prove(study, ledger, signed, known) if signed else ((), frozenset(), frozenset())
    anchors, _ = find_anchors(study.consent, study.log_keys, _policy(study))
    return Seal(
        size=size,
        root=root,
        leaf_hashes=tuple(one.hex() for one in hashes),
        signed=signed,
        vkeys=vkeys,
        checked=report.checked,
        remarks=report.remarks,
        failed=report.failed,
        problems=tuple(one.message for one in report.problems),
        not_checked=report.not_checked,
        anchors=tuple(anchors),
        proven=proven,
        unproven=unproven,
        receipts=_receipt_files(study),
        pages=pages,
        behind=(study.consent / "log" / "seen").exists(),
        inside_only=report.inside_only,
    )


def _newest(study: Study) -> tuple[SignedCheckpoint | None, str]:
    """The seal that stands, where it can be read and is signed, and the text of the keys."""
    vkeys = (study.consent / KEYS_NAME).read_text("ascii")
    try:
        return check_checkpoint((study.consent / "log" / "checkpoint").read_bytes(), study.log_keys), vkeys
    except (FileNotFoundError, BadInput):
        return None, vkeys


def _policy(study: Study) -> WitnessPolicy | None:
    try:
        return parse_policy((study.consent / "policy").read_bytes())
    except (FileNotFoundError, BadInput):
        return None


def _verified(study: Study, now: datetime) -> Report:
    from consent.verify import verify

    return verify(study.consent, study.log_keys, now=now)


def _prove(
    study: Study, ledger: Ledger, signed: SignedCheckpoint, known: Collection[str]
) -> tuple[tuple[VerifierEntry, ...], frozenset[int], frozenset[int]]:
    """Every entry under the seal with its proof, opened where it names nobody; and which of the opened ones hold."""
    checkpoint = signed.checkpoint
    reader = proving(study.consent, checkpoint)
    opened = {opening.index: opening for opening in ledger.openings()}
    pages, proven, unproven = [], set[int](), set[int]()
    for index, leaf in enumerate(ledger.leaves(0, min(checkpoint.size, ledger.size))):
        opening = opened.get(index)
        proof = _proof(index, checkpoint.size, reader)
        shown = opening is not None and may_be_shown(json.loads(opening.payload), known)
        pages.append(
            VerifierEntry(
                index=index,
                leaf=leaf,
                payload=opening.payload if shown and opening else None,
                k_event=opening.k_event if shown and opening else None,
                proof=proof,
            )
        )
        if opening is not None:
            (proven if _holds(opening, leaf, proof, signed) else unproven).add(index)
    return tuple(pages), frozenset(proven), frozenset(unproven)


def _proof(index: int, size: int, reader: TileReader) -> tuple[bytes, ...]:
    """The inclusion proof; empty, and so none, where the tiles it needs are missing or damaged."""
    try:
        return tuple(inclusion_proof(index, size, reader.nodes))
    except ChathamError:
        return ()


def _holds(opening: Opening, leaf: bytes, proof: Sequence[bytes], signed: SignedCheckpoint) -> bool:
    known, checkpoint = decode(leaf), signed.checkpoint
    if known is None or commit(opening.k_event, opening.payload) != known.commitment:
        return False
    try:
        check_inclusion(leaf_hash(leaf), opening.index, checkpoint.size, proof, checkpoint.root)
    except BadInput:
        return False
    return True


def _receipt_files(study: Study) -> tuple[ReceiptFile, ...]:
    found = []
    for path in sorted((study.consent / "receipts").rglob(f"*{SUFFIX}")):
        try:
            check_receipt(path.read_bytes(), study.log_keys)
            found.append(ReceiptFile(path.name))
        except (ChathamError, OSError) as error:
            said = error.message if isinstance(error, ChathamError) else "it cannot be read"
            found.append(ReceiptFile(path.name, said))
    return tuple(found)
