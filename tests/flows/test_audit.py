"""The board's report answers its sixteen questions rightly, in plain words, without a hash and without a name."""

import base64
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from consent.register import to_ledger_event
from flows.audit.answers import Verdict
from flows.audit.opening import may_be_shown
from flows.audit.report import FILES, Audit, default_folder, files, for_print, make, write
from flows.audit.seal import ReceiptFile, Seal
from flows.audit.soundness import nothing_rewritten, receipts_match
from flows.reports.document import Document, Table, Text
from flows.study import Study
from schemas.consent import Choice, ConsentEvent, ConsentKind, Form, FormPermission, Permission
from schemas.errors import MissingKey, UsageError
from schemas.ledger import EventKind, LedgerEvent
from schemas.recording import Session
from tests.flows.conftest import NAMES, Chatham, open_as

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DIGEST = "ab" * 32


def at(text: str) -> datetime:
    """Noon of a day, UTC."""
    return datetime.fromisoformat(f"{text}T12:00:00+00:00")


def form(version: str, **said: Any) -> Form:
    """A form of its own text; approved until the end of 2026 where nothing else is said."""
    asked = dict.fromkeys(Permission, FormPermission(asked="condition"))
    for one in (Permission.ARCHIVE, Permission.TEACHING, Permission.PARTNERS, Permission.AI_SERVICES):
        asked[one] = FormPermission(asked="choice", default="no")
    return Form(
        **{
            "version": version,
            "sha256": format(sum(version.encode()), "064x"),
            "language": "en",
            "permissions": asked,
            "approvals": ("H26-0001",),
            "approval_expires": ("2026-12-31",),
            "retention": "five years after the end",
            "iso27560": {"withdrawal_method": "Tell anybody of the team."},
            **said,
        }
    )


FORM = form("f1")


class Told:
    """A study told entry by entry, each at a minute of its own.

    Args:
        study: Its register may hold anything already.
    """

    def __init__(self, study: Study) -> None:
        self.study = study

    def entry(self, on: str, event: LedgerEvent) -> int:
        """Record an event at noon of a day."""
        return self.study.ledger.append([event], now=at(on))[0]

    def form(self, on: str, one: Form = FORM) -> Form:
        """Register a form."""
        self.entry(on, to_ledger_event(one))
        return one

    def session(self, on: str, name: str, taken_in: str | None = None, **said: Any) -> None:
        """A session held at noon of a day."""
        session = Session(session=name, start=at(on), day=at(on).date(), zone="UTC", **said)
        self.entry(taken_in or on, to_ledger_event(session, tracks=[]))

    def said(
        self,
        person: str,
        kind: str,
        asked: str,
        recorded: str | None = None,
        level: str | None = None,
        one: Form | None = FORM,
        **more: Any,
    ) -> int:
        """What somebody asked on a day, recorded the same day or on another."""
        signed = kind in ("consent", "reaffirm")
        event = ConsentEvent(
            **{
                "participant": person,
                "event": ConsentKind(kind),
                "at": at(asked),
                "choices": (Choice(dimension="level", value=level),) if level else (),
                "form": one.version if one and signed else None,
                "form_sha256": one.sha256 if one and signed else None,
                "method": "online",
                **more,
            }
        )
        return self.entry(recorded or asked, to_ledger_event(event))

    def derived(self, on: str, session: str, **more: Any) -> int:
        """Words of a session were made ready for analysis."""
        payload = {
            "type": "derive",
            "purpose": "analyse",
            "session": session,
            "key": DIGEST,
            "digest": DIGEST,
            "decisions": DIGEST,
            "model": "/home/Quist/models/base 1234",
            "counts": {"utterances": 8, "withheld": 3, "redactions": 2},
        }
        return self.entry(on, LedgerEvent(kind=EventKind.DERIVE, payload={**payload, **more}))

    def enrolled(self, on: str, *people: str) -> None:
        """People came into the list, the first two in one entry as older registers have it."""
        older = {"type": "enrol", "participants": list(people[:2]), "added": 2, "changed": 0}
        newer = [{"type": "enrol", "action": "added", "participant": person} for person in people[2:]]
        for payload in (older, *newer):
            self.entry(on, LedgerEvent(kind=EventKind.ENROL, payload=payload))

    def audit(self, user: str = "pi", now: datetime = NOW, **period: date) -> Audit:
        """The report, as one of the users makes it."""
        self.study.publish()
        return make(open_as(self.study.folder, user), now, **period)


@pytest.fixture
def told(study: Study) -> Told:
    return Told(study)


@pytest.fixture
def story(told: Told) -> Told:
    """A year: people come, change, decline, withdraw; sessions are held and made ready; all of it in order."""
    told.form("2026-02-01")
    told.enrolled("2026-02-02", "P11", "P12", "P13", "P14", "P15")
    told.said("P11", "consent", "2026-02-03", level="named")
    told.said("P12", "consent", "2026-02-03", level="unnamed", given_by="guardian", evidence_sha256=DIGEST)
    told.said("P13", "decline", "2026-02-03")
    told.session("2026-03-01", "S7")
    told.said("P14", "consent", "2026-03-05", "2026-03-07", level="role")
    told.derived("2026-03-08", "S7")
    told.said("P11", "change", "2026-04-01", "2026-04-03", level="pseudonym")
    told.withdrawn = told.said(  # type: ignore[attr-defined]
        "P12", "withdraw", "2026-04-10", "2026-04-12", data="erase", destroy_on=at("2026-04-19")
    )
    return told


def rows(audit: Audit, question: str, **wanted: Any) -> list[Mapping[str, Any]]:
    """The evidence of a question in which these members have these values."""
    return [row for row in audit.answers[question].evidence if wanted.items() <= row.items()]


def as_user(told: Told, user: str, on: str, event: LedgerEvent) -> int:
    """Record an event with another user's key."""
    study = open_as(told.study.folder, user)
    return study.ledger.append([event], now=at(on))[0]


def confirmed(told: Told, on: str, user: str = "ra", **said: Any) -> int:
    """Somebody said yes to the destruction."""
    index = told.withdrawn  # type: ignore[attr-defined]
    payload = {"type": "confirmation", "participant": "P12", "withdrawal": index, "by": user, **said}
    return as_user(told, user, on, LedgerEvent(kind=EventKind.ERASE_ATTEST, payload=payload, refs=(index,)))


def destroyed(told: Told, on: str, **said: Any) -> int:
    """The withdrawn words were destroyed."""
    index = told.withdrawn  # type: ignore[attr-defined]
    payload = {"type": "erasure", "participant": "P12", "reason": "withdrawal", "stores": [], "sessions": [], **said}
    return told.entry(on, LedgerEvent(kind=EventKind.ERASE, payload=payload, refs=(index,)))


def signed(told: Told, on: str, erasure: int, user: str = "pi", sha256: str = DIGEST) -> int:
    """Somebody signed the certificate."""
    payload = {"type": "certificate", "participant": "P12", "number": 1, "sha256": sha256, "by": user}
    event = LedgerEvent(kind=EventKind.ERASE_ATTEST, payload=payload, refs=(told.withdrawn, erasure))  # type: ignore[attr-defined]
    return as_user(told, user, on, event)


