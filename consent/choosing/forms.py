"""Reads what a consent form asks from the YAML at its head; the form's text itself is pinned by its hash."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import yaml

from schemas.consent import ASKABLE, Answer, Form, FormPermission, Level, Organisation, Permission
from schemas.errors import BadInput

CONDITION = FormPermission(asked="condition")
NOT_ASKED = FormPermission(asked="not_asked")


def _choice(default: Answer) -> FormPermission:
    return FormPermission(asked="choice", default=default)


DEFAULTS: dict[Permission, FormPermission] = {
    **dict.fromkeys(Permission, _choice(Answer.NO)),
    Permission.RECORD_AUDIO: _choice(Answer.YES),
    Permission.TRANSCRIBE: CONDITION,
    Permission.ANALYSE: CONDITION,
    Permission.QUOTE_RESEARCH: _choice(Answer.ASK),
    Permission.QUOTE_PRACTICE: _choice(Answer.ASK),
    Permission.AI_SERVICES: NOT_ASKED,
}
"""How a permission is asked where the form's head does not say."""

_HINT = "The head stands between two lines of three hyphens: kind, level, organisation, permissions, retention, ..."


def parse_form(text: bytes, version: str, language: str, approvals: Sequence[str]) -> Form:
    """Read a consent form.

    Args:
        text: The file's bytes, UTF-8; an optional head in YAML between two lines ``---``, then the text people sign.
            The head may hold ``kind`` (participant, team), ``level``, ``organisation``, ``permissions`` (each
            ``condition``, ``choice``, ``choice: yes|ask|no`` or ``not asked``), ``retention``, ``withdraw_until``,
            ``after_that``, ``replaces`` (a version) and ``re_ask`` (yes, no), ``approval_expires`` (one date or a list,
            as the approvals) and ``iso27560`` (a table).
        version: The name that signed forms and spreadsheets use. A version names one text.
        approvals: Approval numbers of the ethics boards.
    Returns:
        The form with the SHA-256 over all of ``text``; what the head leaves out is as in `DEFAULTS`.
    Raises:
        BadInput: not UTF-8, no text, or a head that says something unknown; the message names the line.
    """
    if not approvals:
        raise BadInput("the form has no ethics approval", hint="Give at least one approval number.")
    head, first_line, body = _split(_decoded(text))
    if not body.strip():
        raise BadInput("the form holds no text for people to read", hint="Write the text below the head.")
    found = _Head(head, first_line).read() if head is not None else {}
    expires = found.pop("approval_expires", ())
    return Form(
        version=version,
        sha256=hashlib.sha256(text).hexdigest(),
        language=language,
        approvals=tuple(approvals),
        approval_expires=(*expires, *(None for _ in approvals[len(expires) :])),
        **{"permissions": DEFAULTS, **found},
    )


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
    raise BadInput(f"line {line} of the form is not UTF-8", hint="Save the form as plain text in UTF-8.")


def _split(text: str) -> tuple[str | None, int, str]:
    """The head without its hyphens (None: no head), the number of its first line, and the rest."""
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].strip() != "---":
        return None, 0, text
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            return "".join(lines[1:number]), 2, "".join(lines[number + 1 :])
    raise BadInput("line 1 opens the form's head and nothing closes it", hint=_HINT)


