"""What a name model gives for one text, and the interface all of them have."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from schemas.deidentified import Label

SEVERAL = "mul"
"""Language code of a text in several languages (ISO 639-2)."""


class ModelSpan(NamedTuple):
    """Something a model found at ``[start_char, end_char)`` codepoints."""

    start_char: int
    end_char: int
    label: Label
    source: str
    score: float = 1.0
    """How sure the model is, 0 to 1; 1 where it does not say."""

    def meets(self, start: int, end: int) -> bool:
        """Whether it has codepoints in ``[start, end)``."""
        return self.start_char < end and start < self.end_char


class Recogniser(Protocol):
    """A name model."""

    @property
    def name(self) -> str:
        """How provenance calls it."""
        ...

    @property
    def version(self) -> str:
        """Package version or digest."""
        ...

    def serves(self, language: str) -> bool:
        """Whether it was made for ``language`` (two letters)."""
        ...

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        """Everything it finds, per text. A failure raises: less is never given silently."""
        ...
