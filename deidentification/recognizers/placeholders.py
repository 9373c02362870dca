"""What stands where a name was taken out for good: tags in words that were kept, and blocks in other people's."""

import re

from deidentification.text import View
from schemas.deidentified import Certainty, Find, Label
from schemas.identifiers import PARTICIPANT_PATTERN
from schemas.speech import KEPT, Attributed

PLACED = "placed"
"""``Find.source`` of what stands in place of a name."""
BLOCK = "█"

_BLOCKS = re.compile(rf"{BLOCK}+(?:[ '’.\-]{{1,2}}{BLOCK}+)*")
_TAGS = re.compile(rf"\[(?:(?P<who>{PARTICIPANT_PATTERN})|(?P<label>{'|'.join(Label)})(?: \d+)?)\]")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")


def kept_turns(attributed: Attributed) -> set[str]:
    """The turns whose words stand without their speaker's name, because that person withdrew and let them stay."""
    return {u.utterance for u in attributed.utterances if attributed.voices[u.voice].method == KEPT}


def find_placeholders(text: str, *, kept: bool) -> list[Find]:
    """Blocks, and in kept words tags: of a participant (``[P03]``), or of anything else (``[PERSON]``, ``[PLACE]``).

    Args:
        kept: Whether the words are kept ones; elsewhere a tag is what somebody wrote.
    """
    found = [_find(match, Label.PERSON, None) for match in _BLOCKS.finditer(text)]
    for match in _TAGS.finditer(text) if kept else ():
        who = match.group("who")
        found.append(_find(match, Label.PERSON if who else Label(match.group("label")), who))
    return sorted(found, key=lambda find: find.start_char)


def without_own(view: View, finds: tuple[Find, ...]) -> tuple[Find, ...]:
    """``finds`` in kept words without what models took for a name inside a generalisation ("[a Canadian city]").

    A date that fills its brackets ("[May 2024]") is one with them: it is said no less exactly inside them once more.
    """
    inside = [match.span() for match in _BRACKETS.finditer(view.text)]
    return tuple(
        find.model_copy(update={"start_char": find.start_char - 1, "end_char": find.end_char + 1})
        if (find.start_char - 1, find.end_char + 1) in inside
        else find
        for find in finds
        if find.source in (PLACED, "roster", "pattern")
        or not any(start <= find.start_char and find.end_char <= end for start, end in inside)
    )


def _find(match: re.Match[str], label: Label, who: str | None) -> Find:
    # Never EXACT for a participant: an exact name is shown as it stands, and a tag is not to be shown.
    return Find(
        start_char=match.start(),
        end_char=match.end(),
        label=label,
        participant=who,
        certainty=Certainty.STRONG if who else Certainty.EXACT,
        source=PLACED,
        part="full" if who else "other",
    )
