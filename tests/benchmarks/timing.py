"""How long something takes, and how busy the machine is meanwhile."""

import os
import time
from collections.abc import Callable


def shortest_ms(work: Callable[[], object], times: int = 3) -> float:
    """Milliseconds of the shortest of some runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return round(min(taken) * 1000, 1)


def load() -> float:
    """Processes that want to run, on average over the last minute."""
    return round(os.getloadavg()[0], 1)
