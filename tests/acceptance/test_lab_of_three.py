"""A lab of three, as its page tells it: every command is typed, by its user, with that user's own passphrase."""

import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.acceptance.laboratory import CHATHAM, ROOT, Done, Laboratory, copied
from tests.docs.pages import DOCS, missing_lines, typed_session

pytestmark = [
    pytest.mark.models,
    pytest.mark.prefect,
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("pdftotext"), reason="the recovery key is read off its printed page"),
]

PAGE = DOCS / "how-to" / "a-lab-of-three.md"
WITHDRAWN = ("Oscar", "Mensah", "Oskar", "Street Lab")


@dataclass
class Lab:
    """Three people and a machine, each of whom knows their own passphrase and nothing else."""

    lab: Laboratory
    folder: Path
    study: Path
    passphrases: dict[str, str] = field(default_factory=dict)
    said: list[tuple[str, Done]] = field(default_factory=list)

    def type(self, command: str) -> Done:
        """A command of the page, typed by its user; the commands of a new user have a new passphrase."""
        words = shlex.split(command)[3:]
        done = self._run(words, self._user(words), self._new(words))
        self.said.append((command, done))
        if done.code == 0 and "--out" in words and words[:2] == ["keys", "recovery"]:
            self.passphrases["recovery"] = printed_key(self.folder / words[words.index("--out") + 1])
        return done

    def ask(self, *words: str, user: str, passphrase: str | None = None) -> Done:
        """A command that is not on the page."""
        return self._run([*words, "--user", user], user, "", passphrase)

    def _run(self, words: list[str], user: str, new: str, passphrase: str | None = None) -> Done:
        env = self.lab.environment(CHATHAM_STUDY=str(self.study), CHATHAM_NEW_PASSPHRASE=new)
        env["CHATHAM_PASSPHRASE"] = passphrase or self.passphrases.setdefault(user, f"four words of {user} alone")
        done = subprocess.run(
            [str(CHATHAM), *words], cwd=self.folder, env=env, capture_output=True, text=True, timeout=420, input=""
        )
        return Done(done.returncode, done.stdout, done.stderr, 0)

    def _user(self, words: list[str]) -> str:
        return words[words.index("--user") + 1] if "--user" in words else "pi"

    def _new(self, words: list[str]) -> str:
        if words[:2] != ["user", "add"]:
            return ""
        again = f", chosen anew after {self.passphrases[words[2]]}" if words[2] in self.passphrases else ""
        self.passphrases[words[2]] = f"four words of {words[2]}{again}"
        return self.passphrases[words[2]]


def printed_key(page: Path) -> str:
    """The key as somebody copies it off the printed page: groups, line breaks and all."""
    text = subprocess.run(["pdftotext", "-layout", page, "-"], capture_output=True, text=True, check=True).stdout
    return "AGE-SECRET-KEY-1" + text.split("AGE-SECRET-KEY-1")[1].split("Spaces")[0]


