"""Users come and go: each is logged before it is so, and a command that was stopped can be given again."""

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.publish import log_vkeys
from consent.recorders import read_recorders
from consent.storage.leaf import decode
from consent.storage.openings import Opening
from consent.tlog.checkpoint import check_checkpoint
from consent.tlog.note import ED25519
from consent.verify import verify
from flows import passphrases
from flows.consenting import Said, import_sheet, record_one
from flows.cosigning import cosign
from flows.forms import add_form
from flows.own import own_ids
from flows.passphrases import passphrase_of_new_user
from flows.people import import_roster, mark_passage
from flows.study import Study
from flows.users import add_user, list_users, people_of, remove_user
from flows.withdrawal import withdrawal_event
from schemas.consent import Reach
from schemas.errors import BadInput, DiskFull, LedgerDamaged, MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent
from tests.flows.conftest import PASSPHRASE, USERS, Chatham, contents, make_keys_cheap, open_as
from tests.flows.test_passphrases import private, typed
from tests.vault.test_users import Killed, killed_after
from vault.keys import add_user as past_the_register
from vault.keys import unlock

NEW = "another four made-up words"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)
    monkeypatch.setattr(passphrases, "_remembered", {})


def add(study: Study, name: str, role: str | None, participant: str | None = None) -> None:
    add_user(study, name, role=role, participant=participant, passphrase=lambda: NEW)


def about_users(study: Study) -> list[tuple[object, ...]]:
    """Action, name and key of every entry about a user, and whether it turns a right to record."""
    entries = [entry for entry in open_as(study.folder, "pi").ledger.entries() if entry.kind is EventKind.ROTATE_KEY]
    said = [(entry.payload or {}, entry.form is not None) for entry in entries]
    return [(one.get("action", one["type"]), one.get("name"), one.get("participant"), form) for one, form in said]


def sealed_event() -> LedgerEvent:
    return LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"})


def record(study: Study) -> int:
    return record_one(study, Said(participant="P02", event="change", level="withheld")).recorded


# ---------------------------------------------------------------- adding


def test_the_register_says_who_was_let_in_and_by_whom(study: Study) -> None:
    assert about_users(study) == [("added", name, None, True) for name in ("pi", *USERS)]
    add(study, "sam", "intake", "P03")
    newest = study.ledger.entries()[-1]
    key = {user.name: user.key_id for user in list_users(study)}["sam"]
    assert newest.payload == {
        "type": "user",
        "action": "added",
        "name": "sam",
        "roles": ["intake"],
        "key": key,
        "participant": "P03",
        "by": "pi",
    }
    assert (newest.form or "").startswith(key)
    assert key in read_recorders(study.consent)


@pytest.mark.parametrize("role", ["intake", "assistant", "investigator"])
def test_a_new_user_opens_the_study_with_their_own_passphrase_and_records(role: str, study: Study) -> None:
    add(study, "sam", role)
    sam = Study.open(study.folder, user="sam", passphrase=NEW)
    assert sam.keyring.roles == {role}
    assert record(sam) == 1
    assert open_as(study.folder, "pi").register().events[-1][1].recorded_by == "sam"


def test_whoever_was_not_let_in_by_the_register_cannot_record(study: Study) -> None:
    past_the_register(study.folder / "keys", study.keyring, "sam", NEW, "intake")
    before = contents(study.consent)
    with pytest.raises(MissingKey, match=r"."):
        record(Study.open(study.folder, user="sam", passphrase=NEW))
    assert contents(study.consent) == before


def test_a_command_that_runs_while_a_user_is_added_goes_on(study: Study) -> None:
    running = open_as(study.folder, "ra")
    assert len(running.register().events) == 2
    add(study, "sam", "intake")
    record(Study.open(study.folder, user="sam", passphrase=NEW))
    assert len(running.register().events) == 3
    assert record(running) == 1
    assert len(open_as(study.folder, "pi").register().events) == 4


