"""Records a withdrawal in a study and dies on the way: ``python -m … STUDY FUNCTION NUMBER``.

The process ends without a word as that function of ``flows.stopping`` is about to be called for the NUMBER-th time. A
process of its own, begun anew: one forked from a process with threads may wait for ever for a lock that none holds.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from consent.register import to_ledger_event
from flows import stopping
from tests.flows.conftest import asks_for_erasure, open_as

KILLED = 9


def die_at(called: str, number: int) -> None:
    real: Callable[..., object] = getattr(stopping, called)
    calls = 0

    def dying(*args: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls == number:
            os._exit(KILLED)
        return real(*args, **more)

    setattr(stopping, called, dying)


if __name__ == "__main__":
    die_at(sys.argv[2], int(sys.argv[3]))
    study = open_as(Path(sys.argv[1]), "pi")
    stopping.record_and_stop(study, [to_ledger_event(asks_for_erasure(study))], "withdrawal", releases=["spring"])
