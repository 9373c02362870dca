"""What may stand beside the labels of one data set, so that nothing said of people below `named` fits one alone. Pure.

De-identification looks at everybody who consented, session by session. A data set holds fewer people: whoever shares
somebody's role may be named in it, or not speak at all. Here only the people count who stand in it without their name.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from schemas.deidentified import ATTRIBUTES_GO
from schemas.identifiers import ParticipantId


class Face(NamedTuple):
    """One person under one label; ``role``: the label itself says what they do, and others may have it too."""

    participant: ParticipantId
    label: str
    role: bool


Attributes = Mapping[str, frozenset[str]]
"""Column to everything that stands in it beside one label; the rows of a label can be laid together."""
Combination = tuple[str | None, tuple[frozenset[str], ...]]


@dataclass(frozen=True)
class Fitting:
    """What may be shown.

    Attributes:
        columns: The columns that may stand beside each label.
        alone: Roles that are one person's only: the label itself may not be shown.
    """

    columns: Mapping[Face, Collection[str]]
    alone: frozenset[Face]


def fitting(faces: Mapping[Face, Attributes]) -> Fitting:
    """Let attributes go, the most telling first, until each combination that is left is at least two people's.

    A role that two people have is kept for both, if need be with nothing beside it.
    """
    shown = {face: [column for column in ATTRIBUTES_GO if said.get(column)] for face, said in faces.items()}
    while going := [face for face in _alone(faces, shown) if shown[face]]:
        for face in going:
            shown[face].pop(0)
    for label in {face.label for face in _alone(faces, shown) if face.role}:
        for face in (one for one in faces if one.role and one.label == label):
            shown[face] = []
    return Fitting(shown, frozenset(_alone(faces, shown)))


def _alone(faces: Mapping[Face, Attributes], shown: Mapping[Face, Collection[str]]) -> list[Face]:
    """Those of whom what is shown fits nobody else; where nothing is, there is nothing to fit."""
    groups: dict[Combination, list[Face]] = defaultdict(list)
    for face, said in faces.items():
        if face.role or shown[face]:
            values = tuple(said[c] if c in shown[face] else frozenset[str]() for c in ATTRIBUTES_GO)
            groups[face.label if face.role else None, values].append(face)
    return [face for group in groups.values() if len({f.participant for f in group}) < 2 for face in group]