def test_who_cannot_be_recorded_does_not_become_a_user(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> list[int]:
        raise DiskFull("the disk is full", hint="Make room.")

    keys = contents(study.folder / "keys")
    with monkeypatch.context() as patch, pytest.raises(DiskFull, match="disk is full"):
        patch.setattr(study, "append", full)
        add(study, "sam", "assistant")
    assert contents(study.folder / "keys") == keys
    add(study, "sam", "assistant")
    assert Study.open(study.folder, user="sam", passphrase=NEW).may_run


def test_adding_that_was_killed_anywhere_leaves_nothing_that_opens_and_can_be_done_again(
    study: Study, tmp_path: Path
) -> None:
    shutil.copytree(study.folder, tmp_path / "whole")
    with killed_after(10_000) as done:
        add(open_as(tmp_path / "whole", "pi"), "sam", "assistant")
    for writes in range(len(done)):
        folder = tmp_path / f"after-{writes}"
        shutil.copytree(study.folder, folder)
        opened = open_as(folder, "pi")
        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            add(opened, "sam", "assistant")
        assert "sam" not in {user.name for user in list_users(opened)} or unlock(folder / "keys", "sam", NEW).roles
        again = open_as(folder, "pi")
        if "sam" not in {user.name for user in list_users(again)}:
            add(again, "sam", "assistant")
        assert record(Study.open(folder, user="sam", passphrase=NEW)) == 1
        assert record(open_as(folder, "desk")) == 1
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "role", "participant", "error", "message"),
    [
        ("sam", None, None, UsageError, "a new user needs a role"),
        ("sam", "director", None, UsageError, "--role is none of the known ones"),
        ("sam", "intake", "Sam", UsageError, "--participant is no participant's id"),
        ("ra", "assistant", None, BadInput, "already a user of this name"),
        ("RA", "assistant", None, BadInput, "already a user of this name"),
        ("ra", "intake", "P03", BadInput, "already a user of this name, in another role"),
        ("../sam", "intake", None, BadInput, "a user name has"),
        ("board2", "ethics", None, MissingKey, "only ethics may add"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked_or_recorded(
    name: str, role: str | None, participant: str | None, error: type[Exception], message: str, study: Study
) -> None:
    def asked() -> str:
        raise AssertionError("a passphrase was asked for")

    before = contents(study.folder)
    with pytest.raises(error, match=message):
        add_user(study, name, role=role, participant=participant, passphrase=asked)
    assert contents(study.folder) == before


def test_a_second_ethics_officer_is_let_in_by_the_first(study: Study) -> None:
    add(open_as(study.folder, "board"), "board2", "ethics")
    second = Study.open(study.folder, user="board2", passphrase=NEW)
    assert len(second.register().events) == 2
    assert record(second) == 1


# ---------------------------------------------------------------- who they are


def test_a_user_who_is_there_is_linked_to_the_participant_they_are(study: Study) -> None:
    add(study, "pi", None, "P01")
    assert about_users(study)[-1] == ("linked", "pi", "P01", False)
    assert own_ids(open_as(study.folder, "pi")) == {"P01"}
    before = study.ledger.head()
    add(study, "pi", "investigator", "P01")
    assert study.ledger.head() == before, "the same link is recorded once"
    assert record(study) == 1, "a link does not end the right to record"


def test_who_a_user_is_is_said_once_and_only_of_somebody_in_the_roster(study: Study) -> None:
    add(study, "pi", None, "P01")
    add(study, "sam", "investigator")
    for one in (study, Study.open(study.folder, user="sam", passphrase=NEW)):
        with pytest.raises(BadInput, match="a link that stands is never changed"):
            add(one, "pi", None, "P03")
    assert own_ids(open_as(study.folder, "pi")) == {"P01"}
    with pytest.raises(BadInput, match="that participant is not in the roster"):
        add(study, "sam", None, "P99")


def test_only_an_investigator_says_who_a_user_is(study: Study) -> None:
    for user in USERS:
        with pytest.raises(MissingKey, match="only investigator"):
            add(open_as(study.folder, user), "desk", None, "P01")


def test_taking_the_link_out_of_ones_own_file_does_not_help_who_may_read_the_register(study: Study) -> None:
    add(study, "ra", None, "P01")
    path = study.folder / "keys" / "users" / "ra"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"participant": None}))
    assert own_ids(open_as(study.folder, "ra")) == {"P01"}


