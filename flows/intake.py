"""Takes a session in: its facts into the ledger, its recordings and transcript into the vault, encrypted on the way."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from consent.decision import decide, refuses_recording
from consent.register import to_ledger_event
from flows.originals import Original, Originals, originals_event
from flows.people import participant_ids
from flows.progress import Progress
from flows.settings import language_code
from flows.sheets import read_sheet
from flows.study import Study
from schemas.consent import Use
from schemas.errors import BadInput, ChathamError, CheckFailed, RefusedByConsent, UsageError
from schemas.identifiers import is_participant_id, is_session_id
from schemas.recording import CueSheet, Intake, Rule, Session, Standing, Track, local_day, zone_of
from transcription.names import name_hint
from vault.sessions import SessionStore

if TYPE_CHECKING:
    from transcription.audio import AudioInfo

_MEDIA = {".m4a", ".mp4", ".mp3", ".wav", ".flac", ".ogg", ".opus", ".webm", ".mkv", ".mov", ".aac", ".wma", ".mka"}
_SILENT = 0.0005
"""Loudest sample of a recording in which nobody can be heard: the noise of a converter, 66 decibels below full."""


@dataclass(frozen=True)
class NewSession:
    """What ``session add`` was told, as typed.

    Attributes:
        start: ISO 8601 with a zone, or a date alone.
        recordings: Files, or one folder of files (one per participant).
        standings: ``P07=host`` and the like.
    """

    session: str
    start: str
    cycle: str | None = None
    language: str | None = None
    rule: str = "open"
    recordings: Sequence[Path] = ()
    transcript: Path | None = None
    speakers: Path | None = None
    standings: Sequence[str] = ()
    public: Sequence[str] = ()


@dataclass(frozen=True)
class TakenIn:
    """A session that was taken in.

    Attributes:
        originals: The files it was taken in from; each is safely in the vault.
        beside: How many other files lie in the folders that were named.
    """

    session: Session
    originals: tuple[Original, ...] = ()
    beside: int = 0


def add_session(study: Study, new: NewSession, progress: Progress) -> Session:
    """``take_in`` where nobody asks for the originals."""
    return take_in(study, new, progress).session


def take_in(study: Study, new: NewSession, progress: Progress) -> TakenIn:
    """Take a session in whole, or not at all.

    Order: everything is read and checked; recordings go into the vault and are compared with what they were; the
    ledger records the session; only then is it there. An interrupted one is not in the ledger, and adding it again
    starts over. All of it under the session's lock: an erasure discards what was left half taken in, and waits here.

    Raises:
        UsageError, BadInput: what was typed or handed in is not right; nothing was recorded.
        RefusedByConsent: a recording is the voice of somebody who said no to being recorded.
        CheckFailed: the vault does not give back what went into it; nothing was recorded.
    """
    _refuse_form(new.session)
    with study.lock(study.vault.session(new.session).opaque):
        return _take_in_alone(study, new, progress)


def _take_in_alone(study: Study, new: NewSession, progress: Progress) -> TakenIn:
    """``take_in``, by whoever holds the session's lock."""
    session = _facts(study, new)
    if session.rule is Rule.OFF_THE_RECORD:
        study.record(to_ledger_event(session, tracks=[]))
        return TakenIn(session)
    files = _files(new.recordings)
    if not files and new.transcript is None:
        raise UsageError(
            "a session needs a recording or a transcript", hint="Give --recording FILE, --transcript FILE, or both."
        )
    cues, transcripts = _cues(new.transcript)
    voices = _voice_map(study, new.speakers)
    _refuse_unwanted_voices(study, session, files, voices)
    store = study.vault.session(session.session)
    store.discard()  # what an interrupted `session add` left: the ledger does not know it
    try:
        tracks, samples = _take_in_all(store, files, progress)
        intake = Intake(session=session, tracks=tuple(tracks), cues=cues, voice_map=voices)
        store.create(intake)
        if study.may_run:
            _compare(store, intake, samples, progress)
        originals = _originals(files, tracks, transcripts)
        beside = _beside(new.recordings, originals)
        study.append(
            [
                to_ledger_event(session, tracks=[track.sha256 for track in tracks]),
                originals_event(study, Originals(session.session, len(originals))),
            ]
        )
    except BaseException:
        store.discard()
        raise
    return TakenIn(session, originals, beside)


def parse_start(text: str, zone: str) -> tuple[datetime | None, date, str]:
    """Start, local day and zone of a session.

    Args:
        text: ``2026-03-04T09:00-08:00``, ``2026-03-04T09:00 America/Vancouver`` or ``2026-03-04``.
        zone: The study's own, for a date alone.
    Raises:
        UsageError: it is neither.
    """
    hint = "Write 2026-03-04T09:00-08:00, or '2026-03-04T09:00 America/Vancouver', or a date alone: 2026-03-04."
    stamp, _, named = text.strip().partition(" ")
    try:
        if len(stamp) == 10 and not named:
            return None, date.fromisoformat(stamp), zone
        start = datetime.fromisoformat(stamp)
    except ValueError:
        raise UsageError("--start is neither a time with its zone nor a date", hint=hint) from None
    if named:
        place = zone_of(named)
        if place is None or start.tzinfo is not None:
            raise UsageError("--start does not name one time zone", hint=hint)
        start = start.replace(tzinfo=place)
    if start.tzinfo is None:
        raise UsageError("--start has no time zone", hint=hint)
    own = named or start.strftime("%z")[:3] + ":" + start.strftime("%z")[3:5]
    return start, local_day(start, own), own


