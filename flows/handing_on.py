"""Hands data sets on and asks for them back; keeps the list of outputs. Everything is recorded before it is done."""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from flows.facts import StageFacts, current
from flows.people import participant_ids
from flows.places import make_folder
from flows.releases import Release, releases
from flows.reports.document import Document
from flows.reports.html import to_html
from flows.reports.letters import Recall, recall_letter
from flows.reports.pdf import to_pdf
from flows.roles import refuse_service, require
from flows.sending import ANSWERS, MEDIUMS, RESULTS, Copy, Output, Present, Task, copies, outputs, tasks
from flows.settings import utc_now
from flows.stopping import end_outdated
from flows.study import Study
from schemas.errors import BadInput, UsageError
from schemas.identifiers import ParticipantId, SessionId
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent
from schemas.recording import local_day
from vault.files import write_file

LONGEST_CHARACTERS = 200


@dataclass(frozen=True)
class Recalled:
    """The copies that were asked back, and the letters."""

    copies: tuple[Copy, ...]
    files: tuple[Path, ...]


@dataclass(frozen=True)
class NewOutput:
    """Something that was published or shown, as typed at the command line."""

    title: str = field(repr=False)
    medium: str
    url: str | None = field(default=None, repr=False)
    owner: str | None = None
    participants: Sequence[ParticipantId] = ()
    releases: Sequence[str] = ()
    published_on: str | None = None


def send(study: Study, name: str, to: str, contact: str | None = None) -> str:
    """Record that somebody is given a copy of a data set; gives the copy's id.

    Args:
        to: Who: a person or an organisation. contact: Where to reach them.
    Raises:
        UsageError: there is no such data set, it has ended, or ``to`` says nothing.
    """
    require(study, "release sent")
    refuse_service(study, "hands data sets on")
    who, reached = one_line(to, "--to"), one_line(contact, "--contact") if contact else None
    end_outdated(study)  # what somebody recorded who could not compare must not be handed on either
    with study.ledger.lock():
        if not _release(study, name).stands:
            raise UsageError(
                f"data set {name} has ended and may not be handed on",
                hint="Hand on the one that took its place: chatham release list.",
            )
        said = {"type": "sent", "id": _new_id(), "release": name, "to": who, "contact": reached}
        study.record(_event(study, EventKind.SENT, said))
    return str(said["id"])


def recall(study: Study, name: str, out: Path | None = None) -> Recalled:
    """Ask every copy of a data set back that nobody has answered for: recorded, then a letter for each.

    Args:
        out: Folder for the letters; None: ``recall-NAME`` in the current folder.
    Raises:
        UsageError: there is no such data set. BadInput: the letters cannot be written there.
    """
    require(study, "release recall")
    refuse_service(study, "asks for copies back")
    release, entries = _release(study, name), study.ledger.entries()
    waiting = tuple(copy for copy in copies(entries) if copy.release == name and not copy.answered)
    if not waiting:
        return Recalled((), ())
    letters = [_letter(study, release, copy, releases(entries)) for copy in waiting]
    pages = [(facts.id, recall_letter(facts)) for facts in letters]
    made = [(f"recall-{id_}.{kind}", data) for id_, page in pages for kind, data in _printed(page)]
    folder = (out or Path(f"recall-{name}")).absolute()
    make_folder(folder)
    study.append(
        [_event(study, EventKind.SENT, {"type": "recall", "sent": one.id, "release": name}) for one in waiting]
    )
    return Recalled(waiting, tuple(_written(folder / file, data) for file, data in made))


def answer(study: Study, copy_id: str, said: str, note: str | None = None) -> Copy:
    """Record what whoever holds a copy answered; gives the copy as it stands then.

    Raises:
        UsageError: there is no such copy, or the answer is none of ``ANSWERS``.
    """
    require(study, "release answer")
    refuse_service(study, "records answers")
    _one_of(said, ANSWERS, "--answer")
    _copy_called(study, copy_id)
    payload = {"type": "recall_answer", "sent": copy_id, "answer": said}
    study.record(_event(study, EventKind.SENT, payload | _noted(note)))
    return _copy_called(study, copy_id)


def handed_on(study: Study) -> tuple[list[Release], list[Copy]]:
    """Every data set that was made to hand on, and every copy of one."""
    require(study, "release list")
    entries = study.ledger.entries()
    return releases(entries), copies(entries)


def add_output(study: Study, new: NewOutput) -> str:
    """Record an output; gives its id.

    Raises:
        UsageError: the medium, day, a participant or a data set is none that is known. MissingKey.
    """
    require(study, "output add")
    refuse_service(study, "records outputs")
    _one_of(new.medium, MEDIUMS, "--medium")
    _known(new.participants, participant_ids(study), "--participant", "participant(s) who are not in the roster")
    _known(new.releases, [one.name for one in releases(study.ledger.entries())], "--release", "unknown data set(s)")
    said = {
        "type": "output",
        "id": _new_id(),
        "medium": new.medium,
        "title": one_line(new.title, "--title"),
        "url": one_line(new.url, "--url") if new.url else None,
        "owner": one_line(new.owner, "--owner") if new.owner else study.keyring.user,
        "participants": sorted(set(new.participants)),
        "releases": sorted(set(new.releases)),
        "published_on": _day(study, new.published_on).isoformat(),
    }
    study.record(_event(study, EventKind.OUTPUT, said, dated=False))
    return str(said["id"])


