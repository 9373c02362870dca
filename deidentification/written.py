"""The last check over what was written: how many names stand in a text of a data set where none may stand."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from deidentification.leaks import label_leaks, text_leaks
from deidentification.recognizers.patterns import EMAIL
from deidentification.session_ids import name_in
from deidentification.terms import Terms
from deidentification.text import ORDINARY_ZIPF, View, commonness
from schemas.consent import SessionDecisions
from schemas.deidentified import DeidentifiedUtterance, SpeakerShown
from schemas.roster import MatchingTable
from schemas.written import Sieve, Written

LABELS = ("label", "role_as", "organisation_as", "place_as")
"""Columns of speakers that a person's level allows to say something."""
_NUMBERED = re.compile(r" (?:[0-9]+|\([0-9]+\))$")
"""What follows the label where several cases have the same."""
_TURN = re.compile(r"(?P<label>.*?) (?:[0-9]+:)?[0-9]{2}:[0-9]{2} (?P<words>.*)", re.DOTALL)
"""A turn in the text of a project for coding: who speaks, when, and the words."""
_PROJECT = ".qdpx"
_NEVER = r"x\Ay"
_PLAIN = r"[\x00-\x7f‘’“”«»…–—•€\x{a0}\x{202f}]*"
_EDGE = "[^a-z0-9]"
_ALONE = "[^a-z]"
"""What stands around a name: a digit too, as in a footnote."""
_AFTER = rf"(?:$|{_ALONE}|v[0-9])"
_HUMP = "[a-z][A-Z]|[A-Z][A-Z][a-z]"
_BETWEEN = r"[\s\x{a0}.,_/–-]{1,3}"
_FURTHER = (
    rf"(?:^|{_EDGE})[a-z]{_BETWEEN}[a-z]{_BETWEEN}[a-z](?:$|{_EDGE})"
    r"|-[\s\x{a0}]?\r?\n|\\[nrt]|[\\/](?:users|home|utilisateurs|documents and settings)[\\/]"
)
"""Where names stand that are no words of their own: spelt out, over a line end, beside a backslash, in a folder."""


@dataclass(frozen=True)
class Planned:
    """What the plan shows in a data set.

    Attributes:
        utterances: Released id to the words that were planned, and the decisions of that session.
        speakers: Released id to every way of showing that speaker.
    """

    utterances: Mapping[str, tuple[DeidentifiedUtterance, SessionDecisions]]
    speakers: Mapping[str, Collection[SpeakerShown]]

    @cached_property
    def by_words(self) -> Mapping[str, list[tuple[DeidentifiedUtterance, SessionDecisions]]]:
        """The same utterances by their words, between single spaces."""
        found: dict[str, list[tuple[DeidentifiedUtterance, SessionDecisions]]] = defaultdict(list)
        for piece, decisions in self.utterances.values():
            found[" ".join(piece.text.split())].append((piece, decisions))
        return found

    @cached_property
    def by_text(self) -> Mapping[str, list[SpeakerShown]]:
        """The same speakers by each text that may say something of them."""
        found: dict[str, list[SpeakerShown]] = defaultdict(list)
        for speaker in (speaker for ways in self.speakers.values() for speaker in ways):
            for text in {getattr(speaker, column) for column in LABELS} - {None}:
                found[text].append(speaker)
        return found

    def shown_as(self, text: str) -> Collection[SpeakerShown]:
        """The speakers of whom a text says something, be it with a number."""
        return self.by_text.get(text, self.by_text.get(_NUMBERED.sub("", text), []))


NOTHING = Planned({}, {})


class WrittenGate:
    """Judges the texts of a data set: names of everybody in the study against what was planned where it stands.

    Args:
        table: Everybody in the study.
        own: The program's own texts (comments, pages): what stands there word for word says nothing of anybody.
        files: The program's own names of files.
    """

    def __init__(self, table: MatchingTable, own: Collection[str] = (), files: Collection[str] = ()) -> None:
        self._table = table
        self._terms = Terms.of(table)
        self._own = frozenset(own)
        self._files = frozenset(files)

    @property
    def sieve(self) -> Sieve:
        """What every text matches in which ``names_in`` finds something."""
        common = {part for part in self._terms.parts if commonness(part) >= ORDINARY_ZIPF}
        singles = {(part,) for part in self._terms.parts if part not in common}
        joints = (f"{_EDGE}{{0,5}}".join(map(re.escape, words)) for words in self._terms.sequences | singles)
        named = f"(?:^|{_ALONE})(?:{_any(joints)}){_AFTER}"
        words = _any(map(re.escape, common))
        beside = f"(?:^|{_ALONE})(?:{words}){_EDGE}{{1,5}}(?:{words}){_AFTER}"
        capitals = _any(f"{re.escape(part[0].upper())}(?i:{re.escape(part[1:])})" for part in common)
        cased = f"(?:^|[^A-Za-z])(?:{capitals})(?:$|[^A-Za-z]|v[0-9])|{_HUMP}"
        return Sieve(lowered=f"@|{named}|{beside}|{_FURTHER}", cased=cased, plain=_PLAIN)

    def names_in(self, one: Written, planned: Planned = NOTHING) -> int:
        """How many names stand in a text that the plan does not allow there."""
        if one.name:
            return self._of_file(one.text)
        if one.table == "utterances" and one.column == "text":
            piece, decisions = planned.utterances.get(one.key or "", (None, None))
            if piece is not None and decisions is not None and piece.text == one.text:
                return sum(1 for _leak in text_leaks(piece, self._terms, decisions))
        shown: Collection[SpeakerShown] = _shown_there(one, planned)
        if one.table is None and PurePosixPath(one.file.partition(":")[0]).suffix == _PROJECT:
            turn = _TURN.fullmatch(one.text)
            said = planned.by_words.get(turn["words"], ()) if turn else ()
            shown = planned.shown_as(turn["label"] if turn and said else one.text)
            if said and shown:
                left = max(sum(1 for _ in text_leaks(piece, self._terms, decisions)) for piece, decisions in said)
                return left + self._of_speakers(shown)
        return self._of_speakers(shown) if shown else self._anywhere(one.text)

    def _of_speakers(self, shown: Collection[SpeakerShown]) -> int:
        """1 where what is said of speakers is a name that none of their levels allows."""
        return int(all(label_leaks(speaker, self._terms) for speaker in shown))

    def _anywhere(self, text: str) -> int:
        if text in self._own:
            return 0
        names = sum(1 for _hit in self._terms.hits(View(text)))
        return names + (len(EMAIL.findall(text)) if "@" in text else 0)

    def _of_file(self, path: str) -> int:
        parts = PurePosixPath(path).parts
        return sum(part not in self._files and name_in(PurePosixPath(part).stem, self._table) for part in parts)


def _shown_there(one: Written, planned: Planned) -> list[SpeakerShown]:
    """The ways of showing a speaker that put this text there: an attribute, or the label as a case's name."""
    ways = planned.speakers.get(one.key or "", ())
    if one.table == "speakers" and one.column in LABELS:
        return [speaker for speaker in ways if getattr(speaker, one.column) == one.text]
    if one.table == "cases" and one.column == "name":
        return [speaker for speaker in ways if speaker.label in (one.text, _NUMBERED.sub("", one.text))]
    return []


def _any(choices: Iterable[str]) -> str:
    return "|".join(sorted(choices)) or _NEVER
