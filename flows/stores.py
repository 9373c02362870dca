"""Every place of a study that an erasure must visit: the vault's stores, and the ones that flows make."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path

from flows.coding.anchored import carry_kept
from flows.coding.quoting import cleaner
from flows.receipts import ReceiptStore
from flows.releases import recorded
from flows.stopping import record_and_stop, remove_data_sets
from flows.study import Study
from vault.erasure import EVERYTHING, Keep, Scope
from vault.register import Erased, Store, register


def all_stores(study: Study, *, keep: Keep | None = None, why: str = "withdrawal") -> list[Store]:
    """The register of stores of an open study, in the order in which they are to be erased.

    Args:
        keep: Gives the words of somebody that stay, de-identified, where they asked for that.
        why: What ends data sets that still hold the person, as in ``flows.releases.WHYS``.
    """
    from transcription.audio import silence

    own: list[Store] = [
        ReleaseStore(study, why),
        ResearchStore(study),
        ReceiptStore(study.consent),
        PrefectStore(study),
    ]
    return register(study.vault, own, silence=silence, keep=keep, carry=carry_kept, clean=cleaner(study))


class ReleaseStore:
    """``releases/``: erased by ending every data set that holds the person; most ended when use was stopped."""

    name = "data sets to hand on"

    def __init__(self, study: Study, why: str) -> None:
        self._study = study
        self._why = why

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        """End what still stands; of a data set without sound, nothing is the voice alone."""
        before, names = _digest(self._files()), []
        if not scope.voice_only:
            stand = [one for one in recorded(self._study) if one.stands and participant in one.people]
            names = [one.name for one in stand if any(scope.covers(session) for session in one.sessions)]
        if names:
            record_and_stop(self._study, [], self._why, research=False, releases=names)
        return Erased(store=self.name, items=len(names), before=before, after=_digest(self._files()))

    def _files(self) -> list[Path]:
        return [path for path in self._study.releases.rglob("*") if path.is_file()]


class ResearchStore:
    """``warehouse/``: erased by taking the data set away; it is built again without the person."""

    name = "research data set"

    def __init__(self, study: Study) -> None:
        self._study = study

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:  # noqa: ARG002 - it goes whole
        """Remove the data set and whatever a killed build left beside it; no data set holds a voice."""
        before = _digest(self._study.research.parent.glob("*"))
        removed = () if scope.voice_only else remove_data_sets(self._study)
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

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:  # noqa: ARG002 - nothing tells people apart
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
        with path.open("rb") as file:
            seal.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return seal.hexdigest()
