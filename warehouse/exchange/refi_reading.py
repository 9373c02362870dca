"""Makes a coded project of the parts of a REFI-QDA file that another program wrote."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

from schemas.coding import (
    Codebook,
    CodedProject,
    ExchangedCoding,
    ExchangedText,
    Guid,
    Imported,
    Memo,
    Stretch,
)
from schemas.errors import BadInput
from schemas.identifiers import is_session_id
from warehouse.exchange.archive import Archive
from warehouse.exchange.guids import NOBODY, NOT_SAID, SPEAKERS, guid
from warehouse.exchange.places import in_codepoints, lf
from warehouse.exchange.refi_parts import Parts, Source, Spot
from warehouse.exchange.refi_writing import joined_memos

_SUFFIX = re.compile(r"\.(?:txt|md|docx?|rtf|odt|html?)$", re.IGNORECASE)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where a file does not say when a note was written."""


def made_of(parts: Parts, archive: Archive) -> Imported:
    """The project, and what of the file was not taken.

    Raises:
        BadInput: A text or note is too large, damaged, or neither UTF-8 nor UTF-16.
    """
    return _Making(parts, archive).made()


class _Making:
    """A project while it is being made."""

    def __init__(self, parts: Parts, archive: Archive) -> None:
        self._parts, self._archive, self._left = parts, archive, Counter(parts.left)
        self._said_by = {spot: case for case, (_, spots) in parts.cases.items() for spot in spots}
        self._case_codes = set(parts.cases) | _holders(parts)
        self._spoken: dict[Guid, dict[Stretch, None]] = defaultdict(dict)
        self._names: dict[Guid, str] = {}
        self._codings: dict[Guid, ExchangedCoding] = {}

    def made(self) -> Imported:
        parts = self._parts
        texts = tuple(self._texts())
        codes = tuple(code for identifier, code in parts.codes.items() if identifier not in self._case_codes)
        memos = tuple(self._memos())
        used = {one.coder for one in self._codings.values()} | {one.coder for one in memos}
        # A file may name a coder nowhere but at their codings.
        unnamed = (NOT_SAID[0].model_copy(update={"coder": one}) for one in sorted(used - set(parts.coders)))
        project = CodedProject(
            title=parts.title,
            texts=texts,
            codebook=Codebook(codes=codes, coders=(*parts.coders.values(), *unnamed), memos=memos),
            codings=tuple(self._codings.values()),
            cases=tuple(
                case.model_copy(update={"stretches": tuple(self._spoken[identifier])})
                for identifier, (case, _) in parts.cases.items()
            ),
        )
        return Imported(project=project, left={what: count for what, count in self._left.items() if count})

    def _texts(self) -> Iterator[ExchangedText]:
        for source in self._parts.sources:
            raw = self._raw(source.content, source.path)
            if raw is None:
                self._left["texts that are not in the file as plain text"] += 1
                self._left["codings of such texts"] += sum(len(spot.codings) for spot in source.spots)
                continue
            if source.guid in self._names:
                raise BadInput("two texts have one GUID", hint="Export the project again in the program that made it.")
            self._names[source.guid] = _session(source, set(self._names.values()))
            self._take_codings(source, raw)
            yield ExchangedText(guid=source.guid, name=self._names[source.guid], text=lf(raw))

    def _take_codings(self, source: Source, raw: str) -> None:
        one_for_crlf = "ATLAS" in self._parts.origin.upper()
        places = in_codepoints(raw, [spot.place for spot in source.spots], one_for_crlf=one_for_crlf)
        for spot, place in zip(source.spots, places, strict=True):
            if place is None:
                self._left["codings outside of their text, or of no sign of it"] += len(spot.codings)
                continue
            stretch = Stretch(text=source.guid, start=place[0], end=place[1])
            if spot.guid in self._said_by:
                self._spoken[self._said_by[spot.guid]][stretch] = None
            elif not spot.codings:
                self._left["notes on words without a code"] += 1
            self._take_spot(spot, stretch)

    def _take_spot(self, spot: Spot, stretch: Stretch) -> None:
        for one in spot.codings:
            if one.code in self._parts.cases:
                self._spoken[one.code][stretch] = None
            elif one.code not in self._parts.codes:
                self._left["codings whose code is not in the codebook"] += 1
            else:
                # A program that gives two codings one GUID gets another for the second.
                known_by = one.guid
                while known_by in self._codings:
                    known_by = guid("again", known_by)
                self._codings[known_by] = ExchangedCoding(
                    guid=known_by, code=one.code, coder=one.coder, stretch=stretch, at=one.at
                )

    def _memos(self) -> Iterator[Memo]:
        """Notes, and descriptions of texts and codings that say more than the notes on them."""
        on: dict[tuple[str, str], list[str]] = defaultdict(list)
        for note in self._parts.notes:
            text = lf(self._raw(note.content, note.path) or "")
            about = self._parts.refs.get(note.guid, ("study", ""))
            if not text.strip() or not self._is_there(about):
                self._left["notes without text, or on something that is not taken"] += 1
                continue
            on[about].append(text)
            yield self._memo(note.guid, note.name, text, about, note.coder, note.at)
        for about, text, coder, at in self._descriptions():
            if text and self._is_there(about) and text != joined_memos(on[about]).strip():
                yield self._memo(guid("memo", *about, text), "", text, about, coder, at)

    def _descriptions(self) -> Iterator[tuple[tuple[str, str], str, Guid, datetime | None]]:
        somebody = next(iter(self._parts.coders), NOBODY)
        yield ("study", ""), self._parts.description, somebody, self._parts.at
        for source in self._parts.sources:
            yield ("session", source.guid), source.description, somebody, source.at
            for spot in source.spots:
                if spot.codings and spot.description:
                    first = spot.codings[0]
                    yield ("coding", first.guid), spot.description, first.coder, first.at

    def _is_there(self, about: tuple[str, str]) -> bool:
        kind, on = about
        if kind == "session":
            return on in self._names
        return kind == "study" or on in (self._parts.codes if kind == "code" else self._codings)

    def _memo(
        self, identifier: Guid, title: str, text: str, about: tuple[str, str], coder: Guid, at: datetime | None
    ) -> Memo:
        kind, on = about
        on = self._names[on] if kind == "session" else on
        when = at or self._parts.at or _LONG_AGO
        return Memo.model_validate(
            {"memo": identifier, "title": title, "text": text, "about": kind, "on": on, "coder": coder, "at": when}
        )

    def _raw(self, content: str | None, path: str | None) -> str | None:
        """A text as it stands in the document or beside it; None where it is elsewhere."""
        if content is not None or path is None or not path.startswith("internal://"):
            return content
        data = self._archive.read(f"sources/{path.removeprefix('internal://').lstrip('/')}", "a text")
        if data is None:
            return None
        try:
            return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
        except UnicodeDecodeError:
            raise BadInput(
                "a text in the project is neither UTF-8 nor UTF-16", hint="Export the project again, as UTF-8."
            ) from None


def _holders(parts: Parts) -> set[Guid]:
    """Codes that stand for nothing but to hold the codes of cases."""
    over_cases = {code.parent for identifier, code in parts.codes.items() if identifier in parts.cases}
    over_others = {code.parent for identifier, code in parts.codes.items() if identifier not in parts.cases}
    held = {one for one in over_cases - over_others if one is not None and not parts.codes[one].codable}
    return held | ({SPEAKERS} & set(parts.codes))


def _session(source: Source, taken: set[str]) -> str:
    """The session that a text is named after; where its name is none, one that says nothing."""
    name = _SUFFIX.sub("", source.name.strip())
    return name if is_session_id(name) and name not in taken else f"text-{source.guid}"[:32]
