"""Whoever has the public keys can tell whether the register is whole, and is told what nobody could check."""

import hashlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

from consent.checks import papers, seal_checks, seals
from consent.checks.report import Report, lines
from consent.ledger import Ledger
from consent.publish import log_vkeys, publish
from consent.recorders import write_recorders
from consent.storage.disk import not_written
from consent.storage.leaf import decode as decode_leaf
from consent.storage.leaf import encode, sign
from consent.storage.lines import encode_line
from consent.tlog.checkpoint import Checkpoint, log_keys, parse_checkpoint, sign_checkpoint
from consent.tlog.note import COSIGNATURE, Signature, SigningKey, VerifyKey, format_note
from consent.tlog.proofs import inclusion_proof
from consent.tlog.tiles import TileReader
from consent.tlog.tlog_proof import TlogProof, format_proof
from consent.verify import main, read_keys, verify
from schemas.errors import BadInput, LedgerDamaged, UsageError
from schemas.ledger import EventKind, LedgerEvent
from tests.conftest import ROOT
from tests.consent.ledger_fakes import event, flip
from tests.consent.published import (
    AT,
    BOX,
    NOW,
    OTHER,
    SEED,
    SIGNER,
    WITNESS,
    appended,
    begun,
    checked,
    checkpoint,
    cosigned,
    full,
    let_in,
    opened,
    policy_of,
    sealed,
)

FLIPPED = (
    "journal.jsonl",
    "ledger.vkey",
    "recorders.vkey",
    "policy",
    "log/checkpoint",
    "log/frontier",
    "log/tile/0/000.p/*",
    "log/tile/entries/000.p/*",
    "forms/*.md",
    "forms/*.form",
    "anchors/*.checkpoint",
)


def said(report: Report) -> str:
    return "\n".join(lines(report))


def problems(report: Report) -> list[tuple[str, int | None, int | None]]:
    return [(one.file, one.line, one.index) for one in report.problems]


def kept(folder: Path) -> bytes:
    """What a board keeps: the checkpoint as it stands."""
    return (folder / "log" / "checkpoint").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A register with every kind of file; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("whole") / "consent"
    full(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "consent")


def test_a_sound_register_with_an_anchor_passes_and_every_sentence_says_what_was_checked(whole: Path) -> None:
    report = checked(whole)
    assert said(report).splitlines() == [
        "Checked: 4 entries: each matches its hash and stands in a whole batch in the register's form.",
        "Checked: Every entry is signed, by 1 recorder, each with the right to record just then.",
        "Checked: The public view (log/tile, 2 files) holds the same, byte for byte.",
        "Checked: The register's own seal (log/checkpoint) is signed by its keys and names exactly the first "
        "4 entries.",
        "Checked: 1 consent form text: each is the one that an entry pins.",
        "Checked: What 1 form asked: each file is signed by a recorder.",
        "Checked: The list of witnesses (policy) is the one that line 3 of the journal pins.",
        "Checked: Anchored up to entry 4 of 4, on 21 November 2026, by ethics.example/office (cosignature).",
        "Not checked: whether the cosigners are who you would ask: the register itself names them "
        "(name your own with --policy)",
        "Not checked: what 4 entries say: contents are sealed and were not opened here",
        "Outcome: the register is sound, and others saw it as it is here.",
    ]
    assert report.exit_code == 0


def test_an_altered_entry_is_named_with_its_file_line_and_index(copy: Path) -> None:
    flip(copy / "journal.jsonl", 8 * ((copy / "journal.jsonl").read_bytes().index(b"\n") + 100))
    report = checked(copy)
    assert problems(report)[0] == ("journal.jsonl", 2, 1)
    assert "WRONG: line 2 of journal.jsonl does not match its hash" in said(report)
    assert "(entry 1)." in said(report)
    assert report.exit_code == 6


