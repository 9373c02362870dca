"""Recordings in and out: any sound file to FLAC, FLAC to samples, and silence where somebody asked to be forgotten."""

import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import av
import numpy as np
from numpy.typing import NDArray

from schemas.errors import BadInput

WHISPER_HZ = 16_000
TOP_RATE_HZ = 48_000
GAP_S = 0.1
"""A hole in the source's own clock longer than this is filled with silence, so that times stay right."""
LONGEST_S = 86_400.0
Samples = NDArray[np.int16]


@dataclass(frozen=True)
class AudioInfo:
    """What a recording is: length, rate, channels, and loudest sample (0 to 1).

    ``sha256`` is over the source file's bytes, ``samples_sha256`` over the samples that were kept of it.
    """

    sha256: str
    duration_s: float
    sample_rate_hz: int
    channels: int
    peak: float
    samples_sha256: str


class _WriteOnly:
    """Hide everything but ``write``, so that FFmpeg never tries to seek in a stream that is encrypted on the way."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self.discard = False
        """Set after a failure: what FFmpeg still writes while it closes goes nowhere."""

    def write(self, data: bytes) -> int:
        if not self.discard:
            self.discard = True
            self._sink.write(bytes(data))
            self.discard = False
        return len(data)


class _ReadOnly:
    """Hide everything but ``read``."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def read(self, size: int = -1) -> bytes:
        return self._source.read(size) or b""


