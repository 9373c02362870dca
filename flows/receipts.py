"""Makes a participant's receipt: a page, the same as a PDF, and the proof that its code holds."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from consent.choosing.choices import asked
from consent.days import day_words
from consent.decision import decide
from consent.publish import log_vkeys
from consent.receipt import embedded, make_receipt_proof, told
from consent.register import Register
from consent.storage.files import write_durably
from consent.storage.openings import Opening
from consent.tlog.checkpoint import parse_checkpoint
from consent.tlog.note import ED25519
from consent.tlog.proofs import inclusion_proof
from consent.tlog.tlog_proof import SUFFIX
from consent.view import proving
from flows.places import make_folder
from flows.reports.receipt_page import Facts, How, Said
from flows.settings import StudyContact, utc_now
from flows.study import Study
from schemas.consent import Answer, ConsentDecision, ConsentEvent, ConsentKind, Form, Permission, Use
from schemas.errors import MissingKey, UsageError
from schemas.identifiers import ParticipantId
from vault.register import EVERYTHING, Erased, Scope

FOLDER = "receipts"
QR_MM = 105.0
_ENDINGS = (".html", ".pdf", SUFFIX)
_ALT = "QR code that holds the receipt's proof, the same as the file beside this page"
_USE_OF = {
    Permission.QUOTE_RESEARCH: Use.RESEARCH,
    Permission.QUOTE_PRACTICE: Use.PRACTICE,
    Permission.PUBLISH_RECORDING: Use.RECORDING,
}


@dataclass(frozen=True)
class MadeReceipt:
    """Where a receipt lies, and how many entries of the register it opens, all of them its holder's."""

    html: Path
    pdf: Path
    proof: Path
    entries: int


def make_receipt(study: Study, participant: str, out: Path | None = None) -> MadeReceipt:
    """Make a participant's receipt from their own entries, under a seal over all of the register.

    Args:
        study: Open for a user who may open what people chose.
        participant: Whose receipt.
        out: Folder for the files, made where it is not there; None: ``consent/receipts`` of the study. Only the
            latter is visited when the participant's words are erased.
    Returns:
        Files ``receipt-<participant>`` with the endings ``.html``, ``.pdf`` and ``.tlog-proof``; older ones are
        replaced.
    Raises:
        MissingKey: this user may not read what people chose, or may not sign a seal that is needed.
        UsageError: nothing is recorded about that participant. LedgerDamaged: the register does not fit together.
    """
    study.require_consent()
    study.require_whole_register()
    if out is not None:
        make_folder(out)
    register = study.register()
    own = register.by_participant.get(ParticipantId(participant), ())
    if not own:
        raise UsageError(
            "nothing is recorded in the consent register about that participant",
            hint="Check the id: P and digits, such as P07. A receipt can be made once a consent is recorded.",
        )
    openings = study.ledger.openings(index for index, _ in own)
    checkpoint = _sealed(study, openings[-1])
    proofs = _proofs(study, openings, checkpoint)
    now = utc_now().astimezone(ZoneInfo(study.config.timezone))
    facts = replace(
        _facts(register, participant, openings, now),
        study=study.config.title,
        approvals=study.config.approvals,
        whom=_whom(study, _form(register, [event for _, event in own])),
        entries=parse_checkpoint(checkpoint).checkpoint.size,
        key=next(str(key) for key in log_vkeys(study.folder / "consent") if key.kind == ED25519),
    )
    _write(facts, proofs, now, made := _made(out or study.folder / "consent" / FOLDER, participant, len(openings)))
    return made


class ReceiptStore:
    """``consent/receipts/``: what stands in a receipt is what its holder chose, readable; so it goes with their words.

    Args:
        consent: The study's ``consent/``.
    """

    name = "receipts"

    def __init__(self, consent: Path) -> None:
        self._folder = consent / FOLDER

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        """Remove the receipts of ``participant`` where everything of theirs goes; copies handed out are theirs."""
        before, removed = _digest(self._folder), 0
        if not scope.whole:
            return Erased(store=self.name, items=0, before=before, after=before)
        own = [self._folder / f"receipt-{participant}{ending}" for ending in _ENDINGS]
        unfinished = sorted(self._folder.glob(".tmp-*"))  # whose it is nobody can tell
        for path in (*own, *unfinished):
            if path.is_file():
                path.unlink()
                removed += 1
        return Erased(store=self.name, items=removed, before=before, after=_digest(self._folder))


def _sealed(study: Study, newest: Opening) -> bytes:
    """The standing checkpoint, made anew first where this user may sign; it names ``newest`` too."""
    study.publish()
    path = study.folder / "consent" / "log" / "checkpoint"
    data = path.read_bytes() if path.is_file() else None
    if data is not None and parse_checkpoint(data).checkpoint.size > newest.index:
        return data
    raise MissingKey(
        "the newest entry of that participant is under no seal yet, and your role may not sign one",
        hint="Ask an assistant or investigator of this study to run chatham ledger checkpoint, then do this again.",
    )