@pytest.mark.parametrize("user", ["pi", *USERS])
def test_nobody_records_changes_or_withdraws_their_own_consent(user: str, study: Study, tmp_path: Path) -> None:
    add(study, user, None, "P02")
    opened = open_as(study.folder, user)
    sheet = tmp_path / "mine.csv"
    sheet.write_text(
        "participant,at,event,level\nP01,2026-03-05T10:00+13:00,change,role\nP02,2026-03-05T10:00+13:00,change,named\n"
    )
    before = contents(study.folder)
    with pytest.raises(MissingKey, match="P02 is you, and nobody records, changes or withdraws") as refused:
        record(opened)
    assert "chatham user add" in refused.value.hint
    with pytest.raises(MissingKey, match="P02 is you"):
        withdrawal_event(opened, "P02", data="stop", reach=Reach(), days=7, at=None, method=None)
    with pytest.raises(MissingKey, match=r"line 3, column participant: is you"):
        import_sheet(opened, sheet)
    with pytest.raises(MissingKey, match="P02 is you, and nobody marks passages about themselves"):
        mark_passage(opened, "S1", "0:01", "0:02", "reports:P02")
    assert contents(study.folder) == before
    other = open_as(study.folder, "desk" if user != "desk" else "ra")
    assert record(other) == 1, "another user records it"


@pytest.mark.parametrize("name", ["RA", "P02", "p02"])
def test_a_sheet_that_says_somebody_recorded_their_own_consent_is_refused_whole(
    name: str, study: Study, tmp_path: Path
) -> None:
    add(study, "ra", None, "P02")
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        f"participant,at,event,level,recorded_by\nP02,2026-03-05T10:00+13:00,change,named,{name}\n"
        "P01,2026-03-05T10:00+13:00,change,role,ra\n"
    )
    before = study.ledger.head()
    with pytest.raises(MissingKey, match=r"line 2, column recorded_by: is the participant themselves$"):
        import_sheet(study, sheet)
    assert study.ledger.head() == before


# ---------------------------------------------------------------- leaving


def test_who_left_records_and_opens_nothing_more_and_what_they_recorded_stands(study: Study) -> None:
    ra = open_as(study.folder, "ra")
    record(ra)
    remove_user(study, "ra")
    assert about_users(study)[-2:] == [("removed", "ra", None, True), ("log_key", None, None, False)]
    assert study.register().events[-1][1].recorded_by == "ra"
    with pytest.raises(MissingKey, match="no such user"):
        open_as(study.folder, "ra")
    assert ra.keyring.signer.key_id in read_recorders(study.consent)
    later = open_as(study.folder, "desk")
    record(later)
    sealed = study.ledger.entries()[-1]
    assert sealed.payload is not None
    stale = Study(study.folder, replace(ra.keyring))
    with pytest.raises(MissingKey, match="only"):
        stale.table()
    before = contents(study.consent)
    with pytest.raises(MissingKey, match=r"."):
        record(stale)
    with pytest.raises(MissingKey, match=r"."):
        stale.ledger.record(sealed_event())
    assert contents(study.consent) == before


def test_a_removed_user_who_comes_back_has_a_new_key(study: Study) -> None:
    old = {user.name: user.key_id for user in list_users(study)}["desk"]
    remove_user(study, "desk")
    add(study, "desk", "intake")
    assert {user.name: user.key_id for user in list_users(study)}["desk"] != old
    assert record(Study.open(study.folder, user="desk", passphrase=NEW)) == 1


@pytest.mark.parametrize(("user", "changes"), [("ra", True), ("desk", False), ("board", False)])
def test_the_log_gets_other_keys_when_somebody_leaves_who_could_sign(user: str, changes: bool, study: Study) -> None:
    study.publish()
    before, name = log_vkeys(study.consent), log_vkeys(study.consent)[0].name
    old_checkpoint = (study.consent / "log" / "checkpoint").read_bytes()
    remove_user(study, user)
    study.publish()
    after = log_vkeys(study.consent)
    assert {key.name for key in after} == {name}
    assert (after[2:] == before and after[:2] != before) if changes else after == before
    newest = check_checkpoint((study.consent / "log" / "checkpoint").read_bytes(), after[:2])
    assert newest.checkpoint.size == study.ledger.size
    check_checkpoint(old_checkpoint, [key for key in after if key.kind == ED25519])
    if changes:
        with pytest.raises(BadInput, match=r"."):
            check_checkpoint((study.consent / "log" / "checkpoint").read_bytes(), before)
        payload = study.ledger.entries()[-1].payload or {}
        assert payload["vkeys"] == [str(key) for key in after[:2]]
    reopened = open_as(study.folder, "pi")
    record(reopened)
    assert reopened.publish() is not None


