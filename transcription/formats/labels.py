"""Names before what they say: which beginning of a line is a speaker's label, and which is only text with a colon."""

import re
from collections.abc import Collection, Iterator, Sequence

from transcription.formats.likeness import bare, full_name_like, is_short, name_like, words_of

LONGEST = 80
LABEL = rf"([^\s:：][^:：]{{0,{LONGEST - 1}}}?)"
MOST_WORDS = 6
FEWEST_DIGITS = 7
"""A label without letters is a telephone number, or it is none."""
LEAD = re.compile(r"^(?:>{1,3}\s*|[-–—]\s*(?=[^\W\d_]))")
TURN_MARK = re.compile(r"(?:>{2,3}|[-–—]\s)")
"""Captions begin a line so where another person speaks."""
COLON = re.compile(LABEL + r"\s*(?::(?=\s|$|[^\W\d_])|：)\s*(.*)")
BRACKETS = re.compile(r"[(\[]([^()\[\]]{1,60})[)\]]:?\s*(.*)")
SENTENCE = re.compile(r"(\w*)([.!?…;])(?=\s+\S)")
INSIDE = re.compile(r"(?:^|(?<=[.!?…\"”»’)])\s)(?=" + LABEL + r"\s*(?::\s|：))")


def split_label(line: str) -> tuple[str, str] | None:
    """(label, words after it) where a line begins as labels do: ``Dr. Jane Doe (UBC): words``, ``>> Jane: words``.

    Args:
        line: Text without tags and entities.
    Returns:
        None where what stands before the first colon cannot be a name: a sentence, a clock, too long.
    """
    match = COLON.fullmatch(LEAD.sub("", line, count=1))
    return (match[1], match[2]) if match and _may_name(match[1]) else None


def bracketed(line: str) -> tuple[str, str] | None:
    """(name, words after it) of ``(Jane Doe)`` and ``[Jane Doe] words``; also of ``[laughter]``, which is no name."""
    match = BRACKETS.fullmatch(line)
    return (match[1].strip(), match[2]) if match and not match[1][:1].islower() else None


def spoken_parts(lines: Sequence[str], speaker: str | None, known: Collection[str]) -> Iterator[tuple[str | None, str]]:
    """What each label inside a speaker's lines has said.

    Args:
        lines: One cue's lines after its own label, without tags and entities.
        speaker: Whose cue it is.
        known: Labels of this file; what stands under another name-like one is nobody's, label and all.
    Returns:
        (speaker, words) in order, empty ones left out.
    """
    words: list[str] = []
    for number, line in enumerate(lines):
        found = _change(line, speaker, known) if number else None
        if found:
            yield from _inline(speaker, words, known)
            speaker, words = found[0], [found[1]]
        else:
            words.append(line)
    yield from _inline(speaker, words, known)


def _change(line: str, speaker: str | None, known: Collection[str]) -> tuple[str | None, str] | None:
    """The speaker and words of a line that has a label; None where the same person goes on."""
    for found, likely in ((split_label(line), name_like), (bracketed(line), full_name_like)):
        if found and (found[0] == speaker or found[0] in known):
            return found
        if found and likely(found[0]):
            return None, line
    return (None, line) if TURN_MARK.match(line) else None


def _inline(speaker: str | None, words: Sequence[str], known: Collection[str]) -> Iterator[tuple[str | None, str]]:
    """Words, nobody's from where a name and a colon begin them or a sentence: joined lines hide a change of speaker."""
    text = " ".join(" ".join(words).split())
    places = (mark.end() for mark in INSIDE.finditer(text) if _begins_another(mark, speaker, known))
    at = next(places, len(text)) if speaker else len(text)
    yield from _unless_empty(speaker, text[:at])
    yield from _unless_empty(None, text[at:])


def _begins_another(mark: re.Match[str], speaker: str | None, known: Collection[str]) -> bool:
    label = mark[1]
    if label == speaker or not _may_name(label) or not (label in known or full_name_like(label)):
        return False
    before = mark.string[max(0, mark.start() - LONGEST) : mark.start()].rstrip('"”»’)')
    return not before.endswith(".") or not is_short(before.split()[-1][:-1])


def _unless_empty(speaker: str | None, text: str) -> Iterator[tuple[str | None, str]]:
    if text.strip():
        yield speaker, text.strip()


def _may_name(label: str) -> bool:
    words = words_of(label)
    if not words:
        return sum(letter.isdigit() for letter in label) >= FEWEST_DIGITS
    stops = SENTENCE.finditer(bare(label))
    return len(words) <= MOST_WORDS and all(stop[2] == "." and is_short(stop[1]) for stop in stops)
