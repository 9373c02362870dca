"""Assembles the report and puts its folder in place whole."""

import json
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flows.audit.answers import Answer, Verdict
from flows.audit.drawing import PICTURES
from flows.audit.facts import Facts
from flows.audit.gather import gather
from flows.audit.missed import ANCHOR, TITLE, missed_blocks, missed_facts, missed_line
from flows.audit.opening import accounts
from flows.audit.questions import ask_all
from flows.audit.renewal import Period, renewal, renewal_blocks
from flows.audit.seal import Seal, check_seal
from flows.audit.words import count, day, minute
from flows.places import make_folder
from flows.reports.document import Block, Bullets, Document, Heading, Note, Table, Text, literal
from flows.reports.html import to_html
from flows.reports.pdf import to_pdf
from flows.reports.verifier import verifier_page
from flows.study import Study
from schemas.errors import BadInput, LedgerDamaged, UsageError
from schemas.recording import local_day

FILES = ("audit.html", "audit.pdf", "audit.json", "renewal.html", "renewal.pdf", "verify.html")
MOST_PRINTED = 100
"""Rows of a table in the PDF."""
_MARKS = {Verdict.YES: "Yes", Verdict.NO: "No, see below", Verdict.UNKNOWN: "Not yet known"}


@dataclass(frozen=True)
class Audit:
    """A report, made and not yet written.

    Attributes:
        answers: ``q01`` to ``q16``.
        renewal: The yearly page, as facts.
    """

    facts: Facts
    seal: Seal
    answers: Mapping[str, Answer]
    renewal: Mapping[str, Any]

    @property
    def failed(self) -> list[str]:
        """Questions in which a check found something."""
        return [name for name, answer in self.answers.items() if answer.failed]

    def as_json(self) -> dict[str, Any]:
        """Everything but pictures and pages, as in ``audit.json``."""
        return {
            "study": self.facts.title,
            "made_at": self.facts.now.isoformat(timespec="seconds"),
            "sound": not self.failed,
            "register": {
                "entries": self.seal.size,
                "root": self.seal.root,
                "sealed": self.seal.sealed,
                "origin": self.seal.signed.checkpoint.origin if self.seal.signed else None,
                "unread": self.facts.register.unread,
                "outside_confirmations": len(self.seal.anchors),
            },
            **{name: answer.facts() for name, answer in self.answers.items()},
            "evaluation": missed_facts(self.facts),
            "renewal": dict(self.renewal),
        }


def make(study: Study, now: datetime, start: date | None = None, end: date | None = None) -> Audit:
    """Make the report of an open study.

    Args:
        now: Aware.
        start, end: The yearly page's period, both days within it; None: the twelve months up to today.
    Raises:
        MissingKey: this user may not read what people chose. LedgerDamaged.
        UsageError: the period ends before it begins.
    """
    study.require_consent()
    # Where this user may sign; otherwise the seal that stands is used. What does not fit it, question 14 says.
    with suppress(LedgerDamaged, BadInput):
        study.publish()
    ledger = study.open_ledger()
    facts = gather(study, ledger, now)
    seal = check_seal(study, ledger, now, accounts(facts))
    last = end or local_day(now, facts.zone)
    period = Period(start or _year_before(last), last)
    if period.start > period.end:
        raise UsageError("--from lies after --to", hint="Give the first and the last day of the period.")
    return Audit(facts, seal, ask_all(facts, seal), renewal(facts, period))


def default_folder(study: Study, today: date) -> Path:
    """``audit-YYYY-MM-DD`` in the current folder; beside the study where that is the study itself or lies in it."""
    here = Path.cwd()
    inside = here.resolve().is_relative_to(study.folder.resolve())
    return (study.folder.resolve().parent if inside else here) / f"audit-{today.isoformat()}"


def write(audit: Audit, folder: Path) -> list[Path]:
    """Write the report's files aside, then put them in place as one; an earlier report there is replaced.

    Raises:
        UsageError: something other than a report lies there.
    """
    _require_ours(folder)
    make_folder(folder.parent)
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.making")
    old = aside.with_suffix(".old")
    try:
        aside.mkdir(mode=0o700)
        for name, data in files(audit).items():
            (aside / name).write_bytes(data)
        if folder.exists():
            folder.rename(old)
        try:
            aside.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return [folder / name for name in sorted(path.name for path in folder.iterdir())]


