"""Persons, organisations, places and addresses by a GLiNER model in a folder, beside the others and in any language.

GLiNER cuts what is longer than it can read, with a warning at most. So texts are cut here, by its own words and word
pieces, into windows that overlap. It would also fetch a tokenizer that its folder lacks; that is refused.
"""

import importlib.util
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from deidentification.recognizers.model_files import ModelFiles, files_in_folder
from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label
from schemas.errors import MissingTool

GLINER = "gliner"
ENTITY = "<<ENT>>"
"""What GLiNER puts before each label."""
CONFIG = "gliner_config.json"
NEEDED = (CONFIG, "tokenizer_config.json")
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
LABELS = {
    "person": Label.PERSON, "organization": Label.ORGANISATION, "location": Label.PLACE, "address": Label.CONTACT,
    "email": Label.CONTACT, "phone number": Label.CONTACT, "identity number": Label.OTHER,
    "bank account number": Label.OTHER,
}  # fmt: skip
"""What it is asked for, and what that is here."""
NEEDS_DIGITS = {"phone number": 4, "identity number": 4, "bank account number": 4}
THRESHOLD = 0.3
"""Misses weigh more than false alarms, which ``plausible`` takes out."""
WINDOW_WORDS = 350
WINDOW_PIECES = 512
"""Word pieces that every kind of encoder can read at once, those of the labels among them."""
OVERLAP_WORDS = 50
BATCH = 8


class Window(NamedTuple):
    """Codepoints ``[start, stop)`` of text number ``text``."""

    text: int
    start: int
    stop: int


def is_gliner(folder: str) -> bool:
    """Whether ``folder`` holds a GLiNER model."""
    return (Path(folder) / CONFIG).is_file()


def find_model(folder: str) -> ModelFiles:
    """The files of the GLiNER model in ``folder``; the version tells the library's too.

    Raises:
        MissingTool: it is not there, is not whole, or the library is not installed.
    """
    files = files_in_folder(folder, NEEDED, _HOW_TO_GET)
    if not any((files.folder / name).is_file() for name in WEIGHTS):
        raise MissingTool(f"the folder '{files.name}' of a name model lacks {' or '.join(WEIGHTS)}", hint=_HOW_TO_GET)
    if importlib.util.find_spec(GLINER) is None:
        raise MissingTool("the package gliner is not installed", hint="Install it: uv sync --extra gliner")
    return files._replace(version=f"{files.version}, gliner {version(GLINER)}")