def erased(told: Told, on: str) -> None:
    """All of it: a second yes, the destruction, and a certificate that two people signed."""
    confirmed(told, on)
    entry = destroyed(told, on)
    for user in ("pi", "ra"):
        signed(told, on, entry, user)


def handed_over(told: Told, on: str, name: str = "r1", *people: str) -> None:
    """A data set was made and a copy of it handed to somebody."""
    made = {
        "type": "release",
        "name": name,
        "purpose": "quote_research",
        "sessions": ["S7"],
        "people": list(people),
        "sha256": DIGEST,
        "logical": DIGEST,
        "counts": {"utterances": 8},
        "decisions": DIGEST,
        "follows": None,
    }
    told.entry(on, LedgerEvent(kind=EventKind.RELEASE, payload=made))
    sent = {
        "type": "sent",
        "id": f"c-{name}",
        "release": name,
        "to": NAMES["P02"],
        "by": "pi",
        "at": at(on).isoformat(),
    }
    told.entry(on, LedgerEvent(kind=EventKind.SENT, payload=sent))


def ended(told: Told, on: str, name: str) -> None:
    """A data set was taken away."""
    payload = {"type": "release_ended", "name": name, "why": "withdrawal", "at": at(on).isoformat(), "sha256": DIGEST}
    told.entry(on, LedgerEvent(kind=EventKind.RELEASE, payload={**payload, "counts": {}}))


# ---------------------------------------------------------------- 1 to 4


def test_who_consented_to_what_and_in_which_language(story: Told) -> None:
    audit = story.audit()
    answer = audit.answers["q01"]
    assert answer.verdict is Verdict.YES
    [row] = rows(audit, "q01", participant="P11")
    assert (row["today"], row["form"], row["language"], row["signed_on"]) == (
        "made-up name",
        "f1",
        "en",
        "4 February 2026",
    )
    assert "analyse" in row["allows"] and "archive" not in row["allows"]
    assert [row["today"] for row in rows(audit, "q01", participant="P13")] == ["declined"]
    assert [row["today"] for row in rows(audit, "q01", participant="P15")] == ["not asked"]


def test_a_form_that_nobody_registered_is_no_answer(story: Told) -> None:
    story.said("P15", "consent", "2026-05-01", level="named", one=form("never"))
    answer = story.audit().answers["q01"]
    assert answer.verdict is Verdict.NO
    assert "P15 signed a form whose text was never registered" in answer.answer


def test_a_valid_approval_is_told_from_one_that_had_ended(story: Told) -> None:
    before = story.audit().answers["q02"]
    assert before.verdict is Verdict.UNKNOWN
    assert before.answer.startswith("Not yet known for 2 of 5 signatures")  # the study's own form has no date
    old = story.form("2026-04-20", form("f2", language="fr", approval_expires=("2026-04-30", None)))
    story.said("P15", "consent", "2026-05-01", level="named", one=old)
    audit = story.audit()
    assert audit.answers["q02"].verdict is Verdict.NO
    assert [row["approval"] for row in rows(audit, "q02", participant="P15")] == ["expired"]
    assert [row["approval"] for row in rows(audit, "q02", participant="P11")] == ["valid"]
    assert "q02" in audit.failed


def test_the_day_on_which_an_approval_ends_is_still_a_good_day(told: Told) -> None:
    last = told.form("2026-02-01", form("f2", approval_expires=("2026-03-05",)))
    told.said("P01", "consent", "2026-03-04", level="named", one=last)  # the fifth in Auckland
    told.said("P02", "consent", "2026-03-05", level="named", one=last)  # and there the sixth
    audit = told.audit()
    approvals = {row["participant"]: row["approval"] for row in rows(audit, "q02", form="f2")}
    assert approvals == {"P01": "valid", "P02": "expired"}


def test_a_session_held_when_every_approval_had_ended_is_found(told: Told, study: Study) -> None:
    known = study.register().forms["v1"]
    assert known.approval_expires == (None,)
    from flows.audit.facts import Facts
    from flows.audit.forms import sessions_without_approval
    from flows.audit.gather import gather

    facts = gather(study, study.open_ledger(), NOW)
    ended = replace(facts.register, forms={"v1": known.model_copy(update={"approval_expires": ("2026-03-03",)})})
    bare: Facts = replace(facts, register=ended)
    assert sessions_without_approval(bare) == ["S1"]


def test_who_is_still_on_an_older_form_is_listed_and_who_went_over_is_not(story: Told) -> None:
    newer = story.form("2026-04-20", form("f2"))
    story.said("P11", "reaffirm", "2026-04-21", one=newer)
    audit = story.audit()
    assert "P14" in audit.answers["q02"].explanation and "P11" not in audit.answers["q02"].explanation
    old = {row["on_an_older_form"] for row in audit.answers["q02"].evidence if "on_an_older_form" in row}
    assert {"P12", "P14"} <= old and "P11" not in old
    assert audit.answers["q02"].verdict is not Verdict.NO


def test_an_amendment_says_itself_whose_form_it_amends_and_whether_to_ask_again(story: Told) -> None:
    story.form("2026-04-20", form("f2", language="fr", replaces="f1", re_ask=True))
    audit = story.audit()
    assert "P14" in audit.answers["q02"].explanation
    assert "to be asked again" in text(audit)
    assert audit.answers["q16"].verdict is Verdict.NO
    assert "P14" in audit.answers["q16"].answer


def test_no_question_about_choices_is_a_yes_while_one_cannot_be_read(told: Told) -> None:
    from flows.audit.questions import ask_all

    audit = told.audit()
    unread = replace(audit.facts, register=replace(audit.facts.register, unread=1))
    answers = ask_all(unread, audit.seal)
    assert answers["q07"].verdict is answers["q09"].verdict is Verdict.UNKNOWN
    assert "1 entry that may hold somebody's choice could not be read" in answers["q07"].answer


def test_who_signed_a_form_with_a_valid_approval_is_a_yes(told: Told) -> None:
    from flows.audit.consents import under_which_form

    facts = told.audit().facts
    known = facts.register.forms["v1"].model_copy(update={"approval_expires": ("2026-12-31",)})
    answer = under_which_form(replace(facts, register=replace(facts.register, forms={"v1": known})))
    assert answer.verdict is Verdict.YES
    assert answer.answer == "Yes. Each of the 2 signatures is on a registered form with a valid approval."


def test_a_newer_form_in_another_language_alone_makes_nobody_s_form_old(story: Told) -> None:
    story.form("2026-04-20", form("f2", language="fr"))
    explanation = story.audit().answers["q02"].explanation
    assert "in another language only" in explanation
    assert "P14" not in explanation


def test_how_consent_was_given_and_who_recorded_it(story: Told) -> None:
    audit = story.audit()
    [row] = rows(audit, "q03", participant="P14")
    assert (row["way"], row["delay"], row["recorded_by"]) == ("online", "2 days", "investigator 1")
    [row] = rows(audit, "q03", participant="P12")
    assert (row["given_by"], row["evidence"]) == ("a guardian", True)


def test_a_way_that_is_not_recorded_is_not_known(story: Told) -> None:
    answer = story.audit().answers["q03"]  # the study's first two consents came without it
    assert answer.verdict is Verdict.UNKNOWN
    assert answer.answer.startswith("Not yet known for 2 of 5")


