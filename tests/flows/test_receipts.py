"""A receipt tells its holder what holds, in plain words, opens nobody else's entries, and goes with their words."""

import base64
import random
import re
import string
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest

from consent.days import day_words
from consent.publish import log_vkeys
from consent.receipt import check_receipt, decode_opening, proofs_in
from consent.register import to_ledger_event
from consent.tlog.tlog_proof import parse_proof
from flows.consenting import import_sheet
from flows.forms import add_form
from flows.receipts import FOLDER, MadeReceipt, ReceiptStore, make_receipt
from flows.reports.document import Document, Note, Picture, Text
from flows.reports.receipt_page import (
    ASKED,
    EXAMPLES,
    LEVELS,
    USES,
    Facts,
    Said,
    language_name,
    receipt_document,
)
from flows.settings import StudyContact
from flows.study import Study
from schemas.consent import Answer, Level, Organisation, Permission, State, Use
from schemas.errors import MissingKey, UsageError
from tests.consent.receipt_making import choice, signed
from tests.flows.conftest import NAMES, open_as
from tests.flows.test_documents import pdf_words

FORM = """---
permissions:
  record_audio: condition
  transcribe: condition
  analyse: condition
  quote_research: {choice: ask}
  archive: {choice: yes}
  teaching: not asked
withdraw_until: "2027-06-30"
after_that: Ce qui est *imprimé* reste [imprimé](https://example.org).
---
What people sign.
"""
SHEET = """participant,at,event,level,form,level_practice,credit,quote_practice,publish_recording,reach
P03,2026-03-01T10:00+13:00,consent,unnamed,v2,first_name,Thanks to the **ferry** crew,yes,ask,
P03,2026-03-09T10:00+13:00,change,withheld,,,,,,session:S1
P01,2026-03-10T10:00+13:00,change,pseudonym,,,,,,
"""


@pytest.fixture
def chosen(study: Study, tmp_path: Path) -> Study:
    (tmp_path / "v2.md").write_text(FORM, encoding="utf-8")
    (tmp_path / "more.csv").write_text(SHEET, encoding="utf-8")
    add_form(study, tmp_path / "v2.md", version="v2", language="fr", approvals=("H26-0001",))
    import_sheet(study, tmp_path / "more.csv")
    return study


def words_of(page: Path) -> str:
    body = page.read_text(encoding="utf-8").split("<main>")[1]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_a_receipt_says_what_holds_for_its_holder(chosen: Study) -> None:
    made = make_receipt(chosen, "P03")
    assert [path.name for path in (made.html, made.pdf, made.proof)] == [
        *("receipt-P03.html", "receipt-P03.pdf", "receipt-P03.tlog-proof")
    ]
    assert made.html.parent == chosen.folder / "consent" / FOLDER
    assert made.entries == 2
    words = words_of(made.html)
    for told in (
        "Your consent receipt Ferries · participant P03 · ",
        f"In publications for practitioners {LEVELS[Level.FIRST_NAME]} {EXAMPLES[Level.FIRST_NAME]}",
        f"{LEVELS[Level.UNNAMED]} {EXAMPLES[Level.UNNAMED]}",
        "you are thanked as “Thanks to the **ferry** crew”",
        "Yes Quote you in texts for practitioners.",
        "Yes, as a condition of taking part Record your voice; write down what you say; study your words.",
        "Yes (left blank: the form's own answer) Keep your words in an archive.",
        "Ask me first Publish the recording.",
        "Ask me first (left blank: the form's own answer) Quote you in research.",
        "No, because your form did not ask Let outside AI services work on your words; use your words in teaching.",
        "For some sessions or passages you chose otherwise.",
        "1 March 2026, 10:00 (UTC+13:00): P03 signed form v2, for the whole study: unnamed; first name",
        "9 March 2026, 10:00 (UTC+13:00): P03 changed their choices, for session S1: not used.",
        "Your form is version v2 , in French, approved by the ethics board as H26-0001.",
        "You can withdraw until 30 June 2027 .",
        "After that, in the words of your form: “Ce qui est *imprimé* reste [imprimé](https://example.org).”",
        "Whom to call: the research team of “Ferries”, who gave you this page. The ethics board knows the study under",
        "Keep this page: it shows the register was not changed behind your back.",
    ):
        assert told in words, told


def test_the_code_proves_the_newest_entry_of_its_holder(chosen: Study) -> None:
    made = make_receipt(chosen, "P03")
    checked = check_receipt(made.proof.read_bytes(), log_vkeys(chosen.folder / "consent"))
    assert (checked.payload["participant"], checked.payload["reach"]["id"]) == ("P03", "S1")
    assert checked.checkpoint.size == chosen.ledger.size
    assert checked.sentence in words_of(made.html)


