"""A certificate of destruction states in plain words what went, what stays and what nobody can promise."""

import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.backups import BackupMade
from flows.certificate import (
    CertificateFacts,
    EndedRelease,
    Promise,
    Signature,
    certificate_json,
    outstanding,
    read_certificate,
    stated_digest,
    write_certificate,
)
from flows.originals import Unconfirmed
from flows.reports.certificate_page import certificate_document
from flows.reports.document import Document, Table, runs
from flows.sending import Copy, Output, TakeDown
from schemas.errors import BadInput
from vault.register import Erased

ASKED = datetime(2026, 3, 4, 9, 5, tzinfo=UTC)
BEFORE, AFTER = "ab" * 32, "cd" * 32
NASTY = "<script>alert(1)</script> **bold** [a](https://evil.example) \\"


def erased(store: str, items: int, *keys: str, **more: int) -> Erased:
    return Erased(store=store, items=items, before=BEFORE, after=AFTER, keys=keys, **more)


STORES = (
    erased("session 9f86d081884c7d65", 340, "0011223344556677", others_scrubbed=12),
    erased("session 3c6e0b8a9c15224a", 120, "8899aabbccddeeff", others_scrubbed=3, whole_recordings=1),
    erased("receipts", 3),
    erased("research data set", 1),
    erased("Prefect's records", 12),
    erased("study results", 4),
    erased("roster", 1, "0123456789abcdef"),
)
BACKUP = BackupMade("b1", 20, ASKED - timedelta(days=9), BEFORE, 1000, 20, AFTER)
COPY = Copy(21, "c1", "partners", "Ministry of Ports", None, "pi", ASKED - timedelta(days=30))
ORIGINAL = Unconfirmed("S1", 2, "unknown")
OUTPUT = Output(
    22, "o1", "post", "What ferries taught us", "https://example.org/f", "pi", ("P07",), (), date(2026, 2, 1)
)
FACTS = CertificateFacts(
    number=3,
    study="Harbour study",
    approvals=("H26-0001",),
    participant="P07",
    wish="erase",
    reach="study",
    use=None,
    reason="withdrawal",
    asked_at=ASKED,
    stopped_at=ASKED + timedelta(minutes=12),
    confirmed_at=ASKED + timedelta(days=2),
    destroyed_at=ASKED + timedelta(days=7),
    recorded_by="ra",
    confirmed_by="pi",
    carried_out_by="pi",
    one_person=False,
    written_request=False,
    promise=Promise("2026-1", "2027-01-31", "what was analysed stays in the analysis"),
    stores=STORES,
    releases=(EndedRelease("partners", "quote_practice", BEFORE, {"utterances": 2231}, ASKED),),
    copies=(),
    outputs=(),
    public=(),
    backups=(),
    originals=(),
    withdrawal=41,
    confirmation=45,
    erasure=50,
    zone="Pacific/Auckland",
)
BUSY = replace(
    FACTS,
    copies=(COPY, replace(COPY, id="c2", to="University of the North, data office", recalled_at=ASKED)),
    outputs=(OUTPUT,),
    public=(("S3", ("https://example.org/v",)),),
    backups=(BACKUP, replace(BACKUP, id="b0", destroyed_at=ASKED + timedelta(days=3))),
    originals=(ORIGINAL,),
    sound_alikes=4,
)
SIGNED = (
    Signature("investigator", "pi", "1122334455667788", 52, ASKED + timedelta(days=7)),
    Signature("ethics officer", "board", "99aa334455667788", 53, ASKED + timedelta(days=8)),
)


def document(facts: CertificateFacts, *signatures: Signature, tmp: Path) -> Document:
    made = write_certificate(tmp, facts, signatures)
    body, signed = read_certificate(made.json.read_bytes())
    return certificate_document(body, signed, made.sha256)


def words(facts: CertificateFacts, *signatures: Signature, tmp: Path) -> str:
    """Everything that stands on the page, marks taken off."""
    page = document(facts, *signatures, tmp=tmp)
    said = []
    for block in (*page.blocks, *page.annex):
        if isinstance(block, Table):
            said += [block.caption, *block.columns, *(cell for row in block.rows for cell in row)]
        else:
            said += [getattr(block, "text", ""), *getattr(block, "items", ())]
    return "\n".join("".join(run.words for run in runs(one)) for one in said)


