"""Dates, delays and lists as they are said to an ethics board. Never a name, never free text of a sheet."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from consent.days import day_words
from flows.reports.languages import LANGUAGES
from schemas.consent import Permission
from schemas.identifiers import by_number, is_participant_id
from schemas.recording import local_day

SHORT: dict[Permission, str] = {
    Permission.RECORD_AUDIO: "voice recorded",
    Permission.RECORD_VIDEO: "picture recorded",
    Permission.TRANSCRIBE: "written down",
    Permission.CHAT: "chat",
    Permission.ANALYSE: "analysis",
    Permission.QUOTE_RESEARCH: "quotes in research",
    Permission.QUOTE_PRACTICE: "quotes in practice",
    Permission.PUBLISH_RECORDING: "published recording",
    Permission.SHARE_BACK: "sharing back",
    Permission.ARCHIVE: "archive",
    Permission.TRANSLATE: "translation",
    Permission.PARTNERS: "partners",
    Permission.AI_SERVICES: "outside AI services",
    Permission.TEACHING: "teaching",
    Permission.RECONTACT: "contact again",
}
"""Each permission in two words, for narrow columns."""
METHODS = {
    "signed": "signed",
    "paper": "on paper",
    "oral": "said aloud",
    "online": "online",
    "email": "by e-mail",
    "e-mail": "by e-mail",
    "letter": "by letter",
    "phone": "by telephone",
    "telephone": "by telephone",
    "video": "in a video call",
}
_MOST_LISTED = 12
_MASK = "[…]"
_OPENERS = frozenset({"To", "For", "Because", "As", "In", "On", "At", "By", "The", "Check", "Checking", "Correcting"})
"""Words with which a line may begin, and which are nobody's name there."""


def day(value: date | datetime) -> str:
    """``4 March 2026``."""
    return day_words(value)


def local(value: datetime, zone: str) -> str:
    """The day of an aware instant in a zone, ``4 March 2026``."""
    return day(local_day(value, zone))


def minute(text: str) -> datetime:
    """The aware instant of an entry's minute (``2026-11-21T20:51Z``)."""
    return datetime.fromisoformat(text).astimezone(UTC)


def delay(value: timedelta) -> str:
    """``3 days``, ``5 hours``, ``2 minutes``, ``within a minute``; what the clock's minute makes negative is none."""
    minutes = int(value.total_seconds() // 60)
    if minutes < 1:
        return "within a minute"
    if minutes < 120:
        return count(minutes, "minute")
    return count(minutes // 60, "hour") if minutes < 48 * 60 else count(minutes // 1440, "day")


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 person``, ``3 people``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def persons(number: int) -> str:
    """``1 person``, ``3 people``."""
    return count(number, "person", "people")


def listed(participants: Collection[str]) -> str:
    """Ids in order, the first dozen of many; ``none`` where there are none."""
    people = by_number(participants)
    if not people:
        return "none"
    shown = ", ".join(people[:_MOST_LISTED])
    return shown if len(people) <= _MOST_LISTED else f"{shown} and {len(people) - _MOST_LISTED} more"


def language(code: str) -> str:
    """A language by its English name, its code where we have none."""
    return LANGUAGES.get(code, code)


def method(text: str | None) -> str:
    """How consent was given; a way that is none of the known words is not repeated, since it may name somebody."""
    if not text:
        return "not recorded"
    return METHODS.get(text.strip().lower(), "in another way, as the register has it")


def given_by(text: str) -> str:
    """Who gave it."""
    kind, _, name = text.partition(":")
    said = {"self": "the person", "guardian": "a guardian", "authorised": "an authorised person"}.get(kind)
    return said or (f"the community {name}" if name else "a community")


def discreet(text: str) -> str:
    """A line that somebody typed, with ``[…]`` for what may be a name.

    Names are written with a capital; so whatever is not in small letters goes, but for ids of participants.
    """
    words = text.split()
    kept = [word if _names_nobody(word) or (not at and word in _OPENERS) else _MASK for at, word in enumerate(words)]
    return " ".join(word for at, word in enumerate(kept) if word != _MASK or kept[at - 1 : at] != [_MASK])


def _names_nobody(word: str) -> bool:
    core = word.strip(".,;:!?()'\"“”‘’–")
    return is_participant_id(core) or all(sign.islower() or sign.isdigit() or sign in "-'’/" for sign in core)


def joined(parts: Iterable[str], empty: str = "–") -> str:
    """Texts with semicolons between; a dash where there are none."""
    return "; ".join(parts) or empty
