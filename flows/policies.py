"""The file `consent/policy`: whose confirmations from outside count. A change is recorded first, then written."""

import hashlib
from collections.abc import Sequence

from consent.outside.anchors import with_witnesses
from consent.tlog.note import COSIGNATURE, ML_DSA_44, VerifyKey
from consent.tlog.witness_policy import Log, Witness, WitnessPolicy, format_policy, parse_policy
from flows.study import Study
from schemas.errors import BadInput, LedgerDamaged
from schemas.ledger import EventKind, LedgerEvent
from vault.files import write_file

NAME = "policy"
NEXT = "policy.next"


def policy_of(study: Study) -> WitnessPolicy | None:
    """The policy that stands; None where there is none. Raises BadInput where its file cannot be read as one."""
    data = _bytes(study)
    return None if data is None else parse_policy(data)


def next_policy(study: Study, added: Sequence[Witness] = ()) -> WitnessPolicy:
    """The policy in force with ``added``; nothing is written.

    Raises:
        LedgerDamaged: the file `policy` is not the one that was recorded last.
    """
    settle(study)
    before = policy_of(study)
    after = with_witnesses(before, study.log_keys, added)
    # The last is what a command wrote that was killed after it recorded and before it wrote the file.
    if _pinned(study) not in (None, _digest(_bytes(study) or b""), _digest(_written(study, after))):
        raise LedgerDamaged(
            "the file consent/policy is not the one that was recorded",
            hint="Put it back from your newest backup: it says whose confirmations count.",
        )
    return after


def pinning(study: Study, policy: WitnessPolicy) -> list[LedgerEvent]:
    """The event that pins ``policy``, where it is not pinned yet; ``write_policy`` comes after it is recorded."""
    data = _written(study, policy)
    if _pinned(study) == _digest(data):
        return []
    witnesses = [str(one.key) for one in policy.witnesses.values()]
    payload = {"type": "policy", "witnesses": witnesses, "quorum": policy.quorum, "by": study.keyring.user}
    return [LedgerEvent(kind=EventKind.POLICY, form=_digest(data), payload=payload)]


def write_policy(study: Study, policy: WitnessPolicy) -> None:
    """Write the policy's file, durably, where it is another than the one that stands."""
    data = _written(study, policy)
    if data != _bytes(study):
        write_file(study.consent / NAME, data)
    (study.consent / NEXT).unlink(missing_ok=True)


def lay_ready(study: Study, policy: WitnessPolicy) -> None:
    """Keep a policy that is about to be recorded, so that ``settle`` can end what a kill in between leaves."""
    data = _written(study, policy)
    if data != _bytes(study):
        write_file(study.consent / NEXT, data)


def settle(study: Study) -> None:
    """End what a killed command began: put in place the policy that it recorded, or forget the one it did not."""
    path = study.consent / NEXT
    if not path.is_file():
        return
    if _pinned(study) == _digest(path.read_bytes()):
        path.replace(study.consent / NAME)
    else:
        path.unlink()


def rename(study: Study, old: WitnessPolicy, origin: str) -> None:
    """Take the policy over to the register's new name and publish.

    Witnesses stay. Cosigners of the team do not: they sign under a name that begins with the register's.

    Args:
        study: Opened after the register got its new name.
        old: The policy under the old name.
        origin: The old name.
    """
    kept = [one for one in old.witnesses.values() if not one.key.name.startswith(f"{origin}/")]
    logs = WitnessPolicy(tuple(Log(key) for key in study.log_keys))
    policy = with_witnesses(logs, study.log_keys, kept)
    study.append(pinning(study, policy))
    write_policy(study, policy)
    study.publish()


def witness(key: VerifyKey, url: str | None = None) -> Witness:
    """A line of the policy for a cosigner's key.

    Raises:
        BadInput: the key is of a kind that signs logs.
    """
    if key.kind not in (COSIGNATURE, ML_DSA_44):
        raise BadInput(
            "that key signs logs; a cosigner's is of kind 0x04 or 0x06",
            hint="Ask for the key with which checkpoints are cosigned.",
        )
    name = key.name if key.kind == COSIGNATURE else f"{key.name}/ml-dsa-44"
    # Some programs want an address on every line; nobody answers at one that ends in .invalid (RFC 2606).
    return Witness(name, key, url or f"https://cosigner.invalid/{key.id.hex()}")


def _written(study: Study, policy: WitnessPolicy) -> bytes:
    """The policy's file: as it stands where nothing changed, because people may have written remarks into it."""
    data = _bytes(study)
    return data if data is not None and policy == parse_policy(data) else format_policy(policy)


def _bytes(study: Study) -> bytes | None:
    path = study.consent / NAME
    return path.read_bytes() if path.is_file() else None


def _pinned(study: Study) -> str | None:
    """SHA-256 of the policy that was recorded last."""
    pinned = [entry.form for entry in study.ledger.entries() if entry.kind is EventKind.POLICY and entry.form]
    return pinned[-1] if pinned else None


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
