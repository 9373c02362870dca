"""Imports a project with QualCoder's own code, and exports it again; runs under a Python with PyQt6, offscreen.

    python qualcoder_open.py SOURCE PROJECT.qdpx FOLDER

SOURCE is the folder `src` of QualCoder's repository. Prints as JSON what QualCoder's database holds after the import;
the export is FOLDER/out.qdpx.
"""

import builtins
import json
import os
import re
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
builtins._ = lambda text: text  # type: ignore[attr-defined]  # what its translations would be

TABLES = ("source", "code_name", "code_cat", "code_text", "cases", "case_text", "attribute", "journal", "annotation")
STATEMENT = re.compile(r'cur\.execute\(\s*((?:"[^"]*"\s*)+)')


def main(source: Path, project: Path, folder: Path) -> None:
    sys.path.insert(0, str(source))
    from PyQt6 import QtWidgets

    application = QtWidgets.QApplication([])
    from qualcoder import refi

    # What somebody would click.
    QtWidgets.QFileDialog.getOpenFileName = staticmethod(lambda *_, **__: (str(project), "chosen"))
    QtWidgets.QFileDialog.getExistingDirectory = staticmethod(lambda *_, **__: str(folder))
    QtWidgets.QDialog.exec = QtWidgets.QMessageBox.exec = lambda _: 0
    for name in ("images", "audio", "video", "documents", ".qualcoder"):
        (folder / name).mkdir()
    connection = sqlite3.connect(folder / "data.qda")
    create_tables(connection, (source / "qualcoder" / "__main__.py").read_text(encoding="utf-8"))
    settings = {"directory": str(folder), "codername": "default", "ai_enable": "False", "fontsize": 10, "font": "Sans"}
    app = SimpleNamespace(
        settings=settings,
        conn=connection,
        project_path=str(folder),
        project_name="out.qda",
        ai_models=[],
        version="QualCoder",
        write_config_ini=lambda *_: None,
        get_annotations=lambda: held(connection, "annotation"),
    )
    said: list[str] = []
    refi.RefiImport(app, SimpleNamespace(append=said.append), "qdpx")
    found = {table: held(connection, table) for table in TABLES}
    refi.RefiExport(app, SimpleNamespace(append=said.append), "project")
    print(json.dumps({"held": found, "said": said}))
    application.quit()


def create_tables(connection: sqlite3.Connection, program: str) -> None:
    """The tables of a new project, as the program itself creates them."""
    begins = program.index("cur.execute", program.index("self.app.create_connection(self.app.project_path)"))
    ends = program.index("self.app.update_coder_names()", begins)
    for statement in STATEMENT.findall(program[begins:ends]):
        connection.execute("".join(re.findall(r'"([^"]*)"', statement)))
    connection.execute("INSERT INTO project (date, memo) VALUES ('2026-03-04 00:00:00', '')")


def held(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own words
    return [dict(zip([column[0] for column in rows.description], row, strict=True)) for row in rows]


if __name__ == "__main__":
    main(*(Path(argument).absolute() for argument in sys.argv[1:]))
