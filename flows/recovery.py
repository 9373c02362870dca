"""Making the recovery key: a page that exists before the key counts, then the register, then a user like any other."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from flows.reports.recovery_page import recovery_document
from flows.roles import refuse_service, require
from flows.settings import utc_now
from flows.study import Study
from flows.users import admit, dismiss, list_users
from schemas.errors import MissingKey, UsageError
from vault.files import sync_folder
from vault.keys import NewUser, unlock
from vault.recovery import RECOVERY, RecoveryKey

FORMATS = (".pdf", ".html")


@dataclass(frozen=True)
class MadeKey:
    """A recovery key that counts.

    Attributes:
        text: ``AGE-SECRET-KEY-1…``; whoever has it opens the study.
        recipient: Its public half, ``age1…``, to which backups are sealed.
        key_id: Of the key with which the user ``recovery`` signs.
        replaced: Whether there was an earlier one, which opens nothing new any more.
    """

    text: str = field(repr=False)
    recipient: str
    key_id: str
    replaced: bool


def make_recovery(study: Study, out: Path | None) -> MadeKey:
    """Draw a recovery key in place of any there was, and let it in as the user ``recovery``.

    The page stands first: stopped in between, there is a page too many, and never a key that nobody has.

    Args:
        out: A page to write, ``.pdf`` or ``.html``, its owner's alone; None: the caller shows the key.
    Raises:
        UsageError: the page cannot be written there. MissingKey: the acting user may not.
    """
    require(study, "keys recovery")
    refuse_service(study, "makes a recovery key")
    if study.keyring.user == RECOVERY:
        raise MissingKey(
            "a recovery key does not make the next one",
            hint="Add an investigator with it first: chatham user add NAME --role investigator --user recovery.",
        )
    key = RecoveryKey.draw()
    with study.lock("users"):
        if out is not None:
            _write_page(study, key, out)
        try:
            return _let_in(study, key)
        except BaseException:
            if out is not None and not _counts(study, key):
                out.unlink()
            raise


def _let_in(study: Study, key: RecoveryKey) -> MadeKey:
    keys = study.folder / "keys"
    replaced = any(user.name == RECOVERY for user in list_users(study))
    if replaced:
        dismiss(study, RECOVERY)
    admit(study, NewUser(keys, study.keyring, RECOVERY, key.text, "investigator", recovery=key.identity))
    unlock(keys, RECOVERY, key.text)  # what is printed opens
    return MadeKey(key.text, key.recipient, key.key_id, replaced)


def _counts(study: Study, key: RecoveryKey) -> bool:
    return any(user.key_id == key.key_id for user in list_users(study))


def _write_page(study: Study, key: RecoveryKey, out: Path) -> None:
    _check_place(study, out)
    document = recovery_document(study.config.title, key.text, key.key_id, utc_now().date())
    if out.suffix == ".pdf":
        from flows.reports.pdf import to_pdf

        data = to_pdf(document, utc_now())
    else:
        from flows.reports.html import to_html

        data = to_html(document).encode("utf-8")
    _write_new(out, data)


def _check_place(study: Study, out: Path) -> None:
    if out.suffix not in FORMATS:
        raise UsageError("--out is neither a .pdf nor a .html file", hint="Name the page recovery.pdf, for example.")
    if not out.parent.is_dir():
        raise UsageError("the folder of --out is not there", hint="Name a page in a folder that is.")
    if out.resolve().is_relative_to(study.folder.resolve()):
        raise UsageError(
            "the page would lie in the folder that it opens", hint="Name a page outside the study's folder."
        )


def _write_new(out: Path, data: bytes) -> None:
    """Write a file that nobody else may read, and that was not there."""
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise UsageError("there is already a file of that name", hint="Name a page that is not there yet.") from None
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
            sink.flush()
            os.fsync(sink.fileno())
        sync_folder(out.parent)
    except BaseException:
        with suppress(OSError):  # the failure that led here is the one to tell
            out.unlink()
        raise
