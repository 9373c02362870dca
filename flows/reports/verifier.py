"""Makes the page that checks a register without a network: one HTML file that any current browser opens from a disk."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from consent.telling import tables
from consent.tlog.note import read_vkeys
from schemas.errors import BadInput

MOST_HASHES = 20_000
"""A page about a larger register leaves the leaf hashes out, and so cannot be shown older seals."""
FINGERPRINT_GROUPS = 8
SCRIPTS = ("telling.js", "sealing.js", "verifier.js", "showing.js")
"""Joined in this order into the page's one script."""


@dataclass(frozen=True)
class VerifierEntry:
    """One entry as the page carries it. Without ``payload`` and ``k_event`` the page counts it as not opened."""

    index: int
    leaf: bytes
    """512 bytes, as in the journal."""
    payload: bytes | None
    """The opened payload's exact bytes."""
    k_event: bytes | None
    """32 bytes."""
    proof: tuple[bytes, ...]
    """Inclusion proof in the tree of the page's checkpoint, 32 bytes each, from the leaf upwards."""


def verifier_page(
    title: str,
    checkpoint: bytes,
    vkeys: str,
    entries: Sequence[VerifierEntry],
    leaf_hashes: Sequence[bytes] | None = None,
) -> str:
    """The page.

    Args:
        title: Its heading, plain text.
        checkpoint: The signed checkpoint that everything is checked against.
        vkeys: The text of ``ledger.vkey``: a key per line.
        entries: In any order; each index once.
        leaf_hashes: All leaf hashes of the checkpoint's tree. With them the page can be shown older seals; they are
            left out where there are more than 20,000.
    Returns:
        HTML that loads nothing. It makes its claims only after it has checked them in the reader's browser.
    Raises:
        BadInput: where an index occurs twice.
    """
    if len({entry.index for entry in entries}) != len(entries):
        raise BadInput("the same entry was given twice for one page", hint="Give each entry once.")
    carried = leaf_hashes if leaf_hashes is not None and len(leaf_hashes) <= MOST_HASHES else None
    data = _as_json(
        {
            "title": title,
            "checkpoint": _base64(checkpoint),
            "vkeys": vkeys,
            "hashes": None if carried is None else _base64(b"".join(carried)),
            "entries": [_entry(entry) for entry in sorted(entries, key=lambda entry: entry.index)],
        }
    )
    return _page(title, _script(data), data)


def key_fingerprint(vkeys: str) -> str:
    """What a printed seal shows of the register's keys: 8 groups of 4 hexadecimal digits (128 bits of a SHA-256).

    Args:
        vkeys: The text of ``ledger.vkey``. The newest key of either kind counts, which is the first; what the register
            had before does not.
    Raises:
        BadInput: where a line of it is no key.
    """
    newest: dict[int, str] = {}
    for key in read_vkeys(vkeys.encode()):
        newest.setdefault(key.kind, f"{key}\n")
    digits = hashlib.sha256("".join(newest[kind] for kind in sorted(newest)).encode()).hexdigest()
    return " ".join(re.findall("....", digits)[:FINGERPRINT_GROUPS])


def _script(data: str) -> str:
    """The page's one script, with the word tables and the digest of its data: an altered script does not run at all."""
    digest = hashlib.sha256(data.encode()).hexdigest()
    script = "'use strict';\n" + "\n".join(map(_part, SCRIPTS))
    return script.replace('"TABLES"', _as_json(tables()), 1).replace('"DATA_SHA256"', _as_json(digest), 1)


def _page(title: str, script: str, data: str) -> str:
    style = re.search("<style>(.*?)</style>", _part("verifier.html"), re.DOTALL)
    blanks = {
        "{{title}}": html.escape(title),
        "{{script-hash}}": _source_hash(script),
        "{{style-hash}}": _source_hash(style[1] if style else ""),
        "{{data}}": data,
        "{{script}}": script,
    }
    # One pass, so that what was filled in is never taken for a blank.
    return re.sub("|".join(map(re.escape, blanks)), lambda blank: blanks[blank[0]], _part("verifier.html"))


def _source_hash(source: str) -> str:
    """As a Content-Security-Policy names the one script or style it lets through."""
    return f"sha256-{_base64(hashlib.sha256(source.encode()).digest())}"


def _entry(entry: VerifierEntry) -> dict[str, Any]:
    return {
        "index": entry.index,
        "leaf": _base64(entry.leaf),
        "payload": None if entry.payload is None else _base64(entry.payload),
        "key": None if entry.k_event is None else _base64(entry.k_event),
        "proof": _base64(b"".join(entry.proof)),
    }


def _as_json(value: Any) -> str:
    """JSON that may stand inside a script element: nothing in it can end the element or begin a comment."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _part(name: str) -> str:
    return resources.files("flows.reports").joinpath(name).read_text(encoding="utf-8")
