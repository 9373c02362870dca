"""A person sees how far long work has come, and nothing else."""

import io

import pytest

from flows.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which a minute passes between two looks."""
    minutes = iter(range(0, 60_000, 60))
    monkeypatch.setattr("flows.progress.time.monotonic", lambda: float(next(minutes)))


def test_elsewhere_than_on_a_terminal_progress_is_plain_lines(later: None) -> None:
    seen = io.StringIO()
    progress = Progress(seen)
    progress.step("S1: listening to recording 1 of 1")
    progress.seconds(90, 3_700)
    assert seen.getvalue().splitlines() == ["S1: listening to recording 1 of 1", "  1:30 of 1:01:40 of audio"]


def test_where_the_length_is_not_known_no_end_is_made_up(later: None) -> None:
    seen = io.StringIO()
    progress = Progress(seen)
    progress.step("taking in recording 1 of 1")
    progress.seconds(90)
    assert seen.getvalue().splitlines()[-1] == "  1:30 of audio"


def test_on_a_terminal_a_bar_stands_in_one_line_and_goes_when_the_next_step_begins(later: None) -> None:
    seen = Terminal()
    progress = Progress(seen)
    progress.step("listening")
    progress.seconds(30, 60)
    assert seen.getvalue().endswith("\r  [###############               ]  0:30 of 1:00 of audio")
    progress.say("done")
    assert seen.getvalue().split("\r")[-1] == "done\n"


def test_where_facts_alone_are_wanted_nothing_is_said(later: None) -> None:
    seen = Terminal()
    progress = Progress(seen, quiet=True)
    progress.step("listening")
    progress.seconds(30, 60)
    assert seen.getvalue() == ""


def test_of_many_texts_the_share_that_is_done_is_told(later: None) -> None:
    seen = io.StringIO()
    progress = Progress(seen)
    progress.step("finding names")
    progress.texts(12_000, 0.25)
    assert seen.getvalue().splitlines()[-1] == "  12,000 texts, 25%"


def test_many_texts_have_a_bar_on_a_terminal(later: None) -> None:
    seen = Terminal()
    progress = Progress(seen)
    progress.step("finding names")
    progress.texts(5, 0.5)
    assert seen.getvalue().endswith("\r  [###############               ]  5 texts, 50%")
