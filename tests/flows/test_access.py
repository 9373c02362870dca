"""A person sees identities, words and recordings through one door, and the register is told before it opens."""

import ast
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import flows
from flows import access
from flows.access import open_identities, open_recordings, open_words
from flows.intake import NewSession, add_session
from flows.showing import MASKED, NOT_SHOWN
from flows.study import Study
from flows.users import add_user
from schemas.consent import Use
from schemas.errors import ChathamError, LedgerDamaged, MissingKey, RefusedByConsent, UsageError
from schemas.roster import Contact, Person
from tests.flows.conftest import NAMES, PASSPHRASE, Chatham, contents, make_keys_cheap, open_as
from tests.flows.opening import QUIET, RATE_HZ, accesses, add_spoken, find_all, withdraw, without_models
from tests.flows.test_roles import FILES, WORDS
from transcription.audio import load_16k_mono
from vault.erasure import Scope
from vault.roster import RosterStore
from vault.sessions import SessionStore

WHY = "to check a doubtful name"


@pytest.fixture(autouse=True)
def _no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    without_models(monkeypatch)


@pytest.fixture
def ready(study: Study) -> Study:
    """The small study, its session searched for names."""
    find_all(study, "S1")
    return study


def texts(study: Study, session: str = "S1") -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in open_words(study, session, WHY)]


# ---------------------------------------------------------------- the register is told first


def test_the_words_of_a_session_are_shown_by_name(ready: Study) -> None:
    assert texts(ready) == [
        (NAMES["P01"], "We met the council about the ferry."),
        (NAMES["P02"], "Maribel told me so."),
    ]


def test_who_opened_what_of_whom_and_why_is_recorded(ready: Study) -> None:
    open_identities(ready, ["P03", "P01"], "to write to them")
    open_words(ready, "S1", WHY)
    first, second = accesses(ready)
    assert first.pop("at") and second.pop("at")
    assert first == {
        "type": "access", "what": "identities", "session": None, "participants": ["P01", "P03"],
        "reason": "to write to them", "by": "pi",
    }  # fmt: skip
    assert second == {
        "type": "access", "what": "words", "session": "S1", "participants": ["P01", "P02"], "reason": WHY, "by": "pi",
    }  # fmt: skip


OPENINGS: dict[str, Callable[[Study], object]] = {
    "identities": lambda study: open_identities(study, ["P01"], WHY),
    "words": lambda study: open_words(study, "S1", WHY),
    "recordings": lambda study: open_recordings(study, "S2", WHY),
}


@pytest.mark.parametrize("what", OPENINGS)
def test_where_the_register_cannot_take_the_entry_nothing_is_opened(
    what: str, ready: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_spoken(ready, tmp_path, "S2", {"MaribelQuist": [(1.0, "Hello.")]})

    def opened(*_: object, **__: object) -> object:
        raise AssertionError("something was opened")

    def refuses(*_: object) -> int:
        raise LedgerDamaged("the register cannot be written to", hint="Look at the disk.")

    monkeypatch.setattr(Study, "record", refuses)
    monkeypatch.setattr(RosterStore, "matching", opened)
    monkeypatch.setattr(RosterStore, "contacts", opened)
    for name in ("intake", "stage", "latest", "open_audio", "entries"):
        monkeypatch.setattr(SessionStore, name, opened)
    facts_alone = SessionStore.get_stage
    monkeypatch.setattr(
        SessionStore,
        "get_stage",
        lambda self, stage, *rest: facts_alone(self, stage, *rest) if stage == "facts" else opened(),
    )
    with pytest.raises(LedgerDamaged, match="cannot be written to"):
        OPENINGS[what](ready)


@pytest.mark.parametrize("what", OPENINGS)
def test_nothing_is_opened_while_entries_of_the_register_are_missing(what: str, ready: Study, tmp_path: Path) -> None:
    """A register behind its own seal is read-only, so who looks could not be recorded."""
    add_spoken(ready, tmp_path, "S2", {"MaribelQuist": [(1.0, "Hello.")]})
    ready.publish()
    journal = ready.consent / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]))
    with pytest.raises(ChathamError) as caught:
        OPENINGS[what](open_as(ready.folder, "pi"))
    assert caught.value.exit_code == 6


