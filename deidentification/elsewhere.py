"""Words that lead from a sentence to another session or to somebody's work: "last time", "in March", "her book"."""

import re

from deidentification.words import EN_MONTHS, FR_MONTHS

_MONTHS_EN, _MONTHS_FR = "|".join(EN_MONTHS), "|".join(FR_MONTHS)
_MEETING = (
    r"(?:session|meeting|workshop|gathering|webinar|cycle|round|seminar|call|event|conversation|panel|retreat|kick ?off"
    r"|discussion|presentation|interview)s?"
)
_ORDER = (
    r"(?:last|previous|prior|earlier|past|first|second|third|fourth|fifth|sixth|final|opening|closing|next|other"
    r"|another"
    rf"|upcoming|{_MONTHS_EN}|spring|summer|autumn|fall|winter|online|april)"
)
_NUMBER = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)"
_PAST = r"(?:a|an|one|two|three|four|five|six|few|several|couple(?: of)?|many|some|\d+)"
_SPAN = r"(?:day|week|weekend|month|year|night|evening|morning|spring|summer|autumn|fall|winter|term|semester)s?"
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"

_SESSIONS_EN = [
    rf"\b{_ORDER} (?:\w+ )?{_MEETING}\b",
    r"\b(?:last|next|previous|other) time\b",
    rf"\b(?:last|next|this past) (?:{_SPAN}|{_DAY}|{_MONTHS_EN})\b",
    rf"\b{_PAST} (?:{_SPAN}|{_MEETING}) (?:ago|back|earlier|before)\b",
    rf"\b(?:in|last|since|back in|during|early|late|mid|until|from|of) (?:early |late |mid )?(?:{_MONTHS_EN})\b",
    rf"\bearlier (?:this|last|in the) (?:{_SPAN}|{_MEETING})\b",
    rf"\bthe other (?:{_SPAN}|{_MEETING})\b",
    r"\byesterday\b",
    rf"\b(?:session|cycle|workshop|meeting|round|day|part|week) (?:number )?{_NUMBER}\b",
    rf"\bthe {_MEETING} (?:on|about|before|with|where|when|in|we had|that we)\b",
    rf"\bin (?:one of (?:the|our)|another|a different|an earlier) (?:\w+ )?{_MEETING}\b",
    r"\b(?:last|since) (?:time )?we (?:last )?(?:met|spoke|talked|gathered)\b|\bwhen we (?:last|first) (?:met|spoke"
    r"|talked)\b",
]
_SEANCE = r"(?:seance|session|reunion|rencontre|edition|discussion|conversation|presentation|table ronde)s?"
_ATELIER = r"(?:atelier|webinaire|seminaire|cycle|echange|rendez vous|colloque|entretien|appel)s?"
_DERNIERE = r"(?:derniere|premiere|deuxieme|seconde|troisieme|quatrieme|cinquieme|prochaine|precedente|autre)s?"
_DERNIER = r"(?:dernier|premier|deuxieme|second|troisieme|quatrieme|cinquieme|prochain|precedent|autre)s?"
_TEMPS = r"(?:mois|ans?|semaines?|annees?|jours?|ete|hiver|automne|printemps|trimestre)"

_SESSIONS_FR = [
    rf"\b{_DERNIERE} (?:\w+ )?{_SEANCE}\b",
    rf"\b(?:l ?)?{_DERNIER} (?:\w+ )?{_ATELIER}\b",
    r"\b(?:la|une|l) ?(?:derniere|prochaine|autre) fois\b|\blautre fois\b",
    rf"\b(?:{_SEANCE}|{_ATELIER}|semaine|annee|fois|mois|an|ete|hiver|automne|printemps) (?:derni(?:ere|er)|passee?"
    rf"|precedente?"
    r"|prochaine?|d avant|suivante?)s?\b",
    rf"\b(?:{_SEANCE}|{_ATELIER}) (?:de |d |du mois de |du mois d |en )(?:{_MONTHS_FR})\b",
    rf"\b(?:en|depuis|fin|debut|mi|jusqu en|au mois de|au mois d) (?:{_MONTHS_FR})\b",
    rf"\bil y a (?:un|une|deux|trois|quatre|quelques|plusieurs|\d+) (?:{_TEMPS}|{_SEANCE}|{_ATELIER})\b",
    r"\b(?:l ?autre (?:jour|soir)|hier|avant hier|plus tot (?:ce mois|cette (?:semaine|annee)))\b",
    rf"\b(?:{_SEANCE}|{_ATELIER}) (?:numero )?(?:un|deux|trois|quatre|cinq|\d+)\b",
]
_WORKS = (
    r"(?:book|post|blog|blogs|blog ?post|article|essay|paper|podcast|newsletter|thesis|dissertation|chapter|keynote"
    r"|op ?ed"
    r"|talk|lecture|memoir|novel|website|channel|tweet|thread|columns?)s?"
)
_OEUVRES = (
    r"(?:livre|article|billet|blogue?|essai|these|memoire|balado|podcast|chronique|chapitre|conference|infolettre"
    r"|ouvrage"
    r"|roman|tribune|site)s?"
)
_PLATFORM = r"(?:medium|linkedin|linked in|substack|youtube|you tube|twitter|facebook|instagram|mastodon|bluesky)"
_OWNS = r"(?<!\blet )(?<!\bit )(?<!\bthat )(?<!\bhe )(?<!\bshe )(?<!\bthere )s"
"""The end of "Heron's", and not of "let's" or "it's"."""
_WRITING = (
    r"\b(?:wrote|published|posted|blogged|tweeted|authored|co ?wrote|recorded) (?:\w+ ){0,4}?"
    rf"(?:{_WORKS}|{_PLATFORM})\b",
    r"\b(?:publie|ecrit|poste|redige|signe) (?:\w+ ){0,4}?" + rf"(?:{_OEUVRES}|{_PLATFORM})\b",
)
_PLACES = (
    rf"\b(?:on|in|to|from|via|sur|dans|my|our|mon|ma) {_PLATFORM}\b",
    r"\b(?:on|in|for|to|from) (?:the|our|a|their|her|his) (?:blog|newsletter|podcast)\b",
    r"\b(?:sur|dans) (?:le|un|l|son|notre) (?:blogue?|balado|podcast|infolettre)\b",
)


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


