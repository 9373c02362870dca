"""The command line as a whole: help, exit codes, where output goes, and Unix habits."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer.core

from flows.cli import main
from flows.cli.main import app
from flows.study import Study
from tests.flows.conftest import NAMES, PASSPHRASE, Chatham

COMMANDS = [
    "init",
    "demo",
    "doctor",
    "user add",
    "user list",
    "user remove",
    "keys recovery",
    "keys remember",
    "keys forget",
    "roster import",
    "roster show",
    "form add",
    "form list",
    "consent import",
    "consent record",
    "consent show",
    "consent history",
    "consent export",
    "consent withdraw",
    "consent undo",
    "consent confirm",
    "consent certificate",
    "session add",
    "session originals",
    "session show",
    "passage mark",
    "ledger verify",
    "ledger checkpoint",
    "ledger prove",
    "ledger receipt",
    "ledger cosign",
    "ledger witness",
    "ledger anchor",
    "ledger continue",
    "incident add",
    "incident list",
    "release make",
    "release sent",
    "release recall",
    "release answer",
    "release bridges",
    "release accept-bridge",
    "release hide-bridge",
    "release diff",
    "release list",
    "coding import",
    "coding export",
    "coding remove",
    "coding list",
    "coding agreement",
    "output add",
    "output list",
    "output done",
    "audit",
    "backup",
    "restore",
    "run",
    "evaluate",
    "retention",
    "transcribe",
    "deidentify",
]
WITH_FACTS = [command for command in COMMANDS if command not in ("init", "demo", "transcribe", "deidentify")]
OF_A_STUDY = WITH_FACTS


def every_command() -> dict[str, typer.core.TyperCommand]:
    root = typer.main.get_command(app)
    found: dict[str, typer.core.TyperCommand] = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}": one for sub, one in inner.items()} if inner else {name: command}
    return found


def test_the_list_of_commands_in_these_tests_is_complete() -> None:
    assert sorted(every_command()) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_each_of_its_options_says_what_it_is_for(command: str, chatham: Chatham) -> None:
    for parameter in every_command()[command].params:
        if parameter.name != "help":
            assert getattr(parameter, "help", None), f"{command}: {parameter.name} has no help"
    said = chatham(*command.split(), "--help")
    assert said.code == 0
    assert said.err == ""
    assert not re.search(r"list\[|<path>|\x1b", said.out.partition("Options:")[2]), "help speaks Python, not words"


GROUPS = [
    "",
    "user",
    "keys",
    "roster",
    "form",
    "consent",
    "session",
    "passage",
    "ledger",
    "incident",
    "release",
    "output",
]


@pytest.mark.parametrize("command", GROUPS)
def test_a_bare_group_lists_its_commands_whole(command: str, chatham: Chatham) -> None:
    said = chatham(*command.split(), "--help")
    assert said.code == 0
    listed = said.out.partition("Commands:")[2]
    assert listed.strip()
    assert "..." not in listed, "a description is cut"


@pytest.mark.parametrize("command", WITH_FACTS)
def test_every_command_that_prints_facts_can_print_them_as_json(command: str) -> None:
    assert "--json" in {option for parameter in every_command()[command].params for option in parameter.opts}


@pytest.mark.parametrize("command", OF_A_STUDY)
def test_every_command_of_a_study_takes_the_study_and_the_user(command: str) -> None:
    options = {option for parameter in every_command()[command].params for option in parameter.opts}
    assert {"--study", "--user"} <= options


@pytest.mark.parametrize(
    "words",
    [
        ["--study", "STUDY", "consent", "show", "P01"],
        ["consent", "--help"],
        ["consent", "show", "--study", "STUDY", "P01"],
        ["consent", "show", "P01", "--study", "STUDY"],
        ["--study", "STUDY", "--user", "ra", "consent", "show", "P01"],
    ],
)
def test_the_study_may_be_named_before_the_command_or_after(words: list[str], study: Study, chatham: Chatham) -> None:
    named = [str(study.folder) if word == "STUDY" else word for word in words]
    user = [] if "--user" in words or "--help" in words else ["--user", "pi"]
    assert chatham(*named, *user).code == 0


def test_the_study_is_the_current_folder_where_nothing_else_is_said(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.folder)
    assert chatham("consent", "show", "P01", "--user", "pi").code == 0


def test_an_option_before_the_command_does_not_stick_to_the_next_call(study: Study, chatham: Chatham) -> None:
    assert chatham("--study", study.folder, "--user", "pi", "consent", "show", "P01").code == 0
    said = chatham("consent", "show", "P01")
    assert said.code == 2
    assert "no Chatham study" in said.err


@pytest.mark.parametrize(
    "words",
    [
        ["consent", "show", "P01"],
        ["consent", "history", "P01"],
        ["consent", "record", "P01", "--level", "unnamed"],
        ["consent", "record", "P01", "--level", "unnamed", "--preview"],
        ["consent", "withdraw", "P02", "--data", "stop"],
        ["consent", "withdraw", "P02", "--data", "erase", "--preview"],
        ["passage", "mark", "S1", "--from", "0:01", "--to", "0:02", "--as", "not_mine"],
    ],
)
def test_json_is_all_there_is_on_standard_output(words: list[str], study: Study, chatham: Chatham) -> None:
    said = chatham(*words, "--json", study=study.folder)
    assert said.code == 0, said.err
    assert json.loads(said.out)
    assert said.err == ""


def test_json_of_a_command_that_fails_prints_nothing_on_standard_output(study: Study, chatham: Chatham) -> None:
    said = chatham("consent", "show", "P77", "--json", study=study.folder)
    assert (said.code, said.out) == (3, "")


def test_consent_show_gives_the_facts_other_programs_read(study: Study, chatham: Chatham) -> None:
    shown = json.loads(chatham("consent", "show", "P01", "--json", study=study.folder).out)
    assert list(shown) == ["participant", "use", "reach", "state", "level", "organisation", "permissions", "events"]
    assert (shown["participant"], shown["use"], shown["reach"], shown["state"]) == (
        "P01",
        "analysis",
        "study",
        "consented",
    )
    assert shown["level"] == "named"
    assert shown["permissions"]["analyse"] == "yes"


def test_times_in_json_are_iso_8601_with_their_zone(study: Study, chatham: Chatham) -> None:
    said = chatham("consent", "withdraw", "P02", "--data", "erase", "--json", study=study.folder)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", json.loads(said.out)["destroy_on"])


def test_no_output_of_a_command_is_coloured(study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    for words in (["consent", "show", "P01"], ["consent", "show", "P77"], ["consent", "show"], ["--help"]):
        said = chatham(*words, study=study.folder)
        assert "\x1b" not in said.out + said.err


def test_what_goes_wrong_inside_is_told_without_a_trace_and_without_its_text(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(f"could not say {NAMES['P01']}")

    monkeypatch.setattr("flows.consenting.history_of", fails)
    said = chatham("consent", "history", "P01", study=study.folder)
    lines = said.err.splitlines()
    assert (said.code, len(lines)) == (1, 2)
    assert re.fullmatch(r"chatham: something went wrong inside Chatham: RuntimeError in \w+ line \d+", lines[0])
    assert NAMES["P01"] not in said.err


@pytest.mark.parametrize(("number", "code"), [(28, 9), (122, 9), (13, 3), (30, 3), (5, 1)])
def test_an_error_of_the_system_has_its_own_exit_code(
    number: int, code: int, study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, "told", f"/home/somebody/{NAMES['P01']}.csv")

    monkeypatch.setattr("flows.consenting.history_of", fails)
    said = chatham("consent", "history", "P01", study=study.folder)
    assert said.code == code
    assert len(said.err.splitlines()) == 2
    assert NAMES["P01"] not in said.err


def test_an_interrupted_command_says_so_and_exits_with_130(
    study: Study, chatham: Chatham, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.consenting.history_of", interrupted)
    said = chatham("consent", "history", "P01", study=study.folder)
    assert (said.code, said.out) == (130, "")
    assert said.err.splitlines() == [
        "chatham: stopped; what was finished is kept",
        "  Run the same command again to go on.",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="holds the command where it reads its file, with a named pipe")
def test_ctrl_c_ends_a_command_in_two_lines_and_with_130(study: Study, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sheet.csv")
    environment = {**os.environ, "CHATHAM_STUDY": str(study.folder), "CHATHAM_USER": "pi"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flows.cli.main", "consent", "import", str(tmp_path / "sheet.csv")],
        env={**environment, "CHATHAM_PASSPHRASE": PASSPHRASE},
        stderr=subprocess.PIPE,
        text=True,
        # Where the tests run in the background of a shell, children would inherit that Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    with (tmp_path / "sheet.csv").open("wb"):  # returns once the command has begun to read
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.splitlines() == ["chatham: stopped; what was finished is kept", "  Run the same command again to go on."]


def test_the_module_and_the_command_are_one_program() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "flows.cli.main", "--help"], capture_output=True, text=True, check=False, timeout=60
    )
    assert said.returncode == 0
    assert "Commands:" in said.stdout


def test_files_that_a_command_makes_are_the_owners_alone(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    assert chatham("init", tmp_path / "new", "--title", "T", "--board-approval", "H1").code == 0
    readable = [path for path in (tmp_path / "new").rglob("*") if path.stat().st_mode & 0o077]
    assert readable == []


def test_the_place_of_an_error_is_one_of_our_own_lines() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        assert re.fullmatch(r"test_cli line \d+", main._place(error))
