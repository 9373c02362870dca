"""Codebooks, codings, memos, cases and coders, as REFI-QDA has them: in the vault's coordinates, and as programs
exchange them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from schemas.identifiers import Digest, SessionId, UtteranceId
from schemas.records import Record

Guid = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", to_lower=True)
]
"""A UUID in lower case."""

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$", to_lower=True)]
"""Red, green and blue in hexadecimal after ``#``."""


class Code(Record):
    """One code of a codebook.

    Attributes:
        parent: The code it stands under; None: at the top.
        codable: Whether it may be put on words; False where it only holds others.
    """

    code: Guid
    name: str = Field(repr=False)
    description: str = Field(default="", repr=False)
    colour: Colour | None = None
    parent: Guid | None = None
    codable: bool = True


class Coder(Record):
    """Somebody who codes: one of the research team, never a participant."""

    coder: Guid
    name: str = Field(repr=False)


class Memo(Record):
    """A note of a coder; study, session, code or coding is what it is about.

    Attributes:
        on: Id of what it is about; blank for the study.
    """

    memo: Guid
    title: str = Field(default="", repr=False)
    text: str = Field(repr=False)
    about: Literal["study", "session", "code", "coding"] = "study"
    on: str = ""
    coder: Guid
    at: AwareDatetime


class Codebook(Record):
    """Everything of the coding that is no place in words: codes in their order, coders, memos."""

    codes: tuple[Code, ...] = ()
    coders: tuple[Coder, ...] = ()
    memos: tuple[Memo, ...] = ()


TextPlace = tuple[Guid, Literal["name", "description", "title", "text"]]
"""A text of the coders' own: of which code or memo, and which part of it."""


def texts_of(codebook: Codebook) -> dict[TextPlace, str]:
    """Every text of codes and memos by where it stands."""
    found: dict[TextPlace, str] = {}
    for code in codebook.codes:
        found |= {(code.code, "name"): code.name, (code.code, "description"): code.description}
    for memo in codebook.memos:
        found |= {(memo.memo, "title"): memo.title, (memo.memo, "text"): memo.text}
    return found


def with_texts(codebook: Codebook, texts: Mapping[TextPlace, str]) -> Codebook:
    """The codebook with ``texts``, which has one for every place of ``texts_of``, in place of its own."""
    codes = (
        code.model_copy(update={"name": texts[code.code, "name"], "description": texts[code.code, "description"]})
        for code in codebook.codes
    )
    memos = (
        memo.model_copy(update={"title": texts[memo.memo, "title"], "text": texts[memo.memo, "text"]})
        for memo in codebook.memos
    )
    return codebook.model_copy(update={"codes": tuple(codes), "memos": tuple(memos)})


class Quoted(Record):
    """Words of a participant that stand in a text of the coders' own, at ``[start_char, end_char)`` codepoints of it.

    Attributes:
        of: The code or memo.
    """

    of: Guid
    part: Literal["name", "description", "title", "text"]
    start_char: int
    end_char: int
    session: SessionId
    utterance: UtteranceId


class StudyCodebook(Record):
    """The codebook of a study, as the vault has it.

    Attributes:
        quoted: Words of participants in its texts, which are shown only where they are shown themselves.
        searched: Digests of the sessions' turns in which its texts were looked for.
        made: Another at every change of the study's coding.
    """

    codebook: Codebook = Codebook()
    quoted: tuple[Quoted, ...] = ()
    searched: tuple[Digest, ...] = ()
    made: Guid | None = None


class Place(Record):
    """A stretch of one turn: ``[start_char, end_char)`` codepoints of the vault's text."""

    utterance: UtteranceId
    start_char: int
    end_char: int


class Coding(Record):
    """A code that a coder put on words; on several turns where the words go over from one to the next."""

    coding: Guid
    code: Guid
    coder: Guid
    places: tuple[Place, ...]
    at: AwareDatetime | None = None


class ReleasedStretch(Record):
    """``[start_char, end_char)`` codepoints of the words that a data set shows of one piece of a turn."""

    session: SessionId
    utterance: UtteranceId
    piece: int
    start_char: int
    end_char: int


class ReleasedCoding(Record):
    """A coding as far as a data set shows its words."""

    coding: Guid
    code: Guid
    coder: Guid
    stretches: tuple[ReleasedStretch, ...]
    at: AwareDatetime | None = None


class ReleasedCodings(Record):
    """The coding of a study as far as a data set shows it: everything in it may be read by whoever reads that."""

    codebook: Codebook = Codebook()
    codings: tuple[ReleasedCoding, ...] = ()


