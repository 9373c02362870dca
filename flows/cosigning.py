"""A cosigner of the team, such as the ethics officer: signs the newest checkpoint after comparing it with their last.

What they cosigned last is kept on their own machine, outside the study: a study folder that was set back, or put
together anew, agrees with itself and not with that.
"""

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from consent.outside.anchors import CHECKPOINT
from consent.outside.continuing import TYPE
from consent.tlog.checkpoint import SignedCheckpoint, check_checkpoint, parse_checkpoint
from consent.tlog.note import COSIGNATURE, ML_DSA_44, SigningKey, VerifyKey, format_note
from consent.tlog.tree_head import parse_body
from flows.ledger import Anchored, keep_cosignatures, require_ours, standing
from flows.policies import next_policy, witness
from flows.roles import refuse_service
from flows.study import Study
from schemas.errors import BadInput, LedgerDamaged
from schemas.ledger import EventKind
from vault.files import make_folder, write_file


def state_folder() -> Path:
    """Where this machine keeps what its user cosigned last: XDG_STATE_HOME, or `~/.local/state`, `/chatham`."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state") / "chatham"


def cosign(study: Study, state: Path, now: datetime | None = None) -> tuple[bytes, tuple[str, ...]]:
    """Cosign the newest checkpoint.

    Args:
        study: Opened by an investigator or ethics officer.
        state: Where this user's machine keeps what they cosigned last; it is written before anything is handed out.
        now: Aware; None: the clock's.
    Returns:
        The cosigned checkpoint, and the two public keys that cosigned it.
    Raises:
        MissingKey: the role may not cosign. UsageError: no checkpoint was signed yet.
        LedgerDamaged: the register is not what was cosigned before.
    """
    refuse_service(study, "cosigns")
    seeds = {COSIGNATURE: study.keyring.cosign_seed, ML_DSA_44: study.keyring.cosign_seed_pq}
    signed = standing(study)
    origin = signed.checkpoint.origin
    # Read anew, every line: a cosigner takes nobody's saved state for granted.
    hashes = study.open_ledger().leaf_hashes()
    require_ours(study, hashes, signed, "the newest checkpoint")
    _require_same_history(study, state, hashes, signed)
    role = "ethics" if "ethics" in study.keyring.roles else "investigator"
    name = f"{origin}/{role}/{study.keyring.signer.key_id}"
    keys = [SigningKey(name, kind, seed) for kind, seed in seeds.items()]
    lines = [key.sign(signed.note.text, now or datetime.now(UTC)) for key in keys]
    own = [one for one in signed.note.signatures if one.name == origin]
    cosigned = format_note(signed.note.text, [*own, *lines])
    make_folder(state)
    write_file(_state_file(state, origin), cosigned)
    return cosigned, tuple(str(key.verify_key) for key in keys)


def keep(study: Study, cosigned: bytes, keys: Sequence[str]) -> Anchored:
    """Keep and record, in the study itself, what ``cosign`` gave."""
    policy = next_policy(study, [witness(VerifyKey.parse(key)) for key in keys])
    return keep_cosignatures(study, cosigned, policy)


def _require_same_history(study: Study, state: Path, hashes: Sequence[bytes], signed: SignedCheckpoint) -> None:
    last = _last(study, state, signed.checkpoint.origin)
    if last is None:
        _require_known_name(study, state, signed.checkpoint.origin)
        return
    what = "the checkpoint that you cosigned last"
    require_ours(study, hashes, last, what)
    if last.checkpoint.size > signed.checkpoint.size:
        raise LedgerDamaged(
            f"the newest checkpoint names {signed.checkpoint.size} entries and is older than {what}, which names "
            f"{last.checkpoint.size}",
            hint="Let an investigator run chatham ledger checkpoint, then cosign that.",
        )


def _last(study: Study, state: Path, origin: str) -> SignedCheckpoint | None:
    try:
        data = _state_file(state, origin).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return check_checkpoint(data, study.log_keys)
    except BadInput:
        raise LedgerDamaged(
            "what you cosigned last was signed by another key than consent/ledger.vkey names now, under the same name",
            hint="Cosign nothing. Keep your copy of the old checkpoint, and ask the investigator what happened.",
        ) from None


def _require_known_name(study: Study, state: Path, origin: str) -> None:
    """Refuse a register that this user cosigned under another name, unless it says itself why it has a new one."""
    for cosigned in _under_other_names(state, study.keyring.signer.key_id, origin):
        if cosigned.checkpoint.origin not in _given_up(study, cosigned.checkpoint.size):
            raise LedgerDamaged(
                f"this register bears another name than when you cosigned it last, at {cosigned.checkpoint.size} "
                "entries, and does not say why",
                hint="Cosign nothing. Keep your copy of the old checkpoint, and ask the investigator what happened.",
            )


def _under_other_names(state: Path, key_id: str, origin: str) -> list[SignedCheckpoint]:
    found = []
    for path in sorted(state.glob(f"*{CHECKPOINT}")):
        try:
            signed = parse_checkpoint(path.read_bytes())
        except BadInput:
            continue
        own = {f"{signed.checkpoint.origin}/{role}/{key_id}" for role in ("ethics", "investigator")}
        mine = own & {one.name for one in signed.note.signatures}
        if mine and signed.checkpoint.origin != origin:
            found.append(signed)
    return found


def _given_up(study: Study, least: int) -> set[str]:
    """Names that the register says it gave up at a checkpoint of ``least`` entries or more."""
    names = set()
    for entry in study.ledger.entries():
        payload = entry.payload or {}
        if entry.kind is EventKind.INCIDENT and payload.get("type") == TYPE:
            old = parse_body(str(payload.get("old_checkpoint")))
            if old.size >= least:
                names.add(old.origin)
    return names


def _state_file(state: Path, origin: str) -> Path:
    return state / f"{re.sub(r'[^A-Za-z0-9-]', '-', origin)}{CHECKPOINT}"