def _proofs(study: Study, openings: Sequence[Opening], checkpoint: bytes) -> list[bytes]:
    folder = study.folder / "consent"
    standing, keys = parse_checkpoint(checkpoint).checkpoint, log_vkeys(folder)
    size, nodes = standing.size, proving(folder, standing).nodes
    return [make_receipt_proof(one, inclusion_proof(one.index, size, nodes), checkpoint, keys) for one in openings]


def _made(folder: Path, participant: str, entries: int) -> MadeReceipt:
    html, pdf, proof = (folder / f"receipt-{participant}{ending}" for ending in _ENDINGS)
    return MadeReceipt(html, pdf, proof, entries)


def _write(facts: Facts, proofs: Sequence[bytes], now: datetime, made: MadeReceipt) -> None:
    # Heavy, and needed here only.
    from flows.reports.html import to_html
    from flows.reports.pdf import to_pdf
    from flows.reports.qr import MOST_BYTES, qr_picture
    from flows.reports.receipt_page import receipt_document

    caption = f"Receipt of {facts.participant}, made on {day_words(facts.today)}"
    fits = len(proofs[-1]) <= MOST_BYTES
    code = qr_picture(proofs[-1], caption=caption, alt=_ALT, width_mm=QR_MM) if fits else None
    document = receipt_document(facts, code)
    write_durably(made.html, to_html(document, embedded(proofs)).encode("utf-8"))
    write_durably(made.pdf, to_pdf(document, now))
    write_durably(made.proof, proofs[-1])


def _facts(register: Register, participant: str, openings: Sequence[Opening], now: datetime) -> Facts:
    person = ParticipantId(participant)
    events = [event for _, event in register.by_participant[person]]
    decisions = {use: decide(register, person, session=None, use=use) for use in Use}
    today, form = decisions[Use.ANALYSIS], _form(register, events)
    withdrawal = next((event for event in reversed(events) if event.event is ConsentKind.WITHDRAW), None)
    on = withdrawal.destroy_on if withdrawal is not None else None
    return Facts(
        participant=participant,
        today=now.date(),
        state=today.state,
        levels={use: decision.level for use, decision in decisions.items()},
        organisation=today.organisation,
        credit=today.credit,
        withdrawn=withdrawal.data if withdrawal is not None else None,
        destroyed_on=on.astimezone(now.tzinfo).date() if on is not None else None,
        permissions=_permissions(decisions, events, form),
        narrower=any(event.reach.kind != "study" for event in events),
        events=[told(opening) for opening in openings],
        form=form,
        file_name=f"receipt-{participant}{SUFFIX}",
    )


def _form(register: Register, events: Sequence[ConsentEvent]) -> Form | None:
    """The form that counts for the whole study: the one named last."""
    named = [form for event in events if event.reach.kind == "study" and (form := register.form_of(event)) is not None]
    return named[-1] if named else None


def _permissions(
    decisions: Mapping[Use, ConsentDecision], events: Sequence[ConsentEvent], form: Form | None
) -> dict[Permission, Said]:
    written = _written_down(events)
    answers = {one: decisions[_USE_OF.get(one, Use.ANALYSIS)].permissions[one] for one in Permission}
    return {one: Said(answer, _how(one, answer, form, one in written)) for one, answer in answers.items()}


def _how(permission: Permission, answer: Answer, form: Form | None, written: bool) -> How:
    if form is None or not asked(form, permission):
        return "not asked"
    if written:
        return "written"
    if form.permissions[permission].asked == "condition":
        return "condition"
    # Whoever went over to an amended form keeps the answers of the one before it.
    return "blank" if answer is form.permissions[permission].default else "before"


def _written_down(events: Sequence[ConsentEvent]) -> set[str]:
    """What the person answered themselves since they last signed a form, for the whole study."""
    written: set[str] = set()
    for event in events:
        if event.reach.kind != "study":
            continue
        if event.event is ConsentKind.CONSENT:
            written = set()
        written |= {choice.dimension for choice in event.choices}
    return written


def _whom(study: Study, form: Form | None) -> StudyContact:
    """Whom to call: as the settings say, else whoever the form names as in charge."""
    contact, kept = study.config.contact, form.iso27560 if form is not None else {}
    if contact.name or contact.phone or contact.email:
        return contact
    return StudyContact(*(kept.get(f"controller{part}", "") for part in ("", "_phone", "_email")))


def _digest(folder: Path) -> str:
    """SHA-256 over names and bytes of the folder's files, in name order."""
    seal = hashlib.sha256()
    for path in sorted(path for path in folder.glob("*") if path.is_file()):
        seal.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return seal.hexdigest()
