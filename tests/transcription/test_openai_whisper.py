import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from schemas.errors import BadInput, MissingTool
from schemas.speech import Word
from tests.transcription.openai_checkpoint import dimensions, make_checkpoint, read_variables, weights
from transcription.audio import load_16k_mono
from transcription.models import find_model
from transcription.openai_whisper import OpenAIWhisper, find_weights, windows
from transcription.spoken import voice_activity
from transcription.whisper import Heard, recogniser

HERE = Path(__file__).parent
PHRASE = HERE / "data" / "phrase.ogg"
TRACK = HERE.parents[1] / "examples" / "demo" / "sessions" / "S1" / "audioPriyaSundar41620260311.m4a"
INSTALLED = importlib.util.find_spec("whisper") is not None

needs_whisper = pytest.mark.skipif(
    not INSTALLED, reason="openai-whisper is an extra and not installed here: parity is NOT checked"
)
# Whisper leaves the file of its own vocabulary open.
open_vocabulary = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_weights_are_found_by_path_by_folder_and_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "whisper").mkdir()
    for path in (tmp_path / "own.pt", tmp_path / "whisper" / "base.pt", tmp_path / "whisper" / "large-v3-turbo.pt"):
        path.write_bytes(b"weights")
    assert find_weights(str(tmp_path / "own.pt")) == tmp_path / "own.pt"
    assert find_weights("own", [tmp_path]) == tmp_path / "own.pt"
    assert find_weights("base") == tmp_path / "whisper" / "base.pt"
    assert find_weights("turbo") == tmp_path / "whisper" / "large-v3-turbo.pt"


def test_missing_weights_say_where_to_put_them(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingTool, match="weights of this openai-whisper model"):
        find_weights("base")


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0.1, 30)), max_size=40))
def test_speech_is_heard_whole_in_windows_of_at_most_30_seconds(pauses_and_lengths):
    speech, at = [], 0.0
    for pause, length in pauses_and_lengths:
        speech.append((at + pause, at + pause + length))
        at = speech[-1][1]
    found = windows(speech)
    assert all(sum(a <= start and end <= b for a, b in found) == 1 for start, end in speech)
    assert all(b - a <= 30.001 for a, b in found)
    assert {edge for window in found for edge in window} <= {edge for span in speech for edge in span}


def test_windows_join_breaths_and_leave_long_silences_out():
    assert windows([(1, 5), (5.5, 9), (14, 20), (21, 33), (34, 46)]) == [(1, 9), (14, 33), (34, 46)]


@pytest.mark.skipif(INSTALLED, reason="openai-whisper is installed")
def test_without_the_package_it_says_how_to_install_it():
    with pytest.raises(MissingTool, match="openai-whisper is not installed") as failure:
        OpenAIWhisper("base")
    assert "pip install openai-whisper" in failure.value.hint


@pytest.mark.models
def test_voice_activity_covers_the_speech():
    audio = load_16k_mono(io.BytesIO(PHRASE.read_bytes()))
    spans = voice_activity(audio)
    assert sum(end - start for start, end in spans) > 4


@pytest.mark.models
def test_the_checkpoint_holds_every_weight_of_the_model():
    variables = read_variables(find_model("base").path / "model.bin")
    state = weights(variables)
    assert [*dimensions(variables).values()] == [80, 1500, 512, 8, 6, 51865, 448, 512, 8, 6]
    assert len(state) == 245  # 15 for each of 6 layers that listen, 24 for each of 6 that write, 11 outside them
    fused = variables["encoder/layer_0/self_attention/linear_0/weight"]
    apart = [state[f"encoder.blocks.0.attn.{part}.weight"] for part in ("query", "key", "value")]
    assert np.array_equal(np.concatenate(apart), fused)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    make_checkpoint(find_model("base").path / "model.bin", folder / "base.pt")
    return recogniser("base", "openai-whisper", folders=[folder], device="cpu")


def heard_from(listener, path: Path) -> Heard:
    return listener.transcribe(load_16k_mono(io.BytesIO(path.read_bytes())), language=None)


def plain(words: tuple[Word, ...]) -> list[str]:
    return ["".join(letter for letter in word.text.casefold() if letter.isalnum()) for word in words]


@pytest.mark.models
@needs_whisper
@open_vocabulary
def test_the_original_whisper_hears_the_same_words_at_the_same_times(original):
    theirs, ours = heard_from(original, TRACK), heard_from(recogniser("base", device="cpu"), TRACK)
    first, second = plain(theirs.words), plain(ours.words)
    assert len(second) > 40
    assert Levenshtein.normalized_distance(first, second) <= 0.1
    same = [step for step in Levenshtein.opcodes(first, second) if step.tag == "equal"]
    pairs = [
        (theirs.words[step.src_start + index], ours.words[step.dest_start + index])
        for step in same
        for index in range(step.src_end - step.src_start)
    ]
    assert all(abs(a.end_s - b.end_s) < 0.3 for a, b in pairs)
    assert np.median([abs(a.start_s - b.start_s) for a, b in pairs]) < 0.05
    assert np.median([abs(a.confidence - b.confidence) for a, b in pairs]) < 0.05
    assert (theirs.language, theirs.flags) == (ours.language, ours.flags) == ("en", ())


@pytest.mark.models
@needs_whisper
@open_vocabulary
def test_the_original_whispers_words_are_in_order_and_surer_than_nothing(original):
    seen: list[float] = []
    audio = load_16k_mono(io.BytesIO(PHRASE.read_bytes()))
    heard = original.transcribe(audio, language="en", hotwords=["Thursday"], progress=seen.append)
    assert "committee will meet on Thursday." in " ".join(word.text for word in heard.words)
    edges = [edge for word in heard.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert edges[0] >= 0 and edges[-1] <= heard.duration_s + 0.1
    assert all(0.1 < word.confidence <= 1 for word in heard.words)
    assert seen == sorted(seen) and seen[-1] == pytest.approx(heard.duration_s)


@pytest.mark.models
@needs_whisper
@open_vocabulary
def test_the_original_whisper_hears_nothing_in_silence_and_tells_of_an_unknown_language(original):
    silence = np.zeros(16_000 * 40, dtype=np.float32)
    heard = original.transcribe(silence, language=None)
    assert (heard.words, heard.flags, heard.language) == ((), ("silent",), "und")
    with pytest.raises(BadInput, match="knows no language with the code iu"):
        original.transcribe(silence, language="iu")


@needs_whisper
@pytest.mark.parametrize("content", [b"", b"weights", b"PK\x03\x04 cut short"])
def test_damaged_weights_are_reported_without_a_traceback(tmp_path, content):
    (tmp_path / "base.pt").write_bytes(content)
    with pytest.raises(MissingTool, match="weights 'base' cannot be loaded"):
        OpenAIWhisper("base", [tmp_path], "cpu")
