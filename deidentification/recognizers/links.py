"""Links and the addresses of meetings, written and spoken: a domain with a path, or with an ending that is known."""

import re
from collections.abc import Iterator
from itertools import chain

from deidentification.recognizers.forms import span, spans
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.text import is_ordinary, words_in, words_set
from schemas.deidentified import Label

I = re.IGNORECASE  # noqa: E741 - re's own short name
NO_WORDS = words_in("com org net ca fr nz uk gov edu io info eu au ch scot quebec govt tv")
"""Endings that no sentence goes on with after "point"."""
_COMMON = [*NO_WORDS, *words_in("co us int ai app dev be de ie ac me")]
TOP = "(?:" + "|".join(_COMMON) + ")"
SURE_TOP = "(?:" + "|".join(NO_WORDS) + ")"
_FURTHER = words_in("""
    ly ee gg nl pt dk fi jp cn br mx za kr sg hk il ru ua cz gr tr ro hu bg hr sk lt lv lu mc tw ph vn ar cl ec uy cr pf
    nc mq gp gf tn dz sn cm mg mu ke ng gh tz ug rw eg ae qa jo lb ir pk bd lk np th fm gl ws vc xyz biz mobi coop cat
    bzh alsace corsica eus gal paris nyc kiwi maori asia africa ngo ong asso online site website shop store blog wiki
    tech cloud club space page link email network studio agency digital academy foundation institute university museum
    gallery photography
    """)
"""Endings that stand by themselves; countries whose letters end file names (md, py, rs) count with a path only."""
_ENDINGS = frozenset([*_COMMON, *_FURTHER])
_WORDS = words_set("""
    it in at no is to la my st im id es et se si li re ma sa ci ve pro name live life world today social news media art
    """)
"""Endings that are words: known by them only after what is none ("wairoa.it", not "done.it")."""

_URL = re.compile(r"\bhttps?://\S+|\bwww\.\S+", I)
_HOST = re.compile(
    # A name is read once, from its first letter on, so that long ones cost no more than short ones.
    r"(?<![\w-])(?<![\w-]\.)(?:https?://)?(?P<host>[\w-]++(?:\.[\w-]++)++)(?!@)(?::\d{2,5}\b)?(?P<path>/[^\s,;]*)?",
    I,
)
_ONE_WORD = re.compile(r"/([^\W\d_]+)\W*")
_MEETS = ("zoom.us", "meet.google.com", "teams.microsoft.com", "teams.live.com", "webex.com", "whereby.com")
_MEETING = re.compile(
    r"\b(?:meeting|webinar|conference|réunion) (?:id|number|code|numéro)(?: is|:| est)? ?\d[\d -]{6,30}\d"
    r"|\b(?:passcode|password|mot de passe|pass code)(?: is|:| est)? ?(?=(?:[^\W\d]|-){0,60}+\d)[\w-]+",
    I,
)  # fmt: skip
_LAST = "|".join(sorted(_ENDINGS))
_SPOKEN = re.compile(
    rf"\b(?:www dot )?\w++(?: dot \w++)?(?: dot (?:{_LAST})| point {SURE_TOP})\b(?: slash (?:at )?\w++){{0,8}}"
    r"|\b(?:www dot )?\w++(?: dot \w++)? (?:dot|point) \w{2,24}(?: slash (?:at )?\w++){1,8}", I,
)  # fmt: skip


def find_links(text: str) -> Iterator[ModelSpan]:
    """Every link of ``text``, and what leads into a meeting, as a contact."""
    yield from spans(_MEETING, text, Label.CONTACT)
    yield from chain(spans(_URL, text, Label.LINK), spans(_SPOKEN, text, Label.LINK))
    for match in _HOST.finditer(text):
        if match["path"] and match["host"].lower().endswith(_MEETS):
            yield from span(text, *match.span(), Label.CONTACT)
        elif end := _end(match):
            yield from span(text, match.start(), end, Label.LINK)


def _end(match: re.Match[str]) -> int:
    """Where a link ends that begins with the host of ``match``; 0 where it is none."""
    labels = match["host"].split(".")
    if match["path"]:
        return match.end() if _leads(labels[-1], match["path"]) else 0
    end = match.end("host")
    while len(labels) > 2 and labels[-1][:1].isupper() and labels[-2].islower():
        end -= len(labels.pop()) + 1  # "janedoe.com.Then we": a sentence that begins without a space
    return end if _is_known(labels) else 0


def _is_known(labels: list[str]) -> bool:
    last = labels[-1]
    if last.lower() in _WORDS or (last.lower() in _FURTHER and last.istitle()):
        return last.islower() and not is_ordinary(labels[-2])
    return last.lower() in _ENDINGS


def _leads(last: str, path: str) -> bool:
    """Whether a host that ends in ``last`` goes with ``path``: any does but ordinary words ("done.he/she")."""
    if not 2 <= len(last) <= 24 or not (last.isalpha() or last.lower().startswith("xn--")):
        return False
    word = _ONE_WORD.fullmatch(path)
    return last.lower() in _ENDINGS or not is_ordinary(last) or word is None or not is_ordinary(word[1])
