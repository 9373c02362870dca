"""Writes the table of docs/how-to/users-and-roles.md from flows/roles.py. Run: python docs/generate_roles.py"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from any folder, installed or not

from flows.roles import TABLE  # noqa: E402 - needs the line above
from vault.roles import ROLES  # noqa: E402 - needs the line above

PAGE = ROOT / "docs" / "how-to" / "users-and-roles.md"
BEGIN = "<!-- written by docs/generate_roles.py -->\n"
END = "<!-- end -->\n"


def table() -> str:
    """The table of who may do what, in Markdown."""
    lines = [f"| | {' | '.join(ROLES)} | commands |", "|---" * (len(ROLES) + 2) + "|"]
    for doing in TABLE:
        cells = " | ".join("yes" if role in doing.roles else "no" for role in ROLES)
        words = f"{doing.words} ({doing.note})" if doing.note else doing.words
        lines.append(f"| {words} | {cells} | {', '.join(f'`{command}`' for command in doing.commands) or '-'} |")
    return BEGIN + "\n".join(lines) + "\n" + END


def render() -> str:
    """The whole page with the table put in its place."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + table() + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8", newline="\n")
    print(f"docs/how-to/{PAGE.name}")
