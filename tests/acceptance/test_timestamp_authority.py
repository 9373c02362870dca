"""A throwaway time stamp authority of OpenSSL's stamps a checkpoint: we accept it, and OpenSSL accepts what we keep."""

from pathlib import Path

import pytest

from tests.acceptance.authority import Authority, authority
from tests.acceptance.laboratory import Laboratory


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tsa") / "it")


@pytest.fixture
def study(lab: Laboratory) -> Path:
    folder = lab.root / f"stamped-{len(list(lab.root.iterdir()))}"
    assert lab.run("init", folder, "--title", "Ferries", "--board-approval", "H26-0001").code == 0
    return folder


def checkpoint(lab: Laboratory, study: Path) -> Path:
    """The newest checkpoint, in a file that the authority is shown."""
    file = lab.root / f"{study.name}.checkpoint"
    assert lab.run("ledger", "checkpoint", "--out", file, study=study).code == 0
    return file


def test_the_authority_s_reply_anchors_the_register_and_the_pair_we_keep_passes_openssl(
    lab: Laboratory, study: Path, tsa: Authority, tmp_path: Path
) -> None:
    file, reply = checkpoint(lab, study), tmp_path / "reply.tsr"
    tsa.stamp(file, reply)
    done = lab.run("ledger", "anchor", reply, "--ca", tsa.ca, study=study)
    assert done.code == 0, done.err
    assert "leads to the one you trust: Throwaway root" in done.out
    (kept,) = (study / "consent" / "anchors").glob("*.checkpoint")
    assert tsa.verifies(kept, kept.with_suffix(".tsr"))
    checked = lab.run("ledger", "verify", study=study)
    assert checked.code == 0, checked.out
    assert "by Throwaway authority" in checked.out


def test_without_its_certificate_the_authority_s_name_is_said_not_to_be_checked(
    lab: Laboratory, study: Path, tsa: Authority, tmp_path: Path
) -> None:
    file, reply = checkpoint(lab, study), tmp_path / "reply.tsr"
    tsa.stamp(file, reply)
    done = lab.run("ledger", "anchor", reply, study=study)
    assert done.code == 0, done.err
    assert "Not checked: who that authority is" in done.out


def test_a_reply_for_other_bytes_is_refused_and_nothing_is_kept(
    lab: Laboratory, study: Path, tsa: Authority, tmp_path: Path
) -> None:
    file, reply = tmp_path / "other", tmp_path / "reply.tsr"
    file.write_bytes(checkpoint(lab, study).read_bytes() + b"\n")
    tsa.stamp(file, reply)
    done = lab.run("ledger", "anchor", reply, study=study)
    assert done.code == 3
    assert "of other bytes" in done.err
    assert not tsa.verifies(checkpoint(lab, study), reply)
    assert not (study / "consent" / "anchors").exists()


def test_the_checkpoint_may_have_grown_old_while_the_reply_was_on_its_way(
    lab: Laboratory, study: Path, tsa: Authority, tmp_path: Path
) -> None:
    file, reply, form = checkpoint(lab, study), tmp_path / "reply.tsr", tmp_path / "form.md"
    tsa.stamp(file, reply, digest="sha512")
    form.write_text("What people sign.\n", encoding="utf-8")
    assert lab.run("form", "add", form, "--version", "v1", "--approval", "H26-0001", study=study).code == 0
    assert lab.run("ledger", "anchor", reply, study=study).code == 3
    done = lab.run("ledger", "anchor", reply, "--checkpoint", file, "--ca", tsa.ca, "--json", study=study)
    assert done.code == 0, done.err
    assert done.facts["size"] == 1
    assert done.facts["vouched_by"] == "Throwaway root"
