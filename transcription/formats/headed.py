"""Transcripts whose turns stand under a heading with name and time (Otter, Teams .docx), and Google Meet's text."""

import re
from dataclasses import dataclass, field

from schemas.recording import Cue, CueSheet
from transcription.formats import cues
from transcription.formats.labels import spoken_parts
from transcription.formats.text import bad_line, clock, no_cues

HEAD = re.compile(r"(\S.{0,80}?)?(?:\s{2,}|\t)\s*(\d{1,3}(?::\d{1,2}){1,2})\s*")
END_LINE = re.compile(
    r"transcribed by https?://\S*otter\.ai\S*|.{1,80}\s(stopped transcription|a arrêté la transcription)", re.IGNORECASE
)
STAMP = re.compile(r"\(?(\d{1,2}:\d{2}:\d{2})\)?")
ENDED = re.compile(r"(?:transcription|meeting) ended (?:at|after) (\d{1,2}:\d{2}:\d{2})", re.IGNORECASE)
TURN = re.compile(r"([^\W\d_][^:]{0,80}?|\+?[\d ().*-]{7,20}): (.*)")
"""A name, or the number of somebody on the telephone."""
PER_CHARACTER_S = 1 / 14
"""How long a written character takes to say, about 170 words a minute."""


@dataclass
class _Turn:
    line: int
    speaker: str | None
    start_s: float
    text: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def looks_headed(text: str) -> bool:
    """Whether some line is a name and a time with wide space between, as in Otter's files."""
    return any(HEAD.fullmatch(line) for line in text.split("\n"))


def looks_meet(text: str) -> bool:
    """Whether the text is Google Meet's: headed ``Transcript``, or turns between five-minute stamps."""
    lines = [line.strip() for line in text.split("\n")]
    told = any(line in ("Transcript", "Attendees") or line.endswith("- Transcript") for line in lines)
    stamped = any(STAMP.fullmatch(line) for line in lines)
    return (told or stamped) and any(TURN.fullmatch(line) for line in lines)


def parse_headed(text: str, source: str) -> CueSheet:
    """Turns under ``Name  m:ss`` headings; what stands before the first is the file's own heading and is dropped.

    Returns:
        Cues that last until the next begins (the last for as long as its words take).
    Raises:
        BadInput: no turns, or times that run backwards, with the line.
    """
    if "-->" in text:
        return _arrowed(text, source)
    turns: list[_Turn] = []
    for number, line in enumerate(text.split("\n"), 1):
        head = HEAD.fullmatch(line)
        if head:
            turns.append(_headed(head, number, turns))
        elif turns and not END_LINE.fullmatch(line.strip()):
            turns[-1].text.append(line)
    return _sheet([turn for turn in turns if turn.words], source)


def parse_meet(text: str) -> CueSheet:
    """Google Meet's text: ``Name: words`` in blocks of five minutes. Times inside a block are by length of text only.

    Raises:
        BadInput: no turns, or stamps that run backwards, with the line.
    """
    blocks: list[tuple[float, list[_Turn]]] = [(0.0, [])]
    end_s: float | None = None
    for number, line in enumerate((line.strip() for line in _meet_body(text)), 1):
        stamp, ended, turn = STAMP.fullmatch(line), ENDED.match(line), TURN.fullmatch(line)
        if ended:
            end_s = clock(ended[1])
            break
        if stamp:
            blocks.append((_forward(stamp[1], blocks[-1][0], number), []))
        elif turn:
            blocks[-1][1].append(_Turn(number, turn[1].strip(), 0.0, [turn[2]]))
        elif line and blocks[-1][1]:
            blocks[-1][1][-1].text.append(line)
    if not any(turns for _, turns in blocks):
        raise no_cues()
    return CueSheet(source="meet", cues=tuple(_spread(blocks, end_s)))


def _headed(head: re.Match[str], number: int, turns: list[_Turn]) -> _Turn:
    return _Turn(
        number, (head[1] or "").strip() or None, _forward(head[2], turns[-1].start_s if turns else 0.0, number)
    )


def _forward(time: str, last_s: float, number: int) -> float:
    try:
        start_s = clock(time)
    except ValueError:
        raise bad_line(number, "a time cannot be read; expected 1:02:03") from None
    if start_s < last_s:
        raise bad_line(number, "the time runs backwards")
    return start_s


def _sheet(turns: list[_Turn], source: str) -> CueSheet:
    if not turns:
        raise no_cues()
    ends = [turn.start_s for turn in turns[1:]]
    ends.append(turns[-1].start_s + len(turns[-1].words) * PER_CHARACTER_S)
    known = {turn.speaker for turn in turns if turn.speaker}
    made = (
        Cue(start_s=turn.start_s, end_s=max(end, turn.start_s), speaker=speaker, text=words)
        for turn, end in zip(turns, ends, strict=True)
        for speaker, words in spoken_parts(["", *turn.text], turn.speaker, known)
    )
    return CueSheet(source=source, cues=tuple(made))


def _arrowed(text: str, source: str) -> CueSheet:
    """Older Teams files: a line of two times, then the name, then the words."""
    sheet = cues.parse_srt(re.sub(r"(-->.*)\n([^\n]+)\n", r"\1\n<v \2>", text))
    return CueSheet(source=source, cues=sheet.cues)


def _meet_body(text: str) -> list[str]:
    """The lines after the heading; the list of attendees must not become anybody's words."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        if line.strip() == "Transcript":
            # Keep the numbering of the file for errors.
            return [""] * (index + 1) + lines[index + 1 :]
    return lines


def _spread(blocks: list[tuple[float, list[_Turn]]], end_s: float | None) -> list[Cue]:
    made: list[Cue] = []
    for index, (start_s, turns) in enumerate(blocks):
        length = sum(len(turn.words) + 1 for turn in turns)
        following = blocks[index + 1][0] if index + 1 < len(blocks) else end_s
        stop_s = max(start_s, start_s + length * PER_CHARACTER_S if following is None else following)
        at = 0
        for turn in turns:
            step = (stop_s - start_s) / length
            begin, at = at, at + len(turn.words) + 1
            if turn.words:
                made.append(
                    Cue(
                        start_s=round(start_s + begin * step, 3),
                        end_s=round(start_s + at * step, 3),
                        speaker=turn.speaker,
                        text=turn.words,
                    )
                )
    return made
