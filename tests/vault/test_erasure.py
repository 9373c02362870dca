"""Erasing a participant: what goes, what stays as it was, and that a killed erasure goes on where it stopped."""

import importlib
import inspect
import pkgutil
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vault as vault_room
from schemas.deidentified import NamesFound, NameTable
from schemas.errors import CheckFailed
from schemas.recording import Intake, Session
from schemas.records import Record
from schemas.speech import Attributed, Transcript
from tests.vault.conftest import everything_on_disk
from tests.vault.talk import (
    GONE,
    NAMES,
    NOTHING,
    NOW,
    TURNS,
    Silencer,
    all_text,
    cues,
    cues_of,
    erase_everywhere,
    fill,
    track,
    turn,
)
from vault.erasure import EVERYTHING, Erased, Scope
from vault.erasures import Job
from vault.names_known import blocked, name_spans, scrubbed
from vault.register import register
from vault.sessions import SessionStore
from vault.store import Vault

# ---------------------------------------------------------------- what goes and what stays


def test_no_word_and_no_name_of_an_erased_person_is_left_in_a_session(mixed: SessionStore, people: Vault) -> None:
    for word in ("secret", "ana", "lima", "lime"):
        assert word in all_text(mixed)
    erase_everywhere(people, Silencer())
    for word in ("secret", "plan", "ana", "lima", "annie", "lime"):
        assert word not in all_text(mixed)


def test_other_peoples_words_keep_their_length_and_all_but_the_name(mixed: SessionStore, people: Vault) -> None:
    erase_everywhere(people, Silencer())
    turns = mixed.stage("attributed", "k", Attributed)
    assert [utterance.text for utterance in turns.utterances] == [
        "",
        "thanks ███, and ████████████████████ helps",
        "hello Bo",
        "the old █████ ████ story",
    ]
    for before, after in zip(TURNS.utterances[1:], turns.utterances[1:], strict=True):
        assert len(before.text) == len(after.text)
    heard_words = " ".join(word.text for word in mixed.stage("transcript", "k", Transcript).tracks[0].words)
    assert heard_words == "thanks ████ and ████████████████████ helps hello Bo the old █████ ████ story"
    said = [cue.text for cue in cues_of(mixed)]
    assert said[0] == ""
    assert said[2:] == ["hello Bo", "the old █████ ████ story"]


def test_labels_hot_words_and_maps_lose_the_person_and_nobody_else(mixed: SessionStore, people: Vault) -> None:
    erase_everywhere(people, Silencer())
    intake = mixed.intake()
    assert intake.voice_map == {"Bo Roy": "P02"}
    assert intake.hotwords == ("Bo Roy",)
    assert (
        [cue.speaker for cue in intake.cues.cues] == [None, "Bo Roy", "Speaker 3", "Bo Roy"] if intake.cues else False
    )
    turns = mixed.stage("attributed", "k", Attributed)
    assert [voice.label for voice in turns.voices] == ["", "Bo Roy", "Speaker 3"]
    names = mixed.stage("names", "k", NamesFound)
    assert names.surfaces == (("bo", "P02"),)
    assert [found.utterance for found in names.utterances] == ["u2", "u3"]


def test_derived_results_are_dropped(mixed: SessionStore, people: Vault) -> None:
    people.put_study("names", NameTable(names=NAMES.surfaces))
    erase_everywhere(people, Silencer())
    assert mixed.stages() == ["attributed", "names", "transcript"]
    assert people.get_study("names", NameTable) is None


def test_a_mix_is_silent_where_the_person_speaks_and_where_they_are_named(mixed: SessionStore, people: Vault) -> None:
    silencer = Silencer()
    done = erase_everywhere(people, silencer)
    assert [[(round(a, 1), round(b, 1)) for a, b in asked] for asked in silencer.asked] == [
        [(0.0, 4.0), (10.9, 12.0), (12.9, 14.0), (31.9, 34.0)]
    ]
    with mixed.open_audio("t1") as stream:
        assert stream.read() == b"silenced sound of t1"
    assert done[mixed.name].whole_recordings == 0


def test_own_recordings_go_and_other_peoples_are_silent_only_where_the_name_falls(
    separate: SessionStore, people: Vault
) -> None:
    silencer = Silencer()
    erase_everywhere(people, silencer)
    assert separate.audio_tracks() == ["t2", "t3"]
    assert [one.track for one in separate.intake().tracks] == ["t2", "t3"]
    assert [asked[0][0] for asked in silencer.asked] == [10.9, 0.0]
    heard_in = separate.stage("transcript", "k", Transcript)
    assert [one.track for one in heard_in.tracks] == ["t2", "t3"]


