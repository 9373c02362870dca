"""For how long the log's earlier keys speak: they change when somebody leaves who knew them."""

from collections.abc import Collection, Sequence

from consent.tlog.note import VerifyKey


def last_sizes(keys: Sequence[VerifyKey], changes: Sequence[int]) -> dict[VerifyKey, int]:
    """The largest size that each given-up key can have signed.

    Args:
        keys: As in ``ledger.vkey``: pairs, the newest first.
        changes: Indexes of the entries that record a change of these keys (`rotate_key` without ``form``), in order.
    Returns:
        Size by key. The newest pair has no such size, nor has a key whose giving up is not among ``changes``, as in a
        register that lost its newest entries.
    """
    pairs = [keys[at : at + 2] for at in range(0, len(keys), 2)]
    last = dict(zip(range(1, len(pairs)), reversed(changes), strict=False))
    return {key: last[place] for place, pair in enumerate(pairs) for key in pair if place in last}


def given_up(signers: Collection[VerifyKey], size: int, sizes: dict[VerifyKey, int]) -> bool:
    """Whether a checkpoint of ``size`` entries bears only signatures of keys that had been given up by then."""
    return bool(signers) and all(size > sizes.get(key, size) for key in signers)
