"""What opens a study in every way must itself find everything, or finding nothing would prove nothing."""

import base64
import gzip
import json
import shutil
import zipfile
from pathlib import Path

import duckdb
import pytest

from tests.acceptance.big_study import BigStudy, make_big_study
from tests.acceptance.every_way import EveryWay, in_evidence, outside_evidence
from tests.acceptance.searching import plant
from vault.age import Identity, seal
from vault.files import remove

WORD = "Kobalenifu"
"""Nobody's word: it occurs nowhere but where a test puts it."""
RUN = ["Five", "words", "that", "nobody", "else", "ever", "said"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> BigStudy:
    return make_big_study(tmp_path_factory.mktemp("big"), sessions=6, people=10, with_sound=1)


@pytest.fixture(scope="module")
def ways(made: BigStudy) -> EveryWay:
    return EveryWay(made.folder, [made.open_as(user).keyring for user in ("pi", "board")])


def test_everybody_is_found_by_every_name_in_the_roster_and_where_they_speak(made: BigStudy, ways: EveryWay) -> None:
    found = outside_evidence(ways.find(name for one in made.people.values() for name in one.names))
    for one in made.people.values():
        where = {place for place, name in found if name in one.names}
        assert {name for _, name in found if name in one.names} == set(one.names)
        assert any(place.startswith("vault/roster.age") for place in where)
        stores = {made.open_as().vault.session(session).opaque for session in made.sessions_of(one.participant)}
        assert {place.split("/")[2] for place in where if place.startswith("vault/sessions/")} >= stores


def test_everything_that_everybody_said_is_found_in_runs_of_five_words(made: BigStudy, ways: EveryWay) -> None:
    for participant in made.people:
        for one in made.said:
            if one.participant == participant:
                found = {run for _, run in ways.runs([one.text], made.words_of_others(participant))}
                assert len(found) >= 8, one


def test_what_others_said_too_is_no_run_of_somebodys_own(made: BigStudy, ways: EveryWay) -> None:
    (text, *_) = made.words_of("P01")
    assert ways.runs([text])
    assert ways.runs([text], unless=[[text]]) == []


def test_a_short_name_within_the_letters_of_a_seal_is_there_by_chance(tmp_path: Path) -> None:
    (tmp_path / "sealed").write_text("--- yqUIST5fufjm5bS2GCJTk+/qDdlHnlGQbsgvr9XYkKI\n")
    assert EveryWay(tmp_path).find(["Quist"]) == []
    (tmp_path / "mail").write_text("write to MaribelQuist@example.org")
    assert EveryWay(tmp_path).find(["Quist"]) == [("mail", "Quist")]


def test_what_nobody_said_is_not_found(made: BigStudy, ways: EveryWay) -> None:
    assert ways.find([WORD]) == []
    assert ways.runs(RUN) == []


def test_nothing_is_left_that_no_key_opens(ways: EveryWay) -> None:
    assert ways.unopened == []


def test_payloads_of_the_register_are_opened_and_told_apart(made: BigStudy, ways: EveryWay) -> None:
    found = ways.find(["P07"])
    assert any("journal.jsonl" in where and "opened" in where for where, _ in in_evidence(found))
    assert not any(where.startswith("consent/") for where, _ in outside_evidence(found))


def test_without_a_key_nothing_is_found_and_every_sealed_file_is_listed(made: BigStudy) -> None:
    blind = EveryWay(made.folder)
    assert blind.find(made.people["P01"].names) == []
    assert len(blind.unopened) > 20


def test_a_key_that_lies_in_a_file_is_used_as_well(tmp_path: Path) -> None:
    inner, outer = Identity.generate(), Identity.generate()
    (tmp_path / "b.age").write_bytes(seal(str(inner).encode(), [outer.recipient]))
    (tmp_path / "a.age").write_bytes(seal(WORD.encode(), [inner.recipient]))
    assert EveryWay(tmp_path).find([WORD]) == []
    assert EveryWay(tmp_path, identities=[outer]).find([WORD]) == [("a.age, opened", WORD)]


def test_everybodys_tone_is_heard_where_they_speak_and_nowhere_else(made: BigStudy, ways: EveryWay) -> None:
    study = made.open_as()
    sounds = {tuple(sound.where.split("/")[2:]): sound for sound in ways.sounds()}
    assert len(sounds) == len(made.mixed) + len(made.tracks)
    for session in made.mixed:
        sound = sounds[study.vault.session(session).opaque, "audio.t1.age, opened"]
        assert_tones(made, session, sound, set(made.people))
    for (session, track), owner in made.tracks.items():
        sound = sounds[study.vault.session(session).opaque, f"audio.{track}.age, opened"]
        assert_tones(made, session, sound, {owner})


def assert_tones(made: BigStudy, session: str, sound, voices: set[str]) -> None:
    talk = [one for one in made.said if one.session == session]
    assert sound.duration_s >= talk[-1].end_s
    for one in talk:
        interval = one.start_s + 0.1, one.end_s - 0.1
        for other in {turn.participant for turn in talk}:
            heard = sound.strength(made.people[other].hertz, *interval) > 0.1
            assert heard is (other == one.participant and other in voices)
        assert sound.silent_share(*interval) < 0.5
        assert sound.loudest(*interval) > 0.005


@pytest.mark.parametrize("packed", ["as it is", "sealed", "sealed twice", "in a zip", "in a gzip", "in base64"])
def test_a_planted_word_and_run_are_found_however_they_are_packed(tmp_path: Path, packed: str) -> None:
    key = Identity.generate()
    text = json.dumps({"word": WORD, "words": [{"text": word, "start_s": 1.5} for word in RUN]}).encode()
    path = tmp_path / "file"
    if packed == "in a zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inside.json", text)
    else:
        once = seal(text, [key.recipient])
        path.write_bytes(
            {
                "as it is": text,
                "sealed": once,
                "sealed twice": seal(b"line\n" + base64.b64encode(once), [key.recipient]),
                "in a gzip": gzip.compress(text),
                "in base64": b"data: " + base64.b64encode(text),
            }[packed]
        )
    ways = EveryWay(tmp_path, identities=[key])
    assert {term for _, term in ways.find([WORD])} == {WORD}
    assert len({run for _, run in ways.runs(RUN)}) == len(RUN) - 4


