"""Files of annotation tools: ELAN's .eaf and f4's rich text with time marks."""

import re
from xml.parsers import expat

from schemas.recording import Cue, CueSheet
from transcription.formats.text import bad_line, clock, no_cues
from transcription.formats.word_file import refuse_document_type

F4_MARK = re.compile(r"#(\d{1,2}:\d{2}:\d{2})(?:[-.,](\d{1,3}))?#")
F4_TURN = re.compile(r"([^\W_][^:]{0,80}?):\s+(.*)", re.DOTALL)


def parse_elan(data: bytes) -> CueSheet:
    """Annotations of an ELAN file in time order, each tier's ``PARTICIPANT`` (else its name) as the speaker.

    Raises:
        BadInput: not ELAN's XML, with the line, or without timed annotations.
    """
    reader = _Elan()
    parser = expat.ParserCreate()
    refuse_document_type(parser)
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise bad_line(error.lineno, "this is not valid XML") from None
    if not reader.cues:
        raise no_cues("the file holds no timed annotations as ELAN writes them")
    return CueSheet(source="elan", cues=tuple(sorted(reader.cues, key=lambda cue: cue.start_s)))


def parse_f4(text: str) -> CueSheet:
    """Paragraphs ``Name: words #00:00:15-2#`` of f4's rich text; the mark is where the paragraph ends.

    Raises:
        BadInput: no paragraph with a time mark, or marks that run backwards, with the paragraph.
    """
    cues: list[Cue] = []
    speaker: str | None = None
    at_s = 0.0
    for number, paragraph in enumerate(_rich_text(text).split("\n"), 1):
        turn = F4_TURN.fullmatch(F4_MARK.sub(" ", paragraph).strip())
        speaker, words = (turn[1].strip(), turn[2]) if turn else (speaker, F4_MARK.sub(" ", paragraph))
        marks = [clock(mark[1]) + float(f"0.{mark[2] or 0}") for mark in F4_MARK.finditer(paragraph)]
        if words.strip() and marks:
            if marks[-1] < at_s:
                raise bad_line(number, "the time runs backwards")
            cues.append(Cue(start_s=at_s, end_s=marks[-1], speaker=speaker, text=" ".join(words.split())))
            at_s = marks[-1]
        elif words.strip():
            raise bad_line(number, "the paragraph has no time mark such as #00:01:02-5#")
    if not cues:
        raise no_cues()
    return CueSheet(source="f4", cues=tuple(cues))


class _Elan:
    """What the handlers gather."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self._slots: dict[str, float] = {}
        self._speaker: str | None = None
        self._span: tuple[str, str] | None = None
        self._words: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "TIME_SLOT" and attributes.get("TIME_VALUE", "").isdigit():
            self._slots[attributes.get("TIME_SLOT_ID", "")] = int(attributes["TIME_VALUE"]) / 1000
        elif tag == "TIER":
            self._speaker = attributes.get("PARTICIPANT") or attributes.get("TIER_ID") or None
        elif tag == "ALIGNABLE_ANNOTATION":
            self._span = (attributes.get("TIME_SLOT_REF1", ""), attributes.get("TIME_SLOT_REF2", ""))
        elif tag == "ANNOTATION_VALUE" and self._span:
            self._words = []

    def characters(self, text: str) -> None:
        if self._words is not None:
            self._words.append(text)

    def end(self, tag: str) -> None:
        if tag != "ANNOTATION_VALUE" or self._words is None or self._span is None:
            return
        start_s, end_s = (self._slots.get(slot) for slot in self._span)
        words = " ".join("".join(self._words).split())
        if words and start_s is not None and end_s is not None and end_s >= start_s:
            self.cues.append(Cue(start_s=start_s, end_s=end_s, speaker=self._speaker, text=words))
        self._words = self._span = None


def _rich_text(text: str) -> str:
    """The words of simple rich text: paragraphs as lines, escapes resolved, formatting dropped."""
    text = re.sub(r"{\\(?:\*|fonttbl|colortbl|stylesheet|info)[^{}]*(?:{[^{}]*}[^{}]*)*}", "", text.replace("\n", ""))
    text = re.sub(r"\\par[d]?(?![a-z]) ?", lambda mark: "" if mark[0].startswith("\\pard") else "\n", text)
    text = re.sub(r"\\u(-?\d+) ?(?:\\'[0-9a-fA-F]{2}|\?)?", lambda mark: chr(int(mark[1]) % 0x10000), text)
    text = re.sub(r"\\'([0-9a-fA-F]{2})", lambda mark: bytes.fromhex(mark[1]).decode("cp1252", "replace"), text)
    text = re.sub(r"\\(?:tab|line)(?![a-z]) ?", " ", text)
    return re.sub(r"\\[a-z]+-?\d* ?|[{}]", "", text)
