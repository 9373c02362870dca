"""The register of stores: every place that an erasure must visit, in the order it visits them."""

from collections.abc import Iterable

from vault.erasure import EVERYTHING, Carry, Clean, Erased, Keep, Part, Scope, Silence, Store
from vault.store import Vault

__all__ = ["EVERYTHING", "Carry", "Clean", "Erased", "Keep", "Part", "Scope", "Silence", "Store", "register"]


def register(
    vault: Vault,
    extra: Iterable[Store] = (),
    *,
    silence: Silence | None = None,
    keep: Keep | None = None,
    carry: Carry | None = None,
    clean: Clean | None = None,
) -> list[Store]:
    """Every store that may hold something of a participant.

    Args:
        vault: Its sessions come first, because they ask the roster how the person is named; the roster comes last.
        extra: Stores of other rooms.
        silence: Silences parts of a recording; without it, a mix that holds the person's voice is removed whole.
        keep: Gives the words that may stay, where an erasure's scope asks for it.
        carry: Carries codings to those words.
        clean: Takes names, and words that nobody says any more, out of what coders wrote.
    Returns:
        The stores, to be erased in this order.
    """
    vault.codebook.clean = clean
    return [*vault.sessions(silence, keep, carry), *extra, vault.codebook, vault.study_records, vault.roster]