def end_output(study: Study, output_id: str, result: str, note: str | None = None) -> Output:
    """Record what became of an output that was to be taken down; gives it as it stands then.

    Raises:
        UsageError: there is no such output, or the result is none of ``RESULTS``.
    """
    require(study, "output done")
    refuse_service(study, "takes outputs down")
    _one_of(result, RESULTS, "--result")
    _output_called(study, output_id)
    payload = {"type": "take_down", "output": output_id, "result": result}
    study.record(_event(study, EventKind.OUTPUT, payload | _noted(note)))
    return _output_called(study, output_id)


def list_outputs(study: Study) -> list[Output]:
    """Every output, in the order in which they were recorded."""
    require(study, "output list")
    return outputs(study.ledger.entries())


def open_tasks(study: Study) -> list[Task]:
    """What is still to be taken back, soonest first; the user may read the register."""
    entries = study.ledger.entries()
    return tasks(entries, study.register(), utc_now(), study.config.take_down_days, present(study, entries))


def present(study: Study, entries: Iterable[LedgerEntry]) -> Present | None:
    """Whether somebody speaks or is named in a session, or did before they were erased; None: this user cannot tell."""
    if not study.may_run:
        return None
    erased = {
        (str(entry.payload.get("participant")), str(store.get("store")))
        for entry in entries
        if entry.kind is EventKind.ERASE and entry.payload
        for store in entry.payload.get("stores", ())
        if store.get("items")
    }
    facts = {store.opaque: store.get_stage("facts", current(StageFacts), StageFacts) for store in study.sessions()}

    def there(participant: ParticipantId, session: SessionId) -> bool:
        store = study.vault.session(session)
        known = facts.get(store.opaque)
        if known is None or known.unknown or participant in {*known.people, *known.mentioned}:
            return True
        return (participant, store.name) in erased

    return there


def _letter(study: Study, release: Release, copy: Copy, everything: Sequence[Release]) -> Recall:
    zone, now = study.config.timezone, utc_now()
    return Recall(
        title=study.config.title,
        to=copy.to,
        id=copy.id,
        release=release.name,
        purpose=release.purpose,
        files=release.files,
        sent_on=local_day(copy.at, zone),
        made_on=local_day(release.made_at, zone),
        why=release.why,
        successor=_successor(release, everything),
        today=local_day(now, zone),
        answer_by=local_day(now + timedelta(days=study.config.take_down_days), zone),
        contact=study.config.contact,
    )


def _successor(release: Release, everything: Sequence[Release]) -> str | None:
    """The data set that stands in place of ``release`` today, over however many in between."""
    after = next((one for one in everything if one.follows == release.name), None)
    if after is None or release.stands:
        return None
    return after.name if after.stands else _successor(after, everything)


def _printed(page: Document) -> list[tuple[str, bytes]]:
    return [("html", to_html(page).encode()), ("pdf", to_pdf(page, utc_now()))]


def _written(path: Path, data: bytes) -> Path:
    try:
        write_file(path, data)
    except OSError:
        raise BadInput(
            "a letter cannot be written there", hint="Name another folder with --out, then recall once more."
        ) from None
    return path


def _release(study: Study, name: str) -> Release:
    for release in releases(study.ledger.entries()):
        if release.name == name:
            return release
    raise UsageError("this study has no data set of that name", hint="See them with chatham release list.")


def _copy_called(study: Study, copy_id: str) -> Copy:
    for copy in copies(study.ledger.entries()):
        if copy.id == copy_id:
            return copy
    raise UsageError("no copy of a data set has that id", hint="See them with chatham release list.")


def _output_called(study: Study, output_id: str) -> Output:
    for output in outputs(study.ledger.entries()):
        if output.id == output_id:
            return output
    raise UsageError("no output has that id", hint="See them with chatham output list.")


def _event(study: Study, kind: EventKind, said: Mapping[str, object], *, dated: bool = True) -> LedgerEvent:
    """The entry, with who records it and (where it has no day of its own) when."""
    when = {"at": utc_now().isoformat(timespec="seconds")} if dated else {}
    return LedgerEvent(kind=kind, payload={**said, **when, "by": study.keyring.user})


def _noted(note: str | None) -> dict[str, object]:
    return {"note": one_line(note, "--note")} if note else {}


def _new_id() -> str:
    return secrets.token_hex(4)


def one_line(text: str | None, option: str) -> str:
    """What somebody gives as a line of plain text, without double spaces; raises UsageError where it is none."""
    said = " ".join((text or "").split())
    if not said or len(said) > LONGEST_CHARACTERS or not said.isprintable():
        raise UsageError(
            f"{option} is empty, longer than {LONGEST_CHARACTERS} characters, or no plain text",
            hint="Say it in one line.",
        )
    return said


def _one_of(word: str, known: Sequence[str], option: str) -> None:
    if word not in known:
        raise UsageError(f"{option} is none of the known ones", hint=f"Use one of: {', '.join(known)}.")


def _known(named: Iterable[str], known: Iterable[str], option: str, what: str) -> None:
    if unknown := set(named) - set(known):
        raise UsageError(f"{option} names {len(unknown)} {what}", hint="Check what you typed; nothing was recorded.")


def _day(study: Study, text: str | None) -> date:
    today = local_day(utc_now(), study.config.timezone)
    if text is None:
        return today
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        day = None
    if day is None or day > today:
        raise UsageError("--published is no day that has been", hint="Write it like 2026-03-04.")
    return day
