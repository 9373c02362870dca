"""What differs between two data sets to hand on, as people and programs are told; of an ended one, its counts."""

import json
import shutil
from pathlib import Path

import pytest

from consent.register import to_ledger_event
from flows.differing import differing
from flows.releases import releases
from flows.releasing import make_release
from flows.stopping import record_and_stop
from flows.study import Study
from schemas.errors import MissingKey, UsageError
from tests.consent.making import change
from tests.flows.conftest import NAMES, Chatham, open_as
from tests.flows.handing import QUIET, copy_run, made

LATER = "2026-05-01T10:00+12:00"


@pytest.fixture(scope="module")
def two(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with a data set in which nobody is named, and one as CSV that was made when both had opened up."""
    folder = copy_run(template, tmp_path_factory.mktemp("two") / "study")
    study = open_as(folder, "pi")
    study.record(to_ledger_event(change("P01", "2026-03-05T10:00+13:00", level="unnamed")))
    made(study, "one", formats=("duckdb", "parquet"))
    for one in ("P01", "P02"):
        study.record(to_ledger_event(change(one, "2026-03-06T10:00+13:00", level="named", applies="all")))
    make_release(study, "two", "analyse", QUIET, ("csv",))
    return folder


@pytest.fixture
def study(two: Path, tmp_path: Path) -> Study:
    shutil.copytree(two, tmp_path / "study")
    return open_as(tmp_path / "study", "pi")


def test_counts_are_told_without_a_word_and_words_when_they_are_asked_for(study: Study, chatham: Chatham) -> None:
    said = chatham("release", "diff", "one", "two", study=study.folder)
    assert said.code == 0, said.err
    assert said.out.splitlines()[:4] == [
        "one  stands",
        "two  stands",
        "Turns: 1 with the same words, 1 with other words, 0 only in one, 0 only in two.",
        'Level: 2 turns from "unnamed" to "named".',
    ]
    assert not any(name in said.out for name in NAMES.values())
    said = chatham("release", "diff", "one", "one", study=study.folder)
    assert said.out.splitlines()[-1] == "Both say the same."


def test_the_words_of_both_stand_under_each_other(study: Study, chatham: Chatham) -> None:
    said = chatham("release", "diff", "one", "two", "--words", study=study.folder)
    assert said.code == 0, said.err
    assert said.out.splitlines()[-3:] == [
        "S1 at 0:05",
        "  one: Participant: [PERSON] told me so.",
        "  two: Tobias Renwick: Maribel told me so.",
    ]
    found = json.loads(chatham("release", "diff", "two", "one", "--words", "--json", study=study.folder).out)
    assert [(one["what"], one["text_b"]) for one in found["words"]] == [("changed", "[PERSON] told me so.")]


def test_programs_are_told_all_of_it(study: Study, chatham: Chatham) -> None:
    found = json.loads(chatham("release", "diff", "one", "two", "--json", study=study.folder).out)
    assert (found["compared"], found["same"], found["changed"], found["words"]) == (True, 1, 1, [])
    assert found["levels"] == [{"from": "unnamed", "to": "named", "turns": 2}]
    assert found["tables"]["utterances"]["rows_a"] == 2
    assert [one["name"] for one in found["data_sets"]] == ["one", "two"]


def test_of_one_that_has_ended_only_counts_are_left(study: Study, chatham: Chatham) -> None:
    event = change("P02", LATER, level="unnamed")
    record_and_stop(study, [to_ledger_event(event)], "change", releases=["two"])
    said = chatham("release", "diff", "one", "two", "--words", study=study.folder)
    assert said.code == 0, said.err
    assert "two  ended on" in said.out.splitlines()[1]
    assert "Of two only the counts are left, so that only rows can be compared:" in said.out
    assert "  utterances: 2 and 2" in said.out
    found = json.loads(chatham("release", "diff", "one", "two", "--json", study=study.folder).out)
    assert (found["compared"], found["rows"]["speakers"]) == (False, [2, 2])
    assert "words" not in found


def test_a_name_that_no_data_set_has_is_refused(study: Study) -> None:
    with pytest.raises(UsageError, match="no data set of that name"), differing(study, "one", "three"):
        pass


@pytest.mark.parametrize("user", ["desk", "board"])
def test_whoever_may_not_make_data_sets_may_not_compare_them(study: Study, user: str) -> None:
    with pytest.raises(MissingKey, match="your role"), differing(open_as(study.folder, user), "one", "two"):
        pass


def test_what_somebody_has_closed_meanwhile_is_not_read_any_longer(study: Study) -> None:
    """Recorded by somebody who could not tell what it touches."""
    study.record(to_ledger_event(change("P02", LATER, analyse="no")))
    with differing(study, "one", "two", words=True) as found:
        assert (found.counts, list(found.words)) == (None, [])
    assert not any(one.stands for one in releases(study.ledger.entries()))


def test_nothing_is_recorded_of_it(study: Study) -> None:
    head = study.ledger.head()
    with differing(study, "one", "two", words=True) as found:
        assert [one.text_b for one in found.words] == ["Maribel told me so."]
    assert study.ledger.head() == head