class _Flac:
    """Writes 16-bit samples as FLAC to a stream that need not seek."""

    def __init__(self, sink: BinaryIO, rate: int, channels: int) -> None:
        self._layout = _layout(channels)
        self._rate = rate
        self._sink = _WriteOnly(sink)
        self._out: Any = av.open(self._sink, "w", format="flac")
        self._stream: Any = self._out.add_stream("flac", rate=rate, layout=self._layout, format="s16")
        self.samples = 0
        self.peak = 0
        self.digest = hashlib.sha256()

    def add(self, samples: Samples) -> None:
        """Append samples, shape (frames, channels)."""
        if not len(samples):
            return
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self.samples
        self.samples += len(samples)
        self.peak = max(self.peak, int(np.abs(samples.astype(np.int32)).max()))
        self.digest.update(samples.astype("<i2").tobytes())
        self._mux(frame)

    def add_silence(self, seconds: float, channels: int) -> None:
        """Append ``seconds`` of silence, in pieces, so that a long pause needs no memory."""
        left = round(seconds * self._rate)
        while left > 0:
            piece = min(left, self._rate)
            self.add(np.zeros((piece, channels), dtype=np.int16))
            left -= piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        try:
            if kind is None:
                self._mux(None)
        finally:
            # A container that is left open after a failed write takes the process down when it is collected.
            self._sink.discard |= kind is not None
            # The first failure is the one to report; closing after it repeats it as FFmpeg's own.
            with suppress(av.FFmpegError) if self._sink.discard else nullcontext():
                self._out.close()

    def _mux(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._out.mux(packet)


class _Resampler:
    """Frames of any kind to 16-bit samples, shape (frames, channels), at one rate."""

    def __init__(self, rate: int, channels: int) -> None:
        self._channels = channels
        self._resampler: Any = av.AudioResampler(format="s16", layout=_layout(channels), rate=rate)

    def add(self, frame: Any) -> list[Samples]:
        """The samples that are ready after one more frame."""
        if frame is not None:
            frame.pts = None  # Holes are filled by our own clock; FFmpeg would stretch or drop instead.
        return [part.to_ndarray().reshape(-1, self._channels) for part in self._resampler.resample(frame)]

    def rest(self) -> list[Samples]:
        """The last samples."""
        return self.add(None)


def _layout(channels: int) -> str:
    return "mono" if channels == 1 else "stereo"


def to_flac(source: Path, sink: BinaryIO, progress: Callable[[float], None] | None = None) -> AudioInfo:
    """Turn any recording into FLAC, 16 bit, at its own rate (at most 48 kHz), mono or stereo. Video is never decoded.

    Args:
        source: A sound or video file (mp4, m4a, webm, mkv, mp3, wav, flac, ogg ...).
        sink: Written from start to end; it need not seek.
        progress: Called with the seconds of audio done so far.
    Returns:
        What the recording is. The clock of the source is kept: holes in it are filled with silence.
    Raises:
        BadInput: not a recording, empty, without sound, damaged, or cut short. Part of the sink may be written by then.
    """
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if file.tell() == 0:
            raise BadInput("the recording is an empty file", hint="Copy it again from where it was made.")
        _check_riff(file, file.tell())
        file.seek(0)
        with _opened(file) as container:
            return _convert(container, sink, digest, progress or _nobody)


def load_16k_mono(stream: BinaryIO) -> NDArray[np.float32]:
    """Read a recording as mono samples at 16 kHz.

    Args:
        stream: FLAC (or any sound file, if it can seek), from its start.
    Returns:
        Shape (samples,), float32, -1 to 1.
    Raises:
        BadInput: not a recording, or damaged.
    """
    with _opened(stream if _can_seek(stream) else _ReadOnly(stream)) as container:
        audio = _audio_stream(container)
        resampler = _Resampler(WHISPER_HZ, 1)
        raw = bytearray()
        for frame in _frames(container, audio):
            for piece in resampler.add(frame):
                raw += piece.tobytes()
        for piece in resampler.rest():
            raw += piece.tobytes()
    samples = np.frombuffer(raw, dtype=np.int16).astype(np.float32)
    samples /= 32768
    return samples


def samples_digest(stream: BinaryIO) -> str:
    """SHA-256 over all samples of a FLAC, decoded from start to end; compares with ``AudioInfo.samples_sha256``.

    Args:
        stream: FLAC, 16 bit, from its start.
    Raises:
        BadInput: not a recording, or damaged.
    """
    with _opened(stream if _can_seek(stream) else _ReadOnly(stream)) as container:
        audio = _audio_stream(container)
        resampler, digest = _Resampler(audio.rate, audio.channels), hashlib.sha256()
        for frame in _frames(container, audio):
            for samples in resampler.add(frame):
                digest.update(samples.astype("<i2").tobytes())
        for samples in resampler.rest():
            digest.update(samples.astype("<i2").tobytes())
    return digest.hexdigest()


def silence(source: BinaryIO, sink: BinaryIO, spans: list[tuple[float, float]]) -> None:
    """Copy a FLAC with the given times silenced; every other sample and the length stay the same.

    Args:
        source: FLAC, 16 bit, from its start.
        sink: Written from start to end; it need not seek.
        spans: (start, end) in seconds; they may overlap.
    Raises:
        BadInput: the source is not a recording, or damaged.
    """
    with _opened(source if _can_seek(source) else _ReadOnly(source)) as container:
        audio = _audio_stream(container)
        rate, channels = audio.rate, audio.channels
        edges = sorted((math.floor(start * rate), math.ceil(end * rate)) for start, end in spans)
        resampler = _Resampler(rate, channels)
        with _Flac(sink, rate, channels) as writer:
            for frame in _frames(container, audio):
                for samples in resampler.add(frame):
                    writer.add(_zeroed(samples, writer.samples, edges))
            for samples in resampler.rest():
                writer.add(_zeroed(samples, writer.samples, edges))


def _convert(container: Any, sink: BinaryIO, digest: str, progress: Callable[[float], None]) -> AudioInfo:
    audio = _audio_stream(container)
    rate, channels = min(audio.rate, TOP_RATE_HZ), min(audio.channels, 2)
    resampler, clock = _Resampler(rate, channels), _Clock(container)
    with _Flac(sink, rate, channels) as writer:
        for frame in _frames(container, audio, clock):
            writer.add_silence(_hole(frame, clock.start_s, writer.samples / rate), channels)
            for samples in resampler.add(frame):
                writer.add(samples)
            progress(writer.samples / rate)
        for samples in resampler.rest():
            writer.add(samples)
        _check_length(clock, writer.samples / rate)
    seconds, loudest = writer.samples / rate, writer.peak / 32768
    return AudioInfo(digest, seconds, rate, channels, loudest, writer.digest.hexdigest())


class _Clock:
    """How long the file says it is, and how far its packets reach, both in seconds from its own start."""

    def __init__(self, container: Any) -> None:
        self.start_s = (container.start_time or 0) / 1_000_000
        self.declared_s = None if container.duration is None else container.duration / 1_000_000
        self.reached_s = 0.0
        self.damaged = 0

    def saw(self, packet: Any) -> None:
        if packet.pts is not None and packet.time_base is not None:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            self.reached_s = max(self.reached_s, end - self.start_s)


def _hole(frame: Any, start_s: float, done_s: float) -> float:
    """Seconds missing before this frame by the source's own clock, 0 where it runs on."""
    if frame.pts is None or frame.time is None:
        return 0.0
    hole = frame.time - start_s - done_s
    if hole > LONGEST_S:
        raise BadInput("the recording's clock jumps by more than a day", hint=_REMAKE)
    return hole if hole > GAP_S else 0.0


def _check_length(clock: _Clock, seconds: float) -> None:
    if seconds == 0:
        raise BadInput("the recording holds no sound at all", hint=_REMAKE)
    reached = max(clock.reached_s, seconds)
    if clock.declared_s is not None and reached < clock.declared_s - max(2.0, 0.02 * clock.declared_s):
        raise BadInput(
            f"the recording is cut short: it stops at {_minutes(reached)} and should last {_minutes(clock.declared_s)}",
            hint=_REMAKE,
        )
    if clock.damaged > 3:
        raise BadInput(f"the recording is damaged in {clock.damaged} places", hint=_REMAKE)


def _check_riff(file: BinaryIO, size: int) -> None:
    """FFmpeg takes a WAV's length from the file's size, so only its header shows that the rest is missing."""
    file.seek(0)
    head = file.read(12)
    declared = int.from_bytes(head[4:8], "little") + 8
    # Recorders that stream write 0 or the highest number: then nothing is declared.
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE" and size + 4096 < declared < 0xFFFFFFFF:
        raise BadInput(f"the recording is cut short: it holds {size:,} of {declared:,} bytes", hint=_REMAKE)


_REMAKE = "Copy it again from where it was made; if there is no better copy, save this one anew with a media player."


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


def _opened(file: Any) -> Any:
    try:
        return av.open(file, "r", metadata_errors="ignore")
    except (av.FFmpegError, ValueError):
        raise BadInput(
            "the recording is not a sound or video file that can be read, or its end is missing",
            hint="Give the file the meeting tool saved (mp4, m4a, webm, wav, flac, ogg ...), complete.",
        ) from None


def _audio_stream(container: Any) -> Any:
    if not container.streams.audio:
        raise BadInput("the recording has no sound in it", hint="Give a file with an audio track.")
    stream = container.streams.audio[0]
    if not stream.rate or not stream.channels:
        raise BadInput("the recording's sound cannot be read", hint=_REMAKE)
    stream.thread_type = "AUTO"
    return stream


def _frames(container: Any, audio: Any, clock: _Clock | None = None) -> Iterator[Any]:
    """Decoded audio frames in order. Video packets are looked at for their times only."""
    watched = [audio, *container.streams.video] if clock else [audio]
    try:
        for packet in container.demux(*watched):
            if clock:
                clock.saw(packet)
            if packet.stream.index == audio.index:
                yield from _decoded(packet, clock)
    except av.FFmpegError:
        raise BadInput("the recording is damaged and cannot be read to its end", hint=_REMAKE) from None


def _decoded(packet: Any, clock: _Clock | None) -> list[Any]:
    try:
        return list(packet.decode())
    except av.InvalidDataError:
        if clock is None:
            raise
        # A few bad packets (often the very first) are common; the hole is filled by the clock.
        clock.damaged += 1
        return []


def _zeroed(samples: Samples, first: int, edges: list[tuple[int, int]]) -> Samples:
    last = first + len(samples)
    touching = [(start, end) for start, end in edges if start < last and end > first]
    if not touching:
        return samples
    quiet = samples.copy()
    for start, end in touching:
        quiet[max(0, start - first) : max(0, end - first)] = 0
    return quiet


def _can_seek(stream: BinaryIO) -> bool:
    return bool(getattr(stream, "seekable", bool)())


def _nobody(_seconds: float) -> None:
    return None
