"""A larger made-up study, quickly: many sessions, people with names of their own who name each other, and tones.

Everybody's names and words occur nowhere else, so that each can be looked for; everybody has a tone, so that a
recording shows whose voice is still in it.
"""

import csv
import random
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from flows.consenting import import_sheet
from flows.facts import transcript_key
from flows.forms import add_form
from flows.intake import NewSession, add_session
from flows.people import import_roster
from flows.progress import Progress
from flows.study import Study
from flows.users import add_user
from schemas.speech import TrackWords, Transcript, Word
from tests.acceptance.laboratory import DEMO, PASSPHRASE
from tests.flows.conftest import make_keys_cheap
from vault.keys import unlock

LEVELS = ("named", "first_name", "role", "pseudonym", "unnamed", "withheld")
USERS = {"ra": "assistant", "desk": "intake", "board": "ethics"}
"""Beside the investigator ``pi``; every passphrase is the laboratory's."""
VOICES = 5
RATE_HZ = 8_000
TURN_S, PAUSE_S = 5.0, 0.5
LOWEST_HZ, STEP_HZ = 300, 60
TURN = "{0} the plan {1} with our {2} and {3} before the {4} {5} came"
ACCENTS = str.maketrans("aeo", "āéô")


@dataclass(frozen=True)
class Someone:
    """A made-up participant: what they are called, what only they say, and how they sound."""

    participant: str
    first: str
    last: str
    alias: str
    mailbox: str
    place: str
    level: str
    hertz: int
    vocabulary: tuple[str, ...]

    @property
    def full_name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name they are known by, and where they are written to."""
        return self.full_name, self.first, self.last, self.alias, self.mailbox


@dataclass(frozen=True)
class Said:
    """One turn: who, when (seconds from the start of the session) and what, and whom it names."""

    session: str
    participant: str
    start_s: float
    end_s: float
    text: str
    named: str | None


@dataclass(frozen=True)
class BigStudy:
    """The study's folder and everything that a search has to know of it.

    Attributes:
        mixed: Sessions with one recording of everybody.
        tracks: (session, track) to whose recording it is, of sessions with one for each.
    """

    folder: Path
    people: dict[str, Someone]
    said: list[Said]
    mixed: list[str] = field(default_factory=list)
    tracks: dict[tuple[str, str], str] = field(default_factory=dict)
    passphrase: str = PASSPHRASE

    def open_as(self, user: str = "pi") -> Study:
        """The study as one of its users opens it."""
        return Study(self.folder, unlock(self.folder / "keys", user, self.passphrase))

    def words_of(self, participant: str) -> list[str]:
        """Their turns, in order."""
        return [one.text for one in self.said if one.participant == participant]

    def words_of_others(self, participant: str) -> list[list[str]]:
        """Everybody else's turns, by person."""
        return [self.words_of(other) for other in self.people if other != participant]

    def sessions_of(self, participant: str) -> list[str]:
        """Where they speak."""
        return list(dict.fromkeys(one.session for one in self.said if one.participant == participant))


@contextmanager
def cheap_keys() -> Iterator[None]:
    """Users who are made meanwhile have keys that are cheap to open, then and later: the cost stands in their files."""
    with pytest.MonkeyPatch.context() as patch:
        make_keys_cheap(patch)
        yield


def make_big_study(
    place: Path, *, sessions: int = 30, people: int = 20, turns: int = 12, with_sound: int = 2, seed: int = 1
) -> BigStudy:
    """Make a study in ``place/study`` by the ways that people use; what is handed in lies in ``place/handed-in``.

    Args:
        sessions: How many; all have a transcript.
        people: How many; five of them speak in each session; with half as many sessions, everybody does.
        turns: Turns in each session.
        with_sound: How many sessions have one recording of everybody, and how many more one for each.
        seed: The same names and words for the same seed.
    """
    chance = random.Random(seed)  # noqa: S311 - names to search for, not keys
    folk = {one.participant: one for one in _people(chance, people)}
    handed_in = place / "handed-in"
    handed_in.mkdir(parents=True)
    study = _begun(place / "study", handed_in, list(folk.values()))
    made = BigStudy(place / "study", folk, [])
    for number in range(1, sessions + 1):
        _add(study, made, handed_in, number, _talk(chance, folk, number, turns), with_sound)
    study.publish()
    return made


def _people(chance: random.Random, count: int) -> Iterator[Someone]:
    drawn: set[str] = set()

    def token() -> str:
        """Five syllables that are no word of any language, new each time."""
        while True:
            word = "".join(chance.choice("bdfgjklmnprstvz") + chance.choice("aeiou") for _ in range(5))
            if word[:6] not in drawn:
                drawn.add(word[:6])
                return word

    for number in range(1, count + 1):
        first, last, alias, mailbox, place = (token().title() for _ in range(5))
        yield Someone(
            participant=f"P{number:02d}",
            first=first,
            last=last.translate(ACCENTS) if number % 5 == 0 else last,
            alias=alias,
            mailbox=f"{mailbox.lower()}@example.org",
            place=place,
            level=LEVELS[number % len(LEVELS)],
            hertz=LOWEST_HZ + STEP_HZ * number,
            vocabulary=tuple(token() for _ in range(12)),
        )


def _begun(folder: Path, handed_in: Path, people: Sequence[Someone]) -> Study:
    with cheap_keys():
        study = Study.create(
            folder,
            title="A large made-up study",
            approval="REB-1",
            language="en",
            user="pi",
            passphrase=PASSPHRASE,
            timezone="Etc/UTC",
        )
        for user, role in USERS.items():
            add_user(study, user, role=role, participant=None, passphrase=lambda: PASSPHRASE)
    study = Study(folder, unlock(folder / "keys", "pi", PASSPHRASE))
    form = DEMO / "forms" / "participant-v1.md"
    add_form(study, form, version="v1", language="en", approvals=("REB-1",))
    import_roster(study, _sheet(handed_in / "roster.csv", [_entry(one) for one in people]))
    import_sheet(study, _sheet(handed_in / "consents.csv", [_consent(one) for one in people]))
    return study


