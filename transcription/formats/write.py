"""Words to a file people and programs read: VTT, SRT, JSON or plain text."""

import html
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from schemas.errors import UsageError
from schemas.speech import Word

FORMATS = ("vtt", "srt", "json", "txt")
UNCLEAR = "[unclear]"
"""Stands for words the recogniser may have made up; the JSON keeps them, at confidence 0."""
CUE_S = 7.0
CUE_CHARACTERS = 84
PAUSE_S = 1.0
PARAGRAPH_S = 2.0


def write_transcript(
    words: Sequence[Word], fmt: str, *, language: str | None = None, flags: Sequence[str] = (), model: str | None = None
) -> str:
    """Text of a transcript file.

    Args:
        words: In time order.
        fmt: ``vtt``, ``srt``, ``json`` or ``txt``.
        language, flags, model: Stand in the JSON.
    Raises:
        UsageError: no such format.
    """
    if fmt == "json":
        return _json(words, language, flags, model)
    makers: dict[str, Callable[[Sequence[Word]], str]] = {"vtt": _vtt, "srt": _srt, "txt": _txt}
    if fmt not in makers:
        raise UsageError(f"there is no transcript format '{fmt}'", hint=f"Use one of: {', '.join(FORMATS)}.")
    return makers[fmt](_marked(words))


def _json(words: Sequence[Word], language: str | None, flags: Sequence[str], model: str | None) -> str:
    found = {
        "language": language,
        "model": model,
        "flags": list(flags),
        "words": [word.model_dump(include={"text", "start_s", "end_s", "confidence"}) for word in words],
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def _vtt(words: Sequence[Word]) -> str:
    cues = (
        f"{_time(cue[0].start_s, '.')} --> {_time(cue[-1].end_s, '.')}\n{html.escape(_text(cue), quote=False)}\n"
        for cue in _cues(words)
    )
    return "\n".join(["WEBVTT\n", *cues])


def _srt(words: Sequence[Word]) -> str:
    cues = (
        f"{number}\n{_time(cue[0].start_s, ',')} --> {_time(cue[-1].end_s, ',')}\n{_text(cue)}\n"
        for number, cue in enumerate(_cues(words), 1)
    )
    return "\n".join(cues)


def _txt(words: Sequence[Word]) -> str:
    return "".join(f"{_text(part)}\n" for part in _split(words, lambda part, word: _pause(part, word) >= PARAGRAPH_S))


def _cues(words: Sequence[Word]) -> Iterator[list[Word]]:
    def full(cue: list[Word], word: Word) -> bool:
        long = word.end_s - cue[0].start_s > CUE_S or len(_text(cue)) + len(word.text) >= CUE_CHARACTERS
        ended = cue[-1].text.endswith((".", "?", "!")) and len(_text(cue)) >= CUE_CHARACTERS // 2
        return long or ended or _pause(cue, word) >= PAUSE_S

    return _split(words, full)


def _split(words: Iterable[Word], full: Callable[[list[Word], Word], bool]) -> Iterator[list[Word]]:
    part: list[Word] = []
    for word in words:
        if part and full(part, word):
            yield part
            part = []
        part.append(word)
    if part:
        yield part


def _marked(words: Sequence[Word]) -> list[Word]:
    """The words with each run of doubted ones as a single mark."""
    kept: list[Word] = []
    for word in words:
        if word.confidence > 0:
            kept.append(word)
        elif kept and kept[-1].confidence == 0:
            kept[-1] = kept[-1].model_copy(update={"end_s": max(kept[-1].end_s, word.end_s)})
        else:
            kept.append(word.model_copy(update={"text": UNCLEAR}))
    return kept


def _pause(part: Sequence[Word], word: Word) -> float:
    return word.start_s - part[-1].end_s


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _time(seconds: float, point: str) -> str:
    thousandths = max(0, round(seconds * 1000))
    minutes, left = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{left // 1000:02d}{point}{left % 1000:03d}"