PLACES = _any(*_PLACES)
"""Where people publish."""

SESSIONS = _any(*_SESSIONS_EN, *_SESSIONS_FR)
"""Another session, or a time at which another may have been."""

THEIR_WORK = _any(
    rf"\b(?:his|her|their|{_OWNS}|whose) (?:\w+ ){{0,2}}?{_WORKS}\b",
    rf"\b(?:the|a|an|that|this) (?:\w+ )?{_WORKS} (?:\w+ ){{0,2}}?(?:by|of)\b",
    rf"\b{_WORKS} (?:(?:that|which|person|placeholder) )?(?:\w+ ){{0,3}}?(?:wrote|published|posted|recorded|gave)\b",
    rf"\b(?:son|sa|ses|leurs?) (?:\w+ )?{_OEUVRES}\b",
    rf"\b(?:le|l|un|du|au|dans le|ce|cet) ?(?:\w+ )?{_OEUVRES} (?:de|d|que|qu|ecrit par|signe)\b",
    *_WRITING,
    *_PLACES,
)
"""Something that the person who is named made."""

OWN_WORK = _any(
    rf"\b(?:my|mine) (?:\w+ ){{0,2}}?{_WORKS}\b",
    rf"\b(?:mon|ma|mes) (?:\w+ )?{_OEUVRES}\b",
    rf"\b(?:i|j|je|ive|jai) (?:(?:ve|had|have|ai|avais|also|just|even|once|deja|aussi|recently) )*{_WRITING[0][2:]}",
    rf"\b(?:j|je|jai|javais) (?:(?:ai|avais|en|y|l|deja|aussi) )*{_WRITING[1][2:]}",
    rf"\bmy {_PLATFORM}\b",
)
"""Something that the speaker made."""

OWN_WORDS = _any(
    r"\bi(?:ve)?(?: (?:ve|had|have|was|d|already|also|just|once|did|think|even|briefly|first))* (?:said|say|saying"
    r"|mentioned"
    r"|mentioning|told|tell|telling|talked|talking|spoke|presented|presenting|shared|explained|argued|asked|described"
    r"|raised"
    r"|brought|showed|pointed|noted|suggested|proposed|wrote|posted|published|promised|complained|introduced|hosted"
    r"|facilitated"
    r"|chaired|gave|confessed|admitted|reported|quoted)\b",
    r"\b(?:j|je|jai|javais)(?: (?:l|le|la|les|vous|te|leur|lui|en|y|nous|ai|avais|deja|aussi|bien|lai|lavais"
    r"|etais))* (?:dit|disais"
    r"|mentionne|mentionnais|parle|parlais|raconte|racontais|explique|expliquais|presente|presentais|partage|ecrit"
    r"|ecrivais"
    r"|montre|evoque|propose|demande|souleve|publie|anime|promis|avoue|suggere|decrit)\b",
    r"\b(?:my|mon|ma) (?:talk|presentation|story|question|point|example|intervention|histoire|exemple|remarque"
    r"|expose)\b",
)
"""The speaker tells of having said something."""

TITLE = re.compile(r"[“\"«]\s*([^“”\"«»\n]{4,90}?)\s*[”\"»]")
"""Something in quotation marks, which may be a title."""


def is_title(text: str) -> bool:
    """Whether words in quotation marks look like a title: several, and most of the longer ones with a capital."""
    long = [word for word in text.split() if len(word) > 3]
    return len(text.split()) > 1 and bool(long) and sum(word[0].isupper() for word in long) * 2 > len(long)
