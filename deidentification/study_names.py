"""The study name table: names found anywhere are searched everywhere, whatever was processed first."""

from collections import defaultdict
from collections.abc import Iterable

from deidentification.text import View
from schemas.deidentified import Certainty, Find, Label, NamesFound, NameTable
from schemas.speech import Attributed

Rows = dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]
"""First word to (all words, participants); no participants: a third party."""


def unite(found: Iterable[NamesFound]) -> NameTable:
    """One table from all sessions' names: a set, sorted, so that no order of processing shows in it."""
    return NameTable(names=tuple(sorted({row for session in found for row in session.surfaces})))


def touching(names: NameTable, attributed: Attributed) -> NameTable:
    """The rows of ``names`` that are said in this session: all of the table that its redaction depends on."""
    rows = index_names(names)
    said = {
        " ".join(words) for u in attributed.utterances for _start, words, _people in _occurrences(View(u.text), rows)
    }
    return NameTable(names=tuple(row for row in names.names if row[0] in said))


def index_names(names: NameTable) -> Rows:
    """``names`` by their first word, longest first."""
    people: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, participant in names.names:
        words = tuple(name.split())
        if words and participant:
            people[words].append(participant)
        elif words:
            people.setdefault(words, [])
    rows: Rows = defaultdict(list)
    for words in sorted(people, key=lambda w: (-len(w), w)):
        rows[words[0]].append((words, tuple(sorted(people[words]))))
    return dict(rows)


def _occurrences(view: View, rows: Rows) -> Iterable[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    for position, token in enumerate(view.tokens):
        for words, people in rows.get(token.folded, ()):
            stop = position + len(words)
            if tuple(t.folded for t in view.tokens[position:stop]) == words and all(view.joins[position + 1 : stop]):
                yield position, words, people


def find_known(view: View, rows: Rows) -> list[Find]:
    """Every row of the study name table that is said in a text, as finds."""
    finds = []
    for position, words, people in _occurrences(view, rows):
        finds.append(
            Find(
                start_char=view.tokens[position].start,
                end_char=view.tokens[position + len(words) - 1].end,
                label=Label.PERSON,
                participant=people[0] if people else None,
                others=people[1:],
                certainty=Certainty.STRONG if people else Certainty.MODEL,
                source="study",
                part="full" if people and len(words) > 1 else ("first" if people else "other"),
            )
        )
    return finds
