"""The roster: who the participants are, one data key per person, so that destroying the key erases the entry."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from filelock import FileLock
from pydantic import Field

from schemas.errors import BadInput, CheckFailed
from schemas.identifiers import ParticipantId, by_number
from schemas.records import Record
from schemas.roster import Contact, MatchingTable, Person
from vault.erasure import EVERYTHING, Erased, Scope
from vault.files import digest_files, make_folder, remove, sweep
from vault.keys import Keyring
from vault.outcomes import Outcome, erasure_tag, read_outcome, write_outcome
from vault.records import R, parse, read_record, write_record
from vault.study_files import begin_study_renewal, finish_study_renewal, seal_study_again, study_renewing

_ROLES: Mapping[str, tuple[str, ...]] = {
    "roster": ("assistant", "investigator"),
    "contacts": ("investigator",),
    "participants": ("intake", "assistant", "investigator"),
}
"""Key to the roles that may open it."""


class _DataKeys(Record):
    """``roster-keys.age``: the study key, and each person's data key; 32 bytes each in hexadecimal."""

    study_key: str
    keys: dict[str, str]
    kept: dict[str, str] = Field(default_factory=dict)
    """Of the bare entries of people whose words stay without their name."""


class _Bare(Record):
    """What is left of somebody whose words stay without their name: what their released ids come from."""

    secret: str = Field(repr=False)


class _Entries(Record):
    """``roster.age``, ``contacts.age``, ``kept.age``: each person's record, encrypted again under their data key."""

    entries: dict[str, str]


class _Ids(Record):
    """``participants.age``: which participants there are, those of whom only words stay not told apart."""

    participants: tuple[str, ...]


