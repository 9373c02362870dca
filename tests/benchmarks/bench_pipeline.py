"""What the whole pipeline costs beside bare faster-whisper: same audio, same settings, same process, start-up apart.

    uv run python -m tests.benchmarks.bench_pipeline --json [--minutes 10]

The recording is the demo's mixed session, repeated until it is long enough, with its transcript repeated beside it.
"start-up" is a first run on a minute of audio: it loads the models and starts Prefect's temporary server.
"""

import argparse
import json
import os
import tempfile
import time
import wave
from pathlib import Path

from flows.consenting import import_sheet
from flows.forms import add_form
from flows.intake import NewSession, add_session
from flows.people import import_roster
from flows.progress import Progress
from flows.run import run_study
from flows.study import Study

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo"
SOURCE = DEMO / "sessions" / "S2"
RATE = 16_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.minutes * 60)
    print(json.dumps(figures, indent=2) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))


def measure(folder: Path, seconds: float) -> dict[str, float]:
    """Seconds of the pipeline and of bare faster-whisper on the same audio, and their ratio."""
    study = _study(folder)
    progress = Progress(quiet=True)
    start_up = _run(study, folder, "WARM", 60, progress)
    add_s, run_s = _run(study, folder, "LONG", seconds, progress)
    bare_s = _bare(study, folder / "LONG.wav", "LONG")
    again = time.perf_counter()
    run_study(study, [], progress)
    return {
        "audio_s": seconds,
        "start_up_s": round(sum(start_up), 2),
        "session_add_s": round(add_s, 2),
        "run_s": round(run_s, 2),
        "bare_faster_whisper_s": round(bare_s, 2),
        "ratio_run_over_bare": round(run_s / bare_s, 3),
        "run_with_nothing_to_do_s": round(time.perf_counter() - again, 3),
    }


def _study(folder: Path) -> Study:
    study = Study.create(
        folder / "study", title="bench", approval="-", language="en", user="pi", passphrase="bench passphrase"
    )
    for name in ("participant-v1", "participant-v2", "team-v1"):
        add_form(study, DEMO / "forms" / f"{name}.md", version=name, language="en", approvals=("-",))
    import_roster(study, DEMO / "roster.csv")
    import_sheet(study, DEMO / "consents.csv")
    return study


def _run(study: Study, folder: Path, session: str, seconds: float, progress: Progress) -> tuple[float, float]:
    """Seconds of taking a session in, and of running it."""
    recording, transcript = _repeated(folder, session, seconds)
    new = NewSession(
        session=session,
        start="2026-05-13T10:00-04:00",
        recordings=(recording,),
        transcript=transcript,
        speakers=SOURCE / "speakers.csv",
    )
    begin = time.perf_counter()
    add_session(study, new, progress)
    added = time.perf_counter()
    run_study(study, [session], progress)
    return added - begin, time.perf_counter() - added


def _repeated(folder: Path, session: str, seconds: float) -> tuple[Path, Path]:
    """The demo's recording as a WAV of the given length, and its transcript to match."""
    from transcription.audio import load_16k_mono

    with (SOURCE / "recording.opus").open("rb") as stream:
        once = load_16k_mono(stream)
    times = int(seconds * RATE / len(once)) + 1
    samples = (once * 32767).astype("<i2")
    recording = folder / f"{session}.wav"
    with wave.open(str(recording), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(RATE)
        for _ in range(times):
            sink.writeframes(samples[: max(0, int(seconds * RATE) - sink.tell())].tobytes())
    transcript = folder / f"{session}.vtt"
    transcript.write_text(_shifted(len(once) / RATE, times, seconds), encoding="utf-8")
    return recording, transcript


def _shifted(length_s: float, times: int, until_s: float) -> str:
    from transcription.formats import read_cues

    lines = ["WEBVTT", ""]
    for number in range(times):
        for cue in read_cues(SOURCE / "transcript.vtt").cues:
            start, end = cue.start_s + number * length_s, cue.end_s + number * length_s
            if end <= until_s:
                lines += [f"{_stamp(start)} --> {_stamp(end)}", f"{cue.speaker}: {cue.text}", ""]
    return "\n".join(lines)


def _stamp(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{seconds % 60:06.3f}"


def _bare(study: Study, recording: Path, session: str) -> float:
    """Seconds of faster-whisper alone, model loaded, same settings and hot words, words written nowhere."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel
    from faster_whisper.audio import decode_audio

    from transcription.models import find_model

    intake = study.vault.session(session).intake()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    model = WhisperModel(str(find_model("base").path), "cpu", compute_type="int8", cpu_threads=cores)
    pipeline = BatchedInferencePipeline(model)
    begin = time.perf_counter()
    segments, _ = pipeline.transcribe(
        decode_audio(str(recording)),
        language="en",
        beam_size=5,
        batch_size=8,
        vad_filter=True,
        word_timestamps=True,
        hotwords=", ".join(intake.hotwords or ()) or None,
    )
    sum(len(segment.words or ()) for segment in segments)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
