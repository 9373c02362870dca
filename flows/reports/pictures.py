"""Draws the report's pictures, as SVG for pages and PNG for print, in colours that colour-blind readers tell apart."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from flows.reports.document import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

BLUE, RED, GREY = "#0072b2", "#d55e00", "#8a9199"
"""Okabe and Ito's, which differ in lightness too; grey for what is no choice."""
INK, SOFT = "#1d2529", "#5b666d"
LINE_COLOURS = (BLUE, RED, SOFT)
"""In the order of the lines; dark enough for the words beside them."""
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "svg.fonttype": "path",
    "svg.hashsalt": "chatham",
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": INK,
}
_DPI = 200
_APART = 0.075
"""Least distance of two labels at the end of lines, as a part of the height."""


def levels_today(counts: Mapping[str, int]) -> Picture:
    """How many people stand at each level, or in a state that is no level.

    Args:
        counts: Words of the level to people, least protective first; those with nobody are drawn too.
    """

    def draw(axes: Any) -> None:
        names, numbers = list(counts), list(counts.values())
        colours = [
            GREY if name in ("not asked", "declined", "use stopped", "words destroyed") else BLUE for name in names
        ]
        axes.barh(range(len(names)), numbers, color=colours, height=0.68)
        for place, number in enumerate(numbers):
            axes.text(number + max(numbers, default=1) * 0.012, place, str(number), va="center", color=INK)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        _bare(axes, keep_x=False)
        axes.set_xlim(0, max([*numbers, 1]) * 1.1)

    said = "; ".join(f"{name}: {number}" for name, number in counts.items())
    return _picture(
        draw,
        0.36 * len(counts) + 0.3,
        "Levels today: how many people are shown in which way.",
        f"People by level. {said}.",
    )


def over_time(days: Sequence[date], lines: Mapping[str, Sequence[int]], caption: str) -> Picture | None:
    """How many people took part, and had withdrawn or declined, from day to day.

    Args:
        days: In order, the last one the day of the report.
        lines: Words of a line to its number on each day, as many as ``days``; three lines at most.
        caption: What is shown, with its years: the axis names months.
    Returns:
        None where there are fewer than two days, and so nothing to see.
    """
    if len(days) < 2:
        return None

    def draw(axes: Any) -> None:
        for (name, numbers), colour in zip(lines.items(), LINE_COLOURS, strict=False):
            axes.step(list(days), list(numbers), where="post", color=colour, linewidth=2.2, label=name)
        _end_labels(axes, lines, days[-1])
        _bare(axes, keep_x=True)
        axes.set_ylim(0, max(1, *(max(numbers) for numbers in lines.values())) * 1.08)
        axes.yaxis.set_visible(True)
        axes.yaxis.get_major_locator().set_params(integer=True)
        axes.tick_params(axis="y", length=0, labelcolor=SOFT)
        axes.grid(axis="y", color="#e4e7e9", linewidth=0.8)
        axes.set_axisbelow(True)
        _dates(axes, days)

    ends = "; ".join(f"{name}: {numbers[-1]}" for name, numbers in lines.items())
    return _picture(
        draw,
        2.7,
        caption,
        f"Lines from {days[0].isoformat()} to {days[-1].isoformat()}. At the end: {ends}.",
    )


WAITS: tuple[tuple[str, timedelta], ...] = (
    ("within an hour", timedelta(hours=1)),
    ("within a day", timedelta(days=1)),
    ("within a week", timedelta(days=7)),
    ("within a month", timedelta(days=31)),
    ("later", timedelta.max),
)


def response_times(waits: Mapping[str, Sequence[timedelta]]) -> Picture | None:
    """How long it took from asking to what was asked for, in bars by length of the wait.

    Args:
        waits: Words of a kind of request to the wait of each.
    Returns:
        None where nobody asked for anything.
    """
    kinds = {name: _by_wait(times) for name, times in waits.items() if times}
    if not kinds:
        return None

    def draw(axes: Any) -> None:
        most = max(max(numbers) for numbers in kinds.values())
        height = 0.76 / len(kinds)
        for row, ((name, numbers), colour) in enumerate(zip(kinds.items(), LINE_COLOURS, strict=False)):
            places = [place + (row - (len(kinds) - 1) / 2) * height for place in range(len(WAITS))]
            axes.barh(places, numbers, height=height * 0.92, color=colour)
            named = next((place for place, number in enumerate(numbers) if number), 0)
            for place, number in enumerate(numbers):
                text = f"{number}  {name}" if place == named else str(number) if number else ""
                axes.text(number + most * 0.012, places[place], text, va="center", color=colour if text else INK)
        axes.set_yticks(range(len(WAITS)), [name for name, _ in WAITS])
        axes.invert_yaxis()
        _bare(axes, keep_x=False)
        axes.set_xlim(0, most * 1.45)

    said = "; ".join(
        f"{name}, {wait}: {number}"
        for name, numbers in kinds.items()
        for (wait, _), number in zip(WAITS, numbers, strict=True)
        if number
    )
    return _picture(
        draw,
        0.22 * len(WAITS) * max(2, len(kinds)) + 0.3,
        "Response times: from the day somebody asked until it was in force.",
        f"Requests by waiting time. {said}.",
    )


def _by_wait(times: Sequence[timedelta]) -> list[int]:
    places = [next(place for place, (_, most) in enumerate(WAITS) if time <= most) for time in times]
    return [places.count(place) for place in range(len(WAITS))]


def _end_labels(axes: Any, lines: Mapping[str, Sequence[int]], end: date) -> None:
    """Name each line at its end; names that would touch are moved apart."""
    top = max(1, *(max(numbers) for numbers in lines.values())) * 1.08
    order = sorted(zip(lines.items(), LINE_COLOURS, strict=False), key=lambda one: one[0][1][-1])
    last = -1.0
    for (name, numbers), colour in order:
        height = max(numbers[-1] / top, last + _APART)
        last = height
        axes.annotate(
            f" {numbers[-1]} {name}",
            (1.0, height),
            xycoords=("axes fraction", "axes fraction"),
            va="center",
            color=colour,
            annotation_clip=False,
        )
    axes.set_xlim(right=end)


def _dates(axes: Any, days: Sequence[date]) -> None:
    from matplotlib import dates

    untyped: Any = dates  # as it is in matplotlib
    locator = untyped.AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator, show_offset=False))
    axes.set_xlim(days[0], days[-1])


def _bare(axes: Any, *, keep_x: bool) -> None:
    for side in ("top", "right", "left", *(() if keep_x else ("bottom",))):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_visible(keep_x)


def _picture(draw: Callable[[Any], None], height_in: float, caption: str, alt: str) -> Picture:
    """Draw once, save twice; the same numbers give the same bytes."""
    from matplotlib.figure import Figure

    with _style():
        figure = Figure(figsize=(6.4, height_in), layout="constrained")
        draw(figure.add_subplot())
        svg, png = StringIO(), BytesIO()
        figure.savefig(svg, format="svg", facecolor="white", metadata={"Date": None, "Creator": None})
        figure.savefig(png, format="png", dpi=_DPI, facecolor="white", metadata={"Software": None})
    return Picture(svg=svg.getvalue(), png=png.getvalue(), caption=caption, alt=alt)


@contextmanager
def _style() -> "Iterator[None]":
    import matplotlib

    own: Any = {**matplotlib.rcParamsDefault, **_STYLE, "backend": "agg"}
    with matplotlib.rc_context(own):
        yield
