"""Whether a text that will be public, such as a session's id, holds a roster name."""

import re
from collections.abc import Iterable

from deidentification.recognizers.roster_index import last_name, name_tokens, name_words
from deidentification.text import joined, tokens_of
from deidentification.words import PARTICLES
from schemas.roster import MatchingTable, Person

_HUMP = re.compile(
    r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])|(?<=[A-ZÀ-ÖØ-Þ])(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ])"
    r"|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|[_\W]+"
)
SHORTEST_INSIDE = 7
"""A whole name of so many letters is found inside a run of letters too ("interviewarohangata")."""


def name_in(text: str, table: MatchingTable) -> bool:
    """Whether ``text`` (an id, a file name) holds a name of anybody in ``table``.

    Words are told by signs, digits and capitals inside ("ArohaNgata2026"). There is no sentence to tell a name from a
    word by, so any part of anybody's name counts, ordinary word or not ("grace-notes", where somebody is Grace); and
    so does a name of several words in one ("vanderberg").
    """
    names = {name for person in table.people for name in _names(person)}
    widest = max((len(name_tokens(n)) for person in table.people for n in _written(person)), default=1)
    words = [folded for word in _HUMP.split(text) if (folded := joined(word))]
    plain = [folded for word in re.split(r"[_\W]+", text) if (folded := joined(word))]
    if any(run in names for given in (words, plain) for run in _runs(given, widest)):
        return True
    wholes = ("".join(name_tokens(name)) for person in table.people for name in _written(person))
    run = joined(text)
    return any(len(whole) >= SHORTEST_INSIDE and whole in run for whole in wholes)


def _runs(words: list[str], widest: int) -> Iterable[str]:
    """Every run of up to ``widest`` words, joined; a possessive too without its s."""
    for first in range(len(words)):
        for stop in range(first + 1, min(first + widest, len(words)) + 1):
            run = "".join(words[first:stop])
            yield run
            if len(run) > 3 and run.endswith("s"):
                yield run[:-1]


def _written(person: Person) -> tuple[str, ...]:
    return (person.full_name, *person.aliases, *person.former_names)


def _names(person: Person) -> Iterable[str]:
    """Everything that names ``person``, folded and joined: whole names, their words and pieces, the last name."""
    yield joined(last_name(person))
    for name in _written(person):
        yield joined(name)
        yield "".join(name_tokens(name))
        words = name_words(name)
        for word in words:
            pieces = [token.folded for token in tokens_of(word)]
            # A particle or an initial alone is nobody ("de", "j"), and would refuse half of all ids.
            for part in ("".join(pieces), *pieces):
                if len(part) > 1 and (part not in PARTICLES or len(words) == 1):
                    yield part
