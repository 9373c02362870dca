"""How far an erasure reaches: a session, a part of one, the voice alone, nobody's voices, words kept without a name."""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.deidentified import NamesFound
from schemas.errors import CheckFailed, MissingKey
from schemas.recording import Intake, Session, Track
from schemas.records import Record
from schemas.speech import Attributed, KeptTurn, KeptWords, TrackWords, Transcript, Word
from tests.vault.killing import Killed, killed_after
from tests.vault.talk import GONE, NAMES, TURNS, Silencer, all_text, cues_of, erase_everywhere, fill, track, turn, words
from vault.erasure import EVERYTHING, Erased, Part, Scope
from vault.keys import Keyring
from vault.keystore import key_id
from vault.session_plan import plan_erasure
from vault.session_scrub import without_in_attributed, without_in_transcript
from vault.sessions import SessionStore
from vault.store import Vault
from vault.study_files import opens

HERE = Scope(sessions=("autumn-1",))
FIRST_WORDS = Scope(sessions=(), parts=(Part(session="autumn-1", start_s=0.0, end_s=1.5),))
THANKS = Scope(sessions=(), parts=(Part(session="autumn-1", start_s=9.0, end_s=12.5),))
VOICE = Scope(sessions=("autumn-1",), voice_only=True)
KEEP = Scope(keep=True)


def rounded(silencer: Silencer) -> list[list[tuple[float, float]]]:
    return [[(round(start, 1), round(end, 1)) for start, end in asked] for asked in silencer.asked]


def texts(store: SessionStore) -> list[str]:
    return [utterance.text for utterance in store.stage("attributed", "k", Attributed).utterances]


def heard(store: SessionStore) -> dict[str, str]:
    tracks = store.stage("transcript", "k", Transcript).tracks
    return {one.track: " ".join(word.text for word in one.words) for one in tracks}


def kept_turn(participant: str, utterance: str, text: str, start_s: float = 0.0) -> KeptTurn:
    said = tuple(words(text, start_s))
    return KeptTurn(
        participant=participant,
        start_s=start_s,
        end_s=said[-1].end_s,
        words=said,
        language="en",
        timed=True,
        utterance=utterance,
    )


def keeping(*turns: KeptTurn) -> Callable[[SessionStore, str], KeptWords]:
    """Stands for the step that takes names out; it is only ever asked while the person's words are still there."""

    def keep(store: SessionStore, participant: str) -> KeptWords:
        assert participant == GONE
        said = store.stage("attributed", "k", Attributed).utterances[0]
        assert said.text == "my secret plan"
        return KeptWords(turns=turns or (kept_turn(GONE, "u1", "my secret plan"),))

    return keep


def kept(store: SessionStore) -> list[tuple[str, str]]:
    found = store.latest("kept", KeptWords) or KeptWords()
    return [(one.participant, " ".join(word.text for word in one.words)) for one in found.turns]


# ---------------------------------------------------------------- what a scope says


def test_a_scope_reaches_everything_unless_it_says_less() -> None:
    assert EVERYTHING.whole
    assert KEEP.whole
    assert not any(scope.whole for scope in (HERE, FIRST_WORDS, VOICE, Scope(voice_only=True)))
    assert EVERYTHING.covers("any")
    assert HERE.covers("autumn-1")
    assert FIRST_WORDS.covers("autumn-1")
    assert not HERE.covers("autumn-2")
    assert not FIRST_WORDS.covers("autumn-2")


def test_parts_of_a_session_beside_whole_ones_are_refused() -> None:
    with pytest.raises(ValidationError, match="either whole sessions or parts"):
        Scope(parts=FIRST_WORDS.parts)


# ---------------------------------------------------------------- one session


def test_an_erasure_from_one_session_leaves_another_byte_for_byte(mixed: SessionStore, people: Vault) -> None:
    other = people.session("autumn-2")
    other.create(mixed.intake().model_copy(update={"tracks": (), "cues": None}))
    other.put_stage("attributed", "k", TURNS)
    other.put_stage("redacted-analyse", "k", TURNS)
    lying = {path: path.read_bytes() for path in other.files()}
    done = erase_everywhere(people, Silencer(), HERE)
    assert "secret" not in all_text(mixed)
    assert "lima" not in all_text(mixed)
    assert {path: path.read_bytes() for path in other.files()} == lying
    assert (done[other.name].items, done[other.name].before) == (0, done[other.name].after)
    assert people.roster.person(GONE) is not None
    assert not list(people.folder.glob("erasing.*"))


