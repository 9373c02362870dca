"""An old backup does not bring back what was destroyed since it was made: not a person, a session or a passage."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.backups import make_backup
from flows.confirming import confirm
from flows.destroying import Destroyed, destroy
from flows.people import mark_passage
from flows.recovery import make_recovery
from flows.restoring import Restored, Wanted, restore
from flows.study import Study
from flows.withdrawal import stop_use, withdrawal_event
from schemas.consent import Reach
from schemas.errors import LedgerDamaged
from schemas.ledger import EventKind
from tests.acceptance.big_study import BigStudy, Someone, make_big_study
from tests.acceptance.every_way import EveryWay, outside_evidence
from tests.flows.backing import unattested
from tests.flows.cascade import PEOPLE, QUIET, SESSIONS, cheaply, copy_of, find_few_names, make, run, shown
from tests.flows.coding.coded import Said, book, code, coded, memo
from tests.flows.conftest import PASSPHRASE, make_keys_cheap, open_as
from vault.age import Identity
from vault.keys import unlock
from vault.recovery import recovery_identity

NAMES = ("Maribel", "Quist")
OWN = [text for turns in SESSIONS.values() for who, text in turns if who == "P01"]
OTHERS = [
    [text for turns in SESSIONS.values() for who, text in turns if who == other] for other in PEOPLE if other != "P01"
]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    make_keys_cheap(monkeypatch)
    find_few_names(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    with cheaply():
        study = make(tmp_path_factory.mktemp("cascade"))
        run(study)
        yield study


@dataclass
class Backed:
    """A study that was run and backed up."""

    study: Study
    place: Path
    key: Identity
    files: list[Path] = field(default_factory=list)
    passphrase: str = PASSPHRASE

    def back_up(self) -> Path:
        self.files.append(self.place / f"{len(self.files)}.age")
        make_backup(self.study, self.files[-1])
        return self.files[-1]

    def withdraw(
        self, participant: str = "P01", data: str = "erase", reach: Reach | None = None, by: str = "pi"
    ) -> Destroyed:
        """Both steps of a withdrawal, on the same day; ``by`` is who confirms."""
        event = withdrawal_event(
            self.study, participant, data=data, reach=reach or Reach(), days=0, at=None, method="signed"
        )
        stop_use(self.study, event)
        second = Study(self.study.folder, unlock(self.study.folder / "keys", by, self.passphrase))
        (waiting,) = confirm(second, participant)
        return destroy(self.study, waiting, QUIET)

    def restored(self, number: int = 0, against: Sequence[Path] = ()) -> Restored:
        self.study.publish()
        saved = self.place / "saved"
        shutil.copytree(self.study.consent, saved)
        wanted = Wanted(
            self.files[number], self.place / "back", [self.key], lambda: PASSPHRASE, consent=saved, against=against
        )
        return restore(wanted, QUIET)


@pytest.fixture
def backed(made: Study, tmp_path: Path) -> Backed:
    study = copy_of(made, tmp_path)
    key = recovery_identity(make_recovery(study, None).text)
    backed = Backed(open_as(study.folder, "pi"), tmp_path, key)
    backed.back_up()
    return backed


def ways(done: Restored, key: Identity) -> EveryWay:
    return EveryWay(done.study.folder, [done.study.keyring], [key])


def test_a_backup_from_before_does_hold_the_person(backed: Backed) -> None:
    """The control: what the other tests do not find, this finds."""
    done = backed.restored()
    found = ways(done, backed.key)
    assert {name for _, name in outside_evidence(found.find(NAMES))} == set(NAMES)
    assert outside_evidence(found.runs(OWN, OTHERS))


def test_a_person_who_was_erased_since_is_not_brought_back(backed: Backed) -> None:
    entry = backed.withdraw().entry
    done = backed.restored()
    assert done.applied == (entry,)
    found = ways(done, backed.key)
    assert found.unopened == [] or all(where.startswith("consent/") for where in found.unopened)
    assert outside_evidence(found.find(NAMES)) == []
    assert outside_evidence(found.runs(OWN, OTHERS)) == []
    assert done.study.table().people
    assert "P01" not in done.study.participants()
    payload = done.study.ledger.entries()[-1].payload
    assert payload is not None
    assert payload["applied"] == [entry]


def test_a_run_after_the_restore_makes_what_a_run_after_the_erasure_made(backed: Backed) -> None:
    backed.withdraw()
    run(backed.study)
    expected = {session: shown(backed.study, session) for session in SESSIONS}
    done = backed.restored()
    run(done.study)
    assert {session: shown(done.study, session) for session in SESSIONS} == expected
    found = ways(done, backed.key)
    assert outside_evidence(found.find(NAMES)) == []


def test_one_session_of_a_person_that_was_erased_since_is_not_brought_back(backed: Backed) -> None:
    entry = backed.withdraw(reach=Reach(kind="session", id="S1")).entry
    done = backed.restored()
    assert done.applied == (entry,)
    found = ways(done, backed.key)
    assert outside_evidence(found.runs(OWN, OTHERS)) == []
    assert "P01" in done.study.participants()


def test_a_passage_that_was_erased_since_is_not_brought_back(backed: Backed) -> None:
    mark = mark_passage(backed.study, "S1", "0:20", "0:28", "off_the_record")
    backed.withdraw(reach=Reach(kind="passage", id=mark.passage))
    done = backed.restored()
    found = ways(done, backed.key)
    gone, stays = OWN[1], OWN[0]
    assert outside_evidence(found.runs([gone], [*OTHERS, [stays]])) == []
    assert outside_evidence(found.runs([stays], OTHERS))


def test_words_that_were_kept_without_names_are_kept_again_and_no_more(backed: Backed) -> None:
    backed.withdraw(data="keep_deidentified")
    run(backed.study)
    expected = {session: shown(backed.study, session) for session in SESSIONS}
    done = backed.restored()
    run(done.study)
    assert {session: shown(done.study, session) for session in SESSIONS} == expected
    assert outside_evidence(ways(done, backed.key).find(NAMES)) == []


def code_and_note(study: Study) -> None:
    """Codes on words of two people, and a memo that quotes and names one of them."""
    quoting = memo(
        "She told Aurélie about the ferry timetable. They wrote the harbour report with me. Maribel Quist cares."
    )
    said = (Said("S1", "about the ferry timetable"), Said("S1", "the ferry is late every winter morning"))
    code(study, *said, codebook=book("Ferry", memos=[quoting]))
    run(open_as(study.folder, "pi"))


def coding_of(study: Study) -> tuple[list[tuple[str, str]], list[str]]:
    opened = open_as(study.folder, "pi")
    return coded(opened, "S1"), [one.text for one in opened.vault.codebook.get().codebook.memos]


def test_coding_comes_back_with_the_words_that_it_is_on(backed: Backed) -> None:
    code_and_note(backed.study)
    expected = coding_of(backed.study)
    assert len(expected[0]) == 2
    backed.back_up()
    assert coding_of(backed.restored(1).study) == expected


def test_coding_of_words_that_were_erased_since_is_not_brought_back(backed: Backed) -> None:
    code_and_note(backed.study)
    backed.back_up()
    backed.withdraw()
    expected = coding_of(backed.study)
    done = backed.restored(1)
    assert coding_of(done.study) == expected
    assert expected[0] == [("Ferry", "the ferry is late every winter morning")]
    assert "the harbour report" not in expected[1][0]
    found = ways(done, backed.key)
    assert outside_evidence(found.find(NAMES)) == []
    assert outside_evidence(found.runs(OWN, OTHERS)) == []


def test_only_what_came_after_the_backup_is_done_again(backed: Backed) -> None:
    backed.withdraw("P04")
    backed.back_up()
    second = backed.withdraw("P01").entry
    done = backed.restored(1)
    assert done.applied == (second,)
    assert outside_evidence(ways(done, backed.key).find([*NAMES, "Ottoline", "Bracegirdle"])) == []


def test_two_who_were_erased_one_after_the_other_both_stay_away(backed: Backed) -> None:
    entries = (backed.withdraw("P04").entry, backed.withdraw("P01").entry)
    done = backed.restored(0)
    assert done.applied == entries
    assert outside_evidence(ways(done, backed.key).find([*NAMES, "Ottoline", "Bracegirdle"])) == []


def test_whoever_hides_the_erasure_is_found_out_by_its_certificate(backed: Backed) -> None:
    """An older copy of the register is whole in itself; the certificate that the participant holds is not in it."""
    backed.study.publish()
    shutil.copytree(backed.study.consent, backed.place / "older")
    certificate = backed.withdraw().certificate.json
    wanted = Wanted(
        backed.files[0],
        backed.place / "back",
        [backed.key],
        lambda: PASSPHRASE,
        consent=backed.place / "older",
        against=[certificate],
    )
    with pytest.raises(LedgerDamaged, match="does not know of a destruction that you have a certificate of"):
        restore(wanted, QUIET)
    assert not (backed.place / "back").exists()


def test_a_certificate_that_the_register_knows_stands_in_nobodys_way(backed: Backed) -> None:
    certificate = backed.withdraw().certificate.json
    assert backed.restored(against=[certificate]).applied


def test_the_backup_from_before_stands_against_the_erasure_until_it_is_destroyed(backed: Backed) -> None:
    entry = backed.withdraw().entry
    backed.back_up()
    assert [one.size for one in unattested(backed.study.ledger.entries(), entry)] == [
        one.payload["size"]
        for one in backed.study.ledger.entries()
        if one.kind is EventKind.BACKUP and one.payload and one.index < entry
    ]


def test_a_session_that_nobody_had_listened_to_is_left_out_whole(tmp_path: Path) -> None:
    """Backed up before its first run, so that nobody can tell whose words are in it."""
    (tmp_path / "new").mkdir()
    study = make(tmp_path / "new")
    key = recovery_identity(make_recovery(study, None).text)
    backed = Backed(open_as(study.folder, "pi"), tmp_path, key)
    backed.back_up()
    run(backed.study)
    backed.withdraw()
    done = backed.restored()
    assert set(done.dropped) >= {"S1"}
    found = ways(done, backed.key)
    assert outside_evidence(found.runs(OWN, OTHERS)) == []
    assert outside_evidence(found.find(NAMES)) == []


def test_the_voice_of_who_was_erased_since_is_in_no_recording_that_comes_back(tmp_path: Path) -> None:
    """Everybody has a tone of their own: theirs is gone, everybody else's is there."""
    big = make_big_study(tmp_path / "big", sessions=4, people=6, turns=10, with_sound=1)
    study = big.open_as("pi")
    run(study)
    key = recovery_identity(make_recovery(study, None).text)
    backed = Backed(big.open_as("pi"), tmp_path, key, passphrase=big.passphrase)
    backed.back_up()
    gone, stays = (one.participant for one in voices_in_the_mix(big)[:2])
    backed.withdraw(gone, by="board")
    done = backed.restored()
    sounds = list(ways(done, key).sounds())
    assert sounds
    assert max(sound.strength(big.people[gone].hertz) for sound in sounds) < 1e-4
    assert max(sound.strength(big.people[stays].hertz) for sound in sounds) > 1e-2


def voices_in_the_mix(big: BigStudy) -> list[Someone]:
    heard = dict.fromkeys(one.participant for one in big.said if one.session in big.mixed)
    return [big.people[participant] for participant in heard]
