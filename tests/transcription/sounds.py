"""Made-up recordings for the tests of this room."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray


class Sink:
    """A stream that can only be written, as an encrypting one."""

    def __init__(self, fails_at: int | None = None, error: BaseException | None = None) -> None:
        self.data = bytearray()
        self._left = fails_at
        self._error = error

    def write(self, data: bytes) -> int:
        if self._left is not None:
            self._left -= 1
            if self._left <= 0 and self._error:
                raise self._error
        self.data += data
        return len(data)

    def reader(self) -> io.BytesIO:
        return io.BytesIO(bytes(self.data))


class Drip(io.RawIOBase):
    """A stream that can only be read, a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._inner.read(min(len(buffer), 777))
        buffer[: len(piece)] = piece
        return len(piece)


def tone(seconds: float, rate: int = 16_000, channels: int = 1, hertz: float = 220.0) -> NDArray[np.int16]:
    """A tone at a third of full scale, shape (frames, channels)."""
    time = np.arange(int(seconds * rate)) / rate
    wave = (np.sin(2 * np.pi * hertz * time) * 10_000).astype(np.int16)
    return np.repeat(wave[:, None], channels, axis=1)


def save(
    path: Path,
    pieces: Iterable[tuple[float, NDArray[np.int16]]],
    *,
    rate: int = 16_000,
    codec: str = "pcm_s16le",
    video: bool = False,
    container: str | None = None,
) -> Path:
    """Write sound pieces, each at its own time (s), to a file of any kind."""
    with av.open(str(path), "w", format=container) as out:
        pictures: Any = out.add_stream("mpeg4", rate=5) if video else None
        if video:
            pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        stream: Any = None
        last = 0.0
        for at_s, samples in pieces:
            layout = "mono" if samples.shape[1] == 1 else "stereo"
            stream = stream or out.add_stream(codec, rate=rate, layout=layout)
            for first in range(0, len(samples), 1_000):
                part = np.ascontiguousarray(samples[first : first + 1_000]).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(part, format="s16", layout=layout)
                frame.sample_rate, frame.pts = rate, round(at_s * rate) + first
                out.mux(stream.encode(frame))
            last = at_s + len(samples) / rate
        for number in range(int(last * 5) if video else 0):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts = number
            out.mux(pictures.encode(frame))
        for one in filter(None, (pictures, stream)):
            out.mux(one.encode(None))
    return path
