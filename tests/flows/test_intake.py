"""A session is taken in whole or not at all; times are understood as people write them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.destroying import erase_everywhere
from flows.intake import NewSession, add_session, parse_start
from flows.progress import Progress
from flows.settings import utc_now
from flows.study import Study
from schemas.errors import BadInput, ChathamError, CheckFailed, UsageError
from schemas.recording import Rule, Standing
from tests.flows.conftest import NAMES, VTT, contents, open_as
from tests.flows.test_errors import sound
from vault.erasure import Scope
from vault.erasures import Job

QUIET = Progress(quiet=True)


def test_an_instant_with_its_offset_keeps_its_local_day() -> None:
    start, day, zone = parse_start("2026-03-04T09:00-08:00", "UTC")
    assert start == datetime(2026, 3, 4, 17, tzinfo=UTC)
    assert (day, zone) == (date(2026, 3, 4), "-08:00")


def test_a_day_begins_where_the_people_are_not_in_greenwich() -> None:
    assert parse_start("2026-03-04T00:30+13:00", "UTC")[1] == date(2026, 3, 4)
    assert parse_start("2026-03-04T23:30-11:00", "UTC")[1] == date(2026, 3, 4)


def test_a_named_zone_knows_summer_time() -> None:
    winter, _, zone = parse_start("2026-01-15T09:00 America/Vancouver", "UTC")
    summer, _, _ = parse_start("2026-07-15T09:00 America/Vancouver", "UTC")
    assert zone == "America/Vancouver"
    assert winter is not None and winter.utcoffset() == timedelta(hours=-8)
    assert summer is not None and summer.utcoffset() == timedelta(hours=-7)


def test_a_date_alone_has_no_instant_and_takes_the_studys_zone() -> None:
    assert parse_start("2026-03-04", "Pacific/Auckland") == (None, date(2026, 3, 4), "Pacific/Auckland")


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 4, 14 * 4))
def test_any_instant_that_was_written_down_is_read_back(moment: datetime, quarters: int) -> None:
    from datetime import timezone

    written = moment.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    start, day, _ = parse_start(written.isoformat(timespec="minutes"), "UTC")
    assert start == written.replace(second=0, microsecond=0)
    assert day == written.date()


@given(st.text(max_size=30))
def test_whatever_is_typed_as_a_start_is_a_time_or_a_plain_error(text: str) -> None:
    try:
        parse_start(text, "UTC")
    except UsageError as error:
        assert error.message.startswith("--start")


def test_a_transcript_alone_is_a_session(study: Study, tmp_path: Path) -> None:
    (tmp_path / "s.vtt").write_text(VTT)
    new = NewSession("S2", "2026-03-11", cycle="2", standings=("P03=guest",), transcript=tmp_path / "s.vtt")
    added = add_session(study, new, QUIET)
    assert (added.session, added.cycle, added.language, added.zone) == ("S2", "2", "en", "Pacific/Auckland")
    assert study.register().sessions["S2"] == added
    assert added.standings["P03"] is Standing.GUEST
    intake = study.vault.session("S2").intake()
    assert intake.cues is not None and [cue.speaker for cue in intake.cues.cues] == [NAMES["P01"], NAMES["P02"]]


def test_a_folder_is_one_recording_for_each_person_in_name_order(study: Study, tmp_path: Path) -> None:
    folder = tmp_path / "zoom" / "Audio Record"
    folder.mkdir(parents=True)
    sound(tmp_path / "zoom" / "mix.wav", seconds=1, level=9_000)
    for name in ("audioTobiasRenwick2.wav", "audioMaribelQuist1.wav"):
        sound(folder / name, seconds=1, level=9_000)
    (folder / "._audioMaribelQuist1.wav").write_bytes(b"what macOS leaves on foreign disks")
    (folder / "notes.txt").write_text("no recording")
    add_session(study, NewSession("S2", "2026-03-11", recordings=(tmp_path / "zoom",)), QUIET)
    tracks = study.vault.session("S2").intake().tracks
    assert [(track.track, track.name_hint) for track in tracks] == [("t1", "MaribelQuist"), ("t2", "TobiasRenwick")]
    assert [round(track.duration_s) for track in tracks] == [1, 1]


def test_one_silent_track_of_several_is_kept_and_told(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sound(tmp_path / "a1.wav", seconds=1, level=9_000)
    sound(tmp_path / "b2.wav", seconds=1, level=0)
    new = NewSession("S2", "2026-03-11", recordings=(tmp_path / "a1.wav", tmp_path / "b2.wav"))
    add_session(study, new, Progress())
    assert len(study.vault.session("S2").intake().tracks) == 2
    assert "recording 2 of 2 is silent from start to end" in capsys.readouterr().err


def test_a_quiet_recording_is_not_a_silent_one(study: Study, tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", seconds=1, level=60)  # 55 decibels below full: a far voice
    add_session(study, NewSession("S2", "2026-03-11", recordings=(tmp_path / "a.wav",)), QUIET)
    assert study.vault.session("S2").exists()


def test_nothing_of_a_session_off_the_record_is_taken_in(study: Study, tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", seconds=1, level=9_000)
    new = NewSession("S2", "2026-03-11", rule="off_the_record", recordings=(tmp_path / "a.wav",))
    before = {name for name in contents(study.folder) if name.startswith("vault")}
    assert add_session(study, new, QUIET).rule is Rule.OFF_THE_RECORD
    assert {name for name in contents(study.folder) if name.startswith("vault")} == before
    assert study.register().sessions["S2"].rule is Rule.OFF_THE_RECORD
    with pytest.raises(UsageError, match="already there"):
        add_session(study, new, QUIET)


def test_intake_adds_a_session_and_can_open_nothing_of_it(study: Study, tmp_path: Path) -> None:
    desk = open_as(study.folder, "desk")
    (tmp_path / "s.vtt").write_text(VTT)
    add_session(desk, NewSession("S2", "2026-03-11", transcript=tmp_path / "s.vtt"), QUIET)
    with pytest.raises(ChathamError, match="may be opened") as caught:
        desk.vault.session("S2").intake()
    assert caught.value.exit_code == 4
    assert study.vault.session("S2").intake().session.session == "S2"
    with pytest.raises(UsageError, match="already there"):
        add_session(desk, NewSession("S2", "2026-03-11", transcript=tmp_path / "s.vtt"), QUIET)


def test_what_is_taken_in_is_readable_nowhere_on_the_disk(study: Study, tmp_path: Path) -> None:
    (tmp_path / "s.vtt").write_text(VTT)
    add_session(study, NewSession("Winter", "2026-03-11", transcript=tmp_path / "s.vtt"), QUIET)
    kept = contents(study.folder)
    everything = b"".join(kept.values()) + "".join(kept).encode()
    for word in (*NAMES.values(), "ferry", "Winter"):
        assert word.encode() not in everything


def test_a_session_that_failed_can_be_added_again(study: Study, tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", seconds=1, level=9_000)
    (tmp_path / "b.wav").write_bytes(b"no sound")
    before = contents(study.folder)
    both = (tmp_path / "a.wav", tmp_path / "b.wav")
    with pytest.raises(BadInput, match="recording 2 of 2"):
        add_session(study, NewSession("S2", "2026-03-11", recordings=both), QUIET)
    assert contents(study.folder) == before
    add_session(study, NewSession("S2", "2026-03-11", recordings=both[:1]), QUIET)
    assert study.register().sessions.keys() == {"S1", "S2"}


def test_a_map_of_voices_says_who_is_who(study: Study, tmp_path: Path) -> None:
    (tmp_path / "s.vtt").write_text(VTT)
    (tmp_path / "map.csv").write_text("voice;participant\nSPEAKER_00;P01\nthe second voice;P02\n")
    new = NewSession("S2", "2026-03-11", transcript=tmp_path / "s.vtt", speakers=tmp_path / "map.csv")
    add_session(study, new, QUIET)
    assert study.vault.session("S2").intake().voice_map == {"SPEAKER_00": "P01", "the second voice": "P02"}


def test_a_voice_that_stands_twice_in_the_map_is_refused(study: Study, tmp_path: Path) -> None:
    (tmp_path / "s.vtt").write_text(VTT)
    (tmp_path / "map.csv").write_text("voice,participant\nA,P01\nA,P02\n")
    new = NewSession("S2", "2026-03-11", transcript=tmp_path / "s.vtt", speakers=tmp_path / "map.csv")
    with pytest.raises(BadInput, match="line 3, column voice: stands in a line above"):
        add_session(study, new, QUIET)


class Meanwhile(Progress):
    """Begins an erasure once the first recording is in the vault, and gives it half a second."""

    def __init__(self, study: Study) -> None:
        super().__init__(quiet=True)
        self.failure: ChathamError | None = None
        self.erasing = Thread(target=self._erase, args=[study], daemon=True)

    def step(self, label: str) -> None:
        if label == "taking in recording 2 of 2":
            self.erasing.start()
            self.erasing.join(0.5)

    def _erase(self, study: Study) -> None:
        asked = {"data": "erase", "reason": "withdrawal", "by": "pi", "begun_at": utc_now()}
        job = Job(id="ab" * 8, participant="P03", scope=Scope(sessions=("S2",)), **asked)
        try:
            erase_everywhere(open_as(study.folder, "pi"), job, QUIET)
        except ChathamError as error:
            self.failure = error


@pytest.mark.parametrize("user", ["pi", "desk"])
def test_an_erasure_waits_for_a_session_that_is_coming_in(study: Study, tmp_path: Path, user: str) -> None:
    files = tmp_path / "a1.wav", tmp_path / "b2.wav"
    for file in files:
        sound(file, seconds=1, level=9_000)
    meanwhile = Meanwhile(study)
    add_session(open_as(study.folder, user), NewSession("S2", "2026-03-11", recordings=files), meanwhile)
    meanwhile.erasing.join(60)
    assert isinstance(meanwhile.failure, CheckFailed)
    assert "session S2 was never run" in meanwhile.failure.message
    store = study.vault.session("S2")
    assert [track.track for track in store.intake().tracks] == store.audio_tracks() == ["t1", "t2"]
    for track in store.audio_tracks():
        with store.open_audio(track) as stream:
            assert stream.read(4) == b"fLaC"


def test_an_erasure_clears_away_what_a_killed_intake_left_and_says_nothing_of_it(study: Study) -> None:
    with study.vault.session("S2").add_audio("t1") as sink:
        sink.write(b"voice")
    meanwhile = Meanwhile(study)
    meanwhile.erasing.run()
    assert meanwhile.failure is None
    assert not study.vault.session("S2").folder.exists()
    assert not study.vault.keyring.keystore.has(study.vault.session("S2").opaque)
