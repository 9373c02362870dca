"""What has a form: e-mail, links, telephone, handles, identity numbers, exact dates and ages, written and spoken."""

import re
from collections.abc import Iterator
from itertools import chain

import phonenumbers

from deidentification.recognizers.ages import find_ages
from deidentification.recognizers.dates import find_dates, is_date
from deidentification.recognizers.forms import SOURCE, spans
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.numbers import FR_NUMBER
from schemas.deidentified import Label

I = re.IGNORECASE  # noqa: E741 - re's own short name
TOP = "(?:com|org|net|ca|fr|nz|uk|gov|edu|io|co|info|eu|au|us|int|ai|app|dev|be|ch|de|ie|scot|quebec|govt|ac|me|tv)"

EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
SPOKEN_EMAIL = re.compile(
    rf"\b\w+(?:(?: ?(?:dot|point|underscore|dash|tiret|hyphen)|[.]) ?\w+)* (?:at|arobase|arrobas|chez) "
    rf"\w+(?: \w+)?(?: (?:dot|point) \w+)*(?: (?:dot|point) |\.){TOP}\b"
    r"|\b\w+(?: (?:dot|underscore) \w+)+ (?:at|arobase) \w+(?: \w+)??(?: (?:dot|point) \w{2,})+"
    r"|\b\w+(?: (?:dot|underscore) \w+)* at \w+(?: \w+)??(?: dot \w+)* dot example\b", I,
)  # fmt: skip
MEETING = re.compile(
    r"\b(?:https?://)?(?:[\w-]{1,63}\.)*(?:zoom\.us|meet\.google\.com|teams\.microsoft\.com|teams\.live\.com|webex\.com|whereby\.com)/\S*"
    r"|\b(?:meeting|webinar|conference|réunion) (?:id|number|code|numéro)(?: is|:| est)? ?\d[\d -]{6,}\d"
    r"|\b(?:passcode|password|mot de passe|pass code)(?: is|:| est)? ?[\w-]*\d[\w-]*", I,
)  # fmt: skip
LINK = re.compile(
    rf"\bhttps?://\S+|\bwww\.\S+|\b(?:[\w-]{{1,63}}\.)+{TOP}(?:/[^\s,;]*)?(?![\w.])"
    rf"|\b(?:www dot )?\w+(?: dot \w+)? (?:dot|point) {TOP}(?: slash (?:at )?\w+)*\b", I,
)  # fmt: skip
HANDLE = re.compile(r"(?<![\w.])@[A-Za-z0-9_][\w.]{1,38}\w")
DIGITS = re.compile(r"(?<![\w])[+(]{0,2}\d[\d\s().\-–/]{5,}\d(?!\w)")
_EN_DIGIT = "(?:zero|oh|o|one|two|three|four|five|six|seven|eight|nine|double|triple|\\d{1,4})"
_FR_DIGIT = f"(?:zéro|zero|double|{FR_NUMBER}|\\d{{1,4}})"
SPOKEN_PHONE = re.compile(
    rf"\b(?:plus )?{_EN_DIGIT}(?:[ ,-]+{_EN_DIGIT}){{6,}}\b|\b(?:zéro|zero|plus)(?:[ ,-]+{_FR_DIGIT}){{4,}}\b", I
)
PHONE_CUE = re.compile(
    r"\b(?:call|ring|dial|phone|tel|telephone|cell|mobile|number|text|whatsapp|reach (?:me|us|him|her|them)"
    r"|appele[rz]|rappele[rz]|joindre|téléphone|numéro|portable|cellulaire|extension|ext)\b",
    I,
)
PHONE_KIND = re.compile(r" ?[-(,:]? ?(?:office|work|home|mobile|cell|fax|desk|bureau|portable|maison)\b", I)
"""What kind of number it is, told after it."""
LOCAL_NUMBER = re.compile(r"\d{3}[-.]\d{4}")
"""A North American number without its area code; nothing else is written so."""
_KIND_OF_ID = (
    "(?:student|employee|passport|account|case|file|licence|license|staff|badge|member|social insurance|sin|ssn|nhi"
    "|iban|étudiant|dossier|passeport|matricule|employé)"
)
_CODE = r"#?(?=[\w-]*\d[\w-]*\d[\w-]*\d)[A-Z0-9][A-Z0-9 -]{2,30}[A-Z0-9]"
_CARDS = (
    r"\d{3}-\d{2}-\d{4}|\d{3} \d{3} \d{3}|(?:\d{4}[ -]){3}\d{4}|[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?"
)
IDENTITY = re.compile(
    rf"\b{_KIND_OF_ID} ?(?:number|no\.?|id|#|numéro)?(?: is|:| est)? ?(?P<id>{_CODE})"
    rf"|(?<!\w)(?:{_CARDS})(?!\w)|(?<![\w.])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w.])"
    r"|(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])|(?<![\w.+])\d{12,19}(?![\w.])", I,
)  # fmt: skip
REGIONS = ("US", "GB", "NZ", "AU", "FR")
"""Countries whose national forms are tried; numbers with + are recognised for all."""


