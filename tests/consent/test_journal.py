"""The journal keeps what was acknowledged, cuts what was not, and names the line that is damaged."""

import base64
import errno
import hashlib
import os
import random
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.storage import entries, journal
from consent.storage.journal import Journal
from consent.storage.lines import DISPOSED, Line, check_line, decode_line, encode_line, whole_batches
from consent.tlog.merkle import root_of
from schemas.errors import ChathamError, DiskFull, LedgerDamaged
from tests.consent.ledger_fakes import FailingDisk, TinyBox, TinySigner, event, flip

NOW = datetime(2026, 11, 21, 20, 51, tzinfo=UTC)
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def lines_of(count: int) -> list[Line]:
    """One batch of so many signed and sealed lines."""
    return entries.write([event(number) for number in range(count)], NOW, TinySigner(), TinyBox().seal)


def journal_of(folder: Path, *batches: int) -> Journal:
    """A journal on disk with batches of so many lines."""
    made = Journal.create(folder / "journal.jsonl")
    for count in batches:
        made.append(lines_of(count))
    return made


def again(made: Journal) -> Journal:
    """The same file as another process would read it."""
    fresh = Journal(made.path)
    fresh.read()
    return fresh


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(FailingDisk, "done", 0)
    return monkeypatch


def test_a_line_is_hash_leaf_and_sealed_content_and_nothing_else(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1)
    (line,) = made.path.read_bytes().splitlines(keepends=True)
    digest, leaf, sealed = line.removesuffix(b"\n").split(b" ")
    assert len(leaf) == 512
    assert base64.b64decode(digest) == hashlib.sha256(b"\0" + leaf).digest()
    assert b'"number":0' in TinyBox().open(base64.b64decode(sealed))


def test_what_was_appended_is_read_back_with_the_same_root(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 5, 2)
    fresh = again(made)
    assert (fresh.size, fresh.tail, fresh.root()) == (8, 0, made.root())
    assert fresh.root() == root_of(line.hash for line in fresh.lines())


def test_a_disposed_content_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1)
    first = next(made.lines())
    made.path.write_bytes(made.path.read_bytes().replace(first.raw, encode_line(first.leaf, None, 0).raw))
    fresh = again(made)
    assert fresh.root() == made.root()
    assert next(fresh.lines()).sealed is None
    assert next(fresh.lines()).raw.endswith(b" " + DISPOSED + b"\n")


def test_a_reader_notices_that_contents_were_disposed_of_and_reads_again(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1)
    first, last = made.lines()
    made.path.write_bytes(encode_line(first.leaf, None, 0).raw + encode_line(last.leaf, None, 0).raw)
    made.read()
    assert [line.sealed for line in made.lines()] == [None, None]
    assert made.generation == 1


@pytest.mark.parametrize("cut", [1, 2, 44, 45, 300, 557, 558, 1500, 1900])
def test_a_torn_last_line_is_cut_and_what_was_acknowledged_stays(tmp_path: Path, cut: int) -> None:
    made = journal_of(tmp_path, 1, 1)
    whole = made.path.read_bytes()
    made.path.write_bytes(whole + lines_of(1)[0].raw[:cut])
    fresh = again(made)
    assert (fresh.size, fresh.tail) == (2, cut)
    assert fresh.cut() == cut
    assert made.path.read_bytes() == whole


def test_a_batch_whose_last_line_is_missing_is_cut_whole(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 2)
    whole = made.path.read_bytes()
    made.path.write_bytes(whole + b"".join(line.raw for line in lines_of(3)[:2]))
    fresh = again(made)
    assert fresh.size == 2
    fresh.cut()
    assert made.path.read_bytes() == whole


def test_reading_alone_never_changes_the_file(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1)
    made.path.write_bytes(made.path.read_bytes() + lines_of(2)[0].raw)
    before = made.path.read_bytes()
    again(made)
    assert made.path.read_bytes() == before