class Gliner:
    """A GLiNER model; its folder must hold its tokenizer and its encoder's configuration too.

    Args:
        folder: Where the model lies.
    Raises:
        MissingTool: where it or the library is not there, or it cannot be loaded.
    """

    name = GLINER

    def __init__(self, folder: str) -> None:
        files = find_model(folder)
        self.version = files.version
        self._model: Any = _load(files)
        try:
            self._split: Any = self._model.data_processor.words_splitter
            self._tokenizer: Any = self._model.data_processor.transformer_tokenizer
            self._words = min(WINDOW_WORDS, int(self._model.config.max_len))
            self._pieces = _room(self._model, sum(self._costs([word for label in LABELS for word in (label, ENTITY)])))
        except (AttributeError, TypeError, ValueError) as error:  # a library or a model of another make
            raise _unusable(files, error) from None

    def serves(self, language: str) -> bool:  # noqa: ARG002 - the interface of all recognisers
        """Always: which languages it was made for stands on its page."""
        return True

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        """Everything it was asked for, per text, each span once and with its highest score."""
        windows = [window for number, text in enumerate(texts) for window in self._windows(number, text)]
        best: list[dict[tuple[int, int, Label], float]] = [{} for _ in texts]
        pieces = [texts[window.text][window.start : window.stop] for window in windows]
        for window, piece, found in zip(windows, pieces, self._predict(pieces), strict=True):
            for one in found:
                start, end, label, score = int(one["start"]), int(one["end"]), str(one["label"]), float(one["score"])
                if sum(c.isdigit() for c in piece[start:end]) >= NEEDS_DIGITS.get(label, 0):
                    span = (start + window.start, end + window.start, LABELS[label])
                    best[window.text][span] = max(score, best[window.text].get(span, 0.0))
        return [[ModelSpan(*span, GLINER, min(score, 1.0)) for span, score in sorted(one.items())] for one in best]

    def _predict(self, pieces: Sequence[str]) -> list[list[dict[str, Any]]]:
        if not pieces:
            return []
        result: list[list[dict[str, Any]]] = self._model.inference(
            list(pieces), list(LABELS), threshold=THRESHOLD, flat_ner=True, batch_size=BATCH
        )
        return result

    def _windows(self, number: int, text: str) -> Iterator[Window]:
        """Windows over the words of one text, each of which the model reads to its end."""
        words = [(start, end) for _word, start, end in self._split(text)]
        costs = self._costs([text[start:end] for start, end in words])
        first = 0
        while first < len(words):
            stop = fitting(costs, first, self._words, self._pieces)
            yield Window(number, words[first][0], words[stop - 1][1])
            if stop == len(words):
                return
            first = max(first + 1, stop - min(OVERLAP_WORDS, (stop - first) // 4))

    def _costs(self, words: Sequence[str]) -> list[int]:
        """Word pieces of each word."""
        if not words:
            return []
        # As GLiNER itself will call it, so that the count is the one that matters.
        encoded = self._tokenizer(list(words), is_split_into_words=True, add_special_tokens=False, verbose=False)
        counted = Counter(encoded.word_ids())
        return [max(counted[number], 1) for number in range(len(words))]


def fitting(costs: Sequence[int], first: int, words: int, pieces: int) -> int:
    """Where a window that begins at word ``first`` ends: as many words as there is room for, at least one.

    Args:
        costs: Word pieces of each word.
        words: Most words of a window.
        pieces: Most word pieces of a window.
    """
    stop, used = first, 0
    while stop < len(costs) and stop - first < words and (used + costs[stop] <= pieces or stop == first):
        used += costs[stop]
        stop += 1
    return stop


def _room(model: Any, prompt: int) -> int:
    """Word pieces that are left for the text: not the labels', not the marks at both ends, and some to spare."""
    tokenizer, encoder = model.data_processor.transformer_tokenizer, model.config.encoder_config
    positions = int(getattr(encoder, "max_position_embeddings", None) or WINDOW_PIECES)
    return max(min(WINDOW_PIECES, positions, int(tokenizer.model_max_length)) - prompt - 8, 1)


def _load(files: ModelFiles) -> Any:
    try:
        told = json.loads((files.folder / CONFIG).read_text("utf-8"))
        whole = isinstance(told.get("encoder_config"), dict)
    except (ValueError, AttributeError) as error:
        raise _unusable(files, error) from None
    if not whole:
        raise MissingTool(
            f"the folder '{files.name}' of a name model tells nothing of its encoder: it would have to be fetched",
            hint=_HOW_TO_GET,
        )
    _stay_offline()
    try:
        from gliner import GLiNER

        # Strictly: weights that are missing would be made up at random, and nothing would say so.
        return GLiNER.from_pretrained(str(files.folder), local_files_only=True, load_tokenizer=True, strict=True)
    except Exception as error:  # noqa: BLE001 - whatever is wrong in a stranger's files
        raise _unusable(files, error) from None


def _stay_offline() -> None:
    """Have the model hub's client refuse the network: GLiNER's own switch does not reach every file it opens."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = True  # it may have been imported, and have read the variable, before


def _unusable(files: ModelFiles, error: Exception) -> MissingTool:
    return MissingTool(f"the name model {files.name} cannot be loaded ({type(error).__name__})", hint=_HOW_TO_GET)


_HOW_TO_GET = (
    "Nothing is downloaded here. On a machine with a network, load the model once with GLiNER and save it with "
    "save_pretrained, then bring the whole folder; docs/how-to/bigger-models.md shows how."
)
