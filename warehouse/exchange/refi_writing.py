"""Writes a coded project as REFI-QDA 1.0: what stands in ``project.qde``, and the texts beside it.

What programs ask of a project, beyond its schema: texts as files, with LF and without a BOM; one selection for each
coding, with user and date at both; no selection without a coding; no two codes, notes or cases of one name; a code
under the GUID of every case, which tells which words are the case's.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from schemas.coding import Case, Code, Codebook, CodedProject, ExchangedCoding, ExchangedText, Guid, Memo, Stretch
from schemas.coding import children as in_order
from warehouse.exchange.guids import SPEAKERS, guid
from warehouse.exchange.markup import Markup
from warehouse.exchange.wording import distinct

ORIGIN = "Chatham"
HOLDER = "Speakers"
"""Name of the code under which the codes of cases stand."""


def code_names(codebook: Codebook, cases: Iterable[Case] = ()) -> dict[Guid, str]:
    """The names that codes have in a project file, where no two may have the same: those of cases are left to them."""
    codes = [code for code, _ in in_order(codebook.codes)]
    taken = [HOLDER, *(case.name for case in cases)]
    return dict(zip((code.code for code in codes), distinct((code.name for code in codes), taken), strict=True))


def note_names(codebook: Codebook) -> dict[Guid, str]:
    """The names that memos have in a project file, where no two may have the same and none may be blank."""
    names = distinct(memo.title or "Memo" for memo in codebook.memos)
    return dict(zip((memo.memo for memo in codebook.memos), names, strict=True))


def project_members(project: CodedProject) -> dict[str, bytes]:
    """Name inside the project file to bytes."""
    members = {"project.qde": _Project(project).written()}
    members |= {f"sources/{text.guid}.txt": text.text.encode() for text in project.texts}
    return members | {f"sources/{memo.memo}.txt": memo.text.encode() for memo in project.codebook.memos}


def codebook_bytes(codebook: Codebook) -> bytes:
    """The codes alone, as ``.qdc``: names, descriptions, colours and which stands under which."""
    document = Markup("CodeBook", {"xmlns": "urn:QDA-XML:codebook:1.0", "origin": ORIGIN})
    document.open("Codes", {})
    write_codes(document, codebook.codes, code_names(codebook), {})
    document.close("Codes")
    return document.finished()


def write_codes(
    document: Markup, codes: Sequence[Code], names: Mapping[Guid, str], notes: Mapping[str, Sequence[Guid]]
) -> None:
    """Codes, each around those that stand under it."""
    listed = list(in_order(codes))
    for place, (code, depth) in enumerate(listed):
        document.open(
            "Code",
            {
                "guid": code.code,
                "name": names[code.code],
                "isCodable": "true" if code.codable else "false",
                "color": code.colour,
            },
        )
        document.text("Description", code.description)
        _note_refs(document, notes.get(code.code, ()))
        next_depth = listed[place + 1][1] if place + 1 < len(listed) else 0
        for _ in range(depth - next_depth + 1):
            document.close("Code")


class _Project:
    """One project while it is being written."""

    def __init__(self, project: CodedProject) -> None:
        self._project = project
        self._book = project.codebook
        self._notes: dict[str, list[Memo]] = defaultdict(list)
        for memo in self._book.memos:
            self._notes[memo.on if memo.about != "study" else ""].append(memo)
        self._selections: dict[Guid, list[Guid]] = defaultdict(list)
        self._variables = sorted({name for case in project.cases for name in case.variables})

    def written(self) -> bytes:
        document = Markup(
            "Project", {"xmlns": "urn:QDA-XML:project:1.0", "name": self._project.title, "origin": ORIGIN}
        )
        self._users(document)
        self._codes(document)
        self._variable_types(document)
        self._cases(document)
        self._texts(document)
        self._memos(document)
        _note_refs(document, self._about(""))
        return document.finished()

    def _users(self, document: Markup) -> None:
        if self._book.coders:
            document.open("Users", {})
            for coder in self._book.coders:
                document.empty("User", {"guid": coder.coder, "name": coder.name})
            document.close("Users")

    def _codes(self, document: Markup) -> None:
        if not self._book.codes and not self._project.cases:
            return
        document.open("CodeBook", {})
        document.open("Codes", {})
        names = code_names(self._book, self._project.cases)
        write_codes(document, self._book.codes, names, {code.code: self._about(code.code) for code in self._book.codes})
        if self._project.cases:
            document.open("Code", {"guid": SPEAKERS, "name": HOLDER, "isCodable": "false"})
            for case in self._project.cases:
                document.empty("Code", {"guid": case.guid, "name": case.name, "isCodable": "true"})
            document.close("Code")
        document.close("Codes")
        document.close("CodeBook")

    def _variable_types(self, document: Markup) -> None:
        if self._variables:
            document.open("Variables", {})
            for name in self._variables:
                document.empty("Variable", {"guid": guid("variable", name), "name": name, "typeOfVariable": "Text"})
            document.close("Variables")

    def _cases(self, document: Markup) -> None:
        if not self._project.cases:
            return
        document.open("Cases", {})
        for case in self._project.cases:
            document.open("Case", {"guid": case.guid, "name": case.name})
            for name, value in sorted(case.variables.items()):
                document.open("VariableValue", {})
                document.empty("VariableRef", {"targetGUID": guid("variable", name)})
                document.text("TextValue", value)
                document.close("VariableValue")
            for text in dict.fromkeys(stretch.text for stretch in case.stretches):
                document.empty("SourceRef", {"targetGUID": text})
            for stretch in case.stretches:
                document.empty("SelectionRef", {"targetGUID": _selection(case.guid, stretch)})
            document.close("Case")
        document.close("Cases")

    def _texts(self, document: Markup) -> None:
        if not self._project.texts:
            return
        spoken: dict[Guid, list[tuple[Stretch, Case]]] = defaultdict(list)
        for case in self._project.cases:
            for stretch in case.stretches:
                spoken[stretch.text].append((stretch, case))
        coded: dict[Guid, list[ExchangedCoding]] = defaultdict(list)
        for coding in self._project.codings:
            coded[coding.stretch.text].append(coding)
        document.open("Sources", {})
        for text in self._project.texts:
            self._text(document, text, spoken[text.guid], coded[text.guid])
        document.close("Sources")

    def _text(
        self,
        document: Markup,
        text: ExchangedText,
        spoken: Iterable[tuple[Stretch, Case]],
        coded: Iterable[ExchangedCoding],
    ) -> None:
        document.open(
            "TextSource", {"guid": text.guid, "name": text.name, "plainTextPath": f"internal://{text.guid}.txt"}
        )
        document.text("Description", self._said(text.name))
        for stretch, case in spoken:
            document.open("PlainTextSelection", _placed(_selection(case.guid, stretch), stretch))
            document.open("Coding", {"guid": guid("case coding", _selection(case.guid, stretch))})
            document.empty("CodeRef", {"targetGUID": case.guid})
            document.close("Coding")
            document.close("PlainTextSelection")
        for coding in coded:
            self._coding(document, coding)
        _note_refs(document, self._about(text.name))
        document.close("TextSource")

    def _coding(self, document: Markup, coding: ExchangedCoding) -> None:
        who = {"creatingUser": coding.coder, "creationDateTime": _time(coding.at)}
        document.open("PlainTextSelection", _placed(guid("selection", coding.guid), coding.stretch) | who)
        document.text("Description", self._said(coding.guid))
        document.open("Coding", {"guid": coding.guid, **who})
        document.empty("CodeRef", {"targetGUID": coding.code})
        _note_refs(document, self._about(coding.guid))
        document.close("Coding")
        document.close("PlainTextSelection")

    def _memos(self, document: Markup) -> None:
        if not self._book.memos:
            return
        names = note_names(self._book)
        document.open("Notes", {})
        for memo in self._book.memos:
            document.empty(
                "Note",
                {
                    "guid": memo.memo,
                    "name": names[memo.memo],
                    "plainTextPath": f"internal://{memo.memo}.txt",
                    "creatingUser": memo.coder,
                    "creationDateTime": _time(memo.at),
                },
            )
        document.close("Notes")

    def _about(self, identifier: str) -> list[Guid]:
        return [memo.memo for memo in self._notes.get(identifier, ())]

    def _said(self, identifier: str) -> str:
        """The memos on something, as its description: programs that take no notes on texts and codings show that."""
        return joined_memos(memo.text for memo in self._notes.get(identifier, ()))


def joined_memos(texts: Iterable[str]) -> str:
    """Memos on one thing as one text."""
    return "\n\n".join(texts)


def _selection(known_by: Guid, stretch: Stretch) -> Guid:
    return guid("selection", known_by, stretch.text, str(stretch.start), str(stretch.end))


def _placed(identifier: Guid, stretch: Stretch) -> dict[str, str | None]:
    return {"guid": identifier, "startPosition": str(stretch.start), "endPosition": str(stretch.end)}


def _note_refs(document: Markup, notes: Iterable[Guid]) -> None:
    for note in notes:
        document.empty("NoteRef", {"targetGUID": note})


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None
