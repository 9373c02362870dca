"""Knows the codes and coders of a data set again in a project from outside: by GUID, else by name."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence

from schemas.coding import Code, Codebook, CodedProject, Guid, Memo
from schemas.coding import children as in_order
from warehouse.exchange.guids import SPEAKERS
from warehouse.exchange.refi_writing import HOLDER, code_names, note_names
from warehouse.exchange.tags import tag_paths


class Known:
    """Which code and coder of a project from outside is which of the data set.

    Args:
        ours: The data set as a project.
        theirs: The project from outside.
    """

    def __init__(self, ours: CodedProject, theirs: CodedProject) -> None:
        self._ours, self._theirs = ours.codebook, theirs.codebook
        self._written = code_names(ours.codebook, ours.cases)
        self._notes = note_names(ours.codebook)
        self._titles = {memo.memo: memo.title for memo in ours.codebook.memos}
        self._codes = _same_codes(ours, theirs.codebook, self._written)
        self._coders = _same_coders(ours.codebook, theirs.codebook)
        self._speakers = _speakers(ours, theirs.codebook.codes, self._codes)

    def code(self, code: Guid) -> Guid:
        """The data set's own code, or the code as it is."""
        return self._codes.get(code, code)

    def coder(self, coder: Guid) -> Guid:
        """The data set's own coder, or the coder as they are."""
        return self._coders.get(coder, coder)

    def is_speaker(self, code: Guid) -> bool:
        """Whether a code only says who speaks, and came from us."""
        return code in self._speakers

    def codebook(self) -> Codebook:
        """The codebook from outside, with our GUIDs, and without names that are only ours to tell equal ones apart."""
        ours = {code.code: code for code in self._ours.codes}
        codes: dict[Guid, Code] = {}
        for code in self._theirs.codes:
            if code.code not in self._speakers:
                codes.setdefault(self.code(code.code), self._code(code, ours.get(self.code(code.code))))
        coders = {self.coder(one.coder): one for one in reversed(self._theirs.coders)}
        return Codebook(
            codes=tuple(codes.values()),
            coders=tuple(one.model_copy(update={"coder": known}) for known, one in reversed(coders.items())),
            memos=tuple(self._memo(memo) for memo in self._theirs.memos),
        )

    def _code(self, code: Code, ours: Code | None) -> Code:
        if ours is not None and ours.code != code.code:  # known by its name, which may be its names from the top down
            return ours.model_copy(update={"description": code.description or ours.description})
        parent = self.code(code.parent) if code.parent is not None else None
        if ours is None:
            return code.model_copy(update={"parent": parent})
        name = ours.name if code.name == self._written[ours.code].strip() else code.name
        # Programs trim what they show.
        description = ours.description if code.description.strip() == ours.description.strip() else code.description
        return code.model_copy(update={"name": name, "description": description, "parent": parent})

    def _memo(self, memo: Memo) -> Memo:
        was = self._titles.get(memo.memo) if memo.title == self._notes.get(memo.memo) else None
        on = self.code(memo.on) if memo.about == "code" else memo.on
        title = memo.title if was is None else was
        return memo.model_copy(update={"coder": self.coder(memo.coder), "on": on, "title": title})


def _same_codes(ours: CodedProject, theirs: Codebook, written: Mapping[Guid, str]) -> dict[Guid, Guid]:
    """A code from outside to ours: the same GUID, else the same names from the top down, as we or a file have them."""
    here = {code.code for code in ours.codebook.codes}
    same = {code.code: code.code for code in theirs.codes if code.code in here}
    left = {code: chain for code, chain in _chains(theirs.codes).items() if code not in same}
    renamed = [code.model_copy(update={"name": written[code.code]}) for code in ours.codebook.codes]
    flat: list[dict[Guid, tuple[str, ...]]] = [
        {code: (name,) for code, name in names.items()} for names in (written, tag_paths(ours.codebook))
    ]
    for chains in [_chains(ours.codebook.codes), _chains(renamed), *flat]:
        for code, known in _paired(left, chains).items():
            if code not in same and known not in same.values():
                same[code] = known
    return same


def _chains(codes: Iterable[Code]) -> dict[Guid, tuple[str, ...]]:
    """Each code to its name after the names of those that it stands under."""
    above: tuple[str, ...] = ()
    chains: dict[Guid, tuple[str, ...]] = {}
    for code, depth in in_order(codes):
        above = (*above[:depth], code.name)
        chains[code.code] = above
    return chains


def _paired(theirs: Mapping[Guid, Hashable], ours: Mapping[Guid, Hashable]) -> dict[Guid, Guid]:
    """Those of which exactly one on each side has a name."""
    there, here = Counter(theirs.values()), Counter(ours.values())
    by_name = {name: code for code, name in ours.items() if here[name] == 1}
    return {code: by_name[name] for code, name in theirs.items() if there[name] == 1 and name in by_name}


def _same_coders(ours: Codebook, theirs: Codebook) -> dict[Guid, Guid]:
    here = {one.coder: one.name.casefold() for one in ours.coders}
    same = {one.coder: one.coder for one in theirs.coders if one.coder in here}
    left = {one.coder: one.name.casefold() for one in theirs.coders if one.coder not in here}
    return same | _paired(left, {coder: name for coder, name in here.items() if coder not in same})


def _speakers(ours: CodedProject, theirs: Sequence[Code], same: Mapping[Guid, Guid]) -> set[Guid]:
    """Codes from outside that we had written for the cases, and the one that holds them."""
    listed = [code for code in theirs if code.code not in same]
    names, cases = {case.name for case in ours.cases}, {case.guid for case in ours.cases}
    holders = {code.code for code in listed if code.code == SPEAKERS or (code.name == HOLDER and not code.codable)}
    held = {code.code for code in listed if code.code in cases or (code.parent in holders and code.name in names)}
    over_others = {code.parent for code in theirs if code.code not in held}
    return held | (holders - over_others)
