"""What is coded goes out, is coded further, and comes back to the same words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.coding.exporting import agreement_of, export_codings
from flows.coding.importing import import_codings
from flows.releasing import make_release
from flows.study import Study
from flows.users import add_user
from schemas.coding import CodedProject, Coder, ExchangedCoding, Stretch
from schemas.errors import BadInput, MissingKey, UsageError
from tests.flows import cascade
from tests.flows.cascade import QUIET, make, run
from tests.flows.coding.coded import PI, Said, again, book, code, coded, guid, in_data_set, memo
from tests.flows.conftest import PASSPHRASE, Chatham, open_as
from warehouse.exchange import refi_qda
from warehouse.exchange.layout import project_of

FERRY = Said("S1", "the ferry is late every winter morning", "Ferry/Late")
NAMED = Said("S1", "I told Aurélie about", "Telling")
OVER = Said("S1", "with me. | We counted", "Together", PI)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cascade.cheaply():
        made = make(tmp_path_factory.mktemp("exchanged"))
        run(made)
        made = open_as(made.folder, "pi")
        notes = [memo("Ask again in June."), memo("Which ferry?", "code", guid("Ferry"))]
        code(made, FERRY, NAMED, OVER, codebook=book("Ferry", "Ferry/Late", "Telling", "Together", memos=notes))
        run(open_as(made.folder, "pi"))
        yield made.folder


def state(study: Study) -> tuple[object, object]:
    return coded(study, "S1"), study.vault.codebook.get().codebook


@pytest.mark.parametrize("name", ["coded.qdpx", "coded.sqlite3", "coded.csv", "book.qdc"])
def test_what_goes_out_and_comes_back_unchanged_changes_nothing(name: str, study: Study, tmp_path: Path) -> None:
    before = state(study)
    export_codings(study, tmp_path / name)
    found = import_codings(study, tmp_path / name, QUIET)
    assert (found.taken.codings, found.taken.codes, found.taken.masked, found.shortened) == (0, 0, 0, 0)
    assert found.unfit == {}
    after = state(again(study))
    assert after[0] == before[0]
    assert {one.code: one for one in after[1].codes} == {one.code: one for one in before[1].codes}  # type: ignore[attr-defined]
    if name != "coded.sqlite3":  # which knows no coders
        assert set(before[1].coders) == set(after[1].coders)  # type: ignore[attr-defined]


def further(study: Study, path: Path, words: str, name: str = "Buses") -> None:
    """The project of the data set with one more coding, by somebody else, as another program writes it."""
    project = project_of(study.research)
    text = next(one for one in project.texts if words in one.text)
    at = text.text.index(words)
    codebook = project.codebook.model_copy(
        update={
            "codes": (*project.codebook.codes, *book(name).codes),
            "coders": (*project.codebook.coders, Coder(coder=guid("kim"), name="kim")),
        }
    )
    stretch = Stretch(text=text.guid, start=at, end=at + len(words))
    more = ExchangedCoding(guid=guid("more"), code=guid(name), coder=guid("kim"), stretch=stretch)
    refi_qda.write_project(
        CodedProject.model_validate(
            {**dict(project), "codebook": codebook, "codings": (*project.codings, more)}, from_attributes=True
        ),
        path,
    )


def test_what_was_coded_outside_lies_on_the_same_words_in_the_next_data_set(study: Study, tmp_path: Path) -> None:
    further(study, tmp_path / "back.qdpx", "the buses were full")
    found = import_codings(study, tmp_path / "back.qdpx", QUIET)
    assert (found.taken.codings, found.taken.codes, found.taken.coders, found.taken.known) == (1, 1, 1, 3)
    run(again(study))
    assert in_data_set(study, "S3") == [("Buses", "the buses were full")]


def test_what_was_deleted_outside_stays_here(study: Study, tmp_path: Path, chatham: Chatham) -> None:
    project = project_of(study.research)
    left = project.codings[1:]
    kept = project.model_copy(update={"codings": left, "codebook": project.codebook.model_copy(update={"memos": ()})})
    refi_qda.write_project(kept, tmp_path / "back.qdpx")
    before = state(study)
    assert import_codings(study, tmp_path / "back.qdpx", QUIET).taken.known < 3
    assert state(again(study)) == before
    said = chatham("coding", "import", tmp_path / "back.qdpx", "--replace", study=study.folder)
    assert (said.code, "--replace" in said.err) == (UsageError.exit_code, True)


def test_a_preview_changes_nothing(study: Study, tmp_path: Path) -> None:
    further(study, tmp_path / "back.qdpx", "the buses were full")
    before = state(study)
    assert import_codings(study, tmp_path / "back.qdpx", QUIET, preview=True).taken.codings == 1
    assert state(again(study)) == before


def test_a_coding_on_a_label_that_is_shown_is_on_the_name_in_the_vault(study: Study, tmp_path: Path) -> None:
    further(study, tmp_path / "back.qdpx", "and I told Mirla about")
    import_codings(study, tmp_path / "back.qdpx", QUIET)
    assert ("Buses", "and I told Aurélie about") in coded(again(study), "S1")


def test_words_that_are_not_there_any_more_are_told_and_put_nowhere(study: Study, tmp_path: Path) -> None:
    further(study, tmp_path / "back.qdpx", "We counted eleven boats that week.")
    cascade.withdraw(study, "P03", "erase")
    run(again(study))
    desk = again(study)
    before = coded(desk, "S1")
    found = import_codings(desk, tmp_path / "back.qdpx", QUIET)
    assert found.taken.codings == 0
    assert sum(found.unfit.values()) >= 1
    assert coded(again(study), "S1") == before


def test_a_table_that_says_no_coder_is_of_whom_the_command_names(study: Study, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("session_id;words;code\nS3;buses were full;Buses\nS3;nobody said this;Buses\n")
    found = import_codings(study, tmp_path / "more.csv", QUIET, coder="kim")
    assert (found.taken.codings, sum(found.unfit.values())) == (1, 1)
    assert "kim" in {one.name for one in again(study).vault.codebook.get().codebook.coders}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "x", "not read here"),
        ("a.csv", "a,b\n1,2\n", "neither of codings nor of codes"),
        ("a.csv", "code,words,start_char\nFerry,x,one\n", "line 2: column start_char"),
        ("a.qdpx", "no zip", "no project file|not a|damaged|cannot be read"),
        ("a.qdc", "<CodeBook", "line 1|damaged|cannot be read"),
        ("a.sqlite3", "no database", "no project of Taguette"),
    ],
)
def test_a_bad_file_is_one_error_and_nothing_comes_in(
    name: str, content: str, said: str, study: Study, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    before = state(study)
    with pytest.raises(BadInput, match=said):
        import_codings(study, tmp_path / name, QUIET)
    assert state(study) == before


def test_without_a_data_set_of_today_nothing_is_fitted(study: Study, tmp_path: Path) -> None:
    export_codings(study, tmp_path / "coded.qdpx")
    cascade.withdraw(study, "P03", "erase")
    with pytest.raises(UsageError, match="not of today's words and choices"):
        import_codings(again(study), tmp_path / "coded.qdpx", QUIET)
    study.research.unlink()
    with pytest.raises(UsageError, match="no data set for analysis"):
        export_codings(study, tmp_path / "again.qdpx")


def test_a_data_set_without_the_format_that_is_read_is_told_apart_from_one_that_is_not_there(
    study: Study, tmp_path: Path
) -> None:
    make_release(study, "tables", "analyse", QUIET, ("csv",))
    make_release(again(study), "both", "analyse", QUIET, ("duckdb", "csv"))
    desk = again(study)
    for made_of in (
        lambda name: export_codings(desk, tmp_path / "out.csv", name),
        lambda name: agreement_of(desk, name),
    ):
        with pytest.raises(UsageError, match="made without the format duckdb"):
            made_of("tables")
        with pytest.raises(UsageError, match="no data set of that name stands"):
            made_of("nothing")
        assert made_of("both") is not None


def test_a_service_user_gets_no_file_and_no_words_but_may_count(study: Study, tmp_path: Path, chatham: Chatham) -> None:
    add_user(study, "night", role="assistant", participant=None, passphrase=lambda: PASSPHRASE, service=True)
    night = open_as(study.folder, "night")
    with pytest.raises(MissingKey, match="a service user never hands out words"):
        export_codings(night, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()
    with pytest.raises(MissingKey, match="a service user never sees names, words or recordings"):
        agreement_of(night, words=True)
    assert agreement_of(night).everybody == agreement_of(study, words=True).everybody
    for options in ((), ("--json",)):
        said = chatham("coding", "agreement", "--words", *options, "--user", "night", study=study.folder)
        assert (said.code, said.out) == (MissingKey.exit_code, "")
    said = chatham("coding", "list", "--user", "night", study=study.folder)
    assert (said.code, "winter morning" in said.out) == (0, False), said.err


def test_a_file_is_never_written_over(study: Study, tmp_path: Path) -> None:
    (tmp_path / "coded.qdpx").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        export_codings(study, tmp_path / "coded.qdpx")
    assert (tmp_path / "coded.qdpx").read_text() == "mine"


def test_the_commands_tell_what_came_in(study: Study, tmp_path: Path, chatham: Chatham) -> None:
    further(study, tmp_path / "back.qdpx", "the buses were full")
    said = chatham("coding", "import", tmp_path / "back.qdpx", study=study.folder)
    assert "There already: 3 codings." in said.out
    assert (said.code, "Came in: 1 coding, 1 code, 1 coder, 0 memos." in said.out) == (0, True), said.err
    said = chatham("coding", "list", study=study.folder)
    assert "Ferry: 0\n  Late: 1\n" in said.out
    said = chatham("coding", "export", tmp_path / "out.csv", study=study.folder)
    assert (said.code, (tmp_path / "out.csv").is_file()) == (0, True), said.err


def test_the_command_says_how_far_coders_agree_and_where_not(study: Study, tmp_path: Path, chatham: Chatham) -> None:
    said = chatham("coding", "agreement", study=study.folder)
    assert "Ferry: alpha -" in said.out, said.err
    assert "  ra and pi: kappa" in said.out or "  pi and ra: kappa" in said.out
    assert "winter morning" not in said.out
    said = chatham("coding", "agreement", "--words", study=study.folder)
    assert "Late by ra, not by pi: the ferry is late every winter morning" in said.out
    assert chatham("coding", "agreement", "--json", study=study.folder).code == 0
