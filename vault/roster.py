"""The roster: who the participants are, one data key per person, so that destroying the key erases the entry."""

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from filelock import FileLock

from schemas.errors import BadInput, CheckFailed
from schemas.records import Record
from schemas.roster import Contact, MatchingTable, Person
from vault.erasure import Erased
from vault.files import digest_files, make_folder, sweep
from vault.keys import Keyring
from vault.records import R, parse, read_record, write_record

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


class _Entries(Record):
    """``roster.age`` and ``contacts.age``: each person's record, encrypted once more under their data key."""

    entries: dict[str, str]


class _Ids(Record):
    """``participants.age``: which participants there are."""

    participants: tuple[str, ...]


class RosterStore:
    """The matching table, the contacts and the list of participants.

    ``roster-keys.age`` holds one data key per person and is the only place where they are; ``roster.age`` and
    ``contacts.age`` hold the entries under them. Rewriting the first without a person's key erases the entry, whatever
    copies of the others there are.

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
        """Ids of everybody in the roster, in the order of their numbers; every role but ethics may."""
        ids = self._read("participants", "participants", _Ids)
        return list(ids.participants) if ids else []

    def contacts(self) -> list[Contact]:
        """Everybody's contacts; raises MissingKey for all but the investigator."""
        sealed = self._read("contacts", "contacts", _Entries)
        return list(self._opened(sealed, Contact).values()) if sealed else []

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
            if added or changed or self.participant_ids() != list(merged):  # a killed import may lack the last file
                self._save(merged, mail)
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

    def erase(self, participant: str) -> Erased:
        """Destroy the person's data key, then their entries; raises MissingKey for all but the investigator."""
        before = digest_files(self._files())
        with self._locked():
            contacts = {contact.participant: contact for contact in self.contacts()}
            people, ids = self._people(), self.participant_ids()
            there = (participant in people, participant in contacts, participant in ids)
            if any(there):
                people.pop(participant, None)
                contacts.pop(participant, None)
                self._save(_in_order(people), contacts)
            self._forget(participant)
        return Erased(store=self.name, items=sum(there), before=before, after=digest_files(self._files()))

    def _save(self, people: Mapping[str, Person], contacts: Mapping[str, Contact]) -> None:
        data = self._data_keys() or _DataKeys(study_key=secrets.token_hex(32), keys={})
        keys = {participant: data.keys.get(participant) or secrets.token_hex(32) for participant in people}
        # Keys first: an entry without its key is gone, and a key without its entry opens nothing.
        self._write("roster-keys", "roster", data.model_copy(update={"keys": keys}))
        self._write("roster", "roster", _encrypted(people, keys))
        self._write("contacts", "contacts", _encrypted(contacts, keys))
        self._write("participants", "participants", _Ids(participants=tuple(people)))

    def _people(self) -> dict[str, Person]:
        sealed = self._read("roster", "roster", _Entries)
        return self._opened(sealed, Person) if sealed else {}

    def _data_keys(self) -> _DataKeys | None:
        return self._read("roster-keys", "roster", _DataKeys)

    def _opened(self, sealed: _Entries, kind: type[R]) -> dict[str, R]:
        data = self._data_keys()
        keys = data.keys if data else {}
        opened = {p: _decrypted(text, keys[p], p, kind) for p, text in sealed.entries.items() if p in keys}
        return _in_order(opened)

    def _read(self, file: str, key: str, kind: type[R]) -> R | None:
        path = self._path(file)
        if not path.is_file():
            return None
        return read_record(path, {"what": file}, kind, self._keyring.keystore.identity(key))

    def _write(self, file: str, key: str, record: Record) -> None:
        keystore = self._keyring.keystore
        recipient = keystore.recipient(key) if keystore.has(key) else keystore.new_key(key, _ROLES[key])
        write_record(self._path(file), {"what": file}, record, recipient)

    def _locked(self) -> FileLock:
        make_folder(self._folder)
        sweep(self._folder)
        return FileLock(self._folder / ".roster.lock")

    def _files(self) -> list[Path]:
        return [self._path(file) for file in ("roster-keys", "roster", "contacts", "participants")]

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
    return dict(sorted(people.items(), key=lambda item: (int(item[0][1:]), item[0])))
