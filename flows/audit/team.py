"""The team, as the register tells of it: labels stand in for names, so that a report names nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flows.audit.words import minute
from schemas.ledger import LedgerEntry
from vault.recovery import RECOVERY

TITLES = {
    "investigator": "investigator",
    "assistant": "assistant",
    "ethics": "ethics officer",
    "intake": "intake",
}
"""Roles, the one that may most first: somebody with several is called by the first."""
PAPER, MACHINE = "printed recovery key", "unattended service"
"""What users who are no persons are called."""


@dataclass(frozen=True)
class Member:
    """Somebody of the team.

    Attributes:
        label: ``investigator 1``; numbered in the order in which they were let in.
        key: Key id they sign with, 16 hexadecimal digits; stands in the annex alone.
        added: When they were let in; None where no entry says so.
        participant: Id of the participant they are, where that was noted.
        since, until: Entries that let them in and took it from them.
        thing: What it is where it is no person: `PAPER` or `MACHINE`; blank: a person.
    """

    label: str
    roles: tuple[str, ...]
    key: str
    added: datetime | None = None
    left: datetime | None = None
    participant: str | None = None
    thing: str = ""
    since: int | None = None
    until: int | None = None

    def present(self, index: int) -> bool:
        """Whether they had access when an entry was recorded, as far as the register tells."""
        return (self.since or 0) <= index and (self.until is None or index < self.until)

    @property
    def said(self) -> str:
        """The roles in words."""
        return ", ".join(TITLES[role] for role in TITLES if role in self.roles)


def members(entries: Sequence[LedgerEntry], users: Mapping[str, tuple[str, ...]]) -> dict[str, Member]:
    """Key id to member.

    Args:
        entries: Opened entries of kind `rotate_key`, in order.
        users: Roles of every present user by key id; those whom no entry let in come after the others.
    """
    found: dict[str, Member] = {}
    for entry in entries:
        payload = entry.payload or {}
        key = payload.get("key")
        if payload.get("type") == "user" and isinstance(key, str):
            before = found.get(key, Member("", (), key))
            found[key] = _after(before, entry, str(payload.get("action")))
    for key, roles in sorted(users.items()):
        found.setdefault(key, Member("", roles, key))
    return _labelled(found)


def _after(member: Member, entry: LedgerEntry, action: str) -> Member:
    payload = entry.payload or {}
    if action == "removed":
        return replace(member, left=minute(entry.minute), until=entry.index)
    roles = tuple(str(role) for role in payload.get("roles") or member.roles)
    person = payload.get("participant")
    linked = person if isinstance(person, str) else member.participant
    first = action == "added" and member.added is None
    added, since = (minute(entry.minute), entry.index) if first else (member.added, member.since)
    thing = PAPER if payload.get("name") == RECOVERY else MACHINE if payload.get("service") is True else ""
    return replace(member, roles=roles, added=added, since=since, participant=linked, thing=thing or member.thing)


def _labelled(found: dict[str, Member]) -> dict[str, Member]:
    numbers: dict[str, int] = {}
    labelled = {}
    for key, member in found.items():
        role = next((title for role, title in TITLES.items() if role in member.roles), "member of the team")
        title = member.thing or role
        numbers[title] = numbers.get(title, 0) + 1
        labelled[key] = replace(member, label=f"{title} {numbers[title]}")
    return labelled
