"""The stand-alone commands: ``chatham transcribe`` and ``chatham deidentify``. They need no study."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import JsonOption, NamesModelOption, facts, progress, say

RosterOption = Annotated[
    Path | None,
    typer.Option("--roster", metavar="FILE", help="A roster (.csv or .xlsx): participant, full_name, aliases, ..."),
]


def transcribe(
    audio: Annotated[Path, typer.Argument(metavar="AUDIO", help="Any recording; only its sound is read.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="FILE.vtt, .srt, .json or .txt.")],
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="A Whisper model's name or folder.")] = "base",
    language: Annotated[
        str | None, typer.Option("--language", metavar="CODE", help="en, fr, ...; otherwise detected.")
    ] = None,
    roster: RosterOption = None,
    backend: Annotated[
        str, typer.Option("--backend", metavar="NAME", help="faster-whisper or openai-whisper.")
    ] = "faster-whisper",
    json: JsonOption = False,
) -> None:
    """Words of a recording, with times and confidence."""
    from flows.standalone import transcribe_file

    words = transcribe_file(
        audio, out, model=model, language=language, roster=roster, backend=backend, progress=progress()
    )
    if json:
        facts({"words": words})
    else:
        say(f"{words} words written.")


def deidentify(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help='Lines of {"id", "text"}.')],
    out: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="Written whole, or not at all.")],
    roster: RosterOption = None,
    language: Annotated[str, typer.Option("--language", metavar="CODE", help="Language of the texts.")] = "en",
    names_model: NamesModelOption = None,
    spans: Annotated[bool, typer.Option("--spans", help="Write what was found where, not the text.")] = False,
    json: JsonOption = False,
) -> None:
    """De-identify texts line by line. Everybody in the roster is treated as unnamed."""
    from flows.standalone import deidentify_file

    lines = deidentify_file(
        source, out, roster=roster, language=language, spans=spans, progress=progress(), models=names_model or ()
    )
    if json:
        facts({"lines": lines})
    else:
        say(f"{lines} lines written.")
