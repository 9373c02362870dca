"""The second step of a withdrawal: on its day, after a second yes, everything goes, and a certificate says so."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from flows import destroying
from flows.certificate import read_certificate, stated_digest
from flows.certifying import certificates
from flows.confirming import confirm
from flows.consenting import show
from flows.destroying import destroy
from flows.intake import NewSession, add_session
from flows.people import import_roster
from flows.retention import dispose, what_is_due
from flows.scoping import scope_of
from flows.settings import utc_now
from flows.study import Study
from flows.users import add_user, remove_user
from flows.withdrawal import stop_use, undo, withdrawal_event
from flows.withdrawn import Withdrawal, withdrawals
from schemas.consent import Reach, State, Use
from schemas.errors import CheckFailed, MissingKey, RefusedByConsent, UsageError
from schemas.ledger import EventKind
from schemas.speech import Attributed
from tests.acceptance.every_way import EveryWay
from tests.flows.cascade import QUIET, cheaply, copy_of, find_few_names, make, run, shown
from tests.flows.conftest import PASSPHRASE, Chatham, asks_for_erasure, make_keys_cheap, open_as
from vault.erasure import Part, Scope
from vault.keys import link_user
from warehouse.logical import logical_hash


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """A study that was run, with a second investigator and an assistant; its keys are made cheap."""
    with cheaply():
        study = make(tmp_path_factory.mktemp("destroying"))
        for name, role in {"pi2": "investigator", "ra": "assistant", "board": "ethics"}.items():
            add_user(study, name, role=role, participant=None, passphrase=lambda: PASSPHRASE)
        run(study)
        yield study


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


@pytest.fixture
def study(made: Study, tmp_path: Path) -> Study:
    return copy_of(made, tmp_path)


def stop(study: Study, participant: str = "P01", data: str = "erase", days: int = 0, **more: object) -> Withdrawal:
    """A withdrawal as its recorder leaves it, due after so many days."""
    event = withdrawal_event(
        study, participant, data=data, days=days, at=None, method=None, **{"reach": Reach(), **more}
    )  # type: ignore[arg-type]
    stop_use(study, event)
    return withdrawals(study, participant)[-1]


def second(study: Study, participant: str = "P01") -> tuple[Study, Withdrawal]:
    """The study as the second investigator, who has confirmed."""
    other = open_as(study.folder, "pi2")
    return other, confirm(other, participant)[-1]


# ---------------------------------------------------------------- two people, and a day


def test_nothing_is_destroyed_before_a_second_person_confirms(study: Study) -> None:
    stop(study)
    with pytest.raises(RefusedByConsent, match="second person has not confirmed"):
        destroy(study, withdrawals(study, "P01")[-1], QUIET)


def test_whoever_recorded_a_withdrawal_cannot_confirm_it(study: Study) -> None:
    stop(study)
    with pytest.raises(MissingKey, match="somebody else confirms"):
        confirm(study, "P01")


def test_nothing_is_destroyed_before_its_day(study: Study) -> None:
    stop(study, days=7)
    other, confirmed = second(study)
    with pytest.raises(RefusedByConsent, match="are to be destroyed on"):
        destroy(other, confirmed, QUIET)


def test_where_a_session_was_never_run_nothing_is_begun(study: Study, tmp_path: Path) -> None:
    (tmp_path / "s9.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nTobias Renwick: And then we left.\n")
    add_session(study, NewSession("S9", "2026-03-09T09:00+13:00", transcript=tmp_path / "s9.vtt"), QUIET)
    stop(study)
    other, confirmed = second(study)
    with pytest.raises(CheckFailed, match="session S9 was not run to its end"):
        destroy(other, confirmed, QUIET)
    assert other.vault.erasures.all() == []
    assert undo(other, "P01").open


def test_what_is_taken_back_at_the_last_moment_is_not_destroyed(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(study)
    other, confirmed = second(study)

    def meanwhile(_: object) -> tuple[str, ...]:
        undo(open_as(study.folder, "ra"), "P01")
        return ()

    monkeypatch.setattr(destroying, "fresh", meanwhile)
    with pytest.raises(RefusedByConsent, match="no words of P01 wait"):
        destroy(other, confirmed, QUIET)
    assert other.vault.erasures.all() == []


def test_only_an_investigator_destroys(study: Study) -> None:
    stop(study)
    assistant = open_as(study.folder, "ra")
    [confirmed] = confirm(assistant, "P01")
    with pytest.raises(MissingKey, match="only an investigator"):
        destroy(assistant, confirmed, QUIET)


def test_the_ethics_officer_may_be_the_second_person(study: Study) -> None:
    stop(study)
    [confirmed] = confirm(open_as(study.folder, "board"), "P01")
    assert confirmed.confirmation is not None
    assert confirmed.confirmation.by == "board"


def test_confirming_twice_is_recorded_once(study: Study) -> None:
    stop(study)
    other, _ = second(study)
    size = other.ledger.head()[0]
    confirm(other, "P01")
    assert other.ledger.head()[0] == size


def test_there_is_nothing_to_confirm_where_nobody_withdrew(study: Study) -> None:
    with pytest.raises(UsageError, match="no withdrawal of that participant waits"):
        confirm(study, "P01")


# ---------------------------------------------------------------- what goes


def test_everything_of_the_person_goes(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    done = destroy(other, confirmed, QUIET)
    run(other)
    every = EveryWay(other.folder, [other.keyring])
    assert every.find(["Maribel", "Quist", "timetable", "Talven"]) == []
    assert every.find(["Renwick"]), "others are found as before"
    assert done.sessions == ("S1", "S3")
    assert show(other, "P01", at=None, use="analysis", reach="session:S1").facts["state"] == "erased"
    assert "P01" not in other.participants()


def test_every_session_key_role_key_and_the_epoch_are_new(study: Study) -> None:
    keys = study.folder / "keys"
    old = {path: path.read_bytes() for path in keys.rglob("*") if path.is_file()}
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    for name in ("epoch.secret", "roles/investigator.pub", "roles/assistant.pub", "keystore/roster.pub"):
        assert (keys / name).read_bytes() != old[keys / name], name
    affected = {study.vault.session(one).opaque for one in ("S1", "S3")}
    for path in (keys / "keystore").glob("*.pub"):
        if path.stem in affected:
            assert path.read_bytes() != old[path]


def test_an_old_copy_of_the_keystore_opens_nothing_with_the_passphrase(study: Study, tmp_path: Path) -> None:
    keystore = {path.name: path.read_bytes() for path in (study.folder / "keys" / "keystore").iterdir()}
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    for name, data in keystore.items():
        (other.folder / "keys" / "keystore" / name).write_bytes(data)
    again = open_as(other.folder, "pi")
    for name in keystore:
        if name.endswith(".age"):
            with pytest.raises(MissingKey, match="may be opened by"):
                again.keyring.keystore.identity(name.removesuffix(".age"))


def test_the_words_of_others_stay(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    run(other)
    assert "The council never answered our letter." in shown(other, "S2")


def test_a_run_after_it_redoes_only_what_the_person_was_in(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    assert run(other).remade == {"S1": ["redact"], "S3": ["redact"]}


def test_one_session_alone_may_go(study: Study) -> None:
    stop(study, reach=Reach(kind="session", id="S1"))
    other, confirmed = second(study)
    assert destroy(other, confirmed, QUIET).sessions == ("S1",)
    assert "P01" in other.participants()
    assert EveryWay(other.folder, [other.keyring]).find(["timetable"]) == []
    run(other)
    assert any("Quist" in text for text in shown(other, "S3")), "named there by others, as they allow"


def test_words_may_be_kept_without_the_name(study: Study) -> None:
    stop(study, data="keep_deidentified")
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    run(other)
    assert EveryWay(other.folder, [other.keyring]).find(["Maribel", "Quist"]) == []
    assert any("ferry timetable" in text for text in shown(other, "S1"))


def test_the_scope_is_what_was_asked(study: Study) -> None:
    cases = [
        (stop(study), Scope()),
        (stop(study, use=Use.RECORDING), Scope(voice_only=True)),
        (stop(study, data="keep_deidentified"), Scope(keep=True)),
        (stop(study, reach=Reach(kind="session", id="S3")), Scope(sessions=("S3",))),
    ]
    for withdrawal, scope in cases:
        assert scope_of(study, withdrawal) == scope


def test_a_marked_passage_alone_may_go(study: Study, chatham: Chatham) -> None:
    said = chatham(
        "passage", "mark", "S1", "--from", "0:20", "--to", "0:28", "--as", "not_mine", "--json", study=study.folder
    )
    passage = json.loads(said.out)["passage"]
    withdrawal = stop(open_as(study.folder, "pi"), reach=Reach(kind="passage", id=passage))
    assert scope_of(open_as(study.folder, "pi"), withdrawal) == Scope(
        sessions=(), parts=(Part(session="S1", start_s=20, end_s=28),)
    )
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    left = other.vault.session("S1").latest("attributed", Attributed)
    assert left is not None
    assert "harbour report" not in " ".join(turn.text for turn in left.utterances)
    assert "ferry timetable" in " ".join(turn.text for turn in left.utterances)


def test_somebody_who_signed_again_meanwhile_stays(study: Study, chatham: Chatham) -> None:
    stop(study)
    said = chatham("consent", "record", "P01", "--form", "v1", "--level", "role", study=study.folder)
    assert said.code == 0, said.err
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    assert "P01" in other.participants()
    assert EveryWay(other.folder, [other.keyring]).find(["timetable"]) == []


# ---------------------------------------------------------------- undone, and never brought back


def test_what_is_taken_back_in_time_is_exactly_as_it_was(study: Study) -> None:
    before = logical_hash(study.research)
    stop(study, days=7)
    assert not study.research.exists()
    assert undo(study, "P01").event.participant == "P01"
    run(study)
    assert logical_hash(study.research) == before


def test_what_was_destroyed_cannot_be_taken_back(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    with pytest.raises(RefusedByConsent, match="were destroyed already"):
        undo(other, "P01")


def test_a_destruction_that_has_begun_cannot_be_taken_back(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    stop(study)
    other, confirmed = second(study)
    monkeypatch.setattr(destroying, "begin_epoch", _die)
    with pytest.raises(KeyboardInterrupt):
        destroy(other, confirmed, QUIET)
    with pytest.raises(RefusedByConsent, match="has begun"):
        undo(open_as(study.folder, "pi"), "P01")


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_nobody_can_take_back_what_nobody_withdrew(study: Study) -> None:
    with pytest.raises(UsageError, match="no withdrawal that stands"):
        undo(study, "P01")


def test_an_old_list_of_participants_does_not_bring_a_person_back(study: Study, tmp_path: Path) -> None:
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    (tmp_path / "roster.csv").write_text("participant,full_name\nP01,Maribel Quist\nP02,Tobias Renwick\n")
    with pytest.raises(RefusedByConsent, match="all that is known of P01 was destroyed") as refused:
        import_roster(other, tmp_path / "roster.csv")
    assert "Quist" not in refused.value.message + refused.value.hint


def test_somebody_who_signs_again_afterwards_may_come_back(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    said = chatham("consent", "record", "P01", "--form", "v1", "--level", "role", study=study.folder)
    assert said.code == 0, said.err
    (tmp_path / "roster.csv").write_text("participant,full_name\nP01,Maribel Quist\n")
    assert import_roster(open_as(study.folder, "pi"), tmp_path / "roster.csv").added == 1
    state = show(open_as(study.folder, "pi"), "P01", at=None, use="analysis", reach="session:S1").facts["state"]
    assert state == State.ERASED, "what was said before does not return"


# ---------------------------------------------------------------- killed anywhere

STEPS = ("erase_everywhere", "begin_epoch", "entry_of", "erasure_event", "issue")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True])
def test_killed_between_any_two_steps_it_ends_the_same(
    study: Study, step: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(study)
    other, confirmed = second(study)
    real: Callable[..., object] = getattr(destroying, step)

    def dying(*args: object) -> object:
        if after:
            real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(destroying, step, dying)
        with pytest.raises(KeyboardInterrupt):
            destroy(other, confirmed, QUIET)
    again = open_as(study.folder, "pi")
    [done], _ = dispose(again, QUIET)
    assert done.participant == "P01"
    assert again.vault.erasures.all() == []
    assert [entry.kind for entry in again.ledger.entries()].count(EventKind.ERASE) == 1
    assert EveryWay(again.folder, [again.keyring]).find(["Maribel", "Quist", "timetable"]) == []
    assert run(again).remade == {"S1": ["redact"], "S3": ["redact"]}


def test_a_destruction_that_was_recorded_and_not_ended_is_not_said_to_be_done(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(study)
    other, confirmed = second(study)
    with monkeypatch.context() as patch:
        patch.setattr(destroying, "issue", _die)
        with pytest.raises(KeyboardInterrupt):
            destroy(other, confirmed, QUIET)
    told = chatham("retention", study=study.folder)
    assert "was begun and is not ended" in told.out
    assert "Nothing waits" not in told.out
    assert "Next: chatham retention --dispose" in told.out
    assert "Nothing waits to be destroyed." in chatham("retention", "--dispose", study=study.folder).out


def test_what_others_report_of_a_person_and_what_sounds_like_them_is_pointed_at(study: Study, chatham: Chatham) -> None:
    words = ("passage", "mark", "S3", "--from", "0:10", "--to", "0:18", "--as", "reports:P01")
    assert chatham(*words, study=study.folder).code == 0
    stop(open_as(study.folder, "pi"))
    other, confirmed = second(study)
    done = destroy(other, confirmed, QUIET)
    assert done.reported == (("S3", 10, 18),)
    assert done.sound_alikes == ()


def test_a_machine_may_carry_it_out_and_signs_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)
    add_user(study, "night", role="investigator", participant=None, passphrase=lambda: PASSPHRASE, service=True)
    stop(open_as(study.folder, "pi"))
    second(study)
    [done], _ = dispose(open_as(study.folder, "night"), QUIET)
    assert done.signatures_wanted == 2
    [issued] = certificates(open_as(study.folder, "board"), "P01")
    assert issued.signed_by == ("board",)


# ---------------------------------------------------------------- the certificate


def test_the_certificate_says_what_was_done_and_by_whom(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    done = destroy(other, confirmed, QUIET)
    held = json.loads(done.certificate.json.read_bytes())
    said = held["certificate"]
    assert (said["number"], said["participant"], said["wish"]) == (1, "P01", "erase")
    assert (said["recorded_by"], said["confirmed_by"], said["carried_out_by"]) == ("pi", "pi2", "pi2")
    assert {"roster", "receipts"} <= {store["store"] for store in said["stores"]} | {"receipts"}
    assert stated_digest(read_certificate(done.certificate.json.read_bytes())[0]) == done.certificate.sha256
    [entry] = [one for one in other.ledger.entries() if (one.payload or {}).get("type") == "certificate"]
    assert (entry.payload or {})["sha256"] == done.certificate.sha256
    assert entry.refs == (confirmed.index, done.entry)


def test_two_people_sign_the_same_statement(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    made = destroy(other, confirmed, QUIET).certificate
    [issued] = certificates(open_as(study.folder, "board"), "P01")
    assert issued.made.sha256 == made.sha256
    assert (issued.signed_by, issued.wanted) == (("pi2", "board"), 0)


def test_signing_twice_adds_nothing(study: Study) -> None:
    stop(study)
    other, confirmed = second(study)
    destroy(other, confirmed, QUIET)
    size = other.ledger.head()[0]
    [issued] = certificates(other, "P01")
    assert (issued.signed_by, issued.wanted) == (("pi2",), 1)
    assert other.ledger.head()[0] == size


def test_there_is_no_certificate_of_what_was_not_destroyed(study: Study) -> None:
    with pytest.raises(UsageError, match="nothing of that participant was destroyed"):
        certificates(study, "P01")


# ---------------------------------------------------------------- what is due


def test_what_is_due_says_what_is_missing(study: Study) -> None:
    stop(study, days=0)
    stop(study, "P02", days=9)
    first, later = what_is_due(study)
    assert (first.participant, first.due(utc_now()), first.missing) == (
        "P01", True, "a second person has to confirm it",
    )  # fmt: skip
    assert (later.participant, later.due(utc_now())) == ("P02", False)
    assert later.on - utc_now() > timedelta(days=8)


def test_what_lacks_its_second_person_is_not_disposed_of(study: Study) -> None:
    stop(study)
    assert dispose(study, QUIET) == ([], None)


# ---------------------------------------------------------------- the commands


def test_the_whole_way_at_the_command_line(study: Study, chatham: Chatham) -> None:
    told = chatham("consent", "withdraw", "P01", "--data", "erase", "--destroy-after", "0", study=study.folder)
    assert told.code == 0, told.err
    assert "after a second person confirms" in told.out
    refused = chatham("consent", "confirm", "P01", study=study.folder)
    assert (refused.code, "somebody else confirms" in refused.err) == (4, True)
    confirmed = chatham("consent", "confirm", "P01", study=study.folder, user="ra")
    assert "due: an investigator runs" in confirmed.out
    listed = chatham("retention", "--json", study=study.folder)
    assert [item["state"] for item in json.loads(listed.out)["items"]] == ["due"]
    done = chatham("retention", "--dispose", study=study.folder)
    assert done.code == 0, done.err
    assert "Destroyed:" in done.out
    assert "Nothing waits to be destroyed." in done.out
    signed = chatham("consent", "certificate", "P01", study=study.folder, user="ra")
    assert "signed by pi, ra." in signed.out
    assert chatham("ledger", "verify", study=study.folder).code in (0, 1)
    assert json.loads(chatham("consent", "show", "P01", "--json", study=study.folder).out)["state"] == "erased"


def test_a_written_request_is_carried_out_at_once(study: Study, chatham: Chatham) -> None:
    words = ("consent", "withdraw", "P01", "--data", "erase", "--destroy-after", "0", "--confirmed-by", "ra")
    said = chatham(*words, "--json", study=study.folder)
    assert said.code == 0, said.err
    told = json.loads(said.out)["destroyed"]
    held = json.loads(Path(told["certificate"]["json"]).read_bytes())["certificate"]
    assert (held["confirmed_by"], held["written_request"], held["one_person"]) == ("ra", True, False)


@pytest.mark.parametrize(
    ("words", "code", "match"),
    [
        (("--confirmed-by", "ra"), 2, "destroyed today"),
        (("--destroy-after", "0", "--confirmed-by", "pi"), 4, "own second person"),
        (("--destroy-after", "0", "--confirmed-by", "nobody"), 2, "names nobody"),
        (("--use", "analysis"), 2, "withdrawn from alone"),
    ],
)
def test_a_second_person_must_be_one(
    study: Study, chatham: Chatham, words: tuple[str, ...], code: int, match: str
) -> None:
    size = study.ledger.head()
    said = chatham("consent", "withdraw", "P01", "--data", "erase", *words, study=study.folder)
    assert (said.code, match in said.err) == (code, True), said.err
    assert open_as(study.folder, "pi").ledger.head() == size


def test_a_preview_says_what_would_be_touched(study: Study, chatham: Chatham) -> None:
    said = chatham("consent", "withdraw", "P01", "--data", "erase", "--preview", study=study.folder)
    assert "This would touch: 1 data set, 2 passages." in said.out
    assert study.research.exists()


# ---------------------------------------------------------------- one person is not two


def test_who_was_let_in_again_under_another_key_is_the_same_person(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_keys_cheap(monkeypatch)
    stop(open_as(study.folder, "ra"))
    remove_user(study, "ra")
    add_user(study, "ra", role="assistant", participant=None, passphrase=lambda: PASSPHRASE)
    with pytest.raises(MissingKey, match="somebody else confirms"):
        confirm(open_as(study.folder, "ra"), "P01")


def test_the_printed_key_records_nothing(study: Study) -> None:
    printed = replace(study.keyring, user="recovery")
    with pytest.raises(MissingKey, match="the printed recovery key never"):
        stop(Study(study.folder, printed))


def test_nobody_destroys_their_own_words_or_signs_for_it(study: Study) -> None:
    stop(study)
    second(study)
    link_user(study.folder / "keys", study.keyring, "pi2", "P01")
    with pytest.raises(MissingKey, match="nobody destroys their own words"):
        destroy(open_as(study.folder, "pi2"), withdrawals(study, "P01")[-1], QUIET)
    assert destroy(study, withdrawals(study, "P01")[-1], QUIET).signatures_wanted == 1


def test_intake_is_no_second_person(study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)
    add_user(study, "desk", role="intake", participant=None, passphrase=lambda: PASSPHRASE)
    words = ("consent", "withdraw", "P01", "--data", "erase", "--destroy-after", "0", "--confirmed-by", "desk")
    said = chatham(*words, study=study.folder)
    assert (said.code, "may not confirm" in said.err) == (4, True)


def test_a_written_request_that_an_assistant_records_says_what_is_still_to_do(study: Study, chatham: Chatham) -> None:
    words = ("consent", "withdraw", "P01", "--data", "erase", "--destroy-after", "0", "--confirmed-by", "pi")
    said = chatham(*words, study=study.folder, user="ra")
    assert said.code == 0, said.err
    assert "not yet destroyed: an investigator runs chatham retention --dispose" in said.out
    [done], _ = dispose(open_as(study.folder, "pi2"), QUIET)
    assert done.participant == "P01"


# ---------------------------------------------------------------- the right withdrawal, and a reach that there is


def test_an_undo_takes_back_the_withdrawal_that_it_names(study: Study) -> None:
    whole = stop(study, days=7)
    stop(study, days=7, reach=Reach(kind="session", id="S1"))
    assert undo(study, "P01", reach=Reach()).index == whole.index
    assert [one.undone for one in withdrawals(study, "P01")] == [True, False]
    assert show(study, "P01", at=None, use="analysis", reach="session:S1").facts["state"] == "stopped"
    assert show(study, "P01", at=None, use="analysis", reach="session:S3").facts["state"] == "consented"


@pytest.mark.parametrize(("reach", "user"), [("cycle:9", "pi"), ("session:S99", "desk"), ("cycle:1", "desk")])
def test_a_mistyped_reach_is_refused(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch, reach: str, user: str
) -> None:
    make_keys_cheap(monkeypatch)
    add_user(study, "desk", role="intake", participant=None, passphrase=lambda: PASSPHRASE)
    said = chatham("consent", "withdraw", "P01", "--data", "erase", "--reach", reach, study=study.folder, user=user)
    assert said.code == 2, said.out
    assert withdrawals(open_as(study.folder, "pi"), "P01") == []


# ---------------------------------------------------------------- while it goes on


def test_a_roster_cannot_bring_a_person_back_while_they_are_destroyed(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stop(study)
    other, confirmed = second(study)
    (tmp_path / "roster.csv").write_text("participant,full_name\nP01,Maribel Quist\n")
    with monkeypatch.context() as patch:
        patch.setattr(destroying, "begin_epoch", _die)
        with pytest.raises(KeyboardInterrupt):
            destroy(other, confirmed, QUIET)
    with pytest.raises(RefusedByConsent, match="P01 was destroyed"):
        import_roster(open_as(study.folder, "pi"), tmp_path / "roster.csv")


def test_a_session_that_is_taken_in_meanwhile_is_looked_at_too(
    study: Study, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "s9.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nMaribel Quist: Secret zebra news.\n")
    stop(study)
    other, confirmed = second(study)
    real = destroying._sound_alikes

    def add(store: object) -> str:
        if not open_as(study.folder, "pi").vault.session("S9").exists():
            new = NewSession("S9", "2026-03-09T09:00+13:00", transcript=tmp_path / "s9.vtt")
            add_session(open_as(study.folder, "pi"), new, QUIET)
        return "a store"

    with monkeypatch.context() as patch:
        patch.setattr(destroying, "_called", add)
        with pytest.raises(CheckFailed, match="S9"):
            destroy(other, confirmed, QUIET)
    assert real is destroying._sound_alikes
    again = open_as(study.folder, "pi")
    run(again)
    [done], _ = dispose(again, QUIET)
    assert "S9" in done.sessions
    assert EveryWay(again.folder, [again.keyring]).find(["Maribel", "Quist", "zebra"]) == []


def test_a_session_that_cannot_be_run_may_go_whole(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    (tmp_path / "s9.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nMaribel Quist: Secret zebra news.\n")
    add_session(study, NewSession("S9", "2026-03-09T09:00+13:00", transcript=tmp_path / "s9.vtt"), QUIET)
    refused = chatham("retention", "--discard", "S1", study=study.folder)
    assert (refused.code, "does not go whole" in refused.err) == (2, True)
    said = chatham("retention", "--discard", "S9", study=study.folder)
    assert said.code == 0, said.err
    again = open_as(study.folder, "pi")
    assert not again.vault.session("S9").exists()
    assert EveryWay(again.folder, [again.keyring]).find(["zebra"]) == []
    stop(again)
    destroy(*second(again), QUIET)


# ---------------------------------------------------------------- nothing is made in between


def test_a_data_set_made_while_a_withdrawal_is_recorded_goes_too(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import withdrawal as module
    from tests.flows.test_stopping import hand_on

    real, made_one = module.doomed, []

    def slow(opened: Study, event: object) -> list[str]:
        found = real(opened, event)  # type: ignore[arg-type]
        if not made_one:
            made_one.append(hand_on(open_as(study.folder, "pi2"), "paper"))
        return found

    monkeypatch.setattr(module, "doomed", slow)
    event = asks_for_erasure(study)
    assert stop_use(study, event).gone.releases == ("paper",)
    assert not list(study.releases.rglob("*.duckdb"))
