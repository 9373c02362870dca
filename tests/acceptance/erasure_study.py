"""A made-up study with a data set handed on, the commands that take somebody out of it, and what must hold after them.

The commands are those a person types, without a process and without Prefect. As they work they tell where they are, so
that they can be killed there.
"""

import hashlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import vault.passphrases
from consent.ledger import Ledger
from consent.publish import log_vkeys
from consent.verify import verify
from deidentification.find import Recognisers
from flows import build, certifying, confirming, destroying, releasing, retention, stopping, withdrawal, withdrawn
from flows import run as running
from flows.certificate import read_certificate, stated_digest
from flows.progress import Progress
from flows.receipts import make_receipt
from flows.releases import MANIFEST, recorded
from flows.releasing import make_release
from flows.stopping import ASIDE
from flows.study import STOPPING, Study
from flows.users import add_user
from flows.worker import SessionState, Worker
from schemas.consent import ConsentKind, Reach
from schemas.ledger import EventKind, LedgerEntry
from schemas.speech import Attributed
from tests.acceptance.every_way import EveryWay, _five_in_a_row, _fives, _folded
from tests.flows import cascade
from tests.flows.conftest import PASSPHRASE
from vault.erasures import Erasures
from vault.staging import Staged
from warehouse.logical import logical_hash
from warehouse.opened import columns, opened, quoted

WHO = "P01"
NAMES = ("Maribel", "Quist", "Talven")
RECORDER, SECOND = "pi", "pi2"
RELEASE = "paper-1"
OWN = [text for turns in cascade.SESSIONS.values() for who, text in turns if who == WHO]
OTHERS = [text for turns in cascade.SESSIONS.values() for who, text in turns if who != WHO]

Tell = Callable[[str], None]
"""Takes the name of the point that a command has come to."""


# ---------------------------------------------------------------- the study


def prepared() -> None:
    """Make keys cheap, and names found without a model, in this process and those forked from it."""
    vault.passphrases._MEMORY_KIB, vault.passphrases._PASSES, vault.passphrases._LANES = 64, 1, 1
    found = Recognisers((cascade.MODEL,))
    cascade.steps.recognisers = lambda *_: found  # type: ignore[assignment]
    running._run_in_prefect = _run_here  # type: ignore[assignment]


def made(folder: Path) -> Path:
    """A study that was run, with two investigators, receipts, and a data set to hand on; gives its folder."""
    study = cascade.make(folder)
    add_user(study, SECOND, role="investigator", participant=None, passphrase=lambda: PASSPHRASE)
    cascade.run(study)
    for participant in (WHO, "P02"):
        make_receipt(study, participant)
    make_release(study, RELEASE, "analyse", cascade.QUIET)
    study.publish()
    return study.folder


def open_again(folder: Path, user: str) -> Study:
    """The study as a command opens it: what an interrupted one left is settled."""
    return Study.open(folder, user=user, passphrase=PASSPHRASE)


def _run_here(worker: Worker, untold: list[SessionState]) -> None:
    """What the flow does, without Prefect."""
    for state in untold:
        words = cascade.steps.transcribe(worker, state.store)
        cascade.steps.find_names(worker, state.store, words, cascade.steps.attribute(worker, state.store, words))
    states = [state for state in running.states_of(worker) if state.facts]
    worker.ready = build.build(worker, states, lambda opaque: cascade.redact(worker, opaque))


# ---------------------------------------------------------------- the commands


def withdraw(folder: Path, progress: Progress, data: str = "erase") -> Study:
    """``chatham consent withdraw P01 --data erase --destroy-after 0``."""
    study = open_again(folder, RECORDER)
    event = withdrawal.withdrawal_event(study, WHO, data=data, reach=Reach(), days=0, at=None, method=None)
    withdrawal.stop_use(study, event)
    return study


def withdraw_and_keep(folder: Path, progress: Progress) -> Study:
    """``chatham consent withdraw P01 --data keep_deidentified --destroy-after 0``."""
    return withdraw(folder, progress, "keep_deidentified")


def confirm(folder: Path, progress: Progress) -> Study:
    """``chatham consent confirm P01``, as somebody else, before the day."""
    study = open_again(folder, SECOND)
    confirming.confirm(study, WHO)
    return study


