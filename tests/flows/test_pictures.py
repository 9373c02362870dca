"""Pictures of a report: the numbers stand in them and beside them, in colours that everybody tells apart."""

import re
from datetime import date, timedelta
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from flows.reports.document import Picture
from flows.reports.pictures import BLUE, GREY, LINE_COLOURS, RED, levels_today, over_time, response_times

LEVELS = {"named": 3, "made-up name": 0, "use stopped": 1}
DAYS = [date(2026, 2, 20), date(2026, 5, 1), date(2026, 11, 22)]
LINES = {"take part": [1, 4, 3], "withdrew": [0, 0, 1]}
WAITS = {"changes of choices": [timedelta(minutes=5), timedelta(days=3)], "withdrawals": [timedelta(days=90)]}


def pictures() -> list[Picture]:
    drawn = [levels_today(LEVELS), over_time(DAYS, LINES, "Consent over time."), response_times(WAITS)]
    return [picture for picture in drawn if picture is not None]


def test_each_picture_is_svg_for_pages_and_png_for_print() -> None:
    for picture in pictures():
        assert ElementTree.fromstring(picture.svg).tag.endswith("svg")  # noqa: S314 - drawn here
        with Image.open(BytesIO(picture.png)) as image:
            assert image.format == "PNG" and image.width >= 1000


def test_a_picture_loads_nothing_and_has_no_date_of_its_own() -> None:
    for picture in pictures():
        links = re.findall(r'(?:href|src)="([^"]*)"', picture.svg)
        assert all(link.startswith("#") for link in links)
        assert "<dc:date>" not in picture.svg and "<script" not in picture.svg


def test_the_same_numbers_give_the_same_bytes() -> None:
    for first, second in zip(pictures(), pictures(), strict=True):
        assert (first.svg, first.png) == (second.svg, second.png)


def test_every_number_stands_in_the_words_for_who_cannot_see() -> None:
    levels, time, waits = pictures()
    assert "named: 3; made-up name: 0; use stopped: 1" in levels.alt
    assert "take part: 3; withdrew: 1" in time.alt and "2026-11-22" in time.alt
    assert "changes of choices, within an hour: 1; changes of choices, within a week: 1" in waits.alt
    assert "withdrawals, later: 1" in waits.alt


def test_what_is_no_level_is_grey_and_levels_are_not() -> None:
    drawn = levels_today(LEVELS).svg
    assert GREY in drawn and BLUE in drawn


def test_colours_differ_in_lightness_for_whoever_sees_none() -> None:
    lightness = sorted(_lightness(colour) for colour in (BLUE, RED, GREY))
    assert all(later - earlier > 0.04 for earlier, later in pairwise(lightness))


@pytest.mark.parametrize("colour", LINE_COLOURS)
def test_words_beside_a_line_can_be_read_on_white(colour: str) -> None:
    assert 1.05 / (_lightness(colour) + 0.05) >= 3  # WCAG 2.2, 1.4.11


def test_where_there_is_nothing_to_see_nothing_is_drawn() -> None:
    assert over_time(DAYS[:1], {"take part": [1]}, "") is None
    assert response_times({"withdrawals": []}) is None
    assert response_times({}) is None


def test_a_study_without_anybody_can_be_drawn() -> None:
    assert levels_today({"named": 0}).alt == "People by level. named: 0."
    assert over_time(DAYS[:2], {"take part": [0, 0]}, "") is not None


@settings(max_examples=20)
@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=4000)), min_size=1, max_size=20))
def test_every_wait_is_counted_once(waits: list[timedelta]) -> None:
    from flows.reports.pictures import _by_wait

    assert sum(_by_wait(waits)) == len(waits)


def _lightness(colour: str) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
