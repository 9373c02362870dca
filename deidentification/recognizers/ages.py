"""Exact ages, in figures and in words, in English and French; spans of time and plans are none."""

import re
from collections.abc import Iterator

from deidentification.recognizers.forms import SOURCE, spans
from deidentification.recognizers.model_spans import ModelSpan
from deidentification.recognizers.numbers import EN_NUMBER, EN_ORDINALS, EN_TENS, FR_NUMBER, any_of
from schemas.deidentified import Label

_YEARS = rf"(?:\d{{1,3}}|{EN_NUMBER})"
_ANS = rf"(?:\d{{1,3}}|{FR_NUMBER}) ans\b"
_TEENTH = rf"(?:(?:{any_of(EN_TENS)}[ -])?{any_of(EN_ORDINALS)}|{any_of([ten[:-1] + 'ieth' for ten in EN_TENS])})"
_IEME = r"(?:\d{1,3}(?:e|è|[èe]me)|(?:[\w-]{1,20}-(?:et-)?)?[a-z]{2,12}i[èe]me)"
_PEOPLE = (
    "(?:femme|homme|fille|fils|gar[çc]on|enfant|dame|monsieur|m[èe]re|p[èe]re|s(?:œ|oe)ur|fr[èe]re|mari|[ée]pou(?:x|se)"
    "|conjointe?|personne|[ée]tudiante?|retrait[ée]e?|veuve?|ado(?:lescente?)?)"
)
_OF_SOMETHING = r"(?! (?:d['’]|pr[èe]s\b|des?\b(?! vie)))"
"""Years of experience or of prison are no age."""
_ENGLISH = (
    rf"\b{_YEARS}[ -]years?[ -](?:old|of age)\b|\baged? (?:of )?{_YEARS}\b"
    rf"|\bturn(?:ed|s|ing)? (?:\d\d|{EN_NUMBER})\b(?! (?:into|of|percent|people))"
    rf"|\b(?:\d{{1,3}}(?:st|nd|rd|th)|{_TEENTH}) birthday\b|\b\d{{1,3}} ?y/o\b"
    rf"|\b(?:when|since|until|before) (?:I|he|she|they|we) (?:was|were) (?:[1-9]\d|{EN_NUMBER})(?=[.,;!?]|$)"
    rf"|\b(?:I'm|I’m|I am|he's|she's|he is|she is) (?:[1-9]\d|{EN_NUMBER})(?= now\b| and\b| too\b|[.,;!?]|$)"
)
_HAVING = (
    r"(?:j['’](?:ai|avais|aurai|aurais)|(?:il|elle|on) (?:a|avait|aura)|tu (?:as|avais)|vous (?:avez|aviez)"
    r"|(?:ils|elles) (?:ont|avaient)|avoir|ayant|avait|aura)(?: eu)?"
)
_FRENCH = (
    rf"\b{_HAVING} {_ANS}|\b(?:(?:à|a) )?(?:l['’])?[âa]g(?:e|ée?s?|ee?s?) (?:de )?{_ANS}"
    rf"|\b(?:mes|tes|ses|(?<!y )a) {_ANS}{_OF_SOMETHING}|\b{_PEOPLE} (?:\w{{2,20}} )?de {_ANS}"
    rf"|\b(?:mon|ton|son) {_IEME} anniversaire\b"
)
_AGE = re.compile(f"{_ENGLISH}|{_FRENCH}", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:(?:when|since|until|before) \w+ (?:was|were)|I'm|I’m|I am|he's|she's|he is|she is|turn(?:ed|s|ing)?"
    rf"|mes|tes|ses|a|mon|ton|son|{_PEOPLE}(?: \w{{2,20}})? de|{_HAVING}) ",
    re.IGNORECASE,
)
"""What stands before an age and stays."""
_NO_AGE_AFTER = r"(?! (?:pr[èe]s|de (?:distance|prison|r[ée]clusion)|d['’](?:intervalle|[ée]cart))\b)"
_AT = re.compile(rf"\b(?:jusqu['’])?à {_ANS}{_NO_AGE_AFTER}", re.IGNORECASE)
_NO_AGE_BEFORE = re.compile(
    r"(?:\b(?:plans?|horizons?|[ée]ch[ée]ances?|pr[êe]ts?|projets?|projections?|visions?|perspectives?|strat[ée]gies?"
    r"|cr[ée]dits?|baux|bail|contrats?|objectifs?|pr[ée]visions?|obligations?|taux|suivi|survie|ici|d['’]ici|condamn[ée]e?s?"
    rf"|ans|\d{{1,3}}|{FR_NUMBER}),? )$", re.IGNORECASE,
)  # fmt: skip
"""Before "à dix ans": a plan, or the lower end of a range."""


def find_ages(text: str) -> Iterator[ModelSpan]:
    """Every exact age of ``text``: in figures or words, of somebody who has it, turns it or had it then."""
    for span in spans(_AGE, text, Label.AGE):
        lead = _LEAD.match(text, span.start_char)
        yield span._replace(start_char=lead.end()) if lead else span
    for match in _AT.finditer(text):
        if not _NO_AGE_BEFORE.search(text, max(0, match.start() - 40), match.start()):
            yield ModelSpan(*match.span(), Label.AGE, SOURCE)
