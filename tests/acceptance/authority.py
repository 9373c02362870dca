"""A throwaway time stamp authority of OpenSSL's: a root certificate, an authority under it, replies to requests."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.foreign import program

SETTINGS = """\
[ req ]
distinguished_name = dn
prompt = no
[ dn ]
CN = Throwaway
[ root ]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[ stamper ]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ tsa ]
default_tsa = it
[ it ]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
certs = ca.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
tsa_name = yes
ordering = no
ess_cert_id_chain = no
"""


@dataclass(frozen=True)
class Authority:
    """One in ``folder``; ``ca`` is the certificate of its root."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def stamp(self, file: Path, reply: Path, digest: str = "sha256") -> None:
        """The reply to a request over ``file``, written to ``reply``."""
        asked = self.folder / "request.tsq"
        self._run("ts", "-query", "-data", file, f"-{digest}", "-cert", "-out", asked)
        self._run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", asked, "-out", reply)

    def verifies(self, file: Path, reply: Path) -> bool:
        """Whether OpenSSL accepts ``reply`` as a time stamp of ``file``."""
        told = ("ts", "-verify", "-data", file, "-in", reply, "-CAfile", self.ca)
        done = subprocess.run([program("openssl"), *told], cwd=self.folder, capture_output=True, timeout=60)
        return done.returncode == 0

    def _run(self, *words: str | Path) -> None:
        done = subprocess.run([program("openssl"), *words], cwd=self.folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


def authority(folder: Path) -> Authority:
    """Make an authority in ``folder``; the test is skipped where there is no OpenSSL."""
    program("openssl")
    folder.mkdir(parents=True)
    (folder / "tsa.cnf").write_text(SETTINGS, encoding="ascii")
    (folder / "serial").write_text("01\n", encoding="ascii")
    made = Authority(folder)
    settings = ("-config", "tsa.cnf", "-nodes", "-newkey")
    root = ("-x509", "-days", "30", "-subj", "/CN=Throwaway root", "-extensions", "root")
    made._run("req", *root, *settings, "rsa:2048", "-keyout", "ca.key", "-out", "ca.pem")
    made._run("req", *settings, "rsa:2048", "-subj", "/CN=Throwaway authority", "-keyout", "tsa.key", "-out", "tsa.csr")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30")
    made._run(
        "x509", "-req", "-in", "tsa.csr", *signed, "-extfile", "tsa.cnf", "-extensions", "stamper", "-out", "tsa.pem"
    )
    return made
