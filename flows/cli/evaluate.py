"""``chatham evaluate``: how much was missed, measured on a sample that a person reads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.options import JsonOption, StudyOption, UserOption, facts, open_study, say, table

if TYPE_CHECKING:
    from deidentification.evaluation import Measured, Sample, Tally
    from flows.evaluating import Reading

COLUMNS = ["stratum", "read", "identifiable", "at most", "speaker known", "wrong", "wrong at most"]


def evaluate(
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", help="How many passages to draw; otherwise 400.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Draw another sample; one that is not finished is given up.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.csv", help="Write what is still to be read, with columns for answers."),
    ] = None,
    answered: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Read the answered table back, all of it or none.")
    ] = None,
    study: StudyOption = None,
    user: UserOption = None,
    json: JsonOption = False,
) -> None:
    """Measure what was missed. A person reads passages drawn by chance and answers three questions about each.

    One passage after another; leave with q or Ctrl-C, and the same command goes on. The rates come when all are read.
    """
    from flows.evaluating import begin, resume

    _check(sample, out, answered, new=new)
    opened = open_study(study, user)
    if answered is not None:
        reading = _read_back(resume(opened), answered, quiet=json)
    elif out is not None:
        _check_out(out, opened.folder)
        reading = begin(opened, sample, new=new)
        _write_out(reading, out, quiet=json)
    else:
        reading = begin(opened, sample, new=new)
        _say_dropped(reading, quiet=json)
        reading = reading if json else _read_on(reading)
    if json:
        facts(_facts(reading))
    else:
        _say_result(reading)


def _check(sample: int | None, out: Path | None, answered: Path | None, *, new: bool) -> None:
    from schemas.errors import UsageError

    if answered is not None and (new or out is not None or sample is not None):
        raise UsageError(
            "--import stands with none of --out, --new and --sample", hint="Give one command after the other."
        )


def _check_out(out: Path, folder: Path) -> None:
    from flows.evaluation_sheet import FORMATS
    from flows.own_files import check_file

    check_file(out, folder, FORMATS)


def _read_on(reading: "Reading") -> "Reading":
    from flows.cli.evaluate_round import read_round

    return read_round(reading)


def _say_dropped(reading: "Reading", *, quiet: bool) -> None:
    if reading.dropped and not quiet:
        say(f"{reading.dropped} answers fell away: the data set does not show these passages any more as they were.")


def _write_out(reading: "Reading", out: Path, *, quiet: bool) -> None:
    from flows.evaluation_sheet import write_sheet
    from schemas.errors import UsageError

    if not reading.sample.waiting:
        raise UsageError(
            "every passage of this sample was read, so nothing was written", hint="Draw another with --new."
        )
    written = write_sheet(reading, out)
    _say_dropped(reading, quiet=quiet)
    if not quiet:
        say(f"Written: {out} ({written} passages).")
        say("Fill in identifiable (yes, no), speaker_right (yes, no, cannot tell) and needless_masks (a number), then:")
        say(f"  chatham evaluate --import {out.name}")
        say("It holds people's words: keep it where nobody else can read it.")


def _read_back(reading: "Reading", path: Path, *, quiet: bool) -> "Reading":
    from flows.evaluation_sheet import read_answers

    got = read_answers(reading, path)
    _say_dropped(reading, quiet=quiet)
    if not quiet:
        say(f"{got.answered} passages answered; {got.blank} rows have no answer yet.")
        if got.gone:
            say(f"{got.gone} answers left out: the data set does not show these passages any more as they were.")
        say("Delete the file now, with every copy: it holds people's words, and a withdrawal does not reach it.")
    return got.reading


def _say_result(reading: "Reading") -> None:
    from flows.evaluated import sentences

    sample = reading.sample
    if sample.measured is None:
        say(f"{sample.read} of {len(sample.passages)} passages are read. The rates come when all are.")
        say("Go on: chatham evaluate")
        _say_findings(sample)
        return
    if not reading.present:
        say("This is of an earlier data set; what changed since is not measured. Next: chatham evaluate --new")
    for sentence in sentences(sample.measured):
        say(sentence)
    say()
    table(_strata(sample.measured), COLUMNS)
    say("Bounds are one-sided, 95 % (Clopper-Pearson); each row stands for itself.")
    _say_findings(sample)


def _strata(measured: "Measured") -> list[dict[str, Any]]:
    from flows.evaluated import stratum_rows

    rows = [_stratum("all", measured.tally)]
    return [*rows, *(_stratum(f"{row['by']} {row['stratum']}", row["tally"]) for row in stratum_rows(measured))]


def _stratum(name: str, tally: "Tally") -> dict[str, Any]:
    from flows.evaluated import bound_words

    known = tally.wrong + tally.right
    return {
        "stratum": name,
        "read": tally.read,
        "identifiable": tally.identifiable,
        "at most": bound_words(tally.identifiable, tally.read),
        "speaker known": known,
        "wrong": tally.wrong,
        "wrong at most": bound_words(tally.wrong, known),
    }


def _say_findings(sample: "Sample") -> None:
    """Where something has to be mended, and how."""
    from flows.cli.evaluate_round import MEND
    from flows.evaluated import FINDINGS, findings

    found = findings(sample)
    for one in found:
        say(f"  {one['session']} at {one['at']}: {' and '.join(FINDINGS[what] for what in one['found'])}")
    if found:
        say(f"To mend it: {MEND}.")
        say("If a data set that holds it was handed on: chatham release recall, and chatham incident add.")
        say("Then draw another sample, which tells the rate as it is then: chatham evaluate --new")


def _facts(reading: "Reading") -> dict[str, Any]:
    from flows.evaluated import findings, measured_facts

    sample = reading.sample
    state: dict[str, Any] = {
        "state": "finished" if sample.measured else "open",
        "sample": sample.id,
        "drawn": len(sample.passages),
        "left": len(sample.waiting),
        "present_data_set": reading.present,
        "findings": findings(sample),
    }
    if sample.measured is None:
        return {**state, "read": sample.read}
    return {**state, **measured_facts(sample.measured)}
