"""What codes are called in programs that know no codes under codes: their names from the top down in one."""

from schemas.coding import Codebook, Guid
from schemas.coding import children as in_order
from warehouse.exchange.wording import distinct

MOST = 180
"""Codepoints of a name; Taguette takes 200, and a number may follow."""


def tag_paths(codebook: Codebook) -> dict[Guid, str]:
    """Each code to its names from the top down with full stops between; no two are the same."""
    above: tuple[str, ...] = ()
    paths: dict[Guid, str] = {}
    for code, depth in in_order(codebook.codes):
        above = (*above[:depth], code.name)
        paths[code.code] = ".".join(above)[-MOST:]
    return dict(zip(paths, distinct(paths.values()), strict=True))
