"""Participants' names that are no words of their own in a text: inside a run of letters."""

from collections.abc import Iterable

from deidentification.recognizers.nearness import Form
from deidentification.recognizers.roster_index import RosterIndex
from deidentification.scripts import Embedded, derived, titled
from deidentification.text import View
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
        return list(self._runs(view))

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
