"""Coding is taken out for good: what was named, all of it, and nothing else."""

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from flows.coding.exporting import export_codings
from flows.coding.importing import import_codings
from flows.coding.listing import list_codes
from flows.coding.removing import Removed, remove_code, remove_coder, remove_listed
from flows.study import Study
from flows.users import add_user
from schemas.consent import Level
from schemas.errors import BadInput, MissingKey, UsageError
from tests.flows import cascade
from tests.flows.cascade import QUIET, destroy, make, run, withdraw
from tests.flows.coding.coded import PI, Said, again, book, change, code, coded, guid, in_data_set, memo, texts
from tests.flows.conftest import PASSPHRASE, Chatham, open_as
from tests.vault.killing import Killed, killed_after

LATE = Said("S1", "the ferry is late every winter morning", "Ferry/Late")
FERRY = Said("S1", "about the ferry", "Ferry")
TELLING = Said("S1", "I told Aurélie about", "Telling", PI)
BOATS = Said("S1", "counted eleven boats", "Telling")
LETTER = Said("S2", "never answered our letter", "Telling", PI)
ALL = [LATE, FERRY, TELLING, BOATS, LETTER]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cascade.cheaply():
        made = make(tmp_path_factory.mktemp("removed"))
        run(made)
        made = open_as(made.folder, "pi")
        notes = [memo("Ask again in June."), memo("Which ferry?", "code", guid("Ferry/Late"))]
        code(made, *ALL, codebook=book("Ferry", "Ferry/Late", "Telling", memos=notes))
        [boats] = [one for one in coded_ids(made) if one[1] == BOATS.words]
        more = book("Telling", memos=[memo("Eleven?", "coding", boats[0])])
        code(open_as(made.folder, "pi"), codebook=more)
        run(open_as(made.folder, "pi"))
        yield made.folder


def coded_ids(study: Study) -> list[tuple[str, str]]:
    """Id and words of the codings of S1."""
    from flows.coding.anchored import codings_of
    from schemas.speech import Attributed

    store = study.vault.session("S1")
    turns = store.latest("attributed", Attributed)
    assert turns is not None
    listed = codings_of(store, turns.digest()).codings
    return [(one.coding, words) for one, (_, words) in zip(listed, coded(study, "S1"), strict=True)]


def words(study: Study) -> set[str]:
    """Words that are coded in the study."""
    opened = again(study)
    return {text for session in ("S1", "S2") for _, text in coded(opened, session)}


def names(study: Study) -> list[str]:
    return [one.name for one in again(study).vault.codebook.get().codebook.codes]


def memos(study: Study) -> set[str]:
    return {one.text for one in again(study).vault.codebook.get().codebook.memos}


