"""Small registers with all that outsiders see of them: recorders, tiles, checkpoint, forms, policy, anchors."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consent.checks.report import Report
from consent.ledger import Ledger
from consent.publish import log_vkeys, publish
from consent.recorders import recorder_form, write_recorders
from consent.tlog.checkpoint import Checkpoint, parse_checkpoint
from consent.tlog.note import COSIGNATURE, ED25519, Signature, SigningKey, VerifyKey, format_note
from consent.verify import verify
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.ledger_fakes import TinyBox, TinySigner, event

SEED = bytes(range(64))
SIGNER, OTHER, BOX = TinySigner(1), TinySigner(2), TinyBox()
WITNESS = SigningKey("ethics.example/office", COSIGNATURE, bytes([9]) * 32)
AT = datetime(2026, 11, 21, 20, 51, tzinfo=UTC)
NOW = AT + timedelta(days=3)
FORM_TEXT = "# Consent\n\nWe ask you …\n".encode()


def let_in(signer: TinySigner) -> LedgerEvent:
    """The event that begins (or, a second time, ends) a recorder's right."""
    form = recorder_form(signer.public_key)
    return LedgerEvent(kind=EventKind.ROTATE_KEY, payload={"type": "user", "key": signer.key_id}, form=form)


def opened(folder: Path, signer: TinySigner = SIGNER) -> Ledger:
    return Ledger.open(folder, signer=signer, seal=BOX.seal, open_payload=BOX.open)


def begun(folder: Path) -> Ledger:
    """A register whose first entry lets its recorder in."""
    write_recorders(folder, {SIGNER.key_id: SIGNER.public_key})
    ledger = Ledger.create(folder, SIGNER, BOX.seal, open_payload=BOX.open)
    ledger.append([let_in(SIGNER)], AT)
    return ledger


def sealed(folder: Path, entries: int = 5) -> Ledger:
    """A published register of ``entries`` entries, in batches of up to 100."""
    ledger = begun(folder)
    while ledger.size < entries:
        ledger.append([event(number) for number in range(min(entries - ledger.size, 100))], AT)
    publish(folder, ledger, SEED, AT)
    return ledger


def cosigned(folder: Path, at: datetime = AT, by: SigningKey = WITNESS) -> Path:
    """The standing checkpoint with a cosignature, in `anchors/`."""
    signed = parse_checkpoint((folder / "log" / "checkpoint").read_bytes())
    data = format_note(signed.note.text, [*signed.note.signatures, by.sign(signed.note.text, at)])
    name = f"{signed.checkpoint.size}-{hashlib.sha256(data).hexdigest()[:8]}.checkpoint"
    (folder / "anchors").mkdir(exist_ok=True)
    (folder / "anchors" / name).write_bytes(data)
    return folder / "anchors" / name


def policy_of(*keys: VerifyKey) -> bytes:
    names = [f"w{number}" for number in range(len(keys))]
    lines = [f"witness {name} {key} https://{key.name}" for name, key in zip(names, keys, strict=True)]
    return "\n".join([*lines, f"group all any {' '.join(names)}", "quorum all", ""]).encode()


def full(folder: Path) -> Ledger:
    """A register with every kind of file that lies in one: form, policy, anchor, checkpoint, tiles, frontier."""
    ledger = begun(folder)
    digest, policy = hashlib.sha256(FORM_TEXT).hexdigest(), policy_of(WITNESS.verify_key)
    (folder / "forms").mkdir()
    (folder / "forms" / f"{digest}.md").write_bytes(FORM_TEXT)
    facts = {"version": "v1", "language": "en", "sha256": digest, "permissions": {}, "approvals": []}
    text = json.dumps(facts) + "\n"
    key = VerifyKey(SIGNER.key_id, ED25519, SIGNER.public_key)
    note = format_note(text, [Signature(key.name, key.id, SIGNER.sign(text.encode()))])
    (folder / "forms" / f"{digest}.form").write_bytes(note)
    (folder / "policy").write_bytes(policy)
    ledger.append(
        [
            LedgerEvent(kind=EventKind.FORM, payload={"type": "form"}, form=digest),
            LedgerEvent(kind=EventKind.POLICY, payload={"type": "policy"}, form=hashlib.sha256(policy).hexdigest()),
            LedgerEvent(kind=EventKind.CONSENT, payload={"type": "consent"}, form=digest),
        ],
        AT,
    )
    publish(folder, ledger, SEED, AT)
    cosigned(folder)
    return ledger


def checked(folder: Path, **more: object) -> Report:
    return verify(folder, log_vkeys(folder)[:1], **{"now": NOW, **more})  # type: ignore[arg-type]


def checkpoint(folder: Path) -> Checkpoint:
    return parse_checkpoint((folder / "log" / "checkpoint").read_bytes()).checkpoint


def appended(folder: Path, events: Sequence[LedgerEvent], make: Callable[[Path], Ledger] = opened) -> Ledger:
    """Record and publish more."""
    ledger = make(folder)
    ledger.append(list(events), AT)
    publish(folder, ledger, SEED, AT)
    return ledger