def test_a_way_in_words_of_its_own_is_not_repeated(story: Told) -> None:
    story.said("P15", "consent", "2026-05-01", level="named", method=f"told {NAMES['P01']}")
    [row] = rows(story.audit(), "q03", participant="P15")
    assert row["way"] == "in another way, as the register has it"


def test_a_consent_recorded_by_the_person_themselves_is_found(story: Told) -> None:
    key = story.study.keyring.signer.key_id
    link = {
        "type": "user",
        "action": "linked",
        "name": "pi",
        "roles": ["investigator"],
        "key": key,
        "participant": "P14",
    }
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.ROTATE_KEY, payload={**link, "by": "pi"}))
    answer = story.audit().answers["q03"]
    assert answer.verdict is Verdict.NO
    assert "1 signature was recorded by the person it speaks of" in answer.answer


def test_every_change_is_listed_and_the_level_of_any_day(story: Told) -> None:
    audit = story.audit()
    assert audit.answers["q04"].verdict is Verdict.YES
    said = {row["participant"]: row["said"] for row in audit.answers["q04"].evidence if "levels" in row}
    assert said["P11"] == "4 February 2026: named → 2 April 2026: made-up name"
    assert said["P12"] == "4 February 2026: unnamed → 11 April 2026: use stopped"
    changes = rows(audit, "q04", participant="P11", deed="change")
    assert "made-up name" in changes[0]["said"] and changes[0]["recorded_on"] == "4 April 2026"


# ---------------------------------------------------------------- 5 and 6


def test_who_signed_after_a_session_stays_out_of_it(story: Told) -> None:
    [row] = rows(story.audit(), "q05", session="S7")
    assert row["before"] == ["P01", "P02", "P11"]
    assert row["signed_later"] == ["P14"]
    assert row["declined"] == ["P13"] and row["withdrawn"] == ["P12"] and row["not_asked"] == ["P15"]


def test_who_said_that_everything_may_be_used_is_told_apart(story: Told) -> None:
    story.said("P15", "consent", "2026-05-01", level="named", applies="all")
    [row] = rows(story.audit(), "q05", session="S7")
    assert row["covered_later"] == ["P15"]


def test_an_ethics_officer_is_told_what_only_the_team_can_see(story: Told) -> None:
    team, board = story.audit(), story.audit("board")
    assert team.answers["q05"].verdict is Verdict.YES
    assert board.answers["q05"].verdict is Verdict.UNKNOWN
    assert "only the team can see" in board.answers["q05"].answer
    same = set(team.answers) - {"q05", "q09", "q12"}
    assert all(team.answers[name].answer == board.answers[name].answer for name in same)


