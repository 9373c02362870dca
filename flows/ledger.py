"""What the register gives to outsiders and takes from them: checkpoints, proofs, cosignatures, time stamps.

Every anchor is kept in `consent/anchors/` and recorded. A checkpoint that this register once signed and no longer
reaches or matches is kept as `consent/log/seen`; from then on nothing is recorded until that is settled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from consent.outside.anchors import (
    Kind,
    add_cosignatures,
    add_timestamp,
    anchor_files,
    cosigned_checkpoint,
    forget,
)
from consent.outside.continuing import Continued, continue_register, remember_shown
from consent.outside.timestamps import Timestamp
from consent.publish import KEYS_NAME
from consent.tlog.checkpoint import Checkpoint, SignedCheckpoint, check_checkpoint, parse_checkpoint
from consent.tlog.merkle import leaf_hash, root_of
from consent.tlog.note import VerifyKey, read_vkeys
from consent.tlog.proofs import inclusion_proof
from consent.tlog.tlog_proof import TlogProof, check_proof, format_proof
from consent.tlog.witness_policy import WitnessPolicy
from consent.view import proving
from flows.policies import lay_ready, next_policy, pinning, policy_of, rename, witness, write_policy
from flows.settings import utc_now
from flows.study import Study
from schemas.errors import BadInput, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent

_SETTLE = (
    "Nothing is recorded until this is settled. Keep the folder as it is; look for a newer copy of consent/, and if "
    "there is none: chatham ledger continue --against FILE."
)


@dataclass(frozen=True)
class Anchored:
    """An anchor that is kept, and recorded."""

    kind: Kind
    checkpoint: Checkpoint
    by: str
    file: Path
    index: int | None
    """Of the entry that says so; None: this very anchor was kept and recorded before."""


def standing(study: Study) -> SignedCheckpoint:
    """The newest signed checkpoint; it is published first where this user may.

    Raises:
        UsageError: nothing was published yet, and this user may not. LedgerDamaged, BadInput: what stands is not right.
    """
    study.publish()
    return published(study)


def published(study: Study) -> SignedCheckpoint:
    """The checkpoint that stands, as it is; raises as ``standing``."""
    try:
        data = (study.consent / "log" / "checkpoint").read_bytes()
    except FileNotFoundError:
        raise UsageError(
            "no checkpoint of this register was signed yet",
            hint="An assistant or investigator signs one: chatham ledger checkpoint.",
        ) from None
    return check_checkpoint(data, study.log_keys)


def seal_page(study: Study, signed: SignedCheckpoint, suffix: str) -> bytes:
    """A page with the seal, to print and keep.

    Args:
        suffix: ``.pdf`` or ``.html``.
    Raises:
        UsageError: another one.
    """
    from flows.reports.html import to_html
    from flows.reports.pdf import to_pdf
    from flows.reports.seal_page import seal_document

    if suffix not in (".pdf", ".html"):
        raise UsageError("--page names neither a .pdf nor an .html file", hint="Name it like seal.pdf.")
    vkeys = (study.consent / KEYS_NAME).read_text("ascii")
    document = seal_document(study.config.title, signed, vkeys, utc_now().date())
    return to_pdf(document, utc_now()) if suffix == ".pdf" else to_html(document).encode()


def prove(study: Study, index: int) -> bytes:
    """A proof (C2SP tlog-proof) that the entry at ``index`` is in the register that the newest checkpoint names.

    Raises:
        BadInput: there is no such entry in it. LedgerDamaged: the published view is not right.
    """
    signed = standing(study)
    size = signed.checkpoint.size
    if not 0 <= index < size:
        raise BadInput(
            f"there is no entry {index} under the newest checkpoint, which names {size}",
            hint=f"Entries are counted from 0 to {size - 1}." if size else "Record something first.",
        )
    nodes = proving(study.consent, signed.checkpoint).nodes
    proof = format_proof(TlogProof(index, tuple(inclusion_proof(index, size, nodes)), signed.data))
    leaf = next(study.ledger.leaves(index, index + 1))
    check_proof(proof, leaf_hash(leaf), study.log_keys)
    return proof


def take_in(study: Study, data: bytes, keys: Sequence[VerifyKey] = ()) -> Anchored:
    """Keep cosignatures that came as a file: a cosigned checkpoint, or the signature lines alone.

    Args:
        study: Opened by anybody who may record.
        data: The file.
        keys: The cosigner's public keys where the policy does not know them yet; they are pinned.
    Raises:
        BadInput: nobody known cosigned a checkpoint of this register there.
        LedgerDamaged: the checkpoint is one that this register does not reach or match.
    """
    policy = next_policy(study, [witness(key) for key in keys])
    cosigned = cosigned_checkpoint(study.consent, data, study.log_keys, policy.witness_keys)
    require_ours(study, study.ledger.leaf_hashes(), parse_checkpoint(cosigned), "the cosigned checkpoint")
    return keep_cosignatures(study, cosigned, policy)


def keep_cosignatures(study: Study, cosigned: bytes, policy: WitnessPolicy) -> Anchored:
    """Keep and record a cosigned checkpoint that was found to be of this register, with the policy naming its keys."""
    before = set(anchor_files(study.consent))
    file = add_cosignatures(study.consent, cosigned, study.log_keys, policy.witness_keys)
    signed = parse_checkpoint(file.read_bytes())
    known = {key.name for key in policy.witness_keys}
    names = sorted({one.name for one in signed.note.signatures if one.name in known})
    return _record(study, file, file not in before, "cosignature", signed.checkpoint, ", ".join(names), policy)


def stamp(
    study: Study, tsr: bytes, checkpoint: bytes | None = None, authority: bytes | None = None
) -> tuple[Anchored, Timestamp]:
    """Keep and record a time stamp of a checkpoint.

    Args:
        study: Opened by anybody who may record.
        tsr: The authority's reply (RFC 3161).
        checkpoint: The file that was stamped; None: the newest, or one that is kept.
        authority: Certificates (PEM) of authorities that are trusted.
    Raises:
        BadInput: the reply is not right or of something else. LedgerDamaged: as ``take_in``.
    """
    before = set(anchor_files(study.consent))
    file, made = add_timestamp(study.consent, tsr, study.log_keys, checkpoint, authority)
    try:
        signed = parse_checkpoint(file.read_bytes())
        require_ours(study, study.ledger.leaf_hashes(), signed, "the stamped checkpoint")
    except LedgerDamaged:
        if file not in before:
            forget(file)
        raise
    return _record(study, file, file not in before, "timestamp", signed.checkpoint, made.by, None), made


def go_on(study: Study, shown: bytes) -> Continued:
    """Begin the published view anew, under a new name, where the register is behind ``shown``.

    Raises:
        MissingKey: this user is no investigator. The rest as ``continue_register``.
    """
    if "investigator" not in study.keyring.roles:
        raise MissingKey("only an investigator may continue a register that lost entries", hint="Ask one to do it.")
    old = policy_of(study)
    done = continue_register(
        study.consent,
        lambda: study.open_ledger(mind_seal=False),
        study.keyring.log_seed,
        shown,
        by=study.keyring.user,
        at=datetime.now(UTC),
    )
    study.__dict__.pop("ledger", None)  # opened anew: what it was checked against has another name now
    if old is not None:
        rename(study, old, done.old.origin)
    return done


def require_ours(study: Study, hashes: Sequence[bytes], signed: SignedCheckpoint, what: str) -> None:
    """Refuse a checkpoint of this log that the register does not reach or match, and keep it as shown.

    Args:
        study: Whose register.
        hashes: The register's leaf hashes.
        signed: Signed by this log; the caller checked that.
        what: Names it in the message, such as `the cosigned checkpoint`.
    Raises:
        LedgerDamaged: it is not of this register as it is here.
    """
    different = _difference(hashes, signed.checkpoint, what)
    if different is not None:
        remember_shown(study.consent, signed.data)
        raise LedgerDamaged(different, hint=_SETTLE)


def read_keys(text: str) -> tuple[VerifyKey, ...]:
    """Verifier keys from the command line: a key itself, or the path of a file of them, one a line.

    Raises:
        BadInput: it is neither.
    """
    from flows.sheets import read_bytes

    try:
        is_file = Path(text).is_file()
    except (OSError, ValueError):  # a key is longer than any file name may be
        is_file = False
    keys = read_vkeys(read_bytes(Path(text))) if is_file else (VerifyKey.parse(text.strip()),)
    if not keys:
        raise BadInput("the file holds no key", hint="It holds a key on each line, NAME+ID+KEY.")
    return keys


def _difference(hashes: Sequence[bytes], shown: Checkpoint, what: str) -> str | None:
    if shown.size > len(hashes):
        return (
            f"{what} names {shown.size} entries, and this register holds {len(hashes)}: entries are missing, or an "
            "older copy was put back"
        )
    if root_of(hashes[: shown.size]) != shown.root:
        return f"{what} is of {shown.size} other entries than the first {shown.size} here: there are two histories"
    return None


def _record(
    study: Study,
    file: Path,
    new: bool,
    kind: Kind,
    checkpoint: Checkpoint,
    by: str,
    policy: WitnessPolicy | None,
) -> Anchored:
    """Record an anchor that was just kept, and its policy where that changed; the policy's file comes after."""
    events = [] if policy is None else pinning(study, policy)
    # A file that was there already may have been kept by a command that was stopped before it said so.
    unsaid = new or not _is_said(study, checkpoint, by)
    if events and policy is not None:
        lay_ready(study, policy)
    if unsaid:
        events.append(_anchor_event(kind, checkpoint, by))
    try:
        indexes = study.append(events)
    except BaseException:
        if new:
            forget(file)
        raise
    if policy is not None:
        write_policy(study, policy)
    return Anchored(kind, checkpoint, by, file, indexes[-1] if unsaid else None)


def _is_said(study: Study, checkpoint: Checkpoint, by: str) -> bool:
    """Whether an entry says so already; no where there is none, or this user may not read it."""
    return any(
        entry.kind is EventKind.ANCHOR
        and ((entry.payload or {}).get("size"), (entry.payload or {}).get("by")) == (checkpoint.size, by)
        for entry in (study.ledger.entries() if study.may_open_consent else ())
    )


def _anchor_event(kind: Kind, checkpoint: Checkpoint, by: str) -> LedgerEvent:
    payload = {
        "type": "anchor",
        "kind": kind,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "by": by,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return LedgerEvent(kind=EventKind.ANCHOR, payload=payload)
