"""``chatham ledger`` as people use it: the study's keeper, the ethics officer, and somebody who only checks."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from consent.outside.anchors import CHECKPOINT
from consent.publish import log_vkeys
from consent.tlog.checkpoint import Checkpoint, check_checkpoint, parse_checkpoint, sign_checkpoint
from consent.tlog.checkpoint import log_keys as keys_of_log
from consent.tlog.merkle import leaf_hash
from consent.tlog.note import COSIGNATURE, ML_DSA_44, SigningKey, format_note
from consent.tlog.tlog_proof import check_proof
from consent.tlog.witness_policy import parse_policy
from flows import ledger as room
from flows.reports.verifier import key_fingerprint
from flows.study import Study
from schemas.errors import BadInput, ChathamError, LedgerDamaged
from schemas.ledger import EventKind, LedgerEvent
from tests.consent.stamping import AT, Stamp
from tests.flows.conftest import NAMES, Chatham, Said, open_as

LIBRARY = SigningKey("library.example/w1", COSIGNATURE, bytes([7]) * 32)

Ledger = Callable[..., Said]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this machine keeps what its user cosigned last."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "chatham"


@pytest.fixture
def ledger(study: Study, chatham: Chatham) -> Ledger:
    """``ledger("cosign", user="board")`` in the study."""

    def call(*words: object, user: str = "pi", passphrase: bool = True) -> Said:
        more = {} if passphrase else {"passphrase": None}
        return chatham("ledger", *words, study=study.folder, user=user, **more)

    return call


def facts(said: Said) -> Any:
    assert said.code == 0, said.err
    return json.loads(said.out)


def record(study: Study, number: int = 1) -> None:
    """Record and publish something, as an investigator's command does."""
    own = open_as(study.folder, "pi")
    own.append([LedgerEvent(kind=EventKind.ACCESS, payload={"type": "note", "number": number})])
    own.publish()


def standing(study: Study) -> bytes:
    return (study.consent / "log" / "checkpoint").read_bytes()


def set_back(study: Study, older: Path) -> None:
    shutil.rmtree(study.consent)
    shutil.copytree(older, study.consent)


def copied(study: Study, to: Path) -> Path:
    shutil.copytree(study.consent, to)
    return to


def kinds(study: Study) -> list[str]:
    return [str(entry.kind) for entry in open_as(study.folder, "pi").ledger.entries()]


# --- verify


def test_verify_needs_no_passphrase_and_says_that_nobody_outside_has_seen_the_register(
    ledger: Ledger, study: Study
) -> None:
    study.publish()
    said = ledger("verify", passphrase=False)
    assert said.code == 1
    assert "Compare that with the key on your printed seal" in said.out
    assert "Not checked: whether newer entries existed" in said.out
    assert not any(name in said.out + said.err for name in NAMES.values())


def test_verify_is_content_once_somebody_has_cosigned(ledger: Ledger) -> None:
    assert ledger("cosign", user="board").code == 0
    said = ledger("verify")
    assert said.code == 0, said.out
    assert "Anchored up to entry" in said.out


def test_verify_with_a_key_from_elsewhere_does_not_ask_to_compare_it(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    shutil.copy(study.consent / "ledger.vkey", tmp_path / "seal.vkey")
    for key in (tmp_path / "seal.vkey", study.log_keys[0]):
        assert "printed seal" not in ledger("verify", "--vkey", key).out
    assert ledger("verify", "--vkey", "hello").code == 3


def test_verify_in_a_folder_that_is_only_the_register(ledger: Ledger, study: Study, chatham: Chatham) -> None:
    study.publish()
    assert chatham("ledger", "verify", "--study", study.consent, passphrase=None).code == 1


def test_verify_names_the_line_of_a_damaged_entry(ledger: Ledger, study: Study) -> None:
    study.publish()
    journal = study.consent / "journal.jsonl"
    lines = journal.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b'"v":1', b'"v":2')
    journal.write_bytes(b"\n".join(lines))
    said = ledger("verify", "--json")
    assert said.code == 6
    problems = json.loads(said.out)["problems"]
    assert {"file": "journal.jsonl", "line": 3, "index": 2}.items() <= problems[0].items()


