"""Reads an open study into the facts of a report: the register, and who speaks, where the reader may know that."""

from collections.abc import Sequence
from datetime import datetime

from consent.decision import decide_session
from consent.ledger import Ledger
from consent.register import read_register
from consent.storage.leaf import decode
from flows.audit.facts import RESEARCH, Facts, Risk, Voices
from flows.facts import BuildFacts, StageFacts, current, decisions_digest, with_sharers
from flows.handing_on import present
from flows.releases import releases
from flows.retention import what_is_due
from flows.risks import of_research
from flows.sending import tasks
from flows.study import Study
from schemas.ledger import EventKind, LedgerEntry
from schemas.purposes import PURPOSES
from vault.keys import list_users

PLACES = ("consent", "keys", "vault", "warehouse", "releases", "consent/receipts", ".prefect")
"""Folders of a study in which something may lie."""


def gather(study: Study, ledger: Ledger, now: datetime) -> Facts:
    """Everything the sixteen answers need but the checks of the seal itself.

    Args:
        study: Opened by somebody who may read what people chose; an ethics officer's has no sessions.
        ledger: The study's, every line of it read.
        now: Aware.
    Raises:
        MissingKey: this user may not read what people chose. LedgerDamaged.
    """
    study.require_consent()
    entries = tuple(ledger.entries())
    register = read_register(entries)
    leaves = (decode(leaf) for leaf in ledger.leaves(0, len(entries)))
    return Facts(
        now=now,
        title=study.config.title,
        zone=study.config.timezone,
        entries=entries,
        register=register,
        approvals=study.config.approvals,
        destroy_after_days=study.config.destroy_after_days,
        never_asked_days=study.config.never_asked_days,
        signed_by=tuple(leaf.key if leaf else "" for leaf in leaves),
        users={user.key_id: tuple(sorted(user.roles)) for user in list_users(study.folder / "keys")},
        voices=_voices(study) if study.may_run else None,
        rechecked=_rechecked(study, entries) if study.may_run else {},
        tasks=tasks(entries, register, now, study.config.take_down_days, present(study, entries)),
        by_form=[(one.participant or "", one.where, one.on) for one in what_is_due(study) if one.what == "form"],
        risks=_risks(study, entries),
        places={place: (study.folder / place).exists() for place in PLACES},
    )


def _risks(study: Study, entries: Sequence[LedgerEntry]) -> list[Risk]:
    """What may lead from the data sets that stand to somebody in them; of those to hand on, as it was counted then."""
    standing = {one.entry: one.name for one in releases(entries) if one.stands}
    found = [Risk(RESEARCH, *of_research(study))] if study.research.is_file() else []
    for entry in entries:
        if entry.index in standing:
            counted = (entry.payload or {}).get("risk") or {}
            groups = counted.get("groups")
            sizes = None if groups is None else {int(size): int(count) for size, count in groups.items()}
            found.append(Risk(standing[entry.index], sizes, counted.get("public_passages"), 0 if counted else None))
    return found


def _voices(study: Study) -> dict[str, Voices]:
    found = {}
    for store in study.sessions():
        session = store.intake().session.session
        facts = store.get_stage("facts", current(StageFacts), StageFacts)
        found[session] = Voices(None) if facts is None else Voices(frozenset(facts.people), facts.unknown)
    return found


def _rechecked(study: Study, entries: Sequence[LedgerEntry]) -> dict[int, bool]:
    """Last entry of each session's present data set to whether the choices before it are the ones it pins."""
    last: dict[tuple[str, str], LedgerEntry] = {}
    for entry in entries:
        payload = entry.payload or {}
        if entry.kind is EventKind.DERIVE and payload.get("purpose") in PURPOSES:
            last[str(payload.get("session")), str(payload["purpose"])] = entry
    checked = {}
    for store in study.sessions():
        session = store.intake().session.session
        for purpose in PURPOSES:
            entry_of = last.get((session, purpose))
            stage = store.get_stage("facts", current(StageFacts), StageFacts)
            built = store.get_stage(f"built-{purpose}", current(BuildFacts), BuildFacts) if entry_of else None
            if entry_of is None or stage is None or built is None or not entry_of.payload:
                continue
            if built.redacted_key == entry_of.payload.get("key"):
                involved = {*stage.people, *stage.mentioned, *built.touched}
                concerned = with_sharers(involved, study.table())
                before = read_register(entries[: entry_of.index])
                decisions = decide_session(before, session, concerned, purpose)
                pinned = entry_of.payload.get("decisions")
                checked[entry_of.index] = decisions_digest(decisions, involved, study.table()) == pinned
    return checked
