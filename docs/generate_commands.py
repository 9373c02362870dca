"""Writes docs/reference/commands.md from the command line itself. Run: python docs/generate_commands.py"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it runs from any folder, installed or not

import typer.main  # noqa: E402 - needs the line above

from flows.cli.main import app  # noqa: E402 - needs the line above

PAGE = ROOT / "docs" / "reference" / "commands.md"

HEAD = """\
# Commands

Every command and option of `chatham`, written by `docs/generate_commands.py` from the program itself. In a checkout,
put `uv run` before each command: `uv run chatham doctor`. With `--help` a command explains itself on the screen.

Three options stand with most commands and mean the same everywhere:

* `--study DIR` names the study folder. Without it, the folder in the variable `CHATHAM_STUDY` counts, and without that
  the folder you are in. It may also stand before the command: `chatham --study DIR doctor`.
* `--user NAME` says who is acting. Without it, `CHATHAM_USER` counts, and without that the study's only user.
* `--json` prints the same facts for programs to read.

A command that opens a study needs the acting user's passphrase; [Keep keys safe](../how-to/keep-keys-safe.md) says
where it may come from. What a command gives back to the shell is in [Exit codes](exit-codes.md), what goes into a sheet
in [Sheets](sheets.md).
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command of the program with its full name, such as ``chatham consent show``, groups left out."""
    yield from _under("chatham", typer.main.get_command(app))


def _under(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child_name, child in children.items():
        yield from _under(f"{name} {child_name}", child)


def options_of(command: Any) -> set[str]:
    """The option names a command knows, ``--help`` among them."""
    return {flag for parameter in command.params for flag in _spellings(parameter) if flag.startswith("-")} | {"--help"}


def render() -> str:
    """The whole page, in Markdown."""
    found = list(commands())
    contents = [f"* [`{name}`](#{_anchor(name)}): {_first_sentence(command)}" for name, command in found]
    return "\n".join([HEAD, *contents, "", *(_section(name, command) for name, command in found)])


def _anchor(name: str) -> str:
    return name.replace(" ", "-")


def _first_sentence(command: Any) -> str:
    return str(command.help).partition("\n")[0].strip()


def _section(name: str, command: Any) -> str:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    usage = " ".join([name, *(_argument(one) for one in arguments), *(f"{_flag(one)} ..." for one in _needed(options))])
    lines = [f"## {name}", "", str(command.help).strip(), "", "```", usage, "```", ""]
    if command.params:
        lines += ["| | | needed |", "|---|---|---|"]
        lines += [_row(f"`{_argument(one, bare=True)}`", one) for one in arguments]
        lines += [_row(_flags(one), one) for one in options]
        lines.append("")
    return "\n".join(lines)


def _needed(options: list[Any]) -> list[Any]:
    return [option for option in options if option.required]


def _argument(parameter: Any, *, bare: bool = False) -> str:
    name = str(parameter.metavar or parameter.name.upper()).strip("[]{}.")
    name = name.replace("]...", "").strip("[]")
    if bare:
        return name
    many = "..." if parameter.nargs == -1 else ""
    return f"{name}{many}" if parameter.required else f"[{name}]{many}"


def _flag(parameter: Any) -> str:
    return next(flag for flag in parameter.opts if flag.startswith("--"))


def _flags(parameter: Any) -> str:
    """An option as it is written, with the word that says the contrary where there is one."""
    contrary = next((flag for flag in parameter.secondary_opts if flag.startswith("--")), None)
    return f"`{_flag(parameter)}`, `{contrary}`" if contrary else f"`{_flag(parameter)}`"


def _spellings(parameter: Any) -> list[str]:
    return [*parameter.opts, *parameter.secondary_opts]


def _row(name: str, parameter: Any) -> str:
    needed = "yes" if parameter.required else _default(parameter)
    return f"| {name} | {_escaped(getattr(parameter, 'help', None) or '')} | {needed} |"


def _default(parameter: Any) -> str:
    value = parameter.default
    if value in (None, False, "", ()) or callable(value):
        return "no"
    return f"no; `{value}` if left out"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8", newline="\n")
    print(f"docs/reference/{PAGE.name}")
