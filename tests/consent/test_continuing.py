"""Going on after entries were lost: under a new name, with an entry that says so, and never as a second history."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from consent.ledger import Ledger
from consent.outside import continuing
from consent.outside.continuing import TYPE, Continued, continue_register, remember_shown
from consent.publish import log_vkeys, origin_of, publish
from consent.tlog.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from consent.tlog.checkpoint import log_keys as keys_of_log
from consent.verify import verify
from schemas.errors import BadInput, LedgerDamaged, UsageError
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.ledger_fakes import event
from tests.consent.published import AT, SEED, appended, checked, cosigned, full, opened, sealed

LATER = AT + timedelta(hours=1)


def standing(folder: Path) -> bytes:
    return (folder / "log" / "checkpoint").read_bytes()


def go_on(folder: Path, shown: bytes) -> Continued:
    return continue_register(folder, lambda: opened(folder), SEED, shown, by="pi", at=LATER)


def incidents(folder: Path) -> list[dict[str, object]]:
    return [entry.payload or {} for entry in opened(folder).entries() if entry.kind is EventKind.INCIDENT]


def set_back(folder: Path, older: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(older, folder)


@pytest.fixture
def lost(tmp_path: Path) -> tuple[Path, bytes]:
    """A register put back to a copy of 5 entries, and the checkpoint of 8 that it signed before."""
    folder = tmp_path / "consent"
    sealed(folder)
    cosigned(folder)
    shutil.copytree(folder, tmp_path / "older")
    appended(folder, [event(number) for number in range(3)])
    shown = standing(folder)
    shutil.copy(folder / "journal.jsonl", tmp_path / "kept.jsonl")
    set_back(folder, tmp_path / "older")
    return folder, shown


def test_a_register_that_lost_entries_goes_on_under_a_new_name_and_says_how_many(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost
    before = origin_of(folder)
    done = go_on(folder, shown)
    assert (done.kept, done.lost, done.number) == (5, 3, 1)
    assert (done.old.size, done.old.origin) == (8, before)
    assert done.new.origin == origin_of(folder) != before
    assert done.new.size == 6
    (said,) = incidents(folder)
    assert (said["type"], said["lost"], said["size"], said["before"]) == (TYPE, 3, 8, 1)
    assert said["old_checkpoint"] == parse_checkpoint(shown).note.text


def test_what_bore_the_old_name_is_kept_apart_and_the_old_name_signs_nothing_more(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost
    (key, checkpoint) = ((folder / "ledger.vkey").read_bytes(), standing(folder))
    anchors = sorted(path.name for path in (folder / "anchors").iterdir())
    go_on(folder, shown)
    kept = folder / "before" / "1"
    assert (kept / "ledger.vkey").read_bytes() == key
    assert (kept / "checkpoint").read_bytes() == checkpoint
    assert (kept / "seen").read_bytes() == shown
    assert sorted(path.name for path in (kept / "anchors").iterdir()) == anchors
    assert not list((folder / "anchors").iterdir())
    assert not (folder / "log" / "seen").exists()


def test_a_check_from_outside_finds_the_register_sound_afterwards_and_says_that_entries_are_missing(
    lost: tuple[Path, bytes],
) -> None:
    folder, shown = lost
    go_on(folder, shown)
    report = checked(folder)
    assert report.problems == ()
    assert any("before/1" in one for one in report.remarks)


def test_the_register_can_be_recorded_in_again_and_lose_entries_again(lost: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, shown = lost
    go_on(folder, shown)
    shutil.copytree(folder, tmp_path / "again")
    appended(folder, [event(9), event(10)])
    second = standing(folder)
    set_back(folder, tmp_path / "again")
    done = go_on(folder, second)
    assert (done.number, done.lost) == (2, 2)
    assert [one["before"] for one in incidents(folder)] == [1, 2]
    assert checked(folder).problems == ()


def test_a_journal_that_is_shorter_than_its_own_checkpoint_goes_on_too(tmp_path: Path) -> None:
    folder = tmp_path / "consent"
    sealed(folder)
    short = (folder / "journal.jsonl").read_bytes()
    appended(folder, [event(1)])
    (folder / "journal.jsonl").write_bytes(short)
    done = go_on(folder, standing(folder))
    assert (done.kept, done.lost) == (5, 1)
    assert checked(folder).problems == ()


def test_a_register_that_lost_nothing_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "consent"
    sealed(folder)
    shown, name = standing(folder), origin_of(folder)
    appended(folder, [event(1)])
    with pytest.raises(UsageError, match="the checkpoint's 5 entries are all here"):
        go_on(folder, shown)
    assert origin_of(folder) == name
    assert not (folder / "before").exists()


def test_two_histories_are_never_made_one(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost
    appended(folder, [event(number) for number in range(20, 25)])
    name = origin_of(folder)
    with pytest.raises(LedgerDamaged, match="there are two histories of it"):
        go_on(folder, shown)
    assert origin_of(folder) == name
    assert incidents(folder) == []


def test_a_checkpoint_that_this_register_s_key_did_not_sign_ends_nothing(lost: tuple[Path, bytes]) -> None:
    folder, _ = lost
    invented = Checkpoint(origin_of(folder) or "", 100, bytes(32))
    false = sign_checkpoint(invented, keys_of_log(invented.origin, bytes(64)), AT)
    with pytest.raises(BadInput, match="no signature by any of the keys"):
        go_on(folder, false)
    assert not (folder / "log" / "seen").exists()


def test_a_checkpoint_under_a_name_given_up_before_ends_nothing(lost: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, shown = lost
    old_keys = keys_of_log(parse_checkpoint(shown).checkpoint.origin, SEED)
    go_on(folder, shown)
    larger = sign_checkpoint(Checkpoint(old_keys[0].verify_key.name, 50, bytes(32)), old_keys, AT)
    with pytest.raises(BadInput, match="another name than this register has now"):
        go_on(folder, larger)


@pytest.mark.parametrize("step", ["_archive", "_clear", "_record", "publish"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_at_any_step_it_is_done_by_running_it_again_and_said_once(
    lost: tuple[Path, bytes], step: str, after: bool
) -> None:
    folder, shown = lost
    whole = getattr(continuing, step)

    def stopped(*words: object, **more: object) -> object:
        if after:
            whole(*words, **more)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(continuing, step, stopped)
        with pytest.raises(KeyboardInterrupt):
            go_on(folder, shown)
    done = go_on(folder, shown)
    assert (done.kept, done.lost, done.number) == (5, 3, 1)
    assert len(incidents(folder)) == 1
    assert checked(folder).problems == ()
    assert {path.name for path in (folder / "before").iterdir()} == {"1"}


def test_between_two_tries_nobody_else_records_anything(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(continuing, "_record", stopped)
        with pytest.raises(KeyboardInterrupt):
            go_on(folder, shown)
    with pytest.raises(LedgerDamaged, match="log/seen"):
        opened(folder).append([event(1)])


def test_where_the_entry_cannot_be_recorded_the_register_stays_shut(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost

    class Full(Ledger):
        def record(self, event: LedgerEvent) -> int:
            raise LedgerDamaged("it will not", hint="It is a test.")

    with pytest.raises(LedgerDamaged, match="it will not"):
        continue_register(
            folder,
            lambda: Full.open(folder, signer=opened(folder)._signer, seal=opened(folder)._seal),
            SEED,
            shown,
            by="pi",
            at=LATER,
        )
    assert (folder / "log" / "seen").read_bytes() == shown


def test_of_two_checkpoints_shown_the_larger_is_kept(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost
    smaller = standing(folder)
    for one in (smaller, shown, smaller):
        remember_shown(folder, one)
    assert (folder / "log" / "seen").read_bytes() == shown


def test_a_register_with_a_policy_and_forms_keeps_them(tmp_path: Path) -> None:
    folder = tmp_path / "consent"
    full(folder)
    shutil.copytree(folder, tmp_path / "older")
    appended(folder, [event(1)])
    shown = standing(folder)
    set_back(folder, tmp_path / "older")
    go_on(folder, shown)
    assert (folder / "before" / "1" / "policy").read_bytes() == (folder / "policy").read_bytes()
    assert list((folder / "forms").iterdir())
    report = verify(folder, log_vkeys(folder), now=LATER)
    assert report.problems == ()
    assert publish(folder, opened(folder), SEED, LATER).size == report.size


def test_a_register_that_was_put_back_whole_may_be_written_to_again(lost: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, shown = lost
    remember_shown(folder, shown)
    with pytest.raises(LedgerDamaged, match="can be read and not written to"):
        opened(folder).append([event(9)])
    shutil.copy(tmp_path / "kept.jsonl", folder / "journal.jsonl")
    with pytest.raises(UsageError, match="nothing is missing"):
        go_on(folder, shown)
    assert not (folder / "log" / "seen").exists()
    opened(folder).append([event(9)])


def test_a_loss_that_a_leaver_invents_is_refused(tmp_path: Path) -> None:
    ledger, new = sealed(tmp_path), bytes(reversed(range(64)))
    old_keys, origin = (tmp_path / "ledger.vkey").read_text(), log_vkeys(tmp_path)[0].name
    fresh = "".join(f"{key.verify_key}\n" for key in keys_of_log(origin, new))
    (tmp_path / "ledger.vkey").write_text(fresh + old_keys)
    ledger.append([LedgerEvent(kind=EventKind.ROTATE_KEY, payload={"type": "log_key"})], AT)
    publish(tmp_path, ledger, new, AT)
    forged = sign_checkpoint(Checkpoint(origin, 1_000, bytes(32)), keys_of_log(origin, SEED), AT)
    with pytest.raises(BadInput, match="when the key under it was given up"):
        continue_register(tmp_path, lambda: opened(tmp_path), new, forged, by="pi", at=LATER)
    assert incidents(tmp_path) == []


def test_a_real_loss_is_owned_up_to_with_a_seal_from_before_the_key_changed(lost: tuple[Path, bytes]) -> None:
    folder, shown = lost
    new, old_keys = bytes(reversed(range(64))), (folder / "ledger.vkey").read_text()
    fresh = "".join(f"{key.verify_key}\n" for key in keys_of_log(log_vkeys(folder)[0].name, new))
    (folder / "ledger.vkey").write_text(fresh + old_keys)
    done = continue_register(folder, lambda: opened(folder), new, shown, by="pi", at=LATER)
    assert (done.kept, done.lost) == (5, 3)
