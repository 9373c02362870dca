"""The documentation is true: links lead somewhere, commands exist, tables match the code, examples run."""

import csv
import io
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from consent.choosing.cells import COLUMNS as CONSENT_COLUMNS
from consent.choosing.cells import REQUIRED as CONSENT_NEEDED
from consent.choosing.forms import parse_form
from flows.evaluation_sheet import COLUMNS, QUESTIONS
from flows.roster_rows import ROSTER_COLUMNS
from flows.settings import StudyConfig, read_config
from schemas.policy import Policy
from tests.acceptance.laboratory import Laboratory, Made
from tests.conftest import ROOT
from tests.docs.pages import (
    DOCS,
    PAGES,
    anchors,
    blocks,
    links,
    mentioned_commands,
    missing_lines,
    name_of,
    prose,
    spans,
    text_of,
    typed_session,
)
from tests.test_house import UNFINISHED

REFERENCE = DOCS / "reference"
TUTORIAL = DOCS / "tutorial" / "demo.md"
GENERATED = {"generate_commands": "commands.md", "generate_exit_codes": "exit-codes.md", "generate_levels": "levels.md"}
OTHER_PROGRAMS_OPTIONS = {"--limit", "--name"}  # of `prefect worker start`
IMAGE_OF_A_SHEET = re.compile(r"^(participant|voice),")

_COMMANDS = runpy.run_path(str(DOCS / "generate_commands.py"))
COMMANDS: dict[str, Any] = dict(_COMMANDS["commands"]())
OPTIONS = {name: _COMMANDS["options_of"](command) for name, command in COMMANDS.items()}
ROOT_OPTIONS = {"--study", "--user", "--help"}

ids = pytest.mark.parametrize("page", PAGES, ids=name_of)


# ---------------------------------------------------------------- links


@ids
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    broken = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_first_one() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
    assert {name_of(page) for page in DOCS.rglob("*.md")} - {name_of(page) for page in seen} == set()


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = set(links(DOCS / "decisions" / "README.md"))
    assert {path.name for path in (DOCS / "decisions").glob("0*.md")} == listed


def test_pictures_hold_their_own_words_for_people_who_cannot_see_them() -> None:
    for picture in (DOCS / "pictures").glob("*.svg"):
        assert "<title" in text_of(picture) and "<desc" in text_of(picture), picture.name


# ---------------------------------------------------------------- commands


@ids
def test_every_command_and_option_that_is_mentioned_exists(page: Path) -> None:
    unknown = [problem for said in mentioned_commands(page) for problem in _problems(said)]
    assert unknown == []


@ids
def test_every_option_mentioned_by_itself_is_one_of_ours(page: Path) -> None:
    known = set().union(*OPTIONS.values(), OTHER_PROGRAMS_OPTIONS)
    said = {span.split()[0].partition("=")[0] for span in spans(page) if span.startswith("--")}
    assert said - known == set()


def test_every_command_is_told_of_outside_the_generated_page() -> None:
    pages = [page for page in PAGES if page.name not in ("commands.md", "CHANGELOG.md")]
    said = {name for page in pages for line in mentioned_commands(page) if (name := _command_of(line))}
    assert set(COMMANDS) - said == set()


def test_the_readme_has_the_two_commands_each_alone_on_its_line() -> None:
    lines = [line for block in blocks(ROOT / "README.md") for line in block.code.splitlines()]
    assert "python -m pip install -q uv && uv run chatham demo" in lines
    assert "python -m pip install -q uv && uv run pytest" in lines


def _command_of(said: str) -> str | None:
    words = [word for word in said.split() if not word.startswith("-")]
    if words[:2] == ["chatham", "release"] and " ".join(words[:3]) not in COMMANDS and len(words) > 2:
        return "chatham release make"  # a name may stand in the place of a command
    return next((name for n in (3, 2) if (name := " ".join(words[:n])) in COMMANDS), None)


