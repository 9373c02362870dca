"""Words of a text with codepoint offsets, folded for comparison, and what their capitals and neighbours say."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import wordfreq

ORDINARY_ZIPF = 3.5
"""At or above it a word is an ordinary English or French word (wordfreq's scale, 3 = once in a million)."""


def words_in(text: str) -> list[str]:
    """The words of a list written as one text, so that lists of words stay readable."""
    return text.split()


def words_set(text: str) -> frozenset[str]:
    """As ``words_in``, as a set."""
    return frozenset(text.split())


def _mark_class() -> str:
    # Marks and format characters belong to the word they stand in: "Jose\u0301", or a zero-width space inside a name.
    marks = [chr(c) for c in range(0x80, 0x10000) if unicodedata.category(chr(c))[0] == "M"]
    formats = [chr(c) for c in range(0x80, 0x10000) if unicodedata.category(chr(c)) == "Cf"]
    return "".join(re.escape(c) for c in marks + formats)


MARKS = _mark_class()
"""Inside of a class of characters: marks and invisible signs that belong to the letter before them."""
TOKEN = re.compile(rf"(?:[^\W_][{MARKS}]*)+")
_PLAIN = re.compile(r"[A-Za-z0-9]+")
"""``TOKEN`` where there is nothing but ASCII, several times as fast."""
APOSTROPHES = "'’‘ʼʻ`´＇"
_SPECIAL = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
    | dict.fromkeys(APOSTROPHES)
)
_JOIN = re.compile(rf"[ \t\u00a0_{APOSTROPHES}\-‐‑–]{{1,3}}")
_INITIAL_JOIN = re.compile(r"\.[ \t\u00a0]?")
_SENTENCE_END = re.compile(r"[.!?…\n\u0964؟。！？]")
_OPENING = re.compile(r"[:;\"“”«»„\[•\n]")
ABBREVIATIONS = words_set(
    "dr mr mrs ms mx m mme mlle mgr prof st ste hon jr sr rev gen col sgt capt vs etc eg ie no al"
)


def base_language(language: str) -> str:
    """``fr-CA`` is ``fr``."""
    return language.replace("_", "-").split("-")[0].lower()


