"""The last day on which a form lets things be kept, told from its own words where these can be counted."""

import calendar
import re
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta

from schemas.consent import Form

_MONTH_WORDS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_MONTH = "|".join(_MONTH_WORDS)
_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    rf"|(\d{{1,2}})(?:er|st|nd|rd|th)? ({_MONTH}) (\d{{4}})"
    rf"|({_MONTH}) (\d{{1,2}}),? (\d{{4}})"
)
_SPAN = re.compile(
    r"(?:kept (?:for )?|conservée?s? (?:pendant )?)?(\d{1,4}) (day|week|month|year|jour|semaine|mois|an)s?"
    r"(?: after (?:the|each) session| après (?:la|chaque) séance)?"
)
_ENDS = re.compile(r"destroy|delet|eras|remov|until|detrui|détrui|effac|supprim|jusqu|^\W*\d[\w -]*\W*$")
_SOUND = re.compile(r"recording|audio|sound|voice|enregistrement|voix|\bson\b")
_OTHER = re.compile(r"transcript|words|text|data|transcription|mots|texte|données")
_MONTHS = {"month": 1, "mois": 1, "year": 12, "an": 12}
_DAYS = {"day": 1, "jour": 1, "week": 7, "semaine": 7}


@dataclass(frozen=True)
class LastDays:
    """The last days of sound and of words; None where the form gives none that can be counted."""

    sound: date | None = None
    words: date | None = None


def last_days(form: Form, session_day: date) -> LastDays:
    """The last days on which a form lets recordings and words of a session be kept.

    Args:
        form: Its ``retention``: a date (``2031-12-31``), a time from the session on (``5 years``, ``18 mois``), or
            sentences in English or French that say until when, for recordings and for words apart if they differ
            (``Recordings are destroyed on 31 December 2027; transcripts on 31 December 2032.``).
        session_day: Local day of the session.
    """
    sound = words = None
    ends = False
    for clause in re.split(r"[;.]|, (?=\D)", (form.retention or "").lower()):
        ends = ends or bool(_ENDS.search(clause))
        day = _day(clause.strip(), session_day) if ends else _span(clause.strip(), session_day)
        if day is None:
            continue
        both = not _SOUND.search(clause) or bool(_OTHER.search(clause))
        words = _later(words, day) if both else words
        sound = _later(sound, day) if both and sound is None else day if not both else sound
    return LastDays(sound, words)


def _later(one: date | None, other: date) -> date:
    return other if one is None else max(one, other)


def _day(clause: str, session_day: date) -> date | None:
    found = _DATE.search(clause)
    return _span(clause, session_day) if found is None else _date(found)


def _date(found: "re.Match[str]") -> date | None:
    year, month, day = found[1] or found[6] or found[9], found[2], found[3] or found[4] or found[8]
    if month is None:
        month = str(_MONTH_WORDS.index(found[5] or found[7]) % 12 + 1)
    return _real(int(year), int(month), int(day))


def _span(clause: str, session_day: date) -> date | None:
    found = _SPAN.fullmatch(clause)
    if found is None:
        return None
    number, unit = int(found[1]), found[2]
    if unit in _DAYS:
        try:
            return session_day + timedelta(days=number * _DAYS[unit])
        except OverflowError:
            return None
    year, month = divmod(session_day.year * 12 + session_day.month - 1 + number * _MONTHS[unit], 12)
    if not 0 < year < MAXYEAR:
        return None
    return _real(year, month + 1, min(session_day.day, calendar.monthrange(year, month + 1)[1]))


def _real(year: int, month: int, day: int) -> date | None:
    """The day, where a calendar has it and the one after it."""
    try:
        return date(year, month, day) if year < MAXYEAR else None
    except ValueError:
        return None
