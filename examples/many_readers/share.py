"""The first way: the files of data sets lie on a share that readers may read and not write."""

import shutil
from pathlib import Path

from client import Client, Loop, Refused
from lying import kept_lies, withdrawn_lies
from made_up import WITHDRAWN, data_set
from tools import shut

COUNT = "SELECT count(*) FROM utterances WHERE NOT withheld"


def tried(root: Path) -> dict[str, str]:
    """What happened, by question."""
    share, readers = root / "share", root / "readers"
    paper, teaching = data_set(share, "paper-1"), data_set(share, "teaching")
    for path in (paper, teaching):
        _only_read(path)
    found: dict[str, str] = {}
    with Client(readers / "ana", database=str(paper)) as ana, Client(readers / "ben", database=str(teaching)) as ben:
        both = ana.ask(COUNT) == [[86]] and ben.ask(COUNT) == [[20]]
        found["two"] = _yes(both)
        found["change"] = _yes(_can(ana, "DELETE FROM utterances"))
        found["tables"] = _yes(all(_can(ben, f"FROM {table}") for table in ("speakers", "provenance")))
        found["copy"] = _yes(_can(ana, "COPY utterances TO 'copy.csv'"))
    with shut(paper.parent):
        found["other"] = _yes(not _opens(readers / "ben", paper))
    _only_read(paper)
    found["stop"] = _yes(_opens(readers / "ben", teaching, writes=True))
    found["stop_writable"] = _yes(_locked_out(root / "readers", data_set(root / "writable", "teaching")))
    found |= _new_and_withdrawn(share, paper, readers)
    found["copies"] = _none(withdrawn_lies(root))
    (readers / "ana" / "copy.csv").unlink()
    found["bytes"] = _none(withdrawn_lies(root))
    assert kept_lies(root), "the search finds words that are there"
    return found


def _new_and_withdrawn(share: Path, paper: Path, readers: Path) -> dict[str, str]:
    """A new version while two read, and then the old one taken away."""
    words = f"SELECT count(*) FROM utterances WHERE text LIKE '%{WITHDRAWN[0]}%'"
    with Client(readers / "ana", database=str(paper)) as kept, Client(readers / "cleo", database=str(paper)) as other:
        loops = [Loop(kept, COUNT), Loop(other, COUNT)]
        fresh = data_set(share, "paper-1.2")
        failed = sum(len(loop.end().refused) for loop in loops)
        assert all(loop.answers for loop in loops)
        paper.parent.chmod(0o755)
        shutil.rmtree(paper.parent)
        reads_on = kept.ask(words) == [[4]]
    with Client(readers / "ana", database=str(fresh)) as anew:
        assert anew.ask(words) == [[0]]
    return {"new": _yes(bool(failed)), "enough": _yes(not reads_on), "open": _yes(reads_on)}


def _only_read(path: Path) -> None:
    """Take away the right to write, as a share that is mounted read-only does."""
    path.chmod(0o444)
    path.parent.chmod(0o555)


def _opens(home: Path, path: Path, *, writes: bool = False) -> bool:
    """Whether a reader can open a file."""
    try:
        with Client(home, database=str(path), writes=writes):
            return True
    except Refused:
        return False


def _locked_out(readers: Path, path: Path) -> bool:
    """Whether somebody who may write the file and opens it so keeps others from reading it."""
    path.chmod(0o666)
    path.parent.chmod(0o777)
    with Client(readers / "dov", database=str(path), writes=True):
        try:
            with Client(readers / "ben", database=str(path)):
                return False
        except Refused:
            return True


def _can(client: Client, sql: str) -> bool:
    try:
        client.ask(sql)
    except Refused:
        return False
    return True


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _none(places: list[str]) -> str:
    return ", ".join(places) or "nowhere"
