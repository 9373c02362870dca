"""A QR code of bytes, as a vector picture for a page and in exact pixels for a PDF."""

import io

import segno

from flows.reports.document import Picture
from schemas.errors import BadInput

MOST_BYTES = 2_900
"""A code holds 2,953 bytes at most (version 40, level L)."""
QUIET = 4
"""White modules around the code, which readers need."""
PIXELS = 8
"""Pixels a module, so that a printer's own dots do not matter."""


def qr_picture(data: bytes, *, caption: str, alt: str, width_mm: float) -> Picture:
    """A QR code.

    Args:
        data: What a reader gets back, byte for byte; at most `MOST_BYTES`. UTF-8 is read best.
        caption: Stands below.
        alt: What the code is, for who cannot see it.
        width_mm: With the white around it. 105 mm make a module of the largest code 0.57 mm, which a phone sees.
    Raises:
        BadInput: more than one code holds.
    """
    if len(data) > MOST_BYTES:
        raise BadInput(
            f"{len(data):,} bytes do not fit into one code, which holds {MOST_BYTES:,}",
            hint="Give the file beside it instead.",
        )
    # Level L: a page is not scratched, and larger modules help a phone more than more redundancy does.
    code = segno.make(data, error="l", mode="byte", micro=False, boost_error=False, encoding="utf-8")
    svg, png = io.BytesIO(), io.BytesIO()
    code.save(svg, kind="svg", border=QUIET, dark="#000", light="#fff", xmldecl=False, omitsize=True)
    code.save(png, kind="png", border=QUIET, scale=PIXELS, dark="#000", light="#fff")
    return Picture(svg.getvalue().decode("utf-8"), png.getvalue(), caption, alt, width_mm)