def test_a_session_that_was_never_taken_in_whole_goes_only_where_it_is_covered(people: Vault) -> None:
    store = people.session("autumn-1")
    with store.add_audio("t1") as sink:
        sink.write(b"voice")
    for scope in (Scope(sessions=("autumn-2",)), FIRST_WORDS):
        assert store.erase(GONE, scope).items == 0
    assert store.folder.exists()
    assert store.erase(GONE, HERE).items == 0
    assert not store.folder.exists()
    assert not people.keyring.keystore.has(store.opaque)


# ---------------------------------------------------------------- the session's key


def test_a_touched_session_gets_a_new_key_and_the_old_one_opens_nothing(mixed: SessionStore, people: Vault) -> None:
    mixed.append_entry("memo", Memo(text="something else"))
    old = mixed.identity()
    done = erase_everywhere(people, Silencer())[mixed.name]
    assert done.keys == (key_id(old.recipient),)
    assert done.others_scrubbed == 2
    assert mixed.identity() != old
    assert not [path for path in mixed.files() if opens(path, [old])]
    assert [entry.record.text for entry in mixed.entries("memo", Memo)] == ["something else"]
    with mixed.open_audio("t1") as stream:
        assert stream.read() == b"silenced sound of t1"


def test_an_old_copy_of_the_sessions_files_opens_to_nobody(mixed: SessionStore, people: Vault, tmp_path: Path) -> None:
    shutil.copytree(mixed.folder, tmp_path / "copy")
    erase_everywhere(people, Silencer())
    for path in (tmp_path / "copy").iterdir():
        shutil.copy(path, mixed.folder)
    with pytest.raises(MissingKey, match="not for this key"):
        mixed.intake()


class Memo(Record):
    text: str


# ---------------------------------------------------------------- a part of a session


def test_of_a_part_only_the_words_said_in_it_go(separate: SessionStore, people: Vault) -> None:
    silencer = Silencer()
    done = erase_everywhere(people, silencer, FIRST_WORDS)[separate.name]
    assert texts(separate)[0] == "██ ██████ plan"
    assert texts(separate)[1:] == [utterance.text for utterance in TURNS.utterances[1:]]
    assert heard(separate)["t1"] == "██ ██████ plan"
    assert heard(separate)["t2"] == "thanks Ana, and ana.lima@example.org helps the old Annie Lime story"
    assert separate.audio_tracks() == ["t1", "t2", "t3"]
    assert rounded(silencer) == [[(0.0, 2.0)], [(0.0, 2.0)]]  # their own, and the mix
    assert (done.items, done.others_scrubbed, done.whole_recordings) == (4, 0, 0)
    assert separate.intake().voice_map == {"Ana Lima": GONE, "Bo Roy": "P02"}
    assert [voice.label for voice in separate.stage("attributed", "k", Attributed).voices] == [
        "Ana Lima",
        "Bo Roy",
        "Speaker 3",
    ]


def test_a_turn_that_lies_in_the_part_whole_is_empty(mixed: SessionStore, people: Vault) -> None:
    erase_everywhere(people, Silencer(), Scope(sessions=(), parts=(Part(session="autumn-1", start_s=0, end_s=5),)))
    assert texts(mixed)[0] == ""
    assert cues_of(mixed)[0].text == ""
    assert cues_of(mixed)[0].speaker == "Ana Lima"
    assert "secret" not in all_text(mixed)


def test_a_cue_that_reaches_into_the_part_is_covered_and_keeps_its_length(mixed: SessionStore, people: Vault) -> None:
    erase_everywhere(people, Silencer(), FIRST_WORDS)
    assert cues_of(mixed)[0].text == "██ ██████ ████"
    assert cues_of(mixed)[1].text == TURNS.utterances[1].text


