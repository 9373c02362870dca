"""A register opens from its saved frontier only where a signed checkpoint vouches for it, and checks no less for it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import Ledger
from consent.recorders import recorder_form
from consent.storage.frontier import (
    SavedFrontier,
    format_frontier,
    matching_frontier,
    parse_frontier,
    standing_checkpoint,
    write_frontier,
)
from consent.storage.journal import Journal
from consent.storage.lines import encode_line
from consent.tlog.checkpoint import Checkpoint, SignedCheckpoint, check_checkpoint, log_keys, sign_checkpoint
from consent.tlog.merkle import Frontier, HashList, leaf_hash, root_of
from consent.tlog.note import VerifyKey
from schemas.errors import BadInput, LedgerDamaged
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.ledger_fakes import TinyBox, TinySigner, event, flip

SIGNER, BOX, NOW = TinySigner(), TinyBox(), datetime(2026, 11, 21, 20, 51, tzinfo=UTC)
LOG = log_keys("chatham/0123456789abcdef", bytes(range(64)))
KEYS = tuple(key.verify_key for key in LOG)
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=600)


def believed(folder: Path, keys: Sequence[VerifyKey]) -> SavedFrontier | None:
    """The saved frontier as an opening with these keys believes it."""
    standing = standing_checkpoint(folder, keys)
    return None if standing is None else matching_frontier(folder, standing)


def opened(folder: Path, **more: object) -> Ledger:
    return Ledger.open(folder, signer=SIGNER, seal=BOX.seal, open_payload=BOX.open, log_keys=KEYS, **more)  # type: ignore[arg-type]


def signed(folder: Path, size: int, root: bytes) -> SignedCheckpoint:
    data = sign_checkpoint(Checkpoint("chatham/0123456789abcdef", size, root), LOG, NOW)
    (folder / "log").mkdir(exist_ok=True)
    (folder / "log/checkpoint").write_bytes(data)
    return check_checkpoint(data, KEYS)


def published(folder: Path, *batches: int) -> Ledger:
    """A register of such batches whose checkpoint and frontier stand."""
    made = Ledger.create(folder, SIGNER, BOX.seal, open_payload=BOX.open)
    for count in batches:
        made.append([event(number) for number in range(count)])
    signed(folder, made.size, made.root)
    write_frontier(folder, made)
    return made


def swap(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path = folder / "journal.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def test_a_register_goes_on_from_its_frontier_with_the_same_root_and_entries(tmp_path: Path) -> None:
    made = published(tmp_path, 3, 1, 2)
    made.append([event(7), event(8)])
    again = opened(tmp_path)
    assert again.head() == made.head()
    assert again.record(event(9)) == made.size == 8
    assert again.head() == made.head() == (9, root_of(again.leaf_hashes()).hex())
    assert again.entries() == made.entries()
    assert again.saved().offset == (tmp_path / "journal.jsonl").stat().st_size


def test_what_lies_before_the_frontier_is_not_read_when_opening_and_is_checked_when_wanted(
    tmp_path: Path,
) -> None:
    made = published(tmp_path, 3, 2)
    flip(tmp_path / "journal.jsonl", 8 * 100)
    assert opened(tmp_path).head() == made.head()
    wants: list[Callable[[Ledger], object]] = [
        Ledger.entries,
        Ledger.leaf_hashes,
        Ledger.openings,
        lambda ledger: list(ledger.leaves(4, 5)) + list(ledger.leaves(0, 1)),
    ]
    for want in wants:
        with pytest.raises(LedgerDamaged, match=r"line 1 of journal\.jsonl does not match its hash"):
            want(opened(tmp_path))


def test_another_history_before_the_frontier_is_found_although_every_line_is_right(tmp_path: Path) -> None:
    made = published(tmp_path, 1, 1, 1)
    other = Ledger.create(tmp_path / "other", SIGNER, BOX.seal)
    other.record(event(5))
    line = (tmp_path / "other/journal.jsonl").read_bytes()
    swap(tmp_path, lambda lines: [line, *lines[1:]])
    assert opened(tmp_path).head() == made.head()
    with pytest.raises(LedgerDamaged, match=r"first 3 lines .* not the entries that the log's checkpoint names"):
        opened(tmp_path).entries()


def test_entries_after_the_frontier_are_checked_when_opening(tmp_path: Path) -> None:
    made = published(tmp_path, 2)
    made.append([event(0), event(1)])
    swap(tmp_path, lambda lines: [*lines[:2], lines[2].replace(b"consent", b"cOnsent"), lines[3]])
    with pytest.raises(LedgerDamaged, match=r"line 3 of journal\.jsonl"):
        opened(tmp_path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "log/frontier").unlink(),
        lambda folder: (folder / "log/frontier").write_bytes(b""),
        lambda folder: (folder / "log/frontier").write_bytes(b"\xff{}[[["),
        lambda folder: (folder / "log/checkpoint").unlink(),
        lambda folder: (folder / "log/checkpoint").write_bytes(b"nothing"),
        lambda folder: signed(folder, 2, bytes(32)),
        lambda folder: saved_again(folder, size=4),
        lambda folder: saved_again(folder, offset=17),
        lambda folder: saved_again(folder, offset=10**9),
        lambda folder: saved_again(folder, last=bytes(32)),
        lambda folder: saved_again(folder, subtrees=(bytes(32), bytes(32))),
        lambda folder: swap(folder, lambda lines: [lines[0][:557] + b" -\n", *lines[1:]]),
    ],
)
def test_a_frontier_that_cannot_be_believed_is_passed_over_in_silence(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    made = published(tmp_path, 2, 1)
    before = made.head()
    spoil(tmp_path)
    again = Ledger.open(tmp_path, log_keys=KEYS)
    assert again.head() == before
    flip(tmp_path / "journal.jsonl", 8 * 100)
    with pytest.raises(LedgerDamaged, match="line 1 of"):
        Ledger.open(tmp_path, log_keys=KEYS)


def saved_again(folder: Path, **changes: object) -> None:
    path = folder / "log/frontier"
    path.write_bytes(format_frontier(replace(parse_frontier(path.read_bytes()), **changes)))  # type: ignore[arg-type]


def test_without_the_logs_own_keys_nothing_is_believed(tmp_path: Path) -> None:
    published(tmp_path, 2, 1)
    others = tuple(key.verify_key for key in log_keys("chatham/0123456789abcdef", bytes(64)))
    assert believed(tmp_path, KEYS) is not None
    assert believed(tmp_path, others) is believed(tmp_path, ()) is None


def test_no_flipped_bit_of_the_frontier_changes_what_is_opened(tmp_path: Path) -> None:
    made = published(tmp_path, 2, 1)
    path = tmp_path / "log/frontier"
    whole = path.read_bytes()
    for bit in random.Random(2).sample(range(len(whole) * 8), 200):  # noqa: S311 - which bits are tried
        path.write_bytes(whole)
        flip(path, bit)
        assert opened(tmp_path).head() == made.head()


def test_the_frontiers_file_has_one_spelling(tmp_path: Path) -> None:
    published(tmp_path, 5)
    data = (tmp_path / "log/frontier").read_bytes()
    assert format_frontier(parse_frontier(data)) == data
    spellings = (
        data + b"\n",
        data[:-1],
        b" " + data,
        data.replace(b'"size":5', b'"size":05'),
        data.replace(b",", b", "),
    )
    for other in (*spellings, data.replace(b'"size":5', b'"size":7'), b"", b"\xff"):
        with pytest.raises(BadInput, match=r"saved frontier is|right edge of a tree"):
            parse_frontier(other)


def test_a_rewritten_journal_is_read_from_its_beginning_and_served_as_it_is(tmp_path: Path) -> None:
    published(tmp_path, 2, 1)
    reader = opened(tmp_path)
    swap(tmp_path, lambda lines: [line[:558] + b"-\n" for line in lines])
    assert [entry.payload for entry in reader.entries()] == [None, None, None]
    assert reader.record(event(3)) == 3


def test_a_register_that_lost_entries_before_or_after_the_frontier_says_so(tmp_path: Path) -> None:
    published(tmp_path, 1, 1, 1)
    reader = opened(tmp_path)
    reader.record(event(3))
    whole = (tmp_path / "journal.jsonl").read_bytes()
    for kept in (3, 2, 0):
        swap(tmp_path, lambda lines, kept=kept: lines[:kept])  # type: ignore[misc]
        with pytest.raises(LedgerDamaged, match=rf"holds {kept} of the 4 entries recorded before"):
            reader.head()
        (tmp_path / "journal.jsonl").write_bytes(whole)


def test_a_register_behind_its_own_checkpoint_is_read_and_not_written_to(tmp_path: Path) -> None:
    made = published(tmp_path, 1, 1)
    torn = (tmp_path / "journal.jsonl").read_bytes()[:-700]
    (tmp_path / "journal.jsonl").write_bytes(torn)
    rolled_back = opened(tmp_path)
    assert [entry.index for entry in rolled_back.entries()] == [0]
    with pytest.raises(LedgerDamaged, match="holds 1 entries, and log/checkpoint names 2") as caught:
        rolled_back.record(event(2))
    assert "chatham ledger continue" in caught.value.hint
    assert (tmp_path / "journal.jsonl").read_bytes() == torn
    assert made.size == 2


def test_another_history_than_the_checkpoints_is_read_and_not_written_to(tmp_path: Path) -> None:
    published(tmp_path, 2)
    signed(tmp_path, 2, bytes(32))
    with pytest.raises(LedgerDamaged, match=r"first 2 entries .* not those that log/checkpoint names"):
        opened(tmp_path).record(event(2))
    assert opened(tmp_path).size == 2


def test_a_register_that_was_shown_a_newer_checkpoint_is_read_and_not_written_to(tmp_path: Path) -> None:
    made = published(tmp_path, 2)
    (tmp_path / "log/seen").write_bytes(b"a checkpoint of this log, of three entries")
    for ledger in (made, opened(tmp_path)):
        with pytest.raises(LedgerDamaged, match=r"behind a checkpoint of its log that it was shown") as caught:
            ledger.record(event(2))
        assert (caught.value.exit_code, len(ledger.entries())) == (6, 2)
        assert "chatham ledger continue" in caught.value.hint
    (tmp_path / "log/seen").unlink()
    assert made.record(event(2)) == 2


def rights(signer: TinySigner) -> LedgerEvent:
    """Begins a recorder's right to sign, and the second time ends it."""
    return LedgerEvent(kind=EventKind.ROTATE_KEY, payload={"type": "user"}, form=recorder_form(signer.public_key))


