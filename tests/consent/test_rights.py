"""Whose signatures are looked at when a register is opened: those that no signed checkpoint vouches for yet."""

from pathlib import Path

import pytest

from consent.ledger import Ledger
from consent.publish import log_vkeys
from consent.recorders import RecorderCheck, read_recorders
from schemas.errors import LedgerDamaged
from schemas.ledger import EventKind
from tests.consent.ledger_fakes import event
from tests.consent.published import AT, OTHER, SIGNER, let_in, opened, sealed


def counted(folder: Path, monkeypatch: pytest.MonkeyPatch, *, vouched: bool) -> int:
    """How many signatures are verified while the whole register is opened."""
    seen = 0
    real = RecorderCheck.is_signed

    def counting(self: RecorderCheck, leaf: object) -> bool:
        nonlocal seen
        seen += 1
        return real(self, leaf)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(RecorderCheck, "is_signed", counting)
        keys = log_vkeys(folder) if vouched else ()
        Ledger.open(folder, public_keys=read_recorders(folder), log_keys=keys, whole=True)
    return seen


def test_what_a_signed_checkpoint_names_is_not_verified_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(tmp_path, 20)
    opened(tmp_path).append([event(1), event(2)], AT)
    assert counted(tmp_path, monkeypatch, vouched=False) == 22
    assert counted(tmp_path, monkeypatch, vouched=True) == 2


def test_who_had_the_right_is_gone_through_all_the_same(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    opened(tmp_path).append([let_in(OTHER)], AT)  # a key that is in no list of recorders
    with pytest.raises(LedgerDamaged, match="speaks of a recorder"):
        Ledger.open(tmp_path, public_keys=read_recorders(tmp_path), log_keys=log_vkeys(tmp_path), whole=True)


def test_entries_of_one_kind_are_found_as_they_come(tmp_path: Path) -> None:
    sealed(tmp_path, 5)
    ledger, other = opened(tmp_path), opened(tmp_path)
    assert ledger.indexes(EventKind.ROTATE_KEY) == [0]
    other.append([let_in(SIGNER), event(3)], AT)
    assert ledger.indexes(EventKind.ROTATE_KEY) == [0, 5]
    assert ledger.indexes(EventKind.BACKUP) == []