def fold(text: str) -> str:
    """``text`` without accents, case, apostrophes and invisible characters, for comparison only."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
    return kept.casefold().translate(_SPECIAL)


def joined(text: str) -> str:
    """All letters and digits of ``text``, folded, with nothing between them."""
    return "".join(token.folded for token in tokens_of(text))


class Token(NamedTuple):
    """One run of letters and digits at ``[start, end)`` codepoints, and its folded form."""

    start: int
    end: int
    folded: str


def tokens_of(text: str) -> list[Token]:
    """The runs of letters and digits of ``text``, in order; hyphens and apostrophes part them."""
    if text.isascii():
        return [Token(*match.span(), match.group().lower()) for match in _PLAIN.finditer(text)]
    tokens = []
    for match in TOKEN.finditer(text):
        # U+02BB and U+02BC count as letters in Unicode but are used as apostrophes: they part tokens here too.
        start = match.start()
        for piece in re.split(r"([ʻʼ])", match.group()):
            folded = fold(piece)
            if folded and piece not in "ʻʼ":
                tokens.append(Token(start, start + len(piece), folded))
            start += len(piece)
    return tokens


@lru_cache(maxsize=50_000)
def commonness(word: str) -> float:
    """How common ``word`` is, as the higher of its English and French zipf frequencies; 0 where unknown."""
    if not word or len(word) > 40:
        return 0.0
    return max(float(wordfreq.zipf_frequency(word, "en")), float(wordfreq.zipf_frequency(word, "fr")))


CONTRACTED = words_set("t ll ve re")
ELIDED = words_set("aujourd quelqu presqu lorsqu puisqu jusqu")
EVERYDAY = 7.0
COMMON_ZIPF = 4.6
FOREIGN_ZIPF = 3.2


def is_ordinary(word: str) -> bool:
    """Whether ``word`` is an ordinary English or French word (zipf 3.5 or more)."""
    return commonness(word.lower()) >= ORDINARY_ZIPF or commonness(fold(word)) >= ORDINARY_ZIPF


def is_word_of_one_language(word: str) -> bool:
    """Whether ``word`` is common in English or in French and hardly occurs in the other ("Prochaine", "Okay").

    First names cross languages (Pierre, Grace), so such a word at the beginning of a sentence is hardly a name.
    """
    low, high = sorted(float(wordfreq.zipf_frequency(word.lower(), language)) for language in ("en", "fr"))
    return high >= COMMON_ZIPF and low < FOREIGN_ZIPF


@dataclass(frozen=True)
class View:
    """A text cut into tokens, with what stands between them. All positions are codepoints."""

    text: str
    language: str = ""
    """Two letters where it is known."""

    @cached_property
    def tokens(self) -> list[Token]:
        """Runs of letters and digits, in order."""
        return tokens_of(self.text)

    def word(self, index: int) -> str:
        """Token ``index`` as written."""
        token = self.tokens[index]
        return self.text[token.start : token.end]

    def gap(self, index: int) -> str:
        """What stands between token ``index - 1`` and token ``index``; before the first, all that precedes it."""
        before = self.tokens[index - 1].end if index else 0
        return self.text[before : self.tokens[index].start]

    @cached_property
    def commons(self) -> list[float]:
        """How common each token is as a word (zipf), with or without its accents.

        What an apostrophe parts from the rest of its word ("didn" of "didn't") is as common as any word.
        """
        return [EVERYDAY if self._is_contracted(i) else self._commonness(i) for i in range(len(self.tokens))]

    def _commonness(self, index: int) -> float:
        folded, word = self.tokens[index].folded, self.word(index).lower()
        return commonness(folded) if word == folded else max(commonness(folded), commonness(word))

    def _is_contracted(self, index: int) -> bool:
        following = index + 1
        if following == len(self.tokens) or self.tokens[following].start == self.tokens[index].end:
            return False
        gap = self.gap(following)
        return (
            gap != " " and gap in APOSTROPHES
            and (self.tokens[index].folded in ELIDED or self.tokens[following].folded in CONTRACTED)
        )  # fmt: skip

    @cached_property
    def joins(self) -> list[bool]:
        """Whether token ``i`` and the one before it may stand in one name: no punctuation but that of names between."""
        return [i > 0 and self._joins(i) for i in range(len(self.tokens))]

    def _joins(self, index: int) -> bool:
        gap = self.gap(index)
        if gap == " " or gap == "" or _JOIN.fullmatch(gap):
            return True
        before = self.tokens[index - 1]
        short = before.end - before.start == 1 or before.folded in ABBREVIATIONS
        return short and _INITIAL_JOIN.fullmatch(gap) is not None

    @cached_property
    def starts(self) -> list[bool]:
        """Whether token ``i`` begins a sentence, a quotation or the text, so that its capital says nothing."""
        return [self._starts(i) for i in range(len(self.tokens))]

    def _starts(self, index: int) -> bool:
        if index == 0:
            return True
        gap = self.gap(index)
        if gap == " ":
            return False
        if _OPENING.search(gap):
            return True
        return _SENTENCE_END.search(gap) is not None and not self._abbreviated(index)

    def _abbreviated(self, index: int) -> bool:
        before = self.tokens[index - 1]
        return self.gap(index).strip() == "." and (before.end - before.start == 1 or before.folded in ABBREVIATIONS)

    @cached_property
    def shouted(self) -> bool:
        """Whether most words are in capitals throughout, so that a capital says nothing."""
        long = [self.word(i) for i in range(len(self.tokens)) if self.tokens[i].end - self.tokens[i].start > 1]
        return len(long) > 1 and sum(word.isupper() for word in long) * 2 > len(long)

    @cached_property
    def lowered(self) -> bool:
        """Whether the text has no capitals, as recognisers without casing write it, but those of "I" and initials."""
        if self.text == self.text.lower():
            return True
        words = (self.word(i) for i in range(len(self.tokens)) if self.text[self.tokens[i].start].isupper())
        return not self.shouted and all(word == "I" or (len(word) > 1 and word.isupper()) for word in words)

    @property
    def caseless(self) -> bool:
        """Whether capitals say nothing in this text: it has none, or nothing else."""
        return self.lowered or self.shouted

    @cached_property
    def careless(self) -> bool:
        """Whether a word without a capital may be a name: the text has no capitals where others have them.

        So it is where capitals say nothing, where "i" stands alone, or where a sentence begins without a capital.
        """
        return self.caseless or any(
            self.word(i) == "i" or (self.starts[i] and self.word(i)[0].islower()) for i in range(len(self.tokens))
        )

    def capital(self, index: int) -> bool:
        """Whether token ``index`` begins with a capital that is not part of a shouted text."""
        return self.text[self.tokens[index].start].isupper() and not self.shouted

    def capital_inside(self, index: int) -> bool:
        """Whether token ``index`` has a capital inside a sentence."""
        return self.capital(index) and not self.starts[index]

    @cached_property
    def sentences(self) -> list[tuple[int, int]]:
        """Sentences as ``[start, end)``, together the whole text; without punctuation the text is one sentence."""
        bounds = [0]
        for index in range(1, len(self.tokens)):
            gap = self.gap(index)
            if (
                gap != " "
                and _SENTENCE_END.search(gap)
                and not self._abbreviated(index)
                and not _within_number(gap, self, index)
            ):
                bounds.append(self.tokens[index].start)
        bounds.append(len(self.text))
        return list(pairwise(bounds))

    def sentence_at(self, position: int) -> int:
        """Index of the sentence that holds codepoint ``position``."""
        return max(bisect_right(self._sentence_starts, position) - 1, 0)

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [start for start, _end in self.sentences]

    @cached_property
    def _token_starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    def touching(self, start: int, end: int) -> range:
        """Indexes of the tokens that lie in ``[start, end)``, wholly or in part."""
        first = max(bisect_right(self._token_starts, start) - 1, 0)
        if first < len(self.tokens) and self.tokens[first].end <= start:
            first += 1
        return range(first, max(first, bisect_left(self._token_starts, end)))

    def words(self, start: int, end: int) -> list[str]:
        """The folded tokens that lie in ``[start, end)``, wholly or in part."""
        return [self.tokens[i].folded for i in self.touching(start, end)]


def _within_number(gap: str, view: View, index: int) -> bool:
    # "3.5", "example.org", "U.S": no space, no end of a sentence.
    return gap == "." and view.tokens[index].start - view.tokens[index - 1].end == 1
