"""A GLiNER model in a folder reads every word of every text, in its place, and nothing is ever fetched for it."""

import json
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deidentification.api import is_gliner, load_recognisers, recogniser_versions, unusable_models
from deidentification.find import Roster, find_in_texts
from deidentification.recognizers import gliner
from deidentification.recognizers.gliner import WINDOW_PIECES, Gliner, fitting
from deidentification.recognizers.model_spans import ModelSpan
from schemas.deidentified import Label
from schemas.errors import MissingTool

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The package ``gliner``, or one that behaves like it."""
    place = tmp_path_factory.mktemp("packages")
    (place / "gliner").mkdir()
    shutil.copy(HERE / "standin_gliner.py", place / "gliner" / "__init__.py")
    (place / "gliner-0.2.99.dist-info").mkdir()
    (place / "gliner-0.2.99.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: gliner\nVersion: 0.2.99\n"
    )
    real = sys.modules.pop("gliner", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(place))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("TRANSFORMERS_OFFLINE", "1")
        patch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
        yield
    sys.modules.pop("gliner", None)
    if real:
        sys.modules["gliner"] = real


def saved(folder: Path, *, positions: int = 512, max_len: int = 384, **told: object) -> Path:
    """A model's folder as ``save_pretrained`` leaves it."""
    folder.mkdir(parents=True)
    config = {"max_len": max_len, "encoder_config": {"max_position_embeddings": positions}} | told
    (folder / "gliner_config.json").write_text(json.dumps(config))
    (folder / "tokenizer_config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture(scope="module")
def model(standin: None, tmp_path_factory: pytest.TempPathFactory) -> Gliner:
    return Gliner(str(saved(tmp_path_factory.mktemp("gliner") / "multi_pii")))


def marked(text: str, model: Gliner) -> list[ModelSpan]:
    """What the stand-in should find: each word that begins with a capital Q or Ø."""
    kinds = {"Q": Label.PERSON, "Ø": Label.ORGANISATION}
    words = [(start, end, word[0]) for word, start, end in model._split(text) if word[0] in kinds]
    return sorted(ModelSpan(start, end, kinds[first], "gliner", 0.875) for start, end, first in words)


def test_what_it_finds_stands_at_its_codepoints_with_its_score(model: Gliner) -> None:
    assert model.find(["😀 then Quillon of Øst met us", "", "nobody"]) == [
        [ModelSpan(7, 14, Label.PERSON, "gliner", 0.875), ModelSpan(18, 21, Label.ORGANISATION, "gliner", 0.875)],
        [],
        [],
    ]
    assert model.find([]) == []


def test_a_number_without_digits_is_none(model: Gliner) -> None:
    found = model.find(["call #seven or #0215550199"])[0]
    assert [(s.start_char, s.end_char, s.label) for s in found] == [(15, 26, Label.CONTACT)]


WORDS = st.one_of(
    st.sampled_from(["Quillon", "Øst", "we", "the", "plan", "😀", ",", "l'année"]),
    st.text("abcQ", min_size=1, max_size=3_000),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.tuples(WORDS, st.integers(1, 400)), max_size=6), joint=st.sampled_from([" ", "\n\n", "  "]))
def test_every_word_of_a_text_of_any_length_is_read_once_at_its_place(
    words: list[tuple[str, int]], joint: str, model: Gliner
) -> None:
    text = joint.join(word for word, times in words for _ in range(times if len(word) < 50 else 2))
    assert model.find([text, "we"]) == [marked(text, model), []]


@given(
    costs=st.lists(st.integers(1, 90), min_size=1, max_size=400), words=st.integers(1, 50), pieces=st.integers(1, 99)
)
def test_windows_hold_as_much_as_there_is_room_for_and_at_least_a_word(
    costs: list[int], words: int, pieces: int
) -> None:
    for first in range(0, len(costs), 7):
        stop = fitting(costs, first, words, pieces)
        assert first < stop <= min(len(costs), first + words)
        assert stop == first + 1 or sum(costs[first:stop]) <= pieces
        if stop < min(len(costs), first + words):
            assert sum(costs[first : stop + 1]) > pieces


