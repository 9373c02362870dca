"""What a person opened is written as they asked, to files that nobody else can read."""

import json
from pathlib import Path

import pytest

from flows.access import Recording
from flows.own_files import lines_of, write_recordings, write_turns
from flows.showing import NOT_SHOWN, ShownTurn
from schemas.errors import UsageError

TURNS = [
    ShownTurn(1, 4.5, "Aroha <Ngata>", "P01", "Fish & chips -->"),
    ShownTurn(3_661, 3_664, "", None, NOT_SHOWN),
    ShownTurn(3_670, 3_671, "SPEAKER_02", None, "Yes."),
]


def test_lines_say_when_who_and_what() -> None:
    assert lines_of(TURNS) == [
        "[0:01] Aroha <Ngata> (P01): Fish & chips -->",
        "[1:01:01] [not shown] (3 s)",
        "[1:01:10] SPEAKER_02: Yes.",
    ]


def test_turns_without_times_are_told_without_them() -> None:
    assert lines_of([ShownTurn(0, 0, "Aroha", "P01", "Yes.", timed=False)]) == ["Aroha (P01): Yes."]


def test_subtitles_name_the_voice_and_hold_no_markup_of_what_was_said(tmp_path: Path) -> None:
    write_turns(TURNS, tmp_path / "a.vtt")
    assert (tmp_path / "a.vtt").read_text() == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:04.500\n<v Aroha &lt;Ngata&gt;>Fish &amp; chips --&gt;\n\n"
        "01:01:01.000 --> 01:01:04.000\n[not shown]\n\n01:01:10.000 --> 01:01:11.000\n<v SPEAKER_02>Yes.\n"
    )


def test_subtitles_of_turns_without_times_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="turns without times"):
        write_turns([ShownTurn(0, 0, "Aroha", "P01", "Yes.", timed=False)], tmp_path / "a.vtt")
    assert list(tmp_path.iterdir()) == []


def test_text_and_facts_hold_the_same_turns(tmp_path: Path) -> None:
    write_turns(TURNS, tmp_path / "a.txt")
    write_turns(TURNS, tmp_path / "a.JSON")
    assert (tmp_path / "a.txt").read_text().splitlines() == lines_of(TURNS)
    assert [ShownTurn(**one) for one in json.loads((tmp_path / "a.JSON").read_text())] == TURNS
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        write_turns(TURNS, tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "mine"


def test_a_recording_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    class Broken(Recording):
        def __init__(self) -> None:
            self.track, self.quiet = "t1", []

        def write(self, sink: object) -> None:
            sink.write(b"half of it")  # type: ignore[attr-defined]
            raise UsageError("broken", hint="Try again.")

    with pytest.raises(UsageError, match="broken"):
        write_recordings([Broken()], tmp_path / "sound", "S1")
    assert list((tmp_path / "sound").iterdir()) == []
