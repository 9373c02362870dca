"""age v1 files under a passphrase (scrypt), as ``age -p`` makes them."""

import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from schemas.errors import BadInput
from vault.age_header import ALONE, Stanza, damaged, decode64, encode64

_LABEL = b"age-encryption.org/v1/scrypt"
_SALT, _FILE_KEY, _TAG = 16, 16, 16
_WORK_FACTOR = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_HIGHEST = 30


@dataclass(frozen=True)
class Passphrase:
    """A passphrase that seals and opens: a recipient and an identity at once. ``repr`` gives nothing away.

    Whoever knows it can also make files, so a file under a passphrase is under that alone.

    Attributes:
        text: As typed, not empty; other age programs compare its UTF-8 bytes, so nothing is made alike here.
        work_factor: Binary logarithm of scrypt's N for files made with it: 18 takes 256 MiB and about a second.
        most: The highest work factor at which a file is opened; each step doubles memory and time.
    Raises:
        BadInput: The passphrase is empty, or the work factor is none.
    """

    text: str = field(repr=False)
    work_factor: int = 18
    most: int = 22

    def __post_init__(self) -> None:
        if not self.text:
            raise BadInput("the passphrase is empty", hint="Choose a passphrase of several words.")
        if not 1 <= self.work_factor <= _HIGHEST:
            raise BadInput(f"a work factor of {self.work_factor} is none", hint=f"Choose one from 1 to {_HIGHEST}.")

    def wrap(self, file_key: bytes) -> Stanza:
        """Seal a file key (16 bytes) under the passphrase."""
        salt = secrets.token_bytes(_SALT)
        body = ChaCha20Poly1305(self._key(salt, self.work_factor)).encrypt(bytes(12), file_key, None)
        return Stanza(ALONE, (encode64(salt).decode(), str(self.work_factor)), body)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key (16 bytes), or None where it is no passphrase's or another one's; raises HeaderDamaged."""
        if stanza.type != ALONE:
            return None
        salt, work_factor = _salt_and_work_factor(stanza)
        if work_factor > self.most:
            raise damaged(f"its passphrase would take a work factor of {work_factor}, more than {self.most}")
        try:
            return ChaCha20Poly1305(self._key(salt, work_factor)).decrypt(bytes(12), stanza.body, None)
        except InvalidTag:
            return None

    def _key(self, salt: bytes, work_factor: int) -> bytes:
        return Scrypt(salt=_LABEL + salt, length=32, n=1 << work_factor, r=8, p=1).derive(self.text.encode())


def _salt_and_work_factor(stanza: Stanza) -> tuple[bytes, int]:
    if len(stanza.arguments) != 2 or len(stanza.body) != _FILE_KEY + _TAG:
        raise damaged("a stanza has the wrong shape")
    salt, work_factor = stanza.arguments
    if not _WORK_FACTOR.fullmatch(work_factor):
        raise damaged("a work factor is not written as a number")
    return decode64(salt.encode(), _SALT), int(work_factor)
