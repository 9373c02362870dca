"""Appends to a register until told to stop or killed, and says on standard output what was acknowledged.

Called as ``python -m tests.consent.ledger_writer FOLDER WRITER BATCHES LARGEST [slowly]``.
"""

import os
import random
import sys
import time
from pathlib import Path

from consent.ledger import Ledger
from consent.storage.journal import FileDisk, Journal
from schemas.ledger import EventKind, LedgerEvent


class QuickSigner:
    """Signs nothing, so that most of the writer's time is spent writing."""

    key_id = "0" * 16

    def sign(self, message: bytes) -> bytes:
        return bytes(64)


class SlowDisk(FileDisk):
    """Writes in fifty pieces, so that a kill meets it half way more often than not."""

    def write(self, offset: int, data: bytes) -> None:
        step = len(data) // 50 + 1
        for start in range(0, len(data), step):
            super().write(offset + start, data[start : start + step])
            time.sleep(0.0005)


def seal(plaintext: bytes) -> bytes:
    return plaintext


def main(folder: Path, writer: str, batches: int, largest: int, slowly: bool) -> None:
    journal = Journal(folder / "journal.jsonl", SlowDisk if slowly else FileDisk)
    ledger = Ledger(folder, journal, signer=QuickSigner(), seal=seal)
    draw = random.Random(f"{writer}{os.getpid()}")  # noqa: S311 - sizes of batches only
    for batch in range(batches):
        count = draw.randint(1, largest)
        payloads = [{"type": "note", "batch": f"{writer}-{batch}", "of": count, "at": at} for at in range(count)]
        done = ledger.append([LedgerEvent(kind=EventKind.ACCESS, payload=payload) for payload in payloads])
        os.write(1, f"{writer}-{batch} {done[0]} {count}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), "slowly" in sys.argv)