def test_an_outsider_checks_the_register_with_the_new_keys_and_not_with_the_old(study: Study) -> None:
    study.publish()
    old = log_vkeys(study.consent)
    record(open_as(study.folder, "ra"))
    remove_user(study, "ra")
    record(open_as(study.folder, "desk"))
    study.publish()
    new = log_vkeys(study.consent)
    now = datetime.now(UTC)
    for keys in (new, new[:2]):
        report = verify(study.consent, keys, against=None, policy=None, now=now)
        assert (report.exit_code, report.problems) == (1, ()), report
        assert report.size == study.ledger.head()[0]
    assert verify(study.consent, old, against=None, policy=None, now=now).exit_code != 0


def test_a_copy_of_the_keys_and_the_passphrase_open_no_new_entry_and_no_roster(study: Study, tmp_path: Path) -> None:
    shutil.copytree(study.folder / "keys", tmp_path / "copy" / "keys")
    remove_user(study, "ra")
    record(open_as(study.folder, "desk"))
    shutil.copytree(study.folder, tmp_path / "stolen")
    shutil.rmtree(tmp_path / "stolen" / "keys")
    shutil.copytree(tmp_path / "copy" / "keys", tmp_path / "stolen" / "keys")
    stolen = open_as(tmp_path / "stolen", "ra")
    with pytest.raises(MissingKey, match=r"."):
        stolen.table()
    payloads = {opening.index for opening in readable(stolen)}
    removed = next(entry.index for entry in study.ledger.entries() if (entry.payload or {}).get("action") == "removed")
    assert max(payloads) <= removed, "what was recorded up to then, and nothing after it"


def readable(study: Study) -> list[Opening]:
    """What a user with these keys can open of the journal, by hand: one entry after another."""
    found = []
    for index in range(study.ledger.head()[0]):
        with suppress(MissingKey, LedgerDamaged):
            found += study.open_ledger().openings([index])
    return found