@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 201, "a\x07bell"])
@pytest.mark.parametrize("what", ["identities", "words"])
def test_without_a_reason_nothing_is_opened_and_nothing_recorded(what: str, reason: str, ready: Study) -> None:
    with pytest.raises(UsageError, match="no reason of 3 to 200 characters"):
        if what == "words":
            open_words(ready, "S1", reason)
        else:
            open_identities(ready, ["P01"], reason)
    assert accesses(ready) == []


def test_a_reason_is_kept_as_one_line(ready: Study) -> None:
    open_identities(ready, ["P01"], "to write\nto  them ")
    assert accesses(ready)[0]["reason"] == "to write to them"


# ---------------------------------------------------------------- who


def test_an_assistant_looks_people_up_one_by_one_and_sees_no_contacts(ready: Study) -> None:
    ready.vault.roster.import_people(
        [Person(participant="P01", full_name=NAMES["P01"], aliases=("Mari",), former_names=("Old Name",), secret="")],
        [Contact(participant="P01", email="m@example.org")],
    )
    (seen,) = open_identities(open_as(ready.folder, "ra"), ["P01"], WHY)
    assert (seen.full_name, seen.aliases, seen.former_names, seen.email) == (NAMES["P01"], ("Mari",), None, None)
    with pytest.raises(MissingKey, match="one by one"):
        open_identities(open_as(ready.folder, "ra"), [], WHY)
    whole = open_identities(open_as(ready.folder, "pi"), [], WHY)
    assert [one.participant for one in whole] == ["P01", "P02", "P03"]
    assert (whole[0].former_names, whole[0].email) == (("Old Name",), "m@example.org")
    assert accesses(open_as(ready.folder, "pi"))[-1]["participants"] == ["P01", "P02", "P03"]


@pytest.mark.parametrize("user", ["desk", "board"])
def test_intake_and_the_ethics_officer_open_nothing(user: str, ready: Study) -> None:
    for opening in (OPENINGS["identities"], OPENINGS["words"]):
        with pytest.raises(MissingKey, match="may not"):
            opening(open_as(ready.folder, user))
    assert accesses(ready) == []


def test_a_service_user_opens_nothing(ready: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)
    add_user(ready, "night", role="assistant", participant=None, passphrase=lambda: PASSPHRASE, service=True)
    with pytest.raises(MissingKey, match="a service user never sees names, words or recordings"):
        open_words(open_as(ready.folder, "night"), "S1", WHY)
    assert accesses(ready) == []


def test_somebody_who_is_not_in_the_roster_is_refused_and_not_recorded(ready: Study) -> None:
    with pytest.raises(UsageError, match="1 of those are not in the roster"):
        open_identities(ready, ["P01", "P77"], WHY)
    assert accesses(ready) == []


def test_of_somebody_whose_words_are_kept_without_the_name_there_is_no_identity(ready: Study) -> None:
    ready.vault.roster.erase("P01", Scope(keep=True))
    with pytest.raises(UsageError, match="1 of those are not in the roster"):
        open_identities(ready, ["P01"], WHY)
    assert [one.participant for one in open_identities(ready, [], WHY)] == ["P02", "P03"]


def test_a_session_that_was_never_run_is_not_opened(study: Study) -> None:
    with pytest.raises(UsageError, match="nobody knows yet who speaks"):
        open_words(study, "S1", WHY)
    assert accesses(study) == []


# ---------------------------------------------------------------- what of it


def test_of_somebody_who_withdrew_neither_words_nor_name_are_shown(ready: Study) -> None:
    withdraw(ready, "P01")
    assert texts(ready) == [("", NOT_SHOWN), (NAMES["P02"], f"{MASKED} told me so.")]
    assert accesses(ready)[0]["participants"] == ["P02"]


