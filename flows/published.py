"""Which data set stands, and what it was made from."""

import os
from collections.abc import Sequence

from flows.bridging import bridges_of, decided
from flows.contents import quotes_in
from flows.facts import Published, code_digest
from flows.worker import Ready, Worker
from schemas.coding import Guid
from schemas.deidentified import NameTable
from schemas.records import digest_of

PURPOSE = "analyse"


def stands(worker: Worker, ready: Sequence[Ready], names: NameTable, purpose: str = PURPOSE) -> bool:
    """Whether the published data set is already the one these sessions make."""
    coded = worker.study.vault.codebook.get().made
    published = shows_words_of(worker, ready, names, purpose)
    return published is not None and published.coded == coded


def shows_words_of(
    worker: Worker, ready: Sequence[Ready], names: NameTable, purpose: str = PURPOSE
) -> Published | None:
    """What is known of the published data set, where it shows the words that these sessions make; else None."""
    published = worker.study.vault.get_study(f"published-{purpose}", Published)
    path = worker.study.research
    same = published is not None and path.is_file() and published.is_file(path.stat())
    return published if same and published and published.build_key == _build_key(ready, names) else None


def _build_key(ready: Sequence[Ready], names: NameTable) -> str:
    return digest_of(
        [
            [(one.state.intake.session.session, one.facts.redacted_key) for one in ready],
            names.digest(),
            decided(ready),
            code_digest("warehouse"),
        ]
    )


def remember(
    worker: Worker,
    ready: Sequence[Ready],
    names: NameTable,
    purpose: str,
    stat: os.stat_result,
    coded: Guid | None,
) -> None:
    """Note which file was published, and what it was made from.

    Args:
        coded: The state of the study's coding that it shows.
    """
    found = bridges_of(worker, ready, purpose)
    record = Published(
        build_key=_build_key(ready, names),
        coded=coded,
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        bridges=sum(one.review is None for one in found),
        quotes=quotes_in(worker, ready, purpose),
    )
    worker.study.vault.put_study(f"published-{purpose}", record)