def test_speech_of_people_never_asked_has_a_day_on_which_it_must_go(
    story: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.audit import gather
    from flows.audit.facts import Voices

    monkeypatch.setattr(gather, "_voices", lambda study: {"S7": Voices(frozenset({"P11", "P15"}), 1)})
    early, late = story.audit(now=at("2026-03-20")), story.audit()
    [row] = [row for row in early.answers["q05"].evidence if "must_go_by" in row]
    assert (row["not_asked_speakers"], row["unknown_voices"]) == (["P15"], 1)
    assert (row["must_go_by"], row["overdue"]) == ("2026-04-01", False)
    assert early.answers["q05"].verdict is Verdict.YES
    assert late.answers["q05"].verdict is Verdict.NO
    assert "past the day on which it had to go (S7)" in late.answers["q05"].answer
    assert late.answers["q12"].verdict is Verdict.NO


def test_each_derived_item_has_its_model_and_how_many_allowed_it_then(story: Told) -> None:
    story.derived("2026-05-01", "S7")
    audit = story.audit()
    assert audit.answers["q06"].verdict is Verdict.YES
    first, second = audit.answers["q06"].evidence
    assert (first["model"], first["withheld"], first["purpose"]) == ("base", 3, "analysis")
    assert (first["permitted"], second["permitted"]) == (4, 3)  # P12 withdrew in between


def test_a_derived_item_without_its_choices_is_found(story: Told) -> None:
    story.derived("2026-05-01", "S7", decisions=None)
    assert story.audit().answers["q06"].verdict is Verdict.NO


def test_where_nothing_was_derived_that_is_said(told: Told) -> None:
    answer = told.audit().answers["q06"]
    assert answer.verdict is Verdict.UNKNOWN
    assert "Nothing has been made from anybody's words yet" in answer.answer


# ---------------------------------------------------------------- 7 to 9


def test_a_withdrawal_has_its_times(story: Told) -> None:
    erased(story, "2026-04-18")
    audit = story.audit()
    assert audit.answers["q07"].verdict is Verdict.YES
    [row] = rows(audit, "q07", participant="P12")
    assert row["asked_to_stopped"] == "2 days"
    assert row["asked_to_stopped_minutes"] == 2 * 24 * 60
    assert (row["fate"], row["stopped_to_destroyed_days"]) == ("destroyed", 6)
    assert (row["confirmed_on"], row["confirmed_by"], row["confirmation"]) == (
        "19 April 2026",
        "assistant 1",
        "a second person",
    )
    assert (row["certificate"], row["signatures"], row["signatures_missing"]) == (1, 2, 0)
    assert "certificate 1: signed by 2" in text(audit)
    assert "not signed" not in audit.answers["q07"].answer


def test_a_destruction_that_nobody_else_confirmed_is_a_no(story: Told) -> None:
    confirmed(story, "2026-04-17", "pi")  # who recorded the withdrawal
    destroyed(story, "2026-04-18")
    answer = story.audit().answers["q07"]
    assert answer.verdict is Verdict.NO
    assert "destroyed without a second person's yes" in answer.answer


def test_a_yes_after_the_destruction_is_none(story: Told) -> None:
    destroyed(story, "2026-04-18")
    confirmed(story, "2026-04-19")
    assert story.audit().answers["q07"].verdict is Verdict.NO


def test_to_be_the_only_person_counts_only_where_there_is_nobody_else(story: Told) -> None:
    confirmed(story, "2026-04-17", "pi", alone=True)
    destroyed(story, "2026-04-18")
    audit = story.audit()
    assert audit.answers["q07"].verdict is Verdict.NO  # ra, desk and board could have been asked
    members = {key: one for key, one in audit.facts.members.items() if one.label == "investigator 1"}
    alone = replace(audit.facts)
    alone.__dict__["members"] = members
    from flows.audit.withdrawals import honoured

    assert honoured(alone).verdict is Verdict.YES


def test_a_written_request_needs_no_second_person(story: Told) -> None:
    confirmed(story, "2026-04-17", "pi", written_request=True)
    destroyed(story, "2026-04-18")
    audit = story.audit()
    assert audit.answers["q07"].verdict is Verdict.YES
    assert [row["confirmation"] for row in rows(audit, "q07", participant="P12")] == ["written request"]


def test_a_certificate_that_not_everybody_signed_is_told(story: Told) -> None:
    confirmed(story, "2026-04-17")
    entry = destroyed(story, "2026-04-18")
    signed(story, "2026-04-18", entry, "pi")
    signed(story, "2026-04-18", entry, "pi")  # the same person twice is one person
    answer = story.audit().answers["q07"]
    assert "1 certificate of destruction not signed by everybody who has to" in answer.answer
    signed(story, "2026-04-19", entry, "ra", sha256="cd" * 32)  # issued anew: the first signature is of another text
    [row] = rows(story.audit(), "q07", participant="P12")
    assert (row["signatures"], row["signatures_missing"]) == (1, 1)


def test_a_withdrawal_of_the_voice_is_told_as_one(told: Told) -> None:
    told.form("2026-02-01")
    told.said("P11", "consent", "2026-02-03", level="named")
    told.said("P11", "withdraw", "2026-04-10", data="erase", use="recording", destroy_on=at("2026-04-17"))
    [row] = rows(told.audit(now=at("2026-04-11")), "q07", participant="P11")
    assert row["wish"] == "delete my voice"


def test_words_that_were_not_destroyed_in_time_are_overdue(story: Told) -> None:
    audit = story.audit()
    assert audit.answers["q07"].verdict is Verdict.NO
    assert [row["overdue"] for row in rows(audit, "q07", participant="P12")] == [True]
    assert {"q07", "q12"} <= set(audit.failed)


def test_a_destruction_that_came_late_stays_visible(story: Told) -> None:
    erased(story, "2026-05-20")
    audit = story.audit()
    assert [row["late"] for row in rows(audit, "q07", participant="P12")] == [True]
    assert audit.answers["q07"].verdict is Verdict.NO
    assert audit.answers["q12"].verdict is not Verdict.NO


def test_before_its_day_a_withdrawal_waits(story: Told) -> None:
    audit = story.audit(now=at("2026-04-15"))
    assert audit.answers["q07"].verdict is Verdict.YES
    assert "1 withdrawal waits for the day of destruction" in audit.answers["q07"].answer


def test_a_withdrawal_that_was_taken_back_is_never_overdue(story: Told) -> None:
    story.said("P12", "undo", "2026-04-15")
    audit = story.audit()
    assert [row["fate"] for row in rows(audit, "q07", participant="P12")] == ["taken back"]
    assert audit.answers["q07"].verdict is Verdict.YES


def test_what_was_handed_over_is_owed_until_it_is_taken_back_and_late_after_its_day(told: Told) -> None:
    told.form("2026-02-01")
    told.session("2026-03-01", "S7")
    told.said("P11", "consent", "2026-02-03", level="named", one=FORM)
    assert "No copy was handed over and nothing was published" in text(told.audit())
    handed_over(told, "2026-03-08", "r1", "P11")
    told.said("P11", "withdraw", "2026-04-10", data="erase", destroy_on=at("2026-04-17"))
    soon, late = told.audit(now=at("2026-04-11")), told.audit(now=at("2026-04-28"))
    [row] = rows(soon, "q07", kind="recall")
    assert (row["for"], row["by"], row["late"]) == ("P11", "25 April 2026", False)
    assert soon.answers["q07"].verdict is Verdict.YES
    assert late.answers["q07"].verdict is Verdict.NO
    answered = {
        "type": "recall_answer",
        "sent": "c-r1",
        "answer": "destroyed",
        "by": "pi",
        "at": at("2026-04-12").isoformat(),
    }
    told.entry("2026-04-12", LedgerEvent(kind=EventKind.SENT, payload=answered))
    assert rows(told.audit(now=at("2026-04-13")), "q07", kind="recall") == []


def test_a_thing_that_was_not_taken_back_by_its_day_is_a_no_of_its_own(told: Told) -> None:
    told.form("2026-02-01")
    told.session("2026-03-01", "S7")
    told.said("P11", "consent", "2026-02-03", level="named")
    handed_over(told, "2026-03-08", "r1", "P11")
    told.said("P11", "change", "2026-04-10", level="unnamed", applies="all")
    answer = told.audit().answers["q07"]
    assert answer.verdict is Verdict.NO
    assert "1 thing outside of the study's folder had to be taken back by a day that is past" in answer.answer


def test_backups_from_before_a_destruction_are_told(story: Told) -> None:
    made = {"type": "backup", "id": "b1", "sha256": DIGEST, "bytes": 9, "size": 4, "root": DIGEST, "by": "pi"}
    story.entry("2026-04-11", LedgerEvent(kind=EventKind.BACKUP, payload={**made, "at": at("2026-04-11").isoformat()}))
    assert "made before the last destruction" not in text(story.audit())
    erased(story, "2026-04-18")
    audit = story.audit()
    assert "1 backup was made before the last destruction" in text(audit)
    [row] = rows(audit, "q11", backup="b1")
    assert (row["made_on"], row["entries"], row["destroyed_on"]) == ("12 April 2026", 4, None)
    gone = {"type": "backup_destroyed", "id": "b1", "by": "pi", "at": at("2026-04-20").isoformat()}
    story.entry("2026-04-20", LedgerEvent(kind=EventKind.BACKUP, payload=gone))
    assert "made before the last destruction" not in text(story.audit())


def test_to_withdraw_takes_no_more_steps_than_to_consent(told: Told) -> None:
    from flows.audit.withdrawals import steps

    facts = told.audit().facts
    known = replace(facts, register=replace(facts.register, forms={"f1": FORM}))
    assert steps(known).verdict is Verdict.YES
    silent = replace(facts, register=replace(facts.register, forms={"f1": FORM, "f2": form("f2", iso27560={})}))
    assert (steps(silent).verdict, "f2" in steps(silent).answer) == (Verdict.UNKNOWN, True)


def test_words_made_ready_after_a_withdrawal_are_made_without_them(story: Told) -> None:
    story.derived("2026-05-01", "S7")
    audit = story.audit()
    [row] = audit.answers["q09"].evidence
    assert (row["participant"], row["made_meanwhile"], row["used"]) == ("P12", 1, [])
    assert audit.answers["q09"].verdict is Verdict.YES


def test_what_was_made_after_the_asking_and_before_the_record_is_told(told: Told) -> None:
    told.form("2026-02-01")
    told.session("2026-03-01", "S7")
    told.said("P11", "consent", "2026-02-03", level="named")
    told.derived("2026-03-08", "S7")
    told.derived("2026-04-11", "S7")
    told.said("P11", "withdraw", "2026-04-10", "2026-04-12", data="erase", destroy_on=at("2026-04-19"))
    told.derived("2026-04-13", "S7")
    answer = told.audit().answers["q09"]
    assert [(row["made_before_recorded"], row["made_meanwhile"]) for row in answer.evidence] == [(1, 1)]
    assert "after they had asked, it was done 1 time" in answer.answer


def test_a_use_after_a_withdrawal_is_found(story: Told) -> None:
    payload = {"type": "quote_approval", "participant": "P12", "quote": "q1"}
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.QUOTE_APPROVAL, payload=payload))
    answer = story.audit().answers["q09"]
    assert answer.verdict is Verdict.NO
    assert len(answer.evidence[0]["used"]) == 1


def test_a_data_set_that_was_made_from_withdrawn_words_is_found(story: Told) -> None:
    handed_over(story, "2026-05-01", "r1", "P12")
    assert story.audit().answers["q09"].verdict is Verdict.YES  # the register before it kept theirs out


