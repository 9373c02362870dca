"""Where material went: copies of data sets, outputs, public recordings, and what is still to be taken back. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from consent.choosing.closures import taken_back
from consent.decision import decide
from consent.register import Register
from flows.releases import Release, releases, shows_more
from flows.tightening import Comparison, hides_more
from schemas.consent import Answer, ConsentDecision, ConsentKind, Mark, Permission, Use
from schemas.identifiers import ParticipantId, SessionId
from schemas.ledger import EventKind, LedgerEntry
from schemas.recording import Session

ANSWERS = ("destroyed", "refused", "no_answer")
MEDIUMS = ("paper", "post", "recording", "talk", "other")
RESULTS = ("removed", "edited", "cannot")
IN_PUBLIC = (Permission.QUOTE_RESEARCH, Permission.QUOTE_PRACTICE, Permission.PUBLISH_RECORDING)
"""Permissions on which something that was published may rest."""
HIDING_MARKS = frozenset({Mark.OFF_THE_RECORD, Mark.NOT_MINE, Mark.JOINT, Mark.REPORTS, Mark.COMMUNITY})
PURPOSE_OF: dict[Use, str] = {
    Use.ANALYSIS: "analyse",
    Use.RESEARCH: "quote_research",
    Use.PRACTICE: "quote_practice",
    Use.RECORDING: "analyse",
}

Present = Callable[[ParticipantId, SessionId], bool]
"""Whether somebody speaks or is named in a session, as far as is known."""


@dataclass(frozen=True)
class Copy:
    """One copy of a data set that somebody was given.

    Attributes:
        entry: Index of the entry that recorded it.
        by: Who recorded it, and so who asks for it back.
        recalled_at: When it was first asked back; None: not yet.
        answer: One of ``ANSWERS``; None: none yet.
    """

    entry: int
    id: str
    release: str
    to: str = field(repr=False)
    contact: str | None = field(repr=False)
    by: str
    at: datetime
    recalled_at: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None

    @property
    def answered(self) -> bool:
        """Whether whoever holds it has said what they did; that nobody answered is no answer."""
        return self.answer in ("destroyed", "refused")


@dataclass(frozen=True)
class TakeDown:
    """What became of an output that was to be taken down."""

    result: str
    at: datetime
    by: str
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Output:
    """Something that was published or shown.

    Attributes:
        participants: Who is named or quoted in it, as far as was said.
        releases: Data sets that it rests on.
        take_down: The last one; None: none yet.
    """

    entry: int
    id: str
    medium: str
    title: str = field(repr=False)
    url: str | None = field(repr=False)
    owner: str
    participants: tuple[ParticipantId, ...]
    releases: tuple[str, ...]
    published_on: date
    take_down: TakeDown | None = None


@dataclass(frozen=True)
class Task:
    """Something that is still to be taken back.

    Attributes:
        kind: ``recall`` a copy, ``take_down`` an output, look at a public ``recording``.
        what: What a person calls it: the data set, the medium, the session.
        id: Of the copy or the output; of a recording, the session's.
        owner: Who is to do it; blank: nobody was named.
        participant: Whose choice asks for it; None: a mark on a passage does.
        asked_at: When they asked.
    """

    kind: "Kind"
    what: str
    id: str
    owner: str
    due: datetime
    late: bool
    participant: ParticipantId | None
    asked_at: datetime


def copies(entries: Iterable[LedgerEntry]) -> list[Copy]:
    """Every copy that was handed on, oldest first."""
    found: dict[str, Copy] = {}
    for index, said in _payloads(entries, EventKind.SENT):
        if said.get("type") == "sent":
            found.setdefault(str(said["id"]), _copy(index, said))
            continue
        copy = found.get(str(said.get("sent")))
        if copy is not None and said.get("type") == "recall":
            found[copy.id] = replace(copy, recalled_at=copy.recalled_at or _at(said))
        elif copy is not None and said.get("type") == "recall_answer":
            found[copy.id] = replace(copy, answer=str(said["answer"]), answered_at=_at(said))
    return list(found.values())


def outputs(entries: Iterable[LedgerEntry]) -> list[Output]:
    """Every output, in the order in which they were recorded."""
    found: dict[str, Output] = {}
    for index, said in _payloads(entries, EventKind.OUTPUT):
        if said.get("type") == "output":
            found.setdefault(str(said["id"]), _output(index, said))
        elif said.get("type") == "take_down" and str(said["output"]) in found:
            done = TakeDown(str(said["result"]), _at(said), str(said["by"]), said.get("note"))
            found[str(said["output"])] = replace(found[str(said["output"])], take_down=done)
    return list(found.values())


def touched_outputs(
    entries: Iterable[LedgerEntry], participant: ParticipantId, reach_sessions: Collection[SessionId] | None
) -> list[Output]:
    """Outputs in which somebody is named, or that rest on a data set in which they speak or are named.

    Args:
        reach_sessions: Only data sets that hold one of these sessions count; None: all.
    """
    read = list(entries)
    holding = {release.name for release in releases(read) if _holds(release, participant, reach_sessions)}
    return [output for output in outputs(read) if participant in output.participants or holding & set(output.releases)]


def public_recordings(
    register: Register,
    participant: ParticipantId,
    sessions: Collection[SessionId] | None = None,
    present: Present | None = None,
) -> list[tuple[SessionId, tuple[str, ...]]]:
    """Sessions whose recording is public, with its addresses, by session id.

    Args:
        sessions: Only these; None: all.
        present: Leaves out where the participant neither speaks nor is named; None: nobody knows, none is left out.
    """
    return [
        (name, session.public_urls)
        for name, session in sorted(register.sessions.items())
        if session.public_urls
        and (sessions is None or name in sessions)
        and (present is None or present(participant, name))
    ]


def tasks(
    entries: Iterable[LedgerEntry], register: Register, now: datetime, days: int, present: Present | None = None
) -> list[Task]:
    """What withdrawals, tightenings and marks still ask for: copies, outputs, and public recordings to look at.

    Args:
        register: Everything recorded.
        days: From the day the person asked to the day it is to be done.
        present: As for ``public_recordings``.
    Returns:
        Soonest first; each thing once, for the person who asked first.
    """
    looking = _Looking(list(entries), register, present)
    found: dict[tuple[str, str], Task] = {}
    for said in looking.sayings():
        due = said.at + timedelta(days=days)
        for kind, what, name, owner in looking.asked_by(said):
            found.setdefault((kind, name), Task(kind, what, name, owner, due, due < now, said.participant, said.at))
    return sorted(found.values(), key=lambda task: (task.due, task.kind, task.id))


def task_words(task: Task) -> str:
    """What is to be done, for whom and by whom, in words; no title and nobody's name."""
    what = {
        "recall": f"have copy {task.id} of data set {task.what} destroyed",
        "take_down": f"take down or edit the {task.what} {task.id}",
        "recording": f"take down or edit the public recording of session {task.what}",
    }[task.kind]
    whose = f"for {task.participant}" if task.participant else "because a passage was marked"
    return f"{what}, {whose}" + (f"; {task.owner} does it" if task.owner else "")


