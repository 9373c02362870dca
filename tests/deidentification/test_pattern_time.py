"""Searching for forms takes time in proportion to the text, whatever stands in it."""

from time import thread_time

import pytest

from deidentification.recognizers.addresses import find_addresses
from deidentification.recognizers.patterns import find_patterns

SMALL, TIMES = 1_500, 8
ALLOWED = 3 * TIMES
"""A search that looks at every pair of places takes TIMES x TIMES as long; between the two lies all that may vary."""

REPEATED = [
    "ab.", "AB.", "A-", "A.", "a_", "Ab ", "ab@", "@a", "dotx", "dot ", "x dot ", "x.dot ", "point ", "tiret x ",
    "at ", "x at ", "x at y dot ", "arobase ", "slash ", "http://", "www.", "a.b/", "zoom.us", "zoom.",
    "1 ", "1-", "1.", "1,", "12 34 ", "1(", "(", "+", "06 ", "514-", "0 / ", "1\n", "one ", "un ", "zéro ", "vingt et ",
    "un-deux cent ", "sin ", "sin a1", "passport-", "meeting id 1 ", "password ", "password-", "1:", "a1:", "may ",
    "3 may ", "Sept. ", "the third of ", "2024-05-", "twenty ", "nineteen ", "à 47 ", "ans à ", "mes vingt ",
    "turned ", "femme de ", "A, ", "A and ", "1 A ", "12 Ab ", "rue de ", "12 rue ", "IBAN GB82 WEST ", " ", "-", "é",
]  # fmt: skip


def spent(text: str) -> float:
    """Seconds of this thread alone: what else the machine does counts for little."""
    started = thread_time()
    find_patterns(text)
    find_addresses(text, ())
    return thread_time() - started


def grows_with(part: str, ending: str) -> bool:
    """Whether a text eight times as long takes about eight times as long.

    What takes a few milliseconds is fast however it grew.
    """
    short, long = (part * (size // len(part)) + ending for size in (SMALL, SMALL * TIMES))
    return spent(long) < max(ALLOWED * spent(short), 0.05)


@pytest.mark.parametrize("ending", ["", "x"])
@pytest.mark.parametrize("part", REPEATED)
def test_a_text_eight_times_as_long_takes_about_eight_times_as_long(part: str, ending: str) -> None:
    assert any(grows_with(part, ending) for _ in range(3)), "one calm moment of three is enough"
