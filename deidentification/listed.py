"""What the policy's reviewed lists allow to stand: public figures, published works, host organisations."""

from collections.abc import Sequence
from dataclasses import dataclass

from deidentification.phrases import Phrases
from deidentification.text import View
from schemas.deidentified import Certainty, Find, Label
from schemas.policy import Policy


@dataclass(frozen=True)
class Listed:
    """The lists as one index, which says of each phrase whether it is a published work."""

    phrases: Phrases[bool]

    @classmethod
    def of(cls, policy: Policy) -> "Listed":
        """Index the lists of ``policy``."""
        entries = [(name, False) for name in (*policy.public_figures, *policy.host_organisations)]
        return cls(Phrases.of(sorted([*entries, *((title, True) for title in policy.public_works)])))

    def ranges(self, view: View) -> list[tuple[int, int, bool]]:
        """Where something listed is said: start, end, and whether it is a published work; not overlapping."""
        return self.phrases.ranges(view)


def lift(finds: Sequence[Find], ranges: Sequence[tuple[int, int, bool]]) -> tuple[list[Find], list[tuple[int, int]]]:
    """Finds that stay, and listed ranges that may stand.

    A range does not stand where a find reaches beyond it, where a contact or link lies in it, or where it is a
    participant's whole name and no published work.
    """
    standing = []
    for start, end, work in ranges:
        touching = [f for f in finds if f.start_char < end and f.end_char > start]
        if all(_may_stand(find, start, end, work) for find in touching):
            standing.append((start, end))
    kept = [f for f in finds if not any(f.start_char < end and f.end_char > start for start, end in standing)]
    return kept, standing


def _may_stand(find: Find, start: int, end: int, work: bool) -> bool:
    if find.label in (Label.CONTACT, Label.LINK) or find.start_char < start or find.end_char > end:
        return False
    whole = find.label is Label.PERSON and find.participant is not None and find.certainty is not Certainty.WEAK
    return work or not (whole and find.end_char - find.start_char == end - start)
