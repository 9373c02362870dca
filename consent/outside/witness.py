"""Asks a witness over HTTP (C2SP tlog-witness) to cosign a checkpoint, and says plainly what it answered.

Nothing here decides whether a cosignature counts: that is the policy's (``consent.outside.anchors``).
"""

import base64
import hashlib
import http.client
import re
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from schemas.errors import BadInput, ChathamError, UsageError

TIMEOUT_S = 20.0
MOST_BYTES = 65_536
"""No answer is longer: a cosignature has 0.2 kB, one of ML-DSA-44 3.3 kB, a cosigned checkpoint all of them."""
MOST_HASHES = 63
"""Lines of a consistency proof that a witness takes."""

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,15})\n?")
_REFUSED = {
    400: "it finds the request malformed",
    401: "it wants to know who asks, which this protocol does not foresee",
    403: "it does not accept this register's signature: its operator may have another key of it",
    404: "it does not know this register: its operator must enter the register's public key first",
    429: "it is asked too often: try again later",
}


@dataclass(frozen=True)
class WitnessAnswer:
    """What a witness answered to ``add-checkpoint``: exactly one of the four."""

    cosignatures: bytes | None = None
    """Signature lines of a note, as they came; not checked yet."""
    known_size: int | None = None
    """The size that it cosigned last, which was not the old size given (409)."""
    inconsistent: bool = False
    """It holds another history than the one shown (422)."""
    refused: str | None = None
    """Why it did not, as the rest of a sentence."""


def request_body(signed: bytes, old_size: int, proof: Sequence[bytes]) -> bytes:
    """The body of ``add-checkpoint``.

    Args:
        signed: The signed checkpoint.
        old_size: Size that the witness cosigned last; 0 where none is known.
        proof: Consistency proof from there, hashes of 32 bytes; empty from size 0.
    Raises:
        BadInput: where the proof is longer than a witness takes.
    """
    if len(proof) > MOST_HASHES:
        raise BadInput("a consistency proof is longer than any register needs", hint="This is a fault of the program.")
    lines = [b"old %d\n" % old_size, *(base64.b64encode(one) + b"\n" for one in proof), b"\n"]
    return b"".join(lines) + signed


def add_checkpoint(
    url: str, signed: bytes, old_size: int, proof: Sequence[bytes], timeout_s: float = TIMEOUT_S
) -> WitnessAnswer:
    """Ask the witness at ``url`` (its submission prefix) to cosign.

    Raises:
        UsageError: where ``url`` is no address of http or https.
        BadInput: where the answer is not one that the protocol knows.
        ChathamError: where the witness could not be reached.
    """
    status, body = _exchange(url, "/add-checkpoint", timeout_s, request_body(signed, old_size, proof))
    return read_answer(status, body)


def read_answer(status: int, body: bytes) -> WitnessAnswer:
    """What an answer to ``add-checkpoint`` means; BadInput where it is none that the protocol knows."""
    if status == 200:
        if not body.startswith("— ".encode()) or not body.endswith(b"\n"):
            raise _strange("its cosignature is not written as one")
        return WitnessAnswer(cosignatures=body)
    if status == 409:
        found = _SIZE.fullmatch(body)
        if found is None:
            raise _strange("it does not say which size it knows")
        return WitnessAnswer(known_size=int(found[1]))
    if status == 422:
        return WitnessAnswer(inconsistent=True)
    if 300 <= status < 400:
        return WitnessAnswer(refused="it points to another address: give that one")
    return WitnessAnswer(refused=_REFUSED.get(status, f"it answered with HTTP status {status}"))


def latest_checkpoint(url: str, origin: str, timeout_s: float = TIMEOUT_S) -> bytes | None:
    """The newest checkpoint of this register that the witness shows, unchecked; None where it shows none.

    Raises:
        UsageError, ChathamError: as ``add_checkpoint``.
    """
    name = hashlib.sha256(origin.encode()).hexdigest()
    status, body = _exchange(url, f"/{name}/checkpoint", timeout_s)
    return body if status == 200 else None


def _exchange(url: str, path: str, timeout_s: float, body: bytes | None = None) -> tuple[int, bytes]:
    """One request and its answer, within ``timeout_s`` for each step and three times that in all."""
    place = _place(url)
    connection = _connect(place, timeout_s)
    try:
        headers = {"Content-Type": "text/plain; charset=utf-8"} if body is not None else {}
        connection.request("GET" if body is None else "POST", place.path.rstrip("/") + path, body, headers)
        answer = connection.getresponse()
        return answer.status, _read(answer, time.monotonic() + 2 * timeout_s)
    except ssl.SSLError:
        raise _unreachable("its certificate is not one that this machine trusts") from None
    except TimeoutError:
        raise _unreachable(f"it did not answer within {timeout_s:g} seconds") from None
    except ConnectionRefusedError:
        raise _unreachable("nothing listens at that address") from None
    except http.client.HTTPException:
        raise _strange("what listens there does not speak HTTP") from None
    except (OSError, ValueError):
        raise _unreachable("the address leads nowhere, or the network is down") from None
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    # Piece by piece: whoever answers one byte a second must not hold the command for a day.
    whole = b""
    while piece := answer.read1(MOST_BYTES):
        whole += piece
        if len(whole) > MOST_BYTES:
            raise _strange("it is far too long")
        if time.monotonic() > until:
            raise TimeoutError
    return whole


def _connect(place: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = place.hostname or ""
    if place.scheme == "https":
        return http.client.HTTPSConnection(host, place.port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, place.port, timeout=timeout_s)


def _place(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        plain = place.scheme in ("http", "https") and place.hostname and (place.port or 1) and url.isprintable()
        if plain and " " not in url and place.username is None and not place.query and not place.fragment:
            return place
    except ValueError:
        pass
    raise UsageError(
        "that is not the address of a witness",
        hint="Give the address its operator names, such as https://witness.example.org",
    )


def _unreachable(why: str) -> ChathamError:
    return ChathamError(
        f"the witness could not be asked: {why}",
        hint="Check the address and the network, then do it again. Nothing was recorded.",
    )


def _strange(what: str) -> BadInput:
    return BadInput(
        f"the answer of the witness cannot be used: {what}",
        hint="Check the address with the witness's operator. Nothing was recorded.",
    )
