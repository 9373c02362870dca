"""The page that checks a register without a network, in a real browser: true copies, altered copies, older browsers."""

import base64
import json
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consent.telling import tell
from flows.reports.verifier import key_fingerprint, verifier_page
from tests.acceptance.foreign import ForeignPython
from tests.flows.registers import ORIGIN, SmallRegister, random_events

DRIVER = Path(__file__).with_name("browser.py")
SIZES = (1, 2, 255, 256, 257, 512, 513)
COPIES = 4
"""Altered copies for each part."""
LIMIT_S = 300

PICTURE = "http://127.0.0.1:9/picture"
GREEDY = f"""<body data-done="yes"><p id="verdict" class="none"></p><p id="seal"></p><p id="groups"></p>
<img src="{PICTURE}">"""

CUT = "\n\n— somebody/else AAAAAAAAAAA=\n".encode()

Browse = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("chromium is not installed on this machine: the page was not tried in a real browser")
    return found


@pytest.fixture(scope="module")
def net_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("net") / "log.json"


@pytest.fixture(scope="module")
def browse(
    chromium: str,
    foreign_python: ForeignPython,
    net_log: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Browse:
    """(visits) -> what each page showed. A visit's ``page`` is the page's text."""
    python = foreign_python("playwright")

    def go(visits: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        folder = tmp_path_factory.mktemp("pages")
        jobs = []
        for number, visit in enumerate(visits):
            file = folder / f"{number}.html"
            file.write_text(visit["page"], encoding="utf-8")
            jobs.append({**visit, "page": str(file)})
        job = json.dumps({"chromium": chromium, "net_log": str(net_log), "visits": jobs})
        done = subprocess.run([python, DRIVER], input=job, capture_output=True, text=True, timeout=LIMIT_S)
        assert done.returncode == 0, done.stderr
        seen: list[dict[str, Any]] = json.loads(done.stdout)
        for number, one in enumerate(seen):
            assert one["requests"] == [f"file://{folder}/{number}.html", *visits[number].get("asks", [])]
        return seen

    return go


@pytest.fixture(scope="module")
def register() -> SmallRegister:
    return SmallRegister(random_events(40, seed=3))


def asked_by_pages(net_log: Path) -> set[str]:
    """What pages asked for, as Chromium's own record of its network has it. Its own errands have no origin."""
    events = json.loads(net_log.read_text(encoding="utf-8"))["events"]
    asked = [event["params"] for event in events if {"url", "initiator"} <= event.get("params", {}).keys()]
    return {request["url"] for request in asked if request["initiator"] != "not an origin"}


def swapped(seal: bytes) -> bytes:
    """The same seal, its first signature with another bit."""
    text, lines = seal.decode().split("\n\n")
    first, rest = lines.split("\n", 1)
    name, signature = first.rsplit(" ", 1)
    raw = bytearray(base64.b64decode(signature))
    raw[20] ^= 1
    return f"{text}\n\n{name} {base64.b64encode(raw).decode()}\n{rest}".encode()


def test_a_true_page_is_found_good_at_every_size_and_no_request_leaves(browse: Browse, net_log: Path) -> None:
    registers = [SmallRegister(random_events(size, seed=size)) for size in SIZES]
    pages = [register.page(shut=frozenset(range(1, len(register.events), 3))) for register in registers]
    *seen, _ = browse([*({"page": page} for page in pages), {"page": GREEDY, "asks": [PICTURE]}])
    for size, one in zip(SIZES, seen, strict=True):
        shut = len(range(1, size, 3))
        noun = "entry" if size == 1 else "entries"
        assert one["tone"] == "good", one["verdict"]
        assert f"{size} {noun}, {size - shut} opened here, {shut} not opened." in one["verdict"]
        assert "21 November 2026, 20:51 (UTC)" in one["seal"]
        assert [line for line in one["checked"] if "post-quantum" in line]
        assert one["troubles"] == []
    # The last page did ask for something, which shows that a request would have been seen.
    assert asked_by_pages(net_log) == {PICTURE}


def test_a_page_of_some_entries_of_a_large_register_is_found_good(browse: Browse) -> None:
    register = SmallRegister(random_events(65_537, seed=4))
    (seen,) = browse([{"page": register.page([0, 1, 255, 256, 257, 65_535, 65_536])}])
    assert seen["tone"] == "good", seen["verdict"]
    assert "65,537 entries, 7 opened here, 65,530 not opened." in seen["verdict"]
    assert seen["troubles"] == []


def test_the_page_tells_every_entry_in_the_words_of_the_program(browse: Browse) -> None:
    events = random_events(600, seed=11)
    (seen,) = browse([{"page": SmallRegister(events).page(), "entries": True}])
    assert seen["entries"] == [tell(event.kind, event.payload) for event in events]


def _altered(page: str, start: int, end: int, drawn: random.Random) -> str:
    at = drawn.randrange(start, end)
    letters = [letter for letter in map(chr, range(33, 127)) if letter != page[at]]
    return page[:at] + drawn.choice(letters) + page[at + 1 :]


def _spans(page: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """(part, what the page must name, where it stands) for each part that a byte may be altered in."""
    for name, words in (("checkpoint", "seal"), ("vkeys", "key"), ("hashes", "list of all entries"), ("title", "data")):
        found = re.search(rf'(?<="{name}":")[^"]+', page)
        assert found
        yield name, words, found
    data = re.search(r'(?<=type="application/json">)[^<]+', page)
    assert data
    yield "anywhere", "The data of this page", data
    for entry in re.finditer(r'\{"index":(\d+).*?\}', page):
        for name in ("leaf", "payload", "key", "proof"):
            found = re.compile(rf'(?<="{name}":")[^"]+').search(page, entry.start(), entry.end())
            assert found
            yield name, f"Entry {entry[1]}:", found


def test_one_byte_altered_anywhere_is_said_where_it_is(browse: Browse, register: SmallRegister) -> None:
    page, drawn = register.page(), random.Random(7)  # noqa: S311 - the same bytes each time
    by_part: dict[str, list[tuple[str, re.Match[str]]]] = {}
    for part, words, found in _spans(page):
        by_part.setdefault(part, []).append((words, found))
    tried = [(part, *drawn.choice(by_part[part])) for part in by_part for _ in range(COPIES)]
    seen = browse([{"page": _altered(page, *found.span(), drawn)} for _, _, found in tried])
    assert len(seen) == 9 * COPIES
    for (part, words, _), one in zip(tried, seen, strict=True):
        assert one["tone"] == "bad", part
        assert words in one["verdict"] or "cannot be read at all" in one["verdict"], (part, one["verdict"])
        assert "Ask whoever gave it to you for a new copy" in one["verdict"]


def test_a_page_with_broken_data_script_or_style_is_never_found_good(browse: Browse, register: SmallRegister) -> None:
    page = register.page()
    unreadable = [page.replace('"entries":[', '"entries":{'), page.replace('{"title"', '{"title', 1)]
    empty = re.sub('(<script id="data"[^>]*>).*?(</script>)', r"\1\2", page)
    one, other, nothing, styled = browse(
        [{"page": copy} for copy in (*unreadable, empty, page.replace("--ink: #22292e", "--ink: #22292f"))]
    )
    for seen in (one, other, nothing):
        assert seen["tone"] == "bad"
        assert "The data of this page cannot be read at all" in seen["verdict"]
    assert styled["tone"] == "bad"
    assert "The look of this page was altered" in styled["verdict"]
    scripts = [page.replace("'use strict'", "'Use strict'"), page.replace("script-src 'sha256-", "script-src 'sha257-")]
    for seen in browse([{"page": copy, "runs": False} for copy in scripts]):
        assert seen["tone"] == "waiting"
        assert "Nothing has been checked yet" in seen["verdict"]
        assert "this page was altered" in seen["verdict"]


def test_a_page_of_another_history_under_the_same_seal_is_refused(browse: Browse, register: SmallRegister) -> None:
    forged = SmallRegister([*register.events[:-1], random_events(1, seed=99)[0]])
    whole = verifier_page("t", register.seal(), register.vkeys, forged.carried(), forged.hashes)
    one = verifier_page("t", register.seal(), register.vkeys, forged.carried([39]))
    twice = re.sub(r'(\{"index":0,.*?\}),\{"index":1,.*?\}', r"\1,\1", register.page())
    seen = browse([{"page": page} for page in (whole, one, twice)])
    assert [one["tone"] for one in seen] == ["bad"] * 3
    assert "The list of all entries does not lead to the dated seal" in seen[0]["verdict"]
    assert "Entry 39:" in seen[1]["verdict"]
    assert "Entry 0: it stands in this page twice." in seen[2]["verdict"]


def test_a_page_made_with_one_false_part_is_refused(browse: Browse, register: SmallRegister) -> None:
    """As by somebody who can make pages, so that nothing but the part itself gives it away."""
    five, six = register.carried([5, 6])
    stranger = SmallRegister(register.events, name="chatham/ffffffffffffffff", key=2)
    entries = {
        "Entry 5: its content, or the key to it, was altered": [
            replace(five, payload=(five.payload or b"").replace(b"{", b'{"a":0,', 1)),
            replace(five, k_event=bytes(32)),
        ],
        "Entry 5: it, or the proof of its place, was altered": [
            replace(five, proof=six.proof),
            replace(five, proof=()),
            replace(five, proof=(*five.proof, bytes(32))),
            replace(six, index=5),
        ],
        "Entry 5: the key of its content is not whole": [replace(five, k_event=bytes(31))],
        "Entry 5: the proof of its place is not whole": [replace(five, proof=(b"short",))],
        "Entry 5: its open part was altered": [replace(five, leaf=five.leaf[:-1])],
        "Entry 45: its number is not one the register has": [replace(five, index=45)],
    }
    seals = {
        "The signature under the dated seal is missing": (register.seal().rsplit(b"\n\n", 1)[0] + CUT, register.vkeys),
        "The second (post-quantum) signature under the dated seal is missing": (
            b"\n".join(register.seal().split(b"\n")[:-2]) + b"\n",
            register.vkeys,
        ),
        "are of two registers": (register.seal(), stranger.vkeys),
        "The signature under the dated seal does not fit": (swapped(register.seal()), register.vkeys),
        "The key of the register is missing": (register.seal(), ""),
    }
    said = [words for words, copies in entries.items() for _ in copies] + list(seals)
    pages = [
        verifier_page("t", register.seal(), register.vkeys, [one]) for copies in entries.values() for one in copies
    ]
    pages += [verifier_page("t", seal, vkeys, [five]) for seal, vkeys in seals.values()]
    for words, seen in zip(said, browse([{"page": page} for page in pages]), strict=True):
        assert seen["tone"] == "bad"
        assert words in seen["verdict"]
        assert "at least one character was altered" not in seen["verdict"]


def test_an_older_seal_is_compared_and_a_fork_is_found(browse: Browse, register: SmallRegister) -> None:
    other = SmallRegister([*register.events[:5], *random_events(30, seed=5)])
    grown = SmallRegister([*register.events, *random_events(2, seed=5)])
    older, fork, same, newer = register.seal(17), other.seal(17), register.seal(), grown.seal()
    altered = older.replace(b"\n17\n", b"\n16\n")
    stranger = older.replace(ORIGIN.encode(), b"chatham/ffffffffffffffff")
    pasted = [seal.decode() for seal in (older, fork, same, newer, altered, stranger)]
    mailed = pasted[0].replace("\n", " \r\n").rstrip()
    (seen,) = browse([{"page": register.page(), "paste": [*pasted, mailed, "no seal", register.seal(0).decode()]}])
    tones = [tone for tone, _ in seen["seals"]]
    assert tones == ["good", "bad", "good", "part", "bad", "bad", "good", "bad", "good"]
    words = [words for _, words in seen["seals"]]
    assert "of the 17 entries it covers, none was changed" in words[0]
    assert "The register was rewritten" in words[1]
    assert "This page is behind" in words[3]
    assert "not signed by this register's key" in words[4]
    assert "that of another register" in words[5]
    assert "not a dated seal" in words[7]


def test_every_older_seal_fits_and_none_of_a_fork_does(browse: Browse) -> None:
    register = SmallRegister(random_events(36, seed=1))
    other = SmallRegister([random_events(1, seed=2)[0], *register.events[1:]])
    pasted = [register.seal(size).decode() for size in range(37)] + [other.seal(size).decode() for size in range(1, 37)]
    (seen,) = browse([{"page": register.page(), "paste": pasted}])
    assert [tone for tone, _ in seen["seals"]] == ["good"] * 37 + ["bad"] * 36


def test_a_register_without_entries_can_be_shown(browse: Browse) -> None:
    (seen,) = browse([{"page": SmallRegister([]).page()}])
    assert seen["tone"] == "good"
    assert "0 entries, 0 opened here, 0 not opened." in seen["verdict"]


def test_a_page_without_the_list_of_entries_says_that_it_cannot_compare(
    browse: Browse, register: SmallRegister
) -> None:
    page = register.page([3, 7], leaf_hashes=None)
    (seen,) = browse([{"page": page, "paste": [register.seal(17).decode()]}])
    assert seen["tone"] == "good"
    assert "40 entries, 2 opened here, 38 not opened." in seen["verdict"]
    assert seen["seals"][0][0] == "part"
    assert "python -m consent.verify" in seen["seals"][0][1]


def test_a_browser_that_lacks_a_method_says_so(browse: Browse, register: SmallRegister) -> None:
    page, old = register.page(), register.seal(17).decode()
    lacks = (["ML-DSA-44"], ["Ed25519"], ["Ed25519", "ML-DSA-44"])
    second, first, both = browse([{"page": page, "lacks": names, "paste": [old]} for names in lacks])
    assert second["tone"] == "good"
    assert [line for line in second["unchecked"] if "cannot check the second (post-quantum) signature" in line]
    assert second["seals"][0][0] == "good"
    for seen in (first, both):
        assert seen["tone"] == "part"
        assert "Not fully checked" in seen["verdict"]
        assert [line for line in seen["unchecked"] if "the seal's signature could not be checked" in line]
        assert seen["seals"][0][0] == "part"
    assert "whose date could not be checked" in both["seal"]


def test_the_key_is_compared_with_what_was_printed(browse: Browse, register: SmallRegister) -> None:
    printed = key_fingerprint(register.vkeys)
    keys = [printed, printed.upper().replace(" ", "-"), printed[:-1], "0000 " + printed[5:], register.vkeys]
    (seen,) = browse([{"page": register.page(), "keys": keys}])
    assert seen["groups"] == printed
    assert [tone for tone, _ in seen["keys"]] == ["good", "good", "bad", "bad", "good"]


def test_a_page_after_a_change_of_keys_still_knows_older_seals(browse: Browse, register: SmallRegister) -> None:
    new = SmallRegister(register.events, key=1)
    vkeys = new.vkeys + register.vkeys
    true = verifier_page("t", new.seal(), vkeys, new.carried(), new.hashes)
    late = verifier_page("t", register.seal(), vkeys, new.carried(), new.hashes)
    keys = [key_fingerprint(new.vkeys), key_fingerprint(register.vkeys)]
    old = register.seal(17).decode()
    seen, refused = browse(
        [{"page": true, "keys": keys, "paste": [old, swapped(old.encode()).decode()]}, {"page": late}]
    )
    assert seen["tone"] == "good"
    assert [tone for tone, _ in seen["keys"]] == ["good", "part"]
    assert [tone for tone, _ in seen["seals"]] == ["good", "bad"]
    assert "signed with an earlier key" in seen["seals"][0][1]
    assert refused["tone"] == "bad"
    assert "The signature under the dated seal is missing" in refused["verdict"]


def test_entries_about_one_person_can_be_picked_out(browse: Browse, register: SmallRegister) -> None:
    (seen,) = browse([{"page": register.page(), "who": "p01"}])
    about = [event for event in register.events if '"P01"' in json.dumps(event.payload)]
    assert seen["shown"] == [tell(event.kind, event.payload) for event in about]
    assert f"{len(about)} entries of 40 in this page: about P01." in seen["hits"]


def test_the_page_speaks_in_a_browser_that_is_only_asked_for_its_text(
    chromium: str, register: SmallRegister, tmp_path: Path
) -> None:
    page = register.page()
    for copy, words in (
        (page, "Checked: everything shown here fits"),
        (page.replace('"leaf":"e', '"leaf":"f', 1), "Wrong:"),
    ):
        (tmp_path / "page.html").write_text(copy, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-background-networking", "--virtual-time-budget=20000"]
        command = [
            chromium,
            *flags,
            f"--user-data-dir={tmp_path}/profile",
            "--dump-dom",
            f"file://{tmp_path}/page.html",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
        assert words in done.stdout