def test_when_others_name_the_person_in_the_part_the_name_goes_there_and_stays_elsewhere(
    mixed: SessionStore, people: Vault
) -> None:
    silencer = Silencer()
    done = erase_everywhere(people, silencer, THANKS)[mixed.name]
    assert texts(mixed) == [
        "my secret plan",
        "thanks ███, and ana.lima@example.org helps",
        "hello Bo",
        *texts(mixed)[3:],
    ]
    assert texts(mixed)[3] == "the old Annie Lime story"
    assert rounded(silencer) == [[(10.9, 12.0)]]
    assert done.others_scrubbed == 1


def test_finds_in_words_that_went_go_too(mixed: SessionStore, people: Vault) -> None:
    erase_everywhere(people, Silencer(), FIRST_WORDS)
    names = mixed.stage("names", "k", NamesFound)
    assert [(found.utterance, len(found.finds)) for found in names.utterances] == [("u1", 0), ("u2", 2), ("u3", 1)]
    assert names.surfaces == (("ana", GONE), ("bo", "P02"))
    assert mixed.names_fit()
    assert mixed.stages() == ["attributed", "names", "transcript"]


class Coding(Record):
    utterance: str
    start_char: int
    end_char: int
    code: str


class Note(Record):
    about: str
    text: str


def test_codings_on_words_that_stay_stay_and_those_on_words_that_went_go(mixed: SessionStore, people: Vault) -> None:
    mixed.append_entry("coding", Coding(utterance="u1", start_char=0, end_char=9, code="goes"))
    mixed.append_entry("coding", Coding(utterance="u1", start_char=10, end_char=14, code="stays"))
    mixed.append_entry("coding", Coding(utterance="u2", start_char=0, end_char=6, code="stays too"))
    mixed.append_entry("note", Note(about="u1", text="said my secret plan"))
    mixed.append_entry("note", Note(about="u2", text="Ana Lima was thanked"))
    erase_everywhere(people, Silencer(), FIRST_WORDS)
    assert [entry.record.code for entry in mixed.entries("coding", Coding)] == ["stays", "stays too"]
    assert [entry.record.text for entry in mixed.entries("note", Note)] == ["Ana Lima was thanked"]
    erase_everywhere(people, Silencer(), THANKS)
    assert [entry.record.text for entry in mixed.entries("note", Note)] == ["███ ████ was thanked"]


def test_a_part_without_times_silences_the_whole_mix(people: Vault) -> None:
    untimed = TURNS.model_copy(
        update={"utterances": tuple(u.model_copy(update={"timed": False}) for u in TURNS.utterances)}
    )
    store, silencer = fill(people.session("autumn-1"), [track("t1", None)], untimed), Silencer()
    done = store_with(store, people, silencer).erase(GONE, FIRST_WORDS)
    assert silencer.asked[0][0][0] == 0.0
    assert silencer.asked[0][0][1] > 60.0
    assert done.whole_recordings == 1
    assert store.audio_tracks() == ["t1"]


def test_without_a_silencer_a_recording_that_would_have_to_be_silent_is_removed(
    separate: SessionStore, people: Vault
) -> None:
    done = erase_everywhere(people, None, FIRST_WORDS)[separate.name]
    assert separate.audio_tracks() == ["t2"]
    assert [one.track for one in separate.intake().tracks] == ["t2"]
    assert done.whole_recordings == 1
    assert texts(separate)[0] == "██ ██████ plan"


def store_with(store: SessionStore, people: Vault, silencer: Silencer) -> SessionStore:
    return next(one for one in people.sessions(silencer) if one.folder == store.folder)


