"""How much was missed: the newest evaluation in plain words, beside the sixteen questions. It judges nothing."""

from typing import Any

from consent.sentences import LEVEL_WORDS
from deidentification.evaluation import Measured, Tally
from flows.audit.facts import Facts
from flows.audit.words import count, language, local
from flows.evaluated import bound_words, measured_facts, percent, sentences, stratum_rows
from flows.reports.document import Block, Heading, Note, Table, Text
from schemas.consent import Level
from schemas.ledger import EventKind

ANCHOR = "missed"
TITLE = "How much was missed"
NONE = (
    "Nobody has measured yet how much was missed: no sample of the data set was read to its end "
    "(the team does so with chatham evaluate)."
)
_COLUMNS = (
    "Passages of",
    "Read",
    "Still told who somebody is",
    "True rate very likely",
    "Speaker known",
    "Shown as somebody else's",
    "True rate very likely",
)


def missed_facts(facts: Facts) -> dict[str, Any]:
    """The newest evaluation, as in ``audit.json``; ``measured`` is False where none was made."""
    if not facts.evaluations:
        return {"measured": False, "said": NONE}
    entry, measured = facts.evaluations[-1]
    return {
        "measured": True,
        "said": sentences(measured)[0],
        "entry": entry.index,
        "finished_on": local(facts.recorded(entry.index), facts.zone),
        "finished_by": facts.recorder(entry.index),
        "evaluations": len(facts.evaluations),
        "sessions_made_ready_since": _made_since(facts, entry.index),
        **measured_facts(measured),
    }


def missed_line(facts: Facts) -> str:
    """One sentence for the head of the report."""
    return str(missed_facts(facts)["said"])


def missed_blocks(facts: Facts) -> list[Block]:
    """The section of its own."""
    heading = Heading(TITLE, 2, ANCHOR)
    if not facts.evaluations:
        return [heading, Note(NONE)]
    entry, measured = facts.evaluations[-1]
    first, *others = sentences(measured)
    return [
        heading,
        Note(first),
        Text(" ".join(others)),
        Text(_how(facts, entry.index, measured)),
        _table(measured),
        Text(
            "A bound made this way lies above the true rate in at least 95 of 100 such samples (one-sided, "
            "Clopper-Pearson). Every row stands for itself: none is weighted."
        ),
    ]


def _how(facts: Facts, index: int, measured: Measured) -> str:
    """How and when it was measured, and what speaks against relying on it."""
    said = [
        f"Drawn by chance on {local(measured.drawn_at, facts.zone)} from {count(measured.data_set.shown, 'passage')} "
        f"that the data set shows, read by {count(measured.readers, 'person', 'people')} as they stand there, finished "
        f"on {local(facts.recorded(index), facts.zone)}."
    ]
    if measured.given_up:
        said.append(f"{count(measured.given_up, 'sample')} before it: begun, and given up before the end.")
    if since := _made_since(facts, index):
        said.append(
            f"Since then, words of {count(since, 'session')} were made ready anew: this is of an earlier data set."
        )
    return " ".join(said)


def _made_since(facts: Facts, index: int) -> int:
    """How many sessions' words for analysis were made ready after an entry."""
    return len(
        {
            str(payload.get("session"))
            for entry, payload in facts.derived
            if entry.index > index and payload.get("purpose") == "analyse" and entry.kind is EventKind.DERIVE
        }
    )


def _table(measured: Measured) -> Table:
    rows = [_row("all", measured.tally)]
    rows += [_row(_said(row["by"], row["stratum"]), row["tally"]) for row in stratum_rows(measured)]
    return Table(_COLUMNS, rows, caption="By the session's language and by the speaker's level.", numbers=(1, 2, 4, 5))


def _said(by: str, name: str) -> str:
    return f"sessions in {language(name)}" if by == "language" else f"speakers shown as: {LEVEL_WORDS[Level(name)]}"


def _row(name: str, tally: Tally) -> list[str]:
    known = tally.right + tally.wrong
    return [
        name,
        f"{tally.read:,}",
        _found(tally.identifiable, tally.read),
        _bound(tally.identifiable, tally.read),
        f"{known:,}",
        _found(tally.wrong, known),
        _bound(tally.wrong, known),
    ]


def _found(found: int, of: int) -> str:
    return f"{found:,} ({percent(found, of)})" if found else str(found)


def _bound(found: int, of: int) -> str:
    return f"at most {bound_words(found, of)}" if of else "–"
