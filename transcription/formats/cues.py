"""WebVTT and SRT as meeting tools write them: names as voices, ``Name: text`` or ``(Name)``, blank lines or none."""

import html
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.recording import Cue, CueSheet
from transcription.formats.text import bad_line, clock, no_cues

ARROW = re.compile(r"\s*([\d:.,]+)\s*-->\s*([\d:.,]+)(?:\s.*)?")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>|</>")
COLON = re.compile(r"(?:[-–]\s*)?([^\W\d_][^:<>]{0,60}?)\s?:(?:\s+(.*)|)")
BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]")
IDENTIFIER = re.compile(r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{20,}(?:/\d+-\d+)?")


@dataclass
class _Block:
    """One cue as it stands in the file."""

    line: int
    start_s: float
    end_s: float
    lines: list[str] = field(default_factory=list)


def parse_vtt(text: str) -> CueSheet:
    """Cues of a WebVTT file. ``NOTE``, ``STYLE`` and ``REGION`` blocks are dropped.

    Raises:
        BadInput: a broken time, with its line, or no cue at all.
    """
    lines = text.split("\n")
    noscribe = "noscribe" in lines[0].casefold()
    return _sheet(
        list(_blocks(lines)), voices="noscribe_vtt" if noscribe else "teams_vtt", names="zoom_vtt", bare="vtt"
    )


def parse_srt(text: str) -> CueSheet:
    """Cues of an SRT file, with names where lines begin with them.

    Raises:
        BadInput: a broken time, with its line, or no cue at all.
    """
    return _sheet(list(_blocks(text.split("\n"))), voices="srt", names="srt", bare="srt")


def _sheet(blocks: list[_Block], *, voices: str, names: str, bare: str) -> CueSheet:
    if not blocks:
        raise no_cues("the transcript has no cues: no line with two times and an arrow")
    tagged = any(VOICE.search(line) for block in blocks for line in block.lines)
    known = set() if tagged else _speaker_names(blocks)
    cues = [cue for block in blocks for cue in _cues(block, known)]
    if not cues:
        raise no_cues("the transcript's cues hold no words")
    return CueSheet(source=voices if tagged else names if known else bare, cues=tuple(cues))


def _blocks(lines: list[str]) -> Iterator[_Block]:
    block: _Block | None = None
    skipping = after_blank = False
    for number, line in enumerate(lines, 1):
        if "-->" in line:
            if block:
                yield _without_identifier(block)
            block, skipping = _begun(line, number), False
        elif not line.strip():
            skipping = False
        elif after_blank and line.split()[0] in ("NOTE", "STYLE", "REGION"):
            skipping = True
        elif block and not skipping:
            block.lines.append(line.strip())
        after_blank = not line.strip()
    if block:
        yield block


def _begun(line: str, number: int) -> _Block:
    match = ARROW.fullmatch(line)
    if match is None:
        raise bad_line(number, "the times around the arrow cannot be read; expected 00:01:02.500 --> 00:01:05.000")
    try:
        start_s, end_s = clock(match[1]), clock(match[2])
    except ValueError:
        raise bad_line(number, "a time cannot be read; expected 00:01:02.500") from None
    if end_s < start_s:
        raise bad_line(number, "the cue ends before it starts")
    return _Block(number, start_s, end_s)


def _without_identifier(block: _Block) -> _Block:
    """Drop the next cue's number, which stands at the end of this one."""
    if block.lines and IDENTIFIER.fullmatch(block.lines[-1]):
        block.lines.pop()
    return block


def _speaker_names(blocks: list[_Block]) -> set[str]:
    """What stands where names stand, if it does so twice or in half of the cues; other colons are just text."""
    counts = Counter(name for block in blocks for name in {_label(line, block) for line in block.lines} if name)
    named = sum(1 for block in blocks if any(_label(line, block) for line in block.lines))
    return {name for name, count in counts.items() if count >= 2 or named * 2 >= len(blocks)}


def _label(line: str, block: _Block) -> str | None:
    """The name that a line of a cue begins with, if any."""
    own_line = BRACKETS.fullmatch(line)
    if own_line and line is block.lines[0] and len(block.lines) > 1 and own_line[1][:1].isupper():
        return own_line[1].strip()
    match = COLON.fullmatch(line)
    if match is None or len(match[1].split()) > 6 or re.search(r"[.!?,;]\s+\S+\s+\S", match[1]):
        return None
    return match[1].strip()


def _cues(block: _Block, known: set[str]) -> Iterator[Cue]:
    joined = " ".join(block.lines)
    parts = _tagged(joined) if VOICE.search(joined) else _prefixed(block, known)
    for speaker, text in parts:
        words = " ".join(html.unescape(TAG.sub("", text)).split())
        if words:
            # Several voices in one cue share its times: nobody knows where in it each begins.
            yield Cue(start_s=block.start_s, end_s=block.end_s, speaker=speaker, text=words)


def _tagged(text: str) -> Iterator[tuple[str | None, str]]:
    pieces = VOICE.split(text)
    yield None, pieces[0]
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        spoken, *after = re.split(r"</v>", words)
        yield " ".join(html.unescape(name).split()) or None, spoken
        yield None, " ".join(after)


def _prefixed(block: _Block, known: set[str]) -> Iterator[tuple[str | None, str]]:
    speaker: str | None = None
    words: list[str] = []
    for line in block.lines:
        label = _label(line, block)
        if label in known and label is not None:
            yield speaker, " ".join(words)
            speaker, words = html.unescape(label), [_after_label(line)]
        else:
            words.append(line)
    yield speaker, " ".join(words)


def _after_label(line: str) -> str:
    match = COLON.fullmatch(line)
    return (match[2] or "") if match else ""