class RosterStore:
    """The matching table, the contacts and the list of participants.

    ``roster-keys.age`` holds one data key per person and is the only place where they are; ``roster.age``,
    ``contacts.age`` and ``kept.age`` hold the entries under them. Rewriting the first without a person's key erases the
    entry, whatever copies of the others there are.

    Args:
        folder: ``<study>/vault``.
        keyring: Of the acting user.
        forget: Removes what the other stores kept of a person's names for their erasure; the roster comes last.
    """

    name = "roster"

    def __init__(self, folder: Path, keyring: Keyring, *, forget: Callable[[str], None] = lambda _: None) -> None:
        self._forget = forget
        self._folder = folder
        self._keyring = keyring

    def matching(self) -> MatchingTable:
        """Everybody, for matching names; empty before the first import. Raises MissingKey for intake."""
        return MatchingTable(people=tuple(self._people().values()))

    def participant_ids(self) -> list[str]:
        """Ids of everybody in the roster and in ``kept``, in the order of their numbers; every role but ethics may.

        Intake may not know what people chose, and yet record it: so nobody sees here of whom only words stay.
        """
        ids = self._read("participants", "participants", _Ids)
        return list(ids.participants) if ids else []

    def contacts(self) -> list[Contact]:
        """Everybody's contacts; raises MissingKey for all but the investigator."""
        sealed = self._read("contacts", "contacts", _Entries)
        return list(self._opened(sealed, Contact).values()) if sealed else []

    def kept(self) -> dict[ParticipantId, str]:
        """The people of whom only de-identified words stay: participant to 32 new random bytes in hexadecimal.

        Nothing is left to match them by; of the other lists they are in that of ids only. Raises MissingKey for intake.
        """
        sealed = self._read("kept", "roster", _Entries)
        data = self._data_keys()
        if sealed is None or data is None:
            return {}
        bare = _opened(sealed, data.kept, _Bare)
        return {ParticipantId(participant): entry.secret for participant, entry in bare.items()}

    def study_key(self) -> bytes:
        """32 bytes made with the roster, for released ids; raises BadInput before the first import."""
        data = self._data_keys()
        if data is None:
            raise BadInput("this study has no roster yet", hint="Import one with chatham roster import FILE.csv.")
        return bytes.fromhex(data.study_key)

    def import_people(
        self, people: Iterable[Person], contacts: Iterable[Contact] = (), *, chosen: Collection[str] = ()
    ) -> tuple[int, int, int]:
        """Add people and replace those already there; nobody is removed.

        A person keeps secret and pseudonyms from their first import on.

        Args:
            people: Each participant once. Where ``secret`` is not 64 hexadecimal digits, one is drawn.
            contacts: Of the same people; who has none keeps the one from before.
            chosen: Participants whose pseudonym in ``people`` is their own choice and replaces the one before.
        Returns:
            How many were added, changed, unchanged.
        Raises:
            MissingKey: The user is no investigator.
            BadInput: A participant stands there twice.
        """
        listed = list(people)
        with self._locked():
            merged, mail, added, changed = self._compared(listed, contacts, chosen)
            if (
                added or changed or self.participant_ids() != by_number({*merged, *self.kept()})
            ):  # a killed import's last file
                self._save(merged, mail, None)
        return len(added), len(changed), len(listed) - len(added) - len(changed)

    def changed_by(
        self, people: Iterable[Person], contacts: Iterable[Contact] = (), *, chosen: Collection[str] = ()
    ) -> set[str]:
        """Whom ``import_people`` would change, of those who are there; nothing is written."""
        return set(self._compared(list(people), contacts, chosen)[3])

    def _compared(
        self, people: Iterable[Person], contacts: Iterable[Contact], chosen: Collection[str]
    ) -> tuple[dict[str, Person], dict[str, Contact], list[str], list[str]]:
        """Everybody and their contacts as they would be, and who of ``people`` is added and changed."""
        before, known = self._people(), {contact.participant: contact for contact in self.contacts()}
        new = _by_id(people)
        merged = _in_order({**before, **{p: _kept(person, before.get(p), p in chosen) for p, person in new.items()}})
        mail = {**known, **{contact.participant: contact for contact in contacts}}
        mail = {participant: contact for participant, contact in mail.items() if participant in merged}
        added = [p for p in new if p not in before]
        changed = [p for p in new if p in before and (merged[p], mail.get(p)) != (before[p], known.get(p))]
        return merged, mail, added, changed

    def person(self, participant: str) -> Person | None:
        """One entry, or None."""
        return self._people().get(participant)

    def erase(self, participant: str, scope: Scope = EVERYTHING) -> Erased:
        """Destroy the person's data key, then their entries, then the keys that the roster's files were sealed to.

        Nothing where ``scope`` does not reach outside sessions. With ``scope.keep`` a bare entry takes their place.

        Raises:
            MissingKey: The user is no investigator.
        """
        with self._locked():
            erased = self._erase(participant, scope) if scope.whole else self._nothing()
            self._forget(participant)
        return erased

    def forget_outcome(self, participant: str | None, scope: Scope) -> None:
        """Remove what was remembered of an erasure that is done."""
        remove(self._outcome_path(participant, scope))

    def _erase(self, participant: str, scope: Scope) -> Erased:
        path, keystore = self._outcome_path(participant, scope), self._keyring.keystore
        said = read_outcome(path, keystore.identities("roster")) if path.is_file() else None
        if said is None or (said.done and not study_renewing(keystore) and said.erased.after != self._digest()):
            items = self._entries_of(participant, scope)
            if not items:
                return self._nothing()
            keys = tuple(keystore.present_id(name) for name in _ROLES if keystore.has(name))
            erased = self._nothing().model_copy(update={"items": items, "keys": keys})
            said = Outcome(erased=erased, done=False)
            write_outcome(path, said, keystore.recipient("roster"))
        if not said.done:
            said = self._destroy_entry(participant, scope, said, path)
        self._forget(participant)
        seal_study_again(self._folder, keystore)
        finish_study_renewal(keystore)
        return said.erased

    def _destroy_entry(self, participant: str, scope: Scope, begun: Outcome, path: Path) -> Outcome:
        begin_study_renewal(self._keyring.keystore)
        people = {p: person for p, person in self._people().items() if p != participant}
        contacts = {contact.participant: contact for contact in self.contacts() if contact.participant != participant}
        bare = {p: secret for p, secret in self.kept().items() if p != participant or scope.keep}
        if scope.keep:
            bare.setdefault(ParticipantId(participant), secrets.token_hex(32))
        self._save(people, contacts, bare)
        seal_study_again(self._folder, self._keyring.keystore)
        erased = begun.erased.model_copy(update={"after": self._digest()})
        write_outcome(path, said := Outcome(erased=erased), self._keyring.keystore.recipient("roster"))
        return said

    def _entries_of(self, participant: str, scope: Scope) -> int:
        """How many entries of the person an erasure would remove."""
        contacts = {contact.participant for contact in self.contacts()}
        there = [participant in self._people(), participant in contacts]
        going = [participant in self.participant_ids(), participant in self.kept()]
        return sum(there) + (0 if scope.keep else sum(going))

    def _nothing(self) -> Erased:
        lying = self._digest()
        return Erased(store=self.name, items=0, before=lying, after=lying)

    def _digest(self) -> str:
        return digest_files(
            [self._path(file) for file in ("roster-keys", "roster", "contacts", "participants", "kept")]
        )

    def _outcome_path(self, participant: str | None, scope: Scope) -> Path:
        text = f"erased\0{erasure_tag(participant, scope)}".encode()
        return self._path(f"erased.{hmac.new(self._keyring.names_key, text, hashlib.sha256).hexdigest()[:32]}")

    def _save(
        self, people: Mapping[str, Person], contacts: Mapping[str, Contact], bare: Mapping[ParticipantId, str] | None
    ) -> None:
        """Write everything; ``bare`` None leaves those of whom only words stay as they are."""
        data = self._data_keys() or _DataKeys(study_key=secrets.token_hex(32), keys={})
        keys = {participant: data.keys.get(participant) or secrets.token_hex(32) for participant in people}
        kept = {p: data.kept.get(p) or secrets.token_hex(32) for p in (data.kept if bare is None else bare)}
        # Keys first: an entry without its key is gone, and a key without its entry opens nothing.
        self._write("roster-keys", "roster", data.model_copy(update={"keys": keys, "kept": kept}))
        if bare or (bare is not None and self._path("kept").is_file()):
            self._write("kept", "roster", _encrypted({p: _Bare(secret=secret) for p, secret in bare.items()}, kept))
        self._write("roster", "roster", _encrypted(people, keys))
        self._write("contacts", "contacts", _encrypted(contacts, keys))
        self._write("participants", "participants", _Ids(participants=tuple(by_number({*people, *kept}))))

    def _people(self) -> dict[str, Person]:
        sealed = self._read("roster", "roster", _Entries)
        return self._opened(sealed, Person) if sealed else {}

    def _data_keys(self) -> _DataKeys | None:
        return self._read("roster-keys", "roster", _DataKeys)

    def _opened(self, sealed: _Entries, kind: type[R]) -> dict[str, R]:
        data = self._data_keys()
        return _opened(sealed, data.keys if data else {}, kind)

    def _read(self, file: str, key: str, kind: type[R]) -> R | None:
        path = self._path(file)
        if not path.is_file():
            return None
        return self._keyring.keystore.reading(key, lambda keys: read_record(path, {"what": file}, kind, keys))

    def _write(self, file: str, key: str, record: Record) -> None:
        keystore = self._keyring.keystore
        recipient = keystore.recipient(key) if keystore.has(key) else keystore.new_key(key, _ROLES[key])
        write_record(self._path(file), {"what": file}, record, recipient)

    def _locked(self) -> FileLock:
        make_folder(self._folder)
        sweep(self._folder)
        return FileLock(self._folder / ".roster.lock")

    def _path(self, file: str) -> Path:
        return self._folder / f"{file}.age"