def test_without_a_silencer_a_mix_that_holds_the_voice_is_removed_whole(mixed: SessionStore, people: Vault) -> None:
    done = erase_everywhere(people)
    assert mixed.audio_tracks() == []
    assert mixed.intake().tracks == ()
    assert done[mixed.name].whole_recordings == 1


def test_a_mix_without_times_is_removed_whole_even_with_a_silencer(people: Vault) -> None:
    untimed = TURNS.model_copy(
        update={"utterances": tuple(u.model_copy(update={"timed": False}) for u in TURNS.utterances)}
    )
    store = fill(people.session("autumn-1"), [track("t1", None)], untimed)
    done = erase_everywhere(people, Silencer())
    assert store.audio_tracks() == []
    assert done[store.name].whole_recordings == 1


def test_a_track_that_was_never_listened_to_goes_by_the_name_of_its_file(people: Vault) -> None:
    others = TURNS.model_copy(update={"utterances": TURNS.utterances[1:], "voices": TURNS.voices})
    store = fill(people.session("autumn-1"), [track("t1", "AnaLima"), track("t2", "Bo Roy")], others)
    erase_everywhere(people, Silencer())
    assert store.audio_tracks() == ["t2"]


def test_a_name_that_only_another_session_knew_goes_as_well(people: Vault) -> None:
    first = fill(people.session("autumn-1"), [])
    first.put_stage("names", "k", NAMES.model_copy(update={"surfaces": (("bee", GONE),)}))
    other = people.session("autumn-2")
    facts = Session(session="autumn-2", day=date(2026, 3, 5), zone="Europe/Paris")
    other.create(Intake(session=facts))
    other.put_stage(
        "attributed", "k", Attributed(voices=(TURNS.voices[1],), utterances=(turn(1, 0, 0.0, "so Bee will be there"),))
    )
    erase_everywhere(people, Silencer())
    assert other.stage("attributed", "k", Attributed).utterances[0].text == "so ███ will be there"


def test_a_session_without_the_person_stays_byte_for_byte(people: Vault) -> None:
    store = people.session("autumn-2")
    facts = Session(session="autumn-2", day=date(2026, 3, 5), zone="Europe/Paris")
    store.create(Intake(session=facts, hotwords=("Bo Roy",)))
    store.put_stage("attributed", "k", Attributed(voices=(TURNS.voices[1],), utterances=()))
    store.put_stage("redacted-analyse", "k", TURNS)
    done = store.erase(GONE)
    assert (done.items, done.before) == (0, done.after)
    assert store.has_stage("redacted-analyse", "k")


def test_erasing_twice_changes_nothing_more_and_says_the_same(mixed: SessionStore, people: Vault) -> None:
    first = erase_everywhere(people, Silencer())
    assert first[mixed.name].items > 0
    lying = everything_on_disk(people.folder)
    again = erase_everywhere(people, Silencer())
    assert (again[mixed.name], again["roster"]) == (first[mixed.name], first["roster"])
    assert everything_on_disk(people.folder) == lying


def test_once_an_erasure_is_done_nothing_more_is_remembered_of_it(mixed: SessionStore, people: Vault) -> None:
    job = Job(id="ab" * 8, participant=GONE, scope=EVERYTHING, data="erase", reason="withdrawal", by="pi", begun_at=NOW)
    people.erasures.begin(job)
    erase_everywhere(people, Silencer())
    assert list(people.folder.rglob("erased.*"))
    people.erasures.end(job)
    assert not list(people.folder.rglob("eras*.*.age"))
    for done in erase_everywhere(people, Silencer()).values():
        assert (done.items, done.keys, done.before) == (0, (), done.after)


class Correction(Record):
    utterance: str
    text: str


class WhoIsWho(Record):
    voices: dict[str, str]


