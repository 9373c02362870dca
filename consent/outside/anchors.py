"""Outside anchors: checkpoints that somebody else cosigned or stamped, so that a register set back is found out.

A file in `anchors/` is named after the size of its checkpoint and the hash of its bytes. A cosignature counts where the
policy names its key; a time stamp where its own signature holds (``consent.outside.timestamps``).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from consent.outside.timestamps import Timestamp, check_timestamp, read_certificates
from consent.storage.files import write_durably
from consent.tlog.checkpoint import SignedCheckpoint, check_checkpoint, parse_checkpoint
from consent.tlog.note import COSIGNATURE, ML_DSA_44, Verified, VerifyKey, format_note, verified
from consent.tlog.witness_policy import Group, Log, Witness, WitnessPolicy
from schemas.errors import BadInput

FOLDER = "anchors"
CHECKPOINT, STAMP, AUTHORITY = ".checkpoint", ".tsr", ".pem"
QUORUM = "anchors"
"""Name of the group of witnesses, any of whom will do, in a policy that this program began."""
_KINDS = (COSIGNATURE, ML_DSA_44)
_LINE = "— ".encode()

Kind = Literal["cosignature", "timestamp", "shown"]


@dataclass(frozen=True)
class Anchor:
    """Somebody outside saw the register at this size with this root."""

    size: int
    root: bytes
    """32 bytes."""
    at: datetime | None
    """When, UTC, by their own clock."""
    by: str
    """Name of the cosigner's key, or of the time stamp authority as its certificate has it."""
    kind: Kind
    file: str
    """Within the register's folder, such as ``anchors/41-0f3a9c1e.checkpoint``."""
    vouched_by: str | None = None
    """For a time stamp: the trusted certificate kept beside it that the authority's leads to. None: nobody checked who
    the authority is."""


@dataclass(frozen=True)
class BadAnchor:
    """A file in `anchors/` that is not what it was or not what it should be."""

    file: str
    what: str
    """The rest of a sentence about the file."""


def read_anchors(folder: Path, log_keys: Sequence[VerifyKey], policy: WitnessPolicy | None) -> list[Anchor]:
    """The anchors of the register in ``folder``, by size.

    Args:
        folder: The study's ``consent/``.
        log_keys: The log's keys.
        policy: Whose cosignatures count, and how many it takes; None: nobody's do.
    Raises:
        BadInput: at the first file that is not right. ``find_anchors`` reports them all.
    """
    anchors, bad = find_anchors(folder, log_keys, policy)
    if bad:
        raise BadInput(f"{bad[0].file} {bad[0].what}", hint="Put the folder anchors/ back from your newest backup.")
    return anchors


def find_anchors(
    folder: Path, log_keys: Sequence[VerifyKey], policy: WitnessPolicy | None
) -> tuple[list[Anchor], list[BadAnchor]]:
    """As ``read_anchors``: the good ones by size, and the bad ones by name."""
    good: list[tuple[str, Anchor]] = []
    bad: list[BadAnchor] = []
    cosigned: dict[str, list[Verified]] = {}
    for path in anchor_files(folder):
        name = f"{FOLDER}/{path.name}"
        try:
            signed, found, seen = _read(path, name, log_keys, policy)
        except BadInput as error:
            bad.append(BadAnchor(name, f"is not right: {error.message}"))
            continue
        good += [(signed.note.text, one) for one in found]
        cosigned.setdefault(signed.note.text, []).extend(seen)
    bad += [BadAnchor(f"{FOLDER}/{path.name}", "stands without its checkpoint") for path in _orphans(folder)]
    enough = {text for text, seen in cosigned.items() if policy is not None and policy.satisfied_by(seen)}
    kept = [one for text, one in good if one.kind != "cosignature" or text in enough]
    return sorted(kept, key=lambda one: (one.size, one.file)), bad


def anchor_files(folder: Path) -> list[Path]:
    """The checkpoints in `anchors/`, by name."""
    return sorted((folder / FOLDER).glob(f"*{CHECKPOINT}"))


def witness_keys(policy: WitnessPolicy | None) -> tuple[VerifyKey, ...]:
    """The keys whose cosignatures the policy asks for."""
    return () if policy is None else policy.witness_keys