def _by_id(people: Iterable[Person]) -> dict[str, Person]:
    listed = list(people)
    new = {person.participant: person for person in listed}
    if len(new) != len(listed):
        raise BadInput("a participant stands in the roster twice", hint="Give each participant one row.")
    return new


def _kept(person: Person, before: Person | None, chosen: bool) -> Person:
    """``person`` with the secret and pseudonyms they already have."""
    if before is None:
        drawn = person.secret if _is_secret(person.secret) else secrets.token_hex(32)
        return person.model_copy(update={"secret": drawn})
    own = person.pseudonym if chosen and person.pseudonym else before.pseudonym or person.pseudonym
    public = before.public_pseudonym or person.public_pseudonym
    return person.model_copy(update={"secret": before.secret, "pseudonym": own, "public_pseudonym": public})


def _is_secret(text: str) -> bool:
    return len(text) == 64 and set(text) <= set("0123456789abcdef")


def _opened(sealed: _Entries, keys: Mapping[str, str], kind: type[R]) -> dict[str, R]:
    """The entries that there is a key for."""
    return _in_order({p: _decrypted(text, keys[p], p, kind) for p, text in sealed.entries.items() if p in keys})


def _encrypted(records: Mapping[str, Record], keys: Mapping[str, str]) -> _Entries:
    return _Entries(entries={p: _under(record, keys[p], p) for p, record in records.items()})


def _under(record: Record, key: str, participant: str) -> str:
    nonce, plain = secrets.token_bytes(12), record.model_dump_json().encode()
    bound = json.dumps([type(record).__name__, participant]).encode()
    return (nonce + ChaCha20Poly1305(bytes.fromhex(key)).encrypt(nonce, plain, bound)).hex()


def _decrypted(text: str, key: str, participant: str, kind: type[R]) -> R:
    sealed, bound = bytes.fromhex(text), json.dumps([kind.__name__, participant]).encode()
    try:
        return parse(ChaCha20Poly1305(bytes.fromhex(key)).decrypt(sealed[:12], sealed[12:], bound), kind)
    except InvalidTag:
        raise CheckFailed(
            "an entry of the roster does not open with its key", hint="Put the vault back from a backup."
        ) from None


def _in_order(people: Mapping[str, R]) -> dict[str, R]:
    return {participant: people[participant] for participant in by_number(people)}