def _refuse_form(session: str) -> None:
    if not is_session_id(session):
        raise UsageError(
            "the session id has a form that cannot be used",
            hint="Use 1 to 32 letters, digits, hyphens and underscores, and nobody's name.",
        )


def _facts(study: Study, new: NewSession) -> Session:
    if _known(study, new.session):
        raise UsageError(f"session {new.session} is already there", hint="Give another id; nothing was changed.")
    _refuse_names(study, new.session)
    start, day, zone = parse_start(new.start, study.config.timezone)
    return Session(
        session=new.session,
        start=start,
        day=day,
        zone=zone,
        cycle=new.cycle,
        language=language_code(new.language or (*study.config.languages, "en")[0]),
        rule=Rule(_one_of(new.rule, [rule.value for rule in Rule], "--rule")),
        standings={**_roster_standings(study), **dict(_standing(study, text) for text in new.standings)},
        public_urls=tuple(new.public),
        public_unaltered=bool(new.public),
    )


def _known(study: Study, session: str) -> bool:
    there = study.vault.session(session).exists()
    if study.may_open_consent and session in study.register().sessions:
        return there or study.register().sessions[session].rule is Rule.OFF_THE_RECORD
    return there and not study.may_open_consent


def _refuse_names(study: Study, session: str) -> None:
    """Intake cannot see names; there the same check waits for the next run, which leaves such a session out."""
    if study.may_run:
        from deidentification.api import name_in

        if name_in(session, study.table()):
            raise UsageError("the session id holds a participant's name", hint="Choose an id that names nobody.")


def _roster_standings(study: Study) -> dict[str, Standing]:
    """Standings that the roster gives; intake cannot see it, and names them with --standing."""
    if not study.may_run:
        return {}
    return {p.participant: p.standing for p in study.table().people if p.standing is not Standing.PARTICIPANT}


def _standing(study: Study, text: str) -> tuple[str, Standing]:
    participant, _, value = text.partition("=")
    if not is_participant_id(participant) or participant not in participant_ids(study):
        raise UsageError("--standing names a participant who is not in the roster", hint="Write --standing P07=host.")
    return participant, Standing(_one_of(value, [standing.value for standing in Standing], "--standing"))


def _one_of(value: str, allowed: Sequence[str], option: str) -> str:
    if value not in allowed:
        raise UsageError(f"{option} is none of the known ones", hint=f"Use one of: {', '.join(allowed)}.")
    return value


def _files(recordings: Sequence[Path]) -> list[Path]:
    """The recordings, a folder spread into its media files in name order."""
    files: list[Path] = []
    for number, path in enumerate(recordings, start=1):
        if path.is_dir():
            separate = path / "Audio Record"  # where Zoom puts one file per participant, beside its mix and video
            path = separate if separate.is_dir() else path
            inside = sorted(item for item in path.iterdir() if _is_recording(item))
            if not inside:
                raise BadInput(
                    f"recording {number} is a folder without recordings", hint="Name the folder that holds the files."
                )
            files += inside
        elif not path.is_file():
            raise BadInput(f"recording {number}: there is no such file", hint="Check the path as you typed it.")
        else:
            files.append(path)
    return files


def _is_recording(item: Path) -> bool:
    """Whether a folder's file is a recording; macOS lays hidden ``._`` files beside them on foreign disks."""
    return item.suffix.lower() in _MEDIA and not item.name.startswith(".") and item.is_file()


def _originals(files: Sequence[Path], tracks: Sequence[Track], transcripts: Sequence[Original]) -> tuple[Original, ...]:
    """The files a session was taken in from, each once."""
    recordings = [Original(file, track.sha256) for file, track in zip(files, tracks, strict=True)]
    return tuple({one.path.absolute(): one for one in (*recordings, *transcripts)}.values())


def _beside(recordings: Sequence[Path], originals: Sequence[Original]) -> int:
    """How many files that were not taken in lie in the folders that were named: a video, a chat, another's track."""
    there = {item.absolute() for path in recordings if path.is_dir() for item in path.rglob("*") if item.is_file()}
    return len(there - {one.path.absolute() for one in originals})