def rows_of(study: Study, path: Path) -> list[dict[str, str]]:
    """The rows of the table that is exported."""
    path.unlink(missing_ok=True)
    export_codings(again(study), path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def table_of(rows: Sequence[dict[str, str]], path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def exported(study: Study, path: Path, *wanted: Said) -> Path:
    """A table as it is exported, with the rows of some codings only."""
    rows = rows_of(study, path.with_suffix(".all.csv"))
    return table_of([row for row in rows if any(row["words"] in one.words for one in wanted)], path)


def test_the_rows_of_a_table_are_taken_out_and_nothing_else(study: Study, tmp_path: Path) -> None:
    table = exported(study, tmp_path / "wrong.csv", LATE, BOATS)
    before = words(study)
    found = remove_listed(again(study), table, QUIET)
    assert found == Removed(codings=2, codes=0, coders=0, memos=1)
    assert words(study) == before - {LATE.words, BOATS.words}
    assert names(study) == ["Ferry", "Late", "Telling"]
    assert memos(study) == {"Ask again in June.", "Which ferry?"}
    run(again(study))
    assert LATE.words not in dict(in_data_set(study, "S1")).values()
    assert len(in_data_set(study, "S1")) == 2
    assert remove_listed(again(study), table, QUIET) == Removed(0, 0, 0, 0, not_here=2)


@pytest.mark.parametrize("column", ["words", "code", "coder", "coding_id"])
def test_a_row_that_was_changed_takes_nothing_out(column: str, study: Study, tmp_path: Path) -> None:
    table = exported(study, tmp_path / "wrong.csv", LATE)
    other = {"words": "the ferry is late", "code": "Telling", "coder": PI, "coding_id": "2f4d09604d5bfaec"}
    with table.open(encoding="utf-8", newline="") as file:
        [row] = csv.DictReader(file)
    before = words(study)
    table_of([row | {column: other[column]}], table)
    assert remove_listed(again(study), table, QUIET) == Removed(0, 0, 0, 0, not_here=1)
    assert words(study) == before


def test_of_two_codings_that_are_shown_alike_the_one_goes_that_the_row_names(study: Study, tmp_path: Path) -> None:
    over, short = (Said("S1", said, "Telling", PI) for said in ("with me. | We counted", "with me."))
    code(study, over, short)
    change(study, "P03", Level.WITHHELD)
    run(again(study))
    [one, other] = [row for row in rows_of(study, tmp_path / "all.csv") if row["words"] == "with me."]
    assert one["coding_id"] != other["coding_id"]
    assert remove_listed(again(study), table_of([one], tmp_path / "wrong.csv"), QUIET).codings == 1
    run(again(study))
    left = [row["coding_id"] for row in rows_of(study, tmp_path / "all.csv") if row["words"] == "with me."]
    assert left == [other["coding_id"]]
    assert remove_listed(again(study), table_of([other], tmp_path / "wrong.csv"), QUIET).codings == 1
    assert not {over.words, short.words} & words(study)


def test_a_coding_over_two_turns_goes_where_both_rows_are_there(study: Study, tmp_path: Path) -> None:
    over, part = (Said("S1", said, "Telling", PI) for said in ("with me. | We counted", "We counted"))
    code(study, over, part)
    run(again(study))
    everything = rows_of(study, tmp_path / "all.csv")
    [first] = [row for row in everything if row["words"] == "with me."]
    both = [row for row in everything if row["coding_id"] == first["coding_id"]]
    assert len(both) == 2
    for rows in ([both[0]], [both[1]], [both[0], both[1] | {"words": "We count"}]):
        found = remove_listed(again(study), table_of(rows, tmp_path / "wrong.csv"), QUIET)
        assert found == Removed(0, 0, 0, 0, not_here=1)
    twice = table_of([*both, *both], tmp_path / "wrong.csv")
    assert remove_listed(again(study), twice, QUIET) == Removed(1, 0, 0, 0)
    assert over.words not in words(study)
    assert part.words in words(study)


def test_of_two_codes_of_one_name_the_one_is_meant_that_the_table_means(study: Study, tmp_path: Path) -> None:
    top = Said("S1", "the ferry timetable", "Late")
    code(study, top, codebook=book("Late"))
    run(again(study))
    everything = rows_of(study, tmp_path / "all.csv")
    assert {row["words"]: row["code"] for row in everything if row["code"].startswith("Late")} == {
        LATE.words: "Late", top.words: "Late (2)",
    }  # fmt: skip
    found = import_codings(again(study), tmp_path / "all.csv", QUIET)
    assert (found.taken.codings, found.taken.codes) == (0, 0)
    [nested] = [row for row in everything if row["code"] == "Late"]
    assert remove_listed(again(study), table_of([nested], tmp_path / "wrong.csv"), QUIET).codings == 1
    assert LATE.words not in words(study)
    assert top.words in words(study)


def test_what_is_told_of_lost_codings_goes_with_their_code(study: Study) -> None:
    destroy(study, "P02", withdraw(study, "P02", "erase"))
    assert list_codes(again(study)).lost == 2
    assert remove_code(again(study), "Late").codings == 0
    assert list_codes(again(study)).lost == 1


def test_a_coding_of_which_words_are_withheld_is_the_one_that_the_table_shows(study: Study, tmp_path: Path) -> None:
    over = Said("S1", "with me. | We counted", "Telling", PI)
    code(study, over)
    change(study, "P03", Level.WITHHELD)
    run(again(study))
    table = exported(study, tmp_path / "wrong.csv", Said("S1", "with me."))
    assert remove_listed(again(study), table, QUIET).codings == 1
    assert over.words not in words(study)


def test_a_code_goes_with_those_under_it_and_every_coding_with_them(study: Study) -> None:
    before = words(study)
    found = remove_code(again(study), "ferry")
    assert found == Removed(codings=2, codes=2, coders=0, memos=1)
    assert names(study) == ["Telling"]
    assert words(study) == before - {LATE.words, FERRY.words}
    assert memos(study) == {"Ask again in June.", "Eleven?"}
    run(again(study))
    assert texts(study, "SELECT name FROM codes") == ["Telling"]


def test_codings_on_withheld_words_go_with_their_code(study: Study) -> None:
    change(study, "P02", Level.WITHHELD)
    run(again(study))
    assert LATE.words not in [text for _, text in in_data_set(study, "S1")]
    assert remove_code(again(study), "Late").codings == 1
    change(study, "P02", Level.NAMED)
    run(again(study))
    assert LATE.words not in [text for _, text in in_data_set(study, "S1")]


def test_a_coder_goes_with_everything_that_they_did(study: Study) -> None:
    before = words(study)
    found = remove_coder(again(study), "PI")
    assert found == Removed(codings=2, codes=0, coders=1, memos=0)
    assert words(study) == before - {TELLING.words, LETTER.words}
    assert names(study) == ["Ferry", "Late", "Telling"]
    run(again(study))
    assert texts(study, "SELECT name FROM coders") == ["ra"]


def test_what_was_put_on_the_wrong_coder_can_be_brought_in_once_more(study: Study, tmp_path: Path) -> None:
    export_codings(study, tmp_path / "before.qdpx")
    remove_coder(again(study), "ra")
    run(again(study))
    assert words(study) == {TELLING.words, LETTER.words}
    found = import_codings(again(study), tmp_path / "before.qdpx", QUIET, coder="kim")
    assert (found.taken.codings, found.taken.known) == (3, 2)
    assert words(study) == {one.words for one in ALL}


def test_a_look_before_changes_nothing(study: Study, tmp_path: Path) -> None:
    table = exported(study, tmp_path / "wrong.csv", LATE)
    before = (words(study), again(study).vault.codebook.get())
    assert remove_listed(again(study), table, QUIET, preview=True).codings == 1
    assert remove_code(again(study), "Ferry", preview=True).codes == 2
    assert remove_coder(again(study), "ra", preview=True).coders == 1
    assert (words(study), again(study).vault.codebook.get()) == before


@pytest.mark.parametrize("writes", range(0, 30, 3))
def test_killed_anywhere_a_run_works_and_the_same_call_takes_out_the_rest(writes: int, study: Study) -> None:
    opened = again(study)
    with suppress(Killed), killed_after(writes):
        remove_code(opened, "Telling")
    left = [name for name, _ in coded(again(study), "S1")]
    run(again(study))
    assert sorted(name for name, _ in in_data_set(study, "S1")) == sorted(left)
    with suppress(UsageError):  # it was out already
        remove_code(again(study), "Telling")
    run(again(study))
    assert sorted(name for name, _ in in_data_set(study, "S1")) == ["Ferry", "Late"]
    assert in_data_set(study, "S2") == []
    assert (names(study), memos(study)) == (["Ferry", "Late"], {"Ask again in June.", "Which ferry?"})


def test_what_is_not_there_or_not_clear_is_told(study: Study, tmp_path: Path) -> None:
    code(study, codebook=book("Ferry/Late", "Other", "Other/Late"))
    before = words(study)
    with pytest.raises(UsageError, match="no code of that name"):
        remove_code(again(study), "Bus")
    with pytest.raises(UsageError, match="several codes have that name"):
        remove_code(again(study), "late")
    with pytest.raises(UsageError, match="no coder of that name"):
        remove_coder(again(study), "kim")
    (tmp_path / "own.csv").write_text("words,code,coder\nabout the ferry,Ferry,ra\n")
    with pytest.raises(BadInput, match="coding_id"):
        remove_listed(again(study), tmp_path / "own.csv", QUIET)
    (tmp_path / "own.csv").write_text("words,code,coder,coding_id\nabout the ferry,Ferry,ra,\n")
    with pytest.raises(BadInput, match="line 2: column coding_id is blank"):
        remove_listed(again(study), tmp_path / "own.csv", QUIET)
    assert words(study) == before
    assert remove_code(again(study), guid("Other/Late").upper()).codes == 1


def test_a_name_is_known_however_its_accents_are_written(study: Study) -> None:
    code(study, codebook=book("Été"))
    assert remove_code(again(study), unicodedata.normalize("NFD", "été")).codes == 1


def test_no_machine_takes_coding_away(study: Study) -> None:
    add_user(study, "nightly", role="assistant", participant=None, passphrase=lambda: PASSPHRASE, service=True)
    nightly = open_as(study.folder, "nightly")
    with pytest.raises(MissingKey, match="a service user never takes coding away"):
        remove_coder(nightly, "ra")


def test_the_command_says_what_went(study: Study, chatham: Chatham, tmp_path: Path) -> None:
    said = chatham("coding", "remove", "--code", "Ferry", "--preview", study=study.folder)
    assert said.out.splitlines() == ["Would be taken out: 2 codings, 2 codes, 0 coders, 1 memo."]
    said = chatham("coding", "remove", "--code", "Ferry", study=study.folder)
    assert said.out.splitlines()[0] == "Taken out: 2 codings, 2 codes, 0 coders, 1 memo."
    assert said.out.splitlines()[1:] == ["To have them out of the data set for analysis: chatham run"]
    run(again(study))
    table = table_of(rows_of(study, tmp_path / "all.csv")[:1], tmp_path / "wrong.csv")
    chatham("coding", "remove", str(table), study=study.folder)
    said = chatham("coding", "remove", str(table), study=study.folder)
    assert said.out.splitlines() == [
        "Taken out: 0 codings, 0 codes, 0 coders, 0 memos.",
        "Left alone: 1 coding of the table, not found just so in the data set.",
    ]
    said = chatham("coding", "list", study=study.folder)
    assert said.out.splitlines() == ["Telling: 2", "Coded by ra, pi."]
    said = chatham("coding", "remove", study=study.folder)
    assert (said.code, "say one thing to take out" in said.err) == (2, True)