def test_everything_that_the_plain_search_finds_is_found(tmp_path: Path) -> None:
    expected = plant(tmp_path / "study", WORD)
    found = {where for where, _ in EveryWay(tmp_path / "study").find([WORD])}
    assert {place.split(":")[0].split(",")[0] for place in expected} <= {p.split(":")[0].split(",")[0] for p in found}
    assert len(found) >= len(expected)


def test_a_value_of_a_database_is_found_in_its_rows_and_laid_down_without_compression(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        connection.execute("CREATE TABLE t AS SELECT i, repeat('same ', 20) AS s FROM range(100000) r(i)")
        connection.execute("UPDATE t SET s = ? WHERE i = 77777", [f"Ōne {WORD} here"])
        connection.execute(f"COMMENT ON TABLE t IS 'about {WORD}'")
        connection.execute("CHECKPOINT")
    found = {where for where, _ in EveryWay(tmp_path).find([WORD])}
    assert {"x.duckdb: t", "x.duckdb, laid down without compression", "x.duckdb: comments and views"} <= found


@pytest.mark.parametrize("written", ["Māia Tefânolu", "MAIA TEFANOLU", "maia  tefanolu", "Ma\u0304ia\nTefa\u0302nolu"])
def test_case_accents_and_spaces_hide_no_name(tmp_path: Path, written: str) -> None:
    (tmp_path / "x.txt").write_text(f"said {written} there", encoding="utf-8")
    assert EveryWay(tmp_path).find(["Maia Tefanolu"]) == [("x.txt", "Maia Tefanolu")]


def test_what_was_removed_is_found_no_longer(made: BigStudy, tmp_path: Path) -> None:
    study = shutil.copytree(made.folder, tmp_path / "study")
    copy = BigStudy(study, made.people, made.said)
    one = made.people["P03"]
    keyring = copy.open_as().keyring
    copy.open_as().vault.roster.erase("P03")
    for path in (study / "vault" / "sessions").rglob("*.age"):
        remove(path)
    assert outside_evidence(EveryWay(study, [keyring]).find(one.names)) == []