class Lost(Record):
    """What became of a coding when its words were heard or told anew: nothing of its place is kept."""

    coding: Guid
    code: Guid
    coder: Guid
    whole: bool
    """True: none of its words is there any more; False: it was shortened."""


class SessionCodings(Record):
    """The codings of one session, on its turns as they were told at one time.

    Attributes:
        upon: Digest of those turns.
        held: On words that stay de-identified of somebody who withdrew, and that the turns do not have yet.
        before: The same on the turns told before, while they are being carried over; after a crash one of both fits.
    """

    upon: Digest
    codings: tuple[Coding, ...] = ()
    held: tuple[Coding, ...] = ()
    lost: tuple[Lost, ...] = ()
    before: "SessionCodings | None" = None

    def on(self, digest: Digest) -> "SessionCodings | None":
        """These codings or those before, whichever lie on the turns with this digest; None: neither."""
        if self.upon == digest:
            return self.model_copy(update={"before": None})
        return self.before.on(digest) if self.before is not None else None


class ExchangedText(Record):
    """A text as another program shows it: lines end in LF, and places count codepoints from 0.

    Attributes:
        name: The session's id.
    """

    guid: Guid
    name: SessionId
    text: str = Field(repr=False)


class Stretch(Record):
    """``[start, end)`` codepoints of an exchanged text."""

    text: Guid
    start: int
    end: int


class ExchangedCoding(Record):
    """A coding on an exchanged text."""

    guid: Guid
    code: Guid
    coder: Guid
    stretch: Stretch
    at: AwareDatetime | None = None


class Case(Record):
    """Somebody who speaks, as a case: their attributes, and the stretches that they say.

    Attributes:
        variables: Name of the attribute to its value; only what their level allows.
    """

    guid: Guid
    name: str = Field(repr=False)
    variables: dict[str, str] = Field(default_factory=dict, repr=False)
    stretches: tuple[Stretch, ...] = ()


class CodedProject(Record):
    """A project as programs for qualitative analysis exchange it; nothing of the vault stands in it."""

    title: str
    texts: tuple[ExchangedText, ...] = ()
    codebook: Codebook = Codebook()
    codings: tuple[ExchangedCoding, ...] = ()
    cases: tuple[Case, ...] = ()


def children(codes: Iterable[Code], parent: Guid | None = None) -> Iterator[tuple[Code, int]]:
    """Codes with their depth, each before those that stand under it, in their order.

    A code whose parent is not there, or that would stand under itself, is at the top.
    """
    listed = list(codes)
    known = {code.code: code for code in listed}
    under: dict[Guid | None, list[Code]] = {}
    for code in listed:
        under.setdefault(None if _is_top(code, known) else code.parent, []).append(code)

    def walk(above: Guid | None, depth: int) -> Iterator[tuple[Code, int]]:
        for code in under.get(above, ()):
            yield code, depth
            yield from walk(code.code, depth + 1)

    yield from walk(parent, 0)


def _is_top(code: Code, known: dict[Guid, Code]) -> bool:
    """Whether no chain of parents that ends holds the code."""
    if code.parent is None or code.parent not in known:
        return True
    seen, above = {code.code}, known.get(code.parent)
    while above is not None and above.code not in seen:
        seen.add(above.code)
        above = known.get(above.parent) if above.parent else None
    return above is not None and above.code == code.code


class Imported(Record):
    """A project as it stands in a file of another program, and what of the file was not taken.

    Attributes:
        left: What was not taken, in plain words, to how many of it there are.
    """

    project: CodedProject
    left: dict[str, int] = Field(default_factory=dict)


class UtteranceStretch(Record):
    """``[start_char, end_char)`` codepoints of the words that a data set shows of one utterance."""

    utterance_id: str
    start_char: int
    end_char: int


class FittedCoding(Record):
    """A coding that came from outside, on the words of a data set.

    Attributes:
        whole: Whether all of its words are there; False: it was shortened.
    """

    guid: Guid
    code: Guid
    coder: Guid
    stretches: tuple[UtteranceStretch, ...]
    whole: bool = True
    at: AwareDatetime | None = None


class Unfit(Record):
    """A coding that came from outside and lies on no words of a data set; ``why`` holds none of them."""

    guid: Guid
    code: Guid
    why: str


class Fitted(Record):
    """The coding of a project from outside, as far as it fits a data set: nothing of it lies on other words."""

    codebook: Codebook = Codebook()
    codings: tuple[FittedCoding, ...] = ()
    unfit: tuple[Unfit, ...] = ()
