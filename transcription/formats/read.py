"""Read a transcript or speaker-time file of any known kind; what it is is told by its content, not its name."""

from pathlib import Path

from schemas.errors import BadInput
from schemas.recording import CueSheet
from transcription.formats import annotated, cues, headed, timings, word_file
from transcription.formats.text import HINT, decode


def read_cues(path: Path) -> CueSheet:
    """Read the cues of a file; see ``parse_cues``."""
    with path.open("rb") as file:
        return parse_cues(file.read())


def parse_cues(data: bytes) -> CueSheet:
    """Read the cues of a transcript with names, or of a speaker-time file.

    Args:
        data: The file's bytes: WebVTT (Zoom, Teams, noScribe, plain), SRT, Otter or Google Meet text, Teams .docx,
            WhisperX JSON, ELAN, f4 rich text, RTTM.
    Returns:
        Cues in file order, seconds from the start. Comments of the file (noScribe writes a path there) are dropped.
    Raises:
        BadInput: empty, not a transcript, or broken, with the line.
    """
    if data.startswith(b"PK\x03\x04"):
        return headed.parse_headed(word_file.paragraphs(data), "teams_docx")
    text = decode(data)
    start = text.lstrip()[:64]
    if start.startswith("WEBVTT"):
        return cues.parse_vtt(text)
    if start.startswith(("{\\rtf",)):
        return annotated.parse_f4(text)
    if start.startswith(("{", "[")) and not headed.looks_headed(text) and "-->" not in text:
        return timings.parse_whisperx(text)
    if start.startswith("<"):
        return annotated.parse_elan(data)
    if "-->" in text:
        return cues.parse_srt(text)
    if timings.looks_rttm(text):
        return timings.parse_rttm(text)
    if headed.looks_headed(text):
        return headed.parse_headed(text, "otter")
    if headed.looks_meet(text):
        return headed.parse_meet(text)
    raise BadInput("the file is not a transcript of a known kind: it has no times and no speakers", hint=HINT)