ORGANISATION = re.compile(
    r"\b(?:[A-Z0-9][\w&'’.-]*(?: (?:and|&|of|for|et|de|the) | ?, ?| )){1,6}"
    r"(?:Inc|INC|Ltd|LTD|LLC|LLP|PLC|Plc|Corp|Corporation|CORPORATION|Limited|LIMITED|GmbH|S\.?A\.?R\.?L|SpA|S\.A|Ltée|Oyj|ASA"
    r"|[Cc]o\.?,? ?[Ll]td|CO\.?,? ?LTD)\b\.?"
)
"""A company by what its name ends in."""


def find_patterns(text: str) -> list[ModelSpan]:
    """Everything in ``text`` that has one of the forms, longest first where they overlap, in order."""
    return sorted(
        chain(_contacts(text), _links(text), _identities(text), find_dates(text), find_ages(text), _organisations(text))
    )


def _contacts(text: str) -> Iterator[ModelSpan]:
    if "@" in text:
        yield from spans(EMAIL, text, Label.CONTACT)
        yield from spans(HANDLE, text, Label.CONTACT)
    yield from spans(SPOKEN_EMAIL, text, Label.CONTACT)
    yield from spans(MEETING, text, Label.CONTACT)
    yield from spans(SPOKEN_PHONE, text, Label.CONTACT)
    for match in DIGITS.finditer(text):
        if is_phone(text, match.start(), match.end()):
            yield ModelSpan(match.start(), match.end(), Label.CONTACT, SOURCE)


def is_phone(text: str, start: int, end: int) -> bool:
    """Whether the digits at ``[start, end)`` are a telephone number: one of a country's, or told as one."""
    digits = text[start:end]
    count = sum(c.isdigit() for c in digits)
    if not 7 <= count <= 15 or is_date(digits) or re.fullmatch(r"(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d", digits):
        return False
    if LOCAL_NUMBER.fullmatch(digits) or PHONE_CUE.search(text, max(0, start - 40), start):
        return True
    if PHONE_KIND.match(text, end):
        return True
    regions: tuple[str | None, ...] = (None,) if digits.lstrip("(").startswith("+") else REGIONS
    return any(_valid(digits, region) for region in regions)


def _valid(digits: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, region))
    except phonenumbers.NumberParseException:
        return False  # its own way to say that these digits are no telephone number


def _links(text: str) -> Iterator[ModelSpan]:
    yield from spans(LINK, text, Label.LINK)


def _identities(text: str) -> Iterator[ModelSpan]:
    for match in IDENTITY.finditer(text):
        start, end = match.span("id") if match["id"] else match.span()
        yield ModelSpan(start, end, Label.OTHER, SOURCE)


def _organisations(text: str) -> Iterator[ModelSpan]:
    yield from spans(ORGANISATION, text, Label.ORGANISATION)