def test_the_first_lines_say_what_went_when_and_whether_it_is_gone_everywhere(tmp_path: Path) -> None:
    said = words(FACTS, tmp=tmp_path)
    assert "What P07 said was destroyed on 11 March 2026, as they had asked on 4 March 2026. Erased everywhere" in said
    busy = words(BUSY, tmp=tmp_path)
    assert (
        "Erased here. Not yet confirmed destroyed elsewhere: 1 backup, 2 copies of data sets and the original files of "
        "1 session; see below. What was published is listed below." in busy
    )


def test_each_step_has_its_time_in_the_study_s_zone_and_its_person(tmp_path: Path) -> None:
    [steps] = [block for block in document(FACTS, tmp=tmp_path).blocks if getattr(block, "columns", [""])[0] == "Step"]
    assert isinstance(steps, Table)
    assert [list(row) for row in steps.rows] == [
        ["Asked: “delete my words”", "4 March 2026, 22:05", "P07"],
        ["Use stopped", "4 March 2026, 22:17 (12 minutes after the asking)", "recorded by ra"],
        ["Confirmed", "6 March 2026, 22:05 (47 hours after the stop)", "pi"],
        ["Destroyed", "11 March 2026, 22:05 (7 days after the stop)", "carried out by pi"],
    ]


def test_the_promise_of_the_form_is_told_in_its_own_words(tmp_path: Path) -> None:
    said = words(FACTS, tmp=tmp_path)
    assert (
        "withdrawing is possible until “31 January 2027”; after that: “what was analysed stays in the analysis”" in said
    )
    silent = words(replace(FACTS, promise=Promise("2026-1", None, None)), tmp=tmp_path)
    assert "says nothing of until when one can withdraw" in silent


def test_what_was_destroyed_is_counted_by_place(tmp_path: Path) -> None:
    page = document(FACTS, tmp=tmp_path)
    [table] = [block for block in page.blocks if isinstance(block, Table) and block.columns[0] == "Where"]
    assert table.rows[0] == ["recordings, transcripts and all that was made of them (2 sessions)", "460"]
    assert len(table.rows) == 6
    said = words(FACTS, tmp=tmp_path)
    assert "In 15 turns of other people their name was replaced by blocks" in said
    assert "1 recording of several voices was removed or silenced as a whole" in said
    assert "3 keys that had locked this material were destroyed" in said
    assert "The data set for analysis had gone when use stopped" in said
    assert "The data set for analysis had gone" not in words(replace(FACTS, use="recording"), tmp=tmp_path)
    assert "1 data set that held something of them went: partners, made for quotation in practice publications" in said


def test_limits_and_what_stays_are_always_told(tmp_path: Path) -> None:
    said = words(FACTS, tmp=tmp_path)
    for limit in (
        "Mentions that nobody recognised.",
        "Their voice in other people's turns,",
        "Copies made by hand:",
        "What was published may have been downloaded",
        "The consent register keeps its entries about P07",
    ):
        assert limit in said
    assert "In 4 places something only sounds like their name, and was left." in words(BUSY, tmp=tmp_path)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"backups": (BACKUP,)}, ["backup"]),
        ({"backups": (replace(BACKUP, destroyed_at=ASKED),)}, []),
        ({"copies": (COPY,)}, ["copy"]),
        ({"copies": (replace(COPY, answer="refused", answered_at=ASKED),)}, ["copy"]),
        ({"copies": (replace(COPY, answer="no_answer", answered_at=ASKED),)}, ["copy"]),
        ({"copies": (replace(COPY, answer="destroyed", answered_at=ASKED),)}, []),
        ({"originals": (ORIGINAL,)}, ["original"]),
        ({"outputs": (OUTPUT,), "public": (("S3", ("https://example.org/v",)),)}, []),
    ],
)
def test_everywhere_is_said_only_where_nothing_is_left_that_was_kept_or_handed_on(
    change: dict[str, Any], left: list[str], tmp_path: Path
) -> None:
    facts = replace(FACTS, **change)
    assert outstanding(facts) == left
    said = words(facts, tmp=tmp_path)
    assert ("Erased here." in said) is bool(left)
    assert ("Erased everywhere" in said) is not bool(left)