def test_removing_is_logged_before_it_is_done(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> list[int]:
        raise DiskFull("the disk is full", hint="Make room.")

    keys = contents(study.folder / "keys")
    with monkeypatch.context() as patch, pytest.raises(DiskFull, match="disk is full"):
        patch.setattr(study, "append", full)
        remove_user(study, "ra")
    assert contents(study.folder / "keys") == keys
    assert open_as(study.folder, "ra").may_run


def test_removing_that_was_killed_anywhere_is_ended_by_the_same_command(study: Study, tmp_path: Path) -> None:
    study.publish()
    shutil.copytree(study.folder, tmp_path / "whole")
    with killed_after(10_000) as done:
        remove_user(open_as(tmp_path / "whole", "pi"), "ra")
    logged = [(*one[:2], one[3]) for one in about_users(open_as(tmp_path / "whole", "pi"))]
    for writes in range(0, len(done), max(1, len(done) // 25)):
        folder = tmp_path / f"after-{writes}"
        shutil.copytree(study.folder, folder)
        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            remove_user(open_as(folder, "pi"), "ra")
        assert record(open_as(folder, "desk")) == 1
        assert len(open_as(folder, "board").register().events) == 3
        opened = open_as(folder, "pi")
        if "ra" in {user.name for user in list_users(opened)}:
            remove_user(opened, "ra")
        assert [(*one[:2], one[3]) for one in about_users(opened)] == logged, f"after {writes} writes"
        assert open_as(folder, "pi").publish() is not None
        assert len(log_vkeys(folder / "consent")) == 4
        shutil.rmtree(folder)


def test_a_user_of_a_study_from_before_users_were_logged_can_be_removed(study: Study) -> None:
    past_the_register(study.folder / "keys", study.keyring, "old", NEW, "intake")
    remove_user(study, "old")
    assert [one[0] for one in about_users(study)[-2:]] == ["added", "removed"]
    assert record(open_as(study.folder, "pi")) == 1


def test_entries_about_users_tell_an_outsider_no_name(study: Study) -> None:
    add(study, "samantha", "intake", "P03")
    remove_user(study, "samantha")
    leaves = [decode(leaf) for leaf in study.ledger.leaves(0, study.ledger.size)]
    assert b"samantha" not in b"".join(study.ledger.leaves(0, study.ledger.size))
    assert len({leaf.form for leaf in leaves if leaf and leaf.kind is EventKind.ROTATE_KEY}) == len(USERS) + 2


# ---------------------------------------------------------------- the command line


@contextmanager
def new_passphrase_given(text: str = NEW) -> Iterator[None]:
    os.environ[passphrases.NEW_VARIABLE] = text
    try:
        yield
        assert passphrases.NEW_VARIABLE not in os.environ
    finally:
        os.environ.pop(passphrases.NEW_VARIABLE, None)


def test_users_are_added_listed_and_removed(study: Study, chatham: Chatham) -> None:
    with new_passphrase_given():
        said = chatham("user", "add", "sam", "--role", "intake", "--participant", "P03", study=study.folder)
    assert (said.code, said.err) == (0, "")
    assert "sam is a user of this study (intake)" in said.out
    assert "another user records what P03 chooses" in said.out
    rows = json.loads(chatham("user", "list", "--json", study=study.folder).out)
    assert {row["name"]: (row["roles"], row["participant"]) for row in rows}["sam"] == (["intake"], "P03")
    assert all(len(row["key"]) == 16 for row in rows)
    assert chatham("user", "list", study=study.folder, user="sam", passphrase=NEW).out.count("\n") == len(rows) + 1
    left = chatham("user", "remove", "sam", study=study.folder)
    assert left.code == 0
    assert "What they copied or remember" in left.out
    assert "new keys" not in left.out, "somebody of intake never signed the register"
    assert "sam" not in chatham("user", "list", study=study.folder).out


def test_removing_somebody_who_could_sign_says_that_the_new_key_must_be_given_out(
    study: Study, chatham: Chatham
) -> None:
    study.publish()
    left = chatham("user", "remove", "ra", study=study.folder)
    assert (left.code, left.err) == (0, "")
    assert "Give consent/ledger.vkey to everybody who checks it" in left.out
    signed = (study.consent / "log" / "checkpoint").read_bytes()
    assert check_checkpoint(signed, log_vkeys(study.consent)[:2]).checkpoint.size == study.ledger.head()[0]
    assert json.loads(chatham("user", "remove", "desk", "--json", study=study.folder).out)["new_log_keys"] is False


def test_without_a_terminal_a_new_passphrase_must_be_given(study: Study, chatham: Chatham) -> None:
    said = chatham("user", "add", "sam", "--role", "intake", study=study.folder)
    assert said.code == 4
    assert "no passphrase was given for the new user" in said.err
    with new_passphrase_given("short"):
        said = chatham("user", "add", "sam", "--role", "intake", study=study.folder)
    assert (said.code, "shorter than 8" in said.err) == (4, True)


def test_a_new_passphrase_comes_from_a_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrases.NEW_FILE_VARIABLE, str(private(tmp_path / "p", NEW + "\n")))
    assert passphrase_of_new_user() == NEW
    assert passphrases.NEW_FILE_VARIABLE not in os.environ
    (tmp_path / "p").chmod(0o640)
    monkeypatch.setenv(passphrases.NEW_FILE_VARIABLE, str(tmp_path / "p"))
    with pytest.raises(MissingKey, match="may be read by others"):
        passphrase_of_new_user()


def test_a_new_passphrase_is_asked_for_twice_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, NEW, NEW)
    assert passphrase_of_new_user() == NEW
    typed(monkeypatch, NEW, NEW + "!")
    with pytest.raises(MissingKey, match="the two passphrases differ"):
        passphrase_of_new_user()
    typed(monkeypatch, "seven77", "seven77")
    with pytest.raises(MissingKey, match="shorter than 8"):
        passphrase_of_new_user()


def test_the_acting_users_passphrase_is_never_given_to_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrases.VARIABLE, PASSPHRASE)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(MissingKey, match="for the new user"):
        passphrase_of_new_user()


