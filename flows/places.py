"""Folders that a person names for what a command hands out."""

from pathlib import Path

from schemas.errors import BadInput


def make_folder(folder: Path) -> None:
    """Make a folder that was named on the command line, and those above it, readable to its owner alone.

    Raises:
        BadInput: it cannot be made or written to there.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise BadInput(
            "the folder after --out cannot be made there", hint="Name one in a place that you may write to."
        ) from None
