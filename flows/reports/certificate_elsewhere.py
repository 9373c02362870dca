"""The part of a certificate on what lies where the study cannot reach: backups, copies, originals, publications."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from flows.audit.words import count
from flows.reports.document import Block, Heading, Table, Text

_ANSWERS = {"destroyed": "destroyed, they say", "refused": "refused", "no_answer": "no answer"}
_TAKEN_DOWN = {"removed": "taken down", "edited": "edited", "cannot": "cannot be taken down"}
_MEDIA = {"paper": "paper", "post": "post", "recording": "recording", "talk": "talk"}


class Days(Protocol):
    """Says a day in the study's time zone."""

    def day(self, text: str | None) -> str:
        """``4 March 2026``, a dash for none."""
        ...


def still_out(body: Mapping[str, Any]) -> str:
    """Whether it is erased everywhere, or here; and if here, what is not yet confirmed gone."""
    if body["erased"] == "everywhere":
        return (
            "**Erased everywhere** that the study keeps things or handed them on: here, in every backup, in every copy "
            f"of a data set, and the original files.{_published(body)}"
        )
    backups = sum(one["destroyed_at"] is None for one in body["backups"])
    copies = sum(one["answer"] != "destroyed" for one in body["copies"])
    parts = [
        *([count(backups, "backup")] if backups else []),
        *([count(copies, "copy of a data set", "copies of data sets")] if copies else []),
        *([f"the original files of {count(len(body['originals']), 'session')}"] if body["originals"] else []),
    ]
    listed = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"**Erased here.** Not yet confirmed destroyed elsewhere: {listed}; see below.{_published(body)}"


def _published(body: Mapping[str, Any]) -> str:
    return " What was published is listed below." if body["outputs"] or body["public"] else ""


def elsewhere(body: Mapping[str, Any], said: Days) -> Iterable[Block]:
    """The section: a row for each thing there is, and a line on the kinds of things of which there is none."""
    yield Heading("What lies elsewhere")
    rows = [*_backups(body, said), *_copies(body, said), *_originals(body), *_outputs(body, said), *_public(body)]
    if rows:
        columns = ["What", "Where, with whom", "Since", "State"]
        yield Table(columns, rows, caption="As things stood when this was signed.")
    if none := _none(body):
        yield Text(none)


def _none(body: Mapping[str, Any]) -> str:
    said = [
        *([] if body["backups"] else ["No backup had been made before the destruction."]),
        *([] if body["copies"] else ["No copy of a data set with their words had been handed over."]),
        *([] if body["originals"] else ["No original files are left unconfirmed."]),
        *([] if body["outputs"] or body["public"] else ["Nothing of it was published, as far as the register knows."]),
    ]
    return " ".join(said)


def _backups(body: Mapping[str, Any], said: Days) -> Iterable[list[str]]:
    for one in body["backups"]:
        gone = one["destroyed_at"]
        state = f"destroyed, as confirmed on {said.day(gone)}" if gone else "not yet confirmed destroyed"
        yield [f"backup {one['id']}", "outside of the study's folder", said.day(one["at"]), state]


def _copies(body: Mapping[str, Any], said: Days) -> Iterable[list[str]]:
    for one in body["copies"]:
        asked = f"asked back on {said.day(one['recalled_at'])}" if one["recalled_at"] else "not yet asked back"
        when = f" ({said.day(one['answered_at'])})" if one["answered_at"] else ""
        answer = _ANSWERS.get(one["answer"] or "", "no answer yet")
        yield [f"copy of data set {one['release']}", one["to"], said.day(one["at"]), f"{asked}; {answer}{when}"]


def _originals(body: Mapping[str, Any]) -> Iterable[list[str]]:
    for one in body["originals"]:
        state = "not confirmed deleted" if one["files"] else "deleted here"
        cloud = "; nobody said whether copies lie in a cloud" if one["cloud"] == "unknown" else ""
        where = count(one["files"], "file") if one["files"] else "–"
        yield [f"original files of session {one['session']}", where, "–", state + cloud]


def _outputs(body: Mapping[str, Any], said: Days) -> Iterable[list[str]]:
    for one in body["outputs"]:
        done = one["take_down"]
        state = f"{_TAKEN_DOWN[done['result']]} ({said.day(done['at'])})" if done else "not yet taken down"
        what = f"{_MEDIA.get(one['medium'], 'output')} “{one['title']}”"
        yield [what, one["url"] or "–", said.day(one["published_on"]), state]


def _public(body: Mapping[str, Any]) -> Iterable[list[str]]:
    for one in body["public"]:
        yield [f"recording of session {one['session']}", "\n".join(one["urls"]), "–", "public, as far as is known"]
