"""What was found stays found after an erasure: a search without the person's names and roster entry would find less.

The name itself is gone from the words. But that a block in a sentence was somebody's name, and that a role beside it
was theirs, still decides which clues must go from that sentence.
"""

from deidentification.recognizers.placeholders import find_placeholders, kept_turns
from deidentification.spans import around, people_of
from deidentification.text import View
from schemas.deidentified import Find, Label, NamesFound, UtteranceFinds
from schemas.roster import MatchingTable
from schemas.speech import Attributed


def placed(found: NamesFound, attributed: Attributed) -> NamesFound:
    """``found`` with the blocks that no find covers yet, and with the tags of kept words.

    Args:
        found: What was found in the turns before names in them became blocks, or before words of theirs were kept.
        attributed: The turns as they are now; every offset of ``found`` still holds.
    """
    kept = kept_turns(attributed)
    by_id = {entry.utterance: entry.finds for entry in found.utterances}
    entries = []
    for turn in attributed.utterances:
        finds = by_id.get(turn.utterance, () if turn.utterance in kept else None)
        if finds is not None:
            entries.append(
                UtteranceFinds(utterance=turn.utterance, finds=_placed(turn.text, finds, turn.utterance in kept))
            )
    return found.model_copy(update={"utterances": tuple(entries)})


def remembered(found: NamesFound, before: NamesFound, attributed: Attributed, table: MatchingTable) -> NamesFound:
    """``found`` with what an earlier search found of people who are in no roster any more.

    Args:
        before: Of the same turns, by their numbers: a turn keeps its number as long as its times and length are the
            same.
    """
    known = set(table.by_id())
    earlier = {entry.utterance: entry.finds for entry in before.utterances}
    texts = {turn.utterance: turn.text for turn in attributed.utterances}
    entries = []
    for entry in found.utterances:
        text = texts[entry.utterance]
        gone = [find for find in earlier.get(entry.utterance, ()) if _still_tells(find, text, known)]
        entries.append(entry.model_copy(update={"finds": around(View(text), entry.finds, gone)}) if gone else entry)
    return found.model_copy(update={"utterances": tuple(entries)})


def _placed(text: str, finds: tuple[Find, ...], kept: bool) -> tuple[Find, ...]:
    new = [
        find
        for find in find_placeholders(text, kept=kept)
        if not any(known.start_char <= find.start_char and find.end_char <= known.end_char for known in finds)
    ]
    return around(View(text), finds, new) if new else finds


def _still_tells(find: Find, text: str, known: set[str]) -> bool:
    """Whether a find is of people who are gone: their name, now a block, or a clue that was theirs."""
    gone = people_of(find) and not known & set(people_of(find)) and find.end_char <= len(text)
    name = find.label in (Label.PERSON, Label.CONTACT, Label.LINK)
    return bool(gone) and not (name and any(map(str.isalnum, text[find.start_char : find.end_char])))
