"""Holds every checkpoint of the register against the journal, and says up to where outsiders have seen it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from consent.checks.report import Findings, count, day, listing
from consent.checks.seals import SEEN, SHOWN, STANDING, Seals
from consent.checks.walk import Walked
from consent.log_keys import given_up, last_sizes
from consent.outside.anchors import Anchor
from consent.storage.files import write_durably
from consent.tlog.checkpoint import Checkpoint, SignedCheckpoint
from consent.tlog.note import VerifyKey
from consent.tlog.proofs import check_inclusion
from schemas.errors import BadInput, ChathamError

_HOW = {"cosignature": "cosignature", "timestamp": "time stamp", "shown": "the seal you gave"}


def require_given(seals: Seals, own: Sequence[VerifyKey], given: Sequence[VerifyKey], findings: Findings) -> None:
    """Say where the newest seal shows a reader nothing: it is under another key than theirs, or one that was given up.

    Args:
        seals: As gathered.
        own: The register's keys, the newest pair first.
        given: The reader's.
        findings: Takes what falls short.
    """
    if seals.standing is None:
        return
    if not seals.standing_keys & set(given):
        findings.failed.append(
            "The register's own seal is signed with another of its keys than the one you gave. Its keys change when "
            "somebody leaves who could sign: ask for the new key, from people you know, and check again with that."
        )
    if not seals.standing_keys & set(own[:2]):
        findings.failed.append(
            "The register's own seal is under a key that was given up when somebody left who could sign. The team's "
            "next command renews it."
        )


def judge(folder: Path, seals: Seals, own: Sequence[VerifyKey], walked: Walked, findings: Findings) -> None:
    """Compare them with the journal, and keep as `log/seen` what the register does not reach or match.

    Args:
        own: The register's keys, the newest pair first.
    """
    if seals.standing is not None and _holds(seals.standing, STANDING, walked, findings):
        _say_standing(seals.standing, walked, findings)
    for name, checkpoint in seals.kept.items():
        _holds(checkpoint, name, walked, findings)
    for name, checkpoint in seals.earlier.items():
        _say_earlier(name, checkpoint, walked, findings)
    _judge_receipts(seals, walked, findings)
    if seals.seen is not None:
        _judge_seen(seals.seen, walked, findings)
    if seals.shown is not None:
        _judge_shown(folder, seals, seals.shown, own, walked, findings)


def judge_anchors(seals: Seals, walked: Walked, now: datetime, most_days: int, findings: Findings) -> None:
    """Say up to where somebody outside has seen the register, and when."""
    anchors = [one for one in (*seals.anchors, *_shown_anchor(seals)) if walked.roots.get(one.size) == one.root]
    ahead = [one for one in anchors if one.at is not None and one.at > now + timedelta(days=1)]
    findings.remarks += [f"{one.file}: its date lies in the future, so it does not count." for one in ahead]
    counted = sorted((one for one in anchors if one not in ahead), key=lambda one: one.size)
    findings.not_checked += [
        f"who the time stamp authority {one.by} is: "
        + (
            f"no certificate of its own to trust was kept beside {one.file}"
            if one.vouched_by is None
            else f"the certificate that vouches for it lies in the register itself, beside {one.file}"
        )
        for one in counted
        if one.kind == "timestamp"
    ]
    if silent := set(seals.kept) - {one.file for one in seals.anchors}:
        findings.not_checked.append(f"who cosigned {listing(silent)}: no list of witnesses (--policy) asks for it")
    if not walked.whole and any(one.size > walked.size for one in (*seals.anchors, *_shown_anchor(seals))):
        findings.not_checked.append("what others vouched for: the journal cannot be read as far as that")
        return
    if not counted:
        findings.failed.append("Nobody outside has vouched for this register (no anchor).")
        findings.not_checked.append("whether newer entries existed: nobody outside has vouched for this register")
        return
    findings.anchored = counted[-1].size
    _say_anchor(counted[-1], walked, findings)
    if all(_inside(one) for one in counted):
        findings.failed.append("Nobody outside the team has vouched for it: only investigators of the study cosigned.")
        findings.inside_only = True
    if not seals.own_witnesses and any(one.kind == "cosignature" for one in counted):
        findings.not_checked.append(
            "whether the cosigners are who you would ask: the register itself names them (name your own with --policy)"
        )
    _require_recent(counted, walked.size, now, most_days, findings)


def _inside(anchor: Anchor) -> bool:
    """Whether it is the cosignature of somebody who can sign the register's own seals as well."""
    return anchor.kind == "cosignature" and "/investigator/" in anchor.by


def _holds(checkpoint: Checkpoint, name: str, walked: Walked, findings: Findings) -> bool:
    """Whether the journal begins with what a checkpoint in the folder names; where not, that is damage."""
    if checkpoint.size > walked.size:
        if walked.whole:
            lost = checkpoint.size - walked.size
            findings.wrong(
                f"{name} names {checkpoint.size} entries, and the journal holds {walked.size}: "
                f"{count(lost, 'entry is', 'entries are')} missing, from line {walked.size + 1} on",
                "journal.jsonl",
                walked.size + 1,
                walked.size,
            )
        return False
    if walked.roots.get(checkpoint.size) != checkpoint.root:
        findings.wrong(
            f"the first {count(checkpoint.size, 'line')} of the journal are not the entries that {name} names", name
        )
        return False
    return True


def _judge_seen(seen: Checkpoint, walked: Walked, findings: Findings) -> None:
    if _reached(seen, SEEN, walked, findings):
        findings.remarks.append(
            f"{SEEN} is settled: the register holds all that it names. chatham ledger continue --against with that "
            "very seal takes it away, and recording goes on."
        )
    else:
        findings.failed.append("Nothing more is recorded in this register before chatham ledger continue settles it.")