def test_a_copy_of_a_data_set_that_had_been_taken_away_is_found(story: Told) -> None:
    handed_over(story, "2026-04-01", "r1", "P12")
    ended(story, "2026-04-12", "r1")
    assert story.audit().answers["q09"].verdict is Verdict.YES
    sent = {"type": "sent", "id": "c2", "release": "r1", "to": "x", "by": "pi", "at": at("2026-05-01").isoformat()}
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.SENT, payload=sent))
    assert story.audit().answers["q09"].verdict is Verdict.NO


def test_what_was_published_before_a_withdrawal_and_recorded_after_it_is_no_use_after_it(story: Told) -> None:
    output = {"type": "output", "id": "o1", "medium": "post", "title": "t", "url": None, "owner": "pi", "by": "pi"}
    output |= {"participants": ["P12"], "releases": []}
    event = LedgerEvent(kind=EventKind.OUTPUT, payload={**output, "published_on": "2026-04-01"})
    story.entry("2026-05-01", event)
    assert story.audit().answers["q09"].verdict is Verdict.YES
    later = LedgerEvent(kind=EventKind.OUTPUT, payload={**output, "id": "o2", "published_on": "2026-05-01"})
    story.entry("2026-05-02", later)
    assert story.audit().answers["q09"].verdict is Verdict.NO


def test_a_use_after_somebody_came_back_is_none_of_it(story: Told) -> None:
    story.said("P12", "consent", "2026-04-15", level="named", applies="all")
    story.derived("2026-05-01", "S7")
    assert story.audit().answers["q09"].verdict is Verdict.YES


def test_where_the_choices_cannot_be_worked_out_again_that_is_said(
    story: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.audit import gather

    monkeypatch.setattr(gather, "_rechecked", lambda study, entries: {7: True, 8: False})
    assert story.audit().answers["q09"].verdict is Verdict.UNKNOWN


# ---------------------------------------------------------------- 10 to 13


def test_an_opening_is_shown_when_one_is_recorded(story: Told) -> None:
    before = story.audit().answers["q10"]
    assert (before.verdict, "Nobody of the team has opened any" in before.answer) == (Verdict.YES, True)
    access = {"type": "access", "what": "words", "session": "S7", "participants": ["P11"], "by": "ra"}
    reason = {**access, "reason": "to check who speaks at minute 12"}
    as_user(story, "ra", "2026-05-01", LedgerEvent(kind=EventKind.ACCESS, payload=reason))
    answer = story.audit().answers["q10"]
    assert answer.answer == "Yes. 1 opening recorded, each with its reason."
    [row] = answer.evidence
    assert (row["opened_on"], row["what"], row["session"]) == ("2 May 2026", "words", "S7")
    assert (row["participants"], row["opened_by"]) == (["P11"], "assistant 1")
    assert row["why"] == "to check who speaks at minute 12"
    story.entry("2026-05-02", LedgerEvent(kind=EventKind.ACCESS, payload=access))
    assert story.audit().answers["q10"].verdict is Verdict.NO


def test_a_reason_that_names_somebody_is_not_repeated(story: Told) -> None:
    access = {"type": "access", "what": "identities", "participants": ["P02"], "by": "pi"}
    reason = f"{NAMES['P02']} asked, about P02; (Ferry@example.org) told"
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.ACCESS, payload={**access, "reason": reason}))
    [row] = story.audit().answers["q10"].evidence
    assert row["why"] == "[…] asked, about P02; […] told"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("To check who speaks at minute 12", "To check who speaks at minute 12"),
        ("to write to Aurélie Fontanel.", "to write to […]"),
        ("for aurélie's (P03) letter", "for aurélie's (P03) letter"),
        ("王芳 asked; so did mother@example.org", "[…] asked; so did […]"),
        ("Mark asked O'Neill", "[…] asked […]"),
        ("", ""),
    ],
)
def test_what_may_be_a_name_is_left_out_of_what_somebody_typed(typed: str, shown: str) -> None:
    from flows.audit.words import discreet

    assert discreet(typed) == shown


def test_the_recovery_key_and_a_service_are_no_members_of_the_team(story: Told) -> None:
    for name, more in (("recovery", {}), ("nightly", {"service": True})):
        user = {"type": "user", "action": "added", "name": name, "roles": ["investigator"], "key": name, "by": "pi"}
        story.entry("2026-04-20", LedgerEvent(kind=EventKind.ROTATE_KEY, payload={**user, "participant": None, **more}))
    answer = story.audit().answers["q11"]
    assert {"printed recovery key 1", "unattended service 1"} <= {row.get("member") for row in answer.evidence}
    assert "4 people of the team have access; 0 left." in answer.answer


def test_the_team_is_numbered_and_not_named(story: Told) -> None:
    members = {row["member"]: row for row in story.audit().answers["q11"].evidence if "member" in row}
    assert {"investigator 1", "assistant 1", "intake 1", "ethics officer 1"} == set(members)
    assert members["investigator 1"]["roles"] == "investigator, assistant, intake"


def test_somebody_who_recorded_after_leaving_is_found(story: Told) -> None:
    key = story.study.keyring.signer.key_id
    left = {"type": "user", "action": "removed", "name": "pi", "roles": [], "key": key, "participant": None, "by": "pi"}
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.ROTATE_KEY, payload=left))
    story.said("P15", "consent", "2026-05-02", level="named")
    answer = story.audit().answers["q11"]
    assert answer.verdict is Verdict.NO
    assert "investigator 1 recorded something after they had left" in answer.answer


def test_a_form_that_does_not_say_how_long_is_named(story: Told) -> None:
    erased(story, "2026-04-18")
    answer = story.audit().answers["q12"]  # the study's own form says nothing of it
    assert answer.verdict is Verdict.UNKNOWN
    assert "v1" in answer.answer


def test_originals_that_nobody_confirmed_deleted_are_listed(story: Told) -> None:
    audit = story.audit()
    left = {row["originals_of"] for row in audit.answers["q12"].evidence if "originals_of" in row}
    assert left == {"S1", "S7"}
    assert "The originals of 2 sessions are not confirmed deleted." in audit.answers["q12"].answer or (
        audit.answers["q12"].verdict is Verdict.NO
    )
    gone = {"type": "originals", "session": "S7", "files": 1, "deleted": 1, "cloud": "none", "by": "pi"}
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.INGEST, payload={**gone, "at": at("2026-05-01").isoformat()}))
    after = story.audit()
    assert [row["originals_of"] for row in after.answers["q12"].evidence if "originals_of" in row] == ["S1"]
    [row] = rows(after, "q05", session="S7")
    assert row["taken_in"] == "2 March 2026"  # and not the day on which the originals went