# ---------------------------------------------------------------- machines that work unattended


def nightly(study: Study, role: str = "assistant") -> Study:
    """The study as a service user opens it, who was added just now."""
    add_user(study, "nightly", role=role, participant=None, passphrase=lambda: NEW, service=True)
    return Study.open(study.folder, user="nightly", passphrase=NEW)


@pytest.mark.parametrize("role", ["assistant", "investigator"])
def test_a_service_user_opens_what_a_run_needs_and_is_no_person(role: str, study: Study) -> None:
    opened = nightly(study, role)
    assert (study.ledger.entries()[-1].payload or {})["service"] is True
    assert opened.may_run
    assert opened.table().people
    assert opened.publish() is not None
    assert "nightly" not in {user.name for user in people_of(opened)}
    assert {user.name: user.service for user in list_users(opened)}["nightly"] is True


def test_a_service_user_never_records_what_somebody_chose(study: Study, tmp_path: Path) -> None:
    opened = nightly(study, "investigator")
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("participant,at,event,level\nP01,2026-03-05T10:00+13:00,change,role\n")
    before = contents(study.folder)
    refused: list[Callable[[], object]] = [
        lambda: record(opened),
        lambda: import_sheet(opened, sheet),
        lambda: withdrawal_event(opened, "P02", data="stop", reach=Reach(), days=7, at=None, method=None),
        lambda: mark_passage(opened, "S1", "0:01", "0:02", "not_mine"),
        lambda: add(opened, "sam", "intake"),
        lambda: remove_user(opened, "ra"),
        lambda: add_form(opened, sheet, version="v9", language="en", approvals=("H1",)),
        lambda: import_roster(opened, sheet),
        lambda: cosign(opened, tmp_path),
    ]
    for doing in refused:
        with pytest.raises(MissingKey, match="a service user never") as told:
            doing()
        assert "who is a person" in told.value.hint
    assert contents(study.folder) == before


def test_a_service_user_does_not_become_a_person_by_an_edited_file(study: Study) -> None:
    nightly(study)
    path = study.folder / "keys" / "users" / "nightly"
    path.write_text(json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key != "service"}))
    with pytest.raises(MissingKey, match="a service user never"):
        record(Study.open(study.folder, user="nightly", passphrase=NEW))


def test_a_person_added_under_the_name_of_a_machine_that_left_is_a_person(study: Study) -> None:
    nightly(study)
    remove_user(study, "nightly")
    add(study, "nightly", "assistant")
    assert record(Study.open(study.folder, user="nightly", passphrase=NEW)) == 1


@pytest.mark.parametrize("role", ["intake", "ethics", None])
def test_a_service_user_is_one_that_runs_the_study(role: str | None, study: Study) -> None:
    with pytest.raises(UsageError, match="a service user needs a role that runs the study"):
        add_user(study, "nightly", role=role, participant=None, passphrase=lambda: NEW, service=True)


def test_a_service_user_is_no_participant(study: Study) -> None:
    with pytest.raises(UsageError, match="a service user is no participant"):
        add_user(study, "nightly", role="assistant", participant="P01", passphrase=lambda: NEW, service=True)
    nightly(study)
    with pytest.raises(BadInput, match="that user is nobody"):
        add(study, "nightly", None, "P01")


def test_a_service_user_is_added_and_shown_as_one(study: Study, chatham: Chatham) -> None:
    with new_passphrase_given():
        said = chatham("user", "add", "nightly", "--role", "assistant", "--service", study=study.folder)
    assert (said.code, said.err) == (0, "")
    assert "never records or confirms what somebody chose" in said.out
    listed = chatham("user", "list", study=study.folder).out
    assert next(row for row in listed.splitlines() if row.startswith("nightly")).endswith("a machine")
    said = chatham("consent", "record", "P02", "--level", "role", study=study.folder, user="nightly", passphrase=NEW)
    assert (said.code, "a service user never" in said.err) == (4, True)
