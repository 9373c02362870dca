"""Every command for every role on a small study: what the table says may be done is done, the rest is refused."""

import runpy
from pathlib import Path

import pytest

from flows import passphrases
from flows.roles import TABLE, require
from flows.study import Study
from flows.users import add_user
from schemas.errors import MissingKey
from tests.conftest import ROOT
from tests.flows.conftest import NAMES, Chatham, contents, make_keys_cheap, open_as
from tests.flows.test_cli import every_command
from vault.roles import ROLES

USER_OF = {"intake": "desk", "assistant": "ra", "investigator": "pi", "ethics": "board"}
WITHOUT_A_STUDY = {"init", "demo", "transcribe", "deidentify", "doctor", "restore"}
"""Commands that open no study with anybody's keys, or look only at what the user may see."""
RUN_ON = "S404"
"""A session that is not there: a run that may be begun says so, and nothing need be transcribed to know it."""

WORDS: dict[str, tuple[str, ...]] = {
    "session add": ("S2", "--start", "2026-03-05T09:00+13:00", "--transcript", "s1.vtt"),
    "consent record": ("P02", "--level", "role"),
    "consent import": ("more.csv",),
    "consent withdraw": ("P02", "--data", "stop"),
    "consent undo": ("P02",),
    "consent confirm": ("P02",),
    "consent certificate": ("P02",),
    "retention": (),
    "roster show": ("P02", "--reason", "to write to them"),
    "session show": ("S1", "--reason", "to correct a name"),
    "session originals": ("S1", "--deleted", "all"),
    "passage mark": ("S1", "--from", "0:01", "--to", "0:02", "--as", "reports:P02"),
    "incident add": ("--what", "A laptop was left behind.", "--at", "2026-03-05T09:00+13:00", "--participant", "P02"),
    "incident list": (),
    "release make": ("paper-1", "--purpose", "analyse"),
    "release sent": ("paper-1", "--to", "A partner"),
    "release recall": ("paper-1",),
    "release answer": ("0a1b2c3d", "--answer", "destroyed"),
    "release diff": ("paper-1", "paper-1"),
    "release list": (),
    "coding import": ("coded.csv",),
    "coding export": ("coded.qdpx",),
    "coding remove": ("--coder", "kim"),
    "coding list": (),
    "coding agreement": (),
    "output add": ("--title", "Ferries at work", "--medium", "paper", "--participant", "P02"),
    "output list": (),
    "output done": ("0a1b2c3d", "--result", "removed"),
    "user list": (),
    "consent show": ("P02",),
    "consent history": ("P02",),
    "consent export": ("P02",),
    "form list": (),
    "form add": ("form2.md", "--version", "v2", "--approval", "H26-0001"),
    "run": (RUN_ON,),
    "evaluate": ("--json",),
    "roster import": ("people.csv",),
    "user add": ("sam", "--role", "intake"),
    "user remove": ("extra",),
    "keys recovery": ("--out", "page.html"),
    "keys remember": (),
    "keys forget": (),
    "audit": ("--out", "report"),
    "release bridges": (),
    "release accept-bridge": ("0a1b2c3d4e5f", "--reason", "an idiom"),
    "release hide-bridge": ("0a1b2c3d4e5f", "--reason", "leads to S1"),
    "backup": ("--list",),
    "ledger verify": (),
    "ledger checkpoint": ("--out", "kept"),
    "ledger prove": ("0", "--out", "proof"),
    "ledger receipt": ("P02",),
    "ledger cosign": ("--out", "cosigned"),
    "ledger witness": ("http://127.0.0.1:9/",),
    "ledger anchor": ("people.csv",),
    "ledger continue": ("--against", "people.csv"),
}
DONE = {
    "consent undo": 2,
    "consent confirm": 2,
    "consent certificate": 2,
    "keys remember": 7,
    "keys forget": 7,
    **dict.fromkeys(
        ("release make", "release sent", "release recall", "release answer", "release diff", "output done"), 2
    ),
    **dict.fromkeys(("coding import", "coding export", "coding remove", "coding agreement"), 2),
    **dict.fromkeys(("release bridges", "release accept-bridge", "release hide-bridge"), 2),
    "run": 2,
    "evaluate": 2,
    "session show": 2,
    "ledger verify": 1,
    "ledger witness": 2,
    "ledger anchor": 3,
    "ledger continue": 3,
}
"""How a command that is allowed ends here, where not with 0."""

FILES = {
    "people.csv": "participant,full_name\nP09,Ondine Larkspur\n",
    "more.csv": "participant,at,event,level\nP01,2026-03-05T10:00+13:00,change,role\n",
    "coded.csv": "session_id,words,code,coder\nS1,about the ferry,Ferry,kim\n",
    "form2.md": "What people sign now.\n",
    "s1.vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nMaribel Quist: We met the council about the ferry.\n",
}


@pytest.fixture
def here(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The study with one more user who may be removed, and what the commands are handed lying in this folder."""
    make_keys_cheap(monkeypatch)
    add_user(study, "extra", role="assistant", participant=None, passphrase=lambda: "not needed here")
    study.publish()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    return study.folder


def test_the_table_says_something_of_every_command_that_opens_a_study() -> None:
    said = [command for doing in TABLE for command in doing.commands]
    assert sorted(said) == sorted(set(every_command()) - WITHOUT_A_STUDY)
    assert sorted(WORDS) == sorted(said)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", WORDS)
def test_what_the_table_allows_is_done_and_everything_else_is_refused(
    command: str, role: str, here: Path, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(passphrases.NEW_VARIABLE, "another four made-up words")
    allowed = role in next(doing.roles for doing in TABLE if command in doing.commands)
    before = contents(here)
    said = chatham(*command.split(), *WORDS[command], study=here, user=USER_OF[role])
    if allowed:
        assert said.code == DONE.get(command, 0), said.err
        return
    assert said.code == 4, said.out + said.err
    message, hint = said.err.splitlines()
    assert message.startswith("chatham: ")
    assert hint.startswith("  Ask ")
    assert not any(name in said.out + said.err for name in NAMES.values())
    assert contents(here) == before, "what is refused changes nothing"


@pytest.mark.parametrize("role", ROLES)
def test_the_one_refusal_follows_the_table(role: str, study: Study) -> None:
    opened = open_as(study.folder, USER_OF[role])
    for doing in TABLE:
        for command in doing.commands:
            if role in doing.roles:
                require(opened, command)
            else:
                with pytest.raises(MissingKey, match=rf"your role \({role}\) may not"):
                    require(opened, command)


@pytest.mark.parametrize("role", ROLES)
def test_checkpoints_are_signed_by_the_roles_that_the_table_says(role: str, study: Study) -> None:
    (doing,) = (one for one in TABLE if one.words == "sign checkpoints")
    signed = open_as(study.folder, USER_OF[role]).publish()
    assert (signed is not None) == (role in doing.roles)


def test_the_page_on_users_and_roles_has_the_table_of_the_code() -> None:
    generated = runpy.run_path(str(ROOT / "docs" / "generate_roles.py"))["table"]()
    page = (ROOT / "docs" / "how-to" / "users-and-roles.md").read_text(encoding="utf-8")
    assert generated in page, "run: python docs/generate_roles.py"
