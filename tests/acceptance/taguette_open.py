"""Imports a project file with Taguette's own code; runs under a Python that has it.

    python taguette_open.py PROJECT.sqlite3 FOLDER

Prints as JSON what Taguette then shows, and the table of highlights it exports. FOLDER/out.sqlite3 is its own file.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

from taguette import convert, database, export, extract


def main(project: Path, folder: Path) -> None:
    # As its import from a browser and its export do.
    given = database.connect(f"sqlite:///{project}", external=True)()
    own = database.connect(f"sqlite:///{folder / 'out.sqlite3'}")()
    own.add(database.User(login="admin"))
    own.commit()
    identifier = given.execute(database.Project.__table__.select()).fetchone()["id"]
    copied = database.copy_project(given, own, identifier, "admin")
    table = io.StringIO()
    export.highlights_csv(own, copied, "", table)
    shown = {
        "tags": {tag.path: tag.description for tag in own.query(database.Tag).all()},
        "documents": [document(own, one) for one in own.query(database.Document).all()],
        "highlights": table.getvalue(),
    }
    print(json.dumps(shown))


def document(own: Any, one: Any) -> dict[str, Any]:
    listed = own.query(database.Highlight).filter(database.Highlight.document_id == one.id).all()
    return {
        "name": one.name,
        "direction": one.text_direction.name,
        "words": convert.html_to_plaintext(one.contents),
        "highlights": [
            {
                "tags": sorted(tag.path for tag in highlight.tags),
                "words": convert.html_to_plaintext(
                    extract.extract(one.contents, highlight.start_offset, highlight.end_offset)
                ),
            }
            for highlight in listed
        ],
    }


if __name__ == "__main__":
    main(*(Path(argument).absolute() for argument in sys.argv[1:]))
