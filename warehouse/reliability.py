"""Reads how far coders agree in a data set, and where they do not."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from warehouse.opened import opened


class Pair(NamedTuple):
    """How far two coders agree on a code; ``kappa`` is None where neither or both put it everywhere."""

    code: str
    coder: str
    other: str
    both: int
    only_coder: int
    only_other: int
    neither: int
    kappa: float | None


class All(NamedTuple):
    """How far all coders agree on a code; ``alpha`` is None where nothing can be told apart."""

    code: str
    coders: int
    utterances: int
    put: int
    alpha: float | None


class Disagreement(NamedTuple):
    """One utterance that some coders put a code on and others did not, with the words that were coded."""

    code: str
    utterance_id: str
    session_id: str
    start: str
    label: str
    put_by: tuple[str, ...]
    not_by: tuple[str, ...]
    words: str

    def __repr__(self) -> str:
        return f"Disagreement({self.utterance_id})"


@dataclass(frozen=True)
class Agreement:
    """How far coders agree: two at a time, all together, and where they do not; codes in the order of the codebook."""

    pairs: tuple[Pair, ...]
    everybody: tuple[All, ...]
    disagreements: tuple[Disagreement, ...]


def read_agreement(path: Path) -> Agreement:
    """How far coders agree in the data set at ``path``; raises BadInput where it is not there or cannot be read."""
    with opened(path) as connection:
        pairs = connection.execute(
            "SELECT agreement.code, coder, other, both_coders, only_coder, only_other, neither, kappa"
            " FROM agreement JOIN codes USING (code_id) ORDER BY position, coder, other"
        ).fetchall()
        everybody = connection.execute(
            "SELECT code, coders, utterances, put, alpha FROM reliability JOIN codes USING (code_id) ORDER BY position"
        ).fetchall()
        apart = connection.execute(
            "SELECT code, utterance_id, session_id, start, label, put_by, not_by, words FROM disagreements"
            " JOIN codes USING (code_id) ORDER BY position, session_id, start, utterance_id"
        ).fetchall()
    return Agreement(
        pairs=tuple(map(Pair._make, pairs)),
        everybody=tuple(map(All._make, everybody)),
        disagreements=tuple(
            Disagreement(code, utterance, session, start, label, tuple(put_by), tuple(not_by), words)
            for code, utterance, session, start, label, put_by, not_by, words in apart
        ),
    )
