"""De-identify lines of text on their own: no study, no decisions; everybody in the roster is ``unnamed``."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from deidentification.find import Recognisers, Roster, find_in_texts
from deidentification.render import Edit, render
from deidentification.spans import is_one_persons
from deidentification.text import View
from deidentification.third_parties import ThirdParties
from schemas.deidentified import Action, Find, Label
from schemas.errors import BadInput
from schemas.roster import MatchingTable

Told = tuple[dict[str, Any], str]
"""A line and its text."""
BATCH = 512
"""Lines read at once: memory stays the same however long the input is."""


def deidentify_lines(
    lines: Iterable[dict[str, Any]], table: MatchingTable | None, language: str, spans: bool, recognisers: Recognisers
) -> Iterator[dict[str, Any]]:
    """De-identify lines as they come.

    Who speaks is not known, so every line is taken for a protected person's: names, employers, places smaller than a
    country, exact dates, ages, contacts and links all go.

    Args:
        lines: ``{"id", "text"}`` each.
        table: People to look for; None for nobody.
        language: Of the texts, two letters.
        spans: Give what would be hidden in place of the hidden text.
    Returns:
        ``{"id", "text"}``; or ``{"id", "spans": [[start, end, label, participant or None], ...]}`` in codepoints of the
        line's text, half-open, in order.
    Raises:
        BadInput: for a line without an id or text, with its number.
        CheckFailed: where a recogniser failed.
    """
    roster = Roster.of(table)
    third_parties = ThirdParties()
    for before, portion, after in _portions(lines):
        texts = [text for _line, text in (*before, *portion, *after)]
        found = find_in_texts(texts, [language] * len(texts), roster, recognisers)[len(before) :]
        for (line, text), finds in zip(portion, found, strict=False):
            if spans:
                yield {"id": line["id"], "spans": [_span(find) for find in finds]}
            else:
                yield {"id": line["id"], "text": _hidden(text, finds, third_parties)}


def _portions(lines: Iterable[dict[str, Any]]) -> Iterator[tuple[list[Told], list[Told], list[Told]]]:
    """The lines in portions, each with the line before and the one after: names are cut in two between lines."""
    told = ((line, _text(number, line)) for number, line in enumerate(lines, start=1))
    before: list[Told] = []
    portion = list(islice(told, BATCH))
    while portion:
        after = list(islice(told, 1))
        yield before, portion, after
        before, portion = portion[-1:], [*after, *islice(told, BATCH - 1)] if after else []


def _text(number: int, line: object) -> str:
    if isinstance(line, dict) and "id" in line and isinstance(line.get("text"), str):
        return str(line["text"])
    raise BadInput(
        f'line {number} is not an object with "id" and "text"',
        hint='Each line is one JSON object: {"id": "1", "text": "what was said"}.',
    )


def _span(find: Find) -> list[Any]:
    """What was found, and whom it names where that is one person; doubtful too, since it is masked in any case."""
    known = find.label is Label.PERSON and is_one_persons(find)
    return [find.start_char, find.end_char, find.label.value, find.participant if known else None]


def _hidden(text: str, finds: tuple[Find, ...], third_parties: ThirdParties) -> str:
    view = View(text)
    edits = [Edit(f.start_char, f.end_char, _tag(view, f, third_parties), f.label, Action.MASKED) for f in finds]
    return render(text, 0, len(text), edits).text


def _tag(view: View, find: Find, third_parties: ThirdParties) -> str:
    if find.label is not Label.PERSON or find.participant is not None:
        return f"[{find.label.value}]"
    words = view.words(find.start_char, find.end_char)
    return f"[PERSON {third_parties.number(words or ['?'])}]"
