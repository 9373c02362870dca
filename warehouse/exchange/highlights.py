"""Fits Taguette's table of highlights: it says no places, so each highlight is looked for by its words."""

from collections.abc import Iterable, Mapping

from schemas.coding import Code, Codebook, CodedProject, ExchangedCoding, Fitted, Stretch, Unfit
from warehouse.exchange.fitting import NO_TEXT, fit_to
from warehouse.exchange.guids import NOBODY, NOT_SAID, guid
from warehouse.exchange.layout import LaidOut
from warehouse.exchange.searching import Searched, why_not

COLUMNS = ("document", "tag", "content")

Row = tuple[int, Mapping[str, str]]
"""Line in the file, and column name in small letters to text."""


def fit_highlights(rows: Iterable[Row], laid: LaidOut) -> Fitted:
    """The highlights on the words of a data set; one whose words stand there several times does not fit.

    Args:
        rows: With the columns of ``COLUMNS``, and any others.
    """
    codes: dict[str, Code] = {}
    codings: list[ExchangedCoding] = []
    unfit: list[Unfit] = []
    texts = {text.name: (text.guid, Searched(text.text)) for text in laid.project.texts}
    for line, row in rows:
        tag, document, words = (row.get(name, "").strip() for name in ("tag", "document", "content"))
        if not tag:  # a highlight without a tag
            continue
        code = codes.setdefault(tag, Code(code=guid("tag", tag), name=tag)).code
        identifier = guid("highlight", document, tag, words, str(line))
        text, searched = texts.get(document, ("", None))
        found = searched.found(words) if searched else []
        if len(found) == 1:
            stretch = Stretch(text=text, start=found[0][0], end=found[0][1])
            codings.append(ExchangedCoding(guid=identifier, code=code, coder=NOBODY, stretch=stretch))
        else:
            unfit.append(Unfit(guid=identifier, code=code, why=why_not(len(found)) if searched else NO_TEXT))
    given = CodedProject(
        title="Highlights",
        texts=laid.project.texts,
        codebook=Codebook(codes=tuple(codes.values()), coders=NOT_SAID),
        codings=tuple(codings),
    )
    return fit_to(given, laid, unfit)
