"""Says what differs between two data sets to hand on: in counts, and for a person in words.

Nothing is recorded of it: both lie in the study folder in the open, for whoever may read that, and hold no more than
what everybody in them allows. Of a data set that has ended only its counts are left.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flows.releases import DATA, Release, releases
from flows.roles import refuse_service, require
from flows.stopping import end_outdated
from flows.study import Study
from schemas.errors import UsageError

if TYPE_CHECKING:
    from warehouse.difference import Difference, Words


@dataclass(frozen=True)
class Differing:
    """Two data sets, and what differs between them.

    Attributes:
        counts: None where one of them has ended, or is in no format that holds its tables.
        words: Turns whose words differ; none where they were not asked for.
    """

    first: Release
    second: Release
    counts: "Difference | None"
    words: "Iterator[Words]" = field(repr=False)

    @property
    def rows(self) -> dict[str, tuple[int | None, int | None]]:
        """Rows of each table as the register has them, of both; None: it does not say."""
        names = dict.fromkeys([*self.first.counts, *self.second.counts])
        return {name: (_count(self.first.counts, name), _count(self.second.counts, name)) for name in names}


@contextmanager
def differing(study: Study, first: str, second: str, *, words: bool = False) -> Iterator[Differing]:
    """Compare two data sets by name.

    Args:
        words: Whether the words are asked for too; they can be read while the context stands.
    Raises:
        UsageError: there is no data set of that name, or both are one. MissingKey. BadInput: one cannot be read.
    """
    from warehouse.difference import compared
    from warehouse.sides import can_be_read

    require(study, "release diff")
    if words:
        refuse_service(study, "sees names, words or recordings")
    end_outdated(study)  # what somebody recorded who could not compare is not to be read any longer either
    one, other = _named(study, first), _named(study, second)
    here, there = study.releases / one.name, study.releases / other.name
    if not (one.stands and other.stands and can_be_read(here, DATA) and can_be_read(there, DATA)):
        yield Differing(one, other, None, iter(()))
        return
    with compared(here, there, DATA) as sides:
        yield Differing(one, other, sides.counts, sides.words() if words else iter(()))


def _named(study: Study, name: str) -> Release:
    for release in releases(study.ledger.entries()):
        if release.name == name:
            return release
    raise UsageError("this study has no data set of that name", hint="See them with chatham release list.")


def _count(counts: Mapping[str, int], name: str) -> int | None:
    return counts.get(name)
