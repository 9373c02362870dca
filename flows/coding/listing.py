"""What is coded in a study, in counts."""

from collections import Counter
from dataclasses import dataclass

from flows.coding.anchored import codings_standing
from flows.coding.released import shown_codebook
from flows.roles import require
from flows.study import Study
from schemas.coding import Coder, children


@dataclass(frozen=True)
class Listed:
    """One code.

    Attributes:
        depth: How many codes it stands under.
        codings: On words that are still there.
    """

    code_id: str
    name: str
    depth: int
    codings: int


@dataclass(frozen=True)
class Coded:
    """The codes of a study in their order, its coders, and how many codings lost all or some of their words."""

    codes: tuple[Listed, ...]
    coders: tuple[Coder, ...]
    lost: int
    shortened: int


def list_codes(study: Study) -> Coded:
    """What is coded; names of people in the study are masked, and so is what coders quote."""
    from deidentification.api import Names

    require(study, "coding list")
    study.require_whole_register()
    book = shown_codebook(study.vault.codebook.get(), {}, Names(study.table()))
    counts: Counter[str] = Counter()
    lost: Counter[bool] = Counter()
    for store in study.vault.sessions():
        if codings := codings_standing(store):
            counts.update(one.code for one in codings.codings)
            lost.update(one.whole for one in codings.lost)
    return Coded(
        codes=tuple(Listed(one.code, one.name, depth, counts[one.code]) for one, depth in children(book.codes)),
        coders=book.coders,
        lost=lost[True],
        shortened=lost[False],
    )