def dispose(folder: Path, progress: Progress) -> Study:
    """``chatham retention --dispose``."""
    study = open_again(folder, SECOND)
    retention.dispose(study, progress)
    return study


def run(folder: Path, progress: Progress) -> Study:
    """``chatham run``; the data set to hand on gets its successor."""
    study = open_again(folder, RECORDER)
    _, worker = running.run_study(study, [], progress)
    assert not worker.failures, worker.failures
    return study


COMMANDS: dict[str, Callable[[Path, Progress], Study]] = {
    "withdraw": withdraw, "withdraw and keep": withdraw_and_keep, "confirm": confirm, "dispose": dispose, "run": run,
}  # fmt: skip
ERASING = ("withdraw", "confirm", "dispose", "run")
KEEPING = ("withdraw and keep", "confirm", "dispose", "run")
DONE = "done"


def give(folder: Path, commands: list[str], tell: Tell) -> None:
    """Give commands one after another, each published at its end as on the command line."""
    at = [""]
    tell_here = _tells(lambda what: tell(f"{at[0]}: {what}"))
    for command in commands:
        at[0] = command
        tell_here("opening")
        study = COMMANDS[command](folder, _TellingProgress(tell_here))
        if study.unpublished:
            study.publish()
        tell(f"{command}: {DONE}")


class _TellingProgress(Progress):
    def __init__(self, tell: Tell) -> None:
        super().__init__(quiet=True)
        self._tell = tell

    def step(self, label: str) -> None:
        kind, _, store = label.partition("removing from: ")
        self._tell(f"removing from {'a session' if 'session' in store else store}" if not kind else "a step")


_MOMENTS: list[tuple[Any, str, str]] = [
    (stopping, "_begin", "a stop begins"),
    (stopping, "_set_aside", "a data set leaves its name"),
    (Ledger, "append", "recording"),
    (stopping, "_held", "a stop is recorded"),
    (stopping, "_finish", "data sets that were set aside go"),
    (stopping, "_put_back", "data sets that were set aside come back"),
    (Study, "publish", "publishing"),
    (destroying, "begin", "a destruction begins"),
    (Erasures, "save", "a step is ticked"),
    (destroying, "carry_over", "carrying over"),
    (destroying, "begin_epoch", "new keys are drawn"),
    (Staged, "commit", "new keys are laid"),
    (vault.staging, "install", "new keys are put in their place"),
    (destroying, "entry_of", "the erasure's entry"),
    (destroying, "issue", "the certificate"),
    (certifying, "write_certificate", "the certificate is written"),
    (Erasures, "end", "the destruction ends"),
    (running, "states_of", "looking what there is to do"),
    (running, "end_outdated", "outdated data sets end"),
    (running, "rebuild_ended", "successors"),
    (build, "redact", "a session is redacted"),
    (build, "load_aside", "the data set is written"),
    (build, "record_and_place", "the data set is recorded"),
    (build, "remember", "the data set has its name"),
    (releasing, "redact_session", "a session is redacted for a successor"),
    (releasing, "load_aside", "a successor is written"),
    (releasing, "record_and_place", "a successor is recorded"),
    (releasing, "place", "a successor gets its name"),
]
"""Where a function stands, its name, and what is told as it begins."""


def _tells(tell: Tell) -> Tell:
    """Let every moment be told, in this process; gives ``tell``."""
    for owner, name, moment in _MOMENTS:
        setattr(owner, name, _telling(getattr(owner, name), tell, moment))
    return tell


def _telling(real: Callable[..., Any], tell: Tell, moment: str) -> Callable[..., Any]:
    def told(*args: Any, **more: Any) -> Any:
        tell(moment)
        return real(*args, **more)

    return told


def into(pipe: int, die_at: int | None = None) -> Tell:
    """Write points to a pipe, one a line; the process kills itself as it has told so many."""
    count = 0

    def tell(point: str) -> None:
        nonlocal count
        os.write(pipe, f"{point}\n".encode())
        count += 1
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


# ---------------------------------------------------------------- what must hold


@dataclass(frozen=True)
class End:
    """What a study says in the end, but for ids that are drawn: others' words, and the digests of its data sets."""

    turns: dict[str, list[list[str]]]
    research: str
    release: str


