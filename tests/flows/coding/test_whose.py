"""Whose the coding of a file is: two people whose programs call both of them alike stay two."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from flows.coding.anchored import codings_of
from flows.coding.importing import import_codings
from flows.coding.recording import Taken
from flows.study import Study
from schemas.coding import CodedProject, Coder, ExchangedCoding, Memo, Stretch
from schemas.errors import UsageError
from schemas.speech import Attributed
from tests.flows import cascade
from tests.flows.cascade import QUIET, make, run
from tests.flows.coding.coded import AT, again, book, coded, guid
from tests.flows.conftest import Chatham
from warehouse.exchange import refi_qda
from warehouse.exchange.layout import project_of

GULLS, FERRY, BOATS = "about the ferry timetable", "late every winter morning", "counted eleven boats"
Did = tuple[str, str, str]
"""Id of a coder, their name, and the words of S1 that they coded."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with cascade.cheaply():
        made = make(tmp_path_factory.mktemp("signed"))
        run(made)
        yield made.folder


def project(study: Study, did: Sequence[Did], memos: Sequence[Memo] = ()) -> CodedProject:
    given = project_of(study.research)
    text = next(one for one in given.texts if one.name == "S1")

    def coding(who: str, words: str) -> ExchangedCoding:
        at = text.text.index(words)
        stretch = Stretch(text=text.guid, start=at, end=at + len(words))
        return ExchangedCoding(guid=guid(f"{who}{words}"), code=guid("Sea"), coder=guid(who), stretch=stretch)

    coders = {who: Coder(coder=guid(who), name=name) for who, name, _ in did}
    made = book("Sea", memos=memos).model_copy(update={"coders": tuple(coders.values())})
    codings = tuple(coding(who, words) for who, _, words in did if words)
    return given.model_copy(update={"codebook": made, "codings": codings})


def bring(study: Study, path: Path, *did: Did, coder: str | None = None, memos: Sequence[Memo] = ()) -> Taken:
    refi_qda.write_project(project(study, did, memos), path)
    return import_codings(again(study), path, QUIET, coder=coder).taken


def coders(study: Study) -> list[str]:
    return sorted(one.name for one in again(study).vault.codebook.get().codebook.coders)


def did_what(study: Study) -> dict[str, list[str]]:
    """Each coder's words in S1."""
    desk = again(study)
    store = desk.vault.session("S1")
    turns = store.latest("attributed", Attributed)
    assert turns is not None
    names = {one.coder: one.name for one in desk.vault.codebook.get().codebook.coders}
    found: dict[str, list[str]] = {}
    for one, (_, words) in zip(codings_of(store, turns.digest()).codings, coded(desk, "S1"), strict=True):
        found.setdefault(names[one.coder], []).append(words)
    return found


def test_two_projects_each_of_their_own_default_are_of_two_coders(study: Study, tmp_path: Path) -> None:
    assert bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS), coder="Anna").coders == 1
    assert bring(study, tmp_path / "b.qdpx", ("b", "default", FERRY), coder="Bea").coders == 1
    assert coders(study) == ["Anna", "Bea"]
    assert did_what(study) == {"Anna": [GULLS], "Bea": [FERRY]}


def test_brought_in_twice_under_one_name_nothing_is_doubled(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS), coder="Anna")
    again = bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS), ("a", "default", FERRY), coder="Anna")
    assert (again.codings, again.known, again.coders) == (1, 1, 0)
    assert did_what(study) == {"Anna": [GULLS, FERRY]}


def test_whoever_is_known_by_their_id_stays_who_they_are(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path / "a.qdpx", ("a", "Anna", GULLS))
    bring(study, tmp_path / "b.qdpx", ("a", "default", GULLS), ("b", "default", FERRY), coder="Bea")
    bring(study, tmp_path / "c.qdpx", ("a", "default", BOATS), coder="Bea")
    assert did_what(study) == {"Anna": [GULLS, BOATS], "Bea": [FERRY]}


def test_of_several_with_other_ids_those_known_by_name_stay_who_they_are(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path / "a.qdpx", ("a", "Anna", GULLS))
    bring(study, tmp_path / "b.qdpx", ("x", "anna", GULLS), ("b", "default", FERRY), coder="Bea")
    assert did_what(study) == {"Anna": [GULLS], "Bea": [FERRY]}


@pytest.mark.parametrize("known", [(), (("o", "default", BOATS), ("p", "second", BOATS))])
def test_one_name_for_several_is_refused(known: Sequence[Did], study: Study, tmp_path: Path) -> None:
    if known:
        bring(study, tmp_path / "known.qdpx", *known)
    before = did_what(study)
    with pytest.raises(UsageError, match="several coders who are not known here"):
        bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS), ("b", "second", FERRY), coder="Anna")
    assert did_what(study) == before


def test_what_nobody_signed_and_what_the_one_coder_did_are_of_one(study: Study, tmp_path: Path) -> None:
    refi_qda.write_project(project(study, [("a", "default", GULLS), ("n", "", FERRY)]), tmp_path / "a.qdpx")
    unsigned(tmp_path / "a.qdpx", guid("n"))
    import_codings(again(study), tmp_path / "a.qdpx", QUIET, coder="Anna")
    assert did_what(study) == {"Anna": [GULLS, FERRY]}


def unsigned(path: Path, coder: str) -> None:
    """Take every mark of a coder out of a project, as programs write that do not say who coded."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    marks = re.compile(
        rf'( (creating|modifying)User="{coder}"|<User [^>]*guid="{coder}"[^>]*/>)'.encode(), re.IGNORECASE
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, marks.sub(b"", data) if name.endswith(".qde") else data)


def test_a_memo_of_the_one_coder_is_of_who_is_named(study: Study, tmp_path: Path) -> None:
    note = Memo(memo=guid("note"), text="Ask again in June.", coder=guid("a"), at=AT)
    bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS), coder="Anna", memos=[note])
    other = Memo(memo=guid("other"), text="Why boats?", coder=guid("b"), at=AT)
    bring(study, tmp_path / "b.qdpx", ("b", "default", ""), coder="Bea", memos=[other])
    found = again(study).vault.codebook.get().codebook
    names = {one.coder: one.name for one in found.coders}
    assert {memo.text: names[memo.coder] for memo in found.memos} == {"Ask again in June.": "Anna", "Why boats?": "Bea"}


def test_without_a_name_whoever_the_file_says_is_another_coder(study: Study, tmp_path: Path) -> None:
    bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS), coder="Anna")
    bring(study, tmp_path / "a.qdpx", ("a", "default", GULLS))
    assert did_what(study) == {"Anna": [GULLS], "default": [GULLS]}, "which is why the page warns of it"


def test_a_blank_name_is_one_error(study: Study, tmp_path: Path, chatham: Chatham) -> None:
    refi_qda.write_project(project(study, [("a", "default", GULLS)]), tmp_path / "a.qdpx")
    said = chatham("coding", "import", tmp_path / "a.qdpx", "--coder", " ", study=study.folder)
    assert (said.code, "--coder is no name" in said.err) == (UsageError.exit_code, True)
    assert coders(study) == []