def test_recorders_are_checked_after_the_frontier_and_all_of_them_when_all_is_read(tmp_path: Path) -> None:
    leaver = TinySigner(2)
    keys = {one.key_id: one.public_key for one in (SIGNER, leaver)}
    made = Ledger.create(tmp_path, SIGNER, BOX.seal)
    made.append([rights(SIGNER), rights(leaver), rights(leaver)])
    signed(tmp_path, made.size, made.root)
    write_frontier(tmp_path, made)
    made.record(event(0))
    assert len(opened(tmp_path, public_keys=keys).entries()) == 4
    Ledger.open(tmp_path, signer=leaver, seal=BOX.seal).record(event(1))
    # From the frontier on only the signature is sure; who had the right then, only the entries before it can tell.
    late = opened(tmp_path, public_keys=keys)
    for _ in range(2):
        with pytest.raises(LedgerDamaged, match=r"line 5 .* right to record had ended"):
            late.entries()
    Ledger.open(tmp_path, signer=TinySigner(3), seal=BOX.seal).record(event(1))
    with pytest.raises(LedgerDamaged, match=r"line 6 .* a recorder whose key is not in"):
        opened(tmp_path, public_keys=keys)


def test_an_opening_holds_what_shows_an_entry_to_be_true(tmp_path: Path) -> None:
    published(tmp_path, 2, 2)
    ledger = opened(tmp_path)
    every = ledger.openings()
    assert [opening.index for opening in every] == [0, 1, 2, 3]
    assert [leaf_hash(opening.leaf) for opening in every] == ledger.leaf_hashes()
    assert [opening.leaf for opening in every] == list(ledger.leaves(0, 4))
    assert ledger.openings([3, 0, 9, -1, 3]) == [every[0], every[3]]
    assert b'"number":1' in every[3].payload
    assert len(every[3].k_event) == 32
    assert "Zo" not in repr(every[3])
    assert Ledger.open(tmp_path).openings() == Ledger.open(tmp_path, open_payload=TinyBox(2).open).openings() == []


