"""Which name models a study or a command asks for, and what a person is told of them before any is loaded."""

from collections.abc import Sequence
from pathlib import Path

from schemas.errors import UsageError

Chosen = tuple[tuple[str, str], ...]


def told_without_model(languages: Sequence[str], chosen: Chosen) -> list[str]:
    """A line for each of ``languages`` that no name model was made for."""
    from deidentification.api import languages_without_model

    return [
        f"There is no name model for '{language}': names are looked for by the roster, Rampart and patterns only."
        for language in languages_without_model(languages, chosen)
    ]


def require_models(languages: Sequence[str], chosen: Chosen) -> None:
    """Nothing, where every name model that is needed is on this machine; no weights are loaded.

    Raises:
        MissingTool: one is not. Told before a run begins, as every session would be left out of it.
    """
    from deidentification.api import unusable_models

    for error in unusable_models(languages, chosen).values():
        raise error


def chosen_models(language: str, given: Sequence[str]) -> Chosen:
    """The models given to a command by name or folder, each with what it is for.

    Args:
        language: The one that a spaCy model among them is for.
        given: A spaCy package or folder, a GLiNER folder, or one of each.
    Raises:
        UsageError: there are two of a kind.
    """
    from deidentification.api import is_gliner

    chosen: dict[str, str] = {}
    for model in given:
        place = str(Path(model).absolute()) if Path(model).is_dir() or "/" in model or "\\" in model else model
        kind = "gliner" if is_gliner(place) else language
        if kind in chosen:
            raise UsageError(
                "--names-model was given twice for the same kind of model",
                hint="Give one spaCy model, one GLiNER folder, or one of each.",
            )
        chosen[kind] = place
    return tuple(sorted(chosen.items()))
