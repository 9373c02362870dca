"""Reads the documentation: its pages, links, headings, code blocks and the commands they mention."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(
    [*DOCS.rglob("*.md"), *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY"))]
)

FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>\w*)\n(?P<code>.*?)^(?P=indent)```$", re.M | re.S)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
SPAN = re.compile(r"(?<!`)`(?P<code>[^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced code block: ``kind`` is the word after the fence, empty where there is none."""

    kind: str
    code: str


def name_of(page: Path) -> str:
    """The page as a person would name it."""
    return page.relative_to(ROOT).as_posix()


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, *kinds: str) -> list[Block]:
    """Fenced blocks of a page, of all kinds where none is named."""
    found = [Block(match["kind"], match["code"]) for match in FENCE.finditer(text_of(page))]
    return [block for block in found if not kinds or block.kind in kinds]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", text_of(page))


def links(page: Path) -> list[str]:
    """Targets of links and pictures that lead to files of this project."""
    targets = [re.sub(r"\s+", "", match["target"]) for match in LINK.finditer(prose(page))]
    return [target for target in targets if "://" not in target and not target.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """The anchors that headings of a page make."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def spans(page: Path) -> list[str]:
    """Code inside sentences, line breaks undone."""
    return [" ".join(match["code"].split()) for match in SPAN.finditer(prose(page))]


def mentioned_commands(page: Path) -> Iterator[str]:
    """Every ``chatham ...`` that a page tells people to type or speaks of."""
    for block in blocks(page, "", "console"):
        for line in block.code.splitlines():
            found = re.search(r"(?:^|&& )(?:\$ )?(?:uv run (?:--extra \S+ )?)?(chatham(?: .*)?)$", line)
            if found and not found[1].startswith("chatham:"):
                yield found[1]
    for span in spans(page):
        found = re.fullmatch(r"(?:uv run )?(chatham(?: .*)?)", span)
        if found:
            yield found[1]


def typed_session(page: Path) -> list[tuple[str, list[str]]]:
    """Commands of the ``console`` blocks in order, each with the lines that are shown below it."""
    told: list[tuple[str, list[str]]] = []
    for block in blocks(page, "console"):
        for line in block.code.splitlines():
            if line.startswith("$ "):
                told.append((line[2:], []))
            else:
                told[-1][1].append(line)
    return told


def missing_lines(shown: list[str], printed: str) -> list[str]:
    """Lines shown on a page for which nothing like them is printed, in their order.

    Numbers, ids and dates do not count, and recognised speech may differ by a letter between machines.
    """
    waiting = [_plain(line) for line in printed.splitlines()]
    missing = []
    for line in shown:
        wanted = _plain(line.removesuffix("..."))
        if not wanted:
            continue
        open_end = line.endswith("...")
        place = next((i for i, found in enumerate(waiting) if _alike(wanted, found, open_end)), None)
        if place is None:
            missing.append(line)
        else:
            waiting = waiting[place + 1 :]
    return missing


def _plain(line: str) -> str:
    return " ".join(re.sub(r"\b[0-9a-f]{12,}\b|\d+(?:-\d+)*", "#", line).split())


def _alike(wanted: str, found: str, open_end: bool) -> bool:
    if open_end:
        return found.startswith(wanted)
    return wanted == found or difflib.SequenceMatcher(None, wanted, found, autojunk=False).ratio() > 0.9