def test_words_whose_form_set_them_a_date_are_due_on_it(story: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.audit.custody import retention

    facts = replace(story.audit().facts, by_form=[("P11", "session:S7", at("2026-05-30"))])
    answer = retention(facts)
    assert answer.verdict is Verdict.NO
    [row] = [row for row in answer.evidence if "words_of" in row]
    assert (row["words_of"], row["where"], row["overdue"]) == ("P11", "session:S7", True)


def test_secondary_use_is_a_choice_and_never_a_condition(story: Told) -> None:
    assert story.audit().answers["q13"].verdict is Verdict.YES
    tied = form("f3", permissions={**FORM.permissions, Permission.TEACHING: FormPermission(asked="condition")})
    story.form("2026-05-01", tied)
    answer = story.audit().answers["q13"]
    assert answer.verdict is Verdict.NO
    assert "f3: use in teaching" in answer.answer


# ---------------------------------------------------------------- 14 to 16


def test_a_sound_register_that_nobody_outside_confirmed_is_not_yet_known(story: Told) -> None:
    answer = story.audit().answers["q14"]
    assert answer.verdict is Verdict.UNKNOWN
    assert "nobody outside has confirmed it lately" in answer.answer


def test_damage_is_a_no(story: Told) -> None:
    audit = story.audit()
    damaged = replace(audit.seal, problems=(f"line 3 of journal.jsonl does not match {DIGEST}",))
    answer = nothing_rewritten(audit.facts, damaged)
    assert answer.verdict is Verdict.NO
    assert DIGEST not in json.dumps(answer.facts())


def test_a_register_behind_a_seal_that_it_was_shown_is_a_no_and_the_report_is_made(
    story: Told, tmp_path: Path, chatham: Chatham
) -> None:
    story.study.publish()
    older = Path(shutil.copytree(story.study.folder, tmp_path / "older"))
    story.said("P15", "consent", "2026-05-01", level="named")
    story.study.publish()
    shutil.copy(story.study.consent / "log" / "checkpoint", older / "consent" / "log" / "seen")
    said = chatham("audit", "--out", tmp_path / "out", "--json", study=older)
    assert said.code == 1, said.err
    assert json.loads(said.out)["q14"]["verdict"] == "no, see below"
    assert (tmp_path / "out" / "audit.html").exists()


def test_missing_tiles_are_a_no_for_receipts(story: Told) -> None:
    story.study.publish()
    for tile in (story.study.consent / "log" / "tile" / "0").rglob("*"):
        if tile.is_file():
            tile.unlink()
    board = make(open_as(story.study.folder, "board"), NOW)
    assert board.answers["q14"].verdict is Verdict.NO
    assert board.answers["q15"].verdict is Verdict.NO


def test_without_any_seal_the_report_says_so(told: Told) -> None:
    audit = told.audit()
    bare = Seal(size=audit.seal.size, root=audit.seal.root, leaf_hashes=audit.seal.leaf_hashes)
    assert nothing_rewritten(audit.facts, bare).verdict is Verdict.UNKNOWN
    assert receipts_match(audit.facts, bare).verdict is Verdict.UNKNOWN
    assert "verify.html" not in files(replace(audit, seal=bare))


def test_every_participants_receipt_would_fit(story: Told) -> None:
    audit = story.audit()
    answer = audit.answers["q15"]
    assert answer.verdict is Verdict.YES
    assert [row["proven"] for row in rows(audit, "q15", participant="P11")] == [2]


def test_a_receipt_that_does_not_fit_is_a_no(story: Told) -> None:
    audit = story.audit()
    kept = replace(audit.seal, receipts=(ReceiptFile("a"), ReceiptFile("b", "the receipt was altered or read wrongly")))
    assert receipts_match(audit.facts, kept).verdict is Verdict.NO
    broken = replace(audit.seal, unproven=audit.seal.proven, proven=frozenset())
    assert receipts_match(audit.facts, broken).verdict is Verdict.NO


def test_entries_newer_than_the_seal_are_not_yet_known(story: Told) -> None:
    story.study.publish()
    story.said("P15", "consent", "2026-05-01", level="named")
    board = make(open_as(story.study.folder, "board"), NOW)  # who may not sign a newer one
    assert board.answers["q15"].verdict is Verdict.UNKNOWN
    assert "1 entry is newer than the seal" in board.answers["q14"].explanation


def test_answers_given_for_somebody_are_listed(story: Told) -> None:
    audit = story.audit()
    [row] = rows(audit, "q16", participant="P12")
    assert (row["given_by"], row["proof"], row["signed_alone_later"]) == ("a guardian", True, False)
    assert audit.answers["q16"].verdict is Verdict.YES


def test_an_answer_for_somebody_without_any_proof_is_not_known(story: Told) -> None:
    story.said("P15", "consent", "2026-05-01", level="named", given_by="authorised", method=None)
    assert story.audit().answers["q16"].verdict is Verdict.UNKNOWN


def test_who_went_over_to_another_form_stands_under_re_consent(story: Told) -> None:
    story.said("P11", "reaffirm", "2026-05-01", one=story.form("2026-04-20", form("f2")))
    signed = [row["signed"] for row in story.audit().answers["q16"].evidence if "signed" in row]
    assert signed == [["4 February 2026: signed f1", "2 May 2026: went over to f2"]]


# ---------------------------------------------------------------- how much was missed


def measured(told: Told, on: str, **said: Any) -> int:
    """A sample was read to its end by the assistant."""
    tally = {"read": 400, "identifiable": 0, "right": 350, "wrong": 2, "cannot_tell": 8, "not_asked": 40}
    tally |= {"masks": 260, "needless": 13}
    few = {**dict.fromkeys(tally, 0), "read": 100, "right": 60, "not_asked": 40}
    rest = {name: tally[name] - few[name] for name in tally}
    payload = {
        "type": "evaluation", "by": "ra", "at": at(on).isoformat(), "sample": "ab" * 8, "drawn_at": at(on).isoformat(),
        "data_set": {"build": DIGEST, "ledger_size": 4, "ledger_root": DIGEST, "shown": 5000}, "readers": 2,
        "given_up": 0, "tally": tally, "languages": {"en": rest, "fr": few}, "levels": {"named": rest, "unnamed": few},
        "whole": {"utterances": 6000, "words": 60_000, "masks": 720, "doubt": {"leak": 20, "speaker_unknown": 100}},
    }  # fmt: skip
    return as_user(told, "ra", on, LedgerEvent(kind=EventKind.ACCESS, payload={**payload, **said}))


def missed_section(audit: Audit) -> str:
    return text(audit).rpartition("How much was missed")[2].partition(" Annex ")[0]


def test_where_nobody_measured_it_the_report_says_so(story: Told) -> None:
    audit = story.audit()
    assert audit.as_json()["evaluation"]["measured"] is False
    assert "Nobody has measured yet how much was missed" in missed_section(audit)
    assert text(audit).count("Nobody has measured yet how much was missed") == 2, "at the head and in its section"


@pytest.mark.parametrize("user", ["pi", "board"])
def test_how_much_was_missed_stands_in_plain_words_with_its_bounds(story: Told, user: str) -> None:
    measured(story, "2026-05-01")
    audit = story.audit(user)
    sentence = "We read 400 passages; none still named anyone; the true rate is very likely below 1 in 130."
    assert text(audit).count(sentence) == 2
    section = missed_section(audit)
    assert "Drawn by chance on 2 May 2026 from 5,000 passages that the data set shows, read by 2 people" in section
    assert "all 400 0 at most 0.75 % 352 2 (0.6 %) at most 1.78 %" in section
    assert "sessions in French 100 0 at most 2.96 % 60 0 at most 4.88 %" in section
    assert "speakers shown as: unnamed 100" in section
    assert "In 8 more the reader could not tell." in section
    assert "120 are withheld for doubt (2.0 %)" in section and "12.0 masks in 1,000 words" in section
    assert "earlier data set" not in section
    said = audit.as_json()["evaluation"]
    assert (said["measured"], said["identifiable"]["of"], said["finished_on"]) == (True, 400, "2 May 2026")
    assert said["identifiable"]["at_most"] == pytest.approx(0.00746, abs=1e-5)
    assert said["finished_by"] == "assistant 1"


def test_the_newest_is_shown_and_what_speaks_against_it(story: Told) -> None:
    measured(story, "2026-04-20")
    measured(story, "2026-05-01", sample="cd" * 8, given_up=1)
    assert "1 sample before it: begun, and given up" in missed_section(story.audit())
    story.derived("2026-05-02", "S7")
    audit = story.audit()
    assert "words of 1 session were made ready anew: this is of an earlier data set" in missed_section(audit)
    said = audit.as_json()["evaluation"]
    assert (said["sample"], said["evaluations"], said["sessions_made_ready_since"]) == ("cd" * 8, 2, 1)


def test_an_evaluation_that_cannot_be_read_is_none(story: Told) -> None:
    measured(story, "2026-05-01", tally="many")
    assert story.audit().as_json()["evaluation"]["measured"] is False


def test_reading_a_sample_is_an_opening_of_nobody_in_particular(story: Told) -> None:
    measured(story, "2026-05-01")
    answer = story.audit().answers["q10"]
    assert answer.answer == "Yes. 1 opening recorded, each with its reason."
    [row] = answer.evidence
    assert (row["what"], row["why"], row["opened_by"]) == (
        "a sample of the data set",
        "to measure what was missed",
        "assistant 1",
    )
    assert "whoever the data set shows" in text(story.audit())


def test_how_much_was_missed_is_printed_too(story: Told, tmp_path: Path) -> None:
    measured(story, "2026-05-01")
    write(story.audit(), tmp_path / "report")
    printed = re.sub(r"\s+", " ", pdf_text(tmp_path / "report" / "audit.pdf"))
    assert "the true rate is very likely below 1 in 130" in printed


# ---------------------------------------------------------------- the yearly page


def test_the_yearly_page_counts_what_happened_in_its_period(story: Told) -> None:
    story.entry("2026-05-01", LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "incident"}))
    page = story.audit().renewal
    assert (page["from"], page["to"]) == ("2025-06-03", "2026-06-02")
    assert page["declined"] == ["P13"] and page["withdrew"] == ["P12"] and page["changed"] == ["P11"]
    assert page["consented"] == ["P01", "P02", "P11", "P12", "P14"]
    assert page["changes"] == 1 and len(page["incidents"]) == 1 and page["outputs"] == []
    assert page["sessions"] == ["S7", "S1"]
    assert page["levels"]["made-up name"] == 1 and page["levels"]["use stopped"] == 1