def test_of_somebody_not_asked_and_of_a_voice_that_is_nobodys_only_fifteen_words_are_shown(
    study: Study, tmp_path: Path
) -> None:
    said = " ".join(f"word{number}" for number in range(40))
    (tmp_path / "s2.vtt").write_text(
        f"WEBVTT\n\n00:01.000 --> 00:20.000\n{NAMES['P03']}: {said}\n\n"
        f"00:21.000 --> 00:40.000\nSomebody Else: {said}\n\n"
        f"00:41.000 --> 00:50.000\n{NAMES['P03']}: And on.\n"
    )
    add_session(study, NewSession("S2", "2026-03-04T09:00+13:00", transcript=tmp_path / "s2.vtt"), QUIET)
    find_all(study, "S2")
    first = " ".join(f"word{number}" for number in range(15))
    assert texts(study, "S2") == [
        (NAMES["P03"], f"{first} {NOT_SHOWN}"),
        ("Somebody Else", f"{first} {NOT_SHOWN}"),
        ("", NOT_SHOWN),
    ]


def test_words_off_the_record_are_not_shown(ready: Study, chatham: Chatham) -> None:
    assert chatham(
        "passage", "mark", "S1", "--from", "0:00", "--to", "0:04.5", "--as", "off_the_record", study=ready.folder
    ).code == 0  # fmt: skip
    assert texts(open_as(ready.folder, "pi")) == [("", NOT_SHOWN), (NAMES["P02"], "Maribel told me so.")]


# ---------------------------------------------------------------- recordings


