"""What has to go without anybody withdrawing: whom it takes, whom it spares, and from which instant on."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consent.decision import decide
from consent.register import to_ledger_event
from flows import retention
from flows.certificate import read_certificate, stated_digest
from flows.confirming import confirm
from flows.consenting import import_sheet
from flows.facts import StageFacts
from flows.forms import add_form
from flows.intake import NewSession, add_session
from flows.own import own_ids
from flows.retention import ASK, Item, dispose, open_ended, told, what_is_due
from flows.scoping import covered_by
from flows.settings import utc_now
from flows.study import Study
from flows.users import add_user
from flows.withdrawal import stop_use, undo, withdrawal_event
from flows.withdrawn import Withdrawal, withdrawals
from schemas.consent import Mark, Passage, Reach, State, Use
from schemas.errors import LedgerDamaged, MissingKey
from schemas.roster import Contact, Person
from tests.acceptance.every_way import EveryWay
from tests.flows.cascade import QUIET, cheaply, copy_of, find_few_names, make, run, shown
from tests.flows.conftest import PASSPHRASE, Chatham, open_as
from vault.erasure import Part, Scope

LATE = {"P05": "Hesper Lundquist", "P06": "Corwin Abernethy"}
"""In the list of participants and in S9, and asked of nothing there; P06 declined."""
S9 = """WEBVTT

00:00:01.000 --> 00:00:04.000
Hesper Lundquist: Some zebra news from the pier.

00:00:05.000 --> 00:00:09.000
Tobias Renwick: Fine words about boats.

00:00:10.000 --> 00:00:14.000
Corwin Abernethy: The quagga was loud.

00:00:15.000 --> 00:00:19.000
Visitor Unheard: An okapi walked past.
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """A study that was run, in which people speak whom nobody asked; such speech is to be kept for 0 days."""
    with cheaply():
        study = make(tmp_path_factory.mktemp("retention"))
        for name, role in {"pi2": "investigator", "ra": "assistant"}.items():
            add_user(study, name, role=role, participant=None, passphrase=lambda: PASSPHRASE)
        people = [Person(participant=p, full_name=name, secret="") for p, name in LATE.items()]
        study.vault.roster.import_people(people, [Contact(participant=p) for p in LATE])
        transcript = study.folder.parent / "s9.vtt"
        transcript.write_text(S9)
        add_session(study, NewSession("S9", "2026-03-05T09:00+13:00", transcript=transcript), QUIET)
        say(study, "P06,2026-03-06T10:00+13:00,decline,,,")
        settings = study.folder / "chatham.toml"
        settings.write_text(settings.read_text().replace("never_asked_days = 30", "never_asked_days = 0"))
        study = open_as(study.folder, "pi")
        run(study)
        yield study


@pytest.fixture(autouse=True)
def few_names(monkeypatch: pytest.MonkeyPatch) -> None:
    find_few_names(monkeypatch)


@pytest.fixture
def study(made: Study, tmp_path: Path) -> Study:
    return copy_of(made, tmp_path)


def say(study: Study, *rows: str) -> None:
    """Record rows of a consent sheet: participant,at,event,level,form,applies."""
    sheet = study.folder.parent / "said.csv"
    sheet.write_text("\n".join(["participant,at,event,level,form,applies", *rows]))
    import_sheet(study, sheet)


def form(study: Study, version: str, keep: str) -> None:
    """Register a form that lets words be kept as long as ``keep`` says."""
    text = study.folder.parent / f"{version}.md"
    text.write_text(f"---\nretention: {keep}\n---\nText.\n")
    add_form(study, text, version=version, language="en", approvals=("H26-0001",))


def waiting(study: Study) -> list[tuple[str, str | None, str]]:
    return [(item.what, item.participant, item.where) for item in what_is_due(study)]


def facts_of(study: Study, session: str) -> StageFacts:
    [(_, facts)] = told(study, session)
    return facts


# ---------------------------------------------------------------- never asked