def test_its_period_can_be_given_and_both_days_count(story: Told) -> None:
    page = story.audit(start=date(2026, 4, 2), end=date(2026, 4, 11)).renewal
    assert page["changed"] == ["P11"] and page["withdrew"] == ["P12"] and page["consented"] == []
    shorter = story.audit(start=date(2026, 4, 3), end=date(2026, 4, 10)).renewal
    assert shorter["changed"] == [] and shorter["withdrew"] == []


def test_a_period_that_ends_before_it_begins_is_refused(told: Told) -> None:
    with pytest.raises(UsageError, match="--from lies after --to"):
        told.audit(start=date(2026, 4, 3), end=date(2026, 4, 2))


# ---------------------------------------------------------------- what is written


def text(audit: Audit) -> str:
    """The report as it is read: no tags, no styles, no pictures, no annex."""
    page = files(audit)["audit.html"].decode()
    body = re.sub(r"<style.*?</style>|<img[^>]*>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def pdf_text(path: Path) -> str:
    """The words of a PDF."""
    import subprocess

    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not installed, so the words of a PDF cannot be read here")
    return subprocess.run([tool, str(path), "-"], capture_output=True, text=True, check=True).stdout


def test_all_files_are_there_and_stand_by_themselves(story: Told, tmp_path: Path) -> None:
    write(story.audit(), tmp_path / "report")
    assert {path.name for path in (tmp_path / "report").iterdir()} == set(FILES)
    for name in ("audit.html", "renewal.html", "verify.html"):
        page = (tmp_path / "report" / name).read_text()
        assert not re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']*""", page), name
    assert (tmp_path / "report" / "audit.pdf").read_bytes().startswith(b"%PDF-")


def test_the_json_has_the_keys_that_programs_look_for(story: Told) -> None:
    said = json.loads(files(story.audit())["audit.json"])
    assert [key for key in said if re.fullmatch(r"q\d\d", key)] == [f"q{number:02d}" for number in range(1, 17)]
    for number in range(1, 17):
        answer = said[f"q{number:02d}"]
        assert set(answer) == {"question", "answer", "verdict", "evidence"}
        assert answer["verdict"] in {"yes", "no, see below", "not yet known"}
        assert answer["question"].endswith("?") and answer["answer"].endswith(".")
    assert {"entries", "root", "sealed"} <= set(said["register"])
    assert {"from", "to", "levels"} <= set(said["renewal"])


def test_an_answer_begins_with_what_its_verdict_says(story: Told) -> None:
    for answer in story.audit().answers.values():
        head = {"yes": "Yes. ", "no, see below": "No. ", "not yet known": "Not yet known"}[answer.verdict]
        assert answer.answer.startswith(head), answer.answer


def test_answers_are_in_the_words_that_people_use(story: Told) -> None:
    jargon = r"\b(ledger|checkpoint|Merkle|leaf|hash|utterance|diariz|payload|JSON|vault|scope|cascade|gate)"
    for answer in story.audit().answers.values():
        assert re.findall(jargon, f"{answer.question} {answer.answer} {answer.explanation}", re.I) == []


def test_long_tables_are_cut_in_print_and_whole_on_the_page() -> None:
    rows = [[f"P{number}"] for number in range(1, 151)]
    printed = for_print(Document("A report", blocks=[Table(["Participant"], rows)]))
    table, rest = printed.blocks
    assert isinstance(table, Table) and len(table.rows) == 100
    assert isinstance(rest, Text) and "and 50 more rows" in rest.text


def test_no_hash_stands_in_the_text_and_the_annex_has_them(story: Told) -> None:
    audit = story.audit()
    before, annex = text(audit).split(" Annex ", 1)
    assert re.findall(r"\b[0-9a-f]{12,}\b", before) == []
    assert FORM.sha256 in annex and audit.seal.leaf_hashes[-1] in annex and DIGEST in annex
    assert story.study.keyring.signer.key_id in annex


def test_no_name_stands_in_any_file(story: Told, tmp_path: Path) -> None:
    story.said("P15", "consent", "2026-05-01", level="named", method=NAMES["P02"], recorded_by=NAMES["P01"])
    credit = Choice(dimension="credit", value=f"with thanks to {NAMES['P03']}")
    story.said("P15", "change", "2026-05-02", choices=(credit,))
    incident = {"type": "incident", "what": f"a letter to {NAMES['P02']}", "participants": ["P02"]}
    story.entry("2026-05-03", LedgerEvent(kind=EventKind.INCIDENT, payload=incident))
    access = {"type": "access", "reason": f"asked by {NAMES['P02']}", "by": "pi", "name": NAMES["P01"]}
    handed_over(story, "2026-05-03", "r1", "P11")
    output = {"type": "output", "id": "o1", "medium": "post", "title": NAMES["P01"], "url": None, "owner": NAMES["P03"]}
    output |= {"by": "pi", "participants": ["P11"], "releases": ["r1"], "published_on": "2026-05-03"}
    story.entry("2026-05-03", LedgerEvent(kind=EventKind.OUTPUT, payload=output))
    story.said("P11", "change", "2026-05-04", level="unnamed", applies="all")
    story.entry("2026-05-03", LedgerEvent(kind=EventKind.ACCESS, payload=access))
    write(story.audit(), tmp_path / "report")
    read = {path.name: path.read_text("utf-8", "replace") for path in (tmp_path / "report").iterdir()}
    read["verify.html"] += " ".join(opened(tmp_path / "report" / "verify.html"))
    read |= {name: pdf_text(tmp_path / "report" / name) for name in ("audit.pdf", "renewal.pdf")}
    parts = {part for name in NAMES.values() for part in name.split()}
    found = {(name, part) for name, words in read.items() for part in parts if part in words}
    assert found == set()


def opened(page: Path) -> list[str]:
    """What the offline page opens, decoded."""
    found = re.findall(r"[A-Za-z0-9+/]{24,}={0,2}", page.read_text())
    return [base64.b64decode(one).decode("utf-8", "replace") for one in found if len(one) % 4 == 0]


def test_the_offline_page_opens_what_names_nobody(story: Told, tmp_path: Path) -> None:
    story.said("P15", "consent", "2026-05-01", level="named", method=NAMES["P02"])
    audit = story.audit()
    write(audit, tmp_path / "report")
    words = " ".join(opened(tmp_path / "report" / "verify.html"))
    assert '"event":"withdraw"' in words and '"participant":"P12"' in words
    closed = [page.index for page in audit.seal.pages if page.payload is None]
    assert audit.facts.entries[-1].index in closed  # the way is in words of its own
    assert len(closed) < len(audit.seal.pages) / 2


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ({"type": "consent", "method": "online", "recorded_by": "pi", "choices": []}, True),
        ({"type": "consent", "method": "online", "recorded_by": "Maribel Quist"}, False),
        ({"type": "consent", "method": "Maribel told me"}, False),
        ({"type": "consent", "choices": [{"dimension": "credit", "value": "no"}]}, True),
        ({"type": "consent", "choices": [{"dimension": "credit", "value": "Maribel Quist"}]}, False),
        ({"type": "passage", "recorded_by": "pi"}, True),
        ({"type": "passage", "recorded_by": "Maribel"}, False),
        ({"type": "session", "public_urls": []}, True),
        ({"type": "session", "public_urls": ["https://example.org/@maribel"]}, False),
        ({"type": "derive", "model": "base 12"}, True),
        ({"type": "derive", "model": "/home/maribel/base 12"}, False),
        ({"type": "user", "name": "pi", "by": "pi", "participant": None}, True),
        ({"type": "user", "name": "pi", "by": "pi", "participant": "P01"}, False),
        ({"type": "user", "name": "maribel", "by": "pi"}, False),
        ({"type": "enrol", "participant": "P01"}, True),
        ({"type": "incident", "what": "a letter to Maribel"}, False),
        ({"type": "sent", "to": "Maribel"}, False),
        ({"type": "output", "title": "With Maribel"}, False),
        ({"type": "access", "reason": "Maribel asked", "by": "pi"}, False),
        ({"type": "evaluation", "by": "pi", "sample": "ab", "languages": {"en": {}}}, True),
        ({"type": "evaluation", "by": "maribel"}, False),
        ({"type": "confirmation", "by": "pi", "participant": "P01"}, True),
        ({"type": "confirmation", "by": "Maribel Quist", "participant": "P01"}, False),
        ({"type": "erasure", "by": "pi", "confirmed_by": "pi"}, True),
        ({"type": "erasure", "by": "pi", "confirmed_by": "Maribel"}, False),
        ({"type": "certificate", "by": "pi"}, True),
        ({"type": "release", "name": "partners"}, True),
        ({"type": "recall_answer", "by": "pi", "answer": "refused"}, True),
        ({"type": "recall_answer", "by": "pi", "answer": "refused", "note": "Maribel said"}, False),
        ({"type": "take_down", "by": "pi", "note": "Maribel said"}, False),
        ({"type": "backup", "by": "pi"}, True),
        ({}, False),
    ],
)
def test_an_entry_with_free_words_stays_closed(payload: dict[str, Any], shown: bool) -> None:
    assert may_be_shown(payload, {"pi"}) is shown