def loud(recording: access.Recording, folder: Path) -> np.ndarray:
    """Of each tenth of a second of the recording, whether anything is heard in it."""
    path = folder / f"{recording.track}.flac"
    with path.open("wb") as sink:
        recording.write(sink)
    with path.open("rb") as source:
        samples = load_16k_mono(source)
    return np.abs(samples[: len(samples) // 1600 * 1600]).reshape(-1, 1600).max(axis=1) > 0.01


SPOKEN = {
    "MaribelQuist": [(2.0, "We"), (2.5, "met.")],
    "TobiasRenwick": [(10.0, "Yes,"), (10.5, "we"), (11.0, "did.")],
    "AnUnknownVoice": [(15.0 + number / 10, "so") for number in range(20)],
}


def test_a_recording_is_silent_where_somebody_speaks_who_withdrew_and_their_own_is_not_handed_out(
    study: Study, tmp_path: Path
) -> None:
    add_spoken(study, tmp_path, "S2", {name: SPOKEN[name] for name in ("MaribelQuist", "TobiasRenwick")})
    before = open_recordings(study, "S2", WHY)
    assert all(loud(one, tmp_path).all() for one in before), "the control: all is heard"
    withdraw(study, "P01")
    own, other = open_recordings(study, "S2", WHY)
    with pytest.raises(RefusedByConsent, match="recording 1 may not be heard"):
        own.write(io.BytesIO())
    heard = loud(other, tmp_path)
    assert not heard[18:32].any()
    assert heard[:15].all() and heard[36:].all()
    assert [entry["what"] for entry in accesses(study)] == ["recording", "recording"]


def test_whoever_withdrew_their_voice_alone_may_be_read_and_not_heard(study: Study, tmp_path: Path) -> None:
    add_spoken(study, tmp_path, "S2", {name: SPOKEN[name] for name in ("MaribelQuist", "TobiasRenwick")})
    withdraw(study, "P01", use=Use.RECORDING)
    assert texts(study, "S2")[0] == (NAMES["P01"], "We met.")
    own, other = open_recordings(study, "S2", WHY)
    assert own.quiet is None
    assert not loud(other, tmp_path)[20:30].any()


def test_of_a_recording_that_is_nobodys_only_what_tells_whose_it_is_is_heard(study: Study, tmp_path: Path) -> None:
    add_spoken(study, tmp_path, "S2", SPOKEN)
    *_, unknown = open_recordings(study, "S2", WHY)
    heard = loud(unknown, tmp_path)
    assert heard[151:160].all()
    assert not heard[:145].any() and not heard[172:].any()


def test_of_a_lone_recording_in_which_nobody_is_known_only_the_excerpt_is_heard(study: Study, tmp_path: Path) -> None:
    add_spoken(study, tmp_path, "S2", {"AnUnknownVoice": SPOKEN["AnUnknownVoice"]})
    (mix,) = open_recordings(study, "S2", WHY)
    heard = loud(mix, tmp_path)
    assert heard[151:160].all()
    assert not heard[:145].any() and not heard[172:].any()


def test_a_session_without_recordings_says_so(ready: Study) -> None:
    with pytest.raises(UsageError, match="no recordings"):
        open_recordings(ready, "S1", WHY)


def test_recordings_at_their_full_rate_are_not_resampled(study: Study, tmp_path: Path) -> None:
    add_spoken(study, tmp_path, "S2", {"MaribelQuist": SPOKEN["MaribelQuist"], "TobiasRenwick": []})
    (first, _) = open_recordings(study, "S2", WHY)
    with (tmp_path / "a.flac").open("wb") as sink:
        first.write(sink)
    with (tmp_path / "a.flac").open("rb") as source:
        assert len(load_16k_mono(source)) == pytest.approx(20 * RATE_HZ * 2, abs=200)


# ---------------------------------------------------------------- the commands


def test_the_commands_show_what_was_opened_and_why_stands_in_the_register(ready: Study, chatham: Chatham) -> None:
    shown = chatham("session", "show", "S1", "--reason", WHY, study=ready.folder, user="ra")
    assert shown.out.splitlines() == [
        f"[0:01] {NAMES['P01']} (P01): We met the council about the ferry.",
        f"[0:05] {NAMES['P02']} (P02): Maribel told me so.",
    ]
    listed = chatham("roster", "show", "--reason", WHY, "--json", study=ready.folder)
    assert [one["full_name"] for one in json.loads(listed.out)] == list(NAMES.values())
    found = accesses(open_as(ready.folder, "pi"))
    assert [(one["what"], one["by"]) for one in found] == [("words", "ra"), ("identities", "pi")]


def test_files_that_hold_names_are_the_persons_own_and_told_to_be_deleted(
    study: Study, chatham: Chatham, tmp_path: Path
) -> None:
    add_spoken(study, tmp_path, "S2", {name: SPOKEN[name] for name in ("MaribelQuist", "TobiasRenwick")})
    out, folder = tmp_path / "words.vtt", tmp_path / "sound"
    said = chatham(
        *("session", "show", "S2", "--reason", WHY, "--out", out, "--recordings", folder), study=study.folder
    )
    assert said.code == 0, said.err
    assert "Delete them when you are done." in said.out
    assert NAMES["P01"] not in said.out, "words that go to a file do not go to the terminal too"
    assert f"<v {NAMES['P01']}>We met." in out.read_text()
    assert sorted(path.name for path in folder.iterdir()) == ["S2.t1.flac", "S2.t2.flac"]
    assert [path.stat().st_mode & 0o777 for path in (out, *folder.iterdir())] == [0o600] * 3
    again = chatham("session", "show", "S2", "--reason", WHY, "--out", out, study=study.folder)
    assert (again.code, "already there" in again.err) == (2, True)


@pytest.mark.parametrize("option", ["--out", "--recordings"])
def test_nothing_readable_is_put_into_the_study(option: str, ready: Study, chatham: Chatham) -> None:
    before = contents(ready.folder)
    said = chatham(
        *("session", "show", "S1", "--reason", WHY, option, ready.folder / "vault" / "a.txt"), study=ready.folder
    )
    assert (said.code, "inside the study" in said.err) == (2, True)
    assert contents(ready.folder) == before


# ---------------------------------------------------------------- no other door

OPENERS = {"matching", "table", "contacts", "intake", "stage", "get_stage", "latest", "open_audio"}
"""What gives decrypted names, words or sound."""
SEEN_BY_NOBODY = {
    "audit.gather": "counts",
    "build": "redacts and loads",
    "bridging": "finds and hides sentences, and tells where they are said",
    "carrying": "stores what is right again under another key",
    "coding.anchored": "carries codings over to the same words",
    "coding.importing": "fits codings to words, and counts",
    "coding.listing": "counts codings, and masks names of codes",
    "coding.quoting": "looks for quotations, and takes names out",
    "coding.recording": "looks for quotations, and masks names",
    "coding.removing": "finds codings, and counts",
    "coding.released": "masks names and what is not shown",
    "consenting": "counts what a choice would change",
    "contents": "loads, and finds sentences that join labels",
    "deciding": "decides, and redacts",
    "destroying": "erases",
    "doctor": "counts unknown voices, and says which sessions are there",
    "erasure_entry": "counts the words that stay",
    "gate": "searches what was written, and counts",
    "handing_on": "counts",
    "intake": "compares what was stored with what was read",
    "keeping": "de-identifies what stays of somebody",
    "kept": "redacts",
    "people": "compares a roster with the one before",
    "plan": "tells what must be made again",
    "previewing": "counts what a choice would change",
    "published": "tells what a data set was made from",
    "releases": "tells which data sets hold whom",
    "releasing": "redacts and loads",
    "retention": "tells what is due, and erases",
    "risks": "compares passages, and counts",
    "run": "tells what must be made again, and counts",
    "steps": "transcribes, attributes, finds names",
    "study": "hands the matching table to the others of this list",
    "worker": "hands the matching table to the others of this list",
}
"""Modules that open such things, each with what a machine does there. What a person sees comes from flows.access."""


def mentions(path: Path) -> Iterator[tuple[int, str]]:
    """Members that a module speaks of, with their lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr


def test_no_command_opens_the_locked_store_by_itself() -> None:
    """Commands are where things reach a person's eyes: none may speak of what opens names, words or sound."""
    folder = Path(flows.__file__).parent / "cli"
    found = [
        f"{path.name} line {line}: {name}"
        for path in sorted(folder.glob("*.py"))
        for line, name in mentions(path)
        if name in OPENERS
    ]
    assert found == []


def test_whatever_else_opens_names_words_or_sound_is_known_to_show_them_to_nobody() -> None:
    """A new module that does must hand them out through flows.access, or say in the table what it does with them."""
    root = Path(flows.__file__).parent
    found = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in root.rglob("*.py")
        if OPENERS & {name for _, name in mentions(path)}
    }
    assert found - set(SEEN_BY_NOBODY) == {"access"}


@pytest.mark.parametrize("command", WORDS)
def test_no_command_says_a_name_or_a_word_without_an_entry_of_who_looked_and_why(
    command: str, ready: Study, chatham: Chatham, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATHAM_NEW_PASSPHRASE", "another four made-up words")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    handed_in = {path for path in tmp_path.rglob("*") if path.is_file()}
    said = chatham(*command.split(), *WORDS[command], study=ready.folder)
    # Inside the study lie data sets: what each person allows, by name where they do.
    outside = (path for path in tmp_path.rglob("*") if path.is_file() and ready.folder not in path.parents)
    made = [path for path in outside if path not in handed_in]
    seen = said.out + said.err + "".join(path.read_text("utf-8", "replace") for path in made)
    if any(word in seen for word in (*NAMES.values(), "ferry", "told me so")):
        assert accesses(open_as(ready.folder, "pi")), f"{command} shows what nobody was told of"


def test_the_commands_that_open_do_say_names(ready: Study, chatham: Chatham) -> None:
    """The control for the test above: it would see them."""
    assert NAMES["P02"] in chatham("roster", "show", *WORDS["roster show"], study=ready.folder).out