def test_what_lies_elsewhere_is_told_with_its_state(tmp_path: Path) -> None:
    facts = replace(
        BUSY,
        copies=(replace(COPY, recalled_at=ASKED, answer="destroyed", answered_at=ASKED + timedelta(days=5)),),
        outputs=(replace(OUTPUT, take_down=TakeDown("removed", ASKED, "pi", "free text")),),
    )
    [table] = [
        block
        for block in document(facts, tmp=tmp_path).blocks
        if isinstance(block, Table) and block.columns[0] == "What"
    ]
    assert [list(row) for row in table.rows] == [
        ["backup b1", "outside of the study's folder", "23 February 2026", "not yet confirmed destroyed"],
        ["backup b0", "outside of the study's folder", "23 February 2026", "destroyed, as confirmed on 7 March 2026"],
        ["copy of data set partners", "Ministry of Ports", "2 February 2026",
         "asked back on 4 March 2026; destroyed, they say (9 March 2026)"],
        ["original files of session S1", "2 files", "–",
         "not confirmed deleted; nobody said whether copies lie in a cloud"],
        ["post “What ferries taught us”", "https://example.org/f", "1 February 2026", "taken down (4 March 2026)"],
        ["recording of session S3", "https://example.org/v", "–", "public, as far as is known"],
    ]  # fmt: skip
    nothing = words(FACTS, tmp=tmp_path)
    assert "No backup had been made before the destruction. No copy of a data set with their words" in nothing


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"wish": "keep_deidentified", "kept": 812},
            "What P07 said was destroyed, but for its de-identified words, on",
        ),
        ({"wish": "keep_deidentified", "kept": 812}, "Of their words, 812 stay de-identified, as they asked."),
        ({"wish": "keep_deidentified", "kept": 812}, "may still be recognised by somebody who was there"),
        ({"use": "recording"}, "2026. Their words stay."),
        ({"reach": "session:S1"}, "What P07 said in session S1 was destroyed"),
        ({"reach": "cycle:2"}, "What P07 said in cycle 2 was destroyed"),
        ({"written_request": True}, "They asked in writing that it be done without waiting"),
    ],
)
def test_other_wishes_are_told_as_what_they_are(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in words(replace(FACTS, **change), tmp=tmp_path)


def test_what_a_date_ended_speaks_of_no_wish_and_of_nobody_unknown(tmp_path: Path) -> None:
    facts = replace(
        FACTS,
        participant=None,
        reason="retention",
        **dict.fromkeys(("asked_at", "stopped_at", "confirmed_at", "recorded_by", "confirmed_by", "promise")),
        withdrawal=None,
        confirmation=None,
    )
    said = words(facts, tmp=tmp_path)
    assert "Speech of people whom nobody knows was destroyed on 11 March 2026, since the time" in said
    assert "None" not in said and "asked" not in said.split("What lies elsewhere")[0]


def test_a_study_of_one_person_says_so_and_wants_one_signature(tmp_path: Path) -> None:
    alone = words(replace(FACTS, one_person=True), SIGNED[0], tmp=tmp_path)
    assert "One person did all of this" in alone
    assert "A study of one person: there is nobody else who could sign." in alone
    two = words(FACTS, SIGNED[0], tmp=tmp_path)
    assert "One has signed in the register; the other signature is missing." in two
    assert "They have signed in the register" in words(FACTS, *SIGNED, tmp=tmp_path)


def test_two_signatures_of_one_key_are_one_person_s(tmp_path: Path) -> None:
    assert "the other signature is missing" in words(FACTS, SIGNED[0], SIGNED[0], tmp=tmp_path)


def test_there_is_a_line_to_sign_on_for_each_of_two_people(tmp_path: Path) -> None:
    for given in ((), SIGNED[:1], SIGNED):
        page = document(FACTS, *given, tmp=tmp_path)
        [lines] = [block for block in page.blocks if isinstance(block, Table) and block.columns[0] == "Signed by"]
        assert len(lines.rows) == 2
        assert all("....." in row[1] for row in lines.rows)


# ---------------------------------------------------------------- what is signed


def test_the_digest_is_of_what_is_stated_and_not_of_who_signed(tmp_path: Path) -> None:
    unsigned, signed = (write_certificate(tmp_path / name, FACTS, given) for name, given in (("a", ()), ("b", SIGNED)))
    assert unsigned.sha256 == signed.sha256 == hashlib.sha256(certificate_json(FACTS)).hexdigest()
    assert stated_digest(read_certificate(signed.json.read_bytes())[0]) == signed.sha256
    assert unsigned.json.read_bytes() != signed.json.read_bytes()


def test_what_is_signed_is_one_spelling_in_ascii_and_whole_numbers(tmp_path: Path) -> None:
    spelled = certificate_json(replace(BUSY, study="Étude du port"))
    assert spelled.isascii()
    assert certificate_json(replace(BUSY, study="Étude du port")) == spelled
    json.loads(spelled, parse_float=pytest.fail)


def test_an_instant_in_another_zone_is_the_same_certificate() -> None:
    from zoneinfo import ZoneInfo

    there = replace(FACTS, asked_at=ASKED.astimezone(ZoneInfo("America/Vancouver")))
    assert certificate_json(there) == certificate_json(FACTS)


@pytest.mark.skipif(
    shutil.which("jq") is None or shutil.which("sha256sum") is None, reason="jq or sha256sum is not installed"
)
def test_the_recipe_of_the_annex_gives_the_digest(tmp_path: Path) -> None:
    made = write_certificate(tmp_path, replace(BUSY, study="Étude\u007f du 🌊 port"), SIGNED)
    recipe = "jq -cSaj .certificate certificate-3.json | sha256sum"
    assert recipe in made.html.read_text(encoding="utf-8")
    done = subprocess.run(["bash", "-c", recipe], cwd=made.json.parent, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == made.sha256


def test_a_certificate_that_was_changed_is_refused(tmp_path: Path) -> None:
    held = json.loads(write_certificate(tmp_path, BUSY, SIGNED).json.read_bytes())
    for name, value in held["certificate"].items():
        changed = {**held, "certificate": {**held["certificate"], name: [value, "x"]}}
        with pytest.raises(BadInput, match=r"(is not what it was made with|of a kind not known here)"):
            read_certificate(json.dumps(changed).encode())


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{}", b"[]", b"1", b"\xff", b"[" * 100_000),
        b'{"certificate":{},"sha256":"","signatures":[]}',
        b'{"certificate":{"what":NaN},"sha256":"","signatures":[]}',
        b'{"certificate":[],"sha256":"","signatures":[]}',
    ],
    ids=range(9),
)
def test_what_is_no_certificate_is_refused_as_such(data: bytes) -> None:
    with pytest.raises(BadInput, match="is no certificate"):
        read_certificate(data)


def test_a_certificate_of_tomorrow_is_not_read_as_one_of_today(tmp_path: Path) -> None:
    held = json.loads(write_certificate(tmp_path, FACTS, ()).json.read_bytes())
    held["certificate"]["version"] = 2
    with pytest.raises(BadInput, match="of a kind not known here"):
        read_certificate(json.dumps(held).encode())


# ---------------------------------------------------------------- the files


def test_a_certificate_issued_anew_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    first = write_certificate(tmp_path, BUSY, ())
    second = write_certificate(tmp_path, FACTS, SIGNED)
    assert (first.html, first.pdf, first.json) == (second.html, second.pdf, second.json)
    assert sorted(path.name for path in first.json.parent.iterdir()) == [
        "certificate-3.html",
        "certificate-3.json",
        "certificate-3.pdf",
    ]
    assert stated_digest(read_certificate(second.json.read_bytes())[0]) == second.sha256 != first.sha256


def test_the_same_facts_give_the_same_files_to_the_byte(tmp_path: Path) -> None:
    one, other = (write_certificate(tmp_path / name, BUSY, SIGNED) for name in "ab")
    for ending in ("html", "pdf", "json"):
        assert getattr(one, ending).read_bytes() == getattr(other, ending).read_bytes()


def test_what_others_wrote_cannot_change_the_page(tmp_path: Path) -> None:
    facts = replace(
        BUSY,
        study=NASTY,
        copies=(replace(COPY, to=NASTY),),
        outputs=(replace(OUTPUT, title=NASTY, url=NASTY),),
        promise=Promise(NASTY, NASTY, NASTY),
    )
    page = write_certificate(tmp_path, facts, SIGNED).html.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "evil.example)" in page and 'href="https://evil.example' not in page
    assert not re.search(r"""<(?:img|link|iframe)|\bsrc\s*=|url\(""", page)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is not installed")
def test_a_busy_certificate_is_two_sheets_and_an_annex(tmp_path: Path) -> None:
    made = write_certificate(tmp_path, BUSY, SIGNED)
    pages = subprocess.run(["pdftotext", made.pdf, "-"], capture_output=True, text=True, check=True).stdout.split("\f")
    [annex] = [number for number, page in enumerate(pages) if page.lstrip().startswith("Annex")]
    assert annex == 2
    assert "Signatures" in pages[1]
    assert made.sha256 in "".join(pages[annex:])
