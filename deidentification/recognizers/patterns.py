"""What has a form: e-mail, links, telephone, handles, identity numbers, exact dates and ages, written and spoken."""

import re
from collections.abc import Iterator
from itertools import chain

from deidentification.recognizers.ages import find_ages
from deidentification.recognizers.dates import find_dates
from deidentification.recognizers.forms import SOURCE, spans
from deidentification.recognizers.links import SURE_TOP, TOP, find_links
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.telephones import find_telephones
from schemas.deidentified import Label

I = re.IGNORECASE  # noqa: E741 - re's own short name

EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PART = r"(?: (?:dot|point|underscore|dash|tiret|hyphen) ?|\. ?|(?<=dot) |(?<=underscore) )\w++"
"""A further part of a spoken address; "janedot doe" is one too."""
_HOST = r"\w+(?: \w+)?(?: (?:dot|point) \w+){0,6}"
# Every repeat has an end, and none can be read in two ways: a long text costs as much as its parts.
SPOKEN_EMAIL = re.compile(
    rf"\b\w++(?:{_PART}){{0,8}}+(?: (?:at|chez) {_HOST}(?: point {SURE_TOP}|(?: dot |\.){TOP})"
    rf"| (?:arobase|arrobas) {_HOST}(?: (?:dot|point) |\.){TOP})\b"
    r"|\b\w++(?: (?:dot|underscore) \w++){1,8}+ (?:at|arobase) \w+(?: \w+)??(?: (?:dot|point) \w{2,}){1,8}"
    r"|\b\w++(?: (?:dot|underscore) \w++){0,8}+ at \w+(?: \w+)??(?: dot \w+){0,6} dot example\b", I,
)  # fmt: skip
HANDLE = re.compile(r"(?<![\w.])@[A-Za-z0-9_][\w.]{1,38}\w")
_KIND_OF_ID = (
    "(?:student|employee|passport|account|case|file|licence|license|staff|badge|member|social insurance|sin|ssn|nhi"
    "|iban|étudiant|dossier|passeport|matricule|employé)"
)
_CODE = r"#?(?=(?:(?:[^\W\d]|-){0,30}+\d){3})[A-Z0-9][A-Z0-9 -]{2,30}[A-Z0-9]"
_CARDS = (
    r"\d{3}-\d{2}-\d{4}|\d{3} \d{3} \d{3}|(?:\d{4}[ -]){3}\d{4}|[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?"
)
IDENTITY = re.compile(
    rf"\b{_KIND_OF_ID} ?(?:number|no\.?|id|#|numéro)?(?: is|:| est)? ?(?P<id>{_CODE})"
    rf"|(?<!\w)(?:{_CARDS})(?!\w)|(?<![\w.])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w.])"
    r"|(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])|(?<![\w.+])\d{12,19}(?![\w.])", I,
)  # fmt: skip
ORGANISATION = re.compile(
    r"\b(?:[A-Z0-9][\w&'’.-]{0,40}+(?: (?:and|&|of|for|et|de|the) | ?, ?| )){1,6}"
    r"(?:Inc|INC|Ltd|LTD|LLC|LLP|PLC|Plc|Corp|Corporation|CORPORATION|Limited|LIMITED|GmbH|S\.?A\.?R\.?L|SpA|S\.A|Ltée|Oyj|ASA"
    r"|[Cc]o\.?,? ?[Ll]td|CO\.?,? ?LTD)\b\.?"
)
"""A company by what its name ends in."""


def find_patterns(text: str) -> list[ModelSpan]:
    """Everything in ``text`` that has one of the forms, longest first where they overlap, in order."""
    return sorted(
        chain(
            _contacts(text), find_telephones(text), find_links(text), _identities(text), find_dates(text),
            find_ages(text), spans(ORGANISATION, text, Label.ORGANISATION),
        )
    )  # fmt: skip


def _contacts(text: str) -> Iterator[ModelSpan]:
    if "@" in text:
        yield from spans(EMAIL, text, Label.CONTACT)
        yield from spans(HANDLE, text, Label.CONTACT)
    yield from spans(SPOKEN_EMAIL, text, Label.CONTACT)


def _identities(text: str) -> Iterator[ModelSpan]:
    for match in IDENTITY.finditer(text):
        start, end = match.span("id") if match["id"] else match.span()
        yield ModelSpan(start, end, Label.OTHER, SOURCE)
