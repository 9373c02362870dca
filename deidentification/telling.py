"""Whether the general words that a roster has for somebody say themselves what they should not."""

from deidentification.recognizers.quasi import ClueIndex, find_clues
from deidentification.text import ORDINARY_ZIPF, View, tokens_of, words_set
from deidentification.words import FUNCTION_WORDS, is_wide_place
from schemas.deidentified import Find, Label
from schemas.roster import MatchingTable, Person

_BEFORE = FUNCTION_WORDS | words_set("near around outside close next the pres autour hors la le les l de du des d")
_TOLD = {Label.ORGANISATION: "the employer", Label.PLACE: "the place"}


def tells(person: Person) -> dict[str, str]:
    """Columns with general words in which the person's own employer or place is named, and which of both it is.

    A single ordinary word ("university") is no employer's name, and a place's name only with a capital ("Reading"). Of
    a place, what stands before the first comma counts: "Ontario" is said of "Toronto, Ontario" in general, and so is
    "the Wellington region" of Wellington.
    """
    place = (person.place or "").split(",")[0].strip()
    index = ClueIndex.of(MatchingTable(people=(person.model_copy(update={"role": None, "place": place or None}),)))
    told = {}
    for column in ("organisation_as", "role_as"):
        view = View(getattr(person, column) or "")
        named = {find.label for find in find_clues([view], index)[0] if _names(view, find)}
        if named:
            told[column] = " and ".join(what for label, what in _TOLD.items() if label in named)
    if place and not is_wide_place(place) and _bare(person.place_as or "") in (_bare(place), _bare(person.place or "")):
        told["place_as"] = _TOLD[Label.PLACE]
    return told


def _bare(place: str) -> list[str]:
    """Folded words of a place without those that stand before it ("near", "the")."""
    return [token.folded for token in tokens_of(place) if token.folded not in _BEFORE]


def _names(view: View, find: Find) -> bool:
    at = view.touching(find.start_char, find.end_char)
    if len(at) > 1 or view.commons[at.start] < ORDINARY_ZIPF:
        return True
    word = view.word(at.start)
    return word[0].isupper() and (find.label is Label.PLACE or word.isupper())