Kind = Literal["recall", "take_down", "recording"]
Asked = tuple[Kind, str, str, str]
"""Kind, what, id and owner of a task."""


@dataclass(frozen=True)
class _Saying:
    """Something that may hide more than before: a choice, or (``participant`` None) a mark on a passage."""

    index: int
    at: datetime
    participant: ParticipantId | None
    session: SessionId | None = None


class _Looking:
    """What each saying asks for, told from everything that is recorded."""

    def __init__(self, entries: Sequence[LedgerEntry], register: Register, present: Present | None) -> None:
        self.register, self.present = register, present
        self.copies = [copy for copy in copies(entries) if copy.answer is None]
        self.outputs = outputs(entries)
        went_out = {copy.release for copy in self.copies}.union(*(output.releases for output in self.outputs))
        self.releases = [release for release in releases(entries) if release.name in went_out]
        self.minutes = {entry.index: datetime.fromisoformat(entry.minute) for entry in entries}

    def sayings(self) -> list[_Saying]:
        """What was said, in the order of the register; withdrawals that were taken back are not among it."""
        undone = taken_back(self.register)
        said = [
            _Saying(index, event.at, event.participant)
            for index, event in self.register.events
            if index not in undone and event.event not in (ConsentKind.UNDO, ConsentKind.REAFFIRM)
        ]
        marks = [
            _Saying(index, mark.at, None, mark.session)
            for index, mark in self.register.passages
            if mark.mark in HIDING_MARKS
        ]
        return sorted([*said, *marks], key=lambda saying: saying.index)

    def asked_by(self, said: _Saying) -> list[Asked]:
        """The open tasks of one saying; nothing is decided on where nothing had gone out before."""
        made = [release for release in self.releases if release.entry < said.index and _may_concern(said, release)]
        shown = [output for output in self.outputs if output.entry < said.index and not self._done(output, said)]
        public = public_recordings(
            self.register, said.participant or "", None, self.present if said.participant else None
        )
        if not (made or public or any(said.participant in output.participants for output in shown)):
            return []
        before, after = _upto(self.register, said.index), _upto(self.register, said.index + 1)
        compared = Comparison(before, after, {said.participant} if said.participant else set())
        ended = {release.name for release in made if shows_more(release, compared, _nobody_shares)}
        return [
            *(("recall", copy.release, copy.id, copy.by) for copy in self.copies if copy.release in ended),
            *self._take_downs(shown, ended, before, after, said),
            *(
                ("recording", session, session, self._owner(urls))
                for session, urls in public
                if not self._recording_done(urls, said) and _hides_recording(session, before, after, said)
            ),
        ]

    def _take_downs(
        self, shown: Iterable[Output], ended: set[str], before: Register, after: Register, said: _Saying
    ) -> Iterator[Asked]:
        """Outputs that rest on what shows too much now, or name somebody who hides more of themselves."""
        for output in shown:
            named = said.participant in output.participants and _tightens(said.participant, before, after)
            if named or ended & set(output.releases):
                yield "take_down", output.medium, output.id, output.owner

    def _done(self, output: Output, said: _Saying) -> bool:
        """Whether it was dealt with since; the register's own times are whole minutes."""
        return output.take_down is not None and output.take_down.at >= self.minutes[said.index]

    def _recording_done(self, urls: Collection[str], said: _Saying) -> bool:
        return any(one.url in urls and self._done(one, said) for one in self.outputs)

    def _owner(self, urls: Collection[str]) -> str:
        return next((output.owner for output in self.outputs if output.url in urls), "")