def with_witnesses(
    policy: WitnessPolicy | None, log_keys: Sequence[VerifyKey], added: Sequence[Witness]
) -> WitnessPolicy:
    """The policy with more witnesses. One that this program began asks for any one of them; another's quorum stays.

    Args:
        policy: The one that stands; None: there is none.
        log_keys: The log's keys, for a new one.
        added: Those whose key stands there already are left out.
    """
    before = policy or WitnessPolicy(logs=tuple(Log(key) for key in log_keys))
    if before.logs:  # the log may have got new keys since; what the old ones signed still counts
        before = replace(before, logs=before.logs + tuple(Log(key) for key in log_keys if key not in before.log_keys))
    new = [one for one in added if all(one.key.public != key.public for key in before.witness_keys)]
    witnesses = before.witnesses | {one.name: one for one in new}
    ours = before.quorum == QUORUM or not before.witnesses
    if not new or not ours:
        return replace(before, witnesses=witnesses)
    members = tuple(witnesses) if QUORUM not in before.groups else before.groups[QUORUM].members
    members = (*members, *(one.name for one in new if one.name not in members))
    return replace(
        before, witnesses=witnesses, groups={**before.groups, QUORUM: Group(QUORUM, 1, members)}, quorum=QUORUM
    )


def cosigned_checkpoint(folder: Path, data: bytes, log_keys: Sequence[VerifyKey], keys: Sequence[VerifyKey]) -> bytes:
    """The checkpoint that ``data`` cosigns, with the log's signatures and those of ``keys``, and no others.

    Args:
        folder: The study's ``consent/``.
        data: A cosigned checkpoint, or signature lines alone, for the newest checkpoint or one in `anchors/`.
        log_keys: The log's keys.
        keys: Of the witnesses that count.
    Raises:
        BadInput: where it cosigns no checkpoint of this register, or none of ``keys`` did, or a signature is wrong.
    """
    if not data.startswith(_LINE):
        return _only_known(check_checkpoint(data, log_keys), log_keys, keys)
    for standing in _known_checkpoints(folder):
        try:
            return _only_known(check_checkpoint(standing + _ended(data), log_keys), log_keys, keys)
        except BadInput:
            continue
    raise BadInput(
        "these signature lines are over none of this register's checkpoints, or by nobody whom its policy knows",
        hint="Give the whole cosigned checkpoint, and the cosigner's key: --vkey FILE.",
    )


def add_cosignatures(folder: Path, data: bytes, log_keys: Sequence[VerifyKey], keys: Sequence[VerifyKey]) -> Path:
    """Keep a cosigned checkpoint, or signature lines, in `anchors/`; raises as ``cosigned_checkpoint``."""
    checkpoint = cosigned_checkpoint(folder, data, log_keys, keys)
    return _keep(folder, parse_checkpoint(checkpoint).checkpoint.size, {CHECKPOINT: checkpoint})


def add_timestamp(
    folder: Path,
    tsr: bytes,
    log_keys: Sequence[VerifyKey],
    checkpoint: bytes | None = None,
    authority: bytes | None = None,
) -> tuple[Path, Timestamp]:
    """Keep a time stamp of a checkpoint in `anchors/`, beside that checkpoint.

    Args:
        folder: The study's ``consent/``.
        tsr: The authority's reply (RFC 3161, DER).
        log_keys: The log's keys.
        checkpoint: The file that was stamped; None: the newest checkpoint, or one in `anchors/`.
        authority: Certificates (PEM) that are trusted; None: it is not checked who the authority is.
    Raises:
        BadInput: where the reply is not right, or is of other bytes than such a checkpoint.
        DiskFull, ChathamError: where it could not be kept.
    """
    stamp = check_timestamp(tsr, read_certificates(authority) if authority is not None else ())
    stamped = [one for one in _candidates(folder, checkpoint) if stamp.is_of(one)]
    if not stamped:
        raise BadInput(
            "the time stamp is of other bytes than "
            + ("the checkpoint given" if checkpoint is not None else "the newest checkpoint and those kept before"),
            hint="Name the very file that was stamped: --checkpoint FILE.",
        )
    signed = check_checkpoint(stamped[0], log_keys)
    files = {CHECKPOINT: stamped[0], STAMP: tsr} | ({AUTHORITY: authority} if authority is not None else {})
    return _keep(folder, signed.checkpoint.size, files), stamp


