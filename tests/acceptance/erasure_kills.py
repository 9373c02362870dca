"""Kills a withdrawal's whole cascade at random instants and gives it again; races runs of the builds with withdrawals.

Called as ``python -m tests.acceptance.erasure_kills kills|kept_kills|races FOLDER COUNT SEED PROCESSES``; prints what
it found as JSON. Everything happens in processes forked from one that has all loaded and has no study open.
"""

import json
import multiprocessing
import os
import random
import select
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from consent.register import to_ledger_event
from flows.settings import utc_now
from flows.stopping import record_and_stop
from flows.study import Study
from flows.withdrawal import stop_use, withdrawal_event
from schemas.consent import Choice, ConsentEvent, ConsentKind, Reach
from schemas.errors import RefusedByConsent
from tests.acceptance.erasure_study import (
    DONE,
    ERASING,
    KEEPING,
    RECORDER,
    RELEASE,
    SECOND,
    WHO,
    End,
    Tell,
    end_of,
    ended_well,
    forked,
    give,
    holding,
    into,
    is_withdrawn,
    lines_of,
    made,
    open_again,
    prepared,
    require_absent,
    require_erased,
    said,
    without_decisions,
)
from warehouse.logical import logical_hash

EXACTLY = 3
"""One in so many kills is at the very beginning of a step, and the others at some moment of it."""
TWICE = 4
"""One in so many cascades is killed once more as it is given again."""
GAVE_UP = "run: gave up"
Point = tuple[str, float]
"""The name of a moment, and how many seconds it lasts undisturbed."""


class Template:
    """A study to be copied, and what the same commands come to in it where nothing disturbs them."""

    def __init__(
        self,
        folder: Path,
        change: Callable[[Path], None] | None,
        commands: Sequence[str],
        digest: Callable[[Path], str] = logical_hash,
    ) -> None:
        folder.mkdir(parents=True)
        ended_well(lambda _: _make(folder, change))
        self.study = folder / "study"
        self.commands = list(commands)
        undisturbed = copied(self.study, folder / "undisturbed")
        self.points = _timed(ended_well(lambda pipe: give(undisturbed, self.commands, _with_times(into(pipe)))))
        self.end = _end(undisturbed, digest)
        self.kept = digest is said


def copied(study: Path, place: Path) -> Path:
    """A copy of a study's folder."""
    return Path(shutil.copytree(study, place))


def _make(folder: Path, change: Callable[[Path], None] | None) -> None:
    study = made(folder)
    assert holding(study) == ["warehouse", RELEASE], "what is looked for is not found where it is"
    if change:
        change(study)


def _with_times(tell: Tell) -> Tell:
    return lambda point: tell(f"{time.monotonic()} {point}")


def _timed(lines: Sequence[str]) -> list[Point]:
    """The moments of an undisturbed cascade, in order, but for the ends of commands, which are not worked in."""
    told = [(float(at), name) for at, _, name in (line.partition(" ") for line in lines)]
    return [(name, after - at) for (at, name), (after, _) in pairwise(told) if not name.endswith(DONE)]


def _end(study: Path, digest: Callable[[Path], str] = logical_hash) -> End:
    def tell(pipe: int) -> None:
        os.write(pipe, (json.dumps(asdict(end_of(open_again(study, RECORDER), digest))) + "\n").encode())

    return End(**json.loads(ended_well(tell)[0]))


# ---------------------------------------------------------------- kills


def kills(folder: Path, count: int, seed: int, processes: int) -> dict[str, Any]:
    """Kill ``count`` cascades, each in a copy of its own, and give them again to the end."""
    return _kills(Template(folder / "template", None, ERASING), folder, count, seed, processes)


def kept_kills(folder: Path, count: int, seed: int, processes: int) -> dict[str, Any]:
    """``kills`` of cascades in which words stay, without the person."""
    return _kills(Template(folder / "template", None, KEEPING, said), folder, count, seed, processes)


def _kills(template: "Template", folder: Path, count: int, seed: int, processes: int) -> dict[str, Any]:
    begun = time.monotonic()
    work = partial(_killed_or_fault, template, folder, count, seed)
    found, faults = _shared_out(work, count, processes)
    return {
        "cascades": count,
        "kills": sum(len(one["killed"]) for one in found),
        "killed_twice": sum(len(one["killed"]) > 1 for one in found),
        "withdrawal_given_twice": sum(one["again"] for one in found),
        "already_recorded": sum(one["recorded"] for one in found),
        "points": sorted({name for name, _ in template.points}),
        "killed_at": dict(sorted(Counter(name for one in found for name in one["killed"]).items())),
        "faults": faults,
        "seconds": round(time.monotonic() - begun, 1),
    }


def _killed_or_fault(template: Template, folder: Path, count: int, seed: int, number: int) -> dict[str, Any]:
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - moments of kills, no secrets
    study, killed = folder / str(number), list[str]()
    try:
        found = _one_cascade(template, study, count, number, draw, killed)
    except AssertionError as fault:
        return {"fault": f"CHATHAM_SEED={seed}, number {number}, killed at {killed}: {fault}"}
    shutil.rmtree(study)
    return found


