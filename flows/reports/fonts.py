"""The fonts of a PDF, and which characters they can show."""

import unicodedata
from functools import cache
from pathlib import Path

SANS, BOLD, MONO = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf"
MISSING = "\ufffd"
"""Stands for a character that cannot be set."""
_SPACES = str.maketrans({"\t": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " "})


@cache
def font_folder() -> Path:
    """Where the DejaVu fonts lie that come with matplotlib."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def shown(words: str, font: str = SANS) -> str:
    """``words`` composed (NFC), with `MISSING` for each character that cannot be set; line feeds stay.

    That is what ``font`` has no sign for, and scripts that run from right to left: they would stand in the wrong order.
    """
    known = _known(font)
    composed = unicodedata.normalize("NFC", words.replace("\r\n", "\n").translate(_SPACES))
    return "".join(one if one == "\n" or (_is_set(one) and ord(one) in known) else MISSING for one in composed)


def _is_set(character: str) -> bool:
    return character.isprintable() and unicodedata.bidirectional(character) not in ("R", "AL", "AN")


@cache
def _known(font: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    with TTFont(font_folder() / font, lazy=True) as file:
        return frozenset(file.getBestCmap())