def standing_files(folder: Path) -> list[Path]:
    """Data sets under their names, as somebody finds them who looks into the folder."""
    return [folder / "warehouse" / "research.duckdb", *sorted((folder / "releases").glob("[!.]*/*.duckdb"))]


def holding(folder: Path, *, words: bool = True) -> list[str]:
    """The data sets under their names in which the person stands, by a name or (``words``) by five in a row."""
    return [path.parent.name for path in standing_files(folder) if path.is_file() and _is_in(path, words=words)]


def is_withdrawn(study: Study) -> bool:
    """Whether the register says that the person withdrew."""
    return any(event.event is ConsentKind.WITHDRAW for _, event in study.register().events)


def require_absent(folder: Path, *, settled: bool, kept: bool = False) -> None:
    """Whatever state a kill or a race left: once the withdrawal is recorded, no data set holds the person.

    Args:
        settled: Whether a command has been given since; else what a kill left is looked at as it lies.
        kept: Whether words may stay, without the person.
    """
    held = holding(folder, words=not kept)
    study = open_again(folder, RECORDER) if settled else _as_it_lies(folder)
    if is_withdrawn(study):
        assert held == [], f"the withdrawal is recorded, and these hold the person: {held}"
        assert kept or [one.name for one in recorded(study) if one.stands and WHO in one.people] == []


def require_erased(folder: Path, undisturbed: End, *, kept: bool = False) -> None:
    """The end of every cascade, killed or not; ``kept``: the person's words stay, without the person."""
    study = open_again(folder, RECORDER)
    require_absent(folder, settled=True, kept=kept)
    _require_nothing_left(folder)
    entries = study.ledger.entries()
    _require_entries(study, entries)
    _require_certificates(study, entries)
    every = EveryWay(folder, [study.keyring, open_again(folder, SECOND).keyring])
    assert every.find(NAMES) == []
    assert kept or every.runs(OWN, unless=[[text] for text in OTHERS]) == []
    assert every.unopened == []
    assert WHO not in study.table().by_id()
    assert kept or WHO not in study.participants()
    assert end_of(study, said if kept else logical_hash) == undisturbed
    _require_settled(folder)


def end_of(study: Study, digest: Callable[[Path], str] = logical_hash) -> End:
    """What a study says.

    Args:
        digest: Of a data set; one that leaves out what depends on the order of entries in the register, or not.
    """
    [release] = [one for one in recorded(study) if one.stands]
    data = study.releases / release.name / "release.duckdb"
    assert sorted(path.name for path in data.parent.iterdir()) == ["data-dictionary.md", MANIFEST, "release.duckdb"]
    assert hashlib.sha256(data.read_bytes()).hexdigest() == release.sha256
    told = {store.intake().session.session: store.latest("attributed", Attributed) for store in study.sessions()}
    return End(
        turns={session: _turns(attributed) for session, attributed in told.items()},
        research=digest(study.research),
        release=digest(data),
    )


def said(path: Path) -> str:
    """The digest of what a data set says and when, without ids: those of somebody whose words are kept are drawn."""
    with opened(path) as connection:
        query = "SELECT session_id, start_s, text, withheld_reason FROM utterances ORDER BY ALL"
        return hashlib.sha256(json.dumps(connection.execute(query).fetchall()).encode()).hexdigest()


def without_decisions(path: Path) -> str:
    """The digest of a data set's rows but for ids of decisions, which tell when they were recorded."""
    whole = hashlib.sha256()
    with opened(path) as connection:
        for table, described in columns(connection).items():
            kept = [name for name, _ in described if name != "decision_id"]
            if kept and table != "provenance":
                chosen = ", ".join(map(quoted, kept))
                rows = connection.execute(f"SELECT {chosen} FROM {quoted(table)} ORDER BY ALL").fetchall()  # noqa: S608
                whole.update(json.dumps([table, kept, rows], default=str).encode())
    return whole.hexdigest()


def _turns(attributed: Attributed | None) -> list[list[str]]:
    assert attributed is not None
    return [[turn.utterance, turn.text] for turn in attributed.utterances]


def _as_it_lies(folder: Path) -> Study:
    from vault.keys import unlock

    return Study(folder, unlock(folder / "keys", RECORDER, PASSPHRASE))


