"""Whether a text that will be public, such as a session's id, holds a roster name."""

import re

from deidentification.recognizers.roster_index import name_tokens
from deidentification.terms import Terms
from deidentification.text import View, is_ordinary, joined
from schemas.roster import MatchingTable

_HUMP = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|[_\W]+")
SHORTEST_INSIDE = 7
"""A whole name of so many letters is found inside a run of letters too ("interviewarohangata")."""


def name_in(text: str, table: MatchingTable) -> bool:
    """Whether ``text`` (an id, a file name) holds a name of anybody in ``table``.

    Words are told by signs, digits and capitals inside ("ArohaNgata2026"). A single part that is an ordinary word
    ("May", "grace") is no name there; beside another part of the same person's name it is.
    """
    terms = Terms.of(table)
    words = [word for word in _HUMP.split(text) if word]
    if terms.holds_name(" ".join(words).lower()):
        return True
    if any(word.lower() in _parts(terms) and not is_ordinary(word.lower()) for word in words):
        return True
    if any(True for _hit in terms.hits(View(text.lower()))):
        return True
    run = joined(text)
    wholes = (
        "".join(name_tokens(name)) for person in table.people for name in (person.full_name, *person.former_names)
    )
    return any(len(whole) >= SHORTEST_INSIDE and whole in run for whole in wholes)


def _parts(terms: Terms) -> frozenset[str]:
    return frozenset(terms.parts)
