"""Asks a witness on the network to cosign the newest checkpoint, and finds out where it knows another history."""

from collections.abc import Sequence

from consent.outside.anchors import cosigned_checkpoint, find_anchors
from consent.outside.witness import TIMEOUT_S, WitnessAnswer, add_checkpoint, latest_checkpoint
from consent.tlog.checkpoint import SignedCheckpoint, check_checkpoint
from consent.tlog.note import VerifyKey
from consent.tlog.proofs import consistency_proof
from consent.tlog.witness_policy import WitnessPolicy
from consent.view import proving
from flows.ledger import Anchored, keep_cosignatures, require_ours, standing
from flows.policies import next_policy, witness
from flows.study import Study
from schemas.errors import BadInput, ChathamError, LedgerDamaged, UsageError

MOST_TRIES = 4
"""Two do, unless others ask the same witness at the same moment."""


def ask_witness(study: Study, url: str, keys: Sequence[VerifyKey] = (), timeout_s: float = TIMEOUT_S) -> Anchored:
    """Have the witness at ``url`` cosign the newest checkpoint; keep and record it.

    Args:
        study: Opened by anybody who may record.
        url: The witness's submission prefix, http or https.
        keys: Its public keys, for the first time; they are pinned in the policy, and no others count.
        timeout_s: For each step of the exchange.
    Raises:
        UsageError: no address, or the witness's key is not known.
        LedgerDamaged: the witness knows more entries, or others, than the register has.
        BadInput: it answered what the protocol does not know, or its cosignature is wrong.
        ChathamError: it could not be reached, or will not.
    """
    policy = next_policy(study, [witness(key, url) for key in keys])
    known = tuple(keys) or tuple(one.key for one in policy.witnesses.values() if one.url == url)
    if not known:
        raise UsageError(
            "the key of this witness is not known, so nothing that it says could be checked",
            hint="Give the key that its operator published: --vkey KEY.",
        )
    signed = standing(study)
    old = _last_size(study, policy, known)
    for _ in range(MOST_TRIES):
        answer = add_checkpoint(url, signed.data, old, _proof(study, old, signed), timeout_s)
        if answer.cosignatures is not None:
            lines = signed.data + answer.cosignatures
            cosigned = cosigned_checkpoint(study.consent, lines, study.log_keys, known)
            return keep_cosignatures(study, cosigned, policy)
        old = _next_size(study, url, signed, answer, timeout_s)
    raise ChathamError(
        f"the witness named another size {MOST_TRIES} times in a row",
        hint="Somebody else may be asking it at the same time; do it again in a minute.",
    )


def _last_size(study: Study, policy: WitnessPolicy, keys: Sequence[VerifyKey]) -> int:
    """The size that this witness cosigned last, as far as is known here."""
    names = {key.name for key in keys}
    anchors, _ = find_anchors(study.consent, study.log_keys, policy)
    return max((one.size for one in anchors if one.by in names), default=0)


def _proof(study: Study, old: int, signed: SignedCheckpoint) -> list[bytes]:
    size = signed.checkpoint.size
    if old in (0, size):
        return []
    return consistency_proof(old, size, proving(study.consent, signed.checkpoint).nodes)


def _next_size(study: Study, url: str, signed: SignedCheckpoint, answer: WitnessAnswer, timeout_s: float) -> int:
    """The size to prove from at the next try; raises where there is none."""
    if answer.refused is not None:
        raise ChathamError(
            f"the witness did not cosign: {answer.refused}",
            hint="Nothing was recorded. Settle it with the witness's operator, then do it again.",
        )
    size = signed.checkpoint.size
    if answer.known_size is not None and answer.known_size <= size:
        return answer.known_size
    _compare(study, _shown(study, url, timeout_s))
    if answer.known_size is not None:
        raise LedgerDamaged(
            f"the witness cosigned {answer.known_size} entries of this register before, and here are {size}: entries "
            "are missing, or an older copy was put back",
            hint="Look for a newer copy of consent/, and ask the witness's operator for the checkpoint it holds.",
        )
    raise LedgerDamaged(
        "the witness holds another history of this register than the one here: there are two",
        hint="Keep the folder as it is, ask the witness's operator for the checkpoint it holds, and tell the ethics "
        "office.",
    )


def _shown(study: Study, url: str, timeout_s: float) -> SignedCheckpoint | None:
    """The newest checkpoint that the witness shows, where this register's log signed it."""
    try:
        data = latest_checkpoint(url, study.log_keys[0].name, timeout_s)
        return None if data is None else check_checkpoint(data, study.log_keys)
    except (BadInput, ChathamError):
        return None


def _compare(study: Study, shown: SignedCheckpoint | None) -> None:
    """Where the witness shows what it holds, that is kept and named; raises LedgerDamaged where it does not fit."""
    if shown is not None:
        require_ours(study, study.ledger.leaf_hashes(), shown, "the checkpoint that the witness cosigned last")