def test_an_entry_disposed_of_has_no_opening(tmp_path: Path) -> None:
    published(tmp_path, 2)
    swap(tmp_path, lambda lines: [lines[0][:558] + b"-\n", lines[1]])
    assert [opening.index for opening in opened(tmp_path).openings()] == [1]


def test_a_line_of_any_length_is_found_before_the_frontier(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl")
    made = published(tmp_path / "made", 1)
    leaf = next(made.leaves(0, 1))
    for sealed in (bytes(3), bytes(300_000)):
        line = encode_line(leaf, sealed, 0)
        journal.append([line])
        saved = replace(made.saved(), offset=journal.offset, size=journal.size, last=line.hash)
        saved = replace(saved, subtrees=journal.edge().subtrees)
        assert Journal(journal.path).resume(saved)
        assert not Journal(journal.path).resume(replace(saved, offset=journal.offset - 1))


@given(HASHES, HASHES)
def test_a_tree_goes_on_from_its_right_edge(before: list[bytes], after: list[bytes]) -> None:
    first = Frontier()
    first.extend(before)
    again = Frontier.of(first.size, first.subtrees)
    again.extend(HashList(after))
    slow = Frontier()
    for leaf in (*before, *after):
        slow.append(leaf)
    assert (again.size, again.subtrees, again.root()) == (slow.size, slow.subtrees, slow.root())


@pytest.mark.parametrize(("size", "nodes"), [(0, 1), (1, 0), (3, 1), (4, 2), (-1, 1)])
def test_a_right_edge_that_does_not_fit_its_size_is_refused(size: int, nodes: int) -> None:
    with pytest.raises(BadInput, match=rf"{nodes} subtrees are not the right edge of a tree of {size} entries"):
        Frontier.of(size, [bytes(32)] * nodes)
    with pytest.raises(BadInput, match="not the right edge"):
        Frontier.of(1, [bytes(31)])


@given(HASHES)
def test_a_list_of_hashes_is_as_good_as_any(hashes: list[bytes]) -> None:
    kept = HashList(hashes)
    assert (len(kept), list(kept), kept[:], kept[1:-1]) == (len(hashes), hashes, hashes, hashes[1:-1])
    assert [kept[at] for at in range(-len(hashes), len(hashes))] == hashes * 2
    with pytest.raises(IndexError, match="out of range"):
        kept[len(hashes)]