def _reached(checkpoint: Checkpoint, name: str, walked: Walked, findings: Findings) -> bool:
    """Whether the journal begins with what a checkpoint from outside names; where it is shorter, it falls short."""
    if checkpoint.size <= walked.size:
        return _holds(checkpoint, name, walked, findings)
    findings.failed.append(
        f"The register is behind {name}: that names {checkpoint.size} entries, and here are {walked.size}. An older "
        "copy of the folder may have been put back."
    )
    return False


def _say_standing(standing: Checkpoint, walked: Walked, findings: Findings) -> None:
    findings.checked.append(
        f"The register's own seal (log/checkpoint) is signed by its keys and names exactly the first "
        f"{count(standing.size, 'entry', 'entries')}."
    )
    if later := walked.size - standing.size:
        findings.remarks.append(
            f"The last {count(later, 'entry', 'entries')} came after the seal; the next command will seal them."
        )


def _say_earlier(name: str, checkpoint: Checkpoint, walked: Walked, findings: Findings) -> None:
    if walked.roots.get(checkpoint.size) == checkpoint.root:
        findings.checked.append(
            f"{name}: all {count(checkpoint.size, 'entry', 'entries')} sealed under the register's earlier name are "
            "still here."
        )
    elif walked.whole:
        findings.remarks.append(
            f"{name} is of an earlier name of this register and names {count(checkpoint.size, 'entry', 'entries')}; "
            "not all of them are here. The register was begun anew because of this, and the entry that says how many "
            "were lost is sealed: ask whoever keeps the register to show it."
        )


def _judge_receipts(seals: Seals, walked: Walked, findings: Findings) -> None:
    before = {checkpoint.origin for checkpoint in seals.earlier.values()}
    good = 0
    for name, proof, checkpoint in seals.receipts:
        if checkpoint.origin in before and walked.roots.get(checkpoint.size) != checkpoint.root:
            findings.remarks.append(f"{name} is of an earlier name of this register, which has lost entries since.")
        elif _holds(checkpoint, name, walked, findings):
            try:
                check_inclusion(
                    walked.hashes.get(proof.index, b""), proof.index, checkpoint.size, proof.hashes, checkpoint.root
                )
                good += 1
            except BadInput as error:
                findings.wrong(f"{name} is not right: {error.message}", name)
    if good:
        findings.checked.append(f"{count(good, 'receipt')} in receipts/: the entry of each is where it says.")


def _judge_shown(
    folder: Path,
    seals: Seals,
    shown: SignedCheckpoint,
    own: Sequence[VerifyKey],
    walked: Walked,
    findings: Findings,
) -> None:
    if seals.shown_earlier:
        if walked.roots.get(shown.checkpoint.size) != shown.checkpoint.root:
            findings.failed.append(
                "The checkpoint you gave is of an earlier name of this register, which has lost entries since. "
                "Ask why, and for the entry that says so."
            )
        return
    if not walked.whole and shown.checkpoint.size > walked.size:
        findings.not_checked.append(f"{SHOWN}: the journal cannot be read as far as that")
        return
    if given_up(seals.shown_keys, shown.checkpoint.size, last_sizes(own, walked.key_changes)):
        findings.failed.append(
            "The checkpoint you gave names more entries than there were when the key under it was given up: somebody "
            "who had left made it. It shows nothing, and was not kept."
        )
        seals.shown = None
        return
    if _reached(shown.checkpoint, SHOWN, walked, findings):
        findings.checked.append(
            f"The checkpoint you gave names {count(shown.checkpoint.size, 'entry', 'entries')}, and the register "
            "begins with exactly these."
        )
    else:
        _remember(folder, shown, seals.seen, findings)


def _remember(folder: Path, shown: SignedCheckpoint, seen: Checkpoint | None, findings: Findings) -> None:
    """Keep what the register does not reach, so that nothing is recorded on top; a read-only folder stays as it is."""
    if seen is not None and seen.size >= shown.checkpoint.size:
        return
    try:
        write_durably(folder / SEEN, shown.data)
    except (ChathamError, OSError):
        findings.not_checked.append("whether the team learns of it: this copy cannot be written to, so tell them")
        return
    findings.remarks.append(f"What you gave was kept as {SEEN}: nothing is recorded here until it is settled.")


def _shown_anchor(seals: Seals) -> list[Anchor]:
    if seals.shown is None:
        return []
    checkpoint = seals.shown.checkpoint
    return [Anchor(checkpoint.size, checkpoint.root, seals.shown_at, "you, who kept it", "shown", SHOWN)]


def _say_anchor(anchor: Anchor, walked: Walked, findings: Findings) -> None:
    date = "at a time it does not say" if anchor.at is None else f"on {day(anchor.at)}"
    findings.checked.append(
        f"Anchored up to entry {anchor.size} of {walked.size}, {date}, by {anchor.by} ({_HOW[anchor.kind]})."
    )
    if later := walked.size - anchor.size:
        findings.not_checked.append(
            f"the {count(later, 'later entry', 'later entries')}: no anchor covers them yet, nor shows whether there "
            "were more"
        )


def _require_recent(anchors: Sequence[Anchor], size: int, now: datetime, most_days: int, findings: Findings) -> None:
    newest = max((one.at for one in anchors if one.at is not None), default=None)
    if newest is not None and now.astimezone(UTC) - newest <= timedelta(days=most_days):
        return
    if any(one.at is None and one.size == size for one in anchors):
        return  # it has no date, and needs none: nothing came after it
    if newest is None:
        findings.failed.append("How old the newest anchor is cannot be told, and entries came after it.")
        return
    findings.failed.append(
        f"The newest anchor is of {day(newest)}, more than {count(most_days, 'day')} ago: what happened since, nobody "
        "outside has seen."
    )