def files(audit: Audit) -> dict[str, bytes]:
    """Every file of the report by name; ``verify.html`` only where a dated seal stands."""
    report, page = audit_document(audit), renewal_document(audit)
    made = {
        "audit.html": to_html(report).encode(),
        "audit.pdf": to_pdf(for_print(report), audit.facts.now),
        "audit.json": (json.dumps(audit.as_json(), ensure_ascii=False, indent=1) + "\n").encode(),
        "renewal.html": to_html(page).encode(),
        "renewal.pdf": to_pdf(page, audit.facts.now),
    }
    seal = audit.seal
    if seal.signed is not None:
        hashes = [bytes.fromhex(one) for one in seal.leaf_hashes[: seal.sealed]]
        title = f"{audit.facts.title}: check the consent register"
        made["verify.html"] = verifier_page(title, seal.signed.data, seal.vkeys, seal.pages, hashes).encode()
    return made


def audit_document(audit: Audit) -> Document:
    """The sixteen sections, each with its answer first, and how much was missed."""
    blocks: list[Block] = [*_opening(audit)]
    annex: list[Block] = []
    for place, (name, answer) in enumerate(audit.answers.items(), start=1):
        blocks += [
            Heading(f"{place} · {answer.question}", 2, name),
            Note(_strong(answer)),
            *([Text(literal(answer.explanation))] if answer.explanation else []),
            *_pictures(audit.facts, name),
            *answer.blocks,
        ]
        annex += answer.annex
    return Document(
        title="Report to the ethics board",
        subtitle=f"{audit.facts.title}, {day(local_day(audit.facts.now, audit.facts.zone))}",
        blocks=[*blocks, *missed_blocks(audit.facts)],
        annex=[Text("For whoever wishes to check with programs of their own; nothing here is needed above."), *annex],
    )


def for_print(document: Document) -> Document:
    """The document with its longest tables cut: nobody prints thousands of rows; page and JSON hold them all."""
    return replace(
        document,
        blocks=[one for block in document.blocks for one in _cut(block)],
        annex=[one for block in document.annex for one in _cut(block)],
    )


def _cut(block: Block) -> list[Block]:
    if not isinstance(block, Table) or len(block.rows) <= MOST_PRINTED:
        return [block]
    left = len(block.rows) - MOST_PRINTED
    more = f"and {count(left, 'more row', 'more rows')}: they stand in audit.html, and for programs in audit.json."
    return [replace(block, rows=block.rows[:MOST_PRINTED]), Text(f"… {more}")]


def renewal_document(audit: Audit) -> Document:
    """The yearly page."""
    return Document(
        title="Annual renewal",
        subtitle=f"{audit.facts.title}, {day(local_day(audit.facts.now, audit.facts.zone))}",
        blocks=renewal_blocks(audit.facts, dict(audit.renewal), audit.facts.title),
    )


def _opening(audit: Audit) -> list[Block]:
    yes, no, unknown = (
        sum(answer.verdict is one for answer in audit.answers.values())
        for one in (Verdict.YES, Verdict.NO, Verdict.UNKNOWN)
    )
    facts = audit.facts
    lines = [
        f"**{_MARKS[answer.verdict]}** · [{int(name[1:])} · {literal(answer.question)}](#{name})"
        for name, answer in audit.answers.items()
    ]
    first = minute(facts.entries[0].minute) if facts.entries else facts.now
    return [
        Text(
            f"Made from the consent register of **{literal(facts.title)}** ({literal(', '.join(facts.approvals))}): "
            f"{count(len(facts.entries), 'entry', 'entries')} since {day(local_day(first, facts.zone))}. "
            f"Days are those of {facts.zone.replace('_', ' ')}. Participants stand under their numbers, the team under "
            "its roles; nobody is named. The file verify.html also holds the names of the team's accounts."
        ),
        Note(f"Of sixteen questions: **{yes} yes**, **{no} no**, **{unknown} not yet known**."),
        Bullets(lines),
        Text(f"[{TITLE}](#{ANCHOR}): {missed_line(facts)}"),
        Text(
            "Open the file verify.html beside this one to let your own browser check that the entries are those that "
            "were recorded. It needs no network and asks nobody. Entries that hold free words (an acknowledgement, an "
            "incident) stay closed there, so that they name nobody."
        ),
    ]


def _pictures(facts: Facts, name: str) -> list[Block]:
    picture = PICTURES[name](facts) if name in PICTURES else None
    return [] if picture is None else [picture]


def _strong(answer: Answer) -> str:
    """The answer with its verdict strong; the rest as it is."""
    head = next(head for head in ("Yes.", "No.", "Not yet known.", "Not yet known") if answer.answer.startswith(head))
    return f"**{head}**{literal(answer.answer.removeprefix(head))}"


def _year_before(last: date) -> date:
    try:
        return last.replace(year=last.year - 1) + timedelta(days=1)
    except ValueError:  # 29 February
        return date(last.year - 1, 3, 1)


def _require_ours(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir() or any(path.name not in FILES for path in folder.iterdir()):
        raise UsageError(
            "the folder for the report holds other files", hint="Name a new folder with --out; nothing was changed."
        )
