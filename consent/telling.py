"""Tells each entry of the register as one plain sentence, from what it holds alone; never a name or free text."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from consent.phrases import KINDS_OF, SENTENCES, TOLD, Clause
from consent.wording import LARGEST, MONTHS, PATTERNS, WORDS
from schemas.ledger import EventKind


def tell(kind: EventKind, payload: Mapping[str, Any]) -> str:
    """One plain English sentence (or a few) for an entry.

    Args:
        kind: The entry's kind, which words an entry whose record is of a type that is not known here.
        payload: The opened record. Whatever it holds, a sentence comes back; what is not of an expected form is left
            out or called "as recorded".
    Returns:
        Participant, session and form ids and dates may stand in it; names, contact details and free text never do.
    """
    name = payload.get("type")
    sentence = name if isinstance(name, str) and name in TOLD else "other"
    said = _render(sentence, {**payload, "_kind": str(kind)})
    return said if _fits(kind, payload) else said + _render("mismatch", {})


def tables() -> dict[str, Any]:
    """Every table a page needs to tell the same sentences, as plain JSON."""
    return {
        "words": WORDS,
        "sentences": SENTENCES,
        "told": sorted(TOLD),
        "kinds": KINDS_OF,
        "patterns": PATTERNS,
        "months": MONTHS,
        "largest": LARGEST,
    }


def _fits(kind: EventKind, payload: Mapping[str, Any]) -> bool:
    name, event = payload.get("type"), payload.get("event")
    kinds = KINDS_OF.get(name) if isinstance(name, str) else None
    if kinds is None:
        return True
    return kinds.get("", kinds.get(event) if isinstance(event, str) else None) in (None, str(kind))


def _render(name: str, record: Mapping[str, Any]) -> str:
    return "".join(_clause(clause, record) for clause in SENTENCES[name])


def _clause(clause: Clause, record: Mapping[str, Any]) -> str:
    for alternative in clause:
        filled = _filled(alternative, record)
        if filled is not None:
            return filled
    return ""


def _filled(text: str, record: Mapping[str, Any]) -> str | None:
    said, end = "", 0
    for blank in re.finditer(PATTERNS["blank"], text):
        words = _FORMS[blank[1]](record.get(blank[2]), *blank[3].split())
        if words is None:
            return None
        said, end = said + text[end : blank.start()] + words, blank.end()
    return said + text[end:]


def _match(pattern: str, value: object) -> "re.Match[str] | None":
    return re.fullmatch(PATTERNS[pattern], value) if isinstance(value, str) else None


def _id(value: object) -> str | None:
    return str(value) if _match("id", value) else None


def _person(value: object) -> str | None:
    return str(value) if _match("person", value) else None


def _version(value: object) -> str | None:
    return str(value) if _match("version", value) else None


def _community(value: object) -> str | None:
    # The community's own name is free text.
    return "" if _match("community", value) else None


def _is(value: object, wanted: str) -> str | None:
    return "" if value == wanted else None


def _yes(value: object) -> str | None:
    return "" if value is True else None


def _word(value: object, table: str) -> str | None:
    return WORDS[table].get(value) if isinstance(value, str) else None


def _each(value: object, name: str) -> str | None:
    records = value if isinstance(value, list) else [value]
    said = [_render(name, record) for record in records if isinstance(record, dict)]
    return "; ".join(said) or None


def _reach(value: object) -> str | None:
    found = _match("reach", value)
    return None if found is None else _render("reach", {"kind": found[1], "id": found[2]})


def _listed(value: object, form: Callable[[object], str | None]) -> str | None:
    said = [words for words in map(form, value if isinstance(value, list) else []) if words is not None]
    return " and ".join(filter(None, [", ".join(said[:-1]), *said[-1:]])) or None


def _people(value: object) -> str | None:
    return _listed(value, _person)


def _roles(value: object) -> str | None:
    return _listed(value, lambda role: _word(role, "role"))


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
        return None
    return int(value)


def _number(value: object) -> str | None:
    number = _whole(value)
    return None if number is None else f"{number:,}"


def _count(value: object, one: str, many: str) -> str | None:
    number = len(value) if isinstance(value, list) else _whole(value)
    return None if number is None else f"{number:,} {one if number == 1 else many}"


def _clock(value: object) -> str | None:
    second = _whole(value)
    if second is None:
        return None
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}"


def _day(value: object) -> str | None:
    found = _match("day", value)
    return None if found is None else f"{int(found[3])} {MONTHS[int(found[2]) - 1]} {found[1]}"


def _moment(value: object) -> str | None:
    found = _match("moment", value)
    if found is None:
        return None
    offset = "+00:00" if found[6] == "Z" else found[6]
    return f"{int(found[3])} {MONTHS[int(found[2]) - 1]} {found[1]}, {found[4]}:{found[5]} (UTC{offset})"


_FORMS: dict[str, Callable[..., str | None]] = {
    "id": _id,
    "person": _person,
    "version": _version,
    "community": _community,
    "is": _is,
    "yes": _yes,
    "word": _word,
    "each": _each,
    "reach": _reach,
    "people": _people,
    "roles": _roles,
    "number": _number,
    "count": _count,
    "clock": _clock,
    "day": _day,
    "moment": _moment,
}
