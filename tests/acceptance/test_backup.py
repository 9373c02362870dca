"""A disk is lost: what the real commands bring back from an old backup, and what they do not."""

import json
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.every_way import EveryWay, outside_evidence
from tests.acceptance.laboratory import PASSPHRASE, Done, Laboratory, Made, copied
from vault.age import Identity
from vault.keys import unlock
from vault.recovery import recovery_identity

pytestmark = [pytest.mark.models, pytest.mark.prefect, pytest.mark.slow]

GONE, GONE_NAMES = "P10", ("Oscar", "Mensah", "Oskar", "oscar.mensah@example.org")
STAYS_NAMES = ("Okafor", "daniel.okafor@example.org")
KILLS = 6


@dataclass
class Lost:
    """What is left after the disk of a study was lost.

    Attributes:
        old: A backup from before one person was erased and one user removed.
        consent: The newest copy of the register, from after both.
        older: A whole copy of the register from before both.
        seal: The newest seal, which somebody kept.
        certificate: Of the destruction.
        keystore: A copy of the study's keys from before, which somebody else kept.
    """

    place: Path
    key: Identity
    old: Path
    consent: Path
    older: Path
    seal: Path
    certificate: Path
    keystore: Path

    def restore(self, lab: Laboratory, *more: str | Path, study: Path, consent: Path | None = None) -> Done:
        words = ["restore", self.old, "--consent", consent or self.consent, *more]
        return lab.run(*words, study=study, env=self.environment(lab))

    def environment(self, lab: Laboratory) -> dict[str, str]:
        key_file = self.place / "key"
        key_file.write_text(f"{self.key}\n")
        key_file.chmod(0o600)
        return lab.environment(CHATHAM_RECOVERY_KEY_FILE=str(key_file))


@pytest.fixture(scope="module")
def lost(lab: Laboratory, first: Made, tmp_path_factory: pytest.TempPathFactory) -> Lost:
    """The demo study after one run: a recovery key, a backup, then an erasure and a user's leaving, then no study."""
    place = tmp_path_factory.mktemp("lost")
    study = copied(first.study, place / "study")

    def done(*words: str | Path, **more: str) -> Done:
        said = lab.run(*words, study=study, env=lab.environment(**more))
        assert said.code == 0, said.out + said.err
        return said

    done("user", "add", "ra", "--role", "assistant", CHATHAM_NEW_PASSPHRASE="another few words")
    done("keys", "recovery", "--out", place / "page.html", "--user", "pi")
    page = (place / "page.html").read_text(encoding="utf-8")
    key = recovery_identity(page.split('<pre class="large">')[1].split("</pre>")[0])
    (place / "disk").mkdir()
    done("backup", place / "disk" / "old.age", "--user", "pi")
    older = copied(study / "consent", place / "older")
    shutil.copytree(study / "keys", place / "keys")
    done("user", "remove", "ra", "--user", "pi")
    erase = ["consent", "withdraw", GONE, "--data", "erase", "--destroy-after", "0", "--confirmed-by", "pi"]
    done(*erase, "--user", "pi")
    done("ledger", "checkpoint", "--out", place / "seal", "--user", "pi")
    consent = copied(study / "consent", place / "consent")
    certificate = next((consent / "certificates").glob("*.json"))
    shutil.rmtree(study)
    return Lost(place, key, place / "disk" / "old.age", consent, older, place / "seal", certificate, place / "keys")


@pytest.fixture(scope="module")
def back(lab: Laboratory, lost: Lost) -> Iterator[Path]:
    """The study, put back from the old backup and run again."""
    study = lost.place / "back"
    done = lost.restore(lab, "--against", lost.seal, "--against", lost.certificate, "--json", study=study)
    assert done.code == 0, done.err
    facts = done.facts
    assert (facts["sessions"], facts["dropped"], facts["missing"]) == (3, [], [])
    assert facts["removed"] == ["ra"]
    assert len(facts["applied"]) == 1
    assert facts["anchored"] <= facts["entries"]
    run = lab.run("run", "--user", "pi", "--json", study=study)
    assert run.code == 0, run.err
    yield study


def every_way(study: Path, lost: Lost) -> EveryWay:
    return EveryWay(study, [unlock(study / "keys", "pi", PASSPHRASE)], [lost.key])


def test_the_person_is_nowhere_in_what_came_back_and_another_is_everywhere(back: Path, lost: Lost) -> None:
    ways = every_way(back, lost)
    assert outside_evidence(ways.find(GONE_NAMES)) == []
    found = {name for _, name in outside_evidence(ways.find(STAYS_NAMES))}
    assert found == set(STAYS_NAMES)


