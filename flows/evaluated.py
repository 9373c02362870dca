"""What an evaluation came to: as the register keeps it, as facts, and in sentences. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil
from typing import Any

from pydantic import ValidationError

from deidentification.bounds import one_in, upper_bound
from deidentification.evaluation import Measured, Passage, Sample, Speaker, Tally, Whole
from flows.progress import clock
from schemas.ledger import EventKind, LedgerEntry, LedgerEvent

TYPE = "evaluation"
FINDINGS = {"identifiable": "somebody can be told", "wrong_speaker": "another person speaks"}


def evaluation_event(measured: Measured, by: str, at: datetime) -> LedgerEvent:
    """The entry that keeps what a finished sample came to: a person has seen words, and found so much.

    Args:
        by: User who answered the last passage.
        at: Aware.
    """
    payload = {"type": TYPE, "by": by, "at": at.isoformat(), **measured.model_dump(mode="json")}
    return LedgerEvent(kind=EventKind.ACCESS, payload=payload)


def evaluations(entries: Iterable[LedgerEntry]) -> list[tuple[LedgerEntry, Measured]]:
    """Every finished evaluation that the register tells of, oldest first; what cannot be read is none."""
    found = []
    for entry in entries:
        if entry.kind is EventKind.ACCESS and entry.payload and entry.payload.get("type") == TYPE:
            try:
                members = {name: entry.payload[name] for name in Measured.model_fields}
                found.append((entry, Measured.model_validate(members)))
            except (KeyError, ValidationError):
                continue
    return found


def rate(found: int, of: int) -> dict[str, Any]:
    """A rate, with its one-sided 95 % upper bound; of none, no rate is known and the bound is 1."""
    return {"found": found, "of": of, "rate": found / of if of else None, "at_most": upper_bound(found, of)}


def tally_facts(tally: Tally) -> dict[str, Any]:
    """What a stratum, or the whole sample, came to."""
    needless = {"found": tally.needless, "of": tally.masks}
    return {
        "read": tally.read,
        "identifiable": rate(tally.identifiable, tally.read),
        "wrong_speaker": {
            **rate(tally.wrong, tally.wrong + tally.right),
            "cannot_tell": tally.cannot_tell,
            "not_asked": tally.not_asked,
        },
        "needless_masks": {**needless, "rate": tally.needless / tally.masks if tally.masks else None},
    }


def measured_facts(measured: Measured) -> dict[str, Any]:
    """Everything that a finished evaluation tells, as plain JSON."""
    whole, shown = measured.whole, measured.data_set.shown
    return {
        "sentences": sentences(measured),
        "sample": measured.sample,
        "drawn_at": measured.drawn_at.isoformat(timespec="seconds"),
        "readers": measured.readers,
        "given_up": measured.given_up,
        "data_set": measured.data_set.model_dump(mode="json"),
        **tally_facts(measured.tally),
        "strata": {
            "language": {name: tally_facts(tally) for name, tally in measured.languages.items()},
            "level": {str(name): tally_facts(tally) for name, tally in measured.levels.items()},
        },
        "masks": whole.masks,
        "words": whole.words,
        "masks_per_1000_words": round(1000 * whole.masks / whole.words, 1) if whole.words else None,
        "withheld_for_doubt": {
            "utterances": whole.utterances,
            "withheld": whole.utterances - shown,
            "for_doubt": sum(whole.doubt.values()),
            "share": sum(whole.doubt.values()) / whole.utterances if whole.utterances else None,
            "reasons": dict(whole.doubt),
        },
    }


def findings(sample: Sample) -> list[dict[str, Any]]:
    """Where something has to be mended: session, second, and what was found; by session and time."""
    rows = [
        {"session": one.session, "start_s": one.start_s, "at": clock(one.start_s), "found": what}
        for one in sorted(sample.passages, key=lambda one: (one.session, one.start_s))
        if (what := _found(one))
    ]
    return rows


def _found(passage: Passage) -> list[str]:
    answer = passage.answer
    if answer is None:
        return []
    told = {"identifiable": answer.identifiable, "wrong_speaker": answer.speaker is Speaker.NO}
    return [name for name, is_so in told.items() if is_so]


def sentences(measured: Measured) -> list[str]:
    """What was found, in plain words; the first sentence tells the rate of what was missed."""
    tally = measured.tally
    whole = "in other material made the same way, " if _all_read(measured) else ""
    return [
        f"{_read(measured)}; {_named(tally.identifiable)}; {whole}{_rarity(tally.identifiable, tally.read)}.",
        _speaker_sentence(tally),
        _masks_sentence(tally),
        _whole_sentence(measured.whole),
    ]


def _all_read(measured: Measured) -> bool:
    """Whether nothing is left in the data set of which the sample could tell."""
    return measured.tally.read == measured.data_set.shown


def _read(measured: Measured) -> str:
    every = "all " if _all_read(measured) and measured.tally.read > 1 else ""
    return f"We read {every}{_count(measured.tally.read, 'passage')}"


def _named(found: int) -> str:
    return f"{found:,} still named somebody, or told who they are" if found else "none still named anyone"


def _rarity(found: int, of: int) -> str:
    number = one_in(upper_bound(found, of))
    if number is None:
        return f"the true rate may be as high as {bound_words(found, of)}"
    return f"the true rate is very likely below 1 in {number:,}"


def _speaker_sentence(tally: Tally) -> str:
    known = tally.right + tally.wrong
    if not known:
        return "Nobody could tell of any passage whether it is shown under who said it."
    wrong = f"{tally.wrong:,} {'is' if tally.wrong == 1 else 'are'}" if tally.wrong else "none is"
    said = f"Of {_count(known, 'passage')} whose speaker the reader knew, {wrong} shown as somebody else's"
    unknown = f" In {tally.cannot_tell:,} more the reader could not tell." if tally.cannot_tell else ""
    return f"{said}; {_rarity(tally.wrong, known)}.{unknown}"


def _masks_sentence(tally: Tally) -> str:
    if not tally.masks:
        return "Nothing was masked in what was read."
    needless = f"{tally.needless:,} hid nothing that needed it" if tally.needless else "none was needless"
    return f"Of {_count(tally.masks, 'mask')} in what was read, {needless} ({percent(tally.needless, tally.masks)})."


def _whole_sentence(whole: Whole) -> str:
    doubted = sum(whole.doubt.values())
    return (
        f"Of {_count(whole.utterances, 'utterance')}, {doubted:,} {'is' if doubted == 1 else 'are'} withheld for doubt "
        f"({percent(doubted, whole.utterances)}); in what is shown stand "
        f"{1000 * whole.masks / max(1, whole.words):.1f} masks in 1,000 words."
    )


def bound_words(found: int, of: int) -> str:
    """The upper bound, rounded up: ``0.75 %``; a dash where nothing was read."""
    return f"{_percent_above(upper_bound(found, of))} %" if of else "–"


def _percent_above(bound: float) -> str:
    return f"{ceil(bound * 10_000 - 1e-6) / 100:.2f}"  # less what the bisection leaves open


def percent(part: int, of: int) -> str:
    """``2.5 %``; a dash of nothing."""
    return f"{100 * part / of:.1f} %" if of else "–"


def stratum_rows(measured: Measured) -> list[dict[str, Any]]:
    """One row for each stratum: by what it is one, its name, and what was found in it; no stratum is weighted."""
    groups: Mapping[str, Mapping[Any, Tally]] = {"language": measured.languages, "level": measured.levels}
    return [
        {"by": by, "stratum": str(name), "tally": tally}
        for by, tallies in groups.items()
        for name, tally in tallies.items()
    ]


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"
