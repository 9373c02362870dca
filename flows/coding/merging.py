"""Takes one codebook into another: what is known stays what it is, what is new is added. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from schemas.coding import Code, Codebook, Coder, Guid, TextPlace, children, texts_of, with_texts

HIDDEN = "[withheld]"
"""Stands in a text for words that were not shown: what comes back with it says less than what is here."""


class Merged(NamedTuple):
    """A codebook with another taken in; and the other's ids of codes and coders, each to the one here."""

    codebook: Codebook
    codes: dict[Guid, Guid]
    coders: dict[Guid, Guid]


def merged(own: Codebook, new: Codebook, as_shown: Callable[[str], str]) -> Merged:
    """Take a codebook in; done twice, the same.

    A code is known by its id, else by its name under the same code; a coder by id, else by name; a memo by its id. What
    was changed outside is changed here. A text that comes back as it went out is left as it is here.

    Args:
        as_shown: A text of ``own`` to what it may have been changed to on its way out.
    """
    codes, of_codes = _with_codes(own, new)
    coders, of_coders = _with_coders(own, new)
    memos = {memo.memo: memo for memo in own.memos}
    for memo in new.memos:
        on = of_codes.get(memo.on, memo.on) if memo.about == "code" else memo.on
        memos.setdefault(memo.memo, memo.model_copy(update={"on": on, "coder": of_coders[memo.coder]}))
    whole = Codebook(codes=codes, coders=coders, memos=tuple(memos.values()))
    return Merged(with_texts(whole, _texts(own, whole, new, of_codes, as_shown)), of_codes, of_coders)


def _texts(
    own: Codebook, whole: Codebook, new: Codebook, of_codes: dict[Guid, Guid], as_shown: Callable[[str], str]
) -> dict[TextPlace, str]:
    """Every text of the whole: as it is here, or as it was changed outside."""
    texts, before = texts_of(whole), texts_of(own)
    for (of, part), text in texts_of(new).items():
        place = (of_codes.get(of, of), part)
        here = before.get(place)
        if here is None or not (HIDDEN in text or text == as_shown(here)):
            texts[place] = text
    return texts


def _with_codes(own: Codebook, new: Codebook) -> tuple[tuple[Code, ...], dict[Guid, Guid]]:
    codes = {code.code: code for code in own.codes}
    named = {(code.parent, _folded(code.name)): code.code for code in own.codes}
    known: dict[Guid, Guid] = {}
    for code, _ in children(new.codes):
        parent = known.get(code.parent, code.parent if code.parent in codes else None) if code.parent else None
        here = code.code if code.code in codes else named.get((parent, _folded(code.name)), code.code)
        known[code.code] = here
        before = codes.get(here)
        taken = code.model_copy(update={"code": here, "parent": parent})
        codes[here] = taken if before is None else _changed(before, taken)
    return tuple(codes.values()), known


def _changed(before: Code, after: Code) -> Code:
    """The code with everything but its texts as it was changed outside; what is not said there stays."""
    return before.model_copy(
        update={"colour": after.colour or before.colour, "parent": after.parent, "codable": after.codable}
    )


def _with_coders(own: Codebook, new: Codebook) -> tuple[tuple[Coder, ...], dict[Guid, Guid]]:
    coders = {coder.coder: coder for coder in own.coders}
    named = {_folded(coder.name): coder.coder for coder in own.coders}
    known = {
        coder.coder: coder.coder if coder.coder in coders else named.get(_folded(coder.name), coder.coder)
        for coder in new.coders
    }
    for coder in new.coders:
        coders.setdefault(known[coder.coder], coder.model_copy(update={"coder": known[coder.coder]}))
    return tuple(coders.values()), known


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
