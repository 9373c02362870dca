"""The stand-alone commands write whole files or none, and need no study."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.progress import Progress
from flows.standalone import deidentify_file, read_table, transcribe_file
from schemas.errors import BadInput
from schemas.roster import MatchingTable
from tests.flows.conftest import Chatham
from tests.flows.listening import Says
from tests.flows.test_errors import sound

QUIET = Progress(quiet=True)


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    recogniser = Says("we met the council")
    monkeypatch.setattr("transcription.whisper.recogniser", lambda *_, **__: recogniser)
    return recogniser


def transcribe(audio: Path, out: Path, roster: Path | None = None) -> int:
    return transcribe_file(
        audio, out, model="base", language="en", roster=roster, backend="faster-whisper", progress=QUIET
    )


@pytest.mark.parametrize(
    ("ending", "begins"), [("vtt", "WEBVTT"), ("srt", "1\n"), ("txt", "we met the council"), ("json", "{")]
)
def test_the_words_of_a_recording_are_written_in_the_form_the_name_asks_for(
    ending: str, begins: str, says: Says, tmp_path: Path
) -> None:
    out = tmp_path / f"out.{ending}"
    assert transcribe(sound(tmp_path / "a.wav", seconds=4, level=9_000), out) == 4
    assert out.read_text().startswith(begins)
    assert list(tmp_path.glob(".*")) == []


def test_names_of_the_roster_help_the_recogniser(says: Says, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("participant,full_name\nP01,Ondine Larkspur\n")
    transcribe(sound(tmp_path / "a.wav", seconds=1, level=9_000), tmp_path / "out.vtt", tmp_path / "r.csv")
    assert says.hotwords == ("Ondine Larkspur",)


def test_a_recording_in_which_nobody_speaks_is_told_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("transcription.whisper.recogniser", lambda *_, **__: Says(""))
    with pytest.raises(BadInput, match="holds no speech"):
        transcribe(sound(tmp_path / "silent.wav", seconds=2, level=0), tmp_path / "out.vtt")
    assert [path.name for path in tmp_path.iterdir()] == ["silent.wav"]


def test_nothing_but_a_count_is_printed(says: Says, tmp_path: Path, chatham: Chatham) -> None:
    sound(tmp_path / "a.wav", seconds=2, level=9_000)
    said = chatham("transcribe", tmp_path / "a.wav", "--out", tmp_path / "out.txt", passphrase=None)
    assert (said.code, said.out) == (0, "4 words written.\n")
    assert said.err == "listening to 2 s of audio\n"


@pytest.fixture
def masks(monkeypatch: pytest.MonkeyPatch) -> None:
    """De-identification that masks capital letters, so that no model is loaded."""

    def lines(source: Iterator[dict[str, Any]], table: MatchingTable | None, *_: object) -> Iterator[dict[str, Any]]:
        for line in source:
            yield {"id": line["id"], "text": "".join("█" if letter.isupper() else letter for letter in line["text"])}

    monkeypatch.setattr("deidentification.api.deidentify_lines", lines)
    monkeypatch.setattr("deidentification.api.load_recognisers", lambda *_: None)


def deidentify(source: Path, out: Path, roster: Path | None = None) -> int:
    return deidentify_file(source, out, roster=roster, language="en", spans=False, progress=QUIET)


def test_each_line_is_written_with_its_id_and_blank_lines_are_passed_over(masks: None, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('\ufeff{"id": "é", "text": "Ada met us"}\n\n{"id": 2, "text": "yes"}\n', "utf-8")
    assert deidentify(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == 2
    lines = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"id": "é", "text": "█da met us"}, {"id": 2, "text": "yes"}]
    assert "é" in lines[0], "letters are written as letters"


def test_a_bad_line_at_the_end_leaves_no_output_and_an_older_one_as_it_was(masks: None, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "yes"}\n' * 3 + "no\n")
    (tmp_path / "out.jsonl").write_text("from before\n")
    with pytest.raises(BadInput, match="line 4 is no JSON"):
        deidentify(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text() == "from before\n"
    assert list(tmp_path.glob(".*")) == []


def test_half_an_emoji_as_some_programs_cut_it_is_one_sign(masks: None, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "\\ud83d", "text": "Ada \\udc00 met \\ud83d\\ude00 us"}\n')
    assert deidentify(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == 1
    line = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert line == {"id": "\N{REPLACEMENT CHARACTER}", "text": "█da \N{REPLACEMENT CHARACTER} met 😀 us"}


def test_json_in_json_in_json_without_end_is_told_by_its_line(masks: None, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "yes"}\n' + "[" * 100_000 + "\n")
    with pytest.raises(BadInput, match="line 2 is no JSON"):
        deidentify(tmp_path / "in.jsonl", tmp_path / "out.jsonl")


@pytest.mark.parametrize("line", ["7", "[]", "null", '"text"', '{"id": 1}', '{"text": "x"}', '{"id": 1, "text": 7}'])
def test_a_line_without_id_and_text_is_told_by_its_number(line: str, masks: None, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "yes"}\n' + line + "\n")
    with pytest.raises(BadInput, match="line 2 has no id or no text"):
        deidentify(tmp_path / "in.jsonl", tmp_path / "out.jsonl")


def test_an_empty_input_gives_an_empty_output(masks: None, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("")
    assert deidentify(tmp_path / "in.jsonl", tmp_path / "out.jsonl") == 0
    assert (tmp_path / "out.jsonl").read_text() == ""


def test_a_roster_outside_a_study_gives_everybody_a_made_up_name(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("participant;full_name\nP01;Ondine Larkspur\nP02;Basil Thornbury\n")
    table = read_table(tmp_path / "r.csv", QUIET)
    assert table is not None
    assert len({person.pseudonym for person in table.people} - {None}) == 2
    assert read_table(None, QUIET) is None


def test_names_of_a_roster_that_were_turned_round_are_counted_and_not_told(
    masks: None, tmp_path: Path, chatham: Chatham
) -> None:
    (tmp_path / "r.csv").write_text('participant,full_name\nP01,"Larkspur, Ondine"\nP02,Basil Thornbury\n')
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "so"}\n')
    ran = chatham("deidentify", tmp_path / "in.jsonl", tmp_path / "out.jsonl", "--roster", tmp_path / "r.csv")
    assert "1 name written last name first was turned round." in ran.err
    assert "Larkspur" not in ran.out + ran.err
