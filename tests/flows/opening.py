"""Sessions of the small study that are ready to be opened: their words laid out and searched, with no model loaded."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from consent.register import to_ledger_event
from deidentification.find import Recognisers
from flows import steps
from flows.intake import NewSession, add_session
from flows.progress import Progress
from flows.settings import utc_now
from flows.study import Study
from flows.worker import Worker
from schemas.consent import ConsentEvent, ConsentKind, Use
from schemas.ledger import EventKind
from schemas.speech import TrackWords, Transcript, Word
from tests.deidentification.support import FakeNames

RATE_HZ = 8_000
QUIET = Progress(quiet=True)


def without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are looked for with the roster and the patterns alone."""
    monkeypatch.setattr(steps, "recognisers", lambda *_: Recognisers((FakeNames(),)))
    monkeypatch.setattr(steps, "recogniser_versions", lambda *_: {"fake": "1"})


def find_all(study: Study, session: str, words: str = "") -> None:
    """Do with a session what a run does, up to "names found"."""
    worker, store = Worker(study, QUIET), study.vault.session(session)
    steps.find_names(worker, store, words, steps.attribute(worker, store, words))


def add_spoken(study: Study, folder: Path, session: str, spoken: dict[str, Sequence[tuple[float, str]]]) -> None:
    """Add a session with one recording a person: a tone of 20 seconds, and words that were heard in it.

    Args:
        spoken: File name (whose voice it is) to times and words; a word lasts half a second.
    """
    place = folder / session
    place.mkdir()
    for number, name in enumerate(spoken, start=1):
        tone(place / f"{number}-{name}.wav", 20)
    add_session(study, NewSession(session, "2026-03-04T09:00+13:00", recordings=(place,)), QUIET)
    heard = tuple(_heard(f"t{number}", words) for number, words in enumerate(spoken.values(), start=1))
    transcript = Transcript(model="m", model_sha256="0" * 64, settings={}, tracks=heard)
    study.vault.session(session).put_stage("transcript", "heard", transcript)
    find_all(study, session, "heard")


def tone(path: Path, seconds: float) -> Path:
    """A loud tone, so that silence in it is somebody's doing."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((12_000 * np.cos(2 * np.pi * 440 * time)).astype("<i2").tobytes())
    return path


def withdraw(study: Study, participant: str, *, use: Use | None = None) -> None:
    """Record that somebody withdraws, of everything or of one use."""
    event = ConsentEvent(
        participant=participant, event=ConsentKind.WITHDRAW, at=utc_now(), data="erase", destroy_on=utc_now(), use=use
    )
    study.record(to_ledger_event(event))


def accesses(study: Study) -> list[dict[str, object]]:
    """What the register says of who opened what, oldest first."""
    return [entry.payload or {} for entry in study.ledger.entries() if entry.kind is EventKind.ACCESS]


def _heard(track: str, words: Sequence[tuple[float, str]]) -> TrackWords:
    said = tuple(Word(text=text, start_s=start, end_s=start + 0.5) for start, text in words)
    return TrackWords(track=track, language="en", duration_s=20, words=said)