@pytest.mark.parametrize("hole", [(0, 4096), (0, 700), (0, 1), (0, 15), (900, 2600), (3000, 6900), (6500, 6900)])
def test_a_batch_in_which_a_power_cut_left_zeros_is_cut_whole(tmp_path: Path, hole: tuple[int, int]) -> None:
    made = journal_of(tmp_path, 1)
    whole = made.path.read_bytes()
    batch = bytearray(b"".join(line.raw for line in lines_of(4)))
    start, end = hole
    batch[start:end] = bytes(len(batch[start:end]))
    made.path.write_bytes(whole + batch)
    fresh = again(made)
    assert (fresh.size, fresh.tail) == (1, len(batch))


def test_zeros_among_batches_that_were_acknowledged_are_damage(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1, 1)
    data = bytearray(made.path.read_bytes())
    data[100:700] = bytes(600)
    made.path.write_bytes(data)
    with pytest.raises(LedgerDamaged, match=r"line 1 of journal\.jsonl does not match its hash"):
        again(made)


def test_a_damaged_line_is_named_with_what_was_expected_and_computed(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 3, 1)
    before = [line.raw for line in made.lines()]
    flip(made.path, 8 * (len(before[0]) + len(before[1]) + 100))
    with pytest.raises(
        LedgerDamaged, match=r"line 3 of journal\.jsonl does not match.*expected .{12}, computed .{12}$"
    ):
        again(made)


def test_a_damaged_last_line_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1)
    flip(made.path, 8 * (made.path.stat().st_size - 900))
    flip(made.path, 8 * (len(next(made.lines()).raw) + 3))
    with pytest.raises(LedgerDamaged, match="line 2"):
        again(made)


def test_the_message_never_shows_what_somebody_wrote_into_the_file(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1)
    made.path.write_bytes(made.path.read_bytes() + "Zoë Müller said: no\n".encode())
    with pytest.raises(LedgerDamaged, match=r"line 2.*something unreadable") as caught:
        again(made)
    assert "Zo" not in str(caught.value)


def test_lines_in_another_order_are_damage_although_each_is_right(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 3)
    first, second, third = (line.raw for line in made.lines())
    for order in ((second, first, third), (first, third), (first, second, second, third), (first, lines_of(1)[0].raw)):
        made.path.write_bytes(b"".join(order))
        with pytest.raises(LedgerDamaged, match="does not follow the one before it"):
            again(made)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"\n", b"\r\n"), (b"\n", b" \n"), (b" {", b"  {"), (b"==\n", b"\n"), (b"\n", b"\n\n")],
)
def test_another_spelling_of_a_line_is_damage(tmp_path: Path, old: bytes, new: bytes) -> None:
    made = Journal.create(tmp_path / "journal.jsonl")
    (line,) = lines_of(1)
    sealed = bytes(1042)  # two signs of padding in base64
    made.path.write_bytes(encode_line(line.leaf, sealed, 0).raw.replace(old, new))
    with pytest.raises(LedgerDamaged, match=r"line [12] of"):
        again(made)


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 2)
    whole = made.path.read_bytes()
    every = range(len(whole) * 8)
    bits = every if LONG else random.Random(1).sample(every, 700)  # noqa: S311 - which bits are tried, no secret
    reader = entries.PayloadReader(TinyBox().open)
    for bit in (*bits, *every[:48], *every[-16:]):
        made.path.write_bytes(whole)
        flip(made.path, bit)
        fresh = Journal(made.path)
        try:
            fresh.read()
            for index, line in enumerate(fresh.lines()):
                reader.entry(index, line)
        except LedgerDamaged:
            continue
        # The one bit that can pass for a torn line turns the last line feed into a letter of base64. It is not silent.
        assert fresh.tail > 0, bit
        assert bit // 8 == len(whole) - 1