def _one_cascade(
    template: Template, study: Path, count: int, number: int, draw: random.Random, killed: list[str]
) -> dict[str, Any]:
    at = _point_of(number, count, template.points)
    lines = _killed_once(template, study, at, draw, exactly=number // len(template.points) % EXACTLY == 0)
    killed.append(lines[-1])
    ended_well(lambda _: require_absent(study, settled=False, kept=template.kept))
    recorded = bool(ended_well(partial(_tell_recorded, study)))
    todo = _not_acknowledged(template.commands, lines)
    again = recorded and template.commands[0] in todo
    if draw.random() < 1 / TWICE:
        more, was_killed = _killed_while(study, todo, draw.uniform(0.0, 0.8) * _length(template))
        killed += [f"{more[-1]}, the second time"] if was_killed else []
        ended_well(lambda _: require_absent(study, settled=False, kept=template.kept))
        todo = _not_acknowledged(todo, more)
    ended_well(lambda pipe: give(study, todo, into(pipe)))
    ended_well(lambda _: require_erased(study, template.end, kept=template.kept))
    return {"killed": killed, "again": again, "recorded": recorded}


def _tell_recorded(study: Path, pipe: int) -> None:
    if is_withdrawn(open_again(study, RECORDER)):
        os.write(pipe, b"recorded\n")


def _point_of(number: int, count: int, points: Sequence[Point]) -> int:
    """Which moment is a kill's: each in turn; where there are more than kills, some all along each command."""
    if count >= len(points):
        return number % len(points)
    commands = list(dict.fromkeys(name.partition(":")[0] for name, _ in points))
    own = [at for at, (name, _) in enumerate(points) if name.partition(":")[0] == commands[number % len(commands)]]
    shares = -(-count // len(commands))
    return own[(2 * (number // len(commands)) + 1) * len(own) // (2 * shares)]


def _length(template: Template) -> float:
    return sum(seconds for _, seconds in template.points)


def _not_acknowledged(commands: Sequence[str], lines: Sequence[str]) -> list[str]:
    """The commands that a person gives again: they were not told that these had ended."""
    return [command for command in commands if f"{command}: {DONE}" not in lines]


def _killed_once(template: Template, study: Path, at: int, draw: random.Random, *, exactly: bool) -> list[str]:
    """Kill a cascade in the moment number ``at``; where it was over too soon, in another copy, as the moment begins."""
    if not exactly:
        copied(template.study, study)
        delay = draw.uniform(0.0, 1.1) * template.points[at][1]
        lines, was_killed = _killed_at(study, template.commands, _line_of(template, at), delay)
        if was_killed:
            return lines
        shutil.rmtree(study)
    copied(template.study, study)
    count = _line_of(template, at)
    lines, code = lines_of(*forked(lambda pipe: give(study, template.commands, into(pipe, die_at=count))))
    assert code == -signal.SIGKILL, (code, lines[-1:])
    return lines


def _line_of(template: Template, at: int) -> int:
    """How many lines are told up to and with a moment; the end of each command is told too."""
    before = [name.partition(":")[0] for name, _ in template.points[: at + 1]]
    return at + 1 + len(set(before)) - 1


def _killed_at(study: Path, commands: Sequence[str], line: int, delay_s: float) -> tuple[list[str], bool]:
    """Kill so long after a line was told; gives all lines, and whether all was not done before."""
    pid, pipe = forked(lambda writing: give(study, list(commands), into(writing)))
    told = b""
    while told.count(b"\n") < line and (more := os.read(pipe, 1 << 16)):
        told += more
    time.sleep(delay_s)
    return _ended_by_a_kill(pid, pipe, told)


def _killed_while(study: Path, commands: Sequence[str], delay_s: float) -> tuple[list[str], bool]:
    """Kill so long after the beginning; gives all lines, and whether all was not done before."""
    pid, pipe = forked(lambda writing: give(study, list(commands), into(writing)))
    select.select([pipe], [], [], 30)
    time.sleep(delay_s)
    return _ended_by_a_kill(pid, pipe, b"")


def _ended_by_a_kill(pid: int, pipe: int, told: bytes) -> tuple[list[str], bool]:
    os.kill(pid, signal.SIGKILL)
    lines, code = lines_of(pid, pipe)
    lines = [*told.decode().splitlines(), *lines]
    assert code in (0, -signal.SIGKILL), lines[-1]
    return lines, code != 0


# ---------------------------------------------------------------- races


def races(folder: Path, count: int, seed: int, processes: int) -> dict[str, Any]:
    """Let somebody withdraw while a run of the builds works, ``count`` times, at moments all along the run."""
    template = Template(folder / "template", _tighten, ["run"])
    both = copied(template.study, folder / "both")
    ended_well(lambda _: _withdraw(both))
    ended_well(lambda pipe: give(both, ["run"], into(pipe)))
    end = _end(both, without_decisions)
    begun = time.monotonic()
    found, faults = _shared_out(partial(_raced_or_fault, template, end, folder, count, seed), count, processes)
    return {
        "races": count,
        "points": sorted({name for name, _ in template.points}),
        "withdrawn_at": dict(sorted(Counter(one["at"] for one in found).items())),
        "while_the_run_was_on": sum(one["during"] for one in found),
        "runs_that_gave_up": sum(one["gave_up"] for one in found),
        "seconds_to_stop": {
            "median": sorted(one["took_s"] for one in found)[len(found) // 2] if found else None,
            "longest": max((one["took_s"] for one in found), default=None),
        },
        "faults": faults,
        "seconds": round(time.monotonic() - begun, 1),
    }


def _tighten(folder: Path) -> None:
    """Somebody else tightens their level, so that the run has every data set to build anew."""
    study = open_again(folder, RECORDER)
    choice = (Choice(dimension="level", value="unnamed"),)
    event = ConsentEvent(participant="P02", event=ConsentKind.CHANGE, at=utc_now(), choices=choice)
    record_and_stop(study, [to_ledger_event(event)], "change", releases=[RELEASE])
    study.publish()


def _raced_or_fault(template: Template, end: End, folder: Path, count: int, seed: int, number: int) -> dict[str, Any]:
    draw = random.Random(f"{seed} {number}")  # noqa: S311 - moments, no secrets
    study = folder / str(number)
    try:
        found = _one_race(template, end, study, _point_of(number, count, template.points), draw)
    except AssertionError as fault:
        return {"fault": f"CHATHAM_SEED={seed}, race {number}: {fault}"}
    shutil.rmtree(study)
    return found


def _one_race(template: Template, end: End, study: Path, at: int, draw: random.Random) -> dict[str, Any]:
    copied(template.study, study)
    word, go = os.pipe()
    withdrawing = forked(partial(_withdraw_at_a_word, study, word))
    os.close(word)
    assert os.read(withdrawing[1], 6) == b"ready\n"
    pid, pipe = forked(lambda writing: _run_or_give_up(study, _with_times(into(writing))))
    told = b""
    while told.count(b"\n") < at + 1 and (more := os.read(pipe, 1 << 16)):
        told += more
    time.sleep(draw.uniform(0.0, 1.1) * template.points[at][1])
    os.write(go, b"!")
    os.close(go)
    stopped, code = lines_of(*withdrawing)
    assert code == 0, stopped[-1]
    lines, code = lines_of(pid, pipe)
    lines = [*told.decode().splitlines(), *lines]
    assert code == 0, lines[-1]
    ended_well(lambda _: require_absent(study, settled=False))
    ended_well(lambda writing: give(study, ["run"], into(writing)))
    ended_well(lambda _: require_absent(study, settled=True))
    assert _end(study, without_decisions) == end
    asked, took = map(float, stopped[-1].split())
    names = {name: float(when) for when, _, name in (line.partition(" ") for line in lines)}
    over = min(names.get(f"run: {DONE}", asked + 1), names.get(GAVE_UP, asked + 1))
    return {"at": template.points[at][0], "during": asked < over, "gave_up": GAVE_UP in names, "took_s": took}


def _withdraw_at_a_word(study: Path, word: int, pipe: int) -> None:
    """Open the study, say so, and withdraw as ``word`` comes; tells when, and how long it took."""
    opened = open_again(study, SECOND)
    opened.ledger.head()
    os.write(pipe, b"ready\n")
    select.select([word], [], [], 60)
    begun = time.monotonic()
    stop_use(opened, _withdrawal(opened))
    os.write(pipe, f"{begun} {time.monotonic() - begun}\n".encode())


def _withdraw(study: Path) -> None:
    opened = open_again(study, SECOND)
    stop_use(opened, _withdrawal(opened))


def _withdrawal(opened: Study) -> ConsentEvent:
    return withdrawal_event(opened, WHO, data="erase", reach=Reach(), days=7, at=None, method=None)


def _run_or_give_up(study: Path, tell: Tell) -> None:
    """A run that is overtaken by choices may say that it published nothing; anything else is a fault."""
    try:
        give(study, ["run"], tell)
    except RefusedByConsent:
        tell(GAVE_UP)


# ---------------------------------------------------------------- shared out


def _shared_out(
    work: Callable[[int], dict[str, Any]], count: int, processes: int
) -> tuple[list[dict[str, Any]], list[str]]:
    """Do all the work in so many processes; gives what went as it must, and what did not."""
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        done = list(_shown(pool.imap_unordered(work, range(count)), count))
    return [one for one in done if "fault" not in one], [one["fault"] for one in done if "fault" in one]


def _shown(found: Iterator[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    for done, one in enumerate(found, start=1):
        if done % 25 == 0 or "fault" in one:
            print(f"{done} of {count}", one.get("fault", ""), file=sys.stderr, flush=True)
        yield one


if __name__ == "__main__":
    prepared()
    what = {"kills": kills, "kept_kills": kept_kills, "races": races}[sys.argv[1]]
    print(json.dumps(what(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])), indent=2))