def test_neighbouring_windows_share_words_so_that_a_name_at_an_edge_is_whole_in_one(model: Gliner) -> None:
    text = "word " * 2_000
    windows = list(model._windows(0, text))
    assert all(after.start < before.stop for before, after in pairwise(windows))
    assert all(text[w.start : w.stop].count("word") <= 350 for w in windows)
    assert (windows[0].start, windows[-1].stop) == (0, len(text) - 1)


@pytest.mark.parametrize(("positions", "max_len"), [(128, 384), (512, 40), (8_192, 384)])
def test_a_model_that_can_read_less_is_given_less(positions: int, max_len: int, standin: None, tmp_path: Path) -> None:
    model = Gliner(str(saved(tmp_path / "small", positions=positions, max_len=max_len)))
    text = "we met the council in town " * 200 + "and Quillon left"
    assert model.find([text]) == [marked(text, model)]
    assert model._pieces <= min(positions, WINDOW_PIECES) and model._words <= max_len


def test_it_looks_beside_the_others_in_every_language(model: Gliner, standin: None, tmp_path: Path) -> None:
    place = str(saved(tmp_path / "multi_pii"))
    models = load_recognisers(["mi"], (("gliner", place),))
    assert [m.name for m in models.models] == ["rampart", "gliner"] and is_gliner(place)
    assert models.versions == {
        k: v for k, v in recogniser_versions(["mi"], (("gliner", place),)).items() if k != "spacy"
    }
    assert models.versions["gliner"].startswith("multi_pii ") and models.versions["gliner"].endswith(", gliner 0.2.99")
    text = "ka kite i a Quillonarua apopo"
    (finds,) = find_in_texts([text], ["mi"], Roster.of(None), models)
    assert {text[f.start_char : f.end_char] for f in finds if f.label is Label.PERSON} == {"Quillonarua"}


@pytest.mark.parametrize(
    ("lacks", "wrong"),
    [
        ("gliner_config.json", "lacks gliner_config.json or tokenizer_config.json"),
        ("tokenizer_config.json", "lacks gliner_config.json or tokenizer_config.json"),
        ("model.safetensors", "lacks model.safetensors or pytorch_model.bin"),
        ("", "the folder 'nowhere' of a name model is not on this machine"),
    ],
)
def test_a_folder_that_is_not_whole_is_told_with_how_to_get_one(
    lacks: str, wrong: str, standin: None, tmp_path: Path
) -> None:
    place = saved(tmp_path / "multi_pii") if lacks else tmp_path / "nowhere"
    if lacks:
        (place / lacks).unlink()
    chosen = (("gliner", str(place)),)
    with pytest.raises(MissingTool, match=wrong) as caught:
        load_recognisers(["en"], chosen)
    assert "save_pretrained" in caught.value.hint and str(tmp_path) not in caught.value.message
    assert recogniser_versions(["en"], chosen)["gliner"] == unusable_models(["en"], chosen)["gliner"].message


@pytest.mark.parametrize(
    ("told", "weights", "wrong"),
    [
        ({"encoder_config": None}, b"weights", "tells nothing of its encoder"),
        ({"max_len": "many"}, b"weights", "cannot be loaded"),
        ({}, b"other", r"the name model multi_pii cannot be loaded \(RuntimeError\)"),
    ],
)
def test_a_model_that_would_have_to_be_completed_is_not_used(
    told: dict[str, object], weights: bytes, wrong: str, standin: None, tmp_path: Path
) -> None:
    place = saved(tmp_path / "multi_pii", **told)
    (place / "model.safetensors").write_bytes(weights)
    with pytest.raises(MissingTool, match=wrong):
        Gliner(str(place))


def test_where_the_library_is_not_installed_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(gliner.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingTool, match="the package gliner is not installed") as caught:
        Gliner(str(saved(tmp_path / "multi_pii")))
    assert caught.value.hint == "Install it: uv sync --extra gliner"
