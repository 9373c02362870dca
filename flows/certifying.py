"""Issues the certificate of a destruction: its facts, told from the register alone, and the signatures under them.

It is signed by recording its digest. What it states may change later (a copy is recalled, a backup destroyed): then it
is issued anew, and signed anew.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.audit.team import members
from flows.backups import backups
from flows.certificate import (
    CertificateFacts,
    EndedRelease,
    MadeCertificate,
    Promise,
    Signature,
    certificate_json,
    keep_older,
    signatures_missing,
    write_certificate,
)
from flows.originals import unconfirmed
from flows.own import refuse_own
from flows.releases import releases
from flows.roles import require
from flows.sending import copies, public_recordings, touched_outputs
from flows.settings import utc_now
from flows.study import Study
from flows.withdrawn import Withdrawal, form_of, signers, withdrawals
from schemas.errors import UsageError
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from vault.erasure import Erased
from vault.keys import list_users


@dataclass(frozen=True)
class Issued:
    """A certificate as it was issued now.

    Attributes:
        signed_by: Names of the users who signed what it states.
        wanted: How many more people are to sign it.
    """

    number: int
    participant: str | None
    made: MadeCertificate
    signed_by: tuple[str, ...]
    wanted: int


def erasures(entries: Iterable[LedgerEntry]) -> list[LedgerEntry]:
    """The register's entries about destructions, in order; a certificate's number is its place among them, from 1."""
    return [entry for entry in entries if entry.kind is EventKind.ERASE]


def certificates(study: Study, participant: str | None) -> list[Issued]:
    """Issue, as things stand today, the certificate of each destruction of a participant's words, and sign it.

    Args:
        participant: Whose; None: of voices that nobody knew, and of sessions that went whole.
    Raises:
        UsageError: nothing of that participant was destroyed. MissingKey: this user may not.
    """
    require(study, "consent certificate")
    refuse_own(study, [participant] if participant else [], "signs for the destruction of their own words")
    found = [
        entry.index
        for entry in erasures(study.ledger.entries())
        if (entry.payload or {}).get("participant") == participant
    ]
    if not found:
        raise UsageError(
            "nothing of that participant was destroyed so far", hint="See chatham retention for what is due, and when."
        )
    return [issue(study, entry) for entry in found]


def issue(study: Study, entry: int) -> Issued:
    """Issue and sign the certificate of the destruction that entry number ``entry`` records; twice adds nothing."""
    entries = study.ledger.entries()
    facts = certificate_facts(study, entries, entry)
    digest = hashlib.sha256(certificate_json(facts)).hexdigest()
    mine = study.keyring.signer.key_id
    if mine not in _stated_by(study, entries, entry, digest):
        study.record(_signing(study, facts, digest))
        entries = study.ledger.entries()
    signed = _signatures(study, entries, entry, digest)
    keep_older(study.consent, facts.number, digest)
    return Issued(
        number=facts.number,
        participant=facts.participant,
        made=write_certificate(study.consent, facts, signed),
        signed_by=tuple(one.name for one in signed),
        wanted=signatures_missing(len(signed), alone=facts.one_person),
    )


def certificate_facts(study: Study, entries: Sequence[LedgerEntry], entry: int) -> CertificateFacts:
    """What the certificate of the destruction at ``entry`` states today, told from the register."""
    said = dict(entries[entry].payload or {})
    one = next((w for w in withdrawals(study) if w.index == said["withdrawal"]), None)
    person, sessions = said["participant"], set(said["sessions"])
    whole = said["scope"]["sessions"] is None
    yes = one.confirmation if one else None
    return CertificateFacts(
        number=1 + [each.index for each in erasures(entries)].index(entry),
        study=study.config.title,
        approvals=study.config.approvals,
        participant=person,
        wish=said["data"],
        reach=said["reach"],
        use=said["use"],
        reason=said["reason"],
        asked_at=one.event.at if one else None,
        stopped_at=one.stopped_at if one else None,
        confirmed_at=yes.at if yes else None,
        destroyed_at=datetime.fromisoformat(said["at"]),
        recorded_by=one.event.recorded_by if one else None,
        confirmed_by=said["confirmed_by"],
        carried_out_by=said["by"],
        one_person=said["alone"],
        written_request=said["written_request"],
        promise=_promise(study, person, entry),
        stores=tuple(Erased.model_validate(store) for store in said["stores"]),
        releases=_ended(entries, person, one, entry),
        copies=tuple(copy for copy in copies(entries) if copy.release in _held(entries, person)),
        outputs=tuple(touched_outputs(entries, person, None if whole else sessions)) if person else (),
        public=tuple(public_recordings(study.register(), person, sessions)) if person else (),
        backups=tuple(backup for backup in backups(entries) if backup.index < entry),
        originals=tuple(left for left in unconfirmed(entries) if left.session in sessions),
        withdrawal=said["withdrawal"],
        confirmation=yes.index if yes else None,
        erasure=entry,
        sound_alikes=said.get("sound_alikes"),
        kept=said["kept"],
        zone=study.config.timezone,
    )


def _held(entries: Sequence[LedgerEntry], person: str | None) -> set[str]:
    """Names of the data sets that held something of the person."""
    return {release.name for release in releases(entries) if person in release.people}


def _ended(
    entries: Sequence[LedgerEntry], person: str | None, withdrawal: Withdrawal | None, entry: int
) -> tuple[EndedRelease, ...]:
    """Data sets with the person in them that ended since the withdrawal was recorded."""
    since = withdrawal.index if withdrawal else entry
    ended = [
        one
        for one in releases(entries[: entry + 1])
        if person in one.people and one.ended_at is not None and (one.ended_entry or 0) > min(since, entry)
    ]
    return tuple(
        EndedRelease(one.name, one.purpose, one.sha256, one.counts, one.ended_at) for one in ended if one.ended_at
    )


def _promise(study: Study, person: str | None, entry: int) -> Promise | None:
    """What the form promises that counted when the words were destroyed."""
    form = form_of(study, person, before=entry) if person else None
    return Promise(form.version, form.withdraw_until, form.after_that) if form else None


def _signing(study: Study, facts: CertificateFacts, digest: str) -> LedgerEvent:
    payload = {
        "type": "certificate",
        "participant": facts.participant,
        "number": facts.number,
        "sha256": digest,
        "by": study.keyring.user,
        "at": utc_now().isoformat(timespec="seconds"),
    }
    refs = (facts.erasure,) if facts.withdrawal is None else (facts.withdrawal, facts.erasure)
    return LedgerEvent(kind=EventKind.ERASE_ATTEST, payload=payload, refs=refs)


def _signatures(study: Study, entries: Sequence[LedgerEntry], entry: int, digest: str) -> list[Signature]:
    """The people who signed this very statement; a machine that carried it out, and the printed key, are nobody."""
    users = {user.key_id: tuple(sorted(user.roles)) for user in list_users(study.folder / "keys")}
    team = members([one for one in entries if one.kind is EventKind.ROTATE_KEY], users)
    stated = _stated_by(study, entries, entry, digest)
    concerned = (entries[entry].payload or {}).get("participant")
    signed = [
        Signature(
            label=team[key].said if key in team else "of the team",
            name=str((one.payload or {})["by"]),
            key_id=key,
            entry=one.index,
            at=datetime.fromisoformat(str((one.payload or {})["at"])),
        )
        for key, one in stated.items()
        if key not in team or not (team[key].thing or team[key].participant == concerned is not None)
    ]
    # Whoever lost a passphrase has another key and the same name, and is one person all the same.
    return list({one.name.casefold(): one for one in reversed(signed)}.values())[::-1]


def _stated_by(study: Study, entries: Sequence[LedgerEntry], entry: int, digest: str) -> dict[str, LedgerEntry]:
    """Key to the first entry under it that states this; the key that signed an entry counts, not the name in it."""
    stating = [one for one in entries if entry in one.refs and _states(one.payload or {}, digest)]
    keys = signers(study, [one.index for one in stating])
    stated: dict[str, LedgerEntry] = {}
    for one in stating:
        stated.setdefault(keys[one.index], one)
    return stated


def _states(said: dict[str, Any], digest: str) -> bool:
    return said.get("type") == "certificate" and said.get("sha256") == digest