@cache
def _own_runs() -> frozenset[tuple[str, ...]]:
    return frozenset(_five_in_a_row(OWN)).difference(*(_five_in_a_row([text]) for text in OTHERS))


def _is_in(path: Path, *, words: bool) -> bool:
    there = _folded("\n".join(_texts(path)))
    named = any(_folded(name) in there for name in NAMES)
    return named or (words and not _own_runs().isdisjoint(_fives(there)))


def _texts(path: Path) -> Iterator[str]:
    with opened(path) as connection:
        for table, _ in columns(connection).items():
            for row in connection.execute(f"FROM {quoted(table)}").fetchall():
                yield "\t".join(map(str, row))


def _require_nothing_left(folder: Path) -> None:
    """No trace of something half done: nothing aside, in the making, staged, or under a second key."""
    receipts = {path.name.split(".")[0] for path in (folder / "consent" / "receipts").iterdir()}
    assert receipts == {"receipt-P02"}
    left = [path.relative_to(folder) for path in folder.rglob("*") if _is_left_over(path)]
    assert left == []
    assert list((folder / "vault" / "erasures").glob("*")) == []


def _is_left_over(path: Path) -> bool:
    name = path.name
    hidden = name in (STOPPING, ASIDE, ".rekeying", ".rekeyed") or (name.startswith(".") and ".tmp" in name)
    return hidden or name.startswith(".tmp-") or ".next." in name


def _require_entries(study: Study, entries: list[LedgerEntry]) -> None:
    """Each withdrawal was carried out, and once: an erasure answers every one that asks for nothing more."""
    asked = [one for one in withdrawn.withdrawals(study) if one.event.participant == WHO]
    answered = [index for entry in entries if entry.kind is EventKind.ERASE for index in entry.refs]
    assert asked
    assert sorted(answered) == [one.index for one in asked], (asked, answered)
    assert study.vault.erasures.all() == []


def _require_certificates(study: Study, entries: list[LedgerEntry]) -> None:
    """One certificate for each erasure, on the disk as the register has it."""
    said = [entry.payload or {} for entry in entries]
    digests = [one["sha256"] for one in said if one.get("type") == "certificate"]
    files = sorted((study.consent / "certificates").glob("certificate-*.json"))
    assert [stated_digest(read_certificate(file.read_bytes())[0]) for file in files] == digests
    assert len(digests) == sum(entry.kind is EventKind.ERASE for entry in entries)
    report = verify(study.consent, log_vkeys(study.consent), now=datetime.now(UTC))
    assert report.exit_code in (0, 1), report


def _require_settled(folder: Path) -> None:
    """One more run finds nothing to do and records nothing."""
    study = open_again(folder, RECORDER)
    before = (study.ledger.head(), study.research.stat().st_mtime_ns)
    _, worker = running.run_study(study, [], cascade.QUIET)
    assert worker.remade == {}
    assert (study.ledger.head(), study.research.stat().st_mtime_ns) == before


# ---------------------------------------------------------------- a process of one's own


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Let ``work`` write to a pipe in a process of its own; gives the process and the pipe's end to read."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    os.close(reading)
    code = 1
    try:
        work(writing)
        code = 0
    except BaseException:  # noqa: BLE001 - told to the parent
        import traceback

        os.write(writing, ("failed: " + json.dumps(traceback.format_exc()[-6000:]) + "\n").encode())
    finally:
        os._exit(code)


def lines_of(pid: int, pipe: int) -> tuple[list[str], int]:
    """What a process told till its end, and how it ended: 0, 1, or -9 where it was killed."""
    with os.fdopen(pipe, "rb") as file:
        lines = file.read().splitlines(keepends=True)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return [line.decode().rstrip("\n") for line in lines if line.endswith(b"\n")], code


def ended_well(work: Callable[[int], None]) -> list[str]:
    """``forked`` to its end; raises AssertionError with what went wrong in there."""
    lines, code = lines_of(*forked(work))
    if code:
        with suppress(IndexError):
            raise AssertionError(json.loads(lines[-1].removeprefix("failed: ")))
        raise AssertionError(f"a process ended with {code}")
    return lines
