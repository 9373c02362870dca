"""The certificate of a destruction: what it states, the one spelling of it that people sign, and its three files."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from consent.storage.files import write_durably
from flows.backups import BackupMade
from flows.originals import Unconfirmed
from flows.sending import Copy, Output
from schemas.errors import BadInput
from vault.register import Erased

FOLDER = "certificates"
WHAT, VERSION = "chatham-certificate", 1
HERE, EVERYWHERE = "here", "everywhere"
SIGNATURES = 2
"""How many people sign a certificate; in a study of one person, that one does, and it says so."""
_ENDINGS = (".html", ".pdf", ".json")


@dataclass(frozen=True)
class Promise:
    """What the form that the person signed said of withdrawing, in its own words."""

    form: str
    """Its version."""
    withdraw_until: str | None
    after_that: str | None


@dataclass(frozen=True)
class EndedRelease:
    """A data set that was taken away since it held something of the person."""

    name: str
    purpose: str
    sha256: str
    counts: Mapping[str, int]
    ended_at: datetime


@dataclass(frozen=True)
class CertificateFacts:
    """Everything a certificate states. Instants are aware; entries are indexes in the consent register.

    Attributes:
        number: Of the certificate, in its file names and in the register.
        participant: Whose words; None: voices that nobody knows.
        wish: ``data`` of the withdrawal; ``erase`` for what a retention date ended.
        reach: ``study``, ``session:ID`` and so on.
        use: ``recording``: the voice alone, the words stayed; None: everything.
        recorded_by, confirmed_by, carried_out_by: Users. ``confirmed_by`` is None where nobody had to confirm.
        one_person: The study had one person at that time, who confirmed their own entry.
        written_request: They asked in writing that it be done without waiting.
        promise: None: they signed no form.
        releases, copies, outputs, public: Data sets that went, copies of them handed over, what was published, and
            sessions with the addresses at which their recording is public.
        backups: Made before the destruction.
        originals: Of sessions that this concerns, taken in and not confirmed deleted.
        sound_alikes: Places where something only sounds like their name, and was left.
        kept: Words that stay, de-identified, as they asked.
        zone: IANA name, for days and times on the page.
    """

    number: int
    study: str
    approvals: tuple[str, ...]
    participant: str | None
    wish: str
    reach: str
    use: str | None
    reason: Literal["withdrawal", "retention"]
    asked_at: datetime | None
    stopped_at: datetime | None
    confirmed_at: datetime | None
    destroyed_at: datetime
    recorded_by: str | None
    confirmed_by: str | None
    carried_out_by: str
    one_person: bool
    written_request: bool
    promise: Promise | None
    stores: tuple[Erased, ...]
    releases: tuple[EndedRelease, ...]
    copies: tuple[Copy, ...]
    outputs: tuple[Output, ...]
    public: tuple[tuple[str, tuple[str, ...]], ...]
    backups: tuple[BackupMade, ...]
    originals: tuple[Unconfirmed, ...]
    withdrawal: int | None
    confirmation: int | None
    erasure: int
    sound_alikes: int | None = None
    kept: int = 0
    zone: str = "UTC"


@dataclass(frozen=True)
class Signature:
    """One person's signature: an entry of the register, signed with their key, that holds the certificate's digest.

    Attributes:
        label: What they are in the study, such as ``investigator``.
        name: Of their account.
        key_id: First 16 hexadecimal digits of SHA-256 over their public key.
        entry: Index of the entry.
    """

    label: str
    name: str
    key_id: str
    entry: int
    at: datetime


@dataclass(frozen=True)
class MadeCertificate:
    """Where a certificate lies, and the digest that people sign."""

    html: Path
    pdf: Path
    json: Path
    sha256: str


def certificate_json(facts: CertificateFacts) -> bytes:
    """The one spelling of what is signed: JSON with sorted keys, no spaces, ASCII and whole numbers only.

    Returns:
        Bytes whose SHA-256 is the certificate's digest.
    """
    return canonical(_body(facts))


def signatures_missing(signed: int, *, alone: bool) -> int:
    """How many more people are to sign what so many have signed; ``alone``: the study had one person."""
    return max(0, (1 if alone else SIGNATURES) - signed)


def keep_older(consent: Path, number: int, sha256: str) -> None:
    """Give a certificate of this number that states something else a name of its own, ended by its digest.

    People have signed it, and somebody may have been handed it: it stays beside the one that takes its place.
    """
    data = consent / FOLDER / f"certificate-{number}.json"
    if not data.is_file():
        return
    was = str(json.loads(data.read_bytes()).get("sha256", ""))
    if was == sha256:
        return
    for ending in _ENDINGS:
        path = consent / FOLDER / f"certificate-{number}{ending}"
        if path.is_file():
            path.rename(path.with_name(f"certificate-{number}-{was[:8]}{ending}"))


def write_certificate(consent: Path, facts: CertificateFacts, signatures: Sequence[Signature]) -> MadeCertificate:
    """Write a certificate's page, its print and its JSON; earlier ones of the same number are replaced.

    Args:
        consent: The study's ``consent/``; the files go to ``certificates/certificate-<number>.*`` in it.
        facts: What it states.
        signatures: So far, in the order in which they were given.
    Raises:
        DiskFull, ChathamError: where they could not be written.
    """
    # Heavy, and needed here only.
    from flows.reports.certificate_page import STYLE, certificate_document
    from flows.reports.html import to_html
    from flows.reports.pdf import to_pdf

    body, signed = _body(facts), [_signed(one) for one in signatures]
    digest = stated_digest(body)
    document = certificate_document(body, signed, digest)
    html, pdf, data = (consent / FOLDER / f"certificate-{facts.number}{ending}" for ending in _ENDINGS)
    write_durably(data, canonical({"certificate": body, "sha256": digest, "signatures": signed}) + b"\n")
    write_durably(html, to_html(document, style=STYLE).encode())
    write_durably(pdf, to_pdf(document, facts.destroyed_at))
    return MadeCertificate(html, pdf, data, digest)


def read_certificate(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What a certificate's JSON file states, and the signatures beside it.

    Raises:
        BadInput: it is no certificate, or its digest is another than the file says.
    """
    try:
        held = json.loads(data)
        body, signatures, said = held["certificate"], held["signatures"], held["sha256"]
        computed = stated_digest(body)
        known = body["what"] == WHAT and body["version"] == VERSION
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("the file is no certificate", hint="Give the file certificate-….json as it was made.") from None
    if not known:
        raise BadInput("the certificate is of a kind not known here", hint="A newer version made it: update.")
    if computed != said:
        raise BadInput(
            f"what the certificate states is not what it was made with: expected {str(said)[:12]}, "
            f"computed {computed[:12]}",
            hint="It was changed since, or damaged: ask the study for the file again.",
        )
    return body, signatures


