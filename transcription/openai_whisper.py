"""The original Whisper behind the same protocol, for parity checks. An extra: it needs torch."""

import base64
import gzip
import importlib.util
import os
import pickle
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from schemas.errors import MissingTool
from schemas.speech import Word
from transcription.audio import WHISPER_HZ
from transcription.models import sha256_of
from transcription.spoken import WINDOW_S, likeliest, opening, speech_of, voice_activity
from transcription.whisper import BEAM, Audio, Heard, Progress, check_language, checked_words, fit, joined, words_of

PROMPT_TOKENS = 223
PAUSE_S = 3.0
"""A longer silence is not heard: Whisper makes up words in it."""
FILES = {"large": "large-v3", "turbo": "large-v3-turbo"}
"""Models whose file has another name."""


class OpenAIWhisper:
    """The reference implementation, with the same voice activity detection before it.

    Args:
        name: A model name (``base``), or the path of a ``.pt`` file.
        folders: Folders with ``NAME.pt`` in them, searched before Whisper's own cache.
        device: ``auto``, ``cpu`` or ``cuda``.
    Raises:
        MissingTool: the package or the weights are not on this machine, or cannot be loaded.
    """

    def __init__(self, name: str = "base", folders: Sequence[Path] = (), device: str = "auto") -> None:
        if importlib.util.find_spec("whisper") is None:
            raise MissingTool("openai-whisper is not installed", hint="Install it: pip install openai-whisper")
        weights = find_weights(name, folders)
        import whisper

        self._whisper: Any = whisper
        self._model: Any = _load(whisper, weights, None if device == "auto" else device)
        self.model = f"openai:{weights.stem}"
        self.model_sha256 = sha256_of(weights)
        self.settings = {
            "backend": f"openai-whisper {whisper.__version__}",
            "beam": str(BEAM),
            "temperature": "0",
            "voice_activity": "silero",
        }

    def fit_hotwords(self, names: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """The names that fit the recogniser's prompt (223 tokens), in order, and how many were cut."""
        tokenizer = self._whisper.tokenizer.get_tokenizer(self._model.is_multilingual)
        return fit(names, PROMPT_TOKENS, lambda text: len(tokenizer.encode(text)))

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None,
        hotwords: Sequence[str] = (),
        among: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Heard:
        """Words with times and confidence; see ``FasterWhisper.transcribe``."""
        check_language(language, self._languages())
        names, cut = self.fit_hotwords(hotwords)
        speech = voice_activity(audio)
        if speech:
            language = language or self._language(audio, speech, among)
        words: list[Word] = []
        for start_s, end_s in windows(speech):
            words += self._hear(audio, start_s, end_s, language, names)
            if progress:
                progress(end_s)
        if progress:
            progress(len(audio) / WHISPER_HZ)
        checked, flags = checked_words(words, speech, audio, names, lambda a, b: self._hear(audio, a, b, language, ()))
        return Heard(
            language=language or "und",
            duration_s=len(audio) / WHISPER_HZ,
            words=checked,
            flags=flags,
            hotwords_cut=cut,
        )

    def _languages(self) -> list[str]:
        count = self._model.num_languages if self._model.is_multilingual else 1
        return list(self._whisper.tokenizer.LANGUAGES)[:count]  # English is the first

    def _language(self, audio: Audio, speech: Sequence[tuple[float, float]], among: Sequence[str] = ()) -> str:
        """The language of the first 30 s of speech (Whisper itself would listen to the silence before it).

        Where languages are given in ``among``: the likeliest of those the model knows, in its first two minutes.
        """
        if not self._model.is_multilingual:
            return "en"
        known = [code for code in among if code in self._languages()]
        if known:
            return likeliest([self._chances(window) for window in opening(audio)], known) or known[0]
        chances = self._chances(speech_of(audio, speech))
        return max(chances, key=lambda code: chances[code])

    def _chances(self, spoken: Audio) -> dict[str, float]:
        window = self._whisper.pad_or_trim(spoken)
        mel = self._whisper.log_mel_spectrogram(window, self._model.dims.n_mels).to(self._model.device)
        _, chances = self._model.detect_language(mel)
        return {str(code): float(chance) for code, chance in chances.items()}

    def _hear(
        self, audio: Audio, start_s: float, end_s: float, language: str | None, names: Sequence[str]
    ) -> list[Word]:
        """The words of a stretch; Whisper gets no more than that, so memory stays the same at any length."""
        first = int(start_s * WHISPER_HZ)
        heard = self._model.transcribe(
            audio[first : int(end_s * WHISPER_HZ)],
            language=language,
            # The same recording gives the same words: at a higher temperature they are drawn by chance.
            temperature=0.0,
            beam_size=BEAM,
            word_timestamps=True,
            condition_on_previous_text=False,
            initial_prompt=joined(names) or None,
            fp16=False,
            verbose=None,
        )
        segments = [_segment(segment) for segment in heard["segments"]]
        return words_of(segments, first / WHISPER_HZ, str(language), None)


def find_weights(name: str, folders: Sequence[Path] = ()) -> Path:
    """The ``.pt`` file of a model: a path, in ``folders``, or in Whisper's own cache.

    Raises:
        MissingTool: it is nowhere on this machine.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whisper"
    file = f"{FILES.get(name, name)}.pt"
    for place in [Path(name), *(folder / file for folder in (*folders, cache))]:
        if place.suffix == ".pt" and place.is_file():
            return place
    raise MissingTool(
        "the weights of this openai-whisper model are not on this machine",
        hint="Put NAME.pt into a models folder, or give the path of a .pt file.",
    )


def windows(speech: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Neighbouring stretches of speech (start, end; s) taken together, up to 30 s, where no long silence lies between.

    Voice activity ends at every breath: heard one by one, half sentences each cost as much time as 30 s.
    """
    joint: list[tuple[float, float]] = []
    for start, end in speech:
        if joint and end - joint[-1][0] <= WINDOW_S and start - joint[-1][1] <= PAUSE_S:
            joint[-1] = (joint[-1][0], end)
        else:
            joint.append((start, end))
    return joint


def _load(whisper: Any, weights: Path, device: str | None) -> Any:
    try:
        model = whisper.load_model(str(weights), device=device)
    except (RuntimeError, TypeError, LookupError, EOFError, pickle.PickleError) as error:
        raise MissingTool(
            f"the weights '{weights.stem}' cannot be loaded ({type(error).__name__})",
            hint="Fetch the .pt file again, or choose another device.",
        ) from None
    heads = whisper._ALIGNMENT_HEADS.get(weights.stem)
    if heads is not None:
        _time_by(model, heads)
    return model


def _time_by(model: Any, heads: bytes) -> None:
    """Tell the model which of its attention heads follow the sound; loading a file by its path leaves that out."""
    layers, each = model.dims.n_text_layer, model.dims.n_text_head
    if len(gzip.decompress(base64.b85decode(heads))) == layers * each:  # else only the file's name is the same
        model.set_alignment_heads(heads)
        model.to(model.device)


def _segment(segment: dict[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(end=segment["end"], words=[SimpleNamespace(**word) for word in segment["words"]])
