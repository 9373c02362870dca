"""Says whose the coding of a file is, where the file does not, or calls its coder what every project does. Pure."""

from collections.abc import Collection
from typing import TypeVar

from flows.coding.merging import folded
from schemas.coding import Coder, Fitted, FittedCoding, Guid, Memo
from schemas.errors import UsageError

Signed = TypeVar("Signed", FittedCoding, Memo)


def done_by(name: str, fitted: Fitted, here: Collection[Coder]) -> Fitted:
    """The coding of a file with ``name`` for who did what nobody signed, and for its one coder who is not known here.

    A program may call everybody alike, such as ``default``: then names tell nothing, and the id does whether this is
    somebody who is known.

    Args:
        here: Who is known.
    Raises:
        UsageError: ``name`` is blank, or several would get it.
    """
    from warehouse.exchange.guids import guid

    if not name.strip():
        raise UsageError("--coder is no name", hint="Say who coded, such as --coder kim, or leave it out.")
    meant, coder = _meant(fitted, here), guid("coder", name)

    def signed(one: Signed) -> Signed:
        return one.model_copy(update={"coder": coder}) if one.coder in meant else one

    coders = {one.coder: one for one in fitted.codebook.coders if one.coder not in meant}
    coders.setdefault(coder, Coder(coder=coder, name=name))
    memos = tuple(signed(memo) for memo in fitted.codebook.memos)
    book = fitted.codebook.model_copy(update={"coders": tuple(coders.values()), "memos": memos})
    return fitted.model_copy(update={"codebook": book, "codings": tuple(signed(one) for one in fitted.codings)})


def _meant(fitted: Fitted, here: Collection[Coder]) -> set[Guid]:
    """Nobody; and who made the file's codings, or its memos where it has none, and is not known here by their id.

    Some programs give all coders other ids at each export: where there are several, those known by name are known.
    """
    from warehouse.exchange.guids import NOBODY

    did = {one.coder for one in fitted.codings} or {memo.coder for memo in fitted.codebook.memos}
    strangers = did - {one.coder for one in here} - {NOBODY}
    if len(strangers) > 1:
        names = {folded(one.name) for one in here}
        strangers -= {one.coder for one in fitted.codebook.coders if folded(one.name) in names}
        if len(strangers) != 1:
            raise UsageError(
                "the file holds the coding of several coders who are not known here, and --coder names one",
                hint="Leave --coder out where the file says who coded; else bring in a file of each coder by itself.",
            )
    return {NOBODY, *strangers}