@pytest.fixture(scope="module")
def lab_of_three(lab: Laboratory, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The page's commands, up to the first that fails; the folder looks like the checkout that the page is typed in."""
    folder = tmp_path_factory.mktemp("three") / "checkout"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    three = Lab(lab, folder, folder.parent / "lab-of-three")
    for command, shown in typed_session(PAGE):
        if command.startswith("export "):
            continue
        done = three.type(command)
        assert done.code == 0, f"{command}\n{done.out}\n{done.err}"
        assert missing_lines(shown, done.out + done.err) == [], f"{command} printed:\n{done.out}{done.err}"
    yield three


def test_every_command_of_the_page_does_what_the_page_says(lab_of_three: Lab) -> None:
    assert len(lab_of_three.said) > 20


def test_one_recorded_it_another_confirmed_it_and_two_signed(lab_of_three: Lab) -> None:
    (path,) = lab_of_three.study.glob("consent/certificates/*.json")
    paper = json.loads(path.read_text(encoding="utf-8"))
    said = paper["certificate"]
    assert (said["recorded_by"], said["confirmed_by"], said["carried_out_by"]) == ("ra", "board", "pi")
    assert said["one_person"] is False
    assert {signature["name"] for signature in paper["signatures"]} == {"pi", "board"}
    assert len({signature["key"] for signature in paper["signatures"]}) == 2


def test_the_person_who_asked_is_in_nothing_that_can_be_read(lab_of_three: Lab) -> None:
    plain = [path for path in lab_of_three.study.rglob("*") if path.is_file()]
    for path in plain:
        data = path.read_bytes()
        assert not [name for name in WITHDRAWN if name.encode() in data], path.relative_to(lab_of_three.study)
    shown = lab_of_three.ask("consent", "show", "P10", "--json", user="ra")
    assert json.loads(shown.out)["state"] == "erased"


def test_the_ethics_officer_opens_no_word_and_no_name(lab_of_three: Lab) -> None:
    for words in (["run"], ["roster", "show", "P08", "--reason", "to see"], ["keys", "recovery"]):
        done = lab_of_three.ask(*words, user="board")
        assert done.code == 4, f"{words}: {done.out}{done.err}"


def test_a_forgotten_passphrase_opens_nothing_and_the_new_one_everything(lab_of_three: Lab) -> None:
    for user in ("ra", "pi"):
        done = lab_of_three.ask("user", "list", user=user, passphrase=f"four words of {user} alone")
        assert (done.code, "the passphrase is wrong" in done.err) == (4, True)
        assert lab_of_three.ask("consent", "show", "P01", user=user).code == 0
    assert "Nothing has changed" in lab_of_three.ask("run", user="ra").err


def test_the_used_page_opens_nothing_and_the_next_one_does(lab_of_three: Lab) -> None:
    used = printed_key(lab_of_three.folder.parent / "recovery.pdf")
    assert lab_of_three.ask("user", "list", user="recovery", passphrase=used).code == 4
    assert lab_of_three.ask("user", "list", user="recovery").code == 0


def test_the_machine_runs_and_neither_records_nor_confirms(lab_of_three: Lab) -> None:
    assert "Nothing has changed" in lab_of_three.ask("run", user="nightly").err
    for words in (["consent", "record", "P01", "--level", "unnamed"], ["consent", "withdraw", "P01", "--data", "stop"]):
        done = lab_of_three.ask(*words, user="nightly")
        assert (done.code, "a service user never" in done.err) == (4, True), done.err


def test_no_secret_of_anybody_is_in_the_study_or_was_said(lab_of_three: Lab) -> None:
    secrets = [text for text in lab_of_three.passphrases.values() if not text.startswith("AGE")]
    secrets += ["".join(printed_key(page).split()) for page in lab_of_three.folder.parent.glob("recovery*.pdf")]
    written = "".join(done.out + done.err for _, done in lab_of_three.said)
    assert not [secret for secret in secrets if secret in written]
    for path in lab_of_three.study.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in data], path.name


def test_who_recorded_a_withdrawal_does_not_confirm_it_nor_does_a_machine_or_a_sheet_of_paper(
    lab_of_three: Lab, tmp_path: Path
) -> None:
    other = replace(lab_of_three, study=copied(lab_of_three.study, tmp_path / "study"))
    assert other.ask("consent", "withdraw", "P02", "--data", "erase", "--destroy-after", "0", user="ra").code == 0
    for user in ("ra", "nightly", "recovery"):
        done = other.ask("consent", "confirm", "P02", user=user)
        assert done.code == 4, f"{user}: {done.out}{done.err}"
    disposed = other.ask("retention", "--dispose", "--json", user="pi")
    assert json.loads(disposed.out)["destroyed"] == [], "nothing goes before a second person says so"
    assert other.ask("consent", "confirm", "P02", user="board").code == 0
