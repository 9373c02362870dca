"""The real GLiNER library takes what it is given here: checked where it is installed, with random weights."""

import importlib.util
import json
import socket
from pathlib import Path

import pytest

from deidentification.recognizers import gliner
from deidentification.recognizers.gliner import LABELS, Gliner, Window
from schemas.errors import MissingTool
from tests.deidentification.tiny_gliner import make_model

INSTALLED = importlib.util.find_spec("gliner") is not None

pytestmark = [
    pytest.mark.models,
    pytest.mark.skipif(
        not INSTALLED, reason="gliner is an extra and not installed here: its real interface is NOT checked"
    ),
    pytest.mark.filterwarnings("ignore:::(gliner|transformers|torch|huggingface_hub)"),
]


def no_network(*_: object) -> None:
    raise AssertionError("the network was asked")


@pytest.mark.parametrize("positions", [256, 512])
def test_the_real_library_reads_a_long_text_to_its_end_and_asks_no_network(
    positions: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(tmp_path / "tiny", positions)
    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(gliner, "THRESHOLD", 0.0)
    model = Gliner(str(tmp_path / "tiny"))
    texts = ["Ada 😀 Lovelace, 12 Rue de la Paix", "", " ", "x" * 3_000, "we met the council " * 400 + "Ada left"]
    found = model.find(texts)
    assert all(
        0 <= s.start_char < s.end_char <= len(text) for text, spans in zip(texts, found, strict=True) for s in spans
    )
    ends = [max((span.end_char for span in spans), default=0) for spans in found]
    assert ends[:4] == [len(texts[0]), 0, 0, 3_000]
    assert len(texts[4]) - ends[4] < 200, "random weights find nonsense everywhere, to the end"
    assert all(_pieces(model, texts[4], window) <= positions for window in model._windows(0, texts[4]))


def test_the_real_library_is_kept_from_fetching_what_a_folder_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model(tmp_path / "tiny")
    config = tmp_path / "tiny" / "gliner_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"labels_encoder": "somebody/an-encoder"}))
    monkeypatch.setattr(socket.socket, "connect", no_network)
    with pytest.raises(MissingTool, match=r"tiny cannot be loaded \((?!AssertionError)"):
        Gliner(str(tmp_path / "tiny"))


def _pieces(model: Gliner, text: str, window: Window) -> int:
    """Word pieces that the encoder gets for a window: labels, words and marks."""
    prompt = [word for label in LABELS for word in ("<<ENT>>", label)] + ["<<SEP>>"]
    words = [word for word, _start, _end in model._split(text[window.start : window.stop])]
    return len(model._tokenizer(prompt + words, is_split_into_words=True)["input_ids"])