class _Head:
    """Reads the head node by node, so that every fault has its line and a bare ``yes`` stays a word."""

    def __init__(self, head: str, first_line: int) -> None:
        self.head, self.first_line = head, first_line
        self.take: dict[str, tuple[str, Callable[[yaml.Node], Any]]] = {
            "kind": ("kind", lambda node: self._one_of(node, ("participant", "team"))),
            "level": ("level_default", lambda node: Level(self._one_of(node, tuple(Level)))),
            "organisation": (
                "organisation_default",
                lambda node: Organisation(self._one_of(node, tuple(Organisation))),
            ),
            "permissions": ("permissions", self._permissions),
            "retention": ("retention", self._text),
            "withdraw_until": ("withdraw_until", self._text),
            "after_that": ("after_that", self._text),
            "replaces": ("replaces", self._text),
            "re_ask": ("re_ask", lambda node: self._one_of(node, ("yes", "no")) == "yes"),
            "approval_expires": ("approval_expires", self._dates),
            "iso27560": ("iso27560", self._table),
        }

    def read(self) -> dict[str, Any]:
        """The form's fields that the head gives."""
        found: dict[str, Any] = {}
        for key, node in self._pairs(self._composed()):
            name = self._word(key)
            if name not in self.take:
                raise self._fault(key, f"is not one of: {', '.join(self.take)}")
            field, reader = self.take[name]
            if field in found:
                raise self._fault(key, "says the same thing a second time")
            found[field] = reader(node)
        return found

    def _composed(self) -> yaml.Node | None:
        try:
            return yaml.compose(self.head, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = self.first_line + (mark.line if mark is not None else 0)
        except yaml.YAMLError:
            line = self.first_line
        raise BadInput(f"line {line} of the form's head is not YAML", hint=_HINT)

    def _pairs(self, node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
        if node is None:
            return []
        if not isinstance(node, yaml.MappingNode):
            raise self._fault(node, "is not a list of `name: value` lines")
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        return pairs

    def _permissions(self, node: yaml.Node) -> dict[Permission, FormPermission]:
        given: dict[Permission, FormPermission] = {}
        for key, value in self._pairs(node):
            name = self._word(key)
            if name not in list(Permission):
                raise self._fault(key, f"is no permission; they are: {', '.join(Permission)}")
            if name in given:
                raise self._fault(key, "says the same thing a second time")
            given[Permission(name)] = self._permission(Permission(name), value)
        return {**DEFAULTS, **given}

    def _permission(self, permission: Permission, node: yaml.Node) -> FormPermission:
        if isinstance(node, yaml.MappingNode):
            return self._permission_table(permission, node)
        word = self._word(node).replace(" ", "_")
        if word == "condition":
            return CONDITION
        if word == "not_asked":
            return NOT_ASKED
        if word == "choice":
            return _choice(Answer.NO)
        return self._default(permission, node, word.removeprefix("choice_"))

    def _permission_table(self, permission: Permission, node: yaml.MappingNode) -> FormPermission:
        """``choice: yes``, or ``asked: choice`` with ``default: yes``."""
        table = {self._word(key): value for key, value in node.value}
        if set(table) == {"choice"}:
            return self._default(permission, table["choice"], self._word(table["choice"]))
        if set(table) == {"asked"}:
            return self._permission(permission, table["asked"])
        if set(table) == {"asked", "default"} and self._word(table["asked"]) == "choice":
            return self._default(permission, table["default"], self._word(table["default"]))
        raise self._fault(node, "is neither `condition`, `choice: yes` (or ask, or no) nor `not asked`")

    def _default(self, permission: Permission, node: yaml.Node, word: str) -> FormPermission:
        allowed = ("yes", "ask", "no") if permission in ASKABLE else ("yes", "no")
        if word not in allowed:
            raise self._fault(
                node, f"is neither `condition`, `not asked` nor `choice` with one of: {', '.join(allowed)}"
            )
        return _choice(Answer(word))

    def _one_of(self, node: yaml.Node, allowed: Sequence[str]) -> str:
        word = self._word(node)
        if word not in allowed:
            raise self._fault(node, f"is not one of: {', '.join(allowed)}")
        return word

    def _dates(self, node: yaml.Node) -> tuple[str | None, ...]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple(self._date(one) for one in nodes)

    def _date(self, node: yaml.Node) -> str | None:
        text = self._text(node)
        if not text or text in ("null", "~"):
            return None
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            fault = self._fault(node, "is no date such as 2027-06-30")
        raise fault

    def _table(self, node: yaml.Node) -> dict[str, str]:
        return {self._text(key): self._text(value) for key, value in self._pairs(node)}

    def _word(self, node: yaml.Node) -> str:
        return self._text(node).lower()

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._fault(node, "holds more than one value")
        return str(node.value).strip()

    def _fault(self, node: yaml.Node, what: str) -> BadInput:
        return BadInput(f"line {self.first_line + node.start_mark.line} of the form's head {what}", hint=_HINT)
