"""Gives what a data set holds a GUID, as programs that exchange coded projects want it: the same for the same thing."""

from uuid import UUID, uuid5

from schemas.coding import Coder, Guid

_OURS = UUID("3d0f6f54-7d0b-5b7e-9c43-2f6f0c7a6e11")
"""Drawn once, so that no other program's GUIDs are like ours."""


def guid(kind: str, *known_by: str) -> Guid:
    """The GUID of a ``kind`` of thing that is known by these texts; unit separators keep them apart."""
    return str(uuid5(_OURS, "\x1f".join((kind, *known_by))))


SPEAKERS = guid("holder", "speakers")
"""The code under which speakers stand in a project file, because some programs learn of them from codes alone."""
NOBODY = guid("coder", "not said")
"""The coder of codings of which a file does not say whose they are."""
NOT_SAID = (Coder(coder=NOBODY, name="Coder not said"),)
