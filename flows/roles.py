"""Who may do what: the one table of roles and commands, and the refusal it leads to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flows.study import Study
from schemas.errors import MissingKey
from schemas.ledger import EventKind
from vault.keys import list_users
from vault.roles import ROLES

Said = dict[str, Any]
"""A decoded entry of the register."""

_ALL = frozenset(ROLES)
_TEAM = frozenset({"assistant", "investigator"})
_READERS = _TEAM | {"ethics"}
_INVESTIGATOR = frozenset({"investigator"})


@dataclass(frozen=True)
class Doing:
    """One thing that can be done: in words, by which commands, and who may.

    ``note`` says more where a yes or no does not say it all; no command: it is done along the way.
    """

    words: str
    commands: tuple[str, ...]
    roles: frozenset[str]
    note: str = ""


TABLE: tuple[Doing, ...] = (
    Doing("add recordings and transcripts", ("session add",), _ALL),
    Doing(
        "record consent, changes and withdrawals, mark passages",
        ("consent record", "consent import", "consent withdraw", "passage mark"),
        _ALL,
        "nobody their own",
    ),
    Doing("take a withdrawal back in time", ("consent undo",), _TEAM, "nobody their own"),
    Doing(
        "confirm that words are destroyed, and sign the certificate",
        ("consent confirm", "consent certificate"),
        _READERS,
        "as a second person: never who recorded the withdrawal",
    ),
    Doing("see what has to go, and when", ("retention",), _READERS, "only an investigator destroys it"),
    Doing("report an incident", ("incident add",), _ALL),
    Doing("see who the users are", ("user list",), _ALL),
    Doing("keep one's own passphrase in the keyring of one's machine", ("keys remember", "keys forget"), _ALL),
    Doing(
        "check the register, prove an entry, take in what others say of it",
        ("ledger verify", "ledger checkpoint", "ledger prove", "ledger witness", "ledger anchor"),
        _ALL,
    ),
    Doing(
        "read what people chose, and incidents",
        ("consent show", "consent history", "consent export", "form list", "incident list"),
        _READERS,
    ),
    Doing(
        "make the board's report, and a participant's receipt",
        ("audit", "ledger receipt"),
        _READERS,
    ),
    Doing("register a consent form", ("form add",), _READERS),
    Doing("run, with names, employers and the keys of sessions", ("run",), _TEAM),
    Doing("read a sample of the data set, to measure what was missed", ("evaluate",), _TEAM),
    Doing(
        "see who people are, by name",
        ("roster show",),
        _TEAM,
        "with a reason, which is recorded; contacts, former names and the whole list are for investigators",
    ),
    Doing("read and hear sessions, by name", ("session show",), _TEAM, "with a reason, which is recorded"),
    Doing("say which originals are deleted", ("session originals",), _READERS),
    Doing(
        "make data sets to hand on, hand them on, ask for them back, keep the list of outputs",
        ("release make", "release sent", "release recall", "release answer", "output add", "output done"),
        _TEAM,
    ),
    Doing(
        "bring coding in, hand it out, take it away, and compare coders",
        ("coding import", "coding export", "coding remove", "coding list", "coding agreement"),
        _TEAM,
        "on the words of a data set, without names; a service user gets no file of them and sees no words",
    ),
    Doing(
        "decide whether a sentence joins two labels of one person",
        ("release bridges", "release accept-bridge", "release hide-bridge"),
        _TEAM,
    ),
    Doing(
        "see what differs between two data sets to hand on",
        ("release diff",),
        _TEAM,
        "a service user sees counts and no words",
    ),
    Doing("see which data sets and outputs there are, and who has a copy", ("release list", "output list"), _READERS),
    Doing("make backups, list them and say that one is destroyed", ("backup",), _TEAM),
    Doing("sign checkpoints", (), _TEAM, "at the end of any command that recorded something"),
    Doing("cosign", ("ledger cosign",), frozenset({"investigator", "ethics"})),
    Doing("import the roster", ("roster import",), _INVESTIGATOR, "with contacts and former names"),
    Doing("go on after entries were lost", ("ledger continue",), _INVESTIGATOR),
    Doing(
        "make and print the recovery key", ("keys recovery",), _INVESTIGATOR, "the ethics officer may keep the paper"
    ),
    Doing(
        "add and remove users, and say who they are",
        ("user add", "user remove"),
        _INVESTIGATOR,
        "a further ethics officer is added and removed by one who is there",
    ),
)
"""Every command that opens a study with somebody's keys and is refused to some, or open to all on purpose."""


def require(study: Study, command: str) -> None:
    """Refuse, in plain words, a user whose role may not do what ``command`` does.

    Raises:
        MissingKey: by ``TABLE``.
    """
    doing = next(row for row in TABLE if command in row.commands)
    if not study.keyring.roles & doing.roles:
        mine = " and ".join(sorted(study.keyring.roles)) or "none"
        raise MissingKey(
            f"your role ({mine}) may not {doing.words}",
            hint=f"Ask a user of this study who is {' or '.join(role for role in ROLES if role in doing.roles)}.",
        )


def is_service(study: Study, about: Sequence[Said] | None = None) -> bool:
    """Whether the acting user is a machine that works unattended.

    The user's file says it, and the register to those who may open it: that cannot be taken back by editing a file.

    Args:
        about: `entries_about`, where the caller has read them.
    """
    me = study.keyring
    if any(user.service for user in list_users(study.folder / "keys") if user.name == me.user):
        return True
    known = entries_about(study) if about is None else about
    return any(said.get("service") is True and said.get("key") == me.signer.key_id for said in known)


def refuse_service(study: Study, doing: str, about: Sequence[Said] | None = None) -> None:
    """Refuse a service user what only a person may do.

    Args:
        doing: What no machine does, such as ``records what somebody chose``.
        about: `entries_about`, where the caller has read them.
    Raises:
        MissingKey: the acting user is a service user.
    """
    if is_service(study, about):
        raise MissingKey(
            f"a service user never {doing}", hint="Ask a user of this study who is a person to do it themselves."
        )


def entries_about(study: Study, name: str | None = None) -> list[Said]:
    """What the register says of a user's name (None: the acting user's), in order; nothing to who may not open it.

    Only entries about users are opened: a withdrawal waits for this.
    """
    if not study.may_open_consent:
        return []
    openings = study.ledger.openings(study.ledger.indexes(EventKind.ROTATE_KEY))
    payloads = [json.loads(opening.payload) for opening in openings]
    return [said for said in payloads if said.get("name") == (name or study.keyring.user)]