def _cues(transcript: Path | None) -> tuple[CueSheet | None, tuple[Original, ...]]:
    """The transcript's cues, and the file they are of."""
    if transcript is None:
        return None, ()
    from transcription.formats import parse_cues

    if not transcript.is_file():
        raise BadInput("the transcript: there is no such file", hint="Check the path as you typed it.")
    data = transcript.read_bytes()
    try:
        return parse_cues(data), (Original(transcript, hashlib.sha256(data).hexdigest()),)
    except ChathamError as error:
        raise type(error)(f"the transcript: {error.message}", hint=error.hint) from None


def _voice_map(study: Study, speakers: Path | None) -> dict[str, str]:
    if speakers is None:
        return {}
    try:
        rows = read_sheet(speakers, required=("voice", "participant"), known=("voice", "participant"))
    except ChathamError as error:
        raise type(error)(f"the speakers map: {error.message}", hint=error.hint) from None
    known = set(participant_ids(study))
    lines = [
        f"line {line}, column participant: is not in the roster" for line, r in rows if r["participant"] not in known
    ]
    voices = [row["voice"] for _, row in rows]
    lines += [f"line {line}, column voice: is empty" for line, row in rows if not row["voice"]]
    lines += [
        f"line {line}, column voice: stands in a line above"
        for place, (line, row) in enumerate(rows)
        if row["voice"] in voices[:place]
    ]
    if lines:
        raise BadInput(
            "\n".join(["the speakers map is not right; nothing was taken in:", *lines]),
            hint="Import the roster first, or correct what is listed (an id is P and digits).",
        )
    return {row["voice"]: row["participant"] for _, row in rows}


def _refuse_unwanted_voices(study: Study, session: Session, files: Sequence[Path], voices: dict[str, str]) -> None:
    """Refuse a separate track of somebody who said no to being recorded; where names cannot be seen, the run does."""
    if len(files) < 2 or not study.may_run:
        return
    from transcription.attribution import track_owners

    named = tuple(_unheard(number, file) for number, file in enumerate(files, start=1))
    intake = Intake(session=session, tracks=named, voice_map=voices)
    for track, owner in track_owners(intake, study.table(), study.config.policy).items():
        if refuses_recording(decide(study.register(), owner, session=session, use=Use.RECORDING)):
            raise RefusedByConsent(
                f"recording {track[1:]} of {len(files)} is the voice of {owner}, who does not allow being recorded",
                hint="Take that file out of the folder and delete it; then add the session again.",
            )


def _unheard(number: int, file: Path) -> Track:
    """A track as far as its file's name tells, before anything of it is read."""
    hint = name_hint(file.name)
    return Track(track=f"t{number}", sha256="0" * 64, duration_s=0, sample_rate_hz=1, channels=1, name_hint=hint)


def _take_in_all(store: SessionStore, files: Sequence[Path], progress: Progress) -> tuple[list[Track], dict[str, str]]:
    """Take the recordings in; one of several may be silent (somebody who only listened), all of them may not.

    Returns:
        The tracks, and the digest of each one's samples as they went in.
    """
    taken = [_take_in(store, number, file, len(files), progress) for number, file in enumerate(files, start=1)]
    silent = [number for number, (_, info) in enumerate(taken, start=1) if info.peak < _SILENT]
    if silent and len(silent) == len(files):
        raise BadInput(
            "the recording is silent from start to end"
            if len(files) == 1
            else f"all {len(files)} recordings are silent",
            hint="Listen to it; if the meeting tool recorded no sound, there is nothing to take in.",
        )
    for number in silent:
        progress.say(f"recording {number} of {len(files)} is silent from start to end; it is kept all the same")
    return [track for track, _ in taken], {track.track: info.samples_sha256 for track, info in taken}


def _compare(store: SessionStore, intake: Intake, samples: Mapping[str, str], progress: Progress) -> None:
    """Open all that was stored, as a later run will, and compare it with what went in, sample for sample."""
    from transcription.audio import samples_digest

    same = store.intake() == intake
    for number, (track, digest) in enumerate(samples.items(), start=1):
        progress.step(f"recording {number} of {len(samples)}: comparing what was stored with what was read")
        with store.open_audio(track) as stream:
            same &= samples_digest(stream) == digest
    if not same:
        raise CheckFailed(
            "what was stored is not what was read; nothing was taken in",
            hint="Keep the originals and add the session again; if it happens again, do not trust this disk.",
        )


def _take_in(store: SessionStore, number: int, file: Path, total: int, progress: Progress) -> "tuple[Track, AudioInfo]":
    """One recording into the vault; its track, and what was heard of it."""
    from transcription.audio import to_flac

    track = f"t{number}"
    progress.step(f"taking in recording {number} of {total}")
    try:
        with store.add_audio(track) as sink:
            info = to_flac(file, sink, progress.seconds)
    except ChathamError as error:
        raise type(error)(f"recording {number} of {total}: {error.message}", hint=error.hint) from None
    taken = Track(
        track=track,
        sha256=info.sha256,
        duration_s=info.duration_s,
        sample_rate_hz=info.sample_rate_hz,
        channels=info.channels,
        name_hint=name_hint(file.name),
    )
    return taken, info
