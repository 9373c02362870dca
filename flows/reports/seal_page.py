"""One page with the register's dated seal, to print and keep in a drawer: an anchor that needs no computer to last."""

import re
from datetime import date

from consent.days import day_words
from consent.tlog.checkpoint import SignedCheckpoint, signed_by
from consent.tlog.note import ED25519, read_vkeys
from flows.reports.document import Bullets, Code, Document, Heading, Note, Table, literal
from flows.reports.qr import qr_picture
from flows.reports.verifier import key_fingerprint

_HOW = (
    "Keep this page somewhere else than the team keeps its files. A drawer is good.",
    "At the next visit ask for a copy of the register and run `ledger verify --against` with the text of the code, or"
    " paste that text into the page verify.html of the board's report.",
    "It then says whether any entry that this seal covers was changed, taken out or put in since.",
)


def seal_document(title: str, signed: SignedCheckpoint, vkeys: str, today: date) -> Document:
    """The page.

    Args:
        title: The study's.
        signed: The register's own checkpoint.
        vkeys: The text of ``ledger.vkey``.
        today: Of printing.
    """
    seal = signed.checkpoint
    key = next(one for one in read_vkeys(vkeys.encode()) if one.kind == ED25519)
    code = signed_by(signed, [key])
    return Document(
        title="Dated seal of the consent register",
        subtitle=f"{title}, printed on {day_words(today)}",
        blocks=[
            Note("Keep this page: it shows whether the register was changed behind anybody's back."),
            Table(
                ["What", "On this day"],
                [
                    ["Entries in the register", f"{seal.size:,}"],
                    ["The number that only these entries give", _groups(seal.root.hex())],
                    ["The register's key, in 8 groups", key_fingerprint(vkeys)],
                    ["The register's name", seal.origin],
                ],
            ),
            Heading("How to use it"),
            Bullets([literal(one) for one in _HOW]),
            qr_picture(code, caption="The seal itself, as text", alt="A code that holds the seal as text", width_mm=80),
            Heading("The key, in full"),
            Code(str(key)),
        ],
    )


def _groups(digits: str) -> str:
    return " ".join(re.findall("....", digits))
