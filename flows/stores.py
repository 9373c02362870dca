"""Every place of a study that an erasure must visit: the vault's stores, and the ones that flows make."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from flows.receipts import ReceiptStore
from flows.study import Study
from flows.withdrawal import remove_data_sets
from vault.register import Erased, Store, register


def all_stores(study: Study) -> list[Store]:
    """The register of stores of an open study, in the order in which they are to be erased."""
    from transcription.audio import silence

    own: list[Store] = [ReceiptStore(study.folder / "consent"), ResearchStore(study), PrefectStore(study)]
    return register(study.vault, own, silence=silence)


class ResearchStore:
    """``warehouse/``: erased by taking the data set away; it is built again without the person."""

    name = "research data set"

    def __init__(self, study: Study) -> None:
        self._study = study

    def erase(self, participant: str) -> Erased:  # noqa: ARG002 - a data set goes whole, whoever is erased
        """Remove the data set and whatever a killed build left beside it."""
        before = _digest(self._study.research.parent.glob("*"))
        removed = remove_data_sets(self._study)
        return Erased(
            store=self.name,
            items=len(removed),
            before=before,
            after=_digest(self._study.research.parent.glob("*")),
        )


class PrefectStore:
    """``.prefect/``: holds ids and hashes only, and is erased all the same; Prefect makes it anew."""

    name = "Prefect's records"

    def __init__(self, study: Study) -> None:
        self._home = study.folder / ".prefect"

    def erase(self, participant: str) -> Erased:  # noqa: ARG002 - nothing in it tells one person from another
        """Remove Prefect's home."""
        files = [path for path in self._home.rglob("*") if path.is_file()]
        before = _digest(files)
        if self._home.exists():
            shutil.rmtree(self._home)
        return Erased(store=self.name, items=len(files), before=before, after=_digest([]))


def _digest(files: Iterable[Path]) -> str:
    """SHA-256 over names and bytes of files, in name order."""
    seal = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file()):
        seal.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return seal.hexdigest()
