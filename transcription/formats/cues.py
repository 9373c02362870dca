"""WebVTT and SRT as meeting tools write them: names as voices, ``Name: text`` or ``(Name)``, blank lines or none."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from schemas.recording import Cue, CueSheet
from transcription.formats.labels import bracketed, split_label, spoken_parts
from transcription.formats.likeness import full_name_like, name_like
from transcription.formats.text import bad_line, clock, no_cues

ARROW = re.compile(r"\s*([\d:.,]+)\s*-->\s*([\d:.,]+)(?:\s.*)?")
VOICE = re.compile(r"<v(?:\.[^\s>]*)?[ \t]+([^>]*)>")
TAG = re.compile(r"</?[a-zA-Z0-9][^<>]*>|</>")
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
    if not tagged:
        blocks = [replace(block, lines=_clean(block.lines)) for block in blocks]
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


def _clean(lines: Iterable[str]) -> list[str]:
    """Lines without tags and entities."""
    return [html.unescape(TAG.sub("", line)).strip() for line in lines]


def _speaker_names(blocks: list[_Block]) -> set[str]:
    """What stands where names stand, in files that have names: other colons are just text.

    A file has names where one begins two cues, or half of the cues begin with some. There a label counts even if it
    occurs once, unless it is one word and few cues have a label at all.
    """
    labels = [[name for line in block.lines if (name := _label(line, block))] for block in blocks]
    counts = Counter(name for names in labels for name in set(names))
    firsts = Counter(names[0] for names in labels if names)
    mostly = sum(1 for names in labels if names) * 2 >= len(blocks)
    if not mostly and all(count < 2 or not name_like(name) for name, count in counts.items()):
        return {name for name, count in firsts.items() if count >= 2}
    sure = {name for name, count in counts.items() if mostly or count >= 2 or full_name_like(name)}
    return {name for name in sure if name_like(name) or firsts[name] >= 2}


def _label(line: str, block: _Block) -> str | None:
    """The name that a line of a cue begins with, if any."""
    name, _ = _split(line, block) or (None, "")
    return name


def _split(line: str, block: _Block) -> tuple[str, str] | None:
    name = bracketed(line)
    alone = name is not None and not name[1] and line is block.lines[0] and len(block.lines) > 1
    return name if name and (alone or full_name_like(name[0])) else split_label(line)


def _cues(block: _Block, known: set[str]) -> Iterator[Cue]:
    text = "\n".join(block.lines)
    for speaker, words in _tagged(text) if VOICE.search(text) else _prefixed(block, known):
        # Several voices in one cue share its times: nobody knows where in it each begins.
        yield Cue(start_s=block.start_s, end_s=block.end_s, speaker=speaker, text=words)


def _tagged(text: str) -> Iterator[tuple[str | None, str]]:
    pieces = VOICE.split(text)
    yield from spoken_parts(_clean(pieces[:1]), None, ())
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        spoken, *after = re.split(r"</v>", words)
        label = " ".join(html.unescape(name).split()) or None
        yield from spoken_parts(_clean(spoken.split("\n")), label, ())
        yield from spoken_parts(_clean([" ".join(after)]), None, ())


def _prefixed(block: _Block, known: set[str]) -> Iterator[tuple[str | None, str]]:
    first, *others = block.lines or [""]
    name, words = _split(first, block) or (None, first)
    if name not in known:
        name, words = None, first
    return spoken_parts([words, *others], name, known)
