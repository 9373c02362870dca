"""A small study whose data set can be read, and readers who answer."""

from collections.abc import Callable
from pathlib import Path

from consent.register import to_ledger_event
from deidentification.evaluation import Passage, Sample, Speaker
from flows.evaluating import Reading, asks_speaker, begin, keep
from flows.intake import NewSession, add_session
from flows.settings import utc_now
from flows.study import Study
from schemas.consent import Choice, ConsentEvent, ConsentKind
from tests.flows.cascade import PEOPLE, QUIET, make, run, vtt

TURNS = {
    "S1": (
        ("P01", "I am Maribel Quist from Quellmere and I told Aurélie about the ferry timetable."),
        ("P02", "Thanks Maribel, the ferry is late every winter morning."),
        ("P01", "Tobias Renwick and Petronella Vasquez wrote the harbour report with me."),
        ("P03", "We counted eleven boats that week."),
    ),
    "S2": (
        ("P02", "The council never answered our letter."),
        ("P03", "Tobias asked them twice about it."),
        ("P04", "=SUM(A1) is what the sheet said."),
    ),
}
READ = 7
"""Utterances that the data set shows."""

Judge = Callable[[Passage], bool]


def made(folder: Path) -> Study:
    """The study, run: S1 is in English and S2 in French; P04 is unnamed, P03 has a made-up name."""
    study = make(folder, {"S1": TURNS["S1"]})
    (folder / "S2.vtt").write_text(vtt(TURNS["S2"], PEOPLE))
    session = NewSession("S2", "2026-04-01T09:00+13:00", language="fr", transcript=folder / "S2.vtt")
    add_session(study, session, QUIET)
    change(study, "P04", "unnamed")
    run(study)
    return study


def change(study: Study, participant: str, level: str) -> None:
    """Somebody chooses another level, for all they ever said."""
    choices = (Choice(dimension="level", value=level),)
    event = ConsentEvent(
        participant=participant, event=ConsentKind.CHANGE, at=utc_now(), applies="all", choices=choices
    )
    study.record(to_ledger_event(event))


def answered(
    reading: Reading,
    *,
    identifiable: Judge = lambda _: False,
    wrong: Judge = lambda _: False,
    only: Judge = lambda _: True,
    most: int = 1000,
) -> Reading:
    """Answer what waits of ``only``, one after another, up to so many."""
    for passage in [one for one in reading.sample.waiting if only(one)][:most]:
        said = reading.answer(
            passage,
            identifiable=identifiable(passage),
            speaker=(Speaker.NO if wrong(passage) else Speaker.YES) if asks_speaker(passage) else None,
            needless=0,
        )
        reading = keep(reading, {passage.passage: said})
    return reading


def read_all(study: Study, **judged: Judge) -> Reading:
    """A sample of everything, read to its end."""
    return answered(begin(study), **judged)


def stored(study: Study) -> Sample | None:
    """The sample as it lies in the locked store."""
    return study.vault.get_study("evaluation", Sample)
