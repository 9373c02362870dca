"""Checks what lies beside the journal: the log's and recorders' keys, form texts, what forms ask, the policy."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm

from consent import recorders
from consent.checks.report import Findings, count, listing
from consent.checks.walk import Walked
from consent.choosing.form_notes import ENDING, read_form_note
from consent.tlog import ml_dsa
from consent.tlog.note import ED25519, ML_DSA_44, VerifyKey, read_vkeys
from consent.tlog.witness_policy import WitnessPolicy, parse_policy
from schemas.errors import BadInput

LOG_KEYS = "ledger.vkey"
_FORM_FILE = re.compile(r"([0-9a-f]{64})\.(md|form)")


def read(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none, or where a link or folder stands in its place."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None


def log_keys(folder: Path, given: Sequence[VerifyKey], findings: Findings) -> tuple[VerifyKey, ...]:
    """The keys in ``ledger.vkey``, once it is sure that those ``given`` are among them; where not, ``given``.

    They stand in pairs, Ed25519 and ML-DSA-44, the newest first: the keys change when somebody leaves who could sign.
    """
    data = read(folder / LOG_KEYS)
    if data is None:
        findings.wrong(f"{LOG_KEYS} is missing", LOG_KEYS)
        return tuple(given)
    try:
        keys = read_vkeys(data)
    except BadInput as error:
        findings.error(error, LOG_KEYS)
        return tuple(given)
    pairs = [ED25519, ML_DSA_44] * (len(keys) // 2)
    if len({key.name for key in keys}) != 1 or [key.kind for key in keys] != pairs or len(set(keys)) < len(keys):
        findings.wrong(f"{LOG_KEYS} does not hold the pairs of keys of one register", LOG_KEYS)
        return tuple(given)
    if not set(given) <= set(keys):
        findings.wrong(_other_register(folder, given), LOG_KEYS)
        return tuple(given)
    return keys


def earlier_keys(before: Path) -> tuple[VerifyKey, ...]:
    """The keys of an earlier name of the register, from its folder in `before/`; none where they cannot be read."""
    try:
        return read_vkeys(read(before / LOG_KEYS) or b"")
    except BadInput:
        return ()


def can_check(key: VerifyKey) -> bool:
    """Whether this computer's cryptography library has the algorithm of ``key``."""
    try:
        if key.kind == ML_DSA_44:
            ml_dsa.public_key(key.public)
    except UnsupportedAlgorithm:
        return False
    except ValueError:
        pass  # a wrong key is for the check of its signatures to say
    return True


def usable(keys: Sequence[VerifyKey], findings: Findings) -> tuple[VerifyKey, ...]:
    """Those of ``keys`` whose signatures this computer's library can check."""
    found = tuple(key for key in keys if can_check(key))
    if len(found) < len(keys):
        findings.not_checked.append(
            "the second signature under each checkpoint (ML-DSA-44): the cryptography library here does not have it"
        )
    return found


def recorder_keys(folder: Path, findings: Findings) -> dict[str, bytes]:
    """The recorders' keys; none where they are not there or cannot be read, which is noted."""
    try:
        return recorders.parse_recorders(read(folder / recorders.NAME) or b"")
    except BadInput as error:
        findings.error(error, recorders.NAME)
        return {}


def check_recorders(keys: Mapping[str, bytes], walked: Walked, findings: Findings) -> None:
    """Say what follows where there are no recorders' keys."""
    if keys or not walked.size or any(one.file == recorders.NAME for one in findings.problems):
        return
    if walked.introduced:
        findings.wrong(f"{recorders.NAME} is missing: nobody can tell who recorded what", recorders.NAME)
        return
    findings.failed.append("Nobody can tell from outside who recorded what: the recorders' keys were never published.")
    findings.not_checked.append(
        f"who recorded the entries: the register is older than {recorders.NAME}, which is not there"
    )


def policy(folder: Path, outside: bytes | None, findings: Findings) -> WitnessPolicy | None:
    """The policy that says whose cosignatures count: the reader's own, otherwise the register's.

    Raises:
        BadInput: where the reader's own is not right.
    """
    inside = read(folder / "policy")
    if outside is not None:
        return parse_policy(outside)
    if inside is None:
        return None
    try:
        return parse_policy(inside)
    except BadInput as error:
        findings.error(error, "policy")
        return None


