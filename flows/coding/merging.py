"""Takes one codebook into another: what is known stays what it is, what is new is added. Pure."""

import re
from collections.abc import Callable
from typing import NamedTuple

from schemas.coding import Code, Codebook, Coder, Guid, Memo, children, texts_of, with_texts

HIDDEN = "[withheld]"
"""Stands in a text for words that were not shown: what comes back with it says less than what is here."""


MASKED = re.compile(r"(?:█[█\s]*)+|\[(?:PERSON|CONTACT|withheld)\]")
"""What stands in a text for a name, or for words that are gone."""


class Merged(NamedTuple):
    """A codebook with another taken in; and the other's ids of codes and coders, each to the one here.

    Attributes:
        changed: Texts that are as they are outside now.
        left_alone: Texts that differ outside and stay as they are here, because something in them is masked.
    """

    codebook: Codebook
    codes: dict[Guid, Guid]
    coders: dict[Guid, Guid]
    changed: int
    left_alone: int


def merged(own: Codebook, new: Codebook, as_shown: Callable[[str], str]) -> Merged:
    """Take a codebook in; done twice, the same.

    A code is known by its id, else by its name under the same code; a coder by id, else by name; a memo by its id, else
    by what it says of the same thing. What was changed outside is changed here, but for texts in which something is
    masked here or there: who still has the words outside, or the name, would bring them back.

    Args:
        as_shown: A text of ``own`` to what it may have been changed to on its way out.
    """
    codes, of_codes = _with_codes(own, new)
    coders, of_coders = _with_coders(own, new)
    memos, of_memos = _with_memos(own, new, of_codes, of_coders)
    whole = Codebook(codes=codes, coders=coders, memos=memos)
    texts, before = texts_of(whole), texts_of(own)
    changed = left_alone = 0
    for (of, part), text in texts_of(new).items():
        place = (of_codes.get(of) or of_memos.get(of) or of, part)
        here = before.get(place)
        if here is None or text in (here, as_shown(here)):
            continue
        if MASKED.search(here) or HIDDEN in text:
            left_alone += not _may_be(here, text)
            continue
        texts[place] = text
        changed += 1
    return Merged(with_texts(whole, texts), of_codes, of_coders, changed, left_alone)


def _with_memos(
    own: Codebook, new: Codebook, of_codes: dict[Guid, Guid], of_coders: dict[Guid, Guid]
) -> tuple[tuple[Memo, ...], dict[Guid, Guid]]:
    memos = {memo.memo: memo for memo in own.memos}
    known: dict[Guid, Guid] = {}
    for memo in new.memos:
        on = of_codes.get(memo.on, memo.on) if memo.about == "code" else memo.on
        taken = memo.model_copy(update={"on": on, "coder": of_coders[memo.coder]})
        same = (one.memo for one in own.memos if one.about == taken.about and _may_be(one.text, taken.text))
        known[memo.memo] = memo.memo if memo.memo in memos else next(same, memo.memo)
        memos.setdefault(known[memo.memo], taken)
    return tuple(memos.values()), known


def _may_be(here: str, text: str) -> bool:
    """Whether a text may be what stood here before something in it was masked."""
    parts = MASKED.split(here)
    return re.fullmatch(".{0,400}?".join(map(re.escape, parts)), text, re.DOTALL) is not None


def _with_codes(own: Codebook, new: Codebook) -> tuple[tuple[Code, ...], dict[Guid, Guid]]:
    codes = {code.code: code for code in own.codes}
    # A name that was masked is no name: everybody's would be the same.
    named = {(code.parent, folded(code.name)): code.code for code in own.codes if not MASKED.search(code.name)}
    known: dict[Guid, Guid] = {}
    for code, _ in children(new.codes):
        parent = known.get(code.parent, code.parent if code.parent in codes else None) if code.parent else None
        here = code.code if code.code in codes else named.get((parent, folded(code.name)), code.code)
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
    named = {folded(coder.name): coder.coder for coder in own.coders if coder.name}
    known = {
        coder.coder: coder.coder if coder.coder in coders else named.get(folded(coder.name), coder.coder)
        for coder in new.coders
    }
    for coder in new.coders:
        name = coder.name or f"Coder {len(coders) + 1}"
        coders.setdefault(known[coder.coder], coder.model_copy(update={"coder": known[coder.coder], "name": name}))
    return tuple(coders.values()), known


def folded(name: str) -> str:
    """A name as it is told from others: whatever its case, and the white space in it."""
    return " ".join(name.split()).casefold()