def test_verify_against_a_newer_checkpoint_fails_and_shuts_the_register(
    ledger: Ledger, study: Study, tmp_path: Path, chatham: Chatham
) -> None:
    study.publish()
    older = copied(study, tmp_path / "older")
    record(study)
    newer = tmp_path / "newer"
    newer.write_bytes(standing(study))
    assert ledger("verify", "--against", newer).code == 0
    set_back(study, older)
    assert ledger("verify", "--against", newer).code == 1
    assert (study.consent / "log" / "seen").read_bytes() == newer.read_bytes()
    said = chatham("consent", "record", "P01", "--level", "unnamed", "--form", "v1", study=study.folder)
    assert said.code == 6
    assert "ledger continue" in said.err


def test_verify_before_anything_was_signed_says_what_to_do(ledger: Ledger, study: Study) -> None:
    (study.consent / "ledger.vkey").unlink(missing_ok=True)
    said = ledger("verify")
    assert (said.code, "ledger.vkey of the register is missing" in said.err) == (6, True)
    shutil.rmtree(study.consent / "log")
    said = ledger("verify")
    assert said.code == 2
    assert "chatham ledger checkpoint" in said.err


# --- checkpoint and prove


def test_checkpoint_prints_the_note_and_nothing_else(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    said = ledger("checkpoint")
    assert (said.code, said.err) == (0, "")
    assert said.out.encode() == standing(study)
    assert check_checkpoint(said.out.encode(), log_vkeys(study.consent)).checkpoint.size == study.ledger.head()[0]
    assert ledger("checkpoint", "--out", tmp_path / "c").out == ""
    assert (tmp_path / "c").read_bytes() == standing(study)
    shown = facts(ledger("checkpoint", "--json"))
    assert shown["note"].encode() == standing(study)
    assert shown["keys"] == [str(key) for key in study.log_keys]


def test_who_may_not_sign_is_shown_the_checkpoint_that_stands(ledger: Ledger, study: Study) -> None:
    study.publish()
    before = standing(study)
    open_as(study.folder, "desk").append([LedgerEvent(kind=EventKind.ACCESS, payload={"type": "note"})])
    for user in ("board", "desk"):
        assert ledger("checkpoint", user=user).out.encode() == before
    assert ledger("checkpoint", user="ra").out.encode() != before


def test_a_proof_holds_for_its_entry_and_for_no_other(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    leaves = list(study.ledger.leaves(0, 2))
    proof = ledger("prove", "1").out.encode()
    check_proof(proof, leaf_hash(leaves[1]), log_vkeys(study.consent))
    with pytest.raises(ChathamError, match="proof"):
        check_proof(proof, leaf_hash(leaves[0]), log_vkeys(study.consent))
    assert ledger("prove", "1", "--out", tmp_path / "p").out == ""
    assert (tmp_path / "p").read_bytes().startswith(b"c2sp.org/tlog-proof@v1\n")
    assert facts(ledger("prove", "1", "--json"))["index"] == 1


@pytest.mark.parametrize("index", ["1000", "9" * 30])
def test_an_entry_that_is_not_there_cannot_be_proven(ledger: Ledger, index: str) -> None:
    said = ledger("prove", index)
    assert said.code == 3
    assert "there is no entry" in said.err


def test_a_receipt_is_made_in_the_folder_that_was_named(ledger: Ledger, tmp_path: Path) -> None:
    made = facts(ledger("receipt", "P01", "--out", tmp_path / "r", "--json"))
    assert {Path(made[name]).parent for name in ("html", "pdf", "proof")} == {tmp_path / "r"}
    assert made["entries"] >= 1


# --- publishing when a command ends


def test_a_checkpoint_is_published_when_a_command_ends(study: Study, chatham: Chatham) -> None:
    said = chatham("consent", "record", "P01", "--level", "unnamed", "--form", "v1", study=study.folder)
    assert said.code == 0, said.err
    assert parse_checkpoint(standing(study)).checkpoint.size == open_as(study.folder, "pi").ledger.size


def test_also_when_the_command_failed(study: Study, chatham: Chatham) -> None:
    open_as(study.folder, "desk").append([LedgerEvent(kind=EventKind.ACCESS, payload={"type": "note"})])
    (study.folder / "other.md").write_text("Another text.\n", encoding="utf-8")
    said = chatham(
        "form", "add", study.folder / "other.md", "--version", "v1", "--approval", "H26-0001", study=study.folder
    )
    assert (said.code, "already registered" in said.err) == (3, True)
    assert parse_checkpoint(standing(study)).checkpoint.size == open_as(study.folder, "pi").ledger.size


def test_what_goes_wrong_with_publishing_is_said_and_undoes_nothing(study: Study, chatham: Chatham) -> None:
    study.publish()
    size = study.ledger.size
    (study.consent / "log" / "checkpoint").write_bytes(b"hello")
    said = chatham("consent", "record", "P01", "--level", "unnamed", "--form", "v1", study=study.folder)
    assert said.code == 0
    assert "the register's checkpoint was not published: log/checkpoint" in said.err
    assert open_as(study.folder, "pi").open_ledger().size == size + 1


def test_where_nothing_was_recorded_nothing_is_written(study: Study, chatham: Chatham) -> None:
    study.publish()
    before = {path: path.stat().st_mtime_ns for path in (study.consent / "log").rglob("*")}
    assert chatham("consent", "show", "P01", study=study.folder).code == 0
    assert {path: path.stat().st_mtime_ns for path in (study.consent / "log").rglob("*")} == before


def test_a_new_study_lets_its_first_user_in_with_its_first_entry(study: Study) -> None:
    first = study.ledger.entries()[0]
    assert first.kind is EventKind.ROTATE_KEY
    assert (first.payload or {})["name"] == "pi"
    assert first.form is not None


def test_a_study_made_before_recorders_stood_beside_the_journal_still_opens(study: Study) -> None:
    (study.consent / "recorders.vkey").unlink()
    assert open_as(study.folder, "pi").ledger.entries()


# --- cosign


def test_the_ethics_officer_cosigns_with_two_keys_that_the_policy_names(ledger: Ledger, study: Study) -> None:
    made = facts(ledger("cosign", "--json", user="board"))
    assert made["kind"] == "cosignature"
    policy = parse_policy((study.consent / "policy").read_bytes())
    assert sorted(one.key.kind for one in policy.witnesses.values()) == [0x04, 0x06]
    board = open_as(study.folder, "board").keyring.signer.key_id
    assert {key.name for key in policy.witness_keys} == {f"{study.log_keys[0].name}/ethics/{board}"}
    assert made["by"] == f"{study.log_keys[0].name}/ethics/{board}"
    assert kinds(study)[-2:] == ["policy", "anchor"]
    assert ledger("cosign", user="board").code == 0
    assert kinds(study)[-2:] == ["anchor", "anchor"], "the policy was pinned once"


@pytest.mark.parametrize("user", ["ra", "desk"])
def test_neither_assistant_nor_intake_cosigns(ledger: Ledger, study: Study, user: str) -> None:
    study.publish()
    said = ledger("cosign", user=user)
    assert said.code == 4
    assert not (study.consent / "anchors").exists()


def test_the_officer_does_not_cosign_a_register_that_was_put_back(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    study.publish()
    older = copied(study, tmp_path / "older")
    assert ledger("cosign", user="board").code == 0
    record(study)
    assert ledger("cosign", user="board").code == 0
    set_back(study, older)
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "the checkpoint that you cosigned last names" in said.err
    assert (study.consent / "log" / "seen").is_file()
    assert not (study.consent / "anchors").exists()


def test_the_officer_does_not_cosign_a_second_history(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    study.publish()
    older = copied(study, tmp_path / "older")
    record(study)
    assert ledger("cosign", user="board").code == 0
    set_back(study, older)
    for number in range(5):
        record(study, 100 + number)
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "two histories" in said.err


def test_the_officer_does_not_cosign_an_older_checkpoint_over_a_longer_journal(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    shutil.copytree(study.consent / "log", tmp_path / "log")
    record(study)
    assert ledger("cosign", user="board").code == 0
    shutil.rmtree(study.consent / "log")
    shutil.copytree(tmp_path / "log", study.consent / "log")
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "older than the checkpoint that you cosigned last" in said.err


def test_the_officer_does_not_cosign_under_a_new_name_that_the_register_does_not_explain(
    ledger: Ledger, study: Study
) -> None:
    study.publish()
    assert ledger("cosign", user="board").code == 0
    shutil.rmtree(study.consent / "log")
    (study.consent / "ledger.vkey").unlink()
    (study.consent / "policy").unlink()
    open_as(study.folder, "pi").publish()
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "bears another name" in said.err


def test_another_key_under_the_old_name_is_not_cosigned(ledger: Ledger, study: Study, home: Path) -> None:
    assert ledger("cosign", user="board").code == 0
    (file,) = home.glob(f"*{CHECKPOINT}")
    known = parse_checkpoint(file.read_bytes())
    mine = [one for one in known.note.signatures if "/ethics/" in one.name]
    keys = keys_of_log(known.checkpoint.origin, bytes(64))
    others = [key.sign(known.note.text, AT) for key in keys]
    file.write_bytes(format_note(known.note.text, [*others, *mine]))
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "signed by another key" in said.err


def test_what_was_cosigned_is_kept_on_the_officer_s_machine_before_it_is_handed_out(
    ledger: Ledger, study: Study, home: Path, tmp_path: Path
) -> None:
    assert ledger("cosign", "--out", tmp_path / "for-the-keeper", user="board").code == 0
    (kept,) = home.iterdir()
    assert kept.name == study.log_keys[0].name.replace("/", "-") + CHECKPOINT
    assert kept.read_bytes() == (tmp_path / "for-the-keeper").read_bytes()


def test_a_cosigned_file_is_handed_over_and_taken_in(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    study.publish()
    before = kinds(study)
    file = tmp_path / "cosigned"
    said = ledger("cosign", "--out", file, user="board")
    assert said.code == 0, said.err
    assert f"--add {file.name} --vkey {file.name}.vkey" in said.out
    assert kinds(study) == before, "an officer who works on a copy records nothing in it"
    assert ledger("cosign", "--add", file).code == 3, "nobody knows the officer's key yet"
    made = facts(ledger("cosign", "--add", file, "--vkey", f"{file}.vkey", "--json"))
    assert made["entry"] is not None
    again = ledger("cosign", "--add", file)
    assert again.code == 0
    assert "Kept before" in again.out
    assert kinds(study) == [*before, "policy", "anchor"]
    assert ledger("verify").code == 0


def test_signature_lines_alone_are_taken_in_for_the_newest_checkpoint(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    note = parse_checkpoint(standing(study)).note
    lines = format_note(note.text, [LIBRARY.sign(note.text, AT)]).removeprefix(note.text.encode() + b"\n")
    (tmp_path / "lines").write_bytes(lines)
    made = facts(ledger("cosign", "--add", tmp_path / "lines", "--vkey", LIBRARY.verify_key, "--json"))
    assert made["by"] == "library.example/w1"


def test_a_cosigned_checkpoint_that_the_register_does_not_reach_shuts_it(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    older = copied(study, tmp_path / "older")
    record(study)
    note = parse_checkpoint(standing(study)).note
    (tmp_path / "newer").write_bytes(format_note(note.text, [*note.signatures, LIBRARY.sign(note.text, AT)]))
    set_back(study, older)
    said = ledger("cosign", "--add", tmp_path / "newer", "--vkey", LIBRARY.verify_key)
    assert said.code == 6
    assert "entries are missing" in said.err
    assert not (study.consent / "anchors").exists()
    assert not (study.consent / "policy").exists()


def test_a_key_may_be_given_as_it_is_or_in_a_file(tmp_path: Path) -> None:
    long = SigningKey("library.example/w2", ML_DSA_44, bytes([5]) * 32).verify_key
    assert room.read_keys(str(long)) == (long,)
    (tmp_path / "keys").write_text(f"{LIBRARY.verify_key}\n{long}\n", encoding="ascii")
    assert room.read_keys(str(tmp_path / "keys")) == (LIBRARY.verify_key, long)
    with pytest.raises(BadInput, match="not of the form"):
        room.read_keys(str(tmp_path / "none"))


def test_a_log_s_own_key_is_no_cosigner_s(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    study.publish()
    (tmp_path / "c").write_bytes(standing(study))
    said = ledger("cosign", "--add", tmp_path / "c", "--vkey", study.log_keys[0])
    assert said.code == 3
    assert "signs logs" in said.err


def test_add_and_out_are_not_given_together(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger("cosign", "--add", tmp_path / "a", "--out", tmp_path / "b").code == 2


def test_where_the_entry_cannot_be_recorded_no_anchor_is_kept(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    study.publish()
    note = parse_checkpoint(standing(study)).note
    cosigned = format_note(note.text, [*note.signatures, LIBRARY.sign(note.text, AT)])

    def refuse(_: object) -> list[int]:
        raise LedgerDamaged("it will not", hint="It is a test.")

    monkeypatch.setattr(study, "append", refuse)
    with pytest.raises(LedgerDamaged, match="it will not"):
        room.take_in(study, cosigned, [LIBRARY.verify_key])
    assert not list((study.consent / "anchors").iterdir())
    assert not (study.consent / "policy").exists()


# --- the policy


def test_a_policy_that_was_changed_by_hand_is_not_built_on(ledger: Ledger, study: Study) -> None:
    assert ledger("cosign", user="board").code == 0
    policy = study.consent / "policy"
    policy.write_bytes(policy.read_bytes() + b"# somebody was here\n")
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "consent/policy is not the one that was recorded" in said.err


def test_a_policy_written_beforehand_keeps_its_quorum_and_its_remarks(ledger: Ledger, study: Study) -> None:
    study.publish()
    keys = [SigningKey(f"w{number}.example", COSIGNATURE, bytes([number]) * 32).verify_key for number in (1, 2)]
    lines = ["# two of ours", *(f"witness {key.name} {key} https://{key.name}" for key in keys)]
    lines += ["group both all w1.example w2.example", "quorum both", ""]
    (study.consent / "policy").write_bytes("\n".join(lines).encode())
    note = parse_checkpoint(standing(study)).note
    signatures = [
        SigningKey(key.name, COSIGNATURE, bytes([number]) * 32).sign(note.text, AT)
        for number, key in enumerate(keys, 1)
    ]
    anchored = room.take_in(study, format_note(note.text, [*note.signatures, *signatures]))
    assert anchored.by == "w1.example, w2.example"
    assert (study.consent / "policy").read_bytes().startswith(b"# two of ours\n")
    assert ledger("verify").code == 0


def test_killed_between_recording_a_policy_and_writing_it_the_next_command_writes_it(
    ledger: Ledger, study: Study
) -> None:
    assert ledger("cosign", user="board").code == 0
    data = (study.consent / "policy").read_bytes()
    (study.consent / "policy").unlink()
    assert ledger("cosign", user="board").code == 0
    assert (study.consent / "policy").read_bytes() == data
    assert kinds(study).count("policy") == 1


# --- time stamps


def test_a_time_stamp_is_kept_recorded_and_said_with_what_was_not_checked(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    (tmp_path / "r.tsr").write_bytes(Stamp(data=standing(study)).reply())
    said = ledger("anchor", tmp_path / "r.tsr")
    assert said.code == 0, said.err
    assert "Stamped 2026-11-21 20:51:00 UTC" in said.out
    assert "Not checked: who that authority is" in said.out
    assert kinds(study)[-1] == "anchor"


def test_what_is_no_time_stamp_is_refused(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    study.publish()
    (tmp_path / "r.tsr").write_bytes(b"hello")
    assert ledger("anchor", tmp_path / "r.tsr").code == 3
    (tmp_path / "r.tsr").write_bytes(Stamp(data=b"something else").reply())
    assert "of other bytes" in ledger("anchor", tmp_path / "r.tsr").err
    assert not (study.consent / "anchors").exists()


def test_a_stamped_checkpoint_that_the_register_does_not_match_shuts_it(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    keys = keys_of_log(study.log_keys[0].name, study.keyring.log_seed)
    other = sign_checkpoint(Checkpoint(study.log_keys[0].name, 2, bytes(32)), keys, AT)
    (tmp_path / "c").write_bytes(other)
    (tmp_path / "r.tsr").write_bytes(Stamp(data=other).reply())
    said = ledger("anchor", tmp_path / "r.tsr", "--checkpoint", tmp_path / "c")
    assert said.code == 6
    assert "two histories" in said.err
    assert not list((study.consent / "anchors").iterdir())


# --- witness


@pytest.mark.parametrize("url", ["ftp://witness.example", "witness.example"])
def test_only_witnesses_on_the_web_are_asked(ledger: Ledger, url: str) -> None:
    said = ledger("witness", url, "--vkey", LIBRARY.verify_key)
    assert said.code == 2
    assert "not the address of a witness" in said.err


def test_a_witness_whose_key_is_not_known_is_not_asked(ledger: Ledger) -> None:
    said = ledger("witness", "http://127.0.0.1:9")
    assert said.code == 2
    assert "--vkey" in said.err


def test_a_witness_that_cannot_be_reached_is_one_line(ledger: Ledger, study: Study) -> None:
    said = ledger("witness", "http://127.0.0.1:9", "--vkey", LIBRARY.verify_key)
    assert said.code == 1
    assert "nothing listens at that address" in said.err
    assert not (study.consent / "policy").exists()


# --- continue


def test_a_register_that_lost_entries_goes_on_and_its_officer_cosigns_it_again(
    ledger: Ledger, study: Study, tmp_path: Path, chatham: Chatham
) -> None:
    assert ledger("cosign", user="board").code == 0
    older = copied(study, tmp_path / "older")
    record(study)
    assert ledger("cosign", user="board").code == 0
    newer = tmp_path / "newer"
    newer.write_bytes(standing(study))
    set_back(study, older)
    said = ledger("continue", "--against", newer)
    assert said.code == 0, said.err
    assert "entries are here" in said.out
    assert kinds(study).count("incident") == 1
    # The policy went along under the new name, without the cosigner who has a new one too.
    origin = log_vkeys(study.consent)[0].name
    assert {key.name for key in parse_policy((study.consent / "policy").read_bytes()).log_keys} == {origin}
    assert ledger("cosign", user="board").code == 0
    said = ledger("verify")
    assert said.code == 0, said.out
    assert chatham("consent", "show", "P01", study=study.folder).code == 0


def test_a_witness_that_is_nobody_of_the_team_stays_when_the_register_goes_on(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    note = parse_checkpoint(standing(study)).note
    room.take_in(study, format_note(note.text, [*note.signatures, LIBRARY.sign(note.text, AT)]), [LIBRARY.verify_key])
    study.publish()
    older = copied(study, tmp_path / "older")
    record(study)
    (tmp_path / "newer").write_bytes(standing(study))
    set_back(study, older)
    assert ledger("continue", "--against", tmp_path / "newer").code == 0
    assert parse_policy((study.consent / "policy").read_bytes()).witness_keys == (LIBRARY.verify_key,)
    assert ledger("verify").code == 1, "nobody has vouched under the new name"


def test_a_register_that_goes_on_from_less_than_the_officer_cosigned_is_not_cosigned(
    ledger: Ledger, study: Study, tmp_path: Path
) -> None:
    study.publish()
    older = copied(study, tmp_path / "older")
    record(study)
    (tmp_path / "middle").write_bytes(standing(study))
    record(study)
    record(study)
    assert ledger("cosign", user="board").code == 0
    set_back(study, older)
    assert ledger("continue", "--against", tmp_path / "middle").code == 0
    said = ledger("cosign", user="board")
    assert said.code == 6
    assert "does not say why" in said.err


@pytest.mark.parametrize("user", ["ra", "desk", "board"])
def test_only_an_investigator_continues_a_register(ledger: Ledger, study: Study, tmp_path: Path, user: str) -> None:
    study.publish()
    (tmp_path / "c").write_bytes(standing(study))
    assert ledger("continue", "--against", tmp_path / "c", user=user).code == 4


def test_a_register_that_lost_nothing_is_not_continued(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    study.publish()
    (tmp_path / "c").write_bytes(standing(study))
    said = ledger("continue", "--against", tmp_path / "c")
    assert said.code == 2
    assert "nothing is missing" in said.err


@pytest.mark.parametrize("ending", [".pdf", ".html"])
def test_a_seal_can_be_printed_as_a_page_that_names_size_root_and_key(
    ledger: Ledger, study: Study, tmp_path: Path, ending: str
) -> None:
    page = tmp_path / f"seal{ending}"
    said = ledger("checkpoint", "--page", page)
    assert said.code == 0
    signed = parse_checkpoint((study.consent / "log" / "checkpoint").read_bytes())
    if ending == ".pdf":
        assert page.read_bytes().startswith(b"%PDF-")
        return
    text = page.read_text(encoding="utf-8")
    assert f">{signed.checkpoint.size:,}<" in text
    assert " ".join(re.findall("....", signed.checkpoint.root.hex())) in text
    assert key_fingerprint((study.consent / "ledger.vkey").read_text()) in text


def test_a_page_of_another_kind_is_refused(ledger: Ledger, study: Study, tmp_path: Path) -> None:
    said = ledger("checkpoint", "--page", tmp_path / "seal.docx")
    assert said.code == 2
    assert "neither a .pdf nor an .html" in said.err
    assert not (tmp_path / "seal.docx").exists()


def test_the_contents_are_checked_by_somebody_who_may_open_them(ledger: Ledger, study: Study) -> None:
    study.publish()
    assert "entries; each says what was recorded" in ledger("verify", "--contents").out
    assert json.loads(ledger("verify", "--contents", "--json").out)["exit_code"] == 1
    path = study.consent / "journal.jsonl"
    data = bytearray(path.read_bytes())
    last = data.rindex(b"\n", 0, len(data) - 1)
    data[last + 700] = ord("A") if data[last + 700] != ord("A") else ord("B")
    path.write_bytes(data)
    assert ledger("verify").code == 1, "public keys alone do not show it"
    said = ledger("verify", "--contents")
    assert said.code == 6
    assert "of journal.jsonl holds a content that does not open" in said.err


def test_a_register_that_does_not_hold_what_it_signed_is_not_written_to_and_nothing_is_cut(
    ledger: Ledger, study: Study, chatham: Chatham
) -> None:
    """Its last entry lost its line end, and so looks like a write that never finished; but it was acknowledged."""
    record(study)
    study.publish()
    path = study.consent / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    before = path.read_bytes()
    said = chatham("consent", "show", "P02", study=study.folder)
    assert "entries of the consent register are missing" in said.err
    for line in (["consent", "record", "P02", "--level", "role"], ["run"]):
        said = chatham(*line, study=study.folder)
        assert said.code == 6
        assert "log/checkpoint names" in said.err
    assert path.read_bytes() == before
