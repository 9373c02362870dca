"""Names inside runs of letters: scripts that put no spaces between words, or attach small words to a name.

For names in no Latin, Greek or Cyrillic letters. A long name is looked for anywhere inside a run of such letters. A
short one would lie in many words, so it counts by what its script does: in Chinese, Japanese and Thai it stands among
other words without a space; in Hebrew, Arabic and Amharic small words stand before it; in Korean and elsewhere they
stand after it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from deidentification.text import MARKS, fold, words_in

FAR = (
    "\u0531-\u1aaf\u1b00-\u1c7f\u1c90-\u1cff\u2d00-\u2ddf\u2e80-\ua63f\ua6a0-\ua71f\ua800-\uab2f\uab70-\ufaff"
    "\ufb13-\ufdff\ufe70-\ufefe\uff66-\uffdc\U00010000-\U0001d3ff\U00020000-\U0003ffff"
)
"""Inside of a class of characters: letters (and some signs) that are not Latin, Greek or Cyrillic."""
_RUN = re.compile(rf"(?:(?=[^\W\d_])[{FAR}][{MARKS}]*)+")
_FAR = re.compile(f"[{FAR}]")
_LONG = 5
"""Letters of a name that is looked for anywhere in a run of an alphabet."""
_SHORT = 3
_LONGEST = 24

_HAN = r"[\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_KATAKANA = r"[\u30a1-\u30fa\u30fc]"
_HIRAGANA = r"[\u3041-\u309f]"
_SPACELESS = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
_HANGUL = r"[\u1100-\u11ff]"
_ATTACHING = (
    (re.compile(r"[\u0590-\u05ff]+"), re.compile("[ושהכלבמ]{1,3}"), ""),
    (re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff]+"), re.compile("[وف]?[بكل]?(?:ال|ل)?"), "ا"),
    (re.compile(r"[\u1200-\u139f\u2d80-\u2ddf]+"), re.compile("(?:እነ|እስከ|ስለ|[የበለከ])?"), "ንም"),
)
"""Scripts, what they attach before a name, and the letters they attach after it."""
_TAIL = 4
"""Letters that may follow a short name in scripts that attach small words after it."""
_KOREAN_TAILS = tuple(
    fold(tail)
    for tail in words_in(
        """
        가 이 은 는 을 를 의 에 께 한테 도 만 와 과 랑 하고 야 아 여 씨 님 군 양
        로 으로 부터 까지 보다 처럼 라 선생 교수 박사 대표
        """
    )
)
_HAN_TITLES = words_in("""
    先生 女士 小姐 太太 夫人 老师 老師 教授 博士 医生 醫生 大夫 主任 经理 經理 总 總 同志 师傅 師傅 主席 部长 部長
    校长 校長 课长 課長 社長 局长 局長 さん 様 さま 氏 君 くん ちゃん
    """)
_TWO_LETTERS = tuple(
    words_in(
        """
        欧阳 歐陽 司马 司馬 诸葛 諸葛 上官 夏侯 皇甫 尉迟 公孙 公孫 慕容 令狐 东方 東方 端木 司徒
        남궁 황보 제갈 선우 독고
        """
    )
)
"""Surnames of two letters."""
_HAN_BEFORE = words_in("老 小 阿")
_KOREAN_TITLES = words_in("씨 선생 교수 박사 대표 과장 부장 팀장 사장")


class Place(NamedTuple):
    """One of the names at ``[start, end)`` codepoints."""

    start: int
    end: int
    name: str


def is_far(name: str) -> bool:
    """Whether ``name`` holds letters that are not Latin, Greek or Cyrillic."""
    return not name.isascii() and _FAR.search(name) is not None


def derived(name: str) -> Iterator[str]:
    """What a whole name written without a space is also said as: the given name, and the surname with a title.

    Chinese, Japanese and Korean put the surname first; a surname of one letter alone would lie in every other word.
    """
    whole = unicodedata.normalize("NFC", name)
    korean = re.fullmatch(r"[\uac00-\ud7a3]{2,4}", whole) is not None
    if not korean and not re.fullmatch(f"{_HAN}{{2,4}}", whole):
        return
    surname = whole[: 2 if len(whole) == 4 or whole.startswith(_TWO_LETTERS) else 1]
    given = whole[len(surname) :]
    if len(given) > 1:
        yield fold(given)
    yield from titled(surname)


def titled(surname: str) -> Iterator[str]:
    """A Chinese, Japanese or Korean surname with the titles that are attached to it."""
    surname = unicodedata.normalize("NFC", surname)
    if re.fullmatch(r"[\uac00-\ud7a3]{1,2}", surname):
        yield from (fold(surname + title) for title in _KOREAN_TITLES)
    if re.fullmatch(f"{_HAN}{{1,2}}", surname):
        yield from (fold(surname + title) for title in _HAN_TITLES)
        yield from (fold(before + surname) for before in _HAN_BEFORE if len(surname) == 1)


@dataclass(frozen=True)
class Embedded:
    """Folded names to look for inside runs of letters."""

    names: frozenset[str]
    lengths: tuple[int, ...]
    begins: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "Embedded":
        """Those of ``names`` that are in such letters."""
        far = frozenset(name for name in names if 1 < len(name) <= _LONGEST and is_far(name))
        return cls(far, tuple(sorted({len(name) for name in far})), frozenset(name[0] for name in far))

    def places(self, text: str) -> Iterator[Place]:
        """Every place of a name in ``text``, in order of where it begins."""
        if self.names and not text.isascii():
            for match in _RUN.finditer(text):
                yield from self._inside(match.group(), match.start())

    def _inside(self, run: str, offset: int) -> Iterator[Place]:
        folded = [(letter, at) for at, sign in enumerate(run) for letter in fold(sign)]
        letters = "".join(letter for letter, _at in folded)
        ends = [at for _letter, at in folded] + [len(run)]
        for start, letter in enumerate(letters):
            if letter not in self.begins or (start and ends[start] == ends[start - 1]):
                continue
            for length in self.lengths:
                stop = start + length
                name = letters[start:stop]
                whole = len(name) == length and ends[stop] != ends[stop - 1]
                if whole and name in self.names and _counts(name, letters[:start], letters[stop:]):
                    yield Place(offset + ends[start], offset + ends[stop], name)


def _counts(name: str, before: str, after: str) -> bool:
    """Whether a name is one in a run of letters, by what stands before and after it there."""
    if not before and not after:
        return True
    if re.fullmatch(f"{_KATAKANA}+", name):
        return not re.match(_KATAKANA, after) and not re.match(_KATAKANA, before[-1:])
    if re.fullmatch(f"{_HIRAGANA}+", name):
        return len(name) > 2
    if re.search(_HAN, name):
        return True
    if re.match(_SPACELESS, name):
        return len(name) >= _TAIL
    if re.match(_HANGUL, name):
        return _counts_in_korean(name, before, after)
    return len(name) >= _LONG or _counts_by_small_words(name, before, after)


def _counts_in_korean(name: str, before: str, after: str) -> bool:
    syllables = len(unicodedata.normalize("NFC", name))
    return syllables > 2 or (not before and syllables > 1 and after.startswith(_KOREAN_TAILS))


def _counts_by_small_words(name: str, before: str, after: str) -> bool:
    for script, heads, tails in _ATTACHING:
        if script.fullmatch(name):
            short = len(name) < _SHORT
            attached = not before or heads.fullmatch(before) is not None
            return attached and after in ("", *tails) and (not short or len(before) + len(after) < 2)
    return not before and len(name) >= _SHORT and len(after) <= _TAIL