def check_policy(folder: Path, walked: Walked, findings: Findings) -> None:
    """Hold the file ``policy`` against the newest entry that pins one."""
    data = read(folder / "policy")
    if not walked.policies:
        if data is not None and walked.whole:
            findings.wrong("policy is there, and no entry pins it", "policy")
        return
    digest, index = next(reversed(walked.policies.items()))
    if data is None and _digest(folder / "policy.next") == digest:
        findings.remarks.append("A command was stopped while it made the list of witnesses; the next one ends that.")
    elif data is None:
        findings.wrong(f"policy is missing, and line {index + 1} of the journal pins one", "policy", None, index)
    elif hashlib.sha256(data).hexdigest() != digest and _digest(folder / "policy.next") == digest:
        findings.remarks.append("A command was stopped while it changed the list of witnesses; the next one ends that.")
    elif hashlib.sha256(data).hexdigest() != digest:
        findings.wrong(f"policy is not the one that line {index + 1} of the journal pins", "policy", None, index)
    else:
        findings.checked.append(f"The list of witnesses (policy) is the one that line {index + 1} of the journal pins.")


def _digest(path: Path) -> str | None:
    data = read(path)
    return None if data is None else hashlib.sha256(data).hexdigest()


def check_earlier_policies(folder: Path, walked: Walked, findings: Findings) -> None:
    """Hold the policies kept in `before/` against the entries that pinned them."""
    for path in sorted((folder / "before").glob("[1-9]*/policy")):
        name = path.relative_to(folder).as_posix()
        if walked.whole and hashlib.sha256(path.read_bytes()).hexdigest() not in walked.policies:
            findings.wrong(f"{name} is a policy that no entry pins", name)


def check_forms(folder: Path, walked: Walked, keys: Mapping[str, bytes], findings: Findings) -> None:
    """Hold each form's text against its name and the entries that register forms, and check who wrote what it asks."""
    files = {
        path.name: path
        for path in sorted((folder / "forms").glob("*"))
        if _FORM_FILE.fullmatch(path.name) and path.is_file()
    }
    texts = {name.removesuffix(".md") for name in files if name.endswith(".md")}
    good = sum(_check_text(path, walked, findings) for name, path in files.items() if name.endswith(".md"))
    signed = sum(_check_facts(path, keys, findings) for name, path in files.items() if name.endswith(".form"))
    if good:
        findings.checked.append(f"{count(good, 'consent form text')}: each is the one that an entry pins.")
    if signed:
        findings.checked.append(f"What {count(signed, 'form')} asked: each file is signed by a recorder.")
    if missing := [digest for digest in walked.forms if digest not in texts]:
        findings.failed.append(
            f"{count(len(missing), 'consent form text')} that entries pin and that are not in forms/ "
            f"({listing(digest[:12] for digest in missing)}): nobody can read what was signed."
        )
    asked = {name.removesuffix(ENDING) for name in files if name.endswith(ENDING)}
    if silent := [digest for digest in walked.forms if digest in texts - asked]:
        findings.failed.append(
            f"What {count(len(silent), 'form')} asked is not in forms/ ({listing(digest[:12] for digest in silent)})."
        )


def _check_text(path: Path, walked: Walked, findings: Findings) -> bool:
    name = f"forms/{path.name}"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != path.stem:
        index = walked.forms.get(path.stem)
        findings.wrong(f"{name} is not the text that was registered: its hash is not its name", name, None, index)
        return False
    if digest not in walked.forms and not walked.whole:
        return False  # the entry may be among those that cannot be read
    if digest not in walked.forms:
        findings.remarks.append(f"{name} lies there, and no entry registers it.")
        return False
    return True


def _check_facts(path: Path, keys: Mapping[str, bytes], findings: Findings) -> bool:
    name = f"forms/{path.name}"
    try:
        form = read_form_note(path.read_bytes(), keys)
    except BadInput as error:
        findings.wrong(f"{name} is not right: {error.message}", name)
        return False
    if form.sha256 != path.stem:
        findings.wrong(f"{name} speaks of another form than its name", name)
    return form.sha256 == path.stem


def _other_register(folder: Path, given: Sequence[VerifyKey]) -> str:
    for before in sorted((folder / "before").glob("*")):
        if set(given) & set(earlier_keys(before)):
            return (
                f"the key given is of an earlier name of this register (before/{before.name}): it was begun anew after "
                "entries were lost. Ask why, and ask for the new key"
            )
    return f"{LOG_KEYS} does not hold the key given: this is not the register whose key you have"
