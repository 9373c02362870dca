"""A made-up session of three voices after its run, and what is left to read of it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import BinaryIO

from schemas.deidentified import Certainty, Find, Label, NamesFound, UtteranceFinds
from schemas.recording import Cue, CueSheet, Intake, Session, Track
from schemas.records import Record
from schemas.speech import Attributed, KeptWords, TrackWords, Transcript, Utterance, UtteranceWord, Voice, Word
from vault.erasure import EVERYTHING, Erased, Intervals, Keep, Scope
from vault.register import register
from vault.sessions import SessionStore
from vault.store import Vault

GONE = "P01"
NOTHING = "0" * 64
NOW = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)


def words(text: str, start_s: float) -> list[UtteranceWord]:
    """One word a second."""
    return [
        UtteranceWord(text=word, start_s=start_s + place, end_s=start_s + place + 0.9)
        for place, word in enumerate(text.split())
    ]


def turn(number: int, voice: int, start_s: float, text: str) -> Utterance:
    said = words(text, start_s)
    return Utterance(
        utterance=f"u{number}", voice=voice, start_s=start_s, end_s=said[-1].end_s, words=tuple(said), language="en"
    )


TURNS = Attributed(
    voices=(
        Voice(label="Ana Lima", participant=GONE, confidence=1.0, method="exact"),
        Voice(label="Bo Roy", participant="P02", confidence=1.0, method="exact"),
        Voice(label="Speaker 3"),
    ),
    utterances=(
        turn(1, 0, 0.0, "my secret plan"),
        turn(2, 1, 10.0, "thanks Ana, and ana.lima@example.org helps"),
        turn(3, 2, 20.0, "hello Bo"),
        turn(4, 1, 30.0, "the old Annie Lime story"),
    ),
)
NAMES = NamesFound(
    session="autumn-1",
    language="en",
    recognisers={},
    utterances=(
        UtteranceFinds(
            utterance="u1",
            finds=(Find(start_char=3, end_char=9, label=Label.OTHER, certainty=Certainty.MODEL, source="x"),),
        ),
        UtteranceFinds(
            utterance="u2",
            finds=(
                Find(
                    start_char=7,
                    end_char=10,
                    label=Label.PERSON,
                    participant=GONE,
                    certainty=Certainty.EXACT,
                    source="roster",
                ),
                Find(
                    start_char=16,
                    end_char=36,
                    label=Label.CONTACT,
                    participant=GONE,
                    certainty=Certainty.EXACT,
                    source="pattern",
                ),
            ),
        ),
        UtteranceFinds(
            utterance="u3",
            finds=(
                Find(
                    start_char=6,
                    end_char=8,
                    label=Label.PERSON,
                    participant="P02",
                    certainty=Certainty.EXACT,
                    source="roster",
                ),
            ),
        ),
    ),
    surfaces=(("ana", GONE), ("bo", "P02")),
)


def heard(track: str, *turns: Utterance) -> TrackWords:
    said = tuple(Word(text=w.text, start_s=w.start_s, end_s=w.end_s) for turn in turns for w in turn.words)
    return TrackWords(track=track, language="en", duration_s=60.0, words=said)


def cues() -> CueSheet:
    rows = [(u.start_s, u.end_s, TURNS.voices[u.voice].label, u.text) for u in TURNS.utterances]
    return CueSheet(
        source="vtt", cues=tuple(Cue(start_s=s, end_s=e, speaker=label, text=text) for s, e, label, text in rows)
    )


def track(name: str, hint: str | None) -> Track:
    return Track(track=name, sha256=NOTHING, duration_s=60.0, sample_rate_hz=16_000, channels=1, name_hint=hint)


def fill(store: SessionStore, tracks: Sequence[Track], attributed: Attributed = TURNS) -> SessionStore:
    """A session after its run: recordings, intake and every stage."""
    for one in tracks:
        with store.add_audio(one.track) as sink:
            sink.write(f"sound of {one.track}".encode())
    facts = Session(session="autumn-1", day=date(2026, 3, 4), zone="Europe/Paris")
    store.create(
        Intake(
            session=facts,
            tracks=tuple(tracks),
            cues=cues(),
            voice_map={"Ana Lima": GONE, "Bo Roy": "P02"},
            hotwords=("Ana Lima", "Bo Roy"),
        )
    )
    own = {voice.label: [u for u in attributed.utterances if u.voice == i] for i, voice in enumerate(attributed.voices)}
    in_track = [heard(one.track, *own.get(one.name_hint or "", attributed.utterances)) for one in tracks]
    model = Transcript(model="m", model_sha256=NOTHING, settings={}, tracks=tuple(in_track))
    store.put_stage("transcript", "k", model)
    store.put_stage("attributed", "k", attributed)
    store.put_stage("names", "k", NAMES)
    store.put_stage("redacted-analyse", "k", TURNS)
    return store


class Silencer:
    """Stands for the audio room: notes what it is asked, and copies the stream with a mark."""

    def __init__(self) -> None:
        self.asked: list[Intervals] = []

    def __call__(self, source: BinaryIO, sink: BinaryIO, intervals: Intervals) -> None:
        self.asked.append(intervals)
        sink.write(b"silenced " + source.read())


def erase_everywhere(
    vault: Vault, silence: Silencer | None = None, scope: Scope = EVERYTHING, keep: Keep | None = None
) -> dict[str, Erased]:
    return {store.name: store.erase(GONE, scope) for store in register(vault, silence=silence, keep=keep)}


def all_text(store: SessionStore) -> str:
    """Everything a person with all keys could still read of a session."""
    kept: list[Record | None] = [
        store.intake(),
        store.latest("transcript", Transcript),
        store.latest("attributed", Attributed),
        store.latest("names", NamesFound),
        store.latest("kept", KeptWords),
    ]
    return " ".join(record.model_dump_json() for record in kept if record).lower()


def cues_of(store: SessionStore) -> tuple[Cue, ...]:
    kept = store.intake().cues
    assert kept is not None
    return kept.cues