def test_the_page_carries_a_proof_of_each_entry_it_tells(chosen: Study) -> None:
    made = make_receipt(chosen, "P03")
    keys, words = log_vkeys(chosen.folder / "consent"), words_of(made.html)
    checked = [check_receipt(proof, keys) for proof in proofs_in(made.html.read_bytes())]
    assert len(checked) == made.entries == 2
    assert all(one.sentence in words for one in checked)
    assert proofs_in(made.html.read_bytes())[-1] == made.proof.read_bytes()


def readable_in(made: MadeReceipt) -> str:
    """Everything the files say, once whatever is packed or encoded in them is taken out of it."""
    page = made.html.read_text(encoding="utf-8")
    pictures = [base64.b64decode(one).decode() for one in re.findall(r"base64,([A-Za-z0-9+/=]+)", page)]
    proofs = [made.proof.read_bytes(), *proofs_in(made.html.read_bytes())]
    openings = [decode_opening(parse_proof(proof).extra or b"", 0) for proof in proofs]
    rest = [re.sub(r"base64,[A-Za-z0-9+/=]+", "", page), pdf_words(made.pdf.read_bytes())]
    return "\n".join([*rest, *pictures, *((one.leaf + one.payload).decode() for one in openings)])


def test_nobody_elses_entries_are_opened(chosen: Study, tmp_path: Path) -> None:
    for number, person in enumerate(NAMES):
        made = make_receipt(chosen, person, tmp_path / f"out{number}")
        readable, raw = readable_in(made), b"".join(path.read_bytes() for path in made.html.parent.iterdir())
        assert person in readable
        assert not any(other in readable for other in {*NAMES, *NAMES.values()} - {person})
        own = {index for index, event in chosen.register().events if event.participant == person}
        foreign = [one for one in chosen.ledger.openings() if one.index not in own]
        assert not any(one.k_event in raw or one.leaf in raw or one.payload in raw for one in foreign)
        assert not any(one.payload.decode() in readable for one in foreign)
        assert made.entries == len(own)


def test_files_can_go_elsewhere_and_are_made_anew(chosen: Study, tmp_path: Path) -> None:
    first = make_receipt(chosen, "P02", tmp_path / "new" / "folder").proof.read_bytes()
    chosen.record(to_ledger_event(signed("P02", form="v1", form_sha256=None)))
    made = make_receipt(chosen, "P02", tmp_path / "new" / "folder")
    assert made.proof.read_bytes() != first
    assert not (chosen.folder / "consent" / FOLDER).exists()
    assert sorted(path.name for path in made.html.parent.iterdir()) == sorted(
        path.name for path in (made.html, made.pdf, made.proof)
    )


def test_only_who_may_read_choices_makes_receipts(chosen: Study) -> None:
    assert make_receipt(open_as(chosen.folder, "ra"), "P01").entries == 2
    with pytest.raises(MissingKey, match="may record choices and not read them"):
        make_receipt(open_as(chosen.folder, "desk"), "P01")


def test_the_ethics_officer_makes_one_under_a_seal_that_stands(chosen: Study) -> None:
    board = open_as(chosen.folder, "board")
    chosen.publish()
    assert make_receipt(board, "P01").entries == 2
    open_as(chosen.folder, "desk").record(to_ledger_event(signed("P01", form="v1", form_sha256=None)))
    with pytest.raises(MissingKey, match="under no seal yet"):
        make_receipt(board, "P01")


@pytest.mark.parametrize("nobody", ["P99", "", "../P01", "pi"])
def test_who_never_chose_gets_none(study: Study, nobody: str) -> None:
    with pytest.raises(UsageError, match="nothing is recorded"):
        make_receipt(study, nobody)
    assert not (study.folder / "consent" / FOLDER).exists()


def test_an_erasure_takes_a_persons_receipts_and_no_others(chosen: Study) -> None:
    kept, gone = make_receipt(chosen, "P01"), make_receipt(chosen, "P03")
    before = kept.pdf.read_bytes()
    store = ReceiptStore(chosen.folder / "consent")
    erased = store.erase("P03")
    assert (erased.store, erased.items) == ("receipts", 3)
    assert erased.before != erased.after
    assert not any(path.exists() for path in (gone.html, gone.pdf, gone.proof))
    assert kept.pdf.read_bytes() == before
    again = store.erase("P03")
    assert (again.items, again.before, again.after) == (0, erased.after, erased.after)
    assert store.erase("P0").items == 0
    (kept.html.parent / ".tmp-1-ab").write_bytes(b"what a killed run left")
    assert store.erase("P03").items == 1


