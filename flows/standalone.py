"""Transcribing one file and de-identifying lines of text, without a study."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from flows.name_models import chosen_models, told_without_model
from flows.people import draw_names, people_of, read_rows, told_turned, turned_round
from flows.progress import Progress
from flows.settings import language_code
from schemas.errors import BadInput, ChathamError, UsageError
from schemas.roster import MatchingTable

FORMATS = ("vtt", "srt", "json", "txt")
_HALF = re.compile("[\ud800-\udfff]")


def transcribe_file(
    audio: Path,
    out: Path,
    *,
    model: str,
    language: str | None,
    roster: Path | None,
    backend: str,
    progress: Progress,
) -> int:
    """Write a recording's words; names of the roster help the recogniser.

    Returns:
        Number of words written.
    Raises:
        UsageError: the output's ending is none of the known ones. BadInput: no such recording, or not audio.
    """
    kind = out.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise UsageError(
            "--out has an ending that is none of the known ones", hint=f"Use one of: {', '.join(FORMATS)}."
        )
    if language is not None:
        language_code(language)
    if not audio.is_file():
        raise BadInput("the recording: there is no such file", hint="Check the path as you typed it.")
    _check_out(out)
    table = read_table(roster, progress)
    from transcription.audio import load_16k_mono
    from transcription.formats import write_transcript
    from transcription.whisper import recogniser

    with audio.open("rb") as stream:
        samples = load_16k_mono(stream)
    listener = recogniser(model, backend)
    total_s = len(samples) / 16_000
    progress.step(f"listening to {total_s:.0f} s of audio")
    names = [person.full_name for person in table.people] if table else []
    heard = listener.transcribe(
        samples,
        language=language,
        hotwords=names,
        progress=lambda done_s: progress.seconds(done_s, total_s),
    )
    if not heard.words:
        raise BadInput(
            "the recording holds no speech", hint="Check that it is the right file and that somebody is heard in it."
        )
    text = write_transcript(heard.words, kind, language=heard.language, flags=heard.flags, model=listener.model)
    _write_whole(out, lambda sink: sink.write(text))
    return len(heard.words)


def deidentify_file(
    source: Path,
    out: Path,
    *,
    roster: Path | None,
    language: str,
    spans: bool,
    progress: Progress,
    models: Sequence[str] = (),
) -> int:
    """De-identify lines of ``{"id", "text"}``, streaming; the output appears only when every line is done.

    Args:
        models: Name models in place of the packaged one, or beside it: spaCy packages or folders, a GLiNER folder.
    Returns:
        Number of lines written.
    Raises:
        BadInput: a line is not what it should be; its number is told, and no output is left.
        MissingTool: a name model is not on this machine.
    """
    from deidentification.api import deidentify_lines, load_recognisers

    language_code(language)
    if not source.is_file():
        raise BadInput("the input: there is no such file", hint="Check the path as you typed it.")
    _check_out(out)
    if out.exists() and out.samefile(source):
        raise UsageError("the output is the input", hint="Name another file for the output.")
    table = read_table(roster, progress)
    chosen = chosen_models(language, models)
    for line in told_without_model([language], chosen):
        progress.say(line)
    count = 0

    def write(sink: TextIO) -> None:
        nonlocal count
        loaded = load_recognisers([language], chosen)
        progress.step("finding names")
        size = max(source.stat().st_size, 1)
        with source.open("rb") as stream, TextIOWrapper(stream, encoding="utf-8-sig") as lines:
            results = deidentify_lines(_read_lines(lines), table, language, spans, loaded)
            for result in results:
                sink.write(json.dumps(result, ensure_ascii=False) + "\n")
                count += 1
                progress.texts(count, stream.tell() / size)

    try:
        _write_whole(out, write)
    except UnicodeDecodeError:
        raise BadInput("the input is no text in UTF-8", hint="Save it as UTF-8.") from None
    return count


def read_table(roster: Path | None, progress: Progress) -> MatchingTable | None:
    """The matching table of a roster file, outside any study; says how many names in it were turned round."""
    if roster is None:
        return None
    try:
        rows = read_rows(roster)
        people = people_of(rows)
    except ChathamError as error:
        raise type(error)(f"the roster: {error.message}", hint=error.hint) from None
    for line in told_turned(turned_round(rows)):
        progress.say(line)
    return MatchingTable(people=tuple(draw_names(people, ())[0]))


def _read_lines(lines: TextIO) -> Iterator[dict[str, Any]]:
    hint = 'Each line must be JSON such as {"id": "1", "text": "..."}; nothing was written.'
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            raise BadInput(f"line {number} is no JSON", hint=hint) from None
        if not isinstance(value, dict) or not isinstance(value.get("text"), str) or "id" not in value:
            raise BadInput(f"line {number} has no id or no text", hint=hint)
        yield value | {key: _whole(value[key]) for key in ("id", "text")}


def _whole(value: Any) -> Any:
    """A text whose halves of characters, as some programs cut emoji, are one sign each that can be written."""
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


def _check_out(out: Path) -> None:
    """Told before the work begins, not after an hour of it."""
    if not out.parent.is_dir():
        raise BadInput("the folder of the output is not there", hint="Make it first, or name another.")
    if out.is_dir():
        raise BadInput("the output is a folder", hint="Name a file in it.")


def _write_whole(out: Path, write: Callable[[TextIO], object]) -> None:
    """Write beside the target and move into place, so that a failure leaves no half file."""
    aside = out.with_name(f".{out.name}.part")
    try:
        with aside.open("w", encoding="utf-8", newline="\n") as sink:
            write(sink)
            sink.flush()
            os.fsync(sink.fileno())
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
