"""Only recorders whose right has begun and not ended may record, and whoever reads the leaves can tell."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from consent.recorders import (
    RecorderCheck,
    format_recorders,
    parse_recorders,
    read_recorders,
    recorder_form,
    write_recorders,
)
from consent.storage.leaf import Leaf, sign
from schemas.errors import BadInput
from schemas.ledger import EventKind
from tests.consent.ledger_fakes import TinySigner

ONE, TWO, THREE = TinySigner(1), TinySigner(2), TinySigner(3)
KEYS = {signer.key_id: signer.public_key for signer in (ONE, TWO)}


def entry(by: TinySigner, about: TinySigner | None = None) -> Leaf:
    kind = EventKind.CONSENT if about is None else EventKind.ROTATE_KEY
    form = None if about is None else recorder_form(about.public_key)
    return sign(Leaf(kind=kind, minute="2026-11-21T20:51Z", commitment="0" * 64, key="", left=0, form=form), by)


def taken(*leaves: Leaf, check: RecorderCheck | None = None) -> list[str | None]:
    check = check or RecorderCheck(KEYS)
    return [check.take(index, leaf) for index, leaf in enumerate(leaves)]


def test_the_first_recorder_lets_themselves_in_and_then_others() -> None:
    check = RecorderCheck(KEYS)
    assert taken(entry(ONE, ONE), entry(ONE), entry(ONE, TWO), entry(TWO), check=check) == [None] * 4
    assert check.introduced == set(KEYS)
    assert not check.from_start
    assert not check.older


def test_nobody_records_before_they_were_let_in() -> None:
    wrong = taken(entry(ONE, ONE), entry(TWO), entry(TWO, TWO))
    assert wrong == [None, *["was recorded by somebody whom no entry before it had let in"] * 2]


def test_nobody_records_after_their_right_ended_not_even_to_let_themselves_in_again() -> None:
    wrong = taken(entry(ONE, ONE), entry(ONE, TWO), entry(TWO), entry(ONE, TWO), entry(TWO), entry(TWO, TWO))
    assert wrong == [None] * 4 + ["was recorded by somebody whose right to record had ended"] * 2


def test_a_right_that_ended_does_not_begin_again() -> None:
    wrong = taken(entry(ONE, ONE), entry(ONE, TWO), entry(ONE, TWO), entry(ONE, TWO))
    assert wrong == [None, None, None, "lets in again somebody whose right to record had ended"]


def test_one_who_leaves_may_record_that_they_leave() -> None:
    assert taken(entry(ONE, ONE), entry(ONE, TWO), entry(TWO, TWO), entry(TWO))[2:] == [
        None,
        "was recorded by somebody whose right to record had ended",
    ]


def test_a_recorder_whose_key_is_not_kept_is_named_as_unknown() -> None:
    wrong = taken(entry(ONE, ONE), entry(THREE))
    assert wrong == [None, "names a recorder whose key is not in recorders.vkey"]


def test_letting_in_somebody_whose_key_is_not_kept_is_wrong() -> None:
    wrong = taken(entry(ONE, ONE), entry(ONE, THREE))
    assert wrong == [None, "speaks of a recorder whose key is not in recorders.vkey"]


def test_a_signature_of_another_leaf_does_not_count() -> None:
    good = entry(ONE)
    assert taken(entry(ONE, ONE), replace(good, left=1)) == [None, "does not bear the signature of its recorder"]
    assert taken(entry(ONE, ONE), replace(good, sig="*")) == [None, "does not bear the signature of its recorder"]


def test_in_a_register_older_than_such_entries_recorders_count_from_the_start() -> None:
    check = RecorderCheck(KEYS)
    assert taken(entry(ONE), entry(TWO), entry(ONE, TWO), entry(TWO), check=check) == [
        *[None] * 3,
        "was recorded by somebody whose right to record had ended",
    ]
    assert check.older
    assert check.from_start == set(KEYS)


def test_in_an_older_register_somebody_new_may_be_let_in() -> None:
    check = RecorderCheck(KEYS)
    assert taken(entry(ONE), entry(ONE, TWO), entry(TWO), check=check) == [None] * 3
    assert (check.introduced, check.from_start) == ({TWO.key_id}, {ONE.key_id})


def test_whoever_was_let_in_first_need_not_be_the_first_recorder_of_an_older_register() -> None:
    check = RecorderCheck(KEYS)
    assert taken(entry(ONE, TWO), entry(TWO), entry(ONE), check=check) == [None] * 3
    assert check.older


def test_from_a_saved_place_on_every_known_key_counts_until_its_right_ends() -> None:
    check = RecorderCheck(KEYS, resumed=True)
    later = [entry(TWO), entry(ONE, TWO), entry(TWO)]
    assert [check.take(index, leaf) for index, leaf in enumerate(later, 500)] == [
        None,
        None,
        "was recorded by somebody whose right to record had ended",
    ]
    assert not check.older
    assert RecorderCheck(KEYS, resumed=True).take(0, entry(THREE)) is not None


def test_one_can_ask_whether_somebody_may_record_next() -> None:
    check = RecorderCheck(KEYS)
    assert not check.holds(TWO.key_id)
    taken(entry(ONE, ONE), check=check)
    assert check.holds(ONE.key_id)
    assert not check.holds(TWO.key_id)
    assert not check.holds(THREE.key_id)


def test_any_history_agrees_with_a_small_model() -> None:
    draw = random.Random(7)  # noqa: S311 - histories, not keys
    for _ in range(200):
        leaves = [entry(ONE, ONE)]
        leaves += [entry(draw.choice((ONE, TWO)), draw.choice((None, ONE, TWO))) for _ in range(6)]
        assert [one is None for one in taken(*leaves)] == model(leaves)


def model(leaves: list[Leaf]) -> list[bool]:
    """Rights as numbers: 0 not begun, 1 had, 2 ended."""
    names = {recorder_form(one.public_key): one.key_id for one in (ONE, TWO)}
    rights, good = dict.fromkeys(KEYS, 0) | {leaves[0].key: 1}, [True]
    for leaf in leaves[1:]:
        about = names.get(leaf.form or "")
        fine = rights[leaf.key] == 1 and (about is None or rights[about] < 2)
        if fine and about is not None:
            rights[about] += 1
        good.append(fine)
    return good


def test_keys_are_kept_sorted_each_under_its_own_id_and_none_is_ever_dropped(tmp_path: Path) -> None:
    assert read_recorders(tmp_path) == {}
    write_recorders(tmp_path, {TWO.key_id: TWO.public_key})
    write_recorders(tmp_path, {ONE.key_id: ONE.public_key})
    assert read_recorders(tmp_path) == KEYS
    lines = (tmp_path / "recorders.vkey").read_text().splitlines()
    assert [line.split("+")[0] for line in lines] == sorted(KEYS)


def test_nothing_is_written_where_the_keys_are_there(tmp_path: Path) -> None:
    write_recorders(tmp_path, KEYS)
    before = (tmp_path / "recorders.vkey").stat()
    write_recorders(tmp_path, {ONE.key_id: ONE.public_key})
    assert (tmp_path / "recorders.vkey").stat().st_mtime_ns == before.st_mtime_ns
    assert (tmp_path / "recorders.vkey").stat().st_ino == before.st_ino


def test_a_key_under_another_id_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not belong to its key id"):
        write_recorders(tmp_path, {ONE.key_id: TWO.public_key})


def test_every_bit_of_the_file_counts() -> None:
    data = format_recorders(KEYS)
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(BadInput, match=r"key|UTF-8|base64"):
            parse_recorders(bytes(changed))


@pytest.mark.parametrize("change", [bytes.upper, lambda data: data[:-1], lambda data: data + data])
def test_any_other_spelling_is_refused(change: object) -> None:
    assert callable(change)
    with pytest.raises(BadInput, match="key"):
        parse_recorders(change(format_recorders(KEYS)))