def test_a_second_report_takes_the_place_of_the_first(story: Told, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    write(story.audit(), folder)
    first = json.loads((folder / "audit.json").read_text())
    story.said("P15", "consent", "2026-05-01", level="named")
    write(story.audit(), folder)
    assert json.loads((folder / "audit.json").read_text())["register"]["entries"] > first["register"]["entries"]
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == ["report"]


def test_a_folder_with_other_files_is_left_alone(told: Told, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        write(told.audit(), tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_report_that_cannot_be_written_leaves_the_old_one(
    story: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, audit = tmp_path / "report", story.audit()
    write(audit, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            write(audit, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == ["report"]


def test_the_report_lies_outside_of_the_study(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 6, 1)
    monkeypatch.chdir(tmp_path)
    assert default_folder(study, day) == tmp_path / "audit-2026-06-01"
    monkeypatch.chdir(study.folder)
    assert default_folder(study, day) == study.folder.parent / "audit-2026-06-01"


def test_intake_may_not_make_the_report(study: Study) -> None:
    with pytest.raises(MissingKey, match="may record choices and not read them"):
        make(open_as(study.folder, "desk"), NOW)


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize("user", ["pi", "ra", "board"])
def test_the_command_prints_a_line_for_each_question(user: str, study: Study, chatham: Chatham, tmp_path: Path) -> None:
    study.publish()
    said = chatham("audit", "--out", tmp_path / "out", study=study.folder, user=user)
    assert said.code == 0, said.err
    assert [int(line[:2]) for line in said.out.splitlines() if re.match(r" ?\d", line)] == list(range(1, 17))
    assert f"The report: {tmp_path / 'out'}" in said.out


def test_the_command_fails_where_a_check_does_and_the_report_is_there(
    story: Told, chatham: Chatham, tmp_path: Path
) -> None:
    said = chatham("audit", "--out", tmp_path / "out", "--json", study=story.study.folder)
    assert said.code == 1
    assert "its answer to question 7, 12 is no" in said.err
    assert json.loads(said.out)["sound"] is False
    assert (tmp_path / "out" / "audit.pdf").exists()


def test_dates_that_are_none_are_refused(study: Study, chatham: Chatham) -> None:
    said = chatham("audit", "--from", "last spring", study=study.folder)
    assert said.code == 2
    assert "--from is no date" in said.err
