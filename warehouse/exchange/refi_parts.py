"""Takes a REFI-QDA document apart: what of it is taken, as it stands there, and what is not."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element

from pydantic import ValidationError

from schemas.coding import Case, Code, Coder, Guid
from schemas.errors import BadInput
from warehouse.exchange.days import read_time
from warehouse.exchange.guids import NOBODY
from warehouse.exchange.markup import Reader, children, text_of
from warehouse.exchange.places import Place

MEDIA = {
    "PictureSource": "pictures",
    "PDFSource": "PDF files",
    "AudioSource": "sound recordings",
    "VideoSource": "films",
}
OTHERS = {
    "Set": "sets",
    "Graph": "graphs",
    "Link": "links",
    "VariableValue": "attributes of texts",
    "Coding": "codings of whole texts",
}
"""Elements that are not taken, and what they are called where they are counted."""
_PARTS = (
    *("User", "Code", "Variable", "Case", "PlainTextSelection", "PlainTextContent", "Description", "NoteRef", "Note"),
    *MEDIA,
    *OTHERS,
)
_VALUES = ("TextValue", "BooleanValue", "IntegerValue", "FloatValue", "DateValue", "DateTimeValue")
_GUID = re.compile(r"\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?", re.IGNORECASE)
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}){1,2}")


class Coded(NamedTuple):
    """One coding of a spot."""

    guid: Guid
    code: Guid
    coder: Guid
    at: datetime | None


class Spot(NamedTuple):
    """A selection of a text, its place as the program counts."""

    guid: Guid
    place: Place
    codings: tuple[Coded, ...]
    description: str


class Noted(NamedTuple):
    """A note, its text in the document or at a path."""

    guid: Guid
    name: str
    coder: Guid
    at: datetime | None
    content: str | None
    path: str | None


@dataclass
class Source:
    """A text, in the document or at a path."""

    guid: Guid
    name: str
    path: str | None
    at: datetime | None
    content: str | None = None
    description: str = ""
    spots: list[Spot] = field(default_factory=list)


@dataclass
class Parts:
    """What a document holds.

    Attributes:
        cases: Each with the selections that are said by it.
        refs: A note to what it is on, as in ``schemas.coding.Memo``: kind and GUID.
        left: What is not taken, to how many.
    """

    title: str = "Project"
    origin: str = ""
    at: datetime | None = None
    description: str = ""
    codes: dict[Guid, Code] = field(default_factory=dict)
    coders: dict[Guid, Coder] = field(default_factory=dict)
    cases: dict[Guid, tuple[Case, tuple[Guid, ...]]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    refs: dict[Guid, tuple[str, str]] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)


def take_apart(data: bytes, called: str, kind: str) -> Parts:
    """What a document holds.

    Args:
        called: What it is called in an error.
        kind: ``project`` or ``codebook``.
    Raises:
        BadInput: It is no such document; the error says on which line.
    """
    apart = _Apart(called, kind)
    Reader(called, _PARTS, apart.take, apart.entered).read(data)
    return apart.parts


class _Apart:
    """A document while it is being read."""

    def __init__(self, called: str, kind: str) -> None:
        self.parts = Parts()
        self._called, self._kind = called, kind
        self._begun = False
        self._variables: dict[Guid, str] = {}

    def entered(self, name: str, attributes: Mapping[str, str], line: int) -> None:
        """An element begins that is no part of its own."""
        space, _, tag = name.rpartition(" ")
        if not self._begun:
            self._begun = True
            if not space.startswith(f"urn:QDA-XML:{self._kind}:"):
                raise BadInput(
                    f"{self._called}, line {line}: this is no REFI-QDA {self._kind}",
                    hint="Export it as REFI-QDA: a project as .qdpx, a codebook as .qdc.",
                )
            self.parts.title = attributes.get("name") or self.parts.title
            self.parts.origin = attributes.get("origin", "")
            self.parts.at = _time(attributes)
        if tag == "TextSource":
            path, name = attributes.get("plainTextPath"), attributes.get("name", "")
            self.parts.sources.append(Source(self._guid(attributes.get("guid"), line), name, path, _time(attributes)))

    def take(self, part: Element, within: str, line: int) -> None:
        """A part, whole."""
        source = self.parts.sources[-1] if within == "TextSource" else None
        taker = getattr(self, f"_{part.tag.lower()}", None)
        if part.tag in MEDIA:
            self.parts.left[MEDIA[part.tag]] += 1
            self.parts.left["codings of pictures, PDF files, sound and films"] += sum(1 for _ in part.iter("Coding"))
        elif taker is not None and part.tag not in OTHERS:
            taker(part, source, line)
        else:
            self.parts.left[OTHERS[part.tag]] += 1

    def _user(self, part: Element, _source: Source | None, line: int) -> None:
        coder = self._guid(part.get("guid"), line)
        name = (part.get("name") or "").strip() or f"Coder {len(self.parts.coders) + 1}"
        self.parts.coders[coder] = Coder(coder=coder, name=name)

    def _variable(self, part: Element, _source: Source | None, line: int) -> None:
        self._variables[self._guid(part.get("guid"), line)] = part.get("name") or ""

    def _description(self, part: Element, source: Source | None, _line: int) -> None:
        (source or self.parts).description = (part.text or "").strip()

    def _plaintextcontent(self, part: Element, source: Source | None, _line: int) -> None:
        if source is not None:
            source.content = part.text or ""

    def _noteref(self, part: Element, source: Source | None, line: int) -> None:
        about = ("session", source.guid) if source is not None else ("study", "")
        self.parts.refs.setdefault(self._guid(part.get("targetGUID"), line), about)

    def _note(self, part: Element, _source: Source | None, line: int) -> None:
        contents = children(part, "PlainTextContent")
        user = part.get("creatingUser") or part.get("modifyingUser")
        self.parts.notes.append(
            Noted(
                guid=self._guid(part.get("guid"), line),
                name=(part.get("name") or "").strip(),
                coder=self._guid(user, line) if user else NOBODY,
                at=_time(part.attrib),
                content=contents[0].text or "" if contents else None,
                path=part.get("plainTextPath"),
            )
        )

    def _code(self, part: Element, _source: Source | None, line: int) -> None:
        waiting: list[tuple[Element, Guid | None]] = [(part, None)]
        while waiting:
            element, parent = waiting.pop()
            identifier = self._guid(element.get("guid"), line)
            colour = element.get("color", "").strip().lower()
            try:
                self.parts.codes[identifier] = Code(
                    code=identifier,
                    name=(element.get("name") or "").strip() or "Code",
                    description=text_of(element, "Description"),
                    colour=_six_digits(colour) if _COLOUR.fullmatch(colour) else None,
                    parent=parent,
                    codable=element.get("isCodable", "true").strip() not in ("false", "0"),
                )
            except ValidationError:
                raise self._wrong(line, "a code") from None
            self._refer(element, ("code", identifier), line)
            waiting += [(child, identifier) for child in reversed(children(element, "Code"))]

    def _case(self, part: Element, _source: Source | None, line: int) -> None:
        name = (part.get("name") or "").strip()
        values = children(part, "VariableValue")
        if not name:  # some programs keep the attributes of a text in a case without a name
            self.parts.left[OTHERS["VariableValue"]] += len(values)
            return
        said: dict[str, str] = {}
        for value in values:
            refs = children(value, "VariableRef")
            of = self._variables.get(self._guid(refs[0].get("targetGUID"), line), "") if refs else ""
            text = next((text for kind in _VALUES if (text := text_of(value, kind))), "")
            if of and text:
                said[of] = text
        identifier = self._guid(part.get("guid"), line)
        spots = tuple(self._guid(ref.get("targetGUID"), line) for ref in children(part, "SelectionRef"))
        self.parts.cases[identifier] = (Case(guid=identifier, name=name, variables=said), spots)

    def _plaintextselection(self, part: Element, source: Source | None, line: int) -> None:
        if source is None:
            return
        try:
            place = (int(part.get("startPosition", "")), int(part.get("endPosition", "")))
        except ValueError:
            raise self._wrong(line, "the place of a coding") from None
        codings = tuple(self._coding(coding, part, line) for coding in children(part, "Coding"))
        identifier = self._guid(part.get("guid"), line)
        source.spots.append(Spot(identifier, place, codings, text_of(part, "Description")))
        if codings:
            self._refer(part, ("coding", codings[0].guid), line)

    def _coding(self, part: Element, selection: Element, line: int) -> Coded:
        refs = children(part, "CodeRef")
        if not refs:
            raise self._wrong(line, "a coding")
        user = part.get("creatingUser") or selection.get("creatingUser") or selection.get("modifyingUser")
        coded = Coded(
            guid=self._guid(part.get("guid"), line),
            code=self._guid(refs[0].get("targetGUID"), line),
            coder=self._guid(user, line) if user else NOBODY,
            at=_time(part.attrib) or _time(selection.attrib),
        )
        self._refer(part, ("coding", coded.guid), line)
        return coded

    def _refer(self, part: Element, about: tuple[str, str], line: int) -> None:
        for ref in children(part, "NoteRef"):
            self.parts.refs.setdefault(self._guid(ref.get("targetGUID"), line), about)

    def _guid(self, text: str | None, line: int) -> Guid:
        found = _GUID.fullmatch((text or "").strip())
        if found is None:
            raise self._wrong(line, "a GUID")
        return found[1].lower()

    def _wrong(self, line: int, what: str) -> BadInput:
        return BadInput(
            f"{self._called}, line {line}: {what} is missing or not as REFI-QDA has it",
            hint="Nothing was taken. Export the project again in the program that made it.",
        )


def _six_digits(colour: str) -> str:
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def _time(attributes: Mapping[str, str]) -> datetime | None:
    """When something was made, else when it was last changed; a time without a zone is UTC; None where unknown."""
    for name in ("creationDateTime", "modifiedDateTime"):
        try:
            found = read_time(attributes.get(name, ""))
        except ValueError:
            continue
        if found is not None:
            return found
    return None
