"""Every entry of the register is told as a plain sentence, from what it holds alone, without names or free text."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.phrases import KINDS_OF, SENTENCES, TOLD
from consent.register import to_ledger_event
from consent.telling import tables, tell
from consent.wording import WORDS
from schemas.consent import Level, Mark, Permission, Use
from schemas.ledger import EventKind
from schemas.purposes import PURPOSES
from schemas.records import Record
from tests.consent import making

AT = "2026-02-20T10:00:00-08:00"
SECRET = "Zoë Ngata's own words"


def told(record: Any, **extra: Any) -> str:
    event = to_ledger_event(record, **extra)
    return tell(event.kind, event.payload)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        (
            making.consent("P01", AT, "first_name", quote_research="ask"),
            "20 February 2026, 10:00 (UTC-08:00): P01 signed form 2026-1, for the whole study: first name; "
            "wants to be asked before quotation in research.",
        ),
        (
            making.change("P02", AT, applies="all", reach="session:march", archive="no"),
            "20 February 2026, 10:00 (UTC-08:00): P02 changed their choices, for session march: refuses archiving."
            " For everything ever said.",
        ),
        (
            making.consent("P03", AT, given_by="guardian", credit="no"),
            "20 February 2026, 10:00 (UTC-08:00): P03 signed form 2026-1, for the whole study, answered by a guardian:"
            " named; no acknowledgement.",
        ),
        (
            making.withdraw("P01", AT, "erase", reach="cycle:2"),
            "20 February 2026, 10:00 (UTC-08:00): P01 withdrew and asks that their words be deleted, for cycle 2.",
        ),
        (
            making.decline("P01", AT),
            "20 February 2026, 10:00 (UTC-08:00): P01 declined to take part, for the whole study.",
        ),
        (
            making.passage("aaaaaaaaaaa1", "march", "joint", "P01", "P02", "P03"),
            "20 March 2026, 12:00 (UTC-07:00): Part of session march, from 0:10:00 to 0:12:00, was marked as said "
            "jointly: P01, P02 and P03.",
        ),
        (making.form(), "Form 2026-1 was registered, with 1 approval of an ethics board."),
        (making.session("march", "2026-03-04T09:00-08:00"), "Session march of 4 March 2026 was added."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Record) else "",
)
def test_what_rooms_record_is_told_in_plain_words(record: Any, sentence: str) -> None:
    assert told(record) == sentence


@pytest.mark.parametrize(
    ("kind", "payload", "sentence"),
    [
        (
            EventKind.ENROL,
            {"type": "enrol", "participants": ["P01", "P02"], "added": 1, "changed": 1234},
            "P01 and P02 stood in a list of participants that was taken in: 1 person new, 1,234 entries changed.",
        ),
        (
            EventKind.DERIVE,
            {"type": "derive", "session": "march", "purpose": "archive"},
            "The words of session march were prepared for archiving, as everybody in it allowed at that time.",
        ),
        (
            EventKind.ROTATE_KEY,
            {"type": "user", "action": "added", "name": SECRET, "roles": ["investigator", "ethics"]},
            "Somebody of the team was given access as investigator and ethics officer.",
        ),
        (
            EventKind.ROTATE_KEY,
            {"type": "user", "action": "linked", "name": SECRET, "roles": [], "participant": "P04"},
            "Somebody of the team was noted to be P04, whose words others handle.",
        ),
        (
            EventKind.INCIDENT,
            {"type": "incident", "what": SECRET, "at": AT, "participants": ["P01"], "session": "march"},
            "20 February 2026, 10:00 (UTC-08:00): An incident happened or was noticed; what it was stands in the "
            "register, as recorded; it concerns P01 (session march).",
        ),
        (
            EventKind.ANCHOR,
            {"type": "anchor", "size": 1_000_000, "kind": "timestamp", "by": SECRET},
            "The dated seal over the first 1,000,000 entries was given a time stamp from outside.",
        ),
        (
            EventKind.SENT,
            {"type": "a type of tomorrow", "participant": "P07", "to": SECRET},
            "A copy was handed over; it concerns P07.",
        ),
    ],
)
def test_what_else_is_recorded_is_told_too(kind: EventKind, payload: dict[str, Any], sentence: str) -> None:
    assert tell(kind, payload) == sentence


ACTS: list[tuple[EventKind, dict[str, Any], str]] = [
    (
        EventKind.ERASE_ATTEST,
        {"type": "confirmation", "participant": "P07", "withdrawal": 41, "by": SECRET, "at": AT},
        "It was confirmed that what P07 withdrew (entry 41) is to be destroyed.",
    ),
    (
        EventKind.ERASE,
        {
            "type": "erasure",
            "participant": "P07",
            "reach": "session:march",
            "data": "erase",
            "reason": "withdrawal",
            "by": SECRET,
            "written_request": True,
            "at": AT,
            "stores": [{"store": "roster"}, {"store": "receipts"}],
            "sessions": ["march"],
        },
        "What P07 said was destroyed, as they had asked, for session march (1 session); they had asked in writing not "
        "to wait; it was removed from 2 places.",
    ),
    (
        EventKind.ERASE,
        {"type": "erasure", "participant": "P07", "reach": {"kind": "cycle", "id": "2"}, "use": "recording"},
        "The voice of P07 was destroyed, as they had asked; the words stay, for cycle 2.",
    ),
    (
        EventKind.ERASE,
        {"type": "erasure", "participant": "P07", "reach": "study", "data": "keep_deidentified"},
        "What P07 said was destroyed but for its de-identified words, as they had asked, for the whole study.",
    ),
    (
        EventKind.ERASE,
        {"type": "erasure", "participant": None, "reason": "retention", "sessions": ["s1", "s2"]},
        "Speech of people whom nobody knows was destroyed, since the time for which it may be kept was over"
        " (2 sessions).",
    ),
    (
        EventKind.ERASE_ATTEST,
        {"type": "certificate", "participant": "P07", "number": 3, "sha256": "ab" * 32, "by": SECRET, "at": AT},
        "Certificate 3 of a destruction, of what P07 said, was signed.",
    ),
    (
        EventKind.RELEASE,
        {
            "type": "release",
            "name": "partners.2",
            "purpose": "archive",
            "sessions": ["s1"],
            "people": ["P01", "P02"],
            "follows": "partners",
        },
        "The data set partners.2 was made for archiving, from 1 session, with 2 participants in it; it takes the place "
        "of partners.",
    ),
    (
        EventKind.RELEASE,
        {"type": "release_ended", "name": "partners", "why": "change", "at": AT},
        "The data set partners was taken away, since somebody chose something more protective; its counts and digests "
        "stay.",
    ),
    (
        EventKind.SENT,
        {"type": "sent", "id": "c1", "release": "partners", "to": SECRET, "contact": SECRET, "at": AT},
        "A copy of the data set partners was handed over; to whom stands in the register, as recorded.",
    ),
    (
        EventKind.SENT,
        {"type": "recall", "sent": "c1", "release": "partners", "at": AT},
        "Whoever holds a copy of the data set partners was asked to destroy it.",
    ),
    (
        EventKind.SENT,
        {"type": "recall_answer", "sent": "c1", "answer": "no_answer", "note": SECRET, "at": AT},
        "Whoever was asked to destroy a copy did not answer.",
    ),
    (
        EventKind.OUTPUT,
        {"type": "output", "medium": "post", "title": SECRET, "participants": ["P07"], "published_on": "2026-02-01"},
        "A post was recorded, published on 1 February 2026; it holds words of or about P07.",
    ),
    (
        EventKind.OUTPUT,
        {"type": "take_down", "output": "o1", "result": "cannot", "at": AT, "note": SECRET},
        "A publication cannot be taken down.",
    ),
    (
        EventKind.ACCESS,
        {"type": "access", "what": "words", "session": "s1", "participants": ["P07"], "reason": SECRET, "at": AT},
        "Identified words were opened; it concerns P07 (session s1); why stands in the register, as recorded.",
    ),
    (
        EventKind.ACCESS,
        {"type": "evaluation", "by": SECRET, "tally": {"read": 400, "identifiable": 2, "wrong": 0}, "at": AT},
        "A sample of the data set (400 passages) was read, to measure what was missed; 2 still told who somebody is; "
        "0 stood under somebody else.",
    ),
    (EventKind.BACKUP, {"type": "backup", "size": 1, "at": AT}, "A backup was made when the register held 1 entry."),
    (
        EventKind.BACKUP,
        {"type": "backup_destroyed", "id": "b1", "at": AT},
        "It was said that no copy of a backup exists any more.",
    ),
    (
        EventKind.BACKUP,
        {"type": "restored", "size": 40, "applied": [50], "at": AT},
        "The study was brought back from a backup made when the register held 40 entries; 1 destruction carried out on "
        "it anew.",
    ),
    (
        EventKind.INGEST,
        {"type": "originals", "session": "s1", "files": 3, "deleted": 2, "cloud": "unknown", "at": AT},
        "Originals of session s1: 2 of 3 files confirmed deleted; nobody said whether copies lie in a cloud.",
    ),
]


@pytest.mark.parametrize(("kind", "payload", "sentence"), ACTS, ids=lambda value: getattr(value, "get", str)("type"))
def test_what_is_done_with_words_is_told_without_names(kind: EventKind, payload: dict[str, Any], sentence: str) -> None:
    when = "20 February 2026, 10:00 (UTC-08:00): " if "at" in payload else ""
    assert tell(kind, payload) == when + sentence


def test_the_recovery_key_and_a_service_are_not_taken_for_people() -> None:
    added = {"type": "user", "action": "added", "name": "recovery", "roles": ["investigator"]}
    assert tell(EventKind.ROTATE_KEY, added) == "The printed recovery key was made."
    service = {**added, "name": SECRET, "roles": ["assistant"], "service": True}
    assert tell(EventKind.ROTATE_KEY, service) == "A service that runs unattended was given access as assistant."


def test_a_withdrawal_of_the_voice_alone_is_told_as_such() -> None:
    payload = {**to_ledger_event(making.withdraw("P01", AT, "erase")).payload, "use": "recording"}
    assert tell(EventKind.WITHDRAW, payload).endswith(
        "P01 withdrew their voice and asks that it be deleted; the words stay, for the whole study."
    )


def test_every_kind_has_an_honest_sentence_even_where_its_record_is_unknown() -> None:
    sentences = [tell(kind, {"type": "a type of tomorrow"}) for kind in EventKind]
    assert len(set(sentences)) == len(EventKind)
    assert all(re.fullmatch("[A-Z][^.]+[.]", sentence) for sentence in sentences)


def test_a_record_filed_under_another_kind_is_said_to_be() -> None:
    withdrawal = to_ledger_event(making.withdraw("P01", AT, "erase")).payload
    assert "another kind" not in tell(EventKind.WITHDRAW, withdrawal)
    assert tell(EventKind.POLICY, withdrawal).endswith("Note: it stands in the register as an entry of another kind.")


def test_a_community_s_own_name_is_not_told() -> None:
    sentence = told(making.consent("P01", AT, given_by=f"community:{SECRET}"))
    assert "A community signed form 2026-1" in sentence
    assert SECRET not in sentence


def test_every_value_has_its_words() -> None:
    assert set(WORDS["level"]) == set(Level)
    assert set(WORDS["use"]) == set(Use)
    assert set(WORDS["dimension"]) == {*Permission, "level", "organisation", "credit"}
    assert set(WORDS["mark"]) == set(Mark)
    assert set(WORDS["kind"]) == set(EventKind)
    assert set(WORDS["purpose"]) == set(PURPOSES)
    assert set(KINDS_OF) <= TOLD <= set(SENTENCES)


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(SECRET)
TREE = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))
MEMBERS = sorted(
    {blank for clauses in SENTENCES.values() for clause in clauses for alternative in clause for blank in
     re.findall("[{][a-z]+ ([a-z_]+)", alternative)}
)  # fmt: skip


@given(
    st.sampled_from(EventKind),
    st.sampled_from([*sorted(TOLD), "other"]),
    st.dictionaries(st.sampled_from(MEMBERS), TREE | st.lists(st.dictionaries(st.sampled_from(MEMBERS), TREE))),
)
def test_whatever_a_record_holds_a_sentence_comes_back_without_free_text(
    kind: EventKind, name: str, members: dict[str, Any]
) -> None:
    sentence = tell(kind, {**members, "type": name})
    assert sentence.endswith(".")
    assert sentence.isascii()
    assert SECRET not in sentence
    assert "{" not in sentence


def test_the_tables_travel_as_plain_json() -> None:
    assert json.loads(json.dumps(tables()))["words"]["level"]["role"] == "role only"


def test_the_module_needs_nothing_but_schemas() -> None:
    for name in ("telling", "phrases", "wording"):
        text = (Path(__file__).parents[2] / "consent" / f"{name}.py").read_text(encoding="utf-8")
        rooms = set(re.findall(r"^(?:from|import) (\w+)", text, re.M))
        assert rooms <= {"re", "collections", "typing", "schemas", "consent"}
