"""What may still lead from a data set to somebody in it: passages that stand in public, and small groups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.bridging import bridges_of, shown_words
from flows.progress import Progress
from flows.study import Study
from flows.worker import Ready, Worker
from schemas.deidentified import DeidentifiedUtterance
from schemas.speech import Attributed

if TYPE_CHECKING:
    from deidentification.api import Said

Groups = Mapping[int, int]
"""Size of a group to how many there are."""


@dataclass(frozen=True)
class PublicPassage:
    """A passage of somebody who is not named, of which words in a row stand in a public recording or text.

    Attributes:
        utterance: Its id in the data set.
        public: The public sessions and writings in which they stand.
    """

    utterance: str
    session: str
    public: tuple[str, ...]


def public_passages(worker: Worker, ready: Sequence[Ready], purpose: str) -> list[PublicPassage]:
    """Passages of a data set that lead to its speaker, because they stand word for word in public; in its order."""
    from deidentification.api import public_linkage
    from deidentification.api import shown_words as said
    from warehouse.ids import ReleaseIds

    public = list(_public_words(worker.study))
    if not public:
        return []
    pieces = {
        (session.session, piece.utterance, piece.piece): piece
        for session in shown_words(worker, ready, purpose)
        for piece in session.utterances
        if isinstance(piece, DeidentifiedUtterance)
    }
    linked = public_linkage((said(session, piece) for (session, *_), piece in pieces.items()), public)
    ids = ReleaseIds(worker.study.vault.roster.study_key(), worker.secrets)
    return [
        PublicPassage(
            ids.utterance_id(pieces[one.session, one.utterance, one.piece], one.session), one.session, one.public
        )
        for one in linked
    ]


def _public_words(study: Study) -> "Iterator[Said]":
    """What was said in every session that is public, by whom."""
    from deidentification.api import Said

    for store in study.sessions():
        session = store.intake().session
        turns = store.latest("attributed", Attributed) if session.in_public else None
        for turn in turns.utterances if turns else ():
            speaker = turns.voices[turn.voice].participant if turns else None
            who = speaker or f"{session.session} voice {turn.voice}"
            yield Said(session.session, turn.utterance, 0, who, [turn.text])


def groups_in(path: Path) -> Groups:
    """The small groups of a data set's file; raises BadInput where it cannot be read."""
    from warehouse.opened import opened
    from warehouse.risk import small_cells, small_groups

    with opened(path) as connection:
        return small_groups(small_cells(connection))


def groups_told(groups: Groups) -> str:
    """What a person reads of the small groups of a data set."""
    from warehouse.risk import REPORTED, told

    return "; ".join(told(groups)) or f"nobody stands in a group of fewer than {REPORTED}"


def passages_told(count: int) -> str:
    """What a person reads of the passages that stand in public."""
    if count == 1:
        said = "1 passage of somebody who is not named stands word for word in public recordings"
        return f"{said}: quote it and they can be found"
    said = f"{count:,} passages of people who are not named stand word for word in public recordings"
    return f"{said}: quote them and they can be found"


def of_research(study: Study) -> tuple[Groups, int | None, int | None]:
    """What may lead to somebody from the data set for analysis, where there is one.

    Returns:
        Small groups; passages that stand in public; places that may join two labels and were looked at by nobody. None
        where this user may not open sessions, or the data set is older than what is allowed today.
    """
    groups = groups_in(study.research)
    if not study.may_run:
        return groups, None, None
    from flows.build import prepare, unite_names
    from flows.plan import states_of
    from flows.published import PURPOSE

    worker = Worker(study, Progress(quiet=True))
    states = [state for state in states_of(worker) if state.facts]
    names = unite_names(states)
    ready = [one for state in states if (one := prepare(worker, state, names))]
    if len(ready) < len(states):
        return groups, None, None
    waiting = sum(one.review is None for one in bridges_of(worker, ready, PURPOSE))
    return groups, len(public_passages(worker, ready, PURPOSE)), waiting


def counted(groups: Groups, passages: Iterable[PublicPassage]) -> dict[str, object]:
    """What the register keeps of it: counts alone."""
    return {
        "groups": {str(size): count for size, count in groups.items()},
        "public_passages": sum(1 for _ in passages),
    }
