"""Participants' names that are no words of their own in a text: attached, spelt out, in two lines, inside a run."""

from collections.abc import Iterable

from deidentification.escapes import either_way
from deidentification.readings import Kind, Reading, readings
from deidentification.recognizers.nearness import Form
from deidentification.recognizers.roster import Hit, Window, as_find, exact_hit, find_roster
from deidentification.recognizers.roster_index import RosterIndex
from deidentification.scripts import Embedded, derived, titled
from deidentification.text import View
from deidentification.words import GIVEN_NAMES, GREETINGS
from schemas.deidentified import Certainty, Find, Label


class Further:
    """Finds the names of one roster where its words do not stand alone."""

    def __init__(self, index: RosterIndex) -> None:
        self._index = index
        self._inside = _inside(index)
        self._embedded = Embedded.of(self._inside)

    def find(self, view: View) -> list[Find]:
        """All such names of a text; they may overlap each other and what else is found."""
        if not self._index.exact:
            return []
        hits = [(r.view, hit) for r in readings(view, self._index.widest) for hit in self._hits(r)]
        return [*(as_find(at, hit) for at, hit in hits), *self._runs(view)]

    def either_way(self, text: str, language: str) -> list[Find]:
        """Names beside a backslash, which may begin a line break or the name of a folder."""
        views = [View(way, language) for way in either_way(text)]
        found = [find for sure, _gated in find_roster(views, self._index) for find in sure] if views else []
        return [find for find in found if find.certainty is Certainty.EXACT]

    def _hits(self, reading: Reading) -> list[Hit]:
        forms = tuple(form for form in self._index.exact.get(reading.joined, ()) if _fits(reading, form))
        if not forms:
            return []
        window = Window(reading.first, reading.stop, reading.joined)
        hits = exact_hit(reading.view, window, forms)
        if reading.kind.sure:
            return hits
        return [hit for hit in hits if not hit.gated and _is_meant(reading)]

    def _runs(self, view: View) -> Iterable[Find]:
        for place in self._embedded.places(view.text):
            forms = self._inside[place.name]
            people = tuple(dict.fromkeys(form.participant for form in forms))
            sure = not all(form.nick for form in forms)
            yield Find(
                start_char=place.start, end_char=place.end, label=Label.PERSON,
                participant=people[0], others=people[1:], source="roster", part=forms[0].part,
                certainty=Certainty.EXACT if sure else Certainty.WEAK,
            )  # fmt: skip


def _fits(reading: Reading, form: Form) -> bool:
    """Whether a form may be read so: no initials, and over a line end only names of several words."""
    if form.part == "other" or (form.nick and reading.kind is not Kind.PARTED):
        return False
    if reading.kind is not Kind.WRAPPED or reading.hyphened:
        return True
    return len(form.tokens) > 1 and len(form.tokens[0]) > 1


def _is_meant(reading: Reading) -> bool:
    """Whether a word is a name although another one is attached, which is what a name of a product is made of."""
    if not reading.doubtful:
        return True
    before = reading.view.tokens[reading.first - 1].folded if reading.first else ""
    return reading.joined in GIVEN_NAMES or before in GREETINGS


def _inside(index: RosterIndex) -> dict[str, tuple[Form, ...]]:
    """Names to look for inside runs of letters, and whose they are; those that custom makes are marked ``nick``."""
    far = {name: forms for name, forms in index.exact.items() if not name.isascii()}
    found = {name: kept for name, forms in far.items() if (kept := tuple(f for f in forms if _is_looked_for(f)))}
    several = {form.participant for forms in far.values() for form in forms if form.whole}
    made: dict[str, dict[Form, None]] = {}
    for name, forms in far.items():
        for form in forms:
            for other in _made_of(name, form, form.participant in several):
                made.setdefault(other, {})[Form(other, form.participant, form.part, (other,), nick=True)] = None
    return {**{name: tuple(forms) for name, forms in made.items()}, **found}


def _is_looked_for(form: Form) -> bool:
    return form.part not in ("other", "handle") and not form.turned and not form.nick


def _made_of(name: str, form: Form, several: bool) -> Iterable[str]:
    if form.part not in ("first", "last") or len(form.tokens) > 1:
        return ()
    return titled(name) if several else derived(name)
