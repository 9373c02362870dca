"""How high a rate may be, given what was found in a simple random sample: exact binomial bounds. Pure."""

from math import exp, fsum, lgamma, log, log1p

CONFIDENCE = 0.95
_CLOSE = 1e-12


def upper_bound(found: int, read: int, confidence: float = CONFIDENCE) -> float:
    """The one-sided Clopper-Pearson upper bound of a rate: the highest under which so few would still be found.

    Args:
        found: In how many of those that were read something was found.
        read: How many were read; of none, nothing is known, and the bound is 1.
        confidence: How often, at least, a bound made this way lies above the true rate, between 0 and 1.
    Returns:
        The rate at which ``found`` or fewer come with probability ``1 - confidence``, from above, to 1e-12.
    Raises:
        ValueError: more were found than read.
    Source:
        Clopper and Pearson, Biometrika 26 (1934). A sample drawn without putting back varies less, so that the bound
        then errs to the safe side.
    """
    if not 0 <= found <= read:
        raise ValueError("more were found than read")
    if found == read:
        return 1.0
    low, high = found / read, 1.0
    while high - low > _CLOSE:
        middle = (low + high) / 2
        if at_most(found, read, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def at_most(found: int, read: int, rate: float) -> float:
    """Probability that at most ``found`` of ``read`` are found, each with probability ``rate`` (above 0, below 1)."""
    terms = (
        _log_ways(read, number) + number * log(rate) + (read - number) * log1p(-rate) for number in range(found + 1)
    )
    return min(1.0, fsum(exp(term) for term in terms))


def one_in(rate: float) -> int | None:
    """``N`` of "at most 1 in N", rounded down to two digits; None where that says nothing (a rate above one half).

    Args:
        rate: Above 0.
    """
    whole = int(1 / rate)
    if whole < 2:
        return None
    step = int(10 ** max(0, len(str(whole)) - 2))
    return whole // step * step


def _log_ways(read: int, number: int) -> float:
    return lgamma(read + 1) - lgamma(number + 1) - lgamma(read - number + 1)
