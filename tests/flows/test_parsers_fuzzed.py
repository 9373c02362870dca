"""Whatever a form, a sheet or a journal holds, only our own errors come out; what is read is a thing we know."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from consent.choosing.forms import parse_form
from consent.choosing.rows import COLUMNS, REQUIRED, read_consent_rows
from consent.ledger import Ledger
from flows.sheets import read_sheet
from schemas.errors import BadInput, ChathamError, LedgerDamaged, MissingKey
from tests.conftest import ROOT
from tests.consent.ledger_fakes import TinyBox, TinySigner, event
from tests.consent.making import form, register_of, session
from tests.fuzzing import inputs

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FORMS = [path.read_bytes() for path in sorted((ROOT / "examples" / "demo" / "forms").glob("*.md"))]
SHEET = (ROOT / "examples" / "demo" / "consents.csv").read_bytes()
KNOWN = register_of([form("2026-1"), session("S1", "2026-03-04T09:00-08:00")])
PEOPLE = {f"P{number:02}" for number in range(1, 13)}


def workbook() -> bytes:
    book, out = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for line in [list(REQUIRED), ["P01", "2026-03-04T09:00-08:00", "consent"], ["P02", NOW.replace(tzinfo=None), True]]:
        sheet.append(line)
    book.save(out)
    return out.getvalue()


def test_a_form_that_cannot_be_read_is_bad_input_and_nothing_else():
    refused = 0
    for data in inputs(FORMS, short=400):
        try:
            parse_form(data, "v1", "en", ["H26-1"])
        except BadInput as error:
            assert error.hint
            refused += 1
    assert refused


@pytest.mark.parametrize(("samples", "short"), [([SHEET, b"participant;at;event\nP01;x;consent\n"], 400), ([], 60)])
def test_a_sheet_that_cannot_be_read_is_bad_input_and_nothing_else(samples: list[bytes], short: int, tmp_path: Path):
    """The second set is a workbook, whose reading is slow."""
    path, refused = tmp_path / "sheet", 0
    for data in inputs(samples or [workbook()], short=short):
        path.write_bytes(data)
        try:
            rows = read_sheet(path, required=REQUIRED, known=COLUMNS)
            read_consent_rows(rows, KNOWN, PEOPLE, now=NOW)
        except BadInput as error:
            assert error.hint
            refused += 1
    assert refused


def test_a_journal_that_is_not_right_is_damage_and_nothing_else(tmp_path: Path):
    signer, box = TinySigner(), TinyBox()
    ledger = Ledger.create(tmp_path / "good", signer, box.seal)
    ledger.append([event(number) for number in range(3)])
    ledger.append([event(3)])
    path = tmp_path / "bad" / "journal.jsonl"
    path.parent.mkdir()
    refused = 0
    for data in inputs([(tmp_path / "good" / "journal.jsonl").read_bytes()], short=400):
        path.write_bytes(data)
        try:
            Ledger.open(path.parent, open_payload=box.open, public_keys={signer.key_id: signer.public_key}).entries()
        except (LedgerDamaged, MissingKey):  # a content may look as if it were sealed to somebody else
            refused += 1
        except ChathamError as error:  # a journal of whole lines that another program wrote
            pytest.fail(f"{type(error).__name__}: {error.message}")
    assert refused
