"""Witness policies: which logs and witnesses count, and how many of them must have signed (C2SP tlog-policy)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from consent.tlog.note import COSIGNATURE, ED25519, ML_DSA_44, Verified, VerifyKey
from schemas.errors import BadInput

NONE = "none"
"""The quorum that asks for no witness."""
MAX_BYTES = 1 << 20
MAX_LINES = 256
"""How many logs, witnesses and groups there may be, each. The specification asks for 32."""

# Everything is handled as bytes: only the ASCII ones mean something. Bytes that are no UTF-8 survive as surrogates.
_ENCODING = ("utf-8", "surrogateescape")
_FORBIDDEN = re.compile(rb"[^\t\n -~\x80-\xff]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_LOG_KINDS = {ED25519, ML_DSA_44}
_WITNESS_KINDS = {COSIGNATURE, ML_DSA_44}


@dataclass(frozen=True)
class Log:
    """A log that counts."""

    key: VerifyKey
    url: str | None = None


@dataclass(frozen=True)
class Witness:
    """Somebody whose cosignature counts."""

    name: str
    """In this policy; the key has a name of its own."""
    key: VerifyKey
    url: str | None = None


@dataclass(frozen=True)
class Group:
    """Witnesses and groups of which a number must have signed."""

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class WitnessPolicy:
    """A policy. ``parse_policy`` alone checks one; ``format_policy`` writes none that it would not take."""

    logs: tuple[Log, ...] = ()
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    """Each after the groups it names."""
    quorum: str = NONE
    """Name of a witness or group, or ``none``."""

    @property
    def log_keys(self) -> tuple[VerifyKey, ...]:
        """Keys of the logs, in order."""
        return tuple(log.key for log in self.logs)

    @property
    def witness_keys(self) -> tuple[VerifyKey, ...]:
        """Keys of the witnesses, in order."""
        return tuple(witness.key for witness in self.witnesses.values())

    def satisfied_by(self, verified: Iterable[Verified]) -> bool:
        """Whether signatures that were checked are enough: one of a log, where logs are listed, and the quorum's.

        Args:
            verified: What ``verified`` gave for one checkpoint's note under ``log_keys`` and ``witness_keys``.
        """
        keys = {one.key for one in verified}
        if self.logs and keys.isdisjoint(self.log_keys):
            return False
        signed = {NONE: True} | {name: witness.key in keys for name, witness in self.witnesses.items()}
        for group in self.groups.values():
            signed[group.name] = sum(signed[member] for member in group.members) >= group.needed
        return signed[self.quorum]


def parse_policy(data: bytes) -> WitnessPolicy:
    """Read a policy file.

    Args:
        data: At most 1 MiB.
    Raises:
        BadInput: where a line is wrong, naming it.
    """
    if len(data) > MAX_BYTES or _FORBIDDEN.search(data):
        raise _wrong(None, "is too long, or holds control characters other than tabs and line feeds")
    *lines, end = data.decode(*_ENCODING).split("\n")
    if end:
        raise _wrong(len(lines) + 1, "does not end in a line feed; the file may have been cut short")
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        reader.take(number, [word for word in re.split(r"[ \t]+", line) if word])
    return reader.policy()


def format_policy(policy: WitnessPolicy) -> bytes:
    """Write a policy file. A URL stands on every ``witness`` line: some programs cannot do without.

    Raises:
        BadInput: where a witness has no URL, or these make no policy.
    """
    if not all(witness.url for witness in policy.witnesses.values()):
        raise _wrong(None, "cannot be written: a witness has no address")
    lines = [f"log {log.key}" + (f" {log.url}" if log.url else "") for log in policy.logs]
    lines += [f"witness {name} {witness.key} {witness.url}" for name, witness in policy.witnesses.items()]
    lines += [f"group {name} {group.needed} {' '.join(group.members)}" for name, group in policy.groups.items()]
    data = "".join(f"{line}\n" for line in [*lines, f"quorum {policy.quorum}"]).encode(*_ENCODING)
    if parse_policy(data) != policy:
        raise _wrong(None, "cannot be written: a name or address in it holds a space or a line feed")
    return data


class _Reader:
    """Takes the lines one by one and refuses the first that is wrong."""

    def __init__(self) -> None:
        self._logs: list[Log] = []
        self._witnesses: dict[str, Witness] = {}
        self._groups: dict[str, Group] = {}
        self._quorum: str | None = None
        self._members: set[str] = set()
        self._number = 0
        self._known: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._set_quorum,
        }

    def take(self, number: int, words: list[str]) -> None:
        """One line, ``number`` from 1, taken apart at spaces and tabs."""
        self._number = number
        if not words or words[0].startswith("#"):
            return
        if words[0] not in self._known:
            raise self._bad("begins with none of log, witness, group and quorum")
        self._known[words[0]](words[1:])

    def policy(self) -> WitnessPolicy:
        """The whole, after the last line."""
        if self._quorum is None:
            raise _wrong(None, "has no quorum line")
        return WitnessPolicy(tuple(self._logs), self._witnesses, self._groups, self._quorum)

    def _log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            raise self._bad("is not of the form: log KEY [URL]")
        key = self._key(words[0], _LOG_KINDS, [log.key for log in self._logs])
        self._check_room(self._logs)
        self._logs.append(Log(key, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            raise self._bad("is not of the form: witness NAME KEY [URL]")
        name = self._new_name(words[0])
        key = self._key(words[1], _WITNESS_KINDS, [witness.key for witness in self._witnesses.values()])
        self._check_room(self._witnesses)
        self._witnesses[name] = Witness(name, key, *words[2:])

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise self._bad("is not of the form: group NAME all|any|NUMBER MEMBER...")
        name, members = self._new_name(words[0]), words[2:]
        for member in members:
            self._check_member(member)
        self._check_room(self._groups)
        self._groups[name] = Group(name, self._needed(words[1], len(members)), tuple(members))

    def _set_quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise self._bad("is not of the form: quorum NAME")
        if self._quorum is not None:
            raise self._bad("is a second quorum line")
        if words[0] != NONE and not self._is_defined(words[0]):
            raise self._bad("names a quorum that no line above defines")
        self._quorum = words[0]

    def _check_member(self, member: str) -> None:
        if not self._is_defined(member):
            raise self._bad("names a member that no line above defines")
        if member in self._members:
            raise self._bad("names a member that is in a group already")
        self._members.add(member)

    def _needed(self, word: str, members: int) -> int:
        if word in {"all", "any"}:
            return members if word == "all" else 1
        if not _NUMBER.fullmatch(word) or int(word) > members:
            raise self._bad(f"asks for a number that is not from 1 to {members}, nor all or any")
        return int(word)

    def _new_name(self, name: str) -> str:
        if name == NONE or self._is_defined(name):
            raise self._bad("defines a name that is taken")
        return name

    def _is_defined(self, name: str) -> bool:
        return name in self._witnesses or name in self._groups

    def _key(self, text: str, kinds: set[int], before: list[VerifyKey]) -> VerifyKey:
        try:
            key = VerifyKey.parse(text)
        except BadInput as error:
            raise self._bad(f"has a key that cannot be used: {error.message}") from None
        if key.kind not in kinds:
            raise self._bad("has a key of a kind that cannot be used there")
        # The same key under another name or kind would count twice.
        if any(key.public == other.public for other in before):
            raise self._bad("has a key that stands there already")
        return key

    def _check_room(self, lines: list[Log] | dict[str, Witness] | dict[str, Group]) -> None:
        if len(lines) >= MAX_LINES:
            raise self._bad(f"is more than {MAX_LINES} of its sort")

    def _bad(self, what: str) -> BadInput:
        return _wrong(self._number, what)


def _wrong(line: int | None, what: str) -> BadInput:
    where = "the witness policy" if line is None else f"line {line} of the witness policy"
    return BadInput(f"{where} {what}", hint="Correct the file policy as its format (C2SP tlog-policy) asks.")