def test_the_register_came_back_whole_and_says_what_was_done(lab: Laboratory, back: Path, lost: Lost) -> None:
    checked = lab.run("ledger", "verify", "--against", lost.seal, "--contents", "--user", "pi", study=back)
    assert "THE REGISTER IS DAMAGED" not in checked.out
    assert checked.code in (0, 1), checked.out + checked.err
    shown = lab.run("consent", "show", GONE, "--json", "--user", "pi", study=back)
    assert shown.facts["state"] == "erased"


def test_who_was_removed_opens_nothing(lab: Laboratory, back: Path, lost: Lost) -> None:
    env = lab.environment(CHATHAM_PASSPHRASE="another few words")
    assert lab.run("run", "--user", "ra", study=back, env=env).code == 4
    shutil.copy(lost.keystore / "users" / "ra", back / "keys" / "users" / "ra")
    try:
        assert lab.run("run", "--user", "ra", study=back, env=env).code == 4
    finally:
        (back / "keys" / "users" / "ra").unlink()


def test_an_old_copy_of_all_keys_opens_nothing_study_wide_that_came_back(back: Path, lost: Lost) -> None:
    old = unlock(lost.keystore, "pi", PASSPHRASE)
    held = [*old.identities.values(), *(old.keystore.identity(name) for name in old.keystore.names())]
    ways = EveryWay(back / "vault", [], held)
    shut = set(ways.unopened)
    wide = {
        str(path.relative_to(back / "vault"))
        for path in (back / "vault").rglob("*.age")
        if "sessions" not in path.parts
    }
    assert wide <= shut


def test_what_came_back_can_be_worked_with(lab: Laboratory, back: Path, lost: Lost) -> None:
    again = lab.run("run", "--user", "pi", "--json", study=back)
    assert again.code == 0, again.err
    assert all(row["reused"] for row in again.facts)
    made = lab.run("backup", lost.place / "disk" / "new.age", "--user", "pi", study=back)
    assert made.code == 0, made.err


def refused(lab: Laboratory, lost: Lost, code: int, *more: str | Path, **instead: Path) -> Done:
    before = sorted(path.name for path in lost.place.iterdir())
    done = lost.restore(lab, *more, study=lost.place / "refused", **instead)
    assert done.code == code, done.out + done.err
    assert sorted(path.name for path in lost.place.iterdir()) == before
    return done


def test_an_older_register_is_refused_with_the_seal_or_the_certificate(lab: Laboratory, lost: Lost) -> None:
    for shown in (lost.seal, lost.certificate):
        refused(lab, lost, 6, "--against", shown, consent=lost.older)


def test_a_wrong_key_and_a_cut_file_restore_nothing(lab: Laboratory, lost: Lost) -> None:
    key, lost.key = lost.key, Identity.generate()
    refused(lab, lost, 4)
    lost.key = key
    whole, data = lost.old, lost.old.read_bytes()
    lost.old = lost.place / "disk" / "cut.age"
    lost.old.write_bytes(data[:-100])
    refused(lab, lost, 3)
    lost.old = whole


@pytest.mark.skipif(not shutil.which("age"), reason="Debian's age is not installed")
def test_programs_that_nobody_here_wrote_open_and_list_the_backup(lab: Laboratory, lost: Lost) -> None:
    lost.environment(lab)
    with (lost.place / "inside.tar").open("wb") as sink:
        subprocess.run(["age", "-d", "-i", lost.place / "key", lost.old], stdout=sink, check=True, timeout=120)
    listed = subprocess.run(
        ["tar", "--list", "--file", lost.place / "inside.tar"], capture_output=True, text=True, check=True, timeout=120
    )
    (lost.place / "inside.tar").unlink()
    names = listed.stdout.splitlines()
    assert "vault/roster.age" in names
    assert not [name for name in names if name.startswith("consent/") or "epoch" in name]


def test_killed_anywhere_a_restore_is_done_again_and_ends_the_same(lab: Laboratory, lost: Lost) -> None:
    chance = random.Random(7)  # noqa: S311 - when to kill, not a key
    study = lost.place / "killed"
    words = ["restore", lost.old, "--consent", lost.consent]
    begun = time.monotonic()
    whole = lost.restore(lab, "--json", study=lost.place / "measured")
    seconds = time.monotonic() - begun
    assert whole.code == 0, whole.err
    for _ in range(KILLS):
        running = lab.start(*words, study=study, env=lost.environment(lab))
        time.sleep(chance.uniform(0.3, 0.9) * seconds)
        running.kill()
        assert not study.exists() or (study / "chatham.toml").is_file()
        if study.exists():
            shutil.rmtree(study)
    done = lost.restore(lab, "--json", study=study)
    assert done.code == 0, done.err
    assert {**done.facts, "id": ""} == {**json.loads(whole.out), "id": ""}
    assert not [path for path in lost.place.iterdir() if path.name.startswith(".killed")]
    assert outside_evidence(every_way(study, lost).find(GONE_NAMES)) == []
