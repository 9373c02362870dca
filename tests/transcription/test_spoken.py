from types import SimpleNamespace

import numpy as np
import pytest

from transcription import spoken
from transcription.models import Model
from transcription.openai_whisper import OpenAIWhisper
from transcription.spoken import likeliest, opening
from transcription.whisper import FasterWhisper

MINUTES = np.ones(16_000 * 200, dtype=np.float32)
CHANCES = [{"ja": 0.6, "fr": 0.3, "en": 0.1}, {"ja": 0.5, "en": 0.3, "fr": 0.15}]


@pytest.fixture(autouse=True)
def everything_is_speech(monkeypatch):
    monkeypatch.setattr(spoken, "voice_activity", lambda audio: [(0.0, len(audio) / 16_000)] if audio.any() else [])


def test_the_opening_is_two_minutes_of_speech_in_windows():
    quiet = np.zeros(16_000 * 130, dtype=np.float32)
    found = opening(np.concatenate([quiet, MINUTES]))
    assert [len(window) / 16_000 for window in found] == [30] * 4
    assert [len(window) / 16_000 for window in opening(MINUTES[: 16_000 * 40])] == [30, 10]
    assert opening(quiet) == []


def test_the_likeliest_language_is_one_of_those_that_are_spoken():
    assert likeliest(CHANCES, ["en", "fr"]) == "fr"
    assert likeliest(CHANCES[1:], ["en", "fr"]) == "en"
    assert likeliest(CHANCES, ["mi", "so"]) == "mi"
    assert likeliest([], ["en"]) is None


class Faster:
    """Hears Japanese everywhere, unless it is told otherwise."""

    supported_languages = ("en", "fr", "ja")
    max_length = 448
    hf_tokenizer = SimpleNamespace(encode=lambda text, add_special_tokens: text.split())

    def __init__(self, *_arguments: object, **_settings: object) -> None:
        self.detected = 0

    def detect_language(self, audio: np.ndarray) -> tuple[str, float, list[tuple[str, float]]]:
        self.detected += 1
        return "ja", 0.6, list(CHANCES[self.detected % 2].items())


class Batched:
    def __init__(self, _whisper: Faster) -> None:
        pass

    def transcribe(self, audio: np.ndarray, *, language: str | None, **_settings: object) -> tuple[list, object]:
        options = SimpleNamespace(clip_timestamps=[])
        return [], SimpleNamespace(
            language=language or "ja", duration_after_vad=len(audio) / 16_000, transcription_options=options
        )


@pytest.fixture
def faster(monkeypatch, tmp_path):
    monkeypatch.setattr("faster_whisper.WhisperModel", Faster)
    monkeypatch.setattr("faster_whisper.BatchedInferencePipeline", Batched)
    return FasterWhisper(Model("base", tmp_path, "0" * 64), "cpu")


@pytest.mark.parametrize(
    ("language", "among", "heard"),
    [
        (None, (), "ja"),
        (None, ("en", "fr"), "fr"),
        (None, ("en", "iu"), "en"),
        (None, ("iu",), "ja"),
        ("en", ("fr", "ja"), "en"),
    ],
)
def test_a_session_of_several_languages_is_heard_in_one_of_them(faster, language, among, heard):
    assert faster.transcribe(MINUTES, language=language, among=among).language == heard


def test_silence_has_no_language_whatever_might_be_spoken(faster, monkeypatch):
    monkeypatch.setattr(spoken, "voice_activity", lambda _audio: [])
    assert faster._one_of(np.zeros(16_000, dtype=np.float32), ["en", "fr"]) is None
    assert faster._one_of(np.zeros(16_000, dtype=np.float32), ["en"]) is None


class Original:
    """The parts of openai-whisper that tell a language."""

    is_multilingual = True
    num_languages = 4
    device = "cpu"
    dims = SimpleNamespace(n_mels=80)
    tokenizer = SimpleNamespace(LANGUAGES={"en": "english", "zh": "chinese", "fr": "french", "ja": "japanese"})

    def __init__(self) -> None:
        self.detected = 0

    def pad_or_trim(self, audio: np.ndarray) -> np.ndarray:
        return audio

    def log_mel_spectrogram(self, _audio: np.ndarray, _mels: int) -> SimpleNamespace:
        return SimpleNamespace(to=lambda _device: None)

    def detect_language(self, _mel: object) -> tuple[None, dict[str, float]]:
        self.detected += 1
        return None, CHANCES[self.detected % 2]


def test_the_original_whisper_chooses_among_the_languages_too():
    listener = object.__new__(OpenAIWhisper)
    listener._whisper = listener._model = Original()
    speech = [(0.0, 200.0)]
    assert listener._language(MINUTES, speech) == "ja"
    assert listener._language(MINUTES, speech, ("en", "fr")) == "fr"
    assert listener._language(MINUTES, speech, ("iu",)) == "ja"
