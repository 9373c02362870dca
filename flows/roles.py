"""Who may do what: the one table of roles and commands, and the refusal it leads to."""

from dataclasses import dataclass

from flows.study import Study
from schemas.errors import MissingKey
from vault.roles import ROLES

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
    Doing("report an incident", ("incident add",), _ALL),
    Doing("see who the users are", ("user list",), _ALL),
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
    Doing("sign checkpoints", (), _TEAM, "at the end of any command that recorded something"),
    Doing("cosign", ("ledger cosign",), frozenset({"investigator", "ethics"})),
    Doing("import the roster", ("roster import",), _INVESTIGATOR, "with contacts and former names"),
    Doing("go on after entries were lost", ("ledger continue",), _INVESTIGATOR),
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