def _read(
    path: Path, name: str, log_keys: Sequence[VerifyKey], policy: WitnessPolicy | None
) -> tuple[SignedCheckpoint, list[Anchor], list[Verified]]:
    """One checkpoint, the anchors it makes, and the cosignatures under it."""
    files = {end: path.with_suffix(end) for end in (CHECKPOINT, STAMP, AUTHORITY)}
    data = {end: file.read_bytes() for end, file in files.items() if file.is_file()}
    if path.stem.partition("-")[2] != _mark(data):
        raise BadInput("its bytes are not those it was named after", hint="Restore it from your newest backup.")
    signed = check_checkpoint(data[CHECKPOINT], log_keys)
    if path.stem != _stem(signed.checkpoint.size, data):
        raise BadInput("it is of another size than it was named after", hint="Restore it from your newest backup.")
    if STAMP in data:
        return signed, [_stamped(signed, data, name)], []
    found = _verified(signed, log_keys, witness_keys(policy))
    size, root = signed.checkpoint.size, signed.checkpoint.root
    seen = [Anchor(size, root, one.at, one.key.name, "cosignature", name) for one in _outside(found, log_keys)]
    return signed, seen, found


def _stamped(signed: SignedCheckpoint, data: dict[str, bytes], name: str) -> Anchor:
    stamp = check_timestamp(data[STAMP], read_certificates(data[AUTHORITY]) if AUTHORITY in data else ())
    if not stamp.is_of(signed.data):
        raise BadInput("its time stamp is of other bytes", hint="Restore it from your newest backup.")
    anchor = Anchor(signed.checkpoint.size, signed.checkpoint.root, stamp.at, stamp.by, "timestamp", name)
    return replace(anchor, vouched_by=stamp.vouched_by)


def _verified(signed: SignedCheckpoint, log_keys: Sequence[VerifyKey], keys: Sequence[VerifyKey]) -> list[Verified]:
    """The signatures of the log and of ``keys``; BadInput where one of them does not hold."""
    of_log = [key for key in log_keys if key.name == signed.checkpoint.origin]
    return list(verified(signed.note, [*of_log, *(key for key in keys if key.kind in _KINDS and key not in of_log)]))


def _outside(found: Sequence[Verified], log_keys: Sequence[VerifyKey]) -> list[Verified]:
    """Those that say when, and are by somebody else than the log itself."""
    own = {key.public for key in log_keys}
    return [one for one in found if one.key.public not in own and one.at is not None]


def _only_known(signed: SignedCheckpoint, log_keys: Sequence[VerifyKey], keys: Sequence[VerifyKey]) -> bytes:
    if not _outside(_verified(signed, log_keys, keys), log_keys):
        raise BadInput(
            "the checkpoint is cosigned by nobody whom the register's policy knows",
            hint="Give the cosigner's public key, as they published it: --vkey FILE.",
        )
    known = {(key.name, key.id) for key in (*log_keys, *keys)}
    return format_note(signed.note.text, [one for one in signed.note.signatures if (one.name, one.id) in known])


def _known_checkpoints(folder: Path) -> Iterator[bytes]:
    """The newest checkpoint, then those in `anchors/`."""
    for path in (folder / "log" / "checkpoint", *reversed(anchor_files(folder))):
        if path.is_file():
            yield path.read_bytes()


def _candidates(folder: Path, checkpoint: bytes | None) -> Iterator[bytes]:
    return _known_checkpoints(folder) if checkpoint is None else iter([checkpoint])


def _ended(lines: bytes) -> bytes:
    return lines if lines.endswith(b"\n") else lines + b"\n"


def _keep(folder: Path, size: int, files: dict[str, bytes]) -> Path:
    # The checkpoint last: it is what makes the others count, and what a killed command may not leave alone.
    stem = folder / FOLDER / _stem(size, files)
    for end in (AUTHORITY, STAMP, CHECKPOINT):
        if end in files:
            write_durably(stem.with_name(stem.name + end), files[end])
    return stem.with_name(stem.name + CHECKPOINT)


def forget(path: Path) -> None:
    """Take back what was kept a moment ago: a checkpoint in `anchors/`, with what stands beside it."""
    for end in (CHECKPOINT, STAMP, AUTHORITY):
        path.with_suffix(end).unlink(missing_ok=True)


def _stem(size: int, files: dict[str, bytes]) -> str:
    return f"{size}-{_mark(files)}"


def _mark(files: dict[str, bytes]) -> str:
    whole = b"".join(files[end] for end in (CHECKPOINT, STAMP, AUTHORITY) if end in files)
    return hashlib.sha256(whole).hexdigest()[:8]


def _orphans(folder: Path) -> list[Path]:
    others = [path for end in (STAMP, AUTHORITY) for path in (folder / FOLDER).glob(f"*{end}")]
    return sorted(path for path in others if not path.with_suffix(CHECKPOINT).is_file())