def test_speech_of_people_never_asked_or_who_declined_and_of_unknown_voices_goes_on_its_day(study: Study) -> None:
    assert set(waiting(study)) == {
        ("never_asked", "P05", "session:S9"),
        ("never_asked", "P06", "session:S9"),
        ("unknown_voices", None, "session:S9"),
    }
    assert EveryWay(study.folder, [study.keyring]).find(["zebra", "quagga", "okapi"]), "they are there before"
    done, failure = dispose(study, QUIET)
    assert failure is None
    assert sorted(one.participant or "" for one in done) == ["", "P05", "P06"]
    assert all(one.sessions == ("S9",) for one in done)
    for one in done:
        assert stated_digest(read_certificate(one.certificate.json.read_bytes())[0]) == one.certificate.sha256
    every = EveryWay(study.folder, [study.keyring])
    assert every.find(["zebra", "quagga", "okapi"]) == []
    assert every.find(["boats"]), "the words of others stay"


def test_what_went_is_not_listed_again_and_a_run_knows_no_such_voice(study: Study) -> None:
    assert "voice 4 is nobody's yet: 1 turns, first at 0:15" in facts_of(study, "S9").notes
    dispose(study, QUIET)
    assert waiting(study) == []
    run(study)
    assert (facts_of(study, "S9").unknown, facts_of(study, "S9").notes) == (0, ())
    assert dispose(study, QUIET) == ([], None)
    assert shown(study, "S9").count("Fine words about boats.") == 1


def test_it_waits_for_as_many_days_as_the_settings_say(study: Study) -> None:
    settings = study.folder / "chatham.toml"
    settings.write_text(settings.read_text().replace("never_asked_days = 0", "never_asked_days = 30"))
    patient = open_as(study.folder, "pi")
    assert dispose(patient, QUIET) == ([], None)
    assert not any(item.due(utc_now()) for item in what_is_due(patient))
    assert all(item.due(utc_now() + timedelta(days=30)) for item in what_is_due(patient))


# ---------------------------------------------------------------- signed later


def test_the_words_of_somebody_who_signed_later_stay_until_they_are_asked(study: Study) -> None:
    say(study, "P05,2026-04-05T10:00+13:00,consent,named,v1,")
    [item] = [item for item in what_is_due(study) if item.participant == "P05"]
    assert (item.what, item.missing) == ("ask", ASK)
    assert not item.due(utc_now() + timedelta(days=9999))
    dispose(study, QUIET)
    assert EveryWay(study.folder, [study.keyring]).find(["zebra"])
    say(study, "P05,2026-04-06T10:00+13:00,consent,named,v1,all")
    session = study.register().sessions["S9"]
    assert decide(study.register(), "P05", session=session, use=Use.ANALYSIS).state is State.CONSENTED
    run(study)
    assert "Some zebra news from the pier." in shown(study, "S9")


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (("P06,2026-04-05T10:00+13:00,consent,named,v1,",), "ask"),
        (("P05,2026-04-05T10:00+13:00,change,named,,",), "ask"),
        (("P05,2026-04-05T10:00+13:00,consent,named,v1,", "P05,2026-04-06T10:00+13:00,decline,,,"), "never_asked"),
    ],
)
def test_the_last_word_of_a_person_counts(study: Study, rows: tuple[str, ...], what: str) -> None:
    say(study, *rows)
    assert [one[0] for one in waiting(study) if one[1] == rows[0][:3]] == [what]


