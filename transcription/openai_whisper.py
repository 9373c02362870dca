"""The original Whisper behind the same protocol, for parity checks. An extra: it needs torch."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.errors import MissingTool
from schemas.speech import Word
from transcription.audio import WHISPER_HZ
from transcription.models import sha256_of
from transcription.quality import LEAST, check
from transcription.whisper import BEAM, Audio, Heard, Progress, fit, joined

PROMPT_TOKENS = 223


class OpenAIWhisper:
    """The reference implementation, with the same voice activity detection before it.

    Args:
        name: A model name (``base``), or the path of a ``.pt`` file.
        folders: Folders with ``NAME.pt`` in them, searched before Whisper's own cache.
        device: ``auto``, ``cpu`` or ``cuda``.
    Raises:
        MissingTool: the package or the weights are not on this machine.
    """

    def __init__(self, name: str = "base", folders: Sequence[Path] = (), device: str = "auto") -> None:
        if importlib.util.find_spec("whisper") is None:
            raise MissingTool("openai-whisper is not installed", hint="Install it: pip install openai-whisper")
        weights = find_weights(name, folders)
        import whisper

        self._whisper: Any = whisper
        self._model: Any = whisper.load_model(str(weights), device=None if device == "auto" else device)
        self.model = f"openai:{weights.stem}"
        self.model_sha256 = sha256_of(weights)
        self.settings = {
            "backend": f"openai-whisper {whisper.__version__}",
            "beam": str(BEAM),
            "voice_activity": "silero",
        }

    def fit_hotwords(self, names: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """The names that fit the recogniser's prompt (223 tokens), in order, and how many were cut."""
        tokenizer = self._whisper.tokenizer.get_tokenizer(self._model.is_multilingual)
        return fit(names, PROMPT_TOKENS, lambda text: len(tokenizer.encode(text)))

    def transcribe(
        self, audio: Audio, *, language: str | None, hotwords: Sequence[str] = (), progress: Progress | None = None
    ) -> Heard:
        """Words with times and confidence; see ``FasterWhisper.transcribe``."""
        names, cut = self.fit_hotwords(hotwords)
        speech = voice_activity(audio)
        segments: list[Any] = []
        if speech:
            found = self._hear(audio, speech, language, names)
            language, segments = found["language"], found["segments"]
        words = [_word(word) for segment in segments for word in segment["words"]]
        if progress:
            progress(len(audio) / WHISPER_HZ)
        checked, flags = check([word for word in words if word.text], speech, audio, WHISPER_HZ)
        return Heard(
            language=language or "und",
            duration_s=len(audio) / WHISPER_HZ,
            words=checked,
            flags=flags,
            hotwords_cut=cut,
        )

    def _hear(
        self, audio: Audio, speech: Sequence[tuple[float, float]], language: str | None, names: Sequence[str]
    ) -> dict[str, Any]:
        heard: dict[str, Any] = self._model.transcribe(
            audio,
            language=language,
            beam_size=BEAM,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=joined(names) or None,
            carry_initial_prompt=bool(names),
            clip_timestamps=[edge for span in speech for edge in span],
            fp16=False,
            verbose=None,
        )
        return heard


def find_weights(name: str, folders: Sequence[Path] = ()) -> Path:
    """The ``.pt`` file of a model: a path, in ``folders``, or in Whisper's own cache.

    Raises:
        MissingTool: it is nowhere on this machine.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
    for place in [Path(name), *(folder / f"{name}.pt" for folder in (*folders, cache))]:
        if place.suffix == ".pt" and place.is_file():
            return place
    raise MissingTool(
        "the weights of this openai-whisper model are not on this machine",
        hint="Put NAME.pt into a models folder, or give the path of a .pt file.",
    )


def voice_activity(audio: Audio) -> list[tuple[float, float]]:
    """(start, end) in seconds of the stretches in which somebody speaks, at most 30 s each."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(max_speech_duration_s=30, min_silence_duration_ms=160)
    return [(span["start"] / WHISPER_HZ, span["end"] / WHISPER_HZ) for span in get_speech_timestamps(audio, options)]


def _word(word: dict[str, Any]) -> Word:
    start_s = round(float(word["start"]), 3)
    return Word(
        text=word["word"].strip(),
        start_s=start_s,
        end_s=max(start_s, round(float(word["end"]), 3)),
        confidence=max(LEAST, round(float(word["probability"]), 4)),
    )
