"""A day as people write it, in the words that every page shares."""

from datetime import date

from consent.wording import MONTHS


def day_words(day: date) -> str:
    """``21 November 2026``. Not strftime: the words must not depend on the machine's language."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
