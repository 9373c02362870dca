"""Speech to words with times: faster-whisper in batches, and the protocol every recogniser follows."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from schemas.errors import BadInput, MissingTool, UsageError
from schemas.records import Record
from schemas.speech import TrackWords, Word
from transcription.audio import WHISPER_HZ
from transcription.models import Model, find_model
from transcription.prompted import mark_prompted
from transcription.quality import LEAST, check, fill_gaps
from transcription.spoken import likeliest, opening

Audio = NDArray[np.float32]
Progress = Callable[[float], None]

BATCH = 8
BEAM = 5
BLOCK_S = 120
"""Audio is heard in blocks, cut where it is quietest, so that memory stays the same at any length: the encoder needs
70 MB for each 30 s it hears at once, and a full batch of 8 brought an hour and a half to 1.5 GB, blocks to 1.0 GB."""
SEEK_S = 30
QUIET_S = 0.5
WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km", "bo"})


class Heard(Record):
    """What a recogniser heard in one recording."""

    language: str
    """ISO 639-1 as given or detected; ``und`` where nobody speaks."""
    duration_s: float
    words: tuple[Word, ...] = Field(repr=False)
    flags: tuple[str, ...] = ()
    hotwords_cut: int = 0
    """How many of the names given did not fit the recogniser's limit."""

    def as_track(self, track: str) -> TrackWords:
        """The same as the words of a track of a session."""
        return TrackWords(
            track=track, language=self.language, duration_s=self.duration_s, words=self.words, flags=self.flags
        )


