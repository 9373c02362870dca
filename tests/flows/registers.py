"""Small registers of invented people, in memory, and the pages made of them."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from consent.storage import leaf as leaves
from consent.tlog.checkpoint import Checkpoint, log_keys, sign_checkpoint
from consent.tlog.merkle import leaf_hash, node_hash
from consent.tlog.proofs import inclusion_proof, range_root
from flows.reports.verifier import VerifierEntry, verifier_page
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.ledger_fakes import TinySigner

AT = datetime(2026, 11, 21, 20, 51, tzinfo=UTC)
ORIGIN = "chatham/00112233aabbccdd"


@dataclass
class SmallRegister:
    """A register of these events, signed and committed to as the real one does it."""

    events: list[LedgerEvent]
    seed: int = 1
    name: str = ORIGIN
    key: int = 0
    leaves: list[bytes] = field(init=False)
    secrets: list[bytes] = field(init=False)

    def __post_init__(self) -> None:
        drawn = random.Random(self.seed)  # noqa: S311 - the same secrets each time
        signer = TinySigner()
        self.secrets = [drawn.randbytes(32) for _ in self.events]
        self.leaves = [_leaf(event, key, signer) for event, key in zip(self.events, self.secrets, strict=True)]
        self.hashes = [leaf_hash(leaf) for leaf in self.leaves]
        self.keys = log_keys(self.name, bytes(range(self.key, self.key + 64)))
        self.vkeys = "".join(f"{key.verify_key}\n" for key in self.keys)
        self.nodes = cache(self._node)

    def _node(self, height: int, index: int) -> bytes:
        if height == 0:
            return self.hashes[index]
        return node_hash(self.nodes(height - 1, 2 * index), self.nodes(height - 1, 2 * index + 1))

    def seal(self, size: int | None = None) -> bytes:
        """The signed checkpoint over the first ``size`` entries; None: over all."""
        size = len(self.events) if size is None else size
        return sign_checkpoint(Checkpoint(self.name, size, range_root(size, self.nodes)), self.keys, AT)

    def carried(self, indexes: Iterable[int] | None = None, shut: frozenset[int] = frozenset()) -> list[VerifierEntry]:
        """What a page carries of these entries; those in ``shut`` unopened."""
        size = len(self.events)
        return [
            VerifierEntry(
                index=index,
                leaf=self.leaves[index],
                payload=None if index in shut else leaves.payload_bytes(self.events[index]),
                k_event=None if index in shut else self.secrets[index],
                proof=tuple(inclusion_proof(index, size, self.nodes)),
            )
            for index in (range(size) if indexes is None else indexes)
        ]

    def page(self, indexes: Iterable[int] | None = None, shut: frozenset[int] = frozenset(), **more: Any) -> str:
        """A page about these entries."""
        more = {"leaf_hashes": self.hashes, **more}
        return verifier_page(
            "Consent register of a study", self.seal(), self.vkeys, self.carried(indexes, shut), **more
        )


def _leaf(event: LedgerEvent, key: bytes, signer: TinySigner) -> bytes:
    leaf = leaves.Leaf(
        kind=event.kind,
        minute=leaves.minute_of(AT),
        commitment=leaves.commit(key, leaves.payload_bytes(event)),
        key=signer.key_id,
        left=0,
        form=event.form,
        refs=event.refs,
    )
    return leaves.encode(leaves.sign(leaf, signer))


def random_events(count: int, seed: int) -> list[LedgerEvent]:
    """Events of every kind and type, most of them well formed, some with members missing, wrong or made to trip."""
    drawn = random.Random(seed)  # noqa: S311 - the same events each time
    return [_random_event(drawn) for _ in range(count)]


def _random_event(drawn: random.Random) -> LedgerEvent:
    name = drawn.choice(list(MEMBERS))
    payload = {"type": name} | {member: drawn.choice(values) for member, values in MEMBERS[name].items()}
    if drawn.random() < 0.3 and len(payload) > 1:
        spoilt = drawn.choice(list(payload))
        payload[spoilt] = drawn.choice(SPOILT)
    if drawn.random() < 0.1:
        payload.pop(drawn.choice(list(payload)))
    kind = drawn.choice(list(EventKind))
    if name == "consent" and payload.get("event") in list(EventKind) and drawn.random() < 0.8:
        kind = EventKind(str(payload["event"]))
    return LedgerEvent(kind=kind, payload=payload, form=drawn.choice([None, "ab" * 32]))


SPOILT: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**9, 10**9 + 1, 10**30, 1e300, "", "P", "Zoë Ngata", "P01\n", "<b>bold</b>"),
    *([], {}, [[]], [{}], ["P01", 7, "P02"], {"kind": "session", "id": "</script>"}, "__proto__", "constructor"),
    *("2026-13-01T00:00Z", "2026-01-01T00:00:00.123456+13:45", "2026-02-31", "\u2028", "community:\nours", "toString"),
]
_PEOPLE = [["P01"], ["P01", "P22"], ["P01", "P02", "P333333"], [], ["P01", "Zoë"]]
_MOMENTS = ["2026-02-20T10:00:00-08:00", "2026-11-01T23:59:59.5Z", "2026-07-09T00:00+05:30", "yesterday"]
_REACHES = [
    {"kind": "study", "id": None},
    {"kind": "session", "id": "march"},
    {"kind": "writing", "id": "w-1"},
    {"kind": "cycle", "id": "2"},
    {"kind": "passage", "id": "aaaaaaaaaaa1"},
    {"kind": "session", "id": "a b"},
]
_CHOICES = [
    {"dimension": "level", "value": "pseudonym", "use": None},
    {"dimension": "level", "value": "named", "use": "practice"},
    {"dimension": "organisation", "value": "named", "use": None},
    {"dimension": "organisation", "value": "generalised", "use": None},
    {"dimension": "credit", "value": "Aroha, with love", "use": None},
    {"dimension": "credit", "value": "no", "use": None},
    {"dimension": "archive", "value": "yes", "use": None},
    {"dimension": "quote_research", "value": "ask", "use": "research"},
    {"dimension": "teaching", "value": "no", "use": None},
    {"dimension": "teaching", "value": "perhaps", "use": "nothing"},
    {"dimension": "something new", "value": "yes", "use": None},
]
_ID = ["march", "s1", "not an id"]
MEMBERS: dict[str, dict[str, list[Any]]] = {
    "consent": {
        "participant": ["P01", "P02", "P999999"],
        "event": ["consent", "change", "reaffirm", "withdraw", "decline", "undo", "other"],
        "at": _MOMENTS,
        "reach": _REACHES,
        "choices": [[], _CHOICES, _CHOICES[:3], _CHOICES[4:6], _CHOICES[6:9]],
        "applies": [None, "all", "from"],
        "form": [None, "2026-1", "a form with spaces"],
        "data": [None, "erase", "keep_deidentified", "stop", "burn"],
        "use": [None, "recording", "research"],
        "given_by": ["self", "self", "guardian", "authorised", "community", "community:iwi", "a friend"],
        "method": ["free text by somebody"],
    },
    "passage": {
        "session": _ID,
        "start_s": [0, 600.0, 3725.75],
        "end_s": [720, 86_400.5],
        "mark": ["off_the_record", "not_mine", "joint", "reports", "community", "new"],
        "participants": _PEOPLE,
        "at": _MOMENTS,
    },
    "form": {"version": ["2026-1"], "kind": ["participant", "team"], "approvals": [[], ["H1"], ["H1", "H2"]]},
    "session": {
        "session": _ID,
        "kind": ["session", "writing"],
        "day": ["2026-03-04", "4 March"],
        "rule": ["open", "chatham_house", "off_the_record"],
        "tracks": [[], ["0" * 64], ["0" * 64] * 2],
    },
    "derive": {"session": _ID, "purpose": ["analyse", "quote_research", "quote_practice", "archive", "x"]},
    "enrol": {"participants": _PEOPLE, "added": [0, 1, 1234], "changed": [0, 1, 2_345_678]},
    "user": {
        "action": ["added", "removed", "linked", "promoted"],
        "name": ["Zoë Ngata", "recovery"],
        "roles": [["investigator"], ["intake", "assistant", "ethics"], ["king"], []],
        "participant": [None, "P04"],
        "service": [True, False],
    },
    "policy": {"witnesses": [[], ["w"], ["v", "w"]], "quorum": ["any"]},
    "log_key": {"vkeys": [["a", "b"]]},
    "anchor": {"size": [1, 1000, 1_000_000], "kind": ["cosignature", "timestamp", "shown", "x"], "at": _MOMENTS},
    "continued": {"size": [1, 1000], "lost": [0, 1, 2000]},
    "incident": {"what": ["somebody's laptop was stolen"], "at": _MOMENTS, "participants": _PEOPLE, "session": _ID},
    "confirmation": {"participant": ["P01", "Zoë"], "withdrawal": [3, 1234], "at": _MOMENTS},
    "erasure": {
        "participant": [None, "P07"],
        "reach": [*_REACHES, "study", "session:march", "cycle:2", "session:a b", "session"],
        "data": ["erase", "keep_deidentified", None],
        "use": [None, "recording"],
        "reason": ["withdrawal", "retention"],
        "written_request": [True, False],
        "at": _MOMENTS,
        "stores": [[], [{"store": "roster"}], [{"store": "roster"}, {"store": "receipts"}]],
        "sessions": [[], ["march"], ["march", "s1", "not an id"]],
    },
    "certificate": {"participant": [None, "P01"], "number": [1, 2], "at": _MOMENTS},
    "release": {
        "name": _ID,
        "purpose": ["analyse", "archive", "x"],
        "sessions": [[], ["march"], ["march", "s1"]],
        "people": _PEOPLE,
        "follows": [None, "march.2"],
    },
    "release_manifest": {"name": _ID},
    "release_ended": {"name": _ID, "why": ["withdrawal", "change", "mark", "retention", "lost", "x"]},
    "sent": {"release": _ID, "to": ["Zoë Ngata"], "at": _MOMENTS},
    "recall": {"release": _ID, "at": _MOMENTS},
    "recall_answer": {"answer": ["destroyed", "refused", "no_answer", "x"], "note": ["free text"]},
    "output": {"medium": ["paper", "other", "x"], "published_on": ["2026-02-01", "soon"], "participants": _PEOPLE},
    "take_down": {"result": ["removed", "edited", "cannot", "x"], "at": _MOMENTS},
    "access": {
        "what": ["identities", "words", "recording", "x"],
        "session": [None, *_ID],
        "participants": _PEOPLE,
        "reason": ["Zoë Ngata asked"],
        "at": _MOMENTS,
    },
    "evaluation": {
        "tally": [{"read": 400, "identifiable": 0, "wrong": 1}, {"read": 1}, {}, "x", None],
        "by": ["Zoë Ngata"],
        "at": _MOMENTS,
    },
    "backup": {"size": [0, 1, 1234], "at": _MOMENTS},
    "backup_destroyed": {"id": ["b1"], "at": _MOMENTS},
    "restored": {"size": [0, 1, 1234], "applied": [[], [3], [3, 4]], "at": _MOMENTS},
    "originals": {"session": _ID, "files": [1, 3], "deleted": [0, 3], "cloud": ["unknown", "none", "deleted", "x"]},
    "something new": {"participant": ["P01", "Zoë"], "participants": _PEOPLE, "session": _ID},
}
