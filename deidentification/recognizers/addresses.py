"""Postal addresses, whole: street and number, and the flat, box, town, state, code and country that go on from them."""

import re
from collections.abc import Iterator, Sequence

from deidentification.recognizers.forms import SOURCE
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.words import STREETS, is_wide_place
from schemas.deidentified import Label

_NUMBER = r"\d{1,5}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?"
_STREETS = "|".join(sorted(STREETS - {"st", "rue", "chemin"}))
_WORD = r"(?:[A-Z][\w'’.-]{0,40}|\d{1,3}(?:st|nd|rd|th))"
_FR_STREETS = "rue|avenue|av|boulevard|bd|chemin|place|allée|impasse|quai|route|rang|montée|côte"
STREET = re.compile(
    rf"\b(?:{_NUMBER},? ){{1,4}}(?:{_WORD} ){{1,4}}(?i:{_STREETS}|st)\b\.?"
    rf"|\b(?:{_NUMBER}(?: ?(?:bis|ter))?,? ){{1,4}}(?i:{_FR_STREETS})\.? (?:(?:de|du|des|la|le|les) |d['’]|l['’])*"
    rf"{_WORD}(?: {_WORD}){{0,3}}"
)
_BEFORE = re.compile(rf"(?:\b{_NUMBER}[ ,]+){{1,2}}$")
_GAP = re.compile(r"(?:[\s,;.}|·-]|\\n){1,8}")
_UNIT = re.compile(
    r"(?:apt|apartment|suite|ste|unit|flat|floor|room|p\.? ?o\.? ?box|appartement|bureau|bp|cp)\b\.? ?#?\w{1,6}", re.I
)
_LETTER_CODE = r"[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"
_MONEY = r"(?! ?[%$€£])"
_CODE = re.compile(
    rf"(?:{_LETTER_CODE}|[A-Z]{{2,3}} \d{{4,6}}|\d{{3}} ?\d{{2,3}}|\d{{4,6}}(?:-\d{{4}})?)(?!\w){_MONEY}"
)
_STATE = re.compile(r"[A-Z]{2,3}(?=[\s,;.]|\\n|$)")
_NAME = re.compile(r"[A-Z][\w'’-]*(?: (?:and |of |the )?[A-Z][\w'’-]*){0,3}")
_FLAT = re.compile(r"\b(?:apt|apartment|suite|flat|appartement)\b\.? ?#?\d{1,5}\w?\b", re.I)
_MILITARY = re.compile(r"\b(?:PSC|CMR|Unit) \d{1,5},? Box \d{1,5}\b|\b(?:[AFD]PO) A[AEP] \d{5}\b")
_FLAT_OF = re.compile(rf"(?:\b{_NUMBER},? ){{1,4}}(?:{_WORD} ?){{1,4}}\d{{0,4}}(?:[\s,}}]|\\n){{1,6}}$")
"""A house and its street before the number of a flat; the street may be called anything."""
POSTCODE = re.compile(
    r"\b(?:zip|zip code|postal code|post ?code|code postal)(?: is|:| est)? ?"
    rf"(?P<code>\d{{4,6}}(?:-\d{{4}})?|\d{{3}} \d{{2}}|{_LETTER_CODE})\b",
    re.I,
)
_COUNTRY_CODE = re.compile(
    r"\b(?P<country>[A-Z][\w'’-]{0,40}(?: (?:and |of |the )?[A-Z][\w'’-]{0,40}){0,3}) \d{4,6}\b(?! ?[%$€£])"
)
_LETTERED = re.compile(r"\b(?:[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? \d[ABD-HJLNP-UW-Z]{2})\b")
"""Canadian and British codes, which nothing else looks like."""


def find_addresses(text: str, spans: Sequence[ModelSpan]) -> list[ModelSpan]:
    """Addresses in ``text``, each as one contact, and postal codes that stand alone, as places.

    Args:
        spans: What was found in it by others: a street is where an address begins, a town may go on from it.
    """
    places = {span.start_char: span.end_char for span in spans if span.label is Label.PLACE}
    seeds = [match.span() for pattern in (STREET, _FLAT, _MILITARY) for match in pattern.finditer(text)]
    seeds += [match.span() for match in _COUNTRY_CODE.finditer(text) if is_wide_place(match["country"])]
    seeds += [(s.start_char, s.end_char) for s in spans if s.label is Label.CONTACT and _is_street(text, s)]
    whole = [ModelSpan(*_grown(text, start, end, places), Label.CONTACT, SOURCE) for start, end in seeds]
    return [*whole, *_codes(text)]


def _is_street(text: str, span: ModelSpan) -> bool:
    """Whether a model's contact is a street with a number before it or in it, not a telephone number or an e-mail."""
    said = text[span.start_char : span.end_char]
    numbered = _BEFORE.search(text, max(0, span.start_char - 20), span.start_char) or said[:1].isdigit()
    return span.source != SOURCE and "@" not in said and any(c.isalpha() for c in said) and bool(numbered)


def _grown(text: str, start: int, end: int, places: dict[int, int]) -> tuple[int, int]:
    before = _FLAT_OF.search(text, max(0, start - 60), start) or _BEFORE.search(text, max(0, start - 20), start)
    start = before.start() if before else start
    while (further := _further(text, end, places)) > end:
        end = further
    return start, end


def _further(text: str, end: int, places: dict[int, int]) -> int:
    """Where the next part of an address ends; ``end`` where none follows."""
    gap = _GAP.match(text, end)
    if gap is None:
        return end
    at = gap.end()
    for pattern in (_UNIT, _CODE):
        if match := pattern.match(text, at):
            return match.end()
    if at in places:
        return places[at]
    name = _NAME.match(text, at)
    if name and is_wide_place(name.group()):
        return name.end()
    state = _STATE.match(text, at)
    return state.end() if state and "\n" not in gap.group() and "," in gap.group() else end


def _codes(text: str) -> Iterator[ModelSpan]:
    for match in POSTCODE.finditer(text):
        yield ModelSpan(*match.span("code"), Label.PLACE, SOURCE)
    for match in _LETTERED.finditer(text):
        yield ModelSpan(*match.span(), Label.PLACE, SOURCE)