@pytest.mark.parametrize("pattern", FLIPPED)
def test_no_bit_of_any_file_can_be_changed_unseen(whole: Path, tmp_path: Path, pattern: str) -> None:
    (name,) = (path.relative_to(whole) for path in whole.glob(pattern))
    copy = shutil.copytree(whole, tmp_path / "consent")
    keys, good = log_vkeys(whole), (whole / name).read_bytes()
    draw = random.Random(pattern)  # noqa: S311 - which bits, not keys
    for bit in draw.sample(range(8 * len(good)), min(8 * len(good), 25)):
        if pattern == "journal.jsonl" and in_sealed_content(good, bit // 8):
            continue
        flip(copy / name, bit)
        assert verify(copy, keys, now=NOW).exit_code == 6, f"bit {bit} of {name}"
        (copy / name).write_bytes(good)
    assert verify(copy, keys, now=NOW).exit_code == 0


@pytest.mark.parametrize("pattern", FLIPPED)
def test_whatever_stands_in_a_file_the_check_comes_to_an_end_and_finds_it(
    whole: Path, tmp_path: Path, pattern: str
) -> None:
    (name,) = (path.relative_to(whole) for path in whole.glob(pattern))
    copy, keys = shutil.copytree(whole, tmp_path / "consent"), log_vkeys(whole)
    noise = random.Random(pattern).randbytes(700)  # noqa: S311 - bytes that mean nothing, the same each time
    good = (whole / name).read_bytes()
    for data in (b"", b"\n", noise, good[:-1], good + b"\n", good + good, good.upper(), b"[" * 5000, b"\0" * 40):
        (copy / name).write_bytes(data)
        report = verify(copy, keys, now=NOW)
        assert report.exit_code == 6 or (pattern == "journal.jsonl" and "never finished" in said(report)), data[:20]
    (copy / name).unlink()
    (copy / name).mkdir()
    assert verify(copy, keys, now=NOW).exit_code in {1, 6} or pattern.startswith(("forms", "log/frontier"))


def in_sealed_content(journal: bytes, at: int) -> bool:
    """Whether a byte is of a sealed content: what stands there only its openers can judge."""
    start = journal.rfind(b"\n", 0, at) + 1
    return at >= start + 558 and journal[at] != ord("\n")


def test_where_no_outsider_has_vouched_it_falls_short_and_says_so(tmp_path: Path) -> None:
    sealed(tmp_path)
    report = checked(tmp_path)
    assert "Nobody outside has vouched for this register (no anchor)." in report.failed
    assert "Not checked: whether newer entries existed" in said(report)
    assert report.exit_code == 1


def test_entries_after_the_newest_anchor_are_said_to_be_uncovered(copy: Path) -> None:
    appended(copy, [event(1), event(2), event(3)])
    report = checked(copy)
    assert "Anchored up to entry 4 of 7, on 21 November 2026, by ethics.example/office" in said(report)
    assert "Not checked: the 3 later entries: no anchor covers them yet" in said(report)
    assert report.exit_code == 0


def test_an_anchor_that_is_too_old_falls_short(whole: Path) -> None:
    report = checked(whole, now=AT + timedelta(days=32))
    assert "The newest anchor is of 21 November 2026, more than 31 days ago" in said(report)
    assert report.exit_code == 1
    assert checked(whole, now=AT + timedelta(days=32), max_anchor_age_days=40).exit_code == 0


def test_an_anchor_from_the_future_does_not_count(tmp_path: Path) -> None:
    full(tmp_path)
    for path in (tmp_path / "anchors").iterdir():
        path.unlink()
    cosigned(tmp_path, NOW + timedelta(days=2))
    report = checked(tmp_path)
    assert "its date lies in the future, so it does not count" in said(report)
    assert report.exit_code == 1


def test_a_cosigner_whom_nobody_named_does_not_count(tmp_path: Path) -> None:
    sealed(tmp_path)
    cosigned(tmp_path)
    report = checked(tmp_path)
    assert "who cosigned anchors/5-" in said(report)
    assert report.exit_code == 1


def test_the_readers_own_list_of_witnesses_is_what_counts(whole: Path) -> None:
    own = checked(whole, policy=policy_of(WITNESS.verify_key))
    assert own.exit_code == 0
    assert "who you would ask" not in said(own)
    stranger = SigningKey("else.example", COSIGNATURE, bytes([3]) * 32).verify_key
    assert checked(whole, policy=policy_of(stranger)).exit_code == 1


def test_a_register_set_back_to_an_older_copy_does_not_reach_its_own_anchor(copy: Path) -> None:
    older = {name: (copy / name).read_bytes() for name in ("journal.jsonl", "log/checkpoint", "log/frontier")}
    appended(copy, [event(1)])
    cosigned(copy)
    for name, data in older.items():
        (copy / name).write_bytes(data)
    for tile in (copy / "log" / "tile").rglob("5"):
        tile.unlink()
    report = checked(copy)
    assert "names 5 entries, and the journal holds 4: 1 entry is missing, from line 5 on" in said(report)
    assert problems(report) == [("journal.jsonl", 5, 4)]


def test_a_journal_that_lost_its_end_is_found_although_every_line_left_is_right(copy: Path) -> None:
    data = (copy / "journal.jsonl").read_bytes()
    (copy / "journal.jsonl").write_bytes(data[: data.index(b"\n") + 1])
    report = checked(copy)
    assert ("journal.jsonl", 2, 1) in problems(report)
    assert "log/tile/0/000.p/4 holds entries that the journal does not have" in said(report)
    assert report.exit_code == 6


def test_a_write_that_never_finished_is_said_and_is_no_damage(copy: Path) -> None:
    with (copy / "journal.jsonl").open("ab") as file:
        file.write(b"Zm9v")
    report = checked(copy)
    assert "The journal ends in 4 bytes of a write that never finished" in said(report)
    assert report.exit_code == 0


def test_entries_after_the_seal_are_said(copy: Path) -> None:
    opened(copy).append([event(1), event(2)], AT)
    report = checked(copy)
    assert "The last 2 entries came after the seal" in said(report)
    assert report.exit_code == 0


@pytest.mark.parametrize(
    "name",
    [
        "journal.jsonl",
        "ledger.vkey",
        "recorders.vkey",
        "policy",
        "log/checkpoint",
        "log/tile/0/000.p/4",
        "log/tile/entries/000.p/4",
    ],
)
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    report = checked(copy) if name != "ledger.vkey" else verify(copy, keys_of(copy), now=NOW)
    assert f"{name} is missing" in said(report)
    assert report.exit_code == 6


def keys_of(folder: Path) -> tuple[VerifyKey, ...]:
    return tuple(key.verify_key for key in log_keys(checkpoint(folder).origin, SEED))


def test_a_cosigned_anchor_that_is_missing_leaves_the_register_without(copy: Path) -> None:
    shutil.rmtree(copy / "anchors")
    assert checked(copy).exit_code == 1


def test_a_form_whose_text_is_not_there_is_said(copy: Path) -> None:
    next((copy / "forms").glob("*.md")).unlink()
    report = checked(copy)
    assert "1 consent form text that entries pin and that are not in forms/ (" in said(report)
    assert report.exit_code == 1


def test_a_form_of_which_nobody_can_tell_what_it_asked_is_said(copy: Path) -> None:
    next((copy / "forms").glob("*.form")).unlink()
    report = checked(copy)
    assert "What 1 form asked is not in forms/" in said(report)
    assert report.exit_code == 1


def test_a_form_signed_by_nobody_known_is_wrong(copy: Path) -> None:
    path = next((copy / "forms").glob("*.form"))
    text = path.read_text().split("\n\n")[0] + "\n"
    path.write_bytes(format_note(text, [SigningKey("0123456789abcdef", 1, bytes(32)).sign(text)]))
    report = checked(copy)
    assert "is not right: a signed note bears no signature by any of the keys given" in said(report)
    assert report.exit_code == 6


def test_a_policy_that_no_entry_pins_is_wrong(tmp_path: Path) -> None:
    sealed(tmp_path)
    (tmp_path / "policy").write_bytes(policy_of(WITNESS.verify_key))
    assert "policy is there, and no entry pins it" in said(checked(tmp_path))


def test_files_that_are_no_part_of_a_register_are_listed(copy: Path) -> None:
    (copy / "notes.txt").write_text("hello")
    (copy / "log" / "tile" / "0" / "0").write_text("hello")
    report = checked(copy)
    assert "Not checked: log/tile/0/0, notes.txt: no part of a register, and not looked at" in said(report)
    assert report.exit_code == 0


def test_a_file_among_the_tiles_that_holds_more_than_the_journal_is_wrong(copy: Path) -> None:
    tile = copy / "log" / "tile" / "0" / "001.p"
    tile.mkdir()
    (tile / "1").write_bytes(bytes(32))
    assert "log/tile/0/001.p/1 holds entries that the journal does not have" in said(checked(copy))


# Who recorded


def test_an_entry_by_somebody_whom_nobody_let_in_is_named(tmp_path: Path) -> None:
    sealed(tmp_path, 2)
    write_recorders(tmp_path, {OTHER.key_id: OTHER.public_key})
    appended(tmp_path, [event(1)], lambda folder: opened(folder, OTHER))
    report = checked(tmp_path)
    assert problems(report) == [("journal.jsonl", 3, 2)]
    assert "line 3 of journal.jsonl was recorded by somebody whom no entry before it had let in" in said(report)


def test_an_entry_by_somebody_who_had_left_is_named(tmp_path: Path) -> None:
    sealed(tmp_path, 2)
    write_recorders(tmp_path, {OTHER.key_id: OTHER.public_key})
    appended(tmp_path, [let_in(OTHER)])
    appended(tmp_path, [event(1)], lambda folder: opened(folder, OTHER))
    appended(tmp_path, [let_in(OTHER)])
    assert checked(tmp_path).problems == ()
    appended(tmp_path, [event(2)], lambda folder: opened(folder, OTHER))
    assert problems(checked(tmp_path)) == [("journal.jsonl", 6, 5)]


def test_an_older_register_says_that_nobody_let_its_recorders_in(tmp_path: Path) -> None:
    write_recorders(tmp_path, {SIGNER.key_id: SIGNER.public_key})
    ledger = Ledger.create(tmp_path, SIGNER, BOX.seal)
    ledger.append([event(1)], AT)
    publish(tmp_path, ledger, SEED, AT)
    report = checked(tmp_path)
    assert "Not checked: who let the first recorders in: the register is older than such entries" in said(report)
    assert report.exit_code == 1


def test_an_older_register_whose_recorders_keys_were_never_published_falls_short(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path, SIGNER, BOX.seal)
    ledger.append([event(1)], AT)
    publish(tmp_path, ledger, SEED, AT)
    report = checked(tmp_path)
    assert "Nobody can tell from outside who recorded what" in said(report)
    assert report.exit_code == 1


def test_a_signature_made_over_another_entry_is_found_although_the_hash_is_right(tmp_path: Path) -> None:
    ledger = begun(tmp_path)
    ledger.append([event(1)], AT)
    first, second = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    leaf = decode_leaf(second[45:557])
    assert leaf is not None
    forged = encode(type(leaf)(**{**vars(leaf), "minute": "2026-11-21T20:52Z"}))
    line = encode_line(forged, b"sealed", 0)
    (tmp_path / "journal.jsonl").write_bytes(first + line.raw)
    publish(tmp_path, opened(tmp_path), SEED, AT)
    report = checked(tmp_path)
    assert problems(report) == [("journal.jsonl", 2, 1)]
    assert "line 2 of journal.jsonl does not bear the signature of its recorder" in said(report)


@pytest.mark.parametrize(
    ("kind", "to", "fine"),
    [
        (EventKind.ERASE, EventKind.WITHDRAW, True),
        (EventKind.ERASE_ATTEST, EventKind.ERASE, True),
        (EventKind.UNDO, EventKind.WITHDRAW, True),
        (EventKind.ERASE, EventKind.CONSENT, False),
        (EventKind.CHANGE, EventKind.CONSENT, False),
        (EventKind.RELEASE, EventKind.WITHDRAW, False),
    ],
)
def test_entries_refer_to_each_other_only_from_a_withdrawal_to_its_erasure(
    tmp_path: Path, kind: EventKind, to: EventKind, fine: bool
) -> None:
    ledger = begun(tmp_path)
    ledger.append([LedgerEvent(kind=to, payload={}), LedgerEvent(kind=kind, payload={}, refs=(1,))], AT)
    publish(tmp_path, ledger, SEED, AT)
    assert (checked(tmp_path).problems == ()) is fine
    assert fine or "refers to entries that its kind may not refer to" in said(checked(tmp_path))


def test_a_reference_to_a_later_entry_is_wrong(tmp_path: Path) -> None:
    ledger = begun(tmp_path)
    ledger.append([LedgerEvent(kind=EventKind.WITHDRAW, payload={})], AT)
    first, second = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    leaf = decode_leaf(second[45:557])
    assert leaf is not None
    forged = encode(sign(type(leaf)(**{**vars(leaf), "refs": (1,)}), SIGNER))
    (tmp_path / "journal.jsonl").write_bytes(first + encode_line(forged, b"sealed", 0).raw)
    publish(tmp_path, opened(tmp_path), SEED, AT)
    assert "line 2 of journal.jsonl refers to an entry that comes after it" in said(checked(tmp_path))


def test_a_clock_that_ran_backwards_is_remarked_and_no_damage(copy: Path) -> None:
    ledger = opened(copy)
    ledger.append([event(1)], AT - timedelta(hours=23))
    assert "clock" not in said(checked(copy))
    ledger.append([event(2)], AT - timedelta(days=2))
    report = checked(copy)
    assert "1 entry is dated more than a day before an earlier one, the first on line 6" in said(report)
    assert report.exit_code == 0


def test_contents_that_were_disposed_of_after_an_erasure_leave_the_register_sound(tmp_path: Path) -> None:
    ledger = sealed(tmp_path)
    withdrawal = ledger.append([LedgerEvent(kind=EventKind.WITHDRAW, payload={})], AT)
    ledger.append([LedgerEvent(kind=EventKind.ERASE, payload={}, refs=tuple(withdrawal))], AT)
    publish(tmp_path, ledger, SEED, AT)
    dispose_of_the_last(tmp_path)
    report = checked(tmp_path)
    assert "Not checked: what 1 entry said: disposed of" in said(report)
    assert "was disposed of, the first" not in said(report)


def test_contents_that_went_although_nothing_was_to_be_destroyed_are_damage(copy: Path) -> None:
    dispose_of_the_last(copy)
    report = checked(copy)
    assert "line 4 of journal.jsonl has lost what it said, and no entry says that anything was" in said(report)
    assert report.exit_code == 6


def test_an_old_entry_that_was_put_in_again_is_damage(copy: Path) -> None:
    rows = (copy / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (copy / "journal.jsonl").write_bytes(b"".join([*rows, rows[0]]))
    report = checked(copy)
    assert "line 5 of journal.jsonl is a copy of an earlier line" in said(report)
    with pytest.raises(LedgerDamaged, match=r"line 5 of journal.jsonl is a copy of line 1"):
        opened(copy).entries()


def dispose_of_the_last(copy: Path) -> None:
    rows = (copy / "journal.jsonl").read_bytes().splitlines()
    (copy / "journal.jsonl").write_bytes(b"\n".join([*rows[:-1], rows[-1][:558] + b"-", b""]))
    (copy / "log" / "frontier").unlink()


# Keys that were given up, and keys that were slipped in


def change_keys(folder: Path, ledger: Ledger) -> None:
    """As when somebody leaves who could sign."""
    new, old_keys = bytes(reversed(range(64))), (folder / "ledger.vkey").read_text()
    fresh = "".join(f"{key.verify_key}\n" for key in log_keys(log_vkeys(folder)[0].name, new))
    (folder / "ledger.vkey").write_text(fresh + old_keys)
    ledger.append([LedgerEvent(kind=EventKind.ROTATE_KEY, payload={"type": "log_key"})], AT)
    publish(folder, ledger, new, AT)


def test_a_seal_that_a_leaver_makes_with_a_key_they_still_have_shows_nothing_and_locks_nothing(tmp_path: Path) -> None:
    change_keys(tmp_path, sealed(tmp_path))
    origin = log_vkeys(tmp_path)[0].name
    forged = sign_checkpoint(Checkpoint(origin, 1_000, bytes(32)), log_keys(origin, SEED), AT)
    report = verify(tmp_path, log_vkeys(tmp_path)[:2], against=forged, now=NOW)
    assert "somebody who had left made it" in said(report)
    assert report.exit_code == 1
    assert not (tmp_path / "log" / "seen").exists()


def test_a_seal_from_before_the_key_changed_still_holds(tmp_path: Path) -> None:
    ledger = sealed(tmp_path)
    before = kept(tmp_path)
    change_keys(tmp_path, ledger)
    report = verify(tmp_path, log_vkeys(tmp_path)[:2], against=before, now=NOW)
    assert (report.exit_code, report.failed) == (0, ())


def test_a_key_slipped_in_before_the_reader_s_own_is_no_signature_of_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where ML-DSA cannot be checked, a line that only names the reader's key must not count as signed by it."""
    sealed(tmp_path)
    given = log_vkeys(tmp_path)
    thief = log_keys(given[0].name, bytes(64))
    mixed = [thief[0].verify_key, given[1], given[0], thief[1].verify_key]
    (tmp_path / "ledger.vkey").write_text("".join(f"{key}\n" for key in mixed))
    signed = parse_checkpoint((tmp_path / "log" / "checkpoint").read_bytes())
    garbage = Signature(given[1].name, given[1].id, bytes(8 + 2420))
    forged = format_note(signed.note.text, [thief[0].sign(signed.note.text), garbage])
    (tmp_path / "log" / "checkpoint").write_bytes(forged)
    monkeypatch.setattr(papers, "can_check", lambda key: key.kind != 6)
    report = verify(tmp_path, given, against=forged, now=NOW)
    assert report.exit_code != 0
    assert "signed with another of its keys than the one you gave" in said(report)


def test_the_team_s_own_cosignature_is_said_to_be_no_outsider_s(tmp_path: Path) -> None:
    ledger = sealed(tmp_path)
    pi = SigningKey(f"{log_vkeys(tmp_path)[0].name}/investigator/0123456789abcdef", COSIGNATURE, bytes([7]) * 32)
    (tmp_path / "policy").write_bytes(policy_of(pi.verify_key))
    digest = hashlib.sha256(policy_of(pi.verify_key)).hexdigest()
    ledger.append([LedgerEvent(kind=EventKind.POLICY, payload={"type": "policy"}, form=digest)], AT)
    publish(tmp_path, ledger, SEED, AT)
    cosigned(tmp_path, by=pi)
    report = checked(tmp_path)
    assert "Nobody outside the team has vouched for it: only investigators of the study cosigned." in said(report)
    assert report.exit_code == 1


# Against what a reader kept


def test_a_checkpoint_that_a_reader_kept_counts_as_an_anchor(tmp_path: Path) -> None:
    sealed(tmp_path)
    old = kept(tmp_path)
    appended(tmp_path, [event(1), event(2)])
    report = checked(tmp_path, against=old)
    assert "The checkpoint you gave names 5 entries, and the register begins with exactly these." in said(report)
    assert "Anchored up to entry 5 of 7, on 21 November 2026, by you, who kept it" in said(report)
    assert report.exit_code == 0
    assert not (tmp_path / "log" / "seen").exists()


def test_a_receipt_counts_as_one_too_although_it_bears_no_date(tmp_path: Path) -> None:
    ledger = sealed(tmp_path)
    report = checked(tmp_path, against=proof(tmp_path, ledger.size), now=AT + timedelta(days=400))
    assert "Anchored up to entry 5 of 5, at a time it does not say" in said(report)
    assert report.exit_code == 0


def proof(folder: Path, size: int, index: int = 1) -> bytes:
    signed = parse_checkpoint(kept(folder))
    light = format_note(signed.note.text, signed.note.signatures[:1])
    hashes = inclusion_proof(index, size, TileReader(folder / "log", size).nodes)
    return format_proof(TlogProof(index, tuple(hashes), light))


def test_a_register_behind_what_it_is_shown_falls_short_and_is_closed_for_recording(tmp_path: Path) -> None:
    sealed(tmp_path)
    older = shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-older")
    appended(tmp_path, [event(1)])
    newer = kept(tmp_path)
    report = checked(older, against=newer)
    assert "The register is behind the checkpoint you gave: that names 6 entries, and here are 5." in said(report)
    assert report.exit_code == 1
    assert (older / "log" / "seen").read_bytes() == newer
    again = checked(older)
    assert "The register is behind log/seen: that names 6 entries, and here are 5." in said(again)
    assert again.exit_code == 1
    for name in ("journal.jsonl", "log/checkpoint", "log/frontier"):
        (older / name).write_bytes((tmp_path / name).read_bytes())
    shutil.copytree(tmp_path / "log" / "tile", older / "log" / "tile", dirs_exist_ok=True)
    settled = checked(older)
    assert "log/seen is settled: the register holds all that it names." in said(settled)
    assert settled.problems == ()


def test_a_second_history_is_told_from_the_first(tmp_path: Path) -> None:
    sealed(tmp_path)
    other = shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-other")
    appended(tmp_path, [event(1)])
    appended(other, [event(2), event(3)])
    report = checked(other, against=kept(tmp_path))
    assert "the first 6 lines of the journal are not the entries that the checkpoint you gave names" in said(report)
    assert report.exit_code == 6
    assert (other / "log" / "seen").exists()


def test_what_is_not_signed_by_this_register_changes_nothing(tmp_path: Path) -> None:
    sealed(tmp_path / "one")
    sealed(tmp_path / "two", 9)
    with pytest.raises(BadInput, match="of another log"):
        checked(tmp_path / "one", against=kept(tmp_path / "two"))
    appended(tmp_path / "one", [event()])
    forged = kept(tmp_path / "one").replace(b"\n6\n", b"\n7\n")
    with pytest.raises(BadInput, match="does not match the text above it"):
        checked(tmp_path / "one", against=forged)
    assert not (tmp_path / "one" / "log" / "seen").exists()


def test_a_folder_that_is_only_for_reading_is_checked_and_the_reader_is_asked_to_tell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed(tmp_path / "newer")
    older = shutil.copytree(tmp_path / "newer", tmp_path / "older")
    appended(tmp_path / "newer", [event(1)])

    def refuse(path: Path, data: bytes) -> None:
        raise not_written(OSError(30, "read-only"))

    monkeypatch.setattr(seal_checks, "write_durably", refuse)
    report = checked(older, against=kept(tmp_path / "newer"))
    assert "this copy cannot be written to, so tell them" in said(report)
    assert report.exit_code == 1


def test_checking_writes_nothing(whole: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    checked(whole, against=kept(whole))
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


# Receipts, earlier names


def test_receipts_that_were_made_here_are_held_against_the_journal(copy: Path) -> None:
    (copy / "receipts").mkdir()
    (copy / "receipts" / "r.tlog-proof").write_bytes(proof(copy, 4))
    (copy / "receipts" / "r.html").write_text("<p>")
    report = checked(copy)
    assert "1 receipt in receipts/: the entry of each is where it says." in said(report)
    assert "Not checked: the pages in receipts/ (1 file): each checks itself" in said(report)
    assert report.exit_code == 0
    wrong = proof(copy, 4).replace(b"index 1", b"index 2")
    (copy / "receipts" / "r.tlog-proof").write_bytes(wrong)
    assert "receipts/r.tlog-proof is not right" in said(checked(copy))


def renamed(folder: Path) -> None:
    """What `ledger continue` leaves: the old name's files aside, a new name, and one more entry."""
    before = folder / "before" / "1"
    before.mkdir(parents=True)
    shutil.move(folder / "ledger.vkey", before / "ledger.vkey")
    shutil.move(folder / "log" / "checkpoint", before / "checkpoint")
    shutil.rmtree(folder / "log")
    ledger = opened(folder)
    ledger.append([LedgerEvent(kind=EventKind.INCIDENT, payload={"type": "continue"})], AT)
    publish(folder, ledger, SEED, AT)


def test_a_register_that_was_begun_anew_with_nothing_lost_still_holds_what_it_sealed_before(tmp_path: Path) -> None:
    sealed(tmp_path)
    renamed(tmp_path)
    assert "before/1/checkpoint: all 5 entries sealed under the register's earlier name are still here" in said(
        checked(tmp_path)
    )


def test_a_register_that_was_begun_anew_after_a_loss_says_so(tmp_path: Path) -> None:
    sealed(tmp_path, 2)
    data = (tmp_path / "journal.jsonl").read_bytes()
    appended(tmp_path, [event(1), event(2), event(3)])
    shown, old_keys = kept(tmp_path), log_vkeys(tmp_path)[:1]
    (tmp_path / "journal.jsonl").write_bytes(data)
    renamed(tmp_path)
    report = checked(tmp_path, against=shown)
    assert "before/1/checkpoint is of an earlier name of this register and names 5 entries; not all" in said(report)
    assert "The checkpoint you gave is of an earlier name of this register, which has lost entries" in said(report)
    assert report.exit_code == 1
    held = verify(tmp_path, old_keys, now=NOW)
    assert "the key given is of an earlier name of this register (before/1)" in said(held)
    assert held.exit_code == 6


@pytest.mark.parametrize("name", ["ledger.vkey", "checkpoint"])
def test_no_bit_of_what_an_earlier_name_left_can_be_changed_unseen(tmp_path: Path, name: str) -> None:
    sealed(tmp_path)
    renamed(tmp_path)
    path = tmp_path / "before" / "1" / name
    good = path.read_bytes()
    for bit in random.Random(1).sample(range(8 * len(good)), 30):  # noqa: S311 - which bits, not keys
        flip(path, bit)
        assert checked(tmp_path).exit_code == 6, bit
        path.write_bytes(good)


# Keys, and the command


def rotated(folder: Path) -> None:
    """New keys under the old name, the newest first, as when somebody leaves who could sign."""
    old = (folder / "ledger.vkey").read_text()
    new = [key.verify_key for key in log_keys(log_vkeys(folder)[0].name, bytes(64))]
    (folder / "ledger.vkey").write_text("".join(f"{key}\n" for key in new) + old)
    ledger = opened(folder)
    ledger.append([LedgerEvent(kind=EventKind.ROTATE_KEY, payload={"type": "log_key"})], AT)
    publish(folder, ledger, bytes(64), AT)


def test_after_the_keys_changed_the_new_one_passes_and_with_the_old_one_the_reader_is_told(copy: Path) -> None:
    old, shown = log_vkeys(copy)[:1], kept(copy)
    rotated(copy)
    assert checked(copy, against=shown).exit_code == 0
    report = verify(copy, old, now=NOW)
    assert "signed with another of its keys than the one you gave" in said(report)
    assert report.exit_code == 1


def test_a_seal_under_a_key_that_was_given_up_falls_short(copy: Path) -> None:
    seal = kept(copy)
    rotated(copy)
    (copy / "log" / "checkpoint").write_bytes(seal)
    report = checked(copy)
    assert "under a key that was given up when somebody left who could sign" in said(report)
    assert report.exit_code == 1


def test_keys_that_somebody_put_before_the_true_ones_do_not_pass_with_the_true_one(copy: Path) -> None:
    true = log_vkeys(copy)[:1]
    data = (copy / "journal.jsonl").read_bytes()
    appended(copy, [event(1)])
    (copy / "journal.jsonl").write_bytes(data)
    shutil.rmtree(copy / "log")
    rotated(copy)
    assert verify(copy, true, now=NOW).exit_code == 1


def test_another_registers_key_does_not_fit(tmp_path: Path) -> None:
    sealed(tmp_path / "one")
    sealed(tmp_path / "two")
    report = verify(tmp_path / "one", log_vkeys(tmp_path / "two"), now=NOW)
    assert "ledger.vkey does not hold the key given: this is not the register whose key you have" in said(report)
    assert report.exit_code == 6


def test_a_register_remade_whole_under_keys_of_its_own_does_not_fit_either(tmp_path: Path) -> None:
    sealed(tmp_path / "one")
    true = log_vkeys(tmp_path / "one")[:1]
    ledger = begun(tmp_path / "two")
    (tmp_path / "two" / "ledger.vkey").write_bytes((tmp_path / "one" / "ledger.vkey").read_bytes())
    publish(tmp_path / "two", ledger, SEED, AT)
    assert verify(tmp_path / "two", true, now=NOW, against=None).exit_code == 1
    assert verify(tmp_path / "two", true, now=NOW, against=kept(tmp_path / "one")).exit_code == 1


def test_a_library_without_ml_dsa_checks_the_rest_and_says_so(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "can_check", lambda key: key.kind != 6)
    report = checked(whole)
    assert "Not checked: the second signature under each checkpoint (ML-DSA-44)" in said(report)
    assert report.exit_code == 0


def test_a_cosigner_whose_signature_cannot_be_checked_here_is_said(
    whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> None:
        raise UnsupportedAlgorithm("no ML-DSA")

    monkeypatch.setattr(seals, "find_anchors", lacking)
    report = checked(whole)
    assert "Not checked: anchors/: a cosigner signs with ML-DSA-44" in said(report)
    assert report.exit_code == 1


def test_keys_are_given_as_text_or_in_a_file(tmp_path: Path) -> None:
    sealed(tmp_path)
    keys = log_vkeys(tmp_path)
    assert read_keys(str(tmp_path / "ledger.vkey")) == keys
    assert read_keys(str(keys[0])) == keys[:1]
    with pytest.raises(BadInput, match="verifier key"):
        read_keys("no key")
    with pytest.raises(BadInput, match="verifier key"):
        read_keys("x" * 5000)
    with pytest.raises(BadInput, match="not the public keys of one register"):
        verify(tmp_path, [WITNESS.verify_key], now=NOW)


def test_a_folder_without_a_register_is_a_matter_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no consent register"):
        verify(tmp_path, [], now=NOW)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "consent.verify", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A study folder whose register was cosigned just now: the command looks at the clock."""
    full(tmp_path / "consent")
    cosigned(tmp_path / "consent", datetime.now(UTC))
    return tmp_path


def test_the_command_says_in_words_and_in_json_what_it_found(study: Path) -> None:
    key = study / "consent" / "ledger.vkey"
    done = run(study, key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Outcome: the register is sound, and others saw it as it is here."
    told = json.loads(run(study / "consent", key, "--json").stdout)
    assert (told["size"], told["exit_code"], told["problems"]) == (4, 0, [])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (lambda study: (study, "nonsense"), 3),
        (lambda study: (study, study / "consent" / "ledger.vkey", "--against", study / "none"), 3),
        (lambda study: (study, study / "consent" / "ledger.vkey", "--against", study / "consent" / "policy"), 3),
        (lambda study: (study, study / "consent" / "ledger.vkey", "--policy", study / "consent" / "ledger.vkey"), 3),
        (lambda study: (study / "elsewhere", study / "consent" / "ledger.vkey"), 2),
    ],
)
def test_the_command_tells_wrong_use_from_unreadable_input(
    study: Path, arguments: Callable[[Path], tuple[object, ...]], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(one) for one in arguments(study)]) == code
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 2)


def test_the_command_without_a_key_explains_itself() -> None:
    assert run("somewhere").returncode == 2


def test_nothing_that_only_the_team_has_is_imported() -> None:
    code = "import sys, consent.verify; print({'filelock','yaml','typer','openpyxl'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