def test_human_work_about_the_person_goes_and_other_work_stays(mixed: SessionStore, people: Vault) -> None:
    mixed.append_entry("correction", Correction(utterance="u1", text="my secret plan B"))
    mixed.append_entry("correction", Correction(utterance="u2", text="thanks Ana Lima, dear"))
    mixed.append_entry("who", WhoIsWho(voices={"Ana Lima": GONE, "Bo Roy": "P02"}))
    before = mixed.entries("who", WhoIsWho)[0]
    erase_everywhere(people, Silencer())
    assert [entry.record.text for entry in mixed.entries("correction", Correction)] == ["thanks ███ ████, dear"]
    after = mixed.entries("who", WhoIsWho)[0]
    assert after.record.voices == {"Bo Roy": "P02"}
    assert (after.author, after.at) == (before.author, before.at)


def test_a_note_that_names_the_person_by_one_part_of_their_name_loses_it(mixed: SessionStore, people: Vault) -> None:
    mixed.append_entry("correction", Correction(utterance="u4", text="LIMA would not agree; an ana is a small thing"))
    erase_everywhere(people, Silencer())
    [entry] = mixed.entries("correction", Correction)
    assert entry.record.text == "████ would not agree; an ana is a small thing"


class Review(Record):
    review: dict[str, Any]


def test_a_name_that_is_the_key_of_a_map_goes_and_what_stands_under_it_stays(
    mixed: SessionStore, people: Vault
) -> None:
    said = {"Annie Lime": {"mood": "calm"}, "With Ana": "first", "with Ana": [{"to Ana": 1}], "Bo Roy": "of Ana"}
    mixed.append_entry("review", Review(review=said))
    erase_everywhere(people, Silencer())
    [entry] = mixed.entries("review", Review)
    assert entry.record.review == {
        "█████ ████": {"mood": "calm"},
        "With ███": "first",
        "with ███": [{"to ███": 1}],
        "Bo Roy": "of ███",
    }


def test_values_whose_keys_become_equal_are_all_kept(mixed: SessionStore, people: Vault) -> None:
    mixed.append_entry("review", Review(review={"███ (2)": 0, "Ana": 1, "ANA": 2, "Áná": 3, "███": 4}))
    erase_everywhere(people, Silencer())
    [entry] = mixed.entries("review", Review)
    assert entry.record.review == {"███ (2)": 0, "███": 1, "███ (3)": 2, "███ (4)": 3, "███ (5)": 4}


def test_what_a_map_holds_under_the_person_or_their_words_goes(mixed: SessionStore, people: Vault) -> None:
    mixed.append_entry("review", Review(review={GONE: "a", "Ana Lima": "b", "u1": "c", "u3": "d", "P02": "e"}))
    erase_everywhere(people, Silencer())
    [entry] = mixed.entries("review", Review)
    assert entry.record.review == {"u3": "d", "P02": "e"}


@pytest.mark.parametrize("written", ["Lima, Ana (phone)", "user 4711", None])
def test_cues_beside_recordings_of_single_voices_lose_the_person_too(
    separate: SessionStore, people: Vault, written: str | None
) -> None:
    """They are not the labels of any voice: whose they are is told by a name, or by when they are."""
    speakers = {"Ana Lima": written, "Bo Roy": "B. R.", "Speaker 3": "guest"}
    intake, sheet = separate.intake(), cues()
    renamed = tuple(cue.model_copy(update={"speaker": speakers[cue.speaker or ""]}) for cue in sheet.cues)
    separate.save_intake(intake.model_copy(update={"cues": sheet.model_copy(update={"cues": renamed})}))
    erase_everywhere(people, Silencer())
    left = [(cue.speaker, cue.text) for cue in cues_of(separate)]
    assert left[0] == (None, "")
    assert [speaker for speaker, _ in left[1:]] == ["B. R.", "guest", "B. R."]
    assert left[2][1] == "hello Bo"


@pytest.mark.parametrize(
    ("next_s", "until_s"), [(3.3, 3.3), (2.95, 3.0), (20.0, 4.0)], ids=["soon", "at once", "much later"]
)
def test_silence_goes_on_to_the_next_word_since_a_voice_outlasts_what_was_heard_of_it(
    people: Vault, next_s: float, until_s: float
) -> None:
    turns = (turn(1, 0, 0.0, "my secret plan"), turn(2, 1, next_s, "hello"))
    attributed = TURNS.model_copy(update={"utterances": turns})
    found = NAMES.model_copy(update={"utterances": ()})
    store = fill(people.session("autumn-1"), [track("t1", "Zoom recording")], attributed)
    store.replace_latest("names", found)
    silencer = Silencer()
    erase_everywhere(people, silencer)
    assert [[(round(a, 2), round(b, 2)) for a, b in asked] for asked in silencer.asked] == [[(0.0, until_s)]]


