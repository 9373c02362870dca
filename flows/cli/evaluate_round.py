"""The round of ``chatham evaluate`` at a terminal: one passage after another, each answer kept as it is given."""

import sys
from typing import TYPE_CHECKING

import typer

from flows.cli.options import say

if TYPE_CHECKING:
    from deidentification.evaluation import Answer, Passage, Speaker
    from flows.evaluating import Reading

LEAVE, BACK = "q", "b"
MEND = (
    "put the name, as it is spelt there, into the roster as an alias (chatham roster import), or take the passage out "
    "of use (chatham passage mark); then chatham run"
)


class _Leave(Exception):
    """The reader leaves; what was answered is kept."""


class _Back(Exception):
    """The reader wants the passage before once more."""


def read_round(reading: "Reading") -> "Reading":
    """Show what waits, and give the reading as it stands when the reader leaves or everything is read.

    Raises:
        UsageError: the data set was taken away or built anew meanwhile; what was answered before is kept.
    """
    from flows.evaluating import keep, note_seen, require_standing

    if reading.sample.waiting:
        reading = note_seen(reading)
        _say_begin(reading)
    done: list[str] = []
    while waiting := reading.sample.waiting:
        require_standing(reading)
        try:
            answers: dict[str, Answer | None] = {waiting[0].passage: _asked(reading, waiting[0])}
            done.append(waiting[0].passage)
        except _Leave:
            return reading
        except _Back:
            answers = {done.pop(): None} if done else {}
        reading = keep(reading, answers)
    return reading


def _say_begin(reading: "Reading") -> None:
    sample = reading.sample
    say(f"{len(sample.passages)} of {sample.data_set.shown:,} passages are drawn by chance; {sample.read} are read.")
    say("Each stands as the data set has it. {Braces} mark what stands in place of something else.")
    say(f"Shown by name in it: {', '.join(reading.named) or 'nobody'}. Nobody else should be.")
    say("y yes, n no, ? cannot tell, b back to the passage before, q leave: what you answered is kept.")


def _asked(reading: "Reading", passage: "Passage") -> "Answer":
    """One passage shown, and its answer."""
    from flows.evaluating import asks_speaker
    from flows.progress import clock

    sample, place = reading.sample, f"{passage.session} at {clock(passage.start_s)}"
    say()
    say(f"{sample.read + 1} of {len(sample.passages)} · {place}")
    say(f"  {reading.label(passage)}: {reading.text(passage)}")
    told = _yes_no("Is anyone identifiable who should not be? [y/n] ")
    speaker = _speaker() if asks_speaker(passage) else None
    needless = _number(passage.masks) if passage.masks else 0
    if told:
        say(f"  Noted. To mend {place}: {MEND}.")
        say("  You need not wait. After that, another sample is drawn: this one would tell too good a rate.")
    return reading.answer(passage, identifiable=told, speaker=speaker, needless=needless)


def _yes_no(question: str) -> bool:
    while (said := _line(question)) not in ("y", "yes", "n", "no"):
        say("  Answer y or n.")
    return said.startswith("y")


def _speaker() -> "Speaker":
    from deidentification.evaluation import Speaker

    known = {"y": Speaker.YES, "yes": Speaker.YES, "n": Speaker.NO, "no": Speaker.NO, "?": Speaker.CANNOT_TELL}
    while (said := _line("Is this the speaker? [y/n/?] ")) not in known:
        say("  Answer y, n or ? (cannot tell).")
    return known[said]


def _number(most: int) -> int:
    question = f"Of the {most} in braces, how many are needless? [0-{most}] "
    while not ((said := _line(question)).isdecimal() and int(said) <= most):
        say(f"  Answer a number from 0 to {most}.")
    return int(said)


def _line(question: str) -> str:
    """One answer in small letters; where there is nothing more to read, the reader has left."""
    typer.echo(question, nl=False)
    line = sys.stdin.readline()
    said = line.strip().casefold()
    if not line or said == LEAVE:
        say()
        raise _Leave
    if said == BACK:
        raise _Back
    return said