def _entry(one: Someone) -> dict[str, str]:
    return {
        "participant": one.participant,
        "full_name": one.full_name,
        "aliases": one.alias,
        "organisation": "Harbour Trust",
        "organisation_as": "a charity",
        "role": "planning officer",
        "role_as": "an officer",
        "place": one.place,
        "place_as": "a town",
        "tier": "core",
        "language": "en",
        "email": one.mailbox,
    }


def _consent(one: Someone) -> dict[str, str]:
    return {
        "participant": one.participant,
        "at": "2026-01-05T10:00:00+00:00",
        "event": "consent",
        "level": one.level,
        "form": "v1",
        "organisation": "named" if one.level == "named" else "generalised",
    }


def _talk(chance: random.Random, folk: dict[str, Someone], number: int, turns: int) -> list[Said]:
    """A session of five voices, one after the other; every third turn names somebody, present or not."""
    everybody = list(folk)
    due = [everybody[(2 * number + place) % len(everybody)] for place in range(2)]
    here = [*due, *chance.sample([one for one in everybody if one not in due], VOICES - 2)]
    said = []
    for turn in range(turns):
        speaker = folk[here[turn % len(here)]]
        named = folk[chance.choice([p for p in everybody if p != speaker.participant])] if turn % 3 == 0 else None
        text = TURN.format(*chance.sample(speaker.vocabulary, 6))
        opening = f"{chance.choice((named.first, named.full_name))} knows how we" if named else "Here we"
        start_s = round(turn * (TURN_S + PAUSE_S), 3)
        told = f"{opening} {text}."
        name = named.participant if named else None
        said.append(Said(f"S{number:02d}", speaker.participant, start_s, start_s + TURN_S, told, name))
    return said


def _add(study: Study, made: BigStudy, handed_in: Path, number: int, talk: list[Said], with_sound: int) -> None:
    session = f"S{number:02d}"
    folder = handed_in / session
    folder.mkdir()
    recordings: list[Path] = []
    if number <= with_sound:
        recordings = [_sound(folder / "mix.wav", made.people, talk, talk)]
        made.mixed.append(session)
    elif number <= 2 * with_sound:
        speakers = sorted({one.participant for one in talk})
        for place, speaker in enumerate(speakers, start=1):
            someone = made.people[speaker]
            own = [one for one in talk if one.participant == speaker]
            path = folder / f"audio{someone.first}{someone.last}{place}1.wav"
            recordings.append(_sound(path, made.people, own, talk))
            made.tracks[session, f"t{place}"] = speaker
    day = f"2026-{2 + (number - 1) // 28:02d}-{1 + (number - 1) % 28:02d}"
    new = NewSession(
        session,
        f"{day}T10:00+00:00",
        cycle=str(1 + number % 3),
        recordings=recordings,
        transcript=_transcript(folder / "words.vtt", made.people, talk),
    )
    add_session(study, new, Progress(quiet=True))
    made.said.extend(talk)
    if recordings:
        _hear(study, made, talk)


def _hear(study: Study, made: BigStudy, talk: list[Said]) -> None:
    """Store what a recogniser would have heard, since it would hear no words in tones."""
    session = talk[0].session
    store = study.vault.session(session)
    intake = store.intake().model_copy(update={"model": "tones", "hotwords": ()})
    store.save_intake(intake)
    tracks = []
    for track in intake.tracks:
        owner = made.tracks.get((session, track.track))
        words = [word for one in talk if owner in (None, one.participant) for word in _spoken(one)]
        tracks.append(TrackWords(track=track.track, language="en", duration_s=track.duration_s, words=tuple(words)))
    heard = Transcript(model="tones", model_sha256="0" * 64, settings={}, tracks=tuple(tracks))
    store.put_stage("transcript", transcript_key(intake), heard)


def _spoken(one: Said) -> Iterator[Word]:
    """The words of a turn, evenly over its time."""
    words = one.text.split()
    step_s = (one.end_s - one.start_s) / len(words)
    for place, word in enumerate(words):
        start_s = one.start_s + place * step_s
        yield Word(text=word, start_s=round(start_s, 3), end_s=round(start_s + 0.9 * step_s, 3), confidence=0.9)


def _transcript(path: Path, people: dict[str, Someone], talk: Sequence[Said]) -> Path:
    cues = [
        f"{_clock(one.start_s)} --> {_clock(one.end_s)}\n{people[one.participant].full_name}: {one.text}\n"
        for one in talk
    ]
    path.write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    return path


def _sound(path: Path, people: dict[str, Someone], heard: Sequence[Said], talk: Sequence[Said]) -> Path:
    """Everybody's tone while they speak, a quiet hum of nobody's throughout."""
    time = np.arange(round((talk[-1].end_s + PAUSE_S) * RATE_HZ)) / RATE_HZ
    wave_form = 0.01 * np.sin(2 * np.pi * 50 * time)
    for one in heard:
        speaks = (time >= one.start_s) & (time < one.end_s)
        wave_form += speaks * 0.3 * np.sin(2 * np.pi * people[one.participant].hertz * time)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((wave_form * 32767).astype("<i2").tobytes())
    return path


def _sheet(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _clock(seconds: float) -> str:
    return f"00:{int(seconds) // 60:02}:{seconds % 60:06.3f}"
