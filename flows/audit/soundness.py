"""Questions 14 and 15: whether anything was rewritten, dropped or forked, and whether receipts match."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from flows.audit.answers import Answer, verdict
from flows.audit.facts import Facts
from flows.audit.seal import Seal
from flows.audit.told import entries_of
from flows.audit.words import count, local, persons
from flows.reports.document import Block, Bullets, Code, Heading, Table, Text
from flows.reports.verifier import key_fingerprint
from schemas.ledger import EventKind

_HASH = re.compile(r"\b[0-9a-f]{12,}\b")
_KINDS = {
    "cosignature": "countersigned",
    "timestamp": "time stamped",
    "shown": "shown to this check",
}


def without_hashes(text: str) -> str:
    """A line of the check as a sentence, with its hashes taken out; they stand in the annex."""
    said = _HASH.sub("[see the annex]", text)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")


def nothing_rewritten(facts: Facts, seal: Seal) -> Answer:
    """14 · Nothing rewritten, dropped or forked."""
    newer = seal.size - seal.sealed
    rows = [_anchor_row(facts, seal, place) for place in range(len(seal.anchors))]
    lists = {
        "What was checked, and holds": [*seal.checked, *_opened(seal)],
        "Good to know": seal.remarks,
        "What is wrong": seal.problems,
        "Where it falls short": seal.failed,
        "What could not be checked": _not_checked(seal),
    }
    return Answer(
        question="Is it sure that nothing in the register was rewritten, dropped, or told to others differently?",
        verdict=verdict(wrong=seal.damaged, unknown=seal.signed is None or bool(seal.failed)),
        answer=_q14_line(seal),
        explanation=f"The register holds {count(seal.size, 'entry', 'entries')}; the newest dated seal is over "
        f"{seal.sealed:,} of them"
        + (f", so {count(newer, 'entry is', 'entries are')} newer than the seal." if newer else ".")
        + " A seal that somebody outside keeps shows later whether anything before it was changed.",
        evidence=[
            *({"said": without_hashes(one), "part": title} for title, lines in lists.items() for one in lines),
            *rows,
            *entries_of(facts, EventKind.ANCHOR, EventKind.POLICY),
        ],
        blocks=[*_lists(lists), *_anchor_table(rows)],
        annex=_seal_annex(seal),
    )


def _not_checked(seal: Seal) -> list[str]:
    """What the check left open, less what this report looked at itself."""
    all_opened = bool(seal.proven) and len(seal.proven) == seal.size
    return [line for line in seal.not_checked if not (all_opened and line.endswith("were not opened here"))]


def _opened(seal: Seal) -> list[str]:
    """What this report adds to the check, which opens nothing."""
    if not seal.proven:
        return []
    return [
        f"{count(len(seal.proven), 'entry was', 'entries were')} opened for this report: each holds what it commits to."
    ]


def _q14_line(seal: Seal) -> str:
    if seal.behind:
        return (
            "No. The register does not reach or match a seal that it was shown: entries are missing, or were changed."
        )
    if seal.damaged:
        return "No. The register does not match its own seals. Keep this copy as it is, and compare it with a backup."
    if seal.signed is None:
        return "Not yet known. Every entry fits the others, but no dated seal has been made yet."
    if seal.inside_only:
        return "Not yet known. Every entry fits the others and the seal; but only the team itself has confirmed it."
    if seal.failed:
        return (
            "Not yet known. Every entry fits the others and the seal; but nobody outside has confirmed it lately, so "
            "whether newer entries were dropped cannot be told."
        )
    return "Yes. Every entry fits the others and the seal, and somebody outside has confirmed it."


def _lists(lists: Mapping[str, Sequence[str]]) -> list[Block]:
    blocks: list[Block] = []
    for title, lines in lists.items():
        if lines:
            blocks += [Heading(title, 4), Bullets([without_hashes(line) for line in lines])]
    return blocks


def _anchor_row(facts: Facts, seal: Seal, place: int) -> dict[str, Any]:
    anchor = seal.anchors[place]
    return {
        "by": anchor.by,
        "kind": _KINDS.get(anchor.kind, anchor.kind),
        "at": local(anchor.at, facts.zone) if anchor.at else None,
        "entries": anchor.size,
    }


def _anchor_table(rows: list[dict[str, Any]]) -> list[Block]:
    heading = Heading("Who outside confirmed it, and when", 4)
    if not rows:
        return [heading, Text("Nobody yet. Ask the team for the newest seal, and keep it where they cannot reach it.")]
    cells = [[row["by"], row["kind"], row["at"] or "not said", str(row["entries"])] for row in rows]
    return [heading, Table(["By", "How", "On", "Over how many entries"], cells, numbers=(3,))]


def _seal_annex(seal: Seal) -> list[Block]:
    if seal.signed is None:
        return []
    return [
        Heading("Question 14: the newest seal, as it was signed", 4),
        Code(seal.signed.data.decode("utf-8", "replace")),
        Heading("The keys it is checked with", 4),
        Text(f"On a printed seal they are these groups: {key_fingerprint(seal.vkeys)}."),
        Code(seal.vkeys),
    ]


def receipts_match(facts: Facts, seal: Seal) -> Answer:
    """15 · Receipts match the register."""
    rows = [row for person in facts.people if (row := _person_row(facts, seal, person))["entries"]]
    bad = [row for row in rows if row["wrong"]]
    files = [{"file": one.file, "fits": one.wrong is None, "why_not": one.wrong} for one in seal.receipts]
    misfits = [row for row in files if not row["fits"]]
    closed = [row for row in rows if row["proven"] < row["entries"] and not row["wrong"]]
    return Answer(
        question="Would the receipt of every participant fit the register?",
        verdict=verdict(wrong=bool(bad or misfits), unknown=seal.signed is None or bool(closed)),
        answer=_q15_line(rows, bad, misfits, closed, seal),
        explanation="For each entry of each participant this report did what a receipt lets anybody do: open it, hold "
        "its content against what the register committed to, and follow its proof up to the dated seal."
        + (f" {count(len(files), 'receipt')} kept in the study's folder were checked too." if files else ""),
        evidence=[*rows, *files],
        blocks=[
            Table(
                ["Participant", "Entries", "Fit the seal", "Newer than the seal, or not opened", "Do not fit"],
                [
                    [row["participant"], *(str(row[n]) for n in ("entries", "proven", "waiting", "wrong"))]
                    for row in rows
                ],
                numbers=(1, 2, 3, 4),
            ),
            *_file_table(files),
        ],
        annex=[_leaf_table(facts, seal)],
    )


def _q15_line(rows: list[Any], bad: list[Any], misfits: list[Any], closed: list[Any], seal: Seal) -> str:
    if bad or misfits:
        return (
            f"No. {count(len(bad), 'participant')} and {count(len(misfits), 'kept receipt')} do not fit the register."
        )
    if seal.signed is None:
        return "Not yet known. No dated seal has been made yet, so no receipt can be."
    if closed:
        return f"Not yet known for {persons(len(closed))}: an entry is newer than the seal, or could not be opened."
    return f"Yes. All {count(sum(row['entries'] for row in rows), 'entry', 'entries')} of {persons(len(rows))} fit."


def _person_row(facts: Facts, seal: Seal, person: str) -> dict[str, Any]:
    mine = {index for index, _ in facts.events(person)}
    proven, wrong = len(mine & seal.proven), len(mine & seal.unproven)
    return {
        "participant": person,
        "entries": len(mine),
        "proven": proven,
        "waiting": len(mine) - proven - wrong,
        "wrong": wrong,
    }


def _file_table(files: list[dict[str, Any]]) -> list[Block]:
    if not files:
        return [Text("No receipt is kept in the study's folder.")]
    cells = [[row["file"], "fits" if row["fits"] else "DOES NOT FIT"] for row in files]
    return [Table(["Kept receipt", "Fits the register"], cells)]


def _leaf_table(facts: Facts, seal: Seal) -> Block:
    rows = [
        [str(entry.index), str(entry.kind), entry.minute, seal.leaf_hashes[entry.index]]
        for entry in facts.entries
        if entry.index < len(seal.leaf_hashes)
    ]
    return Table(["Entry", "Kind", "Recorded (UTC)", "Leaf hash"], rows, caption="Every entry of the register.")