def _may_concern(said: _Saying, release: Release) -> bool:
    if said.participant is None:
        return said.session in release.sessions
    return said.participant in release.people


def _nobody_shares(_one: ParticipantId, _other: ParticipantId) -> bool:
    return False


def _tightens(participant: ParticipantId | None, before: Register, after: Register) -> bool:
    """Whether somebody hides more of themselves than before, in any session or from now on, in any use."""
    where: list[Session | None] = [None, *before.sessions.values()]
    return participant is not None and any(
        _more_in_public([decide(one, participant, session=session, use=use) for one in (before, after)], purpose)
        for session in where
        for use, purpose in PURPOSE_OF.items()
    )


def _hides_recording(session: SessionId, before: Register, after: Register, said: _Saying) -> bool:
    """Whether somebody's voice in a public recording is to be heard less, in all of it or in a passage."""
    if said.participant is None:
        return session == said.session
    if session not in before.sessions:
        return False
    passages = [mark.passage for _, mark in before.passages_of.get(session, ())]
    return any(
        _more_in_public(
            [
                decide(one, said.participant, session=one.sessions[session], use=Use.RECORDING, passage=passage)
                for one in (before, after)
            ],
            PURPOSE_OF[Use.RECORDING],
        )
        for passage in (None, *passages)
    )


def _more_in_public(was_and_is: Sequence[ConsentDecision], purpose: str) -> bool:
    before, after = was_and_is
    fell = any(_yes(before, one) and not _yes(after, one) for one in IN_PUBLIC)
    return fell or hides_more(before, after, purpose)


def _yes(decision: ConsentDecision, permission: Permission) -> bool:
    return decision.permissions.get(permission) is Answer.YES


def _upto(register: Register, index: int) -> Register:
    """The register as it was before entry ``index``; sessions and forms are all there."""
    return replace(
        register,
        events=tuple((at, event) for at, event in register.events if at < index),
        passages=tuple((at, passage) for at, passage in register.passages if at < index),
        erased={at: done for at, done in register.erased.items() if done[0] < index},
    )


def _holds(release: Release, participant: ParticipantId, sessions: Collection[SessionId] | None) -> bool:
    return participant in release.people and (sessions is None or bool(set(sessions) & set(release.sessions)))


def _payloads(entries: Iterable[LedgerEntry], kind: EventKind) -> list[tuple[int, dict[str, Any]]]:
    return [(entry.index, entry.payload) for entry in entries if entry.kind is kind and entry.payload is not None]


def _at(said: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(str(said["at"]))


def _copy(index: int, said: dict[str, Any]) -> Copy:
    return Copy(
        index, str(said["id"]), str(said["release"]), str(said["to"]), said.get("contact"), str(said["by"]), _at(said)
    )


def _output(index: int, said: dict[str, Any]) -> Output:
    return Output(
        entry=index,
        id=str(said["id"]),
        medium=str(said["medium"]),
        title=str(said["title"]),
        url=said.get("url"),
        owner=str(said["owner"]),
        participants=tuple(said["participants"]),
        releases=tuple(said["releases"]),
        published_on=date.fromisoformat(str(said["published_on"])),
    )
