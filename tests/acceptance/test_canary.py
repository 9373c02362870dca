"""Random tokens go through everything a study does; afterwards no file, database or message holds one in the clear."""

import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.acceptance.canary import Canary
from tests.acceptance.laboratory import DEMO, Done, Laboratory
from tests.acceptance.reading import rows, said, tables
from tests.acceptance.searching import Hit, Search, plant

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

FAIL_IN_A_TASK = """
import transcription.attribution as room
def fail(intake, *rest):
    raise ValueError(f"this step quotes what it was given: {intake!r} {[c.text for c in intake.cues.cues]} {rest}")
room.attribute = fail
"""

FAIL_IN_THE_FLOW = """
import warehouse.load as room
def fail(path, released, *rest):
    words = [getattr(u, "text", None) for one in released for u in one.redacted.utterances]
    raise RuntimeError(f"this step quotes what it was given: {words} {rest}")
room.build = fail
"""

RESEARCH = "warehouse/research.duckdb"


@dataclass
class Story:
    """A study that went through everything, its world, and what was seen on the way."""

    canary: Canary
    lab: Laboratory
    study: Path
    ended: dict[str, Done] = field(default_factory=dict)
    before_withdrawal: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    passing_files: dict[str, bytes] = field(default_factory=dict)

    def do(self, what: str, *arguments: str | Path) -> Done:
        """Run a command that must end well."""
        done = self.lab.run(*arguments, study=self.study)
        assert done.code == 0, f"{what}: {done.err}"
        self.ended[what] = done
        return done

    def refuse(self, code: int, *arguments: str | Path) -> None:
        """Run a command that must be refused: what is wrong, then, on the last line, what to do."""
        done = self.lab.run(*arguments, study=self.study)
        assert done.code == code, f"{arguments[:2]}: {done.code} {done.err}"
        lines = done.err.splitlines()
        assert any(line.startswith("chatham: ") for line in lines), done.err
        assert lines[-1].startswith("  "), done.err


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Story:
    seed = int(os.environ.get("CHATHAM_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"CHATHAM_SEED={seed}")
    canary = Canary(tmp_path_factory.mktemp("outside") / "handed-in", seed)
    lab = Laboratory(tmp_path_factory.mktemp("canary"), cache, extra={"CHATHAM_PASSPHRASE": canary.passphrase})
    made = Story(canary, lab, lab.root / "study")
    with watching(lab.tmp, made.passing_files):
        take_in(made)
        refuse_everything(made)
        run_failing(made)
        made.do("run", "run", "--json")
        code(made)
        made.before_withdrawal = tables(made.study / RESEARCH)
        made.do("withdraw", "consent", "withdraw", "P04", "--data", "erase")
        assert not (made.study / RESEARCH).exists()
        made.do("run again", "run", "--json")
        for what in (["doctor"], ["consent", "show", "P02"], ["consent", "history", "P04"]):
            made.do(" ".join(what), *what)
    return made


@contextmanager
def watching(folder: Path, seen: dict[str, bytes]) -> Iterator[None]:
    """Keep what passes through a folder while a block runs, short-lived files included as far as they are met."""
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            for path in folder.rglob("*"):
                try:
                    seen[str(path)] = path.read_bytes()[: 1 << 20] if path.is_file() else b""
                except OSError:
                    seen.setdefault(str(path), b"")
            time.sleep(0.02)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def take_in(story: Story) -> None:
    canary = story.canary
    made = story.lab.run("init", story.study, "--title", "A study of canaries", "--board-approval", "REB-1")
    assert made.code == 0, made.err
    form = DEMO / "forms" / "participant-v1.md"
    story.do("form", "form", "add", form, "--version", "v1", "--approval", "REB-1")
    story.do("roster", "roster", "import", canary.roster())
    story.do("consent", "consent", "import", canary.consents())
    story.do("add C1", "session", "add", "C1", "--start", "2026-02-03T10:00+00:00", "--transcript", canary.transcript())
    first, second = canary.tracks()
    tracks = ("--recording", first, "--recording", second)
    story.do("add C2", "session", "add", "C2", "--start", "2026-02-10T10:00+00:00", *tracks)


def refuse_everything(story: Story) -> None:
    canary = story.canary
    gone = canary.folder / f"{canary.file_words['gone']}.m4a"
    story.refuse(3, "roster", "import", canary.wrong_roster())
    story.refuse(3, "roster", "import", canary.headless_roster())
    story.refuse(3, "roster", "import", gone.with_suffix(".csv"))
    story.refuse(3, "consent", "import", gone.with_suffix(".xlsx"))
    story.refuse(3, "consent", "show", canary.wrong[0])
    story.refuse(3, "consent", "import", canary.wrong_consents())
    add = ("session", "add", "C3", "--start", "2026-02-17")
    story.refuse(3, *add, "--recording", gone)
    story.refuse(3, *add, "--recording", canary.no_recording())
    story.refuse(3, *add, "--transcript", canary.broken_transcript())
    story.refuse(3, *add, "--transcript", canary.transcript(), "--speakers", canary.unknown_speakers())
    story.refuse(2, *add, "--transcript", canary.transcript(), "--standing", f"{canary.wrong[2]}=host")
    named = ("session", "add", canary.people["P02"].last, "--start", "2026-02-17")
    story.refuse(2, *named, "--transcript", canary.transcript())


def code(story: Story) -> None:
    """Somebody codes, and names people in what they write; what they bring in wrongly is refused."""
    canary = story.canary
    story.refuse(3, "coding", "import", canary.wrong_codings())
    story.refuse(3, "coding", "import", canary.wrong_project())
    taken = json.loads(story.do("code", "coding", "import", canary.codings(), "--json").out)
    assert (taken["codings"], taken["masked"], sum(taken["unfit"].values())) == (1, 1, 2)
    story.do("run coded", "run", "--json")
    story.do("codes", "coding", "list", "--json")
    story.do("agreement", "coding", "agreement", "--words", "--json")


def run_failing(story: Story) -> None:
    """Three failures in two runs: a damaged recording, a step that fails in a task, and one in the flow itself."""
    audio = next((story.study / "vault" / "sessions").glob("*/audio.t2.age"))
    whole = audio.read_bytes()
    damaged = bytearray(whole)
    damaged[len(damaged) // 2] ^= 1
    audio.write_bytes(damaged)
    story.ended["fails in a task"] = story.lab.run_patched(FAIL_IN_A_TASK, "run", study=story.study)
    assert story.ended["fails in a task"].code != 0
    audio.write_bytes(whole)
    story.ended["fails in the flow"] = story.lab.run_patched(FAIL_IN_THE_FLOW, "run", study=story.study)
    assert story.ended["fails in the flow"].code != 0
    assert "RuntimeError" in story.ended["fails in the flow"].err


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


def outside_the_data_set(hits: set[Hit], released: set[str]) -> list[Hit]:
    """Hits but for released words in the data set's own file."""
    return sorted(hit for hit in hits if not (hit.where.split(",")[0] == RESEARCH and hit.term in released))


def test_no_file_of_study_home_or_temporary_folder_holds_a_token(story: Story, scratch: Path):
    search = Search(story.canary.all_tokens, scratch)
    released = story.canary.released(without=["P04"])
    folders = (story.study, story.lab.home, story.lab.tmp, story.lab.logs)
    assert (story.study / ".prefect" / "prefect.db").is_file()
    assert {folder.name: outside_the_data_set(search.tree(folder), released) for folder in folders} == {
        folder.name: [] for folder in folders
    }


def test_no_message_holds_a_token(story: Story, scratch: Path):
    search = Search(story.canary.all_tokens, scratch)
    assert len(story.lab.written) > 40
    assert [hit for text in story.lab.written for hit in search.text(text, text)] == []


def test_nothing_readable_passes_through_the_temporary_folder(story: Story, scratch: Path):
    search = Search(story.canary.all_tokens, scratch)
    hits = [
        hit for path, data in story.passing_files.items() for hit in search.bytes(path.encode() + b" " + data, path)
    ]
    assert hits == []


def test_the_data_set_holds_what_people_allow_and_nothing_else(story: Story, scratch: Path):
    canary, path = story.canary, story.study / RESEARCH
    everything = json.dumps(tables(path), default=str)
    found = {hit.term for hit in Search(canary.all_tokens, scratch).text(everything, "the data set")}
    assert found <= canary.released(without=["P04"])
    labels = {row["label"] for row in rows(path, "SELECT label FROM speakers")}
    assert labels == {canary.people["P01"].full_name, "Participant"}
    assert any("the budget of the second year" in text for text in said(path))
    [coded] = rows(path, "SELECT code, coder, words FROM quotes WHERE words LIKE 'the budget%'")
    assert coded["code"].count("[PERSON]") >= 3
    assert coded["coder"] == "Coder 1"


def test_before_the_withdrawal_the_data_set_held_more(story: Story, scratch: Path):
    everything = json.dumps(story.before_withdrawal, default=str)
    found = {hit.term for hit in Search(story.canary.all_tokens, scratch).text(everything, "the data set")}
    assert found <= story.canary.released()
    assert story.canary.people["P04"].last in found


def test_the_failures_did_reach_prefects_database(story: Story, scratch: Path):
    """Otherwise the search would prove nothing about failing runs."""
    hits = Search(["StepError", "RuntimeError"], scratch).tree(story.study / ".prefect")
    assert {hit.term for hit in hits} >= {"StepError"}
    assert any("prefect.db: " in hit.where for hit in hits)


def test_a_planted_token_is_found_in_every_kind_of_place(story: Story, scratch: Path, tmp_path: Path):
    planted = story.canary.token()
    search = Search([*story.canary.all_tokens, planted], scratch)
    expected = plant(tmp_path / "planted", planted)
    found = {hit.where for hit in search.tree(tmp_path / "planted") if hit.term == planted}
    assert expected <= found
    assert search.text(f"chatham: {planted} cannot be read", "standard output") == {Hit(planted, "standard output")}


def test_the_files_that_were_handed_in_would_have_been_found(story: Story, scratch: Path):
    """The same search over the files outside: every token is there, so none was lost on the way in."""
    hits = Search(story.canary.all_tokens - {story.canary.passphrase}, scratch).tree(story.canary.folder)
    gone = story.canary.file_words["gone"]
    assert {hit.term for hit in hits} == story.canary.all_tokens - {story.canary.passphrase, gone}