@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    bounds=st.tuples(st.integers(0, 40), st.integers(1, 20)),
)
def test_outside_a_part_no_codepoint_changes_and_inside_none_of_their_words_is_left(
    lengths: list[int], bounds: tuple[int, int]
) -> None:
    start_s, end_s = bounds[0] / 2, (bounds[0] + bounds[1]) / 2
    turns, at = [], 0.0
    for number, length in enumerate(lengths, start=1):
        turns.append(turn(number, number % 2, at, " ".join(["word"] * length)))
        at += length + 1
    before = Attributed(voices=TURNS.voices[:2], utterances=tuple(turns))  # even turns are P01's, odd ones another's
    facts = Session(session="autumn-1", day=date(2026, 3, 4), zone="Europe/Paris")
    plan = plan_erasure(GONE, ["Ana Lima"], Intake(session=facts), before, None, within=((start_s, end_s),))
    after = without_in_attributed(plan, before)
    mix = Transcript(model="m", model_sha256="0" * 64, settings={}, tracks=(heard_in_mix(before),))
    left = {(w.start_s, w.text) for w in without_in_transcript(plan, mix, before, set()).tracks[0].words}
    for old, new in zip(before.utterances, after.utterances, strict=True):
        own = before.voices[old.voice].participant == GONE
        goes = [own and word.start_s < end_s and start_s < word.end_s for word in old.words]
        assert len(new.text) in (len(old.text), 0 if all(goes) else len(old.text))
        wanted = ["████" if gone else "word" for gone in goes]
        assert [word.text for word in new.words] == ([] if all(goes) else wanted)
        for word, gone in zip(old.words, goes, strict=True):
            assert ((word.start_s, "word") in left) == (not gone)


def heard_in_mix(attributed: Attributed) -> TrackWords:
    said = tuple(
        Word(text=w.text, start_s=w.start_s, end_s=w.end_s) for turn in attributed.utterances for w in turn.words
    )
    return TrackWords(track="t1", language="en", duration_s=60.0, words=said)


# ---------------------------------------------------------------- the voice alone


def test_of_the_voice_alone_only_sound_goes(separate: SessionStore, people: Vault) -> None:
    silencer, before, intake = Silencer(), all_text(separate), separate.intake()
    done = erase_everywhere(people, silencer, VOICE)[separate.name]
    assert all_text(separate) == before
    assert separate.intake() == intake
    assert separate.audio_tracks() == ["t1", "t2", "t3"]
    assert [(asked[0][0], len(asked)) for asked in silencer.asked] == [(0.0, 1), (0.0, 1)]
    assert silencer.asked[0][0][1] > 60.0, "all of their own recording"
    assert rounded(silencer)[1] == [(0.0, 4.0)], "the mix where they speak, and not where they are named"
    assert separate.has_stage("redacted-analyse", "k")
    assert (done.items, done.others_scrubbed) == (2, 0)
    assert len(done.keys) == 1


def test_the_voice_alone_in_a_part_is_silent_there(separate: SessionStore, people: Vault) -> None:
    silencer = Silencer()
    part = Scope(sessions=(), parts=FIRST_WORDS.parts, voice_only=True)
    erase_everywhere(people, silencer, part)
    assert rounded(silencer) == [[(0.0, 2.0)], [(0.0, 2.0)]]
    assert texts(separate)[0] == "my secret plan"


# ---------------------------------------------------------------- voices that are nobody's


def test_voices_that_are_nobodys_are_erased_and_everybody_else_stays(separate: SessionStore, people: Vault) -> None:
    own: list[Track] = [track("t1", "Ana Lima"), track("t2", "Bo Roy"), track("t3", "Speaker 3")]
    separate.save_intake(separate.intake().model_copy(update={"tracks": tuple(own)}))
    done = store_with(separate, people, Silencer()).erase_unknown()
    assert texts(separate) == [TURNS.utterances[0].text, TURNS.utterances[1].text, "", TURNS.utterances[3].text]
    assert separate.audio_tracks() == ["t1", "t2"]
    assert [cue.speaker for cue in cues_of(separate)] == ["Ana Lima", "Bo Roy", None, "Bo Roy"]
    assert [cue.text for cue in cues_of(separate)][2] == ""
    assert separate.intake().hotwords == ("Ana Lima", "Bo Roy")
    assert separate.stage("names", "k", NamesFound).surfaces == (("ana", GONE), ("bo", "P02"))
    assert done.others_scrubbed == 0
    assert len(done.keys) == 1


def test_a_mix_in_which_nobodys_voice_speaks_is_silent_there(mixed: SessionStore, people: Vault) -> None:
    silencer = Silencer()
    done = store_with(mixed, people, silencer).erase_unknown(HERE)
    assert rounded(silencer) == [[(19.9, 23.0)]]
    assert "hello" not in heard(mixed)["t1"]
    assert "my secret plan" in heard(mixed)["t1"]
    assert done.whole_recordings == 0


