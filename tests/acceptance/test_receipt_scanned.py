"""A program nobody here wrote reads the code off the printed page, and gets the proof to the byte."""

import shutil
import subprocess
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from consent.receipt import check_receipt
from consent.register import to_ledger_event
from flows.receipts import QR_MM
from flows.reports.html import to_html
from flows.reports.pdf import to_pdf
from flows.reports.qr import MOST_BYTES, qr_picture
from flows.reports.receipt_page import Facts, Said, receipt_document
from flows.settings import StudyContact
from schemas.consent import Answer, Level, Organisation, Permission, State, Use
from schemas.errors import BadInput
from tests.consent.receipt_making import MILLION, PUBLIC, consents, fullest, in_tree, synthetic

FULLEST = synthetic(to_ledger_event(fullest()))
SIZES = pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 512, 513, 65_537, MILLION])
FEW = pytest.mark.parametrize("size", [1, 257, MILLION])


@cache
def proof_of(size: int) -> bytes:
    """The receipt of the last entry of a register of this size; of a million entries only the proof is made."""
    return FULLEST if size == MILLION else in_tree(consents(size), size - 1)


# Square codes alone: about two of a hundred large ones hold a row of squares that passes for a bar code as well.
SQUARE_CODES = ("-Sdisable", "-Sqrcode.enable", "-Sbinary")


def scanned(*pictures: Path) -> bytes:
    """What zbarimg reads in the pictures: exactly one code in all of them."""
    done = subprocess.run(["zbarimg", "--quiet", "--raw", *SQUARE_CODES, *pictures], capture_output=True, timeout=120)
    assert done.stdout, f"zbarimg found no code in {[picture.name for picture in pictures]}"
    return done.stdout


@pytest.fixture(autouse=True, scope="module")
def reader() -> None:
    if shutil.which("zbarimg") is None:
        pytest.skip("the program zbarimg (Debian: zbar-tools) is not installed, so no printed code was scanned")


def document(proof: bytes, size: int) -> tuple[str, bytes]:
    """A receipt with this code, as a page and as a PDF."""
    facts = Facts(
        participant="P123456",
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
        events=[check_receipt(proof, PUBLIC).sentence],
        form=None,
        whom=StudyContact(),
        entries=size,
        key=str(PUBLIC[0]),
        file_name="receipt-P123456.tlog-proof",
    )
    made = receipt_document(facts, qr_picture(proof, caption="", alt="", width_mm=QR_MM))
    return to_html(made), to_pdf(made)


@SIZES
def test_the_code_is_read_off_the_picture(size: int, tmp_path: Path) -> None:
    proof = proof_of(size)
    assert len(proof) <= MOST_BYTES
    (tmp_path / "code.png").write_bytes(qr_picture(proof, caption="", alt="", width_mm=QR_MM).png)
    read = scanned(tmp_path / "code.png")
    assert read == proof
    assert check_receipt(read, PUBLIC).checkpoint.size == size


@FEW
@pytest.mark.parametrize("dpi", [150, 200])
def test_the_code_is_read_off_the_printed_page(size: int, dpi: int, tmp_path: Path) -> None:
    if shutil.which("pdftoppm") is None:
        pytest.skip("the program pdftoppm (Debian: poppler-utils) is not installed, so no page was printed")
    (tmp_path / "receipt.pdf").write_bytes(document(proof_of(size), size)[1])
    subprocess.run(["pdftoppm", "-r", str(dpi), "-png", "receipt.pdf", "page"], cwd=tmp_path, check=True, timeout=120)
    pages = sorted(tmp_path.glob("page*.png"))
    assert len(pages) == 2 or size == MILLION, "a sheet to read and a sheet with the code"
    read = scanned(*pages)
    assert read == proof_of(size)
    assert check_receipt(read, PUBLIC).payload["participant"] == ("P123456" if size == MILLION else f"P{size}")


def test_the_code_is_read_off_the_page_in_a_browser(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("the browser chromium is not installed, so no page was looked at")
    (tmp_path / "receipt.html").write_text(document(FULLEST, MILLION)[0], encoding="utf-8")
    subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={tmp_path / 'seen.png'}"),
            *("--window-size=900,4000", "--force-device-scale-factor=2", f"file://{tmp_path / 'receipt.html'}"),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert scanned(tmp_path / "seen.png") == FULLEST


@SIZES
def test_a_code_with_one_character_altered_is_refused(size: int, tmp_path: Path) -> None:
    proof = proof_of(size)
    for at in (proof.index(b"extra ") + 200, proof.index(b"index ") + 6, len(proof) - 20):
        other = b"1" if proof[at : at + 1] != b"1" else b"2"
        altered = proof[:at] + other + proof[at + 1 :]
        (tmp_path / "code.png").write_bytes(qr_picture(altered, caption="", alt="", width_mm=QR_MM).png)
        read = scanned(tmp_path / "code.png")
        assert read == altered
        with pytest.raises(BadInput, match=r"."):
            check_receipt(read, PUBLIC)