def test_what_is_consented_to_while_others_are_destroyed_is_honoured(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, before = retention.carry_out, what_is_due(study)

    def meanwhile(*args: object) -> object:
        say(open_as(study.folder, "ra"), "P06,2026-03-05T10:00+13:00,consent,named,v1,all")
        return real(*args)  # type: ignore[arg-type]

    assert [one.participant for one in before if one.participant] == ["P05", "P06"]
    monkeypatch.setattr(retention, "carry_out", meanwhile)
    done, failure = dispose(study, QUIET)
    assert ([one.participant for one in done if one.participant], failure) == (["P05"], None)
    assert EveryWay(study.folder, [study.keyring]).find(["quagga"])


def test_what_is_consented_to_at_the_last_moment_is_honoured(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    real = retention.require_run

    def meanwhile(*args: object) -> object:
        held = real(*args)  # type: ignore[arg-type]
        say(open_as(study.folder, "ra"), "P05,2026-03-05T10:00+13:00,consent,named,v1,all")
        return held

    monkeypatch.setattr(retention, "require_run", meanwhile)
    done, _ = dispose(study, QUIET)
    assert "P05" not in [one.participant for one in done]
    assert study.vault.erasures.all() == []
    assert EveryWay(study.folder, [study.keyring]).find(["zebra"])


def test_a_withdrawal_that_is_taken_back_meanwhile_does_not_keep_the_rest_from_going(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(study, "P01")
    confirm(open_as(study.folder, "pi2"), "P01")
    real = retention.what_is_due

    def meanwhile(opened: Study) -> list[Item]:
        items = real(opened)
        undo(open_as(study.folder, "ra"), "P01")
        return items

    monkeypatch.setattr(retention, "what_is_due", meanwhile)
    done, failure = dispose(study, QUIET)
    assert (sorted(one.participant or "" for one in done), failure) == (["", "P05", "P06"], None)
    assert EveryWay(study.folder, [study.keyring]).find(["timetable"])


def test_nothing_is_destroyed_unasked_while_entries_of_the_register_are_missing(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind(_: Study) -> None:
        raise LedgerDamaged("entries are missing", hint="Bring them back.")

    monkeypatch.setattr(Study, "require_whole_register", behind)
    with pytest.raises(LedgerDamaged, match="entries are missing"):
        dispose(study, QUIET)
    assert study.vault.erasures.all() == []


def test_nobody_destroys_their_own_words_for_being_never_asked_and_the_rest_goes(study: Study) -> None:
    add_user(study, "hesper", role="investigator", participant="P05", passphrase=lambda: PASSPHRASE)
    own = open_as(study.folder, "hesper")
    assert own_ids(own) == {"P05"}
    done, failure = dispose(own, QUIET)
    assert isinstance(failure, MissingKey)
    assert "P05 is you" in failure.message
    assert sorted(one.participant or "" for one in done) == ["", "P06"]


def test_the_list_says_whom_to_ask(study: Study, chatham: Chatham) -> None:
    say(study, "P05,2026-04-05T10:00+13:00,consent,named,v1,")
    said = chatham("retention", study=study.folder)
    assert said.code == 0, said.err
    assert "signed, but not for this session" in " ".join(said.out.split())


# ---------------------------------------------------------------- what a form's own date ends


def ends(study: Study, person: str) -> dict[str, datetime]:
    """Session to the instant from which a person's form ends their words there."""
    return {
        item.where.partition(":")[2]: item.on
        for item in what_is_due(study)
        if item.what == "form" and item.participant == person
    }


def test_what_a_form_ends_goes_with_a_certificate(study: Study) -> None:
    form(study, "v2", "1 days")
    say(study, "P01,2026-02-02T10:00+13:00,consent,named,v2,all")
    assert set(ends(study, "P01")) == {"S1"}
    done, failure = dispose(study, QUIET)
    assert failure is None
    [one] = [one for one in done if one.participant == "P01"]
    assert stated_digest(read_certificate(one.certificate.json.read_bytes())[0]) == one.certificate.sha256
    assert ends(study, "P01") == {}
    assert EveryWay(study.folder, [study.keyring]).find(["timetable"]) == []


@pytest.mark.parametrize("keep", ["9999-12-31", "9999 years", "9999 ans", "9998-12-31"])
def test_a_form_kept_for_ever_does_not_break_the_list(study: Study, keep: str, chatham: Chatham) -> None:
    form(study, "v2", keep)
    say(study, "P02,2026-02-02T10:00+13:00,consent,named,v2,all")
    counted = keep == "9998-12-31"
    assert bool(ends(study, "P02")) == counted
    assert ("v2" in open_ended(study)) != counted
    assert chatham("retention", study=study.folder).code == 0


def test_a_span_that_ends_after_every_calendar_for_the_newest_session_is_listed(study: Study) -> None:
    form(study, "v2", "7980 years")
    assert "v2" in open_ended(study)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-05T09:00+13:00", datetime(2031, 12, 31, 11, tzinfo=UTC)),
        ("2026-03-05T09:00 America/Vancouver", datetime(2032, 1, 1, 8, tzinfo=UTC)),
        ("2026-03-05", datetime(2031, 12, 31, 11, tzinfo=UTC)),  # a date alone: the study's own, Pacific/Auckland
    ],
)
def test_a_form_ends_when_its_last_day_is_over_where_the_session_was(
    study: Study, start: str, end: datetime, tmp_path: Path
) -> None:
    form(study, "v2", "2031-12-31")
    say(study, "P02,2026-02-02T10:00+13:00,consent,named,v2,all")
    (tmp_path / "s7.vtt").write_text("WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nTobias Renwick: More words.\n")
    add_session(study, NewSession("S7", start, transcript=tmp_path / "s7.vtt"), QUIET)
    run(study)
    assert ends(study, "P02")["S7"] == end


def test_a_form_that_was_signed_for_one_session_ends_nothing_in_another(study: Study) -> None:
    form(study, "v1-long", "50 years")
    form(study, "v2-short", "1 days")
    sheet = study.folder.parent / "said.csv"
    sheet.write_text(
        "participant,at,event,level,form,reach,applies\n"
        "P02,2026-02-02T10:00+13:00,consent,named,v1-long,study,all\n"
        "P02,2026-02-03T10:00+13:00,consent,named,v2-short,session:S2,all\n"
    )
    import_sheet(study, sheet)
    assert sorted(session for session, end in ends(study, "P02").items() if end <= utc_now()) == ["S2"]


def test_a_form_that_holds_from_a_later_day_on_ends_nothing_before_it(study: Study) -> None:
    form(study, "v1-long", "50 years")
    form(study, "v2-short", "1 days")
    say(
        study,
        "P02,2026-02-02T10:00+13:00,consent,named,v1-long,all",
        "P02,2026-03-05T08:00+13:00,consent,named,v2-short,from",
    )
    assert sorted(session for session, end in ends(study, "P02").items() if end <= utc_now()) == ["S9"]


# ---------------------------------------------------------------- one destruction for several withdrawals


def stop(study: Study, participant: str = "P01", reach: str = "study", data: str = "erase", **more: object) -> int:
    """Record a withdrawal that is due; gives its index."""
    kind, _, name = reach.partition(":")
    where = Reach.model_validate({"kind": kind, "id": name or None})
    event = withdrawal_event(study, participant, data=data, days=0, at=None, method=None, reach=where, **more)  # type: ignore[arg-type]
    return stop_use(study, event).index


def one(study: Study, index: int) -> Withdrawal:
    [found] = [found for found in withdrawals(study) if found.index == index]
    return found


def covered(study: Study, index: int, scope: Scope | None = None) -> list[int]:
    return [found.index for found in covered_by(study, one(study, index), scope)]


def mark(study: Study, passage: str, start_s: float, end_s: float) -> None:
    """Mark a passage of S1."""
    marked = Passage(
        passage=passage, session="S1", start_s=start_s, end_s=end_s, mark=Mark.OFF_THE_RECORD, at=utc_now(),
        recorded_by="pi",
    )  # fmt: skip
    study.record(to_ledger_event(marked))


def _wide_and_narrow(study: Study) -> tuple[int, ...]:
    mark(study, "passagenumb1", 0.0, 9.0)
    return stop(study), stop(study, reach="session:S1"), stop(study, reach="passage:passagenumb1"), stop(study)


def test_what_lies_within_a_withdrawal_is_carried_out_with_it(study: Study) -> None:
    wide, session, passage, again = _wide_and_narrow(study)
    confirm(open_as(study.folder, "pi2"), "P01")
    assert covered(study, wide) == [session, passage, again]
    assert covered(study, again) == [wide, session, passage]
    assert covered(study, session) == [passage]
    assert covered(study, passage) == []


def test_the_same_withdrawal_recorded_twice_is_carried_out_once(study: Study) -> None:
    first, again = stop(study), stop(study)
    confirm(open_as(study.folder, "pi2"), "P01")
    assert dispose(open_as(study.folder, "pi"), QUIET)[1] is None
    now = open_as(study.folder, "pi")
    [entry] = {found.erased for found in withdrawals(now, "P01")}
    assert entry is not None
    assert set(now.ledger.entries()[entry].refs) == {first, again}
    assert [item for item in what_is_due(now) if item.participant == "P01"] == []


def test_what_is_of_somebody_else_of_another_use_or_kind_is_not_carried_out_with_it(study: Study) -> None:
    wide = stop(study)
    stop(study, "P02")
    stop(study, reach="session:S1", data="keep_deidentified")
    stop(study, reach="session:S1", use=Use.RECORDING)
    other = open_as(study.folder, "pi2")
    confirm(other, "P01")
    confirm(other, "P02")
    assert covered(study, wide) == []


def test_what_was_taken_back_is_not_carried_out_with_another(study: Study) -> None:
    wide, _, passage, again = _wide_and_narrow(study)
    confirm(open_as(study.folder, "pi2"), "P01")
    undo(study, "P01", reach=Reach(kind="session", id="S1"))
    assert covered(study, wide) == [passage, again]


def test_a_passage_lies_within_a_longer_one_of_its_session_alone(study: Study) -> None:
    mark(study, "passagenumb1", 0.0, 30.0)
    mark(study, "passagenumb2", 5.0, 9.0)
    mark(study, "passagenumb3", 25.0, 35.0)
    long, inside, beyond = (
        stop(study, reach=f"passage:{name}") for name in ("passagenumb1", "passagenumb2", "passagenumb3")
    )
    confirm(open_as(study.folder, "pi2"), "P01")
    assert covered(study, long) == [inside]
    assert covered(study, beyond) == []


def test_what_was_destroyed_counts_and_not_what_would_be_today(study: Study) -> None:
    wide = stop(study)
    session = stop(study, reach="session:S1")
    confirm(open_as(study.folder, "pi2"), "P01")
    assert covered(study, wide, Scope(sessions=("S3",))) == []
    assert covered(study, wide, Scope(sessions=(), parts=(Part(session="S1", start_s=0.0, end_s=9.0),))) == []
    assert covered(study, wide, Scope(sessions=("S1", "S3"))) == [session]


def test_what_was_recorded_after_a_withdrawal_was_carried_out_is_not_carried_out_with_it(study: Study) -> None:
    wide, session = stop(study), stop(study, reach="session:S1")
    confirm(open_as(study.folder, "pi2"), "P01")
    done = replace(one(study, wide), erased=session)
    assert covered_by(study, done) == []
    assert [found.index for found in covered_by(study, replace(done, erased=session + 1))] == [session]


def test_somebody_who_signed_again_keeps_a_later_withdrawal_of_everything_for_itself(study: Study) -> None:
    first = stop(study)
    say(study, f"P01,{utc_now().isoformat()},consent,named,v1,")
    second = stop(study)
    confirm(open_as(study.folder, "pi2"), "P01")
    assert covered(study, first) == [], "the second also takes the entry in the list of participants"
    assert covered(study, second) == [first]


def test_what_reaches_nothing_is_carried_out_with_nothing(study: Study) -> None:
    wide = stop(study)
    nothing = withdrawal_event(
        study, "P01", data="erase", days=0, at=None, method=None, reach=Reach(kind="cycle", id="9")
    )
    stop_use(study, nothing)
    confirm(open_as(study.folder, "pi2"), "P01")
    assert covered(study, wide) == []