def test_a_lone_file_that_names_an_unknown_voice_is_a_mix_while_somebody_known_speaks_in_it(people: Vault) -> None:
    voices = (*TURNS.voices[:2], TURNS.voices[2].model_copy(update={"label": "t1"}))
    store = fill(people.session("autumn-1"), [track("t1", None)], TURNS.model_copy(update={"voices": voices}))
    store_with(store, people, Silencer()).erase_unknown()
    assert store.audio_tracks() == ["t1"]
    alone = Attributed(voices=voices[2:], utterances=(turn(3, 0, 20.0, "hello Bo"),))
    other = fill(people.session("autumn-2"), [track("t1", None)], alone)
    store_with(other, people, Silencer()).erase_unknown()
    assert other.audio_tracks() == []


def test_a_session_without_nobodys_voices_stays_byte_for_byte(people: Vault) -> None:
    known = TURNS.model_copy(
        update={"voices": TURNS.voices[:2], "utterances": (*TURNS.utterances[:2], TURNS.utterances[3])}
    )
    store = fill(people.session("autumn-1"), [], known)
    intake = store.intake()
    assert intake.cues is not None
    rows = tuple(cue for cue in intake.cues.cues if cue.speaker != "Speaker 3")
    store.save_intake(intake.model_copy(update={"cues": intake.cues.model_copy(update={"cues": rows})}))
    lying = {path: path.read_bytes() for path in store.files()}
    done = store.erase_unknown()
    assert (done.items, done.keys) == (0, ())
    assert {path: path.read_bytes() for path in store.files()} == lying


# ---------------------------------------------------------------- words kept without a name


def test_words_are_kept_before_everything_is_erased(mixed: SessionStore, people: Vault) -> None:
    done = erase_everywhere(people, Silencer(), KEEP, keeping(kept_turn(GONE, "u1", "my plan for [P02]")))
    assert kept(mixed) == [(GONE, "my plan for [P02]")]
    assert texts(mixed)[0] == ""
    assert "secret" not in all_text(mixed)
    assert "lima" not in all_text(mixed)
    assert list(people.roster.kept()) == [GONE]
    assert done[mixed.name].items > 0


def test_what_was_kept_survives_the_erasure_of_others_without_their_placeholder(
    mixed: SessionStore, people: Vault
) -> None:
    erase_everywhere(
        people, Silencer(), KEEP, keeping(kept_turn(GONE, "u1", "my plan for [P02], and Bo Roy and [P03]"))
    )
    store_with(mixed, people, Silencer()).erase("P02")
    assert kept(mixed) == [(GONE, "my plan for █████, and ██ ███ and [P03]")]


def test_what_was_kept_goes_with_a_later_full_erasure(mixed: SessionStore, people: Vault) -> None:
    other = kept_turn("P02", "u9", "they agree with [P01]", 50.0)
    mixed.put_stage("kept", "", KeptWords(turns=(other,)))
    erase_everywhere(people, Silencer(), KEEP, keeping())
    assert kept(mixed) == [(GONE, "my secret plan"), ("P02", "they agree with █████")]
    done = erase_everywhere(people, Silencer())
    assert kept(mixed) == [("P02", "they agree with █████")]
    assert done[mixed.name].items == 1
    assert people.roster.kept() == {}


def test_keeping_twice_keeps_the_newer_of_a_turn_and_nothing_twice(mixed: SessionStore, people: Vault) -> None:
    mixed.put_stage(
        "kept", "", KeptWords(turns=(kept_turn(GONE, "u1", "an older text"), kept_turn(GONE, "u0", "kept")))
    )
    erase_everywhere(people, Silencer(), KEEP, keeping())
    assert sorted(kept(mixed)) == [(GONE, "kept"), (GONE, "my secret plan")]


def test_of_a_part_what_was_kept_goes_there_only(mixed: SessionStore, people: Vault) -> None:
    mixed.put_stage("kept", "", KeptWords(turns=(kept_turn(GONE, "u1", "one two three", 0.0),)))
    erase_everywhere(people, Silencer(), FIRST_WORDS)
    assert kept(mixed) == [(GONE, "███ ███ three")]


