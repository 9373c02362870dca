"""The page on register entries speaks of every kind there is, and of no command that is not there."""

import re

from schemas.ledger import EventKind
from tests.conftest import ROOT
from tests.flows.test_cli import every_command

PAGE = ROOT / "docs" / "reference" / "register-entries.md"


def rows() -> dict[str, str]:
    """Kind to what writes it."""
    found = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(found)


def test_every_kind_of_entry_stands_in_the_table_in_order() -> None:
    assert list(rows()) == list(EventKind)


def test_every_kind_is_written_by_commands_that_are_there_or_by_none_yet() -> None:
    known = {f"`chatham {name}`" for name in every_command()}
    for kind, writers in rows().items():
        assert writers == "not built yet" or set(writers.split(", ")) <= known, kind
