import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput, DiskFull
from tests.transcription.sounds import Drip, Sink, save, tone
from transcription.audio import load_16k_mono, samples_digest, silence, to_flac


def flac_of(path: Path) -> Sink:
    sink = Sink()
    to_flac(path, sink)
    return sink


def samples_of(data: bytes) -> np.ndarray:
    return np.round(load_16k_mono(io.BytesIO(data)) * 32768).astype(np.int16)


def test_a_wav_comes_back_sample_for_sample_through_a_sink_that_cannot_seek(tmp_path):
    wave = tone(1.5)
    source = save(tmp_path / "a.wav", [(0, wave)])
    sink = Sink()
    info = to_flac(source, sink)
    assert (info.duration_s, info.sample_rate_hz, info.channels) == (1.5, 16_000, 1)
    assert info.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert info.peak == pytest.approx(10_000 / 32_768, abs=1e-4)
    assert np.array_equal(samples_of(bytes(sink.data)), wave[:, 0])


def test_a_stream_that_only_drips_reads_the_same_as_one_that_seeks(tmp_path):
    data = bytes(flac_of(save(tmp_path / "a.wav", [(0, tone(1))])).data)
    assert np.array_equal(load_16k_mono(Drip(data)), load_16k_mono(io.BytesIO(data)))


def test_the_samples_are_floats_between_minus_one_and_one(tmp_path):
    heard = load_16k_mono(
        flac_of(save(tmp_path / "a.wav", [(0, tone(0.5, rate=44_100, channels=2))], rate=44_100)).reader()
    )
    assert heard.dtype == np.float32
    assert heard.ndim == 1
    assert 0.2 < np.abs(heard).max() < 0.5
    assert len(heard) == pytest.approx(8_000, abs=40)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.m4a", "aac", 32_000),
        ("a.ogg", "libopus", 48_000),
        ("a.mp3", "libmp3lame", 44_100),
        ("a.flac", "flac", 22_050),
    ],
)
def test_every_common_kind_keeps_its_rate_and_length(tmp_path, name, codec, rate):
    info = to_flac(save(tmp_path / name, [(0, tone(2, rate=rate))], rate=rate, codec=codec), Sink())
    assert info.sample_rate_hz == rate
    assert info.duration_s == pytest.approx(2, abs=0.1)


def test_a_rate_above_48_khz_comes_down_to_it(tmp_path):
    info = to_flac(save(tmp_path / "a.wav", [(0, tone(1, rate=96_000))], rate=96_000), Sink())
    assert (info.sample_rate_hz, info.duration_s) == (48_000, pytest.approx(1, abs=0.01))


def test_stereo_stays_stereo(tmp_path):
    assert to_flac(save(tmp_path / "a.wav", [(0, tone(1, channels=2))]), Sink()).channels == 2


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_the_sound_of_a_video_is_taken(tmp_path, name):
    info = to_flac(save(tmp_path / name, [(0, tone(3))], codec="aac", video=True), Sink())
    assert info.duration_s == pytest.approx(3, abs=0.15)


def test_a_pause_in_the_source_clock_becomes_silence_so_that_times_stay_right(tmp_path):
    source = save(tmp_path / "a.mkv", [(0, tone(1)), (4, tone(1))])
    sink = Sink()
    assert to_flac(source, sink).duration_s == pytest.approx(5, abs=0.05)
    heard = load_16k_mono(sink.reader())
    assert np.abs(heard[24_000:56_000]).max() == 0
    assert np.abs(heard[66_000:78_000]).max() > 0.2


def test_progress_counts_seconds_up_to_the_end(tmp_path):
    seen: list[float] = []
    to_flac(save(tmp_path / "a.wav", [(0, tone(2))]), Sink(), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(2, abs=0.1)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "a.wav").touch()
    with pytest.raises(BadInput, match="empty file"):
        to_flac(tmp_path / "a.wav", Sink())


