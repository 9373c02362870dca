"""A made-up study of a few sessions, run and erased from in this process, without Prefect."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from consent.register import to_ledger_event
from deidentification.find import Recognisers
from flows import build, steps
from flows.carrying import carry_over, fresh
from flows.coding.anchored import carry_kept
from flows.coding.quoting import cleaner
from flows.consenting import import_sheet
from flows.forms import add_form
from flows.intake import NewSession, add_session
from flows.keeping import keep_words
from flows.plan import states_of
from flows.progress import Progress
from flows.published import PURPOSE
from flows.settings import utc_now
from flows.study import Study
from flows.worker import Worker
from schemas.consent import ConsentEvent, ConsentKind, Reach
from schemas.deidentified import DeidentifiedUtterance, RedactedSession
from schemas.ledger import EventKind, LedgerEvent
from schemas.records import Record
from schemas.roster import Contact, Person
from tests.deidentification.support import FakeNames
from tests.flows.conftest import FORM_TEXT, PASSPHRASE, make_keys_cheap, open_as
from vault.register import EVERYTHING, Scope, register
from vault.sessions import SessionStore

QUIET = Progress(quiet=True)
PEOPLE = {
    "P01": Person(
        participant="P01", full_name="Maribel Quist", secret="", pseudonym="Talven",
        role="Ferry Commissioner", role_as="an official", place="Quellmere", place_as="a harbour town",
    ),
    "P02": Person(participant="P02", full_name="Tobias Renwick", secret="", pseudonym="Sorrel"),
    "P03": Person(participant="P03", full_name="Aurélie Fontanel", secret="", pseudonym="Mirla"),
    "P04": Person(participant="P04", full_name="Ottoline Bracegirdle", secret="", pseudonym="Orvane"),
}  # fmt: skip
LEVELS = {"P01": "named", "P02": "named", "P03": "pseudonym", "P04": "named"}
SESSIONS: dict[str, Sequence[tuple[str, str]]] = {
    "S1": (
        ("P01", "I am Maribel Quist from Quellmere and I told Aurélie about the ferry timetable."),
        ("P02", "Thanks Maribel, the ferry is late every winter morning."),
        ("P01", "Tobias Renwick and Petronella Vasquez wrote the harbour report with me."),
        ("P03", "We counted eleven boats that week."),
    ),
    "S2": (
        ("P02", "The council never answered our letter."),
        ("P03", "Tobias asked them twice about it."),
    ),
    "S3": (
        ("P04", "Ottoline speaking, the buses were full."),
        ("P02", "Maribel Quist said the buses were empty."),
    ),
}  # fmt: skip


MODEL = FakeNames("Petronella Vasquez", "Quellmere")
"""Stands for the models: a name of nobody in the roster, and a place of somebody's."""


class Coding(Record):
    """What somebody coded: codepoints of one turn."""

    utterance: str
    start_char: int
    end_char: int
    code: str


def make(
    folder: Path, sessions: Mapping[str, Sequence[tuple[str, str]]] = SESSIONS, people: Mapping[str, Person] = PEOPLE
) -> Study:
    """A study in which nothing has been run yet."""
    study = Study.create(
        folder / "study", title="Ferries", approval="H26-0001", language="en", user="pi", passphrase=PASSPHRASE,
        timezone="Pacific/Auckland",
    )  # fmt: skip
    study.vault.roster.import_people(people.values(), [Contact(participant=p) for p in people])
    (folder / "form.md").write_text(FORM_TEXT)
    rows = [f"{p},2026-02-01T10:00+13:00,consent,{LEVELS.get(p, 'named')},v1" for p in people]
    (folder / "consents.csv").write_text("\n".join(["participant,at,event,level,form", *rows]))
    add_form(study, folder / "form.md", version="v1", language="en", approvals=("H26-0001",))
    import_sheet(study, folder / "consents.csv")
    for session, turns in sessions.items():
        (folder / f"{session}.vtt").write_text(vtt(turns, people))
        add_session(study, NewSession(session, "2026-03-04T09:00+13:00", transcript=folder / f"{session}.vtt"), QUIET)
    return study


def find_few_names(patch: pytest.MonkeyPatch) -> None:
    """Let ``MODEL`` alone find names beside the roster."""
    patch.setattr(steps, "recognisers", lambda *_: Recognisers((MODEL,)))


@contextmanager
def cheaply() -> Iterator[None]:
    """Cheap keys and few names while a study is made that a whole module's tests copy."""
    with pytest.MonkeyPatch.context() as patch:
        make_keys_cheap(patch)
        find_few_names(patch)
        yield


def vtt(turns: Sequence[tuple[str, str]], people: Mapping[str, Person]) -> str:
    """A transcript with names: a turn every ten seconds."""
    cues = [
        f"{_time(10 * number)} --> {_time(10 * number + 8)}\n{people[who].full_name}: {text}\n"
        for number, (who, text) in enumerate(turns)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000"


def copy_of(study: Study, folder: Path) -> Study:
    """The study again, in another folder."""
    shutil.copytree(study.folder, folder / "study")
    return open_as(folder / "study", "pi")


def run(study: Study) -> Worker:
    """What ``chatham run`` does, in this process and without Prefect."""
    worker = Worker(study, QUIET)
    for state in states_of(worker):
        if state.facts is None:
            words = steps.transcribe(worker, state.store)
            steps.find_names(worker, state.store, words, steps.attribute(worker, state.store, words))
    states = [state for state in states_of(worker) if state.facts]
    worker.ready = build.build(worker, states, lambda opaque: redact(worker, opaque))
    return worker


def redact(worker: Worker, opaque: str) -> None:
    build.redact(worker, worker.recording(opaque), worker.names)


def withdraw(study: Study, participant: str, data: str, reach: Reach | None = None) -> int:
    """Record a withdrawal; gives its index."""
    event = ConsentEvent.model_validate(
        {"participant": participant, "event": ConsentKind.WITHDRAW, "at": utc_now(), "data": data,
         "reach": reach or Reach(), "destroy_on": utc_now(), "recorded_by": "pi"}
    )  # fmt: skip
    return study.record(to_ledger_event(event))


Step = Callable[[], None]


def destroy(
    study: Study, participant: str, withdrawal: int, scope: Scope = EVERYTHING, *, carry: bool = True,
    between: Step = lambda: None,
) -> int:  # fmt: skip
    """What a withdrawal's second step does to the vault and the register; gives how many sessions were carried over."""
    held = fresh(Worker(study, QUIET))
    worker = Worker(study, QUIET)

    def keep(store: SessionStore, who: str):  # type: ignore[no-untyped-def]
        return keep_words(worker, store, who)

    for store in register(study.vault, keep=keep, carry=carry_kept, clean=cleaner(study)):
        store.erase(participant, scope)
    between()
    carried = carry_over(Worker(study, QUIET), held, participant if scope.whole else None) if carry else 0
    payload = {"type": "erasure", "participant": participant, "withdrawal": withdrawal}
    study.record(LedgerEvent(kind=EventKind.ERASE, payload=payload, refs=(withdrawal,)))
    return carried


def shown(study: Study, session: str) -> list[str]:
    """What the data set shows of each turn of a session; the reason where it is withheld."""
    redacted = study.vault.session(session).latest(f"redacted-{PURPOSE}", RedactedSession)
    assert redacted is not None
    return [u.text if isinstance(u, DeidentifiedUtterance) else u.reason.value for u in redacted.utterances]