class Recogniser(Protocol):
    """Something that turns speech into words. Loaded once, used for every track."""

    model: str
    model_sha256: str
    settings: dict[str, str]

    def fit_hotwords(self, names: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """The names that fit the limit, in order, and how many were cut."""

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None,
        hotwords: Sequence[str] = (),
        among: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Heard:
        """Words with times.

        ``audio``: mono, 16 kHz; ``language`` None: detected, as one of ``among`` where given; ``progress``: seconds
        done.
        """


class FasterWhisper:
    """Whisper on CTranslate2: int8, batches of 8, beam 5, never without voice activity detection.

    Args:
        model: From ``find_model``.
        device: ``auto`` (a GPU when there is one), ``cpu`` or ``cuda``.
    Raises:
        MissingTool: the model's files cannot be loaded.
    """

    def __init__(self, model: Model, device: str = "auto") -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        try:
            self._whisper = WhisperModel(
                str(model.path), device, compute_type="int8", cpu_threads=cores(), local_files_only=True
            )
        except (RuntimeError, ValueError) as error:
            raise MissingTool(
                f"the speech model '{model.name}' cannot be loaded ({type(error).__name__})",
                hint="Check its folder, or choose the model 'base'.",
            ) from None
        self._pipeline = BatchedInferencePipeline(self._whisper)
        self.model = model.name
        self.model_sha256 = model.sha256
        self.settings = {
            "backend": f"faster-whisper {version('faster-whisper')}",
            "compute_type": "int8",
            "batch": str(BATCH),
            "beam": str(BEAM),
            "voice_activity": "silero",
        }

    def fit_hotwords(self, names: Sequence[str]) -> tuple[tuple[str, ...], int]:
        """The names that fit the recogniser's prompt (223 tokens), in order, and how many were cut."""
        limit = self._whisper.max_length // 2 - 1
        return fit(names, limit, lambda text: len(self._whisper.hf_tokenizer.encode(text, add_special_tokens=False)))

    def transcribe(
        self,
        audio: Audio,
        *,
        language: str | None,
        hotwords: Sequence[str] = (),
        among: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Heard:
        """Words with times and confidence.

        Args:
            audio: Shape (samples,), float32, mono, 16 kHz.
            language: ISO 639-1; None: detected where speech begins.
            hotwords: Names expected to be said, most likely first.
            among: ISO 639-1; where ``language`` is None, the most probable of these is taken instead of any at all.
                Those that the model does not know are passed over.
            progress: Called with the seconds of audio done so far.
        Returns:
            What was heard, with doubtful words marked (``transcription.quality``).
        """
        check_language(language, self._whisper.supported_languages)
        language = language or self._one_of(audio, among)
        names, cut = self.fit_hotwords(hotwords)
        words: list[Word] = []
        speech: list[tuple[float, float]] = []
        for start, end in blocks(audio):
            offset_s = start / WHISPER_HZ
            segments, info = self._start(audio[start:end], language, names)
            if info.duration_after_vad > 0:
                language = language or info.language
                speech += [(a + offset_s, b + offset_s) for a, b in _speech(info)]
                words += words_of(segments, offset_s, str(language), progress)
            if progress:
                progress(end / WHISPER_HZ)
        checked, flags = checked_words(words, speech, audio, names, lambda a, b: self._again(audio, a, b, language))
        return Heard(
            language=language or "und",
            duration_s=len(audio) / WHISPER_HZ,
            words=checked,
            flags=flags,
            hotwords_cut=cut,
        )

    def _one_of(self, audio: Audio, among: Sequence[str]) -> str | None:
        """The likeliest of the languages that the model knows; None where there is none, or nobody speaks."""
        known = [code for code in among if code in self._whisper.supported_languages]
        if len(known) < 2:
            return known[0] if known and opening(audio) else None
        return likeliest([dict(self._whisper.detect_language(audio=window)[2]) for window in opening(audio)], known)

    def _again(self, audio: Audio, start_s: float, end_s: float, language: str | None) -> list[Word]:
        """The words of a stretch heard by itself, without names."""
        first = max(0, int((start_s - 0.2) * WHISPER_HZ))
        segments, info = self._start(audio[first : int((end_s + 0.2) * WHISPER_HZ)], language, ())
        if info.duration_after_vad <= 0:
            return []
        return words_of(segments, first / WHISPER_HZ, str(language or info.language), None)

    def _start(self, audio: Audio, language: str | None, names: Sequence[str]) -> tuple[Iterable[Any], Any]:
        started: tuple[Iterable[Any], Any] = self._pipeline.transcribe(
            audio,
            language=language,
            beam_size=BEAM,
            batch_size=BATCH,
            vad_filter=True,
            word_timestamps=True,
            hotwords=joined(names) or None,
            language_detection_segments=4,
        )
        return started


def checked_words(
    words: Sequence[Word],
    speech: Sequence[tuple[float, float]],
    audio: Audio,
    names: Sequence[str],
    hear: Callable[[float, float], Sequence[Word]],
) -> tuple[tuple[Word, ...], tuple[str, ...]]:
    """What a recogniser heard, with what it missed, put in by itself, or heard only because it was told.

    Args:
        words: As heard, in time order.
        speech: (start, end) of voice activity, seconds.
        audio: All of it, as ``Recogniser.transcribe`` has it.
        names: What the recogniser was told to expect.
        hear: Gives the words of a stretch, heard by itself without names.
    Returns:
        The words and all flags, as ``transcription.quality`` and ``transcription.prompted`` give them.
    """
    heard_again, filled = fill_gaps(words, speech, hear)
    checked, flags = check(heard_again, speech, audio, WHISPER_HZ)
    marked, doubts = mark_prompted(checked, names, len(audio) / WHISPER_HZ, hear)
    return marked, (*filled, *flags, *doubts)


def recogniser(
    name: str = "base", backend: str = "faster-whisper", *, folders: Sequence[Path] = (), device: str = "auto"
) -> Recogniser:
    """Load a recogniser.

    Args:
        name: Model name or folder.
        backend: ``faster-whisper``, or ``openai-whisper`` (an extra).
        folders: The user's own model folders.
        device: ``auto``, ``cpu`` or ``cuda``.
    Raises:
        MissingTool: model or backend is not on this machine.
        UsageError: no such backend.
    """
    if backend == "faster-whisper":
        return FasterWhisper(find_model(name, folders), device)
    if backend == "openai-whisper":
        from transcription.openai_whisper import OpenAIWhisper

        return OpenAIWhisper(name, folders, device)
    raise UsageError(f"there is no recogniser '{backend}'", hint="Use faster-whisper or openai-whisper.")


def check_language(language: str | None, known: Collection[str]) -> None:
    """Nothing, where ``language`` is None or one of those a model knows.

    Raises:
        BadInput: the model does not know it.
    """
    if language is not None and language not in known:
        raise BadInput(
            f"the speech model knows no language with the code {language}",
            hint="Give the language that was mostly spoken (en, fr, mi ...), or leave it out to have it detected.",
        )


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def joined(names: Sequence[str]) -> str:
    """Names as one prompt."""
    return ", ".join(names)


def fit(names: Sequence[str], limit: int, count: Callable[[str], int]) -> tuple[tuple[str, ...], int]:
    """Keep names from the front while their prompt has at most ``limit`` tokens.

    Args:
        names: Most wanted first; blanks and doubles are dropped and not counted as cut.
        limit: Tokens.
        count: Tokens of a text.
    Returns:
        The names kept, and how many were cut.
    """
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    low, high = 0, len(wanted)
    while low < high:
        middle = (low + high + 1) // 2
        if count(" " + joined(wanted[:middle])) <= limit:
            low = middle
        else:
            high = middle - 1
    return tuple(wanted[:low]), len(wanted) - low


def blocks(audio: Audio, longest_s: float = BLOCK_S) -> Iterator[tuple[int, int]]:
    """Half-open sample ranges that cover ``audio``, none longer than ``longest_s``, each cut where it is quietest."""
    start = 0
    longest = int(longest_s * WHISPER_HZ)
    while len(audio) - start > longest:
        first = start + longest - int(min(SEEK_S, longest_s / 2) * WHISPER_HZ)
        cut = first + _quietest(audio[first : start + longest])
        yield start, cut
        start = cut
    if len(audio) > start:
        yield start, len(audio)


def _quietest(audio: Audio) -> int:
    """Middle of the quietest half second, in samples."""
    step = int(QUIET_S * WHISPER_HZ)
    count = len(audio) // step
    power = np.square(audio[: count * step]).reshape(count, step).sum(axis=1)
    return int(power.argmin()) * step + step // 2


def _speech(info: Any) -> list[tuple[float, float]]:
    spans = info.transcription_options.clip_timestamps
    return [(span["start"] / WHISPER_HZ, span["end"] / WHISPER_HZ) for span in spans]


def words_of(segments: Iterable[Any], offset_s: float, language: str, progress: Progress | None) -> list[Word]:
    """The words of Whisper's segments, with pieces that no space divides put together.

    Args:
        segments: Each with ``end`` and ``words``: of these each with ``word``, ``start``, ``end`` and ``probability``.
        offset_s: Added to all times.
        language: ISO 639-1; some have no spaces between words.
        progress: Called with the end of each segment, seconds.
    """
    heard: list[Word] = []
    for segment in segments:
        first = len(heard)
        for word in segment.words or ():
            _add(heard, word, offset_s, glue=len(heard) > first and language not in WITHOUT_SPACES)
        if progress:
            progress(offset_s + segment.end)
    return heard


def _add(heard: list[Word], word: Any, offset_s: float, *, glue: bool) -> None:
    """Append a word; a piece that has no space before it belongs to the word before (Jean-Luc comes as two)."""
    text = word.word.strip()
    confidence = max(LEAST, round(float(word.probability), 4))
    start_s, end_s = round(word.start + offset_s, 3), round(word.end + offset_s, 3)
    if not text:
        return
    if glue and not word.word[:1].isspace():
        before = heard.pop()
        text, start_s = before.text + text, before.start_s
        confidence = min(confidence, before.confidence)
    heard.append(Word(text=text, start_s=start_s, end_s=max(start_s, end_s), confidence=confidence))
