"""The page that checks a register without a network, as it is made; what it does in a browser is tried elsewhere."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from consent.telling import tables, tell
from consent.tlog.checkpoint import check_checkpoint
from consent.tlog.note import read_vkeys
from flows.reports.verifier import SCRIPTS, key_fingerprint, verifier_page
from schemas.errors import BadInput
from tests.flows.registers import SmallRegister, random_events

REPORTS = Path(__file__).parents[2] / "flows" / "reports"


@pytest.fixture(scope="module")
def register() -> SmallRegister:
    return SmallRegister(random_events(30, seed=4))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    read: dict[str, Any] = json.loads(found[1])
    return read


def test_the_page_lets_only_its_own_script_and_style_run(register: SmallRegister) -> None:
    page = register.page()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == rules["connect-src"] == rules["img-src"] == rules["form-action"] == "'none'"
    for name, source in (("script-src", r"<script>(.*?)</script>"), ("style-src", r"<style>(.*?)</style>")):
        (only,) = re.findall(source, page, re.DOTALL)
        assert rules[name] == f"'sha256-{base64.b64encode(hashlib.sha256(only.encode()).digest()).decode()}'"


def test_the_page_names_nothing_to_load(register: SmallRegister) -> None:
    page = re.sub(r'<script id="data".*?</script>', "", register.page(), flags=re.DOTALL)
    assert not re.search(r"""\b(?:src|href|srcset|action|poster)\s*=|url\(|@import|https?://|fetch\(|import\(""", page)


def test_nothing_in_title_or_data_ends_the_element_it_stands_in(register: SmallRegister) -> None:
    title = "</title></script><script>alert(1)</script>{{script}}"
    page = verifier_page(title, register.seal(), "</script><!--\n", register.carried(), register.hashes)
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page
    assert data_of(page)["title"] == title


def test_the_page_holds_what_was_given_it(register: SmallRegister) -> None:
    data = data_of(register.page([7, 3], shut=frozenset({7})))
    assert [entry["index"] for entry in data["entries"]] == [3, 7]
    assert data["entries"][1]["payload"] is None
    assert (
        check_checkpoint(base64.b64decode(data["checkpoint"]), read_vkeys(data["vkeys"].encode())).checkpoint.size == 30
    )
    assert len(base64.b64decode(data["hashes"])) == 30 * 32


def test_a_large_register_is_not_listed(register: SmallRegister) -> None:
    page = verifier_page("t", register.seal(), register.vkeys, [], [bytes(32)] * 20_001)
    assert data_of(page)["hashes"] is None


def test_an_entry_may_stand_in_it_once(register: SmallRegister) -> None:
    with pytest.raises(BadInput, match="the same entry was given twice"):
        register.page([1, 2, 1])


def test_a_fingerprint_is_of_the_newest_keys() -> None:
    one, other = SmallRegister([]), SmallRegister([], key=1)
    groups = key_fingerprint(one.vkeys)
    assert re.fullmatch("(?:[0-9a-f]{4} ){7}[0-9a-f]{4}", groups)
    assert key_fingerprint(one.vkeys + other.vkeys) == groups
    assert key_fingerprint(other.vkeys + one.vkeys) == key_fingerprint(other.vkeys) != groups
    with pytest.raises(BadInput, match="verifier key"):
        key_fingerprint("no key")


@pytest.mark.skipif(
    shutil.which("node") is None, reason="node is not installed: the page's sentences were not tried in it"
)
def test_the_script_tells_what_the_program_tells(tmp_path: Path) -> None:
    events = random_events(3_000, seed=21)
    script = (REPORTS / "telling.js").read_text(encoding="utf-8").replace('"TABLES"', json.dumps(tables()), 1)
    told = [[event.kind, event.payload] for event in events]
    (tmp_path / "told.json").write_text(json.dumps(told), encoding="ascii")
    print_all = "const all = JSON.parse(require('fs').readFileSync('told.json', 'utf-8'));\n"
    print_all += "process.stdout.write(JSON.stringify(all.map(([kind, payload]) => tell(kind, payload))));\n"
    (tmp_path / "run.js").write_text(f"'use strict';\n{script}\n{print_all}", encoding="utf-8")
    done = subprocess.run(["node", "run.js"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [tell(event.kind, event.payload) for event in events]


def test_every_part_of_the_page_is_a_file_of_its_own() -> None:
    assert {file.name for file in REPORTS.glob("*.js")} == set(SCRIPTS)
