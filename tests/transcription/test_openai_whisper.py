import importlib.util
import io
from pathlib import Path

import pytest

from schemas.errors import MissingTool
from transcription.audio import load_16k_mono
from transcription.openai_whisper import OpenAIWhisper, find_weights, voice_activity

PHRASE = Path(__file__).parent / "data" / "phrase.ogg"
INSTALLED = importlib.util.find_spec("whisper") is not None


def test_weights_are_found_by_path_by_folder_and_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "whisper").mkdir()
    for path in (tmp_path / "own.pt", tmp_path / "whisper" / "base.pt"):
        path.write_bytes(b"weights")
    assert find_weights(str(tmp_path / "own.pt")) == tmp_path / "own.pt"
    assert find_weights("own", [tmp_path]) == tmp_path / "own.pt"
    assert find_weights("base") == tmp_path / "whisper" / "base.pt"


def test_missing_weights_say_where_to_put_them(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(MissingTool, match="weights of this openai-whisper model"):
        find_weights("base")


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
@pytest.mark.skipif(not INSTALLED, reason="openai-whisper is an extra and not installed here: parity is NOT checked")
def test_the_original_whisper_hears_the_same():
    try:
        heard = OpenAIWhisper("base", device="cpu")
    except MissingTool as missing:
        pytest.skip(f"parity is NOT checked: {missing.message}")
    audio = load_16k_mono(io.BytesIO(PHRASE.read_bytes()))
    words = heard.transcribe(audio, language="en").words
    assert "committee will meet on Thursday" in " ".join(word.text for word in words)