def test_every_truncation_leaves_whole_batches_only(tmp_path: Path) -> None:
    """A cut exactly between two batches cannot be seen in the file: only an anchor outside it can tell."""
    made = journal_of(tmp_path, 1, 2, 1)
    whole = made.path.read_bytes()
    lengths = [len(line.raw) for line in made.lines()]
    ends = {0: 0, lengths[0]: 1, sum(lengths[:3]): 3, len(whole): 4}
    near = {end + by for end in ends for by in (-2, -1, 0, 1, 2) if 0 <= end + by <= len(whole)}
    for length in sorted(near | set(range(0, len(whole), 1 if LONG else 61))):
        made.path.write_bytes(whole[:length])
        fresh = again(made)
        boundary = max(end for end in ends if end <= length)
        assert (fresh.size, fresh.tail) == (ends[boundary], length - boundary)
        if length < len(whole):
            with pytest.raises(LedgerDamaged, match=rf"holds {ends[boundary]} of the 4 entries recorded before"):
                made.read()


def test_one_who_has_read_more_than_the_file_holds_says_so_each_time(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1)
    made.path.write_bytes(next(made.lines()).raw)
    for _ in range(2):
        with pytest.raises(LedgerDamaged, match="holds 1 of the 2 entries recorded before"):
            made.read()


def test_another_history_of_the_same_length_is_noticed(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1)
    made.path.write_bytes(next(made.lines()).raw + lines_of(1)[0].raw)
    with pytest.raises(LedgerDamaged, match=r"line 2 of .* is not the entry that was recorded there before"):
        made.read()


def test_leaves_are_checked_again_as_they_are_read(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 1, 1)
    whole = made.path.read_bytes()
    assert list(made.leaves(0, 9)) == [line.leaf for line in made.lines()]
    assert list(made.leaves(1, 1)) == list(made.leaves(2, 3)) == []
    flip(made.path, 8 * 100)
    with pytest.raises(LedgerDamaged, match=r"line 1 of .* does not match its hash"):
        list(made.leaves(0, 2))
    made.path.write_bytes(whole[: len(whole) // 2] + lines_of(1)[0].raw)
    with pytest.raises(LedgerDamaged, match=r"line 2 of .* is not the entry that was read before"):
        list(made.leaves(0, 2))


def test_damage_at_the_beginning_is_told_without_reading_to_the_end(tmp_path: Path) -> None:
    made = journal_of(tmp_path, *[1] * 600)
    flip(made.path, 8 * 100)
    with made.path.open("rb") as file:
        with pytest.raises(LedgerDamaged, match=r"line 1 of journal\.jsonl"):
            next(whole_batches(file, 1))
        assert file.tell() < made.path.stat().st_size * 2 // 3


def test_a_long_register_is_read_in_parts_whatever_its_batches(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 300, 1, 1, 280, 150, *[1] * 20)
    fresh = again(made)
    assert (fresh.size, fresh.tail, fresh.root()) == (752, 0, made.root())
    made.path.write_bytes(made.path.read_bytes()[:-1])
    fresh = again(made)
    assert (fresh.size, fresh.tail) == (751, made.offset - fresh.offset - 1)


def test_a_missing_file_is_damage_and_not_an_empty_register(tmp_path: Path) -> None:
    made = journal_of(tmp_path, 2)
    made.path.unlink()
    with pytest.raises(LedgerDamaged, match="missing, and 2 entries"):
        made.read()
    with pytest.raises(LedgerDamaged, match=r"journal\.jsonl is missing$"):
        Journal(made.path).read()


def test_a_journal_is_never_made_over_another(tmp_path: Path) -> None:
    journal_of(tmp_path, 1)
    with pytest.raises(FileExistsError, match=r"journal\.jsonl"):
        Journal.create(tmp_path / "journal.jsonl")


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        (errno.ENOSPC, DiskFull, "the disk is full: nothing was recorded"),
        (errno.EDQUOT, DiskFull, "the disk is full: nothing was recorded"),
        (errno.EIO, ChathamError, r"could not be written \(EIO\): nothing was recorded"),
    ],
)
def test_a_failed_write_or_sync_leaves_the_file_as_it_was(
    tmp_path: Path, failing: pytest.MonkeyPatch, step: int, code: int, error: type[ChathamError], says: str
) -> None:
    path = journal_of(tmp_path, 2).path
    before = path.read_bytes()
    made = Journal(path, FailingDisk)
    made.read()
    failing.setattr(FailingDisk, "fails", frozenset({step}))
    failing.setattr(FailingDisk, "code", code)
    with pytest.raises(error, match=says):
        made.append(lines_of(3))
    assert path.read_bytes() == before
    made.append(lines_of(1))
    assert again(made).size == made.size == 3