# ---------------------------------------------------------------- doubt and crashes


def test_a_session_that_was_never_run_stops_the_erasure(people: Vault) -> None:
    store = people.session("autumn-1")
    store.create(Intake(session=Session(session="autumn-1", day=date(2026, 3, 4), zone="UTC"), cues=cues()))
    with pytest.raises(CheckFailed, match="autumn-1 was never run"):
        store.erase(GONE)


def test_names_found_in_other_turns_stop_the_erasure(mixed: SessionStore) -> None:
    other = TURNS.model_copy(update={"utterances": TURNS.utterances[:2]})
    mixed.put_stage("attributed", "other", other)  # and the run was killed before it searched them
    with pytest.raises(CheckFailed, match="did not reach the names"):
        mixed.erase(GONE)


def test_a_session_that_was_never_taken_in_whole_is_discarded(people: Vault) -> None:
    store = people.session("autumn-1")
    with store.add_audio("t1") as sink:
        sink.write(b"voice")
    done = erase_everywhere(people)
    assert not store.folder.exists()
    told = done[store.name]
    assert (told.items, told.keys, told.before) == (0, (), told.after), "nobody knows that it was theirs"


# ---------------------------------------------------------------- the register


def test_every_store_of_this_room_stands_in_the_register(mixed: SessionStore, people: Vault) -> None:
    modules = [importlib.import_module(f"vault.{module.name}") for module in pkgutil.iter_modules(vault_room.__path__)]
    erasing = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__.startswith("vault.") and hasattr(kind, "erase") and not getattr(kind, "_is_protocol", False)
    }
    listed = register(people)
    assert erasing == {type(store) for store in listed}
    assert len({store.name for store in listed}) == len(listed)


def test_every_file_of_the_vault_belongs_to_a_store_of_the_register(mixed: SessionStore, people: Vault) -> None:
    people.put_study("names", NameTable(names=()))
    lying = {path.relative_to(people.folder).parts[0] for path in people.folder.rglob("*.age")}
    assert lying == {"sessions", "study", "roster-keys.age", "roster.age", "contacts.age", "participants.age"}
    people.roster.erase("P02", Scope(keep=True))
    lying |= {"kept.age", next(people.folder.glob("erased.*")).name}  # both the roster's own
    assert {path.relative_to(people.folder).parts[0] for path in people.folder.rglob("*.age")} == lying


class Desk:
    """A store of another room."""

    name = "desk"

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        return Erased(store=self.name, items=0, before=NOTHING, after=NOTHING)


def test_other_rooms_stores_come_before_the_roster(mixed: SessionStore, people: Vault) -> None:
    names = [store.name for store in register(people, [Desk()])]
    assert names == [mixed.name, "desk", "codebook", "study results", "roster"]


# ---------------------------------------------------------------- names in text


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("Ana Lima", "so ANA LIMA said", "so ███ ████ said"),
        ("ana", "Ana's idea", "███'s idea"),
        ("Will", "Will he? he will", "████ he? he will"),
        ("Zoë", "Zoe and zoë", "███ and zoë"),
        ("bee_42", "ask bee_42", "ask ██████"),
        ("Ana", "banana Anabel", "banana Anabel"),
        ("…", "… and so on", "… and so on"),
    ],
)
def test_a_name_is_found_whatever_its_capitals_and_accents(name: str, text: str, shown: str) -> None:
    assert scrubbed([name], text) == shown


@given(text=st.text(max_size=40), names=st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_replacing_names_never_changes_a_length_or_anything_outside_them(text: str, names: list[str]) -> None:
    spans, after = name_spans(names, text), scrubbed(names, text)
    assert len(after) == len(text)
    for place, (old, new) in enumerate(zip(text, after, strict=True)):
        inside = any(start <= place < end for start, end in spans)
        assert new == ("█" if inside and not old.isspace() else old)


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=5), min_size=1, max_size=6), st.data())
def test_blocking_word_by_word_is_blocking_the_whole_text(parts: list[str], data: st.DataObject) -> None:
    text = " ".join(parts)
    bounds = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    spans, at, pieces = [(bounds[0], bounds[1])], 0, []
    for part in parts:
        pieces.append(blocked(part, spans, at))
        at += len(part) + 1
    assert " ".join(pieces) == blocked(text, spans)
