"""The printed recovery key: made like any user, printed once, and the way in again for who lost a passphrase."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consent.publish import log_vkeys
from flows import passphrases
from flows.consenting import Said, record_one
from flows.recovery import make_recovery
from flows.reports.pdf import to_pdf
from flows.reports.recovery_page import grouped, recovery_document
from flows.study import Study
from flows.users import add_user, list_users, people_of, remove_user
from schemas.errors import BadInput, DiskFull, MissingKey, UsageError
from schemas.ledger import EventKind
from tests.flows.conftest import PASSPHRASE, USERS, Chatham, contents, make_keys_cheap, open_as
from tests.vault.test_users import Killed, killed_after
from vault.age import Identity
from vault.keys import unlock
from vault.recovery import RECOVERY, RecoveryKey, recovery_identity, recovery_recipient

NEW = "another four made-up words"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    make_keys_cheap(monkeypatch)
    monkeypatch.setattr(passphrases, "_remembered", {})
    yield


def read_page(page: Path) -> str:
    """The key on a page, as a person would copy it."""
    text = page.read_text(encoding="utf-8")
    return text.split('<pre class="large">')[1].split("</pre>")[0]


def test_the_register_is_told_before_the_key_counts(study: Study) -> None:
    made = make_recovery(study, None)
    newest = study.ledger.entries()[-1]
    assert newest.kind is EventKind.ROTATE_KEY
    assert newest.payload is not None
    assert {name: newest.payload[name] for name in ("action", "name", "roles", "key", "by")} == {
        "action": "added",
        "name": RECOVERY,
        "roles": ["investigator"],
        "key": made.key_id,
        "by": "pi",
    }
    assert made.text not in repr(made)
    assert made.replaced is False
    assert str(recovery_recipient(study.folder / "keys")) == made.recipient


def test_the_recovery_key_is_a_user_and_no_person(study: Study) -> None:
    make_recovery(study, None)
    assert {user.name for user in list_users(study)} == {"pi", *USERS, RECOVERY}
    assert {user.name for user in people_of(study)} == {"pi", *USERS}


def test_who_lost_a_passphrase_is_let_in_again_with_the_printed_key(study: Study) -> None:
    made = make_recovery(study, None)
    assert record_one(study, Said(participant="P02", event="change", level="withheld")).recorded == 1
    acting = Study.open(study.folder, user=RECOVERY, passphrase=made.text.lower())
    remove_user(acting, "pi")
    add_user(acting, "pi", role="investigator", participant=None, passphrase=lambda: NEW)
    again = Study.open(study.folder, user="pi", passphrase=NEW)
    assert again.register().events[-1][1].recorded_by == "pi"
    assert again.table().people
    assert again.sessions()[0].intake().session.session == "S1"
    assert again.publish() is not None


def test_a_new_key_takes_the_place_of_the_one_before(study: Study) -> None:
    study.publish()
    first, before = make_recovery(study, None), log_vkeys(study.consent)
    second = make_recovery(open_as(study.folder, "pi"), None)
    assert (second.replaced, second.text != first.text) == (True, True)
    with pytest.raises(MissingKey, match="passphrase is wrong"):
        Study.open(study.folder, user=RECOVERY, passphrase=first.text)
    assert Study.open(study.folder, user=RECOVERY, passphrase=second.text).table().people
    assert log_vkeys(study.consent)[:2] != before[:2], "who had the first page knew the key that signs the register"
    assert open_as(study.folder, "ra").publish() is not None


@pytest.mark.parametrize("user", ["ra", "desk", "board"])
def test_only_an_investigator_makes_it(user: str, study: Study, tmp_path: Path) -> None:
    before = contents(study.folder)
    with pytest.raises(MissingKey, match=f"your role \\({USERS[user]}\\) may not make and print the recovery key"):
        make_recovery(open_as(study.folder, user), tmp_path / "page.pdf")
    assert contents(study.folder) == before
    assert not (tmp_path / "page.pdf").exists()


def test_the_key_does_not_make_the_next_one_and_a_machine_makes_none(study: Study) -> None:
    made = make_recovery(study, None)
    with pytest.raises(MissingKey, match="does not make the next one"):
        make_recovery(Study.open(study.folder, user=RECOVERY, passphrase=made.text), None)
    add_user(study, "nightly", role="investigator", participant=None, passphrase=lambda: NEW, service=True)
    with pytest.raises(MissingKey, match="a service user never makes a recovery key"):
        make_recovery(Study.open(study.folder, user="nightly", passphrase=NEW), None)


def test_nobody_is_added_under_its_name_or_linked_to_it(study: Study) -> None:
    with pytest.raises(BadInput, match="kept for the printed recovery key"):
        add_user(study, "Recovery", role="intake", participant=None, passphrase=lambda: NEW)
    make_recovery(study, None)
    with pytest.raises(BadInput, match="that user is nobody"):
        add_user(study, RECOVERY, role=None, participant="P01", passphrase=lambda: NEW)


# ---------------------------------------------------------------- the page


@pytest.mark.parametrize("name", ["page.html", "page.pdf"])
def test_the_page_is_its_owners_alone_and_holds_the_key(name: str, study: Study, tmp_path: Path) -> None:
    made = make_recovery(study, tmp_path / name)
    page = tmp_path / name
    assert page.stat().st_mode & 0o077 == 0
    if name.endswith("html"):
        assert recovery_identity(read_page(page)) == recovery_identity(made.text)
        assert "http" not in page.read_text().replace("http-equiv", "")
    elif shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", page, "-"], capture_output=True, text=True, check=True).stdout
        shown = text.split("nowhere.")[1].split("Spaces")[0]
        assert recovery_identity(shown) == recovery_identity(made.text)
        assert "\f" not in text.rstrip("\f\n"), "more than one sheet"


@pytest.mark.skipif(not shutil.which("pdftoppm") or not shutil.which("zbarimg"), reason="prints and reads codes")
def test_a_camera_reads_the_key_off_the_printed_page(study: Study, tmp_path: Path) -> None:
    made = make_recovery(study, tmp_path / "page.pdf")
    subprocess.run(["pdftoppm", "-r", "90", "-png", tmp_path / "page.pdf", tmp_path / "sheet"], check=True)
    (sheet,) = tmp_path.glob("sheet*.png")
    square = ["zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", sheet]
    read = subprocess.run(square, capture_output=True, text=True, check=True).stdout
    assert read.strip() == made.text


@pytest.mark.parametrize("title", ["F", "A study with a long title, " * 6])
def test_the_page_is_one_sheet(title: str) -> None:
    key = RecoveryKey.draw()
    pdf = to_pdf(recovery_document(title, key.text, key.key_id, date(2026, 12, 30)))
    assert pdf.count(b"/Type /Page\n") == 1


def test_the_key_is_shown_in_groups_that_read_back() -> None:
    for _ in range(20):
        key = str(Identity.generate())
        shown = grouped(key)
        assert str(recovery_identity(shown)) == key
        assert max(len(group) for line in shown.splitlines()[1:] for group in line.split()) == 4


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("page.txt", "neither a .pdf nor a .html"),
        ("there.pdf", "already a file of that name"),
        ("no/page.pdf", "the folder of --out is not there"),
        ("study/page.pdf", "would lie in the folder that it opens"),
        ("study/consent/page.pdf", "would lie in the folder that it opens"),
    ],
)
def test_a_page_that_cannot_be_leaves_everything_as_it_is(name: str, wrong: str, study: Study, tmp_path: Path) -> None:
    (tmp_path / "there.pdf").write_text("somebody's")
    before = contents(tmp_path)
    with pytest.raises(UsageError, match=wrong):
        make_recovery(study, tmp_path / name)
    assert contents(tmp_path) == before


def test_a_key_that_could_not_be_recorded_leaves_no_page(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> list[int]:
        raise DiskFull("the disk is full", hint="Make room.")

    keys = contents(study.folder / "keys")
    with monkeypatch.context() as patch, pytest.raises(DiskFull, match="disk is full"):
        patch.setattr(study, "append", full)
        make_recovery(study, tmp_path / "page.pdf")
    assert contents(study.folder / "keys") == keys
    assert not (tmp_path / "page.pdf").exists()


def test_making_that_was_killed_anywhere_can_be_done_again_and_every_key_that_counts_has_its_page(
    study: Study, tmp_path: Path
) -> None:
    make_recovery(study, None)
    shutil.copytree(study.folder, tmp_path / "whole")
    with killed_after(10_000) as done:
        make_recovery(open_as(tmp_path / "whole", "pi"), tmp_path / "whole.html")
    counted = 0
    for writes in range(0, len(done), max(1, len(done) // 12)):
        folder, page = tmp_path / f"after-{writes}", tmp_path / f"page-{writes}.html"
        shutil.copytree(study.folder, folder)
        with killed_after(writes), pytest.raises(Killed, match=r"^$"):
            make_recovery(open_as(folder, "pi"), page)
        opened = open_as(folder, "pi")
        counting = {user.key_id for user in list_users(opened) if user.name == RECOVERY}
        if page.exists() and RecoveryKey(recovery_identity(read_page(page))).key_id in counting:
            counted += 1
            assert unlock(folder / "keys", RECOVERY, read_page(page)).roles == {"investigator"}
        again = make_recovery(opened, tmp_path / f"again-{writes}.html")
        assert Study.open(folder, user=RECOVERY, passphrase=again.text).table().people
        assert open_as(folder, "ra").table().people
        shutil.rmtree(folder)


# ---------------------------------------------------------------- the command


def test_without_a_page_the_key_is_shown_once(study: Study, chatham: Chatham) -> None:
    said = chatham("keys", "recovery", study=study.folder)
    assert (said.code, said.err) == (0, "")
    (line,) = [line for line in said.out.splitlines() if line.startswith("AGE-SECRET-KEY-1") and len(line) > 20]
    assert recovery_identity(said.out.split("\n\n")[1]) == recovery_identity(line)
    listed = chatham("user", "list", study=study.folder, user=RECOVERY, passphrase=line)
    assert listed.code == 0, listed.err
    assert "the printed key" in next(row for row in listed.out.splitlines() if row.startswith(RECOVERY))
    assert not [path for path in study.folder.rglob("*") if path.is_file() and line[16:].encode() in path.read_bytes()]


def test_a_page_is_named_and_the_key_not_said(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    said = chatham("keys", "recovery", "--out", tmp_path / "r.html", "--json", study=study.folder)
    facts = json.loads(said.out)
    assert facts == {
        "user": RECOVERY,
        "key_id": facts["key_id"],
        "public": str(recovery_recipient(study.folder / "keys")),
        "replaced": False,
        "page": str(tmp_path / "r.html"),
    }
    assert "AGE-SECRET" not in said.out + chatham("keys", "recovery", "--out", tmp_path / "r2.pdf").out


def test_a_second_one_says_what_becomes_of_the_first(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    chatham("keys", "recovery", "--out", tmp_path / "r.pdf", study=study.folder)
    said = chatham("keys", "recovery", "--out", tmp_path / "r2.pdf", study=study.folder)
    assert "The earlier page opens nothing new" in said.out
    assert "Give consent/ledger.vkey" in said.out
    shown = json.loads(chatham("keys", "recovery", "--json", study=study.folder).out)
    assert shown["replaced"] is True
    assert recovery_identity(shown["key"])


def test_a_mistyped_key_and_a_lost_passphrase_are_said_plainly(study: Study, chatham: Chatham) -> None:
    lost = chatham("user", "list", study=study.folder, passphrase="not this one")
    assert lost.code == 4
    assert "lost for good: this study has no other investigator and no printed recovery key" in lost.err
    key = json.loads(chatham("keys", "recovery", "--json", study=study.folder).out)["key"]
    lost = chatham("user", "list", study=study.folder, passphrase="not this one")
    assert "the printed recovery key can let you in again" in lost.err
    mistyped = chatham("user", "list", study=study.folder, user=RECOVERY, passphrase=key[:-1])
    assert (mistyped.code, "group by group" in mistyped.err) == (4, True)
    assert key[16:40] not in mistyped.err
    assert PASSPHRASE not in lost.err