def stated_digest(body: Mapping[str, Any]) -> str:
    """What people sign, of what a certificate states: SHA-256 of its one spelling, in hexadecimal."""
    return hashlib.sha256(canonical(body)).hexdigest()


def outstanding(facts: CertificateFacts) -> list[str]:
    """What is not known to be gone outside of the locked store: ``backup``, ``copy`` or ``original`` for each thing.

    Where there is none, the words are erased everywhere, as far as the study knows; else here.
    """
    backups = ["backup" for one in facts.backups if one.destroyed_at is None]
    copies = ["copy" for one in facts.copies if one.answer != "destroyed"]
    return [*backups, *copies, *("original" for _ in facts.originals)]


def canonical(value: Mapping[str, Any]) -> bytes:
    """JSON with sorted keys and no spaces, in ASCII."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def _body(facts: CertificateFacts) -> dict[str, Any]:
    """What is signed, as plain JSON; the page is made from this and nothing else."""
    return {
        "what": WHAT,
        "version": VERSION,
        "number": facts.number,
        "study": facts.study,
        "approvals": list(facts.approvals),
        "participant": facts.participant,
        "wish": facts.wish,
        "reach": facts.reach,
        "use": facts.use,
        "reason": facts.reason,
        "asked_at": _when(facts.asked_at),
        "stopped_at": _when(facts.stopped_at),
        "confirmed_at": _when(facts.confirmed_at),
        "destroyed_at": _when(facts.destroyed_at),
        "recorded_by": facts.recorded_by,
        "confirmed_by": facts.confirmed_by,
        "carried_out_by": facts.carried_out_by,
        "one_person": facts.one_person,
        "written_request": facts.written_request,
        "promise": asdict(facts.promise) if facts.promise else None,
        "stores": [one.model_dump(mode="json") for one in facts.stores],
        "releases": [_members(one, ("name", "purpose", "sha256", "counts", "ended_at")) for one in facts.releases],
        "public": [{"session": session, "urls": list(urls)} for session, urls in facts.public],
        **_elsewhere(facts),
        "erased": HERE if outstanding(facts) else EVERYWHERE,
        "entries": {
            "withdrawal": facts.withdrawal,
            "confirmation": facts.confirmation,
            "erasure": facts.erasure,
        },
        "sound_alikes": facts.sound_alikes,
        "kept": facts.kept,
        "zone": facts.zone,
    }


def _elsewhere(facts: CertificateFacts) -> dict[str, Any]:
    """What lies, or may lie, where the study cannot reach."""
    copies = ("id", "release", "to", "at", "recalled_at", "answer", "answered_at")
    outputs = ("id", "medium", "title", "url", "owner", "releases", "published_on")
    return {
        "copies": [_members(one, copies) for one in facts.copies],
        "outputs": [_members(one, outputs) | _taken_down(one) for one in facts.outputs],
        "backups": [_members(one, ("id", "at", "destroyed_at")) for one in facts.backups],
        "originals": [_members(one, ("session", "files", "cloud")) for one in facts.originals],
    }


def _taken_down(output: Output) -> dict[str, Any]:
    done = output.take_down
    return {"take_down": {"result": done.result, "at": _when(done.at)} if done else None}


def _members(one: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(one, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _when(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def _signed(one: Signature) -> dict[str, Any]:
    return {"label": one.label, "name": one.name, "key": one.key_id, "entry": one.entry, "at": _when(one.at)}
