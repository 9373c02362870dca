"""Fits the codings of a project from outside onto the words that a data set shows, or says why one does not fit."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from schemas.coding import (
    CodedProject,
    ExchangedCoding,
    ExchangedText,
    Fitted,
    FittedCoding,
    Guid,
    Stretch,
    Unfit,
    UtteranceStretch,
)
from warehouse.exchange.carrying import Carrier
from warehouse.exchange.knowing import Known
from warehouse.exchange.layout import LaidOut, lay_out

NO_TEXT = "its text is not in this data set"
NO_WORDS = "it covers no words, only headings or gaps"
OTHER_WORDS = "its words are not in this data set"
NO_TURN = "its text was changed, and it cannot be told in whose turn it lies"
NO_HEADINGS = "its text was changed, and no longer says who speaks and when"
TOO_LONG = "its text was changed, and is too long to be compared"
ALIKE = 0.5
"""A text without the name of a session is taken for one with which it shares this part of its lines."""


def fit(project: CodedProject, path: Path) -> Fitted:
    """The codings of ``project`` on the words of the data set at ``path``.

    A coding lies on the words that it lay on, on fewer of them, or does not fit: never on others. Codes and coders that
    the data set has already, by GUID or by name, are those.

    Raises:
        BadInput: There is no such data set, or DuckDB cannot read it.
    """
    return fit_to(project, lay_out(path))


def fit_to(project: CodedProject, laid: LaidOut, before: Iterable[Unfit] = ()) -> Fitted:
    """As ``fit``, on a data set that has been laid out.

    Args:
        before: What did not fit already while the file was being read, under the project's codes.
    """
    known = Known(laid.project, project)
    ours = {text.guid: text for text in laid.project.texts}
    mates = _mates(project.texts, laid.project.texts)
    theirs = {text.guid: text for text in project.texts}
    carriers: dict[Guid, Carrier] = {}
    fitted: list[FittedCoding] = []
    unfit = [one.model_copy(update={"code": known.code(one.code)}) for one in before]
    for coding in sorted(project.codings, key=lambda one: one.stretch.text):
        if known.is_speaker(coding.code):
            continue
        text, mate = theirs.get(coding.stretch.text), mates.get(coding.stretch.text)
        if text is None or mate is None:
            unfit.append(_unfit(coding, known, NO_TEXT))
            continue
        if text.guid not in carriers and not _is_same(text, ours[mate]):
            # Of one text at a time: they are large.
            carriers = {text.guid: Carrier(text.text, ours[mate].text, laid.crowded.get(mate, ()))}
        found = _placed(coding.stretch, mate, carriers.get(text.guid), laid)
        if isinstance(found, str):
            unfit.append(_unfit(coding, known, found))
        else:
            fitted.append(_fitted(coding, known, *found))
    return Fitted(codebook=known.codebook(), codings=tuple(_joined(fitted, laid.parts)), unfit=tuple(unfit))


def _placed(
    stretch: Stretch, mate: Guid, carrier: Carrier | None, laid: LaidOut
) -> tuple[tuple[UtteranceStretch, ...], bool] | str:
    """The words that a stretch lies on, and whether all of them; or why it lies on none."""
    if carrier is None:
        found = laid.utterances(Stretch(text=mate, start=stretch.start, end=stretch.end))
        return (found, True) if found else NO_WORDS
    if carrier.too_long or carrier.headless:
        return TOO_LONG if carrier.too_long else NO_HEADINGS
    carried = carrier.carry(stretch.start, stretch.end)
    found = tuple(
        one for start, end in carried.places for one in laid.utterances(Stretch(text=mate, start=start, end=end))
    )
    if found:
        return found, carried.whole
    if carried.whole:
        return NO_WORDS
    return NO_TURN if carrier.is_unsure(stretch.start, stretch.end) else OTHER_WORDS


def _mates(theirs: Sequence[ExchangedText], ours: Sequence[ExchangedText]) -> dict[Guid, Guid]:
    """Each text of the project to the text of the data set that it is: by name, else by what stands in it."""
    by_name = {text.name: text for text in ours}
    by_line: dict[str, list[Guid]] = defaultdict(list)
    for text in ours:
        for line in set(_lines(text)):
            by_line[line].append(text.guid)
    mates: dict[Guid, Guid] = {}
    for text in theirs:
        if text.name in by_name:
            mates[text.guid] = by_name[text.name].guid
        elif (alike := _alike(text, by_line)) is not None:
            mates[text.guid] = alike
    return mates


def _alike(text: ExchangedText, by_line: Mapping[str, Sequence[Guid]]) -> Guid | None:
    lines = set(_lines(text))
    shared = Counter(guid for line in lines for guid in by_line.get(line, ()))
    best = shared.most_common(2)
    if not best or best[0][1] < ALIKE * len(lines) or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]


def _lines(text: ExchangedText) -> Iterator[str]:
    return (line for line in (" ".join(one.split()) for one in text.text.split("\n")) if line)


def _is_same(theirs: ExchangedText, ours: ExchangedText) -> bool:
    """Whether every place is the same in both: some programs add a line end or take one away."""
    return theirs.text.rstrip("\n") == ours.text.rstrip("\n")


def _joined(fitted: Iterable[FittedCoding], parts: Mapping[Guid, str]) -> Iterator[FittedCoding]:
    """The codings, those that were parts of one when they went out as one again."""
    together: dict[tuple[str, Guid, Guid], list[FittedCoding]] = defaultdict(list)
    for one in fitted:
        together[parts.get(one.guid, one.guid), one.code, one.coder].append(one)
    for first, *further in together.values():
        if not further:
            yield first
            continue
        stretches = dict.fromkeys(stretch for one in (first, *further) for stretch in one.stretches)
        whole = all(one.whole for one in (first, *further))
        yield first.model_copy(update={"stretches": tuple(stretches), "whole": whole})


def _fitted(
    coding: ExchangedCoding, known: Known, stretches: tuple[UtteranceStretch, ...], whole: bool
) -> FittedCoding:
    code, coder = known.code(coding.code), known.coder(coding.coder)
    return FittedCoding(guid=coding.guid, code=code, coder=coder, stretches=stretches, whole=whole, at=coding.at)


def _unfit(coding: ExchangedCoding, known: Known, why: str) -> Unfit:
    return Unfit(guid=coding.guid, code=known.code(coding.code), why=why)