def test_an_erasure_of_receipts_that_were_never_made_is_done_at_once(study: Study) -> None:
    assert ReceiptStore(study.folder / "consent").erase("P01").items == 0


def test_the_contact_of_the_settings_is_whom_to_call(chosen: Study) -> None:
    contact = SimpleNamespace(name="Ana Lund", phone="+64 4 555 0199", email="ferries@example.org")
    settings = SimpleNamespace(**{**vars(chosen.config), "contact": contact})
    chosen.config = settings  # type: ignore[assignment]
    made = make_receipt(chosen, "P01")
    assert "Whom to call: Ana Lund, +64 4 555 0199 , ferries@example.org ." in words_of(made.html)
    assert 'href="tel:+6445550199"' in made.html.read_text(encoding="utf-8")


FACTS = Facts(
    participant="P07",
    study="Ferries",
    approvals=("H26-0001",),
    today=date(2026, 11, 22),
    state=State.CONSENTED,
    levels=dict.fromkeys(Use, Level.ROLE),
    organisation=Organisation.NAMED,
    credit=None,
    withdrawn=None,
    destroyed_on=None,
    permissions=dict.fromkeys(Permission, Said(Answer.YES, "written")),
    narrower=False,
    events=["Something was recorded."],
    form=None,
    whom=StudyContact(),
    entries=12,
    key="chatham/0f+00000000+AQ==",
    file_name="receipt-P07.tlog-proof",
)


def told(**other: object) -> str:
    document: Document = receipt_document(replace(FACTS, **other), Picture("<svg/>", b"", "", "", 100))  # type: ignore[arg-type]
    return " ".join(block.text for block in document.blocks if isinstance(block, Text | Note))


def test_every_level_use_permission_and_state_has_words_of_its_own() -> None:
    assert set(LEVELS) == set(EXAMPLES) == set(Level)
    assert set(USES) == set(Use) and set(ASKED) == set(Permission)
    assert all(len(set(words.values())) == len(words) for words in (LEVELS, EXAMPLES, USES, ASKED))
    assert len({told(state=state) for state in State}) == len(State)


@pytest.mark.parametrize(
    ("withdrawn", "says"),
    [
        ("erase", "They are to be destroyed on 29 November 2026."),
        ("keep_deidentified", "Every use of your words has been stopped.**"),
        ("stop", "For what you said before, what you had allowed still holds."),
    ],
)
def test_who_withdrew_is_told_what_was_asked_and_when_it_is_done(withdrawn: str, says: str) -> None:
    assert says in told(state=State.STOPPED, withdrawn=withdrawn, destroyed_on=date(2026, 11, 29))


def test_who_signed_for_one_session_only_is_not_told_that_nothing_is_used() -> None:
    assert "nothing of yours is used but what you chose for single sessions" in told(
        state=State.NOT_ASKED, narrower=True
    )


def test_what_is_too_long_for_a_code_is_in_the_file_beside_the_page(chosen: Study) -> None:
    draw = random.Random(3)  # noqa: S311 - words that do not get shorter when packed
    thanks = "".join(draw.choice(string.ascii_letters) for _ in range(3_000))
    chosen.record(to_ledger_event(signed("P02", form="v1", form_sha256=None, choices=(choice("credit", thanks),))))
    made = make_receipt(chosen, "P02")
    assert "too long for a code to print" in words_of(made.html)
    assert "data:image" not in made.html.read_text(encoding="utf-8")
    assert check_receipt(made.proof.read_bytes(), log_vkeys(chosen.folder / "consent")).payload["participant"] == "P02"


def test_who_went_over_to_an_amended_form_keeps_earlier_answers(chosen: Study) -> None:
    moved = {"event": "reaffirm", "choices": (), "form": "v2", "form_sha256": None}
    chosen.record(to_ledger_event(signed("P02", **moved)))
    words = words_of(make_receipt(chosen, "P02").html)
    assert "No, as before you went over to this form Keep your words in an archive." in words


def test_dates_and_languages_are_said_in_words() -> None:
    assert day_words(datetime(2026, 3, 1, tzinfo=UTC).date()) == "1 March 2026"
    assert language_name("mi") == "te reo Māori"
    assert language_name("xyz") == "the language “xyz”"


def test_an_address_that_would_break_out_of_a_link_is_left_out() -> None:
    assert "evil" not in told(whom=StudyContact(name="Ana", email="a](https://evil.example)[b"))
