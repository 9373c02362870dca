"""What the register tells of how withdrawals were carried out: the second yes, the destruction, the certificate."""

from dataclasses import dataclass
from datetime import datetime

from flows.audit.facts import Facts
from flows.audit.words import minute
from flows.certificate import signatures_missing
from schemas.ledger import EventKind, LedgerEntry


@dataclass(frozen=True)
class Confirmed:
    """The yes that let words be destroyed.

    Attributes:
        by: Who said it, by label.
        how: ``a second person``; or ``written request`` or ``the only person``, where it needed none.
    """

    at: datetime
    by: str
    how: str


@dataclass(frozen=True)
class Certified:
    """The certificate of a destruction, as it was issued last.

    Attributes:
        number: Its own.
        signed: How many people signed what it states.
        missing: How many more are to.
    """

    number: int
    signed: int
    missing: int


def confirmed(facts: Facts, withdrawal: int) -> Confirmed | None:
    """The newest yes to a withdrawal's destruction that counts, before it was carried out; None: there is none."""
    erased = facts.register.erased.get(withdrawal)
    end = erased[0] if erased else len(facts.entries)
    found = [
        Confirmed(minute(entry.minute), facts.recorder(entry.index), how)
        for entry in _referring(facts, withdrawal, "confirmation")
        if entry.index < end and (how := _how(facts, withdrawal, entry))
    ]
    return found[-1] if found else None


def certified(facts: Facts, withdrawal: int) -> Certified | None:
    """The certificate of the destruction that a withdrawal asked for; None: none was issued."""
    erased = facts.register.erased.get(withdrawal)
    if erased is None:
        return None
    attested = _referring(facts, erased[0], "certificate")
    if not attested:
        return None
    newest = attested[-1].payload or {}
    same = [entry for entry in attested if (entry.payload or {}).get("sha256") == newest.get("sha256")]
    signers = {_signer(facts, entry.index) for entry in same}
    alone = (facts.entries[erased[0]].payload or {}).get("alone") is True
    number = newest.get("number")
    return Certified(
        number if isinstance(number, int) else 0, len(signers), signatures_missing(len(signers), alone=alone)
    )


def _referring(facts: Facts, index: int, kind: str) -> list[LedgerEntry]:
    attesting = facts.of(EventKind.ERASE_ATTEST)
    return [entry for entry in attesting if index in entry.refs and (entry.payload or {}).get("type") == kind]


def _how(facts: Facts, withdrawal: int, entry: LedgerEntry) -> str:
    """Why a confirmation counts; blank: it does not, since it came from whoever recorded the withdrawal."""
    said = entry.payload or {}
    if said.get("written_request") is True:
        return "written request"
    if _signer(facts, entry.index) != _signer(facts, withdrawal):
        return "a second person"
    there = [key for key, one in facts.members.items() if not one.thing and one.present(entry.index)]
    alone = said.get("alone") is True and set(there) <= {_signer(facts, entry.index)}
    return "the only person" if alone else ""


def _signer(facts: Facts, index: int) -> str:
    return facts.signed_by[index] if index < len(facts.signed_by) else ""
