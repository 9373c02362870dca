"""Bytes to lines of text, and the errors all transcript formats share."""

import codecs
import re

from schemas.errors import BadInput

LONGEST_BYTES = 64 << 20
HINT = (
    "Give the transcript as the meeting tool saved it: Zoom or Teams .vtt, Teams .docx, Otter or Google Meet .txt, "
    ".srt, WhisperX .json, ELAN .eaf, f4 .rtf or .rttm."
)


def decode(data: bytes) -> str:
    """Text of a transcript file, without byte order mark.

    Args:
        data: UTF-8, UTF-16 with a byte order mark, or Windows-1252.
    Raises:
        BadInput: empty, too large, or not text in any of these.
    """
    if not data.strip():
        raise BadInput("the transcript is an empty file", hint=HINT)
    if len(data) > LONGEST_BYTES:
        raise BadInput(f"the transcript is larger than {LONGEST_BYTES >> 20} MB", hint=HINT)
    text = _decoded(data).removeprefix("\ufeff")
    # Windows-1252 accepts almost any bytes; control characters show that they were no text.
    if re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text):
        raise not_text()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def not_text() -> BadInput:
    """The error for a file that is no text in a known encoding."""
    return BadInput("the transcript is not a text file in a known encoding", hint="Save it as UTF-8 text. " + HINT)


def bad_line(line: int, what: str) -> BadInput:
    """The error for one line, counted from 1; ``what`` never holds the line's words."""
    return BadInput(f"line {line} of the transcript: {what}", hint="Correct this line, or export the transcript again.")


def no_cues(what: str = "nobody's words were found in the transcript") -> BadInput:
    """The error for a file of a known kind that holds nothing."""
    return BadInput(what, hint=HINT)


def _decoded(data: bytes) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise not_text()


def clock(text: str) -> float:
    """Seconds of ``1:02:03.5``, ``02:03,500`` or ``0:11``.

    Raises:
        ValueError: not such a time.
    """
    match = re.fullmatch(r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,6}))?", text.strip())
    if match is None or int(match[3]) > 59 or (match[1] and int(match[2]) > 59):
        raise ValueError("not a time")
    hours, minutes, seconds, part = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + (float(f"0.{part}") if part else 0.0)