@pytest.mark.parametrize("fails", [{0, 1}, {0, 2}, {1, 2}, {1, 3}])
def test_a_failed_write_that_cannot_be_taken_back_ends_writing_until_it_is_opened_again(
    tmp_path: Path, failing: pytest.MonkeyPatch, fails: set[int]
) -> None:
    path = journal_of(tmp_path, 2).path
    made = Journal(path, FailingDisk)
    made.read()
    failing.setattr(FailingDisk, "fails", frozenset(fails))
    with pytest.raises(ChathamError, match="could not be taken back"):
        made.append(lines_of(3))
    failing.setattr(FailingDisk, "fails", frozenset())
    with pytest.raises(ChathamError, match="read-only"):
        made.append(lines_of(1))
    fresh = again(made)
    fresh.cut()
    assert fresh.size in (2, 5)
    fresh.append(lines_of(1))
    assert again(fresh).size == fresh.size


def test_a_failed_cut_is_reported_and_can_be_done_again(tmp_path: Path, failing: pytest.MonkeyPatch) -> None:
    made = journal_of(tmp_path, 1)
    whole = made.path.read_bytes()
    made.path.write_bytes(whole + b"AAAA")
    fresh = Journal(made.path, FailingDisk)
    fresh.read()
    failing.setattr(FailingDisk, "fails", frozenset({0}))
    with pytest.raises(DiskFull, match="nothing was recorded"):
        fresh.cut()
    assert fresh.cut() == 4
    assert made.path.read_bytes() == whole


def test_an_interrupted_append_is_taken_back(tmp_path: Path) -> None:
    class InterruptedDisk(journal.FileDisk):
        def sync(self) -> None:
            super().sync()
            if self.first:
                self.first = False
                raise KeyboardInterrupt

        first = True

    path = journal_of(tmp_path, 1).path
    before = path.read_bytes()
    made = Journal(path, InterruptedDisk)
    made.read()
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        made.append(lines_of(1))
    assert path.read_bytes() == before


def test_a_line_reads_back_as_it_was_made() -> None:
    for line in (*lines_of(3), encode_line(lines_of(1)[0].leaf, None, 0)):
        assert decode_line(line.raw, 1) == line


@given(st.data())
def test_the_quick_check_of_a_line_passes_exactly_what_the_full_one_passes(data: st.DataObject) -> None:
    (line,) = lines_of(1)
    raw = encode_line(line.leaf, bytes(data.draw(st.integers(1, 40))), 0).raw
    changed = bytearray(data.draw(st.sampled_from([raw, encode_line(line.leaf, None, 0).raw])))
    at = data.draw(st.integers(0, len(changed) - 1))
    length = data.draw(st.integers(0, 3))
    changed[at : at + length] = data.draw(st.sampled_from([b"", b"=", b"==", b"A", b"B", b"\n", b"-", b" ", b"\0"]))
    try:
        full = decode_line(bytes(changed), 1)
    except LedgerDamaged:
        assert check_line(bytes(changed)) is None
        with suppress(LedgerDamaged):
            assert list(whole_batches(BytesIO(bytes(changed)), 1)) == []
    else:
        assert check_line(bytes(changed)) == (full.hash, full.left)
        assert list(whole_batches(BytesIO(bytes(changed)), 1)) == [([full.hash], [len(changed)], bytes(changed))]


def test_a_folder_that_may_not_be_written_is_named_without_its_path(tmp_path: Path) -> None:
    refused = journal.not_written(PermissionError(errno.EACCES, "no", str(tmp_path)))
    assert "(EACCES)" in refused.message
    assert str(tmp_path) not in refused.message + refused.hint