def _problems(said: str) -> Iterator[str]:
    words = shlex.split(said.replace("...", ""))
    if words == ["chatham"]:
        return
    if words[1].startswith("--") and words[1] in ROOT_OPTIONS:  # `chatham --study DIR doctor`
        words = [words[0], *words[3:]]
    name = _command_of(" ".join(words))
    if name is None:
        yield f"there is no command `{said}`"
        return
    for word in words:
        option = word.partition("=")[0]
        if option.startswith("--") and option not in OPTIONS[name] | ROOT_OPTIONS:
            yield f"`{name}` has no option {option}"


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("generator", GENERATED)
def test_a_generated_page_is_the_one_its_generator_makes(generator: str) -> None:
    made = runpy.run_path(str(DOCS / f"{generator}.py"))["render"]()
    page = REFERENCE / GENERATED[generator]
    assert text_of(page) == made, f"run: python docs/{generator}.py"


def test_the_sheets_have_the_columns_that_are_listed() -> None:
    assert list(_table("sheets.md", "Roster")) == list(ROSTER_COLUMNS)
    assert list(_table("sheets.md", "Consent sheet")) == list(CONSENT_COLUMNS)
    assert list(_table("sheets.md", "Speakers map")) == ["voice", "participant"]


def test_the_table_of_passages_has_the_columns_that_are_told() -> None:
    page = text_of(DOCS / "how-to" / "measure-what-was-missed.md")
    answered, _, others = page.partition("| column | answer |")[2].partition("The other columns (")
    assert re.findall(r"^\| `(\w+)` \|", answered, re.M) == list(QUESTIONS)
    assert re.findall(r"`(\w+)`", others.partition(")")[0]) == [name for name in COLUMNS if name not in QUESTIONS]


def test_the_columns_that_are_needed_are_said_to_be() -> None:
    for heading, needed in {"Roster": ("participant", "full_name"), "Consent sheet": CONSENT_NEEDED}.items():
        rows = _table("sheets.md", heading)
        assert [column for column, cells in rows.items() if cells[0] == "yes"] == list(needed)


def test_every_setting_is_listed_with_its_default(tmp_path: Path) -> None:
    (tmp_path / "chatham.toml").write_text('title = "T"\n', encoding="utf-8")
    config = read_config(tmp_path)
    listed = {setting: cells[0] for heading in HEADINGS for setting, cells in _table("settings.md", heading).items()}
    policy = {name: getattr(config.policy, name) for name in Policy.model_fields}
    others = {field.name: getattr(config, field.name) for field in fields(StudyConfig) if field.name != "policy"}
    others |= asdict(others.pop("contact"))
    assert set(listed) == set(policy) | set(others)
    for name, default in (policy | others).items():
        assert listed[name] == _written(name, default), name


HEADINGS = ("At the top", "`[models]`", "`[policy]`", "`[retention]`", "`[register]`", "`[contact]`")


def _written(name: str, default: object) -> str:
    if name == "title":
        return "needed"
    if default in ((), {}, ""):
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return '`["en"]`' if default == ("en",) else str(default)
    return f'`"{default}"`' if isinstance(default, str) else f"`{default}`"


def _table(page: str, heading: str) -> dict[str, list[str]]:
    """First cells of the first table under a heading, code marks dropped, to the cells after them."""
    section = re.split(r"^## ", text_of(REFERENCE / page), flags=re.M)
    lines = next(part for part in section if part.startswith(f"{heading}\n")).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    rows: dict[str, list[str]] = {}
    for line in lines[first + 1 :]:
        if not line.startswith("|"):
            break
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[name.strip("`")] = cells
    return rows


# ---------------------------------------------------------------- examples


def _examples() -> list[tuple[str, str, str]]:
    return [(name_of(page), block.kind, block.code) for page in PAGES for block in blocks(page)]


def test_example_settings_are_settings(tmp_path: Path) -> None:
    examples = [code for _, kind, code in _examples() if kind == "toml"]
    for code in examples:
        tomllib.loads(code)
        (tmp_path / "chatham.toml").write_text(f'title = "T"\n{code}', encoding="utf-8")
        read_config(tmp_path)
    assert len(examples) >= 3


