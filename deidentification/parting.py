"""Words parted where a name may be attached to something: "Nokomis3", "wairoav2.docx", "ThanksNokomis", "谢谢Nokomis".

Parting is a further reading. The tokens of ``text`` stay what they are for models, patterns and offsets.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from deidentification.scripts import FAR
from deidentification.text import Token, View, fold, tokens_of
from deidentification.words import PARTICLES

_LETTERS = [c for c in map(chr, range(0x530)) if c.isalpha()]
_UPPER = "".join(c for c in _LETTERS if c.isupper())
_LOWER = "".join(c for c in _LETTERS if c.islower())
_FOOTNOTES = "".join(
    c
    for c in map(chr, range(0x80, 0x10000))
    if c.isalnum()
    and (unicodedata.category(c) == "No" or unicodedata.decomposition(c).startswith(("<super>", "<sub>")))
)
_DIGIT = rf"\d{_FOOTNOTES}"
"""Digits, and what stands above or below the line as footnote marks do."""
_ALPHA = rf"[^\W_{_DIGIT}]"
_NEAR = rf"{_UPPER}{_LOWER}"
_DIGITS = rf"(?<={_ALPHA})(?=[{_DIGIT}])|(?<=[{_DIGIT}])(?={_ALPHA})"
_BORDER = re.compile(
    rf"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][{_LOWER}])"
    rf"|{_DIGITS}|(?<=[{_NEAR}])(?=[{FAR}])|(?<=[{FAR}])(?=[{_NEAR}])"
)
_TURN = re.compile(_DIGITS)
_VERSION = re.compile(rf"(?<={_ALPHA}{_ALPHA})(?=[vV]\d+(?:[\W_]|$))")
"""Before the v of "wairoav2"."""
_MOST_TURNS = 3
_HEXADECIMAL = re.compile(r"(?=[a-f]*\d)[0-9a-f]+|(?=[A-F]*\d)[0-9A-F]+")
_LONG_CODE = 8
_HEADS = (PARTICLES | {"fitz", "saint"}) - {"al", "ben", "bin", "do"}
"""What stands before a capital inside one name: McDonald, DeShawn, LaToya, FitzGerald."""


def _shape(code: int) -> str:
    """Of what kind a sign of Windows-1252 is: a small letter, a capital, a digit or anything else."""
    sign = bytes([code]).decode("cp1252", "replace")
    return "0" if sign.isdigit() or (not sign.isascii() and sign in _FOOTNOTES) else _case(sign)


def _case(sign: str) -> str:
    return "a" if sign.islower() else "A" if sign.isupper() else " "


_SHAPES = "".join(map(_shape, range(256))).encode()
_SHAPED = (b"aA", b"a0", b"0a", b"A0", b"0A", b"AAa")


def may_be_parted(text: str) -> bool:
    """Whether any word of ``text`` has a border inside. Most texts have none, and are told quickly."""
    try:
        shape = text.encode("cp1252").translate(_SHAPES)
    except UnicodeEncodeError:
        return _BORDER.search(text) is not None
    return any(pair in shape for pair in _SHAPED)


@dataclass(frozen=True)
class Parted(View):
    """A text whose tokens are parted where letters meet digits, footnote marks, capitals inside or another script."""

    versions: bool = False
    """Whether "v2" at the end of a word is parted from it too."""

    @cached_property
    def tokens(self) -> list[Token]:
        """As those of ``View``, and parted."""
        return [piece for token in tokens_of(self.text) for piece in self._pieces(token)]

    @cached_property
    def changed(self) -> list[int]:
        """Numbers of the tokens that are no whole words, in order."""
        count = len(self.tokens)
        return [i for i in range(count) if self.attached_at(i) or self.attached_at(i + 1)]

    def attached_at(self, index: int) -> bool:
        """Whether nothing stands between token ``index`` and the one before it."""
        return 0 < index < len(self.tokens) and self.tokens[index].start == self.tokens[index - 1].end

    def has_word_attached(self, index: int) -> bool:
        """Whether a word in the same kind of letters stands right before or after token ``index``."""
        beside = [i for i, border in ((index - 1, index), (index + 1, index + 1)) if self.attached_at(border)]
        return any(self.tokens[i].folded.isalpha() and not re.match(f"[{FAR}]", self.word(i)) for i in beside)

    def _pieces(self, token: Token) -> Iterable[Token]:
        cuts = self._cuts(token)
        if not cuts:
            return [token]
        made = (Token(a, b, fold(self.text[a:b])) for a, b in pairwise([token.start, *cuts, token.end]))
        return [piece for piece in made if piece.folded]

    def _cuts(self, token: Token) -> list[int]:
        borders = {match.start() for match in _BORDER.finditer(self.text, token.start, token.end)} - {token.start}
        if self.versions:
            borders |= {match.start() for match in _VERSION.finditer(self.text, token.start, token.end)}
        if not borders or _is_code(self.text, token):
            return []
        before = token.start
        cuts = []
        for border in sorted(borders):
            if not (self.text[border].isupper() and fold(self.text[before:border]) in _HEADS):
                cuts.append(border)
            before = border
        return cuts


def _is_code(text: str, token: Token) -> bool:
    """Whether a token is a key rather than words: letters and digits by turns, or hexadecimal and part of more."""
    if sum(1 for _turn in _TURN.finditer(text, token.start, token.end)) > _MOST_TURNS:
        return True
    around = text[max(token.start - 1, 0) : token.start] + text[token.end : token.end + 1]
    more = token.end - token.start >= _LONG_CODE or any(sign in "-:_" for sign in around)
    return more and _HEXADECIMAL.fullmatch(text, token.start, token.end) is not None


def parted(view: View) -> list[Parted]:
    """``view`` with its words parted, in each of the ways they may be."""
    ways = [Parted(view.text, view.language)]
    if _VERSION.search(view.text):
        ways.append(Parted(view.text, view.language, versions=True))
    return ways
