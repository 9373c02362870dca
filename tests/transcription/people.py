"""A made-up roster and session for the tests of this room."""

from datetime import date

from schemas.recording import Cue, CueSheet, Intake, Session, Track
from schemas.roster import MatchingTable, Person
from schemas.speech import Attributed, TrackWords, Transcript, Word


def person(participant: str, full_name: str, **more: object) -> Person:
    return Person.model_validate({"participant": participant, "full_name": full_name, "secret": "0" * 64, **more})


TABLE = MatchingTable(
    people=(
        person("P01", "Jane Doe", organisation="University of British Columbia"),
        person("P02", "John Smith", aliases=("Johnny", "@jsmith")),
        person("P03", "Zoë Lefèvre", former_names=("Zoë Martin",)),
        person("P04", "Jean-Luc O'Brien"),
        person("P05", "John Adams"),
        person("P06", "Christine Bettencourt"),
        person("P07", "Amara Okafor"),
    )
)
SESSION = Session(session="S1", day=date(2026, 3, 11), zone="UTC")


def words(text: str, start_s: float = 0.0, each_s: float = 0.4, confidence: float = 0.9) -> tuple[Word, ...]:
    """Evenly timed words, each taking three quarters of its step."""
    return tuple(
        Word(
            text=one,
            start_s=round(start_s + index * each_s, 3),
            end_s=round(start_s + (index + 0.75) * each_s, 3),
            confidence=confidence,
        )
        for index, one in enumerate(text.split())
    )


def heard(*tracks: tuple[Word, ...], flags: tuple[str, ...] = ()) -> Transcript:
    made = tuple(
        TrackWords(track=f"t{number}", language="en", duration_s=600.0, words=track, flags=flags)
        for number, track in enumerate(tracks, 1)
    )
    return Transcript(model="base", model_sha256="0" * 64, settings={}, tracks=made)


def track(number: int, name_hint: str | None = None) -> Track:
    return Track(
        track=f"t{number}", sha256="0" * 64, duration_s=600.0, sample_rate_hz=16_000, channels=1, name_hint=name_hint
    )


def sheet(*cues: tuple[float, float, str | None, str | None], source: str = "zoom_vtt") -> CueSheet:
    made = (Cue(start_s=start, end_s=end, speaker=speaker, text=text) for start, end, speaker, text in cues)
    return CueSheet(source=source, cues=tuple(made))


def intake(cues: CueSheet | None = None, *tracks: Track, voices: dict[str, str] | None = None) -> Intake:
    return Intake(session=SESSION, tracks=tracks, cues=cues, voice_map=voices or {})


def who(attributed: Attributed) -> list[tuple[str | None, str]]:
    """(participant, text) of each utterance."""
    return [(attributed.voices[one.voice].participant, one.text) for one in attributed.utterances]