def test_a_file_that_is_no_recording_is_refused_without_its_name(tmp_path):
    path = tmp_path / "Jane Doe.mp4"
    path.write_bytes(b"dear diary " * 500)
    with pytest.raises(BadInput, match="not a sound or video file") as failure:
        to_flac(path, Sink())
    assert "Jane" not in str(failure.value) + failure.value.hint
    assert failure.value.exit_code == 3


def test_a_video_without_sound_is_refused(tmp_path):
    import av

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))
    with pytest.raises(BadInput, match="no sound"):
        to_flac(path, Sink())


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [("a.wav", "pcm_s16le", None), ("a.m4a", "aac", None), ("a.mkv", "flac", None), ("a.mp4", "aac", None)],
)
def test_a_recording_cut_short_is_refused(tmp_path, name, codec, container):
    path = save(tmp_path / name, [(0, tone(20))], codec=codec, container=container, video=name == "a.mp4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BadInput, match=r"cut short|end is missing"):
        to_flac(path, Sink())


@pytest.mark.parametrize("write", [1, 2, 5])
def test_a_full_disk_is_reported_as_such_and_not_as_a_bad_recording(tmp_path, write):
    source = save(tmp_path / "a.wav", [(0, np.random.default_rng(1).integers(-9000, 9000, (80_000, 1), np.int16))])
    with pytest.raises(DiskFull, match="no room"):
        to_flac(source, Sink(write, DiskFull("no room", hint="Free some.")))


@given(
    spans=st.lists(
        st.tuples(st.floats(-1, 4), st.floats(0, 4)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=5
    )
)
def test_silence_covers_the_spans_and_changes_nothing_else(spans):
    wave = np.random.default_rng(7).integers(1, 20_000, (48_000, 2)).astype(np.int16)
    sink = Sink()
    silence(io.BytesIO(flac_bytes(wave)), sink, spans)
    wanted = wave.copy()
    for start, end in spans:
        wanted[max(0, int(np.floor(start * 16_000))) : max(0, int(np.ceil(end * 16_000)))] = 0
    assert np.array_equal(raw_samples(bytes(sink.data)), wanted)


def test_silence_leaves_whole_samples_at_both_edges_silent():
    wave = np.full((16_000, 1), 5_000, dtype=np.int16)
    sink = Sink()
    silence(Drip(flac_bytes(wave)), sink, [(0.25003, 0.5)])
    heard = raw_samples(bytes(sink.data))
    assert len(heard) == 16_000
    assert not heard[4_000:8_000].any()
    assert heard[:4_000].all()
    assert heard[8_000:].all()


def flac_bytes(wave: np.ndarray) -> bytes:
    import av

    sink = io.BytesIO()
    layout = "mono" if wave.shape[1] == 1 else "stereo"
    with av.open(sink, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=16_000, layout=layout)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = 16_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return sink.getvalue()


def raw_samples(data: bytes) -> np.ndarray:
    import av

    with av.open(io.BytesIO(data)) as container:
        channels = container.streams.audio[0].channels
        return np.concatenate([frame.to_ndarray().reshape(-1, channels) for frame in container.decode(audio=0)])


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2), (96_000, 1)])
def test_the_digest_of_what_was_kept_is_that_of_what_comes_back(tmp_path, rate, channels):
    sink = Sink()
    info = to_flac(save(tmp_path / "a.wav", [(0, tone(0.7, rate=rate, channels=channels))], rate=rate), sink)
    data = bytes(sink.data)
    assert samples_digest(io.BytesIO(data)) == samples_digest(Drip(data)) == info.samples_sha256


def test_one_other_sample_makes_another_digest(tmp_path):
    wave = tone(0.5)
    other = wave.copy()
    other[4_000] += 1
    digests = {to_flac(save(tmp_path / "a.wav", [(0, one)]), Sink()).samples_sha256 for one in (wave, wave, other)}
    assert len(digests) == 2