def test_the_placeholder_in_words_laid_out_again_is_a_name_of_the_person(mixed: SessionStore, people: Vault) -> None:
    again = turn(5, 1, 40.0, "as [P01] said, and P01 is no name")
    mixed.replace_latest("attributed", TURNS.model_copy(update={"utterances": (*TURNS.utterances, again)}))
    mixed.replace_latest("names", mixed.stage("names", "k", NamesFound))
    erase_everywhere(people, Silencer())
    assert texts(mixed)[4] == "as █████ said, and P01 is no name"


def test_where_nothing_can_keep_words_the_erasure_stops_before_it_begins(mixed: SessionStore, people: Vault) -> None:
    before = all_text(mixed)
    with pytest.raises(CheckFailed, match="nothing here can do that"):
        erase_everywhere(people, Silencer(), KEEP)
    assert all_text(mixed) == before


# ---------------------------------------------------------------- kills


@pytest.mark.parametrize(
    "scope",
    [EVERYTHING, FIRST_WORDS, VOICE, KEEP],
    ids=["everything", "part", "voice", "keep"],
)
def test_killed_after_any_write_the_same_call_ends_it_and_says_the_same(
    separate: SessionStore, people: Vault, study: Path, tmp_path: Path, keyring: Keyring, scope: Scope
) -> None:
    separate.append_entry("note", Note(about="u2", text="Ana Lima"))
    separate.append_entry("coding", Coding(utterance="u1", start_char=0, end_char=2, code="of theirs"))
    separate.put_stage("kept", "", KeptWords(turns=(kept_turn("P02", "u9", "with [P01]", 50.0),)))

    def erase(folder: Path) -> Erased:
        vault = Vault(folder, replace(keyring, keys=folder / "keys"))
        store = next(iter(vault.sessions(Silencer(), keeping())))
        return store.erase(GONE, scope)

    shutil.copytree(study, tmp_path / "whole")
    with killed_after(10_000) as done:
        said = erase(tmp_path / "whole")
    expected = contents(tmp_path / "whole", keyring)
    assert len(done) > 15
    old = separate.identity()
    for writes in range(len(done)):
        folder = tmp_path / "killed"
        shutil.copytree(study, folder)
        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            erase(folder)
        again = erase(folder)
        wanted = said.model_copy(update={"after": again.after})
        assert again == wanted, f"after {writes} writes"
        assert contents(folder, keyring) == expected, f"after {writes} writes"
        ring = replace(keyring, keys=folder / "keys")
        store = next(iter(Vault(folder, ring).sessions()))
        assert not ring.keystore.renewing(store.opaque)
        assert not [path for path in store.files() if opens(path, [old])]
        assert not list(store.folder.glob("erasing.*"))
        shutil.rmtree(folder)


def test_a_session_laid_out_anew_after_a_kill_is_still_rid_of_the_person(mixed: SessionStore, people: Vault) -> None:
    store, writes = store_with(mixed, people, Silencer()), 0
    while not list(mixed.folder.glob("erasing.*")):
        with killed_after(writes), suppress(Killed):
            store.erase(GONE)
        writes += 1
    other = tuple(u.model_copy(update={"utterance": u.utterance.replace("u", "u1")}) for u in TURNS.utterances)
    mixed.replace_latest("attributed", TURNS.model_copy(update={"utterances": other}))
    mixed.replace_latest("names", NAMES.model_copy(update={"utterances": ()}))
    store.erase(GONE)
    assert texts(mixed) == ["", "thanks ███, and ████████████████████ helps", "hello Bo", "the old █████ ████ story"]


def contents(folder: Path, keyring: Keyring) -> tuple[object, ...]:
    """All that can be read of the only session: what was silenced counts, how often does not."""
    store = next(iter(Vault(folder, replace(keyring, keys=folder / "keys")).sessions()))
    sound = {}
    for one in store.audio_tracks():
        with store.open_audio(one) as stream:
            sound[one] = stream.read().replace(b"silenced silenced ", b"silenced ")
    notes = [entry.record.text for entry in store.entries("note", Note)]
    codes = [entry.record.code for entry in store.entries("coding", Coding)]
    return all_text(store), store.stages(), sound, notes, codes, store.names_fit()
