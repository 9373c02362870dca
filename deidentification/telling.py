"""Whether the general words that a roster has for somebody say themselves what they should not."""

from deidentification.recognizers.quasi import ClueIndex, find_clues
from deidentification.text import ORDINARY_ZIPF, View
from schemas.deidentified import Find, Label
from schemas.roster import MatchingTable, Person

_TOLD = {Label.ORGANISATION: "the employer", Label.PLACE: "the place"}


def tells(person: Person) -> dict[str, str]:
    """Columns with general words in which the person's own employer or place is named, and which of both it is.

    A single ordinary word ("university") is no employer's name, and a place's name only with a capital ("Reading").
    """
    index = ClueIndex.of(MatchingTable(people=(person.model_copy(update={"role": None}),)))
    told = {}
    for column in ("organisation_as", "role_as", "place_as"):
        view = View(getattr(person, column) or "")
        named = {find.label for find in find_clues([view], index)[0] if _names(view, find)}
        if named:
            told[column] = " and ".join(what for label, what in _TOLD.items() if label in named)
    return told


def _names(view: View, find: Find) -> bool:
    at = view.touching(find.start_char, find.end_char)
    if len(at) > 1 or view.commons[at.start] < ORDINARY_ZIPF:
        return True
    word = view.word(at.start)
    return word[0].isupper() and (find.label is Label.PLACE or word.isupper())