def test_example_sheets_have_known_columns_and_full_rows() -> None:
    examples = [code for _, _, code in _examples() if IMAGE_OF_A_SHEET.match(code)]
    for code in examples:
        header, *rows = csv.reader(io.StringIO(code))
        known = next(c for c in (("voice", "participant"), ROSTER_COLUMNS, CONSENT_COLUMNS) if set(header) <= set(c))
        assert known and all(len(row) == len(header) for row in rows), code
    assert len(examples) >= 4


def test_the_example_forms_head_is_read() -> None:
    (head,) = [code for _, kind, code in _examples() if kind == "yaml"]
    form = parse_form(f"{head}\nWhat people sign.\n".encode(), "v1", "en", ["REB-2026-014"])
    assert form.permissions["quote_research"].default == "ask"
    assert form.permissions["ai_services"].asked == "not_asked"


@pytest.mark.models
@pytest.mark.prefect
@pytest.mark.parametrize("page", ["query-the-data-set.md", "who-said-what.md"])
def test_every_query_runs_on_the_demo_and_finds_something(demo: Made, page: str) -> None:
    import duckdb

    queries = [block.code for block in blocks(DOCS / "how-to" / page, "sql")]
    assert queries
    with duckdb.connect(str(demo.study / "warehouse" / "research.duckdb"), read_only=True) as connection:
        empty = [query for query in queries if not connection.execute(query).fetchall()]
    assert empty == []


def test_the_page_for_analysts_works_out_a_dozen_questions() -> None:
    page = text_of(DOCS / "how-to" / "query-the-data-set.md")
    worked = re.findall(r"^\*\*[^*]+\?\*\*\n\n```sql\n(?:.+\n)+```\n\n[A-Z`]", page, re.M)
    assert len(worked) >= 12


# ---------------------------------------------------------------- the tutorial


@pytest.mark.models
@pytest.mark.prefect
@pytest.mark.slow
def test_the_tutorial_runs_as_it_is_told(demo: Made, lab: Laboratory, tmp_path: Path) -> None:
    """Every command in its order, on a copy of the demo; each line that is shown stands in what it prints."""
    shutil.copytree(demo.study, tmp_path / "chatham-demo")
    environment = lab.environment()
    environment.pop("CHATHAM_PASSPHRASE", None)  # the reader gives it, by the tutorial's own command
    (first, shown), *others = typed_session(TUTORIAL)
    assert first == "uv run chatham demo"
    assert missing_lines(shown, demo.done.out) == []
    for command, expected in others:
        printed = _typed(command, environment, tmp_path)
        assert missing_lines(expected, printed) == [], f"{command} printed:\n{printed}"


def test_every_command_of_the_tutorial_is_one_a_person_can_type() -> None:
    commands = [command for command, _ in typed_session(TUTORIAL)]
    assert len(commands) > 8
    assert [c for c in commands if not c.startswith(("uv run chatham ", "uv run python -c ", "export "))] == []


def _typed(command: str, environment: dict[str, str], folder: Path) -> str:
    words = shlex.split(command)
    if words[0] == "export":
        name, _, value = words[1].partition("=")
        environment[name] = value
        return ""
    program = {"chatham": str(Path(sys.executable).with_name("chatham")), "python": sys.executable}[words[2]]
    done = subprocess.run(
        [program, *words[3:]],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# ---------------------------------------------------------------- what the project says of itself


@ids
def test_pages_are_finished(page: Path) -> None:
    assert UNFINISHED.findall(text_of(page)) == []


def test_the_weights_that_ask_for_attribution_have_it() -> None:
    readme = " ".join(prose(ROOT / "README.md").split())
    for words in ("National Design Studio", "CC BY 4.0", "OpenAI", "Systran", "LGPL-LR", "Apache License 2.0"):
        assert words in readme, words


def test_the_demos_passphrase_in_the_pages_is_the_one_it_prints() -> None:
    from flows.demo import PASSPHRASE

    assert f"CHATHAM_PASSPHRASE={PASSPHRASE}" in text_of(TUTORIAL)
