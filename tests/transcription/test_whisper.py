import io
import itertools
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import BadInput, MissingTool, UsageError
from transcription.audio import load_16k_mono
from transcription.models import Model
from transcription.whisper import FasterWhisper, blocks, fit, recogniser, words_of

PHRASE = Path(__file__).parent / "data" / "phrase.ogg"


@given(st.lists(st.text("abcdef ", max_size=12), max_size=30), st.integers(0, 60))
def test_hotwords_are_kept_from_the_front_while_they_fit(names, limit):
    kept, cut = fit(names, limit, len)
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    assert list(kept) == wanted[: len(kept)]
    assert len(kept) + cut == len(wanted)
    assert not kept or len(" " + ", ".join(kept)) <= limit
    assert not cut or len(" " + ", ".join(wanted[: len(kept) + 1])) > limit


@given(st.integers(0, 400_000), st.floats(2, 9))
def test_blocks_cover_every_sample_once_and_none_is_too_long(length, longest_s):
    audio = np.zeros(length, dtype=np.float32)
    cut = list(blocks(audio, longest_s))
    assert [edge for block in cut for edge in block] == sorted(edge for block in cut for edge in block)
    assert sum(end - start for start, end in cut) == length
    assert all(a[1] == b[0] for a, b in itertools.pairwise(cut))
    assert all(0 < end - start <= longest_s * 16_000 for start, end in cut)


def test_a_block_is_cut_where_nobody_speaks():
    audio = np.full(16_000 * 20, 0.2, dtype=np.float32)
    audio[16_000 * 7 : 16_000 * 9] = 0
    (_, cut), *_ = blocks(audio, 10)
    assert 7 <= cut / 16_000 <= 9


def segment(*pieces: str) -> SimpleNamespace:
    spoken = [
        SimpleNamespace(word=piece, start=index * 0.5, end=index * 0.5 + 0.4, probability=0.9 - index / 10)
        for index, piece in enumerate(pieces)
    ]
    return SimpleNamespace(words=spoken, end=len(pieces) * 0.5)


def test_pieces_without_a_space_before_them_belong_to_the_word_before():
    found = words_of([segment(" Jean", "-Luc", " said", " 3", ".5"), segment("Yes")], 10.0, "en", None)
    assert [word.text for word in found] == ["Jean-Luc", "said", "3.5", "Yes"]
    assert (found[0].start_s, found[0].end_s, found[0].confidence) == (10.0, 10.9, 0.8)


def test_languages_without_spaces_keep_their_pieces():
    assert [word.text for word in words_of([segment("今日", "は")], 0, "ja", None)] == ["今日", "は"]


def test_progress_tells_seconds_of_the_whole_recording():
    seen: list[float] = []
    words_of([segment(" a"), segment(" b", " c")], 600.0, "en", seen.append)
    assert seen == [600.5, 601.0]


def test_an_unknown_backend_is_a_mistake_in_the_command():
    with pytest.raises(UsageError, match="no recogniser 'siri'"):
        recogniser("base", "siri")


def test_a_broken_model_is_reported_without_a_traceback(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(MissingTool, match="cannot be loaded"):
        FasterWhisper(Model("broken", tmp_path, "0" * 64), "cpu")


@pytest.fixture(scope="module")
def base():
    return recogniser("base", device="cpu")


@pytest.mark.models
def test_speech_comes_back_as_its_words_with_times(base):
    audio = load_16k_mono(io.BytesIO(PHRASE.read_bytes()))
    seen: list[float] = []
    heard = base.transcribe(audio, language=None, hotwords=["Thursday"], progress=seen.append)
    text = " ".join(word.text for word in heard.words)
    assert text == "The committee will meet on Thursday. The second year is the hardest part of every project."
    assert (heard.language, heard.flags, heard.hotwords_cut) == ("en", (), 0)
    assert heard.words[-1].end_s <= heard.duration_s + 0.1 == pytest.approx(6.55, abs=0.05)
    edges = [edge for word in heard.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert seen[-1] == pytest.approx(heard.duration_s)


@pytest.mark.models
def test_silence_gives_no_words(base):
    heard = base.transcribe(np.zeros(16_000 * 40, dtype=np.float32), language=None)
    assert (heard.words, heard.flags, heard.language) == ((), ("silent",), "und")


@pytest.mark.models
def test_a_long_roster_is_cut_to_the_recognisers_limit_and_counted(base):
    names = [f"Person Number{index} Something" for index in range(200)]
    kept, cut = base.fit_hotwords(names)
    assert kept == tuple(names[: len(kept)])
    assert 10 < len(kept) < 100
    assert len(kept) + cut == 200


@pytest.mark.models
def test_a_language_that_the_model_does_not_know_is_told(base):
    with pytest.raises(BadInput, match="knows no language with the code iu"):
        base.transcribe(np.zeros(16_000, dtype=np.float32), language="iu")
